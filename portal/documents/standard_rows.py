"""Rows of a sheet to what they are: element, item, continuation, sum, note."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

from criteria.packs.standards import headings
from portal.documents.standard_book import BookRows, ItemRow, Section, Stated
from portal.documents.standard_columns import is_heading, plain_text
from portal.documents.standard_numbers import (
    Number,
    leading_numbers,
    number_of,
    one_line,
    points_of,
    split_number,
    stated_points,
)
from portal.documents.standard_values import LABELS, Findings, ReadRow, SheetColumns, place
from portal.documents.workbook_grid import Grid, GridCell

_LONGEST_LABEL = 30  # signs of the title of an element, or of the label of a row that adds up
_GENERIC = re.compile(
    r"(?:sheet|工作表|表格|表|续表?|table|page)[\d一二三四五六七八九十()]*", re.IGNORECASE
)
_OWN_NUMBER = re.compile(r"\d+(?:\.\d+){2,}|\d+(?:[.-]\d+)+[\s、]")
_SHEET_NUMBER = re.compile(r"^(\d+)[\s.、_-]*(?=\D{2})")
_SUMS = {
    kind: re.compile(rf"(?:{'|'.join(map(re.escape, words))})[:(]*[\d.]*分?\)?$")
    for kind, words in headings().sums.items()
}
_NOTE = re.compile(
    rf"(?:{'|'.join(map(re.escape, headings().note))})(?:人|单位|日期|组)?(?:[:、(\d]|$)"
)
_TOTAL = re.compile(r"(?:满分|总分|共计|合计|共)[^\d。;]{0,4}(\d{2,5})分|^[^\d]*\((\d{3,5})分\)$")


def read_rows(
    grids: Mapping[str, Grid], columns: Iterable[SheetColumns], findings: Findings
) -> BookRows:
    """Read the rows of all sheets that are used.

    Args:
        grids: the sheets by title.
        columns: what the columns of each sheet mean.
        findings: what is wrong with single cells is noted here.
    """
    book = BookRows()
    used = [sheet for sheet in columns if sheet.used]
    leading = leading_numbers(grids, used, LABELS)
    for sheet in used:
        _SheetReader(grids[sheet.sheet], sheet, book, findings, leading).read()
    return book


class _SheetReader:
    """Goes through one sheet from top to bottom."""

    def __init__(
        self,
        grid: Grid,
        columns: SheetColumns,
        book: BookRows,
        findings: Findings,
        leading: frozenset[tuple[int, ...]],
    ) -> None:
        self.grid, self.columns, self.book = grid, columns, book
        self.findings, self.leading = findings, leading
        self.row = 0
        self.cells: Mapping[int, GridCell] = {}
        self.element = self.sub_element = ""
        self.first_item = len(book.items)
        named = not _GENERIC.fullmatch(plain_text(grid.title))
        if "element" in columns.columns or not named:
            # the table of the sheet before goes on; else the sheet is an element of its own
            self.element, self.sub_element = book.element, book.sub_element
            self.first_item = 0

    def read(self) -> None:
        """Read all rows."""
        for number, cells in self.grid.rows.items():
            self.row, self.cells = number, cells
            if number <= self.columns.head_row:
                self._read_title()
            elif is_heading(cells, self.columns.columns):
                self._add("heading")
            elif any(column in cells for column in self.columns.columns.values()):
                self._read_row()
        self.book.element, self.book.sub_element = self.element, self.sub_element

    def _cell(self, role: str) -> GridCell | None:
        return self.cells.get(self.columns.columns.get(role, 0))

    def _place(self, role: str) -> str:
        return place(self.row, self.columns.columns.get(role, 1))

    def _add(self, kind: str, **parts: object) -> None:
        row = ReadRow(
            self.grid.title, self.row, kind, element=self.element, sub_element=self.sub_element
        )
        self.book.rows.append(replace(row, **parts))  # type: ignore[arg-type]

    def _read_title(self) -> None:
        """What stands above the table: the title of the standard, and perhaps its full points."""
        texts = [cell.shown.strip() for cell in self.cells.values() if cell.kind == "s"]
        if self.row == self.columns.head_row or not texts or not texts[0]:
            return
        if not self.book.title:
            self.book.title = stated_points(texts[0])[0]
        found = _TOTAL.search(plain_text(texts[0]))
        if found:
            points = Fraction(found[1] or found[2])
            cell = place(self.row, next(iter(self.cells)))
            self.book.stated.append(Stated(points, self.grid.title, cell))
        self._add("title", content=texts[0])

    def _text(self, role: str) -> str:
        """Text of a cell; a formula or an error value is none, and is noted."""
        cell = self._cell(role)
        if cell is None:
            return ""
        if cell.kind in "fe":
            code = "formula" if cell.kind == "f" else "error_value"
            self.findings.error(self.grid.title, cell.place, code, found=cell.shown)
            return ""
        if role == "number":
            text, was_date = number_of(cell)
            if was_date:
                self.findings.warning(
                    self.grid.title, cell.place, "number_is_date", found=cell.shown, number=text
                )
            return text
        return "\n".join(line.rstrip() for line in cell.shown.strip().splitlines())

    def _read_row(self) -> None:
        kind, label = self._sum_label()
        if kind:
            self._read_sum(kind, label)
            return
        texts = {role: self._text(role) for role in self.columns.columns if role != "points"}
        points_cell = self._cell("points")
        if points_cell is not None and points_cell.kind in "fe":
            code = "formula" if points_cell.kind == "f" else "error_value"
            self.findings.error(self.grid.title, points_cell.place, code, found=points_cell.shown)
        points, is_filled = points_of(points_cell)
        labels = [texts.get(role, "") for role in LABELS]
        words = plain_text(next((text for text in labels if text), ""))
        if not any(texts.values()) and not is_filled:
            return
        if not is_filled and _NOTE.match(words):
            self._add("note", content=next(text for text in labels if text))
            return
        number, rest = split_number(texts.get("number", ""))
        if "number" not in self.columns.columns and _OWN_NUMBER.match(texts.get("content", "")):
            number, texts["content"] = split_number(texts["content"])
        if self._read_section_row(texts, number, rest, points, is_filled=is_filled):
            return
        self._enter(texts)
        if not is_filled and not self._lacks_points(number):
            self._continue(texts)
            return
        self._read_item(texts, number, rest, points, is_filled=is_filled)

    # ------------------------------------------------------------------ sums

    def _sum_label(self) -> tuple[str, str]:
        """Kind and label of a row that adds up; empty for any other row."""
        for role in LABELS:
            cell = self._cell(role)
            label = plain_text(cell.shown) if cell is not None and cell.kind == "s" else ""
            for kind, ending in _SUMS.items():
                if ending.search(label) and len(label) <= _LONGEST_LABEL:
                    return ("", "") if self._cell("method") is not None else (kind, label)
        return "", ""

    def _read_sum(self, kind: str, label: str) -> None:
        cell = self._cell("points")
        points, _ = points_of(cell)
        if cell is None:
            found = re.search(r"(\d+(?:\.\d+)?)分?\)?$", label)
            points = Fraction(found[1]) if found else None
        if points is None:
            found_text = cell.shown if cell else label
            self.findings.warning(
                self.grid.title, self._place("points"), "sum_unreadable", found=found_text
            )
        else:
            stated = Stated(
                points, self.grid.title, self._place("points"), self.element, self.sub_element
            )
            self.book.sums.append((kind, stated, len(self.book.items)))
        self._add(kind, content=label, points=points)

    # ------------------------------------------------------------------ elements

    def _read_section_row(
        self,
        texts: Mapping[str, str],
        number: Number | None,
        rest: str,
        points: Fraction | None,
        *,
        is_filled: bool,
    ) -> bool:
        """A row of its own for an element or sub-element; whether this was one."""
        if texts.get("method") or texts.get("evidence"):
            return False
        filled = [role for role in LABELS if texts.get(role)]
        named = [role for role in filled if role != "number"]
        if len(named) > 1 or not filled:
            return False
        title = texts[named[0]] if named else rest
        if not title:
            return False
        if number is None:
            number, _ = split_number(title)
        bare, stated = stated_points(title)
        column = named[0] if named and named[0] != "content" else ""
        if not (column or self._is_title(number, title, bare, stated, is_filled=is_filled)):
            return False
        level = self._level(number, column)
        where = named[0] if named else "number"
        self._open(level, bare, where, number)
        if points is not None:
            self._state(level, points, self._place("points"))
        elif stated is not None:
            self._state(level, stated, self._place(where))
        self._add(level, number=number.id if number else "", content=bare, points=points or stated)
        return True

    def _is_title(
        self,
        number: Number | None,
        title: str,
        bare: str,
        stated: Fraction | None,
        *,
        is_filled: bool,
    ) -> bool:
        """Whether a text in the column of the content is the title of an element."""
        if number is not None and number.parts in self.leading:
            return True
        if len(bare) > _LONGEST_LABEL or "\n" in title:
            return False
        if number is not None and number.form in ("chapter", "section"):
            # in a file without methods a row with points may as well be an item
            return not is_filled or "method" in self.columns.columns
        return stated is not None and not is_filled and (number is None or number.form == "simple")

    def _level(self, number: Number | None, column: str) -> str:
        if column:
            return column
        if number is None or number.form == "chapter":
            return "element"
        if number.form in ("section", "bracket"):
            return "sub_element"
        return "element" if len(number.parts) == 1 else "sub_element"

    def _enter(self, texts: Mapping[str, str]) -> None:
        """Element and sub-element of a row; what is empty is the same as above."""
        for level in ("element", "sub_element"):
            if texts.get(level):
                title, stated = stated_points(texts[level])
                self._open(level, title, level)
                if stated is not None:
                    self._state(level, stated, self._place(level))
        if not self.element:
            self._open("element", _SHEET_NUMBER.sub(r"\1、", self.grid.title), "")

    def _open(self, level: str, title: str, role: str, number: Number | None = None) -> None:
        found, name = split_number(one_line(title))
        number, name = number or found, name or title
        key = plain_text(name)
        cell = self._place(role) if role else "A1"
        if level == "element":
            if key != self.element:
                self.sub_element = ""
            self.element = key
            section = self.book.elements.setdefault(
                key, Section(key, name, number, self.grid.title, cell)
            )
        else:
            if not self.element:
                self._open("element", _SHEET_NUMBER.sub(r"\1、", self.grid.title), "")
            self.sub_element = key
            section = self.book.sub_elements.setdefault(
                (self.element, key),
                Section(key, name, number, self.grid.title, cell, self.element),
            )
        if section.title != name and role:
            self.findings.warning(
                self.grid.title,
                cell,
                "two_spellings",
                found=name,
                other=section.title,
                where=f"{section.sheet}!{section.cell}",
            )

    def _state(self, level: str, points: Fraction, cell: str) -> None:
        sub = self.sub_element if level == "sub_element" else ""
        # a title that is repeated on each page states its points once
        known = self.book.known.setdefault((self.element, sub), set())
        if points not in known:
            known.add(points)
            self.book.stated.append(Stated(points, self.grid.title, cell, self.element, sub))

    # ------------------------------------------------------------------ items

    def _lacks_points(self, number: Number | None) -> bool:
        """Whether a row without points should have some: it has a number of its own."""
        return number is not None and number.form in ("absolute", "simple")

    def _continue(self, texts: Mapping[str, str]) -> None:
        """A row without points goes on with the item above."""
        words = [texts.get(role, "") for role in ("number", "content") if texts.get(role)]
        if len(self.book.items) == self.first_item:
            if words or texts.get("method"):
                shown = " ".join(words) or texts.get("method", "")
                self.findings.warning(
                    self.grid.title, self._place("content"), "row_ignored", found=shown
                )
                self._add("note", content=shown)
            return
        item = self.book.items[-1]
        item.content += [" ".join(words)] if words else []
        item.method += filter(None, [texts.get("method")])
        item.evidence += filter(None, [texts.get("evidence")])
        self._add("continuation", content=" ".join(words), method=texts.get("method", ""))

    def _read_item(
        self,
        texts: Mapping[str, str],
        number: Number | None,
        rest: str,
        points: Fraction | None,
        *,
        is_filled: bool,
    ) -> None:
        content = texts.get("content", "")
        if rest and rest not in content:
            content = f"{rest}\n{content}".strip()
        if not content:
            content = self._content_above()
        cells = {role: self._place(role) for role in self.columns.columns}
        item = ItemRow(
            self.grid.title,
            self.row,
            cells,
            self.element,
            self.sub_element,
            number,
            points or Fraction(0),
            [content],
            list(filter(None, [texts.get("method")])),
            list(filter(None, [texts.get("evidence")])),
            texts.get("star", ""),
        )
        self._check_points(points, texts.get("number", "") or content, is_filled=is_filled)
        self.book.items.append(item)
        self._add(
            "item",
            number=texts.get("number", ""),
            content=content,
            points=points,
            method=texts.get("method", ""),
            evidence=texts.get("evidence", ""),
            star=texts.get("star", ""),
        )

    def _content_above(self) -> str:
        """A merged content cell over several scored rows: the text of the row above."""
        above = self.book.items[-1] if len(self.book.items) > self.first_item else None
        text = above.content[0] if above else ""
        code = "content_as_above" if text else "content_missing"
        note = self.findings.warning if text else self.findings.error
        note(self.grid.title, self._place("content"), code, found=text)
        return text

    def _check_points(self, points: Fraction | None, name: str, *, is_filled: bool) -> None:
        cell = self._cell("points")
        if not is_filled:
            code = "points_empty"
        elif cell is not None and cell.kind in "fe":
            return  # noted already
        elif points is None:
            code = "points_no_number"
        elif points < 0:
            code = "points_negative"
        elif points == 0:
            code = "points_zero"
        else:
            return
        found = cell.shown if cell else ""
        self.findings.error(self.grid.title, self._place("points"), code, found=found, row=name)
