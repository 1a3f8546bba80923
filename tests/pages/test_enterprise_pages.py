"""The pages of an enterprise: it is done and shown; who saved first is not overwritten."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from portal.domain.people import Role
from portal.domain.workflow import AssessmentStatus
from portal.errors import NotAllowedError
from portal.i18n import translate
from portal.services import accounts, assessments, enterprises, sessions
from portal.services.assessments import Edit
from portal.ui import guard
from tests.conftest import YEAR, Installation, lost, no_accident

from .conftest import Open, said, sound, texts

DRAFT_KEY = "self.{enterprise}.{number}.{part}"


def zh(key: str, **values: object) -> str:
    return translate("zh", key, **values)


def profile(small: Installation) -> enterprises.EnterpriseView:
    return enterprises.view(small["a-manager"], small.enterprise(), "zh")


# ------------------------------------------------------------------ profile


def test_a_profile_is_saved_and_shown(small: Installation, open_page: Open) -> None:
    app = sound(open_page("enterprise/profile", small["a-manager"]))
    app.text_input(key="profile.address").set_value("新路9号")
    app.number_input(key="profile.staff").set_value(1234)
    sound(app.button(key="profile.save").click().run())
    assert said(app.success) == [zh("profile.saved")]
    stored = profile(small)
    assert (stored.profile.address, stored.profile.staff, stored.version) == ("新路9号", 1234, 2)
    assert app.text_input(key="profile.address").value == "新路9号"
    sound(app.button(key="profile.save").click().run())
    assert profile(small).version == 3, "the form goes on from what is stored"


def test_a_fault_in_the_profile_is_told_and_nothing_typed_is_lost(
    small: Installation, open_page: Open
) -> None:
    app = sound(open_page("enterprise/profile", small["a-manager"]))
    app.text_input(key="profile.credit_code").set_value("91990102MA00000014")
    app.text_input(key="profile.address").set_value("很长的路1号")
    sound(app.button(key="profile.save").click().run())
    (told,) = said(app.error)
    assert "91990102MA00000014" in told
    assert app.text_input(key="profile.credit_code").value == "91990102MA00000014"
    assert app.text_input(key="profile.address").value == "很长的路1号"
    assert profile(small).version == 1


def test_who_saved_the_profile_first_is_not_overwritten_and_nothing_typed_is_lost(
    small: Installation, open_page: Open
) -> None:
    app = sound(open_page("enterprise/profile", small["a-manager"]))
    app.text_input(key="profile.address").set_value("我写的地址")
    other = small["a-principal"]
    enterprises.save_profile(other, replace(profile(small).profile, staff=777), 1)

    sound(app.button(key="profile.save").click().run())
    (told,) = said(app.error)
    assert other.name in told
    assert "2026-11-20 10:00" in told
    stored = profile(small)
    assert (stored.profile.staff, stored.profile.address, stored.version) == (777, "试验路1号", 2)
    assert app.text_input(key="profile.address").value == "我写的地址"


def test_what_the_other_person_saved_survives_the_second_attempt(
    small: Installation, open_page: Open
) -> None:
    """After the message the person saves again: their own change, and the other's stays."""
    app = sound(open_page("enterprise/profile", small["a-manager"]))
    app.text_input(key="profile.address").set_value("我写的地址")
    other = replace(profile(small).profile, contact="000-9999")
    enterprises.save_profile(small["a-principal"], other, 1)
    sound(app.button(key="profile.save").click().run())
    sound(app.button(key="profile.save").click().run())
    stored = profile(small)
    assert stored.version == 3
    assert stored.profile.address == "我写的地址"
    assert stored.profile.contact == "000-9999"


def test_safety_figures_are_saved_and_settle_what_waited_for_them(
    small: Installation, open_page: Open
) -> None:
    small.submitted(known=False)
    app = sound(open_page("enterprise/profile", small["a-manager"]))
    form = f"performance{YEAR}"
    for fact, value in no_accident().items():
        if fact == "worst_accident":
            app.selectbox(key=f"{form}.{fact}").set_value(value)
        else:
            app.text_input(key=f"{form}.{fact}").set_value(str(value))
    sound(app.button(key="performance.save").click().run())
    assert said(app.success) == [zh("profile.performance_saved", year=YEAR)]
    assert enterprises.performance(small["a-manager"], YEAR).facts == no_accident()
    (done,) = assessments.own_assessments(small["a-manager"])
    assert (done.outcome, done.grade) == ("graded", "1")


