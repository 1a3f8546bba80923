"""The workbook by which many enterprises and accounts are entered at once: an empty template.

Three sheets to see: how to fill in, enterprises, accounts; a hidden one holds the lists to choose
from. Reading is in ``people_reading``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from portal.documents import people_layout as layout
from portal.documents.people_layout import ACCOUNTS, ENTERPRISES
from portal.documents.workbook_layout import Say
from portal.documents.workbook_style import Painter, Sheet, row_height, set_up_page
from portal.domain.credit_code import LENGTH
from portal.domain.enterprise import REVENUE_LIMIT, STAFF_LIMIT
from portal.domain.people import BODY_OF, Role

LISTS = "_lists"
"""The hidden sheet of choices."""

LISTED = layout.ROWS
"""Most choices of one list; the reader knows all of them."""

NOTES = 8
"""Numbered sentences on how to fill in, ``workbook.people.note_<number>``."""

_FIRST = 2
_WIDTHS = {
    **{"name": 38, "credit_code": 26, "sector": 14, "size_kind": 20, "area_code": 24},
    **{"address": 34, "principal": 14, "contact": 18, "staff": 16, "revenue_wan": 16},
    **{"flags": 30, "is_group": 18, "login": 22, "person": 16, "role": 20, "organisation": 44},
}
_NUMBERS = {"staff": STAFF_LIMIT, "revenue_wan": REVENUE_LIMIT}
_LENGTHS = {
    "credit_code": (LENGTH, LENGTH),
    "login": (layout.SHORTEST_LOGIN, layout.LONGEST_LOGIN),
    "person": (1, layout.LONGEST_PERSON),
}
_TITLE, _MESSAGE = 32, 255  # limits of Excel


@dataclass(frozen=True, slots=True)
class Place:
    """What an installation has to choose from.

    Attributes:
        areas: where an enterprise can lie, as ``990102 临江区``.
        bodies: names of review bodies, organising bodies and authorities.
    """

    areas: Sequence[str]
    bodies: Sequence[str]


def write_people_template(place: Place, say: Say, language: str) -> bytes:
    """Write the empty workbook (.xlsx) with lists to choose from and one example in each sheet.

    Args:
        place: choices of this installation.
        say: words of the catalogue in ``language``.
        language: of headings, choices and examples; a workbook is read in either.
    """
    return _Writer(place, say, language).book()


class _Writer:
    def __init__(self, place: Place, say: Say, language: str) -> None:
        self.say, self.language = say, language
        self.painter = Painter(say, language)
        self.workbook = Workbook()
        self.workbook.remove(self.workbook.worksheets[0])
        self.lists: Mapping[str, Sequence[str]] = {
            "area_code": place.areas[:LISTED],
            "sector": layout.choices("sector", language).shown,
            "size_kind": layout.choices("size_kind", language).shown,
            "is_group": tuple(say(f"workbook.people.{word}") for word in ("yes", "no")),
            "role": tuple(say(f"role.{role.value}") for role in Role),
            "organisation": place.bodies[:LISTED],
        }

    def book(self) -> bytes:
        self._instructions()
        for name in (ENTERPRISES, ACCOUNTS):
            self._sheet(name)
        self._choices()
        self.workbook.active = self.workbook.sheetnames.index(self._title(ENTERPRISES))
        out = BytesIO()
        self.workbook.save(out)
        return out.getvalue()

    def _title(self, name: str) -> str:
        return self.say(f"workbook.people.sheet.{name}")

    def _instructions(self) -> None:
        sheet = self.workbook.create_sheet(self._title("instructions"))
        put, width = self.painter.put, 96.0
        put(sheet, 1, 1, self.say("workbook.people.title"), "title")
        sheet.row_dimensions[1].height = 30
        flags = layout.BETWEEN.join(layout.choices("flags", self.language).shown)
        texts = [
            self.say(
                f"workbook.people.note_{number}",
                rows=layout.ROWS,
                flags=flags,
                example=self.say("workbook.people.example"),
            )
            for number in range(1, NOTES + 1)
        ]
        for row, text in enumerate(texts, 3):
            put(sheet, row, 1, row - 2, "centre")
            put(sheet, row, 2, text, "text")
            sheet.row_dimensions[row].height = row_height(text, width)
        head = 4 + len(texts)
        put(sheet, head, 1, "", "head")
        put(sheet, head, 2, self.say("workbook.people.roles"), "head")
        for row, role in enumerate(Role, head + 1):
            kind = self.say(f"workbook.people.kind.{BODY_OF[role]}")
            text = self.say("workbook.people.role_of", role=self.say(f"role.{role}"), kind=kind)
            put(sheet, row, 1, "", "text")
            put(sheet, row, 2, text, "text")
        set_up_page(sheet, [6.0, width], printed=2, freeze=None)

    def _sheet(self, name: str) -> None:
        sheet = self.workbook.create_sheet(self._title(name))
        example = layout.example(name, self.language)
        for column, field in enumerate(layout.FIELDS[name], 1):
            star = "*" if field in layout.FILLED else ""
            self.painter.put(sheet, 1, column, self.say(f"field.{field}") + star, "head")
            text = example.get(field, "")
            if field == "area_code":
                text = self.lists[field][0] if self.lists[field] else ""
            number = int(text) if field in _NUMBERS else None
            self.painter.put(sheet, _FIRST, column, text if number is None else number, "note")
            letter = get_column_letter(column)
            width = sheet.column_dimensions[letter]
            width.width = _WIDTHS[field]
            if field not in _NUMBERS:
                width.number_format = "@"  # a long number stays as it was typed
            area = f"{letter}{_FIRST}:{letter}{layout.ROWS + _FIRST}"
            if (rule := self._rule(field)) is not None:
                rule.add(area)
                sheet.add_data_validation(rule)
        sheet.row_dimensions[1].height = 32
        sheet.row_dimensions[_FIRST].height = 20
        sheet.freeze_panes = f"B{_FIRST}"
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.print_title_rows = "1:1"

    def _rule(self, field: str) -> DataValidation | None:
        """What Excel itself refuses; the reader checks it all again."""
        if field in self.lists:
            letter = get_column_letter(list(self.lists).index(field) + 1)
            last = len(self.lists[field])
            if not last:
                return None
            rule = DataValidation(type="list", formula1=f"'{LISTS}'!${letter}$1:${letter}${last}")
            # a name of an enterprise may be typed too, and an area by its code alone
            rule.showErrorMessage = field not in ("organisation", "area_code")
        elif field in _NUMBERS:
            rule = DataValidation(
                type="whole", operator="between", formula1="0", formula2=str(_NUMBERS[field])
            )
            rule.showErrorMessage = True
        elif field in _LENGTHS:
            least, most = _LENGTHS[field]
            rule = DataValidation(
                type="textLength", operator="between", formula1=str(least), formula2=str(most)
            )
            rule.showErrorMessage = True
        else:
            return None
        rule.allow_blank = True
        rule.showInputMessage = True
        rule.promptTitle = rule.errorTitle = self.say(f"field.{field}")[:_TITLE]
        rule.prompt = rule.error = self.say(f"workbook.people.prompt.{field}")[:_MESSAGE]
        return rule

    def _choices(self) -> None:
        sheet: Sheet = self.workbook.create_sheet(LISTS)
        for column, field in enumerate(self.lists, 1):
            for row, text in enumerate(self.lists[field], 1):
                self.painter.put(sheet, row, column, text, "text")
        sheet.sheet_state = "hidden"
