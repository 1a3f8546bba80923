"""The frames (shipped structures without items), figure by figure as the sources give them."""

from fractions import Fraction

import pytest

from criteria import Scheme, default_library, rubric_of
from scoring.model import Method

FRAMES = {
    "aqt-9006@2010",
    "coal-mines@2024",
    "construction-contractors@2010",
    "gbt-33000@2016",
    "gbt-33000@2025",
    "hazardous-chemicals@2011",
    "machinery@2005",
    "machinery@2013",
    "micro-enterprises@2019",
    "mines@2016",
    "nonferrous-processing@2011",
    "transport@2011",
    "water-projects@2013",
}


def frame(name: str) -> Scheme:
    return default_library().find(name)


def ladder(scheme: Scheme) -> list[tuple[str, str, int]]:
    return [(rung.grade, rung.comparator, int(rung.threshold)) for rung in scheme.ladder]


def points(scheme: Scheme) -> list[int]:
    return [int(element.points) for element in scheme.elements]


def test_exactly_these_frames_are_shipped_and_none_has_items() -> None:
    found = {scheme.key: scheme for scheme in default_library().schemes() if scheme.kind == "frame"}
    assert found.keys() == FRAMES
    assert not any(scheme.items for scheme in found.values())
    assert not any(rung.source.verified for scheme in found.values() for rung in scheme.ladder), (
        "nobody has compared them with the official text"
    )


@pytest.mark.parametrize("name", sorted(FRAMES))
def test_every_frame_becomes_a_rubric(name: str) -> None:
    rubric = rubric_of(frame(name))
    assert len(rubric.elements) == len(frame(name).elements)


def test_water_projects_ask_a_least_rate_of_every_element_and_round_to_whole_numbers() -> None:
    scheme = frame("water-projects")
    assert points(scheme) == [30, 50, 50, 70, 70, 120, 280, 80, 80, 60, 50, 30, 30]
    assert ladder(scheme) == [("1", ">=", 90), ("2", ">=", 80), ("3", ">=", 70)]
    assert scheme.decimals == 0
    assert [(m.grade, m.part, m.rate) for m in scheme.shape.minimums] == [
        ("1", "*", 70),
        ("2", "*", 70),
        ("3", "*", 60),
    ]


def test_hazardous_chemicals_have_one_line_for_all_grades_and_weights_that_sum_to_one() -> None:
    scheme = frame("hazardous-chemicals")
    assert ladder(scheme) == [("1", ">=", 80), ("2", ">=", 80), ("3", ">=", 80)]
    assert scheme.shape.method == "weights"
    assert points(scheme) == [100] * 12
    assert sum(element.weight or 0 for element in scheme.elements) == 1
    assert {(m.part, m.rate) for m in scheme.shape.minimums} == {("*", Fraction(60))}
    asked = {(c.grade, c.fact, c.op, c.value) for c in scheme.performance}
    assert ("1", "years_clean", ">=", 5) in asked
    assert ("2", "years_clean", ">=", 3) in asked
    assert ("3", "years_clean", ">=", 1) in asked


def test_transport_counts_whole_points_on_a_thousand_and_asks_for_stars() -> None:
    scheme = frame("transport")
    assert ladder(scheme) == [("1", ">=", 900), ("2", ">=", 700), ("3", ">=", 600)]
    assert (scheme.scale, scheme.unit, scheme.decimals) == (1000, 1, 0)
    assert [(s.grade, s.stars, s.share) for s in scheme.shape.stars] == [
        ("1", ("1", "2", "3"), 100),
        ("2", ("2", "3"), 100),
        ("3", ("3",), 100),
    ]


def test_machinery_of_2005_has_no_grade_1_beyond_200_points_not_applicable() -> None:
    scheme = frame("machinery@2005")
    assert ladder(scheme) == [("1", ">=", 900), ("2", ">=", 800), ("3", ">=", 600)]
    limit = scheme.shape.absence_limit
    assert limit is not None
    assert (limit.best_grade, limit.points, scheme.scale) == ("2", 200, 1000)
    assert scheme.elements[0].points == 230


