"""A review stands beside the self-assessment: both scores are kept, differences explained."""

import json
from dataclasses import replace

import pytest

from portal.domain.answers import ItemAnswer
from portal.domain.workflow import AssessmentKind, AssessmentStatus
from portal.errors import (
    IllegalTransitionError,
    IncompleteFormError,
    InvalidValueError,
    NotAllowedError,
)
from portal.services import assessments, enterprises, nonconformities, results, reviews, sheets
from tests.conftest import YEAR, Installation, full_marks, lost, no_accident, together

SELF = {"1.4": lost("no_record")}
FOUND = {
    "1.4": lost("check_skipped", difference="有部分检查记录"),
    "1.1": lost("no_policy", difference="未见文件"),
    "1.2": ItemAnswer(not_applicable="无此情形", difference="不适用"),
}


def test_a_review_keeps_both_scores_and_has_its_own_grade(installation: Installation) -> None:
    base = installation.submitted(answers=SELF)
    review = installation.reviewed_by("reviewer-1", base)
    assert (review.kind, review.base_no, review.edition) == (
        AssessmentKind.REVIEW,
        base.assessment_no,
        base.edition,
    )
    user = installation["reviewer-1"]
    found = dict.fromkeys(
        (item for item in full_marks() if item.startswith(("6.", "7."))),
        ItemAnswer(lost="2", reason="现场不符", difference="现场不符"),
    )
    points = {i.id: i.points for i in installation.context.library.find(base.scheme).items}
    found = {item: a for item, a in found.items() if points[item] >= 2}
    installation.fill(user, review, FOUND | found)
    done = installation.submit(user, review)
    own = assessments.load(installation["a-manager"], base.enterprise_id, base.assessment_no)
    assert (own.score, own.grade) == (base.score, base.grade) == ("99.7", "1")
    assert (done.outcome, done.grade) == ("graded", "2")
    comparison = reviews.compare(user, base.enterprise_id, review.assessment_no, "zh")
    assert comparison is not None
    assert (comparison.self_score, comparison.self_grade) == ("99.7", "一级")
    assert (comparison.review_score, comparison.review_grade) == (done.score, "二级")
    lines = {line.item: line for line in comparison.differences}
    assert set(lines) == set(FOUND) | set(found)
    assert (lines["1.4"].self_points, lines["1.4"].review_points) == ("0", "1")
    assert lines["1.4"].reason == "有部分检查记录"
    assert (lines["1.2"].self_points, lines["1.2"].review_points) == ("6", "不参与")
    view = results.view(installation["a-manager"], base.enterprise_id, review.assessment_no, "zh")
    assert view.grade == "2", "the enterprise sees the submitted review"


def test_every_difference_needs_a_reason_and_all_without_are_listed(
    installation: Installation,
) -> None:
    review = installation.reviewed_by("reviewer-1", installation.submitted(answers=SELF))
    user = installation["reviewer-1"]
    silent = {item: replace(answer, difference=" ") for item, answer in FOUND.items()}
    installation.fill(user, review, silent)
    with pytest.raises(IncompleteFormError) as refused:
        installation.submit(user, review)
    assert refused.value.code == "differences_missing"
    assert list(refused.value.missing) == ["1.1", "1.2", "1.4"]
    assert assessments.load(user, review.enterprise_id, review.assessment_no).seal_no == 0
    assert assessments.unexplained_items(user, review.enterprise_id, review.assessment_no) == [
        "1.1",
        "1.2",
        "1.4",
    ]


def test_the_same_points_for_another_reason_are_no_difference(small: Installation) -> None:
    base = small.submitted(answers=SELF)
    review = small.reviewed_by("reviewer-1", base)
    user = small["reviewer-1"]
    small.fill(user, review, {"1.4": ItemAnswer(lost="3", reason="三次检查均缺")})
    small.submit(user, review)
    comparison = reviews.compare(user, base.enterprise_id, review.assessment_no, "zh")
    assert comparison is not None
    assert comparison.differences == ()


def test_the_reviewer_sees_the_sealed_self_score_beside_each_item(small: Installation) -> None:
    review = small.reviewed_by("reviewer-1", small.submitted(answers=SELF))
    static = sheets.static(small["reviewer-1"], review, "zh")
    assert static["mode"] == "review"
    assert static["reference"]["1.4"]["earned"] == "0"
    assert static["reference"]["1.4"]["lines"]
    assert static["reference"]["1.1"]["earned"] == "4"
    own = sheets.static(small["a-manager"], small.started("a", YEAR - 1), "zh")
    assert own["reference"] is None


