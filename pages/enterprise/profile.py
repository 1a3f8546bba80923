"""Enterprise profile: who we are, how large, which processes, how safe the year was.

Reads   the profile and the safety performance of one year.
Writes  either, through ``enterprises``; somebody else's change in between is never overwritten.
"""

import streamlit as st

from portal.i18n import language, t
from portal.services import enterprises
from portal.ui import fields, flash, guard, profile_form, style

user = guard.enterprise()


# act
def save_profile(seen_version: int) -> None:
    with flash.outcome(t("profile.saved"), "profile"):
        enterprises.save_profile(guard.acting_user(), profile_form.entered(), seen_version)
        fields.clear(profile_form.FORM)


def save_performance(year: int, seen_version: int) -> None:
    with flash.outcome(t("profile.performance_saved", year=year), "performance"):
        facts = profile_form.entered_facts(year)
        enterprises.save_performance(guard.acting_user(), year, facts, seen_version)
        fields.clear(profile_form.facts_form(year))


# load
view = enterprises.view(user, user.organisation_id, language())

# render
st.title(t("page.profile"))
st.text(view.profile.name)
st.caption(
    t(
        "profile.sentence",
        size=t(f"size.{view.size_class}"),
        area=style.escape(view.area),
        at=view.updated_at,
        by=style.escape(view.updated_by),
    )
)
basic, performance = st.tabs(
    [t("profile.basic"), t("profile.performance")], default=profile_form.wanted_tab()
)
with basic:
    profile_form.draw(view.profile)
    st.button(
        t("common.save"),
        type="primary",
        key="profile.save",
        on_click=save_profile,
        args=(view.version,),
    )
    flash.show("profile")
with performance:
    year = profile_form.choose_year()
    known = enterprises.performance(user, year)
    st.caption(t("profile.performance_sentence"))
    profile_form.draw_facts(year, known.facts, is_group=view.profile.is_group)
    st.button(
        t("common.save"),
        type="primary",
        key="performance.save",
        on_click=save_performance,
        args=(year, known.version),
    )
    flash.show("performance")
