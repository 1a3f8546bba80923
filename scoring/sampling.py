"""How many to look at (抽样), and what a row is worth by the share that passed.

Tables are data of a standard; none is built in. Shares stay exact, points end as whole units.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil

from scoring.errors import ScoringError
from scoring.rounding import half_up


class Take(StrEnum):
    """What a band of a sampling table asks for."""

    ALL = "all"
    NUMBER = "number"
    SHARE = "share"


class FigureOutcome(StrEnum):
    """Whether a figure can be given, and if not, why. Only KNOWN carries one."""

    KNOWN = "known"
    PENDING = "pending"
    SAMPLE_TOO_SMALL = "sample_too_small"
    NOT_ASSESSABLE = "not_assessable"


@dataclass(frozen=True, slots=True)
class Band:
    """One line of a sampling table.

    Attributes:
        up_to: upper end of the population; None without an end.
        take: all of them, a number, or a share.
        amount: pieces for ``number``, per cent for ``share``, above 0; a part of a piece counts
            as a whole one.
        inclusive: whether a population of just ``up_to`` belongs to the band.
    """

    up_to: int | None
    take: Take
    amount: Fraction = Fraction(0)
    inclusive: bool = True

    def covers(self, population: int) -> bool:
        """Whether the upper end leaves room for this population."""
        if self.up_to is None:
            return True
        return population <= self.up_to if self.inclusive else population < self.up_to


@dataclass(frozen=True, slots=True)
class SamplingTable:
    """Bands from the smallest population up; the first that covers a population counts."""

    bands: tuple[Band, ...]
    clause: str = ""


@dataclass(frozen=True, slots=True)
class RateStep:
    """The points (units) of a row once the share that passed, in per cent, reaches a rate."""

    comparator: str
    rate: Fraction
    points: int


@dataclass(frozen=True, slots=True)
class SampledRow:
    """A row whose points come from a sample.

    Attributes:
        points: full points, in units.
        steps: from the highest rate down, below the last one nothing is earned; without steps
            the points follow the share that passed.
    """

    points: int
    steps: tuple[RateStep, ...] = ()
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """What was found: how many there are (None while unknown), looked at, passed."""

    population: int | None
    looked_at: int
    passed: int


@dataclass(frozen=True, slots=True)
class SampledPoints:
    """Points of a sampled row.

    Attributes:
        needed: how many the table asks for; None while the population is unknown.
        rate: share that passed, in per cent, exact.
        exact: points in units before rounding.
        earned: the same as whole units, half-up.
        interval: fewest and most whole units still possible, as long as no more than needed are
            looked at; equal when known, None when there is nothing to look at.
    """

    outcome: FigureOutcome
    needed: int | None
    rate: Fraction | None = None
    exact: Fraction | None = None
    earned: int | None = None
    interval: tuple[int, int] | None = None


def sample_size(table: SamplingTable, population: int) -> int:
    """How many of a population a table asks to look at: 0 to the whole population.

    Args:
        table: bands of the standard.
        population: how many there are, a whole number >= 0.

    Raises:
        ScoringError: a population that cannot be, none of the bands covers it, or its band asks
            for nothing.

    >>> tenth = Band(500, Take.SHARE, Fraction(10), inclusive=False)
    >>> table = SamplingTable((Band(10, Take.ALL), Band(100, Take.NUMBER, Fraction(10)), tenth))
    >>> [sample_size(table, number) for number in (0, 10, 11, 100, 101, 499)]
    [0, 10, 10, 10, 11, 50]
    """
    if not _is_whole(population):
        raise ScoringError("bad_population", found=str(population))
    for band in table.bands:
        if not band.covers(population):
            continue
        if band.take is Take.ALL:
            return population
        if band.amount <= 0:
            raise ScoringError("bad_band", found=str(band.amount), population=str(population))
        share = band.take is Take.SHARE
        asked = Fraction(population) * band.amount / 100 if share else band.amount
        return min(population, ceil(asked))
    raise ScoringError("population_outside_table", population=str(population))


def row_points(row: SampledRow, table: SamplingTable, sample: Sample) -> SampledPoints:
    """Points of a row by the share of the sample that passed.

    A sample smaller than the table asks for gives an interval, never points; a population of
    zero gives neither 0 nor full points.

    Raises:
        ScoringError: more passed than were looked at, more looked at than there are, a number
            that is not whole or below 0; or as :func:`sample_size`.

    >>> all_of_them = SamplingTable((Band(None, Take.ALL),))
    >>> row_points(SampledRow(20), all_of_them, Sample(8, 8, 6)).earned
    15
    >>> row_points(SampledRow(20), all_of_them, Sample(0, 0, 0)).outcome.value
    'not_assessable'
    """
    whole = _is_whole(sample.looked_at) and _is_whole(sample.passed)
    if not whole or sample.passed > sample.looked_at:
        raise ScoringError("bad_sample", passed=str(sample.passed), found=str(sample.looked_at))
    if sample.population is None:
        return SampledPoints(FigureOutcome.PENDING, None, interval=(0, row.points))
    needed = sample_size(table, sample.population)
    if sample.looked_at > sample.population:
        raise ScoringError(
            "sample_beyond_population",
            found=str(sample.looked_at),
            population=str(sample.population),
        )
    if not sample.population:
        return SampledPoints(FigureOutcome.NOT_ASSESSABLE, needed)
    missing = needed - sample.looked_at
    if missing > 0:
        low = _points(row, Fraction(sample.passed * 100, needed))
        high = _points(row, Fraction((sample.passed + missing) * 100, needed))
        ends = (_whole(low), _whole(high))
        return SampledPoints(FigureOutcome.SAMPLE_TOO_SMALL, needed, interval=ends)
    rate = Fraction(sample.passed * 100, sample.looked_at)
    exact = _points(row, rate)
    earned = _whole(exact)
    return SampledPoints(FigureOutcome.KNOWN, needed, rate, exact, earned, (earned, earned))


def _points(row: SampledRow, rate: Fraction) -> Fraction:
    if not row.steps:
        return row.points * rate / 100
    for step in row.steps:
        if rate > step.rate or (rate == step.rate and step.comparator != ">"):
            return Fraction(step.points)
    return Fraction(0)


def _whole(units: Fraction) -> int:
    return int(half_up(units, 0))


def _is_whole(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number >= 0
