"""The fields of an enterprise profile and of its safety performance."""

import dataclasses
from typing import Any

import streamlit as st

from criteria import packs
from portal.domain.enterprise import ACCIDENT_CLASSES, COUNTS, Profile
from portal.i18n import language, t
from portal.services import enterprises
from portal.services.context import current
from portal.ui import fields

FORM = "profile"

EMPTY = Profile("", "", "machinery", "", "", "", "", 0, 0, "industry", (), is_group=False)


def draw(stored: Profile, form: str = FORM) -> None:
    """Draw the profile; fields not yet touched show what is stored."""
    _follow(stored, form)
    lang = language()
    left, right = st.columns(2)
    with left:
        _text(form, "name", stored.name)
        _text(form, "credit_code", stored.credit_code, max_chars=18)
        sectors = packs.sectors()
        _choice(form, "sector", list(sectors), stored.sector, lambda s: sectors[s].title[lang])
        sector = fields.value(form, "sector", stored.sector)
        kinds = list(sectors[sector].size_kinds)
        stored_kind = stored.size_kind if stored.size_kind in kinds else kinds[0]
        tables = packs.size_tables()
        _choice(
            form,
            f"size_kind.{sector}",
            kinds,
            stored_kind,
            lambda k: tables[k].title[lang],
            label="size_kind",
        )
        areas = {area.code: area for area in enterprises.counties()}
        _choice(
            form, "area_code", list(areas), stored.area_code, lambda a: f"{areas[a].name(lang)} {a}"
        )
        _text(form, "address", stored.address)
    with right:
        _text(form, "principal", stored.principal)
        _text(form, "contact", stored.contact)
        _number(form, "staff", stored.staff)
        _number(form, "revenue_wan", stored.revenue_wan)
        flags = packs.flags()
        st.multiselect(
            t("field.flags"),
            list(flags),
            default=list(stored.flags),
            format_func=lambda f: flags[f].title[lang],
            key=fields.key(form, "flags"),
            help=t("help.flags"),
            placeholder=t("common.unknown"),
        )
        st.checkbox(
            t("field.is_group"),
            value=stored.is_group,
            key=fields.key(form, "is_group"),
            help=t("help.is_group"),
        )
    entry = entered(form)
    size = enterprises.size_class(entry.size_kind, entry.staff, entry.revenue_wan)
    st.caption(
        t(
            "profile.size",
            size=t(f"size.{size}"),
            kind=tables[entry.size_kind].title[lang],
            staff=entry.staff,
            revenue=entry.revenue_wan,
        )
    )


def _follow(stored: Profile, form: str) -> None:
    """Let fields that the person left alone take what somebody else has saved meanwhile."""
    name = fields.key(form, "shown")
    shown: Profile | None = st.session_state.get(name)
    if shown is not None and shown != stored:
        for field in dataclasses.fields(Profile):
            key = fields.key(form, field.name)
            if key in st.session_state and _same(st.session_state[key], getattr(shown, field.name)):
                del st.session_state[key]
        kind = fields.key(form, f"size_kind.{shown.sector}")
        if st.session_state.get(kind) == shown.size_kind:
            del st.session_state[kind]
    st.session_state[name] = stored


def _same(value: object, before: object) -> bool:
    if isinstance(value, list) and isinstance(before, tuple):
        return sorted(value) == sorted(before)
    return value == before


def entered(form: str = FORM) -> Profile:
    """The profile as it stands in the fields."""

    def get(field: str, default: Any = "") -> Any:
        found = fields.value(form, field, default)
        return default if found is None else found

    sector = get("sector")
    return Profile(
        get("name"),
        get("credit_code"),
        sector,
        get("area_code"),
        get("address"),
        get("principal"),
        get("contact"),
        int(get("staff", 0)),
        int(get("revenue_wan", 0)),
        get(f"size_kind.{sector}"),
        tuple(get("flags", [])),
        bool(get("is_group", False)),
    )


def _text(form: str, field: str, stored: str, max_chars: int | None = None) -> None:
    st.text_input(
        t(f"field.{field}"),
        value=stored,
        key=fields.key(form, field),
        max_chars=max_chars,
        help=_help(field),
    )


def _number(form: str, field: str, stored: int) -> None:
    st.number_input(
        t(f"field.{field}"),
        min_value=0,
        step=1,
        value=stored,
        key=fields.key(form, field),
        help=_help(field),
    )


def _choice(
    form: str, field: str, options: list[str], stored: str, words: Any, label: str | None = None
) -> None:
    st.selectbox(
        t(f"field.{label or field}"),
        options,
        index=options.index(stored) if stored in options else None,
        format_func=words,
        key=fields.key(form, field),
        help=_help(label or field),
        placeholder=t("common.unknown"),
    )


HELPED = frozenset(
    {
        "credit_code",
        "staff",
        "revenue_wan",
        "deaths",
        "serious_injuries",
        "direct_loss_yuan",
        "most_minor_injuries",
        "average_staff",
        "worst_accident",
        "member_share_without_fatal",
    }
)


def _help(field: str) -> str | None:
    return t(f"help.{field}") if field in HELPED else None


def wanted_tab() -> str | None:
    """The tab that a link asked for."""
    asked = st.query_params.get("part") == "performance"
    return t("profile.performance") if asked else None


def choose_year() -> int:
    """The year whose safety performance is shown."""
    this_year = current().today.year
    years = [this_year - back for back in range(4)]
    asked = st.query_params.get("year", "")
    index = years.index(int(asked)) if asked.isdigit() and int(asked) in years else 0
    return st.selectbox(t("common.year"), years, index=index, key="profile.year")


def facts_form(year: int) -> str:
    """Name of the form of a year."""
    return f"performance{year}"


def draw_facts(year: int, known: dict[str, object], *, is_group: bool) -> None:
    """Draw the facts of a year; an empty field is unknown, not zero."""
    form = facts_form(year)
    left, right = st.columns(2)
    for index, fact in enumerate(COUNTS):
        with left if index < 4 else right:
            _fact_number(form, fact, known.get(fact))
    with left:
        stored = known.get("worst_accident")
        st.selectbox(
            t("field.worst_accident"),
            ACCIDENT_CLASSES,
            index=ACCIDENT_CLASSES.index(str(stored)) if stored else None,
            format_func=lambda c: t(f"accident.{c}"),
            help=_help("worst_accident"),
            key=fields.key(form, "worst_accident"),
            placeholder=t("common.unknown"),
        )
    if is_group:
        with right:
            _fact_number(
                form, "member_share_without_fatal", known.get("member_share_without_fatal")
            )


def _fact_number(form: str, fact: str, stored: object) -> None:
    # a text field, because a number field cannot be emptied again to "unknown"
    st.text_input(
        t(f"field.{fact}"),
        value="" if stored is None else str(stored),
        key=fields.key(form, fact),
        placeholder=t("common.unknown"),
        help=_help(fact),
    )


def entered_facts(year: int) -> dict[str, object]:
    """The facts as they stand in the fields; text that is no number is left for the check."""
    form = facts_form(year)
    facts: dict[str, object] = {"worst_accident": fields.value(form, "worst_accident")}
    for fact in (*COUNTS, "member_share_without_fatal"):
        text = str(fields.value(form, fact, "")).strip().replace(",", "")
        facts[fact] = None if not text else int(text) if text.isdecimal() else text
    return facts
