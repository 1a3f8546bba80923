"""The sheet with what stands around it: submitting, what is missing, links to items."""

import re
from functools import partial
from typing import Any

import streamlit as st

from portal.domain.assessment import Assessment
from portal.domain.people import User
from portal.domain.workflow import AssessmentKind
from portal.errors import IncompleteFormError, PortalError
from portal.i18n import language, section, t
from portal.services import assessments, sheets
from portal.services.wording import error_text
from portal.ui import fields, flash, guard
from portal.ui.sheet import sheet

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
        command=st.session_state.get(_key(assessment, "goto")),
    )


def _key(assessment: Assessment, part: str) -> str:
    return f"{assessment.kind}.{assessment.enterprise_id}.{assessment.assessment_no}.{part}"


def _go_to(assessment: Assessment, item: str) -> None:
    name = _key(assessment, "goto")
    before = st.session_state.get(name, {"id": 0})
    st.session_state[name] = {"id": int(before["id"]) + 1, "goto": item}


def draw_submit(user: User, assessment: Assessment, *, facts_known: bool) -> None:
    """What is missing as links, the names, and the confirmation that ends the scoring."""
    review = assessment.kind is AssessmentKind.REVIEW
    form = _key(assessment, "submit")
    with st.expander(
        t("assessment.submit_review" if review else "assessment.submit"),
        expanded=bool(st.session_state.get(form + ".open")),
        icon=":material/task_alt:",
        key=form + ".open",
        on_change="rerun",
    ):
        if not st.session_state.get(form + ".open"):
            return  # asked for anew each time it is opened, so that the list is fresh
        fresh = assessments.load(user, assessment.enterprise_id, assessment.assessment_no)
        missing = assessments.missing_items(user, fresh.enterprise_id, fresh.assessment_no)
        unexplained = st.session_state.get(form + ".unexplained", [])
        if missing or unexplained:
            _draw_missing(assessment, missing or unexplained, explained=not missing)
        else:
            count = len(sheets.static(user, assessment, language())["items"])
            st.success(t("assessment.submit_ready", count=count))
        if not facts_known:
            st.warning(t("assessment.submit_facts", year=assessment.year))
        _draw_names(form, review=review)
        st.button(
            t("assessment.submit_review" if review else "assessment.submit"),
            type="primary",
            key=form + ".button",
            disabled=bool(missing),
            on_click=_submit,
            args=(fresh, form),
        )


def _draw_missing(assessment: Assessment, items: list[str], *, explained: bool) -> None:
    key = "error.differences_missing" if explained else "assessment.submit_missing"
    st.warning(t(key, count=len(items)))
    with st.container(horizontal=True, key=_key(assessment, "missing")):
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


def _draw_names(form: str, *, review: bool) -> None:
    left, right = st.columns(2)
    with left:
        st.text_input(
            t("assessment.leader_review" if review else "assessment.leader"),
            key=fields.key(form, "leader"),
            max_chars=assessments.NAME_LIMIT,
        )
        st.text_input(
            t("assessment.confirmed_review" if review else "assessment.confirmed_by"),
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
    with flash.outcome(ok=t("assessment.submitted")):
        if not fields.value(form, "confirm", False):
            raise IncompleteFormError("confirm_needed")
        try:
            assessments.submit(
                guard.acting_user(),
                assessment.enterprise_id,
                assessment.assessment_no,
                leader=fields.value(form, "leader", ""),
                members=members,
                confirmed_by=fields.value(form, "confirmed_by", ""),
                seen_rev=assessment.rev,
            )
        except IncompleteFormError as error:
            if error.code == "differences_missing":
                st.session_state[form + ".unexplained"] = list(error.missing)
            raise
        fields.clear(form)
