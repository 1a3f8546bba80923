"""The outcome of an action, shown once on the next drawing, beside the button that caused it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import streamlit as st

from portal.errors import NotAllowedError, PortalError, UnreadableFileError
from portal.i18n import language
from portal.services.wording import error_text
from portal.ui import session, style
from scoring.errors import ScoringError

log = logging.getLogger("anbiao")

PAGE = "page"
"""Place below the title, for what concerns the page as a whole."""


@contextmanager
def outcome(
    ok: str | None = None, place: str = PAGE, ok_place: str | None = None
) -> Iterator[None]:
    """Turn what a service refuses into a message; anything else passes to the error report.

    Args:
        ok: what to say when it went well.
        place: where the page calls :func:`show` for a refusal, beside the button.
        ok_place: the same for success, when the form is gone then; by default ``place``.
    """
    try:
        yield
    except (PortalError, ScoringError) as error:
        note_refusal(error, place)
        st.session_state[_key(place)] = ("error", error_text(error, language()))
    else:
        if ok:
            note(ok, ok_place or place)


def note(text: str, place: str = PAGE) -> None:
    """Say something on the next drawing."""
    st.session_state[_key(place)] = ("success", text)


def fault(text: str, place: str) -> None:
    """Tell a refusal of which other parts went well, on the next drawing."""
    st.session_state[_key(place)] = ("error", text)


def refused(place: str) -> bool:
    """Whether a refusal waits to be shown at this place."""
    return bool(st.session_state.get(_key(place), ("", ""))[0] == "error")


def show(place: str = PAGE) -> None:
    """Show the outcome of the last action at this place, if there is one."""
    kind, text = st.session_state.pop(_key(place), (None, ""))
    if kind == "error":
        st.error(style.escape(text), icon=":material/error:")
    elif kind == "success":
        st.success(style.escape(text), icon=":material/check_circle:")


def refuse(error: Exception, icon: str = "error") -> None:
    """Say here and now why something is refused; what the message names is shown as typed."""
    note_refusal(error, PAGE)
    st.error(style.escape(error_text(error, language())), icon=f":material/{icon}:")


def note_refusal(error: Exception, place: str) -> None:
    """Who tries what is not theirs, or a file that is none, leaves a trace in the log.

    The account, the page and why; never what was typed or what the file is called.
    """
    if isinstance(error, (NotAllowedError, UnreadableFileError)):
        user = session.current_user()
        who = {"account": user.account_id, "role": user.role} if user else {}
        where = {"place": place, "url": _page_of(st.context.url), "code": error.code}
        log.warning("refused", extra={**where, **who})


def _page_of(url: str | None) -> str:
    return urlsplit(url or "").path


def _key(place: str) -> str:
    return f"_flash.{place}"
