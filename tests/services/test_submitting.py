"""Submitting seals a sheet: complete, by names, gradable again by anyone, kept when reopened."""

import hashlib
import json
from datetime import date

import pytest

from criteria import default_library, rubric_of
from portal.domain.answers import ItemAnswer
from portal.domain.assessment import Assessment, grade_answers, unseal
from portal.domain.workflow import AssessmentStatus
from portal.errors import (
    IllegalTransitionError,
    IncompleteFormError,
    InvalidValueError,
    NoEditionInForceError,
    NotAllowedError,
    PortalError,
    StaleRecordError,
)
from portal.services import assessments, enterprises, nonconformities, results
from portal.services.assessments import Edit
from portal.store.audit import broken_links
from portal.store.database import Row
from scoring.errors import ScoringError
from tests.conftest import SCHEME, YEAR, Installation, full_marks, lost, no_accident, together

FAULTS = {"1.1": lost("stage_missing"), "1.4": lost("no_record"), "2.1.2": lost("no_body")}


def seals(installation: Installation, done: Assessment) -> list[Row]:
    return installation.db.rows(
        "select * from sealed_sheet where enterprise_id = :e and assessment_no = :n"
        " order by seal_no",
        e=done.enterprise_id,
        n=done.assessment_no,
    )


def head(installation: Installation, done: Assessment) -> Row:
    row = installation.db.row(
        "select * from assessment where enterprise_id = :e and assessment_no = :n",
        e=done.enterprise_id,
        n=done.assessment_no,
    )
    assert row is not None
    return row


def submit(installation: Installation, draft: Assessment, **other: object) -> Assessment:
    given: dict[str, object] = {
        "leader": "赵一", "members": ["钱二"], "confirmed_by": "赵一", "seen_rev": draft.rev,
    }  # fmt: skip
    return assessments.submit(
        installation["a-manager"],
        draft.enterprise_id,
        draft.assessment_no,
        **{**given, **other},  # type: ignore[arg-type]
    )


# ------------------------------------------------------------------ beginning


def test_a_year_has_one_running_self_assessment_however_often_it_is_opened(
    installation: Installation,
) -> None:
    user = installation["a-manager"]
    opened = together(
        *(lambda: assessments.open_self_assessment(user, SCHEME, YEAR) for _ in range(4))
    )
    assert {getattr(a, "assessment_no", a) for a in opened} == {1}
    assert assessments.open_self_assessment(user, SCHEME, YEAR).assessment_no == 1
    assert assessments.open_self_assessment(user, SCHEME, YEAR - 1).assessment_no == 2
    assert [a.year for a in assessments.own_assessments(user)] == [YEAR, YEAR - 1]


def test_an_assessment_is_pinned_to_the_edition_and_keeps_the_facts_of_its_year(
    small: Installation,
) -> None:
    draft = small.started()
    scheme = default_library().find(SCHEME)
    assert (draft.scheme, draft.edition, draft.fingerprint) == (
        scheme.id,
        scheme.edition,
        scheme.fingerprint,
    )
    view = enterprises.view(small["a-manager"], draft.enterprise_id, "zh")
    moved = view.profile.__class__(
        **{f: getattr(view.profile, f) for f in view.profile.__slots__} | {"area_code": "990103"}
    )
    enterprises.save_profile(small["a-manager"], moved, view.version)
    again = assessments.load(small["a-manager"], draft.enterprise_id, draft.assessment_no)
    assert again.area_code == "990102"


@pytest.mark.parametrize("year", [YEAR - 6, YEAR + 2, 0, 99999])
def test_a_year_far_away_is_refused(small: Installation, year: int) -> None:
    with pytest.raises(InvalidValueError) as refused:
        assessments.open_self_assessment(small["a-manager"], SCHEME, year)
    assert refused.value.values["field"] == "year"
    assert small.db.rows("select 1 as n from assessment") == []


@pytest.mark.parametrize("scheme", ["no-such-scheme", "", "../secrets"])
def test_a_scheme_that_is_not_in_force_is_refused(small: Installation, scheme: str) -> None:
    with pytest.raises(NoEditionInForceError):
        assessments.open_self_assessment(small["a-manager"], scheme, YEAR)


# ------------------------------------------------------------------ submitting


