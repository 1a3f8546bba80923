"""Result of a submitted review: its own grade, beside the self-assessment.

Reads   my submitted reviews.
Writes  nothing.
"""

import streamlit as st

from portal.i18n import language, t
from portal.services import results, reviews
from portal.ui import fields, guard, result_panel, review_panel, workbook_panel

user = guard.reviewer()

# load
done = {a.key: a for a in reviews.mine(user) if not a.running}

# render
st.title(t("page.review_result"))
if not done:
    st.info(t("review.empty"), icon=":material/info:")
    st.stop()
key = fields.linked_choice(
    "review", list(done), t("review.choose"), lambda k: review_panel.label(done[k])
)
chosen = done[key]
view = results.view(user, chosen.enterprise_id, chosen.assessment_no, language())
result_panel.draw(view)
workbook_panel.downloads(user, view)
comparison = reviews.compare(user, chosen.enterprise_id, chosen.assessment_no, language())
if comparison:
    review_panel.draw_comparison(comparison)
