"""What a grade asks beside the score, and which items must be looked at together for it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import chain, combinations, product

import pytest

from scoring import (
    Answer,
    Deduction,
    DeductionRule,
    ElementRubric,
    ItemRubric,
    Kind,
    Rubric,
    Scope,
    Trigger,
)
from scoring.model import Adjustment, Group, Method, Minimum, Role, StarRule
from scoring.path_losses import Losses, rectify
from scoring.path_parts import Demand, PartsOf, demand_of
from scoring.path_search import TooMuchWorkError, Work
from tests.scoring.test_path import check, four_parts, seen, two_rows, with_losses

ABSENT = Answer(not_applicable="there is none")


def losses_of(rubric: Rubric, answers: Mapping[str, Answer]) -> Losses:
    return Losses(rubric, answers, {})


def demand(rubric: Rubric, answers: Mapping[str, Answer], grade: str = "1") -> Demand | None:
    return demand_of(losses_of(rubric, answers), grade)


def joined(rubric: Rubric, answers: Mapping[str, Answer], asked: Demand | None = None) -> list[set]:
    """The items of each part, in the order of the parts."""
    parts = PartsOf(losses_of(rubric, answers), asked or Demand(), Work()).parts
    assert parts is not None
    return [{item for option in part for item in option.items} for part in parts]


# ------------------------------------------------------------------ what a grade asks


@pytest.mark.parametrize(
    ("share", "number"), [(100, 3), (76, 3), (75, 2), (51, 2), (50, 1), (26, 1), (25, 0), (1, 0)]
)
def test_of_four_starred_rows_as_many_are_asked_as_the_share_lacks(share: int, number: int) -> None:
    items = tuple(ItemRubric(f"1.{n}", "1", None, 40, star="*") for n in range(5))
    rubric, _ = two_rows(items=items, stars=(StarRule("1", ("*",), Fraction(share)),))
    answers = {item.id: seen(3) for item in items} | {"1.3": Answer(full=True), "1.4": ABSENT}
    lost = frozenset(("1.0", "1.1", "1.2"))
    if number == 3:
        wanted = Demand(mandatory=lost)
    else:
        wanted = Demand(shares=((lost, number),)) if number else Demand()
    assert demand(rubric, answers) == wanted
    assert demand(rubric, answers, "2") == Demand()


@pytest.mark.parametrize(
    ("comparator", "rate", "least"),
    [(">=", 80, ()), (">", 80, 161), (">=", 81, 162), (">=", "80.2", 161), (">", "80.2", 161)],
)
def test_a_minimum_asks_for_the_first_whole_number_of_points_that_meets_it(
    comparator: str, rate: str, least: int | tuple[()]
) -> None:
    minimums = (Minimum("1", "1", comparator, Fraction(rate)),)
    rubric, answers = two_rows(20, minimums=minimums)  # 160 of 200
    assert demand(rubric, answers) == Demand(least=(("1", least),) if least else ())
    assert demand(rubric, answers, "2") == Demand()


def test_of_two_minimums_of_one_element_the_higher_one_is_asked_in_either_order() -> None:
    one, two = (Minimum("1", part, ">=", Fraction(rate)) for part, rate in (("*", 85), ("1", 95)))
    for minimums in ((one, two), (two, one)):
        rubric, answers = two_rows(20, minimums=minimums)
        assert demand(rubric, answers) == Demand(least=(("1", 190),))
    assert demand(rubric, {"1.1": ABSENT, "1.2": ABSENT}) == Demand()


@pytest.mark.parametrize(
    ("comparator", "rate", "asked"),
    [
        (">=", 50, None),
        (">", 50, (Fraction(0), True)),
        (">", 49, None),
        (">=", 51, (Fraction(1, 100), False)),
        (">", 51, (Fraction(1, 100), True)),
    ],
)
def test_a_group_at_half_of_its_points_is_asked_for_what_it_lacks(
    comparator: str, rate: int, asked: tuple[Fraction, bool] | None
) -> None:
    rubric = four_parts(minimums=(Minimum("1", "office", comparator, Fraction(rate)),))
    answers = with_losses({"3.1": 3, "3.2": 12})
    groups = (("office", *asked),) if asked else ()
    assert demand(rubric, answers) == Demand(groups=groups)


def test_after_a_minimum_of_a_group_and_of_another_grade_the_next_one_is_still_read() -> None:
    minimums = (
        Minimum("2", "*", ">=", Fraction(100)),
        Minimum("1", "office", ">=", Fraction(60)),
        Minimum("1", "1", ">=", Fraction(90)),
    )
    rubric = four_parts(minimums=minimums)
    answers = with_losses({"3.1": 3, "3.2": 12})
    wanted = Demand(least=(("1", 27),), groups=(("office", Fraction(1, 10), False),))
    assert demand(rubric, answers) == wanted


def test_what_closes_every_grade_must_go_for_each_of_them() -> None:
    forged = DeductionRule("forged", Kind.ONCE, 5, zeroes=Scope.ASSESSMENT)
    items = (ItemRubric("1.1", "1", None, 100, (forged,)), ItemRubric("1.2", "1", None, 100))
    rubric, _ = two_rows(items=items, hazard_blocks=True)
    answers = {
        "1.1": Answer((Deduction("forged"),)),
        "1.2": Answer(full=True, major_hazard=True),
    }
    for grade in ("1", "2", "3"):
        assert demand(rubric, answers, grade) == Demand(mandatory=frozenset(answers))
    unmarked = replace(rubric, hazard_blocks=False)
    assert demand(unmarked, answers) == Demand(mandatory=frozenset(("1.1",)))


# ------------------------------------------------------------------ what belongs together


def test_items_that_only_add_up_stand_alone_in_the_order_of_the_sheet() -> None:
    assert joined(four_parts(), with_losses({"2.1": 0})) == [
        {"1.1"}, {"1.2"}, {"2.2"}, {"3.1"}, {"3.2"},
    ]  # fmt: skip


def test_a_minimum_joins_the_items_of_its_element_and_comes_first() -> None:
    asked = Demand(least=(("3", 25),))
    assert joined(four_parts(), with_losses(), asked) == [
        {"3.1", "3.2"}, {"1.1"}, {"1.2"}, {"2.1"}, {"2.2"},
    ]  # fmt: skip


def test_a_minimum_of_an_element_without_losses_is_met_by_nothing() -> None:
    losses = losses_of(four_parts(), with_losses({"3.1": 0, "3.2": 0}))
    assert PartsOf(losses, Demand(least=(("3", 31),)), Work()).parts is None


def extras(bonus: int | None, penalty: int | None) -> tuple[Rubric, dict[str, Answer]]:
    """Two rows each of the base, of bonus and of penalty, with a bound or none."""
    rows = (
        ("1.1", 50, Role.BASE), ("1.2", 50, Role.BASE), ("1.3", 4, Role.BONUS),
        ("1.4", 5, Role.BONUS), ("1.5", 6, Role.PENALTY), ("1.6", 7, Role.PENALTY),
    )  # fmt: skip
    items = tuple(ItemRubric(name, "1", None, points, role=role) for name, points, role in rows)
    bounds = (None if bound is None else Fraction(bound) for bound in (bonus, penalty))
    rubric, _ = two_rows(
        items=items, elements=(ElementRubric("1", 100),), adjustment=Adjustment(*bounds)
    )
    return rubric, {item.id: seen(3) for item in items}


ALONE = [{f"1.{n}"} for n in range(1, 7)]


@pytest.mark.parametrize(
    ("bonus", "penalty", "parts"),
    [
        (None, None, ALONE),
        (9, 6, ALONE),  # bounds that nothing goes beyond
        (8, 6, [{"1.3", "1.4"}, *ALONE[:2], *ALONE[4:]]),
        (9, 5, [{"1.5", "1.6"}, *ALONE[:4]]),
        (1, 1, [{"1.3", "1.4"}, {"1.5", "1.6"}, *ALONE[:2]]),
    ],
)
def test_a_bound_joins_the_bonus_or_penalty_rows_that_can_go_beyond_it(
    bonus: int | None, penalty: int | None, parts: list[set[str]]
) -> None:
    assert joined(*extras(bonus, penalty)) == parts


def test_rows_of_two_elements_that_share_a_bound_come_together() -> None:
    """A bonus row that takes from its element links the element with the bonus of the other."""
    take = DeductionRule("take", Kind.ONCE, 70, Scope.ELEMENT)
    items = (
        ItemRubric("1.1", "1", None, 50),
        ItemRubric("1.2", "1", None, 4, (take,), role=Role.BONUS),
        ItemRubric("2.1", "2", None, 50),
        ItemRubric("2.2", "2", None, 5, role=Role.BONUS),
    )
    rubric, _ = two_rows(
        items=items,
        elements=(ElementRubric("1", 50), ElementRubric("2", 50)),
        adjustment=Adjustment(most_bonus=Fraction(2)),
    )
    answers = {"1.1": seen(9), "1.2": Answer((Deduction("take"),), 3, "seen")}
    for own in (0, 7):
        for bonus in (1, 4):
            sheet = rubric, answers | {"2.1": seen(own), "2.2": seen(bonus)}
            assert joined(*sheet)[0] == {"1.1", "1.2", "2.2"}
            check(*sheet, {})


def test_a_penalty_row_that_zeroes_its_sub_element_belongs_to_it() -> None:
    items = (
        ItemRubric("1.1", "1", "1.a", 40),
        ItemRubric("1.2", "1", "1.a", 5, veto=Scope.SUB_ELEMENT, role=Role.PENALTY),
        ItemRubric("1.3", "1", "1.b", 60),
    )
    rubric, _ = two_rows(items=items, elements=(ElementRubric("1", 100),))
    answers = {"1.1": seen(10), "1.2": seen(2), "1.3": seen(4)}
    assert joined(rubric, answers) == [{"1.1", "1.2"}, {"1.3"}]
    check(rubric, answers, {})


def test_only_rows_of_a_sub_element_at_its_floor_are_joined() -> None:
    take = DeductionRule("take", Kind.ONCE, 45, Scope.SUB_ELEMENT)
    items = (
        ItemRubric("1.1", "1", "1.a", 20, (take,)),
        ItemRubric("1.2", "1", "1.a", 20),
        ItemRubric("1.3", "1", "1.b", 20),
        ItemRubric("1.4", "1", "1.b", 20),
        ItemRubric("1.5", "1", None, 20),
    )
    rubric, _ = two_rows(items=items, elements=(ElementRubric("1", 100),))
    answers = {item.id: seen(2) for item in items}
    assert joined(rubric, answers) == [{item.id} for item in items]
    taken = answers | {"1.1": Answer((Deduction("take"),), 2, "seen")}
    assert joined(rubric, taken) == [{"1.1", "1.2"}, {"1.3"}, {"1.4"}, {"1.5"}]
    items = (*items[:2], replace(items[2], rules=(take,)), *items[3:])
    both = taken | {"1.3": Answer((Deduction("take"),), 2, "seen")}
    apart = joined(replace(rubric, items=items), both)
    assert apart == [{"1.1", "1.2"}, {"1.3", "1.4"}, {"1.5"}]


def test_an_item_that_must_go_leaves_no_choice_and_a_useless_one_no_part() -> None:
    rubric, _ = two_rows(hazard_blocks=True)
    answers = {"1.1": Answer(full=True, major_hazard=True), "1.2": seen(4)}
    losses = losses_of(rubric, answers)
    free = PartsOf(losses, Demand(), Work()).parts
    assert [[option.items for option in part] for part in free] == [[(), ("1.2",)]]
    bound = PartsOf(losses, demand_of(losses, "1"), Work()).parts
    assert [[option.items for option in part] for part in bound] == [[("1.1",)], [(), ("1.2",)]]


# ------------------------------------------------------------------ what the parts bring


def mixed() -> tuple[Rubric, dict[str, Answer]]:
    """Every account at once: zeroed, below its floor, without its guarantee, beyond a bound."""
    take = DeductionRule("take", Kind.ONCE, 30, Scope.SUB_ELEMENT)
    kill = DeductionRule("kill", Kind.ONCE, 5, zeroes=Scope.ELEMENT)
    fall = DeductionRule("fall", Kind.ONCE, 8, Scope.ELEMENT, Trigger.ITEM_AT_ZERO)
    items = (
        ItemRubric("1.1", "1", "1.a", 20, (take,), star="*"),
        ItemRubric("1.2", "1", "1.a", 10, star="*"),
        ItemRubric("1.3", "1", None, 20, (kill,), star="*"),
        ItemRubric("2.1", "2", None, 20, guarantee=True),
        ItemRubric("2.2", "2", None, 15, (fall,), guarantee=True),
        ItemRubric("3.1", "3", None, 25, star="*"),
        ItemRubric("3.2", "3", None, 25),
        ItemRubric("3.3", "3", None, 6, role=Role.BONUS),
        ItemRubric("3.4", "3", None, 5, role=Role.PENALTY),
    )
    rubric, _ = two_rows(
        items=items,
        unit=Fraction(1, 10),
        method=Method.WEIGHTS,
        elements=(
            ElementRubric("1", 50, Fraction(2, 10), "a"),
            ElementRubric("2", 35, Fraction(3, 10), "a", 20),
            ElementRubric("3", 50, Fraction(5, 10), "b"),
        ),
        groups=(Group("a", Fraction(2)), Group("b", Fraction(1))),
        adjustment=Adjustment(Fraction(2, 10), Fraction(3, 10)),
    )
    return rubric, {
        "1.1": Answer((Deduction("take"),), 4, "seen"),
        "1.2": seen(3),
        "1.3": Answer((Deduction("kill"),)),
        "2.1": seen(6),
        "2.2": seen(15),
        "3.1": seen(5),
        "3.2": seen(7),
        "3.3": seen(5),
        "3.4": seen(4),
    }


def opened() -> tuple[Rubric, dict[str, Answer]]:
    """The first element is no account itself any more, only its sub-element is."""
    rubric, answers = mixed()
    outer = DeductionRule("outer", Kind.ONCE, 2, Scope.ELEMENT)
    first = replace(rubric.items[0], rules=(*rubric.items[0].rules, outer))
    both = Answer((Deduction("take"), Deduction("outer")), 4, "seen")
    rubric = replace(rubric, items=(first, *rubric.items[1:]))
    return rubric, answers | {"1.1": both, "1.3": seen(5)}


def linked() -> tuple[Rubric, dict[str, Answer]]:
    """Two elements that a bound on bonus rows joins; one has two sub-elements at their floor."""
    take = DeductionRule("take", Kind.ONCE, 26, Scope.SUB_ELEMENT)
    fall = DeductionRule("fall", Kind.ONCE, 60, Scope.ELEMENT)
    items = (
        ItemRubric("1.1", "1", "1.a", 15, (take,), star="*"),
        ItemRubric("1.2", "1", "1.a", 10),
        ItemRubric("1.3", "1", "1.b", 12, (take,), star="*"),
        ItemRubric("1.4", "1", "1.b", 13),
        ItemRubric("1.5", "1", None, 4, (fall,), role=Role.BONUS),
        ItemRubric("2.1", "2", None, 30, star="*"),
        ItemRubric("2.2", "2", None, 4, (fall,), role=Role.BONUS),
        ItemRubric("3.1", "3", None, 20, star="*"),
        ItemRubric("3.2", "3", None, 10),
    )
    rubric, _ = mixed()
    elements = zip(rubric.elements, (50, 30, 30), strict=True)
    rubric = replace(
        rubric,
        items=items,
        elements=tuple(replace(part, points=own, guarantee=None) for part, own in elements),
    )
    return rubric, {
        "1.1": Answer((Deduction("take"),), 1, "seen"),
        "1.2": seen(3),
        "1.3": Answer((Deduction("take"),), 2, "seen"),
        "1.4": seen(5),
        "1.5": Answer((Deduction("fall"),), 3, "seen"),
        "2.1": seen(7),
        "2.2": Answer((Deduction("fall"),), 1, "seen"),
        "3.1": seen(4),
        "3.2": seen(6),
    }


Source = Callable[[], tuple[Rubric, dict[str, Answer]]]


@cache
def after_every_set(sheet: Source) -> dict[tuple[str, ...], Losses]:
    """What is left to lose, by the items that are in order."""
    rubric, answers = sheet()
    sizes = range(len(answers) + 1)
    return {
        names: losses_of(rubric, answers | {name: rectify(answers[name]) for name in names})
        for names in chain.from_iterable(combinations(answers, size) for size in sizes)
    }


@pytest.mark.parametrize("sheet", [mixed, opened, linked])
@pytest.mark.parametrize(
    "asked",
    [
        Demand(),
        Demand(mandatory=frozenset(("1.3", "3.2"))),
        Demand(shares=((frozenset(("1.1", "1.2", "1.3", "3.1")), 2),)),
        Demand(groups=(("a", Fraction(1, 3), False), ("b", Fraction(1, 100), True))),
        Demand(least=(("1", 20), ("3", 45))),
    ],
    ids=("nothing", "items", "shares", "groups", "elements"),
)
def test_the_options_come_to_just_what_the_engine_gives_for_every_set_of_items(
    asked: Demand, sheet: Source
) -> None:
    rubric, answers = sheet()
    losses = losses_of(rubric, answers)
    of = PartsOf(losses, asked, Work())
    offered: dict[tuple[int, int, tuple[int, ...]], int] = {}
    for options in product(*of.parts):
        met = tuple(
            min(sum(option.needs[n] for option in options), wanted)
            for n, wanted in enumerate(of.target)
        )
        key = (sum(o.points for o in options), sum(o.gain for o in options), met)
        count = sum(option.count for option in options)
        offered[key] = min(count, offered.get(key, count))
    wanted: dict[tuple[int, int, tuple[int, ...]], int] = {}
    for names, after in after_every_set(sheet).items():
        earned = {row.id: row.earned for row in after.now.elements}
        below = any(earned[part] < points for part, points in asked.least)
        if below or not asked.mandatory <= set(names):
            continue
        base = after.now.earned - losses.now.earned
        more = after.now.bonus - losses.now.bonus + losses.now.penalty - after.now.penalty
        score = after.base + after.extras() - losses.base - losses.extras()
        key = (base + more, int(score * losses.parts_of_one), needs(losses, after, of, names))
        wanted[key] = min(len(names), wanted.get(key, len(names)))
    assert offered == wanted


def needs(losses: Losses, after: Losses, of: PartsOf, names: tuple[str, ...]) -> tuple[int, ...]:
    """What a set of items does for each requirement, as far as it is wanted."""
    shares = [len(rows & set(names)) for rows, _ in of.demand.shares]
    rises = [
        (rate_of(after, group) - rate_of(losses, group)) / rise * (wanted - more)
        for (group, rise, more), wanted in zip(of.demand.groups, of.rises, strict=True)
    ]
    assert all(Fraction(rise).denominator == 1 for rise in rises)
    return tuple(map(min, [*shares, *map(int, rises)], of.target))


def rate_of(losses: Losses, group: str) -> Fraction:
    """Weighted mean of the rates of the elements of a group."""
    parts = [
        (element.weight, Fraction(row.earned, row.attainable))
        for element, row in zip(losses.rubric.elements, losses.now.elements, strict=True)
        if element.group == group
    ]
    return sum(weight * rate for weight, rate in parts) / sum(weight for weight, _ in parts)


def test_items_that_belong_together_are_combined_once_each_and_no_more() -> None:
    items = tuple(ItemRubric(f"1.{n}", "1", None, 50) for n in (1, 2, 4))
    rubric, _ = two_rows(items=items, elements=(ElementRubric("1", 150),))
    losses = losses_of(rubric, {"1.1": seen(1), "1.2": seen(2), "1.4": seen(4)})
    # with and without each item: 2, 4 and 8 totals, then all 8 turned into points of the element
    asked, work = Demand(least=(("1", 145),)), Work(2 + 4 + 8 + 8)
    assert PartsOf(losses, asked, work).parts
    assert work.left == 0
    with pytest.raises(TooMuchWorkError):
        PartsOf(losses, asked, Work(21))
