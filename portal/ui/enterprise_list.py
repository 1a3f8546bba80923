"""The table of enterprises that leads to one of them."""

from collections.abc import Sequence
from urllib.parse import quote

import streamlit as st

from criteria import packs
from portal.i18n import language, t, translate
from portal.services.supervision import PAGE, EnterpriseResult
from portal.ui.tables import table

COLUMNS = (
    "enterprise",
    "sector",
    "area",
    "size",
    "self_score",
    "self_grade",
    "review_score",
    "review_grade",
    "open",
    "overdue",
)


def filters() -> tuple[str | None, str]:
    """Sector and search text."""
    left, right = st.columns([1, 2])
    sectors = packs.sectors()
    sector = left.selectbox(
        t("column.sector"),
        [None, *sectors],
        key="enterprises.sector",
        format_func=lambda s: sectors[s].title[language()] if s else t("common.all"),
    )
    search = right.text_input(
        t("overview.search"), key="enterprises.search", icon=":material/search:"
    )
    return sector, search


def page(count: int) -> int:
    """Which page of the list is shown."""
    if count <= PAGE:
        return 1
    return int(st.pagination(-(-count // PAGE), key="enterprises.page"))


def cells(line: EnterpriseResult, lang: str) -> list[str]:
    """A row of the table in a language."""
    return [
        line.name,
        packs.sectors()[line.sector].title[lang],
        line.area,
        translate(lang, f"size.{line.size_class}"),
        line.self_score or "–",
        line.self_grade or "–",
        line.review_score or "–",
        line.review_grade or "–",
        str(line.open),
        str(line.overdue),
    ]


def head() -> list[str]:
    """Titles of the columns."""
    return [t(f"enterprises.{name}") for name in COLUMNS]


def draw(found: Sequence[EnterpriseResult]) -> None:
    """The table; a name leads to the enterprise."""
    table(
        head(),
        [cells(line, language()) for line in found],
        numbers=(4, 6, 8, 9),
        wide=(0,),
        key="enterprises.table",
        addresses=[f"/enterprise-result?enterprise={quote(line.enterprise_id)}" for line in found],
    )
