"""The pages of reviewers, officials and the administrator."""

import pytest
from streamlit.testing.v1 import AppTest

from portal.domain.people import Role
from portal.i18n import translate
from portal.services import accounts, assessments, enterprises, invitations, reviews, sessions
from tests.conftest import PASSWORD, YEAR, Installation, a_profile, lost

from .conftest import Open, said, sound, texts


def zh(key: str, **values: object) -> str:
    return translate("zh", key, **values)


# ------------------------------------------------------------------ reviewer


def test_a_reviewer_sees_the_own_assignments_and_no_others(
    small: Installation, open_portal: Open
) -> None:
    small.reviewed_by("reviewer-1", small.submitted("a"))
    small.reviewed_by("reviewer-2", small.submitted("b"))
    app = sound(open_portal(small["reviewer-1"]))
    assert zh("review.sentence", open=1, done=0) in texts(app)
    assert "试验机械1" in texts(app)
    assert "试验机械2" not in texts(app)
    foreign = reviews.mine(small["reviewer-2"])[0].key
    app = sound(open_portal(small["reviewer-1"], "reviewer/onsite_review", review=foreign))
    assert "试验机械2" not in texts(app)
    assert app.selectbox[0].options == [
        zh("review.label", enterprise="试验机械1有限公司", year=YEAR)
    ]


def submit_review(app: AppTest, key: str) -> None:
    app.session_state[key + "submit_open"] = True
    sound(app.run())


def test_a_review_is_submitted_and_compared(small: Installation, open_page: Open) -> None:
    review = small.reviewed_by("reviewer-1", small.submitted("a"))
    user = small["reviewer-1"]
    small.fill(user, review, {"1.4": lost("no_record")})
    key = f"review.{review.enterprise_id}.{review.assessment_no}."
    app = sound(open_page("reviewer/onsite_review", user))
    submit_review(app, key)
    assert zh("error.differences_missing", count=1) in [w.value for w in app.warning]
    assert app.button(key=key + "submit_button").disabled

    again = assessments.load(user, review.enterprise_id, review.assessment_no)
    small.fill(user, again, {"1.4": lost("no_record", difference="无检查记录")})
    sound(app.run())
    app.text_input(key=key + "form.leader").set_value("方启明")
    app.text_area(key=key + "form.members").set_value("方启明，专家")
    app.checkbox(key=key + "form.confirm").set_value(True)
    sound(app.button(key=key + "submit_button").click().run())
    done = assessments.load(user, review.enterprise_id, review.assessment_no)
    assert (done.status, done.score, done.members) == ("submitted", "99.7", ("方启明", "专家"))
    app = sound(open_page("reviewer/review_result", user))
    compared = zh(
        "result.compare_line",
        self_score="100.0",
        self_grade="一级",
        review_score="99.7",
        review_grade="一级",
    )
    assert compared in texts(app)
    assert "无检查记录" in texts(app)


# ------------------------------------------------------------------ official


def test_an_official_reads_figures_and_finds_enterprises(
    demo: Installation, open_portal: Open
) -> None:
    user = demo["official-district"]
    app = sound(open_portal(user))
    assert "在册企业24家" in texts(app)
    app = sound(open_portal(user, "official/enterprises"))
    assert zh("overview.found", count=24, year=YEAR) in texts(app)
    sound(app.text_input(key="enterprises.search").set_value("铝型材").run())
    assert zh("overview.found", count=1, year=YEAR) in texts(app)
    assert "临江澄铝型材有限公司" in texts(app)
    sound(app.text_input(key="enterprises.search").set_value("没有这样的企业").run())
    assert zh("overview.nothing") in texts(app)


def test_an_official_sees_the_results_of_an_enterprise_of_the_area(
    demo: Installation, open_portal: Open
) -> None:
    app = sound(
        open_portal(demo["official-district"], "official/enterprise_result", enterprise="e01")
    )
    assert "临江恒砺钢铁有限公司" in texts(app)
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures[zh("column.grade")]
    assert not app.error


@pytest.mark.parametrize("enterprise", ["nobody", "e99", "' or 1=1", "../e01"])
def test_an_enterprise_that_is_not_there_is_refused_like_a_foreign_one(
    small: Installation, open_portal: Open, enterprise: str
) -> None:
    done = small.submitted("far")
    refused = [zh("error.not_allowed")]
    user = small["official-district"]
    for asked in (enterprise, done.enterprise_id):
        app = sound(open_portal(user, "official/enterprise_result", enterprise=asked))
        assert said(app.error) == refused
        assert "试验机械3" not in texts(app)


def test_an_area_in_the_address_outside_the_jurisdiction_shows_ones_own(
    small: Installation, open_portal: Open
) -> None:
    small.submitted("far")
    user = small["official-district"]
    app = sound(open_portal(user, "official/enterprises", area="990201"))
    assert "试验机械3" not in texts(app)
    assert "试验机械1" in texts(app)


def test_a_draft_is_not_shown_to_an_official(small: Installation, open_portal: Open) -> None:
    small.filled("a")
    app = sound(
        open_portal(
            small["official-district"],
            "official/enterprise_result",
            enterprise=small.enterprise("a"),
        )
    )
    assert zh("overview.no_results") in texts(app)


