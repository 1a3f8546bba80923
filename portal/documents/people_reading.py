"""Reads enterprises and accounts from a workbook; whatever cannot be right is named by its cell.

Only what the workbook itself says is judged here. What the installation already holds, such as a
sign-in name that is taken, is for the service to compare.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from criteria import packs
from portal.documents import people_layout as layout
from portal.documents.people_cells import Row, Table
from portal.documents.people_layout import ACCOUNTS, ENTERPRISES, spelled
from portal.documents.workbook_cells import CellProblem, Problems
from portal.documents.workbook_grid import Grid, GridCell, read_grids
from portal.documents.workbook_layout import Say
from portal.documents.workbook_safety import Limits
from portal.domain import credit_code
from portal.domain.enterprise import (
    ADDRESS_LIMIT,
    NAME_LIMIT,
    REVENUE_LIMIT,
    STAFF_LIMIT,
    Profile,
)
from portal.domain.people import Role
from portal.errors import UnreadableFileError
from portal.i18n import LANGUAGES

LIMITS = Limits(megabytes=10, rows=layout.ROWS + 200, columns=60)
HEAD_ROWS = 10
"""Rows from the top in which the headings are looked for."""

REWORDED = frozenset(
    f"workbook_{name}"
    for name in (
        *("empty", "too_large", "not_xlsx", "damaged", "bomb", "too_many_parts", "entities"),
        *("too_many_rows", "too_many_columns"),
    )
)
"""Refusals whose usual words speak of a scoring sheet."""

_CODE_AND_NAME = re.compile(r"(\d{6})(?!\d).*")

Areas = Mapping[str, tuple[str, ...]]
"""Areas in which an enterprise can lie: names by code."""


@dataclass(frozen=True, slots=True)
class EnterpriseRow:
    """An enterprise of the workbook without a bad cell."""

    place: str
    profile: Profile


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account of the workbook; a bad cell is empty here and stands among the problems.

    Attributes:
        organisation: as typed: a name, a credit code or an id.
        places: reference of each cell by its column.
    """

    login: str
    name: str
    role: Role | None
    organisation: str
    places: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PeopleReading:
    """What a workbook says.

    Attributes:
        named: name and credit code of every enterprise, those with bad cells included, so that
            an account of such an enterprise is not called wrong as well.
        sheets: title of each sheet by its kind.
    """

    enterprises: tuple[EnterpriseRow, ...]
    accounts: tuple[AccountRow, ...]
    named: tuple[tuple[str, str], ...]
    problems: tuple[CellProblem, ...]
    sheets: Mapping[str, str]


def read_people(data: bytes, areas: Areas, say: Say, language: str) -> PeopleReading:
    """Read a workbook as a whole.

    Args:
        data: the file.
        areas: where an enterprise can lie.
        say: words of the catalogue.
        language: of the words, for the choices that a message names.

    Raises:
        UnreadableFileError: no workbook, or an unsafe one; ``import_…`` where the usual words
            speak of a scoring sheet.
    """
    try:
        grids = read_grids(data, LIMITS)
    except UnreadableFileError as error:
        if error.code in REWORDED:
            raise UnreadableFileError(f"import_{error.code}", **error.values) from error
        raise
    return _Reader(areas, Problems(say), language).read(grids)


