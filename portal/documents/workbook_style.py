"""The quiet look of a workbook: greys, one accent, tinted cells to fill in."""

from collections.abc import Mapping
from copy import copy
from datetime import date
from fractions import Fraction
from math import ceil
from typing import Any
from unicodedata import east_asian_width

from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from portal.documents.workbook_layout import Say, escape

ACCENT = "1F5A8C"
INPUT_TINT = "E9F1F8"
GREY, PALE, RULE_GREY = "595959", "F2F2F2", "BFBFBF"

Cell = Any
Sheet = Any
Value = str | int | Fraction | date | None

_LINE = Side(style="thin", color="D0D0D0")
_STRONG = Side(style="thin", color="8C8C8C")
_DANGEROUS = tuple("=+-@\t\r'")


def _styles(language: str) -> dict[str, dict[str, object]]:
    chinese = language != "en"

    def font(size: float = 10, color: str = "1A1A1A", *, bold: bool = False) -> Font:
        if chinese:
            # charset 134 lets a machine without 宋体 choose another Chinese font
            return Font(name="宋体", charset=134, size=size, color=color, bold=bold)
        return Font(name="Calibri", size=size, color=color, bold=bold)

    def fill(color: str) -> PatternFill:
        return PatternFill("solid", fgColor=color)

    def at(horizontal: str = "left", vertical: str = "center") -> Alignment:
        indent = 0 if horizontal == "center" else 1
        return Alignment(horizontal=horizontal, vertical=vertical, wrap_text=True, indent=indent)

    box = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
    opened = Protection(locked=False)
    plain: dict[str, object] = {"font": font(), "alignment": at(), "border": box}
    entry = {**plain, "fill": fill(INPUT_TINT), "protection": opened}
    return {
        "title": {"font": font(16, ACCENT, bold=True), "alignment": Alignment(vertical="center")},
        "hint": {"font": font(9, GREY), "alignment": Alignment(vertical="center")},
        "note": {"font": font(10, GREY), "alignment": at(vertical="top")},
        "head": {
            "font": font(10, "FFFFFF", bold=True),
            "fill": fill(ACCENT),
            "alignment": at("center"),
            "border": box,
        },
        "text": plain,
        "centre": {**plain, "alignment": at("center")},
        "item": {
            **plain,
            "font": font(bold=True),
            "fill": fill(PALE),
            "border": Border(left=_LINE, right=_LINE, top=_STRONG, bottom=_LINE),
        },
        "rule": {**plain, "alignment": Alignment("left", "center", wrap_text=True, indent=2)},
        # at the top: the middle of a long group is on some other page
        "group": {**plain, "alignment": at("center", "top")},
        "effect": {**plain, "font": font(9, GREY), "alignment": at("center")},
        "figure": {**plain, "alignment": Alignment("right", "center", indent=1)},
        "total": {
            **plain,
            "font": font(bold=True),
            "fill": fill(PALE),
            "alignment": Alignment("right", "center", indent=1),
            "border": Border(left=_LINE, right=_LINE, top=_STRONG, bottom=_STRONG),
        },
        "label": {**plain, "font": font(bold=True), "fill": fill(PALE)},
        "automatic": {**plain, "fill": fill(PALE), "font": font(9, GREY)},
        "mark": {**entry, "alignment": at("center")},
        "number": {**entry, "alignment": at("center"), "number_format": "General"},
        # text format: what a person types, =… included, stays text in Excel
        "entry": {**entry, "number_format": "@"},
        "date": {**entry, "number_format": "yyyy-mm-dd"},
        "key": {"font": font(6, RULE_GREY), "alignment": Alignment(vertical="center")},
        "result": {"font": font(12, ACCENT, bold=True), "alignment": Alignment(vertical="center")},
    }


def write_text(cell: Cell, text: str) -> None:
    """Write a text that stays one, whatever it begins with; an empty one leaves the cell empty."""
    if text:
        cell.value = escape(text)
        cell.data_type = "s"
    if text.startswith(_DANGEROUS):
        # else Excel takes it for a formula as soon as somebody edits the cell
        cell.quotePrefix = True


