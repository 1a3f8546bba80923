"""Scoring workbooks of provinces with all that real ones have, and each fault named at its cell."""

import string
from collections.abc import Iterable, Sequence
from datetime import datetime
from fractions import Fraction
from functools import partial
from typing import Any

import pytest

from criteria.model import Element, LadderRung, PartMinimum, Shape, Source, StarShare, Text
from portal import i18n
from portal.documents.standard_deductions import read_rules
from portal.documents.standard_reading import LIMITS, read_standard, read_standard_grids
from portal.documents.standard_values import Finding, SheetColumns, StandardReading
from portal.documents.workbook_grid import read_grids
from portal.documents.workbook_safety import Limits
from portal.errors import UnreadableFileError
from tests.documents.standard_books import HEAD, NUMBERED, a_pattern, workbook

Rows = Iterable[Sequence[Any]]

USUAL: list[Sequence[Any]] = [
    ["某省工贸企业安全生产标准化评分细则（满分50分）"],
    ["单位：", "", "", "日期："],
    HEAD,
    ["一、目标（20分）", "", "有目标管理制度。", 4, "无该项制度的，不得分；每少一个环节扣1分。"],
    ["", "", "制定年度目标。", "6分", "未制定不得分；未发布扣2分"],
    ["", "", "并分解到部门。", "", "未分解的，每处扣1分，扣完为止。"],
    ["", "", "监测、考核。", "10.0", "每低1%扣1分"],
    ["小计", "", "", 20],
    HEAD,
    ["二、组织机构（30分）", "2.1 机构（10分）", "设安全管理机构。", 10, "未设置不得分"],
    ["", "2.2 职责（20分）", "建立责任制。", 15.5, "一人未履职扣2分"],
    ["", "", "职责考核。", 4.5, "每次扣2分"],
    ["", "小计", "", 20],
    ["合计", "", "", 50],
    ["注：空项不计分。"],
]


def read(sheets: dict[str, Rows] | Rows, **options: Any) -> StandardReading:
    pattern = options.pop("pattern", None) or a_pattern()
    columns = options.pop("columns", None)
    book = sheets if isinstance(sheets, dict) else {"评分细则": sheets}
    return read_standard(workbook(book, **options), pattern, columns)


def changed(rows: Rows, cells: dict[str, Any]) -> list[list[Any]]:
    """The rows with other values in some cells."""
    copy = [list(row) for row in rows]
    for cell, value in cells.items():
        row, column = int(cell[1:]) - 1, string.ascii_uppercase.index(cell[0])
        copy[row] += [""] * (column + 1 - len(copy[row]))
        copy[row][column] = value
    return copy


def named(reading: StandardReading, code: str) -> list[Finding]:
    return [finding for finding in reading.findings if finding.code == code]


def items(reading: StandardReading) -> list[tuple[str, str | None, str]]:
    return [(row.id, row.sub_element, row.text.zh) for row in reading.scheme.items]


# ------------------------------------------------------------------ what real files look like


def test_a_usual_scoring_table_is_read_whole() -> None:
    reading = read(USUAL, merged={"评分细则": ["A1:H1", "A4:A7", "A10:A12", "B11:B12"]})
    assert reading.errors == ()
    assert [row.code for row in reading.warnings] == ["evidence_default"]
    scheme = reading.scheme
    assert scheme.title.zh == "某省工贸企业安全生产标准化评分细则"
    assert [(e.id, e.title.zh, e.points) for e in scheme.elements] == [
        ("1", "目标", 20),
        ("2", "组织机构", 30),
    ]
    assert [(s.id, s.title.zh, s.points) for s in scheme.elements[1].sub_elements] == [
        ("2.1", "机构", 10),
        ("2.2", "职责", 20),
    ]
    assert items(reading) == [
        ("1.1", None, "有目标管理制度。"),
        ("1.2", None, "制定年度目标。\n并分解到部门。"),
        ("1.3", None, "监测、考核。"),
        ("2.1.1", "2.1", "设安全管理机构。"),
        ("2.2.1", "2.2", "建立责任制。"),
        ("2.2.2", "2.2", "职责考核。"),
    ]
    second = scheme.items[1]
    assert second.points == 6
    assert second.method == Text(
        *["未制定不得分；未发布扣2分\n未分解的，每处扣1分，扣完为止。"] * 2
    )
    assert [(r.id, r.kind, r.points) for r in second.rules] == [
        ("r1", "whole", None),
        ("r2", "once", 2),
        ("r3", "each", 1),
    ]
    assert (scheme.total, scheme.languages, scheme.unit) == (50, ("zh",), Fraction(1, 10))
    assert [(row.row, row.kind) for row in reading.rows if row.kind != "item"] == [
        (1, "title"),
        (2, "title"),
        (6, "continuation"),
        (8, "subtotal"),
        (9, "heading"),
        (13, "subtotal"),
        (14, "sum"),
        (15, "note"),
    ]


