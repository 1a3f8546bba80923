"""What a reason names: the row or part it is about, the fact, and the clause that says so."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import pytest

from scoring import Answer, Deduction, DeductionRule, ElementRubric, Kind, Reason, Rubric, grade
from scoring.errors import ScoringError
from scoring.model import (
    AbsenceCap,
    Condition,
    ControlLine,
    Downgrade,
    FactRule,
    FactValue,
    Imported,
    Minimum,
    PerformanceRung,
    Rung,
    Scope,
    StarRule,
    Trigger,
)
from tests.scoring.test_shapes import FULL, both, item, lost, rubric

ABSENT = Answer(not_applicable="there is none")
LADDER = tuple(
    Rung(name, ">=", Fraction(least), f"§{name}")
    for name, least in (("1", 90), ("2", 75), ("3", 60))
)
AT_TOP = (Reason("score_reaches", "grade:1", clause="§1"),)


def row(**more: object) -> Rubric:
    """Two elements, the first with one row of 40 points and one of 60."""
    return rubric(ladder=LADDER, items=(item("1.1", 40, **more), item("1.2", 60), item("2.1")))


def rules(*found: DeductionRule) -> Rubric:
    return row(rules=found)


def reports(rule: str) -> dict[str, Answer]:
    return {"1.1": Answer((Deduction(rule),)), "1.2": FULL, "2.1": FULL}


FINE = replace(
    rubric(ladder=LADDER, elements=(ElementRubric("1", 1000), ElementRubric("2", 1000))),
    unit=Fraction(1, 10),
    items=(item("1.1", 1000), item("2.1", 1000)),
)
EXTRA = DeductionRule("extra", Kind.ONCE, 50, Scope.ELEMENT, Trigger.ITEM_AT_ZERO, clause="5.6")
FATAL = DeductionRule("fatal", Kind.ONCE, 1, zeroes=Scope.ELEMENT, clause="5.7")
FORGED = DeductionRule("forged", Kind.ONCE, 1, zeroes=Scope.ASSESSMENT, clause="5.8")
ZERO_MORE = DeductionRule(
    "more", Kind.ONCE, 1, Scope.ELEMENT, Trigger.ITEM_AT_ZERO, Scope.ELEMENT, "5.9"
)

NAMED: list[tuple[str, Rubric, Mapping[str, Answer], dict[str, FactValue], tuple[Reason, ...]]] = [
    (
        "the score names the rung it reaches and the one it misses",
        rubric(ladder=LADDER),
        both(40, 0),
        {},
        (
            Reason("score_reaches", "grade:2", clause="§2"),
            Reason("score_below", "not_grade:1", clause="§1"),
        ),
    ),
    (
        "below the ladder only the last rung is missed",
        rubric(ladder=LADDER),
        both(100, 0),
        {},
        (Reason("score_below", "not_grade:3", clause="§3"),),
    ),
    (
        "a score that only rounding lifts is named as it was",
        FINE,
        both(201, 0),
        {},
        (*AT_TOP, Reason("rounding_decides", "exact:1799/20")),
    ),
    (
        "a special deduction names its row and its own clause, and what it took",
        rules(EXTRA),
        {"1.1": lost(40), "1.2": lost(20), "2.1": FULL},
        {},
        (
            Reason("score_below", "not_grade:3", clause="§3"),
            Reason("special_deduction", "-40", item="1.1", element="1", clause="5.6"),
        ),
    ),
    (
        "what zeroes an element names the row, the part and the clause of the rule",
        rules(FATAL),
        reports("fatal"),
        {},
        (
            Reason("score_below", "not_grade:3", clause="§3"),
            Reason("zeroed", "element:1", item="1.1", element="1", clause="5.7"),
        ),
    ),
    (
        "what the engine zeroes because a row is used up names the clause of that rule",
        rules(ZERO_MORE),
        {"1.1": lost(40), "1.2": FULL, "2.1": FULL},
        {},
        (
            Reason("score_below", "not_grade:3", clause="§3"),
            Reason("special_deduction", "-1", item="1.1", element="1", clause="5.9"),
            Reason("zeroed", "element:1", item="1.1", element="1", clause="5.9"),
        ),
    ),
    (
        "a rule that takes every grade names its clause",
        rules(FORGED),
        reports("forged"),
        {},
        (Reason("veto", "no_grade", item="1.1", clause="5.8"),),
    ),
    (
        "a veto row names the clause of the row",
        row(veto=Scope.ASSESSMENT, clause="4.1"),
        {"1.1": lost(1), "1.2": FULL, "2.1": FULL},
        {},
        (Reason("veto", "no_grade", item="1.1", clause="4.1"),),
    ),
    (
        "guarantee rows that do not hold name their element",
        replace(
            row(guarantee=True),
            elements=(ElementRubric("1", 100, guarantee=30), ElementRubric("2", 100)),
        ),
        {"1.1": lost(11), "1.2": FULL, "2.1": FULL},
        {},
        (
            Reason("score_below", "not_grade:3", clause="§3"),
            Reason("guarantee", "element:1", element="1"),
        ),
    ),
    (
        "a minimum names the part below it and its clause",
        replace(row(), minimums=(Minimum("1", "*", ">=", Fraction(95), "6.1"),)),
        {"1.1": lost(6), "1.2": FULL, "2.1": FULL},
        {},
        (*AT_TOP, Reason("minimum", "not_grade:1", element="1", clause="6.1")),
    ),
    (
        "a starred row that lost a point is named with the clause that asks for it",
        replace(row(star="a"), stars=(StarRule("1", ("a",), Fraction(100), "6.2"),)),
        {"1.1": lost(1), "1.2": FULL, "2.1": FULL},
        {},
        (*AT_TOP, Reason("star", "not_grade:1", item="1.1", element="1", clause="6.2")),
    ),
    (
        "too much that is not applicable names its clause",
        replace(row(), absence_cap=AbsenceCap("2", points=39, clause="6.3")),
        {"1.1": ABSENT, "1.2": FULL, "2.1": FULL},
        {},
        (*AT_TOP, Reason("absence_cap", "not_grade:1", clause="6.3")),
    ),
    (
        "every mark of a major hazard names its row",
        replace(row(), hazard_blocks=True),
        {
            "1.1": Answer(full=True, major_hazard=True),
            "1.2": FULL,
            "2.1": Answer(full=True, major_hazard=True),
        },
        {},
        (
            *AT_TOP,
            Reason("major_hazard", "no_grade", item="1.1"),
            Reason("major_hazard", "no_grade", item="2.1"),
        ),
    ),
    (
        "events name their fact, their clause and how many grades they cost together",
        replace(row(), downgrades=(Downgrade("deaths", 1, clause="7.1"),)),
        {"1.1": FULL, "1.2": FULL, "2.1": FULL},
        {"deaths": 2},
        (
            Reason("score_reaches", "grade:3", clause="§3"),
            Reason("score_below", "not_grade:2", clause="§2"),
            Reason("event", "-2", fact="deaths", clause="7.1"),
        ),
    ),
    (
        "an event whose number is unknown leaves score and grade open and names the fact",
        replace(row(), downgrades=(Downgrade("deaths", 1, clause="7.1"),)),
        {"1.1": FULL, "1.2": FULL, "2.1": FULL},
        {},
        (Reason("score_fact_unknown", "pending", fact="deaths"),),
    ),
    (
        "an imported score that is unknown leaves score and grade open and is named with its fact",
        replace(row(), imported=Imported("standing", (("good", Fraction(10)),))),
        {"1.1": FULL, "1.2": FULL, "2.1": FULL},
        {},
        (Reason("score_fact_unknown", "pending", fact="standing"),),
    ),
    (
        "a condition that is not met and one that is open name fact and clause",
        replace(
            row(),
            performance=(
                PerformanceRung(
                    "1",
                    (
                        Condition("deaths", "<=", 0, clause="8.1"),
                        Condition("injuries", "<=", 2, clause="8.2"),
                    ),
                ),
                PerformanceRung("2", (Condition("deaths", "<=", 3),)),
            ),
        ),
        {"1.1": FULL, "1.2": FULL, "2.1": FULL},
        {"deaths": 1},
        (
            *AT_TOP,
            Reason("performance", "not_grade:1", fact="deaths", clause="8.1"),
            Reason("fact_unknown", "open_grade:1", fact="injuries", clause="8.2"),
        ),
    ),
    (
        "an element below the enterprise's own line is shown with it",
        replace(row(), control_lines=(ControlLine("1", Fraction(95)), ControlLine("2", 100))),
        {"1.1": lost(6), "1.2": FULL, "2.1": FULL},
        {},
        (*AT_TOP, Reason("control_line", "shown", element="1")),
    ),
    (
        "what is open is named by row and element",
        row(),
        {"1.2": FULL},
        {},
        (
            Reason("unanswered", "incomplete", item="1.1", element="1"),
            Reason("unanswered", "incomplete", item="2.1", element="2"),
        ),
    ),
]


@pytest.mark.parametrize(
    ("sheet", "answers", "facts", "expected"),
    [case[1:] for case in NAMED],
    ids=[case[0] for case in NAMED],
)
def test_a_reason_names_what_it_is_about(
    sheet: Rubric,
    answers: Mapping[str, Answer],
    facts: dict[str, FactValue],
    expected: tuple[Reason, ...],
) -> None:
    assert grade(sheet, answers, facts).reasons == expected


def test_a_rule_reported_for_a_row_without_rules_is_refused_and_no_rule_is_known() -> None:
    with pytest.raises(ScoringError) as caught:
        grade(rubric(), {"1.1": Answer((Deduction("no_guard"),))}, {})
    assert caught.value.values == {"item": "1.1", "rule": "no_guard", "known": "-"}


def test_a_default_outside_the_declared_order_is_refused_by_its_fact() -> None:
    worst = FactRule("worst", default="awful", order=("none", "major"))
    asks = PerformanceRung("1", (Condition("worst", "<", "major"),))
    with pytest.raises(ScoringError) as caught:
        grade(rubric(facts=(worst,), performance=(asks,)), both(0, 0), {})
    assert caught.value.values == {"fact": "worst", "found": "awful", "expected": "none, major"}


def test_a_value_that_the_table_of_an_imported_score_does_not_have_is_refused_by_its_fact() -> None:
    table = Imported("standing", (("good", Fraction(90)), ("fair", Fraction(80))))
    with pytest.raises(ScoringError) as caught:
        grade(rubric(imported=table), both(0, 0), {"standing": "splendid"})
    assert (caught.value.code, caught.value.values) == (
        "bad_fact",
        {"fact": "standing", "found": "splendid", "expected": "good, fair"},
    )
