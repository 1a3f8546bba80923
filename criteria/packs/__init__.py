"""Rule packs: dated tables that are not scoring schemes (sectors, size classes, terms)."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from criteria.model import Text

PLACE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Sector:
    """A sector, its GB/T 4754 divisions and the size-class tables it may use."""

    id: str
    title: Text
    divisions: tuple[str, ...]
    size_kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flag:
    """A process that decides which hazards apply (粉尘涉爆, 有限空间 …)."""

    id: str
    title: Text


@dataclass(frozen=True, slots=True)
class SizeTable:
    """Lower limits of one kind of business, best class first: class, staff, revenue (10k yuan)."""

    id: str
    title: Text
    limits: tuple[tuple[str, int, int], ...]
    verified: bool

    def class_of(self, staff: int, revenue_wan: int) -> str:
        """Size class: the best whose two lower limits are both reached, else ``micro``."""
        for name, least_staff, least_revenue in self.limits:
            if staff >= least_staff and revenue_wan >= least_revenue:
                return name
        return "micro"


@dataclass(frozen=True, slots=True)
class Term:
    """Working days for rectification in one stream, with its clause."""

    stream: str
    title: Text
    working_days: int
    document: str
    clause: str
    verified: bool


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((PLACE / name).read_text(encoding="utf-8"))


def _text(table: dict[str, str]) -> Text:
    return Text(table["zh"], table["en"])


@cache
def sectors() -> dict[str, Sector]:
    """The sectors by id, in their usual order."""
    return {
        row["id"]: Sector(
            row["id"], _text(row["title"]), tuple(row["divisions"]), tuple(row["size_kinds"])
        )
        for row in _read("sectors.toml")["sector"]
    }


@cache
def flags() -> dict[str, Flag]:
    """The process flags by id."""
    return {
        row["id"]: Flag(row["id"], _text(row["title"])) for row in _read("sectors.toml")["flag"]
    }


@cache
def size_tables() -> dict[str, SizeTable]:
    """The size-class tables by kind of business."""
    data = _read("sizes.toml")
    tables = {}
    for kind, row in data.items():
        if isinstance(row, dict):
            limits = tuple(
                (name, row[name]["staff"], row[name]["revenue_wan"])
                for name in ("large", "medium", "small")
            )
            tables[kind] = SizeTable(kind, _text(row["title"]), limits, data["verified"])
    return tables


@cache
def terms() -> dict[str, Term]:
    """The rectification terms by stream."""
    return {
        stream: Term(
            stream,
            _text(row["title"]),
            row["working_days"],
            row["document"],
            row["clause"],
            row["verified"],
        )
        for stream, row in _read("rectification.toml").items()
    }
