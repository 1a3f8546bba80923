"""Links, passwords and second factors as a browser meets them, on a real server."""

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pyotp
import pytest

from portal.services import accounts, invitations
from portal.store.sqlite import SqliteDb
from portal.ui.middleware import cookie_name
from tests.browser.server import Portal, free_port
from tests.conftest import PASSWORD, Installation, Server, _build, prepared, running

COOKIE = cookie_name()
NEW = "seven unrelated bricks"


@pytest.fixture
def place(sqlite_server: Server, tmp_path: Path) -> Iterator[tuple[Portal, Installation]]:
    """A running portal, and its services in this process on the same database."""
    template = prepared(sqlite_server, "installation", _build)
    database = tmp_path / "portal.db"
    shutil.copyfile(template.removeprefix("sqlite:///"), database)
    portal = Portal(database, free_port(), environment={"ANBIAO_FORMS": "60"})
    portal.start()
    with running(
        sqlite_server, f"sqlite:///{database}", sqlite_server.notes["installation"]
    ) as installation:
        installation.clock.moment = datetime.now(UTC)  # the clock of the server
        yield portal, installation
    portal.kill()


@pytest.fixture
def browser(place: tuple[Portal, Installation]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=place[0].address, timeout=30) as client:
        yield client


@pytest.fixture
def installation(place: tuple[Portal, Installation]) -> Installation:
    return place[1]


def invited(installation: Installation) -> str:
    return accounts.invite(
        installation["administrator"],
        login="somebody",
        name="<b>某人</b>",
        role=accounts.Role.SAFETY_MANAGER,
        organisation_id=installation.enterprise("b"),
    )


def secret_on(page: str) -> str:
    found = re.search(r'class="secret">([A-Z2-7]+)<', page)
    assert found
    return found[1]


def enrol(browser: httpx.Client) -> tuple[pyotp.TOTP, list[str]]:
    """Sign in as the administrator and set up the second factor."""
    opened = browser.post("/login", data={"login": "admin", "password": PASSWORD})
    assert opened.headers["location"] == "/second-factor"
    assert browser.get("/").headers["location"] == "/login", "half a sign-in opens nothing"
    page = browser.get("/second-factor").text
    assert "<svg" in page
    app = pyotp.TOTP(secret_on(page))
    done = browser.post("/second-factor", data={"do": "confirm", "code": app.now()})
    assert done.status_code == 200
    return app, re.findall(r"<code>(R[-A-Z0-9]+)</code>", done.text)


def test_by_a_link_a_person_chooses_a_password_and_is_in(
    browser: httpx.Client, installation: Installation
) -> None:
    address = f"/welcome/{invited(installation)}"
    page = browser.get(address)
    assert page.status_code == 200
    assert "&lt;b&gt;某人&lt;/b&gt;" in page.text
    assert page.headers["cache-control"] == "no-store"
    for bad in (
        {"password": "short", "again": "short"},
        {"password": "1234567890", "again": "1234567890"},
        {"password": NEW, "again": NEW + "x"},
        {},
    ):
        refused = browser.post(address, data=bad)
        assert refused.status_code == 422
        assert 'role="alert"' in refused.text
        assert "set-cookie" not in refused.headers
    done = browser.post(address, data={"password": NEW, "again": NEW})
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert browser.get("/").status_code == 200
    for late in (browser.get(address), browser.post(address, data={"password": NEW})):
        assert late.status_code == 404
        assert "此链接无效" in late.text


def test_an_invented_link_is_told_the_same_as_a_used_one(browser: httpx.Client) -> None:
    for token in ("x", "x" * 500, "%00", "..%2f..%2fetc"):
        answer = browser.get(f"/welcome/{token}")
        assert answer.status_code in (303, 400, 404), token
        assert "某" not in answer.text


def test_an_administrator_sets_up_the_second_factor_and_is_asked_for_it_from_then_on(
    browser: httpx.Client, installation: Installation
) -> None:
    app, codes = enrol(browser)
    assert len(codes) == 10
    assert browser.get("/").status_code == 200
    with httpx.Client(base_url=browser.base_url, timeout=30) as other:
        opened = other.post("/login", data={"login": "admin", "password": PASSWORD})
        pending = other.cookies[COOKIE]
        assert opened.headers["location"] == "/second-factor"
        page = other.get("/second-factor").text
        assert "<svg" not in page, "the secret is not shown again"
        for wrong in ("000000", "", "R0000-0000-0000-0000", app.now()):
            refused = other.post("/second-factor", data={"do": "complete", "code": wrong})
            assert refused.status_code == 422
        for sly in ("confirm", "renew", "remove"):
            other.post("/second-factor", data={"do": sly, "code": codes[0], "password": PASSWORD})
            assert other.get("/").status_code == 303
        done = other.post(
            "/second-factor?next=/criteria", data={"do": "complete", "code": codes[0]}
        )
        assert (done.status_code, done.headers["location"]) == (303, "/criteria")
        assert other.cookies[COOKIE] != pending
        assert other.get("/").status_code == 200
    old = httpx.get(f"{browser.base_url}/", headers={"cookie": f"{COOKIE}={pending}"})
    assert old.status_code == 303, "the token of the first step is dead"
    row = installation.db.row("select count(*) as n from recovery_code where used_at is not null")
    assert row == {"n": 1}


