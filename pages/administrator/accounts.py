"""Organisations and accounts: who may sign in, for which enterprise or body.

Reads   accounts, enterprises, areas, bodies (no business data).
Writes  any of them.
"""

import streamlit as st

from portal.i18n import language, t
from portal.services import accounts, enterprises, organisations
from portal.ui import admin_panel, fields, flash, guard, profile_form

user = guard.administrator()


# act
def create_account() -> None:
    with flash.outcome(place="account"):
        login = fields.value("account", "login", "").strip()
        role, organisation_id = admin_panel.chosen_role_and_organisation()
        password = accounts.create_account(
            guard.acting_user(),
            login=login,
            name=fields.value("account", "name", ""),
            role=role,
            organisation_id=organisation_id,
        )
        flash.note(t("admin.created", login=login, password=password), "account")
        fields.clear("account")


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
        organisations.add_review_body(guard.acting_user(), name)
        fields.clear("body")


def set_status(account_id: str, active: bool) -> None:
    with flash.outcome(t("admin.status_changed"), "status"):
        accounts.set_status(guard.acting_user(), account_id, active=active)


# load
lines = accounts.list_accounts(user)
known = enterprises.list_all(user)

# render
st.title(t("page.accounts"))
st.markdown(
    t("admin.sentence", accounts=len({x.account_id for x in lines}), enterprises=len(known))
)
with st.expander(t("admin.new_account"), icon=":material/person_add:", key="account_form"):
    admin_panel.account_form(known, create_account)
    flash.show("account")
with st.expander(t("admin.new_enterprise"), icon=":material/domain_add:", key="new_form"):
    admin_panel.enterprise_form(register)
    flash.show("new")
with st.expander(t("admin.new_area"), icon=":material/map:", key="area_form"):
    admin_panel.area_form(enterprises.areas(), language(), add_area)
    flash.show("area")
with st.expander(t("admin.new_body"), icon=":material/apartment:", key="body_form"):
    admin_panel.body_form(add_body)
    flash.show("body")
admin_panel.draw_accounts(lines, set_status)
