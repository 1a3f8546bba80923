"""One enterprise: its results, self-assessed and reviewed, and its non-conformities.

Reads   what the enterprise has submitted; never a draft.
Writes  nothing.
"""

import streamlit as st

from portal.errors import PortalError
from portal.i18n import language, t
from portal.services import enterprises, evidence, nonconformities, results, reviews, supervision
from portal.ui import (
    evidence_panel,
    fields,
    flash,
    guard,
    links,
    nonconformity_panel,
    result_panel,
    review_panel,
    style,
    workbook_panel,
)

user = guard.official()
enterprise_id = st.query_params.get("enterprise", "")

# load
if not enterprise_id:
    st.title(t("page.enterprise_result"))
    st.info(t("overview.choose_first"), icon=":material/info:")
    links.to("official/enterprises", t("page.enterprises"), "table_view")
    st.stop()
try:
    enterprise = enterprises.view(user, enterprise_id, language())
    done = supervision.results_of(user, enterprise_id)
except PortalError as error:
    flash.refuse(error, "block")
    st.stop()

# render
st.title(style.escape(enterprise.profile.name))
st.caption(
    t(
        "overview.enterprise_line",
        code=enterprise.profile.credit_code,
        area=style.escape(enterprise.area),
        size=t(f"size.{enterprise.size_class}"),
        principal=style.escape(enterprise.profile.principal),
    )
)
links.to("open/log", t("page.log"), "history", enterprise=enterprise_id)
if not done:
    st.info(t("overview.no_results"), icon=":material/info:")
    st.stop()
numbers = {a.assessment_no: a for a in done}
number = fields.linked_choice(
    "no",
    list(numbers),
    t("result.which"),
    lambda n: t(f"result.label_{numbers[n].kind}", year=numbers[n].year),
)
view = results.view(user, enterprise_id, number, language())
result_panel.draw(view)
workbook_panel.downloads(user, view)
comparison = reviews.compare(user, enterprise_id, number, language())
if comparison:
    review_panel.draw_comparison(comparison)
st.subheader(t("page.nonconformities"))
lines = nonconformities.of_enterprise(user, enterprise_id, language())
files = evidence.of_enterprise(user, enterprise_id)
nonconformity_panel.draw_sentence(lines)
nonconformity_panel.draw(lines, evidence_panel.counts(files))
evidence_panel.draw_list(files)
