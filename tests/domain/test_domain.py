"""Rules without a database: answers, seals, states, roles, identifiers."""

import json

import pytest

from criteria import default_library, rubric_of
from portal.domain.answers import (
    AnswerState,
    ItemAnswer,
    ReportedRule,
    answer_from_json,
    check_draft,
    engine_answers,
    points_text,
)
from portal.domain.assessment import grade_answers, pct10, score_text, seal, unseal
from portal.domain.ids import new_id
from portal.domain.people import (
    AUTHORITY_ROLES,
    ENTERPRISE_ROLES,
    PERMISSIONS,
    REVIEW_ROLES,
    Action,
    Role,
    Scope,
)
from portal.domain.workflow import ASSESSMENT_MOVES, AssessmentStatus, move_assessment
from portal.errors import IllegalTransitionError
from scoring.errors import ScoringError
from tests.conftest import full_marks, lost

SCHEME = default_library().find("industry-trade-general")
RUBRIC = rubric_of(SCHEME)

STATES = [
    (ItemAnswer(), AnswerState.OPEN, False),
    (ItemAnswer(remark="只有备注"), AnswerState.OPEN, False),
    (ItemAnswer(full=True), AnswerState.FULL, True),
    (lost("no_record"), AnswerState.DEDUCTED, True),
    (ItemAnswer(lost="1", reason="缺"), AnswerState.DEDUCTED, True),
    (ItemAnswer(lost="1"), AnswerState.NEEDS_REASON, False),
    (ItemAnswer(lost="1", reason=" "), AnswerState.NEEDS_REASON, False),
    (ItemAnswer(not_applicable=""), AnswerState.NEEDS_REASON, False),
    (ItemAnswer(not_applicable="没有此设备"), AnswerState.NOT_APPLICABLE, True),
]


@pytest.mark.parametrize(("answer", "state", "answered"), STATES)
def test_an_answer_counts_only_when_it_is_complete(
    answer: ItemAnswer, state: AnswerState, answered: bool
) -> None:
    assert (answer.state, answer.answered) == (state, answered)
    check_draft(RUBRIC, RUBRIC.by_id["1.4"], answer)  # kept as it is, complete or not
    counted = engine_answers(RUBRIC, {"1.4": answer})
    assert ("1.4" in counted) is answered


@pytest.mark.parametrize(
    "answer",
    [
        *(answer for answer, _, _ in STATES),
        ItemAnswer(
            (ReportedRule("a", 3), ReportedRule("b", 1, "2.5")), remark="注", difference="异"
        ),
        ItemAnswer(full=True, major_hazard=True),
    ],
)
def test_an_answer_survives_writing_and_reading(answer: ItemAnswer) -> None:
    text = json.dumps(answer.to_json())
    assert answer_from_json("1.4", json.loads(text)) == answer


def test_a_row_marked_as_a_major_hazard_reaches_the_engine_so() -> None:
    marked = ItemAnswer(full=True, major_hazard=True)
    assert engine_answers(RUBRIC, {"1.4": marked})["1.4"].major_hazard


def test_an_answer_of_another_scheme_is_named_with_item_scheme_and_edition() -> None:
    with pytest.raises(ScoringError) as refused:
        engine_answers(RUBRIC, {"77.7": ItemAnswer(full=True)})
    assert refused.value.values == {
        "item": "77.7",
        "scheme": RUBRIC.scheme,
        "edition": RUBRIC.edition,
    }


@pytest.mark.parametrize(
    ("text", "units"), [("0", 0), ("3", 30), ("1.5", 15), ("3.0", 30), (" 2 ", 20), (".5", 5)]
)
def test_points_are_read_exactly(text: str, units: int) -> None:
    answer = ItemAnswer(lost=text, reason="x")
    assert engine_answers(RUBRIC, {"1.4": answer})["1.4"].lost == units


@pytest.mark.parametrize(
    "text",
    ["1,5", "1e0", "1_0", "\u0663", "\uff13", "+1", "0x1", "Infinity", "--1", "1.", "", "1" * 10],
)
def test_what_is_no_plain_decimal_is_refused_or_exact(text: str) -> None:
    answer = ItemAnswer(lost=text, reason="x", full=not text)
    if text in ("", "1."):
        assert engine_answers(RUBRIC, {"1.4": answer})["1.4"].lost in (0, 10)
        return
    with pytest.raises(ScoringError):
        engine_answers(RUBRIC, {"1.4": answer})


def test_units_are_written_without_needless_zeros() -> None:
    assert [points_text(RUBRIC, units) for units in (0, 8, 15, 80, 10_000)] == [
        "0",
        "0.8",
        "1.5",
        "8",
        "1000",
    ]


def test_the_same_sheet_has_the_same_seal_and_any_change_another() -> None:
    answers = full_marks({"1.4": lost("no_record")})
    text, digest = seal(RUBRIC, answers, {"deaths": 0, "is_group": False})
    backwards = dict(reversed(answers.items()))
    assert seal(RUBRIC, backwards, {"is_group": False, "deaths": 0}) == (text, digest)
    assert unseal(text) == (answers, {"deaths": 0, "is_group": False})
    others = [
        seal(RUBRIC, answers | {"1.1": ItemAnswer(full=True, remark="x")}, {"deaths": 0}),
        seal(RUBRIC, answers, {"deaths": 1}),
        seal(RUBRIC, answers | {"1.4": lost("no_record", 1, remark="x")}, {"deaths": 0}),
    ]
    assert len({digest, *(other for _, other in others)}) == 4


def test_a_score_of_nothing_is_nothing_and_not_zero() -> None:
    nothing = {item: ItemAnswer(not_applicable="停产") for item in full_marks()}
    result = grade_answers(RUBRIC, nothing, {})
    assert pct10(result, RUBRIC) is None
    assert score_text(result.score, RUBRIC) is None
    assert pct10(grade_answers(RUBRIC, full_marks(), {"deaths": 0}), RUBRIC) == 1000


def test_an_assessment_moves_only_along_the_table() -> None:
    for status in AssessmentStatus:
        for move in ("submit", "reopen", "void", "nonsense"):
            if (status, move) in ASSESSMENT_MOVES:
                assert move_assessment(status, move) is ASSESSMENT_MOVES[status, move]
            else:
                with pytest.raises(IllegalTransitionError) as refused:
                    move_assessment(status, move)
                assert refused.value.values == {"status": status, "move": move}


def test_every_action_is_somebodys_and_reaches_no_farther_than_its_kind_of_role() -> None:
    assert set(PERMISSIONS) == set(Action)
    for action, roles in PERMISSIONS.items():
        assert roles, action
        for role, scope in roles.items():
            if role in ENTERPRISE_ROLES:
                assert scope is Scope.OWN
            elif role in REVIEW_ROLES:
                assert scope is Scope.ASSIGNED
            elif role in AUTHORITY_ROLES:
                assert scope is Scope.JURISDICTION
            else:
                assert role is Role.ADMINISTRATOR
                assert action in (
                    Action.ASSIGN_REVIEW,
                    Action.MANAGE_PEOPLE,
                    Action.MANAGE_ACCOUNTS,
                    Action.VIEW_ACCOUNT_LOG,
                    Action.MANAGE_CRITERIA,
                )


def test_identifiers_are_version_seven_and_sort_by_time() -> None:
    import uuid

    ids = [new_id() for _ in range(200)]
    assert len(set(ids)) == 200
    assert {uuid.UUID(i).version for i in ids} == {7}
    assert {uuid.UUID(i).variant for i in ids} == {uuid.RFC_4122}
    stamps = [i[:13] for i in ids]
    assert stamps == sorted(stamps)