def test_the_numbers_of_a_standard_become_the_ids() -> None:
    rows = [
        ["附件2 评分表"],
        NUMBERED[:6],
        ["1", "目标（10分）"],
        ["1.1", "", "", "制定目标", 5, "扣1分/处"],
        ["1.10", "", "", "考核目标", 5, "不得分"],
        ["2", "机构和职责"],
        ["2.1", "", "机构（8分）"],
        ["2-1-1", "", "", "设机构", 8, "未设不得分"],
        ["2.2", "", "职责", "", 12],
        ["2.2.1", "", "", "责任制", 12],
        ["总计", "", "", "", 30],
    ]
    reading = read(rows)
    assert reading.errors == ()
    assert [name for name, _, _ in items(reading)] == ["1.1", "1.10", "2.1.1", "2.2.1"]
    assert [e.points for e in reading.scheme.elements] == [10, 20]
    assert [s.id for s in reading.scheme.elements[1].sub_elements] == ["2.1", "2.2"]


def test_chinese_numbering_makes_elements_and_sub_elements() -> None:
    rows = [
        ("序号", "考评内容", "分值", "评分标准"),
        ("一", "安全目标（10分）"),
        ("（一）", "目标"),
        ("（1）", "制定目标", 4, "不得分"),
        ("（2）", "考核目标", 6, "不得分"),
        ("第二章", "机构"),
        ("（一）", "机构设置"),
        ("（1）", "设机构", 5, "不得分"),
        ("（二）", "职责"),
        ("（1）", "建立责任制", 5, "不得分"),
    ]
    reading = read(rows)
    assert reading.errors == ()
    assert [e.title.zh for e in reading.scheme.elements] == ["安全目标", "机构"]
    assert [name for name, _, _ in items(reading)] == ["1.1.1", "1.1.2", "2.1.1", "2.2.1"]


def test_a_sheet_for_each_element_and_a_cover() -> None:
    head = ("序号", "考评内容", "标准分", "评分标准")
    reading = read(
        {
            "封面": [["某某企业"]],
            "1目标": [head, (1, "甲", 5, "不得分"), (2, "乙", 5, ""), ("合计", "", 10)],
            "2机构和职责": [head, (1, "丙", 5, ""), (2, "丁", 7, ""), ("合计", "", 12)],
        }
    )
    assert reading.errors == ()
    assert [(row.sheet, row.code) for row in reading.warnings[:1]] == [("封面", "sheet_left_out")]
    assert [(e.id, e.title.zh, e.points) for e in reading.scheme.elements] == [
        ("1", "目标", 10),
        ("2", "机构和职责", 12),
    ]
    assert [name for name, _, _ in items(reading)] == ["1.1", "1.2", "2.1", "2.2"]


def test_a_table_that_goes_on_in_the_next_sheet_without_heading() -> None:
    reading = read(
        {
            "Sheet1": [HEAD, ("目标", "", "甲", 5, "不得分"), ("", "", "乙", 5, "")],
            "Sheet2": [("", "", "丙", 3, ""), ("机构", "", "丁", 7, ""), ("合计", "", "", 20)],
        }
    )
    assert reading.errors == ()
    assert [(e.title.zh, e.points) for e in reading.scheme.elements] == [("目标", 13), ("机构", 7)]
    assert [row.place for row in named(reading, "heading_as_before")] == ["Sheet2!A1"]


