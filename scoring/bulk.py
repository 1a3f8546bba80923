"""Grade many assessments of one edition at once, figure by figure as :func:`scoring.grade` does.

The additive method with its bonus, penalty and bounds is decided by integers in columns. Shapes
whose score or gates are sums of fractions (weights, minimums, stars, caps of absence, imported
scores, events), and numbers that 64 bits could not hold, are summed in columns and decided row by
row by the engine's own functions.

Reasons, and what is still possible for an assessment with unanswered items, are not computed: the
outcome of those is ``incomplete`` with the figures of the engine; ask the engine for one sheet.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np

from scoring.columns import Columns, Flags, Layout, Marks, Units, Whole
from scoring.composition import compose
from scoring.gates import after_events, grade_index
from scoring.grades import rung_reached
from scoring.model import (
    Answer,
    ElementResult,
    FactValue,
    ItemResult,
    Method,
    Outcome,
    Rubric,
    Rung,
)
from scoring.rounding import half_up
from scoring.totals import Totals

__all__ = ["BLOCK", "NONE", "OUTCOMES", "Columns", "Graded", "Layout", "Marks", "grade_block"]

BLOCK = 2000
"""Rows that are graded together: columns of that many rows stay in the cache of a core."""

OUTCOMES = tuple(Outcome)
"""An outcome is stored as its place here."""

NONE = -1
"""Stands for None in the columns of a result."""

LARGEST = 2**62
"""No product of a column may reach this; larger ones are left to Python's own numbers."""

MARKED = {"marked": Answer(full=True, major_hazard=True)}
"""Any marked item closes the grades; which one it was is a matter of reasons."""


@dataclass(frozen=True, slots=True)
class Graded:
    """Results in columns, one row per assessment; element columns in the order of the rubric.

    Attributes:
        outcome: place in :data:`OUTCOMES`.
        grade: rung of the ladder, NONE without a grade.
        by_score: rung that the score alone reaches, NONE for none.
        score: rounded score in units of the last digit (``10 ** -decimals``), NONE for none.
        not_applicable: units; likewise ``attainable`` and ``earned``.
        answered: items.
        element_not_applicable: units (rows, elements); likewise ``element_attainable`` and
            ``element_earned``.
        element_special: units taken beyond items (rows, elements).
    """

    outcome: Whole
    grade: Whole
    by_score: Whole
    score: Whole
    not_applicable: Whole
    attainable: Whole
    earned: Whole
    answered: Whole
    element_not_applicable: Whole
    element_attainable: Whole
    element_earned: Whole
    element_special: Whole


def grade_block(layout: Layout, columns: Columns) -> Graded:
    """Grade a block; memory grows with its rows, so pass about :data:`BLOCK` of them.

    Every figure equals that of :func:`scoring.grade` for the same answers and facts.
    """
    sums = _Sums(layout, columns)
    decided = _Additive(layout) if _additive(layout.rubric) else None
    if decided is not None and decided.fits:
        verdict = decided.decide(sums, columns)
    else:
        verdict = _by_row(layout, sums, columns)
    outcome, grade, by_score, score = verdict
    return Graded(
        outcome=outcome,
        grade=grade,
        by_score=by_score,
        score=score,
        not_applicable=sums.not_applicable,
        attainable=sums.attainable,
        earned=sums.earned,
        answered=len(layout.items) - columns.open,
        element_not_applicable=sums.element_absent,
        element_attainable=layout.element_points - sums.element_absent,
        element_earned=sums.element_earned,
        element_special=sums.element_special,
    )


def _additive(rubric: Rubric) -> bool:
    fractions = (rubric.minimums, rubric.stars, rubric.downgrades, rubric.absence_cap)
    return rubric.method is Method.POINTS and rubric.imported is None and not any(fractions)


