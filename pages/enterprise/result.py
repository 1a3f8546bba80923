"""Result of a self-assessment or review: grade, why, what was lost, what follows.

Reads   the sealed sheet of the chosen assessment.
Writes  nothing.
"""

import streamlit as st

from portal.i18n import language, t
from portal.services import assessments, results, reviews, schemes
from portal.ui import fields, guard, links, result_panel, workbook_panel

user = guard.enterprise()

# load
done = [a for a in assessments.own_assessments(user) if schemes.locked(a)]
done += reviews.of_enterprise(user, user.organisation_id)

# render
st.title(t("page.result"))
if not done:
    st.info(t("result.sentence_none"), icon=":material/info:")
    links.to("enterprise/self_assessment", t("result.go_assess"), "fact_check")
    st.stop()
numbers = {a.assessment_no: a for a in done}
number = fields.linked_choice(
    "no",
    list(numbers),
    t("result.which"),
    lambda n: t(f"result.label_{numbers[n].kind}", year=numbers[n].year),
)
view = results.view(user, user.organisation_id, number, language())
result_panel.draw(view)
workbook_panel.downloads(user, view)
links.to(
    "enterprise/nonconformities", t("result.nonconformities", count=len(view.deductions)), "build"
)
result_panel.draw_history(assessments.history(user, user.organisation_id, number))
