"""People get in by one-time links, hold roles of their body's kind, and can be let go of."""

import pytest
from argon2 import PasswordHasher

from portal.domain.people import BODY_OF, Role, User
from portal.errors import InvalidValueError, NotAllowedError, PortalError
from portal.services import accounts, invitations, organisations, passwords, sessions, signing_in
from portal.services.sessions import SignedIn, Stage
from portal.store.audit import broken_links
from tests.conftest import PASSWORD, Installation, together

ANOTHER = "seven unrelated bricks"


@pytest.fixture(autouse=True)
def _one_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANBIAO_SECOND_FACTOR", "offered")


def person(opened: SignedIn) -> User | None:
    return sessions.user_of(sessions.token_hash(opened.token))


def invited(installation: Installation, login: str = "somebody", **other: object) -> str:
    given = {"name": "某人", "role": Role.WORKER, "organisation_id": installation.enterprise("b")}
    return accounts.invite(installation["administrator"], login=login, **{**given, **other})  # type: ignore[arg-type]


def account_id(installation: Installation, login: str = "somebody") -> str:
    row = installation.db.row("select account_id from account where login = :l", l=login)
    assert row is not None
    return str(row["account_id"])


def test_an_invited_person_chooses_a_password_and_is_in(installation: Installation) -> None:
    link = invited(installation, role=Role.SAFETY_MANAGER)
    found = invitations.find(link)
    assert (found.login, found.name, found.purpose) == ("somebody", "某人", "invite")
    for password in ("", PASSWORD, "anything at all"):
        with pytest.raises(PortalError, match="sign_in_failed"):
            signing_in.sign_in("somebody", password)
    user = person(invitations.accept(link, ANOTHER))
    assert user is not None
    assert (user.role, user.organisation_id) == (Role.SAFETY_MANAGER, installation.enterprise("b"))
    assert person(signing_in.sign_in("somebody", ANOTHER)) is not None


def test_a_link_works_once_and_for_a_week(installation: Installation) -> None:
    link = invited(installation)
    invitations.accept(link, ANOTHER)
    late = invited(installation, "latecomer")
    installation.clock.pass_by(days=7)
    assert invitations.find(late).login == "latecomer", "exactly the allowed time"
    installation.clock.pass_by(seconds=1)
    for dead in (link, late, "invented", ""):
        with pytest.raises(PortalError, match="link_unusable"):
            invitations.find(dead)
        with pytest.raises(PortalError, match="link_unusable"):
            invitations.accept(dead, "some other password")
    assert person(signing_in.sign_in("somebody", ANOTHER)) is not None


def test_a_link_used_twice_at_the_same_moment_lets_one_in(installation: Installation) -> None:
    link = invited(installation)
    found = together(*(lambda: invitations.accept(link, ANOTHER) for _ in range(3)))
    assert sum(isinstance(one, SignedIn) for one in found) == 1
    assert {str(one) for one in found if not isinstance(one, SignedIn)} == {"link_unusable"}


def test_only_the_hash_of_a_link_is_stored(installation: Installation) -> None:
    link = invited(installation)
    stored = str(installation.db.rows("select * from invitation"))
    assert link not in stored
    assert sessions.token_hash(link) in stored


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "password_short"),
        ("1234567890", "password_weak"),
        ("password1234", "password_weak"),
        ("somebody-somebody", "password_weak"),
        ("试验机械2有限公司", "password_weak"),
        ("x" * 129, "password_long"),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused_and_the_link_stays_good(
    small: Installation, password: str, code: str
) -> None:
    link = invited(small)
    with pytest.raises(InvalidValueError) as refused:
        invitations.accept(link, password)
    assert refused.value.code in (code, "password_short" if len(password) < 10 else code)
    assert invitations.find(link).login == "somebody"


def test_what_makes_a_password_weak_is_said() -> None:
    advice = {
        "a": "short",
        "qazwsxedcrfv": "words",
        "aaaaaaaaaaaaaa": "repeat",
        "2026-11-23 ": "date",
        "Zhao Yi tower 58": "known",
        "correct horse battery": "",
    }
    found = {p: passwords.strength(p, ("admin", "Zhao Yi")).advice for p in advice}
    assert found == advice


