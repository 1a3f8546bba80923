"""What the engine refuses, each time naming the item and the rule, or the fact."""

import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

import scoring
from scoring import (
    Answer,
    Condition,
    Deduction,
    DeductionRule,
    ElementRubric,
    Grade,
    ItemRubric,
    Kind,
    Outcome,
    PerformanceRung,
    Result,
    Rubric,
    Rung,
    Scope,
    ScoringError,
    Trigger,
    grade,
)
from scoring.aggregation import Combine, Unit, UnitRule, aggregate
from scoring.checklist import Checklist, CheckRow, Reply, check_off
from scoring.comparison import compare, fall_through
from scoring.model import FactRule, FactValue
from scoring.sampling import (
    Band,
    Sample,
    SampledRow,
    SamplingTable,
    Take,
    row_points,
    sample_size,
)
from scoring.shares import GroupRule, GroupRung, Member, grade_group

RUBRIC = Rubric(
    scheme="small",
    edition="2020",
    fingerprint="",
    unit=Fraction(1, 10),
    scale=Fraction(100),
    decimals=1,
    compare_rounded=True,
    elements=(ElementRubric("5", 100),),
    items=(
        ItemRubric(
            "5.1",
            "5",
            None,
            100,
            (
                DeductionRule("no_licence", Kind.EACH, 20),
                DeductionRule("no_plan", Kind.ONCE, 30),
                DeductionRule("poor_upkeep", Kind.RANGE, 50),
                DeductionRule("coverage", Kind.PER_PERCENT, 5),
                DeductionRule("no_register", Kind.WHOLE),
                DeductionRule("extra", Kind.ONCE, 60, Scope.ELEMENT, Trigger.ITEM_AT_ZERO),
            ),
        ),
    ),
    ladder=(Rung("1", ">=", Fraction(90)),),
    performance=(
        PerformanceRung("1", (Condition("deaths", "<=", 0), Condition("worst", "<", "major"))),
    ),
    facts=(FactRule("worst", order=("none", "major")),),
)
KNOWN = "no_licence, no_plan, poor_upkeep, coverage, no_register, extra"


def _reports(*deductions: Deduction) -> Answer:
    return Answer(deductions)


REFUSED = [
    ("a reason of blanks for 'not applicable'", Answer(not_applicable="  "),
     "not_applicable_without_reason", {}),
    ("'not applicable' with a rule that was found",
     Answer((Deduction("no_plan"),), not_applicable="no crane"),
     "not_applicable_with_deductions", {}),
    ("'not applicable' with a free deduction", Answer(lost=1, not_applicable="no crane"),
     "not_applicable_with_deductions", {}),
    ("'not applicable' and full marks", Answer(full=True, not_applicable="no crane"),
     "not_applicable_with_deductions", {}),
    ("full marks with a rule that was found", Answer((Deduction("no_plan"),), full=True),
     "full_with_deductions", {}),
    ("full marks with a free deduction", Answer(lost=1, reason="dust", full=True),
     "full_with_deductions", {}),
    ("a free deduction below zero", Answer(lost=-1, reason="dust"),
     "lost_out_of_range", {"found": "-1"}),
    ("a free deduction of more than the item has", Answer(lost=101, reason="dust"),
     "lost_out_of_range", {"found": "101"}),
    ("a free deduction of half a unit", Answer(lost=0.5, reason="dust"),
     "lost_out_of_range", {"found": "0.5"}),
    ("a free deduction without a reason", Answer(lost=5, reason=" "), "lost_without_reason", {}),
    ("a rule reported twice", _reports(Deduction("no_licence"), Deduction("no_licence", 2)),
     "rule_twice", {"rule": "no_licence"}),
    ("a rule of another item", _reports(Deduction("no_guard")),
     "unknown_rule", {"rule": "no_guard", "known": KNOWN}),
    ("a rule that the engine applies itself", _reports(Deduction("extra")),
     "rule_not_reported", {"rule": "extra"}),
    ("a rule found no time", _reports(Deduction("no_licence", 0)),
     "bad_count", {"rule": "no_licence", "found": "0"}),
    ("a rule found half a time", _reports(Deduction("no_licence", 0.5)),
     "bad_count", {"rule": "no_licence", "found": "0.5"}),
    ("a rule found 'true' times", _reports(Deduction("no_licence", True)),
     "bad_count", {"rule": "no_licence", "found": "True"}),
    ("a negative number of missing per cent", _reports(Deduction("coverage", -3)),
     "bad_count", {"rule": "coverage", "found": "-3"}),
    ("a single deduction counted twice", _reports(Deduction("no_plan", 2)),
     "counted_once", {"rule": "no_plan", "found": "2"}),
    ("a whole-item rule counted twice", _reports(Deduction("no_register", 2)),
     "counted_once", {"rule": "no_register", "found": "2"}),
    ("a range rule without its points", _reports(Deduction("poor_upkeep")),
     "range_out_of_bounds", {"rule": "poor_upkeep", "found": "None"}),
    ("a range rule above its upper end", _reports(Deduction("poor_upkeep", points=51)),
     "range_out_of_bounds", {"rule": "poor_upkeep", "found": "51"}),
    ("a range rule below zero", _reports(Deduction("poor_upkeep", points=-1)),
     "range_out_of_bounds", {"rule": "poor_upkeep", "found": "-1"}),
    ("a range rule with half a unit", _reports(Deduction("poor_upkeep", points=0.5)),
     "range_out_of_bounds", {"rule": "poor_upkeep", "found": "0.5"}),
    ("a fixed rule with points of its own", _reports(Deduction("no_plan", points=10)),
     "rule_without_range", {"rule": "no_plan"}),
]  # fmt: skip

