"""The overview of an area: choice of area and year, figures by sector, charts."""

from collections.abc import Mapping, Sequence

import streamlit as st

from portal.charts import district
from portal.charts.marks import Chart
from portal.i18n import language, t
from portal.services.enterprises import Area
from portal.services.supervision import Overview, SectorLine, result_word
from portal.ui import fields, style
from portal.ui.tables import table

GRADE_ORDER = ("1", "2", "3", "below_lowest", "pending", "not_assessable")
COLOUR = {"below_lowest": "none", "not_assessable": "none"}


def choose(areas: Sequence[Area], years: Sequence[int], own: str) -> tuple[str, int]:
    """Area and year, kept in the address."""
    names = {area.code: area.name(language()) for area in areas}
    codes = [own, *(code for code in names if code != own)] if own in names else list(names)
    with st.sidebar:
        area = fields.linked_choice(
            "area", codes, t("column.area"), lambda code: names.get(code, code)
        )
        year = fields.linked_choice("year", list(years), t("common.year"), str)
    return area, year


def draw_state(view: Overview) -> None:
    """One sentence: how many enterprises, how many of them scored."""
    count = {kind: sum(line.count for line in lines) for kind, lines in view.sectors.items()}
    overdue = sum(line.overdue for line in view.nonconformities)
    st.markdown(
        t(
            "overview.sentence",
            area=style.escape(view.area.name(language())),
            year=view.year,
            enterprises=view.enterprises,
            self=count["self"],
            review=count["review"],
            overdue=overdue,
        )
    )


def draw_kind(view: Overview, kind: str, titles: Mapping[str, str]) -> None:
    """Grades and figures by sector, and the heat map, of one kind of assessment."""
    lines = view.sectors[kind]
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader(t("overview.grades"))
        st.altair_chart(_bars(lines), key=f"overview.bars.{kind}", alt=t("overview.grades"))
    with right:
        st.subheader(t("overview.figures"))
        _figures(lines, kind)
    st.subheader(t("overview.heat"))
    sectors = {line.sector: line.name for line in lines}
    elements = {number: f"{number} {title}" for number, title in titles.items()}
    rows = [
        (sectors[cell.sector], elements[cell.element], cell.rate, cell.label, cell.count)
        for cell in view.heat[kind]
        if cell.sector in sectors and cell.element in elements
    ]
    st.altair_chart(
        district.element_heat(
            rows,
            elements=list(elements.values()),
            sectors=list(sectors.values()),
            rate=t("column.rate"),
            count=t("overview.count"),
        ),
        key=f"overview.heat.{kind}",
        alt=t("overview.heat"),
    )
    st.caption(
        t(
            "overview.note",
            kind=t(f"overview.{kind}"),
            year=view.year,
            area=style.escape(view.area.name(language())),
        )
    )


def _bars(lines: Sequence[SectorLine]) -> Chart:
    rows = [
        (line.name, COLOUR.get(grade, grade), _word(grade), line.grades[grade])
        for line in lines
        for grade in GRADE_ORDER
        if line.grades.get(grade)
    ]
    return district.grade_bars(
        rows,
        sectors=[line.name for line in lines],
        sector=t("column.sector"),
        grade=t("column.grade"),
        count=t("overview.count"),
    )


def _word(grade: str) -> str:
    """A grade or an outcome without grade, in words."""
    if grade.isdigit():
        return result_word(grade, "graded", language()) or ""
    return result_word(None, grade, language()) or ""


def _figures(lines: Sequence[SectorLine], kind: str) -> None:
    table(
        [t("column.sector"), t("overview.count"), t("overview.pass_rate"), t("overview.median")],
        [(line.name, str(line.count), line.pass_rate or "–", line.median or "–") for line in lines],
        numbers=(1, 2, 3),
        key=f"overview.figures.{kind}",
    )
    st.caption(t("overview.pass_note"))


def draw_nonconformities(view: Overview) -> None:
    """Open and overdue non-conformities by sector, the most overdue first."""
    st.subheader(t("overview.nonconformities"))
    if not view.nonconformities:
        st.caption(t("overview.no_nonconformities"))
        return
    table(
        [t("column.sector"), t("today.open"), t("today.overdue")],
        [
            (line.name, str(line.open), str(line.overdue))
            for line in sorted(view.nonconformities, key=lambda line: -line.overdue)
        ],
        numbers=(1, 2),
        key="overview.nonconformities",
    )
