"""The people of one's own enterprise: who may sign in, in which roles.

Reads   accounts of the own enterprise.
Writes  the same.
"""

import streamlit as st

from portal.i18n import t
from portal.services import accounts
from portal.ui import guard, people_panel

user = guard.enterprise()

# load
lines = accounts.list_accounts(user)
roles = accounts.roles_to_give(user)
own = {user.organisation_id: user.organisation}

# render
st.title(t("people.title"))
st.markdown(t("people.sentence", count=len({line.account_id for line in lines})))
with st.expander(t("people.invite"), icon=":material/person_add:", key="account_form"):
    people_panel.draw_form(roles, dict.fromkeys(roles, own), people_panel.invite)
found = people_panel.search(lines)
people_panel.draw_manage(user, found, lambda _: own)
people_panel.draw_list(found)
