"""Criteria desk: bring in a province's standard, look at it, compare, publish, export.

Reads   all editions of the criteria.
Writes  drafts of the installation's own, and their publication.
"""

import streamlit as st

from portal.i18n import language, t
from portal.services import criteria_desk
from portal.ui import desk_panel, guard

user = guard.administrator()

# load
lines = criteria_desk.editions(user, language())
frames = {line.key: f"{line.title} {line.key}" for line in lines if line.kind == "frame"}
scored = [line.key for line in lines if line.kind in ("enterprise", "specialty", "post")]
drafts = [line.key for line in lines if line.own and line.state == "draft"]

# render
st.title(t("page.criteria_desk"))
st.markdown(t("desk.sentence", own=sum(line.own for line in lines), drafts=len(drafts)))
with st.expander(t("desk.import"), icon=":material/upload_file:", key="desk.importing"):
    desk_panel.draw_import(user, frames)
with st.expander(t("desk.publishing"), icon=":material/verified:", key="desk.publishing"):
    desk_panel.draw_publish(drafts)
with st.expander(t("desk.compare"), icon=":material/difference:", key="desk.comparing"):
    desk_panel.draw_compare(user, [line.key for line in lines])
with st.expander(t("desk.export"), icon=":material/download:", key="desk.exporting"):
    desk_panel.draw_export(user, scored)
desk_panel.draw_editions(lines)
