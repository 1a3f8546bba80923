"""The first start is answered once; areas and bodies are entered by the administrator."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from criteria import default_library
from portal.domain.people import Role, User, ancestors, area_prefix
from portal.errors import InvalidValueError, PortalError
from portal.services import demo as demonstration
from portal.services import enterprises, organisations, sessions, setup, signing_in, supervision
from portal.services.context import Context, install, local_time
from portal.store.audit import broken_links
from portal.store.database import Database
from tests.conftest import NOW, PASSWORD, YEAR, Clock, Installation, together

OWN = {
    "authority": "某某区应急管理局",
    "area_code": "990102",
    "area_name": "某某区",
    "login": "admin",
    "name": "管理员",
    "password": PASSWORD,
}


@pytest.fixture
def empty(db: Database) -> Iterator[Database]:
    install(Context(db, default_library(), Clock()))
    yield db
    install(None)


def _admin() -> User | None:
    """The administrator, signed in as far as the second factor."""
    opened = signing_in.sign_in("admin", PASSWORD)
    waiting = sessions.unfinished(sessions.token_hash(opened.token))
    return waiting[0] if waiting else None


def test_an_empty_database_waits_for_an_answer(empty: Database) -> None:
    assert setup.installation() is None
    setup.set_up(**OWN)
    assert setup.installation() == "own"
    user = _admin()
    assert user is not None
    assert user.role is Role.ADMINISTRATOR
    assert broken_links(empty, user.organisation_id) == []


def test_an_authority_of_a_real_area_finds_all_areas_below_it(empty: Database) -> None:
    setup.set_up(**{**OWN, "area_code": "500000", "area_name": "重庆"})
    rows = empty.rows("select area_code, parent_code, level, name_zh from area order by 1")
    assert len(rows) == 39
    names = {row["area_code"]: row["name_zh"] for row in rows}
    assert (names["500000"], names["500110"]) == ("重庆", "綦江区")
    assert {row["parent_code"] for row in rows} == {"000000", "500000"}
    assert [row["level"] for row in rows] == ["province", *["county"] * 38]
    assert len(enterprises.counties()) == 38


@pytest.mark.usefixtures("empty")
def test_enterprises_lie_in_a_city_that_has_no_counties() -> None:
    setup.set_up(**{**OWN, "area_code": "441900", "area_name": "东莞市"})
    assert [area.code for area in enterprises.counties()] == ["441900"]


def test_the_first_start_is_answered_only_once(empty: Database) -> None:
    setup.set_up(**OWN)
    with pytest.raises(PortalError, match="already_set_up"):
        setup.set_up(**{**OWN, "login": "intruder"})
    with pytest.raises(PortalError, match="already_set_up"):
        demonstration.load()
    assert [row["login"] for row in empty.rows("select login from account")] == ["admin"]


def test_of_two_who_answer_at_once_one_is_told(empty: Database) -> None:
    results = together(*(lambda n=n: setup.set_up(**{**OWN, "login": f"a-{n}"}) for n in range(3)))
    assert sorted(type(r).__name__ for r in results) == ["NoneType", "PortalError", "PortalError"]
    assert len(empty.rows("select login from account")) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("area_code", "12345"),
        ("area_code", "99010x"),
        ("area_code", "\uff19\uff19\uff10\uff11\uff10\uff12"),
        ("authority", " "),
        ("area_name", ""),
        ("name", ""),
        ("login", "ab"),
        ("password", "short"),
    ],
)
def test_a_first_start_with_a_fault_leaves_the_database_empty(
    empty: Database, field: str, value: str
) -> None:
    with pytest.raises(InvalidValueError) as refused:
        setup.set_up(**{**OWN, field: value})
    assert refused.value.values["field"] == field
    assert setup.installation() is None
    for table in ("account", "organisation", "area", "audit"):
        assert empty.rows(f"select * from {table}") == []  # noqa: S608 - fixed names


def test_the_demonstration_is_whole_and_the_same_every_time(demo: Installation) -> None:
    assert setup.installation() == "demo"
    user = demo["official-district"]
    view = supervision.overview(user, "990102", YEAR, "zh")
    assert view.enterprises == 24
    outcomes = {grade for line in view.sectors["self"] for grade in line.grades}
    assert outcomes >= {"1", "2", "3", "pending"}
    assert supervision.years(user) == [YEAR, YEAR - 1]
    chains = demo.db.rows("select distinct enterprise_id as e from audit")
    assert len(chains) >= 24
    assert all(broken_links(demo.db, row["e"]) == [] for row in chains)
    assert (
        demo.db.rows("select 1 as n from assessment where opened_at > :n", n=NOW.isoformat()) == []
    )


FIGURES = (
    "select enterprise_id, assessment_no, kind, status, score, grade, opened_at from assessment"
    " order by enterprise_id, assessment_no"
)


def test_the_demonstration_loaded_again_gives_the_same_figures(
    demo: Installation, empty: Database
) -> None:
    demonstration.load()
    assert empty.rows(FIGURES) == demo.db.rows(FIGURES)
    assert len(demo.db.rows(FIGURES)) > 40


def test_areas_form_a_tree_by_their_code(installation: Installation) -> None:
    rows = installation.db.rows("select area_code, parent_code, level from area order by 1")
    assert [tuple(row.values()) for row in rows] == [
        ("990000", "000000", "province"),
        ("990100", "990000", "city"),
        ("990102", "990100", "county"),
        ("990103", "990100", "county"),
        ("990200", "990000", "city"),
        ("990201", "990200", "county"),
    ]
    assert [area.code for area in enterprises.counties()] == ["990102", "990103", "990201"]
    organisations.add_area(installation["administrator"], " 990103 ", "新名称")
    names = {area.code: area.zh for area in enterprises.areas()}
    assert (names["990103"], len(names)) == ("新名称", 6)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "99010a"])
def test_an_area_needs_a_code_of_six_digits_and_a_name(small: Installation, code: str) -> None:
    admin = small["administrator"]
    with pytest.raises(InvalidValueError, match="area_code"):
        organisations.add_area(admin, code, "某地")
    with pytest.raises(InvalidValueError, match="empty"):
        organisations.add_area(admin, "990104", " ")
    with pytest.raises(InvalidValueError, match="empty"):
        organisations.add_body(admin, "review_body", " ")
    assert len(enterprises.areas()) == 6


@pytest.mark.parametrize(
    ("own", "below", "beside"),
    [
        ("000000", "990102", None),
        ("990000", "990102", "980102"),
        ("990100", "990102", "990201"),
        ("990102", "990102", "990103"),
    ],
)
def test_a_jurisdiction_is_the_area_and_all_below_it(
    own: str, below: str, beside: str | None
) -> None:
    assert below.startswith(area_prefix(own))
    assert own in ancestors(below)
    if beside:
        assert not beside.startswith(area_prefix(own))
        assert own not in ancestors(beside)


def test_moments_are_shown_as_chinese_time_and_days_turn_at_midnight_there(
    small: Installation,
) -> None:
    assert local_time("2026-11-20T16:30:05+00:00") == "2026-11-21 00:30"
    assert local_time("2026-11-20T16:30:05+00:00", seconds=True) == "2026-11-21 00:30:05"
    small.clock.moment = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)
    assert small.context.today.isoformat() == "2027-01-01"
    assert small.context.stamp == "2026-12-31T16:30:00+00:00"
