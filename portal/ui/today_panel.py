"""The start page of an enterprise: one sentence of state, the one thing to do, past scores."""

from collections.abc import Sequence

import streamlit as st

from portal.i18n import t
from portal.services import schemes
from portal.services.today import EnterpriseDay, Score
from portal.ui.tables import table

ASSESS = "pages/enterprise/self_assessment.py"
PROFILE = "pages/enterprise/profile.py"
RESULT = "pages/enterprise/result.py"


def draw_state(day: EnterpriseDay) -> None:
    """One sentence of state and the primary action that follows from it."""
    running = day.running
    if running is None:
        st.markdown(t("today.state_none", year=day.year))
        st.page_link(ASSESS, label=t("today.start"), icon=":material/play_arrow:")
        return
    number = {"no": str(running.assessment_no)}
    if not schemes.locked(running):
        st.markdown(t("today.state_draft", year=day.year, answered=day.answered,
                      count=day.count))
        st.progress(day.answered / day.count if day.count else 0.0)
        st.page_link(ASSESS, label=t("today.continue"), icon=":material/edit:",
                     query_params=number)
    elif running.outcome == "pending":
        st.warning(t("today.state_pending", year=day.year, score=running.score))
        st.page_link(PROFILE, label=t("today.fill_performance"), icon=":material/health_and_safety:",
                     query_params={"part": "performance", "year": str(day.year)})
    else:
        st.markdown(t("today.state_submitted", year=day.year, score=running.score,
                      grade=day.self_grade or t("grade.none")))
        st.page_link(RESULT, label=t("today.see_result"), icon=":material/workspace_premium:",
                     query_params=number)
    if not day.performance_known and running.outcome != "pending":
        st.page_link(PROFILE, label=t("today.fill_performance"), icon=":material/health_and_safety:",
                     query_params={"part": "performance", "year": str(day.year)})


def draw_scores(scores: Sequence[Score]) -> None:
    """Past scores, self-assessed and reviewed kept apart."""
    years = sorted({score.year for score in scores})
    by_kind = {(score.kind, score.year): score.score for score in scores}
    table(
        [t("column.source"), *(str(year) for year in years)],
        [
            [t(f"nonconformity.source_{kind}"),
             *(by_kind.get((kind, year), "–") for year in years)]
            for kind in ("self", "review")
            if any(score.kind == kind for score in scores)
        ],
        numbers=range(1, len(years) + 1),
        key="today.scores",
    )
