"""What the reading of somebody's standard consists of: columns, rows, findings."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from openpyxl.utils import get_column_letter

from criteria.model import Scheme

Say = Callable[..., str]
"""Words a key of the text catalogue: ``say(key, **values)``."""

ROLES = ("number", "element", "sub_element", "content", "points", "method", "evidence", "star")
"""What a column can mean; any other column is not read."""

NEEDED = ("content", "points")
LABELS = ("number", "element", "sub_element", "content")
"""Columns in which the title of an element or the label of a sum may stand."""

ERROR, WARNING = "error", "warning"
_SHOWN = 40
_PLACE = re.compile(r"([A-Z]+)(\d+)")


@dataclass(frozen=True, slots=True)
class SheetColumns:
    """Which column of a sheet means what; a caller may hand in another assignment.

    Attributes:
        head_row: the last row of the heading; what is above is no data. 0 when there is none.
        columns: number of the column by role.
        used: whether the rows of the sheet are read at all.
    """

    sheet: str
    head_row: int
    columns: Mapping[str, int]
    used: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the file that needs a look.

    Attributes:
        cell: reference such as ``F7``; empty when a whole sheet or the whole file is meant.
        severity: an ``error`` keeps the file from being imported, a ``warning`` does not.
        code: the text is ``standard.<code>``; it says what was found and what would mend it.
        values: what the text names.
    """

    sheet: str
    cell: str
    severity: str
    code: str
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_error(self) -> bool:
        """Whether it keeps the file from being imported."""
        return self.severity == ERROR

    def text(self, say: Say) -> str:
        """The finding in the language of ``say``."""
        return say(f"standard.{self.code}", **self.values)

    @property
    def place(self) -> str:
        """``sheet!cell``, as far as it is known."""
        return "!".join(part for part in (self.sheet, self.cell) if part)


class Findings:
    """Collects findings."""

    def __init__(self) -> None:
        self.found: list[Finding] = []

    @property
    def has_errors(self) -> bool:
        """Whether the file can no longer be imported."""
        return any(row.is_error for row in self.found)

    def error(self, sheet: str, cell: str, code: str, **values: object) -> None:
        """Note something that keeps the file from being imported."""
        self._add(sheet, cell, ERROR, code, values)

    def warning(self, sheet: str, cell: str, code: str, **values: object) -> None:
        """Note something that a person should look at."""
        self._add(sheet, cell, WARNING, code, values)

    def _add(
        self, sheet: str, cell: str, severity: str, code: str, values: Mapping[str, object]
    ) -> None:
        shown = {name: _cut(str(value)) for name, value in values.items()}
        self.found.append(Finding(sheet, cell, severity, code, shown))


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One row of the file as it was understood.

    Attributes:
        kind: ``heading``, ``element``, ``sub_element``, ``item``, ``continuation``, ``subtotal``,
            ``sum``, ``total``, ``note`` or ``title``.
        number: what stands in the number column, or at the beginning of the text.
        element: title of the element the row belongs to; the same for the sub-element.
        points: stated points, None when there are none or they cannot be read.
    """

    sheet: str
    row: int
    kind: str
    number: str = ""
    element: str = ""
    sub_element: str = ""
    content: str = ""
    points: Fraction | None = None
    method: str = ""
    evidence: str = ""
    star: str = ""


@dataclass(frozen=True, slots=True)
class StandardReading:
    """A standard as read from somebody's workbook, to be shown, corrected and read again.

    Attributes:
        columns: of each sheet, also of those that are left out.
        rows: in the order of the file.
        scheme: the edition that the rows make; with errors only a draft to look at.
        findings: in the order of the file.
        sentences: of the assessment method: all, and those that became no rule.
    """

    columns: tuple[SheetColumns, ...]
    rows: tuple[ReadRow, ...]
    scheme: Scheme
    findings: tuple[Finding, ...]
    sentences: tuple[int, int] = (0, 0)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What keeps the file from being imported."""
        return tuple(row for row in self.findings if row.is_error)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What a person should look at."""
        return tuple(row for row in self.findings if not row.is_error)


def place(row: int, column: int) -> str:
    """Reference of a cell, such as ``F7``."""
    return f"{get_column_letter(column)}{row}"


def in_order(findings: Iterable[Finding], sheets: Iterable[str]) -> tuple[Finding, ...]:
    """Findings in the order of the file; what concerns the whole file comes last."""
    order = {title: number for number, title in enumerate(sheets)}

    def key(finding: Finding) -> tuple[int, int, int, str]:
        cell = _PLACE.fullmatch(finding.cell)
        sheet = order.get(finding.sheet, len(order))
        return (sheet, int(cell[2]), len(cell[1]), cell[1]) if cell else (sheet, 0, 0, "")

    return tuple(sorted(findings, key=key))
