"""Self-assessment: score the standard item by item; saved at every change, submitted at the end.

Reads   the enterprise's self-assessments and the sheet of the chosen one.
Writes  answers (through the sheet), a new assessment, a workbook, the submission, a reopening.
"""

import streamlit as st

from portal.i18n import language, t
from portal.services import assessments, enterprises, schemes
from portal.ui import edition_panel, fields, flash, guard, links, scoring, workbook_panel

FORM = "assessment"
user = guard.enterprise()


# act
def start(scheme: str, year: int) -> None:
    with flash.outcome():
        opened = assessments.open_self_assessment(guard.acting_user(), scheme, year)
        st.query_params["no"] = str(opened.assessment_no)


def reopen(assessment_no: int) -> None:
    with flash.outcome(t("assessment.reopened"), "reopen", flash.PAGE):
        acting = guard.acting_user()
        reason = fields.value(FORM, "reason", "")
        assessments.reopen(acting, acting.organisation_id, assessment_no, reason)
        fields.clear(FORM)


# load
own = assessments.own_assessments(user)

# render
st.title(t("page.self_assessment"))
flash.show()
if not own:
    st.markdown(t("assessment.sentence_none"))
    scoring.offer_start(user, start)
    st.stop()
titles = schemes.enterprise_schemes(language(), every_edition=True)
numbers = {a.assessment_no: a for a in own}
number = fields.linked_choice(
    "no",
    list(numbers),
    t("assessment.which"),
    lambda n: t(
        "assessment.label",
        year=numbers[n].year,
        scheme=titles[f"{numbers[n].scheme}@{numbers[n].edition}"],
    ),
)
assessment = numbers[number]
known = enterprises.performance(user, assessment.year).version > 0
if schemes.locked(assessment):
    st.info(t("assessment.locked", at=schemes.submitted_at(assessment)), icon=":material/lock:")
    links.to("enterprise/result", t("assessment.see_result"), "workspace_premium", no=str(number))
else:
    edition_panel.draw(user, assessment)
scoring.draw_sheet(user, assessment)
if schemes.locked(assessment):
    with st.expander(t("assessment.reopen"), key=f"{FORM}.reopening"):
        st.text_area(
            t("assessment.reopen_reason"),
            key=fields.key(FORM, "reason"),
            help=t("assessment.reopen_help"),
        )
        st.button(t("assessment.reopen"), key=f"{FORM}.reopen", on_click=reopen, args=(number,))
        flash.show("reopen")
else:
    scoring.draw_submit(user, assessment, facts_known=known)
workbook_panel.draw(user, assessment)
st.caption(t("common.unverified"))
with st.expander(t("assessment.start_other"), icon=":material/add:", key=f"{FORM}.other"):
    scoring.offer_start(user, start)