class _Sums:
    """Items to elements to the whole, in units, as :mod:`scoring.totals` adds them up."""

    def __init__(self, layout: Layout, columns: Columns) -> None:
        self.layout, self.columns = layout, columns
        rows, base = len(columns.open), layout.base
        absent: Units = np.multiply(columns.absent, layout.points)
        self.element_absent = self._by_element(absent[:, :base])
        left = layout.element_points - self.element_absent
        left -= self._by_element(columns.lost[:, :base])
        self.element_earned = left
        self.element_special = np.zeros((rows, len(layout.element_points)), dtype=np.int64)
        self._sub_elements()
        self._elements()
        self._guarantees(absent)
        self.not_applicable: Whole = self.element_absent.sum(axis=1)
        self.attainable: Whole = layout.element_points.sum() - self.not_applicable
        self.earned: Whole = self.element_earned.sum(axis=1)
        bonus, penalty = layout.bonus, layout.penalty
        earned = layout.points[bonus] - absent[:, bonus] - columns.lost[:, bonus]
        self.bonus: Whole = earned.sum(axis=1, dtype=np.int64)
        self.penalty: Whole = columns.lost[:, penalty].sum(axis=1, dtype=np.int64)

    def _by_element(self, items: Units) -> Whole:
        sums = np.zeros((len(items), len(self.layout.element_points)), dtype=np.int64)
        if len(items):
            # an element without items would get its neighbour's first one from reduceat
            sums[:, self.layout.present] = np.add.reduceat(items, self.layout.starts, axis=1)
        return sums

    def _sub_elements(self) -> None:
        """Take from sub-elements; few sheets have any, so only those sums are made."""
        takes, zeroes = self.columns.takes, self.columns.zeroes
        limit, points = self.layout.sub_elements, self.layout.points
        reached = np.concatenate((takes.target, zeroes.target))
        for target in np.unique(reached[reached < limit]):
            taking, zeroing = takes.target == target, zeroes.target == target
            touched = np.concatenate((takes.row[taking], zeroes.row[zeroing]))
            rows, place = np.unique(touched, return_inverse=True)
            items = self.layout.inside(int(target))
            cells = np.ix_(rows, items)
            kept = np.where(self.columns.absent[cells], 0, points[items] - self.columns.lost[cells])
            earned = kept.sum(axis=1, dtype=np.int64)
            asked = np.zeros(len(rows), dtype=np.int64)
            np.add.at(asked, place[: np.count_nonzero(taking)], takes.asked[taking])
            taken = np.minimum(asked, earned)
            left = earned - taken
            left[place[np.count_nonzero(taking) :]] = 0
            element = self.layout.element_of(int(target))
            self.element_earned[rows, element] -= earned - left
            self.element_special[rows, element] += taken

    def _elements(self) -> None:
        takes, zeroes = self.columns.takes, self.columns.zeroes
        limit = self.layout.sub_elements
        if (chosen := takes.target >= limit).any():
            asked = np.zeros_like(self.element_earned)
            place = (takes.row[chosen], takes.target[chosen] - limit)
            np.add.at(asked, place, takes.asked[chosen])
            # one after the other they take no more than what is left, so their sum does too
            taken = np.minimum(asked, self.element_earned)
            self.element_earned -= taken
            self.element_special += taken
        if (chosen := zeroes.target >= limit).any():
            self.element_earned[zeroes.row[chosen], zeroes.target[chosen] - limit] = 0

    def _guarantees(self, absent: Units) -> None:
        for element, least, items in self.layout.guarantees:
            counts = absent[:, items] == 0
            full = self.layout.points[items] - absent[:, items]
            earned = full - self.columns.lost[:, items]
            short = earned.sum(axis=1, dtype=np.int64) < least
            empty = (counts & (earned == 0)).any(axis=1)
            self.element_earned[counts.any(axis=1) & (short | empty), element] = 0


Verdict = tuple[Whole, Whole, Whole, Whole]
"""Outcome, grade, grade by score and rounded score of every row."""


