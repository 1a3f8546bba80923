"""Scoring workbooks as provinces publish them, built cell by cell."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from io import BytesIO
from typing import Any

from openpyxl import Workbook

from criteria.model import CHINESE, LadderRung, Scheme, Source, Text

HEAD = (
    "考评类目",
    "考评项目",
    "考评内容",
    "标准分值",
    "考评办法",
    "自评/评审描述",
    "空项",
    "实际得分",
)
NUMBERED = ("序号", *HEAD)


def a_pattern(**parts: Any) -> Scheme:
    """What a workbook does not say."""
    source = Source("rules", "第三条", "derived", verified=False)
    ladder = (LadderRung("1", Text("一级", "一级"), ">=", Fraction(90), source),)
    scheme = Scheme(
        id="province",
        edition="2024",
        kind="enterprise",
        title=Text("", ""),
        summary=Text("", ""),
        document="rules",
        valid_from=date(2024, 1, 1),
        valid_until=None,
        published=False,
        total=Fraction(0),
        scale=Fraction(100),
        decimals=1,
        unit=Fraction(1, 10),
        compare="rounded",
        ladder=ladder,
        facts=(),
        performance=(),
        elements=(),
        fingerprint="",
        languages=CHINESE,
    )
    return replace(scheme, **parts)


def workbook(
    sheets: dict[str, Iterable[Sequence[Any]]],
    merged: dict[str, Iterable[str]] | None = None,
    formats: dict[str, dict[str, str]] | None = None,
) -> bytes:
    """A workbook of these rows; ``merged`` are ranges, whose cells but the first are empty."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append([None if cell == "" else cell for cell in row])
        for area in (merged or {}).get(title, ()):
            sheet.merge_cells(area)
        for cell, form in (formats or {}).get(title, {}).items():
            sheet[cell].number_format = form
    out = BytesIO()
    book.save(out)
    return out.getvalue()
