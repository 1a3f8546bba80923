"""A result on the screen: grade, why, points by element, deductions; for every kind of user."""

import streamlit as st

from portal.charts import elements
from portal.i18n import t
from portal.services.results import ResultView
from portal.ui import style
from portal.ui.tables import table


def draw(view: ResultView) -> None:
    """Draw the whole result."""
    _head(view)
    why, chart = st.columns([2, 3], gap="large")
    with why:
        _reasons(view)
    with chart:
        _elements(view)
    _deductions(view)
    if view.excluded:
        _excluded(view)
    st.caption(
        t(
            "result.members",
            leader=style.escape(view.assessment.leader),
            members=style.escape(t("common.list_separator").join(view.assessment.members)),
        )
    )
    st.caption(f"{t('result.seal')} `{view.sha256}`", help=t("result.seal_help"))
    if view.unverified:
        st.caption(t("common.unverified"))


def _head(view: ResultView) -> None:
    grade = view.grade_name if view.grade else t(f"outcome.{view.outcome}")
    with st.container(key="result.head", horizontal=True, gap="large"):
        st.metric(t("column.grade"), grade)
        st.metric(t("result.score"), view.score or "–")
        st.metric(t("column.earned"), f"{view.earned} / {view.attainable}")
        st.metric(t("column.lost"), view.deducted)
        st.metric(t("column.not_applicable"), view.not_applicable)


def _reasons(view: ResultView) -> None:
    st.subheader(t("result.why"))
    with st.container(key="result.reasons"):
        for reason in view.reasons:
            st.markdown(f"- {style.escape(reason.text)}")
            if reason.source:
                st.caption(style.escape(t("result.source", source=reason.source)))


def _elements(view: ResultView) -> None:
    st.subheader(t("result.elements"))
    rows = [
        (f"{line.id} {line.title}", line.lost_number, f"{line.lost} ({line.rate}%)")
        for line in view.elements
    ]
    chart = elements.lost_points(rows, t("column.element"), t("column.lost"))
    st.altair_chart(chart, key="result.chart", alt=t("result.elements"))
    st.caption(t("result.chart_note", scheme=view.scheme_title, at=view.submitted_at))


def _deductions(view: ResultView) -> None:
    st.subheader(t("result.deductions"))
    if not view.deductions:
        st.info(t("result.deductions_empty"))
        return
    table(
        [
            t(f"column.{name}")
            for name in ("item", "requirement", "found", "points", "lost", "special")
        ],
        [
            (
                line.item,
                line.requirement,
                "\n".join(line.lines),
                line.points,
                line.lost,
                line.special if line.special != "0" else "",
            )
            for line in view.deductions
        ],
        numbers=(3, 4, 5),
        wide=(1, 2),
        key="result.deductions",
    )


def _excluded(view: ResultView) -> None:
    with st.expander(f"{t('result.excluded')} ({len(view.excluded)})", key="result.not_applicable"):
        table(
            [t(f"column.{name}") for name in ("item", "requirement", "points", "reason")],
            [(line.item, line.requirement, line.points, line.reason) for line in view.excluded],
            numbers=(2,),
            wide=(1, 3),
            key="result.excluded",
        )


def draw_history(rows: list[dict[str, str]]) -> None:
    """When an assessment was opened, submitted, reopened, and by whom."""
    with st.expander(t("result.history"), key="result.past"):
        table(
            [t(f"column.{name}") for name in ("at", "what", "who")],
            [(row["at"], t(f"action.{row['action']}"), row["actor"]) for row in rows],
            key="result.history",
        )
