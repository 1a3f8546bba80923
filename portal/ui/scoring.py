"""The sheet with what stands around it: submitting, what is missing, links to items."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from portal.domain.assessment import Assessment
from portal.domain.people import User
from portal.domain.workflow import AssessmentKind
from portal.errors import IncompleteFormError, PortalError
from portal.i18n import language, section, t
from portal.services import assessments, enterprises, schemes, sheets
from portal.services.wording import error_text
from portal.ui import fields, flash, guard
from portal.ui.sheet import fragment_of, sheet

SHOWN = 24
"""Most links to missing items at a time."""


def draw_sheet(user: User, assessment: Assessment) -> None:
    """The scoring sheet of an assessment."""
    place = (assessment.enterprise_id, assessment.assessment_no)
    lang = language()

    def save(edits: list[dict[str, Any]]) -> list[dict[str, Any]]:
        # asked again at every save: the session may have ended since the page was drawn
        try:
            return sheets.save(guard.acting_user(), *place, edits, lang)
        except PortalError as error:
            flash.note_refusal(error, "sheet")
            text = error_text(error, lang)
            return [
                {
                    "seq": edit["seq"],
                    "item": edit["item"],
                    "ok": False,
                    "error": text,
                    "conflict": None,
                }
                for edit in edits
            ]

    def live(known: int | None) -> dict[str, Any]:
        return sheets.live(guard.acting_user(), *place, known, lang)

    sheet(
        key=_key(assessment, "sheet"),
        static=partial(sheets.static, user, assessment, lang),
        live=live,
        save=save,
        texts=section("sheet"),
        command=lambda: st.session_state.get(_key(assessment, "goto")),
        refresh=lambda: [_key(assessment, "submit")] if _submit_open(assessment) else [],
    )


def _key(assessment: Assessment, part: str) -> str:
    return f"{assessment.kind}.{assessment.enterprise_id}.{assessment.assessment_no}.{part}"


def _go_to(assessment: Assessment, item: str) -> None:
    name = _key(assessment, "goto")
    before = st.session_state.get(name, {"id": 0})
    st.session_state[name] = {"id": int(before["id"]) + 1, "goto": item}
    st.rerun([fragment_of(_key(assessment, "sheet"))])


def offer_start(user: User, start: Callable[[str, int], None]) -> None:
    """Choose year and standard and begin; ``start`` gets scheme and year."""
    left, right, last = st.columns([1, 3, 1], vertical_alignment="bottom")
    year = left.selectbox(t("assessment.choose_year"), schemes.years(), key="start.year")
    sector = enterprises.view(user, user.organisation_id, language()).profile.sector
    choices = schemes.enterprise_schemes(language(), sector=sector)
    scheme = right.selectbox(
        t("assessment.choose_scheme"),
        list(choices),
        format_func=choices.__getitem__,
        help=t("help.scheme"),
        key="start.scheme",
    )
    last.button(
        t("assessment.start"),
        type="primary",
        key="start.button",
        on_click=start,
        args=(scheme, year),
    )


def draw_submit(user: User, assessment: Assessment, *, facts_known: bool) -> None:
    """What is missing as links, the names, and the confirmation that ends the scoring."""
    verb = t("assessment.submit_review" if _is_review(assessment) else "assessment.submit")

    # a fragment of its own, so that a save of the sheet can bring it up to date
    @st.fragment(key=_key(assessment, "submit"))
    def panel() -> None:
        with st.expander(
            verb,
            expanded=_submit_open(assessment),
            icon=":material/task_alt:",
            key=_key(assessment, "submit_open"),
            on_change="rerun",
        ):
            if _submit_open(assessment):
                _draw_submit_form(user, assessment, verb, facts_known=facts_known)

    panel()


def _is_review(assessment: Assessment) -> bool:
    return assessment.kind is AssessmentKind.REVIEW


def _submit_open(assessment: Assessment) -> bool:
    return bool(st.session_state.get(_key(assessment, "submit_open")))


def _draw_submit_form(user: User, assessment: Assessment, verb: str, *, facts_known: bool) -> None:
    form = _key(assessment, "form")
    fresh = assessments.load(user, assessment.enterprise_id, assessment.assessment_no)
    place = (fresh.enterprise_id, fresh.assessment_no)
    missing = assessments.missing_items(user, *place)
    unexplained = assessments.unexplained_items(user, *place)
    if missing:
        _draw_items(assessment, missing, "assessment.submit_missing", "missing")
    if unexplained:
        _draw_items(assessment, unexplained, "error.differences_missing", "unexplained")
    if not missing and not unexplained:
        st.success(t("assessment.submit_ready", count=assessments.item_count(fresh)))
    if not facts_known:
        st.warning(t("assessment.submit_facts", year=assessment.year))
    _draw_names(form, user, review=_is_review(assessment))
    st.button(
        verb,
        type="primary",
        key=_key(assessment, "submit_button"),
        disabled=bool(missing or unexplained),
        on_click=_submit,
        args=(fresh, form),
    )
    flash.show("submit")


def _draw_items(assessment: Assessment, items: list[str], text: str, name: str) -> None:
    st.warning(t(text, count=len(items)))
    with st.container(horizontal=True, key=_key(assessment, name)):
        for item in items[:SHOWN]:
            st.button(
                item,
                key=_key(assessment, f"go.{item}"),
                on_click=_go_to,
                args=(assessment, item),
                type="tertiary",
            )
        if len(items) > SHOWN:
            st.caption(t("assessment.more", count=len(items)))


def _draw_names(form: str, user: User, *, review: bool) -> None:
    # the name that is expected there; it can be changed
    known = user.name if review else enterprises.principal(user)
    left, right = st.columns(2)
    with left:
        st.text_input(
            t("assessment.leader_review" if review else "assessment.leader"),
            key=fields.key(form, "leader"),
            max_chars=assessments.NAME_LIMIT,
        )
        st.text_input(
            t("assessment.confirmed_review" if review else "assessment.confirmed_by"),
            value=known,
            key=fields.key(form, "confirmed_by"),
            max_chars=assessments.NAME_LIMIT,
        )
    with right:
        st.text_area(
            t("assessment.members_review" if review else "assessment.members"),
            key=fields.key(form, "members"),
            help=t("assessment.members_help"),
            height=122,
        )
    st.checkbox(t("assessment.confirm"), key=fields.key(form, "confirm"))


def _submit(assessment: Assessment, form: str) -> None:
    members = re.split(r"[、,，;；\n]+", fields.value(form, "members", ""))
    with flash.outcome(t("assessment.submitted"), "submit", flash.PAGE):
        if not fields.value(form, "confirm", False):
            raise IncompleteFormError("confirm_needed")
        assessments.submit(
            guard.acting_user(),
            assessment.enterprise_id,
            assessment.assessment_no,
            leader=fields.value(form, "leader", ""),
            members=members,
            confirmed_by=fields.value(form, "confirmed_by", ""),
            seen_rev=assessment.rev,
        )
        fields.clear(form)
    if not flash.refused("submit"):
        st.rerun()  # the whole page has changed, not only this panel
