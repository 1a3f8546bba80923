"""Bulk grading equals the engine, figure by figure, on random schemes, sheets and facts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import (
    Answer,
    Deduction,
    DeductionRule,
    ElementRubric,
    ItemRubric,
    Kind,
    Outcome,
    PerformanceRung,
    Rubric,
    Rung,
    Scope,
    ScoringError,
    grade,
)
from scoring.bulk import NONE, OUTCOMES, Graded, Marks, grade_block
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
from tests.scoring.sheets import answers_of, facts_of, rubric_of
from tests.scoring.test_cases import SHEETS
from tests.scoring.test_properties import FACTS, conditions, marks, rubrics

examples = settings(max_examples=250, deadline=None)
Facts = Mapping[str, FactValue]
Sheet = tuple[Mapping[str, Answer], Facts]
FULL = Answer(full=True)


def bulk(rubric: Rubric, sheets: Sequence[Sheet]) -> Graded:
    marks = Marks(rubric)
    return grade_block(marks.layout, marks.encode(sheets))


def figures(rubric: Rubric, graded: Graded, row: int) -> dict[str, object]:
    """A row of the columns in the words of a single result."""

    def rung(index: int) -> str | None:
        return None if index == NONE else rubric.ladder[index].grade

    score = int(graded.score[row])
    return {
        "outcome": OUTCOMES[graded.outcome[row]],
        "grade": rung(graded.grade[row]),
        "grade_by_score": rung(graded.by_score[row]),
        "score": None if score == NONE else Fraction(score, 10**rubric.decimals),
        "not_applicable": graded.not_applicable[row],
        "attainable": graded.attainable[row],
        "earned": graded.earned[row],
        "answered": graded.answered[row],
        "elements": [
            tuple(column[row].tolist())
            for column in (
                graded.element_not_applicable,
                graded.element_attainable,
                graded.element_earned,
                graded.element_special,
            )
        ],
    }


def single(rubric: Rubric, sheet: Sheet) -> dict[str, object]:
    result = grade(rubric, *sheet)
    return {
        **{
            name: getattr(result, name)
            for name in (
                "outcome",
                "grade",
                "grade_by_score",
                "score",
                "not_applicable",
                "attainable",
                "earned",
                "answered",
            )
        },
        "elements": [
            tuple(getattr(row, name) for row in result.elements)
            for name in ("not_applicable", "attainable", "earned", "special")
        ],
    }


def assert_equal(rubric: Rubric, sheets: Sequence[Sheet]) -> Graded:
    graded = bulk(rubric, sheets)
    for row, sheet in enumerate(sheets):
        assert figures(rubric, graded, row) == single(rubric, sheet)
    return graded


facts = st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in FACTS.items()})


@st.composite
def additive(draw: st.DrawFn) -> Rubric:
    """The additive method with all that is decided in columns."""
    rubric = draw(rubrics())
    items = tuple(
        replace(item, guarantee=draw(st.booleans()), role=draw(roles)) for item in rubric.items
    )
    # a part without base items cannot lose any: such a scheme would not pass the checks
    based = {part for i in items if i.role is Role.BASE for part in (i.element, i.sub_element)}
    items = tuple(
        item if {item.element, item.sub_element} <= based else replace(item, role=Role.BASE)
        for item in items
    )
    bound = st.one_of(st.none(), st.fractions(0, 9, max_denominator=6))
    return replace(
        rubric,
        items=items,
        elements=tuple(
            replace(element, guarantee=draw(st.one_of(st.none(), st.integers(0, 30))))
            for element in rubric.elements
        ),
        scale=draw(st.sampled_from((Fraction(100), Fraction(1000), Fraction(100, 3)))),
        adjustment=Adjustment(draw(bound), draw(bound), draw(st.sampled_from((None, 60, 100)))),
        performance=draw(performance()),
        hazard_blocks=draw(st.booleans()),
    )


roles = st.sampled_from((Role.BASE, Role.BASE, Role.BASE, Role.BONUS, Role.PENALTY))


@st.composite
def performance(draw: st.DrawFn) -> tuple[PerformanceRung, ...]:
    lists = st.lists(conditions(), max_size=2)
    return tuple(PerformanceRung(name, tuple(draw(lists))) for name in ("1", "2"))


@st.composite
def shapes(draw: st.DrawFn) -> Rubric:
    """Everything a scheme can have at once."""
    rubric = draw(additive())
    rate = st.fractions(0, 100, max_denominator=3)
    weight = st.fractions(Fraction(1, 4), 3, max_denominator=4)
    grouped = draw(st.booleans())
    parts = st.sampled_from(("*", "0", "g"))
    gates = st.sampled_from(("1", "2"))
    return replace(
        rubric,
        method=draw(st.sampled_from(Method)),
        elements=tuple(
            replace(e, weight=draw(weight), group="g" if grouped else "") for e in rubric.elements
        ),
        groups=(Group("g", Fraction(1)),) if grouped else (),
        items=tuple(replace(i, star=draw(st.sampled_from(("", "★")))) for i in rubric.items),
        minimums=tuple(
            Minimum(draw(gates), draw(parts), draw(st.sampled_from((">", ">="))), draw(rate))
            for _ in range(draw(st.integers(0, 2)))
        ),
        stars=tuple(
            StarRule(draw(gates), ("★",), draw(rate)) for _ in range(draw(st.integers(0, 1)))
        ),
        absence_cap=draw(
            st.one_of(
                st.none(),
                st.builds(AbsenceCap, st.sampled_from((None, "2")), st.integers(0, 20)),
                st.builds(AbsenceCap, st.none(), st.none(), rate),
            )
        ),
        imported=draw(st.one_of(st.none(), st.just(Imported("share", factor=Fraction(1, 3))))),
        downgrades=draw(st.one_of(st.just(()), st.just((Downgrade("deaths", 1, Fraction(5, 2)),)))),
    )


@st.composite
def batch(draw: st.DrawFn, rubric: Rubric) -> list[Sheet]:
    sheets = []
    for _ in range(draw(st.integers(0, 4))):
        open_items = draw(st.integers(0, 3)) == 0
        answers = {
            item.id: replace(draw(marks(item)), major_hazard=draw(st.integers(0, 9)) == 0)
            for item in rubric.items
            if not (open_items and draw(st.booleans()))
        }
        if open_items and draw(st.booleans()):
            answers[rubric.items[0].id] = Answer()
        sheets.append((answers, draw(facts)))
    return sheets


@examples
@given(st.data(), additive())
def test_the_additive_method_in_columns_equals_the_engine(
    data: st.DataObject, rubric: Rubric
) -> None:
    assert_equal(rubric, data.draw(batch(rubric)))


@examples
@given(st.data(), shapes())
def test_every_other_shape_equals_the_engine(data: st.DataObject, rubric: Rubric) -> None:
    assert_equal(rubric, data.draw(batch(rubric)))


# ------------------------------------------------------------------ named cases

GRADED = [row for row in SHEETS if row[1].get("kind", "graded") == "graded"]


@pytest.mark.parametrize("sheet", [sheet for _, sheet in GRADED], ids=[stem for stem, _ in GRADED])
def test_all_cases_of_a_sheet_in_one_block_equal_the_engine(sheet: dict) -> None:
    rubric = rubric_of(sheet)
    cases = [case for case in sheet["case"] if "refused" not in case["expected"]]
    assert_equal(
        rubric,
        [(answers_of(rubric, case.get("answers", {})), facts_of(sheet, case)) for case in cases],
    )


LADDER = tuple(Rung(g, ">=", Fraction(t)) for g, t in (("1", 90), ("2", 75), ("3", 60)))


def one_item(points: int, unit: Fraction, **more: object) -> Rubric:
    rubric = Rubric(
        "bulk", "1", "", unit, Fraction(100), 1, True,
        (ElementRubric("1", points),), (ItemRubric("1.1", "1", None, points),), LADDER,
    )  # fmt: skip
    return replace(rubric, **more)  # type: ignore[arg-type]


def lost(points: int) -> dict[str, Answer]:
    return {"1.1": Answer(lost=points, reason="seen")}


@pytest.mark.parametrize(
    ("earned", "points", "score", "reached"),
    [
        (5995, 10000, 60, "3"),
        (7495, 10000, 75, "2"),
        (8995, 10000, 90, "1"),
        (5994, 10000, Fraction("59.9"), None),
        (4497, 6000, 75, "2"),
        (1199, 2000, 60, "3"),
    ],
)
def test_a_tie_is_rounded_up_before_the_ladder(
    earned: int, points: int, score: Fraction, reached: str | None
) -> None:
    rubric = one_item(points, Fraction(1, 10))
    graded = assert_equal(rubric, [(lost(points - earned), {})])
    assert (graded.score[0], figures(rubric, graded, 0)["grade"]) == (score * 10, reached)


@pytest.mark.parametrize("earned", [5995, 7495, 8995])
def test_an_unrounded_tie_does_not_reach_the_rung(earned: int) -> None:
    rubric = one_item(10000, Fraction(1, 10), compare_rounded=False)
    graded = assert_equal(rubric, [(lost(10000 - earned), {})])
    assert figures(rubric, graded, 0)["grade"] == {5995: None, 7495: "3", 8995: "2"}[earned]


def test_nothing_applicable_is_an_outcome_of_its_own() -> None:
    graded = assert_equal(
        one_item(100, Fraction(1)), [({"1.1": Answer(not_applicable="none")}, {}), ({}, {})]
    )
    assert [OUTCOMES[place] for place in graded.outcome] == [
        Outcome.NOT_ASSESSABLE,
        Outcome.INCOMPLETE,
    ]
    assert graded.score.tolist() == [NONE, NONE]


def test_an_empty_block_gives_empty_columns() -> None:
    graded = bulk(one_item(100, Fraction(1)), [])
    assert len(graded.outcome) == 0
    assert graded.element_earned.shape == (0, 1)


@pytest.mark.parametrize("points", [1_073_742, 2**31 - 1, 2**31, 2**40, 2**58, 2**62])
def test_large_totals_do_not_overflow(points: int) -> None:
    """2,000 x 1,073,742 hundredths of a point (10,737 points) leave 32 bits."""
    assert_equal(
        one_item(points, Fraction(1, 100)),
        [({"1.1": FULL}, {}), (lost(1), {}), (lost(points // 10), {}), (lost(points), {})],
    )


def test_sums_of_many_items_leave_32_bits() -> None:
    items = tuple(ItemRubric(f"1.{n}", "1", None, 2**30) for n in range(8))
    rubric = one_item(0, Fraction(1, 100), items=items, elements=(ElementRubric("1", 2**33),))
    assert_equal(rubric, [({item.id: FULL for item in items}, {})])


def test_a_rule_found_more_often_than_any_number_holds_takes_what_is_left() -> None:
    rules = (DeductionRule("r", Kind.EACH, 7, Scope.ELEMENT), DeductionRule("own", Kind.EACH, 3))
    rubric = one_item(100, Fraction(1), items=(ItemRubric("1.1", "1", None, 100, rules),))
    often = Answer((Deduction("r", 10**30), Deduction("own", 10**30)))
    graded = assert_equal(rubric, [({"1.1": often}, {}), ({"1.1": FULL}, {})])
    assert graded.earned.tolist() == [0, 100]


def test_the_order_of_items_need_not_be_that_of_elements() -> None:
    items = tuple(ItemRubric(f"{e}.{n}", str(e), None, 10 * e + n) for n in (1, 2) for e in (2, 1))
    elements = (ElementRubric("1", 23), ElementRubric("2", 43), ElementRubric("3", 0))
    rubric = one_item(0, Fraction(1), items=items, elements=elements)
    answers = {"1.2": FULL, "2.1": Answer(not_applicable="none"), "1.1": lost(4)["1.1"]}
    assert_equal(rubric, [(answers | {"2.2": lost(5)["1.1"]}, {})])


@pytest.mark.parametrize(
    ("answers", "facts", "code"),
    [
        ({"9.9": FULL}, {}, "unknown_item"),
        ({"1.1": Answer(lost=1)}, {}, "lost_without_reason"),
        ({"1.1": Answer(lost=1, reason="  ")}, {}, "lost_without_reason"),
        ({"1.1": Answer(not_applicable="  ")}, {}, "not_applicable_without_reason"),
        ({"1.1": FULL}, {"deaths": -1}, "bad_fact"),
        ({"1.1": FULL}, {"worst": "huge"}, "bad_fact"),
    ],
)
def test_what_the_engine_refuses_is_refused(
    answers: dict[str, Answer], facts: Facts, code: str
) -> None:
    from scoring import Condition

    rubric = one_item(
        100,
        Fraction(1),
        facts=(FactRule("worst", order=("none", "major")),),
        performance=(
            PerformanceRung("1", (Condition("deaths", "<=", 0), Condition("worst", "<", "major"))),
        ),
    )
    said = []
    for refuse in (lambda: bulk(rubric, [(answers, facts)]), lambda: grade(rubric, answers, facts)):
        with pytest.raises(ScoringError) as caught:
            refuse()
        said.append((caught.value.code, caught.value.values))
    assert said[0] == said[1]
    assert said[0][0] == code


def test_a_sub_element_in_two_elements_is_refused() -> None:
    items = (ItemRubric("1.1", "1", "s", 5), ItemRubric("2.1", "2", "s", 5))
    elements = (ElementRubric("1", 5), ElementRubric("2", 5))
    with pytest.raises(ScoringError) as caught:
        Marks(one_item(0, Fraction(1), items=items, elements=elements))
    assert (caught.value.code, caught.value.values) == ("sub_element_twice", {"sub_element": "s"})


def test_a_mark_of_a_major_hazard_counts_on_a_row_that_applies() -> None:
    items = (ItemRubric("1.1", "1", None, 60), ItemRubric("1.2", "1", None, 40))
    marked = one_item(100, Fraction(1), items=items, hazard_blocks=True)
    absent = Answer(not_applicable="there is none")
    hazard = Answer(full=True, major_hazard=True)
    graded = assert_equal(
        marked,
        [
            ({"1.1": FULL, "1.2": FULL}, {}),
            ({"1.1": FULL, "1.2": hazard}, {}),
            ({"1.1": FULL, "1.2": replace(absent, major_hazard=True)}, {}),
            ({"1.1": hazard, "1.2": absent}, {}),
        ],
    )
    assert [figures(marked, graded, row)["grade"] for row in range(4)] == ["1", None, "1", None]


def test_texts_do_not_decide_and_the_same_answer_in_other_words_is_one() -> None:
    marks = Marks(one_item(100, Fraction(1)))
    numbers = {
        marks.code("1.1", answer)
        for answer in (
            Answer(lost=3, reason="seen"),
            Answer(lost=3, reason="found"),
            Answer(not_applicable="there is none"),
            Answer(not_applicable="none here"),
        )
    }
    assert len(numbers) == 2


def test_a_special_deduction_finds_no_points_in_a_row_that_does_not_apply() -> None:
    extra = DeductionRule("extra", Kind.ONCE, 30, Scope.SUB_ELEMENT)
    items = (
        ItemRubric("1.1", "1", "1.a", 10, (extra,)),
        ItemRubric("1.2", "1", "1.a", 20),
        ItemRubric("1.3", "1", None, 70),
    )
    reaching = one_item(100, Fraction(1), items=items)
    answers = {"1.1": Answer((Deduction("extra"),)), "1.2": FULL, "1.3": FULL}
    absent = answers | {"1.2": Answer(not_applicable="there is none")}
    graded = assert_equal(reaching, [(answers, {}), (absent, {})])
    assert graded.earned.tolist() == [70, 70]


@pytest.mark.parametrize("compare_rounded", [True, False])
@pytest.mark.parametrize("threshold", ["89.5", "90.05"])
def test_thresholds_and_bounds_with_halves_are_exact_in_columns(
    compare_rounded: bool, threshold: str
) -> None:
    items = (
        ItemRubric("1.1", "1", None, 100),
        ItemRubric("1.2", "1", None, 7, role=Role.BONUS),
        ItemRubric("1.3", "1", None, 7, role=Role.PENALTY),
    )
    halves = one_item(
        100, Fraction(1), items=items, compare_rounded=compare_rounded,
        adjustment=Adjustment(Fraction(5, 2), Fraction(7, 2)),
        ladder=(Rung("1", ">=", Fraction(threshold)), Rung("2", ">", Fraction(threshold) - 9)),
    )  # fmt: skip
    assert_equal(
        halves,
        [
            ({name: Answer(lost=n, reason="seen") if n else FULL for name, n in row.items()}, {})
            for own in (0, 8, 9, 10, 11, 12, 13, 17, 18, 19, 20, 21)
            for more in (0, 3, 5, 7)
            for row in ({"1.1": own, "1.2": more, "1.3": 7 - more},)
        ],
    )


@pytest.mark.parametrize("compare_rounded", [True, False])
def test_a_weighted_sheet_one_by_one_equals_the_engine(compare_rounded: bool) -> None:
    items = (ItemRubric("1.1", "1", None, 1000), ItemRubric("2.1", "2", None, 1000))
    weighted = one_item(
        0, Fraction(1, 10), items=items, method=Method.WEIGHTS, hazard_blocks=True,
        compare_rounded=compare_rounded,
        elements=(ElementRubric("1", 1000, Fraction(1)), ElementRubric("2", 1000, Fraction(1))),
    )  # fmt: skip
    absent, hazard = Answer(not_applicable="there is none"), Answer(full=True, major_hazard=True)
    tie = Answer(lost=201, reason="seen")  # 89.95
    sheets = [(tie, FULL), (FULL, hazard), (FULL, FULL), (absent, absent), (absent, tie)]
    graded = assert_equal(weighted, [({"1.1": a, "2.1": b}, {}) for a, b in sheets])
    assert figures(weighted, graded, 0)["grade"] == ("1" if compare_rounded else "2")


@pytest.mark.parametrize(
    ("good", "blank"),
    [
        (Answer(lost=3, reason="seen"), Answer(lost=3, reason=" ")),
        (Answer(not_applicable="none here"), Answer(not_applicable=" ")),
    ],
)
def test_a_blank_reason_is_refused_also_after_the_same_answer_with_a_reason(
    good: Answer, blank: Answer
) -> None:
    marks = Marks(one_item(100, Fraction(1)))
    marks.code("1.1", good)
    with pytest.raises(ScoringError, match="without reason"):
        marks.code("1.1", blank)


def test_facts_behind_a_rate_and_behind_a_guard_are_asked_for() -> None:
    from scoring import Condition

    rates = one_item(
        100,
        Fraction(1),
        facts=(
            FactRule("rate", numerator="injuries", denominator="staff", factor=1000),
            FactRule("share", numerator="rate", denominator="limit"),
        ),
        performance=(PerformanceRung("1", (Condition("share", "<=", 1, when="is_group"),)),),
        downgrades=(Downgrade("deaths", 1),),
    )
    known = {"injuries": 1, "staff": 1000, "limit": 1, "is_group": True, "deaths": 0}
    facts = [known, *(known | {name: 2} for name in known), {}]
    facts += [{name: known[name] for name in known if name != left} for left in known]
    assert_equal(rates, [({"1.1": FULL}, row) for row in facts])


def test_of_an_item_that_stands_twice_the_last_answer_counts() -> None:
    """As a reader of JSON takes it."""
    rubric = one_item(100, Fraction(1))
    marks = Marks(rubric)
    codes = [marks.code("1.1", lost(30)["1.1"]), marks.code("1.1", lost(10)["1.1"])]
    columns = marks.columns(np.array(codes), np.array([2]), np.array([marks.facts({})]))
    assert grade_block(marks.layout, columns).earned.tolist() == [90]


def test_a_scheme_of_bonus_items_alone_takes_its_base_from_elsewhere() -> None:
    items = (ItemRubric("1.1", "1", None, 3, role=Role.BONUS),)
    taken = one_item(3, Fraction(1), items=items, imported=Imported("base"))
    sheets = [({"1.1": FULL}, {"base": 88}), (lost(1), {}), ({}, {"base": 88}), ({"1.1": FULL}, {})]
    graded = assert_equal(taken, sheets)
    assert graded.score.tolist() == [910, NONE, NONE, NONE]
    assert_equal(replace(taken, imported=None), sheets)
