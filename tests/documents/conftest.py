"""Workbooks of a small scheme, changed as people and programs change them."""

import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from criteria import Item, Rule, Scheme, Text, default_library
from criteria.model import Element, SubElement
from portal.documents.scoring_workbook import SheetHeader, write_scoring_workbook
from portal.documents.workbook_layout import KEY_PREFIX, KEY_ROW
from portal.documents.workbook_reading import WorkbookReading, read_scoring_workbook
from portal.domain.answers import ItemAnswer

Answers = dict[str, ItemAnswer]


def say(key: str, **values: object) -> str:
    """Words that show what they were asked for, whatever the catalogue says."""
    named = " ".join(f"{name}={value}" for name, value in values.items())
    return f"{key} {named}".strip()


def a_rule(rule_id: str, kind: str, points: str | None, **parts: Any) -> Rule:
    given: dict[str, Any] = {
        "per": None,
        "scope": "item",
        "trigger": "reported",
        "zeroes": None,
        **parts,
    }
    return Rule(
        id=rule_id,
        kind=kind,
        points=None if points is None else Fraction(points),
        text=Text(f"规则{rule_id}", f"rule {rule_id}"),
        **given,
    )


def _kinds_element(pattern: Item) -> Element:
    """One element with a rule of every kind that the shipped scheme may not use."""
    rules = (
        a_rule("extent", "range", "4.5"),
        a_rule("share", "per_percent", "0.5"),
        a_rule("gone", "whole", None),
        a_rule("category", "each", "3", scope="element", per="place"),
        a_rule("used_up", "once", "2", scope="element", trigger="item_at_zero"),
    )
    items = tuple(
        replace(
            pattern,
            id=item_id,
            element="99",
            sub_element="99.1",
            points=Fraction(10),
            rules=rules,
            text=Text(f"内容{item_id}", f"item {item_id}"),
        )
        for item_id in ("99.1.1", "99.1.10")
    )
    title = Text("各类规则", "all kinds")
    return Element(
        "99", title, Fraction(20), (SubElement("99.1", "99", title, Fraction(20)),), items
    )


def small(scheme: Scheme) -> Scheme:
    """The beginning of the shipped scheme and an element with every kind of rule."""
    first, second = scheme.elements[:2]
    second = replace(second, items=second.items[:2])
    return replace(scheme, elements=(first, second, _kinds_element(scheme.items[0])))


@pytest.fixture(scope="session")
def full_scheme() -> Scheme:
    return default_library().find("industry-trade-general")


@pytest.fixture(scope="session")
def scheme(full_scheme: Scheme) -> Scheme:
    return small(full_scheme)


@dataclass(frozen=True)
class Book:
    """A workbook opened by openpyxl, with cells found by item, rule and column."""

    book: Any

    def at(self, key: str, item: str, rule: str = "") -> Any:
        """The cell of a column in the row of an item or rule."""
        for sheet in self.book.worksheets:
            columns = self.columns(sheet)
            for row in sheet.iter_rows(min_row=KEY_ROW + 1) if columns else ():
                found = (row[columns["item"] - 1].value, row[columns["rule"] - 1].value or "")
                if found == (item, rule):
                    return row[columns[key] - 1]
        raise KeyError((key, item, rule))

    @staticmethod
    def columns(sheet: Any) -> dict[str, int]:
        """Columns by key; empty for a sheet without marks."""
        return {
            cell.value.removeprefix(KEY_PREFIX): cell.column
            for cell in sheet[KEY_ROW]
            if isinstance(cell.value, str) and cell.value.startswith(KEY_PREFIX)
        }

    def saved(self) -> bytes:
        out = BytesIO()
        self.book.save(out)
        return out.getvalue()


def opened(data: bytes, *, quickly: bool = False) -> Book:
    """Open a workbook; ``quickly`` gives values only."""
    return Book(load_workbook(BytesIO(data), read_only=quickly))


@pytest.fixture
def written(scheme: Scheme) -> Callable[..., bytes]:
    def write(
        answers: Answers | None = None, header: SheetHeader | None = None, language: str = "zh"
    ) -> bytes:
        return write_scoring_workbook(scheme, header or SheetHeader(), answers or {}, say, language)

    return write


@pytest.fixture(scope="session")
def empty_file(scheme: Scheme) -> bytes:
    return write_scoring_workbook(scheme, SheetHeader(), {}, say, "zh")


@pytest.fixture
def empty(empty_file: bytes) -> Book:
    return opened(empty_file)


@pytest.fixture
def read(scheme: Scheme) -> Callable[[Book | bytes], WorkbookReading]:
    def reading(book: Book | bytes) -> WorkbookReading:
        data = book if isinstance(book, bytes) else book.saved()
        return read_scoring_workbook(data, scheme, say)

    return reading


def repacked(data: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """The same zip with parts changed, added or removed."""
    with zipfile.ZipFile(BytesIO(data)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    change(parts)
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return out.getvalue()


_INLINE = re.compile(r't="inlineStr"(.*?)><is>(.*?)</is></c>', re.DOTALL)


def saved_by_excel(data: bytes) -> bytes:
    """The same workbook with its texts in the shared table, where Excel puts them."""

    def share(parts: dict[str, bytes]) -> None:
        table: list[str] = []

        def one(found: re.Match[str]) -> str:
            table.append(f"<si>{found[2]}</si>")
            return f't="s"{found[1]}><v>{len(table) - 1}</v></c>'

        for name in parts:
            if name.startswith("xl/worksheets/sheet"):
                parts[name] = _INLINE.sub(one, parts[name].decode()).encode()
        space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
        override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
        types = parts["[Content_Types].xml"].decode().replace("</Types>", override)
        parts["[Content_Types].xml"] = types.encode()
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{space}">{"".join(table)}</sst>'.encode()

    return repacked(data, share)
