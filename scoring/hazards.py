"""Judging a row of a list of major hazards: AND, OR, numbers and what is not known yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from scoring.errors import ScoringError

Observed = bool | int | Fraction | None
"""What was found for one question; None is not looked at yet."""


class Verdict(StrEnum):
    """Whether the hazard is there."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class HazardTest:
    """A condition: a question, a comparison with a limit, or others joined by ``any`` or ``all``.

    Attributes:
        join: ``any`` or ``all`` with ``parts``; empty for a single condition.
        observation: id of the question of a single condition.
        op: ``<``, ``<=``, ``>`` or ``>=`` with ``limit``; empty for yes or no.
    """

    join: str = ""
    parts: tuple["HazardTest", ...] = ()
    observation: str = ""
    op: str = ""
    limit: Fraction = Fraction(0)

    @property
    def questions(self) -> tuple[str, ...]:
        """Ids of all questions, in their order."""
        if not self.join:
            return (self.observation,)
        return tuple(name for part in self.parts for name in part.questions)


def judge(test: HazardTest, observed: Mapping[str, Observed]) -> Verdict:
    """Judge a hazard by what has been observed so far.

    A row is only absent when that no longer depends on what has not been looked at.

    Raises:
        ScoringError: a number where yes or no was asked, or the other way round.

    >>> test = HazardTest("all", (HazardTest(observation="a"), HazardTest(observation="b")))
    >>> judge(test, {"a": True}), judge(test, {"a": False})
    (<Verdict.UNKNOWN: 'unknown'>, <Verdict.ABSENT: 'absent'>)
    """
    if not test.join:
        return _single(test, observed.get(test.observation))
    verdicts = {judge(part, observed) for part in test.parts}
    settles = Verdict.PRESENT if test.join == "any" else Verdict.ABSENT
    if settles in verdicts:
        return settles
    if Verdict.UNKNOWN in verdicts:
        return Verdict.UNKNOWN
    return Verdict.ABSENT if test.join == "any" else Verdict.PRESENT


def _single(test: HazardTest, found: Observed) -> Verdict:
    if found is None:
        return Verdict.UNKNOWN
    if isinstance(found, bool) is bool(test.op):
        expected = "a number" if test.op else "true or false"
        raise ScoringError(
            "bad_observation", fact=test.observation, found=str(found), expected=expected
        )
    met = {
        "": found is True,
        "<": found < test.limit,
        "<=": found <= test.limit,
        ">": found > test.limit,
        ">=": found >= test.limit,
    }[test.op]
    return Verdict.PRESENT if met else Verdict.ABSENT
