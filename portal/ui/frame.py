"""The script that Streamlit runs: who is there, in which language, which pages."""

import logging
import uuid
from urllib.parse import urlsplit

import streamlit as st

from portal.config import ROOT
from portal.domain.people import User
from portal.i18n import t
from portal.services import sessions, setup
from portal.ui import guard, style
from portal.ui.navigation import PAGES

log = logging.getLogger("anbiao")


def report_error(error: Exception) -> bool:
    """Log an error under a number and show only the number."""
    number = uuid.uuid4().hex[:8]
    log.error("error", extra={"number": number}, exc_info=error)
    st.error(t("error.unexpected", number=number), icon=":material/error:")
    return True


def main() -> None:
    """Draw the frame and run the page."""
    st.set_page_config(
        page_title=t("app.title"),
        page_icon=str(ROOT / "portal" / "ui" / "static" / "icon.png"),
        layout="wide",
    )
    style.apply()
    user = guard.signed_in()
    start = next(iter(PAGES[user.role]))
    pages = {
        t(f"nav.{group}"): [
            st.Page(
                ROOT / "pages" / f"{file}.py",
                title=t(f"page.{address.replace('-', '_')}"),
                url_path=address,
                icon=f":material/{symbol}:",
                default=(group, index) == (start, 0),
            )
            for index, (file, address, symbol) in enumerate(entries)
        ]
        for group, entries in PAGES[user.role].items()
    }
    page = st.navigation(pages)
    st.logo(
        ROOT / "portal" / "ui" / "static" / "logo.png",
        size="large",
        icon_image=ROOT / "portal" / "ui" / "static" / "icon.png",
    )
    with st.sidebar:
        _person(user.name, user.organisation, t(f"role.{user.role}"))
        _roles(user)
        _links()
        if setup.installation() == "demo":
            st.caption(t("frame.demo"))
    page.run()


def _person(name: str, organisation: str, role: str) -> None:
    with st.container(key="person"):
        st.text(f"{name} · {role}")
        st.caption(style.escape(organisation))


def _roles(user: User) -> None:
    held = sessions.roles_of(user)
    if len(held) < 2:
        return

    def switch() -> None:
        role, organisation_id, _ = st.session_state["frame.role"]
        sessions.switch_role(user, role, organisation_id)

    st.selectbox(
        t("frame.act_as"),
        held,
        index=next(
            i
            for i, (role, org, _) in enumerate(held)
            if (role, org) == (user.role, user.organisation_id)
        ),
        format_func=lambda entry: t(f"role.{entry[0]}"),
        key="frame.role",
        on_change=switch,
    )


def _links() -> None:
    here = urlsplit(st.context.url or "/").path or "/"
    other = "en" if t("app.language") == "zh" else "zh"
    st.html(
        f'<p class="frame-links"><a href="/language/{other}?next={here}" target="_self">'
        f"{t('frame.other_language')}</a>"
        f'<a href="/logout" target="_self">{t("frame.sign_out")}</a></p>'
    )


if __name__ == "__main__":
    main()