# ------------------------------------------------------------------ administrator


def test_a_person_is_invited_and_the_link_shown_once(small: Installation, open_page: Open) -> None:
    admin = small["administrator"]
    app = sound(open_page("administrator/accounts", admin))
    app.text_input(key="account.login").set_value("new-person")
    app.text_input(key="account.name").set_value("新人")
    app.selectbox(key="account.role").set_value(Role.SAFETY_MANAGER)
    sound(app.run())
    app.selectbox(key="account.organisation.enterprise").set_value(small.enterprise("b"))
    sound(app.button(key="account.create").click().run())
    assert len(app.success) == 1
    (link,) = [code.value for code in app.code]
    token = link.rpartition("/welcome/")[2]
    opened = invitations.accept(token, PASSWORD)
    user = sessions.user_of(sessions.token_hash(opened.token))
    assert user is not None
    assert user.organisation_id == small.enterprise("b")
    assert app.text_input(key="account.login").value == "", "the form is empty again"
    sound(app.run())
    assert token not in texts(app)
    assert not app.code


def test_a_login_that_is_taken_is_told_and_nothing_typed_is_lost(
    small: Installation, open_page: Open
) -> None:
    app = sound(open_page("administrator/accounts", small["administrator"]))
    app.text_input(key="account.login").set_value("admin")
    app.text_input(key="account.name").set_value("第二人")
    app.selectbox(key="account.organisation.enterprise").set_value(small.enterprise("b"))
    sound(app.button(key="account.create").click().run())
    assert said(app.error) == [zh("error.login_taken", found="admin")]
    assert app.text_input(key="account.name").value == "第二人"
    assert len(accounts.account_lines()) == len(small.people) + 1


def test_an_enterprise_is_registered_and_a_wrong_code_keeps_what_was_typed(
    small: Installation, open_page: Open
) -> None:
    app = sound(open_page("administrator/organisations", small["administrator"]))
    wanted = a_profile(31)
    app.text_input(key="new.name").set_value(wanted.name)
    app.text_input(key="new.credit_code").set_value(wanted.credit_code[:-1])
    app.selectbox(key="new.area_code").set_value("990103")
    sound(app.button(key="new_enterprise.save").click().run())
    assert len(app.error) == 1
    assert app.text_input(key="new.name").value == wanted.name
    app.text_input(key="new.credit_code").set_value(wanted.credit_code)
    sound(app.button(key="new_enterprise.save").click().run())
    assert said(app.success) == [zh("admin.registered", name=wanted.name)]
    names = {line.name for line in enterprises.list_all(small["administrator"])}
    assert wanted.name in names


def test_an_account_is_disabled_and_enabled_again(small: Installation, open_page: Open) -> None:
    worker = small["a-worker"]
    app = sound(open_page("administrator/accounts", small["administrator"]))
    sound(app.selectbox(key="people.chosen").set_value(worker.account_id).run())
    sound(app.button(key="people.status").click().run())
    assert sessions.user_of(worker.session) is None
    status = {line.account_id: line.status for line in accounts.account_lines()}
    assert status[worker.account_id] == "disabled"
    sound(app.button(key="people.status").click().run())
    status = {line.account_id: line.status for line in accounts.account_lines()}
    assert status[worker.account_id] == "invited", "this one never chose a password"


def test_areas_and_bodies_are_entered(small: Installation, open_page: Open) -> None:
    app = sound(open_page("administrator/organisations", small["administrator"]))
    app.text_input(key="area.code").set_value("9901")
    app.text_input(key="area.name").set_value("新区")
    sound(app.button(key="area_add").click().run())
    assert said(app.error) == [zh("error.area_code", found="9901")]
    app.text_input(key="area.code").set_value("990104")
    sound(app.button(key="area_add").click().run())
    assert said(app.success) == [zh("admin.area_saved", name="新区")]
    app.text_input(key="body.name").set_value("新评审中心")
    sound(app.button(key="body_add").click().run())
    assert "990104" in {area.code for area in enterprises.counties()}


def test_a_review_is_assigned_and_somebody_elses_assignment_is_not_doubled(
    small: Installation, open_page: Open
) -> None:
    done = small.submitted("a")
    admin = small["administrator"]
    app = sound(open_page("administrator/reviews", admin))
    assert zh("assign.sentence", count=1) in texts(app)
    app.selectbox(key="assign.reviewer").set_value(small["reviewer-2"].account_id)
    sound(app.run())
    reviews.assign(admin, done.enterprise_id, 1, small["reviewer-1"].account_id)
    sound(app.button(key="assign.do").click().run())
    assert said(app.error) == [zh("error.under_review")]
    (assignment,) = reviews.all_assignments(admin)
    assert assignment.reviewer == small["reviewer-1"].name

    small.submitted("b")
    app = sound(open_page("administrator/reviews", admin))
    app.selectbox(key="assign.reviewer").set_value(small["reviewer-2"].account_id)
    sound(app.button(key="assign.do").click().run())
    assert said(app.success) == [zh("assign.done")]
    assert len(reviews.mine(small["reviewer-2"])) == 1
    assert zh("assign.empty") in texts(app)
