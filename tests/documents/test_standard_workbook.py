"""The workbook of a standard: out, changed, and in again."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from criteria import Scheme, Text, default_library
from criteria.model import CHINESE
from portal import i18n
from portal.documents.scoring_workbook import SheetHeader, write_scoring_workbook
from portal.documents.standard_reading import LIMITS
from portal.documents.standard_values import Finding, Findings
from portal.documents.standard_workbook import write_standard_workbook
from portal.documents.standard_workbook_reading import is_exported, read_exported
from portal.documents.workbook_grid import read_grids
from portal.errors import InvalidValueError, UnreadableFileError
from tests.documents.conftest import say as plain_say

SCORED = [scheme for scheme in default_library().schemes() if not scheme.hazards]
LISTS = [scheme for scheme in default_library().schemes() if scheme.hazards]


def written(scheme: Scheme, lang: str = "zh") -> bytes:
    return write_standard_workbook(scheme, partial(i18n.translate, lang), lang)


def read(data: bytes) -> tuple[Scheme | None, list[Finding]]:
    grids = read_grids(data, LIMITS)
    assert is_exported(grids)
    findings = Findings()
    return read_exported(grids, findings).scheme, findings.found


def same(scheme: Scheme, other: Scheme | None) -> bool:
    return other is not None and replace(other, fingerprint=scheme.fingerprint) == scheme


@pytest.fixture(scope="module")
def general() -> Scheme:
    return default_library().find("industry-trade-general")


Change = Callable[[Any], None]


@pytest.fixture(scope="module")
def edited(general: Scheme) -> Callable[[Change], tuple[Scheme | None, list[Finding]]]:
    data = written(general)

    def edit(change: Change) -> tuple[Scheme | None, list[Finding]]:
        book = load_workbook(BytesIO(data))
        change(book)
        out = BytesIO()
        book.save(out)
        return read(out.getvalue())

    return edit


@pytest.mark.parametrize("scheme", SCORED, ids=lambda scheme: scheme.key)
def test_export_and_import_lose_nothing(scheme: Scheme) -> None:
    again, findings = read(written(scheme))
    assert findings == []
    assert same(scheme, again)


def test_the_language_of_the_headings_does_not_matter(general: Scheme) -> None:
    assert same(general, read(written(general, "en"))[0])


def test_a_chinese_only_edition_with_method_and_odd_texts(general: Scheme) -> None:
    first = general.elements[0]
    odd = ["=1+1", "-5", "@x", "'y", "第一行\n第二行", "a_x000D_b", "一\\n二"]
    items = tuple(
        replace(
            item,
            text=Text(text, text),
            method=Text(f"+{text}", f"+{text}"),
            evidence=(Text(text, text), Text("=2", "=2")),
            rules=tuple(replace(r, text=Text(r.text.zh, r.text.zh)) for r in item.rules),
        )
        for item, text in zip(first.items, odd, strict=False)
    )
    scheme = replace(general, languages=CHINESE, elements=(replace(first, items=items),))
    again, findings = read(written(scheme))
    assert findings == []
    assert same(scheme, again)


def test_no_text_of_a_standard_can_run_in_a_spreadsheet(general: Scheme) -> None:
    first = general.elements[0]
    bad = Text('=HYPERLINK("http://x")', "@SUM(1)")
    item = replace(first.items[0], text=bad, evidence=(bad,))
    scheme = replace(
        general, title=bad, elements=(replace(first, title=bad, items=(item, *first.items[1:])),)
    )
    book = load_workbook(BytesIO(written(scheme)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    dangerous = [c for c in cells if isinstance(c.value, str) and c.value[:1] in "=+-@'"]
    assert len(dangerous) >= 8
    assert all(cell.quotePrefix for cell in dangerous)


def test_the_first_sheet_has_the_usual_layout(general: Scheme) -> None:
    sheet = load_workbook(BytesIO(written(general))).worksheets[0]
    head = [cell.value for cell in sheet[3]][:8]
    assert head == [
        *("编号", "考评类目", "考评项目", "考评内容", "内容（英文）", "标准分值"),
        *("扣分规则（查看）", "考评办法"),
    ]
    first = [cell.value for cell in sheet[5]]
    assert first[:3] == ["1.1", "目标", None]
    assert first[5] == 4
    assert "本项不得分" in first[6]


def test_a_list_of_hazards_is_refused() -> None:
    for scheme in LISTS[:1]:
        with pytest.raises(InvalidValueError) as caught:
            written(scheme)
        assert caught.value.code == "no_scored_rows"


# ------------------------------------------------------------------ edits


def column(sheet: Any, mark: str) -> int:
    return next(c.column for c in sheet[4] if c.value == f"anbiao:{mark}")


def put(sheet_name: str, row: int, mark: str, value: object) -> Change:
    def change(book: Any) -> None:
        sheet = book[sheet_name]
        sheet.cell(row, column(sheet, mark)).value = value

    return change


def test_edits_are_honoured(
    general: Scheme, edited: Callable[[Change], tuple[Scheme | None, list[Finding]]]
) -> None:
    def change(book: Any) -> None:
        put("条款", 5, "item.text.zh", "改过的内容")(book)
        put("条款", 5, "item.method.zh", "办法")(book)
        put("条款", 5, "item.method.en", "method")(book)
        put("条款", 5, "item.may_be_absent", False)(book)
        put("条款", 5, "item.evidence.zh", "甲\n乙")(book)
        put("条款", 5, "item.evidence.en", "one\ntwo")(book)
        put("扣分规则", 7, "deduction.points", 1.5)(book)
        put("等级标准", 5, "ladder.threshold", "92")(book)
        put("等级标准", 5, "ladder.grade", 1)(book)
        book["扣分规则"].delete_rows(8)
        book["条款"].title = "改名"
        book["要素"].move_range("A3:A40", cols=20)

    scheme, findings = edited(change)
    # the column that repeats the rules no longer fits; it says so and where to change them
    assert [row.code for row in findings] == ["shown_rules"]
    assert scheme is not None
    item, old = scheme.items[0], general.items[0]
    assert item.text.zh == "改过的内容"
    assert item.method == Text("办法", "method")
    assert not item.may_be_absent
    assert item.evidence == (Text("甲", "one"), Text("乙", "two"))
    assert [rule.points for rule in item.rules] == [None, None, Fraction("1.5")]
    assert len(old.rules) == 4
    assert (scheme.ladder[0].grade, scheme.ladder[0].threshold) == ("1", 92)
    assert scheme.elements[1:] == general.elements[1:]


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        (put("条款", 5, "item.points", "四"), "no_number", "条款!F5"),
        (put("条款", 5, "item.points", "1e999999999"), "no_number", "条款!F5"),
        (put("条款", 5, "item.points", "=2+2"), "formula", "条款!F5"),
        (put("条款", 5, "item.may_be_absent", "也许"), "no_flag", "条款!O5"),
        (put("条款", 5, "item.element", "99"), "element_unknown", "条款!L5"),
        (put("扣分规则", 5, "deduction.item", "9.9"), "item_unknown", "扣分规则!A5"),
        (put("扣分规则", 5, "deduction.kind", "twice"), "format", "扣分规则!C5"),
        (put("条款", 5, "item.text.zh", None), "format", "条款!D5"),
        (put("等级标准", 5, "ladder.comparator", "=>"), "format", "等级标准!D5"),
        (put("要素", 5, "element.points", None), "format", "要素!D5"),
    ],
)
def test_a_wrong_edit_is_named_with_its_cell(
    edited: Callable[[Change], tuple[Scheme | None, list[Finding]]],
    change: Change,
    code: str,
    place: str,
) -> None:
    _, findings = edited(change)
    assert (code, place) in [(row.code, row.place) for row in findings if row.is_error]
    for row in findings:
        assert "{" not in row.text(partial(i18n.translate, "en"))


def test_a_column_that_only_shows_something_says_where_to_change_it(
    edited: Callable[[Change], tuple[Scheme | None, list[Finding]]], general: Scheme
) -> None:
    scheme, findings = edited(put("条款", 5, "item.element_title", "新目标"))
    assert [(r.code, r.place, r.severity) for r in findings] == [
        ("shown_element_title", "条款!B5", "warning")
    ]
    assert same(general, scheme)


def test_a_workbook_of_answers_or_of_a_later_layout_is_refused(general: Scheme) -> None:
    answers = write_scoring_workbook(general, SheetHeader(), {}, plain_say, "zh")
    with pytest.raises(UnreadableFileError, match="workbook_of_answers"):
        is_exported(read_grids(answers, LIMITS))
    book = load_workbook(BytesIO(written(general)))
    book["_anbiao"]["B1"] = "2"
    out = BytesIO()
    book.save(out)
    with pytest.raises(UnreadableFileError, match="workbook_format_unknown"):
        is_exported(read_grids(out.getvalue(), LIMITS))
