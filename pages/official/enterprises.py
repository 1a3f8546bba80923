"""Enterprises of an area with their results of a year; a row leads to the enterprise.

Reads   one page of enterprises at a time.
Writes  nothing.
"""

import streamlit as st

from portal.i18n import language, t
from portal.services import supervision
from portal.ui import downloads, enterprise_list, guard, overview_panel

user = guard.official()

# load
area, year = overview_panel.choose(supervision.areas(user), supervision.years(user), user.area_code)

# render
st.title(t("page.enterprises"))
sector, search = enterprise_list.filters()
count = supervision.count_enterprises(user, area, sector, search)
st.markdown(t("overview.found", count=count, year=year))
if not count:
    st.info(t("overview.nothing"), icon=":material/search_off:")
    st.stop()
page = enterprise_list.page(count)
found = supervision.enterprises(
    user, area, year, language(), sector=sector, search=search, page=page
)
enterprise_list.draw(found)
downloads.enterprises(user, area, year, sector, search)