def test_everything_that_is_missing_is_listed_in_the_order_of_the_standard(
    installation: Installation,
) -> None:
    draft = installation.started()
    left_out = ["1.4", "6.1.2", "12.1.1"]
    items = [item.id for item in default_library().find(SCHEME).items]
    left_out = [item for item in items if item in left_out] or items[3:50:20]
    answers = {k: v for k, v in full_marks().items() if k not in left_out[:-1]}
    answers[left_out[-1]] = ItemAnswer(not_applicable=" ")  # waits for its reason
    assessments.import_answers(
        installation["a-manager"], draft.enterprise_id, 1, answers, draft.rev
    )
    fresh = assessments.load(installation["a-manager"], draft.enterprise_id, 1)
    with pytest.raises(IncompleteFormError) as refused:
        submit(installation, fresh)
    assert refused.value.code == "items_missing"
    assert list(refused.value.missing) == left_out
    assert refused.value.values == {"count": len(left_out)}
    assert head(installation, draft)["status"] == "draft"
    assert seals(installation, draft) == []


def test_a_sheet_that_changed_after_the_person_saw_it_is_not_sealed(
    installation: Installation,
) -> None:
    seen = installation.filled()
    edit = Edit("other", 1, "1.4", 1, {"deductions": [{"rule": "no_record", "count": 1}]})
    assessments.save_answers(installation["a-principal"], seen.enterprise_id, 1, [edit])
    with pytest.raises(StaleRecordError):
        submit(installation, seen)
    assert head(installation, seen)["status"] == "draft"
    fresh = assessments.load(installation["a-manager"], seen.enterprise_id, 1)
    assert submit(installation, fresh).status is AssessmentStatus.SUBMITTED


def test_of_two_who_submit_at_once_one_seals(installation: Installation) -> None:
    draft = installation.filled()
    results_ = together(*(lambda: submit(installation, draft) for _ in range(3)))
    assert sorted(type(r).__name__ for r in results_) == [
        "Assessment",
        "IllegalTransitionError",
        "IllegalTransitionError",
    ]
    assert len(seals(installation, draft)) == 1


def test_no_answer_slips_in_while_a_sheet_is_sealed(installation: Installation) -> None:
    """An answer that was acknowledged is in the seal, or the seal was refused."""
    draft = installation.filled()
    edit = Edit("tab", 1, "1.4", 1, {"deductions": [{"rule": "no_record", "count": 1}]})
    place = (installation["a-manager"], draft.enterprise_id, 1)
    sealing, saving = together(
        lambda: submit(installation, draft), lambda: assessments.save_answers(*place, [edit])[0]
    )
    stored = seals(installation, draft)
    if isinstance(sealing, StaleRecordError):
        assert getattr(saving, "version", None) == 2
        assert stored == []
    else:
        assert isinstance(sealing, Assessment), sealing
        assert getattr(getattr(saving, "error", None), "code", None) == "already_submitted"
        assert unseal(stored[0]["sheet"])[0]["1.4"] == full_marks()["1.4"]


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        ({"leader": " "}, ("leader",)),
        ({"members": []}, ("members",)),
        ({"members": [" ", ""]}, ("members",)),
        ({"confirmed_by": ""}, ("confirmed_by",)),
        ({"leader": "", "members": [], "confirmed_by": ""}, ("leader", "members", "confirmed_by")),
    ],
)
def test_names_are_needed(
    small: Installation, names: dict[str, object], missing: tuple[str, ...]
) -> None:
    draft = small.filled()
    with pytest.raises(IncompleteFormError) as refused:
        submit(small, draft, **names)
    assert refused.value.missing == missing


def test_names_have_bounds(small: Installation) -> None:
    draft = small.filled()
    with pytest.raises(InvalidValueError, match="too_many"):
        submit(small, draft, members=[f"人{n}" for n in range(31)])
    with pytest.raises(InvalidValueError, match="too_long"):
        submit(small, draft, leader="赵" * 61)
    assert seals(small, draft) == []