def test_a_number_for_a_group_of_rows_is_no_number_of_each() -> None:
    rows = [
        ("编号", "考评类目", "考评内容", "标准分", "考评办法"),
        ("1.1", "目标", "甲", 5, ""),
        ("", "", "乙", 5, ""),
        ("", "", "丙", 5, ""),
    ]
    reading = read(rows)
    assert reading.errors == ()
    assert [name for name, _, _ in items(reading)] == ["1.1", "1.2", "1.3"]


def test_numbers_before_the_text_count_where_there_is_no_column_for_them() -> None:
    rows = [
        ("要素", "达标标准", "标准分值", "评分方式", "佐证材料"),
        ("1 目标", "1.1 制定目标。", 5, "不得分", "1.制度文件\n2.发放记录；考核表"),
        ("", "1.2 考核目标。", 5, "", ""),
    ]
    reading = read(rows)
    assert items(reading) == [("1.1", None, "制定目标。"), ("1.2", None, "考核目标。")]
    assert [text.zh for text in reading.scheme.items[0].evidence] == [
        "制度文件",
        "发放记录",
        "考核表",
    ]


def test_names_of_columns_with_brackets_spaces_and_two_rows() -> None:
    rows = [
        ("类 目", "考评\n项目", "考评内容及要求", "评分", "", "自评得分"),
        ("", "", "", "标准分值（分）", "评分办法", ""),
        ("目标", "", "甲", 5, "不得分", 3),
    ]
    reading = read(rows)
    assert reading.errors == ()
    (columns,) = reading.columns
    assert (columns.head_row, dict(columns.columns)) == (
        2,
        {"element": 1, "sub_element": 2, "content": 3, "points": 4, "method": 5},
    )


def test_titles_broken_to_fit_a_narrow_column_are_joined() -> None:
    rows = [
        HEAD,
        ("一、\n目\n标\n（5分）", "1.1 制度与\n考核", "甲", 5, ""),
        ("二、机构", "", "乙", 5, ""),
        ("", "二级安\n全机构", "丙", 5, ""),
    ]
    reading = read(rows)
    assert reading.errors == ()
    assert [e.title.zh for e in reading.scheme.elements] == ["目标", "机构"]
    subs = [sub.title.zh for e in reading.scheme.elements for sub in e.sub_elements]
    assert subs == ["制度与考核", "二级安全机构"]


def test_content_merged_over_scored_rows_is_the_same_as_above() -> None:
    rows = [HEAD, ("目标", "", "甲", 5, "不得分"), ("", "", "", 3, "每处扣1分")]
    reading = read(rows, merged={"评分细则": ["C2:C3"]})
    assert reading.errors == ()
    assert items(reading) == [("1.1", None, "甲"), ("1.2", None, "甲")]
    assert [row.place for row in named(reading, "content_as_above")] == ["评分细则!C3"]


def test_stars_are_read_where_the_frame_asks_for_them() -> None:
    source = Source("rules", "一", "derived", verified=False)
    shape = Shape(stars=(StarShare("1", ("1", "2"), Fraction(100), source),))
    rows = [
        ("类目", "考评内容", "分值", "星级"),
        ("目标", "★★甲", 5, ""),
        ("", "乙", 5, "★"),
        ("", "丙", 5, ""),
    ]
    reading = read(rows, pattern=a_pattern(shape=shape))
    assert [item.star for item in reading.scheme.items] == ["2", "1", ""]
    unmarked = read(
        [row[:3] for row in rows[:1]] + [("目标", "甲", 5)], pattern=a_pattern(shape=shape)
    )
    assert unmarked.scheme.shape.stars == ()
    assert named(unmarked, "stars_unused")


# ------------------------------------------------------------------ corrected by a person


def test_columns_can_be_corrected_and_the_file_read_again() -> None:
    rows = [("甲栏", "乙栏", "丙栏"), ("目标", "制定目标", 5), ("", "考核目标", 5)]
    data = workbook({"表": rows, "说明": [("无",)]})
    first = read_standard(data, a_pattern())
    assert [row.code for row in first.errors] == ["no_heading"]
    assert first.scheme.items == ()
    columns = {"表": SheetColumns("表", 1, {"element": 1, "content": 2, "points": 3})}
    again = read_standard_grids(read_grids(data, LIMITS), a_pattern(), columns)
    assert again.errors == ()
    assert [text for _, _, text in items(again)] == ["制定目标", "考核目标"]


