"""Who is in front of this page, in which language. Only ``portal.ui`` writes session state."""

import streamlit as st

from portal import i18n
from portal.domain.people import User
from portal.services import sessions
from portal.ui.middleware import LANGUAGE_COOKIE


def current_user() -> User | None:
    """The signed-in person, read anew from the database; None when the session has ended."""
    session = st.user.get("session")
    return sessions.user_of(str(session)) if session else None


def current_language() -> str:
    """Language by choice (cookie), else by the browser's wish."""
    chosen = st.context.cookies.get(LANGUAGE_COOKIE)
    if chosen in i18n.LANGUAGES:
        return str(chosen)
    return i18n.choose(st.context.headers.get("Accept-Language", ""))


i18n.set_language_source(current_language)
