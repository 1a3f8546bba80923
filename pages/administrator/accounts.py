"""Organisations and accounts: who may sign in, for which enterprise or body.

Reads   accounts, enterprises, areas, bodies (no business data).
Writes  any of them.
"""

from functools import partial

import streamlit as st

from portal.i18n import language, t
from portal.services import accounts, enterprises, organisations
from portal.ui import admin_panel, fields, flash, guard, people_panel, profile_form

user = guard.administrator()


# act
def register() -> None:
    profile = profile_form.entered("new")
    with flash.outcome(t("admin.registered", name=profile.name), "new"):
        enterprises.register(guard.acting_user(), profile)
        fields.clear("new")


def add_area() -> None:
    name = fields.value("area", "name", "")
    with flash.outcome(t("admin.area_saved", name=name), "area"):
        organisations.add_area(guard.acting_user(), fields.value("area", "code", ""), name)
        fields.clear("area")


def add_body() -> None:
    name = fields.value("body", "name", "")
    with flash.outcome(t("admin.body_saved", name=name), "body"):
        organisations.add_body(
            guard.acting_user(),
            fields.value("body", "kind", ""),
            name,
            fields.value("body", "area") or "",
        )
        fields.clear("body")


# load
lines = accounts.list_accounts(user)
known = {e.enterprise_id: e.name for e in enterprises.list_all(user)}
roles = accounts.roles_to_give(user)
areas = enterprises.areas()
bodies = partial(people_panel.bodies_of, enterprises=known)

# render
st.title(t("page.accounts"))
st.markdown(
    t("admin.sentence", accounts=len({x.account_id for x in lines}), enterprises=len(known))
)
with st.expander(t("people.invite"), icon=":material/person_add:", key="account_form"):
    people_panel.draw_form(roles, {role: bodies(role) for role in roles}, people_panel.invite)
with st.expander(t("admin.new_enterprise"), icon=":material/domain_add:", key="new_form"):
    admin_panel.enterprise_form(register)
    flash.show("new")
with st.expander(t("admin.new_area"), icon=":material/map:", key="area_form"):
    admin_panel.area_form(areas, language(), add_area)
    flash.show("area")
with st.expander(t("admin.new_body"), icon=":material/apartment:", key="body_form"):
    admin_panel.body_form(areas, language(), add_body)
    flash.show("body")
found = people_panel.search(lines)
people_panel.draw_manage(user, found, bodies)
people_panel.draw_list(found)
