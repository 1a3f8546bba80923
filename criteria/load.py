"""TOML to :class:`~criteria.model.Scheme`; every fault says file, item, field, expected, found."""

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from criteria.errors import Problem
from criteria.load_profile import FORMS, read_applies, read_hazard, read_profile
from criteria.load_shape import read_shape
from criteria.model import (
    BOTH,
    CHINESE,
    Document,
    Element,
    Fact,
    Item,
    LadderRung,
    PerformanceCondition,
    Rule,
    Scheme,
    Source,
    SubElement,
)
from criteria.reading import ID, Reader

KINDS = ("enterprise", "specialty", "post", "hazard_list", "frame")
RULE_KINDS = ("each", "once", "range", "per_percent", "whole")
PER = ("item", "place", "person", "time", "unit", "percent")
SCOPES = ("item", "sub_element", "element")
TRIGGERS = ("reported", "item_at_zero")
ZEROES = ("item", "sub_element", "element", "assessment")
FACT_KINDS = ("count", "flag", "choice", "percent", "rate")
ROLES = ("base", "bonus", "penalty")
COMPARISONS = ("<", "<=", "=", ">=", ">")


def read_toml(path: Path, shown: str, problems: list[Problem]) -> dict[str, Any]:
    """Parse one file with exact decimals; a file that cannot be read is a problem, not a crash."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as error:
        problems.append(Problem(shown, "-", "file", "a readable file", error.strerror or "?"))
    except UnicodeDecodeError:
        problems.append(Problem(shown, "-", "file", "UTF-8 text", "other bytes"))
    except tomllib.TOMLDecodeError as error:
        problems.append(Problem(shown, "-", "file", "valid TOML", str(error)))
    return {}


def load_documents(path: Path, problems: list[Problem]) -> dict[str, Document]:
    """Read ``sources.toml``."""
    documents: dict[str, Document] = {}
    for document_id, table in read_toml(path, path.name, problems).items():
        if not isinstance(table, Mapping):
            problems.append(Problem(path.name, document_id, "table", "a table", repr(table)))
            continue
        reader = Reader(table, path.name, document_id, problems)
        documents[document_id] = Document(
            document_id,
            reader.text("title"),
            reader.string("number"),
            reader.day("issued"),
            reader.day("effective"),
            reader.day("repealed"),
            reader.flag("verified", default=False),
            reader.string("note", ""),
        )
        reader.finish()
    return documents


def load_scheme(folder: Path, problems: list[Problem]) -> Scheme | None:
    """Read one edition: ``scheme.toml`` and one file per level-1 element beside it.

    Args:
        folder: ``catalog/<scheme>/<edition>``.
        problems: faults are added here.

    Returns:
        The edition, or None when its head cannot be read at all.
    """
    shown = f"{folder.parent.name}/{folder.name}"
    head = _read_part(folder / "scheme.toml", f"{shown}/scheme.toml", problems)
    parts = [
        (f"{shown}/{path.name}", _read_part(path, f"{shown}/{path.name}", problems))
        for path in sorted(folder.glob("*.toml"))
        if path.name != "scheme.toml"
    ]
    scheme = scheme_of(head, [part for part in parts if part[1]], f"{shown}/scheme.toml", problems)
    for field, expected in (("id", folder.parent.name), ("edition", folder.name)):
        found = str(head.get(field, ""))
        if scheme is not None and found != expected:
            wanted = f"{expected} (the name of its folder)"
            problems.append(Problem(f"{shown}/scheme.toml", "-", field, wanted, found))
    return scheme


def scheme_of(
    head: Mapping[str, Any],
    elements: Sequence[tuple[str, Mapping[str, Any]]],
    shown: str,
    problems: list[Problem],
) -> Scheme | None:
    """Read an edition from the tables of its files, wherever they come from.

    Args:
        head: what ``scheme.toml`` says.
        elements: name and tables of each element file, in order.
        shown: name of the head in problems.
        problems: faults are added here.

    Returns:
        The edition, or None when it has no head at all.
    """
    languages = _languages(head, shown, problems)
    read = tuple(_element(Reader(row, name, "-", problems, languages)) for name, row in elements)
    if not head:
        return None
    reader = Reader(head, shown, "-", problems, languages)
    reader.read.add("languages")
    return _head(reader, read, fingerprint([head, *(table for _, table in elements)]))


def _languages(head: Mapping[str, Any], shown: str, problems: list[Problem]) -> tuple[str, ...]:
    """Before anything else is read: they decide what a wording must have."""
    found = head.get("languages", list(BOTH))
    if found == list(CHINESE):
        return CHINESE
    if found != list(BOTH):
        expected = '["zh"] or ["zh", "en"]'
        problems.append(Problem(shown, "-", "languages", expected, repr(found)))
    return BOTH


def _read_part(path: Path, shown: str, problems: list[Problem]) -> dict[str, Any]:
    known = len(problems)
    table = read_toml(path, shown, problems)
    if not table and len(problems) == known:
        problems.append(Problem(shown, "-", "file", "fields", "an empty file"))
    return table


def fingerprint(content: list[Any]) -> str:
    """SHA-256 over what the files say, whatever their layout and comments."""

    def plain(value: object) -> object:
        if isinstance(value, date | time):
            return value.isoformat()
        if isinstance(value, Decimal):
            return str(value.normalize())
        raise TypeError(type(value))

    text = json.dumps(
        content, default=plain, sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _head(reader: Reader, elements: tuple[Element, ...], digest: str) -> Scheme:
    unscored = reader.table.get("kind") == "hazard_list"
    scheme = Scheme(
        id=reader.string("id"),
        edition=reader.string("edition"),
        kind=reader.choice("kind", KINDS),
        title=reader.text("title"),
        summary=reader.text("summary"),
        document=reader.string("document"),
        valid_from=reader.day("valid_from", required=True) or date.min,
        valid_until=reader.day("valid_until"),
        published=reader.flag("published", default=False),
        total=Fraction(0) if unscored else reader.number("total"),
        scale=Fraction(1) if unscored else reader.number("scale"),
        decimals=0 if unscored else reader.integer("decimals"),
        unit=Fraction(1) if unscored else reader.number("smallest_unit"),
        compare="exact" if unscored else reader.choice("compare", ("rounded", "exact")),
        ladder=tuple(_rung(row) for row in reader.tables("ladder")),
        facts=tuple(_fact(row) for row in reader.tables("fact")),
        performance=tuple(_condition(row) for row in reader.tables("performance")),
        elements=elements,
        fingerprint=digest,
        shape=read_shape(reader),
        profile=read_profile(reader),
        languages=reader.languages,
    )
    reader.finish()
    return scheme


def _rung(reader: Reader) -> LadderRung:
    reader.item = f"ladder {reader.table.get('grade', '?')}"
    rung = LadderRung(
        reader.string("grade"),
        reader.text("title"),
        reader.choice("comparator", (">=", ">")),
        reader.number("threshold"),
        reader.source(),
    )
    reader.finish()
    return rung


def _fact(reader: Reader) -> Fact:
    reader.item = f"fact {reader.table.get('id', '?')}"
    default = reader.table.get("default")
    reader.read.update(("default", "order"))
    if default is not None and not isinstance(default, int | str | bool):
        reader.wrong("default", "a whole number, a word or true/false", repr(default))
        default = None
    order = reader.table.get("order", [])
    if not isinstance(order, list) or not all(isinstance(word, str) for word in order):
        reader.wrong("order", "a list of words, mildest first", repr(order))
        order = []
    fact = Fact(
        reader.string("id"),
        reader.choice("kind", FACT_KINDS),
        reader.text("title"),
        reader.text("help"),
        default,
        tuple(order),
        reader.string("numerator", ""),
        reader.string("denominator", ""),
        reader.integer("factor", 1),
    )
    reader.finish()
    return fact


def _condition(reader: Reader) -> PerformanceCondition:
    reader.item = f"performance {reader.table.get('grade', '?')} {reader.table.get('fact', '?')}"
    value = reader.table.get("value")
    reader.read.add("value")
    if isinstance(value, Decimal) and value.is_finite():
        value = Fraction(value)
    if not isinstance(value, int | str | bool | Fraction):
        reader.wrong("value", "a number, a word or true/false", repr(value))
        value = 0
    condition = PerformanceCondition(
        reader.string("grade"),
        reader.string("fact"),
        reader.choice("op", COMPARISONS),
        value,
        reader.string("when", "") or None,
        reader.string("unless", "") or None,
        reader.text("text"),
        reader.source(),
    )
    reader.finish()
    return condition


def _element(reader: Reader) -> Element:
    element_id = reader.string("id")
    reader.item = element_id or "-"
    subs = []
    for row in reader.tables("sub_element"):
        row.item = str(row.table.get("id", "?"))
        subs.append(
            SubElement(row.string("id"), element_id, row.text("title"), row.number("points"))
        )
        row.finish()
    default_source = reader.source()
    element = Element(
        element_id,
        reader.text("title"),
        Fraction(0) if "hazard" in reader.table else reader.number("points"),
        tuple(subs),
        tuple(_item(row, element_id, default_source) for row in reader.tables("item")),
        reader.optional_number("weight"),
        reader.string("group", ""),
        reader.optional_number("guarantee"),
        tuple(read_hazard(row, element_id, default_source) for row in reader.tables("hazard")),
    )
    reader.finish()
    return element


def _item(reader: Reader, element: str, default: Source) -> Item:
    reader.item = str(reader.table.get("id", "?"))
    item_id = reader.string("id")
    if item_id and not ID.fullmatch(item_id):
        reader.wrong("id", "letters, digits, dots and dashes", item_id)
    law = []
    for row in reader.tables("law"):
        law.append(Source(row.string("document"), row.string("clause"), "derived", verified=False))
        row.finish()
    clause = reader.string("clause", item_id)
    source = replace(default, clause=f"{default.clause} {clause}".strip())
    if "source" in reader.table:
        source = reader.source()
    item = Item(
        id=item_id,
        element=element,
        sub_element=reader.string("sub_element", "") or None,
        points=reader.number("points"),
        veto=reader.optional_choice("veto", ZEROES),
        text=reader.text("text"),
        evidence=reader.texts("evidence"),
        rules=tuple(_rule(row) for row in reader.tables("deduction")),
        source=source,
        law=tuple(law),
        may_be_absent=reader.flag("may_be_absent", default=True),
        star=reader.string("star", ""),
        guarantee=reader.flag("guarantee", default=False),
        role=reader.choice("role", ROLES, "base"),
        applies=read_applies(reader),
        hazards=reader.words("hazards"),
        form=reader.choice("form", FORMS, "points"),
        method=reader.optional_text("method"),
    )
    reader.finish()
    return item


def _rule(reader: Reader) -> Rule:
    reader.item = f"{reader.item} deduction {reader.table.get('id', '?')}"
    rule_id = reader.string("id")
    kind = reader.choice("kind", RULE_KINDS)
    points: Fraction | None = None
    if "points" in reader.table or kind != "whole":
        points = reader.number("points")
    rule = Rule(
        id=rule_id,
        kind=kind,
        points=points,
        per=reader.optional_choice("per", PER),
        scope=reader.choice("scope", SCOPES, "item"),
        trigger=reader.choice("trigger", TRIGGERS, "reported"),
        zeroes=reader.optional_choice("zeroes", ZEROES),
        text=reader.text("text"),
    )
    reader.finish()
    return rule