def test_machinery_of_2013_lets_grade_3_have_one_death() -> None:
    scheme = frame("machinery@2013")
    assert scheme.elements[0].points == 220
    assert [(c.grade, c.fact, c.value) for c in scheme.performance] == [
        ("1", "deaths", 0),
        ("1", "serious_injuries", 0),
        ("2", "deaths", 0),
        ("3", "deaths", 1),
    ]


def test_non_ferrous_metal_is_judged_by_rates_per_thousand() -> None:
    scheme = frame("nonferrous-processing")
    assert points(scheme) == [20, 40, 55, 70, 55, 280, 205, 70, 55, 70, 40, 20, 20]
    rates = {
        (c.grade, c.fact): Fraction(c.value)
        for c in scheme.performance
        if c.fact.endswith("_rate") and not isinstance(c.value, str)
    }
    assert rates == {
        ("1", "serious_rate"): 1,
        ("2", "death_rate"): Fraction(1, 10),
        ("2", "serious_rate"): 3,
        ("2", "disease_rate"): 1,
        ("3", "death_rate"): Fraction(3, 10),
        ("3", "serious_rate"): 5,
        ("3", "disease_rate"): 2,
    }
    losses = {c.grade: c.value for c in scheme.performance if c.fact == "max_single_loss_yuan"}
    assert losses == {"1": 1_000_000, "2": 3_000_000, "3": 5_000_000}
    assert {c.op for c in scheme.performance if c.fact == "max_single_loss_yuan"} == {"<"}


def test_mines_count_four_thousand_points_in_fourteen_elements() -> None:
    scheme = frame("mines")
    assert (scheme.total, len(scheme.elements)) == (4000, 14)
    assert ladder(scheme) == [("1", ">=", 90), ("2", ">=", 75), ("3", ">=", 60)]


def test_coal_mines_ask_85_of_basic_management_and_90_of_the_rest_for_grade_1() -> None:
    scheme = frame("coal-mines")
    assert ladder(scheme) == [("1", ">=", 90), ("2", ">=", 80), ("3", ">=", 70)]
    first = {m.part: m.rate for m in scheme.shape.minimums if m.grade == "1"}
    assert first == {"base": 85, "disasters": 90, "technical": 90}
    assert scheme.shape.hazard_blocks


def test_contractors_without_sites_keep_the_weights_of_the_four_tables() -> None:
    rubric = rubric_of(frame("construction-contractors"))
    assert rubric.method is Method.WEIGHTS
    assert [(e.group, e.weight) for e in rubric.elements] == [
        ("enterprise", Fraction(3, 10)),
        ("enterprise", Fraction(2, 10)),
        ("enterprise", Fraction(2, 10)),
        ("enterprise", Fraction(3, 10)),
        ("sites", 1),
    ]
    assert [(g.id, g.weight) for g in rubric.groups] == [
        ("enterprise", Fraction(6, 10)),
        ("sites", Fraction(4, 10)),
    ]


def test_micro_enterprises_have_eight_parts_of_a_hundred_points_and_no_ladder() -> None:
    scheme = frame("micro-enterprises")
    assert points(scheme) == [9, 7, 8, 30, 28, 10, 6, 2]
    assert not scheme.ladder


@pytest.mark.parametrize(
    ("name", "sub_elements"),
    [
        ("aqt-9006@2010", [1, 2, 1, 6, 5, 3, 5, 4, 3, 3, 5, 2, 2]),
        ("gbt-33000@2016", [6, 4, 2, 4, 4, 3, 3, 2]),
        ("gbt-33000@2025", [0] * 10),
    ],
)
def test_the_basic_norms_are_structures_without_points(name: str, sub_elements: list[int]) -> None:
    scheme = frame(name)
    assert [len(element.sub_elements) for element in scheme.elements] == sub_elements
    assert not scheme.ladder
    assert set(points(scheme)) == {0}


def test_the_basic_norms_of_2025_follow_those_of_2016_without_a_gap() -> None:
    old, new = frame("gbt-33000@2016"), frame("gbt-33000@2025")
    assert old.valid_until is not None
    assert (new.valid_from - old.valid_until).days == 1
