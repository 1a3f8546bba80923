"""The scoring workbook (自评打分表): a file out that can be filled in offline and read back.

One sheet per level-1 element, before them a cover, behind them the summary and the list of
deductions, and a hidden sheet that says which edition all this is. Reading is in
``workbook_reading``.
"""

from collections.abc import Mapping
from io import BytesIO

from openpyxl import Workbook
from openpyxl.workbook.protection import WorkbookProtection

from criteria.model import Scheme
from criteria.rubric import rubric_of
from portal.documents.workbook_element import ElementSheet
from portal.documents.workbook_layout import (
    FORMAT,
    HEADER_FIELDS,
    KEY_PREFIX,
    ORIGIN_SHEET,
    Say,
    SheetHeader,
    columns_of,
    element_titles,
)
from portal.documents.workbook_style import (
    Painter,
    Sheet,
    protect,
    row_height,
    set_up_page,
    text_width,
)
from portal.documents.workbook_summary import write_deductions, write_summary
from portal.documents.workbook_validation import date_rule, text_rule
from portal.domain.answers import ItemAnswer, engine_answers
from scoring import grade

__all__ = ["SheetHeader", "write_scoring_workbook"]

_NOTES = 7


def write_scoring_workbook(
    scheme: Scheme,
    header: SheetHeader,
    answers: Mapping[str, ItemAnswer],
    say: Say,
    language: str,
) -> bytes:
    """Write an empty or filled scoring workbook (.xlsx).

    Args:
        scheme: the edition; its fingerprint goes into the file.
        header: what the cover says; empty fields are left to fill in.
        answers: by item id; items left out are empty rows.
        say: words of the text catalogue in ``language``.
        language: ``zh`` or ``en``.

    Raises:
        ScoringError: an answer that the edition does not have or that the engine refuses.
    """
    rubric = rubric_of(scheme)
    counted = engine_answers(rubric, answers)
    result = grade(rubric, counted, {})
    book = Workbook()
    painter = Painter(say, language)
    _write_cover(book.active, painter, scheme, header)
    columns = columns_of(scheme, answers)
    titles = element_titles(scheme, language)
    for element in scheme.elements:
        sheet = book.create_sheet(titles[element.id])
        ElementSheet(sheet, painter, scheme, element, columns).write(answers)
    write_summary(book.create_sheet(say("workbook.sheet.summary")), painter, scheme, result)
    write_deductions(
        book.create_sheet(say("workbook.sheet.deductions")), painter, scheme, counted, result
    )
    _write_origin(book.create_sheet(ORIGIN_SHEET), painter, scheme)
    # renaming or deleting a sheet would only cause trouble when the file comes back
    book.security = WorkbookProtection(lockStructure=True)
    book.calculation.fullCalcOnLoad = True
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _write_cover(sheet: Sheet, painter: Painter, scheme: Scheme, header: SheetHeader) -> None:
    say = painter.say
    sheet.title = say("workbook.sheet.cover")
    painter.put(sheet, 2, 2, say("workbook.cover.title"), "title")
    painter.put(sheet, 3, 2, scheme.title[painter.language], "hint")
    sheet.row_dimensions[2].height = 36
    texts, dates = text_rule(say), date_rule(say)
    row = 5
    for name in HEADER_FIELDS:
        painter.put(sheet, row, 1, KEY_PREFIX + name, "key")
        painter.put(sheet, row, 2, say(f"workbook.cover.{name}"), "label")
        is_date = name.startswith("period")
        value = getattr(header, name)
        cell = painter.put(sheet, row, 3, value, "date" if is_date else "entry")
        (dates if is_date else texts).add(cell)
        width = text_width(value) if isinstance(value, str) else 0
        sheet.row_dimensions[row].height = max(24, row_height("x" * width, 62))
        row += 1
    for name in ("scheme", "edition", "fingerprint"):
        painter.put(sheet, row, 2, say(f"workbook.cover.{name}"), "label")
        painter.put(sheet, row, 3, getattr(scheme, "id" if name == "scheme" else name), "text")
        sheet.row_dimensions[row].height = 24
        row += 1
    painter.put(sheet, row + 1, 2, say("workbook.cover.how"), "label")
    for number in range(1, _NOTES + 1):
        note = f"{number}. {say(f'workbook.cover.note_{number}')}"
        painter.put(sheet, row + 1 + number, 2, note, "note")
        sheet.merge_cells(
            start_row=row + 1 + number, end_row=row + 1 + number, start_column=2, end_column=3
        )
        sheet.row_dimensions[row + 1 + number].height = row_height(note, 82)
    sheet.add_data_validation(texts)
    sheet.add_data_validation(dates)
    set_up_page(sheet, [3, 20, 66], printed=3, freeze=None)
    # keys of the fields, for the reader only
    sheet.column_dimensions["A"].hidden = True
    sheet.page_setup.orientation = "portrait"


def _write_origin(sheet: Sheet, painter: Painter, scheme: Scheme) -> None:
    rows = {
        "format": FORMAT,
        "scheme": scheme.id,
        "edition": scheme.edition,
        "fingerprint": scheme.fingerprint,
        "language": painter.language,
        "blank_reason": painter.say("workbook.blank_reason"),
    }
    for row, (key, value) in enumerate(rows.items(), start=1):
        painter.put(sheet, row, 1, key, "key")
        painter.put(sheet, row, 2, value, "key")
    protect(sheet)
    sheet.sheet_state = "hidden"
