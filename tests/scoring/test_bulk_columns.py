"""Bulk grading: the figures of its columns, how wide they are and where they leave off."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import scoring.bulk
from scoring import (
    Answer,
    Deduction,
    DeductionRule,
    ElementRubric,
    ItemRubric,
    Kind,
    Rung,
    Scope,
    grade,
)
from scoring.bulk import Graded, Marks, grade_block
from scoring.model import (
    AbsenceCap,
    Adjustment,
    Downgrade,
    Imported,
    Method,
    Minimum,
    Role,
    StarRule,
)
from scoring.totals import evaluate
from tests.scoring.test_bulk import FULL, Sheet, assert_equal, lost, one_item


def test_figures_and_marks_are_whole_numbers_also_of_an_empty_block() -> None:
    extra = DeductionRule("extra", Kind.ONCE, 30, Scope.SUB_ELEMENT)
    rubric = one_item(100, Fraction(1), items=(ItemRubric("1.1", "1", "1.a", 100, (extra,)),))
    sheets: list[Sheet] = [({"1.1": Answer((Deduction("extra"),))}, {}), ({}, {})]
    other = replace(rubric, minimums=(Minimum("1", "*", ">=", Fraction(99)),))
    for marks, block in ((Marks(r), b) for r in (rubric, other) for b in (sheets, [])):
        columns = marks.encode(block)
        graded = grade_block(marks.layout, columns)
        for name in Graded.__dataclass_fields__:
            assert getattr(graded, name).dtype == np.int64, name
        assert columns.absent.dtype == np.bool_
        assert {columns.open.dtype, columns.performance.dtype} == {np.dtype(np.int64)}


@pytest.mark.parametrize(
    ("points", "wide"), [(100, 32), (10**9, 32), (2**31 - 1, 32), (2**31, 64), (2**40, 64)]
)
def test_points_take_32_bits_as_long_as_those_of_all_items_fit(points: int, wide: int) -> None:
    items = (ItemRubric("1.1", "1", None, points - 7), ItemRubric("1.2", "1", None, 7))
    marks = Marks(one_item(points, Fraction(1), items=items))
    wanted = {np.dtype(f"int{wide}")}
    columns = marks.encode([(lost(7), {})])
    assert {marks.layout.dtype, marks.layout.points.dtype, columns.lost.dtype} == wanted


def test_one_unit_that_is_left_is_divided_by_itself() -> None:
    items = (ItemRubric("1.1", "1", None, 1), ItemRubric("1.2", "1", None, 99))
    rest = {"1.2": Answer(not_applicable="there is none")}
    graded = assert_equal(
        one_item(100, Fraction(1), items=items), [({"1.1": FULL} | rest, {}), (lost(1) | rest, {})]
    )
    assert graded.score.tolist() == [1000, 0]


def test_the_additive_method_is_decided_in_columns_and_only_other_shapes_row_by_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows: list[int] = []
    by_row = scoring.bulk._by_row

    def noted(*args: object) -> object:
        rows.append(1)
        return by_row(*args)

    monkeypatch.setattr(scoring.bulk, "_by_row", noted)
    plain = one_item(100, Fraction(1))
    assert_equal(plain, [(lost(3), {})])
    assert rows == []
    for other in (
        one_item(2**61, Fraction(1)),  # too large for columns
        replace(plain, minimums=(Minimum("1", "*", ">=", Fraction(99)),)),
        replace(plain, stars=(StarRule("1", ("*",), Fraction(99)),)),
        replace(plain, downgrades=(Downgrade("deaths", 1),)),
        replace(plain, absence_cap=AbsenceCap(None, 50)),
        replace(plain, imported=Imported("base")),
        replace(plain, method=Method.WEIGHTS, elements=(ElementRubric("1", 100, Fraction(1)),)),
    ):
        rows.clear()
        assert_equal(other, [(lost(3), {"deaths": 0, "base": 1})])
        assert rows == [1]


FINE = Fraction(1, 1000)


@pytest.mark.parametrize(
    "more",
    [
        {"decimals": 0, "ladder": (Rung("1", ">=", Fraction(1)),)},
        {"decimals": 6, "ladder": (Rung("1", ">=", Fraction(1)),)},
        {"decimals": 0, "scale": Fraction(1), "ladder": (Rung("1", ">=", FINE),)},
        {"decimals": 0, "scale": Fraction(1), "compare_rounded": False},
        {
            "compare_rounded": False,
            "ladder": (Rung("1", ">=", Fraction(899_999_993, 10_000_019)),),
        },
        {"adjustment": Adjustment(highest=Fraction(10**6)), "scale": Fraction(1)},
        {"unit": Fraction(1, 100), "scale": Fraction(1000, 3)},
        {"unit": Fraction(10), "scale": Fraction(1), "ladder": (Rung("1", ">=", Fraction(1)),)},
    ],
    ids=("plain", "digits", "thousandths", "unrounded", "rung", "highest", "thirds", "tens"),
)
@pytest.mark.parametrize("role", [Role.BASE, Role.BONUS, Role.PENALTY])
def test_whatever_the_size_of_the_points_the_columns_equal_the_engine(
    role: Role, more: dict[str, object]
) -> None:
    """Larger and larger points, up to where the figures of a block would leave 64 bits."""
    for points in (3 * 2**power for power in range(16, 60)):
        items = (
            ItemRubric("1.1", "1", None, points),
            ItemRubric("1.2", "1", None, points, role=role),
        )
        base = 2 * points if role is Role.BASE else points
        rubric = one_item(base, **({"unit": Fraction(1)} | more), items=items)
        full = {"1.1": FULL, "1.2": FULL}
        if grade(rubric, full, {}).score * 10**rubric.decimals >= 2**63:
            break  # no column holds such a score
        assert_equal(rubric, [(full, {}), (lost(points // 3) | {"1.2": lost(points)["1.1"]}, {})])


def test_gates_are_given_the_same_totals_as_by_the_engine() -> None:
    items = (
        ItemRubric("1.1", "1", "1.a", 40, star="★"),
        ItemRubric("1.2", "1", None, 20),
        ItemRubric("2.1", "2", None, 30, star="★"),
        ItemRubric("2.2", "2", None, 10, role=Role.BONUS),
        ItemRubric("2.3", "2", None, 5, role=Role.PENALTY),
    )
    rubric = one_item(
        0, Fraction(1), items=items, elements=(ElementRubric("1", 60), ElementRubric("2", 30)),
    )  # fmt: skip
    absent = Answer(not_applicable="there is none")
    full = {item.id: FULL for item in items}
    sheets = [full | lost(7) | {"2.3": lost(2)["1.1"]}, full | {"2.1": absent}, full]
    marks = Marks(rubric)
    columns = marks.encode([(sheet, {}) for sheet in sheets])
    sums = scoring.bulk._Sums(marks.layout, columns)
    for row, sheet in enumerate(sheets):
        totals = evaluate(rubric, sheet, open_as_full=False)
        starred = tuple(item for item in totals.items if rubric.by_id[item.id].star)
        found = scoring.bulk._totals(marks.layout, sums, columns, row, vetoed=False)
        assert found == replace(totals, items=starred)


def test_rows_that_answer_an_item_twice_are_named() -> None:
    items = (ItemRubric("1.1", "1", None, 60), ItemRubric("1.2", "1", None, 40))
    marks = Marks(one_item(100, Fraction(1), items=items))
    one, other, two = (
        marks.code(*answer) for answer in (("1.1", FULL), ("1.1", lost(3)["1.1"]), ("1.2", FULL))
    )
    sheets = ([one, two], [one, other], [two], [other, two, one], [])
    columns = marks.columns(
        np.array([code for sheet in sheets for code in sheet]),
        np.array([len(sheet) for sheet in sheets]),
        np.full(len(sheets), marks.facts({})),
    )
    assert columns.repeated.tolist() == [1, 3]
    assert columns.open.tolist() == [0, 1, 1, 0, 2]
