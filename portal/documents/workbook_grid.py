"""An uploaded workbook as plain cells: checked for safety, then read; nothing is computed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from typing import Any
from warnings import catch_warnings, simplefilter

from openpyxl.cell.text import Text
from openpyxl.reader.excel import SHARED_STRINGS, ExcelReader
from openpyxl.utils import get_column_letter
from openpyxl.xml.constants import SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from portal.documents.workbook_layout import unescape
from portal.documents.workbook_safety import Limits, check_package
from portal.errors import UnreadableFileError


@dataclass(frozen=True, slots=True)
class GridCell:
    """A cell that holds something.

    Attributes:
        kind: ``n`` number, ``s`` text, ``b`` truth value, ``d`` date, ``f`` formula, ``e`` error.
        value: what it holds; of a formula the text with ``=``.
    """

    row: int
    column: int
    kind: str
    value: object

    @property
    def place(self) -> str:
        """Reference such as ``F7``."""
        return f"{get_column_letter(self.column)}{self.row}"

    @property
    def shown(self) -> str:
        """What a person would recognise the cell by."""
        if isinstance(self.value, datetime) and self.value.time() == datetime.min.time():
            return self.value.date().isoformat()
        if isinstance(self.value, date):
            return self.value.isoformat()
        if isinstance(self.value, float) and self.value.is_integer() and abs(self.value) < 1e15:
            return str(int(self.value))
        return str(self.value)


@dataclass(slots=True)
class Grid:
    """A sheet: rows with their cells by column number; empty cells are left out."""

    title: str
    rows: dict[int, dict[int, GridCell]] = field(default_factory=dict)

    def cell(self, row: int, column: int) -> GridCell | None:
        """The cell, or None when it is empty."""
        return self.rows.get(row, {}).get(column)


def read_grids(data: bytes, limits: Limits) -> dict[str, Grid]:
    """Read all sheets by title.

    Raises:
        UnreadableFileError: the file is refused or cannot be read.
    """
    check_package(data, limits)
    try:
        with catch_warnings():
            simplefilter("ignore")  # what the library does not know is not ours either
            reader = _Reader(
                BytesIO(data), read_only=True, keep_vba=False, data_only=False, keep_links=False
            )
            reader.read()
            sheets = [sheet for sheet in reader.wb.worksheets if hasattr(sheet, "iter_rows")]
            return {sheet.title: _grid(sheet, limits) for sheet in sheets}
    except Exception as error:
        # a library in the hands of a stranger's file: whatever it trips over, the file is at fault
        raise UnreadableFileError("workbook_damaged") from error


def _grid(sheet: Any, limits: Limits) -> Grid:
    grid = Grid(sheet.title)
    # the stated size of a sheet may be wrong, or a lie
    rows = sheet.iter_rows(min_row=1, max_row=limits.rows, min_col=1, max_col=limits.columns)
    for cells in rows:
        found = {cell.column: cell for cell in _filled(cells)}
        if found:
            grid.rows[next(iter(found.values())).row] = found
    return grid


def _filled(cells: Any) -> Iterator[GridCell]:
    for cell in cells:
        value, kind = cell.value, cell.data_type
        if value is None or value == "":
            continue
        if kind == "s":
            value = unescape(str(value))
        elif kind == "f":
            value = str(getattr(value, "text", None) or value)
        elif kind not in ("n", "b", "e"):
            kind = "d"
        yield GridCell(cell.row, cell.column, kind, value)


class _Reader(ExcelReader):  # type: ignore[misc]  # openpyxl has no types
    """Keeps texts as they are; the library's own table drops ``x005F_`` from them."""

    def read_strings(self) -> None:
        """Read the shared texts."""
        part = self.package.find(SHARED_STRINGS)
        if part is None:
            return
        tag = f"{{{SHEET_MAIN_NS}}}si"
        with self.archive.open(part.PartName[1:]) as source:
            for _, node in iterparse(source):
                if node.tag == tag:
                    self.shared_strings.append(Text.from_tree(node).content)
                    node.clear()
