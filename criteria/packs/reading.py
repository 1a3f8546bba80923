"""Reads a pack with the same care as an edition: every fault is named, none is passed over."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from criteria.errors import CriteriaError, Problem
from criteria.load import read_toml
from criteria.reading import Reader

PLACE = Path(__file__).parent
Row = TypeVar("Row")


def read_pack(name: str, read: Callable[[Reader], Row], place: Path = PLACE) -> Row:
    """Read one file of the packs.

    Args:
        name: path below the folder.
        read: makes the value; a field that it leaves unread is a fault.
        place: another folder.

    Raises:
        CriteriaError: with every problem of the file.
    """
    problems: list[Problem] = []
    table = read_toml(place / name, name, problems)
    if problems:
        raise CriteriaError(problems)
    reader = Reader(table, name, "-", problems)
    value = read(reader)
    reader.finish()
    if problems:
        raise CriteriaError(problems)
    return value


def rows(reader: Reader, field: str, read: Callable[[Reader], Row]) -> tuple[Row, ...]:
    """Read a list of tables, each called by its id in problems."""
    found = []
    seen: set[str] = set()
    for row in reader.tables(field):
        row.item = f"{field} {row.table.get('id', '?')}"
        found.append(read(row))
        row.finish()
        name = str(row.table.get("id", ""))
        if name and name in seen:
            row.wrong("id", "an id used once", name)
        seen.add(name)
    return tuple(found)


def optional_integer(reader: Reader, field: str) -> int | None:
    """Read a whole number, or nothing."""
    if field not in reader.table:
        reader.read.add(field)
        return None
    return reader.integer(field)
