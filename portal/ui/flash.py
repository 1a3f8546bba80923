"""The outcome of an action, shown once on the next drawing."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from portal.errors import PortalError
from portal.i18n import language
from portal.services.wording import error_text
from scoring.errors import ScoringError

KEY = "_flash"


@contextmanager
def outcome(ok: str | None = None) -> Iterator[None]:
    """Turn what a service refuses into a message; anything else passes to the error report."""
    try:
        yield
    except (PortalError, ScoringError) as error:
        st.session_state[KEY] = ("error", error_text(error, language()))
    else:
        if ok:
            st.session_state[KEY] = ("success", ok)


def note(text: str) -> None:
    """Say something on the next drawing."""
    st.session_state[KEY] = ("success", text)


def show() -> None:
    """Show the outcome of the last action, if there is one."""
    kind, text = st.session_state.pop(KEY, (None, ""))
    if kind == "error":
        st.error(text, icon=":material/error:")
    elif kind == "success":
        st.success(text, icon=":material/check_circle:")
