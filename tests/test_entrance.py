"""The entrance of a running portal: nobody gets past it without a session of their own.

A real server process on a free port; what the gate hands on to the screens is looked at by
calling the gate itself with an application behind it that notes what arrives.
"""

import ast
import base64
import http.client
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import anyio
import httpx
import pytest

from portal.services import accounts, sessions
from portal.services.account_log import Place
from portal.store.sqlite import SqliteDb
from portal.ui.middleware import LANGUAGE_COOKIE, SESSION_HEADER, SessionGate, cookie_name
from portal.ui.navigation import PAGES, addresses
from portal.ui.security_headers import SecurityHeaders, policy
from tests.browser.server import Portal, free_port
from tests.conftest import PASSWORD, Installation, Server, _build, _load_demo, prepared

COOKIE = cookie_name()
ROOT = Path(__file__).resolve().parent.parent
HEADERS = {
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "permissions-policy",
}
OWN = {
    "choice": "own",
    "authority": "某某区应急管理局",
    "area_code": "990102",
    "area_name": "某某区",
    "name": "管理员",
    "login": "admin",
    "password": PASSWORD,
}


def serve(folder: Path, template: str | None = None) -> Iterator[Portal]:
    database = folder / "portal.db"
    if template:
        shutil.copyfile(template.removeprefix("sqlite:///"), database)
    portal = Portal(database, free_port())
    portal.start()
    yield portal
    portal.kill()


