"""An edition to the files of the catalogue: readable, nothing that is default, all or nothing."""

import re
import shutil
import tomllib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import uuid4

from criteria.errors import Problem
from criteria.load import scheme_of
from criteria.model import Element, Scheme
from criteria.tables import Table, Tables
from scoring.rounding import plain

_ESCAPES = {"\b": "\\b", "\t": "\\t", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_SPECIAL = re.compile(r'[\x00-\x09\x0b-\x1f\x7f"\\]')
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_OWN_TABLE = frozenset({"text", "evidence", "method", "summary", "exceptions"})
"""Wordings of rows and of the head that are long enough for a table of their own."""
_INLINE = frozenset({"source", "good"})
"""Tables of tables that are short enough for one line."""


def write_scheme(scheme: Scheme, folder: Path) -> None:
    """Write an edition as ``scheme.toml`` and one file per level-1 element.

    Everything is written to a folder beside the target, which is then renamed: there is never
    half an edition.

    Args:
        scheme: the edition; loading the result gives an equal one, but for the fingerprint.
        folder: ``catalog/<scheme>/<edition>``; its parents are made.

    Raises:
        FileExistsError: the folder exists already.
        ValueError: the edition says something that the format cannot say, such as a third of a
            point.
    """
    texts = dict(files_of(scheme))
    if folder.exists():
        raise FileExistsError(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = folder.parent / f".{folder.name}-{uuid4().hex[:8]}"
    beside.mkdir()
    try:
        # the head comes last: without it nobody takes the folder for an edition
        for name, text in reversed(texts.items()):
            (beside / name).write_text(text, encoding="utf-8", newline="\n")
        beside.rename(folder)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def reread(scheme: Scheme, problems: list[Problem]) -> Scheme | None:
    """The edition as its files would load, without writing any.

    Args:
        scheme: the edition.
        problems: what the loader would refuse is added here.

    Raises:
        ValueError: the edition says something that the format cannot say.
    """
    (_, head), *parts = [
        (name, tomllib.loads(text, parse_float=Decimal)) for name, text in files_of(scheme)
    ]
    return scheme_of(head, parts, "scheme.toml", problems)


def files_of(scheme: Scheme) -> Iterator[tuple[str, str]]:
    """Name and text of each file of an edition, the head first.

    Raises:
        ValueError: the edition says something that the format cannot say.
    """
    tables = Tables(scheme)
    yield "scheme.toml", f"# {_line(scheme.title.zh)}\n{toml(tables.head())}"
    digits = max(2, len(str(len(scheme.elements))))
    parts = zip(scheme.elements, tables.elements(), strict=True)
    for number, (element, table) in enumerate(parts, 1):
        yield f"{number:0{digits}}{_slug(element)}.toml", toml(table)


def _line(text: str) -> str:
    return " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", text).split())


def _slug(element: Element) -> str:
    words = re.findall(r"[a-z0-9]+", element.title.en.lower())[:4]
    return "-" + "-".join(words) if words else ""


def toml(table: Table) -> str:
    """Write tables as TOML.

    Raises:
        ValueError: a number without a finite decimal, or a value that TOML does not have.
    """
    return "\n".join(_lines(table, "")) + "\n"


def _lines(table: Table, path: str) -> Iterator[str]:
    tables, lists = [], []
    for name, value in table.items():
        if isinstance(value, list) and value and isinstance(value[0], dict) and name != "test":
            lists.append((name, value))
        elif isinstance(value, dict) and _stands_alone(name, value, path):
            tables.append((name, value))
        else:
            yield f"{_key(name)} = {_value(value)}"
    for name, value in tables:
        yield from _table(f"{path}{name}", value)
    for name, rows in lists:
        for row in rows:
            yield ""
            yield f"[[{path}{name}]]"
            yield from _lines(row, f"{path}{name}.")


def _table(path: str, table: Table) -> Iterator[str]:
    """A table; what is named by its path, such as ``sampling.equipment``, follows on its own."""
    own = {
        key: part
        for key, part in table.items()
        if key not in _INLINE and isinstance(part, dict) and _holds_tables(part)
    }
    if not table or len(own) < len(table):
        yield ""
        yield f"[{path}]"
    for key, part in table.items():
        if key not in own:
            yield f"{_key(key)} = {_value(part, spread=True)}"
    for key, part in own.items():
        yield from _table(f"{path}.{_key(key)}", part)


def _holds_tables(table: Table) -> bool:
    return any(isinstance(part, dict) for part in table.values())


def _stands_alone(name: str, value: Table, path: str) -> bool:
    if not path:
        # of the head everything, of an element its source
        return name != "title" or len(_value(value)) > 100
    return path in ("item.", "hazard.") and name in _OWN_TABLE


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _string(name)


def _value(value: Any, *, spread: bool = False) -> str:
    """One value; ``spread`` puts the entries of a list and the lines of a text on lines."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Fraction):
        number = plain(value)
        if "/" in number:
            raise ValueError(f"{number} has no finite decimal")
        return number
    if isinstance(value, str):
        return _block(value) if spread and "\n" in value else _string(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list) and spread and value:
        return "[\n" + "".join(f"    {_value(part)},\n" for part in value) + "]"
    if isinstance(value, list):
        return "[" + ", ".join(_value(part) for part in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + " }"
    raise ValueError(f"no TOML for {value!r}")


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda sign: _ESCAPES.get(sign[0], f"\\u{ord(sign[0]):04X}"), text)


def _string(text: str) -> str:
    escaped = _escaped(text).replace("\n", "\\n")
    return f'"{escaped}"'


def _block(text: str) -> str:
    return f'"""\n{_escaped(text)}"""'