def test_the_seal_fits_its_sheet_and_grading_it_again_gives_the_stored_result(
    installation: Installation,
) -> None:
    done = installation.submitted(answers=FAULTS)
    (seal,) = seals(installation, done)
    assert seal["sha256"] == hashlib.sha256(seal["sheet"].encode()).hexdigest()
    data = json.loads(seal["sheet"])
    compact = {"ensure_ascii": False, "sort_keys": True, "separators": (",", ":")}
    assert seal["sheet"] == json.dumps(data, **compact), "canonical, so that anyone can repeat it"
    answers, facts = unseal(seal["sheet"])
    assert (data["fingerprint"], len(answers)) == (done.fingerprint, 198)

    scheme = default_library().get(data["scheme"], data["edition"])
    again = grade_answers(rubric_of(scheme), answers, facts)
    stored = head(installation, done)
    assert stored["outcome"] == again.outcome == "graded"
    assert stored["grade"] == again.grade == "1"
    assert (stored["earned"], stored["attainable"], stored["deducted"]) == (
        again.earned,
        again.attainable,
        again.deducted,
    )
    # 2 + 3 + 3 points of the items and 6 more of element 2, because item 2.1.2 is used up
    assert (stored["deducted"], stored["score"], stored["pct10"]) == (140, "98.6", 986)
    assert json.loads(stored["elements"]) == [
        [e.id, e.earned, e.attainable] for e in again.elements
    ]
    view = results.view(installation["a-manager"], done.enterprise_id, 1, "zh")
    assert (view.score, view.grade, view.sha256) == ("98.6", "1", seal["sha256"])
    assert {line.item: line.special for line in view.deductions}["2.1.2"] == "6"


def test_a_submitted_sheet_is_locked(installation: Installation) -> None:
    done = installation.submitted()
    user, place = installation["a-manager"], (done.enterprise_id, done.assessment_no)
    edit = Edit("tab", 1, "1.4", 1, {"full": True, "remark": "晚了"})
    (saved,) = assessments.save_answers(user, *place, [edit])
    assert isinstance(saved.error, IllegalTransitionError)
    with pytest.raises(IllegalTransitionError):
        assessments.import_answers(user, *place, full_marks(), done.rev)
    with pytest.raises(IllegalTransitionError):
        submit(installation, done)
    assert len(seals(installation, done)) == 1


def test_a_result_is_there_only_after_the_submission(small: Installation) -> None:
    draft = small.filled()
    with pytest.raises(IllegalTransitionError, match="not_submitted"):
        results.view(small["a-manager"], draft.enterprise_id, draft.assessment_no, "zh")


def test_every_lost_item_opens_a_nonconformity_due_in_twenty_working_days(
    installation: Installation,
) -> None:
    done = installation.submitted(answers=FAULTS)
    lines = nonconformities.of_enterprise(installation["a-manager"], done.enterprise_id, "zh")
    assert [(line.item, line.lost) for line in lines] == [
        ("1.1", "2"),
        ("1.4", "3"),
        ("2.1.2", "9"),
    ]
    assert {line.due_on for line in lines} == {"2026-12-18"}
    assert date(2026, 12, 18).weekday() == 4
    assert all(line.is_open and line.days_left == 28 for line in lines)
    installation.clock.pass_by(days=30)
    later = nonconformities.of_enterprise(installation["a-manager"], done.enterprise_id, "zh")
    assert [line.days_left for line in later] == [-2, -2, -2]


# ------------------------------------------------------------------ reopening


@pytest.mark.parametrize("reason", ["", "   ", "改", "字" * 501])
def test_reopening_needs_a_reason(small: Installation, reason: str) -> None:
    done = small.submitted()
    with pytest.raises(InvalidValueError) as refused:
        assessments.reopen(small["a-manager"], done.enterprise_id, 1, reason)
    assert refused.value.values["field"] == "reason"
    assert head(small, done)["status"] == "submitted"


def test_reopening_keeps_the_old_seal_and_resubmission_adds_one(
    installation: Installation,
) -> None:
    done = installation.submitted(answers=FAULTS)
    old = seals(installation, done)
    user = installation["a-manager"]
    assessments.reopen(user, done.enterprise_id, 1, "设备清单有误")
    draft = assessments.load(user, done.enterprise_id, 1)
    assert draft.status is AssessmentStatus.DRAFT
    assert seals(installation, done) == old
    with pytest.raises(IllegalTransitionError):
        assessments.reopen(user, done.enterprise_id, 1, "再开一次")

    edit = Edit("tab", 1, "1.4", 1, {"full": True})
    assessments.save_answers(user, done.enterprise_id, 1, [edit])
    again = installation.submit(user, draft)
    assert seals(installation, done)[:1] == old
    assert [row["seal_no"] for row in seals(installation, done)] == [1, 2]
    assert (again.seal_no, again.score) == (2, "98.9")
    entries = assessments.history(user, done.enterprise_id, 1)
    assert [row["action"] for row in entries] == [
        "self.submit",
        "self.reopen",
        "self.submit",
        "self.open",
    ]
    assert json.loads(entries[1]["body"])["reason"] == "设备清单有误"
    assert broken_links(installation.db, done.enterprise_id) == []