@pytest.fixture(scope="module")
def demo_server(
    sqlite_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    template = prepared(sqlite_server, "demo", _load_demo)
    yield from serve(tmp_path_factory.mktemp("demo"), template)


@pytest.fixture(scope="module")
def own_server(sqlite_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    template = prepared(sqlite_server, "installation", _build)
    yield from serve(tmp_path_factory.mktemp("own"), template)


@pytest.fixture
def empty_server(tmp_path: Path) -> Iterator[Portal]:
    yield from serve(tmp_path)


@pytest.fixture
def visitor(demo_server: Portal) -> Iterator[httpx.Client]:
    """Somebody who has never been here."""
    with httpx.Client(base_url=demo_server.address, timeout=30) as client:
        yield client


@pytest.fixture
def member(visitor: httpx.Client) -> httpx.Client:
    """Somebody who is signed in."""
    answer = visitor.post("/login", data={"demo": "e01-manager"})
    assert answer.status_code == 303
    return visitor


def knock(portal: Portal, path: str, **headers: str) -> int:
    """Ask for a web socket and return the status of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", portal.port, timeout=30)
    connection.request(
        "GET",
        path,
        headers={
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(b"0123456789abcdef").decode(),
            "Sec-WebSocket-Protocol": "streamlit",
            "Origin": portal.address,
            **headers,
        },
    )
    status = connection.getresponse().status
    connection.close()
    return status


# ------------------------------------------------------------------ the gate is in force


def test_the_app_is_the_literal_assignment_that_streamlit_looks_for() -> None:
    """Anything else would silently run the screens without the gate."""
    tree = ast.parse((ROOT / "app.py").read_text(encoding="utf-8"))
    assigned = [
        node
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == "app"
    ]
    assert len(assigned) == 1
    assert isinstance(assigned[0].value, ast.Call)
    assert ast.unparse(assigned[0].value.func) == "st.App"
    given = {keyword.arg for keyword in assigned[0].value.keywords}
    assert given >= {"routes", "middleware", "lifespan", "on_script_error"}


@pytest.mark.parametrize("path", ["/", "/today", "/self-assessment?no=1", "/overview"])
def test_without_a_cookie_every_page_leads_to_the_sign_in(visitor: httpx.Client, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 303
    expected = "/login" if path == "/" else f"/login?next={quote(path)}"
    assert answer.headers["location"] == expected


@pytest.mark.parametrize(
    "path",
    [
        "/_stcore/host-config",
        "/_stcore/metrics",
        "/media/abc.png",
        "/_stcore/upload_file/a/b",
        "/component/x",
        "/nothing-here",
        "//evil.example/",
        "/index.html",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "HEAD"])
def test_without_a_cookie_nothing_behind_the_entrance_answers(
    visitor: httpx.Client, path: str, method: str
) -> None:
    answer = visitor.request(method, httpx.URL(str(visitor.base_url)).copy_with(path=path))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")


def test_a_web_socket_is_opened_with_a_session_and_refused_without(
    demo_server: Portal, member: httpx.Client
) -> None:
    assert knock(demo_server, "/_stcore/stream") == 403
    assert knock(demo_server, "/_stcore/stream", Cookie=f"{COOKIE}=invented") == 403
    cookie = f"{COOKIE}={member.cookies[COOKIE]}"
    assert knock(demo_server, "/_stcore/stream", Cookie=cookie) == 101


@pytest.mark.parametrize(
    "path",
    [
        "/health/_stcore/stream",
        "/login/_stcore/stream",
        "/static/_stcore/stream",
        "/static/../_stcore/stream",
        "/assets/../_stcore/stream",
        "/_stcore/health/../stream",
        "//_stcore/stream",
        "/setup/_stcore/stream",
        "/favicon/_stcore/stream",
    ],
)
def test_no_open_place_is_a_way_around_the_gate_for_web_sockets(
    demo_server: Portal, path: str
) -> None:
    assert knock(demo_server, path) != 101


def test_a_session_header_of_a_visitor_opens_nothing(
    demo_server: Portal, member: httpx.Client
) -> None:
    session = sessions.token_hash(member.cookies[COOKIE])
    header = {SESSION_HEADER.decode(): session}
    assert httpx.get(demo_server.address + "/", headers=header).status_code == 303
    assert knock(demo_server, "/_stcore/stream", **header) == 403


def test_a_tampered_cookie_is_no_session(demo_server: Portal, member: httpx.Client) -> None:
    token = member.cookies[COOKIE]
    hashed = sessions.token_hash(token)
    for wrong in (token[:-1], token + "x", token.swapcase(), hashed, "", '"', "x" * 5000):
        answer = httpx.get(demo_server.address + "/", headers={"cookie": f"{COOKIE}={wrong}"})
        assert answer.status_code == 303, wrong
    assert member.get("/").status_code == 200


@pytest.mark.parametrize("path", ["/health", "/login", "/assets/entrance.css", "/_stcore/health"])
def test_what_the_entrance_needs_is_open(visitor: httpx.Client, path: str) -> None:
    assert visitor.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/enterprise/result", "/result/no/1", "/criteria/hotel"])
def test_an_address_below_a_page_leads_to_the_start_and_never_to_a_blank_page(
    member: httpx.Client, path: str
) -> None:
    found = member.get(path, headers={"accept": "text/html,*/*;q=0.8"})
    assert (found.status_code, found.headers["location"]) == (303, "/")
    assert member.get("/result", headers={"accept": "text/html"}).status_code == 200


def test_the_program_of_the_front_end_is_open_and_holds_no_data(visitor: httpx.Client) -> None:
    visitor.post("/login", data={"demo": "e01-manager"})
    scripts = re.findall(r'src="\.?(/static/[^"]+\.js)"', visitor.get("/").text)
    assert scripts
    visitor.cookies.clear()
    assert visitor.get(scripts[0]).status_code == 200


def test_files_beside_the_entrance_are_not_served(visitor: httpx.Client) -> None:
    for name in ("portal.css", "../middleware.py", "..%2Fmiddleware.py", "icon.png"):
        answer = visitor.get(f"/assets/{name}")
        assert answer.status_code in (303, 400, 404), name
        assert "SessionGate" not in answer.text


@pytest.mark.parametrize("path", ["/", "/login", "/health", "/assets/entrance.css", "/nowhere"])
def test_security_headers_stand_on_every_answer(member: httpx.Client, path: str) -> None:
    answer = member.get(path)
    assert set(answer.headers) >= HEADERS
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_page_speaks_the_language_of_the_person(member: httpx.Client) -> None:
    chinese = member.get("/", headers={"accept-language": "zh-CN"}).text
    assert '<html lang="zh-CN"' in chinese
    assert "anbiao-words" in chinese
    assert "<title>安标" in chinese
    english = member.get("/", headers={"accept-language": "en-GB,en;q=0.9"}).text
    assert '<html lang="en"' in english
    assert "anbiao-words" not in english


# ------------------------------------------------------------------ signing in and out


def test_the_session_cookie_cannot_be_read_by_scripts_or_sent_by_other_sites(
    own_server: Portal,
) -> None:
    data = {"login": "admin", "password": PASSWORD}
    answer = httpx.post(own_server.address + "/login", data=data)
    assert (answer.status_code, answer.headers["location"]) == (303, "/second-factor")
    (cookie,) = answer.headers.get_list("set-cookie")
    parts = {part.strip().lower() for part in cookie.split(";")}
    assert cookie.startswith(f"{COOKIE}=")
    assert parts >= {"httponly", "samesite=lax", "path=/"}
    assert "secure" not in parts, "over plain http it would never come back (ANBIAO_HTTPS=1)"


def test_a_wrong_password_is_told_in_words_and_the_name_stays_in_its_field(
    own_server: Portal,
) -> None:
    data = {"login": 'x"><script>', "password": "wrong"}
    answer = httpx.post(own_server.address + "/login", data=data)
    assert answer.status_code == 401
    assert 'role="alert"' in answer.text
    assert "set-cookie" not in answer.headers
    assert "x&#34;&gt;&lt;script&gt;" in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_a_real_installation_offers_no_accounts_to_click(own_server: Portal) -> None:
    assert 'name="demo"' not in httpx.get(own_server.address + "/login").text
    answer = httpx.post(own_server.address + "/login", data={"demo": "administrator"})
    assert answer.status_code == 401


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
@pytest.mark.parametrize("path", ["/login", "/logout"])
def test_a_form_on_another_site_can_neither_sign_in_nor_out(
    member: httpx.Client, origin: str, path: str
) -> None:
    answer = member.post(path, data={"demo": "e01-manager"}, headers={"origin": origin})
    assert answer.status_code in (303, 401)
    assert "set-cookie" not in answer.headers
    assert member.get("/").status_code == 200


NEXT = [
    ("/today", "/today"),
    ("/self-assessment?no=3", "/self-assessment?no=3"),
    ("", "/"),
    ("https://evil.example/", "/"),
    ("//evil.example/", "/"),
    ("/\\evil.example", "/"),
    ("\\\\evil.example", "/"),
    ("javascript:alert(1)", "/"),
    ("evil.example", "/"),
    ("///evil.example", "/"),
    ("http:evil.example", "/"),
    ("//[x", "/"),
    ("/[x", "/[x"),
]


@pytest.mark.parametrize(("wish", "place"), NEXT)
def test_the_way_back_never_leads_to_another_site(
    visitor: httpx.Client, wish: str, place: str
) -> None:
    after_sign_in = visitor.post(
        "/login", params={"next": wish}, data={"demo": "e01-manager"}
    ).headers["location"]
    after_choice = visitor.get("/language/en", params={"next": wish}).headers["location"]
    assert (after_sign_in, after_choice) == (place, place)


@pytest.mark.parametrize("wish", ["/\t/evil.example", "/\r\n/evil.example", "/\n\\evil.example"])
def test_control_characters_do_not_smuggle_a_site_into_the_way_back(
    visitor: httpx.Client, wish: str
) -> None:
    place = visitor.get("/language/en", params={"next": wish}).headers["location"]
    joined = httpx.URL(visitor.base_url).join(place)
    assert joined.host == "127.0.0.1"
    assert not {"\t", "\r", "\n", "\\"} & set(place)


def test_an_error_that_nobody_caught_has_a_number_and_all_headers() -> None:
    sent: list[Any] = []

    async def broken(_scope: Any, _receive: Any, _send: Any) -> None:
        raise RuntimeError("geheim")

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": "/x", "method": "GET", "headers": [(b"host", b"a.example")]}
    anyio.run(SecurityHeaders(broken), scope, None, send)
    assert sent[0]["status"] == 500
    assert {name.decode() for name, _ in sent[0]["headers"]} >= HEADERS
    assert re.fullmatch(rb"error [0-9a-f]{8}", sent[1]["body"])


def test_the_policy_of_many_hosts_does_not_fill_the_memory() -> None:
    for number in range(500):
        policy(f"host-{number}.example")
    assert policy.cache_info().currsize <= 64
    assert b"evil" not in policy("evil.example; script-src *")


def test_signing_out_ends_the_session_also_for_who_has_kept_the_cookie(
    demo_server: Portal, member: httpx.Client
) -> None:
    token = member.cookies[COOKIE]
    answer = member.post("/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert COOKIE not in member.cookies
    kept = httpx.get(demo_server.address + "/", headers={"cookie": f"{COOKIE}={token}"})
    assert kept.status_code == 303
    assert knock(demo_server, "/_stcore/stream", Cookie=f"{COOKIE}={token}") == 403


def test_a_picture_on_another_site_does_not_sign_anybody_out(member: httpx.Client) -> None:
    answer = member.get("/logout", headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 200
    assert "<form" in answer.text
    assert member.get("/").status_code == 200


def test_the_language_is_kept_in_a_cookie_and_an_unknown_one_is_not(
    visitor: httpx.Client,
) -> None:
    assert 'lang="zh-CN"' in visitor.get("/login").text
    answer = visitor.get("/language/en?next=/login")
    assert answer.cookies[LANGUAGE_COOKIE] == "en"
    assert '<html lang="en"' in visitor.get("/login").text
    chosen = visitor.get("/login", headers={"accept-language": "zh-CN"}).text
    assert '<html lang="en"' in chosen, "the choice stands above the wish of the browser"
    assert LANGUAGE_COOKIE not in visitor.get("/language/xx").cookies
    assert '<html lang="en"' in visitor.get("/login").text


# ------------------------------------------------------------------ the first start


def test_the_first_start_is_asked_once_and_only_then(empty_server: Portal) -> None:
    with httpx.Client(base_url=empty_server.address, timeout=60) as client:
        assert client.get("/").headers["location"] == "/login"
        assert client.get("/login").headers["location"] == "/setup"
        assert client.get("/setup").status_code == 200
        foreign = client.post("/setup", data=OWN, headers={"origin": "https://evil.example"})
        assert foreign.status_code == 422
        wrong = client.post("/setup", data={**OWN, "area_code": "12"})
        assert wrong.status_code == 422
        assert "某某区应急管理局" in wrong.text, "what was typed is still there"
        assert PASSWORD not in wrong.text
        assert client.get("/setup").status_code == 200, "nothing is set up yet"

        done = client.post("/setup", data=OWN)
        assert (done.status_code, done.headers["location"]) == (303, "/login")
        for again in (
            client.get("/setup"),
            client.post("/setup", data={**OWN, "login": "intruder"}),
            client.post("/setup", data={"choice": "demo"}),
        ):
            assert (again.status_code, again.headers["location"]) == (303, "/login")
        signed_in = client.post("/login", data={"login": "admin", "password": PASSWORD})
        assert signed_in.headers["location"] == "/second-factor"
        assert client.get("/").status_code == 303, "a password alone opens nothing"
    db = SqliteDb(empty_server.database)
    assert [row["login"] for row in db.rows("select login from account")] == ["admin"]
    db.close()


def test_from_another_machine_the_first_start_needs_the_code_that_the_server_printed(
    empty_server: Portal,
) -> None:
    code = re.search(r"([0-9A-F]{4}-){2}[0-9A-F]{4}", empty_server.log.read_text())
    assert code
    far = {"x-forwarded-for": "192.0.2.1"}
    with httpx.Client(base_url=empty_server.address, timeout=60, headers=far) as client:
        page = client.get("/setup").text
        assert page.count('name="code"') == 2
        for wrong in ({}, {"code": ""}, {"code": "0000-0000-0000"}):
            assert client.post("/setup", data={**OWN, **wrong}).status_code == 422
            assert client.post("/setup", data={"choice": "demo", **wrong}).status_code == 422
        assert client.get("/login").headers["location"] == "/setup", "nothing is set up yet"
        done = client.post("/setup", data={**OWN, "code": f" {code[0].lower()} "})
        assert (done.status_code, done.headers["location"]) == (303, "/login")
    db = SqliteDb(empty_server.database)
    assert db.rows("select name from setting") == [{"name": "installation"}]
    db.close()


# ------------------------------------------------------------------ what the gate hands on


def through_the_gate(headers: list[tuple[bytes, bytes]], kind: str = "http") -> dict[str, Any]:
    """Send a request through the gate and return what arrives behind it, or the answer."""
    noted: dict[str, Any] = {"scope": None, "sent": []}

    async def behind(scope: Any, _receive: Any, _send: Any) -> None:
        noted["scope"] = scope

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        noted["sent"].append(message)

    scope = {
        "type": kind, "path": "/_stcore/stream", "method": "GET", "query_string": b"",
        "headers": [(b"host", b"portal.example"), (b"origin", b"http://portal.example"), *headers],
    }  # fmt: skip
    anyio.run(SessionGate(behind), scope, receive, send)
    return noted


def open_session(small: Installation) -> str:
    """The token of a fresh session of the administrator."""
    account = small["administrator"].account_id
    opened = small.db.write(
        lambda tx: sessions.open_session(tx, account, sessions.Stage.FULL, Place())
    )
    return opened.token


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_a_clients_copy_of_the_session_header_is_dropped(small: Installation, kind: str) -> None:
    token = open_session(small)
    foreign = small["a-manager"].session.encode()
    noted = through_the_gate(
        [
            (SESSION_HEADER, foreign),
            (b"cookie", f"{COOKIE}={token}".encode()),
            (SESSION_HEADER, foreign),
        ],
        kind,
    )
    found = [value for name, value in noted["scope"]["headers"] if name == SESSION_HEADER]
    assert found == [sessions.token_hash(token).encode()]


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "", "http://127.0.0.1:1", "http://["],
)
def test_a_web_socket_is_opened_by_our_own_pages_only(
    demo_server: Portal, member: httpx.Client, origin: str
) -> None:
    cookie = f"{COOKIE}={member.cookies[COOKIE]}"
    assert knock(demo_server, "/_stcore/stream", Cookie=cookie) == 101
    assert knock(demo_server, "/_stcore/stream", Cookie=cookie, Origin=origin) == 403


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_nothing_arrives_behind_the_gate_without_a_session(small: Installation, kind: str) -> None:
    token = open_session(small)
    accounts.set_status(small["administrator"], small["a-manager"].account_id, active=False)
    for headers in (
        [],
        [(SESSION_HEADER, small["administrator"].session.encode())],
        [(b"cookie", f"{COOKIE}={small['administrator'].session}".encode())],
        [(b"cookie", b"=;=;\xff\xfe")],
    ):
        noted = through_the_gate(headers, kind)
        assert noted["scope"] is None
        assert noted["sent"]
    small.clock.pass_by(days=8)
    assert through_the_gate([(b"cookie", f"{COOKIE}={token}".encode())], kind)["scope"] is None


@pytest.mark.parametrize(
    "other",
    [
        "_xsrf=2|aa|bb",
        "bad:name=1",
        "empty=",
        'odd{"a":1}=x',
        "a b=c",
        "plain",
    ],
)
def test_a_cookie_of_another_program_on_the_same_host_does_not_hide_ours(
    small: Installation, other: str
) -> None:
    token = open_session(small)
    raw = f"{other}; {COOKIE}={token}"
    assert through_the_gate([(b"cookie", raw.encode())])["scope"] is not None


# ------------------------------------------------------------------ every address, everybody


def test_every_address_leads_nobody_in_and_everybody_to_the_own_pages_only(
    own_server: Portal, small: Installation
) -> None:
    """What a page shows to whom is tried in tests/pages."""
    db = SqliteDb(own_server.database)
    portal, people = own_server, small.people
    small.clock.moment = datetime.now(UTC)  # the clock of the server
    everywhere = sorted({a for groups in PAGES.values() for g in groups.values() for _, a, _ in g})
    accept = {"accept": "text/html,*/*;q=0.8"}
    try:
        for address in everywhere:
            found = httpx.get(f"{portal.address}/{address}", headers=accept)
            assert found.headers["location"] == f"/login?next=/{address}"
        for user in people.values():
            account = user.account_id
            token = db.write(
                lambda tx, a=account: (
                    sessions.open_session(tx, a, sessions.Stage.FULL, Place()).token
                )
            )
            for address in everywhere:
                headers = accept | {"cookie": f"{COOKIE}={token}"}
                found = httpx.get(f"{portal.address}/{address}", headers=headers)
                seen = found.headers.get("location", address)
                assert seen == (address if address in addresses(user.role) else "/"), (
                    f"{user.role} at {address}"
                )
    finally:
        db.close()
