"""The shipped standards of single trades agree row by row with their points and deductions."""

from fractions import Fraction
from pathlib import Path

import pytest

from criteria import Rule, Scheme, default_library, rubric_of
from scoring import Answer, grade
from scoring.rounding import plain

FACTS = {path.stem: path for path in sorted((Path(__file__).parent / "facts").glob("*.txt"))}
ELEMENTS = {
    "warehousing-logistics@2013": [10, 20, 20, 100, 100, 220, 180, 100, 40, 80, 70, 20, 40],
    "shopping-mall@2013": [10, 20, 20, 100, 100, 200, 200, 100, 40, 80, 70, 20, 40],
    "hotel@2013": [10, 20, 20, 100, 100, 220, 190, 100, 40, 70, 70, 20, 40],
}
SPECIALS = {"warehousing-logistics@2013": 11, "shopping-mall@2013": 9, "hotel@2013": 8}
KEYS = sorted(FACTS)


def scheme(key: str) -> Scheme:
    return default_library().find(key)


def short(rule: Rule) -> str:
    """A rule in the form of the facts."""
    parts = [rule.kind]
    if rule.points is not None:
        parts.append(plain(rule.points))
    if rule.per is not None:
        parts.append(rule.per)
    if rule.scope != "item":
        parts.append(f">{rule.scope}")
    if rule.trigger != "reported":
        parts.append(rule.trigger)
    if rule.zeroes is not None:
        parts += ["zeroes", rule.zeroes]
    return " ".join(parts)


@pytest.mark.parametrize("key", KEYS)
def test_every_row_has_the_points_and_deductions_of_the_standard(key: str) -> None:
    lines = [line for line in FACTS[key].read_text().splitlines() if not line.startswith("#")]
    found = [
        " | ".join([item.id, plain(item.points), *map(short, item.rules)])
        for item in scheme(key).items
    ]
    assert found == lines


@pytest.mark.parametrize("key", KEYS)
def test_the_elements_have_the_points_of_the_standard(key: str) -> None:
    found = [int(element.points) for element in scheme(key).elements]
    assert (found, sum(found)) == (ELEMENTS[key], 1000)


@pytest.mark.parametrize("key", KEYS)
def test_every_special_rule_reaches_beyond_its_item(key: str) -> None:
    specials = [rule for item in scheme(key).items for rule in item.rules if rule.scope != "item"]
    assert len(specials) == SPECIALS[key]


def test_the_four_standards_have_51_special_rules_in_622_rows() -> None:
    all_four = [*KEYS, "industry-trade-general@2011"]
    items = [item for key in all_four for item in scheme(key).items]
    # one special rule of the general standard zeroes its sub-element and takes no more points
    beyond = [r for item in items for r in item.rules if r.scope != "item" or r.zeroes]
    assert (len(items), len(beyond)) == (622, 51)


@pytest.mark.parametrize("key", KEYS)
def test_full_marks_are_a_hundred_and_one_missing_point_counts_exactly(key: str) -> None:
    rubric = rubric_of(scheme(key))
    answers = {item.id: Answer(full=True) for item in rubric.items}
    assert grade(rubric, answers, {}).score == 100
    first = rubric.items[0].id
    less = answers | {first: Answer(lost=10, reason="gap")}
    assert grade(rubric, less, {}).score_exact == Fraction("99.9")


@pytest.mark.parametrize("key", KEYS)
def test_every_row_says_what_to_look_at_in_both_languages(key: str) -> None:
    for item in scheme(key).items:
        assert 25 <= len(item.text.zh) <= 120, item.id
        assert 2 <= len(item.evidence) <= 5, item.id
        for rule in item.rules:
            if rule.points is not None:
                assert plain(rule.points) in rule.text.zh, f"{item.id} {rule.id}"
                assert plain(rule.points) in rule.text.en, f"{item.id} {rule.id}"


@pytest.mark.parametrize(
    ("facts", "best"),
    [
        ({"deaths": 0, "serious_injuries": 0, "most_minor_injuries": 1}, "1"),
        ({"deaths": 0, "serious_injuries": 0, "most_minor_injuries": 2}, "2"),
        ({"deaths": 0, "serious_injuries": 1, "most_minor_injuries": 0}, "3"),
        ({"deaths": 1, "serious_injuries": 0, "most_minor_injuries": 0}, None),
    ],
)
def test_a_mall_is_held_down_by_injuries_as_its_standard_says(
    facts: dict[str, int], best: str | None
) -> None:
    rubric = rubric_of(scheme("shopping-mall@2013"))
    answers = {item.id: Answer(full=True) for item in rubric.items}
    assert grade(rubric, answers, dict(facts)).grade == best
