"""What can be wrong with criteria data: all problems at once, each with its place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Wrong = Callable[[str, str, object, object], None]
"""Collector handed to the checks: item, field, expected, found."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: where it stands, what was expected and what was found.

    Attributes:
        file: path below the catalogue.
        item: item or element id, ``-`` when the whole file is meant.
        field: name of the field.
    """

    file: str
    item: str
    field: str
    expected: str
    found: str

    def __str__(self) -> str:
        return (
            f"{self.file}: {self.item}: {self.field}: expected {self.expected}, found {self.found}"
        )


class CriteriaError(Exception):
    """Criteria that cannot be used.

    Attributes:
        problems: every fault found, never only the first.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
