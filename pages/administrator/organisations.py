"""Enterprises, areas and bodies: what the people of the portal belong to.

Reads   enterprises, areas, bodies (no business data).
Writes  any of them.
"""

import streamlit as st

from portal.i18n import language, t
from portal.services import enterprises, organisations
from portal.services.organisations import Authority
from portal.ui import admin_panel, fields, flash, guard, profile_form

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
            fields.value("body", "sectors", ()),
        )
        fields.clear("body")


def change_jurisdiction(body: Authority) -> None:
    with flash.outcome(t("admin.jurisdiction_changed", name=body.name), "jurisdiction"):
        number = body.organisation_id
        area = fields.value("jurisdiction", f"area.{number}") or ""
        sectors = fields.value("jurisdiction", f"sectors.{number}", ())
        organisations.change_jurisdiction(guard.acting_user(), number, area, sectors)


# load
areas = enterprises.areas()
authorities = organisations.authorities(user)
count = len(enterprises.list_all(user))

# render
st.title(t("page.organisations"))
st.markdown(t("admin.organisations", enterprises=count, areas=len(areas)))
with st.expander(t("admin.new_enterprise"), icon=":material/domain_add:", key="new_form"):
    admin_panel.enterprise_form(register)
    flash.show("new")
with st.expander(t("admin.new_area"), icon=":material/map:", key="area_form"):
    admin_panel.area_form(areas, language(), add_area)
    flash.show("area")
with st.expander(t("admin.new_body"), icon=":material/apartment:", key="body_form"):
    admin_panel.body_form(areas, language(), add_body)
    flash.show("body")
with st.expander(t("admin.change_jurisdiction"), icon=":material/tune:", key="jurisdiction_form"):
    admin_panel.jurisdiction_form(authorities, areas, language(), change_jurisdiction)
    flash.show("jurisdiction")
