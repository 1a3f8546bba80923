"""Lists and forms of the administrator."""

from collections.abc import Callable, Sequence

import streamlit as st

from portal.domain.people import (
    AUTHORITY_ROLES,
    ENTERPRISE_ROLES,
    REVIEW_ROLES,
    Role,
)
from portal.i18n import t
from portal.services import enterprises, setup
from portal.services.accounts import AccountLine
from portal.services.enterprises import Area, EnterpriseLine
from portal.services.reviews import Assignment, Candidate
from portal.ui import fields, flash, profile_form
from portal.ui.tables import table

OFFERED = (*ENTERPRISE_ROLES, *REVIEW_ROLES, *AUTHORITY_ROLES, Role.ADMINISTRATOR)


def draw_accounts(lines: Sequence[AccountLine], set_status: Callable[[str, bool], None]) -> None:
    """All accounts with a search, and a way to disable or enable one."""
    flash.show("status")
    wanted = (
        st.text_input(t("admin.search"), key="admin.search", icon=":material/search:")
        .strip()
        .lower()
    )
    lines = [
        line for line in lines if wanted in f"{line.login} {line.name} {line.organisation}".lower()
    ]
    table(
        [t(f"column.{name}") for name in ("login", "name", "role", "organisation", "status")],
        [
            (
                line.login,
                line.name,
                t(f"role.{line.role}"),
                line.organisation,
                t(f"admin.{line.status}"),
            )
            for line in lines
        ],
        key="admin.accounts",
    )
    by_id = {line.account_id: line for line in lines}
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    chosen = left.selectbox(
        t("admin.choose_account"),
        list(by_id),
        index=None,
        key="admin.chosen",
        format_func=lambda a: f"{by_id[a].login} · {by_id[a].name}",
        placeholder=t("common.unknown"),
    )
    if chosen:
        active = by_id[chosen].status == "active"
        right.button(
            t("admin.disable") if active else t("admin.enable"),
            key="admin.set_status",
            on_click=set_status,
            args=(chosen, not active),
        )


def account_form(known: Sequence[EnterpriseLine], create: Callable[[], None]) -> None:
    """Sign-in name, name, role and the organisation that fits the role."""
    left, right = st.columns(2)
    left.text_input(t("field.login"), key=fields.key("account", "login"))
    left.text_input(t("field.person"), key=fields.key("account", "name"))
    role = right.selectbox(
        t("field.role"),
        OFFERED,
        format_func=lambda r: t(f"role.{r}"),
        key=fields.key("account", "role"),
    )
    names: dict[str, str] = {e.enterprise_id: e.name for e in known}
    if role not in ENTERPRISE_ROLES:
        names = dict(setup.organisations("review_body" if role in REVIEW_ROLES else "authority"))
    right.selectbox(
        t("field.organisation"),
        list(names),
        format_func=names.__getitem__,
        key=fields.key("account", f"organisation.{_group(role)}"),
        placeholder=t("common.unknown"),
    )
    st.button(
        t("admin.new_account"),
        type="primary",
        key="account.create",
        on_click=create,
        disabled=not names,
    )


def _group(role: Role) -> str:
    if role in ENTERPRISE_ROLES:
        return "enterprise"
    return "review" if role in REVIEW_ROLES else "authority"


def chosen_role_and_organisation() -> tuple[Role, str]:
    """Role and organisation as they stand in the form."""
    role = Role(fields.value("account", "role", OFFERED[0]))
    return role, fields.value("account", f"organisation.{_group(role)}") or ""


def enterprise_form(register: Callable[[], None]) -> None:
    """The profile of a new enterprise; it needs an area to lie in first."""
    if not enterprises.counties():
        st.info(t("admin.no_areas"))
        return
    profile_form.draw(profile_form.EMPTY, "new")
    st.button(
        t("admin.new_enterprise"), type="primary", key="new_enterprise.save", on_click=register
    )


def area_form(areas: Sequence[Area], lang: str, add: Callable[[], None]) -> None:
    """Code and name of an area, and those already entered."""
    left, right = st.columns(2)
    left.text_input(
        t("setup.area_code"),
        key=fields.key("area", "code"),
        max_chars=6,
        help=t("setup.area_code_help"),
    )
    right.text_input(t("setup.area_name"), key=fields.key("area", "name"))
    st.button(t("admin.new_area"), key="area_add", on_click=add)
    st.caption("  ".join(f"{area.code} {area.name(lang)}" for area in areas))


def body_form(add: Callable[[], None]) -> None:
    """Name of a review body."""
    st.text_input(t("admin.body_name"), key=fields.key("body", "name"))
    st.button(t("admin.new_body"), key="body_add", on_click=add)


def candidate_id(candidate: Candidate) -> str:
    """What names a candidate in a selection."""
    return f"{candidate.enterprise_id}.{candidate.assessment_no}"


def candidate_key(chosen: str) -> tuple[str, int]:
    """Enterprise and number of a chosen candidate."""
    enterprise_id, _, number = chosen.rpartition(".")
    return enterprise_id, int(number)


def draw_assignments(found: Sequence[Assignment], lang: str) -> None:
    """All assignments; without scores, which are not the administrator's business."""
    names = {area.code: area.name(lang) for area in enterprises.areas()}
    table(
        [t(f"column.{name}") for name in ("enterprise", "area", "year", "reviewer", "status")],
        [
            (
                a.enterprise,
                names.get(a.area_code, a.area_code),
                str(a.year),
                a.reviewer,
                t(f"review.status_{a.status}"),
            )
            for a in found
        ],
        key="admin.assignments",
    )
