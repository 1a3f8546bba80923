"""Two things side by side, both kept: self-score and review, grade applied for and reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from scoring.errors import ScoringError
from scoring.model import ElementResult, Grade, ItemResult, Outcome, Reason, Result
from scoring.rounding import half_up

Side = tuple[bool, int, int]
"""Whether an assessor has answered, the points that take part, the points earned."""


class Direction(StrEnum):
    """How the reviewer's figure lies to the enterprise's own.

    ``applicability``: the two do not let the same points take part, so that points cannot be
    subtracted; the converted scores still can.
    """

    HIGHER = "higher"
    LOWER = "lower"
    SAME = "same"
    APPLICABILITY = "applicability"
    SELF_ONLY = "self_only"
    REVIEWER_ONLY = "reviewer_only"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of both assessors, in units.

    Attributes:
        id: item or element.
        own: earned in the self-assessment; None while open or not applicable.
        reviewed: earned in the review; None while open or not applicable.
        difference: reviewed - own; None unless both have answered and the same points take part.
    """

    id: str
    own: int | None
    reviewed: int | None
    difference: int | None
    direction: Direction


@dataclass(frozen=True, slots=True)
class Comparison:
    """Self-assessment (自评) and review (评审) of one edition, side by side.

    Attributes:
        items: in the order of the sheet.
        elements: special deductions and zeroing included; open while one of its items is.
        total: earned points of the whole; its id is empty.
        score: reviewed less own converted score, rounded as the scheme says; None unless both
            are known.
        self_only: items that only the enterprise has answered.
        reviewer_only: items that only the reviewer has answered.
    """

    items: tuple[Difference, ...]
    elements: tuple[Difference, ...]
    total: Difference
    score: Fraction | None
    self_only: tuple[str, ...]
    reviewer_only: tuple[str, ...]


def compare(own: Result, review: Result) -> Comparison:
    """Put two gradings of the same sheet side by side, per item, per element and in all.

    What only one of them has answered is named, never subtracted from nothing.

    Raises:
        ScoringError: the two do not have the same items.

    >>> from scoring.engine import grade
    >>> from scoring.model import Answer, ElementRubric, ItemRubric, Rubric
    >>> rubric = Rubric(
    ...     "s", "1", "", Fraction(1), Fraction(100), 0, True, (ElementRubric("1", 50),),
    ...     (ItemRubric("1.1", "1", None, 50),), (),
    ... )
    >>> own = grade(rubric, {"1.1": Answer(full=True)}, {})
    >>> review = grade(rubric, {"1.1": Answer(lost=10, reason="no guard")}, {})
    >>> found = compare(own, review)
    >>> found.items[0].difference, found.items[0].direction.value, found.score
    (-10, 'lower', Fraction(-20, 1))
    """
    theirs = {item.id: item for item in review.items}
    ids = {item.id for item in own.items}
    if ids != set(theirs):
        raise ScoringError("sheets_differ", item=min(ids ^ set(theirs)))
    items = tuple(_item(item, theirs[item.id]) for item in own.items)
    reviewed = {element.id: element for element in review.elements}
    elements = tuple(
        _difference(_part(own, element), _part(review, reviewed[element.id]), element.id)
        for element in own.elements
    )
    total = _difference(_part(own, own), _part(review, review))
    score = None if own.score is None or review.score is None else review.score - own.score
    return Comparison(
        items,
        elements,
        total,
        score,
        tuple(row.id for row in items if row.direction is Direction.SELF_ONLY),
        tuple(row.id for row in items if row.direction is Direction.REVIEWER_ONLY),
    )


def _item(own: ItemResult, review: ItemResult) -> Difference:
    sides = [(row.answered, row.points - row.not_applicable, row.earned) for row in (own, review)]
    return _difference(sides[0], sides[1], own.id)


def _part(result: Result, part: ElementResult | Result) -> Side:
    """An element or the whole: answered once all of its items are."""
    rows = result.items
    if isinstance(part, ElementResult):
        rows = tuple(row for row in rows if row.element == part.id)
    return all(row.answered for row in rows), part.attainable, part.earned


def _difference(own: Side, review: Side, name: str = "") -> Difference:
    mine, theirs = (
        earned if answered and attainable else None
        for answered, attainable, earned in (own, review)
    )
    if not own[0] or not review[0]:
        direction = Direction.OPEN
        if own[0] or review[0]:
            direction = Direction.SELF_ONLY if own[0] else Direction.REVIEWER_ONLY
        return Difference(name, mine, theirs, None, direction)
    if own[1] != review[1]:
        return Difference(name, mine, theirs, None, Direction.APPLICABILITY)
    change = review[2] - own[2]
    direction = Direction.SAME
    if change:
        direction = Direction.HIGHER if change > 0 else Direction.LOWER
    return Difference(name, mine, theirs, change, direction)


class Counts(StrEnum):
    """Which score of two assessors counts."""

    REVIEW = "review"
    LOWER = "lower"
    MEAN = "mean"


