"""Single sign-on against a real OpenID provider: who gets in, as whom, and who does not.

The portal is a process of its own, the provider a server in a thread. Redirects are followed by
hand, so that every answer on the way is seen. Each visitor comes from an address of their own.
"""

import itertools
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import oidc_provider_mock
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.testclient import TestClient
from streamlit import config
from streamlit.runtime.secrets import secrets_singleton
from streamlit.testing.v1 import AppTest
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from criteria import default_library
from portal.domain.people import Role, User
from portal.errors import InvalidValueError, NotAllowedError, PortalError
from portal.i18n import translate
from portal.services import accounts, identities, sessions, signing_in
from portal.services.account_log import Place
from portal.services.context import Context, install
from portal.services.sessions import SignedIn, token_hash
from portal.store.sqlite import SqliteDb
from portal.ui import single_sign_on
from portal.ui.middleware import cookie_name
from tests.browser.server import Portal, free_port
from tests.conftest import Installation, Server, _build, prepared, together

ROOT = Path(__file__).resolve().parent.parent
COOKIE = cookie_name()
COOKIE_SECRET = "a secret that only these tests know"
ISSUER = "https://sign-in.example"
CLOSED = ("/single-sign-on", "/oauth2callback", "/auth/login", "/auth/logout")

addresses = (f"203.0.113.{number}" for number in itertools.count(1))
"""Of a range that is set aside for documentation; the server believes its proxy, this machine."""


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with oidc_provider_mock.run_server_in_thread() as server:
        yield f"http://127.0.0.1:{server.server_port}"


def write_secrets(folder: Path, provider: str) -> Path:
    """The file in which Streamlit looks for a sign-in service, in a home folder."""
    path = folder / ".streamlit" / "secrets.toml"
    path.parent.mkdir(parents=True)
    path.write_text(
        f"""[auth]
redirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"
cookie_secret = "{COOKIE_SECRET}"
client_id = "anbiao"
client_secret = "secret"
server_metadata_url = "{provider}{single_sign_on.DISCOVERY}"
""",
        encoding="utf-8",
    )
    return path


def serve(server: Server, folder: Path, **settings: str) -> Iterator[Portal]:
    """A portal of the small installation, with a home folder of its own."""
    template = prepared(server, "installation", _build)
    shutil.copyfile(template.removeprefix("sqlite:///"), folder / "portal.db")
    yield from started(folder, **settings)


def started(folder: Path, **settings: str) -> Iterator[Portal]:
    portal = Portal(folder / "portal.db", free_port(), environment={"ANBIAO_FORMS": "60"})
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {"HOME": str(folder), **settings}.items():
            environment.setenv(name, value)
        portal.start()
    yield portal
    portal.kill()


