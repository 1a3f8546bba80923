"""One cell of a workbook to one value, or a problem that names sheet, cell, found and expected."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from portal.documents.workbook_grid import GridCell
from portal.documents.workbook_layout import EARLIEST, FULL_MARKS, Say
from portal.domain.answers import TEXT_LIMIT
from scoring.rounding import plain

_SHOWN = 60
_PLAIN = re.compile(r"[0-9]+(\.[0-9]+)?")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


@dataclass(frozen=True, slots=True)
class CellProblem:
    """Something in the workbook that cannot be taken over.

    Attributes:
        cell: reference such as ``F7``; empty when the problem is a row that is not there.
        message_code: the text is ``error.workbook.<message_code>``.
        values: what the message names, as text; always ``found`` and ``expected``.
        text: the message in the language of the reader.
    """

    sheet: str
    cell: str
    message_code: str
    values: dict[str, str]
    text: str


@dataclass
class Problems:
    """Collects problems and words them."""

    say: Say
    found: list[CellProblem] = field(default_factory=list)

    def add(self, sheet: str, cell: str, code: str, found: str, expected: str, **more: str) -> None:
        """Add one; long texts are cut so that the message stays readable."""
        values = {"found": _cut(found), "expected": _cut(expected)} | more
        text = self.say(f"error.workbook.{code}", sheet=sheet, cell=cell, **values)
        self.found.append(CellProblem(sheet, cell, code, values, text))

    def __len__(self) -> int:
        return len(self.found)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


@dataclass(frozen=True, slots=True)
class CellReader:
    """Reads the cells of one sheet; an empty cell is never a problem here."""

    sheet: str
    problems: Problems

    def refuse(self, cell: GridCell, code: str, expected: str, **more: str) -> None:
        """Report a cell."""
        self.problems.add(self.sheet, cell.place, code, cell.shown, expected, **more)

    def expected(self, what: str, **values: object) -> str:
        """Words for what a cell may hold."""
        return self.problems.say(f"workbook.expected.{what}", **values)

    def count(self, cell: GridCell | None, highest: int) -> int | None:
        """A whole number from 1 to ``highest``, typed as a number or as text."""
        if _is_blank(cell) or cell is None:
            return None
        expected = self.expected("count" if highest > 1 else "once", high=highest)
        number = self._number(cell, expected)
        if number is None:
            return None
        if number.denominator != 1:
            self.refuse(cell, "count_not_whole", expected)
        elif number < 1:
            self.refuse(cell, "count_too_small", expected)
        elif number > highest:
            self.refuse(cell, "count_too_large", expected)
        else:
            return int(number)
        return None

    def points(self, cell: GridCell | None, top: Fraction, unit: Fraction) -> str:
        """Points from 0 to ``top`` in steps of ``unit``, as decimal text; empty when blank."""
        if _is_blank(cell) or cell is None:
            return ""
        expected = self.expected("points", top=plain(top), unit=plain(unit))
        number = self._number(cell, expected)
        if number is None:
            return ""
        if not 0 <= number <= top:
            self.refuse(cell, "points_out_of_range", expected)
        elif (number / unit).denominator != 1:
            self.refuse(cell, "points_not_multiple", expected)
        elif isinstance(cell.value, str) and _PLAIN.fullmatch(cell.value):
            return cell.value
        else:
            return plain(number)
        return ""

    def text(self, cell: GridCell | None) -> str:
        """Text as typed, white space and line breaks included."""
        if cell is None or self._is_broken(cell, self.expected("text", limit=TEXT_LIMIT)):
            return ""
        if len(cell.shown) > TEXT_LIMIT:
            self.refuse(
                cell,
                "text_too_long",
                self.expected("text", limit=TEXT_LIMIT),
                length=str(len(cell.shown)),
                limit=str(TEXT_LIMIT),
            )
            return ""
        return cell.shown

    def mark(self, cell: GridCell | None) -> bool:
        """The full mark."""
        if _is_blank(cell) or cell is None:
            return False
        expected = self.expected("mark")
        if self._is_broken(cell, expected):
            return False
        if cell.shown.strip().lower() not in FULL_MARKS:
            self.refuse(cell, "unknown_mark", expected)
            return False
        return True

    def day(self, cell: GridCell | None) -> date | None:
        """A date, also typed as 2025-3-1, 2025/3/1 or 2025年3月1日."""
        if _is_blank(cell) or cell is None:
            return None
        expected = self.expected("date")
        if self._is_broken(cell, expected):
            return None
        found = _day(cell)
        if found is None or found < EARLIEST:
            self.refuse(cell, "not_a_date", expected)
            return None
        return found

    def same_text(self, cell: GridCell | None, place: str, wanted: str) -> None:
        """A locked text must be what the edition says."""
        if cell is None or cell.shown != wanted:
            found = cell.shown if cell else self.expected("blank")
            self.problems.add(self.sheet, place, "text_changed", found, wanted)

    def same_points(self, cell: GridCell | None, place: str, wanted: Fraction) -> None:
        """Locked points must be what the edition says."""
        number = None if cell is None or cell.kind in "fedb" else _fraction(cell.shown)
        if number != wanted:
            found = cell.shown if cell else self.expected("blank")
            self.problems.add(self.sheet, place, "points_changed", found, plain(wanted))

    def _number(self, cell: GridCell, expected: str) -> Fraction | None:
        if self._is_broken(cell, expected):
            return None
        number = None if cell.kind in "db" else _fraction(cell.shown)
        if number is None:
            self.refuse(cell, "not_a_number", expected)
        return number

    def _is_broken(self, cell: GridCell, expected: str) -> bool:
        if cell.kind == "f":
            self.refuse(cell, "formula", expected)
        elif cell.kind == "e":
            self.refuse(cell, "error_value", expected)
        return cell.kind in "fe"


def _is_blank(cell: GridCell | None) -> bool:
    """Empty, or emptied with the space bar as people do."""
    return cell is None or (cell.kind == "s" and not cell.shown.strip())


def _day(cell: GridCell) -> date | None:
    if isinstance(cell.value, datetime):
        return cell.value.date()
    if isinstance(cell.value, date):
        return cell.value
    parts = _DATE.fullmatch(cell.shown.strip())
    try:
        return date(*(int(part) for part in parts.groups())) if parts else None
    except ValueError:
        return None  # such as 31 February


def _fraction(text: str) -> Fraction | None:
    """A decimal as an exact number; the shortest form of a float is what was typed."""
    text = text.strip()
    if len(text) > 40:  # an exponent or a line of digits is nobody's score
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return Fraction(number) if number.is_finite() and abs(number.adjusted()) < 20 else None
