"""The log of accounts, sign-ins and settings.

Reads   log entries that concern no business of an enterprise.
Writes  nothing.
"""

import streamlit as st

from portal.i18n import language, t
from portal.services import audit_trail
from portal.ui import guard, log_panel

user = guard.administrator()

# load
st.title(t("page.account_log"))
lang = language()
state = st.empty()
wish = log_panel.wish(audit_trail.ACCOUNT_KINDS)
page = audit_trail.of_accounts(user, wish, lang)

# render
state.markdown(t("log.sentence_accounts", count=page.total))
log_panel.draw(
    page, wish, guard.later(user, audit_trail.export_accounts, wish, lang), "log-accounts"
)