def test_no_account_ever_begins_with_a_password(installation: Installation) -> None:
    invited(installation)
    row = installation.db.row("select password_hash, status from account where login = 'somebody'")
    assert row == {"password_hash": passwords.UNUSABLE, "status": "invited"}
    with pytest.raises(PortalError, match="sign_in_failed"):
        signing_in.sign_in("somebody", passwords.UNUSABLE)


def test_a_reset_ends_the_old_password_and_all_sessions_at_once(installation: Installation) -> None:
    opened = invitations.accept(invited(installation), ANOTHER)
    link = accounts.reset(installation["administrator"], account_id(installation))
    assert person(opened) is None
    with pytest.raises(PortalError, match="sign_in_failed"):
        signing_in.sign_in("somebody", ANOTHER)
    assert invitations.find(link).purpose == "reset"
    newer = accounts.reset(installation["administrator"], account_id(installation))
    with pytest.raises(PortalError, match="link_unusable"):
        invitations.find(link)
    assert person(invitations.accept(newer, PASSWORD)) is not None


def test_a_disabled_account_loses_its_link_too(installation: Installation) -> None:
    link, admin = invited(installation), installation["administrator"]
    accounts.set_status(admin, account_id(installation), active=False)
    with pytest.raises(PortalError, match="link_unusable"):
        invitations.find(link)
    with pytest.raises(InvalidValueError, match="account_not_active"):
        accounts.reset(admin, account_id(installation))
    accounts.set_status(admin, account_id(installation), active=True)
    with pytest.raises(PortalError, match="link_unusable"):
        invitations.find(link)
    assert accounts.reset(admin, account_id(installation))


def test_one_changes_the_own_password_by_the_old_one_and_others_are_signed_out(
    installation: Installation,
) -> None:
    here = invitations.accept(invited(installation), ANOTHER)
    there = signing_in.sign_in("somebody", ANOTHER)
    user = person(here)
    assert user is not None
    place = signing_in.Place()
    with pytest.raises(PortalError, match="password_wrong"):
        signing_in.change_password(user, "not the old one", PASSWORD, place)
    for bad, code in ((ANOTHER, "password_same"), ("0123456789", "password_weak")):
        with pytest.raises(InvalidValueError, match=code):
            signing_in.change_password(user, ANOTHER, bad, place)
    newer = signing_in.change_password(user, ANOTHER, PASSWORD, place)
    assert person(newer) is not None
    assert person(here) is None, "the same session goes on under a new token"
    assert person(there) is None
    with pytest.raises(PortalError, match="sign_in_failed"):
        signing_in.sign_in("somebody", ANOTHER)
    assert person(signing_in.sign_in("somebody", PASSWORD)) is not None


def test_guessing_the_old_password_in_an_open_session_waits_like_a_sign_in(
    small: Installation,
) -> None:
    user = person(invitations.accept(invited(small), ANOTHER))
    assert user is not None
    for _ in range(5):
        with pytest.raises(PortalError, match="password_wrong"):
            signing_in.confirm_password(user, "wrong", signing_in.Place())
    with pytest.raises(PortalError, match="sign_in_wait"):
        signing_in.confirm_password(user, ANOTHER, signing_in.Place())


