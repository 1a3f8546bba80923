"""The lists of major hazards: counts, applicability and logic as the orders give them."""

from collections import Counter

import pytest

from criteria import Scheme, default_library, packs
from criteria.model import HazardRow
from scoring.hazards import Observed, Verdict, judge

COUNTS = {
    "major-hazards@2023": {
        "3": 3, "4": 8, "5": 13, "6": 8, "7": 7, "8": 7, "9": 2, "10": 2,
        "11": 10, "12": 2, "13": 2,
    },
    "major-hazards@2017": {
        "dust": 10, "ammonia": 2, "confined": 2, "met": 11, "nf": 10, "bm": 6, "mach": 7,
        "light": 6, "tex": 2, "tob": 2, "com": 1,
    },
}  # fmt: skip
SECTORS = {
    "4": "metallurgy",
    "5": "nonferrous",
    "6": "building_materials",
    "7": "machinery",
    "8": "light_industry",
    "9": "textile",
    "10": "tobacco",
}
NEW, OLD = "major-hazards@2023", "major-hazards@2017"


def scheme(key: str) -> Scheme:
    return default_library().find(key)


def row(key: str, name: str) -> HazardRow:
    return next(row for row in scheme(key).hazards if row.id == name)


@pytest.mark.parametrize(("key", "total"), [(NEW, 64), (OLD, 59)])
def test_the_lists_have_as_many_rows_as_their_orders(key: str, total: int) -> None:
    found = Counter(row.element for row in scheme(key).hazards)
    assert (dict(found), sum(found.values())) == (COUNTS[key], total)


def test_the_2017_list_ends_the_day_before_the_2023_one_begins() -> None:
    assert (str(scheme(OLD).valid_until), str(scheme(NEW).valid_from)) == (
        "2023-05-14",
        "2023-05-15",
    )


@pytest.mark.parametrize("element", sorted(SECTORS))
def test_rows_of_a_trade_are_for_that_trade_alone(element: str) -> None:
    for hazard in (h for h in scheme(NEW).hazards if h.element == element):
        assert hazard.applies.sectors == (SECTORS[element],), hazard.id


def test_commerce_has_no_rows_of_its_own_in_the_2023_list() -> None:
    flags = list(packs.flags())
    without = [h for h in scheme(NEW).hazards if not h.applies.sectors]
    assert {h.element for h in without} == {"3", "11", "12", "13"}
    for_commerce = [h for h in scheme(NEW).hazards if h.applies.to("commerce", flags)]
    assert for_commerce == without


@pytest.mark.parametrize(
    ("element", "flag"),
    [("11", "dust_explosion"), ("12", "ammonia_refrigeration"), ("13", "confined_space")],
)
def test_special_rows_are_for_those_who_have_the_process(element: str, flag: str) -> None:
    for hazard in (h for h in scheme(NEW).hazards if h.element == element):
        assert hazard.applies.to("textile", [flag]), hazard.id
        assert not hazard.applies.to("textile", []), hazard.id


@pytest.mark.parametrize(("people", "verdict"), [(9, Verdict.ABSENT), (10, Verdict.PRESENT)])
def test_the_room_of_a_rapid_freezer_holds_nine_people(people: int, verdict: Verdict) -> None:
    freezer = row(NEW, "12-2")
    observed: dict[str, Observed] = dict.fromkeys(freezer.test.questions, False)
    number = next(question.id for question in freezer.observations if question.unit)
    assert judge(freezer.test, observed | {number: people}) is verdict


@pytest.mark.parametrize("name", ["4-8", "5-13"])
@pytest.mark.parametrize(("kpa", "verdict"), [(30, Verdict.ABSENT), (29, Verdict.PRESENT)])
def test_a_water_seal_of_thirty_kilopascals_is_enough(
    name: str, kpa: int, verdict: Verdict
) -> None:
    drainer = row(NEW, name)
    observed: dict[str, Observed] = dict.fromkeys(drainer.test.questions, False)
    number = next(question.id for question in drainer.observations if question.unit)
    assert judge(drainer.test, observed | {number: kpa}) is verdict


def test_an_unmarked_confined_space_takes_all_three_omissions() -> None:
    unmarked = row(NEW, "13-1")
    assert unmarked.test.join == "all"
    assert len(unmarked.test.parts) == 3
    yes: dict[str, Observed] = dict.fromkeys(unmarked.test.questions, True)
    assert judge(unmarked.test, yes) is Verdict.PRESENT
    for question in unmarked.test.questions:
        assert judge(unmarked.test, yes | {question: False}) is Verdict.ABSENT


@pytest.mark.parametrize("key", [NEW, OLD])
def test_every_row_can_be_judged_both_ways(key: str) -> None:
    for hazard in scheme(key).hazards:
        limits = {question.id for question in hazard.observations if question.unit}
        low: dict[str, Observed] = {}
        for worst, expected in ((True, Verdict.PRESENT), (False, Verdict.ABSENT)):
            for number in (0, 10**6) if limits else (0,):
                observed = {q: number if q in limits else worst for q in hazard.test.questions}
                low[f"{worst}{number}"] = judge(hazard.test, observed) is expected
        assert any(ok for case, ok in low.items() if case.startswith("True")), hazard.id
        assert any(ok for case, ok in low.items() if case.startswith("False")), hazard.id
