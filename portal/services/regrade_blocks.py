"""A block of submitted assessments: read by its keys, graded from its sealed sheets, compared.

This is what each process of a re-grading does for itself, with a connection of its own. The
module imports the engine and nothing of the portal that is slow to load: a further process should
have begun before the first one is done.
"""

import json
import pickle
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, Self

import numpy as np

from portal.domain.sealed_sheets import Edition, Refused, SheetReader
from portal.store.database import Source
from scoring import Rubric
from scoring.bulk import NONE, OUTCOMES, Graded, grade_block
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

PINNED = slice(2, 5)
STORED = slice(5, 5 + len(FIGURES))
NEEDED = ("enterprise_id", "assessment_no", "scheme", "edition", "fingerprint", *FIGURES, "version")
"""What grading, comparing and correcting ask of a row; the slices above are places in it."""

NAMES = (*NEEDED, "kind", "year", "sector", "area_code")

MOST_SCORES = 5_000
"""Scores whose text is remembered: it takes longer to write than all other figures."""

Key = tuple[str, int]
"""Enterprise and number of an assessment."""

FIRST: Key = ("", 0)
"""Stands before every key."""

Values = tuple[Any, ...]
Figures = tuple[Any, ...]


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
class Question:
    """What is asked about every block.

    Attributes:
        condition: which assessments, in SQL on table ``a``; ``given`` are its parameters.
        every: whether all rows are wanted, or only those whose result differs.
    """

    condition: str
    given: Mapping[str, object]
    every: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the rows of an answer."""
        return NAMES if self.every else NEEDED


@dataclass(frozen=True, slots=True)
class Span:
    """The next ``most`` keys behind ``after``, none of them behind ``to``."""

    after: Key
    most: int
    to: Key | None = None


class Answer(NamedTuple):
    """What a block came to.

    Attributes:
        seen: how many assessments it has, up to the key ``last``.
        rows: the wanted ones, as :attr:`Question.names` has it; ``fresh`` are their figures, None
            where a sheet is refused.
        problems: sheets that are refused.
        ungraded: sheets of an edition that nothing can be graded by, as edition and place.
    """

    seen: int
    last: Key
    rows: list[Values]
    fresh: list[Figures | None]
    problems: list[Problem]
    ungraded: list[tuple[Edition, str]]


class Grader:
    """Grades sheets of one edition."""

    def __init__(self, reader: SheetReader) -> None:
        self.reader = reader

    @cached_property
    def recipe(self) -> bytes:
        """What another process makes the same grader of."""
        reader = self.reader
        return zlib.compress(pickle.dumps((reader.rubric, reader.named, reader.lenient)))

    @classmethod
    def made(cls, recipe: bytes) -> Self:
        """A grader from a recipe."""
        made = pickle.loads(zlib.decompress(recipe))  # noqa: S301 - from the process that started us
        rubric, named, lenient = made
        return cls(SheetReader(rubric, named, lenient=lenient))

    def grade(
        self, sheets: Sequence[str | bytes | None]
    ) -> tuple[list[int], Iterator[Figures], dict[int, Refused]]:
        """Which sheets can be graded, what they come to, and why the others cannot."""
        read = self.reader.read(sheets)
        graded = grade_block(self.reader.marks.layout, read.columns)
        return read.rows, figures(self.reader.rubric, graded), read.refused


Graders = Callable[[Edition], Grader | None]
"""How an edition is graded; None where nothing can be graded by it."""


def answer(source: Source, question: Question, span: Span, graders: Graders) -> Answer:
    """Read a block with one statement, grade it and compare it with what is stored."""
    found = _read(source, question, span)
    by_edition: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for number, row in enumerate(found):
        by_edition[row[PINNED]].append(number)
    fresh: dict[int, Figures] = {}
    problems: list[Problem] = []
    ungraded: list[tuple[Edition, str]] = []
    for pinned, numbers in by_edition.items():
        edition = Edition(*pinned)
        grader = graders(edition)
        if grader is None:
            ungraded += [(edition, place(found[number])) for number in numbers]
            continue
        graded, results, refused = grader.grade([found[number][-1] for number in numbers])
        for index, result in zip(graded, results, strict=True):
            number = numbers[index]
            stored = found[number][STORED]
            if stored != result:
                fresh[number] = result
            elif question.every:
                fresh[number] = stored  # the very same texts, which travel once
        problems += [
            Problem(why.code, place(found[numbers[index]]), why.error)
            for index, why in refused.items()
        ]
    if question.every:
        wanted: Sequence[int] = range(len(found))
    else:
        wanted = [n for n, result in sorted(fresh.items()) if unlike(found[n][STORED], result)]
    return Answer(
        len(found),
        (found[-1][0], found[-1][1]) if found else span.after,
        [found[number][:-1] for number in wanted],
        [fresh.get(number) for number in wanted],
        problems,
        ungraded,
    )


def _read(source: Source, question: Question, span: Span) -> list[Values]:
    columns = ", ".join(f"a.{name}" for name in question.names)
    # bytes are what is cut; as a text a sheet would be decoded and encoded again
    sheet = source.as_bytes.format("s.sheet")
    # PostgreSQL takes a range of pairs for a large part of the tables: without the limit, and the
    # bounds of the sheets once more, it would go through all sheets for every block
    bounds = " and s.enterprise_id >= :after_e"
    until = ""
    if span.to is not None:
        bounds += " and s.enterprise_id <= :to_e"
        until = " and (a.enterprise_id, a.assessment_no) <= (:to_e, :to_n)"
    return source.tuples(
        f"select {columns}, {sheet} from assessment a left join sealed_sheet s"  # noqa: S608 - fixed names
        " on s.enterprise_id = a.enterprise_id and s.assessment_no = a.assessment_no"
        f" and s.seal_no = a.seal_no{bounds} where a.status = 'submitted'"
        " and (a.enterprise_id, a.assessment_no) > (:after_e, :after_n)"
        f"{until}{question.condition} order by a.enterprise_id, a.assessment_no limit :most",
        **_key("after", span.after),
        **(_key("to", span.to) if span.to else {}),
        most=span.most,
        **question.given,
    )


def _key(name: str, key: Key) -> dict[str, object]:
    return {f"{name}_e": key[0], f"{name}_n": key[1]}


def cut(source: Source, after: Key, rows: int) -> Key | None:
    """The key that many assessments further on; None where there are not so many.

    Assessments of every state count, because then the index alone is read.
    """
    found = source.tuples(
        "select enterprise_id, assessment_no from assessment"
        " where (enterprise_id, assessment_no) > (:after_e, :after_n)"
        " order by enterprise_id, assessment_no limit 1 offset :skipped",
        **_key("after", after),
        skipped=rows - 1,
    )
    return (found[0][0], found[0][1]) if found else None


def place(row: Sequence[object]) -> str:
    """An assessment as it is named in reports: enterprise and number."""
    return f"{row[0]}/{row[1]}"


def unlike(stored: Figures, fresh: Figures) -> bool:
    """Whether a stored result says anything else than a fresh one."""
    if stored == fresh:
        return False
    return stored[:-1] != fresh[:-1] or _loaded(stored[-1]) != json.loads(fresh[-1])


def _loaded(text: str | None) -> object:
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return None


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
