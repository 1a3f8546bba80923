"""The second factor: set up once, asked at each sign-in, each code once, recovery codes too."""

from collections.abc import Iterator

import pyotp
import pytest

from portal.domain.people import Role, User
from portal.errors import InvalidValueError, PortalError
from portal.services import (
    accounts,
    invitations,
    second_factor,
    sessions,
    signing_in,
    vault,
)
from portal.services.account_log import Place
from portal.services.sessions import SignedIn, Stage
from tests.conftest import PASSWORD, Installation, together

HERE = Place("192.0.2.1", "test")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ANBIAO_SECRET", "a key for tests that is long enough")
    return


def waiting(opened: SignedIn) -> User:
    found = sessions.unfinished(sessions.token_hash(opened.token))
    assert found is not None
    assert found[1] is opened.stage
    return found[0]


def person(opened: SignedIn) -> User | None:
    return sessions.user_of(sessions.token_hash(opened.token))


class App:
    """The app on the person's phone."""

    def __init__(self, installation: Installation, secret: str) -> None:
        self.installation = installation
        self.totp = pyotp.TOTP(secret)

    def code(self, drift: int = 0) -> str:
        return self.totp.at(int(self.installation.clock.moment.timestamp()) + drift)

    def wait(self) -> None:
        self.installation.clock.pass_by(seconds=30)


def enrolled(installation: Installation) -> tuple[App, list[str]]:
    """The administrator with a second factor."""
    user = waiting(signing_in.sign_in("admin", PASSWORD))
    app = App(installation, second_factor.begin(user).secret)
    _, codes = second_factor.confirm(user, app.code(), None, HERE)
    app.wait()
    return app, codes


def test_a_password_alone_does_not_open_an_authority_or_administrator_account(
    installation: Installation,
) -> None:
    opened = signing_in.sign_in("admin", PASSWORD)
    assert opened.stage is Stage.ENROL
    assert person(opened) is None
    user = waiting(opened)
    app = App(installation, second_factor.begin(user).secret)
    assert second_factor.begin(user).secret == app.totp.secret, "asked again, the same"
    for wrong in ("000000", "", "abcdef", app.code(-90), app.code(90)):
        with pytest.raises(PortalError, match="code_wrong"):
            second_factor.confirm(user, wrong, None, HERE)
        installation.db.run("delete from throttle")
    finished, codes = second_factor.confirm(user, app.code(), None, HERE)
    assert person(finished) is not None
    assert finished.token != opened.token
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    assert sessions.unfinished(sessions.token_hash(opened.token)) is None, "the old token is dead"
    again = signing_in.sign_in("admin", PASSWORD)
    assert again.stage is Stage.CODE
    assert person(again) is None


@pytest.mark.parametrize("role", Role)
def test_which_roles_need_it(role: Role) -> None:
    needed = {Role.INSPECTOR, Role.OFFICIAL, Role.ADMINISTRATOR}
    assert signing_in.needs_second_factor({role}) is (role in needed)
    assert signing_in.needs_second_factor({role, Role.OFFICIAL})


def test_a_code_counts_once_and_an_older_one_never(installation: Installation) -> None:
    app, _ = enrolled(installation)
    code = app.code()
    user = waiting(signing_in.sign_in("admin", PASSWORD))
    opened = second_factor.complete(user, f" {code[:3]} {code[3:]}", HERE)
    assert person(opened) is not None
    later = waiting(signing_in.sign_in("admin", PASSWORD))
    for used in (code, app.code(-30)):
        with pytest.raises(PortalError, match="code_wrong"):
            second_factor.complete(later, used, HERE)
    app.wait()
    assert person(second_factor.complete(later, app.code(), HERE)) is not None


def test_the_same_code_twice_at_the_same_moment_lets_one_in(installation: Installation) -> None:
    app, _ = enrolled(installation)
    users = [waiting(signing_in.sign_in("admin", PASSWORD)) for _ in range(3)]
    found = together(*(lambda u=u: second_factor.complete(u, app.code(), HERE) for u in users))
    assert sum(isinstance(one, SignedIn) for one in found) == 1


