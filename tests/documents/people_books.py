"""Workbooks of enterprises and accounts, built cell by cell as people fill them in."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any

from openpyxl import Workbook

from portal.documents.people_layout import FIELDS
from portal.domain import credit_code
from portal.i18n import translate

Row = Mapping[str, Any]


def code(number: int) -> str:
    """A credit code that holds."""
    body = f"91990102MB{number:07d}"
    return body + credit_code.check_character(body)


def firm(number: int = 1, **other: Any) -> dict[str, Any]:
    """A row of the sheet of enterprises."""
    return {
        "name": f"导入机械{number}有限公司",
        "credit_code": code(number),
        "sector": "机械",
        "size_kind": "工业",
        "area_code": "990102 临江区",
        "address": f"导入路{number}号",
        "principal": "钱二",
        "contact": "000-0000-0002",
        "staff": 120,
        "revenue_wan": 5000,
        "flags": "有限空间作业、煤气、燃气",
        "is_group": "否",
        **other,
    }


def person(number: int = 1, **other: Any) -> dict[str, Any]:
    """A row of the sheet of accounts."""
    return {
        "login": f"imported-{number}",
        "person": f"导入人{number}",
        "role": "安全管理人员",
        "organisation": f"导入机械{number}有限公司",
        **other,
    }


def filled(
    firms: Iterable[Row] = (),
    people: Iterable[Row] = (),
    *,
    language: str = "zh",
    without: Sequence[str] = (),
    titles: Mapping[str, str] | None = None,
) -> bytes:
    """A workbook with these rows; ``without`` names columns or sheets that are left out."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in (("enterprises", firms), ("accounts", people)):
        if name in without:
            continue
        title = translate(language, f"workbook.people.sheet.{name}")
        sheet = book.create_sheet((titles or {}).get(name, title))
        fields = [field for field in FIELDS[name] if field not in without]
        sheet.append([translate(language, f"field.{field}") for field in fields])
        for row in rows:
            sheet.append([row.get(field) for field in fields])
    if not book.worksheets:
        book.create_sheet("x")
    out = BytesIO()
    book.save(out)
    return out.getvalue()
