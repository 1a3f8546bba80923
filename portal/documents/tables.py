"""Plain tables as an Excel file: one sheet each, figures as they are shown."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from portal.documents.workbook_style import write_text

WIDEST = 60


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: title, head and rows of text; ``numbers`` are columns that hold figures."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: Sequence[int] = ()
    note: str = ""


def write_tables(sheets: Sequence[Sheet]) -> bytes:
    """Write the sheets into one workbook.

    A text that begins like a formula stays text, so that a name typed by somebody can never run
    in the reader's spreadsheet.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        page = book.create_sheet(sheet.title[:31])
        first = 1
        if sheet.note:
            write_text(page.cell(1, 1), sheet.note)
            first = 2
        for column, title in enumerate(sheet.head, 1):
            cell = page.cell(first, column)
            write_text(cell, title)
            cell.font = Font(bold=True)
            cell.fill = PatternFill("solid", fgColor="E6EAEE")
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        for line, row in enumerate(sheet.rows, first + 1):
            for column, text in enumerate(row, 1):
                _fill(page.cell(line, column), text, number=column - 1 in sheet.numbers)
        page.freeze_panes = page.cell(first + 1, 1)
        for column in range(1, len(sheet.head) + 1):
            texts = [sheet.head[column - 1], *(row[column - 1] for row in sheet.rows)]
            width = max(sum(2 if ord(c) > 255 else 1 for c in text) for text in texts)
            page.column_dimensions[get_column_letter(column)].width = min(WIDEST, width + 3)
        page.page_setup.orientation = "landscape"
        page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
        page.sheet_properties.pageSetUpPr.fitToPage = True
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _fill(cell: Cell, text: str, *, number: bool) -> None:
    if number:
        try:
            cell.value = float(text) if "." in text else int(text)
        except ValueError:
            number = False
        else:
            return
    write_text(cell, text)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
