"""Many enterprises and accounts from one workbook: template, problems, confirmation, links."""

from functools import partial
from urllib.parse import urlsplit

import streamlit as st

from portal.config import settings
from portal.documents.people_layout import ROWS
from portal.domain.people import User
from portal.errors import PortalError
from portal.i18n import language, t
from portal.services import invitations, people_import
from portal.services.people_import import Checked, Imported
from portal.services.people_matching import Kept
from portal.ui import flash, guard
from portal.ui.downloads import EXCEL
from portal.ui.tables import table

PLACE = "people_import"
LARGEST_MB = 10
SHOWN = 200
"""Most problems and enterprises listed on the page."""


def draw(user: User) -> None:
    """Offer the template and take a workbook over; after that only the links, until cleared."""
    imported = st.session_state.get(_done(user))
    flash.show(PLACE)
    if imported is not None:
        _draw_links(user, imported)
        return
    st.markdown(t("people_import.text"))
    st.download_button(
        t("people_import.template"),
        data=guard.later(user, people_import.template, language()),
        file_name="enterprises-accounts.xlsx",
        mime=EXCEL,
        key="people_import.template",
        icon=":material/download:",
        on_click="ignore",
    )
    # a new key after each import empties the field
    turn = st.session_state.get("people_import.turn", 0)
    file = st.file_uploader(
        t("people_import.upload"),
        type="xlsx",
        max_upload_size=LARGEST_MB,
        key=f"people_import.file.{turn}",
        help=t("people_import.upload_help", rows=ROWS),
    )
    if file is None:
        _forget()
        return
    try:
        checked = _checked(user, file.file_id, file.getvalue())
    except PortalError as error:
        flash.refuse(error)
        return
    _draw_checked(user, checked)


def _done(user: User) -> str:
    """Where the links wait: another person at the same screen does not find them."""
    return f"people_import.done.{user.account_id}"


def _checked(user: User, file_id: str, data: bytes) -> Checked:
    """Check a file once, not at every re-run of the page."""
    key = (file_id, language())
    known: tuple[object, Checked] | None = st.session_state.get("people_import.checked")
    if known is None or known[0] != key:
        with st.spinner(t("people_import.checking")):
            known = (key, people_import.check(user, data, language()))
        st.session_state["people_import.checked"] = known
    return known[1]


def _forget() -> None:
    st.session_state.pop("people_import.checked", None)


def _draw_checked(user: User, checked: Checked) -> None:
    if checked.problems:
        st.error(t("people_import.bad", count=len(checked.problems)), icon=":material/error:")
        table(
            [t(f"assessment.problem_{name}") for name in ("sheet", "cell", "text")],
            [(p.sheet, p.cell, p.text) for p in checked.problems[:SHOWN]],
            wide=(2,),
            key="people_import.problems",
        )
        if len(checked.problems) > SHOWN:
            st.caption(t("assessment.more", count=len(checked.problems)))
        return
    if checked.new or checked.accounts:
        text = t("people_import.ok", enterprises=checked.new, accounts=checked.accounts)
        st.success(text, icon=":material/check:")
        st.button(
            t("people_import.confirm"),
            type="primary",
            key="people_import.confirm",
            on_click=_take_over,
            args=(user, checked),
        )
    else:
        st.info(t("people_import.empty"), icon=":material/info:")
    _draw_kept(checked.kept)


def _draw_kept(kept: tuple[Kept, ...]) -> None:
    if not kept:
        return
    st.markdown(t("people_import.kept", count=len(kept)))
    st.caption(t("people_import.kept_text"))
    table(
        [
            t("assessment.problem_cell"),
            t("field.credit_code"),
            t("field.name"),
            t("people_import.stored_name"),
        ],
        [(k.place, k.credit_code, k.name, k.stored_name) for k in kept[:SHOWN]],
        wide=(2, 3),
        key="people_import.kept",
    )
    if len(kept) > SHOWN:
        st.caption(t("assessment.more", count=len(kept)))


def _take_over(user: User, checked: Checked) -> None:
    _forget()  # whatever happens, the file is compared again before it is offered again
    with flash.outcome(place=PLACE):
        imported = people_import.take_over(guard.acting_user(), checked)
        if imported.links:
            st.session_state[_done(user)] = imported
        st.session_state["people_import.turn"] = st.session_state.get("people_import.turn", 0) + 1
        text = t("people_import.done", enterprises=imported.new, accounts=len(imported.links))
        flash.note(text, PLACE)


def _draw_links(user: User, imported: Imported) -> None:
    """The links of the last import, as long as the page holds them."""
    st.warning(t("people_import.once", days=invitations.LASTS.days), icon=":material/key:")
    here = urlsplit(st.context.url or "")
    base = settings().address or f"{here.scheme}://{here.netloc}"
    with st.container(horizontal=True):
        st.download_button(
            t("people_import.links"),
            data=partial(people_import.links_workbook, imported, base, language()),
            file_name="links.xlsx",
            mime=EXCEL,
            key="people_import.links",
            type="primary",
            icon=":material/download:",
            on_click="ignore",
        )
        st.button(
            t("people_import.clear"), key="people_import.clear", on_click=_clear, args=(user,)
        )


def _clear(user: User) -> None:
    st.session_state.pop(_done(user), None)
