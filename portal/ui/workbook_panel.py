"""Excel in and out of a scoring sheet: download, upload, the list of bad cells, confirmation."""

import streamlit as st

from portal.domain.assessment import Assessment
from portal.domain.people import User
from portal.errors import PortalError
from portal.i18n import language, t
from portal.services import schemes, workbooks
from portal.services.results import ResultView
from portal.ui import flash, guard
from portal.ui.downloads import EXCEL
from portal.ui.tables import table

LARGEST_MB = 20
SHOWN = 200
"""Most problems listed on the page; the first ones are the ones to mend first."""


def draw(user: User, assessment: Assessment) -> None:
    """Offer the workbook, and take one back while the sheet is a draft."""
    place = (assessment.enterprise_id, assessment.assessment_no)
    with st.expander(t("assessment.workbook"), icon=":material/table_view:", key="workbook"):
        with st.container(horizontal=True):
            _download(t("assessment.download_filled"), "filled", user, place, filled=True)
            _download(t("assessment.download_empty"), "empty", user, place, filled=False)
        if not schemes.locked(assessment):
            flash.show("workbook")
            _upload(user, place)


def _download(label: str, name: str, user: User, place: tuple[str, int], *, filled: bool) -> None:
    st.download_button(
        label,
        data=guard.later(user, workbooks.export, *place, language(), filled=filled),
        file_name=f"scoring-{place[1]}-{name}.xlsx",
        mime=EXCEL,
        key=f"workbook.{name}",
        icon=":material/download:",
        on_click="ignore",
    )


def _upload(user: User, place: tuple[str, int]) -> None:
    # a new key after each import empties the field
    turn = st.session_state.get("workbook.turn", 0)
    file = st.file_uploader(
        t("assessment.upload"),
        type="xlsx",
        max_upload_size=LARGEST_MB,
        key=f"workbook.file.{turn}",
        help=t("assessment.upload_help"),
    )
    if file is None:
        return
    try:
        checked = _checked(user, place, file.file_id, file.getvalue())
    except PortalError as error:
        flash.refuse(error)
        return
    if checked.problems:
        _draw_problems(checked)
    elif not checked.changed:
        st.info(t("assessment.upload_same"), icon=":material/check:")
    else:
        st.success(t("assessment.upload_ok", count=len(checked.answers), changed=checked.changed))
        st.button(
            t("assessment.upload_confirm", count=len(checked.answers)),
            type="primary",
            key="workbook.confirm",
            on_click=_take_over,
            args=(place, checked),
        )


def _checked(user: User, place: tuple[str, int], file_id: str, data: bytes) -> workbooks.Upload:
    """Check a file once, not at every re-run of the page."""
    name = f"workbook.checked.{place}.{file_id}.{language()}"
    if name not in st.session_state:
        with st.spinner(t("assessment.checking")):
            st.session_state[name] = workbooks.check(user, *place, data, language())
    found: workbooks.Upload = st.session_state[name]
    return found


def _draw_problems(checked: workbooks.Upload) -> None:
    st.error(t("assessment.upload_bad", count=len(checked.problems)), icon=":material/error:")
    table(
        [t("assessment.problem_sheet"), t("assessment.problem_cell"), t("assessment.problem_text")],
        [(problem.sheet, problem.cell, problem.text) for problem in checked.problems[:SHOWN]],
        wide=(2,),
        key="workbook.problems",
    )
    if len(checked.problems) > SHOWN:
        st.caption(t("assessment.more", count=len(checked.problems)))


def _take_over(place: tuple[str, int], checked: workbooks.Upload) -> None:
    with flash.outcome(t("assessment.uploaded", count=len(checked.answers)), "workbook"):
        workbooks.take_over(guard.acting_user(), *place, checked)
        st.session_state["workbook.turn"] = st.session_state.get("workbook.turn", 0) + 1


def downloads(user: User, view: ResultView) -> None:
    """Offer the filled workbook and the summary of deductions of a result."""
    place = (view.assessment.enterprise_id, view.assessment.assessment_no)
    with st.container(horizontal=True):
        _download(t("result.workbook"), "filled", user, place, filled=True)
        st.download_button(
            t("result.summary"),
            data=guard.later(user, workbooks.deduction_summary, *place, language()),
            file_name=f"deductions-{place[1]}.xlsx",
            mime=EXCEL,
            key="workbook.summary",
            icon=":material/download:",
            on_click="ignore",
        )
