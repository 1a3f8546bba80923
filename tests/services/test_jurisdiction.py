"""A department sees the enterprises of its area and of its sectors, and no others, at any time."""

from collections.abc import Callable

import pytest

from portal.domain.people import Role, User
from portal.errors import InvalidValueError, NotAllowedError
from portal.services import (
    accounts,
    enterprises,
    nonconformities,
    organisations,
    results,
    sessions,
    supervision,
)
from tests.conftest import YEAR, Installation, a_profile, entered, lost

AREA = "990102"


def department(installation: Installation, *sectors: str) -> User:
    """An official of a department of the district that is responsible for some sectors."""
    admin = installation["administrator"]
    body = organisations.add_body(admin, "authority", "某专业监管科", AREA, sectors)
    accounts.invite(
        admin, login="department", name="某科员", role=Role.OFFICIAL, organisation_id=body
    )
    return entered(installation.db, "department")


def seen(user: User) -> dict[str, object]:
    view = supervision.overview(user, AREA, YEAR, "zh")
    return {
        "listed": {e.sector for e in supervision.enterprises(user, AREA, YEAR, "zh")},
        "counted": supervision.count_enterprises(user, AREA),
        "all": view.enterprises,
        "sectors": {line.sector for line in view.sectors["self"]},
        "open": {line.sector for line in view.nonconformities},
        "elements": {cell.sector for cell in view.heat["self"]},
    }


def test_a_department_sees_its_sectors_only(installation: Installation) -> None:
    installation.submitted("a", answers={"1.4": lost("no_record")})
    enterprises.register(installation["administrator"], a_profile(90, sector="textile"))
    assert seen(installation["official-district"])["counted"] == 3
    other = department(installation, "textile", "light_industry")
    assert seen(other) == {
        "listed": {"textile"}, "counted": 1, "all": 1, "sectors": set(), "open": set(),
        "elements": set(),
    }  # fmt: skip
    assert supervision.years(other) == [YEAR]
    a = installation.enterprise("a")
    for read in (
        lambda: enterprises.view(other, a, "zh"),
        lambda: results.view(other, a, 1, "zh"),
        lambda: nonconformities.of_enterprise(other, a, "zh"),
        lambda: supervision.results_of(other, a),
    ):
        with pytest.raises(NotAllowedError):
            read()


def test_a_department_for_machinery_sees_machinery(installation: Installation) -> None:
    installation.submitted("a", answers={"1.4": lost("no_record")})
    mine = department(installation, "machinery")
    found = seen(mine)
    assert found["sectors"] == found["open"] == found["elements"] == {"machinery"}
    assert found["counted"] == 2
    assert enterprises.view(mine, installation.enterprise("a"), "zh")


@pytest.mark.parametrize(
    "change",
    [
        lambda w, u: organisations.change_jurisdiction(
            w["administrator"], u.organisation_id, AREA, ["textile"]
        ),
        lambda w, u: organisations.change_jurisdiction(
            w["administrator"], u.organisation_id, "990201", []
        ),
        lambda w, u: accounts.set_status(w["administrator"], u.account_id, active=False),
    ],
    ids=["sectors", "area", "disabled"],
)
def test_a_change_holds_at_once_for_a_page_that_is_open(
    installation: Installation, change: Callable[[Installation, User], None]
) -> None:
    """Every run of a page, and every act in it, reads the person anew."""
    user = department(installation, "machinery")
    a = installation.enterprise("a")
    assert enterprises.view(user, a, "zh")
    change(installation, user)
    now = sessions.user_of(user.session)
    if now is not None:
        with pytest.raises(NotAllowedError):
            enterprises.view(now, a, "zh")


def test_a_jurisdiction_needs_a_known_area_and_known_sectors(installation: Installation) -> None:
    admin = installation["administrator"]
    body = installation["official-city"].organisation_id
    for organisation, area, sectors in (
        (body, "123456", []),
        (body, "990100", ["no-such-sector"]),
        (installation["reviewer-1"].organisation_id, "990100", []),
        ("nobody", "990100", []),
    ):
        with pytest.raises(InvalidValueError):
            organisations.change_jurisdiction(admin, organisation, area, sectors)
    before = {a.organisation_id: a for a in organisations.authorities(admin)}[body]
    organisations.change_jurisdiction(admin, body, "990102", ["machinery"])
    after = {a.organisation_id: a for a in organisations.authorities(admin)}[body]
    assert (before.area_code, before.sectors) == ("990100", ())
    assert (after.area_code, after.sectors) == ("990102", ("machinery",))
    row = installation.db.row(
        "select body from audit where action = 'organisation.jurisdiction' and subject = :b", b=body
    )
    assert row is not None
    assert "machinery" in row["body"]
