"""One's own account: password, second factor, devices, latest sign-ins.

Reads   one's own sessions and attempts to sign in.
Writes  ends one's own sessions.
"""

import streamlit as st

from portal.i18n import language, t
from portal.services import audit_trail, second_factor, sessions, signing_in
from portal.ui import account_panel, flash, guard, style

user = guard.signed_in()


# act
def end(key: str) -> None:
    with flash.outcome(t("account.ended"), "sessions"):
        sessions.end(guard.acting_user(), key)


def end_others() -> None:
    with flash.outcome(place="sessions"):
        count = sessions.end_others(guard.acting_user())
        flash.note(
            t("account.ended_others", count=count) if count else t("account.none_other"), "sessions"
        )


# load
lines = sessions.mine(user)
active, _ = second_factor.state(user)

# render
st.title(t("page.account"))
st.markdown(t("account.sentence", name=style.escape(user.name), login=style.escape(user.login)))
left, right = st.columns(2, gap="large")
with left:
    account_panel.draw_security(demo=signing_in.is_demo(user), active=active)
    account_panel.draw_attempts(audit_trail.attempts(user, language()))
with right:
    account_panel.draw_sessions(lines, end, end_others)
