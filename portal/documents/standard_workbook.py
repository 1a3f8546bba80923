"""The workbook of a standard (评分细则): everything that an edition says, to read, change, import.

The first sheet has the usual layout of a scoring table; the others hold elements, rules, ladder,
facts and whatever else the edition has. Reading is in ``standard_workbook_reading``.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from io import BytesIO
from typing import Any

from openpyxl import Workbook

from criteria.model import Item, Scheme
from criteria.tables import Tables
from portal.documents.standard_sheets import (
    ELEMENTS,
    FORMAT,
    FORMAT_KEY,
    HEAD,
    HEAD_TABLES,
    ITEMS,
    LAW,
    RULES,
    SUB_ELEMENTS,
    TableSheet,
    flat,
    joined,
)
from portal.documents.standard_values import Say
from portal.documents.workbook_layout import FIRST_ROW, KEY_PREFIX, KEY_ROW, ORIGIN_SHEET
from portal.documents.workbook_style import Painter, Sheet, Value, row_height
from portal.errors import InvalidValueError

__all__ = ["display_of", "write_standard_workbook"]

_WIDE, _NARROW = 46.0, 12.0
_WIDTHS = {"rules": 46.0, "element_title": 16.0, "sub_element_title": 16.0, "clause": 20.0}


def write_standard_workbook(scheme: Scheme, say: Say, language: str) -> bytes:
    """Write an edition as a workbook (.xlsx).

    Args:
        scheme: any edition with scored rows, or a frame.
        say: words of the text catalogue in ``language``.
        language: of headings; all wordings are written in both languages.

    Raises:
        InvalidValueError: a list of hazards, which has no scored rows.
    """
    if scheme.hazards:
        raise InvalidValueError("no_scored_rows", name=scheme.key)
    writer = _Writer(scheme, say, language)
    return writer.book()


def display_of(scheme: Scheme, item: Item) -> dict[str, str]:
    """What the sheet of items repeats from other sheets."""
    element = next(element for element in scheme.elements if element.id == item.element)
    subs = {sub.id: sub.title.zh for sub in element.sub_elements}
    return {
        "element_title": element.title.zh,
        "sub_element_title": subs.get(item.sub_element or "", ""),
        "rules": "\n".join(rule.text.zh for rule in item.rules),
    }


class _Writer:
    def __init__(self, scheme: Scheme, say: Say, language: str) -> None:
        self.scheme, self.say = scheme, say
        self.painter = Painter(say, language)
        self.workbook = Workbook()
        self.workbook.remove(self.workbook.worksheets[0])
        self.tables = Tables(scheme)

    def book(self) -> bytes:
        head, elements = self.tables.head(), self.tables.elements()
        shown = {item.id: display_of(self.scheme, item) for item in self.scheme.items}
        self._sheet(
            ITEMS,
            (
                row | {"element": element["id"]} | shown[row["id"]]
                for element in elements
                for row in element.get("item", ())
            ),
        )
        self._sheet(ELEMENTS, elements)
        self._sheet(
            SUB_ELEMENTS,
            (
                row | {"element": element["id"]}
                for element in elements
                for row in element.get("sub_element", ())
            ),
        )
        for sheet in (RULES, LAW):
            rows = (
                row | {"item": item["id"]}
                for element in elements
                for item in element.get("item", ())
                for row in item.get(sheet.name, ())
            )
            self._sheet(sheet, rows)
        for sheet in HEAD_TABLES:
            self._sheet(sheet, head.get(sheet.name, ()))
        self._head({key: head[key] for key in head if key not in {t.name for t in HEAD_TABLES}})
        self._origin()
        out = BytesIO()
        self.workbook.save(out)
        return out.getvalue()

    def _new(self, name: str) -> Sheet:
        return self.workbook.create_sheet(self.say(f"standard.sheet.{name}"))

    def _sheet(self, layout: TableSheet, rows: Iterable[Mapping[str, Any]]) -> None:
        """One sheet: title, hint, heading, marks, rows."""
        sheet = self._new(layout.name)
        labels = [self.say(f"standard.column.{f.replace('.', '_')}") for f in layout.fields]
        title = f"{self.scheme.title[self.painter.language]} {self.scheme.key}"
        self.painter.head(sheet, title, self.say(f"standard.hint.{layout.name}"), labels)
        for column, field in enumerate(layout.fields, 1):
            mark = f"{KEY_PREFIX}{layout.name}.{field}"
            self.painter.put(sheet, KEY_ROW, column, mark, "key")
        widths = [_width(field) for field in layout.fields]
        for number, row in enumerate(rows, FIRST_ROW):
            fields = dict(flat(row))
            height = 0.0
            for column, field in enumerate(layout.fields, 1):
                value = _value(fields.get(field))
                style = "figure" if isinstance(value, Fraction | int) else "text"
                self.painter.put(sheet, number, column, value, style)
                if isinstance(value, str):
                    height = max(height, row_height(value, widths[column - 1]))
            sheet.row_dimensions[number].height = min(400, height)
        self._set_up(sheet, widths)

    def _head(self, head: Mapping[str, Any]) -> None:
        sheet = self._new(HEAD)
        self.painter.head(
            sheet,
            self.scheme.title[self.painter.language],
            self.say("standard.hint.head"),
            [self.say("standard.column.field"), self.say("standard.column.value")],
        )
        self.painter.put(sheet, KEY_ROW, 1, f"{KEY_PREFIX}{HEAD}.field", "key")
        self.painter.put(sheet, KEY_ROW, 2, f"{KEY_PREFIX}{HEAD}.value", "key")
        for number, (field, value) in enumerate(flat(head), FIRST_ROW):
            self.painter.put(sheet, number, 1, field, "label")
            self.painter.put(sheet, number, 2, _value(value), "text")
        self._set_up(sheet, [28, 90])

    def _set_up(self, sheet: Sheet, widths: list[float]) -> None:
        for column, width in enumerate(widths, 1):
            sheet.column_dimensions[sheet.cell(1, column).column_letter].width = width
        sheet.row_dimensions[KEY_ROW].hidden = True
        sheet.freeze_panes = sheet.cell(FIRST_ROW, 2)
        sheet.sheet_view.showGridLines = False
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True

    def _origin(self) -> None:
        sheet = self.workbook.create_sheet(ORIGIN_SHEET)
        rows = {
            FORMAT_KEY: FORMAT,
            "scheme": self.scheme.id,
            "edition": self.scheme.edition,
            "fingerprint": self.scheme.fingerprint,
        }
        for number, (key, value) in enumerate(rows.items(), 1):
            self.painter.put(sheet, number, 1, key, "key")
            self.painter.put(sheet, number, 2, value, "key")
        sheet.sheet_state = "hidden"


def _width(field: str) -> float:
    last = field.rpartition(".")[2]
    return _WIDTHS.get(field, _WIDE if last in ("zh", "en") else _NARROW)


def _value(value: Any) -> Value:
    """What stands in the cell of a field."""
    return joined(value) if isinstance(value, list) else value
