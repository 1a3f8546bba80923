"""Accounts: who may sign in, for which enterprise or body, in which roles.

Reads   accounts, names of enterprises and bodies (no business data).
Writes  accounts, and what a workbook brings in.
"""

from functools import partial

import streamlit as st

from portal.i18n import t
from portal.services import accounts, enterprises
from portal.ui import guard, people_import_panel, people_panel

user = guard.administrator()

# load
lines = accounts.list_accounts(user)
known = {e.enterprise_id: e.name for e in enterprises.list_all(user)}
roles = accounts.roles_to_give(user)
bodies = partial(people_panel.bodies_of, enterprises=known)

# render
st.title(t("page.accounts"))
st.markdown(
    t("admin.sentence", accounts=len({x.account_id for x in lines}), enterprises=len(known))
)
with st.expander(t("people.invite"), icon=":material/person_add:", key="account_form"):
    people_panel.draw_form(roles, {role: bodies(role) for role in roles}, people_panel.invite)
with st.expander(t("people.import_title"), icon=":material/upload_file:", key="import_form"):
    people_import_panel.draw(user)
found = people_panel.search(lines)
people_panel.draw_manage(user, found, bodies)
people_panel.draw_list(found)