def test_a_sheet_can_be_left_out_and_a_column_forgotten() -> None:
    book = {"一": [HEAD, ("目标", "", "甲", 5, "")], "二": [HEAD, ("机构", "", "乙", 5, "")]}
    left = read(book, columns={"二": SheetColumns("二", 1, {}, used=False)})
    assert [text for _, _, text in items(left)] == ["甲"]
    assert [row.place for row in named(left, "sheet_not_wanted")] == ["二!A1"]
    wrong = read(book, columns={"二": SheetColumns("二", 1, {"content": 3})})
    assert [(row.place, row.code) for row in wrong.errors] == [("二!A1", "column_missing_points")]


# ------------------------------------------------------------------ faults, each with its place


@pytest.mark.parametrize(
    ("cells", "code", "places"),
    [
        # 4 + 6 + 8 are not 20: the title and the row that adds up both say so
        ({"D7": 8}, "sum_element", ["A4", "D8"]),
        ({"D12": 5}, "sum_sub_element", ["B11", "D13"]),
        ({"B10": "2.1 机构（11分）"}, "sum_sub_element", ["B10"]),
        ({"D14": 51}, "sum_total", ["D14"]),
        ({"A1": "评分细则（满分1000分）"}, "sum_total", ["A1"]),
        ({"D5": -6}, "points_negative", ["D5"]),
        ({"D5": 0}, "points_zero", ["D5"]),
        ({"D5": "六分"}, "points_no_number", ["D5"]),
        ({"D5": "=2+4"}, "formula", ["D5"]),
        ({"C5": "=A1"}, "formula", ["C5"]),
        ({"D5": "#DIV/0!"}, "error_value", ["D5"]),
        ({"C4": "", "D4": 4}, "content_missing", ["C4"]),
    ],
)
def test_a_fault_in_a_cell_is_an_error_at_its_place(
    cells: dict[str, Any], code: str, places: list[str]
) -> None:
    reading = read(changed(USUAL, cells))
    assert [row.place for row in named(reading, code)] == [f"评分细则!{cell}" for cell in places]
    assert {row.severity for row in named(reading, code)} == {"error"}


@pytest.mark.parametrize(
    ("cells", "code", "place"),
    [
        ({"D8": "=SUM(D4:D7)"}, "sum_unreadable", "D8"),
        ({"A7": "目 标"}, "two_spellings", "A7"),
        ({"A10": "组识机构", "A11": "组织机构"}, "similar_names", "A11"),
        ({"D4": 1, "E4": "扣5分"}, "rule_above_item", "E4"),
        ({"I3": "分值", "I4": 3}, "column_twice", "I3"),
        ({"C3": "考评内容", "C4": "甲"}, "evidence_default", "C4"),
    ],
)
def test_what_is_doubtful_is_a_warning_at_its_place(
    cells: dict[str, Any], code: str, place: str
) -> None:
    reading = read(changed(USUAL, cells))
    assert [(row.place, row.severity) for row in named(reading, code)] == [
        (f"评分细则!{place}", "warning")
    ]


def test_the_typo_of_the_published_table_is_found() -> None:
    """116 + 124 + 24 are not 260, although each part has its items."""
    rows = [
        HEAD,
        ("六、生产设备设施（260分）", "6.1建设（116分）", "甲", 116, ""),
        ("", "6.2运行管理（124分）", "乙", 124, ""),
        ("", "6.3验收与拆除报废（24分）", "丙", 24, ""),
    ]
    (finding,) = read(rows).errors
    assert (finding.place, finding.code) == ("评分细则!A2", "sum_element")
    assert finding.values["sum"] == "116 + 124 + 24 = 264"
    assert finding.values["difference"] == "4"


def test_932_of_1000_points_are_not_imported() -> None:
    rows = [HEAD, ("目标", "", "甲", 432, ""), ("机构", "", "乙", 500, ""), ("总分", "", "", 1000)]
    (finding,) = read(rows).errors
    assert (finding.place, finding.code) == ("评分细则!D4", "sum_total")
    assert (finding.values["found"], finding.values["sum"]) == ("1000", "932")
    assert "68" in finding.text(partial(i18n.translate, "zh"))


