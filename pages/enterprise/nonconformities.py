"""Non-conformities of the enterprise: what was lost, until when it must be put right.

Reads   all non-conformities that submissions and reviews have opened, and their evidence.
Writes  evidence: attached, taken back. The rectification workflow is a later step.
"""

import streamlit as st

from portal.i18n import language, t
from portal.services import evidence, nonconformities
from portal.ui import evidence_panel, guard, links, nonconformity_panel

user = guard.enterprise()

# load
lines = nonconformities.of_enterprise(user, user.organisation_id, language())
files = evidence.of_enterprise(user, user.organisation_id)

# render
st.title(t("page.nonconformities"))
if not lines:
    st.info(t("nonconformity.empty"), icon=":material/info:")
    links.to("enterprise/self_assessment", t("result.go_assess"), "fact_check")
    st.stop()
nonconformity_panel.draw_sentence(lines)
evidence_panel.draw(user.organisation_id, lines, files)
nonconformity_panel.draw(lines, evidence_panel.counts(files))
st.caption(t("nonconformity.later"))
