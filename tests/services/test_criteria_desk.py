"""The criteria desk: a province's workbook becomes a draft, is looked at, compared, published."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook

from criteria import CriteriaError, Library
from criteria.library import CATALOG
from portal.errors import InvalidValueError, UnreadableFileError
from portal.services import assessments, criteria_browser, criteria_desk, schemes
from portal.services.context import install
from tests.conftest import YEAR, Installation

HEAD = ("一级要素", "二级要素", "编号", "考评内容", "标准分值", "考评办法")
ROWS = (
    (
        "1 目标",
        "1.1 目标",
        "1.1.1",
        "制定年度安全生产目标。",
        20,
        "无年度目标的，不得分；每缺1个部门扣2分。",
    ),
    ("", "", "1.1.2", "每季度检查目标完成情况。", 20, "未检查的，每次扣5分。"),
    ("2 现场", "2.1 设备", "2.1.1", "机械防护装置齐全有效。", 60, "缺防护的，每处扣4分。"),
)
WISH = criteria_desk.Wish("cq-machinery", "2026", ladder="90,75,60", title="某市机械企业评分表")


def book(*rows: tuple[object, ...], total: int | None = 100) -> bytes:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in (HEAD, *(rows or ROWS)):
        sheet.append(list(row))
    if total is not None:
        sheet.append(["合计", None, None, None, total, None])
    out = BytesIO()
    workbook.save(out)
    return out.getvalue()


@pytest.fixture
def desk(small: Installation, tmp_path: Path) -> Installation:
    """An installation with a folder for criteria of its own."""
    context = replace(small.context, library=Library(CATALOG, tmp_path / "own"))
    install(context)
    return replace(small, context=context)


def test_a_workbook_is_looked_at_before_anything_is_kept(desk: Installation) -> None:
    reading = criteria_desk.check(desk["administrator"], book(), WISH, "zh")
    assert [(title, points, items) for title, points, items in reading.elements] == [
        ("1 目标", "40", 2),
        ("2 现场", "60", 1),
    ]
    assert (reading.total, reading.errors, len(reading.items)) == ("100", 0, 3)
    (sheet,) = reading.sheets
    assert sheet.columns["points"] == 5
    assert dict(sheet.options)[4] == "D 考评内容"
    own = desk.context.library.own
    assert own is not None
    assert not own.exists()


def test_what_is_wrong_is_named_with_its_cell_and_keeps_the_file_out(desk: Installation) -> None:
    admin, data = desk["administrator"], book(total=101)
    reading = criteria_desk.check(admin, data, WISH, "zh")
    assert reading.errors == 1
    (line,) = [line for line in reading.findings if line.is_error]
    assert line.place.endswith("!E5")
    assert "101" in line.text
    assert "100" in line.text
    with pytest.raises(InvalidValueError, match="standard_has_errors"):
        criteria_desk.take_over(admin, data, WISH)
    own = desk.context.library.own
    assert own is not None
    assert not (own / "cq-machinery").exists()


def test_a_column_that_was_guessed_wrong_can_be_corrected(desk: Installation) -> None:
    admin = desk["administrator"]
    swapped = [(*row[:3], row[5], row[4], row[3]) for row in ROWS]
    data = book(*swapped)
    sheet = criteria_desk.check(admin, data, WISH, "zh").sheets[0]
    columns = criteria_desk.corrected(
        sheet, {**sheet.columns, "content": 6, "method": 4}, used=True
    )
    wish = criteria_desk.with_columns(WISH, {sheet.title: columns})
    reading = criteria_desk.check(admin, data, wish, "zh")
    assert [text for _, text, _, _ in reading.items] == [row[3] for row in ROWS]


def test_a_kept_workbook_is_a_draft_that_nobody_can_score_by_until_it_is_published(
    desk: Installation,
) -> None:
    admin, manager = desk["administrator"], desk["a-manager"]
    key = criteria_desk.take_over(admin, book(), WISH)
    (line,) = [line for line in criteria_desk.editions(admin, "zh") if line.own]
    assert (line.key, line.state, line.rows) == (key, "draft", 3)
    assert "cq-machinery" not in schemes.enterprise_schemes("zh")
    criteria_desk.publish(admin, key)
    (line,) = [line for line in criteria_desk.editions(admin, "zh") if line.own]
    assert line.state == "published"
    assert schemes.enterprise_schemes("zh")["cq-machinery"] == "某市机械企业评分表"
    draft = assessments.open_self_assessment(manager, "cq-machinery", YEAR)
    desk.fill(manager, draft)
    sealed = desk.submit(manager, draft)
    assert (sealed.grade, sealed.score) == ("1", "100.0")


def test_an_imported_edition_is_found_by_the_search_at_once(desk: Installation) -> None:
    assert criteria_browser.search("机械防护装置齐全有效", "zh") == []
    key = criteria_desk.take_over(desk["administrator"], book(), WISH)
    assert [hit.key for hit in criteria_browser.search("机械防护装置齐全有效", "zh")] == [key]


def test_the_desk_leaves_a_trace_in_the_log(desk: Installation) -> None:
    admin = desk["administrator"]
    key = criteria_desk.take_over(admin, book(), WISH)
    criteria_desk.publish(admin, key)
    rows = desk.db.rows(
        "select action, subject from audit where action like 'criteria.%' order by seq"
    )
    assert [(row["action"], row["subject"]) for row in rows] == [
        ("criteria.import", key),
        ("criteria.publish", key),
    ]


def test_an_edition_is_neither_written_over_nor_published_twice(desk: Installation) -> None:
    admin = desk["administrator"]
    key = criteria_desk.take_over(admin, book(), WISH)
    with pytest.raises(InvalidValueError, match="edition_exists"):
        criteria_desk.take_over(admin, book(), WISH)
    with pytest.raises(InvalidValueError, match="edition_exists"):
        criteria_desk.check(admin, book(), WISH, "zh")
    criteria_desk.publish(admin, key)
    with pytest.raises(CriteriaError, match="published before"):
        criteria_desk.publish(admin, key)


def test_an_exported_edition_comes_in_again_the_same(desk: Installation) -> None:
    admin = desk["administrator"]
    data = criteria_desk.export(admin, "hotel@2013", "zh")
    key = criteria_desk.take_over(admin, data, criteria_desk.Wish("hotel-own", "2026"))
    assert criteria_desk.changes(admin, "hotel@2013", "hotel@2013") == []
    differing = {line.part for line in criteria_desk.changes(admin, "hotel@2013", key)}
    assert differing <= {"head"}


@pytest.mark.parametrize("data", [b"", b"no workbook", b"PK\x03\x04broken"])
def test_what_is_no_workbook_is_refused(desk: Installation, data: bytes) -> None:
    with pytest.raises(UnreadableFileError):
        criteria_desk.check(desk["administrator"], data, WISH, "zh")


@pytest.mark.parametrize(
    "wish", [replace(WISH, scheme="../x"), replace(WISH, edition="a b"), replace(WISH, ladder="x")]
)
def test_a_wish_that_cannot_be_fulfilled_is_named(
    desk: Installation, wish: criteria_desk.Wish
) -> None:
    with pytest.raises(InvalidValueError):
        criteria_desk.check(desk["administrator"], book(), wish, "zh")