def numbered(*numbers: Any, points: Sequence[Any] = (5, 5, 5)) -> list[Sequence[Any]]:
    rows = zip(numbers, ("甲", "乙", "丙"), points, strict=True)
    return [NUMBERED, *((n, "1 目标", "", text, p, "") for n, text, p in rows)]


def test_two_rows_with_one_number() -> None:
    (finding,) = read(numbered("1.1", "1.2", "1-1")).errors
    assert (finding.place, finding.code) == ("评分细则!A4", "number_twice")
    assert finding.values == {"number": "1.1", "where": "评分细则!A2"}


def test_a_running_number_given_twice_is_found_across_elements() -> None:
    rows = [NUMBERED]
    rows += [(n, f"类目{'甲乙丙'[n // 5]}", "", f"内容{n}", 5, "") for n in range(1, 15)]
    rows += [(7, "类目丙", "", "末", 5, "")]
    reading = read(rows)
    assert [(row.place, row.code) for row in reading.errors] == [("评分细则!A16", "number_twice")]


def test_a_scored_row_without_number_when_others_have_one() -> None:
    (finding,) = read(numbered("1.1", "", "1.3")).errors
    assert (finding.place, finding.code) == ("评分细则!A3", "number_missing")


def test_a_numbered_row_without_points() -> None:
    (finding,) = read(numbered("1.1", "1.2", "1.3", points=(5, "", 5))).errors
    assert (finding.place, finding.code) == ("评分细则!E3", "points_empty")


def test_a_number_that_the_program_has_made_a_date_of() -> None:
    reading = read(numbered("1.1", datetime(2024, 1, 2), "1.3"))  # noqa: DTZ001 - as in a cell
    assert reading.errors == ()
    assert items(reading)[1][0] == "1.2"
    assert [row.place for row in named(reading, "number_is_date")] == ["评分细则!A3"]


def test_two_elements_with_one_number() -> None:
    rows = [HEAD, ("1 目标", "", "甲", 5, ""), ("1 机构", "", "乙", 5, "")]
    (finding,) = read(rows).errors
    assert (finding.place, finding.code) == ("评分细则!A3", "title_number_twice")


def test_a_file_without_heading_or_without_items() -> None:
    assert [row.code for row in read([("a", "b")]).errors] == ["no_heading"]
    assert [row.code for row in read([HEAD]).errors] == ["no_items"]


def test_a_frame_is_compared() -> None:
    title = Text("目标", "目标")
    frame = (
        Element("1", title, Fraction(20), (), ()),
        Element("2", Text("机构", "机构"), Fraction(0), (), ()),
    )
    source = Source("rules", "一", "derived", verified=False)
    shape = Shape(minimums=(PartMinimum("1", "*", ">=", Fraction(70), source),))
    pattern = a_pattern(elements=frame, shape=shape, total=Fraction(30))
    rows = [HEAD, ("1 目标", "", "甲", 18, ""), ("3 职责", "", "乙", 12, "")]
    reading = read(rows, pattern=pattern)
    assert [(row.place, row.code) for row in reading.errors] == [
        ("评分细则!A2", "frame_points"),
        ("评分细则!A3", "frame_has_not"),
        ("", "frame_lacks"),
    ]
    assert reading.scheme.shape == shape
    rows = [HEAD, ("1 目标", "", "甲", 20, ""), ("2 组织机构", "", "乙", 8, "")]
    reading = read(rows, pattern=pattern)
    assert [row.code for row in reading.errors] == ["frame_total"]
    assert [row.place for row in named(reading, "frame_title")] == ["评分细则!A3"]


