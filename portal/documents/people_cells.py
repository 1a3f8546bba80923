"""One row of the workbook of enterprises and accounts: each cell to a value, or a problem."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from portal.documents import people_layout as layout
from portal.documents.people_layout import spelled
from portal.documents.workbook_cells import Problems
from portal.documents.workbook_grid import Grid, GridCell

_SEPARATORS = re.compile(r"[、,，;；/\n]")
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")


@dataclass
class Table:
    """A sheet with known columns."""

    grid: Grid
    head_row: int
    columns: dict[str, int]


@dataclass
class Row:
    """Reads the cells of one row; a problem is told once and gives an empty value."""

    table: Table
    number: int
    problems: Problems
    bad: bool = False

    def place(self, name: str) -> str:
        """Reference of the cell in a column; empty where the workbook does not have it."""
        column = self.table.columns.get(name)
        return GridCell(self.number, column, "s", "").place if column else ""

    def cell(self, name: str) -> GridCell | None:
        """The cell, or None when it is blank."""
        found = self.table.grid.cell(self.number, self.table.columns.get(name, 0))
        return found if found is not None and found.shown.strip() else None

    def refuse(self, name: str, code: str, found: str, expected: str, **more: str) -> None:
        """Tell a problem of a cell."""
        self.bad = True
        self.problems.add(
            self.table.grid.title, self.place(name), f"people.{code}", found, expected, **more
        )

    def expected(self, what: str, **values: object) -> str:
        """Words for what a cell may hold."""
        return self.problems.say(f"workbook.expected.people.{what}", **values)

    def typed(self, name: str, expected: str) -> str:
        """What was typed, without spaces around it; a formula is refused, even a harmless one."""
        cell = self.cell(name)
        if cell is None:
            if name in layout.FILLED:
                self.refuse(name, "blank", "", expected)
            return ""
        if cell.kind in "fe":
            self.refuse(name, "formula" if cell.kind == "f" else "error", cell.shown, expected)
            return ""
        return cell.shown.strip()

    def words(self, name: str, least: int, most: int) -> str:
        """A short text on one line."""
        expected = self.expected("words", least=least, most=most)
        text = self.typed(name, expected)
        if not text:
            return ""
        if not text.isprintable():
            self.refuse(name, "line_break", " ".join(text.split()), expected)
        elif not least <= len(text) <= most:
            self.refuse(name, "length", text, expected, length=str(len(text)))
        else:
            return text
        return ""

    def choice(self, name: str, ids: Mapping[str, str], shown: tuple[str, ...]) -> str:
        """One of a list, by its words or its id."""
        expected = self.expected("choice")
        text = self.typed(name, expected)
        if not text:
            return ""
        if spelled(text) not in ids:
            self.refuse(name, "choice", text, expected, options=self.listed(shown))
            return ""
        return ids[spelled(text)]

    def listed(self, shown: tuple[str, ...]) -> str:
        """Choices one after the other; some have commas of their own."""
        return layout.BETWEEN.join(shown)

    def several(self, name: str, ids: Mapping[str, str], shown: tuple[str, ...]) -> tuple[str, ...]:
        """Any number of a list, with commas between them; some of the list hold commas too."""
        expected = self.expected("several")
        parts = [part for part in _SEPARATORS.split(self.typed(name, expected)) if part.strip()]
        known = {_SEPARATORS.sub("", words): key for words, key in ids.items()}
        found = []
        while parts:
            ends = range(len(parts), 0, -1)
            end = next((end for end in ends if spelled("".join(parts[:end])) in known), 0)
            if not end:
                self.refuse(name, "choice", parts[0].strip(), expected, options=self.listed(shown))
                return ()
            found.append(known[spelled("".join(parts[:end]))])
            del parts[:end]
        return tuple(found)

    def whole(self, name: str, most: int) -> int:
        """A whole number from 0, typed as a number or as text, also with commas."""
        expected = self.expected("whole", most=f"{most:,}")
        text = self.typed(name, expected)
        if not text:
            return 0
        cell = self.cell(name)
        number = None if cell is None or cell.kind in "bd" else _number(text)
        if number is None:
            self.refuse(name, "number", text, expected)
        elif number != number.to_integral_value():
            self.refuse(name, "whole", text, expected)
        elif not 0 <= number <= most:
            self.refuse(name, "range", text, expected)
        else:
            return int(number)
        return 0


def _number(text: str) -> Decimal | None:
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    if len(text) > 20:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and number.adjusted() < 20 else None
