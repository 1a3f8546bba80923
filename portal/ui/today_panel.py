"""The start page of an enterprise: one sentence of state, the one thing to do, past scores."""

from collections.abc import Sequence

import streamlit as st

from portal.i18n import t
from portal.services import schemes
from portal.services.today import EnterpriseDay, Score
from portal.ui import links
from portal.ui.tables import table

ASSESS = "enterprise/self_assessment"
PROFILE = "enterprise/profile"
RESULT = "enterprise/result"


def draw_state(day: EnterpriseDay) -> None:
    """One sentence of state and the primary action that follows from it."""
    running = day.running
    if running is None:
        st.markdown(t("today.state_none", year=day.year))
        links.to(ASSESS, t("today.start"), "play_arrow")
        return
    number = {"no": str(running.assessment_no)}
    if not schemes.locked(running):
        st.markdown(t("today.state_draft", year=day.year, answered=day.answered, count=day.count))
        st.progress(day.answered / day.count if day.count else 0.0)
        links.to(ASSESS, t("today.continue"), "edit", **number)
    elif running.outcome == "pending":
        st.warning(t("today.state_pending", year=day.year, score=running.score))
        links.to(
            PROFILE,
            t("today.fill_performance"),
            "health_and_safety",
            part="performance",
            year=str(day.year),
        )
    else:
        st.markdown(
            t(
                "today.state_submitted",
                year=day.year,
                score=running.score,
                grade=day.self_grade or t("grade.none"),
            )
        )
        links.to(RESULT, t("today.see_result"), "workspace_premium", **number)
    if not day.performance_known and running.outcome != "pending":
        links.to(
            PROFILE,
            t("today.fill_performance"),
            "health_and_safety",
            part="performance",
            year=str(day.year),
        )


def draw_scores(scores: Sequence[Score]) -> None:
    """Past scores, self-assessed and reviewed kept apart."""
    years = sorted({score.year for score in scores})
    by_kind = {(score.kind, score.year): score.score for score in scores}
    table(
        [t("column.source"), *(str(year) for year in years)],
        [
            [t(f"nonconformity.source_{kind}"), *(by_kind.get((kind, year), "–") for year in years)]
            for kind in ("self", "review")
            if any(score.kind == kind for score in scores)
        ],
        numbers=range(1, len(years) + 1),
        key="today.scores",
    )
