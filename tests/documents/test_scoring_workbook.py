"""The scoring workbook out, and back in without loss."""

import random
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from criteria import Item, Scheme
from criteria.rubric import rubric_of
from portal.documents.scoring_workbook import SheetHeader, write_scoring_workbook
from portal.documents.workbook_layout import element_titles
from portal.documents.workbook_reading import read_scoring_workbook
from portal.documents.workbook_style import Painter
from portal.documents.workbook_summary import LostPoints
from portal.domain.answers import ItemAnswer, ReportedRule, engine_answers
from scoring import ScoringError, grade
from scoring.rounding import plain

from .conftest import Answers, opened, saved_by_excel, say, small

HEADER = SheetHeader(
    "=某某机械有限公司",
    "91330226MA2XXXXXX5",
    date(2025, 1, 1),
    date(2025, 12, 31),
    "张三",
    "李四、王五\n赵六",
)
NASTY = (
    "=1+1",
    "+2",
    "-无",
    "@SUM(A1)",
    "\t制表",
    "\r\n回车",
    "'引号",
    "#REF!",
    "#N/A",
    "TRUE",
    "1",
    "1.50",
    "2025-03-01",
    " 两端有空格 ",
    "   ",
    "\n",
    "第一行\n第二行",
    "_x000B_",
    "x005F_",
    "_x005F_x000B_",
    "Word换行\x0b之后",
    "\x00\x1f",
    "\ud800",
    "😀 𠮷",
    "<b>&amp;</b>",
    "]]>",
    "）；，。！",
    "9" * 30,
    "长" * 2000,
)
SEARCH = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    # whole workbooks are slow to shrink; the example itself says enough
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
texts = st.sampled_from(NASTY) | st.text(max_size=30)


def by_rule(answers: Answers) -> dict[str, tuple[object, ...]]:
    """Answers for comparison: the order in which rules were ticked means nothing."""
    return {
        item: (
            frozenset(answer.deductions),
            answer.lost,
            answer.reason,
            answer.not_applicable,
            answer.full,
            answer.remark,
            answer.difference,
        )
        for item, answer in answers.items()
    }


@st.composite
def answer_of(draw: st.DrawFn, item: Item, unit: Fraction = Fraction(1, 10)) -> ItemAnswer:
    remark, difference = draw(texts), draw(st.just("") | texts)
    way = draw(st.sampled_from(["open", "full", "not_applicable", "deducted"]))
    if way == "open":
        return ItemAnswer(remark=remark, difference=difference, reason=draw(texts))
    if way == "full":
        return ItemAnswer(full=True, remark=remark, difference=difference)
    if way == "not_applicable":
        reason = draw(texts.filter(str.strip))
        return ItemAnswer(not_applicable=reason, remark=remark, difference=difference)
    reported = [rule for rule in item.rules if rule.trigger == "reported"]
    chosen = draw(st.lists(st.sampled_from(reported), unique=True, min_size=1))
    rows = []
    for rule in chosen:
        many = rule.kind in ("each", "per_percent", "range")
        count = draw(st.integers(1, 999 if rule.kind != "range" else 3)) if many else 1
        points = None
        if rule.kind == "range":
            points = plain(draw(st.integers(0, int((rule.points or 0) / unit))) * unit)
        rows.append(ReportedRule(rule.id, count, points))
    lost = (
        plain(draw(st.integers(1, int(item.points / unit))) * unit) if draw(st.booleans()) else ""
    )
    reason = draw(texts.filter(str.strip)) if lost else draw(texts)
    return ItemAnswer(tuple(rows), lost, reason, None, False, remark, difference)


@given(data=st.data())
@SEARCH
def test_what_was_written_is_read_back_whatever_it_was(scheme: Scheme, data: st.DataObject) -> None:
    answers = {}
    for item in scheme.items:
        answer = data.draw(answer_of(item))
        if answer != ItemAnswer():
            answers[item.id] = answer
    header = SheetHeader(
        unit=data.draw(texts),
        members=data.draw(texts),
        period_from=data.draw(st.none() | st.dates(date(2000, 1, 1))),
    )

    file = write_scoring_workbook(
        scheme, header, answers, say, data.draw(st.sampled_from(["zh", "en"]))
    )

    for form in (file, saved_by_excel(file)):
        reading = read_scoring_workbook(form, scheme, say)
        assert reading.problems == ()
        assert by_rule(reading.answers) == by_rule(answers)
        assert reading.header == header


