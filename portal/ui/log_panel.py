"""The audit log on a page: filter, entries, export, and whether the chain holds."""

from collections.abc import Callable, Sequence

import streamlit as st

from portal.documents.tables import Sheet, write_tables
from portal.i18n import t
from portal.services.audit_trail import PAGE, LogLine, LogPage, Wish
from portal.ui.downloads import EXCEL
from portal.ui.tables import table

COLUMNS = ("at", "who", "role", "what", "subject", "detail")


def wish(kinds: Sequence[str]) -> Wish:
    """What the person looks for."""
    left, right = st.columns([1, 2])
    kind = left.selectbox(
        t("log.kind"),
        ["", *kinds],
        key="log.kind",
        format_func=lambda k: t(f"log.kind_{k}" if k else "log.kind_all"),
        on_change=_from_the_start,
    )
    words = right.text_input(
        t("log.search"),
        key="log.words",
        icon=":material/search:",
        help=t("log.search_help"),
        on_change=_from_the_start,
    )
    return Wish(kind or "", words, st.session_state.get("log.skip", 0))


def _from_the_start() -> None:
    st.session_state["log.skip"] = 0


def draw(page: LogPage, asked: Wish, lines: Callable[[], Sequence[LogLine]], name: str) -> None:
    """Entries, the way to older ones, and the export of all that fit."""
    if not page.lines:
        st.info(t("log.empty"), icon=":material/info:")
        return
    table(
        [t(f"log.{column}") for column in COLUMNS],
        [tuple(getattr(line, column) for column in COLUMNS) for line in page.lines],
        wide=(5,),
        key="log.table",
    )
    with st.container(horizontal=True):
        if asked.skip:
            st.button(t("log.newer"), key="log.newer", on_click=_from_the_start)
        if page.more:
            st.button(t("log.older"), key="log.older", on_click=_skip, args=(asked.skip + PAGE,))
        titles = [t(f"log.{column}") for column in ("number", *COLUMNS, "hash")]
        st.download_button(
            t("log.export"),
            # the texts are taken now: a download is made in a thread without the person's language
            data=lambda: _workbook(titles, lines()),
            file_name=f"{name}.xlsx",
            mime=EXCEL,
            icon=":material/download:",
            key="log.export",
            on_click="ignore",
        )


def _skip(entries: int) -> None:
    st.session_state["log.skip"] = entries


def _workbook(titles: Sequence[str], lines: Sequence[LogLine]) -> bytes:
    rows = [(str(x.number), *(getattr(x, column) for column in COLUMNS), x.hash) for x in lines]
    return write_tables([Sheet("log", titles, rows)])


def draw_chain(check: Callable[[], int | None]) -> None:
    """A button that recomputes the chain, and what came out."""
    if not st.button(t("log.check"), key="log.check", icon=":material/verified:"):
        return
    with st.spinner(t("log.check")):
        broken = check()
    if broken is None:
        st.success(t("log.chain_whole"), icon=":material/check_circle:")
    else:
        st.error(t("log.chain_broken", number=broken), icon=":material/error:")