def test_a_cookie_that_was_there_before_is_not_the_one_after_signing_in(
    browser: httpx.Client, installation: Installation
) -> None:
    link = invited(installation)
    browser.cookies.set(COOKIE, "planted-by-somebody")
    browser.post(f"/welcome/{link}", data={"password": NEW, "again": NEW})
    tokens = [c.value for c in browser.cookies.jar if c.name == COOKIE]
    assert tokens
    assert "planted-by-somebody" not in tokens[-1:]
    found = httpx.get(f"{browser.base_url}/", headers={"cookie": f"{COOKIE}=planted-by-somebody"})
    assert found.status_code == 303


def test_the_password_is_changed_on_a_plain_page_by_the_old_one(
    browser: httpx.Client, installation: Installation
) -> None:
    browser.post(f"/welcome/{invited(installation)}", data={"password": NEW, "again": NEW})
    assert browser.get("/password").status_code == 200
    wrong = browser.post("/password", data={"old": "x", "password": PASSWORD, "again": PASSWORD})
    assert wrong.status_code == 422
    done = browser.post("/password", data={"old": NEW, "password": PASSWORD, "again": PASSWORD})
    assert (done.status_code, "密码已修改" in done.text) == (200, True)
    browser.cookies.clear()
    assert browser.get("/password").headers["location"].startswith("/login")
    again = browser.post("/login", data={"login": "somebody", "password": PASSWORD})
    assert again.headers["location"] == "/"


def test_a_form_of_another_site_changes_nothing(
    browser: httpx.Client, installation: Installation
) -> None:
    browser.post(f"/welcome/{invited(installation)}", data={"password": NEW, "again": NEW})
    for path in ("/password", "/second-factor", "/password-strength"):
        for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
            data = {"old": NEW, "password": PASSWORD, "again": PASSWORD, "do": "remove"}
            assert browser.post(path, data=data, headers=headers).status_code in (422, 429)
    browser.cookies.clear()
    assert browser.post("/login", data={"login": "somebody", "password": NEW}).status_code == 303


def test_the_strength_of_a_password_is_told_while_it_is_typed(browser: httpx.Client) -> None:
    weak = browser.post("/password-strength", data={"password": "password1234"}).json()
    strong = browser.post("/password-strength", data={"password": NEW}).json()
    named = browser.post(
        "/password-strength", data={"password": "linjiang tower 58", "login": "linjiang"}
    ).json()
    assert (weak["score"] < 3, weak["advice"] != "") == (True, True)
    assert (strong["score"], strong["advice"]) == (4, "")
    assert named["score"] < 3


def test_ten_thousand_attempts_are_refused_without_holding_up_anybody_else(
    browser: httpx.Client, installation: Installation
) -> None:
    """The first sixty of a minute are looked at, the rest cost next to nothing."""
    codes: dict[int, int] = {}
    for number in range(10_000):
        answer = browser.post("/login", data={"login": f"name-{number % 7}", "password": "wrong"})
        codes[answer.status_code] = codes.get(answer.status_code, 0) + 1
        if number % 1000 == 0:
            assert httpx.get(f"{browser.base_url}/health", timeout=5).status_code in (200, 429)
    assert sum(codes.values()) == 10_000
    assert 303 not in codes
    assert codes[429] > 9_000
    assert codes.get(401, 0) <= 120
    logged = installation.db.rows(
        "select action, count(*) as n from audit where enterprise_id = 'sign-in' group by action"
    )
    counted = {row["action"]: row["n"] for row in logged}
    assert counted["sign_in.flood"] >= 1
    assert "content-security-policy" in answer.headers, "a refusal has the headers too"
    assert sum(counted.values()) < 400, "a flood does not fill the log"
    assert invitations.find(invited(installation)), "and the portal goes on working"


