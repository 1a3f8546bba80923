"""Old results on the elements of a newer standard: nothing lost, nothing counted twice."""

import random
from fractions import Fraction

import pytest

from criteria import Scheme, default_library, rubric_of
from criteria.crosswalk import Part, crosswalks, followings, on_frame, parts_of
from portal.domain.answers import ItemAnswer, ReportedRule
from portal.domain.assessment import grade_answers
from scoring import Result

OLD, NEW = "aqt-9006@2010", "gbt-33000@2016"
SCHEMES = ("industry-trade-general", "warehousing-logistics", "shopping-mall", "hotel")


def scheme(name: str) -> Scheme:
    return default_library().find(name)


def answered(standard: Scheme, seed: int) -> Result:
    """Every row answered: full, without some points, without all and more, or not applicable."""
    chance = random.Random(seed)  # noqa: S311 - the same sheet each time
    answers = {}
    for item in standard.items:
        reported = [rule for rule in item.rules if rule.trigger == "reported"]
        kind = chance.random()
        if kind < 0.5 or not reported:
            answers[item.id] = ItemAnswer(full=True)
        elif kind < 0.65 and item.may_be_absent:
            answers[item.id] = ItemAnswer(not_applicable="没有")
        else:
            rules = tuple(
                ReportedRule(rule.id, chance.randint(1, 9) if rule.kind == "each" else 1)
                for rule in reported
                if rule.kind in ("each", "once", "whole")
            )
            answers[item.id] = ItemAnswer(rules) if rules else ItemAnswer(full=True)
    return grade_answers(rubric_of(standard), answers, {})


def test_every_element_of_the_old_structure_has_a_place_in_the_new_one() -> None:
    for walk in crosswalks():
        old, new = scheme(walk.source), scheme(walk.target)
        targets = {element.id for element in new.elements}
        assert list(walk.elements) == [element.id for element in old.elements]
        assert set(walk.elements.values()) == targets
        subs = {sub.id for element in old.elements for sub in element.sub_elements}
        assert set(walk.sub_elements) <= subs
        assert set(walk.sub_elements.values()) <= targets


def test_the_thirteen_elements_go_to_the_eight() -> None:
    (walk,) = crosswalks()
    assert (walk.source, walk.target) == (OLD, NEW)
    assert list(walk.elements.values()) == (
        ["5.1", "5.1", "5.1", "5.2", "5.3", "5.4", "5.4", "5.5", "5.5", "5.4", "5.6", "5.7", "5.8"]
    )
    assert walk.sub_elements == {"5.5": "5.1"}


def test_standards_name_only_elements_that_they_and_their_frame_have() -> None:
    for key, following in followings().items():
        own, frame = scheme(key), scheme(following.frame)
        elements = {element.id for element in frame.elements}
        assert {following.elements.get(e.id, e.id) for e in own.elements} == elements
        own_subs = {sub.id: sub for element in own.elements for sub in element.sub_elements}
        subs = {sub.id: sub for element in frame.elements for sub in element.sub_elements}
        for mine, theirs in following.sub_elements.items():
            assert own_subs[mine].title.zh == subs[theirs].title.zh


@pytest.mark.parametrize("name", SCHEMES)
@pytest.mark.parametrize("seed", range(6))
def test_the_parts_sum_to_the_elements_and_the_conversion_keeps_every_point(
    name: str, seed: int
) -> None:
    standard = scheme(name)
    result = answered(standard, seed)
    assert result.specials or name != "industry-trade-general"
    parts = parts_of(standard, result)
    for element in result.elements:
        mine = [part for part in parts if part.element == element.id]
        assert sum(part.attainable for part in mine) == element.attainable * standard.unit
        assert sum(part.earned for part in mine) == element.earned * standard.unit
    for frame, count in ((OLD, 13), (NEW, 8)):
        there = on_frame(standard, result, frame)
        assert there is not None
        assert len(there) == count
        assert sum(part.attainable for part in there) == result.attainable * standard.unit
        assert sum(part.earned for part in there) == result.earned * standard.unit
        assert all(0 <= part.earned <= part.attainable for part in there)


def test_safety_culture_counts_with_the_goals() -> None:
    standard = scheme("industry-trade-general")
    answers = {item.id: ItemAnswer(full=True) for item in standard.items}
    result = grade_answers(rubric_of(standard), answers, {})
    there = {part.element: part for part in on_frame(standard, result, NEW) or ()}
    points = {element.id: element.points for element in standard.elements}
    culture = next(s for e in standard.elements for s in e.sub_elements if s.id == "5.5")
    goals = points["1"] + points["2"] + points["3"] + culture.points
    assert there["5.1"].attainable == goals
    assert there["5.3"].attainable == points["5"] - culture.points
    assert there["5.1"].rate == 1


def test_where_nothing_was_attainable_there_is_no_rate() -> None:
    assert Part("5.1", None, Fraction(0), Fraction(0)).rate is None


def test_without_a_crosswalk_there_is_no_comparison() -> None:
    standard = scheme("industry-trade-general")
    result = answered(standard, 1)
    assert on_frame(standard, result, "gbt-33000@2025") is None
    assert on_frame(scheme("transport"), result, NEW) is None
