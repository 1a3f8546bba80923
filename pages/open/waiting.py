"""For roles that have no pages of their own yet.

Reads   nothing.
Writes  nothing.
"""

import streamlit as st

from portal.i18n import t
from portal.ui import guard

user = guard.signed_in()
st.title(t("page.waiting"))
st.info(t("waiting.text", role=t(f"role.{user.role}")), icon=":material/hourglass:")