@pytest.mark.parametrize("typed", ["-1", "1.5", "两人", "1e3", "10000000000000"])
def test_a_figure_that_is_no_whole_number_is_refused_and_stays_in_its_field(
    small: Installation, open_page: Open, typed: str
) -> None:
    app = sound(open_page("enterprise/profile", small["a-manager"]))
    app.text_input(key=f"performance{YEAR}.deaths").set_value(typed)
    sound(app.button(key="performance.save").click().run())
    assert enterprises.performance(small["a-manager"], YEAR).version == 0
    (told,) = said(app.error)
    assert zh("field.deaths") in told
    assert app.text_input(key=f"performance{YEAR}.deaths").value == typed


def test_safety_figures_of_another_person_are_not_overwritten(
    small: Installation, open_page: Open
) -> None:
    app = sound(open_page("enterprise/profile", small["a-manager"]))
    app.text_input(key=f"performance{YEAR}.deaths").set_value("2")
    enterprises.save_performance(small["a-principal"], YEAR, no_accident(), 0)
    sound(app.button(key="performance.save").click().run())
    assert len(app.error) == 1
    assert enterprises.performance(small["a-manager"], YEAR).facts == no_accident()
    assert app.text_input(key=f"performance{YEAR}.deaths").value == "2"


def test_who_has_been_signed_out_meanwhile_saves_nothing(
    small: Installation, open_page: Open
) -> None:
    app = sound(open_page("enterprise/profile", small["a-manager"]))
    app.text_input(key="profile.address").set_value("太晚了")
    sessions.sign_out(small["a-manager"].session)
    sound(app.button(key="profile.save").click().run())
    row = small.db.row(
        "select address from enterprise where enterprise_id = :e", e=small.enterprise()
    )
    assert row == {"address": "试验路1号"}
    assert zh("guard.signed_out") in texts(app)


# ------------------------------------------------------------------ self-assessment


def submit_form(app: AppTest, installation: Installation, number: int = 1) -> str:
    """Open the part of the page in which one submits; returns the prefix of its keys."""
    prefix = DRAFT_KEY.format(enterprise=installation.enterprise(), number=number, part="")
    app.session_state[prefix + "submit_open"] = True
    sound(app.run())
    return prefix


def test_a_self_assessment_is_begun_from_the_page(small: Installation, open_page: Open) -> None:
    app = sound(open_page("enterprise/self_assessment", small["a-manager"]))
    assert zh("assessment.sentence_none") in texts(app)
    sound(app.selectbox(key="start.year").set_value(YEAR - 1).run())
    sound(app.button(key="start.button").click().run())
    (draft,) = assessments.own_assessments(small["a-manager"])
    assert (draft.year, draft.status) == (YEAR - 1, AssessmentStatus.DRAFT)
    assert app.query_params["no"] in ("1", ["1"])


def test_what_is_missing_is_listed_and_the_button_waits(
    small: Installation, open_page: Open
) -> None:
    draft = small.filled()
    for item in ("1.4", "1.1"):
        small.db.run("delete from draft_item where item_id = :i", i=item)
    app = sound(open_page("enterprise/self_assessment", small["a-manager"]))
    prefix = submit_form(app, small)
    assert zh("assessment.submit_missing", count=2) in [w.value for w in app.warning]
    assert [b.label for b in app.button if ".go." in str(b.key)] == ["1.1", "1.4"]
    assert app.button(key=prefix + "submit_button").disabled
    assert draft.seal_no == 0


def fill_names(app: AppTest, prefix: str, *, confirm: bool = True) -> None:
    app.text_input(key=prefix + "form.leader").set_value("赵一")
    app.text_area(key=prefix + "form.members").set_value("钱二、孙三\n李四")
    app.checkbox(key=prefix + "form.confirm").set_value(confirm)