def test_resubmission_renews_what_is_lost_again_and_withdraws_the_rest(
    installation: Installation,
) -> None:
    done = installation.submitted(answers=FAULTS)
    user = installation["a-manager"]
    installation.db.run(
        "update nonconformity set status = 'closed', closed_at = :at where item_id = '1.1'",
        at=installation.context.stamp,
    )
    assessments.reopen(user, done.enterprise_id, 1, "更正评分")
    edits = [
        Edit("tab", 1, "1.4", 1, {"full": True}),
        Edit("tab", 2, "1.1", 1, {"deductions": [{"rule": "no_policy", "count": 1}]}),
        Edit("tab", 3, "1.2", 1, {"lost": "0.5", "reason": "个别指标"}),
    ]
    assert all(
        s.error is None for s in assessments.save_answers(user, done.enterprise_id, 1, edits)
    )
    installation.clock.pass_by(days=7)
    installation.submit(user, done)
    rows = installation.db.rows(
        "select nonconformity_no as no, item_id, lost, status, due_on, closed_at"
        " from nonconformity order by nonconformity_no"
    )
    assert [(r["no"], r["item_id"], r["lost"], r["status"]) for r in rows] == [
        (1, "1.1", 40, "open"),
        (2, "1.4", 30, "withdrawn"),
        (3, "2.1.2", 90, "open"),
        (4, "1.2", 5, "open"),
    ]
    due = {row["item_id"]: row["due_on"] for row in rows}
    assert due["2.1.2"] == "2026-12-18", "one that stayed open keeps its date"
    assert (due["1.1"], due["1.2"]) == ("2026-12-25", "2026-12-25"), "a new term for the others"
    assert rows[0]["closed_at"] is None
    listed = nonconformities.of_enterprise(user, done.enterprise_id, "zh")
    assert {line.item for line in listed} == {"1.1", "1.2", "2.1.2"}


def test_what_was_rectified_and_closed_stays_closed_when_it_loses_nothing_any_more(
    installation: Installation,
) -> None:
    done = installation.submitted(answers=FAULTS)
    user = installation["a-manager"]
    closed = {"status": "closed", "closed_at": installation.context.stamp}
    installation.db.run(
        "update nonconformity set status = 'closed', closed_at = :at where item_id = '1.4'",
        at=closed["closed_at"],
    )
    assessments.reopen(user, done.enterprise_id, 1, "整改完成后更正评分")
    edit = Edit("tab", 1, "1.4", 1, {"full": True})
    assessments.save_answers(user, done.enterprise_id, 1, [edit])
    installation.clock.pass_by(days=7)
    installation.submit(user, done)
    row = installation.db.row("select status, closed_at from nonconformity where item_id = '1.4'")
    assert row == closed


def test_a_self_assessment_under_review_is_not_reopened(installation: Installation) -> None:
    done = installation.submitted()
    installation.reviewed_by("reviewer-1", done)
    with pytest.raises(IllegalTransitionError, match="under_review"):
        assessments.reopen(installation["a-manager"], done.enterprise_id, 1, "更正评分")
    assert head(installation, done)["status"] == "submitted"


def test_a_review_is_never_assigned_to_what_is_being_reopened(installation: Installation) -> None:
    """Whoever comes first: never a review beside a draft."""
    for number, year in enumerate((YEAR, YEAR - 1, YEAR - 2, YEAR - 3), 1):
        done = installation.submitted(year=year)
        together(
            lambda done=done: installation.reviewed_by("reviewer-1", done),
            lambda done=done: assessments.reopen(
                installation["a-manager"], done.enterprise_id, done.assessment_no, "更正评分"
            ),
        )
        reviews_ = installation.db.rows("select base_no from assessment where kind = 'review'")
        reviewed = done.assessment_no in [row["base_no"] for row in reviews_]
        status = head(installation, done)["status"]
        assert (status == "submitted") is reviewed, (number, status)


# ------------------------------------------------------------------ safety performance


