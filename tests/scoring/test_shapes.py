"""Shapes beyond the additive one: weights, gates, bonus, events, rates. One sentence per test.

The numbers of each scheme are small stand-ins for the published shapes (domain notes S5-S37).
"""

from dataclasses import replace
from fractions import Fraction

import pytest

from scoring import (
    Answer,
    Deduction,
    DeductionRule,
    ElementRubric,
    ItemRubric,
    Kind,
    Outcome,
    Rubric,
    Rung,
    Scope,
    grade,
)
from scoring.errors import ScoringError
from scoring.model import (
    AbsenceCap,
    Adjustment,
    Condition,
    ControlLine,
    Downgrade,
    FactRule,
    Group,
    Imported,
    Method,
    Minimum,
    PerformanceRung,
    Role,
    StarRule,
)

FULL = Answer(full=True)


def lost(points: int) -> Answer:
    return Answer(lost=points, reason="found on site") if points else FULL


def item(number: str, points: int = 100, **more: object) -> ItemRubric:
    return ItemRubric(number, number.split(".")[0], None, points, **more)  # type: ignore[arg-type]


def rubric(**more: object) -> Rubric:
    """Two elements of 100 points each, whole points, grades at 90, 75 and 60."""
    plain = Rubric(
        scheme="shapes",
        edition="1",
        fingerprint="",
        unit=Fraction(1),
        scale=Fraction(100),
        decimals=1,
        compare_rounded=True,
        elements=(ElementRubric("1", 100), ElementRubric("2", 100)),
        items=(item("1.1"), item("2.1")),
        ladder=tuple(Rung(g, ">=", Fraction(t)) for g, t in (("1", 90), ("2", 75), ("3", 60))),
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def weighted(**more: object) -> Rubric:
    elements = (
        ElementRubric("1", 100, weight=Fraction(3, 10)),
        ElementRubric("2", 100, weight=Fraction(7, 10)),
    )
    return rubric(method=Method.WEIGHTS, elements=elements, **more)


def both(first: int, second: int) -> dict[str, Answer]:
    return {"1.1": lost(first), "2.1": lost(second)}


def codes(rubric: Rubric, answers: dict[str, Answer], **facts: object) -> set[str]:
    return {reason.code for reason in grade(rubric, answers, facts).reasons}  # type: ignore[arg-type]


def test_elements_scaled_to_the_full_score_are_weighted() -> None:
    assert grade(weighted(), both(50, 10), {}).score == Fraction(78)


def test_the_weight_of_an_element_without_applicable_rows_falls_to_the_rest() -> None:
    answers = {"1.1": Answer(not_applicable="no such site"), "2.1": lost(10)}
    assert grade(weighted(), answers, {}).score == 90


def test_weights_on_two_levels_multiply() -> None:
    elements = (
        ElementRubric("1", 100, weight=Fraction(1, 2), group="office"),
        ElementRubric("2", 100, weight=Fraction(1, 2), group="office"),
        ElementRubric("3", 100, weight=Fraction(1), group="site"),
    )
    two = rubric(
        method=Method.WEIGHTS,
        elements=elements,
        items=(item("1.1"), item("2.1"), item("3.1")),
        groups=(Group("office", Fraction(6, 10)), Group("site", Fraction(4, 10))),
    )
    # the office is worth 70 and counts six tenths, the site 50 and four tenths
    assert grade(two, both(20, 40) | {"3.1": lost(50)}, {}).score == 62


def test_an_element_below_the_minimum_of_a_grade_closes_that_grade_only() -> None:
    strict = rubric(minimums=(Minimum("1", "*", ">=", Fraction(85)),))
    result = grade(strict, both(0, 16), {})
    assert (result.score, result.grade_by_score, result.grade) == (92, "1", "2")
    assert codes(strict, both(0, 16)) >= {"minimum"}
    assert grade(strict, both(0, 15), {}).grade == "1"


def test_a_minimum_can_name_one_element_or_ask_for_strictly_more() -> None:
    strict = rubric(minimums=(Minimum("1", "2", ">", Fraction(90)),))
    assert grade(strict, both(12, 0), {}).grade == "1"
    assert grade(strict, both(0, 10), {}).grade == "2"


@pytest.mark.parametrize(("first", "reached"), [(50, "1"), (51, "2")])
def test_a_minimum_of_a_group_is_met_by_the_weighted_mean_of_its_elements(
    first: int, reached: str
) -> None:
    # three parts of the first and two of the second: 3 * 50 + 2 * 100 of 500 are 70 per cent
    elements = (
        ElementRubric("1", 100, weight=Fraction(3), group="site"),
        ElementRubric("2", 100, weight=Fraction(2), group="site"),
        ElementRubric("3", 100, weight=Fraction(1), group="office"),
    )
    grouped = rubric(
        method=Method.WEIGHTS,
        elements=elements,
        items=(item("1.1"), item("2.1"), item("3.1")),
        groups=(Group("site", Fraction(1)), Group("office", Fraction(9))),
        minimums=(Minimum("1", "site", ">=", Fraction(70)),),
    )
    assert grade(grouped, both(first, 0) | {"3.1": FULL}, {}).grade == reached


def test_a_starred_row_that_loses_a_point_closes_the_grades_that_ask_for_it() -> None:
    stars = rubric(
        items=(item("1.1", star="★★★"), item("2.1")),
        stars=(StarRule("1", ("★★★",), Fraction(100)),),
    )
    assert grade(stars, both(1, 0), {}).grade == "2"
    assert grade(stars, both(0, 10), {}).grade == "1"
    absent = {"1.1": Answer(not_applicable="no such work"), "2.1": FULL}
    assert grade(stars, absent, {}).grade == "1"


def test_a_share_of_the_starred_rows_is_enough_where_the_scheme_says_so() -> None:
    rows = (item("1.1", 50, star="★"), item("1.2", 50, star="★"), item("2.1"))
    share = rubric(items=rows, stars=(StarRule("1", ("★",), Fraction(50)),))
    one = {"1.1": lost(5), "1.2": FULL, "2.1": FULL}
    assert grade(share, one, {}).grade == "1"
    assert grade(share, one | {"1.2": lost(1)}, {}).grade == "2"


def test_two_of_three_starred_rows_are_not_sixty_seven_per_cent() -> None:
    rows = (item("1.1", 50, star="★"), item("1.2", 50, star="★"), item("2.1", star="★"))
    share = rubric(items=rows, stars=(StarRule("1", ("★",), Fraction(67)),))
    assert grade(share, {"1.1": lost(5), "1.2": FULL, "2.1": FULL}, {}).grade == "2"


def test_more_points_not_applicable_than_the_cap_close_the_best_grade_not_the_score() -> None:
    capped = rubric(
        items=(item("1.1", 60), item("1.2", 40), item("2.1")),
        absence_cap=AbsenceCap("2", points=40),
    )
    answers = {"1.1": Answer(not_applicable="none"), "1.2": FULL, "2.1": FULL}
    result = grade(capped, answers, {})
    assert (result.score, result.grade) == (100, "2")
    within = answers | {"1.1": FULL, "1.2": Answer(not_applicable="none")}
    assert grade(capped, within, {}).grade == "1"


def test_the_cap_of_what_is_not_applicable_can_be_a_share() -> None:
    capped = rubric(absence_cap=AbsenceCap(None, share=Fraction(49)))
    answers = {"1.1": Answer(not_applicable="none"), "2.1": FULL}
    assert grade(capped, answers, {}).outcome is Outcome.BELOW_LOWEST


def test_a_share_that_is_just_the_cap_closes_nothing() -> None:
    capped = rubric(absence_cap=AbsenceCap(None, share=Fraction(50)))
    answers = {"1.1": Answer(not_applicable="none"), "2.1": FULL}
    assert grade(capped, answers, {}).grade == "1"


def test_a_sheet_of_bonus_rows_alone_has_nothing_that_could_be_absent() -> None:
    bonus = rubric(
        items=(item("1.1", 3, role=Role.BONUS),),
        elements=(ElementRubric("1", 0),),
        imported=Imported("score"),
        absence_cap=AbsenceCap(None, share=Fraction(0)),
    )
    assert grade(bonus, {"1.1": FULL}, {"score": 88}).grade == "1"


def test_bonus_and_penalty_come_after_the_base_and_are_bounded() -> None:
    extra = rubric(
        items=(
            item("1.1"),
            item("2.1"),
            item("1.2", 8, role=Role.BONUS),
            item("2.2", 6, role=Role.PENALTY),
        ),
        adjustment=Adjustment(most_bonus=Fraction(5), highest=Fraction(100)),
    )
    answers = both(20, 20) | {"1.2": FULL, "2.2": lost(2)}
    assert grade(extra, answers, {}).score == 83
    assert grade(extra, both(0, 0) | {"1.2": FULL, "2.2": FULL}, {}).score == 100
    assert grade(extra, both(0, 0) | {"1.2": lost(8), "2.2": lost(6)}, {}).score == 94


def test_bonus_and_penalty_rows_in_tenths_of_a_point_count_in_points() -> None:
    tenths = rubric(
        unit=Fraction(1, 10),
        items=(item("1.1"), item("1.2", 15, role=Role.BONUS), item("1.3", 25, role=Role.PENALTY)),
        elements=(ElementRubric("1", 100),),
    )
    answers = {"1.1": lost(20), "1.2": FULL, "1.3": lost(25)}
    assert grade(tenths, answers, {}).score == Fraction("79")
    assert grade(tenths, answers | {"1.2": lost(15)}, {}).score == Fraction("77.5")


def test_a_base_score_taken_from_another_grade_waits_until_that_grade_is_known() -> None:
    values = (("1", Fraction(90)), ("2", Fraction(80)))
    taken = rubric(
        items=(item("1.1", 3, role=Role.BONUS),),
        elements=(ElementRubric("1", 3),),
        imported=Imported("standardisation", values),
    )
    assert grade(taken, {"1.1": FULL}, {"standardisation": "2"}).score == 83
    unknown = grade(taken, {"1.1": FULL}, {})
    assert (unknown.outcome, unknown.score) == (Outcome.PENDING, None)


def test_as_long_as_an_imported_score_is_unknown_it_counts_at_least_and_at_most() -> None:
    taken = rubric(imported=Imported("score", factor=Fraction(1, 10)), scale=Fraction(90))
    assert grade(taken, both(20, 0), {}).interval == (81, 90)
    assert grade(taken, both(20, 0), {"score": 80}).interval == (89, 89)


def test_an_imported_score_that_is_left_out_is_that_of_its_default() -> None:
    table = Imported("standing", (("good", Fraction(90)), ("fair", Fraction(80))))
    taken = rubric(
        items=(item("1.1", 3, role=Role.BONUS),),
        elements=(ElementRubric("1", 3),),
        imported=table,
        facts=(FactRule("standing", default="fair", order=("good", "fair")),),
    )
    assert grade(taken, {"1.1": FULL}, {}).score == 83
    assert grade(taken, {"1.1": FULL}, {"standing": "good"}).score == 93


def test_a_share_of_another_score_can_be_imported() -> None:
    taken = rubric(
        items=(item("1.1", 20, role=Role.BONUS),),
        elements=(ElementRubric("1", 20),),
        imported=Imported("score", factor=Fraction(8, 10)),
    )
    assert grade(taken, {"1.1": lost(5)}, {"score": Fraction(95)}).score == 91


def test_an_event_takes_points_a_grade_and_holds_the_score_below_the_grade_lost() -> None:
    fatal = rubric(downgrades=(Downgrade("deaths", 1, Fraction(5)),))
    result = grade(fatal, both(0, 0), {"deaths": 1})
    assert (result.score, result.grade) == (Fraction(899, 10), "2")
    assert grade(fatal, both(0, 0), {"deaths": 2}).grade == "3"
    assert grade(fatal, both(0, 0), {"deaths": 0}).score == 100
    assert grade(fatal, both(0, 0), {}).outcome is Outcome.PENDING


def test_several_events_take_their_points_and_grades_together() -> None:
    events = rubric(
        downgrades=(Downgrade("deaths", 1, Fraction(5)), Downgrade("fires", 1, Fraction(3)))
    )
    assert grade(events, both(0, 0), {"deaths": 1, "fires": 1}).grade == "3"
    # 62 less two times 5 and less 3
    assert grade(events, both(76, 0), {"deaths": 2, "fires": 1}).score == 49


def test_below_a_grade_that_asks_for_more_than_its_threshold_the_threshold_itself_remains() -> None:
    ladder = (Rung("1", ">", Fraction(95)), Rung("2", ">", Fraction(80)))
    fatal = rubric(ladder=ladder, downgrades=(Downgrade("deaths", 1),))
    result = grade(fatal, both(0, 0), {"deaths": 1})
    assert (result.score, result.grade) == (95, "2")


def test_guarantee_rows_below_their_sum_or_at_zero_let_the_table_score_nothing() -> None:
    table = rubric(
        elements=(ElementRubric("1", 100, guarantee=40), ElementRubric("2", 100)),
        items=(
            item("1.1", 30, guarantee=True),
            item("1.2", 30, guarantee=True),
            item("1.3", 40),
            item("2.1"),
        ),
    )
    held = {"1.1": lost(10), "1.2": lost(10), "1.3": FULL, "2.1": FULL}
    assert grade(table, held, {}).earned == 180
    assert grade(table, held | {"1.1": lost(11)}, {}).earned == 100
    assert grade(table, held | {"1.1": lost(30), "1.2": FULL}, {}).earned == 100
    assert codes(table, held | {"1.1": lost(30)}) >= {"guarantee"}


def test_a_row_marked_as_a_major_hazard_closes_every_grade_and_leaves_the_points() -> None:
    marked = rubric(hazard_blocks=True)
    answers = {"1.1": Answer(full=True, major_hazard=True), "2.1": FULL}
    result = grade(marked, answers, {})
    assert (result.score, result.grade, result.outcome) == (100, None, Outcome.BELOW_LOWEST)


def test_a_rate_per_thousand_is_exact_and_unknown_without_staff() -> None:
    rate = FactRule("rate", numerator="injuries", denominator="staff", factor=1000)
    condition = Condition("rate", "<=", Fraction(1))
    rates = rubric(performance=(PerformanceRung("1", (condition,)),), facts=(rate,))
    assert grade(rates, both(0, 0), {"injuries": 1, "staff": 1000}).grade == "1"
    assert grade(rates, both(0, 0), {"injuries": 1, "staff": 999}).grade == "2"
    assert grade(rates, both(0, 0), {"injuries": 0, "staff": 0}).outcome is Outcome.PENDING


def test_a_control_line_of_the_enterprise_is_shown_and_never_mixed_with_the_grade() -> None:
    lines = rubric(control_lines=(ControlLine("2", Fraction(95)),))
    assert codes(lines, both(0, 6)) >= {"control_line"}
    assert grade(lines, both(0, 6), {}).grade == "1"


@pytest.mark.parametrize(("points", "reached"), [(10, "2"), (9, "1")])
def test_a_ladder_with_more_than_is_not_met_by_the_threshold_itself(
    points: int, reached: str
) -> None:
    ladder = (Rung("1", ">", Fraction(95)), Rung("2", ">", Fraction(80)))
    assert grade(rubric(ladder=ladder), both(0, points), {}).grade == reached


def test_a_checklist_is_met_only_when_every_row_is() -> None:
    rows = tuple(
        ItemRubric(f"1.{n}", "1", None, 1, (DeductionRule("no", Kind.WHOLE),)) for n in (1, 2, 3)
    )
    yes_no = rubric(
        elements=(ElementRubric("1", 3),), items=rows, ladder=(Rung("met", ">=", Fraction(100)),)
    )
    answers = {"1.1": FULL, "1.2": Answer(not_applicable="none here"), "1.3": FULL}
    assert grade(yes_no, answers, {}).grade == "met"
    answers["1.3"] = Answer((Deduction("no"),))
    assert grade(yes_no, answers, {}).outcome is Outcome.BELOW_LOWEST


def test_an_element_that_weighs_nothing_is_scored_and_does_not_count() -> None:
    elements = (
        ElementRubric("1", 100, weight=Fraction(0)),
        ElementRubric("2", 100, weight=Fraction(1)),
    )
    assert grade(rubric(method=Method.WEIGHTS, elements=elements), both(50, 10), {}).score == 90


def test_a_rule_of_a_bonus_row_may_reach_a_sub_element_that_has_no_other_rows() -> None:
    take = DeductionRule("false_claim", Kind.ONCE, 5, Scope.SUB_ELEMENT)
    bonus = ItemRubric("2.2", "2", "2.9", 5, (take,), role=Role.BONUS)
    more = rubric(items=(item("1.1"), item("2.1"), bonus))
    answers = both(0, 0) | {"2.2": Answer((Deduction("false_claim"),))}
    result = grade(more, answers, {})
    assert [(row.asked, row.taken) for row in result.specials] == [(5, 0)]


def test_a_note_alone_settles_no_points() -> None:
    noted = grade(rubric(), {"1.1": Answer(reason="asked the foreman"), "2.1": FULL}, {})
    assert noted.outcome is Outcome.INCOMPLETE
    assert noted.answered == 1


def test_a_mark_of_a_major_hazard_settles_no_points_but_closes_the_grade_once_all_is_answered() -> (
    None
):
    marked = {"1.1": Answer(major_hazard=True), "2.1": FULL}
    assert grade(rubric(hazard_blocks=True), marked, {}).outcome is Outcome.INCOMPLETE
    closed = grade(
        rubric(hazard_blocks=True), marked | {"1.1": replace(FULL, major_hazard=True)}, {}
    )
    assert closed.outcome is Outcome.BELOW_LOWEST


def test_a_mark_on_a_row_that_does_not_apply_closes_nothing() -> None:
    absent = Answer(not_applicable="no crane", major_hazard=True)
    result = grade(rubric(hazard_blocks=True), {"1.1": absent, "2.1": FULL}, {})
    assert (result.outcome, result.grade) == (Outcome.GRADED, "1")


def test_an_unknown_imported_score_is_counted_at_its_least_and_at_its_most() -> None:
    values = (("none", Fraction(0)), ("held", Fraction(20)))
    more = rubric(
        imported=Imported("standing", values), adjustment=Adjustment(highest=Fraction(100))
    )
    result = grade(more, both(40, 40), {})
    assert (result.outcome, result.score, result.grade_by_score) == (Outcome.PENDING, None, None)
    assert result.interval == (60, 80)
    assert (result.possible.best, result.possible.worst) == ("2", None)


def test_a_value_that_the_table_of_an_imported_score_does_not_have_is_refused() -> None:
    more = rubric(imported=Imported("standing", (("none", Fraction(0)), ("held", Fraction(20)))))
    with pytest.raises(ScoringError, match="bad fact"):
        grade(more, both(0, 0), {"standing": "gold"})


def test_an_event_that_is_not_known_may_have_happened_any_number_of_times() -> None:
    fallen = rubric(downgrades=(Downgrade("deaths", 1),))
    result = grade(fallen, both(0, 0), {})
    assert (result.outcome, result.score) == (Outcome.PENDING, None)
    assert result.interval == (0, 100)


def test_an_event_that_is_not_known_does_not_matter_below_the_lowest_grade() -> None:
    fallen = rubric(downgrades=(Downgrade("deaths", 1),))
    assert grade(fallen, both(90, 90), {}).outcome is Outcome.BELOW_LOWEST