def test_a_complete_self_assessment_is_submitted_with_the_names(
    small: Installation, open_portal: Open
) -> None:
    small.filled(answers={"1.4": lost("no_record")})
    app = sound(open_portal(small["a-manager"], "enterprise/self_assessment"))
    prefix = submit_form(app, small)
    assert app.text_input(key=prefix + "form.confirmed_by").value == "赵一", "the principal"
    fill_names(app, prefix)
    sound(app.button(key=prefix + "submit_button").click().run())
    (done,) = assessments.own_assessments(small["a-manager"])
    assert done.status is AssessmentStatus.SUBMITTED
    assert (done.leader, done.members) == ("赵一", ("钱二", "孙三", "李四"))
    assert zh("assessment.submitted") in said(app.success)
    assert zh("assessment.locked", at="2026-11-20 10:00") in texts(app)


def test_without_the_confirmation_nothing_is_submitted_and_the_names_stay(
    small: Installation, open_page: Open
) -> None:
    small.filled()
    app = sound(open_page("enterprise/self_assessment", small["a-manager"]))
    prefix = submit_form(app, small)
    fill_names(app, prefix, confirm=False)
    sound(app.button(key=prefix + "submit_button").click().run())
    assert zh("error.confirm_needed") in said(app.error)
    assert app.text_input(key=prefix + "form.leader").value == "赵一"
    assert small.db.rows("select 1 as n from sealed_sheet") == []


def test_a_sheet_that_somebody_changed_meanwhile_is_not_sealed_and_the_names_stay(
    small: Installation, open_portal: Open
) -> None:
    draft = small.filled()
    app = sound(open_portal(small["a-manager"], "enterprise/self_assessment"))
    prefix = submit_form(app, small)
    fill_names(app, prefix)
    sound(app.run())
    edit = Edit("other", 1, "1.4", 1, {"deductions": [{"rule": "no_record", "count": 1}]})
    assessments.save_answers(small["a-principal"], draft.enterprise_id, 1, [edit])
    sound(app.button(key=prefix + "submit_button").click().run())
    assert zh("error.stale_sheet") in said(app.error)
    assert app.text_area(key=prefix + "form.members").value == "钱二、孙三\n李四"
    (still,) = assessments.own_assessments(small["a-manager"])
    assert still.status is AssessmentStatus.DRAFT
    sound(app.button(key=prefix + "submit_button").click().run())
    (done,) = assessments.own_assessments(small["a-manager"])
    assert (done.status, done.score) == (AssessmentStatus.SUBMITTED, "99.7")


def test_a_self_assessment_is_reopened_only_with_a_reason(
    small: Installation, open_portal: Open
) -> None:
    small.submitted()
    app = sound(open_portal(small["a-manager"], "enterprise/self_assessment"))
    sound(app.button(key="assessment.reopen").click().run())
    assert len(app.error) == 1
    assert assessments.own_assessments(small["a-manager"])[0].status == "submitted"
    app.text_area(key="assessment.reason").set_value("设备清单有误，需要更正")
    sound(app.button(key="assessment.reopen").click().run())
    assert zh("assessment.reopened") in said(app.success)
    assert assessments.own_assessments(small["a-manager"])[0].status == "draft"


def test_a_number_in_the_address_that_is_not_ones_own_shows_ones_own(
    small: Installation, open_page: Open
) -> None:
    small.submitted("b")
    small.started("a")
    app = sound(open_page("enterprise/self_assessment", small["a-manager"], no="7"))
    assert app.selectbox[0].value == 1
    assert app.selectbox[0].options == [f"{YEAR}年度 · 工贸企业安全生产标准化评分细则（通用）"]


# ------------------------------------------------------------------ today, result, non-conformities