def test_without_safety_performance_the_grade_is_pending_and_settled_by_it(
    installation: Installation,
) -> None:
    user = installation["a-manager"]
    done = installation.submitted(answers=FAULTS, known=False)
    assert (done.outcome, done.grade, done.score) == ("pending", None, "98.6")
    enterprises.save_performance(user, YEAR, {"minor_injuries": 0}, 0)
    still = assessments.load(user, done.enterprise_id, 1)
    assert still.outcome == "pending", "the deaths are still unknown"
    enterprises.save_performance(user, YEAR, no_accident(), 1)
    settled = assessments.load(user, done.enterprise_id, 1)
    assert (settled.outcome, settled.grade) == ("graded", "1")
    stored = seals(installation, done)
    assert [row["seal_no"] for row in stored] == list(range(1, len(stored) + 1))
    assert json.loads(stored[0]["sheet"])["facts"] == {"is_group": False}
    assert json.loads(stored[-1]["sheet"])["facts"]["deaths"] == 0
    assert all(row["sha256"] == hashlib.sha256(row["sheet"].encode()).hexdigest() for row in stored)
    assert unseal(stored[-1]["sheet"])[0] == unseal(stored[0]["sheet"])[0]


def test_a_grade_that_stands_is_not_changed_by_later_safety_figures(small: Installation) -> None:
    done = small.submitted()
    worse = no_accident() | {"deaths": 3, "worst_accident": "larger"}
    enterprises.save_performance(small["a-manager"], YEAR, worse, 1)
    assert small.db.rows("select grade, seal_no from assessment") == [{"grade": "1", "seal_no": 1}]
    assert done.grade == "1"


@pytest.mark.parametrize(
    ("deaths", "outcome", "grade"),
    [(0, "graded", "1"), (1, "graded", "2"), (2, "graded", "3"), (3, "below_lowest", None)],
)
def test_deaths_cap_the_grade_whatever_the_score(
    small: Installation, deaths: int, outcome: str, grade: str | None
) -> None:
    facts = no_accident() | {"deaths": deaths, "worst_accident": "general" if deaths else "none"}
    done = small.submitted(facts=facts)
    assert (done.score, done.outcome, done.grade) == ("100.0", outcome, grade)
    assert head(small, done)["grade_by_score"] == "1"
    view = results.view(small["a-manager"], done.enterprise_id, 1, "zh")
    assert sum("安全绩效不满足" in reason.text for reason in view.why.reasons) == deaths


def test_all_items_not_applicable_is_not_assessable_and_not_a_hundred(small: Installation) -> None:
    nothing = {item: ItemAnswer(not_applicable="停产") for item in full_marks()}
    done = small.submitted(answers=nothing)
    assert (done.outcome, done.grade, done.score) == ("not_assessable", None, None)
    assert results.view(small["a-manager"], done.enterprise_id, 1, "zh").score is None


# ------------------------------------------------------------------ workbooks


def test_a_workbook_is_taken_over_whole_or_not_at_all(installation: Installation) -> None:
    draft = installation.started()
    user, place = installation["a-manager"], (draft.enterprise_id, 1)
    answers = full_marks() | {"13.2.1": ItemAnswer(lost="99", reason="过多"), "1.4": ItemAnswer()}
    known = set(full_marks())
    assert set(answers) - known <= {"13.2.1"}
    with pytest.raises((PortalError, ScoringError)):
        assessments.import_answers(user, *place, answers, draft.rev)
    assert installation.db.rows("select item_id from draft_item") == []
    assert assessments.load(user, *place).rev == draft.rev


def test_what_a_workbook_leaves_open_keeps_what_the_sheet_has(installation: Installation) -> None:
    draft = installation.filled()
    user, place = installation["a-manager"], (draft.enterprise_id, 1)
    workbook = {"1.1": lost("stage_missing"), "1.2": ItemAnswer()}
    assert assessments.import_answers(user, *place, workbook, draft.rev) == 1
    rows = installation.db.rows(
        "select item_id, state from draft_item where item_id in ('1.1', '1.2') order by item_id"
    )
    assert [(r["item_id"], r["state"]) for r in rows] == [("1.1", "deducted"), ("1.2", "full")]
    with pytest.raises(StaleRecordError):
        assessments.import_answers(user, *place, workbook, draft.rev)


def test_an_assessment_that_does_not_exist_is_refused_like_a_foreign_one(
    small: Installation,
) -> None:
    with pytest.raises(NotAllowedError):
        assessments.load(small["a-manager"], small.enterprise(), 77)
