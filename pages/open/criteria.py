"""The criteria for everyone: browse an edition, look up a row, search both languages.

Reads   the criteria.
Writes  nothing.
"""

import streamlit as st

from portal.errors import PortalError
from portal.i18n import t
from portal.ui import criteria_panel, guard, style

user = guard.signed_in()
st.title(t("page.criteria"))
words = st.text_input(
    t("browser.search"),
    key="browser.words",
    placeholder=t("browser.search_example"),
    help=t("browser.search_help"),
    icon=":material/search:",
).strip()
if words:
    criteria_panel.draw_hits(words)
    st.stop()
asked, row = st.query_params.get("s", ""), st.query_params.get("i", "")
try:
    if asked and row:
        criteria_panel.draw_row(asked, row)
    else:
        criteria_panel.draw_scheme(criteria_panel.choose())
except PortalError:
    st.warning(style.escape(t("error.no_such_criteria", found=asked)), icon=":material/search_off:")
