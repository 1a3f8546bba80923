"""The workbook of a standard back in: every edit is honoured or named, with its cell."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from criteria.errors import Problem
from criteria.load import scheme_of
from criteria.model import Scheme
from portal.documents.standard_columns import plain_text
from portal.documents.standard_sheets import (
    FORMAT,
    FORMAT_KEY,
    HEAD,
    HEAD_TABLES,
    SHOWN,
    TABLES,
    nested,
    separated,
    type_of,
)
from portal.documents.standard_values import Findings, place
from portal.documents.standard_workbook import display_of
from portal.documents.workbook_grid import Grid, GridCell
from portal.documents.workbook_layout import KEY_PREFIX, ORIGIN_SHEET
from portal.errors import UnreadableFileError

__all__ = ["WorkbookOfStandard", "is_exported", "read_exported"]

_SEARCHED = 30  # rows from the top in which the marks are looked for
_LONGEST = 15  # digits
_TRUE = frozenset({"true", "1", "是", "√", "yes"})
_FALSE = frozenset({"false", "0", "否", "no"})


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a table and where its fields stand."""

    sheet: str
    number: int
    columns: Mapping[str, int]
    fields: Mapping[str, Any]

    def cell(self, field: str) -> str:
        """Reference of the cell of a field, or of what is nearest to it."""
        for name in (field, f"{field}.zh", f"{field}.document", field.rpartition(".")[0]):
            if name in self.columns:
                return place(self.number, self.columns[name])
        return place(self.number, min(self.columns.values()))


class WorkbookOfStandard:
    """What an exported workbook says, and the place of every row in it.

    Attributes:
        scheme: the edition, or None when it has no head.
    """

    def __init__(self, grids: Mapping[str, Grid], findings: Findings) -> None:
        self.findings = findings
        self.rows: dict[str, list[_Row]] = {name: [] for name in (HEAD, *TABLES)}
        self.labels: dict[str, _Row] = {}
        for grid in grids.values():
            if grid.title != ORIGIN_SHEET:
                self._read_sheet(grid)
        self.scheme = self._scheme()

    def _read_sheet(self, grid: Grid) -> None:
        table, columns, first = _marks(grid)
        if table not in self.rows:
            if grid.rows:
                self.findings.warning(grid.title, "A1", "sheet_left_out", found=grid.title)
            return
        for number, cells in grid.rows.items():
            if number <= first:
                continue
            fields = {}
            kinds = dict(columns)
            if table == HEAD:
                named = cells.get(columns.get("field", 1))
                if named is None:
                    continue
                kinds = {named.shown.strip(): columns.get("value", 2)}
            for field, column in kinds.items():
                value = self._value(grid.title, cells.get(column), type_of(table, field))
                if value is not None:
                    fields[field] = value
            if fields:
                row = _Row(grid.title, number, kinds, fields)
                self.rows[table].append(row)
                self.labels[self._label(table, fields)] = row

    @staticmethod
    def _label(table: str, fields: Mapping[str, Any]) -> str:
        """The name that problems give to a row."""
        if table == HEAD:
            return f"{HEAD} {next(iter(fields))}"
        parts = [str(fields.get(name, "?")) for name in TABLES[table].label]
        if table in ("item", "element", "sub_element"):
            return parts[0]
        if table == "deduction":
            return f"{parts[0]} deduction {parts[1]}"
        return " ".join([table, *parts])

    def _value(self, sheet: str, cell: GridCell | None, kind: str) -> Any:
        """Value of a cell as the loader takes it; None for an empty one or one that is wrong."""
        if cell is None or (cell.kind == "s" and not cell.shown.strip()):
            return None
        if cell.kind in "fe":
            code = "formula" if cell.kind == "f" else "error_value"
            self.findings.error(sheet, cell.place, code, found=cell.shown)
            return None
        value: Any = cell.shown
        if kind == "list":
            return separated(cell.shown)
        if kind == "number":
            value = _number(cell)
        elif kind == "flag":
            value = _flag(cell)
        elif kind == "day":
            value = _day(cell)
        elif kind == "open" and cell.kind in "nb":
            value = cell.value if cell.kind == "b" else _number(cell)
        if value is None:
            self.findings.error(sheet, cell.place, f"no_{kind}", found=cell.shown)
        return value

    def _scheme(self) -> Scheme | None:
        head: dict[str, Any] = {}
        for row in self.rows[HEAD]:
            head |= row.fields
        tables: dict[str, Any] = nested(head)
        for sheet in HEAD_TABLES:
            if self.rows[sheet.name]:
                tables[sheet.name] = [nested(row.fields) for row in self.rows[sheet.name]]
        elements = self._elements()
        problems: list[Problem] = []
        scheme = scheme_of(tables, [(HEAD, table) for table in elements], HEAD, problems)
        for problem in problems:
            self.report(problem)
        if scheme is not None and not problems:
            self._check_display(scheme)
        return scheme if tables else None

    def _elements(self) -> list[dict[str, Any]]:
        elements: dict[str, dict[str, Any]] = {}
        items: dict[str, dict[str, Any]] = {}
        for row in self.rows["element"]:
            elements.setdefault(str(row.fields.get("id", "")), nested(row.fields))
        for row in self.rows["sub_element"]:
            self._attach(row, "element", elements, "sub_element")
        for row in self.rows["item"]:
            fields = {name: row.fields[name] for name in row.fields if name not in SHOWN}
            table = self._attach(
                _Row(row.sheet, row.number, row.columns, fields), "element", elements, "item"
            )
            items.setdefault(str(fields.get("id", "")), table)
        for name in ("deduction", "law"):
            for row in self.rows[name]:
                self._attach(row, "item", items, name)
        return list(elements.values())

    def _attach(
        self, row: _Row, parent: str, parents: Mapping[str, dict[str, Any]], name: str
    ) -> dict[str, Any]:
        """Put a row below the element or item that it names."""
        wanted = str(row.fields.get(parent, ""))
        table = nested({key: row.fields[key] for key in row.fields if key != parent})
        if wanted in parents:
            parents[wanted].setdefault(name, []).append(table)
        else:
            self.findings.error(
                row.sheet, row.cell(parent), f"{parent}_unknown", found=wanted or "-"
            )
        return table

    def _check_display(self, scheme: Scheme) -> None:
        """Columns that only repeat something are not read; a change there must not get lost."""
        rows = {str(row.fields.get("id", "")): row for row in self.rows["item"]}
        for item in scheme.items:
            row = rows[item.id]
            for field, wanted in display_of(scheme, item).items():
                found = str(row.fields.get(field, ""))
                if field in row.columns and plain_text(found) != plain_text(wanted):
                    self.findings.warning(
                        row.sheet, row.cell(field), f"shown_{field}", found=found, wanted=wanted
                    )

    def report(self, problem: Problem) -> None:
        """Note a problem of the format at its cell."""
        row = self._row_of(problem)
        self.findings.error(
            row.sheet if row else "",
            row.cell(problem.field) if row else "",
            "format",
            item=problem.item,
            field=problem.field,
            expected=problem.expected,
            found=problem.found,
        )

    def _row_of(self, problem: Problem) -> _Row | None:
        names = [f"{problem.item} {problem.field}", problem.item, f"{HEAD} {problem.field}"]
        names += [f"{HEAD} {problem.item}.{problem.field}", f"{HEAD} {problem.field}.zh"]
        for name in names:
            if name in self.labels:
                return self.labels[name]
        return self.rows[HEAD][0] if self.rows[HEAD] else None