BAD_FACTS = [
    ("a negative number of deaths", {"deaths": -1},
     {"fact": "deaths", "found": "-1", "expected": ">= 0"}),
    ("a word where a number belongs", {"deaths": "few"},
     {"fact": "deaths", "found": "few", "expected": ">= 0"}),
    ("a word that the standard does not have", {"deaths": 0, "worst": "awful"},
     {"fact": "worst", "found": "awful", "expected": "none, major"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "code", "values"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_an_answer_that_breaks_the_contract_is_refused_with_its_item(
    answer: Answer, code: str, values: dict[str, str]
) -> None:
    with pytest.raises(ScoringError) as caught:
        grade(RUBRIC, {"5.1": answer}, {"deaths": 0, "worst": None})
    assert (caught.value.code, caught.value.values) == (code, {"item": "5.1"} | values)
    for value in caught.value.values.values():
        assert value in str(caught.value)


@pytest.mark.parametrize(
    ("facts", "values"), [row[1:] for row in BAD_FACTS], ids=[row[0] for row in BAD_FACTS]
)
def test_a_fact_that_cannot_be_is_refused_by_name(
    facts: dict[str, FactValue], values: dict[str, str]
) -> None:
    with pytest.raises(ScoringError) as caught:
        grade(RUBRIC, {"5.1": Answer(full=True)}, facts)
    assert (caught.value.code, caught.value.values) == ("bad_fact", values)


def test_an_item_of_another_edition_is_refused_with_scheme_and_edition() -> None:
    with pytest.raises(ScoringError) as caught:
        grade(RUBRIC, {"9.9": Answer(full=True)}, {})
    assert caught.value.code == "unknown_item"
    assert caught.value.values == {"item": "9.9", "scheme": "small", "edition": "2020"}


def test_a_comparison_that_the_engine_does_not_know_is_refused_with_its_fact() -> None:
    performance = (PerformanceRung("1", (Condition("deaths", "!=", 0),)),)
    rubric = Rubric(
        "small", "2020", "", RUBRIC.unit, RUBRIC.scale, 1, True,
        RUBRIC.elements, RUBRIC.items, RUBRIC.ladder, performance,
    )  # fmt: skip
    with pytest.raises(ScoringError) as caught:
        grade(rubric, {"5.1": Answer(full=True)}, {"deaths": 0})
    assert caught.value.code == "unknown_comparison"
    assert caught.value.values == {"fact": "deaths", "found": "!="}


def _full(rubric: Rubric) -> Result:
    return grade(rubric, {item.id: Answer(full=True) for item in rubric.items}, {})


MEAN, WEIGHTED = UnitRule(Combine.MEAN), UnitRule(Combine.WEIGHTED)
TO_TEN = SamplingTable((Band(10, Take.ALL),))
NO_AMOUNT = SamplingTable((Band(None, Take.SHARE),))
ROW = SampledRow(20)
HUNDRED = Unit("A1", Fraction(100))
OTHER = replace(RUBRIC, items=(replace(RUBRIC.items[0], id="5.2"),))

BEYOND_A_SHEET: list[tuple[str, Callable[[], object], str, dict[str, str]]] = [
    ("a population below zero", lambda: sample_size(TO_TEN, -1), "bad_population", {"found": "-1"}),
    ("half a population", lambda: sample_size(TO_TEN, Fraction(1, 2)),
     "bad_population", {"found": "1/2"}),
    ("a population that the table does not cover", lambda: sample_size(TO_TEN, 11),
     "population_outside_table", {"population": "11"}),
    ("a line of the table that asks for nothing", lambda: sample_size(NO_AMOUNT, 5),
     "bad_band", {"found": "0", "population": "5"}),
    ("more passed than were looked at", lambda: row_points(ROW, TO_TEN, Sample(5, 4, 5)),
     "bad_sample", {"passed": "5", "found": "4"}),
    ("a number looked at below zero", lambda: row_points(ROW, TO_TEN, Sample(5, -1, -1)),
     "bad_sample", {"passed": "-1", "found": "-1"}),
    ("half a machine that passed", lambda: row_points(ROW, TO_TEN, Sample(5, 1, 0.5)),
     "bad_sample", {"passed": "0.5", "found": "1"}),
    ("more looked at than there are", lambda: row_points(ROW, TO_TEN, Sample(4, 5, 5)),
     "sample_beyond_population", {"found": "5", "population": "4"}),
    ("more sites than there are",
     lambda: aggregate(replace(MEAN, sample=TO_TEN), [HUNDRED], population=0),
     "sample_beyond_population", {"found": "1", "population": "0"}),
    ("a unit given twice", lambda: aggregate(MEAN, [HUNDRED, HUNDRED]),
     "unit_twice", {"unit": "A1"}),
    ("a member given twice", lambda: grade_group(GroupRule(()), [Member("a"), Member("a")], None),
     "unit_twice", {"unit": "a"}),
    ("a score above the full score", lambda: aggregate(MEAN, [Unit("A1", Fraction(101))]),
     "unit_score", {"unit": "A1", "found": "101", "points": "100"}),
    ("an interval that runs backwards",
     lambda: aggregate(MEAN, [Unit("A1", interval=(Fraction(9), Fraction(8)))]),
     "unit_score", {"unit": "A1", "found": "9 – 8", "points": "100"}),
    ("a weight of zero", lambda: aggregate(WEIGHTED, [replace(HUNDRED, weight=Fraction(0))]),
     "unit_weight", {"unit": "A1", "found": "0"}),
    ("a class of accident that the rule does not have",
     lambda: grade_group(
         GroupRule((GroupRung("1", worst_accident="general"),), ("none", "general")),
         [Member("a")], "awful",
     ),
     "bad_fact", {"fact": "worst_accident", "found": "awful", "expected": "none, general"}),
    ("a reply to a row that the checklist does not have",
     lambda: check_off(Checklist((CheckRow("exit"),)), {"stairs": Reply.YES}),
     "unknown_row", {"row": "stairs", "known": "exit"}),
    ("two sheets with different items", lambda: compare(_full(RUBRIC), _full(OTHER)),
     "sheets_differ", {"item": "5.1"}),
    ("an application for a grade that the ladder does not have",
     lambda: fall_through(("1", "2"), "A", Outcome.GRADED, Grade("1", "1")),
     "unknown_grade", {"found": "A", "known": "1, 2"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("ask", "code", "values"),
    [row[1:] for row in BEYOND_A_SHEET],
    ids=[row[0] for row in BEYOND_A_SHEET],
)
def test_what_lies_beyond_a_sheet_is_refused_with_what_was_found(
    ask: Callable[[], object], code: str, values: dict[str, str]
) -> None:
    with pytest.raises(ScoringError) as caught:
        ask()
    assert (caught.value.code, caught.value.values) == (code, values)


def test_every_refusal_of_the_engine_is_shown_above() -> None:
    engine = Path(scoring.__file__).parent
    raised = {
        code
        for path in engine.glob("*.py")
        for code in re.findall(r'ScoringError\(\s*"(\w+)"', path.read_text(encoding="utf-8"))
    }
    shown = {code for _, _, code, _ in [*REFUSED, *BEYOND_A_SHEET]}
    shown |= {"bad_fact", "unknown_item", "unknown_comparison"}
    shown |= {"may_not_be_absent"}  # below
    shown |= {"bad_observation"}  # test_hazards.py
    shown |= {"sub_element_twice"}  # test_bulk.py
    assert raised == shown


def test_a_row_that_must_take_part_cannot_be_left_out() -> None:
    item = replace(RUBRIC.items[0], may_be_absent=False)
    with pytest.raises(ScoringError) as caught:
        grade(replace(RUBRIC, items=(item,)), {"5.1": Answer(not_applicable="no crane")}, {})
    assert (caught.value.code, caught.value.values) == ("may_not_be_absent", {"item": "5.1"})
