"""The criteria on the screen: choices, an edition, a row, what a search has found."""

from urllib.parse import urlencode, urljoin

import streamlit as st

from portal.i18n import language, t
from portal.services import criteria_browser as browser
from portal.ui import style
from portal.ui.tables import table

PAGE = "/criteria"


def address(key: str, row: str = "") -> str:
    """Where an edition, or a row of it, is shown."""
    return f"{PAGE}?{urlencode({'s': key} | ({'i': row} if row else {}))}"


def choose() -> str:
    """Kind and edition; the edition stands in the address, so that it can be kept and sent."""
    lines = browser.catalogue(language())
    asked = st.query_params.get("s", "")
    by_key = {line.key: line for line in lines}
    kinds = [kind for kind in browser.KINDS if any(line.kind == kind for line in lines)]
    wanted = by_key[asked].kind if asked in by_key else kinds[0]
    kind = st.segmented_control(
        t("browser.kind"),
        kinds,
        default=wanted,
        format_func=lambda k: t(f"browser.kind_{k}"),
        key="browser.kind",
        required=True,
    )
    of_kind = [line.key for line in lines if line.kind == kind]
    index = of_kind.index(asked) if asked in of_kind else 0

    def moved() -> None:
        st.query_params.from_dict({"s": st.session_state[f"browser.scheme.{kind}"]})

    return st.selectbox(
        t("browser.scheme"),
        of_kind,
        index=index,
        format_func=lambda key: f"{by_key[key].title}（{key.partition('@')[2]}）",
        key=f"browser.scheme.{kind}",
        on_change=moved,
    )


def draw_scheme(key: str) -> None:
    """An edition: what holds for all of it, then its elements with their rows."""
    view = browser.scheme(key, language())
    st.subheader(style.escape(view.title))
    st.markdown(style.escape(view.summary))
    if not view.verified:
        st.caption(t("common.unverified"))
    table([t("browser.what"), t("browser.value")], view.facts, wide=(1,), key="browser.facts")
    for number, part in enumerate(view.parts):
        label = (
            part.title
            if not part.points
            else t("browser.part", title=part.title, points=part.points, rows=len(part.rows))
        )
        if not part.rows:
            st.markdown(f"- {style.escape(label)}")
            continue
        with st.expander(style.escape(label), key=f"browser.part.{number}"):
            head = ["item", "requirement", "points", "kind"]
            table(
                [t(f"column.{name}") for name in head],
                [(row.id, row.text, row.points, row.mark) for row in part.rows],
                numbers=(2,),
                wide=(1,),
                addresses=[address(key, row.id) for row in part.rows],
                key=f"browser.rows.{number}",
            )


def draw_row(key: str, row_id: str) -> None:
    """A row with evidence, deductions, clause and law, and the address to pass on."""
    view = browser.row(key, row_id, language())
    back = style.escape(f"{view.scheme} · {view.element}")
    st.html(f'<p><a href="{address(key)}" target="_self">← {back}</a></p>')
    st.subheader(
        f"{view.id}　{t('browser.points', points=view.points)}" if view.points else view.id
    )
    st.markdown(style.escape(view.text))
    st.caption(style.escape(view.other_language))
    for mark in view.marks:
        st.badge(style.escape(mark))
    for name, lines in (
        ("evidence", view.evidence),
        ("rules", view.rules),
        ("questions", view.questions),
        ("exceptions", view.exceptions),
        ("law", view.law),
    ):
        if lines:
            st.markdown(f"**{t(f'browser.{name}')}**")
            mark = "1." if name == "evidence" else "-"
            st.markdown("\n".join(f"{mark} {style.escape(line)}" for line in lines))
    if view.hazards:
        st.markdown(f"**{t('browser.hazards')}**")
        table(
            [t("column.item"), t("column.requirement")],
            [(row, text) for _, row, text in view.hazards],
            wide=(1,),
            addresses=[address(of, row) for of, row, _ in view.hazards],
            key="browser.hazards",
        )
    st.caption(style.escape(t("result.source", source=view.source)))
    if not view.verified:
        st.caption(t("common.unverified"))
    st.markdown(t("browser.copy"))
    st.code(urljoin(st.context.url or "", address(key, row_id)), language=None)


def draw_hits(words: str) -> None:
    """What a search has found."""
    hits = browser.search(words, language())
    if not hits:
        st.info(t("browser.nothing", words=style.escape(words)), icon=":material/search_off:")
        return
    more = "browser.hits_more" if len(hits) == browser.HITS else "browser.hits"
    st.caption(t(more, count=len(hits)))
    table(
        [t("column.item"), t("column.requirement"), t("browser.scheme")],
        [(hit.id, hit.text, hit.scheme) for hit in hits],
        wide=(1,),
        addresses=[address(hit.key, hit.id) for hit in hits],
        key="browser.hits",
    )
