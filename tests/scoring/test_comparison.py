"""Self-score beside review, and the grade applied for beside the one reached: both are kept."""

import pytest

from scoring import Answer, Grade, Outcome, Result, grade
from scoring.comparison import (
    Difference,
    Direction,
    FallThrough,
    FallThroughOutcome,
    compare,
    fall_through,
)
from tests.scoring.test_shapes import FULL, item, lost, rubric

ABSENT = Answer(not_applicable="there is none")
ROWS = ("1.1", "1.2", "1.3", "1.4", "1.5", "2.1")


def sheet(*answers: Answer | None) -> Result:
    rows = rubric(items=tuple(item(name, 10) for name in ROWS))
    said = {name: answer for name, answer in zip(ROWS, answers, strict=True) if answer}
    return grade(rows, said, {})


def test_both_figures_are_kept_and_only_what_can_be_subtracted_is() -> None:
    own = sheet(lost(3), lost(4), FULL, FULL, None, FULL)
    review = sheet(lost(4), lost(3), lost(10), ABSENT, FULL, FULL)
    assert compare(own, review).items == (
        Difference("1.1", 7, 6, -1, Direction.LOWER),
        Difference("1.2", 6, 7, 1, Direction.HIGHER),
        Difference("1.3", 10, 0, -10, Direction.LOWER),
        Difference("1.4", 10, None, None, Direction.APPLICABILITY),
        Difference("1.5", None, 10, None, Direction.REVIEWER_ONLY),
        Difference("2.1", 10, 10, 0, Direction.SAME),
    )
    turned = compare(review, own).items
    assert turned[3] == Difference("1.4", None, 10, None, Direction.APPLICABILITY)
    assert turned[4] == Difference("1.5", 10, None, None, Direction.SELF_ONLY)


def test_a_row_that_neither_finds_applicable_is_the_same_and_has_no_points() -> None:
    both = sheet(ABSENT, FULL, FULL, FULL, FULL, FULL)
    found = compare(both, both)
    assert found.items[0] == Difference("1.1", None, None, 0, Direction.SAME)
    assert found.total == Difference("", 50, 50, 0, Direction.SAME)


def test_an_element_is_compared_once_both_have_answered_all_of_it() -> None:
    own = sheet(lost(3), FULL, FULL, FULL, FULL, lost(2))
    open_row = sheet(FULL, FULL, FULL, FULL, None, FULL)
    found = compare(own, open_row)
    assert found.elements == (
        Difference("1", 47, None, None, Direction.SELF_ONLY),
        Difference("2", 8, 10, 2, Direction.HIGHER),
    )


@pytest.mark.parametrize("outcome", [Outcome.NOT_ASSESSABLE, Outcome.INCOMPLETE])
def test_the_grade_applied_for_is_kept_where_none_can_be_given_yet(outcome: Outcome) -> None:
    settled = {
        Outcome.NOT_ASSESSABLE: FallThroughOutcome.NOT_ASSESSABLE,
        Outcome.INCOMPLETE: FallThroughOutcome.PENDING,
    }[outcome]
    found = fall_through(("1", "2"), "1", outcome, Grade("1", None))
    assert found == FallThrough(settled, "1", None, None)
