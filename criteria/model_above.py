"""What a standard says above a single sheet: members, instances, samples, checklists, assessors."""

from dataclasses import dataclass
from fractions import Fraction

from criteria.wordings import Source, Text

ANY_PART = "*"
"""Stands for every element."""


@dataclass(frozen=True, slots=True)
class MemberRung:
    """What a grade asks of the members of a group (集团企业); None and empty ask nothing.

    Attributes:
        threshold: the score that a member must reach to count, with its ``comparator``.
        share: least share (per cent) of members that reach it.
        clean_share: least share (per cent) of members without a fatal accident.
        worst_accident: worst class of accident that the group may have had.
    """

    grade: str
    comparator: str
    threshold: Fraction | None
    share: Fraction
    clean_share: Fraction | None
    worst_accident: str
    source: Source


@dataclass(frozen=True, slots=True)
class Aggregation:
    """How the sheets of members or sites become one result.

    Attributes:
        method: ``mean``, ``weighted_mean`` or ``lowest`` of their scores, or ``share``: what the
            grades ask of the members by head.
        order: classes of accident, mildest first; the first one is "none".
        sample: id of the sampling table for how many must be looked at; empty for all.
        rungs: with ``share``, in the order of the file.
    """

    method: str
    order: tuple[str, ...]
    sample: str
    rungs: tuple[MemberRung, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class Instances:
    """A part of the sheet that is scored once for each instance, such as each work face.

    Attributes:
        part: the element or group; empty for any part that has more than one instance.
        method: ``mean``, ``weighted_mean`` or ``lowest``.
        compare: which score of the part goes on: ``rounded`` or ``exact``.
        sample: id of the sampling table for how many must be looked at; empty for all.
        good: by grade, the least share (per cent) of instances rated good (优良).
    """

    id: str
    title: Text
    part: str
    method: str
    compare: str
    sample: str
    good: tuple[tuple[str, Fraction], ...]
    source: Source


@dataclass(frozen=True, slots=True)
class Lot:
    """How many of ``first`` to ``last`` (None: without end) pieces are looked at.

    ``take`` is ``all``, ``number`` with pieces as ``amount``, or ``share`` with per cent.
    """

    first: int
    last: int | None
    take: str
    amount: Fraction


@dataclass(frozen=True, slots=True)
class PassRate:
    """The share of its points (per cent) that a row has once so many per cent passed."""

    comparator: str
    rate: Fraction
    share: Fraction


@dataclass(frozen=True, slots=True)
class Sampling:
    """How many of a lot are looked at, and what a row is worth by what passed.

    Attributes:
        part: the element or group whose rows are sampled; empty where the standard names none.
        sizes: lots from the smallest up.
        more_after_event: how many more after an event, such as a fatal accident.
        rates: from the highest down; without them the points follow the share that passed.
    """

    id: str
    title: Text
    part: str
    sizes: tuple[Lot, ...]
    more_after_event: int
    rates: tuple[PassRate, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class TwoAssessors:
    """What holds where two assessors score the same sheet.

    Attributes:
        counts: which score counts: ``review``, the ``lower`` one, or the ``mean``.
        points: converted points by which the two scores may differ; None for any.
        share: per cent of a row's points by which the two may differ; None for any.
    """

    counts: str
    points: Fraction | None
    share: Fraction | None
    source: Source


@dataclass(frozen=True, slots=True)
class YesNoList:
    """Rows that are answered with yes or no and judged together.

    Attributes:
        part: the element or group whose yes-or-no rows it consists of, or ``*``; empty where
            they stand elsewhere. Rows with a veto must be yes.
        fact: the flag that says whether it was passed; empty for none.
        share: least share (per cent) of yes among the rows that apply.
    """

    id: str
    title: Text
    part: str
    fact: str
    share: Fraction
    source: Source


@dataclass(frozen=True, slots=True)
class Above:
    """Everything that an edition says above a single sheet; most say nothing."""

    aggregation: Aggregation | None = None
    instances: tuple[Instances, ...] = ()
    samplings: tuple[Sampling, ...] = ()
    comparison: TwoAssessors | None = None
    checklists: tuple[YesNoList, ...] = ()

    @property
    def sources(self) -> tuple[Source, ...]:
        """Where its rules stand."""
        found = [row.source for row in self.instances]
        found += [row.source for row in self.samplings]
        found += [row.source for row in self.checklists]
        if self.aggregation:
            found.append(self.aggregation.source)
            found += [row.source for row in self.aggregation.rungs]
        if self.comparison:
            found.append(self.comparison.source)
        return tuple(found)


NOTHING_ABOVE = Above()
