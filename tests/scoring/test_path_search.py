"""The search behind the path: no choice of one option per part is cheaper, by either price."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.path_search import Choice, Option, Search, TooMuchWorkError, Work

Part = tuple[Option, ...]


@st.composite
def problems(draw: st.DrawFn) -> tuple[list[Part], tuple[int, ...]]:
    """Parts with nothing as their first option; gains in step with points, or of their own."""
    target = tuple(draw(st.lists(st.integers(1, 3), max_size=2)))
    in_step = draw(st.booleans())
    parts = []
    for number in range(draw(st.integers(0, 4))):
        options = [Option(0, 0, 0, (0,) * len(target))]
        for other in range(draw(st.integers(1, 3))):
            points = draw(st.integers(0, 5))
            gain = 2 * points if in_step else draw(st.integers(0, 6))
            needs = tuple(draw(st.integers(0, 2)) for _ in target)
            count = draw(st.integers(1, 2))
            items = tuple(f"{number}.{other}.{n}" for n in range(count))
            options.append(Option(count, points, gain, needs, items))
        parts.append(tuple(options))
    return parts, target


def every(parts: list[Part], target: tuple[int, ...], need: int) -> list[Choice]:
    """All choices that meet the gain and each requirement."""
    found = []
    for options in product(*parts):
        met = [sum(option.needs[n] for option in options) for n in range(len(target))]
        enough = all(have >= wanted for have, wanted in zip(met, target, strict=True))
        if enough and sum(option.gain for option in options) >= need:
            found.append(
                Choice(
                    sum(option.count for option in options),
                    sum(option.points for option in options),
                    frozenset(item for option in options for item in option.items),
                )
            )
    return found


@settings(max_examples=300, deadline=None)
@given(problems(), st.lists(st.integers(0, 20), min_size=1, max_size=3))
def test_no_choice_is_cheaper_by_items_or_by_points_however_often_it_is_asked(
    problem: tuple[list[Part], tuple[int, ...]], needs: list[int]
) -> None:
    parts, target = problem
    search = Search(parts, target)
    for need in needs:
        choices = every(parts, target, need)
        found = search.cheapest(need, Work())
        if not choices:
            assert found is None
            continue
        fewest, least = found
        assert {fewest, least} <= set(choices)
        assert (fewest.count, fewest.points) == min((c.count, c.points) for c in choices)
        assert (least.points, least.count) == min((c.points, c.count) for c in choices)


def test_an_exact_gain_is_enough_and_one_unit_less_is_not() -> None:
    parts = [(Option(0, 0, 0), Option(1, 3, 5, (), ("a",))), (Option(0, 0, 0), Option(1, 2, 1))]
    fewest, least = Search(parts, ()).cheapest(5, Work())
    assert fewest == least == Choice(1, 3, frozenset("a"))
    assert Search(parts, ()).cheapest(7, Work()) is None


def test_of_two_choices_with_the_same_points_the_one_with_fewer_items_is_taken() -> None:
    one, two = Option(1, 4, 8, (), ("a",)), Option(2, 4, 8, (), ("b", "c"))
    for parts in ([one, two], [two, one]):
        search = Search([(Option(0, 0, 0), option) for option in parts], ())
        assert search.cheapest(8, Work()) == (Choice(1, 4, frozenset("a")),) * 2


def test_what_is_dearer_on_the_way_may_be_the_cheapest_in_the_end() -> None:
    nothing = Option(0, 0, 0)
    first = [Option(1, 2, 5), Option(2, 2, 3), Option(3, 2, 9, (), ("a", "b", "c"))]
    then = [Option(9, 2, 8), Option(1, 2, 2, (), ("d",))]
    search = Search([(nothing, *first), (nothing, *then)], ())
    assert search.cheapest(11, Work()) == (Choice(4, 4, frozenset("abcd")),) * 2


def test_of_two_ways_at_the_same_price_the_one_with_more_gain_is_kept() -> None:
    nothing = Option(0, 0, 0)
    more, less = Option(1, 2, 9, (), ("a",)), Option(1, 2, 5, (), ("b",))
    then = [Option(9, 2, 8), Option(1, 2, 2, (), ("d",))]
    for first in ([more, less], [less, more]):
        search = Search([(nothing, *first), (nothing, *then)], ())
        assert search.cheapest(11, Work()) == (Choice(2, 4, frozenset("ad")),) * 2


def test_work_may_be_used_up_to_the_last_step_and_no_further() -> None:
    work = Work(3)
    work.spend(3)
    with pytest.raises(TooMuchWorkError):
        work.spend(1)
