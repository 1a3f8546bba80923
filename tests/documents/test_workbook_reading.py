"""What is wrong in a workbook that comes back: every bad cell by sheet, cell, found, expected."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from openpyxl.utils import get_column_letter

from criteria import Scheme
from portal import i18n
from portal.documents.scoring_workbook import SheetHeader, write_scoring_workbook
from portal.documents.workbook_reading import read_scoring_workbook
from portal.domain.answers import ItemAnswer, ReportedRule
from portal.errors import UnreadableFileError

from .conftest import Book, opened, repacked, say

Read = Callable[..., Any]


def day(number: int, month: int = 1, hour: int = 0) -> datetime:
    """A day of 2025 as Excel has it: without a time zone."""
    return datetime(2025, month, number, hour)  # noqa: DTZ001


def the_problem(reading: Any) -> tuple[str, str, str, str, str]:
    """Sheet, cell, code, found and expected of the only problem."""
    assert len(reading.problems) == 1, reading.problems
    one = reading.problems[0]
    assert one.text.startswith(f"error.workbook.{one.message_code} ")
    values = one.values
    return one.sheet, one.cell, one.message_code, values["found"], values["expected"]


COUNT = "workbook.expected.count high=999"
ONCE = "workbook.expected.once high=1"
POINTS = "workbook.expected.points top=10 unit=0.1"


@pytest.mark.parametrize(
    ("value", "code", "found"),
    [
        (-1, "count_too_small", "-1"),
        (0, "count_too_small", "0"),
        (1.5, "count_not_whole", "1.5"),
        (1000, "count_too_large", "1000"),
        (1e15, "count_too_large", "1000000000000000"),
        ("两处", "not_a_number", "两处"),
        ("1e9", "count_too_large", "1e9"),
        ("NaN", "not_a_number", "NaN"),
        (True, "not_a_number", "True"),
        (day(2), "not_a_number", "2025-01-02"),
        ("=1+1", "formula", "=1+1"),
        ("#REF!", "error_value", "#REF!"),
    ],
)
def test_a_count_that_is_no_count_is_named(
    empty: Book, read: Read, value: object, code: str, found: str
) -> None:
    cell = empty.at("count", "99.1.1", "category")
    cell.value = value
    reading = read(empty)
    assert the_problem(reading) == ("99 各类规则", cell.coordinate, code, found, COUNT)
    assert reading.answers == {}


def test_a_rule_that_counts_once_takes_only_a_one(empty: Book, read: Read) -> None:
    cell = empty.at("count", "99.1.1", "gone")
    cell.value = 2
    assert the_problem(read(empty))[1:] == (cell.coordinate, "count_too_large", "2", ONCE)


@pytest.mark.parametrize("typed", ["3", " 3 ", "\uff13", 3.0, "3.0"])
def test_a_count_typed_as_text_is_a_count(empty: Book, read: Read, typed: object) -> None:
    empty.at("count", "99.1.1", "category").value = typed
    reading = read(empty)
    assert reading.problems == ()
    assert reading.answers == {"99.1.1": ItemAnswer((ReportedRule("category", 3),))}


@pytest.mark.parametrize(
    ("value", "code", "found"),
    [
        (-0.5, "points_out_of_range", "-0.5"),
        (10.1, "points_out_of_range", "10.1"),
        (0.25, "points_not_multiple", "0.25"),
        ("2分", "not_a_number", "2分"),
        ("=D5", "formula", "=D5"),
        ("#DIV/0!", "error_value", "#DIV/0!"),
    ],
)
def test_points_that_cannot_be_are_named(
    empty: Book, read: Read, value: object, code: str, found: str
) -> None:
    cell = empty.at("lost", "99.1.10")
    cell.value = value
    empty.at("reason", "99.1.10").value = "油污"
    reading = read(empty)
    assert the_problem(reading) == ("99 各类规则", cell.coordinate, code, found, POINTS)
    assert reading.answers == {}


def test_a_formula_is_refused_although_excel_has_stored_its_value(empty: Book, read: Read) -> None:
    cell = empty.at("count", "99.1.1", "category")
    cell.value = "=1+1"

    def with_value(parts: dict[str, bytes]) -> None:
        for name, part in parts.items():
            parts[name] = part.replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>").replace(
                b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>"
            )

    changed = repacked(empty.saved(), with_value)
    assert opened(changed).at("count", "99.1.1", "category").value == "=1+1"
    assert the_problem(read(changed))[2:4] == ("formula", "=1+1")


def test_a_formula_in_a_text_cell_is_refused_too(empty: Book, read: Read) -> None:
    empty.at("remark", "1.1").value = '=HYPERLINK("http://x")'
    assert the_problem(read(empty))[2] == "formula"


def test_a_range_rule_wants_points_within_its_range(empty: Book, read: Read) -> None:
    amount = empty.at("amount", "99.1.1", "extent")
    amount.value = 5
    assert the_problem(read(empty))[1:] == (
        amount.coordinate,
        "points_out_of_range",
        "5",
        "workbook.expected.points top=4.5 unit=0.1",
    )
    amount.value = None
    empty.at("count", "99.1.1", "extent").value = 1
    assert the_problem(read(empty))[2] == "range_without_points"
    amount.value = 4.5
    assert read(empty).answers["99.1.1"] == ItemAnswer((ReportedRule("extent", 1, "4.5"),))


def test_an_unknown_mark_is_named_and_the_usual_ones_are_taken(empty: Book, read: Read) -> None:
    cell = empty.at("full", "1.1")
    for mark in ("√", "✓", "满分", "Yes", 1, True):
        cell.value = mark
        assert read(empty).answers == {"1.1": ItemAnswer(full=True)}
    cell.value = "×"
    assert the_problem(read(empty)) == (
        "1 目标",
        cell.coordinate,
        "unknown_mark",
        "×",
        "workbook.expected.mark",
    )


def test_a_cell_emptied_with_the_space_bar_is_empty(empty: Book, read: Read) -> None:
    empty.at("full", "1.1").value = " "
    empty.at("lost", "1.1").value = "　"
    empty.at("count", "99.1.1", "category").value = "  "
    reading = read(empty)
    assert reading.problems == ()
    assert reading.answers == {}


def test_not_applicable_excludes_deductions_and_full_marks(empty: Book, read: Read) -> None:
    reason = empty.at("not_applicable", "99.1.1")
    reason.value = "无此设备"
    empty.at("count", "99.1.1", "category").value = 1
    reading = read(empty)
    assert the_problem(reading)[1:4] == (
        reason.coordinate,
        "not_applicable_with_deductions",
        "无此设备",
    )
    assert reading.answers == {}
    empty.at("count", "99.1.1", "category").value = None
    empty.at("full", "99.1.1").value = "√"
    assert the_problem(read(empty))[2] == "not_applicable_with_deductions"


def test_full_marks_exclude_deductions(empty: Book, read: Read) -> None:
    full = empty.at("full", "99.1.1")
    full.value = "√"
    empty.at("count", "99.1.1", "share").value = 1
    assert the_problem(read(empty))[1:4] == (full.coordinate, "full_with_deductions", "√")


def test_a_free_deduction_needs_a_reason(empty: Book, read: Read) -> None:
    empty.at("lost", "1.1").value = 1
    reading = read(empty)
    assert the_problem(reading)[1:3] == (
        empty.at("reason", "1.1").coordinate,
        "lost_without_reason",
    )
    assert reading.answers == {"1.1": ItemAnswer(lost="1")}


def test_a_text_of_more_than_2000_characters_is_refused_with_its_length(
    empty: Book, read: Read
) -> None:
    empty.at("remark", "1.1").value = "长" * 2001
    reading = read(empty)
    assert the_problem(reading)[2:4] == ("text_too_long", "长" * 60 + "…")
    assert reading.problems[0].values["length"] == "2001"


def test_numbers_and_dates_in_text_cells_are_text(empty: Book, read: Read) -> None:
    empty.at("remark", "1.1").value = 12
    empty.at("remark", "1.2").value = 0.5
    empty.at("remark", "1.3").value = day(1, 3)
    assert {item: answer.remark for item, answer in read(empty).answers.items()} == {
        "1.1": "12",
        "1.2": "0.5",
        "1.3": "2025-03-01",
    }


def test_an_edited_item_or_rule_is_named_by_its_cell(empty: Book, read: Read) -> None:
    text = empty.at("text", "1.1")
    text.value = "随便写写"
    one = the_problem(read(empty))
    assert one[:4] == ("1 目标", text.coordinate, "text_changed", "随便写写")
    assert one[4].startswith("有安全生产目标管理制度")


@pytest.mark.parametrize(
    ("key", "rule", "wanted"),
    [
        ("points", "", "10"),
        ("effect", "category", "3"),
        ("effect", "gone", "10"),
    ],
)
def test_edited_points_are_named_by_their_cell(
    empty: Book, read: Read, key: str, rule: str, wanted: str
) -> None:
    cell = empty.at(key, "99.1.10", rule)
    cell.value = 99
    assert the_problem(read(empty)) == (
        "99 各类规则",
        cell.coordinate,
        "points_changed",
        "99",
        wanted,
    )


def test_a_rule_that_the_engine_applies_takes_no_entry(empty: Book, read: Read) -> None:
    cell = empty.at("count", "99.1.1", "used_up")
    cell.value = 1
    assert the_problem(read(empty))[1:4] == (cell.coordinate, "no_entry_here", "1")


def test_an_entry_in_the_wrong_row_of_an_item_is_not_lost_silently(empty: Book, read: Read) -> None:
    row = empty.at("text", "99.1.1").row
    sheet = empty.book["99 各类规则"]
    cell = sheet.cell(row, empty.columns(sheet)["count"])
    cell.value = 3
    assert the_problem(read(empty))[1:4] == (cell.coordinate, "no_entry_here", "3")


def test_inserted_rows_and_columns_do_no_harm(written: Callable[..., bytes], read: Read) -> None:
    answers = {
        "1.1": ItemAnswer(full=True),
        "99.1.10": ItemAnswer((ReportedRule("category", 2),), remark="备注"),
    }
    plain = {"1 目标": 7, "99 各类规则": 12}
    book = opened(written(answers))
    for title, before in plain.items():
        sheet = book.book[title]
        sheet.merged_cells.ranges.clear()
        sheet.insert_rows(before)
        sheet.insert_rows(1)
        sheet.insert_cols(3)
    reading = read(book)
    assert reading.problems == ()
    assert reading.answers == answers


def test_an_entry_in_an_inserted_row_is_reported(empty: Book, read: Read) -> None:
    sheet = empty.book["1 目标"]
    sheet.merged_cells.ranges.clear()
    sheet.insert_rows(7)
    cell = sheet.cell(7, empty.columns(sheet)["count"])
    cell.value = 1
    assert the_problem(read(empty))[:4] == ("1 目标", cell.coordinate, "row_without_id", "1")


def test_a_deleted_rule_row_is_missed_and_its_item_not_taken_over(
    written: Callable[..., bytes], read: Read
) -> None:
    reported = (ReportedRule("share", 2), ReportedRule("category", 1))
    book = opened(written({"99.1.1": ItemAnswer(reported)}))
    cell = book.at("count", "99.1.1", "category")
    cell.parent.delete_rows(cell.row)
    reading = read(book)
    assert the_problem(reading)[2] == "row_missing"
    assert reading.problems[0].values["row"] == "99.1.1 category"
    assert reading.answers == {}


def test_a_deleted_item_is_missed_once_not_once_per_rule(empty: Book, read: Read) -> None:
    first = empty.at("item", "99.1.1").row
    sheet = empty.book["99 各类规则"]
    sheet.merged_cells.ranges.clear()
    sheet.delete_rows(first, 6)
    assert the_problem(read(empty)) == ("99 各类规则", "", "row_missing", "-", "99.1.1")


def test_a_deleted_sheet_is_missed_once(empty: Book, read: Read) -> None:
    del empty.book["2 组织机构和职责"]
    assert the_problem(read(empty))[2:] == ("sheet_missing", "-", "2 组织机构和职责")


def copied_row(row: int, source: Any, target: Any) -> int:
    """Append a copy of a row to a sheet."""
    new = target.max_row + 1
    for cell in source[row]:
        target.cell(new, cell.column).value = cell.value
    return int(new)


def test_a_duplicated_row_is_named_with_the_place_of_the_first(empty: Book, read: Read) -> None:
    cell = empty.at("item", "99.1.1", "category")
    new = copied_row(cell.row, cell.parent, cell.parent)
    letter = get_column_letter(cell.column)
    assert the_problem(read(empty)) == (
        "99 各类规则",
        f"{letter}{new}",
        "row_twice",
        "99.1.1 category",
        f"99 各类规则!{cell.coordinate}",
    )


def test_a_copied_sheet_is_reported_row_by_row(empty: Book, read: Read) -> None:
    empty.book.copy_worksheet(empty.book["1 目标"])
    codes = {problem.message_code for problem in read(empty).problems}
    assert codes == {"sheet_unknown", "row_twice"}


def test_a_renamed_sheet_is_named_and_still_read(written: Callable[..., bytes], read: Read) -> None:
    book = opened(written({"1.1": ItemAnswer(full=True)}))
    book.book["1 目标"].title = "我的目标"
    reading = read(book)
    assert the_problem(reading)[2:4] == ("sheet_unknown", "我的目标")
    assert reading.answers == {"1.1": ItemAnswer(full=True)}


def test_an_unknown_item_or_rule_is_named(empty: Book, read: Read) -> None:
    cell = empty.at("item", "99.1.1", "category")
    new = copied_row(cell.row, cell.parent, cell.parent)
    cell.parent.cell(new, cell.column).value = "99.7.7"
    assert the_problem(read(empty))[2:] == (
        "row_unknown",
        "99.7.7 category",
        "industry-trade-general@2011",
    )
    cell.parent.cell(new, cell.column).value = "99.1.1"
    cell.parent.cell(new, cell.column + 1).value = "no_such_rule"
    assert the_problem(read(empty))[3] == "99.1.1 no_such_rule"


def test_a_row_moved_into_another_element_sheet_is_named(empty: Book, read: Read) -> None:
    cell = empty.at("item", "99.1.1", "category")
    target = empty.book["2 组织机构和职责"]
    new = copied_row(cell.row, cell.parent, target)
    cell.parent.delete_rows(cell.row)
    sheet, place, code, found, expected = the_problem(read(empty))
    assert (sheet, place[-len(str(new)) :], code) == (
        "2 组织机构和职责",
        str(new),
        "row_in_other_sheet",
    )
    assert (found, expected) == ("99.1.1 category", "99 各类规则")


def test_a_sheet_without_its_hidden_marks_is_named(empty: Book, read: Read) -> None:
    sheet = empty.book["1 目标"]
    sheet["F4"].value = None
    assert the_problem(read(empty))[:3] == ("1 目标", "", "columns_missing")
    assert read(empty).problems[0].values["expected"] == "workbook.column.count"


def test_a_sheet_that_somebody_has_added_is_left_alone(empty: Book, read: Read) -> None:
    empty.book.create_sheet("附注")["A1"].value = "=1+1"
    assert read(empty).problems == ()


@pytest.mark.parametrize(
    ("change", "code", "found"),
    [
        ({"id": "hazardous-chemicals"}, "other_scheme", "industry-trade-general"),
        ({"edition": "2026"}, "other_edition", "2011"),
    ],
)
def test_a_workbook_of_another_scheme_or_edition_is_one_problem_and_no_answers(
    written: Callable[..., bytes], scheme: Scheme, change: dict[str, str], code: str, found: str
) -> None:
    data = written({"1.1": ItemAnswer(full=True)})
    reading = read_scoring_workbook(data, replace(scheme, **change), say)
    assert the_problem(reading)[2:] == (code, found, *change.values())
    assert reading.answers == {}


def test_another_fingerprint_is_told_together_with_what_has_changed(
    written: Callable[..., bytes], scheme: Scheme
) -> None:
    first = scheme.elements[0]
    item = replace(first.items[0], points=first.items[0].points + 1)
    changed = replace(
        scheme,
        fingerprint="f" * 64,
        elements=(replace(first, items=(item, *first.items[1:])), *scheme.elements[1:]),
    )
    data = written({"1.2": ItemAnswer(full=True)})
    reading = read_scoring_workbook(data, changed, say)
    codes = [problem.message_code for problem in reading.problems]
    assert codes[0] == "other_fingerprint"
    assert set(codes[1:]) == {"points_changed"}
    assert reading.answers == {"1.2": ItemAnswer(full=True)}


def test_a_workbook_that_is_not_ours_is_refused(empty: Book, read: Read) -> None:
    del empty.book["_anbiao"]
    with pytest.raises(UnreadableFileError) as refused:
        read(empty)
    assert refused.value.code == "workbook_without_origin"


def test_a_layout_of_another_version_is_refused_with_both_versions(empty: Book, read: Read) -> None:
    empty.book["_anbiao"]["B1"].value = "7"
    with pytest.raises(UnreadableFileError) as refused:
        read(empty)
    assert refused.value.values == {"found": "7", "expected": "1"}


@pytest.mark.parametrize(
    "typed", ["2025-3-1", "2025/3/1", "2025.03.01", "2025年3月1日", day(1, 3, 8)]
)
def test_dates_of_the_cover_are_read_as_people_write_them(
    empty: Book, read: Read, typed: object
) -> None:
    empty.book["workbook.sheet.cover"]["C7"].value = typed
    reading = read(empty)
    assert reading.problems == ()
    assert str(reading.header.period_from) == "2025-03-01"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("三月", "not_a_date"),
        ("2025-02-31", "not_a_date"),
        ("=TODAY()", "formula"),
        (12, "not_a_date"),
    ],
)
def test_a_date_of_the_cover_that_is_none_is_named(
    empty: Book, read: Read, typed: object, code: str
) -> None:
    empty.book["workbook.sheet.cover"]["C7"].value = typed
    assert the_problem(read(empty))[:3] == ("workbook.sheet.cover", "C7", code)


def test_a_period_that_ends_before_it_begins_is_named(empty: Book, read: Read) -> None:
    cover = empty.book["workbook.sheet.cover"]
    cover["C7"].value, cover["C8"].value = "2025-03-01", "2025-02-01"
    assert the_problem(read(empty))[1:3] == ("C8", "period_reversed")


def test_a_missing_cover_is_a_problem_and_the_answers_are_read(
    written: Callable[..., bytes], read: Read
) -> None:
    book = opened(written({"1.1": ItemAnswer(full=True)}, SheetHeader(unit="某厂")))
    del book.book["workbook.sheet.cover"]
    reading = read(book)
    assert the_problem(reading)[2] == "cover_missing"
    assert reading.answers == {"1.1": ItemAnswer(full=True)}


def test_every_bad_cell_is_listed_not_the_first_and_good_items_remain(
    empty: Book, read: Read
) -> None:
    bad = {
        empty.at("count", "99.1.1", "category"): -1,
        empty.at("count", "99.1.1", "share"): "若干",
        empty.at("lost", "1.1"): 99,
        empty.at("full", "1.2"): "优",
    }
    for cell, value in bad.items():
        cell.value = value
    empty.at("full", "1.3").value = "√"
    reading = read(empty)
    assert {(problem.sheet, problem.cell) for problem in reading.problems} == {
        (cell.parent.title, cell.coordinate) for cell in bad
    }
    assert reading.answers == {"1.3": ItemAnswer(full=True)}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_words_of_the_catalogue_fit_the_workbook_and_its_problems(
    scheme: Scheme, language: str
) -> None:
    def words(key: str, **values: object) -> str:
        return str(i18n.translate(language, key, **values))

    answers = {
        "1.1": ItemAnswer(not_applicable=""),
        "99.1.1": ItemAnswer((ReportedRule("category", 2),), "0.5", "原因"),
    }
    file = write_scoring_workbook(scheme, SheetHeader(unit="某厂"), answers, words, language)
    book = opened(file)
    book.at("count", "99.1.10", "category").value = -1
    reading = read_scoring_workbook(book.saved(), scheme, words)
    assert reading.answers == answers
    missing, count = reading.problems
    assert missing.message_code == "not_applicable_without_reason"
    assert "-1" in count.text
    assert f"{count.sheet}!{count.cell}" in count.text
    assert "{" not in json.dumps([problem.text for problem in reading.problems])
