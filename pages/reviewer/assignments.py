"""Start page of a reviewer: the enterprises assigned to me.

Reads   my assignments.
Writes  nothing.
"""

import streamlit as st

from portal.i18n import language, t
from portal.services import reviews
from portal.ui import guard, review_panel

user = guard.reviewer()

# load
found = reviews.mine(user)

# render
st.title(t("page.assignments"))
if not found:
    st.info(t("review.empty"), icon=":material/info:")
    st.stop()
running = sum(assignment.running for assignment in found)
st.markdown(t("review.sentence", open=running, done=len(found) - running))
review_panel.draw_assignments(found, language())
