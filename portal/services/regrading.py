"""All submitted assessments graded again from their sealed sheets, block by block.

Nobody signs in for this: it runs from the command line, for somebody who has the database anyway,
so no rights are asked. What is corrected stands in the audit log under the name ``system``.

A block is read by key range with one statement, graded in columns by the edition that each sheet
is pinned to, and forgotten: memory grows with what is found wrong, not with what is looked at.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from operator import itemgetter
from typing import Any

import numpy as np

from criteria import CriteriaError, rubric_of
from portal.domain.assessment import score_text
from portal.domain.sealed_sheets import Edition, Refused, SheetReader
from portal.services import records
from portal.services.context import current
from portal.store.audit import AuditEntry, append
from portal.store.database import Row, Transaction
from scoring import Rubric
from scoring.bulk import NONE, OUTCOMES, Graded, grade_block
from scoring.rounding import half_up

FIGURES = (
    "outcome",
    "grade",
    "grade_by_score",
    "score",
    "pct10",
    "attainable",
    "earned",
    "deducted",
    "not_applicable",
    "elements",
)
"""The stored result of an assessment, as the columns of its row."""

BLOCK = 500
"""Sheets read at once, about 4 MB; larger blocks were no faster."""

SYSTEM = "system"
"""Actor and role of what nobody signed in for."""

Figures = tuple[Any, ...]
Progress = Callable[[int, int], None]
"""Told after each block: how many are done, of how many."""

stored_figures: Callable[[Row], Figures] = itemgetter(*FIGURES)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that cannot be right, with the record that it is about.

    Attributes:
        code: key of the words, ``cli.problem.<code>``.
        where: the record: enterprise or chain, and its number where it has one.
        error: what refused it, where something did.
    """

    code: str
    where: str
    error: Exception | None = None
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """A stored result that was not what its sheet gives; only the figures that differ."""

    enterprise_id: str
    assessment_no: int
    before: Mapping[str, object]
    after: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Report:
    """What a re-grading found: seen = same + changed + overtaken + unreadable.

    Attributes:
        overtaken: changed by somebody else between reading and correcting; left to them.
    """

    seen: int
    same: int
    changed: tuple[Change, ...]
    overtaken: int
    unreadable: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which submitted assessments; None is all."""

    scheme: str | None = None
    edition: str | None = None
    year: int | None = None
    kind: str | None = None

    def condition(self) -> tuple[str, dict[str, object]]:
        """The SQL condition on table ``a`` and its parameters."""
        names = ("scheme", "edition", "year", "kind")
        given = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return "".join(f" and a.{name} = :{name}" for name in given), given


@dataclass(frozen=True, slots=True)
class Block:
    """Assessments with what their sheets give; ``fresh`` is None where a sheet is refused."""

    rows: list[Row]
    fresh: list[Figures | None]
    problems: list[Problem]


Readers = Callable[[Edition], SheetReader | Problem]
"""How the sheets of an edition are read, or why they are not."""


def regrade(progress: Progress | None = None, rows: int = BLOCK) -> Report:
    """Grade every submitted assessment again and correct what is stored where it differs.

    Each block is corrected in one transaction, with an audit entry per assessment; summaries of
    its area, year and kind are marked to be computed again. Sheets, non-conformities and the state
    of the assessment are left as they are.
    """
    seen = same = overtaken = 0
    changed: list[Change] = []
    unreadable: list[Problem] = []
    for block in blocks(pinned_reader, Filter(), progress, rows):
        seen += len(block.rows)
        unreadable += block.problems
        wrong = [
            (row, fresh)
            for row, fresh in zip(block.rows, block.fresh, strict=True)
            if fresh is not None and differs(row, fresh)
        ]
        same += len(block.rows) - len(block.problems) - len(wrong)
        if wrong:
            done = current().db.write(partial(_correct, wrong=wrong))
            changed += done
            overtaken += len(wrong) - len(done)
    return Report(seen, same, tuple(changed), overtaken, tuple(unreadable))


def _correct(tx: Transaction, wrong: Sequence[tuple[Row, Figures]]) -> list[Change]:
    done = []
    for row, fresh in wrong:
        key = {"e": row["enterprise_id"], "n": row["assessment_no"]}
        after = dict(zip(FIGURES, fresh, strict=True))
        # the result belongs to the seal that was read; a new one has a new version
        written = tx.row(
            "update assessment set outcome = :outcome, grade = :grade,"
            " grade_by_score = :grade_by_score, score = :score, pct10 = :pct10,"
            " attainable = :attainable, earned = :earned, deducted = :deducted,"
            " not_applicable = :not_applicable, elements = :elements, version = version + 1"
            " where enterprise_id = :e and assessment_no = :n and version = :seen"
            " returning version",
            **key,
            **after,
            seen=row["version"],
        )
        if written is None:
            continue
        assessment = records.assessment_of(row)
        records.mark_dirty(tx, assessment)
        names = [name for name in FIGURES if row[name] != after[name]]
        change = Change(
            row["enterprise_id"],
            row["assessment_no"],
            {name: row[name] for name in names},
            {name: after[name] for name in names},
        )
        entry = AuditEntry(
            row["enterprise_id"],
            current().stamp,
            SYSTEM,
            SYSTEM,
            f"{assessment.kind}.regrade",
            str(assessment.assessment_no),
            {"before": change.before, "after": change.after, "seal": assessment.seal_no},
        )
        append(tx, entry)
        done.append(change)
    return done


def differs(row: Row, fresh: Figures) -> bool:
    """Whether a stored result says anything else than a fresh one."""
    stored = stored_figures(row)
    if stored == fresh:
        return False
    return stored[:-1] != fresh[:-1] or _loaded(stored[-1]) != json.loads(fresh[-1])


def _loaded(text: str | None) -> object:
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return None


def pinned_reader(edition: Edition) -> SheetReader | Problem:
    """Reads the sheets of an edition to grade them by exactly that edition."""
    rubric = pinned_rubric(edition)
    return rubric if isinstance(rubric, Problem) else SheetReader(rubric, edition)


def pinned_rubric(edition: Edition) -> Rubric | Problem:
    """The rubric of a stored edition, or why it cannot be graded by."""
    name = f"{edition.scheme}@{edition.edition}"
    try:
        scheme = current().library.get(edition.scheme, edition.edition)
    except KeyError:
        return Problem("edition_gone", name)
    except CriteriaError as error:
        return Problem("edition_broken", name, error)
    if scheme.fingerprint != edition.fingerprint:
        return Problem("edition_changed", name)
    return rubric_of(scheme)


def blocks(
    readers: Readers, chosen: Filter, progress: Progress | None = None, rows: int = BLOCK
) -> Iterator[Block]:
    """Stream the submitted assessments of a filter, each with its fresh figures."""
    condition, given = chosen.condition()
    known: dict[Edition, SheetReader | Problem] = {}
    total = done = 0
    if progress is not None:
        sql = f"select count(*) as n from assessment a where a.status = 'submitted'{condition}"  # noqa: S608 - fixed names
        found = current().db.row(sql, **given)
        total = int(found["n"]) if found else 0
    for found_rows in _streamed(condition, given, rows):
        yield _graded(found_rows, readers, known)
        done += len(found_rows)
        if progress is not None:
            progress(done, total)


def _streamed(condition: str, given: Mapping[str, object], rows: int) -> Iterator[list[Row]]:
    """Blocks in the order of their keys; each statement begins behind the last key."""
    db = current().db
    sql = (
        "select a.*, s.sheet from assessment a left join sealed_sheet s"  # noqa: S608 - fixed names
        " on s.enterprise_id = a.enterprise_id and s.assessment_no = a.assessment_no"
        " and s.seal_no = a.seal_no where a.status = 'submitted'"
        f" and (a.enterprise_id, a.assessment_no) > (:e, :n){condition}"
        " order by a.enterprise_id, a.assessment_no limit :most"
    )
    key: dict[str, object] = {"e": "", "n": 0}
    while found := db.rows(sql, **key, most=rows, **given):
        yield found
        key = {"e": found[-1]["enterprise_id"], "n": found[-1]["assessment_no"]}


def _graded(
    rows: list[Row], readers: Readers, known: dict[Edition, SheetReader | Problem]
) -> Block:
    by_edition: dict[Edition, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        by_edition[Edition(row["scheme"], row["edition"], row["fingerprint"])].append(number)
    block = Block(rows, [None] * len(rows), [])
    for edition, numbers in by_edition.items():
        if edition not in known:
            known[edition] = readers(edition)
        reader = known[edition]
        if isinstance(reader, Problem):
            values = {"edition": reader.where}
            block.problems.extend(
                Problem(reader.code, place(rows[n]), reader.error, values) for n in numbers
            )
            continue
        read = reader.read([rows[number]["sheet"] for number in numbers])
        graded = grade_block(reader.marks.layout, read.columns)
        for number, fresh in zip(read.rows, figures(reader.rubric, graded), strict=True):
            block.fresh[numbers[number]] = fresh
        block.problems.extend(
            _refused(rows[numbers[number]], why) for number, why in read.refused.items()
        )
    return block


def _refused(row: Row, why: Refused) -> Problem:
    return Problem(why.code, place(row), why.error)


def place(row: Row) -> str:
    """An assessment as it is named in reports: enterprise and number."""
    return f"{row['enterprise_id']}/{row['assessment_no']}"


def figures(rubric: Rubric, graded: Graded) -> Iterator[Figures]:
    """The stored form of results in columns, row by row, in the order of :data:`FIGURES`."""
    rungs: dict[int, str | None] = {n: rung.grade for n, rung in enumerate(rubric.ladder)}
    rungs[NONE] = None
    digits = 10**rubric.decimals
    texts: dict[int, str | None] = {}
    tenths: dict[int, int | None] = {}
    for units in np.unique(graded.score).tolist():
        score = None if units == NONE else Fraction(units, digits)
        texts[units] = score_text(score, rubric)
        tenths[units] = None if score is None else int(half_up(score / rubric.scale * 1000, 0))
    scores = graded.score.tolist()
    ids = (json.dumps(element.id).replace("%", "%%") for element in rubric.elements)
    template = f"[{', '.join(f'[{name}, %d, %d]' for name in ids)}]"
    pairs = np.stack((graded.element_earned, graded.element_attainable), axis=2)
    numbers = pairs.reshape(len(scores), 2 * len(rubric.elements)).tolist()
    return zip(
        map([outcome.value for outcome in OUTCOMES].__getitem__, graded.outcome.tolist()),
        map(rungs.__getitem__, graded.grade.tolist()),
        map(rungs.__getitem__, graded.by_score.tolist()),
        map(texts.__getitem__, scores),
        map(tenths.__getitem__, scores),
        graded.attainable.tolist(),
        graded.earned.tolist(),
        (graded.attainable - graded.earned).tolist(),
        graded.not_applicable.tolist(),
        (template % tuple(row) for row in numbers),
        strict=True,
    )
