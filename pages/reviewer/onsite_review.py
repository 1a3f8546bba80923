"""On-site review: the same sheet beside the enterprise's sealed self-score.

Reads   my running reviews, the sheet of the chosen one, the evidence of the enterprise.
Writes  answers (through the sheet) and the submission.
"""

import streamlit as st

from portal.i18n import t
from portal.services import assessments, evidence, reviews
from portal.ui import evidence_panel, fields, flash, guard, review_panel, scoring, workbook_panel

user = guard.reviewer()

# load
running = {a.key: a for a in reviews.mine(user) if a.running}

# render
st.title(t("page.onsite_review"))
flash.show()
if not running:
    st.info(t("review.empty"), icon=":material/info:")
    st.stop()
key = fields.linked_choice(
    "review", list(running), t("review.choose"), lambda k: review_panel.label(running[k])
)
st.caption(t("review.beside"))
chosen = running[key]
assessment = assessments.load(user, chosen.enterprise_id, chosen.assessment_no)
scoring.draw_sheet(user, assessment)
evidence_panel.draw_list(evidence.of_enterprise(user, chosen.enterprise_id))
scoring.draw_submit(user, assessment, facts_known=True)
workbook_panel.draw(user, assessment)