def test_all_198_items_of_the_shipped_scheme_come_back(full_scheme: Scheme) -> None:
    chance = random.Random(198)  # noqa: S311 - a fixed example, not a secret
    answers = {item.id: _some_answer(item, chance) for item in full_scheme.items}
    file = write_scoring_workbook(full_scheme, HEADER, answers, say, "zh")
    reading = read_scoring_workbook(file, full_scheme, say)
    assert reading.problems == ()
    assert len(reading.answers) == 198
    assert by_rule(reading.answers) == by_rule(answers)
    assert reading.header == HEADER


def _some_answer(item: Item, chance: random.Random) -> ItemAnswer:
    text = chance.choice([one for one in NASTY if one.strip()])
    reported = [rule for rule in item.rules if rule.trigger == "reported"]
    chosen = chance.sample(reported, chance.randint(1, len(reported)))
    return chance.choice(
        [
            ItemAnswer(full=True, remark=text),
            ItemAnswer(not_applicable=text),
            ItemAnswer(lost=plain(item.points / 2), reason=text, difference=text),
            ItemAnswer(
                tuple(
                    ReportedRule(rule.id, chance.randint(1, 999) if rule.kind == "each" else 1)
                    for rule in chosen
                ),
                remark=text,
            ),
        ]
    )


def test_a_draft_whose_reasons_are_missing_comes_back_with_a_problem_each(
    written: Callable[..., bytes], read: Callable[..., Any]
) -> None:
    answers = {
        "1.1": ItemAnswer(not_applicable=""),
        "1.2": ItemAnswer(not_applicable="  "),
        "1.3": ItemAnswer(lost="1"),
    }
    reading = read(written(answers))
    assert reading.answers == answers
    assert [problem.message_code for problem in reading.problems] == [
        "not_applicable_without_reason",
        "not_applicable_without_reason",
        "lost_without_reason",
    ]


def test_points_typed_with_a_trailing_zero_keep_it(
    written: Callable[..., bytes], read: Callable[..., Any]
) -> None:
    answers = {"1.1": ItemAnswer(lost="1.50", reason="台账不全")}
    assert read(written(answers)).answers == answers


def test_an_empty_workbook_is_an_empty_answer(empty_file: bytes, read: Callable[..., Any]) -> None:
    reading = read(empty_file)
    assert reading.answers == {}
    assert reading.header == SheetHeader()
    assert reading.problems == ()


@pytest.fixture(scope="module")
def full_book(full_scheme: Scheme) -> Any:
    return opened(write_scoring_workbook(full_scheme, HEADER, {}, say, "zh"), quickly=True)


def test_there_is_a_sheet_for_every_element_between_cover_and_summary(
    full_scheme: Scheme, full_book: Any
) -> None:
    book = full_book.book
    assert book.sheetnames[0] == "workbook.sheet.cover"
    assert book.sheetnames[6] == "6 生产设备设施"
    assert len(book.sheetnames) == 17
    assert book.sheetnames[-3:] == [
        "workbook.sheet.summary",
        "workbook.sheet.deductions",
        "_anbiao",
    ]
    assert book["_anbiao"].sheet_state == "hidden"
    assert book["_anbiao"]["B4"].value == full_scheme.fingerprint


def test_sheet_titles_fit_excel_in_both_languages(full_scheme: Scheme) -> None:
    for language in ("zh", "en"):
        titles = list(element_titles(full_scheme, language).values())
        assert all(len(title) <= 31 for title in titles)
        assert len({title.lower() for title in titles}) == 13


def test_every_item_and_rule_stands_there_with_its_points(
    full_scheme: Scheme, full_book: Any
) -> None:
    book = full_book
    sheet = book.book["5 教育培训"]
    columns = book.columns(sheet)
    rows = [
        (
            row[columns["item"] - 1].value,
            row[columns["rule"] - 1].value or "",
            row[columns["text"] - 1].value,
        )
        for row in sheet.iter_rows(min_row=5)
    ]
    expected = []
    for item in full_scheme.elements[4].items:
        expected.append((item.id, "", item.text.zh))
        expected += [
            (item.id, rule.id, f"（{number}）{rule.text.zh}")
            for number, rule in enumerate(item.rules, start=1)
        ]
    assert rows == expected
    assert book.at("points", "5.1.3").value == 10


