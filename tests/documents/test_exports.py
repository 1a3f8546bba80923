"""What leaves the portal for a spreadsheet never runs there, whatever somebody has typed."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import altair as alt
import pytest
from openpyxl import load_workbook
from openpyxl.cell.cell import Cell

from portal.charts import district, elements
from portal.charts.marks import word
from portal.documents.tables import Sheet, write_tables
from portal.documents.workbook_layout import unescape
from portal.services import enterprises, supervision, workbooks
from portal.ui import enterprise_list
from tests.conftest import YEAR, Installation, lost

ROOT = Path(__file__).resolve().parents[2]
EVIL = [
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x.example","click")',
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "'=1+1",
]


def cells(data: bytes) -> Iterator[Cell]:
    for sheet in load_workbook(BytesIO(data)).worksheets:
        for row in sheet.iter_rows():
            yield from (cell for cell in row if cell.value is not None)


def texts_only(data: bytes) -> list[Cell]:
    """All cells, none of which is a formula; what begins like one is marked as text."""
    found = list(cells(data))
    assert [cell.coordinate for cell in found if cell.data_type == "f"] == []
    for cell in found:
        if isinstance(cell.value, str) and cell.value.startswith(tuple("=+-@\t\r'")):
            assert cell.data_type == "s"
            assert cell.quotePrefix, f"{cell.coordinate} would run when somebody edits it"
    return found


@pytest.mark.parametrize("evil", EVIL)
def test_a_table_keeps_every_text_as_text_in_head_note_and_cells(evil: str) -> None:
    data = write_tables(
        [Sheet("a", [evil, "n"], [(evil, "5"), ("ok", evil)], numbers=(1,), note=evil)]
    )
    found = texts_only(data)
    assert [unescape(str(cell.value)) for cell in found].count(evil) == 4
    assert [cell.value for cell in found if cell.data_type == "n"] == [5]


def test_a_character_that_no_workbook_may_hold_does_not_stop_the_export() -> None:
    found = list(cells(write_tables([Sheet("a", ["name"], [("a\x0bb",), ("\x00=1",)])])))
    assert len(found) == 3


def test_numbers_of_a_table_are_numbers_also_below_zero() -> None:
    data = write_tables([Sheet("a", ["n"], [("-3",), ("-3.5",), ("–",)], numbers=(0,))])
    assert [cell.value for cell in cells(data)] == ["n", -3, -3.5, "–"]


def test_an_enterprise_that_is_named_like_a_formula_survives_as_text(small: Installation) -> None:
    evil = "=cmd|' /C calc'!A0"
    user = small["a-manager"]
    view = enterprises.view(user, small.enterprise(), "zh")
    enterprises.save_profile(user, replace(view.profile, name=evil), view.version)
    done = small.submitted("a", answers={"1.4": lost("no_record", remark="@SUM(1)")})
    place = (user, done.enterprise_id, done.assessment_no, "zh")

    official = small["official-district"]
    lines = supervision.enterprises(official, "990102", YEAR, "zh")
    rows = [enterprise_list.cells(line, "zh") for line in lines]
    listed = texts_only(write_tables([Sheet("a", enterprise_list.head(), rows)]))
    assert evil in [cell.value for cell in listed]

    summary = texts_only(workbooks.deduction_summary(*place))
    assert any("@SUM(1)" in str(cell.value) for cell in summary)

    scored = list(cells(workbooks.export(*place, filled=True)))
    own = [cell for cell in scored if cell.value in (evil, "@SUM(1)")]
    assert len(own) >= 2
    assert {(cell.data_type, cell.quotePrefix) for cell in own} == {("s", True)}
    ours = [cell.value for cell in scored if cell.data_type == "f"]
    assert not [text for text in ours if "cmd" in str(text) or "@SUM" in str(text)]


# ------------------------------------------------------------------ the data of figures


def frames(chart: alt.Chart | alt.LayerChart) -> list[Any]:
    """The data of a figure, which its menu offers as CSV."""
    parts = [chart, *getattr(chart, "layer", [])]
    return [part.data for part in parts if hasattr(part.data, "columns")]


@pytest.mark.parametrize("evil", EVIL[:7])
def test_the_data_of_a_figure_begin_like_no_formula(evil: str) -> None:
    charts = [
        district.grade_bars(
            [(evil, "1", evil, 3)], sectors=[evil], sector="s", grade="g", count="n"
        ),
        district.element_heat(
            [(evil, evil, 80.0, evil, 3)], elements=[evil], sectors=[evil], rate="r", count="n"
        ),
        elements.waterfall([(evil, 0.0, 9.0, evil, "full")], [(5.0, evil)], 100.0, "score"),
    ]
    for chart in charts:
        assert frames(chart)
        for frame in frames(chart):
            values = [value for name in frame for value in frame[name] if isinstance(value, str)]
            assert f"'{evil}" in values
            assert not [value for value in values if value.startswith(tuple("=+-@\t\r"))]


def test_a_figure_shows_usual_words_and_numbers_as_they_are() -> None:
    for text in ("一级", "机械", "6 生产设备设施", "-3.5", "+2", "98.5", "−3", "–", ""):
        assert word(text) == text


# ------------------------------------------------------------------ no other way out


def test_nothing_else_writes_spreadsheets_or_offers_a_table_as_csv() -> None:
    """The table of Streamlit offers its rows as CSV as they are; ours are drawn as text."""
    unsafe = {"dataframe", "data_editor", "to_csv", "to_excel", "DictWriter", "writer"}
    found = [
        f"{path.relative_to(ROOT).as_posix()}: {node.attr}"
        for place in ("pages", "portal")
        for path in sorted((ROOT / place).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in unsafe
    ]
    assert [line for line in found if not line.startswith("portal/store/sqlite.py")] == []
