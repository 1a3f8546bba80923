"""What an assessment has lost, item by item, and what a point of it weighs in the score."""

from dataclasses import replace
from fractions import Fraction
from itertools import chain, combinations

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
)
from scoring.composition import compose
from scoring.model import Adjustment, Imported, Method, Role
from scoring.path_losses import Effect, Losses, rectify
from scoring.totals import evaluate
from tests.scoring.test_path import four_parts, seen, two_rows, with_losses
from tests.scoring.test_path_parts import ABSENT, joined, losses_of, mixed


def effects(rubric: Rubric, answers: dict[str, Answer]) -> dict[str, Effect]:
    return losses_of(rubric, answers).effects


def test_each_loss_is_booked_by_its_role_and_by_what_it_reaches() -> None:
    found = effects(*mixed())
    assert found == {
        "1.1": Effect("1.1", "1", "1.a", base=4, special=(30, 0)),
        "1.2": Effect("1.2", "1", "1.a", base=3),
        "1.3": Effect("1.3", "1", None, base=5, zeroes=(0, 1)),
        "2.1": Effect("2.1", "2", None, base=6, guaranteed=6),
        "2.2": Effect(
            "2.2", "2", None, base=15, special=(0, 8), guaranteed=15, guarantee_zero=True
        ),
        "3.1": Effect("3.1", "3", None, base=5),
        "3.2": Effect("3.2", "3", None, base=7),
        "3.3": Effect("3.3", "3", None, bonus=5),
        "3.4": Effect("3.4", "3", None, penalty=4),
    }
    outside = {name for name, effect in found.items() if not effect.in_element}
    assert outside == {"3.3", "3.4"}


def test_what_has_lost_nothing_and_does_not_apply_is_no_loss() -> None:
    rubric, _ = two_rows(hazard_blocks=True)
    marked = replace(ABSENT, major_hazard=True)
    assert effects(rubric, {"1.1": Answer(full=True), "1.2": marked}) == {}
    found = effects(rubric, {"1.1": Answer(full=True, major_hazard=True), "1.2": seen(1)})
    assert found == {
        "1.1": Effect("1.1", "1", None, hazard=True),
        "1.2": Effect("1.2", "1", None, base=1),
    }
    assert not found["1.1"].in_element
    lenient = replace(rubric, hazard_blocks=False)
    unblocked = effects(lenient, {"1.1": Answer(full=True, major_hazard=True), "1.2": seen(1)})
    assert unblocked.keys() == {"1.2"}


@pytest.mark.parametrize(
    ("veto", "zeroes", "vetoes"),
    [
        (Scope.ITEM, (0, 0), False),
        (Scope.SUB_ELEMENT, (1, 0), False),
        (Scope.ELEMENT, (0, 1), False),
        (Scope.ASSESSMENT, (0, 0), True),
    ],
)
def test_a_veto_that_has_fired_is_noted_with_what_it_zeroes(
    veto: Scope, zeroes: tuple[int, int], vetoes: bool
) -> None:
    items = (
        ItemRubric("1.1", "1", "1.a", 100, veto=veto),
        ItemRubric("1.2", "1", "1.a", 100, veto=veto),
    )
    rubric, _ = two_rows(items=items)
    found = effects(rubric, {"1.1": seen(3), "1.2": Answer(full=True)})
    base = 100 if veto is Scope.ITEM else 3
    wanted = Effect("1.1", "1", "1.a", base=base, zeroes=zeroes, vetoes=vetoes, veto=True)
    assert found == {"1.1": wanted}


@pytest.mark.parametrize(
    ("least", "lost", "kept"),
    [
        (80, 20, None),  # just what must be there
        (81, 20, (81, 80, 0)),
        (80, 21, (80, 79, 0)),
        (1, 60, (1, 40, 1)),
    ],
)
def test_a_guarantee_is_an_account_only_where_it_does_not_hold(
    least: int, lost: int, kept: tuple[int, int, int] | None
) -> None:
    items = (
        ItemRubric("1.1", "1", None, 60, guarantee=True),
        ItemRubric("1.2", "1", None, 40, guarantee=True),
        ItemRubric("1.3", "1", None, 100),
    )
    rubric, _ = two_rows(items=items, elements=(ElementRubric("1", 200, guarantee=least),))
    answers = {"1.1": seen(lost), "1.2": seen(0), "1.3": seen(5)}
    assert losses_of(rubric, answers).guarantees == ({"1": kept} if kept else {})
    together, alone = [{"1.1", "1.3"}], [{"1.1"}, {"1.3"}]
    assert joined(rubric, answers) == (together if kept else alone)
    none = dict.fromkeys(("1.1", "1.2"), ABSENT)
    assert losses_of(rubric, answers | none).guarantees == {}


# ------------------------------------------------------------------ what a point weighs


def sets(answers: dict[str, Answer]) -> chain[tuple[str, ...]]:
    """Up to three items, and all of them."""
    return chain.from_iterable(combinations(answers, n) for n in (0, 1, 2, 3, len(answers)))


