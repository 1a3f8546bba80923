"""What a regime says, as frozen values."""

from dataclasses import dataclass
from datetime import date

from criteria.model import Source, Text
from criteria.packs.regimes.conditions import Condition

LEVELS = ("nation", "province", "city", "county")
BOUNDS = ("at_most", "at_least")


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade, best first, and the level of the authority that gives it."""

    id: str
    title: Text
    level: str
    grader: Text
    source: Source


@dataclass(frozen=True, slots=True)
class RegimeFact:
    """A fact that conditions ask for; ``kind`` is ``count`` or ``flag``."""

    id: str
    kind: str
    title: Text


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the procedure with its limit.

    Attributes:
        id: the state it leads to.
        who: who acts.
        working_days: the limit, or None; ``months`` where the regime counts those.
        bound: ``at_most``, or ``at_least`` for what must last so long.
        counts_from: what the limit begins with.
        extension: working days by which it may be lengthened.
        silence: what follows when nobody acts in time.
    """

    id: str
    who: str
    text: Text
    working_days: int | None
    months: int | None
    bound: str
    counts_from: Text | None
    extension: int
    silence: Text | None
    source: Source


@dataclass(frozen=True, slots=True)
class Validity:
    """How long a grade lasts, and how long before its end a new application may be filed."""

    months: int
    renew_within_months: int
    source: Source


@dataclass(frozen=True, slots=True)
class Sanction:
    """What a false statement or a broken rule leads to; ``months`` without a new application."""

    id: str
    text: Text
    months: int
    source: Source


@dataclass(frozen=True, slots=True)
class Incentive:
    """What a grade brings; ``grades`` empty for all."""

    id: str
    grades: tuple[str, ...]
    text: Text
    source: Source


@dataclass(frozen=True, slots=True)
class Regime:
    """A regime of grading.

    Attributes:
        grades: best first.
        conditions: of applying.
        renewal: of renewing without a review; empty where every renewal is reviewed.
        causes: of revoking; one that holds is enough.
    """

    id: str
    title: Text
    document: str
    valid_from: date
    valid_until: date | None
    note: Text
    grades: tuple[Grade, ...]
    facts: tuple[RegimeFact, ...]
    conditions: tuple[Condition, ...]
    steps: tuple[Step, ...]
    validity: Validity
    renewal: tuple[Condition, ...]
    causes: tuple[Condition, ...]
    sanctions: tuple[Sanction, ...]
    incentives: tuple[Incentive, ...]

    def conditions_of(self, grade: str) -> tuple[Condition, ...]:
        """Conditions of applying for a grade."""
        return tuple(row for row in self.conditions if row.of(grade))

    def renewal_of(self, grade: str) -> tuple[Condition, ...]:
        """Conditions of renewing a grade without a review."""
        return tuple(row for row in self.renewal if row.of(grade))

    def step(self, name: str) -> Step:
        """A step by its id.

        Raises:
            KeyError: the regime has no such step.
        """
        return {step.id: step for step in self.steps}[name]

    @property
    def sources(self) -> tuple[Source, ...]:
        """Where its rules stand."""
        return (
            *(row.source for row in self.grades),
            *(row.source for row in (*self.conditions, *self.renewal, *self.causes)),
            *(row.source for row in self.steps),
            self.validity.source,
            *(row.source for row in self.sanctions),
            *(row.source for row in self.incentives),
        )
