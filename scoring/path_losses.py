"""What a complete assessment has lost: by item, by account, and what it weighs in the score."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm

from scoring.composition import compose
from scoring.items import score_item
from scoring.model import Adjustment, Answer, FactValue, ItemResult, Role, Rubric, Scope
from scoring.totals import Totals, evaluate


@dataclass(frozen=True, slots=True)
class Effect:
    """What rectifying one item undoes, in units.

    Attributes:
        base: points of the item itself, as part of its element.
        special: deductions beyond the item, by scope.
        zeroes: how often the item zeroes its sub-element or element.
        guaranteed: points of a guarantee row (保证项目).
        guarantee_zero: whether it is a guarantee row that has lost everything.
        vetoes: whether it closes every grade.
        hazard: whether it carries a mark of a major hazard that closes every grade.
        veto: whether a veto of the row has fired.
    """

    item: str
    element: str
    sub_element: str | None
    base: int = 0
    bonus: int = 0
    penalty: int = 0
    special: tuple[int, int] = (0, 0)
    zeroes: tuple[int, int] = (0, 0)
    guaranteed: int = 0
    guarantee_zero: bool = False
    vetoes: bool = False
    hazard: bool = False
    veto: bool = False

    @property
    def in_element(self) -> bool:
        """Whether anything of it happens inside its element."""
        return bool(self.base or any(self.special) or any(self.zeroes) or self.guaranteed)


@dataclass(slots=True)
class _Account:
    """Points of a sub-element or element before its floor, and how often it is zeroed."""

    net: int = 0
    zeroes: int = 0

    def value(self, more: int = 0, fewer_zeroes: int = 0) -> int:
        return max(0, self.net + more) if self.zeroes == fewer_zeroes else 0

    @property
    def bent(self) -> bool:
        return self.net < 0 or self.zeroes > 0


def rectify(answer: Answer) -> Answer:
    """The answer once the item is in order; what is not applicable stays so.

    >>> rectify(Answer(lost=3, reason="seen"))
    Answer(deductions=(), lost=0, reason='', not_applicable=None, full=True, major_hazard=False)
    """
    if answer.not_applicable is not None:
        return replace(answer, major_hazard=False)
    return Answer(full=True)


def _effect(rubric: Rubric, row: ItemResult, answer: Answer) -> Effect | None:
    item = rubric.by_id[row.id]
    score = score_item(item, answer)
    applies = answer.not_applicable is None
    hazard = answer.major_hazard and rubric.hazard_blocks and applies
    lost = row.deducted
    if not (lost or score.beyond or score.zeroes or hazard):
        return None

    def inside(scope: Scope) -> bool:
        return scope is Scope.SUB_ELEMENT and row.sub_element is not None

    reach = [scope for _, scope in score.zeroes if scope is not Scope.ASSESSMENT]
    counts = item.guarantee and not row.not_applicable
    return Effect(
        row.id,
        row.element,
        row.sub_element,
        base=lost if item.role is Role.BASE else 0,
        bonus=lost if item.role is Role.BONUS else 0,
        penalty=lost if item.role is Role.PENALTY else 0,
        special=(
            sum(asked for rule, asked in score.beyond if inside(rule.scope)),
            sum(asked for rule, asked in score.beyond if not inside(rule.scope)),
        ),
        zeroes=(
            sum(inside(scope) for scope in reach),
            sum(not inside(scope) for scope in reach),
        ),
        guaranteed=lost if counts else 0,
        guarantee_zero=bool(counts and lost and not row.earned),
        vetoes=len(reach) < len(score.zeroes),
        hazard=hazard,
        veto=item.veto is not None and lost > 0,
    )


class Losses:
    """All losses of a complete assessment, and what a point of each element weighs."""

    def __init__(
        self, rubric: Rubric, answers: Mapping[str, Answer], facts: Mapping[str, FactValue]
    ) -> None:
        self.rubric = rubric
        self.now = evaluate(rubric, answers, open_as_full=True)
        rectified = {name: rectify(answer) for name, answer in answers.items()}
        self.full = evaluate(rubric, rectified, open_as_full=True)
        self.effects = {
            row.id: effect
            for row in self.now.items
            if (effect := _effect(rubric, row, answers[row.id])) is not None
        }
        self._open_accounts()
        self._weigh(facts)

    def _open_accounts(self) -> None:
        self.subs: dict[str, _Account] = {}
        self.elements = {element.id: _Account() for element in self.rubric.elements}
        parents: dict[str, str] = {}
        for row in self.now.items:
            if row.sub_element is not None:
                parents[row.sub_element] = row.element
                self.subs.setdefault(row.sub_element, _Account())
            if self.rubric.by_id[row.id].role is Role.BASE:
                self._inner(row).net += row.earned
        for effect in self.effects.values():
            inner, outer = self._inner(effect), self.elements[effect.element]
            inner.net -= effect.special[0]
            inner.zeroes += effect.zeroes[0]
            outer.net -= effect.special[1]
            outer.zeroes += effect.zeroes[1]
        for sub, account in self.subs.items():
            self.elements[parents[sub]].net += account.value()
        # least points of guarantee rows, what they have, and how many of them have nothing
        self.guarantees: dict[str, tuple[int, int, int]] = {}
        for element in self.rubric.elements:
            rows = [
                row
                for row in self.now.items
                if row.element == element.id
                and self.rubric.by_id[row.id].guarantee
                and not row.not_applicable
            ]
            if element.guarantee is not None and rows:
                earned = sum(row.earned for row in rows)
                nothing = sum(row.earned == 0 for row in rows)
                if earned < element.guarantee or nothing:
                    self.guarantees[element.id] = (element.guarantee, earned, nothing)

    def _inner(self, part: ItemResult | Effect) -> _Account:
        if part.sub_element is None:
            return self.elements[part.element]
        return self.subs[part.sub_element]

    def _weigh(self, facts: Mapping[str, FactValue]) -> None:
        """Find what one unit adds to the score, as whole numbers of a common fraction."""
        rubric, bounds = self.rubric, self.rubric.adjustment
        open_ended = replace(rubric, adjustment=Adjustment())
        inside = replace(open_ended, imported=None)
        weights = {}
        for row in self.now.elements:
            alone = compose(inside, self.only(row.id), facts).score if row.attainable else None
            weights[row.id] = Fraction(0) if alone is None else alone / row.attainable
        limits = [limit for limit in (bounds.most_bonus, bounds.most_penalty) if limit is not None]
        # without extra points their unit must not make the fraction finer
        extras = (
            [rubric.unit, *limits] if any(i.role is not Role.BASE for i in rubric.items) else []
        )
        self.parts_of_one = lcm(*(f.denominator for f in (*weights.values(), *extras)))
        self.weights = {name: int(weight * self.parts_of_one) for name, weight in weights.items()}
        base = compose(open_ended, replace(self.now, bonus=0, penalty=0), facts).score
        self.base = base or Fraction(0)
        self.bonus_bent = self._bent(bounds.most_bonus, self.full.bonus)
        self.penalty_bent = self._bent(bounds.most_penalty, self.now.penalty)

    def _bent(self, bound: Fraction | None, units: int) -> bool:
        return bound is not None and units * self.rubric.unit > bound

    def only(self, element: str) -> Totals:
        """The figures as if one element had everything and the others nothing."""
        rows = tuple(
            replace(row, earned=row.attainable if row.id == element else 0)
            for row in self.now.elements
        )
        earned = sum(row.earned for row in rows)
        return replace(self.now, elements=rows, earned=earned, bonus=0, penalty=0)

    def extras(self, bonus: int = 0, penalty: int = 0) -> Fraction:
        """What bonus and penalty rows bring, with more bonus and less penalty (units)."""
        bounds, unit = self.rubric.adjustment, self.rubric.unit
        plus, minus = (self.now.bonus + bonus) * unit, (self.now.penalty - penalty) * unit
        if bounds.most_bonus is not None:
            plus = min(plus, bounds.most_bonus)
        if bounds.most_penalty is not None:
            minus = min(minus, bounds.most_penalty)
        return plus - minus

    def score(self, gain: int) -> Fraction:
        """Score before rounding and events, with some gain."""
        score = max(Fraction(0), self.base + self.extras() + Fraction(gain, self.parts_of_one))
        highest = self.rubric.adjustment.highest
        return score if highest is None else min(score, highest)

    @property
    def most_gain(self) -> int:
        """Gain when everything is rectified."""
        base = sum(
            (best.earned - now.earned) * self.weights[now.id]
            for best, now in zip(self.full.elements, self.now.elements, strict=True)
        )
        more = self.extras(self.full.bonus - self.now.bonus, self.now.penalty) - self.extras()
        return base + int(more * self.parts_of_one)
