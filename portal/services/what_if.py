"""What would change under another ladder, other weights, other points or another edition.

Everything submitted is graded again from its sealed sheets by a changed edition; nothing is
stored. Like :mod:`portal.services.regrading` it runs from the command line, without rights.
"""

import tomllib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise

from criteria import rubric_of
from portal.domain.people import ancestors
from portal.domain.sealed_sheets import Edition, SheetReader
from portal.domain.workflow import AssessmentKind
from portal.services.context import current
from portal.services.regrading import (
    BLOCK,
    FIGURES,
    Filter,
    Problem,
    Progress,
    blocks,
    pinned_rubric,
)
from portal.store.database import Row
from scoring import Rubric, Rung
from scoring.model import Method

KEYS = {"scheme", "edition", "year", "kind", "ladder", "weight", "points"}


@dataclass(frozen=True, slots=True)
class ChangeProblem:
    """Something in a change file that cannot be; words by ``cli.change.<code>``."""

    code: str
    values: Mapping[str, object] = field(default_factory=dict)


class ChangeError(Exception):
    """A change file with problems, all of them listed."""

    def __init__(self, problems: Sequence[ChangeProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(", ".join(problem.code for problem in problems))


@dataclass(frozen=True, slots=True)
class Change:
    """What would be different; docs/what-if.md describes the file.

    Attributes:
        scheme: id of the scheme whose assessments are looked at.
        pinned: only those pinned to this edition, or None.
        edition: grade by this edition of the scheme instead of their own, or None.
        ladder: changed rungs by grade: comparator and threshold.
        weights: changed weights by element.
        points: changed points by item and rule.
    """

    scheme: str
    pinned: str | None = None
    edition: str | None = None
    year: int | None = None
    kind: str | None = None
    ladder: Mapping[str, tuple[str, Fraction]] = field(default_factory=dict)
    weights: Mapping[str, Fraction] = field(default_factory=dict)
    points: Mapping[tuple[str, str], Fraction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Move:
    """An assessment whose grade or outcome would be another one."""

    enterprise_id: str
    name: str
    assessment_no: int
    year: int
    kind: str
    score: str | None
    grade: str
    new_score: str | None
    new_grade: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What a change would do. A grade is its id, or the outcome where there is none.

    Attributes:
        seen: assessments of the scheme that the filters chose.
        grades: how many, by grade now and then; those that stay stand with the same twice.
        sectors: the same by sector.
        areas: the same by area, at every level up to the nation.
        moves: assessments that would get another grade or outcome.
        left_out: answers that the changed edition does not know or refuses, by item.
        unreadable: assessments that could not be graded.
    """

    seen: int
    grades: Mapping[tuple[str, str], int]
    sectors: Mapping[str, Mapping[tuple[str, str], int]]
    areas: Mapping[str, Mapping[tuple[str, str], int]]
    moves: tuple[Move, ...]
    left_out: tuple[Problem, ...]
    unreadable: tuple[Problem, ...]


# ------------------------------------------------------------------ the file


def read_change(text: str) -> Change:
    """Read a change file.

    Raises:
        ChangeError: not TOML, or values that cannot be; all are listed.
    """
    try:
        # decimals stay exact: 0.1 is one tenth
        data = tomllib.loads(text, parse_float=Fraction)
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise ChangeError([ChangeProblem("not_toml", {"why": error})]) from None
    return _Reading(data).change()


class _Reading:
    def __init__(self, data: Mapping[str, object]) -> None:
        self.data = data
        self.problems: list[ChangeProblem] = []

    def bad(self, code: str, **values: object) -> None:
        self.problems.append(ChangeProblem(code, values))

    def change(self) -> Change:
        for key in sorted(set(self.data) - KEYS):
            self.bad("unknown_key", entry=key, known=", ".join(sorted(KEYS)))
        scheme, _, pinned = self._text("scheme").partition("@")
        year, kind = self.data.get("year"), self.data.get("kind")
        if year is not None and (not isinstance(year, int) or isinstance(year, bool)):
            self.bad("bad_value", entry="year", found=year)
        kinds = [member.value for member in AssessmentKind]
        if kind is not None and kind not in kinds:
            self.bad("bad_value", entry="kind", found=kind)
        change = Change(
            scheme=scheme,
            pinned=pinned or None,
            edition=self._text("edition") if "edition" in self.data else None,
            year=year if isinstance(year, int) else None,
            kind=str(kind) if kind is not None else None,
            ladder={
                str(row["grade"]): (str(row["comparator"]), self._number("threshold", row))
                for row in self._rows("ladder", ("grade", "threshold", "comparator"))
            },
            weights={
                str(row["element"]): self._number("weight", row)
                for row in self._rows("weight", ("element", "weight"))
            },
            points=self._points(),
        )
        if not (change.edition or change.ladder or change.weights or change.points):
            self.bad("nothing_changed")
        if self.problems:
            raise ChangeError(self.problems)
        return change

    def _text(self, key: str) -> str:
        found = self.data.get(key)
        if not isinstance(found, str) or not found:
            self.bad("bad_value", entry=key, found=found)
            return ""
        return found

    def _rows(self, key: str, names: tuple[str, ...]) -> list[Mapping[str, object]]:
        rows = self.data.get(key, [])
        found = []
        for row in rows if isinstance(rows, list) else [rows]:
            if not isinstance(row, Mapping) or set(row) != set(names):
                self.bad("bad_value", entry=key, found=row)
            elif row.get("comparator", ">=") not in (">=", ">"):
                self.bad("bad_value", entry="comparator", found=row["comparator"])
            else:
                found.append(row)
        return found

    def _points(self) -> dict[tuple[str, str], Fraction]:
        table = self.data.get("points", {})
        if not isinstance(table, Mapping):
            self.bad("bad_value", entry="points", found=table)
            return {}
        out = {}
        for name in table:
            item, _, rule = name.rpartition(".")
            out[item, rule] = self._number(name, table)
        return out

    def _number(self, key: str, table: Mapping[str, object]) -> Fraction:
        found = table.get(key)
        if isinstance(found, int | Fraction) and not isinstance(found, bool) and found >= 0:
            return Fraction(found)
        self.bad("bad_value", entry=key, found=found)
        return Fraction(0)


# ------------------------------------------------------------------ the changed edition


def changed_rubric(rubric: Rubric, change: Change) -> Rubric:
    """An edition with the ladder, weights and points of a change.

    Raises:
        ChangeError: a grade, element, item or rule that the edition does not have, points finer
            than its unit, a ladder that does not descend, or an element without weight.
    """
    problems: list[ChangeProblem] = []
    changed = _with_points(rubric, change.points, problems)
    changed = _with_weights(changed, change.weights, problems)
    changed = _with_ladder(changed, change.ladder, problems)
    if problems:
        raise ChangeError(problems)
    return changed


def _with_points(
    rubric: Rubric,
    points: Mapping[tuple[str, str], Fraction],
    problems: list[ChangeProblem],
) -> Rubric:
    units: dict[tuple[str, str], int] = {}
    for (item_id, rule_id), amount in points.items():
        item = rubric.by_id.get(item_id)
        if item is None or item.rule(rule_id) is None:
            problems.append(ChangeProblem("no_rule", {"rule": f"{item_id}.{rule_id}"}))
        elif (amount / rubric.unit).denominator != 1:
            values = {"rule": f"{item_id}.{rule_id}", "unit": rubric.unit}
            problems.append(ChangeProblem("too_fine", values))
        else:
            units[item_id, rule_id] = int(amount / rubric.unit)
    items = tuple(
        replace(
            item,
            rules=tuple(
                replace(rule, points=units.get((item.id, rule.id), rule.points))
                for rule in item.rules
            ),
        )
        for item in rubric.items
    )
    return replace(rubric, items=items)


def _with_weights(
    rubric: Rubric, weights: Mapping[str, Fraction], problems: list[ChangeProblem]
) -> Rubric:
    if not weights:
        return rubric
    known = {element.id for element in rubric.elements}
    problems += [ChangeProblem("no_element", {"element": e}) for e in weights if e not in known]
    elements = tuple(
        replace(element, weight=weights.get(element.id, element.weight))
        for element in rubric.elements
    )
    # a scheme that adds up has no weights to keep: every element must be given one
    if rubric.method is Method.POINTS and (missing := known - set(weights)):
        names = ", ".join(e.id for e in rubric.elements if e.id in missing)
        problems.append(ChangeProblem("weights_missing", {"elements": names}))
    return replace(rubric, elements=elements, method=Method.WEIGHTS)


def _with_ladder(
    rubric: Rubric,
    ladder: Mapping[str, tuple[str, Fraction]],
    problems: list[ChangeProblem],
) -> Rubric:
    known = [rung.grade for rung in rubric.ladder]
    problems += [ChangeProblem("no_grade", {"grade": g}) for g in ladder if g not in known]
    rungs = tuple(
        Rung(rung.grade, *ladder.get(rung.grade, (rung.comparator, rung.threshold)), rung.clause)
        for rung in rubric.ladder
    )
    lines = [rung.threshold for rung in rungs]
    if any(upper <= lower for upper, lower in pairwise(lines)):
        problems.append(ChangeProblem("ladder_order", {"grades": ", ".join(known)}))
    return replace(rubric, ladder=rungs)


# ------------------------------------------------------------------ the answer


def what_if(change: Change, progress: Progress | None = None, rows: int = BLOCK) -> Answered:
    """Grade all that a change is about by the changed edition; nothing is stored.

    An answer that the changed edition does not know, or refuses, is left out and named: its item
    is then unanswered and the assessment incomplete, never guessed.

    Raises:
        ChangeError: the change does not fit an edition.
    """
    readers: list[SheetReader] = []
    reader = _reader(change, readers)
    chosen = Filter(change.scheme, change.pinned, change.year, change.kind)
    grade, score = FIGURES.index("grade"), FIGURES.index("score")
    counts: Counter[tuple[str, str, str, str]] = Counter()
    moves: list[Move] = []
    unreadable: list[Problem] = []
    seen = 0
    for block in blocks(reader, chosen, progress, rows):
        seen += len(block.rows)
        unreadable += block.problems
        moved = []
        for row, fresh in zip(block.rows, block.fresh, strict=True):
            if fresh is None:
                continue
            old, new = row["grade"] or row["outcome"], fresh[grade] or fresh[0]
            counts[row["sector"], row["area_code"], old, new] += 1
            if old != new:
                moved.append((row, new, fresh[score]))
        moves += _moves(moved)
    left_out = [
        Problem("left_out", item, error)
        for reader_ in readers
        for (item, _), error in sorted(reader_.left_out.items())
    ]
    return Answered(
        seen,
        _summed(counts, lambda _sector, _area: ["all"]).get("all", {}),
        _summed(counts, lambda sector, _area: [sector]),
        _summed(counts, lambda _sector, area: ancestors(area)),
        tuple(moves),
        tuple(left_out),
        tuple(unreadable),
    )


def _summed(
    counts: Mapping[tuple[str, str, str, str], int], places: Callable[[str, str], list[str]]
) -> dict[str, Counter[tuple[str, str]]]:
    """Counts by grade now and then, at every place that a sector and an area count for."""
    sums: dict[str, Counter[tuple[str, str]]] = {}
    for (sector, area, old, new), count in sorted(counts.items()):
        for name in places(sector, area):
            sums.setdefault(name, Counter())[old, new] += count
    return sums


def _reader(change: Change, made: list[SheetReader]) -> Callable[[Edition], SheetReader | Problem]:
    """Readers that grade each stored edition by the changed one."""
    target = None
    if not current().library.editions(change.scheme):
        raise ChangeError([ChangeProblem("no_edition", {"edition": change.scheme})])
    if change.edition is not None:
        try:
            other = current().library.get(change.scheme, change.edition)
        except KeyError:
            values = {"edition": f"{change.scheme}@{change.edition}"}
            raise ChangeError([ChangeProblem("no_edition", values)]) from None
        target = changed_rubric(rubric_of(other), change)

    def reader(edition: Edition) -> SheetReader | Problem:
        rubric = target
        if rubric is None:
            pinned = pinned_rubric(edition)
            if isinstance(pinned, Problem):
                return pinned
            rubric = changed_rubric(pinned, change)
        made.append(SheetReader(rubric, edition, lenient=True))
        return made[-1]

    return reader


def _moves(moved: Sequence[tuple[Row, str, str | None]]) -> list[Move]:
    db = current().db
    found = []
    for row, new_grade, new_score in moved:
        head = db.row(
            "select name from enterprise where enterprise_id = :e", e=row["enterprise_id"]
        )
        found.append(
            Move(
                row["enterprise_id"],
                head["name"] if head else "",
                row["assessment_no"],
                row["year"],
                row["kind"],
                row["score"],
                row["grade"] or row["outcome"],
                new_score,
                new_grade,
            )
        )
    return found
