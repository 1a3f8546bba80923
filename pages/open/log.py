"""The audit log of one enterprise: for its own people, and for its authority.

Reads   the log of the enterprise.
Writes  nothing.
"""

import streamlit as st

from portal.errors import PortalError
from portal.i18n import language, t
from portal.services import audit_trail
from portal.ui import flash, guard, links, log_panel, style

user = guard.enterprise_or_official()
enterprise_id = st.query_params.get("enterprise", "") or guard.own_enterprise(user)

# load
st.title(t("page.log"))
if not enterprise_id:
    st.info(t("overview.choose_first"), icon=":material/info:")
    links.to("official/enterprises", t("page.enterprises"), "table_view")
    st.stop()
lang = language()
try:
    name = audit_trail.name_of(user, enterprise_id)
except PortalError as error:
    flash.refuse(error, "block")
    st.stop()
state = st.empty()
wish = log_panel.wish(audit_trail.ENTERPRISE_KINDS)
page = audit_trail.of_enterprise(user, enterprise_id, wish, lang)

# render
state.markdown(t("log.sentence_enterprise", name=style.escape(name), count=page.total))
log_panel.draw(
    page,
    wish,
    guard.later(user, audit_trail.export_enterprise, enterprise_id, wish, lang),
    f"log-{enterprise_id[:8]}",
)
log_panel.draw_chain(lambda: audit_trail.first_broken(user, enterprise_id))
