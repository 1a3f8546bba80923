"""What holds for every sheet and every assessment, on small random ones."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import product

from hypothesis import assume, given, settings
from hypothesis import strategies as st

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
    Trigger,
    grade,
)
from scoring.model import (
    AbsenceCap,
    Adjustment,
    ControlLine,
    Downgrade,
    Group,
    Imported,
    Method,
    Minimum,
    Role,
    StarRule,
)

examples = settings(max_examples=200, deadline=None)

LADDER = tuple(
    Rung(name, op, Fraction(least)) for name, op, least in (("1", ">=", 80), ("2", ">", 50))
)
WHOLE_OR_ONCE = st.sampled_from((Kind.ONCE, Kind.WHOLE))
REACH = st.sampled_from((Scope.SUB_ELEMENT, Scope.ELEMENT))
RARELY = st.sampled_from((None, None, None, None, None, *Scope))


@st.composite
def rules(draw: st.DrawFn, number: int) -> DeductionRule:
    trigger = draw(st.sampled_from((Trigger.REPORTED, Trigger.REPORTED, Trigger.ITEM_AT_ZERO)))
    reported = trigger is Trigger.REPORTED
    kind = draw(st.sampled_from(Kind) if reported else WHOLE_OR_ONCE)
    points = None if kind is Kind.WHOLE else draw(st.integers(1, 15))
    scope = draw(st.one_of(st.just(Scope.ITEM), REACH) if reported else REACH)
    return DeductionRule(f"r{number}", kind, points, scope, trigger, draw(RARELY))


@st.composite
def rubrics(draw: st.DrawFn) -> Rubric:
    items = []
    for element in range(draw(st.integers(1, 3))):
        for row in range(draw(st.integers(1, 4))):
            sub = draw(st.sampled_from((None, f"{element}.a", f"{element}.b")))
            own = tuple(draw(rules(number)) for number in range(draw(st.integers(0, 3))))
            points = draw(st.integers(1, 20))
            items.append(
                ItemRubric(f"{element}.{row}", str(element), sub, points, own, draw(RARELY))
            )
    return Rubric(
        scheme="random",
        edition="1",
        fingerprint="",
        unit=Fraction(1, 10),
        scale=Fraction(100),
        decimals=draw(st.integers(0, 2)),
        compare_rounded=draw(st.booleans()),
        elements=tuple(
            ElementRubric(name, sum(item.points for item in items if item.element == name))
            for name in sorted({item.element for item in items})
        ),
        items=tuple(items),
        ladder=LADDER,
    )


@st.composite
def marks(draw: st.DrawFn, item: ItemRubric, *, may_not_apply: bool = True) -> Answer:
    if may_not_apply and draw(st.integers(0, 3)) == 0:
        return Answer(not_applicable="there is none")
    deductions = []
    for rule in draw(st.permutations(item.rules)):
        if rule.trigger is Trigger.REPORTED and draw(st.booleans()):
            counted = rule.kind in (Kind.EACH, Kind.PER_PERCENT)
            in_range = rule.kind is Kind.RANGE
            deductions.append(
                Deduction(
                    rule.id,
                    draw(st.integers(1, 4)) if counted else 1,
                    draw(st.integers(0, rule.points or 0)) if in_range else None,
                )
            )
    lost = draw(st.sampled_from((0, 0, 1, item.points)))
    return Answer(tuple(deductions), lost, "seen", full=not deductions and not lost)


@st.composite
def sheets(draw: st.DrawFn, *, open_items: bool = False) -> tuple[Rubric, dict[str, Answer]]:
    rubric = draw(rubrics())
    answers = {
        item.id: draw(marks(item))
        for item in rubric.items
        if not (open_items and draw(st.booleans()))
    }
    return rubric, answers


def rank(rubric: Rubric, name: str | None) -> int:
    """0 for the best grade, one more than the last rung for none."""
    return [rung.grade for rung in rubric.ladder].index(name) if name else len(rubric.ladder)


def oracle(rubric: Rubric, answers: Mapping[str, Answer]) -> tuple[Fraction, str | None] | None:
    """Score and grade a second time, in points and by plain sums, without the engine."""
    worth: dict[str, Fraction] = {}
    raids: dict[tuple[Scope, str], Fraction] = {}
    dead: set[tuple[Scope, str]] = set()

    # a place is a scope with the part's id; an item without sub-element reaches its element
    def place(item: ItemRubric, scope: Scope) -> tuple[Scope, str]:
        if scope is Scope.SUB_ELEMENT and item.sub_element:
            return scope, item.sub_element
        return (scope, "") if scope is Scope.ASSESSMENT else (Scope.ELEMENT, item.element)

    def fire(item: ItemRubric, rule: DeductionRule, times: int, judged: int | None) -> Fraction:
        full = item.points if rule.points is None else rule.points
        price = (full * times if judged is None else judged) * rubric.unit
        if rule.zeroes not in (None, Scope.ITEM):
            dead.add(place(item, rule.zeroes))
        if rule.scope is Scope.ITEM:
            return price
        target = place(item, rule.scope)
        raids[target] = raids.get(target, Fraction(0)) + price
        return Fraction(0)

    base = Fraction(0)
    for item in rubric.items:
        answer, full = answers[item.id], item.points * rubric.unit
        if answer.not_applicable:
            continue
        base += full
        left = full - answer.lost * rubric.unit
        for row in answer.deductions:
            rule = next(rule for rule in item.rules if rule.id == row.rule)
            left -= fire(item, rule, row.count, row.points)
            left = Fraction(0) if rule.zeroes is Scope.ITEM else left
        if left < full and item.veto:
            left = Fraction(0) if item.veto is Scope.ITEM else left
            dead |= {place(item, item.veto)} if item.veto is not Scope.ITEM else set()
        worth[item.id] = max(left, Fraction(0))
        for rule in item.rules if left <= 0 else ():
            if rule.trigger is Trigger.ITEM_AT_ZERO:
                fire(item, rule, 1, None)

    def rest(where: tuple[Scope, str], amount: Fraction) -> Fraction:
        return Fraction(0) if where in dead else max(Fraction(0), amount - raids.get(where, 0))

    earned = Fraction(0)
    for element in rubric.elements:
        rows = [row for row in rubric.items if row.element == element.id and row.id in worth]
        direct = sum(worth[row.id] for row in rows if not row.sub_element)
        for sub in {row.sub_element for row in rows if row.sub_element}:
            inside = sum(worth[row.id] for row in rows if row.sub_element == sub)
            direct += rest((Scope.SUB_ELEMENT, sub), inside)
        earned += rest((Scope.ELEMENT, element.id), direct)
    if not base:
        return None
    score, ten = earned * rubric.scale / base, 10**rubric.decimals
    met = Fraction(int(score * ten + Fraction(1, 2)), ten) if rubric.compare_rounded else score
    reached = "1" if met >= 80 else "2" if met > 50 else None
    return score, None if (Scope.ASSESSMENT, "") in dead else reached


@examples
@given(sheets())
def test_the_engine_agrees_with_a_second_reckoning_by_plain_fractions(
    sheet: tuple[Rubric, dict[str, Answer]],
) -> None:
    result = grade(*sheet, {})
    expected = oracle(*sheet)
    if expected is None:
        assert result.outcome is Outcome.NOT_ASSESSABLE
    else:
        assert (result.score_exact, result.grade) == expected


@examples
@given(sheets(open_items=True))
def test_every_item_splits_into_not_applicable_earned_and_deducted(
    sheet: tuple[Rubric, dict[str, Answer]],
) -> None:
    for item in grade(*sheet, {}).items:
        assert item.not_applicable + item.earned + item.deducted == item.points
        assert min(item.not_applicable, item.earned, item.deducted) >= 0


@examples
@given(sheets(open_items=True))
def test_items_elements_and_the_whole_agree(sheet: tuple[Rubric, dict[str, Answer]]) -> None:
    result = grade(*sheet, {})
    zeroed = any(reason.code == "zeroed" for reason in result.reasons)
    for element in result.elements:
        rows = [item for item in result.items if item.element == element.id]
        assert element.points == sum(item.points for item in rows)
        assert element.not_applicable == sum(item.not_applicable for item in rows)
        assert element.attainable == element.points - element.not_applicable
        assert element.attainable == element.earned + element.deducted
        assert min(element.earned, element.deducted, element.special) >= 0
        if not zeroed and result.outcome is not Outcome.INCOMPLETE:
            assert element.earned == sum(item.earned for item in rows) - element.special
    for figure in ("points", "not_applicable", "attainable", "earned", "deducted"):
        assert getattr(result, figure) == sum(getattr(row, figure) for row in result.elements)


@examples
@given(sheets(open_items=True))
def test_the_score_stays_between_nothing_and_the_full_scale(
    sheet: tuple[Rubric, dict[str, Answer]],
) -> None:
    result = grade(*sheet, {})
    if result.interval is None:
        assert result.outcome is Outcome.NOT_ASSESSABLE
    else:
        assert 0 <= result.interval[0] <= result.interval[1] <= sheet[0].scale


@examples
@given(sheets(), st.data())
def test_one_more_deduction_never_raises_score_or_grade(
    sheet: tuple[Rubric, dict[str, Answer]], data: st.DataObject
) -> None:
    rubric, answers = sheet
    applicable = [item for item in rubric.items if answers[item.id].not_applicable is None]
    assume(applicable)
    item = data.draw(st.sampled_from(applicable))
    answer = answers[item.id]
    unused = [
        rule
        for rule in item.rules
        if rule.trigger is Trigger.REPORTED
        and rule.id not in {row.rule for row in answer.deductions}
    ]
    if unused and data.draw(st.booleans()):
        rule = data.draw(st.sampled_from(unused))
        extra = Deduction(rule.id, points=rule.points if rule.kind is Kind.RANGE else None)
        harder = replace(answer, deductions=(*answer.deductions, extra), full=False)
    else:
        more = data.draw(st.integers(answer.lost, item.points))
        harder = replace(answer, lost=more, full=answer.full and not more)
    before = grade(rubric, answers, {})
    after = grade(rubric, answers | {item.id: harder}, {})
    assert after.score_exact <= before.score_exact
    assert rank(rubric, after.grade) >= rank(rubric, before.grade)


@examples
@given(sheets(open_items=True), st.data())
def test_the_order_of_items_rules_and_deductions_is_irrelevant(
    sheet: tuple[Rubric, dict[str, Answer]], data: st.DataObject
) -> None:
    rubric, answers = sheet

    def mixed(rows: tuple) -> tuple:
        return tuple(data.draw(st.permutations(rows)))

    other = replace(
        rubric,
        elements=mixed(rubric.elements),
        items=tuple(replace(item, rules=mixed(item.rules)) for item in mixed(rubric.items)),
    )
    turned = {
        name: replace(answer, deductions=mixed(answer.deductions))
        for name, answer in data.draw(st.permutations(tuple(answers.items())))
    }
    one, two = grade(rubric, answers, {}), grade(other, turned, {})

    def figures(result: Result) -> tuple:
        return (result.outcome, result.grade, result.score_exact, result.interval, result.possible)

    assert figures(one) == figures(two)
    assert set(one.elements) == set(two.elements)
    assert set(one.items) == set(two.items)


@examples
@given(sheets(open_items=True), st.data())
def test_the_interval_holds_however_the_open_items_that_apply_are_answered(
    sheet: tuple[Rubric, dict[str, Answer]], data: st.DataObject
) -> None:
    rubric, answers = sheet
    now = grade(rubric, answers, {})
    closing = {
        item.id: data.draw(marks(item, may_not_apply=False))
        for item in rubric.items
        if item.id not in answers
    }
    later = grade(rubric, answers | closing, {})
    assume(later.outcome is not Outcome.NOT_ASSESSABLE)
    assert now.interval[0] <= later.score <= now.interval[1]
    best, worst = rank(rubric, now.possible.best), rank(rubric, now.possible.worst)
    assert best <= rank(rubric, later.grade) <= worst


@examples
@given(sheets(open_items=True))
def test_the_upper_end_of_the_interval_is_what_full_marks_would_bring(
    sheet: tuple[Rubric, dict[str, Answer]],
) -> None:
    rubric, answers = sheet
    now = grade(rubric, answers, {})
    full = {item.id: Answer(full=True) for item in rubric.items} | answers
    later = grade(rubric, full, {})
    assert later.score == (now.interval[1] if now.interval else None)
    assert later.grade == now.possible.best


FACTS = {"deaths": (0, 1, 2), "share": (79, 80, 90), "group": (False, True)}


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    fact = draw(st.sampled_from(("deaths", "share")))
    guards = st.sampled_from((None, "group"))
    return Condition(
        fact,
        draw(st.sampled_from(("<", "<=", "=", ">=", ">"))),
        draw(st.sampled_from(FACTS[fact])),
        draw(guards),
        draw(guards),
    )


@examples
@given(
    st.lists(conditions(), max_size=2),
    st.lists(conditions(), max_size=2),
    st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in FACTS.items()}),
)
def test_the_grades_still_possible_hold_however_the_unknown_facts_turn_out(
    first: list[Condition], second: list[Condition], facts: dict[str, int | bool]
) -> None:
    rubric = Rubric(
        "random", "1", "", Fraction(1), Fraction(100), 1, True,
        (ElementRubric("1", 9),), (ItemRubric("1.1", "1", None, 9),), LADDER,
        (PerformanceRung("1", tuple(first)), PerformanceRung("2", tuple(second))),
    )  # fmt: skip
    answers = {"1.1": Answer(full=True)}
    now = grade(rubric, answers, facts)
    unknown = [name for name in FACTS if name not in facts]
    best, worst = rank(rubric, now.possible.best), rank(rubric, now.possible.worst)
    for values in product(*(FACTS[name] for name in unknown)):
        later = grade(rubric, answers, facts | dict(zip(unknown, values, strict=True)))
        assert best <= rank(rubric, later.grade) <= worst
    if not unknown:
        assert now.possible == Grade(now.grade, now.grade)


# ------------------------------------------------------------------ weights, gates, bonus, events

shapes = settings(max_examples=100, deadline=None)

LOW_LADDER = (Rung("1", ">=", Fraction(60)), Rung("2", ">", Fraction(30)))
FACTS_OF_SHAPES = {"events": (0, 1, 2), "held": ("first", "second")}
ROLES = st.sampled_from((Role.BASE, Role.BASE, Role.BASE, Role.BONUS, Role.PENALTY))
GRADES = st.sampled_from(("1", "2"))
RATES = st.integers(0, 100).map(Fraction)
SOME = st.integers(0, 12).map(Fraction)
SELDOM = st.sampled_from((False, False, False, True))


@st.composite
def shaped(draw: st.DrawFn) -> Rubric:
    """A random sheet with any mixture of the shapes that a scheme can have."""
    plain = draw(rubrics())
    items = tuple(
        replace(
            item,
            role=draw(ROLES),
            guarantee=draw(SELDOM),
            star=draw(st.sampled_from(("", "★"))),
            veto=item.veto if draw(SELDOM) else None,
        )
        for item in plain.items
    )
    groups = draw(
        st.sampled_from(((), (Group("left", Fraction(6, 10)), Group("right", Fraction(4, 10)))))
    )
    elements = tuple(
        ElementRubric(
            row.id,
            sum(i.points for i in items if i.element == row.id and i.role is Role.BASE),
            Fraction(draw(st.integers(1, 9)), 10),
            draw(st.sampled_from([group.id for group in groups])) if groups else "",
            draw(st.none() | st.integers(1, 10)),
        )
        for row in plain.elements
    )
    parts = st.sampled_from(("*", *(row.id for row in elements), *(row.id for row in groups)))
    bounds = st.none() | SOME
    return replace(
        plain,
        ladder=LOW_LADDER,
        elements=elements,
        items=items,
        groups=groups,
        method=draw(st.sampled_from(Method)),
        minimums=tuple(
            Minimum(draw(GRADES), draw(parts), draw(st.sampled_from((">=", ">"))), draw(RATES))
            for _ in range(draw(st.integers(0, 2)))
        ),
        stars=draw(st.just(()) | st.tuples(st.builds(StarRule, GRADES, st.just(("★",)), RATES))),
        absence_cap=draw(
            st.none()
            | st.builds(
                AbsenceCap, st.none() | GRADES, st.none() | st.integers(0, 40), st.none() | RATES
            )
        ),
        adjustment=Adjustment(
            draw(bounds), draw(bounds), draw(st.sampled_from((None, Fraction(100))))
        ),
        imported=draw(
            st.none()
            | st.just(Imported("held", (("first", Fraction(40)), ("second", Fraction(20)))))
        ),
        downgrades=draw(
            st.just(())
            | st.tuples(st.builds(Downgrade, st.just("events"), st.integers(0, 2), SOME))
        ),
        hazard_blocks=draw(st.booleans()),
        control_lines=(ControlLine(elements[0].id, draw(RATES)),),
    )


@st.composite
def shaped_sheets(
    draw: st.DrawFn, *, open_items: bool = False
) -> tuple[Rubric, dict[str, Answer], dict[str, int | str]]:
    rubric = draw(shaped())
    answers = {
        item.id: replace(draw(marks(item)), major_hazard=draw(st.integers(0, 29)) == 7)
        for item in rubric.items
        if not (open_items and draw(st.booleans()))
    }
    facts = {name: draw(st.sampled_from(values)) for name, values in FACTS_OF_SHAPES.items()}
    return rubric, answers, facts


Shaped = tuple[Rubric, dict[str, Answer], dict[str, int | str]]


@shapes
@given(shaped_sheets(open_items=True))
def test_rows_elements_and_the_whole_agree_in_every_shape(sheet: Shaped) -> None:
    rubric = sheet[0]
    result = grade(*sheet)
    base = {item.id for item in rubric.items if item.role is Role.BASE}
    for item in result.items:
        assert item.not_applicable + item.earned + item.deducted == item.points
        assert min(item.not_applicable, item.earned, item.deducted) >= 0
    for element in result.elements:
        rows = [row for row in result.items if row.element == element.id and row.id in base]
        assert element.points == sum(row.points for row in rows)
        assert element.not_applicable == sum(row.not_applicable for row in rows)
        assert element.attainable == element.points - element.not_applicable
        assert element.attainable == element.earned + element.deducted
        assert 0 <= element.earned <= sum(row.earned for row in rows) - element.special
    for figure in ("points", "not_applicable", "attainable", "earned", "deducted"):
        assert getattr(result, figure) == sum(getattr(row, figure) for row in result.elements)


@shapes
@given(shaped_sheets())
def test_special_deductions_take_no_more_than_is_left(sheet: Shaped) -> None:
    rubric = sheet[0]
    result = grade(*sheet)
    for target in {(row.scope, row.target) for row in result.specials}:
        rows = [
            row
            for row in result.items
            if (row.sub_element if target[0] is Scope.SUB_ELEMENT else row.element) == target[1]
            and rubric.by_id[row.id].role is Role.BASE
        ]
        own = [row for row in result.specials if (row.scope, row.target) == target]
        assert all(0 <= row.taken <= row.asked for row in own)
        assert sum(row.taken for row in own) <= sum(row.earned for row in rows)


@shapes
@given(shaped())
def test_nothing_applicable_is_not_assessable_in_every_shape(rubric: Rubric) -> None:
    result = grade(
        replace(rubric, imported=None),
        {item.id: Answer(not_applicable="there is none") for item in rubric.items},
        {"events": 0},
    )
    assert result.outcome is Outcome.NOT_ASSESSABLE
    assert (result.score, result.interval, result.grade) == (None, None, None)


@shapes
@given(shaped_sheets(open_items=True))
def test_a_score_leaves_the_scale_by_bonus_or_import_only(sheet: Shaped) -> None:
    rubric = sheet[0]
    result = grade(*sheet)
    assume(result.interval is not None)
    highest = rubric.scale
    if any(item.role is Role.BONUS for item in rubric.items):
        bonus = sum(item.points for item in rubric.items if item.role is Role.BONUS) * rubric.unit
        bound = rubric.adjustment.most_bonus
        highest += bonus if bound is None else min(bonus, bound)
    if rubric.imported is not None:
        highest += 40
    if rubric.adjustment.highest is not None:
        highest = min(highest, rubric.adjustment.highest)
    worst, best = result.interval
    assert 0 <= worst <= best
    # rounding may lift a bound by less than one step
    assert best < highest + Fraction(1, 10**rubric.decimals)


@shapes
@given(shaped_sheets(), st.data())
def test_a_point_more_lost_never_raises_score_or_grade_in_any_shape(
    sheet: Shaped, data: st.DataObject
) -> None:
    rubric, answers, facts = sheet
    applicable = [item for item in rubric.items if answers[item.id].not_applicable is None]
    assume(applicable)
    item = data.draw(st.sampled_from(applicable))
    answer = answers[item.id]
    more = data.draw(st.integers(answer.lost, item.points))
    harder = replace(answer, lost=more, reason="seen", full=answer.full and not more)
    before = grade(rubric, answers, facts)
    after = grade(rubric, answers | {item.id: harder}, facts)
    assume(before.score_exact is not None)
    assert after.score_exact <= before.score_exact
    assert rank(rubric, after.grade) >= rank(rubric, before.grade)


@shapes
@given(shaped_sheets(), st.data())
def test_a_further_row_that_does_not_apply_changes_neither_score_nor_vetoes(
    sheet: Shaped, data: st.DataObject
) -> None:
    rubric, answers, facts = sheet
    rubric = replace(rubric, absence_cap=None)  # only the cap counts what does not apply
    model = data.draw(st.sampled_from(rubric.items))
    veto = data.draw(st.sampled_from(Scope))
    row = replace(model, id="9.9", veto=veto, guarantee=True, star="★", points=7)
    wider = replace(rubric, items=(*rubric.items, row))
    absent = answers | {"9.9": Answer(not_applicable="there is none", major_hazard=False)}
    before, after = grade(rubric, answers, facts), grade(wider, absent, facts)
    assert (after.outcome, after.grade) == (before.outcome, before.grade)
    assert after.score_exact == before.score_exact
    assert after.reasons == before.reasons


@shapes
@given(shaped_sheets(), st.data())
def test_a_row_that_stops_applying_raises_no_veto_and_zeroes_nothing(
    sheet: Shaped, data: st.DataObject
) -> None:
    rubric, answers, facts = sheet
    item = data.draw(st.sampled_from(rubric.items))
    gone = answers | {item.id: Answer(not_applicable="there is none")}
    result = grade(rubric, gone, facts)
    codes = ("veto", "zeroed", "special_deduction", "star", "major_hazard")
    assert not [row for row in result.reasons if row.code in codes and row.item == item.id]


@shapes
@given(shaped_sheets(open_items=True))
def test_a_control_line_decides_nothing(sheet: Shaped) -> None:
    rubric, answers, facts = sheet
    shown, hidden = (
        grade(one, answers, facts) for one in (rubric, replace(rubric, control_lines=()))
    )
    rest = tuple(reason for reason in shown.reasons if reason.code != "control_line")
    assert replace(shown, reasons=rest) == hidden


@shapes
@given(shaped_sheets(), st.data())
def test_the_mark_of_a_major_hazard_leaves_every_figure(sheet: Shaped, data: st.DataObject) -> None:
    rubric, answers, facts = sheet
    item = data.draw(st.sampled_from(rubric.items))
    marked = answers | {item.id: replace(answers[item.id], major_hazard=True)}
    before, after = grade(rubric, answers, facts), grade(rubric, marked, facts)
    assert (after.score_exact, after.items, after.elements) == (
        before.score_exact,
        before.items,
        before.elements,
    )
    assert rank(rubric, after.grade) >= rank(rubric, before.grade)
    if not rubric.hazard_blocks:
        assert after == before


@shapes
@given(shaped_sheets(open_items=True), st.data())
def test_the_interval_holds_in_every_shape(sheet: Shaped, data: st.DataObject) -> None:
    rubric, answers, facts = sheet
    now = grade(rubric, answers, facts)
    closing = {
        item.id: data.draw(marks(item, may_not_apply=False))
        for item in rubric.items
        if item.id not in answers
    }
    later = grade(rubric, answers | closing, facts)
    assume(later.score is not None)
    assert now.interval[0] <= later.score <= now.interval[1]
    best, worst = rank(rubric, now.possible.best), rank(rubric, now.possible.worst)
    assert best <= rank(rubric, later.grade) <= worst
