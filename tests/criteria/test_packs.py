"""Rule packs: regimes, what comes round, sectors, size classes; figure by figure."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from criteria import CriteriaError, default_library, packs
from criteria.model import Source
from criteria.packs.reading import read_pack, rows
from criteria.packs.regimes import Regime, regime_on, regimes
from criteria.packs.regimes.conditions import Value
from criteria.packs.windows import Window, are_apart

OLD, NEW = regimes()


def facts(**known: Value | None) -> Callable[[str, Window], Value | None]:
    return lambda name, _: known.get(name)


def condition(regime: Regime, name: str) -> Callable[..., bool | None]:
    every = (*regime.conditions, *regime.renewal, *regime.causes)
    found = next(row for row in every if row.id == name)
    return lambda **known: found.holds(facts(**known))


# ------------------------------------------------------------------ regimes


@pytest.mark.parametrize(
    ("day", "regime"),
    [
        (date(2011, 6, 6), None),
        (date(2011, 6, 7), "measures_2011_84"),
        (date(2021, 10, 31), "measures_2011_84"),
        (date(2021, 11, 1), "measures_2021_83"),
        (date(2099, 1, 1), "measures_2021_83"),
    ],
)
def test_a_day_has_one_regime_or_explicitly_none(day: date, regime: str | None) -> None:
    found = regime_on(day)
    assert (found.id if found else None) == regime


def test_regimes_do_not_overlap() -> None:
    assert are_apart((regime.valid_from, regime.valid_until) for regime in regimes())


def test_the_measures_of_2021_are_whole() -> None:
    assert [(g.id, g.level) for g in NEW.grades] == [
        ("1", "nation"),
        ("2", "province"),
        ("3", "city"),
    ]
    assert [row.id for row in NEW.conditions] == (
        ["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "B1", "B2", "B3"]
    )
    assert [row.id for row in NEW.conditions_of("2")] == [
        "A1",
        "A2",
        "A3",
        "A4",
        "A5",
        "A6",
        "A7",
        "A8",
        "A9",
    ]
    assert [row.id for row in NEW.causes] == [f"R{n}" for n in range(1, 10)]
    assert all(row.checkable for row in (*NEW.conditions, *NEW.renewal, *NEW.causes))
    assert (NEW.validity.months, NEW.validity.renew_within_months) == (36, 3)
    assert {s.id: s.months for s in NEW.sanctions} == {"false_commitment": 36, "recusal": 0}
    assert len(NEW.incentives) == 6


def test_the_steps_of_2021_have_their_limits_in_working_days() -> None:
    limits = {s.id: (s.working_days, s.bound, s.extension) for s in NEW.steps}
    assert limits == {
        "posted": (10, "at_least", 0),
        "applied": (None, "at_most", 0),
        "form_checked": (5, "at_most", 0),
        "examined": (10, "at_most", 0),
        "reviewed": (20, "at_most", 0),
        "rectified": (20, "at_most", 20),
        "rechecked": (10, "at_most", 0),
        "noticed": (7, "at_least", 0),
        "announced": (None, "at_most", 0),
    }
    assert NEW.step("form_checked").silence is not None
    with pytest.raises(KeyError):
        NEW.step("nonsense")


@pytest.mark.parametrize(
    ("deaths", "serious", "loss", "met"),
    [
        (0, 2, 999_999, True),
        (0, 2, 1_000_000, False),
        (0, 3, 0, False),
        (1, 0, 0, False),
        (0, 0, None, None),
        (1, 0, None, False),
    ],
)
def test_the_limits_themselves_disqualify(
    deaths: int, serious: int, loss: int | None, met: bool | None
) -> None:
    holds = condition(NEW, "A4")
    assert holds(deaths=deaths, serious_injuries=serious, direct_loss_yuan=loss) is met


@pytest.mark.parametrize(
    ("staff", "risky", "full", "part", "met"),
    [
        (100, False, 0, 1, True),
        (100, False, 0, 0, False),
        (101, False, 0, 5, False),
        (101, False, 1, 0, True),
        (20, True, 0, 1, False),
        (20, True, 1, 0, True),
        (None, False, 1, 0, True),
        (None, False, 0, 1, None),
    ],
)
def test_how_many_safety_managers_depends_on_staff_and_risk(
    staff: int | None, risky: bool, full: int, part: int, met: bool | None
) -> None:
    assert (
        condition(NEW, "A2")(
            average_staff=staff,
            high_risk_sector=risky,
            safety_body=False,
            full_time_safety_managers=full,
            part_time_safety_managers=part,
        )
        is met
    )


def test_figures_of_grade_1_may_not_rise() -> None:
    names = [name for name in (f.id for f in NEW.facts) if name.endswith("_at_grade")]
    assert len(names) == 7
    before = dict.fromkeys(names, 5)
    now = {name.removesuffix("_at_grade"): 5 for name in names}
    holds = condition(NEW, "B2")
    assert holds(**before, **now) is True
    for name in now:
        assert holds(**before, **{**now, name: 6}) is False
        assert holds(**before, **{**now, name: None}) is None


def test_grade_2_renews_with_more_harm_than_grade_1() -> None:
    harm = facts(serious_injuries=4, direct_loss_yuan=4_999_999)
    by_id = {row.id: row.holds(harm) for row in NEW.renewal}
    assert by_id["little_harm_1"] is False
    assert by_id["little_harm_2_3"] is True
    assert "little_harm_1" not in {row.id for row in NEW.renewal_of("3")}


def test_causes_of_revoking_look_at_the_right_window() -> None:
    (rolling,) = next(row for row in NEW.causes if row.id == "R2").requirements
    assert {(t.fact, t.window.kind, t.window.months) for t in rolling.any} == {
        ("serious_injuries", "rolling", 12),
        ("direct_loss_yuan", "rolling", 12),
    }
    assert condition(NEW, "R2")(serious_injuries=0, direct_loss_yuan=1_000_000) is True
    assert condition(NEW, "R2")(serious_injuries=2, direct_loss_yuan=999_999) is False


@pytest.mark.parametrize(
    ("grade", "known", "met"),
    [
        ("safety_1", {"is_group": False, "deaths": 0}, True),
        ("safety_1", {"is_group": False, "deaths": 1}, False),
        (
            "safety_1",
            {"is_group": True, "larger_accidents": 0, "member_share_without_fatal": 90},
            True,
        ),
        (
            "safety_2",
            {"is_group": True, "larger_accidents": 0, "member_share_without_fatal": 79},
            False,
        ),
        ("safety_2", {"is_group": False, "deaths": 1}, True),
        ("safety_3", {"deaths": 2}, True),
        ("safety_3", {"deaths": 3}, False),
    ],
)
def test_the_measures_of_2011_ask_by_grade(grade: str, known: dict[str, Value], met: bool) -> None:
    assert condition(OLD, grade)(**known) is met


def test_the_conditions_of_2011_are_those_of_the_scoring_rules() -> None:
    """The same limits stand in the edition, where they decide grades."""
    scheme = default_library().find("industry-trade-general@2011")
    asked = {
        (row.grade, row.fact, row.value)
        for row in scheme.performance
        if row.fact in ("deaths", "member_share_without_fatal")
    }
    tests = {
        (row.grades[0], test.fact, test.value)
        for row in OLD.conditions
        if row.id.startswith("safety")
        for requirement in row.requirements
        for test in requirement.any
        if test.fact != "larger_accidents"
    }
    assert asked == tests


# ------------------------------------------------------------------ windows


def test_a_window_of_months_ends_on_the_day_and_knows_short_months() -> None:
    year = Window("months", 12)
    assert year.begins(date(2026, 11, 23)) == date(2025, 11, 23)
    assert year.begins(date(2024, 2, 29)) == date(2023, 2, 28)
    assert Window("ever").begins(date(2026, 1, 1)) is None
    assert Window("now").begins(date(2026, 1, 1)) == date(2026, 1, 1)
    graded = date(2025, 5, 1)
    assert Window("validity").begins(date(2026, 1, 1), graded) == graded


def test_the_worst_twelve_months_cross_the_calendar_year() -> None:
    events = [(date(2025, 3, 1), 1), (date(2025, 12, 31), 1), (date(2026, 2, 28), 1)]
    assert packs.worst_rolling(events, 12) == 3
    later = [*events[:2], (date(2026, 3, 1), 1)]
    assert packs.worst_rolling(later, 12) == 2
    assert packs.worst_rolling([], 12) == 0
    day = date(2026, 1, 1)
    assert packs.worst_rolling([(day, 2), (day + timedelta(days=1), 2)], 12) == 4


# ------------------------------------------------------------------ what comes round


def test_the_duty_calendar_says_who_and_how_often() -> None:
    periods = {row.id: (row.who, row.period) for row in packs.duties()}
    assert len(periods) == 21
    assert periods["responsibility_check"] == ("principal", "half_year")
    assert periods["risk_study"] == ("principal", "quarter")
    assert periods["hazard_investigation"] == ("principal", "month")
    assert [periods[name][1] for name in ("team_check", "department_check", "plant_check")] == [
        "day",
        "week",
        "month",
    ]
    again = {row.id: row.after for row in packs.duties()}
    assert again["self_assessment"] == ("fatal_accident", "major_process_change")


@pytest.mark.parametrize(
    ("who", "flags", "first", "yearly"),
    [
        ("principal", (), 32, 12),
        ("safety_manager", ("metal_smelting",), 48, 16),
        ("worker", ("dust_explosion",), 24, None),
        ("worker", ("dust_explosion", "metal_smelting"), 72, 20),
    ],
)
def test_hours_of_training(
    who: str, flags: tuple[str, ...], first: int, yearly: int | None
) -> None:
    hours = packs.training().hours_of(who, flags)
    assert hours is not None
    assert (hours.first, hours.yearly, hours.local) == (first, yearly, False)


def test_nobody_asks_hours_of_a_visitor() -> None:
    assert packs.training().hours_of("visitor", ()) is None
    assert [level.en for level in packs.training().levels] == ["plant", "workshop", "team"]
    assert [row.months_away for row in packs.training().again] == [12, 6, 3]
    assert packs.training().appointment.most_months == 18


def test_certificates_and_checks_have_their_periods() -> None:
    checks = {row.id: row for row in packs.periodic_checks()}
    licence = checks["special_operation"]
    assert (licence.valid_months, licence.review_months) == (72, 36)
    assert checks["special_equipment_operator"].review_months == 48
    assert checks["special_equipment"].notice_months == 1
    assert (checks["crane"].least_months, checks["crane"].most_months) == (12, 24)
    assert checks["plan_filing"].working_days == 20
    assert checks["lightning_explosive"].most_months == 6
    assert checks["fire_patrol"].period == "day"
    known = packs.flags()
    assert all(flag in known for row in checks.values() for flag in row.flags)
    for row in checks.values():
        if row.least_months is not None:
            assert row.most_months is not None
            assert row.least_months <= row.most_months


# ------------------------------------------------------------------ sectors and sizes


def test_a_division_shared_by_sectors_says_what_each_has_of_it() -> None:
    shared: dict[str, list[str]] = {}
    for sector in packs.sectors().values():
        for division in sector.divisions:
            shared.setdefault(division, []).append(sector.id)
    for division, owners in shared.items():
        if len(owners) > 1:
            for name in owners:
                assert division in {s.division for s in packs.sectors()[name].splits}, name
    assert [s.id for s in packs.sectors_of("3041")] == ["building_materials", "light_industry"]
    assert [s.id for s in packs.sectors_of("3110")] == ["metallurgy"]
    assert packs.sectors_of("06") == ()


@pytest.mark.parametrize(
    ("kind", "staff", "revenue", "size"),
    [
        ("industry", 1000, 40_000, "large"),
        ("industry", 1000, 39_999, "medium"),
        ("industry", 299, 40_000, "small"),
        ("industry", 20, 299, "micro"),
        ("wholesale", 200, 40_000, "large"),
        ("wholesale", 19, 5_000, "small"),
        ("retail", 300, 20_000, "large"),
        ("retail", 50, 500, "medium"),
        ("warehousing", 100, 1_000, "medium"),
        ("warehousing", 20, 100, "small"),
        ("hospitality", 300, 10_000, "large"),
        ("hospitality", 9, 100, "micro"),
    ],
)
def test_both_lower_limits_must_be_reached(kind: str, staff: int, revenue: int, size: str) -> None:
    assert packs.size_tables()[kind].class_of(staff, revenue) == size


# ------------------------------------------------------------------ where it stands


def every_source() -> list[Source]:
    rules = packs.training()
    return [
        *(source for regime in regimes() for source in regime.sources),
        *(row.source for row in packs.duties()),
        *(row.source for row in packs.periodic_checks()),
        *(row.source for row in (*rules.hours, *rules.again, rules.appointment)),
        rules.high_risk_source,
    ]


def test_every_rule_cites_a_document_that_exists_and_none_claims_to_be_verified() -> None:
    documents = default_library().documents
    assert {source.document for source in every_source()} <= documents.keys()
    assert {regime.document for regime in regimes()} <= documents.keys()
    assert {term.document for term in packs.terms().values()} <= documents.keys()
    assert not any(source.verified for source in every_source())


# ------------------------------------------------------------------ a pack with faults


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("not toml", "valid TOML"),
        ("[[duty]]\nid = 'a'\nmore = 1", "a known field"),
        ("[[duty]]\nid = 'a'\n[[duty]]\nid = 'a'", "an id used once"),
        ("[[duty]]", "duty ?: id: expected a text in quotes"),
        ("stray = 1", "a known field"),
    ],
)
def test_a_fault_in_a_pack_is_named(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "duties.toml").write_text(content, encoding="utf-8")
    with pytest.raises(CriteriaError) as refused:
        read_pack("duties.toml", lambda r: rows(r, "duty", lambda row: row.string("id")), tmp_path)
    assert message in str(refused.value)
