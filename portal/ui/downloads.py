"""Excel exports of the authority, made on the click and checked for rights then."""

import streamlit as st

from portal.documents.tables import Sheet, write_tables
from portal.domain.people import User
from portal.i18n import language, t
from portal.services import supervision
from portal.services.supervision import Overview
from portal.ui import enterprise_list, guard

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def overview(view: Overview) -> None:
    """Offer the figures of an overview."""
    # the texts are taken now: a download is made in a thread without the person's language
    sheets = _overview_sheets(view)
    st.download_button(
        t("overview.export"),
        data=lambda: write_tables(sheets),
        file_name=f"overview-{view.area.code}-{view.year}.xlsx",
        mime=EXCEL,
        icon=":material/download:",
        key="overview.export",
        on_click="ignore",
    )


def _overview_sheets(view: Overview) -> list[Sheet]:
    names = {line.sector: line.name for lines in view.sectors.values() for line in lines}
    titles = supervision.element_titles(language())
    sheets = []
    for kind in supervision.KINDS:
        sheets.append(
            Sheet(
                t(f"overview.sheet_{kind}"),
                [
                    t("column.sector"),
                    t("overview.count"),
                    t("grade.g1"),
                    t("grade.g2"),
                    t("grade.g3"),
                    t("grade.none"),
                    t("grade.pending"),
                    t("overview.pass_rate"),
                    t("overview.median"),
                ],
                [
                    (
                        line.name,
                        str(line.count),
                        *(
                            str(line.grades.get(g, 0))
                            for g in ("1", "2", "3", "below_lowest", "pending")
                        ),
                        line.pass_rate or "–",
                        line.median or "–",
                    )
                    for line in view.sectors[kind]
                ],
                numbers=range(1, 9),
                note=t(
                    "overview.note",
                    kind=t(f"overview.{kind}"),
                    year=view.year,
                    area=view.area.name(language()),
                ),
            )
        )
        sheets.append(
            Sheet(
                t(f"overview.sheet_heat_{kind}"),
                [t("column.sector"), t("column.element"), t("column.rate"), t("overview.count")],
                [
                    (
                        names[c.sector],
                        f"{c.element} {titles.get(c.element, '')}",
                        c.label,
                        str(c.count),
                    )
                    for c in view.heat[kind]
                ],
                numbers=(2, 3),
            )
        )
    sheets.append(
        Sheet(
            t("overview.sheet_nonconformities"),
            [t("column.sector"), t("today.open"), t("today.overdue")],
            [(line.name, str(line.open), str(line.overdue)) for line in view.nonconformities],
            numbers=(1, 2),
        )
    )
    return sheets


def enterprises(user: User, area: str, year: int, sector: str | None, search: str) -> None:
    """Offer the whole list of enterprises that the filter finds."""
    lang, head, title = language(), enterprise_list.head(), t("overview.sheet_enterprises")

    every_one = guard.later(
        user,
        supervision.enterprises,
        area,
        year,
        lang,
        sector=sector,
        search=search,
        many=1_000_000,
    )

    def build() -> bytes:
        every = every_one()
        rows = [enterprise_list.cells(line, lang) for line in every]
        return write_tables([Sheet(title, head, rows, numbers=(4, 6, 8, 9))])

    st.download_button(
        t("overview.export"),
        data=build,
        mime=EXCEL,
        file_name=f"enterprises-{area}-{year}.xlsx",
        icon=":material/download:",
        key="enterprises.export",
        on_click="ignore",
    )