def test_text_that_looks_like_a_formula_is_text_in_every_sheet(
    written: Callable[..., bytes],
) -> None:
    evil = "=cmd|' /C calc'!A0"
    answers = {
        "1.1": ItemAnswer(lost="1", reason=evil, remark=evil, difference="@x"),
        "1.2": ItemAnswer(not_applicable="+1"),
    }
    book = opened(written(answers, SheetHeader(evil, "-1", None, None, evil, evil))).book
    formulas = [
        cell
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]
    assert all(cell.value.startswith("=IF(") for cell in formulas)
    copies = [
        cell
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.value == evil
    ]
    # three on the cover, reason and remark in the sheet, the reason once more in the list
    assert len(copies) == 6
    assert {cell.data_type for cell in copies} == {"s"}
    assert all(cell.quotePrefix for cell in copies)


def test_only_input_cells_are_unlocked_also_within_merged_areas(empty: Any) -> None:
    assert all(sheet.protection.sheet for sheet in empty.book.worksheets)
    assert all(not sheet.protection.password for sheet in empty.book.worksheets)
    assert empty.book.security.lockStructure
    sheet = empty.book["1 目标"]
    columns = empty.columns(sheet)
    open_columns = {
        key
        for key, column in columns.items()
        for row in sheet.iter_rows(min_row=5)
        if not row[column - 1].protection.locked
    }
    assert open_columns == {
        "count",
        "amount",
        "full",
        "not_applicable",
        "lost",
        "reason",
        "remark",
    } - {"amount"}
    merged = next(
        str(area) for area in sheet.merged_cells.ranges if area.min_col == columns["reason"]
    )
    assert {cell.protection.locked for row in sheet[merged] for cell in row} == {False}


def test_a_rule_that_the_engine_applies_is_shown_but_not_to_be_filled_in(empty: Any) -> None:
    assert empty.at("text", "99.1.1", "used_up").value == "（5）规则used_up"
    assert empty.at("count", "99.1.1", "used_up").protection.locked
    assert not empty.at("count", "99.1.1", "category").protection.locked


def test_excel_checks_counts_points_and_marks_while_they_are_typed(empty: Any) -> None:
    sheet = empty.book["99 各类规则"]

    def rule_at(cell: Any) -> Any:
        return next(
            rule for rule in sheet.data_validations.dataValidation if cell.coordinate in rule.sqref
        )

    many = rule_at(empty.at("count", "99.1.1", "category"))
    once = rule_at(empty.at("count", "99.1.1", "gone"))
    lost = rule_at(empty.at("lost", "99.1.10"))
    full = rule_at(empty.at("full", "99.1.1"))
    assert (many.type, many.formula1, many.formula2) == ("whole", "1", "999")
    assert (once.type, once.formula1, once.formula2) == ("whole", "1", "1")
    assert lost.type == "custom"
    assert "<=D5" in lost.formula1
    assert "*10/1" in lost.formula1
    assert (full.type, full.formula1) == ("list", '"√"')
    for rule in (many, once, lost, full):
        assert rule.showErrorMessage
        assert len(rule.prompt) <= 255
        assert len(rule.promptTitle) <= 32


def test_pages_are_a4_landscape_one_page_wide_with_the_header_on_each(empty: Any) -> None:
    sheet = empty.book["1 目标"]
    assert sheet.page_setup.orientation == "landscape"
    assert str(sheet.page_setup.paperSize) == "9"
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_rows == "$3:$3"
    assert sheet.freeze_panes == "C5"


def test_a_column_for_the_reviewers_difference_is_there_only_when_needed(
    written: Callable[..., bytes], empty: Any
) -> None:
    reviewed = opened(written({"1.1": ItemAnswer(full=True, difference="现场已整改")}))
    assert reviewed.at("difference", "1.1").value == "现场已整改"
    assert "difference" not in empty.columns(empty.book["1 目标"])


