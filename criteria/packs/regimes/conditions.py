"""Conditions that facts can answer: met, not met, or not known."""

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from criteria.model import Source, Text
from criteria.packs.windows import Window

Value = int | bool
Lookup = Callable[[str, Window], Value | None]
"""Value of a fact within a window; None where it is not known."""

COMPARE: dict[str, Callable[[Value, Value], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison of a fact with a value, or with another fact (``than``)."""

    fact: str
    op: str
    value: Value
    than: str
    window: Window

    def holds(self, facts: Lookup) -> bool | None:
        """Whether it holds; None while a fact is not known."""
        found = facts(self.fact, self.window)
        limit = facts(self.than, self.window) if self.than else self.value
        return None if found is None or limit is None else COMPARE[self.op](found, limit)


@dataclass(frozen=True, slots=True)
class Requirement:
    """Tests of which one is enough, asked only where all of ``when`` holds."""

    any: tuple[Test, ...]
    when: tuple[Test, ...] = ()

    def holds(self, facts: Lookup) -> bool | None:
        """Whether it holds; None while that depends on facts that are not known."""
        asked = _all(test.holds(facts) for test in self.when)
        if asked is False:
            return True
        met = _any(test.holds(facts) for test in self.any)
        return met if asked or met else None


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of applying or renewing, or a cause of revoking.

    Attributes:
        grades: grades that ask for it; empty for all.
        requirements: all of them must hold; none where only a person can tell.
    """

    id: str
    grades: tuple[str, ...]
    text: Text
    requirements: tuple[Requirement, ...]
    source: Source

    @property
    def checkable(self) -> bool:
        """Whether facts can answer it."""
        return bool(self.requirements)

    def of(self, grade: str) -> bool:
        """Whether a grade asks for it."""
        return not self.grades or grade in self.grades

    def holds(self, facts: Lookup) -> bool | None:
        """Whether it holds; None where facts cannot tell."""
        return _all(row.holds(facts) for row in self.requirements) if self.checkable else None


def _all(answers: Iterable[bool | None]) -> bool | None:
    known = list(answers)
    if False in known:
        return False
    return None if None in known else True


def _any(answers: Iterable[bool | None]) -> bool | None:
    known = list(answers)
    if True in known:
        return True
    return None if None in known else False