@dataclass
class _Reader:
    areas: Areas
    problems: Problems
    language: str
    seen: dict[tuple[str, str], str] = field(default_factory=dict)

    def read(self, grids: Mapping[str, Grid]) -> PeopleReading:
        tables = {name: self._table(name, grids) for name in layout.FIELDS}
        self.by_name = self._areas_by_name()
        firms, named = [], []
        for row in self._rows(tables[ENTERPRISES], "name"):
            profile, called = self._profile(row)
            named.append(called)
            if not row.bad:
                firms.append(EnterpriseRow(row.place("name"), profile))
        people = [self._account(row) for row in self._rows(tables[ACCOUNTS], "login")]
        return PeopleReading(
            tuple(firms),
            tuple(people),
            tuple(named),
            tuple(self.problems.found),
            {name: table.grid.title for name, table in tables.items() if table},
        )

    def _areas_by_name(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for code, names in self.areas.items():
            for name in {spelled(name) for name in names}:
                found.setdefault(name, []).append(code)
        return found

    # -------------------------------------------------------------- sheets

    def _table(self, name: str, grids: Mapping[str, Grid]) -> Table | None:
        """The sheet of a kind with its columns; None when it cannot be read."""
        title = self.problems.say(f"workbook.people.sheet.{name}")
        titles = layout.sheets_by_title()
        found = [grid for grid in grids.values() if titles.get(spelled(grid.title)) == name]
        if not found:
            self.problems.add(title, "", "people.sheet_missing", "", title)
            return None
        if len(found) > 1:
            shown = self.problems.say("common.list_separator").join(grid.title for grid in found)
            self.problems.add(found[1].title, "", "people.sheet_twice", shown, title)
            return None
        return self._with_columns(name, found[0])

    def _with_columns(self, name: str, grid: Grid) -> Table | None:
        known = layout.fields_by_heading(name)

        def fields(number: int) -> Iterator[tuple[str, GridCell]]:
            for cell in grid.rows.get(number, {}).values():
                if (what := known.get(layout.heading(cell.shown))) is not None:
                    yield what, cell

        numbers = range(1, HEAD_ROWS + 1)
        head_row = max(numbers, key=lambda number: len({what for what, _ in fields(number)}))
        columns: dict[str, int] = {}
        for what, cell in fields(head_row):
            if what in columns:
                first = GridCell(head_row, columns[what], "s", "").place
                self.problems.add(grid.title, cell.place, "people.column_twice", cell.shown, first)
            columns.setdefault(what, cell.column)
        missing = [
            self.problems.say(f"field.{what}")
            for what in layout.FIELDS[name]
            if what not in columns and what not in layout.OPTIONAL
        ]
        if missing:
            expected = self.problems.say("common.list_separator").join(missing)
            place = f"A{head_row}" if columns else "A1"
            self.problems.add(
                grid.title, place, "people.columns_missing", "", expected, columns=expected
            )
            return None
        return Table(grid, head_row, columns)

    def _rows(self, table: Table | None, first: str) -> Iterator[Row]:
        """Rows that hold something; the example of the template is none."""
        if table is None:
            return
        count = 0
        for number in sorted(table.grid.rows):
            row = Row(table, number, self.problems)
            if number <= table.head_row or not any(map(row.cell, table.columns)):
                continue
            if self._is_example(row, first):
                continue
            count += 1
            if count > layout.ROWS:
                expected = row.expected("rows", most=layout.ROWS)
                row.refuse(first, "too_many", str(number), expected)
                return
            yield row

    def _is_example(self, row: Row, first: str) -> bool:
        """Whether a row is the untouched example; one that was changed may be meant."""
        cell = row.cell(first)
        if cell is None or not layout.is_marked(cell.shown):
            return False
        sheet = ENTERPRISES if first == "name" else ACCOUNTS
        for lang in LANGUAGES:
            shown = layout.example(sheet, lang)
            if all(_same(row.cell(name), text) for name, text in shown.items()):
                return True
        row.refuse(first, "example_changed", cell.shown, row.expected("unmarked"))
        return False

    # -------------------------------------------------------------- rows

    def _profile(self, row: Row) -> tuple[Profile, tuple[str, str]]:
        """The profile as far as its cells are good, and how the enterprise is called."""
        name = row.words("name", 2, NAME_LIMIT)
        code = self._credit_code(row)
        sector = row.choice("sector", *layout.choices("sector", self.language))
        profile = Profile(
            name=name,
            credit_code=code,
            sector=sector,
            size_kind=self._size_kind(row, sector),
            area_code=self._area(row),
            address=row.words("address", 1, ADDRESS_LIMIT),
            principal=row.words("principal", 1, layout.LONGEST_PERSON),
            contact=row.words("contact", 1, layout.LONGEST_CONTACT),
            staff=row.whole("staff", STAFF_LIMIT),
            revenue_wan=row.whole("revenue_wan", REVENUE_LIMIT),
            flags=tuple(sorted(set(row.several("flags", *layout.choices("flags", self.language))))),
            is_group=row.choice("is_group", layout.answers(), self._answers()) == "yes",
        )
        called = row.cell("name")
        return profile, (called.shown.strip() if called else "", code)

    def _answers(self) -> tuple[str, ...]:
        return tuple(self.problems.say(f"workbook.people.{word}") for word in ("yes", "no"))

    def _credit_code(self, row: Row) -> str:
        expected = row.expected("credit_code")
        text = row.typed("credit_code", expected)
        if not text:
            return ""
        cell = row.cell("credit_code")
        code = spelled(text).upper()
        wrong = credit_code.fault(code)
        if wrong and cell is not None and cell.kind == "n":
            row.refuse("credit_code", "credit_number", text, expected)
        elif wrong == "check":
            last = credit_code.check_character(code[:-1])
            row.refuse("credit_code", "credit_check", code, expected, last=last)
        elif wrong:
            row.refuse("credit_code", f"credit_{wrong}", text, expected, length=str(len(code)))
        elif (first := self._first("credit_code", code, row)) is not None:
            row.refuse("credit_code", "duplicate", code, first)
        return code

    def _first(self, name: str, value: str, row: Row) -> str | None:
        """Where the value stands already, or None when this is the first place."""
        place = row.place(name)
        first = self.seen.setdefault((name, value), place)
        return None if first == place else first

    def _size_kind(self, row: Row, sector: str) -> str:
        """The kind of business; a sector with one kind only needs none."""
        kinds = packs.sectors()[sector].size_kinds if sector else ()
        tables = packs.size_tables()
        shown = tuple(tables[kind].title[self.language] for kind in kinds or tables)
        if row.cell("size_kind") is None:
            if len(kinds) > 1:
                row.refuse("size_kind", "blank", "", row.listed(shown))
            return kinds[0] if len(kinds) == 1 else ""
        ids = layout.choices("size_kind", self.language).ids
        if kinds:
            ids = {words: kind for words, kind in ids.items() if kind in kinds}
        return row.choice("size_kind", ids, shown)

    def _area(self, row: Row) -> str:
        """An area by code, by code and name, or by a name that no other has."""
        expected = row.expected("area")
        text = row.typed("area_code", expected)
        if not text:
            return ""
        found = _CODE_AND_NAME.fullmatch(text)
        if found:
            if found[1] in self.areas:
                return found[1]
            codes = []
        else:
            codes = self.by_name.get(spelled(text), [])
        if len(codes) > 1:
            row.refuse("area_code", "area_twice", text, ", ".join(codes[:5]))
        elif not codes:
            row.refuse("area_code", "area", text, expected)
        return codes[0] if len(codes) == 1 else ""

    def _account(self, row: Row) -> AccountRow:
        login = row.words("login", layout.SHORTEST_LOGIN, layout.LONGEST_LOGIN)
        if login and (first := self._first("login", login, row)) is not None:
            row.refuse("login", "duplicate", login, first)
            login = ""
        name = row.words("person", 1, layout.LONGEST_PERSON)
        shown = tuple(self.problems.say(f"role.{role.value}") for role in Role)
        role = row.choice("role", layout.roles(), shown)
        organisation = row.words("organisation", 1, NAME_LIMIT)
        return AccountRow(
            login,
            name,
            Role(role) if role else None,
            organisation,
            {what: row.place(what) for what in layout.FIELDS[ACCOUNTS]},
        )


def _same(cell: GridCell | None, text: str) -> bool:
    return cell is not None and spelled(cell.shown) == spelled(text)
