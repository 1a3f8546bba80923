"""All submitted assessments graded again from their sealed sheets, block by block.

Nobody signs in for this: it runs from the command line, for somebody who has the database anyway,
so no rights are asked. What is corrected stands in the audit log under the name ``system``.

A block is read by a range of keys with one statement, graded in columns by the edition that each
sheet is pinned to, compared and forgotten: memory grows with what is found wrong, not with what is
looked at. Where there are many, further processes do the same with the ranges that they are given;
this one grades the ranges between, writes, and does whatever the others cannot.

A run does not stop anybody. Each block is as the database was at the moment of its statement, and
the blocks are of different moments: what is submitted, reopened or made void meanwhile is graded
as its block still or already has it, or not at all where its range has been passed. A correction
cannot go wrong by that: it is written only where the assessment still has the version that was
graded; any other is left to whoever changed it and counted as overtaken.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from operator import itemgetter

from criteria import CriteriaError, rubric_of
from portal.domain.sealed_sheets import Edition, SheetReader
from portal.services import records
from portal.services.context import current
from portal.services.regrade_blocks import (
    FIGURES,
    FIRST,
    Answer,
    Figures,
    Grader,
    Key,
    Problem,
    Question,
    Span,
    answer,
    cut,
    figures,
    unlike,
)
from portal.services.regrade_workers import Crew, GoneError, LeftOut, Reply
from portal.store.audit import AuditEntry, append
from portal.store.database import Row, Transaction
from scoring import Rubric
from scoring.errors import ScoringError

__all__ = [
    "BLOCK",
    "FIGURES",
    "Block",
    "Change",
    "Figures",
    "Filter",
    "Problem",
    "Progress",
    "Report",
    "blocks",
    "differs",
    "figures",
    "pinned_reader",
    "pinned_rubric",
    "place",
    "regrade",
]

BLOCK = 500
"""Sheets read at once, about 2 MB; larger blocks were no faster."""

SYSTEM = "system"
"""Actor and role of what nobody signed in for."""

Progress = Callable[[int, int], None]
"""Told after each block: how many are done, of how many."""

stored_figures: Callable[[Row], Figures] = itemgetter(*FIGURES)


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
    """Assessments with what their sheets give.

    Attributes:
        seen: how many were looked at.
        rows: those that were asked for: all, or those whose result differs.
        fresh: their figures; None where a sheet is refused.
        problems: of all that were looked at.
    """

    seen: int
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
    for block in blocks(pinned_reader, Filter(), progress, rows, every=False):
        seen += block.seen
        unreadable += block.problems
        wrong = [
            (row, fresh)
            for row, fresh in zip(block.rows, block.fresh, strict=True)
            if fresh is not None
        ]
        same += block.seen - len(block.problems) - len(wrong)
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
            " returning *",
            **key,
            **after,
            seen=row["version"],
        )
        if written is None:
            continue
        assessment = records.assessment_of(written)
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
    return unlike(stored_figures(row), fresh)


def place(row: Row) -> str:
    """An assessment as it is named in reports: enterprise and number."""
    return f"{row['enterprise_id']}/{row['assessment_no']}"


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
    readers: Readers,
    chosen: Filter,
    progress: Progress | None = None,
    rows: int = BLOCK,
    *,
    every: bool = True,
) -> Iterator[Block]:
    """Stream the submitted assessments of a filter in the order of their keys.

    Args:
        readers: how sheets are read, by edition.
        chosen: which assessments.
        progress: told after each block.
        rows: assessments of a block.
        every: give all with their fresh figures; without it those whose result differs.
    """
    db = current().db
    condition, given = chosen.condition()
    total = done = 0
    if progress is not None:
        sql = f"select count(*) as n from assessment a where a.status = 'submitted'{condition}"  # noqa: S608 - fixed names
        found = db.row(sql, **given)
        total = int(found["n"]) if found else 0
    question = Question(condition, given, every)
    with Crew(db.address, question, total) as crew:
        for answered in _Run(question, readers, crew, rows).answers():
            yield answered
            done += answered.seen
            if progress is not None:
                progress(done, total)


class _Run:
    """One way through all keys."""

    def __init__(self, question: Question, readers: Readers, crew: Crew, rows: int) -> None:
        self._question, self._readers, self._crew, self._rows = question, readers, crew, rows
        self._db = current().db
        self._graders: dict[Edition, Grader | None] = {}
        self._broken: dict[Edition, Problem] = {}

    def answers(self) -> Iterator[Block]:
        """Blocks in the order of their keys; each begins behind the last key of the one before."""
        crew = self._crew
        waiting: deque[tuple[Span, Future[Reply]]] = deque()
        after, graded, more = FIRST, 0, True
        while more or waiting:
            if more:
                after = self._given_away(after, graded, waiting)
                span = Span(after, self._rows)
                own = self._own(span)
                after, more = own.last, own.seen > 0
                graded += own.seen
                if more:
                    waiting.append((span, _finished(Reply(own, {}))))
            # in the order of the keys; behind the last block all that are left
            while waiting and (not more or len(waiting) > crew.ahead or waiting[0][1].done()):
                yield from map(self._block, self._received(*waiting.popleft()))

    def _given_away(
        self, after: Key, graded: int, waiting: deque[tuple[Span, Future[Reply]]]
    ) -> Key:
        """Give ranges of keys to those that have time; the key up to which they reach."""
        for helper in self._crew.with_time(graded):
            to = cut(self._db, after, self._rows)
            if to is None:  # so few are left that this process reads them
                break
            span = Span(after, self._rows, to)
            waiting.append((span, helper.give(span, self._graders)))
            after = to
        return after

    def _own(self, span: Span) -> Answer:
        return answer(self._db, self._question, span, self._grader)

    def _grader(self, edition: Edition) -> Grader | None:
        if edition not in self._graders:
            reader = self._readers(edition)
            if isinstance(reader, Problem):
                self._broken[edition] = reader
            self._graders[edition] = None if isinstance(reader, Problem) else Grader(reader)
        return self._graders[edition]

    def _received(self, span: Span, given: Future[Reply]) -> Iterator[Answer]:
        try:
            reply = given.result()
        except GoneError:  # a process was killed: we do what it had taken
            reply = Reply(None, {})
        for edition, left_out in reply.left_out.items():
            if grader := self._graders[edition]:
                grader.reader.left_out.update(_anew(left_out))
        found = reply.answer or self._own(span)
        yield found
        while span.to is not None and found.seen == span.most and found.last != span.to:
            # more has been submitted in the range than stood there when it was cut
            span = Span(found.last, span.most, span.to)
            found = self._own(span)
            yield found

    def _block(self, answered: Answer) -> Block:
        problems = [
            Problem(problem.code, problem.where, _travelled(problem.error))
            for problem in answered.problems
        ]
        for edition, where in answered.ungraded:
            broken = self._broken[edition]
            values = {"edition": broken.where}
            problems.append(Problem(broken.code, where, broken.error, values))
        rows = [dict(zip(self._question.names, row, strict=True)) for row in answered.rows]
        return Block(answered.seen, rows, answered.fresh, problems)


def _finished(reply: Reply) -> Future[Reply]:
    future: Future[Reply] = Future()
    future.set_result(reply)
    return future


def _travelled(error: Exception | None) -> Exception | None:
    """An error made anew: the text of the engine's own does not survive the way to us."""
    return ScoringError(error.code, **error.values) if isinstance(error, ScoringError) else error


def _anew(left_out: LeftOut) -> dict[tuple[str, str], ScoringError]:
    return {key: ScoringError(error.code, **error.values) for key, error in left_out.items()}