def is_exported(grids: Mapping[str, Grid]) -> bool:
    """Whether a workbook is one that :func:`write_standard_workbook` has written.

    Raises:
        UnreadableFileError: it is one of a later layout, or a scoring workbook with answers.
    """
    grid = grids.get(ORIGIN_SHEET)
    if grid is None:
        return False
    values = {
        cells[1].shown: cells[2].shown for cells in grid.rows.values() if 1 in cells and 2 in cells
    }
    if FORMAT_KEY not in values:
        raise UnreadableFileError("workbook_of_answers")
    if values[FORMAT_KEY] != FORMAT:
        raise UnreadableFileError(
            "workbook_format_unknown", found=values[FORMAT_KEY], expected=FORMAT
        )
    return True


def read_exported(grids: Mapping[str, Grid], findings: Findings) -> WorkbookOfStandard:
    """Read an exported workbook; what is wrong in it becomes findings."""
    return WorkbookOfStandard(grids, findings)


def _marks(grid: Grid) -> tuple[str, dict[str, int], int]:
    """Table, columns by field, and the row that says so."""
    for number, cells in grid.rows.items():
        if number > _SEARCHED:
            break
        marks = {
            cell.shown.removeprefix(KEY_PREFIX): column
            for column, cell in cells.items()
            if cell.kind == "s" and cell.shown.startswith(KEY_PREFIX)
        }
        if marks:
            table = next(iter(marks)).partition(".")[0]
            return table, {mark.partition(".")[2]: marks[mark] for mark in marks}, number
    return "", {}, 0


def _number(cell: GridCell) -> Decimal | int | None:
    if cell.kind not in "ns":
        return None
    try:
        number = Decimal(plain_text(cell.shown))
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > _LONGEST:
        return None  # an exponent that nobody has meant
    return int(number) if number == number.to_integral_value() else number


def _flag(cell: GridCell) -> bool | None:
    if cell.kind == "b":
        return bool(cell.value)
    word = cell.shown.strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


def _day(cell: GridCell) -> date | None:
    if isinstance(cell.value, datetime):
        return cell.value.date()
    if isinstance(cell.value, date):
        return cell.value
    try:
        return date.fromisoformat(cell.shown.strip())
    except ValueError:
        return None
