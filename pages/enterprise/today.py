"""Start page of an enterprise: what is mine and late, how far the self-assessment is.

Reads   this year's assessment, the non-conformities, past scores.
Writes  nothing.
"""

import streamlit as st

from portal.i18n import language, t
from portal.services import today
from portal.ui import guard, links, nonconformity_panel, style, today_panel

user = guard.enterprise()

# load
day = today.of_enterprise(user, language())

# render
st.title(style.escape(user.organisation))
today_panel.draw_state(day)
with st.container(horizontal=True, gap="large", key="today.figures"):
    st.metric(t("today.overdue"), day.overdue)
    st.metric(t("today.due_soon"), day.soon)
    st.metric(t("today.open"), day.open)
    st.metric(t("today.grade_now"), day.self_grade or t("today.none"))
    st.metric(t("today.grade_review"), day.review_grade or t("today.none"))
st.subheader(t("today.late_title"))
if day.first:
    nonconformity_panel.draw_rows(day.first)
    links.to("enterprise/nonconformities", t("today.all_nonconformities"), "build")
else:
    st.caption(t("today.late_empty"))
if day.scores:
    st.subheader(t("today.history"))
    today_panel.draw_scores(day.scores)
