"""Why this grade: the tree of reasons agrees with the engine, with and without each cause."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scoring import (
    Answer,
    Deduction,
    DeductionRule,
    ElementRubric,
    Kind,
    Outcome,
    Rubric,
    Scope,
    Trigger,
    grade,
)
from scoring.explanation import Cause, Explanation, StepCode, Without, explain
from scoring.model import (
    AbsenceCap,
    Adjustment,
    Condition,
    Downgrade,
    FactValue,
    Group,
    Imported,
    Method,
    Minimum,
    PerformanceRung,
    Role,
    StarRule,
)
from scoring.path_losses import rectify
from tests.scoring.test_bulk import batch, shapes
from tests.scoring.test_properties import sheets
from tests.scoring.test_shapes import FULL, both, item, lost, rubric, weighted

ABSENT = Answer(not_applicable="there is none")


def told(
    rubric: Rubric, answers: Mapping[str, Answer], facts: Mapping[str, FactValue] | None = None
) -> Explanation:
    found = explain(rubric, answers, facts or {})
    assert found is not None
    assert sum(step.amount for step in found.steps) == found.result.score_exact
    return found


@given(sheets())
@settings(max_examples=150, deadline=None)
def test_the_steps_sum_to_the_score_and_every_what_if_is_what_the_engine_says(
    sheet: tuple[Rubric, dict[str, Answer]],
) -> None:
    rubric, answers = sheet
    found = explain(rubric, answers, {})
    result = grade(rubric, answers, {})
    if found is None:
        assert result.score_exact is None
        return
    assert sum(step.amount for step in found.steps) == result.score_exact
    lost_rows = {row.id: row.deducted for row in result.items if row.deducted}
    assert (
        lost_rows.items()
        <= {row.item: row.deducted for part in found.elements for row in part.items}.items()
    )
    for part in found.elements:
        for row in part.items:
            other = grade(rubric, answers | {row.item: FULL}, {})
            assert row.without == Without(other.score or Fraction(0), other.grade)
        mended = answers | {row.item: FULL for row in part.items}
        other = grade(rubric, mended, {})
        assert part.without == Without(other.score or Fraction(0), other.grade)
    taken = sum(row.special for part in found.elements for row in part.items)
    assert taken == sum(row.taken for row in result.specials)


@given(st.data(), shapes())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_what_if_of_every_shape_is_what_the_engine_says(
    data: st.DataObject, rubric: Rubric
) -> None:
    for answers, known in data.draw(batch(rubric)):
        found = explain(rubric, answers, known)
        for part in found.elements if found is not None else ():
            for items, without in (
                ([row.item for row in part.items], part.without),
                *(([row.item], row.without) for row in part.items),
            ):
                better = {item: rectify(answers[item]) for item in items}
                other = grade(rubric, answers | better, known)
                assert without == Without(other.score or Fraction(0), other.possible.best)


def test_rows_of_equal_losses_are_told_apart_where_one_is_required_or_marked() -> None:
    rows = (item("1.1", 50), item("1.2", 50, star="a"), item("2.1", 50), item("2.2", 50))
    strict = rubric(items=rows, stars=(StarRule("1", ("a",), Fraction(100)),), hazard_blocks=True)
    answers = {"1.1": lost(1), "1.2": lost(1), "2.1": FULL, "2.2": FULL}
    (part,) = told(strict, answers).elements
    assert [row.without.grade for row in part.items] == ["2", "1"]
    marked = answers | {"1.2": FULL, "2.1": lost(1), "2.2": replace(lost(1), major_hazard=True)}
    _, part = told(strict, marked).elements
    assert [row.without.grade for row in part.items] == [None, "1"]


def test_a_sheet_with_open_items_or_nothing_applicable_has_no_explanation_yet() -> None:
    assert explain(rubric(), {"1.1": FULL}, {}) is None
    assert explain(rubric(), {"1.1": ABSENT, "2.1": ABSENT}, {}) is None


def test_full_marks_need_no_explanation_but_the_bar_of_full_marks() -> None:
    found = told(rubric(), both(0, 0))
    assert [(step.code, step.amount) for step in found.steps] == [(StepCode.FULL, 100)]
    assert (found.cause, found.elements, found.limits) == (Cause.SCORE, (), ())


def test_a_loss_is_shown_as_its_share_of_the_score_that_is_re_based_without_what_is_absent() -> (
    None
):
    three = rubric(
        elements=(ElementRubric("1", 100), ElementRubric("2", 200)),
        items=(item("1.1"), item("2.1"), item("2.2")),
    )
    found = told(three, both(30, 10) | {"2.2": ABSENT})
    # 200 of 300 points take part: 30 lost are 15 of the score, 10 lost are 5
    assert [(part.element, part.converted) for part in found.elements] == [("1", 15), ("2", 5)]
    assert [(step.element, step.amount) for step in found.steps] == [
        ("", 100),
        ("1", -15),
        ("2", -5),
    ]


def test_a_loss_in_a_weighted_element_counts_by_its_weight() -> None:
    found = told(weighted(), both(50, 10))
    assert [part.converted for part in found.elements] == [15, 7]


def test_a_loss_in_a_group_counts_by_both_weights() -> None:
    elements = (
        ElementRubric("1", 100, weight=Fraction(1), group="office"),
        ElementRubric("2", 100, weight=Fraction(1), group="site"),
    )
    groups = (Group("office", Fraction(6, 10)), Group("site", Fraction(4, 10)))
    two = rubric(method=Method.WEIGHTS, elements=elements, groups=groups)
    assert [part.converted for part in told(two, both(50, 50)).elements] == [30, 20]


def test_each_deduction_stands_under_its_item_with_what_it_asked_and_what_was_left_to_take() -> (
    None
):
    rules = (
        DeductionRule("untrained", Kind.EACH, 2, clause="5.3"),
        DeductionRule("no_plan", Kind.WHOLE, clause="5.4"),
        DeductionRule("hazard", Kind.ONCE, 30, Scope.ELEMENT, zeroes=Scope.ITEM, clause="5.5"),
        DeductionRule("extra", Kind.ONCE, 60, Scope.ELEMENT, Trigger.ITEM_AT_ZERO, clause="5.6"),
    )
    two = rubric(items=(item("1.1", 40, rules=rules), item("1.2", 60), item("2.1")))
    answers = {
        "1.1": Answer((Deduction("untrained", 3), Deduction("hazard")), lost=1, reason="seen"),
        "1.2": FULL,
        "2.1": FULL,
    }
    (part,) = told(two, answers).elements
    (row,) = part.items
    assert (row.deducted, row.special) == (40, 60)  # 30 and 60 asked, 60 were left
    assert [(r.rule, r.count, r.asked, r.taken, r.clause) for r in row.rules] == [
        ("untrained", 3, 6, 0, "5.3"),
        ("hazard", 1, 30, 30, "5.5"),
        ("", 1, 1, 0, ""),
        ("extra", 1, 60, 30, "5.6"),
    ]
    assert part.deducted == 100
    assert part.zeroed == 0
    assert row.without == Without(Fraction(100), "1")


def test_a_rule_that_takes_the_whole_item_asks_for_no_number_of_points() -> None:
    rules = (
        DeductionRule("no_file", Kind.WHOLE),
        DeductionRule("forged", Kind.ONCE, 3, zeroes=Scope.ITEM),
        DeductionRule("no_permit", Kind.WHOLE, 6),
        DeductionRule("and_as_much_again", Kind.WHOLE, scope=Scope.ELEMENT),
    )
    reports = tuple(Deduction(rule.id) for rule in rules)
    rows = (item("1.1", 40, rules=rules), item("1.2", 60), item("2.1"))
    (part,) = told(rubric(items=rows), {"1.1": Answer(reports), "1.2": FULL, "2.1": FULL}).elements
    assert [(row.rule, row.asked, row.taken) for row in part.items[0].rules] == [
        ("no_file", None, 0),
        ("forged", None, 0),
        ("no_permit", 6, 0),
        ("and_as_much_again", 40, 40),
    ]


def test_a_sheet_that_has_lost_everything_ends_at_zero_and_a_limit_does_not_change_that() -> None:
    strict = rubric(performance=(PerformanceRung("1", (Condition("deaths", "<=", 0),)),))
    found = told(strict, both(100, 100), {"deaths": 1})
    assert [(step.code, step.amount) for step in found.steps] == [
        (StepCode.FULL, 100),
        (StepCode.ELEMENT, -50),
        (StepCode.ELEMENT, -50),
    ]
    assert [limit.without for limit in found.limits] == [Without(Fraction(0), None)]


def test_an_imported_score_is_its_own_bar_also_where_the_rows_have_lost_everything() -> None:
    penalty = (item("1.1"), item("2.1"), item("2.2", 10, role=Role.PENALTY))
    more = rubric(items=penalty, imported=Imported("credit"))
    found = told(more, both(100, 100) | {"2.2": lost(10)}, {"credit": 70})
    assert [(step.code, step.amount) for step in found.steps][-2:] == [
        (StepCode.IMPORTED, 70),
        (StepCode.PENALTY, -10),
    ]
    nothing = told(rubric(imported=Imported("credit")), both(0, 0), {"credit": 0})
    assert [step.amount for step in nothing.steps] == [100, 0]


def test_bars_of_bonus_and_penalty_are_points_also_where_the_unit_is_a_tenth() -> None:
    tenths = rubric(
        unit=Fraction(1, 10),
        items=(item("1.1"), item("1.2", 15, role=Role.BONUS), item("1.3", 25, role=Role.PENALTY)),
        elements=(ElementRubric("1", 100),),
    )
    found = told(tenths, {"1.1": lost(20), "1.2": FULL, "1.3": lost(25)})
    assert [(step.code, step.amount) for step in found.steps][-2:] == [
        (StepCode.BONUS, Fraction("1.5")),
        (StepCode.PENALTY, Fraction("-2.5")),
    ]


def test_a_bonus_that_was_not_earned_stands_under_its_element_and_costs_nothing_of_the_base() -> (
    None
):
    elements = (ElementRubric("1", 100, weight=Fraction(1)), ElementRubric("2", 0))
    rows = (item("1.1"), item("2.1", 5, role=Role.BONUS))
    extra = rubric(method=Method.WEIGHTS, elements=elements, items=rows)
    (part,) = told(extra, {"1.1": FULL, "2.1": lost(5)}).elements
    assert (part.element, part.deducted, part.converted) == ("2", 0, 0)
    assert [row.item for row in part.items] == ["2.1"]
    assert part.without == Without(Fraction(105), "1")


def test_a_loss_in_an_element_that_weighs_nothing_is_shown_and_converts_to_nothing() -> None:
    elements = (ElementRubric("1", 100), ElementRubric("2", 100, weight=Fraction(1)))
    (part,) = told(rubric(method=Method.WEIGHTS, elements=elements), both(50, 0)).elements
    assert (part.deducted, part.converted) == (50, 0)


def test_what_would_be_without_a_loss_still_respects_the_cap_of_absence() -> None:
    capped = rubric(
        elements=(ElementRubric("1", 100), ElementRubric("2", 100), ElementRubric("3", 100)),
        items=(item("1.1"), item("2.1"), item("3.1")),
        absence_cap=AbsenceCap("2", share=Fraction(30)),
    )
    (part,) = told(capped, both(60, 0) | {"3.1": ABSENT}).elements
    assert part.without == Without(Fraction(100), "2")


def test_what_a_zeroed_element_lost_beyond_its_deductions_is_told_apart() -> None:
    rules = (DeductionRule("fatal", Kind.ONCE, 5, zeroes=Scope.ELEMENT),)
    two = rubric(items=(item("1.1", 50, rules=rules), item("1.2", 50), item("2.1")))
    found = told(two, {"1.1": Answer((Deduction("fatal"),)), "1.2": FULL, "2.1": FULL})
    (part,) = found.elements
    assert (part.deducted, part.zeroed) == (100, 95)
    (limit,) = [limit for limit in found.limits if limit.reason.code == "zeroed"]
    assert (limit.without.grade, limit.decides) == ("1", True)


def test_the_score_sets_the_grade_when_nothing_else_is_lower() -> None:
    found = told(rubric(), both(30, 0))
    assert (found.result.grade, found.cause, found.limits) == ("2", Cause.SCORE, ())


def test_safety_performance_sets_the_grade_and_without_the_death_it_would_be_better() -> None:
    strict = rubric(
        performance=(
            PerformanceRung("1", (Condition("deaths", "<=", 0),)),
            PerformanceRung("2", (Condition("deaths", "<=", 1),)),
            PerformanceRung("3", ()),
        )
    )
    found = told(strict, both(0, 0), {"deaths": 2})
    assert (found.result.grade, found.cause) == ("3", Cause.PERFORMANCE)
    (limit,) = found.limits  # one fact is one cause, however many grades it closes
    assert (limit.reason.fact, limit.without, limit.decides) == (
        "deaths",
        Without(Fraction(100), "1"),
        True,
    )


def test_each_fact_is_lifted_once_and_alone() -> None:
    strict = rubric(
        performance=(
            PerformanceRung("1", (Condition("deaths", "<=", 0),)),
            PerformanceRung("2", (Condition("deaths", "<=", 0), Condition("fires", "<=", 0))),
            PerformanceRung("3", ()),
        )
    )
    found = told(strict, both(0, 0), {"deaths": 1, "fires": 1})
    assert [(x.reason.fact, x.without.grade, x.decides) for x in found.limits] == [
        ("deaths", "1", True),
        ("fires", "3", False),
    ]


def test_a_limit_that_the_score_would_set_anyway_decides_nothing() -> None:
    strict = rubric(
        performance=(
            PerformanceRung("1", (Condition("deaths", "<=", 0),)),
            PerformanceRung("2", ()),
            PerformanceRung("3", ()),
        )
    )
    found = told(strict, both(40, 0), {"deaths": 1})
    assert (found.result.grade, found.cause) == ("2", Cause.SCORE)
    assert [limit.decides for limit in found.limits] == [False]


def test_a_minimum_for_every_element_is_lifted_for_the_one_it_is_about_alone() -> None:
    strict = rubric(minimums=(Minimum("1", "*", ">=", Fraction(95)),))
    found = told(strict, both(6, 7))
    assert (found.result.grade, found.cause) == ("2", Cause.GATE)
    assert [(x.reason.element, x.without.grade, x.decides) for x in found.limits] == [
        ("1", "2", False),
        ("2", "2", False),
    ], "each alone changes nothing: both hold grade 1 closed"
    (limit,) = told(strict, both(0, 7)).limits
    assert (limit.without.grade, limit.decides) == ("1", True)


def test_a_minimum_of_another_part_stays_when_one_is_lifted() -> None:
    rules = (Minimum("1", "1", ">=", Fraction(95)), Minimum("1", "2", ">=", Fraction(95)))
    found = told(rubric(minimums=rules), both(6, 7))
    assert [limit.decides for limit in found.limits] == [False, False]


def test_a_minimum_that_is_met_does_not_take_the_place_of_the_one_that_is_lifted() -> None:
    rules = (Minimum("1", "1", ">=", Fraction(95)), Minimum("1", "2", ">=", Fraction(95)))
    (limit,) = told(rubric(minimums=rules), both(6, 0)).limits
    assert (limit.reason.element, limit.without.grade, limit.decides) == ("1", "1", True)


def test_without_the_cap_of_absence_the_grade_of_the_score_comes_out() -> None:
    capped = rubric(
        items=(item("1.1"), item("2.1", 40), item("2.2", 60)),
        absence_cap=AbsenceCap("2", points=50),
    )
    (limit,) = told(capped, {"1.1": FULL, "2.1": FULL, "2.2": ABSENT}).limits
    assert (limit.reason.code, limit.without.grade, limit.decides) == ("absence_cap", "1", True)


def test_a_guarantee_is_lifted_for_its_own_element() -> None:
    elements = (ElementRubric("1", 100, guarantee=40), ElementRubric("2", 100))
    rows = (item("1.1", 50, guarantee=True), item("1.2", 50), item("2.1"))
    found = told(rubric(elements=elements, items=rows), {"1.1": lost(20), "1.2": FULL, "2.1": FULL})
    (limit,) = found.limits
    assert (found.result.grade, limit.reason.element) == (None, "1")
    assert limit.without == Without(Fraction(90), "1")


def test_a_guarantee_of_another_element_stays_when_one_is_lifted() -> None:
    elements = (ElementRubric("1", 100, guarantee=90), ElementRubric("2", 100, guarantee=90))
    rows = (item("1.1", guarantee=True), item("2.1", guarantee=True))
    found = told(rubric(elements=elements, items=rows), both(20, 40))
    assert [(x.reason.element, x.without.score) for x in found.limits] == [("1", 40), ("2", 30)]


def test_a_required_row_a_veto_and_a_mark_are_lifted_with_their_item() -> None:
    starred = rubric(
        items=(item("1.1", star="a"), item("2.1")),
        stars=(StarRule("1", ("a",), Fraction(100)),),
    )
    (limit,) = told(starred, both(1, 0)).limits
    assert (limit.reason.code, limit.without.grade) == ("star", "1")
    (limit,) = told(
        rubric(items=(item("1.1", veto=Scope.ASSESSMENT), item("2.1"))), both(1, 0)
    ).limits
    assert (limit.reason.code, limit.without) == ("veto", Without(Fraction(100), "1"))
    marked = both(0, 4) | {"1.1": Answer(full=True, major_hazard=True)}
    (limit,) = told(rubric(hazard_blocks=True), marked).limits
    assert (limit.reason.code, limit.without) == ("major_hazard", Without(Fraction(98), "1"))


def test_an_event_is_a_bar_of_its_own_and_is_lifted_with_its_fact() -> None:
    fallen = rubric(downgrades=(Downgrade("deaths", 1, Fraction(5)),))
    found = told(fallen, both(4, 4), {"deaths": 1})
    # 96 less 5 is 91, held below the 90 of the grade that is lost
    assert [(step.code, step.amount) for step in found.steps][-1] == (
        StepCode.EVENT,
        Fraction("89.9") - 96,
    )
    (limit,) = found.limits
    assert (found.result.grade, found.cause) == ("2", Cause.SCORE)
    assert limit.without == Without(Fraction(96), "1")
    assert limit.decides


def test_bonus_penalty_bound_and_imported_score_are_bars_of_their_own() -> None:
    rows = (
        item("1.1"),
        item("2.1"),
        item("2.2", 9, role=Role.BONUS),
        item("2.3", 6, role=Role.PENALTY),
    )
    more = rubric(
        items=rows,
        adjustment=Adjustment(most_bonus=Fraction(5), highest=Fraction(100)),
        imported=Imported("standing", (("none", Fraction(0)), ("good", Fraction(10)))),
    )
    answers = both(0, 10) | {"2.2": FULL, "2.3": lost(2)}
    found = told(more, answers, {"standing": "good"})
    assert [(step.code, step.amount) for step in found.steps] == [
        (StepCode.FULL, 100),
        (StepCode.ELEMENT, -5),
        (StepCode.IMPORTED, 10),
        (StepCode.BONUS, 5),
        (StepCode.PENALTY, -2),
        (StepCode.BOUND, -8),
    ]


def test_a_threshold_between_the_exact_and_the_rounded_score_is_named() -> None:
    # 179.9 of 200 is 89.95, which rounds to 90.0
    fine = replace(
        rubric(elements=(ElementRubric("1", 1000), ElementRubric("2", 1000))),
        unit=Fraction(1, 10),
        items=(item("1.1", 1000), item("2.1", 1000)),
    )
    found = told(fine, both(201, 0))
    assert (found.result.score_exact, found.result.grade) == (Fraction("89.95"), "1")
    assert (found.straddled, found.cause) == (("1",), Cause.SCORE)
    exact = told(replace(fine, compare_rounded=False), both(201, 0))
    assert (exact.result.grade, exact.straddled, exact.cause) == ("2", ("1",), Cause.SCORE)
    assert told(fine, both(202, 0)).straddled == ()


def test_an_unknown_fact_leaves_the_grade_pending_and_performance_as_its_cause() -> None:
    strict = rubric(
        performance=(
            PerformanceRung("1", (Condition("deaths", "<=", 0),)),
            PerformanceRung("2", (Condition("deaths", "<=", 1),)),
            PerformanceRung("3", ()),
        )
    )
    found = told(strict, both(0, 0))
    assert found.result.outcome is Outcome.PENDING
    assert found.limits == ()
    (part,) = told(strict, both(40, 0)).elements
    assert part.without == Without(Fraction(100), "1"), "the best that is still possible"