IMPORTED = Imported("credit", factor=Fraction(1, 3))


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"adjustment": Adjustment()},
        {"adjustment": Adjustment(Fraction(1, 10), None, Fraction(99))},
        {"adjustment": Adjustment(None, Fraction(1, 10), Fraction(60))},
        {"method": Method.POINTS},
        {"method": Method.POINTS, "scale": Fraction(80), "imported": IMPORTED},
        {"unit": Fraction(1, 3), "scale": Fraction(1000)},
    ],
    ids=("bounds", "none", "bonus", "penalty", "points", "imported", "thirds"),
)
def test_a_set_of_items_has_just_the_score_that_its_gain_comes_to(more: dict[str, object]) -> None:
    rubric, answers = mixed()
    rubric, facts = replace(rubric, **more), {"credit": 7}
    losses = Losses(rubric, answers, facts)
    gains = []
    for names in sets(answers):
        after = evaluate(
            rubric,
            answers | {name: rectify(answers[name]) for name in names},
            open_as_full=False,
        )
        base = sum(
            (new.earned - old.earned) * losses.weights[old.id]
            for new, old in zip(after.elements, losses.now.elements, strict=True)
        )
        bonus, penalty = after.bonus - losses.now.bonus, losses.now.penalty - after.penalty
        extra = (losses.extras(bonus, penalty) - losses.extras()) * losses.parts_of_one
        assert extra.denominator == 1
        gains.append(base + int(extra))
        assert losses.score(gains[-1]) == compose(rubric, after, facts).score
    assert losses.most_gain == gains[-1] == max(gains)


def test_a_score_is_never_below_nothing_and_may_be_a_fraction_of_a_point() -> None:
    items = (
        ItemRubric("1.1", "1", None, 200),
        ItemRubric("1.2", "1", None, 5, role=Role.PENALTY),
    )
    rubric, _ = two_rows(items=items)
    below = losses_of(rubric, {"1.1": seen(193), "1.2": seen(4)})  # 3.5 less 4
    assert below.score(0) == 0
    above = losses_of(rubric, {"1.1": seen(191), "1.2": seen(4)})  # 4.5 less 4
    assert above.score(0) == Fraction(1, 2)


def test_an_element_without_anything_applicable_weighs_nothing() -> None:
    losses = losses_of(four_parts(), with_losses())
    assert losses.weights["4"] == 0
    assert all(losses.weights[part] > 0 for part in "123")


def test_the_figures_of_one_element_alone_leave_the_others_empty_and_extras_out() -> None:
    losses = losses_of(*mixed())
    alone = losses.only("3")
    assert [row.earned for row in alone.elements] == [0, 0, 50]
    assert (alone.earned, alone.bonus, alone.penalty) == (50, 0, 0)


def test_a_rule_of_two_scopes_takes_from_both_and_a_row_outside_from_its_element() -> None:
    both = (
        DeductionRule("inner", Kind.ONCE, 3, Scope.SUB_ELEMENT),
        DeductionRule("outer", Kind.ONCE, 7, Scope.ELEMENT, zeroes=Scope.SUB_ELEMENT),
    )
    # nothing of the rows themselves is lost, so their vetoes have not fired
    items = (
        ItemRubric("1.1", "1", "1.a", 100, both, veto=Scope.ASSESSMENT),
        ItemRubric("1.2", "1", None, 100, both, veto=Scope.ELEMENT),
    )
    rubric, _ = two_rows(items=items)
    reported = Answer((Deduction("inner"), Deduction("outer")))
    assert effects(rubric, {"1.1": reported, "1.2": reported}) == {
        "1.1": Effect("1.1", "1", "1.a", special=(3, 7), zeroes=(1, 0)),
        "1.2": Effect("1.2", "1", None, special=(0, 10), zeroes=(0, 1)),
    }


@pytest.mark.parametrize(("bound", "bent"), [("0.7", False), ("0.69", True), (5, False)])
def test_a_bound_on_points_is_not_compared_with_tenths_of_points(
    bound: str | int, *, bent: bool
) -> None:
    rows = (ItemRubric("1.2", "1", None, 7, role=role) for role in (Role.BONUS, Role.PENALTY))
    for row in rows:
        rubric, _ = two_rows(
            unit=Fraction(1, 10),
            items=(ItemRubric("1.1", "1", None, 200), row),
            adjustment=Adjustment(Fraction(bound), Fraction(bound)),
        )
        losses = losses_of(rubric, {"1.1": seen(1), "1.2": seen(7)})
        found = losses.bonus_bent if row.role is Role.BONUS else losses.penalty_bent
        assert found is bent


def test_tenths_of_points_make_the_fraction_finer_only_with_bonus_or_penalty_rows() -> None:
    tenth = Fraction(1, 10)
    base = (ItemRubric("1.1", "1", None, 200),)
    bonus = ItemRubric("1.2", "1", None, 7, role=Role.BONUS)
    for items, parts in ((base, 2), ((*base, bonus), 10)):
        rubric, _ = two_rows(unit=tenth, items=items)
        losses = losses_of(rubric, {item.id: seen(1) for item in items})
        assert (losses.parts_of_one, losses.weights["1"]) == (parts, parts // 2)
