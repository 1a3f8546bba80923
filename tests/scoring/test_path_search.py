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


def in_step(parts: int) -> list[Part]:
    """Parts that gain two per point, so that sums alone decide."""
    return [(Option(0, 0, 0), Option(1, n, 2 * n, (), (str(n),))) for n in range(2, parts + 2)]


def test_where_gain_is_in_step_with_points_each_count_of_items_is_looked_at_once() -> None:
    parts = in_step(12)
    steps = sum(2 * counts for counts in range(1, 13))
    work = Work(steps)
    fewest, least = Search(parts, ()).cheapest(2 * 30, work)
    assert (work.left, fewest.count, fewest.points, least.points) == (0, 3, 30, 30)
    with pytest.raises(TooMuchWorkError):
        Search(parts, ()).cheapest(2 * 30, Work(steps - 1))


def test_what_has_been_summed_up_once_costs_nothing_more() -> None:
    search = Search(in_step(12), ())
    search.cheapest(2 * 30, Work())
    assert search.cheapest(2 * 70, Work(0)) is not None
    assert search.cheapest(2 * 91, Work(0)) is None


def test_gain_without_points_or_points_without_gain_is_not_in_step() -> None:
    for odd in (Option(1, 0, 3, (), ("odd",)), Option(1, 3, 0, (), ("odd",))):
        for parts in ([(Option(0, 0, 0), odd), *in_step(4)], [*in_step(4), (odd,)]):
            for need in (1, 3, 9, 19, 20, 21, 23):
                choices = every(parts, (), need)
                found = Search(parts, ()).cheapest(need, Work())
                wanted = min(((c.points, c.count) for c in choices), default=None)
                assert (found and (found[1].points, found[1].count)) == wanted


def test_no_more_points_are_looked_at_than_the_fewest_items_cost() -> None:
    nothing = Option(0, 0, 0)
    dear = [(nothing, Option(1, 2**n, n, (), (str(n),))) for n in range(8, 14)]
    parts = [(nothing, Option(1, 3, 20, (), ("cheap",))), *dear]
    work = Work()
    before = work.left
    fewest, least = Search(parts, ()).cheapest(20, work)
    assert fewest == least == Choice(1, 3, frozenset(("cheap",)))
    # 192 steps; the sums of all that is dearer would take 648
    assert before - work.left < 300


def test_requirements_alone_are_met_without_any_gain() -> None:
    nothing = Option(0, 0, 0, (0,))
    parts = [(nothing, Option(1, 0, 0, (1,), (name,))) for name in "abc"]
    search = Search(parts, (2,))
    fewest, least = search.cheapest(0, Work())
    assert (fewest.count, fewest.points, least.count) == (2, 0, 2)
    assert search.cheapest(1, Work()) is None


def test_without_parts_only_nothing_can_be_asked() -> None:
    nothing = Choice(0, 0, frozenset())
    assert Search([], ()).cheapest(0, Work()) == (nothing, nothing)
    assert Search([], ()).cheapest(1, Work()) is None
    assert Search([], (1,)).cheapest(0, Work()) is None
