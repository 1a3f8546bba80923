"""Signing in and acting: sessions end in every way they should, and are asked for every time."""

from datetime import timedelta

import pytest

from portal.domain.people import Role, User
from portal.errors import InvalidValueError, NotAllowedError, PortalError
from portal.services import accounts, enterprises, invitations, sessions, signing_in, throttle
from portal.services.account_log import Place
from portal.services.sessions import SignedIn, lasting, token_hash
from tests.conftest import NOW, PASSWORD, Installation, together

ADMIN = "admin"
TRIES = throttle.LOGIN.free
IDLE, LONGEST = lasting(Role.ADMINISTRATOR)


@pytest.fixture(autouse=True)
def _one_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are about sessions; the second factor has tests of its own."""
    monkeypatch.setenv("ANBIAO_SECOND_FACTOR", "offered")


def session(opened: SignedIn | str) -> User | None:
    return sessions.user_of(token_hash(opened if isinstance(opened, str) else opened.token))


def test_a_session_names_the_person_and_the_role_they_act_in(installation: Installation) -> None:
    user = session(signing_in.sign_in(f" {ADMIN} ", PASSWORD))
    assert user is not None
    assert (user.login, user.name, user.role) == (ADMIN, "管理员", Role.ADMINISTRATOR)
    assert (user.organisation, user.area_code) == ("临江区应急管理局", "990102")
    manager = sessions.user_of(installation["a-manager"].session)
    assert manager == installation["a-manager"]
    assert manager is not None
    assert manager.organisation.startswith("试验机械1")


def test_only_the_hash_of_a_token_and_of_a_password_is_stored(installation: Installation) -> None:
    token = signing_in.sign_in(ADMIN, PASSWORD).token
    text = str(installation.db.rows("select * from session")) + str(
        installation.db.rows("select * from account")
    )
    assert token_hash(token) in text
    assert token not in text
    assert PASSWORD not in text
    assert "$argon2id$" in text


@pytest.mark.parametrize("token", ["", "x", "' or 1=1 --", "x" * 10_000])
@pytest.mark.usefixtures("installation")
def test_an_invented_token_is_nobody(token: str) -> None:
    assert session(token) is None
    assert sessions.user_of(token) is None


def test_a_session_ends_when_it_is_idle_too_long(installation: Installation) -> None:
    token = signing_in.sign_in(ADMIN, PASSWORD)
    installation.clock.pass_by(seconds=IDLE.total_seconds())
    assert session(token) is not None, "exactly the allowed time"
    installation.clock.pass_by(seconds=IDLE.total_seconds())
    assert session(token) is not None, "using it counts as activity"
    installation.clock.pass_by(seconds=IDLE.total_seconds() + 1)
    assert session(token) is None


def test_a_session_ends_after_its_longest_time_however_busy(installation: Installation) -> None:
    token = signing_in.sign_in(ADMIN, PASSWORD)
    step = timedelta(hours=1)
    for _ in range(LONGEST // step):
        installation.clock.pass_by(seconds=step.total_seconds())
        assert session(token) is not None
    installation.clock.pass_by(seconds=1)
    assert session(token) is None


@pytest.mark.parametrize("role", Role)
def test_sessions_of_roles_that_see_many_enterprises_are_shorter(role: Role) -> None:
    strict = role in (Role.OFFICIAL, Role.INSPECTOR, Role.ADMINISTRATOR)
    assert lasting(role) == (
        (timedelta(hours=2), timedelta(hours=12))
        if strict
        else (timedelta(hours=12), timedelta(days=7))
    )


def test_a_long_session_does_not_last_on_in_a_role_that_allows_less(
    installation: Installation,
) -> None:
    """The administrator here is an official too; both are strict, a manager is not."""
    manager, admin = installation["a-manager"], installation["administrator"]
    city = installation["official-city"].organisation_id
    installation.db.run(
        "insert into membership (account_id, role, organisation_id) values (:a, 'official', :o)",
        a=manager.account_id,
        o=city,
    )
    for _ in range(13):
        installation.clock.pass_by(hours=1)
        assert sessions.user_of(manager.session) is not None
    sessions.switch_role(manager, Role.OFFICIAL, city)
    assert sessions.user_of(manager.session) is None
    assert sessions.user_of(admin.session) is None


def test_being_seen_is_noted_now_and_then_and_not_at_every_click(
    installation: Installation,
) -> None:
    token = signing_in.sign_in(ADMIN, PASSWORD)
    with installation.db.counting() as statements:
        for _ in range(10):
            session(token)
    assert len(statements) == 10
    installation.clock.pass_by(minutes=6)
    with installation.db.counting() as statements:
        for _ in range(10):
            session(token)
    assert len(statements) == 11


@pytest.mark.usefixtures("installation")
def test_signing_out_ends_this_session_and_no_other() -> None:
    one, other = signing_in.sign_in(ADMIN, PASSWORD), signing_in.sign_in(ADMIN, PASSWORD)
    assert one.token != other.token
    sessions.sign_out(token_hash(one.token))
    assert session(one) is None
    assert session(other) is not None


def test_a_disabled_account_loses_its_sessions_and_cannot_sign_in(
    installation: Installation,
) -> None:
    admin, manager = installation["administrator"], installation["a-manager"]
    assert sessions.user_of(manager.session) is not None
    accounts.set_status(admin, manager.account_id, active=False)
    assert sessions.user_of(manager.session) is None
    with pytest.raises(PortalError, match="sign_in_failed"):
        signing_in.sign_in(manager.login, "anything at all")
    accounts.set_status(admin, manager.account_id, active=True)
    assert sessions.user_of(manager.session) is None, "an ended session does not come back"


def test_an_account_disabled_by_any_other_way_is_out_at_once(installation: Installation) -> None:
    manager = installation["a-manager"]
    installation.db.run(
        "update account set status = 'disabled' where account_id = :a", a=manager.account_id
    )
    assert sessions.user_of(manager.session) is None


def test_a_disabled_account_is_refused_like_a_wrong_password(installation: Installation) -> None:
    admin = installation["administrator"]
    link = accounts.invite(
        admin,
        login="new-inspector",
        name="新人",
        role=Role.INSPECTOR,
        organisation_id=admin.organisation_id,
    )
    password = PASSWORD
    account = session(invitations.accept(link, password))
    assert account is not None
    accounts.set_status(admin, account.account_id, active=False)
    refused = []
    for login, attempt in (
        ("new-inspector", password),
        ("new-inspector", "wrong password"),
        ("nobody-of-this-name", password),
    ):
        with pytest.raises(PortalError) as error:
            signing_in.sign_in(login, attempt)
        refused.append((error.value.code, error.value.values))
    assert refused == [("sign_in_failed", {})] * 3


def test_an_administrator_cannot_disable_the_own_account(installation: Installation) -> None:
    admin = installation["administrator"]
    with pytest.raises(InvalidValueError, match="own_account"):
        accounts.set_status(admin, admin.account_id, active=False)
    assert sessions.user_of(admin.session) is not None


def wrong(times: int) -> list[str]:
    codes = []
    for _ in range(times):
        with pytest.raises(PortalError) as refused:
            signing_in.sign_in(ADMIN, "wrong password")
        codes.append(refused.value.code)
    return codes


def test_wrong_passwords_lock_an_account_for_a_while_and_each_further_one_for_longer(
    installation: Installation,
) -> None:
    assert wrong(TRIES) == ["sign_in_failed"] * TRIES
    with pytest.raises(PortalError, match="sign_in_wait"):
        signing_in.sign_in(ADMIN, PASSWORD)
    installation.clock.pass_by(seconds=29)
    assert wrong(1) == ["sign_in_wait"], "an attempt while waiting is not even checked"
    installation.clock.pass_by(seconds=2)
    assert wrong(1) == ["sign_in_failed"]
    installation.clock.pass_by(seconds=31)
    assert wrong(1) == ["sign_in_wait"], "the second wait is twice as long"
    installation.clock.pass_by(seconds=30)
    assert session(signing_in.sign_in(ADMIN, PASSWORD)) is not None
    assert wrong(TRIES - 1) == ["sign_in_failed"] * (TRIES - 1), "counting begins anew"
    assert session(signing_in.sign_in(ADMIN, PASSWORD)) is not None


def test_the_wait_has_an_end_however_often_somebody_tries(installation: Installation) -> None:
    wrong(1)
    installation.db.run("update throttle set failures = 5000")
    wrong(1)
    installation.clock.pass_by(hours=1, seconds=1)
    assert session(signing_in.sign_in(ADMIN, PASSWORD)) is not None


def test_wrong_passwords_at_once_are_all_counted(installation: Installation) -> None:
    together(*(lambda: signing_in.sign_in(ADMIN, "wrong password") for _ in range(TRIES)))
    assert installation.db.row("select failures from throttle") == {"failures": TRIES}
    with pytest.raises(PortalError, match="sign_in_wait"):
        signing_in.sign_in(ADMIN, PASSWORD)


def test_waiting_does_not_tell_whether_there_is_such_an_account(installation: Installation) -> None:
    seen = {}
    for login in (ADMIN, "nobody-of-this-name"):
        codes = []
        for _ in range(TRIES + 2):
            with pytest.raises(PortalError) as refused:
                signing_in.sign_in(login, "wrong password")
            codes.append(refused.value.code)
        seen[login] = codes
    assert seen[ADMIN] == seen["nobody-of-this-name"]
    assert seen[ADMIN][-1] == "sign_in_wait"
    text = str(installation.db.rows("select * from throttle"))
    assert "nobody-of-this-name" not in text, "what is typed there may be a password"


def test_an_address_that_tries_many_names_waits_and_others_do_not(
    installation: Installation,
) -> None:
    there = Place("192.0.2.7", "x")
    for number in range(throttle.ADDRESS.free):
        with pytest.raises(PortalError, match="sign_in_failed"):
            signing_in.sign_in(f"name-{number}", "wrong password", there)
    with pytest.raises(PortalError, match="sign_in_wait"):
        signing_in.sign_in(ADMIN, PASSWORD, there)
    assert session(signing_in.sign_in(ADMIN, PASSWORD, Place("192.0.2.8", "x"))) is not None
    installation.clock.pass_by(seconds=11)
    assert session(signing_in.sign_in(ADMIN, PASSWORD, there)) is not None


def test_failures_of_long_ago_are_forgotten(installation: Installation) -> None:
    wrong(TRIES - 1)
    installation.clock.pass_by(hours=25)
    assert wrong(TRIES - 1) == ["sign_in_failed"] * (TRIES - 1)
    assert session(signing_in.sign_in(ADMIN, PASSWORD)) is not None


def test_the_lock_holds_whatever_the_time_zone_of_the_clock(installation: Installation) -> None:
    from portal.services.context import CHINA

    installation.clock.moment = NOW.astimezone(CHINA)
    wrong(TRIES)
    installation.clock.pass_by(seconds=31)
    assert session(signing_in.sign_in(ADMIN, PASSWORD)) is not None


def test_the_demonstration_sign_in_is_for_shown_demonstration_accounts_only(
    demo: Installation,
) -> None:
    shown = signing_in.demo_accounts()
    assert {account.role for account in shown} >= {
        Role.SAFETY_MANAGER,
        Role.PRINCIPAL,
        Role.REVIEWER,
        Role.LEAD_REVIEWER,
        Role.OFFICIAL,
        Role.ADMINISTRATOR,
    }
    for account in shown:
        user = session(signing_in.sign_in_demo(account.account_id))
        assert user is not None
        assert (user.account_id, user.role) == (account.account_id, account.role)
    hidden = demo.db.rows("select account_id from account where demo = 0")
    assert hidden
    for row in hidden:
        with pytest.raises(PortalError, match="sign_in_failed"):
            signing_in.sign_in_demo(row["account_id"])
    with pytest.raises(PortalError, match="sign_in_failed"):
        signing_in.sign_in(shown[0].account_id, "!")


def test_no_account_of_a_real_installation_is_open_by_a_click(installation: Installation) -> None:
    assert signing_in.demo_accounts() == []
    for user in installation.people.values():
        with pytest.raises(PortalError, match="sign_in_failed"):
            signing_in.sign_in_demo(user.account_id)


def test_a_person_acts_in_another_of_their_own_roles_and_in_no_foreign_one(
    installation: Installation,
) -> None:
    admin = installation["administrator"]
    roles = [(role, organisation) for role, organisation, _ in sessions.roles_of(admin)]
    assert {role for role, _ in roles} == {Role.ADMINISTRATOR, Role.OFFICIAL}
    sessions.switch_role(admin, Role.OFFICIAL, admin.organisation_id)
    now = sessions.user_of(admin.session)
    assert now is not None
    assert now.role is Role.OFFICIAL
    with pytest.raises(NotAllowedError):
        accounts.list_accounts(now)
    for role, organisation in (
        (Role.PRINCIPAL, installation.enterprise()),
        (Role.INSPECTOR, admin.organisation_id),
        (Role.OFFICIAL, installation["official-city"].organisation_id),
    ):
        with pytest.raises(InvalidValueError):
            sessions.switch_role(now, role, organisation)
    again = sessions.user_of(admin.session)
    assert again is not None
    assert again.role is Role.OFFICIAL


def test_a_role_that_is_taken_away_ends_the_session_in_it(installation: Installation) -> None:
    manager = installation["a-manager"]
    installation.db.run("delete from membership where account_id = :a", a=manager.account_id)
    assert sessions.user_of(manager.session) is None


def test_what_a_person_may_is_read_from_the_database_and_not_from_a_stale_user(
    installation: Installation,
) -> None:
    """A page keeps a user for one run; the guard reads it anew for the next."""
    manager = installation["a-manager"]
    accounts.set_status(installation["administrator"], manager.account_id, active=False)
    assert sessions.user_of(manager.session) is None
    assert enterprises.view(manager, manager.organisation_id, "zh").version == 1