@dataclass(frozen=True, slots=True)
class ComparisonRule:
    """What holds where two assessors score the same sheet.

    Attributes:
        points: converted points by which the two scores may differ; None for any.
        share: per cent of the points of an item by which the two may differ; None for any.
        decimals: digits of the score that counts.
    """

    counts: Counts = Counts.REVIEW
    points: Fraction | None = None
    share: Fraction | None = None
    decimals: int = 1
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What two assessors come to together.

    Attributes:
        score: the one that counts; None while one that it needs is not known.
        agrees: whether they are within the tolerance; None while that is open.
        beyond: items on which they differ by more, or on whether these apply at all.
        reasons: ``scores_differ`` for the whole, ``item_differs`` for each such item.
    """

    score: Fraction | None
    agrees: bool | None
    beyond: tuple[str, ...]
    reasons: tuple[Reason, ...] = ()


def agree(rule: ComparisonRule, own: Result, review: Result) -> Agreement:
    """Which score counts, and whether the two are within the tolerance of a standard.

    Raises:
        ScoringError: the two are not about the same items.
    """
    found = compare(own, review)
    full = {item.id: item.points for item in own.items}
    beyond = tuple(row.id for row in found.items if _too_far(rule, row, full[row.id]))
    differs = rule.points is not None and found.score is not None and abs(found.score) > rule.points
    reasons = [Reason("scores_differ", "shown", clause=rule.clause)] if differs else []
    reasons += [Reason("item_differs", "shown", item=item, clause=rule.clause) for item in beyond]
    open_ = (rule.points is not None and found.score is None) or (
        rule.share is not None and any(row.direction in _OPEN for row in found.items)
    )
    agrees = False if reasons else None if open_ else True
    return Agreement(_counting(rule, own, review), agrees, beyond, tuple(reasons))


_OPEN = (Direction.SELF_ONLY, Direction.REVIEWER_ONLY, Direction.OPEN)


def _too_far(rule: ComparisonRule, row: Difference, points: int) -> bool:
    if rule.share is None:
        return False
    if row.difference is None:
        return row.direction is Direction.APPLICABILITY
    return abs(row.difference) * 100 > rule.share * points


def _counting(rule: ComparisonRule, own: Result, review: Result) -> Fraction | None:
    if rule.counts is Counts.REVIEW:
        return review.score
    if own.score is None or review.score is None:
        return None
    if rule.counts is Counts.LOWER:
        return min(own.score, review.score)
    exact = (own.score_exact or own.score, review.score_exact or review.score)
    return half_up(sum(exact, Fraction(0)) / 2, rule.decimals)


class FallThroughOutcome(StrEnum):
    """What becomes of an application for a grade."""

    AS_APPLIED = "as_applied"
    LOWER_REACHED = "lower_reached"
    NONE = "none"
    PENDING = "pending"
    NOT_ASSESSABLE = "not_assessable"


@dataclass(frozen=True, slots=True)
class FallThrough:
    """An application for a grade and what was reached; both are kept.

    Attributes:
        applied: the grade applied for.
        reached: the grade that the review found; None when it is none or not settled.
        grantable: the grade that can be given: never a better one than applied for.
    """

    outcome: FallThroughOutcome
    applied: str
    reached: str | None
    grantable: str | None


def fall_through(
    grades: Sequence[str], applied: str, outcome: Outcome, possible: Grade
) -> FallThrough:
    """Compare the grade applied for with the one reached (按实际达到的等级).

    Whether the enterprise takes the lower grade or puts things right and is reviewed again is
    its choice and not decided here. Clause: 84号, lower result.

    Args:
        grades: of the ladder, best first.
        applied: the grade applied for.
        outcome: of the grading.
        possible: best and worst grade that the grading leaves.

    Raises:
        ScoringError: a grade that the ladder does not have.

    >>> fall_through(("1", "2", "3"), "1", Outcome.GRADED, Grade("2", "2")).grantable
    '2'
    """
    for name in (applied, possible.best, possible.worst):
        if name is not None and name not in grades:
            raise ScoringError("unknown_grade", found=name, known=", ".join(grades))
    if outcome is Outcome.NOT_ASSESSABLE:
        return FallThrough(FallThroughOutcome.NOT_ASSESSABLE, applied, None, None)
    places = [
        grades.index(name) if name is not None else len(grades)
        for name in (possible.best, possible.worst)
    ]
    wanted = list(grades).index(applied)
    if outcome is Outcome.INCOMPLETE or places[0] != places[1]:
        # an unknown fact that only decides between better grades does not hold the application up
        if outcome is Outcome.PENDING and places[1] <= wanted:
            return FallThrough(FallThroughOutcome.AS_APPLIED, applied, None, applied)
        return FallThrough(FallThroughOutcome.PENDING, applied, None, None)
    reached = possible.best
    if reached is None:
        return FallThrough(FallThroughOutcome.NONE, applied, None, None)
    if places[0] <= wanted:
        return FallThrough(FallThroughOutcome.AS_APPLIED, applied, reached, applied)
    return FallThrough(FallThroughOutcome.LOWER_REACHED, applied, reached, reached)
