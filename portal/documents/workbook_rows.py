"""Finds the rows of a scoring workbook by item id and rule id, wherever they stand."""

from collections.abc import Mapping
from dataclasses import dataclass

from openpyxl.utils import get_column_letter

from criteria.model import Item, Scheme
from portal.documents.workbook_cells import Problems
from portal.documents.workbook_grid import Grid, GridCell
from portal.documents.workbook_layout import (
    ITEM_INPUTS,
    KEY_PREFIX,
    RULE_INPUTS,
    element_titles,
)

_NEEDED = (
    "text",
    "points",
    "effect",
    "count",
    "full",
    "not_applicable",
    "lost",
    "reason",
    "remark",
    "item",
    "rule",
)
_SEARCHED = 30  # rows from the top in which the row of marks is looked for


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """A row of the workbook that is known by its ids; ``rule`` is empty for the item's own row."""

    item: str
    rule: str
    sheet: str
    number: int
    columns: Mapping[str, int]
    cells: Mapping[int, GridCell]

    def cell(self, key: str) -> GridCell | None:
        """The cell of a column, or None when it is empty or there is no such column."""
        return self.cells.get(self.columns.get(key, 0))

    def place(self, key: str) -> str:
        """Reference of the cell of a column."""
        return f"{get_column_letter(self.columns[key])}{self.number}"


class RowFinder:
    """Sorts rows by item and reports what is missing, unknown, twice or in the wrong sheet.

    Attributes:
        doubtful: items whose rows are not all there once, in their sheet.
    """

    def __init__(self, scheme: Scheme, language: str, problems: Problems) -> None:
        self.scheme, self.problems = scheme, problems
        self.titles = element_titles(scheme, language)
        self.items = {item.id: item for item in scheme.items}
        self.placed: dict[str, dict[str, PlacedRow]] = {}
        self.doubtful: set[str] = set()

    def find(self, grids: Mapping[str, Grid]) -> dict[str, dict[str, PlacedRow]]:
        """Rows by item id and rule id; the item's own row has the rule id ``""``."""
        readable = set()
        for grid in grids.values():
            columns, first = _columns(grid)
            ours = grid.title in self.titles.values()
            missing = [key for key in _NEEDED if key not in columns]
            if not columns and not ours:
                continue  # a sheet that somebody has added
            if missing:
                self._add(
                    grid.title,
                    "",
                    "columns_missing",
                    "-",
                    ", ".join(self.problems.say(f"workbook.column.{key}") for key in missing),
                )
                continue
            if not ours:
                self._add(
                    grid.title, "A1", "sheet_unknown", grid.title, ", ".join(self.titles.values())
                )
            readable.add(grid.title)
            for number, cells in grid.rows.items():
                if number > first:
                    self._place(grid.title, number, columns, cells)
        self._report_missing(grids, readable)
        return self.placed

    def _add(
        self, sheet: str, cell: str, code: str, found: str, expected: str, **more: str
    ) -> None:
        self.problems.add(sheet, cell, code, found, expected, **more)

    def _place(
        self, sheet: str, number: int, columns: dict[str, int], cells: dict[int, GridCell]
    ) -> None:
        item_cell, rule_cell = (cells.get(columns[key]) for key in ("item", "rule"))
        item_id = item_cell.shown.strip() if item_cell else ""
        rule_id = rule_cell.shown.strip() if rule_cell else ""
        row = PlacedRow(item_id, rule_id, sheet, number, columns, cells)
        name = f"{item_id} {rule_id}".strip()
        if not item_id:
            self._check_nameless(row)
            return
        item = self.items.get(item_id)
        if item is None or (rule_id and rule_id not in {rule.id for rule in item.rules}):
            self._add(sheet, row.place("item"), "row_unknown", name, self.scheme.key, row=name)
            return
        rows = self.placed.setdefault(item_id, {})
        if rule_id in rows:
            other = rows[rule_id]
            place = f"{other.sheet}!{other.place('item')}"
            self.doubtful.add(item_id)
            self._add(sheet, row.place("item"), "row_twice", name, place, row=name)
            return
        rows[rule_id] = row
        if sheet in self.titles.values() and sheet != self.titles[item.element]:
            self.doubtful.add(item_id)
            self._add(
                sheet,
                row.place("item"),
                "row_in_other_sheet",
                name,
                self.titles[item.element],
                row=name,
            )

    def _check_nameless(self, row: PlacedRow) -> None:
        """A row without ids may hold anything but an entry, which would get lost."""
        for key in (*RULE_INPUTS, *ITEM_INPUTS):
            cell = row.cell(key)
            if cell is not None:
                expected = self.problems.say("workbook.expected.blank")
                self._add(row.sheet, cell.place, "row_without_id", cell.shown, expected)

    def _report_missing(self, grids: Mapping[str, Grid], readable: set[str]) -> None:
        for element in self.scheme.elements:
            title = self.titles[element.id]
            if title not in grids and not any(item.id in self.placed for item in element.items):
                self._add(title, "", "sheet_missing", "-", title)
                continue
            if title in grids and title not in readable:
                continue  # has been reported as a sheet without its marks
            for item in element.items:
                self._report_missing_rows(title, item)

    def _report_missing_rows(self, title: str, item: Item) -> None:
        rows = self.placed.get(item.id, {})
        if not rows:
            self._add(title, "", "row_missing", "-", item.id, row=item.id)
            return
        near = next(iter(rows.values()))
        wanted = ("", *(rule.id for rule in item.rules))
        for rule_id in wanted:
            if rule_id not in rows:
                self.doubtful.add(item.id)
                name = f"{item.id} {rule_id}".strip()
                self._add(near.sheet, near.place("item"), "row_missing", "-", name, row=name)


def _columns(grid: Grid) -> tuple[dict[str, int], int]:
    """Columns by key, and the row that says so (0 when there is none)."""
    for number, cells in grid.rows.items():
        if number > _SEARCHED:
            break
        marks = {
            cell.shown.removeprefix(KEY_PREFIX): column
            for column, cell in cells.items()
            if cell.kind == "s" and cell.shown.startswith(KEY_PREFIX)
        }
        if len(marks) > 1:
            return marks, number
    return {}, 0