@pytest.fixture(scope="module")
def portal(
    sqlite_server: Server, provider: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    """A portal that knows the provider and takes a verified address for a sign-in name."""
    folder = tmp_path_factory.mktemp("configured")
    write_secrets(folder, provider)
    yield from serve(sqlite_server, folder, ANBIAO_OIDC_CLAIM="email")


@pytest.fixture
def people(portal: Portal, sqlite_server: Server) -> Iterator[Mapping[str, User]]:
    """The people of the portal, and its services in this process beside it."""
    db = SqliteDb(portal.database)
    install(Context(db, default_library()))
    yield sqlite_server.notes["installation"]
    install(None)
    db.close()


@pytest.fixture
def visitor(portal: Portal) -> Iterator[httpx.Client]:
    with a_browser(portal) as client:
        yield client


def a_browser(portal: Portal) -> httpx.Client:
    headers = {"x-forwarded-for": next(addresses), "accept-language": "en"}
    return httpx.Client(base_url=portal.address, timeout=30, headers=headers)


def consent(
    visitor: httpx.Client, provider: str, subject: str, *, wish: str = "", **claims: object
) -> str:
    """Start, be asked by the provider, agree; returns the address that leads back."""
    if claims:
        httpx.put(f"{provider}/users/{subject}", json=claims).raise_for_status()
    begun = visitor.get("/single-sign-on", params={"next": wish} if wish else None)
    assert begun.status_code == 302
    assert begun.headers["location"].startswith(f"{provider}/oauth2/authorize?")
    agreed = httpx.post(begun.headers["location"], data={"sub": subject})
    assert agreed.status_code == 302
    return agreed.headers["location"]


def walk(visitor: httpx.Client, provider: str, subject: str, **known: Any) -> httpx.Response:
    """The whole way of somebody; returns the last answer of the portal."""
    return visitor.get(consent(visitor, provider, subject, **known))


def entries(visitor: httpx.Client, database: Path) -> list[tuple[str, str]]:
    """What the log says of the address of a visitor: action and account."""
    db = SqliteDb(database)
    found = db.rows(
        "select action, subject from audit where body like :a order by seq",
        a=f'%"{visitor.headers["x-forwarded-for"]}"%',
    )
    db.close()
    return [(row["action"], row["subject"]) for row in found]


def english(key: str, **values: object) -> str:
    return translate("en", key, **values)


def refused(answer: httpx.Response, error: str) -> None:
    """The sign-in page says why, and the browser gets nothing that opens anything."""
    assert answer.status_code == 403
    (told,) = re.findall(r'role="alert">([^<]+)<', answer.text)
    assert told == english(f"error.{error}")
    names = {cookie.partition("=")[0] for cookie in answer.headers.get_list("set-cookie")}
    assert names <= {"_streamlit_session"}


# ------------------------------------------------------------------ who gets in


def test_the_sign_in_page_leads_to_the_service(visitor: httpx.Client) -> None:
    page = visitor.get("/login", params={"next": "/today?a=1"}).text
    assert 'href="/single-sign-on?next=/today%3Fa%3D1"' in page
    assert english("entrance.single_sign_on") in page


def test_a_linked_identity_opens_the_portal_with_a_session_of_ours(
    people: Mapping[str, User], visitor: httpx.Client, provider: str, portal: Portal
) -> None:
    official = people["official-district"]
    identities.link(people["administrator"], official.account_id, provider, "official")
    planted = "planted-by-somebody-else"
    visitor.cookies.set(COOKIE, planted, domain="127.0.0.1")
    answer = walk(visitor, provider, "official", wish="/overview")
    assert (answer.status_code, answer.headers["location"]) == (303, "/overview")

    (cookie,) = (c for c in answer.headers.get_list("set-cookie") if c.startswith(COOKIE))
    parts = {part.strip().lower() for part in cookie.split(";")}
    assert parts >= {"httponly", "samesite=lax", "path=/"}
    token = cookie.split(";")[0].partition("=")[2]
    assert planted not in token
    user = sessions.user_of(token_hash(token))
    assert user is not None, "no second factor is asked: that of the service stands for ours"
    assert (user.account_id, user.role) == (official.account_id, Role.OFFICIAL)
    assert entries(visitor, portal.database) == [("sign_in.ok", official.account_id)]

    visitor.cookies.clear()
    visitor.cookies.set(COOKIE, token, domain="127.0.0.1")
    assert visitor.get("/").status_code == 200
    visitor.post("/logout")
    assert visitor.get("/").status_code == 303, "signing out ends the session"


def test_no_cookie_of_streamlit_is_left_and_none_said_who_it_is(
    people: Mapping[str, User], visitor: httpx.Client, provider: str
) -> None:
    identities.link(people["administrator"], people["organiser"].account_id, provider, "plain")
    seen: list[str] = []
    visitor.event_hooks = {"response": [lambda r: seen.extend(r.headers.get_list("set-cookie"))]}
    # more than one cookie holds, and nothing that compresses well
    long = "".join(sha256(bytes([number])).hexdigest() for number in range(200))
    assert walk(visitor, provider, "plain", note=long).status_code == 303
    assert {cookie.partition("=")[0] for cookie in seen} == {"_streamlit_session", COOKIE}
    assert set(visitor.cookies) == {COOKIE}


def test_one_process_finishes_what_another_began(
    people: Mapping[str, User], visitor: httpx.Client, provider: str, portal: Portal
) -> None:
    identities.link(people["administrator"], people["reviewer-2"].account_id, provider, "moving")
    back = httpx.URL(consent(visitor, provider, "moving", wish="/assignments"))
    for other in started(portal.database.parent):
        answer = visitor.get(back.copy_with(port=other.port))
        assert (answer.status_code, answer.headers["location"]) == (303, "/assignments")
    assert visitor.get("/").status_code == 200


@pytest.mark.parametrize("wish", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_the_way_back_never_leads_to_another_site(
    people: Mapping[str, User], visitor: httpx.Client, provider: str, wish: str
) -> None:
    subject = f"wisher-{wish.encode().hex()}"
    identities.link(people["administrator"], people["reviewer-1"].account_id, provider, subject)
    assert walk(visitor, provider, subject, wish=wish).headers["location"] == "/"


# ------------------------------------------------------------------ who does not


def test_an_unknown_identity_is_refused_in_words_and_noted_once(
    visitor: httpx.Client, provider: str, portal: Portal
) -> None:
    answer = walk(visitor, provider, "nobody", wish="/overview")
    refused(answer, "identity_unknown")
    assert "nobody" not in answer.text
    assert entries(visitor, portal.database) == [("sign_in.failed", "")]
    assert visitor.get("/").status_code == 303
    assert 'href="/language/zh?next=/login"' in answer.text, "not back to the used callback"
    assert 'action="/login?next=/overview"' in answer.text


def test_a_disabled_account_is_refused_in_the_same_words(
    people: Mapping[str, User], visitor: httpx.Client, provider: str, portal: Portal
) -> None:
    leaver = people["inspector-district"].account_id
    identities.link(people["administrator"], leaver, provider, "leaver")
    accounts.set_status(people["administrator"], leaver, active=False)
    refused(walk(visitor, provider, "leaver"), "identity_unknown")
    assert entries(visitor, portal.database) == [("sign_in.failed", leaver)]


def test_a_callback_works_once_and_only_in_the_browser_that_began(
    people: Mapping[str, User], visitor: httpx.Client, provider: str, portal: Portal
) -> None:
    manager = people["a-manager"].account_id
    identities.link(people["administrator"], manager, provider, "manager")
    back = consent(visitor, provider, "manager")
    before = dict(visitor.cookies)
    with a_browser(portal) as other:
        refused(other.get(back), "single_sign_on_failed")
        assert entries(other, portal.database) == [("sign_in.failed", "")]
    assert visitor.get(back).status_code == 303
    refused(visitor.get(back), "single_sign_on_failed")
    with a_browser(portal) as thief:
        for name, value in before.items():
            thief.cookies.set(name, value, domain="127.0.0.1")
        refused(thief.get(back), "single_sign_on_failed")
        assert thief.get("/").status_code == 303


@pytest.mark.parametrize("query", ["", "?state=x&code=y", "?error=access_denied", "?code=y"])
def test_an_invented_callback_opens_nothing_and_is_noted(
    visitor: httpx.Client, portal: Portal, query: str
) -> None:
    refused(visitor.get(f"/oauth2callback{query}"), "single_sign_on_failed")
    assert entries(visitor, portal.database) == [("sign_in.failed", "")]


def test_a_changed_state_opens_nothing(visitor: httpx.Client, provider: str) -> None:
    back = httpx.URL(consent(visitor, provider, "manager"))
    refused(visitor.get(back.copy_set_param("state", "other")), "single_sign_on_failed")


def test_who_refuses_at_the_service_comes_back_to_the_sign_in(
    visitor: httpx.Client, provider: str
) -> None:
    begun = visitor.get("/single-sign-on")
    assert begun.headers["location"].startswith(provider)
    denied = httpx.post(begun.headers["location"], data={"sub": "x", "action": "deny"})
    refused(visitor.get(denied.headers["location"]), "single_sign_on_failed")


@pytest.mark.parametrize("secret", [COOKIE_SECRET, "another secret"])
def test_a_cookie_that_says_who_it_is_opens_nothing_even_when_it_is_signed(
    people: Mapping[str, User], visitor: httpx.Client, provider: str, secret: str
) -> None:
    subject = f"cookie-{len(secret)}"
    identities.link(people["administrator"], people["a-worker"].account_id, provider, subject)
    claims = f'{{"iss": "{provider}", "sub": "{subject}", "is_logged_in": true}}'
    signed = create_signed_value(secret, "_streamlit_user", claims).decode()
    visitor.cookies.set("_streamlit_user", signed, domain="127.0.0.1")
    for path in ("/", "/overview", "/auth/login"):
        answer = visitor.get(path)
        assert (answer.status_code, COOKIE in visitor.cookies) == (303, False), path
        assert answer.headers["location"].startswith("/login")
    refused(visitor.get("/oauth2callback"), "single_sign_on_failed")


def test_the_routes_of_streamlit_itself_stay_behind_the_gate(visitor: httpx.Client) -> None:
    for path in ("/auth/login", "/auth/logout", "/oauth2callback/", "/single-sign-on/x"):
        answer = visitor.get(path)
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/login"), path


def test_an_address_that_asks_too_often_is_refused_and_noted_once(
    visitor: httpx.Client, portal: Portal
) -> None:
    answers = [visitor.get("/oauth2callback") for _ in range(70)]
    assert {answer.status_code for answer in answers} == {403, 429}
    assert visitor.get("/single-sign-on").status_code == 429
    assert entries(visitor, portal.database).count(("sign_in.flood", "")) in (1, 2)


# ------------------------------------------------------------------ linked by a claim


def test_a_verified_claim_links_at_the_first_sign_in_and_later_ones_need_no_claim(
    people: Mapping[str, User], visitor: httpx.Client, provider: str, portal: Portal
) -> None:
    manager = people["b-manager"]
    answer = walk(visitor, provider, "b", email=manager.login, email_verified=True)
    assert answer.status_code == 303
    assert entries(visitor, portal.database) == [("sign_in.ok", manager.account_id)]
    (known,) = identities.linked(people["administrator"], manager.account_id)
    assert (known.issuer, known.subject) == (provider, "b")
    with a_browser(portal) as again:
        answer = walk(again, provider, "b", email="moved@elsewhere.example", email_verified=False)
        assert answer.status_code == 303
    with a_browser(portal) as another:
        answer = walk(another, provider, "c", email=manager.login, email_verified=True)
        refused(answer, "identity_unknown")


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_a_claim_that_is_not_verified_links_nothing(
    people: Mapping[str, User], visitor: httpx.Client, provider: str, verified: object
) -> None:
    manager = people["far-manager"]
    claims = {"email": manager.login, "email_verified": verified}
    answer = walk(visitor, provider, f"unverified-{verified}", **claims)
    refused(answer, "identity_unknown")
    assert identities.linked(people["administrator"], manager.account_id) == []


# ------------------------------------------------------------------ not configured


def test_without_configuration_every_door_of_it_is_closed(
    sqlite_server: Server, tmp_path: Path
) -> None:
    for portal in serve(sqlite_server, tmp_path):
        with httpx.Client(base_url=portal.address, timeout=30) as visitor:
            assert "single-sign-on" not in visitor.get("/login").text
            for path in CLOSED:
                answer = visitor.get(path, params={"code": "x", "state": "y"})
                assert answer.status_code == 303, path
                assert answer.headers["location"].startswith("/login"), path
            assert entries_of(portal.database) == 0


def entries_of(database: Path) -> int:
    db = SqliteDb(database)
    row = db.row("select count(*) as n from audit where action like 'sign_in.%'")
    db.close()
    return int(row["n"]) if row else 0


# ------------------------------------------------------------------ a service that misbehaves


@pytest.fixture
def know(tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """Configure this process for a provider."""
    before = config.get_option("secrets.files")

    def use(provider: str) -> None:
        config.set_option("secrets.files", [str(write_secrets(tmp_path, provider))])
        secrets_singleton._reset()

    yield use
    config.set_option("secrets.files", before)
    secrets_singleton._reset()


def in_this_process() -> TestClient:
    """The routes alone, with the middleware that keeps the state of a sign-in."""
    session = Middleware(
        SessionMiddleware, secret_key=COOKIE_SECRET, session_cookie="_streamlit_session"
    )
    app = Starlette(routes=single_sign_on.ROUTES, middleware=[session])
    return TestClient(app, follow_redirects=False, headers={"accept-language": "en"})


def test_a_service_that_does_not_answer_is_told_in_words(
    small: Installation, know: Callable[[str], None]
) -> None:
    know(f"http://127.0.0.1:{free_port()}")
    answer = in_this_process().get("/single-sign-on")
    assert answer.status_code == 503
    assert english("error.single_sign_on_down") in answer.text
    assert small.db.rows("select seq from audit where action like 'sign_in.%'") == []


def test_an_expired_token_opens_nothing(small: Installation, know: Callable[[str], None]) -> None:
    hour_ago = timedelta(hours=-1)
    with oidc_provider_mock.run_server_in_thread(access_token_max_age=hour_ago) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        know(address)
        identities.link(small["administrator"], small["a-manager"].account_id, address, "late")
        visitor = in_this_process()
        back = httpx.URL(consent(visitor, address, "late"))
        answer = visitor.get("/oauth2callback", params=dict(back.params))
    refused(answer, "single_sign_on_failed")


@pytest.mark.parametrize("left_out", ["cookie_secret", "redirect_uri", "client_id", "[auth]"])
def test_half_a_configuration_is_none(
    tmp_path: Path, know: Callable[[str], None], left_out: str
) -> None:
    know(ISSUER)
    assert single_sign_on.configured()
    assert single_sign_on.default_issuer() == ISSUER
    path = tmp_path / ".streamlit" / "secrets.toml"
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(left_out)]
    path.write_text("\n".join(kept), encoding="utf-8")
    secrets_singleton._reset()
    assert not single_sign_on.configured()


# ------------------------------------------------------------------ linking, on both engines


def by_identity(subject: str, **claims: object) -> SignedIn:
    return signing_in.sign_in_by_identity(ISSUER, subject, Place("203.0.113.1"), claims)


def links(found: Installation) -> list[tuple[str, str]]:
    rows = found.db.rows("select subject, account_id from identity order by subject")
    return [(row["subject"], row["account_id"]) for row in rows]


def notes(found: Installation) -> list[dict[str, Any]]:
    return found.db.rows("select * from audit where action = 'account.identity' order by seq")


def test_the_administrator_links_and_unlinks_and_both_are_noted_without_the_subject(
    installation: Installation,
) -> None:
    admin, manager = installation["administrator"], installation["a-manager"]
    identities.link(admin, manager.account_id, f" {ISSUER} ", " 4711-subject ")
    session = token_hash(by_identity("4711-subject").token)
    assert sessions.user_of(session) is not None
    identities.unlink(admin, manager.account_id, ISSUER, "4711-subject")
    assert sessions.user_of(session) is None, "what it has opened ends with it"
    with pytest.raises(PortalError, match="identity_unknown"):
        by_identity("4711-subject")
    noted = notes(installation)
    assert [(n["actor"], n["subject"]) for n in noted] == [
        (admin.account_id, manager.account_id)
    ] * 2
    assert {n["enterprise_id"] for n in noted} == {manager.organisation_id}
    assert "4711" not in str(noted)


def test_an_identity_opens_one_account_and_an_account_may_have_several(
    installation: Installation,
) -> None:
    admin = installation["administrator"]
    one, other = installation["a-manager"].account_id, installation["b-manager"].account_id
    identities.link(admin, one, ISSUER, "x")
    identities.link(admin, one, "https://other.example", "x")
    with pytest.raises(InvalidValueError, match="identity_taken"):
        identities.link(admin, other, ISSUER, "x")
    issuers = {known.issuer for known in identities.linked(admin, one)}
    assert issuers == {ISSUER, "https://other.example"}
    assert identities.linked(admin, other) == []
    with pytest.raises(NotAllowedError):
        identities.unlink(admin, other, ISSUER, "x")


@pytest.mark.parametrize("value", ["", "  ", "x" * 256, "a\nb", "a\x00b"])
def test_an_identity_needs_an_issuer_and_a_subject(small: Installation, value: str) -> None:
    account = small["a-manager"].account_id
    for pair in ((ISSUER, value), (value, "subject")):
        with pytest.raises(InvalidValueError, match="identity_value"):
            identities.link(small["administrator"], account, *pair)
    assert links(small) == []


def test_without_the_setting_no_claim_links(installation: Installation) -> None:
    login = installation["a-manager"].login
    claims = {"preferred_username": login, "email": login, "email_verified": True}
    with pytest.raises(PortalError, match="identity_unknown"):
        by_identity("x", **claims)
    assert links(installation) == []


def test_the_named_claim_links_to_the_account_of_that_sign_in_name(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANBIAO_OIDC_CLAIM", "preferred_username")
    manager = installation["a-manager"]
    user = sessions.user_of(token_hash(by_identity("x", preferred_username=manager.login).token))
    assert user is not None
    assert user.account_id == manager.account_id
    assert links(installation) == [("x", manager.account_id)]
    (noted,) = notes(installation)
    assert (noted["actor"], noted["enterprise_id"]) == (
        manager.account_id,
        manager.organisation_id,
    )
    assert '"preferred_username"' in noted["body"]


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"preferred_username": ""},
        {"preferred_username": "LOGIN-A-MANAGER"},
        {"preferred_username": "login-a-manager "},
        {"preferred_username": ["login-a-manager"]},
        {"preferred_username": None},
        {"preferred_username": "login-a-manager", "preferred_username_verified": False},
        {"nickname": "login-a-manager"},
    ],
)
def test_another_claim_or_another_value_links_nothing(
    small: Installation, monkeypatch: pytest.MonkeyPatch, claims: dict[str, object]
) -> None:
    monkeypatch.setenv("ANBIAO_OIDC_CLAIM", "preferred_username")
    with pytest.raises(PortalError, match="identity_unknown"):
        by_identity("x", **claims)
    assert links(small) == []


