"""Lists and forms of the administrator."""

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from criteria import packs
from portal.i18n import t
from portal.services import enterprises, organisations
from portal.services.enterprises import Area
from portal.services.organisations import Authority
from portal.services.reviews import Assignment, Candidate
from portal.ui import fields, profile_form, style
from portal.ui.tables import table


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
    st.caption(style.escape("  ".join(f"{area.code} {area.name(lang)}" for area in areas)))


def body_form(areas: Sequence[Area], lang: str, add: Callable[[], None]) -> None:
    """Kind, name and area of a review body, an organising body or an authority."""
    left, right = st.columns(2)
    kind = left.selectbox(
        t("field.body_kind"),
        organisations.KINDS,
        format_func=lambda k: t(f"body.{k}"),
        key=fields.key("body", "kind"),
    )
    right.text_input(t("admin.body_name"), key=fields.key("body", "name"))
    if kind == "authority":
        names = {area.code: f"{area.code} {area.name(lang)}" for area in areas}
        left.selectbox(
            t("admin.jurisdiction"),
            list(names),
            format_func=names.__getitem__,
            key=fields.key("body", "area"),
        )
        _sectors(right, lang, fields.key("body", "sectors"))
    st.button(t("admin.new_body"), key="body_add", on_click=add)


def _sectors(place: DeltaGenerator, lang: str, key: str, held: Sequence[str] = ()) -> None:
    sectors = packs.sectors()
    place.multiselect(
        t("admin.sectors"),
        list(sectors),
        default=list(held),
        format_func=lambda s: sectors[s].title[lang],
        key=key,
        help=t("admin.sectors_help"),
        placeholder=t("common.all"),
    )


def jurisdiction_form(
    known: Sequence[Authority],
    areas: Sequence[Area],
    lang: str,
    change: Callable[[Authority], None],
) -> None:
    """Area and sectors of an authority."""
    chosen = st.selectbox(
        t("body.authority"), known, format_func=lambda a: a.name, key="jurisdiction.body"
    )
    if chosen is None:
        return
    left, right = st.columns(2)
    names = {area.code: f"{area.code} {area.name(lang)}" for area in areas}
    left.selectbox(
        t("admin.jurisdiction"),
        list(names),
        index=list(names).index(chosen.area_code) if chosen.area_code in names else None,
        format_func=names.__getitem__,
        key=fields.key("jurisdiction", f"area.{chosen.organisation_id}"),
    )
    _sectors(
        right,
        lang,
        fields.key("jurisdiction", f"sectors.{chosen.organisation_id}"),
        chosen.sectors,
    )
    st.button(
        t("admin.change_jurisdiction"), key="jurisdiction.save", on_click=change, args=(chosen,)
    )


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
