"""Overview of an area: grades, scores and elements by sector; what is overdue.

Reads   the summaries of the chosen area and year.
Writes  nothing.
"""

import streamlit as st

from portal.i18n import language, t
from portal.services import supervision
from portal.ui import downloads, guard, links, overview_panel

user = guard.official()

# load
area, year = overview_panel.choose(supervision.areas(user), supervision.years(user), user.area_code)
view = supervision.overview(user, area, year, language())

# render
st.title(t("page.overview"))
overview_panel.draw_state(view)
if not any(view.sectors.values()):
    st.info(t("overview.empty"), icon=":material/info:")
    st.stop()
kinds = [kind for kind in supervision.KINDS if view.sectors[kind]]
for tab, kind in zip(st.tabs([t(f"overview.{kind}") for kind in kinds]), kinds, strict=True):
    with tab:
        overview_panel.draw_kind(view, kind, supervision.element_titles(language()))
overview_panel.draw_nonconformities(view)
with st.container(horizontal=True):
    links.to(
        "official/enterprises",
        t("overview.to_enterprises"),
        "table_view",
        area=area,
        year=str(year),
    )
    downloads.overview(view)