def test_a_clock_that_is_half_a_minute_off_is_forgiven(installation: Installation) -> None:
    app, _ = enrolled(installation)
    user = waiting(signing_in.sign_in("admin", PASSWORD))
    assert person(second_factor.complete(user, app.code(30), HERE)) is not None


def test_a_recovery_code_stands_for_the_app_and_works_once(installation: Installation) -> None:
    _, codes = enrolled(installation)
    user = waiting(signing_in.sign_in("admin", PASSWORD))
    assert person(second_factor.complete(user, codes[0].lower(), HERE)) is not None
    later = waiting(signing_in.sign_in("admin", PASSWORD))
    with pytest.raises(PortalError, match="code_wrong"):
        second_factor.complete(later, codes[0], HERE)
    assert person(second_factor.complete(later, codes[1], HERE)) is not None
    assert second_factor.state(later) == (True, second_factor.RECOVERY_CODES - 2)


def test_codes_cannot_be_guessed_by_trying(installation: Installation) -> None:
    app, _ = enrolled(installation)
    user = waiting(signing_in.sign_in("admin", PASSWORD))
    for _ in range(5):
        with pytest.raises(PortalError, match="code_wrong"):
            second_factor.complete(user, "000000", HERE)
    with pytest.raises(PortalError, match="sign_in_wait"):
        second_factor.complete(user, app.code(), HERE)
    again = waiting(signing_in.sign_in("admin", PASSWORD))
    with pytest.raises(PortalError, match="sign_in_wait"):
        second_factor.complete(again, app.code(), HERE)


def test_a_sign_in_waits_ten_minutes_for_its_code(installation: Installation) -> None:
    opened = signing_in.sign_in("admin", PASSWORD)
    installation.clock.pass_by(minutes=10)
    assert waiting(opened)
    installation.clock.pass_by(seconds=1)
    assert sessions.unfinished(sessions.token_hash(opened.token)) is None


def test_a_sign_in_that_waits_for_a_code_cannot_set_up_another_factor(
    installation: Installation,
) -> None:
    enrolled(installation)
    user = waiting(signing_in.sign_in("admin", PASSWORD))
    other = App(installation, second_factor.begin(user).secret)
    with pytest.raises(PortalError, match="code_wrong"):
        second_factor.confirm(user, other.code(), None, HERE)


def test_a_new_factor_needs_the_password_and_ends_all_other_sessions(
    installation: Installation,
) -> None:
    app, _ = enrolled(installation)
    user = person(
        second_factor.complete(waiting(signing_in.sign_in("admin", PASSWORD)), app.code(), HERE)
    )
    assert user is not None
    newer = App(installation, second_factor.begin(user).secret)
    assert newer.totp.secret != app.totp.secret
    with pytest.raises(PortalError, match="password_wrong"):
        second_factor.confirm(user, newer.code(), "wrong", HERE)
    finished, _ = second_factor.confirm(user, newer.code(), PASSWORD, HERE)
    assert person(finished) is not None
    assert sessions.user_of(user.session) is None
    app.wait()
    again = waiting(signing_in.sign_in("admin", PASSWORD))
    with pytest.raises(PortalError, match="code_wrong"):
        second_factor.complete(again, app.code(), HERE)
    assert person(second_factor.complete(again, newer.code(), HERE)) is not None


