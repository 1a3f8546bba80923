"""All submitted assessments graded again from their sealed sheets, block by block.

Nobody signs in for this: it runs from the command line, for somebody who has the database anyway,
so no rights are asked. What is corrected stands in the audit log under the name ``system``.

A block is read by key range with one statement, graded in columns by the edition that each sheet
is pinned to, and forgotten: memory grows with what is found wrong, not with what is looked at.
Where there are many, further processes decode and grade some of the blocks; this one reads,
compares and writes, and grades whatever the others are too busy for. The module is long because
the shares of these processes are of no use without each other.
"""

import json
import os
import pickle
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache, partial
from itertools import chain
from multiprocessing import get_context
from operator import itemgetter
from typing import Any, Self

import numpy as np

from criteria import CriteriaError, rubric_of
from portal.domain.sealed_sheets import Edition, Refused, SheetReader
from portal.services import records
from portal.services.context import current
from portal.store.audit import AuditEntry, append
from portal.store.database import Row, Transaction
from scoring import Rubric
from scoring.bulk import NONE, OUTCOMES, Graded, grade_block
from scoring.errors import ScoringError
from scoring.rounding import fixed, half_up

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

COLUMNS = ", ".join(
    f"a.{name}"
    for name in (
        *("enterprise_id", "assessment_no", "version", "scheme", "edition", "fingerprint"),
        *("kind", "year", "sector", "area_code"),
        *FIGURES,
    )
)

BLOCK = 500
"""Sheets read at once, about 2 MB; larger blocks were no faster."""

ALONE = 10_000
"""Sheets for which no other process is started: they take less than half a second."""

MUCH = 40_000
"""Sheets that are worth another process from the beginning."""

OTHERS = 3
"""Most processes beside this one, which can read for no more."""

QUEUED = 3
"""Blocks that each of them has before it."""

AHEAD = 8
"""Most blocks that are read and not yet compared."""

MOST_SCORES = 5_000
"""Scores whose text is remembered: it takes longer to write than all other figures."""

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
    graders: dict[Edition, Grader | Problem] = {}
    total = done = 0
    if progress is not None:
        sql = f"select count(*) as n from assessment a where a.status = 'submitted'{condition}"  # noqa: S608 - fixed names
        found = current().db.row(sql, **given)
        total = int(found["n"]) if found else 0
    waiting: deque[_Work] = deque()
    with _Crew(total) as crew:
        streamed: Iterator[list[Row] | None] = _streamed(condition, given, rows)
        for found_rows in chain(streamed, [None]):
            if found_rows is not None:
                waiting.append(_Work(found_rows, readers, graders, crew))
            # in the order of reading; behind the last block all that are left
            while waiting and (found_rows is None or len(waiting) > AHEAD or waiting[0].ready()):
                block = waiting.popleft().finished()
                yield block
                done += len(block.rows)
                if progress is not None:
                    progress(done, total)


def _streamed(condition: str, given: Mapping[str, object], rows: int) -> Iterator[list[Row]]:
    """Blocks in the order of their keys; each statement begins behind the last key."""
    db = current().db
    sql = (
        f"select {COLUMNS}, s.sheet from assessment a left join sealed_sheet s"  # noqa: S608 - fixed names
        " on s.enterprise_id = a.enterprise_id and s.assessment_no = a.assessment_no"
        " and s.seal_no = a.seal_no where a.status = 'submitted'"
        f" and (a.enterprise_id, a.assessment_no) > (:e, :n){condition}"
        " order by a.enterprise_id, a.assessment_no limit :most"
    )
    key: dict[str, object] = {"e": "", "n": 0}
    while found := db.rows(sql, **key, most=rows, **given):
        yield found
        key = {"e": found[-1]["enterprise_id"], "n": found[-1]["assessment_no"]}


LeftOut = dict[tuple[str, str], ScoringError]
Done = tuple[list[int], list[Figures], dict[int, Refused], LeftOut]
"""Which sheets can be graded, what they come to, why others cannot, answers left out so far."""


class Grader:
    """Grades sheets of one edition, here or in another process."""

    def __init__(self, reader: SheetReader) -> None:
        self.reader = reader

    @cached_property
    def recipe(self) -> bytes:
        """What another process makes the same grader of."""
        return pickle.dumps((self.reader.rubric, self.reader.named, self.reader.lenient))

    def grade(self, sheets: Sequence[str | bytes | None]) -> Done:
        """Grade a block."""
        read = self.reader.read(sheets)
        graded = grade_block(self.reader.marks.layout, read.columns)
        fresh = list(figures(self.reader.rubric, graded))
        return read.rows, fresh, read.refused, self.reader.left_out


@lru_cache(maxsize=8)
def _grader(recipe: bytes) -> Grader:
    rubric, named, lenient = pickle.loads(recipe)  # noqa: S301 - from the process that started us
    return Grader(SheetReader(rubric, named, lenient=lenient))


def _elsewhere(recipe: bytes, sheets: Sequence[bytes | None]) -> Done:
    return _grader(recipe).grade(sheets)


def _received(done: Done) -> Done:
    """Work of another process, with errors whose text did not survive the journey made anew."""
    rows, fresh, refused, left_out = done
    for number, why in refused.items():
        if isinstance(why.error, ScoringError):
            refused[number] = Refused(why.code, ScoringError(why.error.code, **why.error.values))
    anew = {key: ScoringError(error.code, **error.values) for key, error in left_out.items()}
    return rows, fresh, refused, anew


