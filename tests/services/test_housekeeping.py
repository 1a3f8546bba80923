"""What is past its time is deleted, and nothing else; the log never."""

import pytest

from portal.domain.people import Role
from portal.errors import PortalError
from portal.services import accounts, housekeeping, invitations, sessions, signing_in
from tests.conftest import PASSWORD, Installation


def counted(installation: Installation) -> dict[str, int]:
    tables = ("session", "invitation", "throttle", "audit", "account")
    return {
        table: len(installation.db.rows(f"select * from {table}"))  # noqa: S608 - fixed names
        for table in tables
    }


def test_old_sessions_links_and_waits_go_and_the_log_stays(installation: Installation) -> None:
    accounts.invite(
        installation["administrator"],
        login="somebody",
        name="某人",
        role=Role.WORKER,
        organisation_id=installation.enterprise(),
    )
    with pytest.raises(PortalError):
        signing_in.sign_in("admin", "wrong password")
    signing_in.sign_in("admin", PASSWORD)
    with pytest.raises(PortalError):
        signing_in.sign_in("admin", "wrong password")
    before = counted(installation)
    housekeeping.sweep()
    assert counted(installation) == before, "nothing is old yet"
    installation.clock.pass_by(days=2)
    housekeeping.sweep()
    assert counted(installation) == {**before, "throttle": 0}
    installation.clock.pass_by(days=37)
    housekeeping.sweep()
    later = counted(installation)
    assert later["invitation"] == 0
    assert later["session"] == before["session"] - 1, "the sign-in without its second factor"
    installation.clock.pass_by(days=400)
    housekeeping.sweep()
    assert counted(installation) == {
        **before, "session": 0, "invitation": 0, "throttle": 0,
    }  # fmt: skip
    assert sessions.user_of(installation["a-manager"].session) is None
    with pytest.raises(PortalError, match="link_unusable"):
        invitations.find("gone")