def test_who_needs_it_cannot_turn_it_off_and_others_can(installation: Installation) -> None:
    app, _ = enrolled(installation)
    opened = second_factor.complete(
        waiting(signing_in.sign_in("admin", PASSWORD)), app.code(), HERE
    )
    user = person(opened)
    assert user is not None
    app.wait()
    with pytest.raises(InvalidValueError, match="second_factor_required"):
        second_factor.remove(user, app.code(), HERE)
    manager = installation["a-manager"]
    own = App(installation, second_factor.begin(manager).secret)
    link = accounts.reset(installation["a-principal"], manager.account_id)
    manager = person(invitations.accept(link, PASSWORD)) or manager
    finished, _ = second_factor.confirm(manager, own.code(), PASSWORD, HERE)
    manager = person(finished) or manager
    own.wait()
    assert signing_in.sign_in(manager.login, PASSWORD).stage is Stage.CODE
    with pytest.raises(PortalError, match="code_wrong"):
        second_factor.remove(manager, "000000", HERE)
    second_factor.remove(manager, own.code(), HERE)
    assert second_factor.state(manager) == (False, 0)
    assert signing_in.sign_in(manager.login, PASSWORD).stage is Stage.FULL


def test_an_administrator_takes_a_lost_factor_off_and_the_person_sets_up_anew(
    installation: Installation,
) -> None:
    admin = installation["administrator"]
    official = installation["official-city"]
    link = accounts.reset(admin, official.account_id)
    user = waiting(invitations.accept(link, PASSWORD))
    app = App(installation, second_factor.begin(user).secret)
    second_factor.confirm(user, app.code(), None, HERE)
    kept = accounts.reset(admin, official.account_id)
    assert invitations.accept(kept, PASSWORD).stage is Stage.CODE, "a new password is not enough"
    lost = accounts.reset(admin, official.account_id, factor=True)
    assert invitations.accept(lost, PASSWORD).stage is Stage.ENROL


def test_new_recovery_codes_end_the_old_ones(installation: Installation) -> None:
    app, codes = enrolled(installation)
    user = person(
        second_factor.complete(waiting(signing_in.sign_in("admin", PASSWORD)), app.code(), HERE)
    )
    assert user is not None
    app.wait()
    newer = second_factor.renew_codes(user, app.code(), HERE)
    assert not set(newer) & set(codes)
    later = waiting(signing_in.sign_in("admin", PASSWORD))
    with pytest.raises(PortalError, match="code_wrong"):
        second_factor.complete(later, codes[0], HERE)
    assert person(second_factor.complete(later, newer[0], HERE)) is not None


def test_who_is_given_a_role_that_needs_it_is_asked_for_it_at_once(
    installation: Installation,
) -> None:
    manager, admin = installation["a-manager"], installation["administrator"]
    accounts.give_role(
        admin, manager.account_id, Role.OFFICIAL, installation["official-city"].organisation_id
    )
    assert sessions.user_of(manager.session) is None


def test_neither_secret_nor_recovery_codes_can_be_read_in_the_database(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, codes = enrolled(installation)
    text = "".join(
        str(installation.db.rows(f"select * from {table}"))  # noqa: S608 - fixed names
        for table in ("second_factor", "recovery_code", "audit")
    )
    assert app.totp.secret not in text
    assert all(len(code.replace("-", "")) == 29 for code in codes), "112 bits each"
    assert all(code not in text and code.replace("-", "") not in text for code in codes)
    monkeypatch.setenv("ANBIAO_SECRET", "another key, also for tests, long too")
    user = waiting(signing_in.sign_in("admin", PASSWORD))
    with pytest.raises(PortalError, match="secret_unusable"):
        second_factor.complete(user, app.code(), HERE)


def test_without_a_setting_the_key_is_a_file_that_only_its_owner_reads(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pathlib import Path

    monkeypatch.delenv("ANBIAO_SECRET")
    place = Path(str(tmp_path)) / "new" / "secret.key"
    monkeypatch.setattr(vault, "KEY_FILE", place)
    sealed = vault.seal("geheim")
    assert "geheim" not in sealed
    assert vault.unseal(sealed) == "geheim"
    assert place.stat().st_mode & 0o777 == 0o600
    assert list(place.parent.iterdir()) == [place]


def test_a_key_that_is_too_short_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANBIAO_SECRET", "chosen by somebody")
    with pytest.raises(PortalError, match="secret_short"):
        vault.seal("x")
