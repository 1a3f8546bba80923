"""The shipped specialty and post standards: complete, scored, hard where the law is hard."""

from collections import Counter

import pytest

from criteria import Scheme, default_library, rubric_of
from scoring import Answer, Deduction, Outcome, Trigger, grade

AREAS = {
    *("ELE", "MEC", "SPE", "HAZ", "DUS", "CON", "MET", "NH3"),
    *("GAS", "PNT", "FIR", "OCC", "CTR", "TRA", "HOT", "EMG"),
}
SHIPPED = [s for s in default_library().schemes() if s.kind in ("specialty", "post")]
SPECIALTIES = [pytest.param(s, id=s.id) for s in SHIPPED if s.kind == "specialty"]
POSTS = [pytest.param(s, id=s.id) for s in SHIPPED if s.kind == "post"]
BOTH = [*SPECIALTIES, *POSTS]
LICENSED = {
    *("post-welder", "post-electrician", "post-forklift-driver", "post-crane-driver"),
    *("post-rigger", "post-ammonia-operator", "post-boiler-operator"),
}


def hazards(scheme: Scheme) -> set[str]:
    return {name for item in scheme.items for name in item.hazards}


def test_every_area_has_one_specialty_standard() -> None:
    areas = Counter(s.profile.area for s in SHIPPED if s.kind == "specialty")
    assert areas == Counter(AREAS)


def test_there_are_standards_for_more_than_twenty_posts() -> None:
    assert len(POSTS) == 22


@pytest.mark.parametrize("scheme", SPECIALTIES)
def test_a_specialty_has_between_fifteen_and_forty_rows_and_some_are_hard(scheme: Scheme) -> None:
    assert 15 <= len(scheme.items) <= 40
    assert len([item for item in scheme.items if item.veto == "assessment"]) >= 3
    assert scheme.profile.references


@pytest.mark.parametrize("scheme", POSTS)
def test_a_post_has_the_eight_blocks_its_equipment_and_hard_rows(scheme: Scheme) -> None:
    assert [element.id for element in scheme.elements] == [str(n) for n in range(1, 9)]
    assert len(scheme.items) >= 16
    assert scheme.total == 100
    assert scheme.profile.protection
    assert scheme.profile.contraindications
    assert [item for item in scheme.items if item.veto == "assessment"]
    assert [item for item in scheme.items if item.form == "yes_no"]


@pytest.mark.parametrize("scheme", BOTH)
def test_a_hard_row_that_is_not_met_is_not_made_up_for_by_points(scheme: Scheme) -> None:
    rubric = rubric_of(scheme)
    full = {item.id: Answer(full=True) for item in rubric.items}
    assert grade(rubric, full, {}).outcome is Outcome.GRADED
    for item in (item for item in rubric.items if item.veto == "assessment"):
        rule = next(rule for rule in item.rules if rule.trigger is Trigger.REPORTED)
        missed = full | {item.id: Answer((Deduction(rule.id),))}
        assert grade(rubric, missed, {}).outcome is Outcome.BELOW_LOWEST, item.id


@pytest.mark.parametrize("scheme", BOTH)
def test_every_row_says_what_to_look_at_and_what_it_costs_in_both_languages(
    scheme: Scheme,
) -> None:
    for item in scheme.items:
        assert len(item.text.zh) >= 10, item.id
        assert len(item.text.en.split()) >= 4, item.id
        assert item.rules, item.id
        assert item.evidence, item.id


def test_dust_contains_its_ten_major_hazards_and_confined_space_its_two() -> None:
    by_area = {s.profile.area: s for s in SHIPPED if s.kind == "specialty"}
    assert {f"major-hazards@2023:11-{n}" for n in range(1, 11)} <= hazards(by_area["DUS"])
    assert {"major-hazards@2023:13-1", "major-hazards@2023:13-2"} <= hazards(by_area["CON"])
    assert {"major-hazards@2023:12-1", "major-hazards@2023:12-2"} <= hazards(by_area["NH3"])


@pytest.mark.parametrize("scheme", POSTS)
def test_a_post_that_needs_a_licence_names_it_with_its_period(scheme: Scheme) -> None:
    licences = [row for row in scheme.profile.certificates if row.valid_months]
    if scheme.id in LICENSED:
        assert licences
        assert {row.valid_months for row in licences} & {48, 72}


def test_no_requirement_is_a_copy_of_another_post() -> None:
    texts = Counter(item.text.zh for s in SHIPPED if s.kind == "post" for item in s.items)
    assert [text for text, count in texts.items() if count > 1] == []
