"""Two editions side by side: which items came, went and changed, and in which fields."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from criteria.model import Scheme
from criteria.tables import Table, Tables


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs.

    Attributes:
        part: ``head``, ``element``, ``sub_element``, ``item``, or a table of the head such as
            ``ladder``.
        name: id or key of the row; empty for the head.
        kind: ``added``, ``removed`` or ``changed``.
        fields: what differs, by field: the old value and the new one, None for nothing.
    """

    part: str
    name: str
    kind: str
    fields: Mapping[str, tuple[Any, Any]]


_KEYS = {
    "ladder": ("grade",),
    "fact": ("id",),
    "performance": ("grade", "fact", "when", "unless"),
    "group": ("id",),
    "minimum": ("grade", "part"),
    "star": ("grade",),
    "event": ("fact",),
    "control_line": ("element",),
    "certificate": ("title",),
}


def compare(old: Scheme, new: Scheme) -> list[Change]:
    """List what differs between two editions, in the order of the standard.

    Items are the same when their ids are; the default of a field is not told from its being left
    out.
    """
    before, after = Tables(old), Tables(new)
    old_head, new_head = before.head(), after.head()
    changes = list(_rows("head", [_plain(old_head)], [_plain(new_head)], ()))
    for part, key in _KEYS.items():
        changes += _rows(part, old_head.get(part, []), new_head.get(part, []), key)
    old_elements, new_elements = before.elements(), after.elements()
    changes += _rows("element", map(_plain, old_elements), map(_plain, new_elements), ("id",))
    for part in ("sub_element", "item", "hazard"):
        changes += _rows(part, _of(old_elements, part), _of(new_elements, part), ("id",))
    return changes


def _plain(table: Table) -> Table:
    """A table without the tables that are compared row by row."""
    skipped = (*_KEYS, "sub_element", "item", "hazard")
    return {name: value for name, value in table.items() if name not in skipped}


def _of(elements: Iterable[Table], part: str) -> list[Table]:
    return [
        row | {"element": element["id"]} for element in elements for row in element.get(part, ())
    ]


def _rows(
    part: str, old: Iterable[Table], new: Iterable[Table], key: tuple[str, ...]
) -> Iterable[Change]:
    before, after = _keyed(old, key), _keyed(new, key)
    for name in dict.fromkeys([*before, *after]):
        if name not in after:
            yield Change(part, name, "removed", _fields(before[name], {}))
        elif name not in before:
            yield Change(part, name, "added", _fields({}, after[name]))
        elif fields := _fields(before[name], after[name]):
            yield Change(part, name, "changed", fields)


def _keyed(rows: Iterable[Table], key: tuple[str, ...]) -> dict[str, Table]:
    """Rows by name; of rows with one name each has a name of its own."""
    found: dict[str, Table] = {}
    for row in rows:
        name = " ".join(_word(row[part]) for part in key if row.get(part) is not None)
        count, own = 1, name
        while own in found:
            count += 1
            own = f"{name} ({count})"
        found[own] = row
    return found


def _word(value: Any) -> str:
    return str(value["zh"]) if isinstance(value, dict) else str(value)


def _fields(old: Table, new: Table) -> dict[str, tuple[Any, Any]]:
    """Fields that differ; of the rules of an item each one is a field."""
    before, after = dict(_spread(old)), dict(_spread(new))
    return {
        name: (before.get(name), after.get(name))
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    }


def _spread(table: Table, path: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in table.items():
        if name == "deduction":
            for rule in value:
                yield from _spread(rule, f"{path}deduction {rule['id']}.")
        elif isinstance(value, dict):
            yield from _spread(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value
