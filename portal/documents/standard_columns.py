"""Finds the heading of each sheet and what its columns mean."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from criteria.packs.standards import headings
from portal.documents.standard_values import NEEDED, ROLES, Findings, SheetColumns, place
from portal.documents.workbook_grid import Grid, GridCell

_SEARCHED = 60  # rows from the top in which a heading is looked for
_LONGEST = 16  # signs of a heading that is known by a part of it
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】")
_SPACE = re.compile(r"\s+")


def plain_text(text: str) -> str:
    """A text in half-width forms without white space, as it is compared.

    >>> plain_text("标准 分值 （分）")
    '标准分值(分)'
    """
    return _SPACE.sub("", unicodedata.normalize("NFKC", text))


@cache
def role_of(heading: str) -> tuple[str, int] | None:
    """Meaning of a heading and the rank of its name; None when nobody knows it.

    >>> role_of("标准分值（分）"), role_of("考评类目"), role_of("天气")
    (('points', 0), ('element', 0), None)
    """
    text = _BRACKETS.sub("", plain_text(heading)).strip(":,.、")
    if not text:
        return None
    partial: list[tuple[int, str, int]] = []
    for role, names in headings().columns.items():
        for rank, name in enumerate(names):
            if text == name:
                return role, rank
            if len(name) > 1 and name in text and len(text) <= _LONGEST:
                partial.append((-len(name), role, rank + 100))
    return min(partial)[1:] if partial else None


def _roles(cells: Mapping[int, GridCell]) -> dict[int, tuple[str, int]]:
    found = {}
    for column, cell in cells.items():
        role = role_of(cell.shown) if cell.kind == "s" else None
        if role is not None:
            found[column] = role
    return found


def is_heading(cells: Mapping[int, GridCell], columns: Mapping[str, int]) -> bool:
    """Whether a row repeats the heading, as on each printed page."""
    same = [
        role
        for role, column in columns.items()
        if column in cells and (role_of(cells[column].shown) or ("", 0))[0] == role
    ]
    return len(same) >= 2 and "points" in same


def guess_columns(grid: Grid, findings: Findings) -> SheetColumns | None:
    """Assign the columns of a sheet by its first heading; None when it has none."""
    numbers = [number for number in grid.rows if number <= _SEARCHED]
    for number in numbers:
        roles = _roles(grid.rows[number])
        last = number
        if not _is_complete(roles) and roles:
            # a heading over two rows: merged cells above, their parts below
            below = _roles(grid.rows.get(number + 1, {}))
            if below and _is_complete(below | roles) and not _is_complete(below):
                roles, last = below | roles, number + 1
        if _is_complete(roles):
            return SheetColumns(grid.title, last, _assigned(grid, number, roles, findings))
    return None


def _is_complete(roles: Mapping[int, tuple[str, int]]) -> bool:
    return {role for role, _ in roles.values()}.issuperset(NEEDED)


def _assigned(
    grid: Grid, row: int, roles: Mapping[int, tuple[str, int]], findings: Findings
) -> dict[str, int]:
    best: dict[str, int] = {}
    for column in sorted(roles, key=lambda column: (roles[column][1], column)):
        role = roles[column][0]
        if role not in ROLES:
            continue
        if role not in best:
            best[role] = column
            continue
        cell = grid.cell(row, column) or grid.cell(row + 1, column)
        other = grid.cell(row, best[role]) or grid.cell(row + 1, best[role])
        findings.warning(
            grid.title,
            place(row, column),
            "column_twice",
            found=cell.shown if cell else "",
            other=other.shown if other else "",
        )
    if "element" in best and "sub_element" in best and best["element"] > best["sub_element"]:
        # the wider one stands on the left, whatever the two are called
        best["element"], best["sub_element"] = best["sub_element"], best["element"]
    return {role: best[role] for role in ROLES if role in best}


def columns_of_book(
    grids: Mapping[str, Grid], given: Mapping[str, SheetColumns], findings: Findings
) -> tuple[SheetColumns, ...]:
    """Columns of every sheet: those that were given, else guessed, else of the sheet before.

    Args:
        grids: the sheets by title.
        given: assignments made by a person.
        findings: sheets that are left out are noted here.
    """
    found: list[SheetColumns] = []
    before: SheetColumns | None = None
    for title, grid in grids.items():
        columns = given.get(title) or guess_columns(grid, findings)
        if columns is None and before is not None and _continues(grid, before):
            columns = SheetColumns(title, 0, before.columns)
            findings.warning(title, "A1", "heading_as_before", other=before.sheet)
        if columns is None:
            columns = SheetColumns(title, 0, {}, used=False)
            if grid.rows:
                first = next(iter(grid.rows))
                findings.warning(title, f"A{first}", "sheet_left_out", found=title)
        elif not columns.used:
            findings.warning(title, "A1", "sheet_not_wanted", found=title)
        elif missing := [role for role in NEEDED if role not in columns.columns]:
            findings.error(title, "A1", f"column_missing_{missing[0]}", found=title)
            columns = SheetColumns(title, columns.head_row, columns.columns, used=False)
        else:
            before = columns
        found.append(columns)
    if not any(columns.used for columns in found):
        first_sheet = next(iter(grids), "")
        findings.error(first_sheet, "A1", "no_heading")
    return tuple(found)


def _continues(grid: Grid, before: SheetColumns) -> bool:
    """Whether a sheet without heading goes on where the sheet before has ended."""
    points = [row.get(before.columns["points"]) for row in grid.rows.values()]
    texts = [row.get(before.columns["content"]) for row in grid.rows.values()]
    numbers = sum(cell is not None and cell.kind == "n" for cell in points)
    return numbers * 2 >= sum(cell is not None for cell in texts) > 0
