"""What the writer and the reader of the workbook of a standard must agree on.

Every table of the criteria format is a sheet, every field a column. Sheets and columns are known by
a hidden row of marks (``anbiao:item.points``), so both may be renamed, moved and reordered.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

FORMAT_KEY, FORMAT = "standard", "1"
"""Key and version of the layout in the hidden sheet of origin; a reader refuses any other."""

_TEXT = ("zh", "en")
_SOURCE = ("document", "clause", "wording", "checked.on", "checked.by")


def _of(name: str, parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{name}.{part}" for part in parts)


@dataclass(frozen=True, slots=True)
class TableSheet:
    """A sheet for one kind of table.

    Attributes:
        name: of the table in the format.
        fields: its columns; ``title.zh`` is the field ``zh`` of the table ``title``.
        label: fields that name a row in problems.
    """

    name: str
    fields: tuple[str, ...]
    label: tuple[str, ...]


SHOWN = ("element_title", "sub_element_title", "rules")
"""Columns of the sheet of items that only repeat what other sheets say."""

ITEMS = TableSheet(
    "item",
    (
        *("id", "element_title", "sub_element_title", "text.zh", "text.en", "points", "rules"),
        *("method.zh", "method.en", "evidence.zh", "evidence.en", "element", "sub_element"),
        *("veto", "may_be_absent", "star", "guarantee", "role", "form", "sectors", "flags"),
        *("hazards", "clause", *_of("source", _SOURCE)),
    ),
    ("id",),
)
ELEMENTS = TableSheet(
    "element",
    (
        *("id", *_of("title", _TEXT), "points", "weight", "group", "guarantee"),
        *_of("source", _SOURCE),
    ),
    ("id",),
)
SUB_ELEMENTS = TableSheet("sub_element", ("element", "id", *_of("title", _TEXT), "points"), ("id",))
RULES = TableSheet(
    "deduction",
    ("item", "id", "kind", "points", "per", "scope", "trigger", "zeroes", *_of("text", _TEXT)),
    ("item", "id"),
)
LAW = TableSheet("law", ("item", "document", "clause"), ("item",))

HEAD_TABLES = (
    TableSheet(
        "ladder",
        ("grade", *_of("title", _TEXT), "comparator", "threshold", *_of("source", _SOURCE)),
        ("grade",),
    ),
    TableSheet(
        "fact",
        (
            *("id", "kind", *_of("title", _TEXT), *_of("help", _TEXT)),
            *("default", "order", "numerator", "denominator", "factor"),
        ),
        ("id",),
    ),
    TableSheet(
        "performance",
        (
            *("grade", "fact", "op", "value", "when", "unless"),
            *(*_of("text", _TEXT), *_of("source", _SOURCE)),
        ),
        ("grade", "fact"),
    ),
    TableSheet("group", ("id", *_of("title", _TEXT), "weight", *_of("source", _SOURCE)), ("id",)),
    TableSheet(
        "minimum",
        ("grade", "part", "comparator", "rate", *_of("source", _SOURCE)),
        ("grade", "part"),
    ),
    TableSheet("star", ("grade", "stars", "share", *_of("source", _SOURCE)), ("grade",)),
    TableSheet("event", ("fact", "steps", "minus", *_of("source", _SOURCE)), ("fact",)),
    TableSheet("control_line", ("element", "rate"), ("element",)),
    TableSheet(
        "certificate",
        (*_of("title", _TEXT), "valid_months", "review_months", *_of("source", _SOURCE)),
        (),
    ),
)
"""The tables of the head that have rows; always those that a scoring standard may need."""

TABLES = {sheet.name: sheet for sheet in (ITEMS, ELEMENTS, SUB_ELEMENTS, RULES, LAW, *HEAD_TABLES)}
HEAD = "head"

_NUMBERS = frozenset(
    {
        *("points", "threshold", "weight", "rate", "share", "minus", "total", "scale", "factor"),
        *("smallest_unit", "decimals", "steps", "valid_months", "review_months", "most_bonus"),
        *("most_penalty", "highest"),
    }
)
_FLAGS = frozenset({"published", "hazard_blocks", "may_be_absent"})
_DAYS = frozenset({"valid_from", "valid_until", "on"})
_LISTS = frozenset({"references", "sectors", "flags", "order", "stars", "hazards", "languages"})
_TEXT_LISTS = frozenset({"evidence", "contraindications", "protection"})
_OPEN = frozenset({"value", "default"})


def type_of(table: str, field: str) -> str:
    """What a field holds: ``number``, ``flag``, ``day``, ``list``, ``open`` or ``text``.

    >>> type_of("item", "points"), type_of("item", "guarantee"), type_of("element", "guarantee")
    ('number', 'flag', 'number')
    """
    parts = field.split(".")
    last = parts[-1]
    if last == "guarantee":
        return "flag" if table == "item" else "number"
    if last in _NUMBERS or parts[:2] == ["imported", "values"]:
        return "number"
    if last in _FLAGS:
        return "flag"
    if last in _DAYS:
        return "day"
    if last in _LISTS or parts[0] in _TEXT_LISTS:
        return "list"
    return "open" if last in _OPEN else "text"


def flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Fields of a table with those of its inner tables, named with points.

    >>> dict(flat({"a": {"b": 1, "c": [2]}}))
    {'a.b': 1, 'a.c': [2]}
    """
    for name, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def nested(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Undo :func:`flat`.

    >>> nested({"a.b": 1, "a.c": [2]})
    {'a': {'b': 1, 'c': [2]}}
    """
    table: dict[str, Any] = {}
    for name, value in fields.items():
        *path, last = name.split(".")
        inner = table
        for part in path:
            inner = inner.setdefault(part, {})
        inner[last] = value
    return table


def joined(entries: list[str]) -> str:
    r"""A list as one text, an entry on each line.

    >>> joined(["a", "b"]), separated(joined(["a" + chr(10) + "b", chr(92) + "n"])) == [
    ...     "a" + chr(10) + "b", chr(92) + "n"]
    ('a\nb', True)
    """
    return "\n".join(entry.replace("\\", "\\\\").replace("\n", "\\n") for entry in entries)


def separated(text: str) -> list[str]:
    """Undo :func:`joined`; empty lines are none."""
    lines = [line for line in text.replace("\r\n", "\n").split("\n") if line.strip()]
    return ["\\".join(part.replace("\\n", "\n") for part in line.split("\\\\")) for line in lines]
