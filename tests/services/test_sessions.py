"""Signing in and acting: sessions end in every way they should, and are asked for every time."""

from datetime import timedelta

import pytest

from portal.domain.people import Role, User
from portal.errors import InvalidValueError, NotAllowedError, PortalError
from portal.services import accounts, enterprises
from portal.services.accounts import IDLE, LONGEST, TRIES, token_hash
from tests.conftest import NOW, PASSWORD, Installation, together

ADMIN = "admin"


def session(token: str) -> User | None:
    return accounts.user_of(token_hash(token))


def test_a_session_names_the_person_and_the_role_they_act_in(installation: Installation) -> None:
    user = session(accounts.sign_in(f" {ADMIN} ", PASSWORD))
    assert user is not None
    assert (user.login, user.name, user.role) == (ADMIN, "管理员", Role.ADMINISTRATOR)
    assert (user.organisation, user.area_code) == ("临江区应急管理局", "990102")
    manager = accounts.user_of(installation["a-manager"].session)
    assert manager == installation["a-manager"]
    assert manager is not None
    assert manager.organisation.startswith("试验机械1")


def test_only_the_hash_of_a_token_and_of_a_password_is_stored(installation: Installation) -> None:
    token = accounts.sign_in(ADMIN, PASSWORD)
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
    assert accounts.user_of(token) is None


def test_a_session_ends_when_it_is_idle_too_long(installation: Installation) -> None:
    token = accounts.sign_in(ADMIN, PASSWORD)
    installation.clock.pass_by(seconds=IDLE.total_seconds())
    assert session(token) is not None, "exactly the allowed time"
    installation.clock.pass_by(seconds=IDLE.total_seconds())
    assert session(token) is not None, "using it counts as activity"
    installation.clock.pass_by(seconds=IDLE.total_seconds() + 1)
    assert session(token) is None


