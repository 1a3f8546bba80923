"""When a row of a hazard list is met: AND, OR, limits, and what has not been looked at."""

from fractions import Fraction

import pytest

from scoring.errors import ScoringError
from scoring.hazards import HazardTest, Observed, Verdict, judge


def asked(name: str) -> HazardTest:
    return HazardTest(observation=name)


PEOPLE = HazardTest(observation="people", op=">", limit=Fraction(9))
UNMARKED = HazardTest("all", (asked("not_identified"), asked("no_ledger"), asked("no_sign")))
FREEZER = HazardTest("any", (asked("no_room"), PEOPLE))


@pytest.mark.parametrize(
    ("people", "verdict"),
    [
        (9, Verdict.ABSENT),
        (10, Verdict.PRESENT),
        (None, Verdict.UNKNOWN),
        (Fraction(19, 2), Verdict.PRESENT),
    ],
)
def test_more_than_nine_people_means_ten(people: Observed, verdict: Verdict) -> None:
    assert judge(PEOPLE, {"people": people}) is verdict


@pytest.mark.parametrize(
    ("op", "met"), [("<", {29}), ("<=", {29, 30}), (">", {31}), (">=", {30, 31})]
)
def test_a_limit_itself_belongs_to_one_side(op: str, met: set[int]) -> None:
    test = HazardTest(observation="kpa", op=op, limit=Fraction(30))
    found = {value for value in (29, 30, 31) if judge(test, {"kpa": value}) is Verdict.PRESENT}
    assert found == met


def test_joined_conditions_are_all_needed() -> None:
    yes = dict.fromkeys(("not_identified", "no_ledger", "no_sign"), True)
    assert judge(UNMARKED, yes) is Verdict.PRESENT
    assert judge(UNMARKED, yes | {"no_sign": False}) is Verdict.ABSENT
    assert judge(UNMARKED, {"no_sign": False}) is Verdict.ABSENT, "the others no longer matter"
    assert judge(UNMARKED, {"no_sign": True}) is Verdict.UNKNOWN


def test_one_of_several_conditions_is_enough() -> None:
    assert judge(FREEZER, {"no_room": True}) is Verdict.PRESENT
    assert judge(FREEZER, {"no_room": False, "people": 9}) is Verdict.ABSENT
    assert judge(FREEZER, {"no_room": False}) is Verdict.UNKNOWN


def test_nothing_looked_at_is_unknown_and_never_absent() -> None:
    assert judge(FREEZER, {}) is judge(UNMARKED, {}) is judge(PEOPLE, {}) is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("observed", "values"),
    [
        ({"people": True}, {"fact": "people", "found": "True", "expected": "a number"}),
        ({"no_room": 3}, {"fact": "no_room", "found": "3", "expected": "true or false"}),
    ],
)
def test_a_number_for_a_question_or_a_word_for_a_number_is_refused(
    observed: dict[str, Observed], values: dict[str, str]
) -> None:
    with pytest.raises(ScoringError) as caught:
        judge(FREEZER, observed)
    assert (caught.value.code, caught.value.values) == ("bad_observation", values)


def test_the_questions_of_a_test_are_named_in_their_order() -> None:
    assert FREEZER.questions == ("no_room", "people")
