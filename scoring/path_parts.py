"""What rectifying items gives back, as parts for the search.

Most items stand alone: whatever else is rectified, they give back the same. The others meet in
an account that is not a plain sum: a sub-element or element that is zeroed, at its floor, below
a minimum or without its guarantee rows, or a bonus or penalty beyond its bound. Items that share
such an account become one part, with every total they can come to.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import groupby
from math import ceil, floor, lcm
from operator import add
from typing import TypeVar

from scoring.composition import group_rates
from scoring.path_losses import Effect, Losses
from scoring.path_search import Needs, Option, Work

# places of the amounts that a set of items adds up to, before the requirements
SUB, SUB_ZEROES, LOOSE, ZEROES, GUARANTEED, GUARANTEE_ZEROES, BONUS, PENALTY, POINTS, GAIN = range(
    10
)
State = tuple[int, ...]
K = TypeVar("K")


@dataclass(frozen=True)
class Demand:
    """What a grade asks besides the score, as far as it is not met.

    Attributes:
        mandatory: items that must be rectified.
        least: least points (units) of elements.
        shares: sets of items with the number that must be among the rectified.
        groups: least rise of the rate of groups, and whether it must be more than that.
    """

    mandatory: frozenset[str] = frozenset()
    least: tuple[tuple[str, int], ...] = ()
    shares: tuple[tuple[frozenset[str], int], ...] = ()
    groups: tuple[tuple[str, Fraction, bool], ...] = ()

    def covers(self, other: "Demand") -> bool:
        """Whether all that meets this demand is sure to meet the other one.

        >>> Demand(least=(("5", 80),)).covers(Demand(least=(("5", 70),)))
        True
        """
        least, shares = dict(self.least), dict(self.shares)
        groups = {group: (rise, more) for group, rise, more in self.groups}
        return (
            self.mandatory >= other.mandatory
            and all(least.get(part, 0) >= points for part, points in other.least)
            and all(
                max(shares.get(rows, 0), len(rows & self.mandatory)) >= number
                for rows, number in other.shares
            )
            and all(
                group in groups and groups[group] >= (rise, more)
                for group, rise, more in other.groups
            )
        )


def demand_of(losses: Losses, grade: str) -> Demand | None:
    """What a grade asks besides the score; None when no rectifying meets a share of stars."""
    effects = losses.effects.values()
    mandatory = {effect.item for effect in effects if effect.vetoes or effect.hazard}
    shares = []
    for rule in losses.rubric.stars:
        if rule.grade == grade:
            rows, lost = _starred(losses, rule.stars)
            allowed = floor(rows * (100 - rule.share) / 100)
            if allowed < 0 < rows:
                return None
            if len(lost) > allowed:
                shares.append((lost, len(lost) - allowed))
    mandatory.update(*(rows for rows, number in shares if len(rows) == number))
    least, groups = _minimums(losses, grade)
    return Demand(
        frozenset(mandatory),
        tuple(least.items()),
        tuple(pair for pair in shares if len(pair[0]) > pair[1]),
        tuple(groups),
    )


def _starred(losses: Losses, stars: tuple[str, ...]) -> tuple[int, frozenset[str]]:
    """Number of applicable starred rows, and those that have lost something."""
    rows = [
        row
        for row in losses.now.items
        if losses.rubric.by_id[row.id].star in stars and not row.not_applicable
    ]
    return len(rows), frozenset(row.id for row in rows if row.deducted)


def _minimums(
    losses: Losses, grade: str
) -> tuple[dict[str, int], list[tuple[str, Fraction, bool]]]:
    """Least points of elements and least rises of groups, as far as they are not met."""
    least: dict[str, int] = {}
    groups: list[tuple[str, Fraction, bool]] = []
    rates = group_rates(losses.rubric, losses.now)
    for minimum in losses.rubric.minimums:
        if minimum.grade != grade:
            continue
        more = minimum.comparator == ">"
        if minimum.part in rates:
            rise = minimum.rate / 100 - rates[minimum.part]
            if rise > 0 or (more and rise == 0):
                groups.append((minimum.part, rise, more))
            continue
        for row in losses.now.elements:
            points = minimum.rate * row.attainable / 100
            bound = floor(points) + 1 if more else ceil(points)
            if minimum.part in ("*", row.id) and row.attainable and row.earned < bound:
                least[row.id] = max(bound, least.get(row.id, 0))
    return least, groups


class PartsOf:
    """The parts of one demand: single items, and items that share an account."""

    def __init__(self, losses: Losses, demand: Demand, work: Work) -> None:
        self.losses, self.demand, self.work = losses, demand, work
        self.least = dict(demand.least)
        self.bent = {
            name
            for name, account in losses.elements.items()
            if account.bent or name in losses.guarantees or name in self.least
        }
        self._rise_of_groups()
        self.target: Needs = (*(number for _, number in demand.shares), *self.rises)
        self.parts: list[tuple[Option, ...]] | None = self._build()

    def _rise_of_groups(self) -> None:
        """Turn the rise that each group needs into whole numbers."""
        losses, self.rises = self.losses, list[int]()
        self.shares_of: dict[str, list[int]] = {name: [] for name in losses.elements}
        for group, rise, more in self.demand.groups:
            shares = {}
            for row in losses.now.elements:
                rates = group_rates(losses.rubric, losses.only(row.id)) if row.attainable else {}
                shares[row.id] = rates.get(group, Fraction(0)) / (row.attainable or 1)
            parts = lcm(rise.denominator, *(share.denominator for share in shares.values()))
            self.rises.append(int(rise * parts) + more)
            for name, share in shares.items():
                self.shares_of[name].append(int(share * parts))

    def _build(self) -> list[tuple[Option, ...]] | None:
        singles: list[Effect] = []
        shared: list[tuple[set[str], list[Effect]]] = []
        for effect in self.losses.effects.values():
            accounts, members = self._accounts(effect), [effect]
            if not accounts:
                singles.append(effect)
                continue
            for other in [pair for pair in shared if pair[0] & accounts]:
                shared.remove(other)
                accounts |= other[0]
                members = other[1] + members
            shared.append((accounts, members))
        reached = {account for accounts, _ in shared for account in accounts}
        if any(f"element {name}" not in reached for name in self.least):
            return None
        # parts with many options come first, while there is little to combine them with
        parts = [self._shared(accounts, members) for accounts, members in shared]
        parts += [self._single(effect) for effect in singles]
        return [part for part in parts if part != (self._nothing(),)]

    def _accounts(self, effect: Effect) -> set[str]:
        accounts = set()
        if effect.in_element and effect.element in self.bent:
            accounts.add(f"element {effect.element}")
        elif self._sub_bent(effect) and (effect.base or effect.special[0] or effect.zeroes[0]):
            accounts.add(f"sub-element {effect.sub_element}")
        if effect.bonus and self.losses.bonus_bent:
            accounts.add("bonus")
        if effect.penalty and self.losses.penalty_bent:
            accounts.add("penalty")
        return accounts

    def _sub_bent(self, effect: Effect) -> bool:
        return effect.sub_element is not None and self.losses.subs[effect.sub_element].bent

    def _nothing(self) -> Option:
        return Option(0, 0, 0, (0,) * len(self.target))

    def _single(self, effect: Effect) -> tuple[Option, ...]:
        state = self._change(effect)
        option = Option(1, state[POINTS], state[GAIN], self._capped(state), (effect.item,))
        if effect.item in self.demand.mandatory:
            return (option,)
        useful = option.points or option.gain or any(option.needs)
        return (self._nothing(), option) if useful else (self._nothing(),)

    def _capped(self, state: State) -> Needs:
        return tuple(map(min, state[GAIN + 1 :], self.target))

    def _change(self, effect: Effect) -> State:
        """What an item adds to the amounts."""
        losses, change = self.losses, [0] * (GAIN + 1 + len(self.target))
        inner = effect.base + effect.special[0]
        outer = effect.special[1]
        if self._sub_bent(effect):
            change[SUB], change[SUB_ZEROES] = inner, effect.zeroes[0]
        else:
            outer += inner
        if effect.element in self.bent:
            change[LOOSE], change[ZEROES] = outer, effect.zeroes[1]
            if effect.element in losses.guarantees:
                change[GUARANTEED] = effect.guaranteed
                change[GUARANTEE_ZEROES] = int(effect.guarantee_zero)
        else:
            self._credit(change, effect.element, outer)
        change[POINTS] += effect.bonus + effect.penalty
        unit = int(losses.rubric.unit * losses.parts_of_one)
        for place, amount, bent in (
            (BONUS, effect.bonus, losses.bonus_bent),
            (PENALTY, effect.penalty, losses.penalty_bent),
        ):
            if bent:
                change[place] = amount
            else:
                change[GAIN] += amount * unit
        for place, (rows, _) in enumerate(self.demand.shares, GAIN + 1):
            change[place] += effect.item in rows
        return tuple(change)

    def _credit(self, state: list[int], element: str, points: int) -> None:
        state[POINTS] += points
        state[GAIN] += points * self.losses.weights[element]
        first = GAIN + 1 + len(self.demand.shares)
        for place, share in enumerate(self.shares_of[element], first):
            state[place] += points * share

    def _shared(self, accounts: set[str], members: list[Effect]) -> tuple[Option, ...]:
        """Every total that items with common accounts can come to, with the fewest items."""
        states: dict[State, tuple[str, ...]] = {self._zero(): ()}
        ordered = sorted(members, key=lambda e: (e.element, e.sub_element or ""))
        for element, rows in groupby(ordered, key=lambda e: e.element):
            for sub, inside in groupby(rows, key=lambda e: e.sub_element):
                for effect in inside:
                    states = self._with(states, effect)
                if sub is not None and self.losses.subs[sub].bent:
                    states = self._closed(
                        states, partial(self._close_sub, sub=sub, element=element)
                    )
            if f"element {element}" in accounts:
                states = self._closed(states, partial(self._close_element, element=element))
        options: dict[tuple[int, int, Needs], tuple[str, ...]] = {}
        for state, items in states.items():
            more = self.losses.extras(state[BONUS], state[PENALTY]) - self.losses.extras()
            gain = state[GAIN] + int(more * self.losses.parts_of_one)
            _keep(options, (state[POINTS], gain, self._capped(state)), items)
        return tuple(
            Option(len(items), points, gain, needs, items)
            for (points, gain, needs), items in options.items()
        )

    def _zero(self) -> State:
        return (0,) * (GAIN + 1 + len(self.target))

    def _with(
        self, states: Mapping[State, tuple[str, ...]], effect: Effect
    ) -> dict[State, tuple[str, ...]]:
        change = self._change(effect)
        self.work.spend(2 * len(states))
        after = {} if effect.item in self.demand.mandatory else dict(states)
        for state, items in states.items():
            _keep(after, tuple(map(add, state, change)), (*items, effect.item))
        return after

    def _closed(
        self, states: Mapping[State, tuple[str, ...]], close: Callable[[list[int]], bool]
    ) -> dict[State, tuple[str, ...]]:
        self.work.spend(len(states))
        after: dict[State, tuple[str, ...]] = {}
        for state, items in states.items():
            amounts = list(state)
            if close(amounts):
                _keep(after, tuple(amounts), items)
        return after

    def _close_sub(self, state: list[int], sub: str, element: str) -> bool:
        account = self.losses.subs[sub]
        rise = account.value(state[SUB], state[SUB_ZEROES]) - account.value()
        state[SUB] = state[SUB_ZEROES] = 0
        if element in self.bent:
            state[LOOSE] += rise
        else:
            self._credit(state, element, rise)
        return True

    def _close_element(self, state: list[int], element: str) -> bool:
        """Turn the amounts of an element into its points; False when it stays below a minimum."""
        losses = self.losses
        points = losses.elements[element].value(state[LOOSE], state[ZEROES])
        if element in losses.guarantees:
            least, earned, nothing = losses.guarantees[element]
            if earned + state[GUARANTEED] < least or nothing > state[GUARANTEE_ZEROES]:
                points = 0
        state[LOOSE : GUARANTEE_ZEROES + 1] = [0] * (GUARANTEE_ZEROES + 1 - LOOSE)
        now = next(row.earned for row in losses.now.elements if row.id == element)
        self._credit(state, element, points - now)
        return points >= self.least.get(element, 0)


def _keep(found: dict[K, tuple[str, ...]], key: K, items: tuple[str, ...]) -> None:
    """Keep the shorter way to the same totals."""
    if key not in found or len(items) < len(found[key]):
        found[key] = items