def test_a_session_ends_after_its_longest_time_however_busy(installation: Installation) -> None:
    token = accounts.sign_in(ADMIN, PASSWORD)
    step = timedelta(hours=6)
    for _ in range(LONGEST // step):
        installation.clock.pass_by(seconds=step.total_seconds())
        assert session(token) is not None
    installation.clock.pass_by(seconds=1)
    assert session(token) is None


def test_being_seen_is_noted_now_and_then_and_not_at_every_click(
    installation: Installation,
) -> None:
    token = accounts.sign_in(ADMIN, PASSWORD)
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
    one, other = accounts.sign_in(ADMIN, PASSWORD), accounts.sign_in(ADMIN, PASSWORD)
    assert one != other
    accounts.sign_out(token_hash(one))
    assert session(one) is None
    assert session(other) is not None


def test_a_disabled_account_loses_its_sessions_and_cannot_sign_in(
    installation: Installation,
) -> None:
    admin, manager = installation["administrator"], installation["a-manager"]
    assert accounts.user_of(manager.session) is not None
    accounts.set_status(admin, manager.account_id, active=False)
    assert accounts.user_of(manager.session) is None
    with pytest.raises(PortalError, match="sign_in_failed"):
        accounts.sign_in(manager.login, "anything at all")
    accounts.set_status(admin, manager.account_id, active=True)
    assert accounts.user_of(manager.session) is None, "an ended session does not come back"


def test_an_account_disabled_by_any_other_way_is_out_at_once(installation: Installation) -> None:
    manager = installation["a-manager"]
    installation.db.run(
        "update account set status = 'disabled' where account_id = :a", a=manager.account_id
    )
    assert accounts.user_of(manager.session) is None


def test_a_disabled_account_is_refused_like_a_wrong_password(installation: Installation) -> None:
    admin = installation["administrator"]
    password = accounts.create_account(
        admin,
        login="new-inspector",
        name="新人",
        role=Role.INSPECTOR,
        organisation_id=admin.organisation_id,
    )
    account = session(accounts.sign_in("new-inspector", password))
    assert account is not None
    accounts.set_status(admin, account.account_id, active=False)
    refused = []
    for login, attempt in (
        ("new-inspector", password),
        ("new-inspector", "wrong password"),
        ("nobody-of-this-name", password),
    ):
        with pytest.raises(PortalError) as error:
            accounts.sign_in(login, attempt)
        refused.append((error.value.code, error.value.values))
    assert refused == [("sign_in_failed", {})] * 3


def test_an_administrator_cannot_disable_the_own_account(installation: Installation) -> None:
    admin = installation["administrator"]
    with pytest.raises(InvalidValueError, match="own_account"):
        accounts.set_status(admin, admin.account_id, active=False)
    assert accounts.user_of(admin.session) is not None


def wrong(times: int) -> list[str]:
    codes = []
    for _ in range(times):
        with pytest.raises(PortalError) as refused:
            accounts.sign_in(ADMIN, "wrong password")
        codes.append(refused.value.code)
    return codes


def test_wrong_passwords_lock_an_account_for_a_while_and_each_further_one_for_longer(
    installation: Installation,
) -> None:
    assert wrong(TRIES) == ["sign_in_failed"] * TRIES
    with pytest.raises(PortalError, match="sign_in_locked"):
        accounts.sign_in(ADMIN, PASSWORD)
    installation.clock.pass_by(seconds=29)
    assert wrong(1) == ["sign_in_locked"], "an attempt while waiting is not even checked"
    installation.clock.pass_by(seconds=2)
    assert wrong(1) == ["sign_in_failed"]
    installation.clock.pass_by(seconds=31)
    assert wrong(1) == ["sign_in_locked"], "the second wait is twice as long"
    installation.clock.pass_by(seconds=30)
    assert session(accounts.sign_in(ADMIN, PASSWORD)) is not None
    assert wrong(TRIES - 1) == ["sign_in_failed"] * (TRIES - 1), "counting begins anew"
    assert session(accounts.sign_in(ADMIN, PASSWORD)) is not None


def test_the_wait_has_an_end_however_often_somebody_tries(installation: Installation) -> None:
    installation.db.run("update account set failed_count = 60 where login = 'admin'")
    wrong(1)
    installation.clock.pass_by(hours=1, seconds=1)
    assert session(accounts.sign_in(ADMIN, PASSWORD)) is not None


def test_wrong_passwords_at_once_are_all_counted(installation: Installation) -> None:
    together(*(lambda: accounts.sign_in(ADMIN, "wrong password") for _ in range(TRIES)))
    row = installation.db.row("select failed_count from account where login = 'admin'")
    assert row == {"failed_count": TRIES}
    with pytest.raises(PortalError, match="sign_in_locked"):
        accounts.sign_in(ADMIN, PASSWORD)


def test_the_lock_holds_whatever_the_time_zone_of_the_clock(installation: Installation) -> None:
    from portal.services.context import CHINA

    installation.clock.moment = NOW.astimezone(CHINA)
    wrong(TRIES)
    installation.clock.pass_by(seconds=31)
    assert session(accounts.sign_in(ADMIN, PASSWORD)) is not None


def test_the_demonstration_sign_in_is_for_shown_demonstration_accounts_only(
    demo: Installation,
) -> None:
    shown = accounts.demo_accounts()
    assert {account.role for account in shown} >= {
        Role.SAFETY_MANAGER,
        Role.PRINCIPAL,
        Role.REVIEWER,
        Role.LEAD_REVIEWER,
        Role.OFFICIAL,
        Role.ADMINISTRATOR,
    }
    for account in shown:
        user = session(accounts.sign_in_demo(account.account_id))
        assert user is not None
        assert (user.account_id, user.role) == (account.account_id, account.role)
    hidden = demo.db.rows("select account_id from account where demo = 0")
    assert hidden
    for row in hidden:
        with pytest.raises(PortalError, match="sign_in_failed"):
            accounts.sign_in_demo(row["account_id"])
    with pytest.raises(PortalError, match="sign_in_failed"):
        accounts.sign_in(shown[0].account_id, "!")


def test_no_account_of_a_real_installation_is_open_by_a_click(installation: Installation) -> None:
    assert accounts.demo_accounts() == []
    for user in installation.people.values():
        with pytest.raises(PortalError, match="sign_in_failed"):
            accounts.sign_in_demo(user.account_id)


def test_a_person_acts_in_another_of_their_own_roles_and_in_no_foreign_one(
    installation: Installation,
) -> None:
    admin = installation["administrator"]
    roles = [(role, organisation) for role, organisation, _ in accounts.roles_of(admin)]
    assert {role for role, _ in roles} == {Role.ADMINISTRATOR, Role.OFFICIAL}
    accounts.switch_role(admin, Role.OFFICIAL, admin.organisation_id)
    now = accounts.user_of(admin.session)
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
            accounts.switch_role(now, role, organisation)
    again = accounts.user_of(admin.session)
    assert again is not None
    assert again.role is Role.OFFICIAL


def test_a_role_that_is_taken_away_ends_the_session_in_it(installation: Installation) -> None:
    manager = installation["a-manager"]
    installation.db.run("delete from membership where account_id = :a", a=manager.account_id)
    assert accounts.user_of(manager.session) is None


def test_accounts_are_created_with_a_password_that_works_once_shown(
    installation: Installation,
) -> None:
    admin = installation["administrator"]

    def create(login: str = "somebody", name: str = "某人", organisation: str = "") -> str:
        return accounts.create_account(
            admin,
            login=login,
            name=name,
            role=Role.SAFETY_MANAGER,
            organisation_id=organisation or installation.enterprise("b"),
        )

    password = create()
    user = session(accounts.sign_in("somebody", password))
    assert user is not None
    assert (user.role, user.organisation_id) == (Role.SAFETY_MANAGER, installation.enterprise("b"))
    before = len(accounts.list_accounts(admin))
    with pytest.raises(InvalidValueError, match="login_taken"):
        create()
    for bad in (
        {"login": "ab"},
        {"login": "x" * 61},
        {"login": "other", "name": " "},
        {"login": "other", "organisation": "no-such-enterprise"},
        {"login": "other", "organisation": admin.organisation_id},
    ):
        with pytest.raises(InvalidValueError):
            create(**bad)
    assert len(accounts.list_accounts(admin)) == before


def test_accounts_created_at_once_are_all_created_and_logged(installation: Installation) -> None:
    admin = installation["administrator"]
    made = together(
        *(
            lambda n=n: accounts.create_account(
                admin,
                login=f"person-{n}",
                name=f"{n}号",
                role=Role.WORKER,
                organisation_id=installation.enterprise(),
            )
            for n in range(6)
        )
    )
    assert [type(m) for m in made] == [str] * 6, made
    row = installation.db.row(
        "select count(*) as n from audit where action = 'account.create' and subject like 'person%'"
    )
    assert row == {"n": 6}


@pytest.mark.parametrize("password", ["", "short", "123456789"])
def test_a_short_password_is_refused(password: str) -> None:
    with pytest.raises(InvalidValueError, match="password_short"):
        accounts.hash_password(password)


def test_what_a_person_may_is_read_from_the_database_and_not_from_a_stale_user(
    installation: Installation,
) -> None:
    """A page keeps a user for one run; the guard reads it anew for the next."""
    manager = installation["a-manager"]
    accounts.set_status(installation["administrator"], manager.account_id, active=False)
    assert accounts.user_of(manager.session) is None
    assert enterprises.view(manager, manager.organisation_id, "zh").version == 1
