"""A filled scoring workbook back in: checked as a whole, every bad cell named, nothing guessed.

An item with a bad cell or a row too many is left out of the answers; its problems say why. The
one exception is a reason that is still missing: a draft may lack it, so the item is kept.
"""

from dataclasses import dataclass

from criteria.model import Item, Rule, Scheme
from portal.documents.workbook_cells import CellProblem, CellReader, Problems
from portal.documents.workbook_grid import Grid, GridCell, read_grids
from portal.documents.workbook_layout import (
    FORMAT,
    HEADER_FIELDS,
    KEY_PREFIX,
    ORIGIN_KEYS,
    ORIGIN_SHEET,
    Say,
    SheetHeader,
    highest_count,
    is_input,
    rule_points,
    rule_text,
)
from portal.documents.workbook_rows import PlacedRow, RowFinder
from portal.documents.workbook_safety import Limits
from portal.domain.answers import ItemAnswer, ReportedRule
from portal.errors import UnreadableFileError
from scoring.model import Kind

__all__ = ["CellProblem", "WorkbookReading", "read_scoring_workbook"]


@dataclass(frozen=True, slots=True)
class WorkbookReading:
    """What a workbook says; only without problems is it what was meant.

    Attributes:
        answers: by item id; untouched items are left out.
        problems: in the order of the standard, those of the whole file first.
    """

    answers: dict[str, ItemAnswer]
    header: SheetHeader
    problems: tuple[CellProblem, ...]


@dataclass(frozen=True, slots=True)
class _Origin:
    grid: Grid
    values: dict[str, str]
    places: dict[str, str]


def read_scoring_workbook(
    data: bytes, scheme: Scheme, say: Say, limits: Limits | None = None
) -> WorkbookReading:
    """Read a workbook that :func:`write_scoring_workbook` has written and people have filled in.

    Args:
        data: the file.
        scheme: the edition it must be of.
        say: words of the text catalogue in the language of the person who uploads.
        limits: how large a file may be; by default 20 MB.

    Raises:
        UnreadableFileError: no workbook, an unsafe one, or none of ours; bad cells never raise.
    """
    grids = read_grids(data, limits or Limits())
    origin = _read_origin(grids)
    problems = Problems(say)
    if not _check_edition(origin, scheme, problems):
        return WorkbookReading({}, SheetHeader(), tuple(problems.found))
    header = _read_header(grids, problems)
    finder = RowFinder(scheme, origin.values["language"], problems)
    found = finder.find(grids)
    items = _ItemReader(scheme, origin.values, problems)
    answers: dict[str, ItemAnswer] = {}
    for item in scheme.items:
        rows = found.get(item.id)
        if rows:
            answer = items.read(item, rows)
            if answer and answer != ItemAnswer() and item.id not in finder.doubtful:
                answers[item.id] = answer
    return WorkbookReading(answers, header, tuple(problems.found))


def _read_origin(grids: dict[str, Grid]) -> _Origin:
    grid = grids.get(ORIGIN_SHEET)
    if grid is None:
        raise UnreadableFileError("workbook_without_origin")
    values = dict.fromkeys(ORIGIN_KEYS, "")
    places = dict.fromkeys(ORIGIN_KEYS, "B1")
    for row, cells in grid.rows.items():
        key, value = cells.get(1), cells.get(2)
        if key is not None and key.shown in values:
            values[key.shown] = value.shown if value else ""
            places[key.shown] = f"B{row}"
    if values["format"] != FORMAT:
        raise UnreadableFileError(
            "workbook_format_unknown", found=values["format"] or "-", expected=FORMAT
        )
    return _Origin(grid, values, places)


def _check_edition(origin: _Origin, scheme: Scheme, problems: Problems) -> bool:
    """Whether the rows can be read at all: another scheme or edition has other rows."""
    for name, key, wanted in (
        ("other_scheme", "scheme", scheme.id),
        ("other_edition", "edition", scheme.edition),
        ("other_fingerprint", "fingerprint", scheme.fingerprint),
    ):
        if origin.values[key] != wanted:
            problems.add(
                ORIGIN_SHEET,
                origin.places[key],
                name,
                origin.values[key] or "-",
                wanted,
                scheme=scheme.id,
                edition=scheme.edition,
            )
            # texts of the same edition are compared below, which says what has changed
            return name == "other_fingerprint"
    return True


def _read_header(grids: dict[str, Grid], problems: Problems) -> SheetHeader:
    for grid in grids.values():
        rows = {
            cells[1].shown.removeprefix(KEY_PREFIX): row
            for row, cells in grid.rows.items()
            if 1 in cells and cells[1].shown.startswith(KEY_PREFIX)
        }
        if "unit" in rows:
            return _header_of(grid, rows, problems)
    problems.add("", "", "cover_missing", "-", problems.say("workbook.sheet.cover"))
    return SheetHeader()