def test_too_many_rows_are_refused_by_name() -> None:
    rows = [HEAD, *([("目标", "", "甲", 1, "")] * 12)]
    with pytest.raises(UnreadableFileError) as caught:
        read_standard(workbook({"表": rows}), a_pattern(), limits=Limits(rows=10))
    assert (caught.value.code, caught.value.values) == ("workbook_too_many_rows", {"limit": 10})
    assert LIMITS.rows == 100_000


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "workbook_empty"),
        ("编号,分值\n1,5\n".encode(), "workbook_not_xlsx"),
        (b"PK\x03\x04 no zip", "workbook_damaged"),
    ],
)
def test_a_file_of_another_type_is_refused_by_name(data: bytes, code: str) -> None:
    with pytest.raises(UnreadableFileError) as caught:
        read_standard(data, a_pattern())
    assert caught.value.code == code


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_every_finding_says_what_was_found_in_both_languages(lang: str) -> None:
    faults = [
        {"D7": 8, "D12": 5, "D14": 51, "D5": "六分", "D8": "=1"},
        {"D5": -6, "D4": 0, "C11": "=A1", "C12": "", "A7": "目 标"},
    ]
    for cells in faults:
        for finding in read(changed(USUAL, cells)).findings:
            text = finding.text(partial(i18n.translate, lang))
            assert "{" not in text
            assert not finding.values.get("found") or finding.values["found"] in text
    for ladder in ((), (LadderRung("1", Text("一", "一"), ">=", Fraction(9), None),)):  # type: ignore[arg-type]
        assert read(USUAL, pattern=a_pattern(ladder=ladder)).scheme.ladder == ladder


# ------------------------------------------------------------------ sentences to rules


@pytest.mark.parametrize(
    ("method", "rules"),
    [
        ("无该项制度的，不得分", ["whole"]),
        ("未制定的，该项得0分", ["whole"]),
        ("未发布扣2分", ["once 2"]),
        ("每处扣1分，扣完为止", ["each 1 place"]),
        ("每发现一处不符合，扣0.5分。", ["each 1/2 place"]),
        ("每人次扣2分", ["each 2 person"]),
        ("一人未持证扣2分", ["each 2 person"]),
        ("缺一项扣1分；未签字的，每份扣0.5分", ["each 1 item", "each 1/2 item"]),
        ("每次扣2分", ["each 2 time"]),
        ("每台扣３分", ["each 3 unit"]),
        ("扣2分/处", ["each 2 place"]),
        ("未每年进行一次评审的，扣2分", ["once 2"]),
        ("至少有一名注册安全工程师，未配备扣2分", ["once 2"]),
        ("视情况扣1-3分", ["range 3"]),
        ("扣1至3分", ["range 3"]),
        ("培训率每低1%扣0.5分", ["per_percent 1/2"]),
        ("每降低1个百分点，扣1分", ["per_percent 1"]),
        ("本项得分扣完后，追加扣除10分", ["once 10 element item_at_zero"]),
        ("未制定的，不得分，并追加扣除20分", ["once 20 element zeroes item"]),
        ("发生事故的，另扣5分", ["once 5 element"]),
        ("存在重大隐患的，本类目不得分", ["whole zeroes element"]),
        ("（1）未建台账扣1分；（2）未更新扣1分", ["once 1", "once 1"]),
    ],
)
def test_a_plain_sentence_becomes_a_rule(method: str, rules: list[str]) -> None:
    reading = read_rules(method, Fraction(5))
    shown = []
    for rule in reading.rules:
        words = [rule.kind, *([str(rule.points)] if rule.points else []), rule.per or ""]
        words += [] if rule.scope == "item" else [rule.scope]
        words += [] if rule.trigger == "reported" else [rule.trigger]
        words += [f"zeroes {rule.zeroes}"] if rule.zeroes else []
        shown.append(" ".join(filter(None, words)))
    assert shown == rules
    assert reading.unread == 0
    assert [rule.id for rule in reading.rules] == [f"r{n}" for n in range(1, len(rules) + 1)]
    assert all(rule.text.zh in method for rule in reading.rules)


@pytest.mark.parametrize(
    "method",
    ["每低5%扣1分", "每次扣2分，最多扣6分", "每处扣1-2分", "酌情扣分", "扣9分", "每处追加扣1至2分"],
)
def test_what_is_not_plain_stays_text(method: str) -> None:
    reading = read_rules(method, Fraction(5))
    assert (reading.rules, reading.sentences, reading.unread) == ((), 1, 1)


@pytest.mark.parametrize("method", ["扣完为止。", "查资料、看现场。", ""])
def test_what_deducts_nothing_is_no_sentence_about_points(method: str) -> None:
    assert read_rules(method, Fraction(5)).sentences == 0
