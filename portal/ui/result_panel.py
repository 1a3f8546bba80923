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
        _waterfall(view)
    _paths(view)
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
        if view.why.headline:
            st.markdown(f"**{style.escape(view.why.headline)}**")
        for reason in view.why.reasons:
            text = style.escape(reason.text)
            if reason.without:
                text += (
                    f" **{style.escape(reason.without)}**"
                    if reason.decides
                    else f" {style.escape(reason.without)}"
                )
            st.markdown(f"- {text}")
            if reason.source:
                st.caption(style.escape(t("result.source", source=reason.source)))


def _waterfall(view: ResultView) -> None:
    st.subheader(t("result.waterfall"))
    if not view.why.bars:
        st.info(t("result.waterfall_none"))
        return
    bars = [(bar.label, bar.start, bar.end, bar.text, bar.kind) for bar in view.why.bars]
    chart = elements.waterfall(bars, view.why.rungs, view.scale, t("result.score"))
    st.altair_chart(chart, key="result.chart", alt=t("result.waterfall"))
    st.caption(t("result.chart_note", scheme=view.scheme_title, at=view.submitted_at))


def _paths(view: ResultView) -> None:
    """The smallest sets of items that lead to each better grade."""
    if not view.paths:
        return
    st.subheader(t("path.title"), help=t("path.help"))
    for place, path in enumerate(view.paths):
        with st.expander(style.escape(path.text), expanded=place == 0, key=f"path.{place}"):
            for reason in path.reasons:
                st.markdown(f"- {style.escape(reason.text)}")
            for number, lines in enumerate(path.sets):
                st.markdown(f"**{style.escape(lines.head)}**")
                table(
                    [t(f"column.{name}") for name in ("item", "requirement", "regain", "kind")],
                    [(row.item, row.requirement, row.points, row.kind) for row in lines.steps],
                    numbers=(2, 3),
                    wide=(1,),
                    key=f"path.{place}.{number}",
                )
                if not lines.proved:
                    st.caption(t("path.not_proved"))


def _deductions(view: ResultView) -> None:
    st.subheader(t("result.deductions"))
    if not view.deductions:
        st.info(t("result.deductions_empty"))
        return
    table(
        [
            t(f"column.{name}")
            for name in ("item", "requirement", "found", "points", "lost", "special", "without")
        ],
        [
            (
                line.item,
                line.requirement,
                "\n".join(line.lines),
                line.points,
                line.lost,
                line.special if line.special != "0" else "",
                line.without,
            )
            for line in view.deductions
        ],
        numbers=(3, 4, 5, 6),
        wide=(1, 2),
        groups=_groups(view),
        key="result.deductions",
    )


def _groups(view: ResultView) -> dict[int, str]:
    """The heading of each element above its first deduction."""
    groups: dict[int, str] = {}
    last = ""
    for place, line in enumerate(view.deductions):
        if line.element != last and line.element in view.why.elements:
            groups[place] = view.why.elements[line.element]
        last = line.element
    return groups


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
