"""A list of non-conformities: overdue first, searchable."""

from collections.abc import Mapping, Sequence

import streamlit as st

from portal.i18n import t
from portal.services.nonconformities import NonconformityLine
from portal.ui.tables import table

PAGE = 50


def draw_sentence(lines: Sequence[NonconformityLine]) -> None:
    """Say how many are open and how many of them are late."""
    still_open = [line for line in lines if line.is_open]
    overdue = sum(line.days_left < 0 for line in still_open)
    st.markdown(t("nonconformity.sentence", open=len(still_open), overdue=overdue))


def draw(lines: Sequence[NonconformityLine], files: Mapping[int, int]) -> None:
    """Draw filter and list.

    Args:
        lines: all of them.
        files: how many files of evidence each has, by number.
    """
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    wanted = left.text_input(
        t("nonconformity.search"), key="nonconformity.search", icon=":material/search:"
    )
    only_open = right.toggle(t("nonconformity.only_open"), value=True, key="nonconformity.open")
    shown = [
        line
        for line in lines
        if (line.is_open or not only_open) and wanted.strip().lower() in line.searchable
    ]
    if not shown:
        st.info(t("nonconformity.nothing"), icon=":material/search_off:")
        return
    start = 0
    if len(shown) > PAGE:
        start = (st.pagination(-(-len(shown) // PAGE), key="nonconformity.page") - 1) * PAGE
    draw_rows(shown[start : start + PAGE], files)


def draw_rows(lines: Sequence[NonconformityLine], files: Mapping[int, int] | None = None) -> None:
    """Draw a list without a filter; without ``files`` also without their number."""
    names = ("number", "item", "found", "lost", "due", "days", "source", "status")
    counted = [t("evidence.count")] if files is not None else []
    table(
        [*(t(f"column.{name}") for name in names), *counted],
        [
            (
                str(line.number),
                line.item,
                line.fault,
                line.lost,
                line.due_on,
                _days(line),
                f"{line.year} {t(f'nonconformity.source_{line.source}')}",
                t(f"nonconformity.status_{line.status}"),
                *((str(files.get(line.number) or ""),) if files is not None else ()),
            )
            for line in lines
        ],
        numbers=(0, 3, 8),
        wide=(2,),
        key="nonconformity.list",
    )
    unknown = sorted({year for line in lines if line.is_open for year in line.unknown_years})
    if unknown:
        years = t("common.list_separator").join(map(str, unknown))
        st.caption(t("nonconformity.holidays_unknown", years=years))


def _days(line: NonconformityLine) -> str:
    if not line.is_open:
        return ""
    if line.days_left < 0:
        return t("nonconformity.overdue_by", days=-line.days_left)
    if line.days_left == 0:
        return t("nonconformity.due_today")
    return t("nonconformity.due_in", days=line.days_left)