class _Crew:
    """The other processes; none before there is enough to do, none on a single core.

    They are spawned, because a process with threads and open databases must not be copied.
    """

    def __init__(self, total: int) -> None:
        self.others = min(OTHERS, self.cores() - 1)
        self.pool: ProcessPoolExecutor | None = None
        self.given: list[Future[Any]] = []
        # where much is known to come, the others start at once
        self.seen = ALONE if total >= MUCH else 0

    @staticmethod
    def cores() -> int:
        """How many this process may use."""
        affinity = getattr(os, "sched_getaffinity", None)
        return len(affinity(0)) if affinity else os.cpu_count() or 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.pool is not None:
            self.pool.shutdown(cancel_futures=True)

    def give(self, grader: Grader, sheets: Sequence[str | None]) -> Future[Done] | None:
        """Let another process grade; None while there is none that has time."""
        self.seen += len(sheets)
        if self.seen <= ALONE or self.others < 1:
            return None
        try:
            if self.pool is None:
                self.pool = ProcessPoolExecutor(self.others, get_context("spawn"))
                # as long as they are starting they have no time
                self.given = [self.pool.submit(int) for _ in range(QUEUED * self.others)]
            self.given = [work for work in self.given if not work.done()]
            if len(self.given) >= QUEUED * self.others:
                return None
            encoded = [None if sheet is None else sheet.encode() for sheet in sheets]
            self.given.append(self.pool.submit(_elsewhere, grader.recipe, encoded))
        except (BrokenExecutor, OSError):  # no process can be started, or one was killed
            self.others = 0
            return None
        return self.given[-1]


class _Work:
    """A block of which some editions may still be graded elsewhere."""

    def __init__(
        self,
        rows: list[Row],
        readers: Readers,
        graders: dict[Edition, Grader | Problem],
        crew: _Crew,
    ) -> None:
        self.block = Block(rows, [None] * len(rows), [])
        self.elsewhere: list[tuple[Grader, list[int], Future[Done]]] = []
        by_edition: dict[Edition, list[int]] = defaultdict(list)
        for number, row in enumerate(rows):
            by_edition[Edition(row["scheme"], row["edition"], row["fingerprint"])].append(number)
        for edition, numbers in by_edition.items():
            if edition not in graders:
                reader = readers(edition)
                graders[edition] = reader if isinstance(reader, Problem) else Grader(reader)
            grader = graders[edition]
            if isinstance(grader, Problem):
                values = {"edition": grader.where}
                self.block.problems.extend(
                    Problem(grader.code, place(rows[n]), grader.error, values) for n in numbers
                )
            elif given := crew.give(grader, self._sheets(numbers)):
                self.elsewhere.append((grader, numbers, given))
            else:
                self._enter(numbers, grader.grade(self._sheets(numbers)))

    def _sheets(self, numbers: list[int]) -> list[str | None]:
        return [self.block.rows[number]["sheet"] for number in numbers]

    def _enter(self, numbers: list[int], done: Done) -> None:
        graded, figures, refused, _ = done
        for number, fresh in zip(graded, figures, strict=True):
            self.block.fresh[numbers[number]] = fresh
        self.block.problems.extend(
            Problem(why.code, place(self.block.rows[numbers[number]]), why.error)
            for number, why in refused.items()
        )

    def ready(self) -> bool:
        return all(given.done() for _, _, given in self.elsewhere)

    def finished(self) -> Block:
        for grader, numbers, given in self.elsewhere:
            try:
                done = _received(given.result())
                grader.reader.left_out.update(done[3])
            except BrokenExecutor:  # a process was killed: we do what it had taken
                done = grader.grade(self._sheets(numbers))
            self._enter(numbers, done)
        return self.block


def place(row: Row) -> str:
    """An assessment as it is named in reports: enterprise and number."""
    return f"{row['enterprise_id']}/{row['assessment_no']}"


@lru_cache(maxsize=MOST_SCORES)
def _score(units: int, decimals: int, scale: tuple[int, int]) -> tuple[str | None, int | None]:
    """A score as text and in tenths of a per cent."""
    if units == NONE:
        return None, None
    score = Fraction(units, 10**decimals)
    return fixed(score, decimals), int(half_up(score / Fraction(*scale) * 1000, 0))


def figures(rubric: Rubric, graded: Graded) -> Iterator[Figures]:
    """The stored form of results in columns, row by row, in the order of :data:`FIGURES`."""
    rungs: dict[int, str | None] = {n: rung.grade for n, rung in enumerate(rubric.ladder)}
    rungs[NONE] = None
    scale = rubric.scale.as_integer_ratio()
    scores = [_score(units, rubric.decimals, scale) for units in graded.score.tolist()]
    ids = (json.dumps(element.id).replace("%", "%%") for element in rubric.elements)
    template = f"[{', '.join(f'[{name}, %d, %d]' for name in ids)}]"
    pairs = np.stack((graded.element_earned, graded.element_attainable), axis=2)
    numbers = pairs.reshape(len(scores), 2 * len(rubric.elements)).tolist()
    return zip(
        map([outcome.value for outcome in OUTCOMES].__getitem__, graded.outcome.tolist()),
        map(rungs.__getitem__, graded.grade.tolist()),
        map(rungs.__getitem__, graded.by_score.tolist()),
        [text for text, _ in scores],
        [tenths for _, tenths in scores],
        graded.attainable.tolist(),
        graded.earned.tolist(),
        (graded.attainable - graded.earned).tolist(),
        graded.not_applicable.tolist(),
        (template % tuple(row) for row in numbers),
        strict=True,
    )