def _header_of(grid: Grid, rows: dict[str, int], problems: Problems) -> SheetHeader:
    reader = CellReader(grid.title, problems)
    cells = {name: grid.cell(rows[name], 3) if name in rows else None for name in HEADER_FIELDS}
    first, last = reader.day(cells["period_from"]), reader.day(cells["period_to"])
    if first and last and first > last:
        problems.add(
            grid.title,
            f"C{rows['period_to']}",
            "period_reversed",
            last.isoformat(),
            f"≥ {first.isoformat()}",
        )
    return SheetHeader(
        unit=reader.text(cells["unit"]),
        credit_code=reader.text(cells["credit_code"]),
        period_from=first,
        period_to=last,
        leader=reader.text(cells["leader"]),
        members=reader.text(cells["members"]),
    )


@dataclass(frozen=True, slots=True)
class _ItemReader:
    """Reads the rows of one item into one answer."""

    scheme: Scheme
    origin: dict[str, str]
    problems: Problems

    def read(self, item: Item, rows: dict[str, PlacedRow]) -> ItemAnswer | None:
        before = len(self.problems)
        head = rows.get("")
        reported = tuple(
            report
            for rule in item.rules
            if rule.id in rows and (report := self._rule(item, rule, rows[rule.id]))
        )
        if head is None:
            return None
        answer = self._answer(item, head, reported)
        if len(self.problems) > before:
            return None
        self._check_together(head, answer)
        if len(self.problems) > before:
            return None
        self._check_reasons(head, answer)
        return answer

    def _answer(self, item: Item, row: PlacedRow, reported: tuple[ReportedRule, ...]) -> ItemAnswer:
        reader = CellReader(row.sheet, self.problems)
        language = self.origin["language"]
        if "number" in row.columns:
            reader.same_text(row.cell("number"), row.place("number"), item.id)
        reader.same_text(row.cell("text"), row.place("text"), item.text[language])
        reader.same_points(row.cell("points"), row.place("points"), item.points)
        self._refuse_strays(row, ("count", "amount"), reader)
        return ItemAnswer(
            deductions=reported,
            lost=reader.points(row.cell("lost"), item.points, self.scheme.unit),
            reason=reader.text(row.cell("reason")),
            not_applicable=self._not_applicable(reader, row.cell("not_applicable")),
            full=reader.mark(row.cell("full")),
            remark=reader.text(row.cell("remark")),
            difference=reader.text(row.cell("difference")),
        )

    def _not_applicable(self, reader: CellReader, cell: GridCell | None) -> str | None:
        if cell is None:
            return None
        text = reader.text(cell)
        return "" if text == self.origin["blank_reason"] else text

    def _rule(self, item: Item, rule: Rule, row: PlacedRow) -> ReportedRule | None:
        reader = CellReader(row.sheet, self.problems)
        wanted = rule_text(item, rule, self.origin["language"])
        reader.same_text(row.cell("text"), row.place("text"), wanted)
        reader.same_points(row.cell("effect"), row.place("effect"), rule_points(item, rule))
        self._refuse_strays(
            row, ("full", "not_applicable", "lost", "reason", "remark", "difference"), reader
        )
        if not is_input(rule):
            self._refuse_strays(row, ("count", "amount"), reader)
            return None
        if rule.kind == Kind.RANGE:
            return self._range(item, rule, row, reader)
        self._refuse_strays(row, ("amount",), reader)
        count = reader.count(row.cell("count"), highest_count(rule))
        return None if count is None else ReportedRule(rule.id, count)

    def _range(
        self, item: Item, rule: Rule, row: PlacedRow, reader: CellReader
    ) -> ReportedRule | None:
        top = rule_points(item, rule)
        before = len(self.problems)
        amount = reader.points(row.cell("amount"), top, self.scheme.unit)
        count_cell = row.cell("count")
        count = reader.count(count_cell, highest_count(rule))
        if amount:
            return ReportedRule(rule.id, count or 1, amount)
        if count is not None and count_cell is not None and len(self.problems) == before:
            reader.refuse(count_cell, "range_without_points", reader.expected("amount"))
        return None

    def _refuse_strays(self, row: PlacedRow, keys: tuple[str, ...], reader: CellReader) -> None:
        for key in keys:
            cell = row.cell(key)
            if cell is not None:
                reader.refuse(cell, "no_entry_here", reader.expected("blank"))

    def _check_together(self, row: PlacedRow, answer: ItemAnswer) -> None:
        reader = CellReader(row.sheet, self.problems)
        reason, full = row.cell("not_applicable"), row.cell("full")
        deducted = bool(answer.deductions or answer.lost)
        if reason is not None and (deducted or answer.full):
            reader.refuse(
                reason, "not_applicable_with_deductions", reader.expected("either"), item=row.item
            )
        elif full is not None and answer.full and deducted:
            reader.refuse(full, "full_with_deductions", reader.expected("either"), item=row.item)

    def _check_reasons(self, row: PlacedRow, answer: ItemAnswer) -> None:
        blank = self.problems.say("workbook.expected.blank")
        expected = self.problems.say("workbook.expected.reason")
        if answer.lost and not answer.reason.strip():
            self.problems.add(
                row.sheet,
                row.place("reason"),
                "lost_without_reason",
                blank,
                expected,
                item=row.item,
            )
        if answer.not_applicable is not None and not answer.not_applicable.strip():
            self.problems.add(
                row.sheet,
                row.place("not_applicable"),
                "not_applicable_without_reason",
                blank,
                expected,
                item=row.item,
            )