def test_without_the_key_of_the_second_factor_a_sign_in_says_so_and_lets_nobody_in(
    browser: httpx.Client, place: tuple[Portal, Installation]
) -> None:
    enrol(browser)
    browser.cookies.clear()
    place[0].kill()
    place[0].environment["ANBIAO_SECRET"] = "another key, also for tests, long too"
    place[0].start()
    browser.post("/login", data={"login": "admin", "password": PASSWORD})
    answer = browser.post("/second-factor", data={"do": "complete", "code": "123456"})
    assert answer.status_code == 422
    assert "ANBIAO_SECRET" in answer.text
    assert browser.get("/").status_code == 303


def test_nothing_typed_at_the_entrance_stands_in_the_log_of_the_server(
    browser: httpx.Client, place: tuple[Portal, Installation]
) -> None:
    portal, installation = place
    link = invited(installation)
    browser.post("/login", data={"login": "a-secret-by-mistake", "password": "very secret words"})
    browser.post(f"/welcome/{link}", data={"password": NEW, "again": NEW})
    portal.kill()
    written = portal.log.read_text(errors="replace")
    for typed in ("a-secret-by-mistake", "very secret words", NEW, link, "某人"):
        assert typed not in written
    db = SqliteDb(portal.database)
    stored = str([db.rows(f"select * from {table}") for table in ("audit", "throttle", "session")])  # noqa: S608 - fixed names
    db.close()
    for typed in ("a-secret-by-mistake", "very secret words", NEW, link):
        assert typed not in stored


def test_a_form_that_is_too_long_is_refused_before_it_is_read(browser: httpx.Client) -> None:
    long = browser.post("/login", data={"login": "x" * 20_000, "password": "x"})
    assert long.status_code == 413

    def endless() -> Iterator[bytes]:
        yield b"login=x&password="
        yield b"y" * 5_000

    unknown = browser.post(
        "/login",
        content=endless(),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert unknown.status_code == 413, "a form says how long it is"
    file = browser.post("/login", files={"login": ("a.txt", b"x", "text/plain")})
    assert file.status_code == 413, "no form of the entrance takes files"
    many = browser.post("/login", data={f"f{n}": "x" for n in range(50)})
    assert many.status_code == 413


def test_signing_in_anew_ends_the_session_that_the_browser_brought(
    browser: httpx.Client, installation: Installation
) -> None:
    browser.post(f"/welcome/{invited(installation)}", data={"password": NEW, "again": NEW})
    first = browser.cookies[COOKIE]
    browser.post("/login", data={"login": "somebody", "password": NEW})
    assert browser.cookies[COOKIE] != first
    old = httpx.get(f"{browser.base_url}/", headers={"cookie": f"{COOKIE}={first}"})
    assert old.status_code == 303
    assert browser.get("/").status_code == 200


def test_a_changed_password_goes_on_under_a_new_token(
    browser: httpx.Client, installation: Installation
) -> None:
    browser.post(f"/welcome/{invited(installation)}", data={"password": NEW, "again": NEW})
    first = browser.cookies[COOKIE]
    browser.post("/password", data={"old": NEW, "password": PASSWORD, "again": PASSWORD})
    assert browser.cookies[COOKIE] != first
    assert browser.get("/").status_code == 200


def test_figures_of_the_process_are_for_nobody_who_only_has_a_session(
    browser: httpx.Client, installation: Installation
) -> None:
    browser.post(f"/welcome/{invited(installation)}", data={"password": NEW, "again": NEW})
    assert browser.get("/_stcore/metrics").status_code == 303
    media = browser.get("/media/nothing.png")
    assert media.headers["cache-control"] == "no-store"
    out = browser.post("/logout")
    assert out.headers["clear-site-data"] == '"cache"'


def test_behind_https_cookies_and_transport_are_marked(
    place: tuple[Portal, Installation], browser: httpx.Client
) -> None:
    portal, installation = place
    portal.kill()
    portal.environment["ANBIAO_HTTPS"] = "1"
    portal.start()
    answer = browser.post(f"/welcome/{invited(installation)}", data={"password": NEW, "again": NEW})
    cookies = answer.headers.get_list("set-cookie")
    assert cookies
    assert all("secure" in cookie.lower() for cookie in cookies)
    assert any(cookie.startswith("__Host-anbiao_session=") for cookie in cookies)
    assert "includeSubDomains" in answer.headers["strict-transport-security"]
    language = browser.get("/language/en")
    assert "secure" in language.headers["set-cookie"].lower()


def test_what_the_portal_writes_is_readable_for_its_own_account_only(tmp_path: Path) -> None:
    portal = Portal(tmp_path / "new.db", free_port())
    portal.start()
    portal.kill()
    assert portal.database.stat().st_mode & 0o077 == 0