def test_nonconformities_of_a_review_are_by_deadline_and_stand_beside_the_own(
    installation: Installation,
) -> None:
    base = installation.submitted(answers=SELF)
    review = installation.reviewed_by("reviewer-1", base)
    installation.fill(installation["reviewer-1"], review, FOUND)
    installation.submit(installation["reviewer-1"], review)
    rows = installation.db.rows(
        "select nonconformity_no as no, source, stream, item_id from nonconformity order by 1"
    )
    assert [tuple(row.values()) for row in rows] == [
        (1, "self", "continuing", "1.4"),
        (2, "review", "by_deadline", "1.1"),
        (3, "review", "by_deadline", "1.4"),
    ]
    user = installation["a-manager"]
    assert len(nonconformities.of_enterprise(user, base.enterprise_id, "en")) == 3


def test_a_review_waits_for_the_safety_performance_too(installation: Installation) -> None:
    base = installation.submitted(known=False)
    review = installation.reviewed_by("reviewer-1", base)
    installation.fill(installation["reviewer-1"], review)
    done = installation.submit(installation["reviewer-1"], review)
    assert (base.outcome, done.outcome) == ("pending", "pending")
    facts = no_accident() | {"deaths": 1, "worst_accident": "general"}
    enterprises.save_performance(installation["a-manager"], YEAR, facts, 0)
    rows = installation.db.rows("select kind, outcome, grade, seal_no from assessment order by 1")
    assert [tuple(row.values()) for row in rows] == [
        ("review", "graded", "2", 2),
        ("self", "graded", "2", 2),
    ]


def test_an_assignment_needs_a_submitted_self_assessment_and_a_reviewer(
    installation: Installation,
) -> None:
    admin = installation["administrator"]
    reviewer = installation["reviewer-1"].account_id
    draft = installation.filled()
    with pytest.raises(IllegalTransitionError, match="not_submitted"):
        reviews.assign(admin, draft.enterprise_id, draft.assessment_no, reviewer)
    done = installation.submitted("b")
    for nobody in ("", "no-such-account", installation["b-manager"].account_id):
        with pytest.raises(InvalidValueError):
            reviews.assign(admin, done.enterprise_id, done.assessment_no, nobody)
    assert [c.enterprise_id for c in reviews.candidates(admin)] == [done.enterprise_id]
    reviews.assign(admin, done.enterprise_id, done.assessment_no, reviewer)
    assert reviews.candidates(admin) == []
    with pytest.raises(IllegalTransitionError, match="under_review"):
        reviews.assign(admin, done.enterprise_id, done.assessment_no, reviewer)
    with pytest.raises(NotAllowedError):
        reviews.assign(admin, done.enterprise_id, 99, reviewer)
    review_no = reviews.mine(installation["reviewer-1"])[0].assessment_no
    with pytest.raises(IllegalTransitionError):
        reviews.assign(admin, done.enterprise_id, review_no, reviewer)


def test_a_self_assessment_assigned_twice_at_once_gets_one_review(
    installation: Installation,
) -> None:
    done = installation.submitted()
    admin = installation["administrator"]
    found = together(
        *(
            lambda r=r: reviews.assign(
                admin, done.enterprise_id, done.assessment_no, installation[r].account_id
            )
            for r in ("reviewer-1", "reviewer-2", "reviewer-1")
        )
    )
    assert sorted(type(f).__name__ for f in found) == [
        "IllegalTransitionError",
        "IllegalTransitionError",
        "int",
    ]
    assert len(reviews.all_assignments(admin)) == 1


def test_a_review_is_not_reopened_by_the_reviewer_or_the_enterprise(small: Installation) -> None:
    review = small.reviewed_by("reviewer-1", small.submitted())
    small.fill(small["reviewer-1"], review)
    done = small.submit(small["reviewer-1"], review)
    for who in ("reviewer-1", "a-manager", "official-district", "administrator"):
        with pytest.raises(NotAllowedError):
            assessments.reopen(small[who], done.enterprise_id, done.assessment_no, "更正评分")
    again = assessments.load(small["reviewer-1"], done.enterprise_id, done.assessment_no)
    assert again.status is AssessmentStatus.SUBMITTED


def test_the_seal_of_a_review_holds_the_reasons_for_the_differences(small: Installation) -> None:
    review = small.reviewed_by("reviewer-1", small.submitted(answers=SELF))
    small.fill(small["reviewer-1"], review, FOUND)
    small.submit(small["reviewer-1"], review)
    row = small.db.row("select sheet from sealed_sheet where assessment_no = 2")
    assert row is not None
    items = json.loads(row["sheet"])["items"]
    assert items["1.1"]["difference"] == "未见文件"
