"""Answers of many assessments as columns, one row per assessment and one column per item.

Element sums are whole numbers over those columns. What few sheets have (special deductions,
zeroing, vetoes, marked hazards) is kept sparse: a row number, a target and an amount.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from scoring.composition import compose
from scoring.errors import ScoringError
from scoring.gates import after_events
from scoring.grades import performance_range
from scoring.items import check_answer, score_item
from scoring.model import Answer, FactValue, ItemRubric, Role, Rubric, Scope
from scoring.totals import Totals

Whole = NDArray[np.int64]
Units = NDArray[np.int32] | NDArray[np.int64]
Flags = NDArray[np.bool_]
_ABSENT, _OPEN, _FAR = 1, 2, 4
_TAKES, _ZEROES, _VETOES, _MARKS = range(4)


@dataclass(frozen=True, slots=True)
class Reach:
    """What reaches beyond items, one line per case.

    Attributes:
        row: the assessment, int64.
        target: a sub-element by its place, or behind all of them an element, int64.
        asked: units to take, int64, at most all points of the edition; 0 where it zeroes.
    """

    row: Whole
    target: Whole
    asked: Whole


@dataclass(frozen=True, slots=True)
class Columns:
    """A block of assessments; columns of items in the order of :attr:`Layout.items`.

    Attributes:
        lost: own loss of an item in units, floored at its points, whole numbers (rows, items);
            0 where the item is absent or open.
        absent: not applicable, bool (rows, items).
        open: how many items are unanswered, int64 (rows).
        performance: best and worst rung that the safety performance allows, int64 (rows, 2).
        facts: which of ``fact_sets`` belongs to a row, int64 (rows).
        fact_sets: the distinct combinations of facts that the edition asks for.
        takes: special deductions.
        zeroes: parts that score nothing.
        vetoed: rows in which no grade is given.
        marked: rows with an item marked as a major hazard.
        repeated: rows that answer an item more than once; the last answer counts.
    """

    lost: Units
    absent: Flags
    open: Whole
    performance: Whole
    facts: Whole
    fact_sets: Sequence[Mapping[str, FactValue]]
    takes: Reach
    zeroes: Reach
    vetoed: Whole
    marked: Whole
    repeated: Whole = field(default_factory=lambda: _whole([]))


class Layout:
    """The columns of an edition.

    Attributes:
        items: base items by element, then bonus and penalty items.
        column: place of an item id in ``items``.
        base: how many of ``items`` are base items.
        present: places of the elements that have base items; ``starts``: first item of each.
        dtype: whole numbers wide enough for the points of all items together (``largest``).
        points: units of each item; ``element_points``: base units of each element.
        sub_elements: how many there are; targets from this number on are elements.
        bonus: columns of bonus items; likewise ``penalty`` and ``starred``.
        guarantees: element, least units and columns of its guarantee rows.

    Raises:
        ScoringError: a sub-element lies in two elements.
    """

    def __init__(self, rubric: Rubric) -> None:
        self.rubric = rubric
        place = {element.id: number for number, element in enumerate(rubric.elements)}
        base = [item for item in rubric.items if item.role is Role.BASE]
        base.sort(key=lambda item: place[item.element])
        rest = [item for item in rubric.items if item.role is not Role.BASE]
        self.items: tuple[ItemRubric, ...] = (*base, *rest)
        self.column = {item.id: number for number, item in enumerate(self.items)}
        self.base = len(base)
        owner = np.array([place[item.element] for item in base], dtype=np.int64)
        self.present, self.starts = np.unique(owner, return_index=True)
        largest = sum(item.points for item in self.items)
        self.largest = largest
        self.dtype = np.dtype(np.int32 if largest < 2**31 else np.int64)
        self.points: Units = np.array([item.points for item in self.items], dtype=self.dtype)
        self.element_points = np.zeros(len(place), dtype=np.int64)
        np.add.at(self.element_points, owner, self.points[: self.base])
        parts: dict[str, tuple[int, list[int]]] = {}
        for number, item in enumerate(self.items):
            if item.sub_element is not None:
                element = place[item.element]
                owner_of, inside = parts.setdefault(item.sub_element, (element, []))
                if owner_of != element:
                    raise ScoringError("sub_element_twice", sub_element=item.sub_element)
                inside += [number] if number < self.base else []
        self.sub_elements = len(parts)
        self._inside = [_whole(inside) for _, inside in parts.values()]
        self._element = [element for element, _ in parts.values()]
        # a sub-element may bear the id of an element, so the two are looked up apart
        self._sub_place = {name: number for number, name in enumerate(parts)}
        self._element_place = {name: number + len(parts) for name, number in place.items()}
        roles = [item.role for item in self.items]
        self.bonus = _whole([n for n, role in enumerate(roles) if role is Role.BONUS])
        self.penalty = _whole([n for n, role in enumerate(roles) if role is Role.PENALTY])
        self.starred = [n for n, item in enumerate(self.items) if item.star]
        self.guarantees = [
            (place[element.id], element.guarantee, _whole(rows))
            for element in rubric.elements
            if element.guarantee is not None and (rows := self._guarantee_rows(element.id))
        ]

    def _guarantee_rows(self, element: str) -> list[int]:
        return [
            number
            for number, item in enumerate(self.items)
            if item.element == element and item.guarantee
        ]

    def inside(self, target: int) -> Whole:
        """Columns of the base items of a sub-element."""
        return self._inside[target]

    def element_of(self, target: int) -> int:
        """Place of the element in which a sub-element lies."""
        return self._element[target]

    def target(self, item: ItemRubric, scope: Scope) -> int:
        """Place of what a scope means for an item; without a sub-element it is the element."""
        if scope is Scope.SUB_ELEMENT and item.sub_element is not None:
            return self._sub_place[item.sub_element]
        return self._element_place[item.element]


class Marks:
    """Numbers every distinct answer and safety performance, so that sheets become columns.

    An answer is checked and scored once, however many sheets repeat it.
    """

    def __init__(self, rubric: Rubric) -> None:
        self.rubric, self.layout = rubric, Layout(rubric)
        self._codes: dict[tuple[str, Answer], int] = {}
        self._asked = _asked(rubric)
        self._fact_codes: dict[tuple[tuple[str, FactValue], ...], int] = {}
        self._performance: list[tuple[int, int]] = []
        self.fact_sets: list[Mapping[str, FactValue]] = []
        # code 0 is an item without an answer
        self._column, self._lost, self._flags = [0], [0], [_OPEN]
        self._cases: list[tuple[int, int, int, int]] = []  # code, what, target, asked
        self._tables: _Tables | None = None

    def code(self, item_id: str, answer: Answer) -> int:
        """Number of an answer.

        Raises:
            ScoringError: what :func:`scoring.grade` refuses.
        """
        key = (item_id, _wordless(answer))
        if key not in self._codes:
            item = self.rubric.by_id.get(item_id)
            if item is None:
                names = {"scheme": self.rubric.scheme, "edition": self.rubric.edition}
                raise ScoringError("unknown_item", item=item_id, **names)
            check_answer(item, answer)
            self._codes[key] = self._enter(item, answer)
        return self._codes[key]

    def _enter(self, item: ItemRubric, answer: Answer) -> int:
        code = len(self._column)
        self._tables = None
        self._column.append(self.layout.column[item.id])
        if not answer.says_points:
            self._lost.append(0)
            self._flags.append(_OPEN)
            return code
        score = score_item(item, answer)
        cases = [
            (code, _TAKES, self.layout.target(item, rule.scope), min(asked, self.layout.largest))
            for rule, asked in score.beyond
            if rule.scope in (Scope.SUB_ELEMENT, Scope.ELEMENT)
        ]
        for _, scope in score.zeroes:
            if scope is Scope.ASSESSMENT:
                cases.append((code, _VETOES, 0, 0))
            else:
                cases.append((code, _ZEROES, self.layout.target(item, scope), 0))
        if answer.major_hazard and answer.not_applicable is None:
            cases.append((code, _MARKS, 0, 0))
        absent = answer.not_applicable is not None
        self._lost.append(0 if absent else item.points - score.earned)
        self._flags.append((_ABSENT if absent else 0) | (_FAR if cases else 0))
        self._cases += cases
        return code

    def facts(self, facts: Mapping[str, FactValue]) -> int:
        """Number of a safety performance.

        Raises:
            ScoringError: a fact that :func:`scoring.grade` refuses.
        """
        key = tuple((name, facts[name]) for name in self._asked if name in facts)
        if key not in self._fact_codes:
            known = dict(key)
            best, worst, _ = performance_range(self.rubric, known)
            after_events(self.rubric, Fraction(0), known)
            compose(self.rubric, _NOTHING, known)
            self._fact_codes[key] = len(self.fact_sets)
            self.fact_sets.append(known)
            self._performance.append((best, worst))
        return self._fact_codes[key]

    def columns(self, codes: NDArray[np.int64], counts: Whole, facts: Whole) -> Columns:
        """Turn sheets into a block.

        Args:
            codes: of all answers of the first sheet, then of the next, in any order within; of
                an item answered twice the last one counts.
            counts: answers of each sheet (rows).
            facts: number of each safety performance (rows).
        """
        if self._tables is None:
            lost: Units = np.array(self._lost, dtype=self.layout.dtype)
            self._tables = _Tables(self._column, lost, self._flags, self._cases)
        tables, rows, items = self._tables, len(counts), len(self.layout.items)
        # rows end to end: numpy finds and fills places by one index much faster than by two
        place = np.repeat(np.arange(rows) * items, counts)
        place += tables.column[codes]
        line = np.zeros(rows * items, dtype=np.int64)
        line[place] = codes
        sheet = line.reshape(rows, items)
        flags = tables.flags.take(sheet)
        far = np.flatnonzero((flags & _FAR).astype(np.bool_))
        what, case_row, target, asked = tables.spread(far // items, line[far])

        def reach(kind: int) -> Reach:
            chosen = what == kind
            return Reach(case_row[chosen], target[chosen], asked[chosen])

        return Columns(
            lost=tables.lost.take(sheet),
            absent=(flags & _ABSENT).astype(np.bool_),
            open=np.count_nonzero(flags & _OPEN, axis=1).astype(np.int64),
            performance=np.array(self._performance, dtype=np.int64).reshape(-1, 2)[facts],
            facts=facts,
            fact_sets=self.fact_sets,
            takes=reach(_TAKES),
            zeroes=reach(_ZEROES),
            vetoed=reach(_VETOES).row,
            marked=reach(_MARKS).row,
            repeated=np.flatnonzero(np.count_nonzero(sheet, axis=1) != counts),
        )

    def encode(
        self, sheets: Iterable[tuple[Mapping[str, Answer], Mapping[str, FactValue]]]
    ) -> Columns:
        """Turn answers and facts into a block.

        Raises:
            ScoringError: what :func:`scoring.grade` refuses.
        """
        codes: list[int] = []
        counts: list[int] = []
        performances: list[int] = []
        for answers, facts in sheets:
            codes += [self.code(item, answer) for item, answer in answers.items()]
            counts.append(len(answers))
            performances.append(self.facts(facts))
        return self.columns(_whole(codes), _whole(counts), _whole(performances))


class _Tables:
    """The lists of :class:`Marks` as arrays, indexed by code."""

    def __init__(
        self,
        column: list[int],
        lost: Units,
        flags: list[int],
        cases: list[tuple[int, int, int, int]],
    ) -> None:
        self.column, self.lost = _whole(column), lost
        self.flags = np.array(flags, dtype=np.uint8)
        table = _whole([number for case in cases for number in case]).reshape(-1, 4)
        # cases are entered code by code, so those of a code stand together
        self._cases = table
        self._count = np.bincount(table[:, 0], minlength=len(column))
        self._first = np.cumsum(self._count) - self._count

    def spread(self, row: Whole, code: Whole) -> tuple[Whole, Whole, Whole, Whole]:
        """What, row, target and amount of every case of some answers."""
        count = self._count[code]
        begin = np.repeat(self._first[code] - (np.cumsum(count) - count), count)
        found = self._cases[begin + np.arange(len(begin))]
        return found[:, 1], np.repeat(row, count), found[:, 2], found[:, 3]


def _wordless(answer: Answer) -> Answer:
    """An answer without its texts: whether there is one decides, never what it says."""
    absent = answer.not_applicable
    return replace(
        answer,
        reason=answer.reason and ("-" if answer.reason.strip() else " "),
        not_applicable=None if absent is None else "-" if absent.strip() else "",
    )


def _whole(numbers: Sequence[int]) -> Whole:
    return np.array(numbers, dtype=np.int64)


_NOTHING = Totals(0, 0, 0, 0, (), (), (), (), vetoed=False)


def _asked(rubric: Rubric) -> list[str]:
    """Facts on which the edition decides anything; others would make needless combinations."""
    conditions = [condition for rung in rubric.performance for condition in rung.conditions]
    names: set[str | None] = {rule.fact for rule in rubric.downgrades}
    for condition in conditions:
        names |= {condition.fact, condition.when, condition.unless}
    if rubric.imported is not None:
        names.add(rubric.imported.fact)
    rates = {rule.id: (rule.numerator, rule.denominator) for rule in rubric.facts if rule.numerator}
    while more := {part for name in names for part in rates.get(name or "", ())} - names:
        names |= more
    return sorted(name for name in names if name)
