"""Words of published standards: names of columns and rows, and how deductions are worded."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

PLACE = Path(__file__).parent
NUMBER = r"\d+(?:\.\d+)?"


@dataclass(frozen=True, slots=True)
class Headings:
    """How workbooks name their columns and rows.

    Attributes:
        columns: the names of each meaning of a column, the best first.
        sums: words of a row that adds up, by what it adds up: ``total``, ``subtotal`` (of a
            sub-element) or ``sum`` (of an element, or everything).
        note: beginnings of text that belongs to no row.
        evidence: stands where a file names no evidence.
        clause: the part of a source that all rows share.
        grades: names of the grades, the best first.
    """

    columns: dict[str, tuple[str, ...]]
    sums: dict[str, tuple[str, ...]]
    note: tuple[str, ...]
    evidence: str
    clause: str
    grades: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeductionWords:
    """How deductions are worded: compiled patterns by name, and what each unit counts."""

    units: dict[str, str]
    patterns: dict[str, re.Pattern[str]]


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((PLACE / name).read_text(encoding="utf-8"))


@cache
def headings() -> Headings:
    """The names of columns and rows."""
    data = _read("headings.toml")
    rows = {name: tuple(words) for name, words in data["rows"].items()}
    columns = {role: tuple(words) for role, words in data["columns"].items()}
    defaults = data["defaults"]
    return Headings(
        columns,
        {kind: rows[kind] for kind in ("total", "subtotal", "sum")},
        rows["note"],
        defaults["evidence"],
        defaults["clause"],
        tuple(defaults["grades"]),
    )


@cache
def deduction_words() -> DeductionWords:
    """The patterns of deductions."""
    data = _read("deductions.toml")
    units = {word: per for per, words in data["units"].items() for word in words}
    # of two words that begin alike the longer one is meant
    every = "|".join(sorted(map(re.escape, units), key=len, reverse=True))
    patterns = {
        name: re.compile(text.replace("{n}", f"({NUMBER})").replace("{unit}", f"({every})"))
        for name, text in data["patterns"].items()
    }
    return DeductionWords(units, patterns)
