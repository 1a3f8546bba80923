"""One's own account: ways to sign in, devices, latest attempts."""

import html
from collections.abc import Callable, Sequence

import streamlit as st

from portal.i18n import t
from portal.services.audit_trail import LogLine
from portal.services.sessions import SessionLine
from portal.ui import flash, style
from portal.ui.devices import device
from portal.ui.tables import table


def draw_security(*, demo: bool, active: bool) -> None:
    """Password and second factor; both are changed on plain pages outside this one."""
    st.subheader(t("account.security"))
    if demo:
        st.caption(t("account.demo"))
        return
    st.markdown(t("account.factor_on" if active else "account.factor_off"))
    entries = (
        ("/password", t("account.password")),
        ("/second-factor", t("account.factor_manage" if active else "account.factor_set_up")),
    )
    links = "".join(
        f'<a class="as-button" href="{place}" target="_self">{html.escape(words)}</a>'
        for place, words in entries
    )
    st.html(f'<p class="button-row">{links}</p>')


def draw_sessions(
    lines: Sequence[SessionLine], end: Callable[[str], None], end_others: Callable[[], None]
) -> None:
    """Where one is signed in, with a way to end each."""
    st.subheader(t("account.sessions"))
    st.caption(t("account.sessions_text"))
    flash.show("sessions")
    for line in lines:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            name = device(line.agent) or t("account.unknown_device")
            mark = f" · **{t('account.here')}**" if line.here else ""
            st.markdown(
                f"{style.escape(name)}{mark}  \n"
                f"{style.escape(line.seen)} · {style.escape(line.address)}"
            )
            if not line.here:
                st.button(t("account.end"), key=f"end.{line.key}", on_click=end, args=(line.key,))
    if len(lines) > 1:
        st.button(t("account.end_others"), key="end_others", on_click=end_others)


def draw_attempts(lines: Sequence[LogLine]) -> None:
    """The latest attempts to sign in to this account."""
    if not lines:
        return
    st.subheader(t("account.attempts"))
    table(
        [t("log.at"), t("log.what"), t("log.detail")],
        [(line.at, line.what, line.detail) for line in lines],
        key="account.attempts",
    )