def test_the_summary_has_the_figures_of_the_engine(full_scheme: Scheme) -> None:
    answers = {item.id: ItemAnswer(full=True) for item in full_scheme.items}
    answers["1.1"] = ItemAnswer(not_applicable="无")
    answers["2.1.1"] = ItemAnswer(lost="0.5", reason="缺任命文件")
    # new cases of occupational disease: the whole sub-element 10.1 scores nothing
    answers["10.1.2"] = ItemAnswer((_first_zeroing(full_scheme, "10.1.2"),))
    file = write_scoring_workbook(full_scheme, HEADER, answers, say, "zh")
    rubric = rubric_of(full_scheme)
    result = grade(rubric, engine_answers(rubric, answers), {})
    rows = list(
        opened(file, quickly=True)
        .book["workbook.sheet.summary"]
        .iter_rows(min_row=4, values_only=True)
    )
    for row, element in zip(rows, result.elements, strict=False):
        assert row[2:6] == tuple(
            float(units * full_scheme.unit)
            for units in (element.points, element.not_applicable, element.deducted, element.earned)
        )
    assert rows[0][6] == "100.0%"
    assert rows[13][2:6] == (1000, 4, float(result.deducted) / 10, float(result.earned) / 10)
    assert rows[15][0] == f"workbook.summary.score score={float(result.score or 0):.1f} scale=100"
    assert rows[16][0] == "workbook.summary.grade grade=一级"


def _first_zeroing(scheme: Scheme, item_id: str) -> ReportedRule:
    item = next(item for item in scheme.items if item.id == item_id)
    return ReportedRule(next(rule.id for rule in item.rules if rule.zeroes == "sub_element"))


def test_an_element_with_open_items_shows_no_points_and_the_interval_is_named(
    written: Callable[..., bytes],
) -> None:
    book = opened(written({"1.1": ItemAnswer(full=True)})).book
    rows = list(book["workbook.sheet.summary"].iter_rows(min_row=4, values_only=True))
    assert rows[0][5:8] == ("—", "—", 4)
    assert rows[3][5] == "—"
    assert rows[5][0] == "workbook.summary.incomplete count=8 low=8.9 high=100.0"


def test_nothing_applicable_is_said_and_not_counted_as_zero(
    scheme: Scheme, written: Callable[..., bytes]
) -> None:
    book = opened(written({item.id: ItemAnswer(not_applicable="停产") for item in scheme.items}))
    rows = list(book.book["workbook.sheet.summary"].iter_rows(min_row=4, values_only=True))
    assert rows[0][6] == "—"
    assert rows[5][0] == "workbook.summary.not_assessable"


@given(data=st.data())
@SEARCH
def test_the_list_of_deductions_adds_up_to_the_summary(
    full_scheme: Scheme, data: st.DataObject
) -> None:
    few = small(full_scheme)
    answers = {item.id: data.draw(answer_of(item)) for item in few.items}
    rubric = rubric_of(few)
    result = grade(rubric, engine_answers(rubric, answers), {})
    lost = LostPoints(Painter(say, "zh"), few, engine_answers(rubric, answers), result)
    told = dict.fromkeys((element.id for element in few.elements), 0)
    for row in lost.rows():
        told[row.element.id] += row.units
    assert told == {element.id: element.deducted for element in result.elements}


def test_a_deduction_says_rule_count_and_that_no_more_could_be_taken(
    written: Callable[..., bytes],
) -> None:
    answers = {
        "99.1.1": ItemAnswer(
            (ReportedRule("share", 30), ReportedRule("category", 2)), "0.5", "另有油污"
        )
    }
    sheet = opened(written(answers)).book["workbook.sheet.deductions"]
    rows = list(sheet.iter_rows(min_row=4, values_only=True))
    place = "99 各类规则 / 99.1 各类规则"
    times = "workbook.deductions.times reason=规则"
    assert [row[:5] for row in rows[:4]] == [
        (
            1,
            place,
            "99.1.1",
            10,
            f"workbook.deductions.capped reason={times}share count=30 asked=15",
        ),
        (2, place, "99.1.1", 6, f"{times}category count=2"),
        (3, place, "99.1.1", 0, "workbook.deductions.capped reason=另有油污 asked=0.5"),
        (4, place, "99.1.1", 2, "规则used_up"),
    ]
    assert rows[4][3] == 18
    assert rows[0][5:8] == (None, None, None)


def test_an_answer_that_the_edition_does_not_have_is_refused(scheme: Scheme) -> None:
    with pytest.raises(ScoringError, match="unknown item"):
        write_scoring_workbook(scheme, HEADER, {"7.9.9": ItemAnswer(full=True)}, say, "zh")
