"""The way to a better grade: never wrong, never longer than the shortest of all sets."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import currently_in_test_context, event, given, settings
from hypothesis import strategies as st

from criteria import default_library, rubric_of
from scoring import (
    Answer,
    Condition,
    Deduction,
    DeductionRule,
    ElementRubric,
    ItemRubric,
    Kind,
    PerformanceRung,
    Reason,
    Result,
    Rubric,
    Rung,
    Scope,
    Trigger,
    grade,
    path_search,
)
from scoring.model import (
    AbsenceCap,
    Adjustment,
    Downgrade,
    FactRule,
    FactValue,
    Group,
    Imported,
    Method,
    Minimum,
    Role,
    StarRule,
)
from scoring.path import Path, PathOutcome, PathToGrade, StepKind, next_grades
from scoring.path_losses import rectify
from scoring.path_parts import Demand

Sheet = tuple[Rubric, dict[str, Answer]]

LADDER = tuple(
    Rung(name, op, Fraction(least))
    for name, op, least in (("1", ">=", 90), ("2", ">", 70), ("3", ">=", 50))
)
GRADES = st.sampled_from(("1", "2", "3"))


@st.composite
def rules(draw: st.DrawFn, number: int) -> DeductionRule:
    """Mostly deductions that reach beyond their item, in the ways a standard has them."""
    at_zero = draw(st.integers(0, 3)) == 0
    zeroes = draw(st.sampled_from((None, None, None, *Scope)))
    scope = draw(
        st.sampled_from((Scope.SUB_ELEMENT, Scope.ELEMENT) if at_zero else tuple(Scope)[:3])
    )
    trigger = Trigger.ITEM_AT_ZERO if at_zero else Trigger.REPORTED
    return DeductionRule(f"r{number}", Kind.ONCE, draw(st.integers(1, 15)), scope, trigger, zeroes)


@st.composite
def rows(draw: st.DrawFn, name: str, element: str, *, reaching: bool, extras: bool) -> ItemRubric:
    role = draw(st.sampled_from((*Role, Role.BASE, Role.BASE))) if extras else Role.BASE
    if not reaching:
        return ItemRubric(name, element, None, draw(st.integers(1, 20)), role=role)
    return ItemRubric(
        name,
        element,
        draw(st.sampled_from((None, f"{element}.a"))) if role is Role.BASE else None,
        draw(st.integers(1, 20)),
        tuple(draw(rules(number)) for number in range(draw(st.integers(0, 2)))),
        draw(st.sampled_from((None, None, None, None, None, *Scope))),
        guarantee=draw(st.booleans()),
        role=role,
    )


@st.composite
def minimums(draw: st.DrawFn, parts: tuple[str, ...]) -> Minimum:
    rate = Fraction(draw(st.integers(1, 10)) * 10)
    below = rate < 100 and draw(st.booleans())
    return Minimum(draw(GRADES), draw(st.sampled_from(parts)), ">" if below else ">=", rate)


@st.composite
def star_rules(draw: st.DrawFn) -> StarRule:
    stars = draw(st.sampled_from((("*",), ("*", "**"))))
    return StarRule(draw(GRADES), stars, Fraction(draw(st.sampled_from((30, 50, 80, 100)))))


@st.composite
def adjustments(draw: st.DrawFn) -> Adjustment:
    bound = st.sampled_from((None, Fraction(1), Fraction(5, 2)))
    return Adjustment(draw(bound), draw(bound), draw(st.sampled_from((None, Fraction(100)))))


@st.composite
def rubrics(
    draw: st.DrawFn,
    *,
    reaching: bool = False,
    weights: bool = False,
    gates: bool = False,
    extras: bool = False,
) -> Rubric:
    items = []
    for element in map(str, range(draw(st.integers(1, 3)))):
        for row in range(draw(st.integers(1, 4))):
            item = draw(rows(f"{element}.{row}", element, reaching=reaching, extras=extras))
            star = draw(st.sampled_from(("", "*", "**"))) if gates else ""
            items.append(replace(item, star=star))
    names = sorted({item.element for item in items})
    grouped = weights and draw(st.booleans())
    weight = st.integers(1, 4).map(lambda n: Fraction(n, 10))
    parts = ("*", *names, *(("g0", "g1") if grouped else ()))
    return Rubric(
        scheme="random",
        edition="1",
        fingerprint="",
        unit=draw(st.sampled_from((Fraction(1), Fraction(1, 10)))),
        scale=draw(st.sampled_from((Fraction(100), Fraction(100), Fraction(90)))),
        decimals=draw(st.integers(0, 2)),
        compare_rounded=draw(st.booleans()),
        elements=tuple(
            ElementRubric(
                name,
                sum(item.points for item in items if item.element == name),
                draw(weight) if weights else Fraction(0),
                draw(st.sampled_from(("g0", "g1"))) if grouped else "",
                draw(st.none() | st.integers(1, 30)) if reaching else None,
            )
            for name in names
        ),
        items=tuple(items),
        ladder=LADDER,
        method=Method.WEIGHTS if weights else Method.POINTS,
        groups=tuple(Group(name, draw(weight)) for name in ("g0", "g1")) if grouped else (),
        minimums=tuple(draw(st.lists(minimums(parts), max_size=2))) if gates else (),
        stars=tuple(draw(st.lists(star_rules(), max_size=2))) if gates else (),
        absence_cap=AbsenceCap(draw(GRADES), share=Fraction(30)) if gates else None,
        adjustment=draw(adjustments()) if extras else Adjustment(),
        imported=Imported("credit") if extras and draw(st.booleans()) else None,
        downgrades=(Downgrade("events", 1, Fraction(2)),) if extras and draw(st.booleans()) else (),
        hazard_blocks=reaching and draw(st.booleans()),
        facts=(FactRule("credit", 5), FactRule("events", 0)),
    )


@st.composite
def marks(draw: st.DrawFn, item: ItemRubric) -> Answer:
    hazard = draw(st.integers(0, 9)) == 0
    if draw(st.integers(0, 6)) == 0:
        return Answer(not_applicable="there is none", major_hazard=hazard)
    reported = [rule for rule in item.rules if rule.trigger is Trigger.REPORTED]
    found = tuple(Deduction(rule.id) for rule in reported if draw(st.integers(0, 3)))
    lost = draw(st.one_of(st.just(0), st.integers(0, item.points), st.just(item.points)))
    return Answer(found, lost, "seen", full=not (found or lost), major_hazard=hazard)


@st.composite
def sheets(draw: st.DrawFn, **shape: bool) -> Sheet:
    rubric = draw(rubrics(**shape))
    answers = {item.id: draw(marks(item)) for item in rubric.items}
    lossy = [name for name, answer in answers.items() if not answer.full][9:]
    return rubric, answers | {name: Answer(full=True) for name in lossy}


def won(rubric: Rubric, result: Result) -> int:
    """Points of a result: the base, with bonus rows and less penalty rows."""
    bonus = sum(row.earned for row in result.items if rubric.by_id[row.id].role is Role.BONUS)
    lost = sum(row.deducted for row in result.items if rubric.by_id[row.id].role is Role.PENALTY)
    return result.earned + bonus - lost


def certain(rubric: Rubric, result: Result) -> int:
    """0 for the best grade; one more than the last rung when none is certain."""
    names = [rung.grade for rung in rubric.ladder]
    return names.index(result.possible.worst) if result.possible.worst else len(names)


def rectified(answers: Mapping[str, Answer], names: tuple[str, ...]) -> dict[str, Answer]:
    return dict(answers) | {name: rectify(answers[name]) for name in names}


def check(rubric: Rubric, answers: dict[str, Answer], facts: Mapping[str, FactValue]) -> None:
    """Compare every path with all sets of items that there are."""
    now = grade(rubric, answers, facts)
    paths = next_grades(rubric, answers, facts)
    assert [path.grade for path in paths] == [
        rung.grade for rung in rubric.ladder[: certain(rubric, now)][::-1]
    ]
    if now.score is None:
        assert all(path.outcome is PathOutcome.NOT_ASSESSABLE for path in paths)
        return
    lossy = [name for name, answer in answers.items() if rectify(answer) != answer]
    sets = []
    for size in range(len(lossy) + 1) if paths else ():
        for names in combinations(lossy, size):
            after = grade(rubric, rectified(answers, names), facts)
            sets.append((certain(rubric, after), size, won(rubric, after) - won(rubric, now)))
    for path in paths:
        index = [rung.grade for rung in rubric.ladder].index(path.grade)
        good = [(size, points) for reached, size, points in sets if reached <= index]
        if currently_in_test_context():
            event(path.outcome)
        if not good:
            assert path.outcome is not PathOutcome.REACHABLE
            assert path.fewest_items is path.least_points is None
            continue
        assert path.outcome is PathOutcome.REACHABLE
        assert price(path.fewest_items) == min(good)
        assert price(path.least_points)[::-1] == min((points, size) for size, points in good)
        for steps in (path.fewest_items, path.least_points):
            leads_there(rubric, answers, facts, path, steps)


def price(path: Path | None) -> tuple[int, int]:
    assert path is not None
    assert path.proved
    return len(path.steps), path.points


def leads_there(
    rubric: Rubric,
    answers: dict[str, Answer],
    facts: Mapping[str, FactValue],
    wanted: PathToGrade,
    path: Path | None,
) -> None:
    """Walk the steps with the engine: each adds what it says, the last one brings the grade."""
    assert path is not None
    order = list(StepKind)
    kinds = [order.index(step.kind) for step in path.steps]
    assert kinds == sorted(kinds)
    before = grade(rubric, answers, facts)
    for number, step in enumerate(path.steps, 1):
        names = tuple(step.item for step in path.steps[:number])
        after = grade(rubric, rectified(answers, names), facts)
        assert step.points == won(rubric, after) - won(rubric, before)
        before = after
    assert certain(rubric, before) <= [rung.grade for rung in rubric.ladder].index(wanted.grade)


examples = settings(max_examples=200, deadline=None)


@examples
@given(sheets())
def test_no_set_of_items_is_smaller_on_a_sheet_that_only_adds_up(sheet: Sheet) -> None:
    check(*sheet, {})


@examples
@given(sheets(reaching=True))
def test_no_set_is_smaller_with_special_deductions_zeroing_vetoes_and_guarantee_rows(
    sheet: Sheet,
) -> None:
    check(*sheet, {})


@examples
@given(sheets(gates=True))
def test_no_set_is_smaller_with_minimums_stars_and_a_cap_on_absence(sheet: Sheet) -> None:
    check(*sheet, {})


@examples
@given(sheets(weights=True, gates=True))
def test_no_set_is_smaller_with_weights_on_one_or_two_levels(sheet: Sheet) -> None:
    check(*sheet, {})


@examples
@given(sheets(extras=True), st.integers(0, 12), st.integers(0, 2))
def test_no_set_is_smaller_with_bonus_penalty_an_imported_score_and_events(
    sheet: Sheet, credit: int, events: int
) -> None:
    check(*sheet, {"credit": credit, "events": events})


@examples
@given(sheets(reaching=True, weights=True, gates=True, extras=True), st.integers(0, 2))
def test_no_set_is_smaller_when_everything_comes_together(sheet: Sheet, events: int) -> None:
    check(*sheet, {"events": events})


def two_rows(lost: int = 0, **more: object) -> Sheet:
    """A sheet of two rows with 100 points each; ``more`` replaces fields of the rubric."""
    rubric = Rubric(
        "small", "1", "", Fraction(1), Fraction(100), 0, True,
        (ElementRubric("1", 200),),
        (ItemRubric("1.1", "1", None, 100), ItemRubric("1.2", "1", None, 100)), LADDER,
    )  # fmt: skip
    answers = {name: Answer(lost=lost, reason="seen", full=not lost) for name in ("1.1", "1.2")}
    return replace(rubric, **more), answers


def best(sheet: Sheet, facts: Mapping[str, FactValue] | None = None) -> PathToGrade:
    """The way to the best grade."""
    return next_grades(*sheet, facts or {})[-1]


NO_DEATHS = PerformanceRung("1", (Condition("deaths", "<=", 0, clause="84 号"),))


def test_safety_performance_closes_a_grade_that_points_would_reach() -> None:
    path = best(two_rows(20, performance=(NO_DEATHS,)), {"deaths": 1})
    assert (path.grade, path.outcome, path.fewest_items) == ("1", PathOutcome.PERFORMANCE, None)
    assert [(reason.fact, reason.clause) for reason in path.reasons] == [("deaths", "84 号")]


def test_an_unknown_fact_leaves_a_grade_open_that_points_would_reach() -> None:
    sheet = two_rows(20, performance=(NO_DEATHS,))
    path = best(sheet)
    assert path.outcome is PathOutcome.FACT_UNKNOWN
    assert [reason.effect for reason in path.reasons] == ["open_grade:1"]
    assert best(sheet, {"deaths": 0}).outcome is PathOutcome.REACHABLE


def test_an_unknown_fact_closes_a_grade_although_the_score_is_there() -> None:
    assert best(two_rows(0, performance=(NO_DEATHS,))).outcome is PathOutcome.FACT_UNKNOWN


def test_the_lower_grade_that_an_unknown_fact_leaves_certain_is_not_a_goal() -> None:
    paths = next_grades(*two_rows(0, performance=(NO_DEATHS,)), {})
    assert [path.grade for path in paths] == ["1"]


def test_too_much_that_is_not_applicable_closes_the_best_grade() -> None:
    rubric, answers = two_rows(20, absence_cap=AbsenceCap("2", points=50, clause="总则"))
    answers |= {"1.2": Answer(not_applicable="there is none")}
    path = best((rubric, answers))
    assert path.outcome is PathOutcome.ABSENCE_CAP
    assert path.reasons == (Reason("absence_cap", "not_grade:1", clause="总则"),)


def test_an_event_holds_the_score_below_the_grade() -> None:
    sheet = two_rows(20, downgrades=(Downgrade("deaths", 1, clause="7.3"),))
    path = best(sheet, {"deaths": 1})
    assert path.outcome is PathOutcome.EVENT
    assert [(reason.code, reason.fact, reason.clause) for reason in path.reasons] == [
        ("event", "deaths", "7.3")
    ]
    assert best(sheet, {"deaths": 0}).outcome is PathOutcome.REACHABLE


def test_an_imported_score_that_is_too_low_closes_the_grade() -> None:
    sheet = two_rows(20, scale=Fraction(80), imported=Imported("credit", clause="诚信"))
    path = best(sheet, {"credit": 5})
    assert path.outcome is PathOutcome.IMPORTED
    assert path.reasons == (Reason("imported", "not_grade:1", fact="credit", clause="诚信"),)
    assert best(sheet, {"credit": 10}).outcome is PathOutcome.REACHABLE
    assert best(sheet).outcome is PathOutcome.FACT_UNKNOWN
    assert [reason.code for reason in best(sheet).reasons] == ["score_fact_unknown"]


def test_a_grade_that_full_marks_do_not_reach_is_out_of_reach() -> None:
    path = best(two_rows(20, ladder=(Rung("1", ">", Fraction(100), "表2"),)))
    assert path.outcome is PathOutcome.OUT_OF_REACH
    assert [(reason.code, reason.clause) for reason in path.reasons] == [("score_below", "表2")]


def test_guarantee_rows_that_do_not_apply_can_leave_a_grade_out_of_reach() -> None:
    rubric, answers = two_rows(20)
    items = tuple(replace(item, guarantee=True) for item in rubric.items)
    rubric = replace(rubric, items=items, elements=(ElementRubric("1", 200, guarantee=150),))
    path = best((rubric, answers | {"1.2": Answer(not_applicable="there is none")}))
    assert path.outcome is PathOutcome.OUT_OF_REACH
    assert [reason.code for reason in path.reasons] == ["score_below", "guarantee"]


def test_every_obstacle_is_named_and_the_first_one_leads() -> None:
    sheet = two_rows(20, performance=(NO_DEATHS,), downgrades=(Downgrade("deaths", 1),))
    path = best(sheet, {"deaths": 1})
    assert path.outcome is PathOutcome.PERFORMANCE
    assert [reason.code for reason in path.reasons] == ["performance", "event"]


def test_an_assessment_with_open_items_has_no_path_yet() -> None:
    rubric, answers = two_rows(60)
    paths = next_grades(rubric, {"1.1": answers["1.1"], "1.2": Answer()}, {})
    assert [path.grade for path in paths] == ["3", "2", "1"]
    assert {path.outcome for path in paths} == {PathOutcome.INCOMPLETE}
    assert [reason.item for reason in paths[0].reasons] == ["1.2"]


def test_an_assessment_without_anything_applicable_has_no_path() -> None:
    rubric, answers = two_rows()
    none = dict.fromkeys(answers, Answer(not_applicable="there is none"))
    assert best((rubric, none)).outcome is PathOutcome.NOT_ASSESSABLE


def test_the_best_grade_has_nothing_above_it() -> None:
    assert next_grades(*two_rows(0), {}) == ()


def test_grades_come_nearest_first() -> None:
    assert [path.grade for path in next_grades(*two_rows(60), {})] == ["3", "2", "1"]


@pytest.mark.parametrize("compare_rounded", [True, False])
def test_half_up_rounding_decides_how_many_points_are_needed(compare_rounded: bool) -> None:
    items = tuple(ItemRubric(f"1.{n}", "1", None, n) for n in (1, 3, 196))
    sheet = two_rows(
        compare_rounded=compare_rounded, items=items, elements=(ElementRubric("1", 200),)
    )
    answers = {
        "1.1": Answer(lost=1, reason="seen"),
        "1.3": Answer(lost=3, reason="seen"),
        "1.196": Answer(lost=18, reason="seen"),
    }
    path = best((sheet[0], answers))  # 178 of 200 = 89.0; 179 = 89.5, rounded 90
    wanted = {True: ["1.1"], False: ["1.3"]}[compare_rounded]
    assert [step.item for step in path.least_points.steps] == wanted


def test_the_mark_of_a_major_hazard_must_go_even_where_no_point_was_lost() -> None:
    rubric, answers = two_rows(0, hazard_blocks=True)
    path = best((rubric, answers | {"1.1": Answer(full=True, major_hazard=True)}))
    assert [(s.item, s.points, s.kind) for s in path.fewest_items.steps] == [
        ("1.1", 0, StepKind.MAJOR_HAZARD)
    ]


def test_lifting_what_reaches_beyond_its_row_comes_first_and_gives_all_of_it_back() -> None:
    extra = DeductionRule("extra", Kind.ONCE, 70, Scope.ELEMENT)
    kill = DeductionRule("kill", Kind.ONCE, 5, zeroes=Scope.ELEMENT)
    items = (
        ItemRubric("1.1", "1", None, 100),
        ItemRubric("1.2", "1", None, 50, (extra,)),
        ItemRubric("1.3", "1", None, 50, (kill,)),
    )
    rubric, _ = two_rows(items=items)
    answers = {
        "1.1": Answer(lost=60, reason="seen"),
        "1.2": Answer((Deduction("extra"),)),
        "1.3": Answer((Deduction("kill"),)),
    }
    path = best((rubric, answers))
    assert [(s.item, s.points, s.kind) for s in path.fewest_items.steps] == [
        ("1.3", 70, StepKind.ZEROING),
        ("1.2", 70, StepKind.SPECIAL),
        ("1.1", 60, StepKind.DEDUCTION),
    ]
    assert path.fewest_items.points == 200


def seen(points: int) -> Answer:
    return Answer(lost=points, reason="seen") if points else Answer(full=True)


def taken(path: Path | None) -> list[str]:
    """The items of a path that is proved."""
    assert path is not None
    assert path.proved
    return [step.item for step in path.steps]


def test_in_order_is_full_marks_and_what_does_not_apply_only_loses_its_mark() -> None:
    absent = Answer(not_applicable="there is none", major_hazard=True)
    assert rectify(absent) == Answer(not_applicable="there is none")
    assert rectify(Answer((Deduction("r1"),), 3, "seen", major_hazard=True)) == Answer(full=True)


def test_every_kind_of_step_has_its_place_the_strongest_first() -> None:
    star = StarRule("1", ("*",), Fraction(100))
    extra = DeductionRule("extra", Kind.ONCE, 5, Scope.ELEMENT)
    kill = DeductionRule("kill", Kind.ONCE, 5, zeroes=Scope.ELEMENT)
    forged = DeductionRule("forged", Kind.ONCE, 5, zeroes=Scope.ASSESSMENT)
    items = (
        ItemRubric("1.1", "1", None, 50),
        ItemRubric("1.2", "1", None, 10, star="*"),
        ItemRubric("1.3", "1", None, 10, (extra,)),
        ItemRubric("1.4", "1", None, 10, (kill,)),
        ItemRubric("1.5", "1", None, 10, (forged,)),
        ItemRubric("1.6", "1", None, 10, veto=Scope.ELEMENT),
        ItemRubric("1.7", "1", None, 10),
    )
    rubric, _ = two_rows(items=items, stars=(star,), hazard_blocks=True)
    answers = {
        "1.1": seen(40),
        "1.2": seen(1),
        "1.3": Answer((Deduction("extra"),)),
        "1.4": Answer((Deduction("kill"),)),
        "1.5": Answer((Deduction("forged"),)),
        "1.6": seen(1),
        "1.7": Answer(full=True, major_hazard=True),
    }
    path = best((rubric, answers))
    assert path.fewest_items is not None
    assert [(step.item, step.kind) for step in path.fewest_items.steps] == [
        ("1.7", StepKind.MAJOR_HAZARD),
        ("1.6", StepKind.VETO),
        ("1.4", StepKind.ZEROING),
        ("1.5", StepKind.ZEROING),
        ("1.2", StepKind.STAR),
        ("1.1", StepKind.DEDUCTION),
    ]


def test_a_special_deduction_stays_in_its_sub_element_and_below_its_floor() -> None:
    # the sub-element has 30 left and loses 50: the first 20 that come back bring nothing
    extra = DeductionRule("extra", Kind.ONCE, 50, Scope.SUB_ELEMENT)
    items = (
        ItemRubric("1.1", "1", "1.a", 40, (extra,)),
        ItemRubric("1.2", "1", "1.a", 20),
        ItemRubric("1.3", "1", None, 60),
    )
    rubric, _ = two_rows(items=items, elements=(ElementRubric("1", 120),))
    answers = {
        "1.1": Answer((Deduction("extra"),), 10, "seen"),
        "1.2": seen(20),
        "1.3": seen(0),
    }
    paths = {path.grade: path for path in next_grades(rubric, answers, {})}
    assert taken(paths["2"].fewest_items) == ["1.1"]  # 100 of 120
    assert paths["2"].fewest_items.points == 40
    assert taken(paths["1"].fewest_items) == ["1.1", "1.2"]


def test_only_guarantee_rows_can_bring_back_their_guarantee() -> None:
    items = (
        ItemRubric("1.1", "1", None, 60, guarantee=True),
        ItemRubric("1.2", "1", None, 60),
        ItemRubric("2.1", "2", None, 80),
    )
    elements = (ElementRubric("1", 120, guarantee=50), ElementRubric("2", 80))
    rubric, _ = two_rows(items=items, elements=elements)
    path = best((rubric, {"1.1": seen(15), "1.2": seen(12), "2.1": seen(0)}))
    assert taken(path.least_points) == ["1.1"]
    assert price(path.least_points) == (1, 108)  # 45 and 48 of the other row, and 15


def test_tenths_of_points_of_bonus_and_penalty_rows_are_counted_exactly() -> None:
    items = (
        ItemRubric("1.1", "1", None, 100),
        ItemRubric("1.2", "1", None, 15, role=Role.BONUS),
        ItemRubric("1.3", "1", None, 12, role=Role.PENALTY),
    )
    ladder = (Rung("1", ">=", Fraction(101)), Rung("2", ">=", Fraction(90)))
    rubric, _ = two_rows(
        unit=Fraction(1, 10), decimals=1, items=items, ladder=ladder,
        elements=(ElementRubric("1", 100),),
    )  # fmt: skip
    # ten points; 0.3 of the bonus and 1.2 of the penalty: 89 + 0.3 - 1.2
    answers = {"1.1": seen(11), "1.2": seen(12), "1.3": seen(12)}
    second, first = next_grades(rubric, answers, {})
    assert price(second.least_points) == (1, 11)
    assert taken(first.least_points) == ["1.1", "1.2", "1.3"]
    for bonus, penalty, cheapest in ((8, 12, "1.2"), (12, 5, "1.3")):  # 89.5 and 89.8
        answers |= {"1.1": seen(10), "1.2": seen(bonus), "1.3": seen(penalty)}
        assert taken(next_grades(rubric, answers, {})[0].least_points) == [cheapest]


def test_what_is_above_the_highest_score_is_lost_after_bonus_and_penalty() -> None:
    items = (
        ItemRubric("1.1", "1", None, 100),
        ItemRubric("1.2", "1", None, 5, role=Role.PENALTY),
        ItemRubric("1.3", "1", None, 5, role=Role.PENALTY),
    )
    rubric, _ = two_rows(
        items=items,
        elements=(ElementRubric("1", 100),),
        adjustment=Adjustment(highest=Fraction(95)),
        ladder=(Rung("1", ">", Fraction(95), "表3"), Rung("2", ">=", Fraction(94))),
    )
    second, first = next_grades(rubric, {"1.1": seen(0), "1.2": seen(5), "1.3": seen(5)}, {})
    assert price(second.fewest_items) == (1, 5)
    assert first.outcome is PathOutcome.OUT_OF_REACH
    assert first.reasons == (Reason("score_below", "not_grade:1", clause="表3"),)


def test_from_nothing_at_all_a_grade_costs_just_what_it_asks() -> None:
    items = tuple(ItemRubric(f"1.{n}", "1", None, n) for n in (98, 102))
    rubric, _ = two_rows(items=items)
    third = next_grades(rubric, {"1.98": seen(98), "1.102": seen(102)}, {})[0]
    assert (third.grade, taken(third.least_points)) == ("3", ["1.102"])


def test_a_minimum_that_nothing_meets_is_named_for_its_own_grade_alone() -> None:
    more = tuple(Minimum(name, "1", ">", Fraction(100), f"§{name}") for name in ("1", "2"))
    path = best(two_rows(20, minimums=more))
    assert path.outcome is PathOutcome.OUT_OF_REACH
    assert path.reasons == (Reason("minimum", "not_grade:1", element="1", clause="§1"),)


def four_parts(**more: object) -> Rubric:
    """Three elements with weights in two groups, a fourth without anything applicable."""
    rubric, _ = two_rows()
    elements = tuple(
        ElementRubric(name, points, Fraction(weight), group)
        for name, points, weight, group in (
            ("1", 30, 2, "site"), ("2", 40, 3, "site"), ("3", 30, 1, "office"), ("4", 5, 1, "site"),
        )
    )  # fmt: skip
    rows = (
        ("1.1", 10),
        ("1.2", 20),
        ("2.1", 25),
        ("2.2", 15),
        ("3.1", 12),
        ("3.2", 18),
        ("4.1", 5),
    )
    items = tuple(
        ItemRubric(name, name[0], None, points, star="*" if name[-1] == "1" else "**")
        for name, points in rows
    )
    groups = (Group("site", Fraction(2)), Group("office", Fraction(1)))
    plain = replace(rubric, elements=elements, items=items, groups=groups, method=Method.WEIGHTS)
    return replace(plain, decimals=1, **more)


LOST = {"1.1": 7, "1.2": 3, "2.1": 9, "2.2": 5, "3.1": 2, "3.2": 8}


def with_losses(other: Mapping[str, int] | None = None) -> dict[str, Answer]:
    losses = LOST | dict(other or {})
    absent = {"4.1": Answer(not_applicable="there is none")}
    return {name: seen(points) for name, points in losses.items()} | absent


@pytest.mark.parametrize("comparator", [">", ">="])
@pytest.mark.parametrize("rate", [65, 75, 80, 90, 95])
def test_no_set_is_smaller_where_a_group_must_reach_a_rate(comparator: str, rate: int) -> None:
    one = (Minimum("1", "site", comparator, Fraction(rate)),)
    office = (Minimum("2", "office", comparator, Fraction(rate)),)
    for minimums in (one, office, one + office, (replace(one[0], part="2"), *office)):
        check(four_parts(minimums=minimums), with_losses(), {})


def test_a_group_that_is_just_at_its_rate_may_have_to_be_above_it() -> None:
    for comparator, rate in ((">=", 75), (">", 75), (">", 50)):
        sheet = four_parts(minimums=(Minimum("1", "office", comparator, Fraction(rate)),))
        check(sheet, with_losses({"3.1": 3, "3.2": 12}), {})  # half of the office
        check(sheet, with_losses({"3.1": 3, "3.2": 4, "1.1": 0}), {})


@pytest.mark.parametrize("share", [20, 50, 75, 100])
def test_no_set_is_smaller_where_a_share_of_starred_rows_must_be_whole(share: int) -> None:
    own = StarRule("1", ("*",), Fraction(share))
    all_rows = StarRule("1", ("*", "**"), Fraction(share))
    lower = StarRule("2", ("**",), Fraction(100))
    for rules in ((own,), (all_rows,), (own, lower), (own, all_rows), (lower, all_rows)):
        check(four_parts(stars=rules), with_losses(), {})
        marked = with_losses({"2.1": 0}) | {"1.1": Answer(full=True, major_hazard=True)}
        check(four_parts(stars=rules, hazard_blocks=True), marked, {})


def test_a_better_grade_can_be_nearer_than_one_that_asks_for_more_beside_the_score() -> None:
    full = Fraction(100)
    check(four_parts(minimums=(Minimum("2", "*", ">=", full),)), with_losses(), {})
    check(four_parts(stars=(StarRule("2", ("*", "**"), full),)), with_losses(), {})
    closed = (Minimum("2", "1", ">", Fraction(100)), Minimum("3", "1", ">", Fraction(100)))
    check(four_parts(minimums=closed), with_losses(), {})


@pytest.mark.parametrize("bonus", [None, 3, 9])
@pytest.mark.parametrize("penalty", [None, 2, 9])
def test_no_set_is_smaller_where_bonus_and_penalty_are_bounded(
    bonus: int | None, penalty: int | None
) -> None:
    extras = (
        ("5.1", 4, Role.BONUS), ("5.2", 5, Role.BONUS),
        ("5.3", 4, Role.PENALTY), ("5.4", 3, Role.PENALTY),
    )  # fmt: skip
    plain = four_parts()
    rubric = replace(
        plain,
        items=(*plain.items, *(ItemRubric(n, "3", None, p, role=r) for n, p, r in extras)),
        adjustment=Adjustment(
            *(None if bound is None else Fraction(bound) for bound in (bonus, penalty))
        ),
        ladder=(Rung("1", ">=", Fraction(94)), Rung("2", ">=", Fraction(88))),
    )
    answers = with_losses({"2.1": 0, "2.2": 0, "1.2": 0, "5.1": 4, "5.2": 3, "5.3": 4, "5.4": 3})
    check(rubric, answers, {})


@pytest.mark.parametrize("least", [20, 25, 30])
def test_no_set_is_smaller_where_guarantee_rows_must_hold(least: int) -> None:
    rubric = four_parts()
    items = tuple(replace(item, guarantee=item.element in ("1", "2")) for item in rubric.items)
    elements = tuple(
        replace(part, guarantee=least if part.id in ("1", "2") else None)
        for part in rubric.elements
    )
    for losses in ({}, {"1.1": 10}, {"1.2": 20}, {"2.2": 0}, {"1.1": 5, "1.2": 0}):
        check(replace(rubric, items=items, elements=elements), with_losses(losses), {})


def test_no_set_is_smaller_where_shares_of_rows_and_rates_of_groups_come_together() -> None:
    for share in (50, 75):
        rules = (StarRule("1", ("*", "**"), Fraction(share)),)
        for part, rate in (("site", 85), ("office", 80)):
            minimums = (Minimum("1", part, ">=", Fraction(rate)),)
            check(four_parts(stars=rules, minimums=minimums), with_losses(), {})


@pytest.mark.parametrize("bound", [1, 2, 5, 6])
def test_no_set_is_smaller_where_only_a_bounded_penalty_or_bonus_is_missing(bound: int) -> None:
    limit = Fraction(bound)
    for role, ladder in ((Role.PENALTY, (100, 98, 95)), (Role.BONUS, (105, 102, 101))):
        items = (
            ItemRubric("1.1", "1", None, 100),
            *(ItemRubric(f"1.{n}", "1", None, n, role=role) for n in (3, 4, 5)),
        )
        rubric, _ = two_rows(
            items=items,
            elements=(ElementRubric("1", 100),),
            adjustment=Adjustment(most_bonus=limit, most_penalty=limit),
            ladder=tuple(Rung(str(n), ">=", Fraction(n)) for n in ladder),
        )
        for own in (0, 1):
            check(rubric, {"1.1": seen(own), "1.3": seen(3), "1.4": seen(4), "1.5": seen(2)}, {})


def test_no_set_is_smaller_where_a_sub_element_is_used_up_by_rules_alone() -> None:
    take = DeductionRule("take", Kind.ONCE, 30, Scope.SUB_ELEMENT)
    kill = DeductionRule("kill", Kind.ONCE, 5, Scope.SUB_ELEMENT, zeroes=Scope.SUB_ELEMENT)
    items = (
        ItemRubric("1.1", "1", "1.a", 10, (take,)),
        ItemRubric("1.2", "1", "1.a", 10, (take,)),
        ItemRubric("1.3", "1", "1.a", 20, (kill,)),
        ItemRubric("1.4", "1", "1.b", 30),
        ItemRubric("1.5", "1", None, 30),
    )
    rubric, _ = two_rows(items=items, elements=(ElementRubric("1", 100),))
    taken_twice = {"1.1": Answer((Deduction("take"),)), "1.2": Answer((Deduction("take"),))}
    killed = {"1.3": Answer((Deduction("kill"),))}
    plain = {item.id: seen(0) for item in items} | {"1.4": seen(6), "1.5": seen(7)}
    for reported in (taken_twice, killed, taken_twice | killed, killed | {"1.1": seen(4)}):
        check(rubric, plain | reported, {})


def test_what_meets_a_demand_meets_every_demand_that_asks_no_more() -> None:
    rows = frozenset(("1.1", "1.2", "1.3"))
    two = Demand(least=(("1", 80),), shares=((rows, 2),), groups=(("g", Fraction(1), False),))
    assert two.covers(two)
    assert two.covers(Demand())
    assert not Demand().covers(two)
    for one in (Demand(least=(("1", 1),)), Demand(shares=((rows, 1),))):
        assert one.covers(one)
        assert not Demand().covers(one)
    assert not replace(two, least=(("1", 79),)).covers(two)
    assert not replace(two, shares=((rows, 1),)).covers(two)
    assert not replace(two, groups=(("g", Fraction(1, 2), True),)).covers(two)
    assert not two.covers(replace(two, groups=(("g", Fraction(1), True),)))
    # two of the rows named one by one are two of them
    named = replace(two, shares=(), mandatory=frozenset(("1.1", "1.2")))
    assert named.covers(two)
    assert not two.covers(named)
    assert not replace(named, mandatory=frozenset(("1.1",))).covers(two)


def test_without_a_proof_one_path_drops_the_small_losses_and_one_the_large_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(path_search.Work, "__init__", lambda work: setattr(work, "left", 1))
    special = DeductionRule("special", Kind.ONCE, 15, Scope.ELEMENT)
    items = (
        ItemRubric("1.1", "1", None, 60, (special,)),
        ItemRubric("1.2", "1", None, 60),
        ItemRubric("1.3", "1", None, 80),
    )
    rubric, _ = two_rows(items=items)
    # 159 of 200; 20 more are needed: the 21 of the first row, or the 10 of each of the others
    answers = {"1.1": Answer((Deduction("special"),), 6, "seen"), "1.2": seen(10), "1.3": seen(10)}
    path = best((rubric, answers))
    assert [step.item for step in path.fewest_items.steps] == ["1.1"]
    assert [step.item for step in path.least_points.steps] == ["1.2", "1.3"]


def test_a_search_that_would_take_too_long_is_never_called_proved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(path_search.Work, "__init__", lambda work: setattr(work, "left", 1))
    rubric, answers = two_rows(30)
    path = best((rubric, answers))
    for steps in (path.fewest_items, path.least_points):
        assert not steps.proved
        leads_there(rubric, answers, {}, path, steps)


FACTS: dict[str, FactValue] = {"deaths": 0, "worst_accident": "none"}


def general() -> Rubric:
    return rubric_of(default_library().find("industry-trade-general"))


@pytest.mark.parametrize("every", [2, 3, 5])
def test_the_198_items_of_the_general_standard_with_many_losses(every: int) -> None:
    rubric = general()
    answers = {item.id: Answer(full=True) for item in rubric.items}
    for number, item in enumerate(rubric.items[::every]):
        reported = [rule for rule in item.rules if rule.trigger is Trigger.REPORTED]
        answers[item.id] = Answer((Deduction(reported[number % len(reported)].id),))
    answers[rubric.items[7].id] = Answer(not_applicable="there is none")
    now = grade(rubric, answers, FACTS)
    paths = next_grades(rubric, answers, FACTS)
    assert paths
    gains = one_by_one(rubric, answers)
    for path in paths:
        assert path.outcome is PathOutcome.REACHABLE
        few, little = path.fewest_items, path.least_points
        assert few.proved
        assert little.proved
        assert len(few.steps) <= len(little.steps)
        assert little.points <= few.points
        for steps in (few, little):
            leads_there(rubric, answers, FACTS, path, steps)
            # nothing can be left out
            index = [rung.grade for rung in rubric.ladder].index(path.grade)
            names = [step.item for step in steps.steps]
            for name in names:
                fewer = tuple(other for other in names if other != name)
                assert certain(rubric, grade(rubric, rectified(answers, fewer), FACTS)) > index
        if sum(gains.values()) == rubric.total - now.not_applicable - now.earned:
            # nothing interacts: the largest gains first, and every sum that can be made
            need = needed(rubric, now, path)
            assert len(few.steps) == largest_first(gains, need)
            sums = {0}
            for gain in gains.values():
                sums |= {total + gain for total in sums}
            assert little.points == min(total for total in sums if total >= need)


def one_by_one(rubric: Rubric, answers: dict[str, Answer]) -> dict[str, int]:
    """What each item gives back on its own."""
    now = grade(rubric, answers, FACTS).earned
    alone = {name: grade(rubric, rectified(answers, (name,)), FACTS).earned for name in answers}
    return {name: earned - now for name, earned in alone.items() if earned > now}


def needed(rubric: Rubric, now: Result, path: PathToGrade) -> int:
    """Units from the earned points to the first total whose rounded score meets the grade."""
    least = next(rung.threshold for rung in rubric.ladder if rung.grade == path.grade)
    half = Fraction(1, 2 * 10**rubric.decimals)
    points = (least - half) * now.attainable / rubric.scale
    return -(-points.numerator // points.denominator) - now.earned


def largest_first(gains: Mapping[str, int], need: int) -> int:
    count = 0
    for gain in sorted(gains.values(), reverse=True):
        if need <= 0:
            break
        need -= gain
        count += 1
    return count


def test_an_element_of_the_general_standard_that_special_deductions_have_used_up() -> None:
    rubric = general()
    answers = {item.id: Answer(full=True) for item in rubric.items}
    for item in rubric.items:
        if item.element in ("2", "6"):
            beyond = [r for r in item.rules if r.trigger is Trigger.ITEM_AT_ZERO or r.zeroes]
            if beyond or item.element == "6":
                answers[item.id] = Answer(lost=item.points, reason="seen")
    paths = next_grades(rubric, answers, FACTS)
    assert paths
    for path in paths:
        for steps in (path.fewest_items, path.least_points):
            assert steps.proved
            leads_there(rubric, answers, FACTS, path, steps)
    assert any(step.kind is StepKind.SPECIAL for step in paths[-1].fewest_items.steps)


def test_a_path_that_the_engine_contradicts_is_replaced_and_not_called_proved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rubric = four_parts(ladder=(Rung("1", ">=", Fraction(95)),))
    rubric = replace(rubric, stars=(StarRule("1", ("*",), Fraction(50)),))
    answers = with_losses()
    [right] = next_grades(rubric, answers, {})
    for wrong in (
        path_search.Choice(1, 7, frozenset(("1.1",))),  # too little
        path_search.Choice(6, 33, frozenset(LOST)),  # enough, for other points
    ):
        pair = (wrong, wrong)
        monkeypatch.setattr(path_search.Search, "cheapest", lambda *_, found=pair: found)
        [path] = next_grades(rubric, answers, {})
        assert path.outcome is PathOutcome.REACHABLE
        for steps in (path.fewest_items, path.least_points):
            assert steps is not None
            assert steps.proved is False
            assert steps.points == sum(LOST[step.item] for step in steps.steps)
            assert len(steps.steps) >= len(taken(right.fewest_items))
            assert {step.kind for step in steps.steps} == {StepKind.STAR, StepKind.DEDUCTION}
            leads_there(rubric, answers, {}, path, steps)


def test_a_closed_grade_with_shares_and_groups_is_reached_by_way_of_a_better_one() -> None:
    minimums = (
        Minimum("2", "1", ">", Fraction(100)),
        Minimum("2", "office", ">=", Fraction(90)),
    )
    shares = (StarRule("2", ("*", "**"), Fraction(75)),)
    check(four_parts(minimums=minimums, stars=shares), with_losses(), {})
    # nothing of the element is lost, and it would have to have more than all
    whole = with_losses({"1.1": 0, "1.2": 0})
    check(four_parts(minimums=minimums, stars=shares), whole, {})


def test_a_better_grade_is_only_searched_where_a_lower_one_asks_for_something_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []
    cheapest = path_search.Search.cheapest

    def counted(search: path_search.Search, need: int, work: path_search.Work) -> object:
        asked.append(need)
        return cheapest(search, need, work)

    monkeypatch.setattr(path_search.Search, "cheapest", counted)
    rubric, answers = two_rows(60)  # 80 of 200
    assert len(next_grades(rubric, answers, {})) == 3
    assert asked == [19, 61, 99]  # 49.5, 70.5 and 89.5 per cent, the nearest first
    asked.clear()
    next_grades(replace(rubric, minimums=(Minimum("1", "1", ">=", Fraction(75)),)), answers, {})
    assert asked == [19, 61, 99]
    # the better ones may be nearer than all points
    asked.clear()
    next_grades(replace(rubric, minimums=(Minimum("3", "1", ">=", Fraction(100)),)), answers, {})
    assert asked == [19, 99, 61]


def test_a_path_is_not_proved_when_the_search_of_a_better_grade_was_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cheapest = path_search.Search.cheapest

    def impatient(search: path_search.Search, need: int, work: path_search.Work) -> object:
        if need == 99:
            raise path_search.TooMuchWorkError
        return cheapest(search, need, work)

    monkeypatch.setattr(path_search.Search, "cheapest", impatient)
    rubric, _ = two_rows(
        items=tuple(ItemRubric(f"1.{n}", "1", None, n) for n in (41, 60, 99)),
        minimums=(Minimum("3", "1", ">=", Fraction(100)),),
    )
    answers = {"1.41": seen(31), "1.60": seen(40), "1.99": seen(49)}  # 80 of 200
    third, second, first = next_grades(rubric, answers, {})
    # 61 points are enough for the second grade, and so for the third one
    for path in (third, second):
        assert path.least_points is not None
        assert [step.item for step in path.least_points.steps] == ["1.41", "1.60"]
    assert [path.least_points.proved for path in (third, second, first)] == [False, True, False]


def test_a_capped_grade_is_no_way_to_a_lower_one_that_asks_for_more() -> None:
    rubric, answers = two_rows(
        20, absence_cap=AbsenceCap("2", points=5), minimums=(Minimum("2", "1", ">=", Fraction(95)),)
    )
    items = (*rubric.items, ItemRubric("1.3", "1", None, 10))
    rubric = replace(rubric, items=items, elements=(ElementRubric("1", 210),))
    answers |= {"1.1": seen(12), "1.2": seen(28)}
    check(rubric, answers | {"1.3": Answer(not_applicable="there is none")}, {})