@pytest.mark.parametrize("status", ["disabled", "invited"])
def test_an_account_that_is_not_active_is_not_linked_by_a_claim(
    small: Installation, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    monkeypatch.setenv("ANBIAO_OIDC_CLAIM", "preferred_username")
    manager = small["a-manager"]
    small.db.run(
        "update account set status = :s where account_id = :a", s=status, a=manager.account_id
    )
    with pytest.raises(PortalError, match="identity_unknown"):
        by_identity("x", preferred_username=manager.login)
    assert links(small) == []


def test_of_two_identities_that_claim_one_name_at_once_only_one_is_linked(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANBIAO_OIDC_CLAIM", "preferred_username")
    login = installation["a-manager"].login
    jobs = [lambda s=s: by_identity(s, preferred_username=login) for s in "abcdef"]
    found = together(*jobs)
    assert [isinstance(one, SignedIn) for one in found].count(True) == 1
    assert len(links(installation)) == 1


def test_the_same_identity_in_two_windows_at_once_gets_in_by_both(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANBIAO_OIDC_CLAIM", "preferred_username")
    login = installation["a-manager"].login
    found = together(*[lambda: by_identity("x", preferred_username=login)] * 4)
    assert {type(one) for one in found} == {SignedIn}
    assert len(links(installation)) == len(notes(installation)) == 1


def test_a_demonstration_account_is_never_opened_by_an_identity(
    demo: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANBIAO_OIDC_CLAIM", "preferred_username")
    manager = demo["e01-manager"]
    with pytest.raises(InvalidValueError, match="identity_demo"):
        identities.link(demo["administrator"], manager.account_id, ISSUER, "x")
    with pytest.raises(PortalError, match="identity_unknown"):
        by_identity("x", preferred_username=manager.login)
    assert links(demo) == []


def test_who_is_anonymised_loses_the_identity(small: Installation) -> None:
    worker = small["a-worker"].account_id
    identities.link(small["administrator"], worker, ISSUER, "x")
    accounts.anonymise(small["administrator"], worker)
    assert links(small) == []
    for call in (identities.linked, lambda u, a: identities.link(u, a, ISSUER, "y")):
        with pytest.raises(NotAllowedError):
            call(small["administrator"], worker)


# ------------------------------------------------------------------ the page


def opened(page: str, user: User, chosen: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=60)
    app.user = {"session": user.session}
    app.session_state["people.chosen"] = chosen
    app.run()
    assert [element.value for element in app.exception] == []
    return app


def test_the_administrator_links_an_identity_on_the_page_of_accounts(
    small: Installation, know: Callable[[str], None]
) -> None:
    know(ISSUER)
    admin, worker = small["administrator"], small["a-worker"].account_id
    app = opened("administrator/accounts", admin, worker)
    form = f"identity.{worker}."
    assert app.text_input(key=form + "issuer").value == ISSUER
    app.text_input(key=form + "subject").set_value("4711")
    app.button(key="people.identity.link").click().run()
    assert [element.value for element in app.exception] == []
    assert links(small) == [("4711", worker)]
    assert any("4711" in text.value for text in app.text)
    app.button(key="people.unlink.0").click().run()
    assert links(small) == []


@pytest.mark.parametrize("configured", [True, False])
def test_only_the_administrator_of_a_configured_portal_is_offered_to_link(
    small: Installation, know: Callable[[str], None], configured: bool
) -> None:
    if configured:
        know(ISSUER)
    worker = small["a-worker"].account_id
    for page, person in (
        ("administrator/accounts", "administrator"),
        ("enterprise/people", "a-manager"),
    ):
        app = opened(page, small[person], worker)
        keys = {button.key for button in app.button}
        assert "people.status" in keys
        offered = "people.identity.link" in keys
        assert offered == (configured and person == "administrator"), person