class Painter:
    """Puts values into cells; text is always text, never a formula or an error value.

    Attributes:
        language: decides the font.
        say: words of the catalogue.
    """

    def __init__(self, say: Say, language: str) -> None:
        self.say, self.language = say, language
        self._named: Mapping[str, Mapping[str, object]] = _styles(language)
        self._known: dict[str, Any] = {}

    def paint(self, cell: Cell, style: str) -> None:
        """Give a cell its look; a merged area needs it on every cell, or part stays locked."""
        known = self._known.get(style)
        if known is not None:
            cell._style = copy(known)
            return
        for name, part in self._named[style].items():
            setattr(cell, name, part)
        self._known[style] = copy(cell._style)

    def put(self, sheet: Sheet, row: int, column: int, value: Value, style: str) -> Cell:
        """Write one cell and return it."""
        cell = sheet.cell(row, column)
        self.paint(cell, style)
        if isinstance(value, str):
            write_text(cell, value)
        elif isinstance(value, Fraction):
            cell.value = int(value) if value.denominator == 1 else float(value)
        else:
            cell.value = value
        return cell

    def formula(self, sheet: Sheet, row: int, column: int, text: str, style: str) -> Cell:
        """Write one of our own formulas."""
        cell = self.put(sheet, row, column, None, style)
        cell.value = text
        return cell

    def head(self, sheet: Sheet, title: str, hint: str, labels: list[str]) -> None:
        """Write title, hint and the header row, which print repeats."""
        self.put(sheet, 1, 1, title, "title")
        self.put(sheet, 2, 1, hint, "hint")
        for column, label in enumerate(labels, start=1):
            self.put(sheet, 3, column, label, "head")
        sheet.row_dimensions[1].height = 28
        sheet.row_dimensions[2].height = 18
        sheet.row_dimensions[3].height = 32
        sheet.print_title_rows = "3:3"


def text_width(text: str) -> int:
    """Columns a text takes when a Chinese character takes two.

    >>> text_width("5.3 持证")
    8
    """
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def row_height(text: str, width: float, size: float = 10) -> float:
    """Height in points that a wrapped text needs in a column of a width in characters."""
    # 0.95: borders and unbreakable words leave some of every line empty
    lines = sum(max(1, ceil(text_width(line) / (width * 0.95))) for line in text.split("\n"))
    return max(18.0, lines * size * 1.4 + 5)


def number_format(wording: str, points: Fraction) -> str:
    """Number format that shows a number within words; ``#`` in the words is the number.

    >>> number_format("每处扣#分", Fraction(2)), number_format("本项不得分", Fraction(4))
    ('"每处扣"0"分"', '"本项不得分"')
    """
    decimals = 0
    while (points * 10**decimals).denominator != 1 and decimals < 6:
        decimals += 1
    digits = "0" + ("." + "0" * decimals if decimals else "")
    # a quote would end the words; openpyxl takes a semicolon in them for the next section
    safe = wording.replace('"', "”").replace(";", ",")
    before, number, after = safe.partition("#")
    return "".join(
        part
        for part in (
            f'"{before}"' if before else "",
            digits if number else "",
            f'"{after}"' if after else "",
        )
        if part
    )


def set_up_page(sheet: Sheet, widths: list[float], *, printed: int, freeze: str | None) -> None:
    """Column widths, A4 landscape one page wide, footer, protection without password.

    Args:
        sheet: the sheet.
        widths: of the columns, in characters.
        printed: how many columns from the left are printed.
        freeze: first cell that scrolls.
    """
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_options.horizontalCentered = True
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top, sheet.page_margins.bottom = 0.5, 0.6
    sheet.page_margins.header = sheet.page_margins.footer = 0.25
    sheet.oddFooter.left.text, sheet.oddFooter.right.text = "&A", "&P / &N"
    sheet.print_area = f"A1:{get_column_letter(printed)}{max(sheet.max_row, 3)}"
    sheet.freeze_panes = freeze
    sheet.sheet_view.showGridLines = False
    protect(sheet)


def protect(sheet: Sheet) -> None:
    """Lock what is not to be filled in; widths and heights stay free."""
    sheet.protection.sheet = True
    sheet.protection.formatColumns = False
    sheet.protection.formatRows = False
