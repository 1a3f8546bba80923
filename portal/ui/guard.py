"""The first statement of every page. A courtesy: the services check again, every time."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

from portal.domain.people import AUTHORITY_ROLES, ENTERPRISE_ROLES, REVIEW_ROLES, Role, User
from portal.errors import NotAllowedError
from portal.i18n import t
from portal.services import sessions
from portal.ui import session

T = TypeVar("T")

log = logging.getLogger("anbiao")


def signed_in() -> User:
    """The person in front; without one the page ends with a way to the sign-in."""
    user = session.current_user()
    if user is None:
        st.info(t("guard.signed_out"), icon=":material/lock:")
        st.html(f'<a href="/login" target="_self">{t("entrance.sign_in")}</a>')
        st.stop()
    return user


def require_role(*roles: Role) -> User:
    """The person in front when they act in one of these roles; else the page ends here."""
    user = signed_in()
    if user.role not in roles:
        log.warning("refused", extra={"account": user.account_id, "role": user.role})
        st.error(t("error.not_allowed"), icon=":material/block:")
        st.stop()
    return user


def enterprise() -> User:
    """People of an enterprise who score and rectify."""
    return require_role(Role.PRINCIPAL, Role.SAFETY_MANAGER)


def reviewer() -> User:
    """Reviewers."""
    return require_role(*REVIEW_ROLES)


def official() -> User:
    """People of an authority."""
    return require_role(*AUTHORITY_ROLES)


def enterprise_or_official() -> User:
    """Who runs an enterprise, or supervises it."""
    return require_role(Role.PRINCIPAL, Role.SAFETY_MANAGER, *AUTHORITY_ROLES)


def own_enterprise(user: User) -> str:
    """The enterprise of somebody who acts for one; empty for others."""
    return user.organisation_id if user.role in ENTERPRISE_ROLES else ""


def administrator() -> User:
    """Administrators."""
    return require_role(Role.ADMINISTRATOR)


def later(user: User, service: Callable[..., T], *arguments: Any, **named: Any) -> Callable[[], T]:
    """A call for a download: made on the click, with the rights that the person has then.

    Raises:
        NotAllowedError: on the click, when the session has ended.
    """

    def call() -> T:
        now = sessions.user_of(user.session)
        try:
            if now is None:
                raise NotAllowedError
            return service(now, *arguments, **named)
        except NotAllowedError:
            log.warning("refused", extra={"account": user.account_id, "place": "download"})
            raise

    return call


def acting_user() -> User:
    """The person in front, for a callback: read again, because rights may have ended.

    Raises:
        NotAllowedError: the session has ended.
    """
    user = session.current_user()
    if user is None:
        raise NotAllowedError
    return user