def test_today_says_how_far_the_self_assessment_is_and_what_is_late(
    small: Installation, open_portal: Open
) -> None:
    user = small["a-manager"]
    assert zh("today.state_none", year=YEAR) in texts(sound(open_portal(user)))
    draft = small.filled()
    small.db.run("delete from draft_item where item_id in ('1.1', '1.2')")
    expected = zh("today.state_draft", year=YEAR, answered=196, count=198)
    assert expected in texts(sound(open_portal(user)))
    fresh = assessments.load(user, draft.enterprise_id, 1)
    small.fill(user, fresh, {"1.4": lost("no_record")})
    small.submit(user, draft)
    app = sound(open_portal(user))
    assert zh("today.state_pending", year=YEAR, score="99.7") in texts(app)
    enterprises.save_performance(user, YEAR, no_accident(), 0)
    app = sound(open_portal(user))
    assert zh("today.state_submitted", year=YEAR, score="99.7", grade="一级") in texts(app)
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures[zh("today.open")] == "1"
    assert figures[zh("today.overdue")] == "0"


def test_a_result_shows_grade_reasons_losses_and_the_seal(
    small: Installation, open_portal: Open
) -> None:
    facts = no_accident() | {"deaths": 1, "worst_accident": "general"}
    small.submitted(answers={"2.1.2": lost("no_body")}, facts=facts)
    app = sound(open_portal(small["a-manager"], "enterprise/result"))
    written = texts(app)
    row = small.db.row("select sha256 from sealed_sheet")
    assert row is not None
    assert row["sha256"] in written
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures[zh("column.grade")] == "二级"
    assert figures[zh("result.score")] == "99.1"
    assert "2.1.2" in written
    assert zh("result.go_assess") not in written


def test_the_list_of_nonconformities_says_what_to_do_when_it_is_empty(
    small: Installation, open_portal: Open
) -> None:
    app = sound(open_portal(small["a-manager"], "enterprise/nonconformities"))
    assert zh("nonconformity.empty") in texts(app)
    small.submitted(answers={"1.4": lost("no_record"), "1.1": lost("stage_missing")})
    app = sound(open_portal(small["a-manager"], "enterprise/nonconformities"))
    assert zh("nonconformity.sentence", open=2, overdue=0) in texts(app)


def test_a_text_of_a_person_is_shown_as_text_and_never_as_markup(
    small: Installation, open_portal: Open
) -> None:
    evil = "<img src=x onerror=alert(1)>*b* [l](javascript:x)"
    bold = {"1.4": lost("no_record", remark=evil)}
    view = profile(small)
    enterprises.save_profile(
        small["a-manager"], replace(view.profile, name=evil, principal=evil[:40]), view.version
    )
    small.submitted(answers=bold)
    user = sessions.user_of(small["a-manager"].session)
    for page in ("today", "result", "nonconformities", "profile"):
        app = sound(open_portal(user, f"enterprise/{page}"))
        for element in app.get("html"):
            assert "<img" not in element.proto.body, page
        for element in (*app.markdown, *app.caption, *app.title, *app.subheader, *app.error):
            assert "*b*" not in element.value.replace(r"\*", ""), page
            assert "](javascript" not in element.value.replace("\\", "?"), page
            assert not getattr(element, "allow_html", False) or "<img" not in element.value, page


def test_who_has_switched_to_another_role_meanwhile_saves_nothing(
    small: Installation, open_page: Open
) -> None:
    """The role of a session holds in all its tabs; a form of the old role is refused."""
    manager = small["a-manager"]
    accounts.give_role(
        small["administrator"], manager.account_id, Role.WORKER, manager.organisation_id
    )
    app = sound(open_page("enterprise/profile", manager))
    app.text_input(key="profile.address").set_value("换了身份")
    sessions.switch_role(manager, Role.WORKER, manager.organisation_id)
    sound(app.button(key="profile.save").click().run())
    assert zh("error.not_allowed") in said(app.error)
    assert profile(small).profile.address == "试验路1号"
    sessions.switch_role(manager, Role.SAFETY_MANAGER, manager.organisation_id)
    assert sound(app.run()).text_input(key="profile.address")


def test_a_download_asks_for_rights_on_the_click(small: Installation) -> None:
    user = small["a-manager"]
    call = guard.later(user, enterprises.view, user.organisation_id, "zh")
    assert call().profile.name.startswith("试验机械")
    sessions.sign_out(user.session)
    with pytest.raises(NotAllowedError):
        call()