class _Additive:
    """Score and grade of the additive method as integers over a common denominator.

    score = (earned * scale + attainable * (bonus - penalty)) / (attainable * denominator)

    Attributes:
        fits: whether no product can leave 64 bits.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout, rubric = layout, layout.rubric
        bounds = rubric.adjustment
        limits = (bounds.most_bonus, bounds.most_penalty, bounds.highest)
        known = [limit for limit in limits if limit is not None]
        self.denominator = lcm(*(n.denominator for n in (rubric.scale, rubric.unit, *known)))
        self.scale = self._whole(rubric.scale)
        self.unit = self._whole(rubric.unit)
        self.most_bonus, self.most_penalty, self.highest = (
            None if limit is None else self._whole(limit) for limit in limits
        )
        self.digit = 10**rubric.decimals
        rungs = [n for rung in rubric.ladder for n in rung.threshold.as_integer_ratio()]
        largest = layout.largest * (abs(self.scale) + layout.largest * self.unit + 1)
        largest = max(largest, layout.largest * max((0, *(n or 0 for n in (self.highest,)))))
        largest = max(largest, layout.largest * self.denominator) * (2 * self.digit + 1)
        self.fits = largest * max((1, *(abs(n) for n in rungs))) < LARGEST

    def _whole(self, number: Fraction) -> int:
        return int(number * self.denominator)

    def decide(self, sums: _Sums, columns: Columns) -> Verdict:
        rubric, last = self.layout.rubric, len(self.layout.rubric.ladder)
        above, below, rounded = self._score(sums)
        by_score = np.full(len(above), last, dtype=np.int64)
        for index in reversed(range(last)):
            by_score[self._met(rubric.ladder[index], above, below, rounded)] = index
        by_score[columns.vetoed] = last
        by_rules = by_score.copy()
        if rubric.hazard_blocks:
            by_rules[columns.marked] = last
        best = np.maximum(by_rules, columns.performance[:, 0])
        worst = np.maximum(by_rules, columns.performance[:, 1])
        return _verdict(
            last, sums.attainable == 0, columns.open > 0, best, worst, by_score, rounded
        )

    def _score(self, sums: _Sums) -> tuple[Whole, Whole, Whole]:
        """Numerator, denominator and rounded score; a row without attainable points is 0 / 1."""
        attainable = np.maximum(sums.attainable, 1)
        bonus, penalty = sums.bonus * self.unit, sums.penalty * self.unit
        if self.most_bonus is not None:
            bonus = np.minimum(bonus, self.most_bonus)
        if self.most_penalty is not None:
            penalty = np.minimum(penalty, self.most_penalty)
        above = np.maximum(sums.earned * self.scale + attainable * (bonus - penalty), 0)
        if self.highest is not None:
            above = np.minimum(above, attainable * self.highest)
        below = attainable * self.denominator
        return above, below, (2 * self.digit * above + below) // (2 * below)

    def _met(self, rung: Rung, above: Whole, below: Whole, rounded: Whole) -> Flags:
        number, part = rung.threshold.as_integer_ratio()
        if self.layout.rubric.compare_rounded:
            found, wanted = rounded * part, np.full_like(rounded, number * self.digit)
        else:
            found, wanted = above * part, below * number
        met: Flags = found > wanted if rung.comparator == ">" else found >= wanted
        return met


def _verdict(
    last: int,
    nothing: Flags,
    unanswered: Flags,
    best: Whole,
    worst: Whole,
    by_score: Whole,
    rounded: Whole,
) -> Verdict:
    """The outcome of every row, strongest reason last, and the figures that go with it."""
    outcome = np.where(best < last, _place(Outcome.GRADED), _place(Outcome.BELOW_LOWEST))
    outcome[best != worst] = _place(Outcome.PENDING)
    outcome[unanswered] = _place(Outcome.INCOMPLETE)
    outcome[nothing] = _place(Outcome.NOT_ASSESSABLE)
    open_ = unanswered | nothing
    return (
        outcome,
        np.where(outcome == _place(Outcome.GRADED), best, NONE),
        np.where(open_ | (by_score == last), NONE, by_score),
        np.where(open_, NONE, rounded),
    )


def _place(outcome: Outcome) -> int:
    return OUTCOMES.index(outcome)


def _by_row(layout: Layout, sums: _Sums, columns: Columns) -> Verdict:
    """Decide row by row with the functions of the engine, on the sums of the columns."""
    vetoed, marked = set(columns.vetoed.tolist()), set(columns.marked.tolist())
    verdicts = []
    for row, (best, worst) in enumerate(columns.performance.tolist()):
        totals = _totals(layout, sums, columns, row, vetoed=row in vetoed)
        facts = columns.fact_sets[columns.facts[row]]
        answers = MARKED if row in marked else {}
        unanswered = bool(columns.open[row])
        verdict = _decide(
            layout.rubric, totals, facts, answers, (best, worst), unanswered=unanswered
        )
        verdicts.append(verdict)
    table = np.array(verdicts, dtype=np.int64).reshape(-1, 4)
    return table[:, 0], table[:, 1], table[:, 2], table[:, 3]


def _decide(
    rubric: Rubric,
    totals: Totals,
    facts: Mapping[str, FactValue],
    answers: Mapping[str, Answer],
    performance: tuple[int, int],
    *,
    unanswered: bool,
) -> tuple[int, int, int, int]:
    last = len(rubric.ladder)
    composed = compose(rubric, totals, facts, hopeful=True)
    if composed.score is None:
        return _place(Outcome.NOT_ASSESSABLE), NONE, NONE, NONE
    if unanswered:
        return _place(Outcome.INCOMPLETE), NONE, NONE, NONE
    event = after_events(rubric, composed.score, facts)
    by_rules, _ = grade_index(rubric, totals, event, answers)
    rounded = half_up(event.score, rubric.decimals)
    by_score = rung_reached(rubric, rounded if rubric.compare_rounded else event.score)
    if totals.vetoed or by_score == last:
        by_score = NONE
    digits = int(rounded * 10**rubric.decimals)
    best, worst = (max(by_rules, bound) for bound in performance)
    if composed.missing_fact or event.missing_fact:
        worst, by_score, digits = last, NONE, NONE
    if best == last:
        return _place(Outcome.BELOW_LOWEST), NONE, by_score, digits
    if best != worst:
        return _place(Outcome.PENDING), NONE, by_score, digits
    return _place(Outcome.GRADED), best, by_score, digits


def _totals(layout: Layout, sums: _Sums, columns: Columns, row: int, *, vetoed: bool) -> Totals:
    """One row as the engine's own totals; of the items only the starred ones, which gates ask."""
    points = layout.element_points.tolist()
    elements = tuple(
        ElementResult(element.id, full, absent, full - absent, earned, full - absent - earned, 0)
        for element, full, absent, earned in zip(
            layout.rubric.elements,
            points,
            sums.element_absent[row].tolist(),
            sums.element_earned[row].tolist(),
            strict=True,
        )
    )
    return Totals(
        points=sum(points),
        not_applicable=int(sums.not_applicable[row]),
        attainable=int(sums.attainable[row]),
        earned=int(sums.earned[row]),
        elements=elements,
        items=tuple(_starred(layout, columns, row)),
        specials=(),
        zeroed=(),
        vetoed=vetoed,
        bonus=int(sums.bonus[row]),
        penalty=int(sums.penalty[row]),
    )


def _starred(layout: Layout, columns: Columns, row: int) -> Iterator[ItemResult]:
    for number in layout.starred:
        item = layout.items[number]
        absent = item.points if columns.absent[row, number] else 0
        lost = int(columns.lost[row, number])
        yield ItemResult(
            item.id,
            item.element,
            item.sub_element,
            item.points,
            absent,
            lost,
            item.points - absent - lost,
            answered=True,
        )
