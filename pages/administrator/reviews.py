"""Assign reviews: which reviewer scores which enterprise.

Reads   submitted self-assessments without a review, reviewers, assignments.
Writes  an assignment.
"""

import streamlit as st

from portal.i18n import language, t
from portal.services import reviews
from portal.ui import admin_panel, fields, flash, guard

FORM = "assign"
user = guard.administrator()


# act
def assign() -> None:
    with flash.outcome(ok=t("assign.done")):
        candidate = fields.value(FORM, "candidate")
        reviewer = fields.value(FORM, "reviewer")
        reviews.assign(guard.acting_user(), *admin_panel.candidate_key(candidate), reviewer)
        fields.clear(FORM)


# load
candidates = reviews.candidates(user)
reviewers = dict(reviews.reviewers(user))

# render
st.title(t("page.review_assignment"))
flash.show()
st.markdown(t("assign.sentence", count=len(candidates)))
if candidates:
    left, right = st.columns(2)
    names = {
        admin_panel.candidate_id(c): t("review.label", enterprise=c.enterprise, year=c.year)
        for c in candidates
    }
    left.selectbox(
        t("assign.candidate"), list(names), format_func=names.get, key=fields.key(FORM, "candidate")
    )
    right.selectbox(
        t("assign.reviewer"),
        list(reviewers),
        format_func=reviewers.get,
        key=fields.key(FORM, "reviewer"),
    )
    st.button(
        t("assign.do"), type="primary", on_click=assign, key=f"{FORM}.do", disabled=not reviewers
    )
else:
    st.info(t("assign.empty"), icon=":material/info:")
st.subheader(t("assign.list"))
admin_panel.draw_assignments(reviews.all_assignments(user), language())