def test_a_hash_of_an_older_cost_is_renewed_at_the_next_sign_in(
    small: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = PasswordHasher(passwords.TIME, passwords.MEMORY_KIB, passwords.LANES)
    monkeypatch.setattr(passwords, "_hasher", real)
    invitations.accept(invited(small), ANOTHER)
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(ANOTHER)
    small.db.run("update account set password_hash = :h where login = 'somebody'", h=cheap)
    assert person(signing_in.sign_in("somebody", ANOTHER)) is not None
    row = small.db.row("select password_hash from account where login = 'somebody'")
    assert row is not None
    assert row["password_hash"] != cheap
    assert "m=65536,t=3,p=1" in row["password_hash"]


# ------------------------------------------------------------------ roles


@pytest.mark.parametrize("role", Role)
def test_a_role_is_held_in_a_body_of_its_kind_only(small: Installation, role: Role) -> None:
    bodies = {
        "enterprise": small.enterprise(),
        "review_body": small["reviewer-1"].organisation_id,
        "organising_body": small["organiser"].organisation_id,
        "authority": small["official-city"].organisation_id,
    }
    for kind, body in bodies.items():
        if kind == BODY_OF[role]:
            assert invited(small, "fits", role=role, organisation_id=body)
        else:
            with pytest.raises(InvalidValueError, match="not_a_choice"):
                invited(small, "does-not-fit", role=role, organisation_id=body)


def test_an_enterprise_manages_its_own_people_and_nobody_above_or_outside(
    installation: Installation,
) -> None:
    manager, own = installation["a-manager"], installation.enterprise()
    worker = installation["a-worker"].account_id
    assert {line.organisation_id for line in accounts.list_accounts(manager)} == {own}
    accounts.invite(manager, login="new-worker", name="新人", role=Role.WORKER, organisation_id=own)
    accounts.give_role(manager, worker, Role.SAFETY_MANAGER, own)
    accounts.take_role(manager, worker, Role.WORKER, own)
    assert {line.role for line in accounts.list_accounts(manager) if line.account_id == worker} == {
        Role.SAFETY_MANAGER
    }
    for forbidden in (
        lambda: accounts.set_status(manager, installation["a-principal"].account_id, active=False),
        lambda: accounts.give_role(manager, worker, Role.PRINCIPAL, own),
        lambda: accounts.give_role(manager, worker, Role.WORKER, installation.enterprise("b")),
        lambda: accounts.reset(manager, installation["b-manager"].account_id),
        lambda: accounts.anonymise(manager, installation["official-city"].account_id),
        lambda: accounts.reset(manager, "no-such-account"),
    ):
        with pytest.raises(NotAllowedError):
            forbidden()


def test_a_person_of_two_enterprises_is_managed_by_the_administrator_alone(
    installation: Installation,
) -> None:
    worker, admin = installation["a-worker"].account_id, installation["administrator"]
    accounts.give_role(admin, worker, Role.WORKER, installation.enterprise("b"))
    for manager in ("a-manager", "a-principal", "b-manager"):
        with pytest.raises(NotAllowedError):
            accounts.reset(installation[manager], worker)
    assert accounts.reset(admin, worker)


def test_the_last_role_cannot_be_taken_and_nobody_locks_oneself_out(
    installation: Installation,
) -> None:
    admin = installation["administrator"]
    worker = installation["a-worker"]
    with pytest.raises(InvalidValueError, match="last_role"):
        accounts.take_role(admin, worker.account_id, Role.WORKER, worker.organisation_id)
    assert sessions.user_of(worker.session) is not None
    for own in (
        lambda: accounts.set_status(admin, admin.account_id, active=False),
        lambda: accounts.reset(admin, admin.account_id),
        lambda: accounts.anonymise(admin, admin.account_id),
        lambda: accounts.take_role(
            admin, admin.account_id, Role.ADMINISTRATOR, admin.organisation_id
        ),
    ):
        with pytest.raises(InvalidValueError, match="own_account"):
            own()


def test_nobody_gives_roles_to_oneself(installation: Installation) -> None:
    for name, role in (("administrator", Role.OFFICIAL), ("a-principal", Role.WORKER)):
        user = installation[name]
        with pytest.raises(InvalidValueError, match="own_role"):
            accounts.give_role(user, user.account_id, role, user.organisation_id)


def test_a_login_that_is_taken_is_told_and_stores_nothing(installation: Installation) -> None:
    invited(installation)
    before = len(accounts.account_lines())
    with pytest.raises(InvalidValueError, match="login_taken"):
        invited(installation, " somebody ")
    for bad in ({"login": "ab"}, {"login": "x" * 61}, {"login": "a\tb"}, {"name": " "}):
        with pytest.raises(InvalidValueError):
            invited(installation, **{"login": "other", **bad})
    assert len(accounts.account_lines()) == before


def test_people_entered_at_once_are_all_entered_and_logged(installation: Installation) -> None:
    made = together(
        *(lambda n=n: invited(installation, f"person-{n}", name=f"{n}号") for n in range(6))
    )
    assert [type(m) for m in made] == [str] * 6, made
    chain = installation.enterprise("b")
    rows = installation.db.rows(
        "select body from audit where enterprise_id = :e and action = 'account.create'", e=chain
    )
    assert len(rows) == 7, "six and the manager"
    assert broken_links(installation.db, chain) == []


def test_bodies_have_a_kind_a_name_and_an_area_that_is_known(installation: Installation) -> None:
    admin = installation["administrator"]
    for kind, name, area in (
        ("school", "某学校", ""),
        ("review_body", " ", ""),
        ("authority", "某局", ""),
        ("authority", "某局", "123456"),
        ("review_body", "x" * 61, ""),
    ):
        with pytest.raises(InvalidValueError):
            organisations.add_body(admin, kind, name, area)
    assert organisations.add_body(admin, "authority", "望江区应急管理局", "990103")


# ------------------------------------------------------------------ letting go of a person


def test_an_anonymised_person_leaves_no_name_and_the_chain_stays_whole(
    installation: Installation,
) -> None:
    admin, chain = installation["administrator"], installation.enterprise("b")
    opened = invitations.accept(invited(installation, name="钱某某"), ANOTHER)
    number = account_id(installation)
    log = installation.db.rows("select * from audit where enterprise_id = :e", e=chain)
    accounts.anonymise(admin, number)
    assert person(opened) is None
    for table in ("account", "session", "invitation", "audit", "throttle", "membership"):
        text = str(installation.db.rows(f"select * from {table}"))  # noqa: S608 - fixed names
        assert "钱某某" not in text, table
        assert "somebody" not in text, table
    with pytest.raises(PortalError, match="sign_in_failed"):
        signing_in.sign_in("somebody", ANOTHER)
    after = installation.db.rows("select * from audit where enterprise_id = :e", e=chain)
    assert after[: len(log)] == log
    assert broken_links(installation.db, chain) == []
    assert number not in {line.account_id for line in accounts.account_lines()}
    for change in (
        lambda: accounts.set_status(admin, number, active=True),
        lambda: accounts.reset(admin, number),
        lambda: accounts.give_role(admin, number, Role.WORKER, chain),
    ):
        with pytest.raises(NotAllowedError):
            change()


# ------------------------------------------------------------------ sessions


def test_one_sees_and_ends_the_own_sessions_and_no_others(installation: Installation) -> None:
    link = invited(installation)
    phone = signing_in.Place("192.0.2.1", "Mozilla/5.0 (iPhone) Safari/604")
    here = invitations.accept(link, ANOTHER)
    installation.clock.pass_by(minutes=1)
    there = signing_in.sign_in("somebody", ANOTHER, phone)
    user, other = person(here), person(there)
    assert user is not None
    assert other is not None
    lines = sessions.mine(user)
    assert [(line.here, line.address) for line in lines] == [(True, ""), (False, "192.0.2.1")]
    with pytest.raises(NotAllowedError):
        sessions.end(installation["a-manager"], lines[1].key)
    sessions.end(user, lines[1].key)
    assert person(there) is None
    assert person(here) is not None
    with pytest.raises(NotAllowedError):
        sessions.end(user, lines[1].key)
    assert sessions.end_others(user) == 0
    signing_in.sign_in("somebody", ANOTHER)
    assert sessions.end_others(user) == 1
    assert [line.here for line in sessions.mine(user)] == [True]


def test_a_sign_in_goes_on_in_the_role_that_was_used_last(installation: Installation) -> None:
    worker, admin = installation["a-worker"].account_id, installation["administrator"]
    own = installation.enterprise()
    accounts.give_role(admin, worker, Role.SAFETY_MANAGER, own)
    user = person(invitations.accept(accounts.reset(admin, worker), ANOTHER))
    assert user is not None
    sessions.switch_role(user, Role.SAFETY_MANAGER, own)
    installation.clock.pass_by(minutes=10)
    assert sessions.user_of(user.session) is not None
    again = signing_in.sign_in(user.login, ANOTHER)
    assert again.stage is Stage.FULL
    found = person(again)
    assert found is not None
    assert found.role is Role.SAFETY_MANAGER
