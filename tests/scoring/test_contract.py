"""What the engine refuses, each time naming the item and the rule, or the fact."""

import re
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
    ItemRubric,
    Kind,
    PerformanceRung,
    Rubric,
    Rung,
    Scope,
    ScoringError,
    Trigger,
    grade,
)
from scoring.model import FactRule, FactValue

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


def test_every_refusal_of_the_engine_is_shown_above() -> None:
    engine = Path(scoring.__file__).parent
    raised = {
        code
        for path in engine.glob("*.py")
        for code in re.findall(r'ScoringError\(\s*"(\w+)"', path.read_text(encoding="utf-8"))
    }
    shown = {code for _, _, code, _ in REFUSED} | {"bad_fact", "unknown_item", "unknown_comparison"}
    assert raised == shown | {"may_not_be_absent"}


def test_a_row_that_must_take_part_cannot_be_left_out() -> None:
    item = replace(RUBRIC.items[0], may_be_absent=False)
    with pytest.raises(ScoringError) as caught:
        grade(replace(RUBRIC, items=(item,)), {"5.1": Answer(not_applicable="no crane")}, {})
    assert (caught.value.code, caught.value.values) == ("may_not_be_absent", {"item": "5.1"})
