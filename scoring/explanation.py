"""Why this grade: a tree from the grade to each deduction, and what would be without it.

The module is long because one evaluation is taken apart here and put together again in one place.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from scoring.composition import compose, imported_score, shares_of
from scoring.engine import grade
from scoring.gates import after_events, grade_index
from scoring.grades import grade_at, performance_range, rung_reached
from scoring.items import amount, score_item
from scoring.model import (
    Answer,
    ElementResult,
    FactValue,
    ItemResult,
    ItemRubric,
    Method,
    Minimum,
    Reason,
    Result,
    Role,
    Rubric,
    Scope,
    SpecialDeduction,
    Trigger,
)
from scoring.path_losses import rectify
from scoring.rounding import half_up
from scoring.totals import Totals, evaluate


class Cause(StrEnum):
    """What set the grade: the score, a gate beside it, or safety performance."""

    SCORE = "score"
    GATE = "gate"
    PERFORMANCE = "performance"


class StepCode(StrEnum):
    """What a step of the waterfall stands for."""

    FULL = "full"
    IMPORTED = "imported"
    ELEMENT = "element"
    BONUS = "bonus"
    PENALTY = "penalty"
    BOUND = "bound"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Without:
    """What would have come out without one cause; grade None is no grade."""

    score: Fraction
    grade: str | None


@dataclass(frozen=True, slots=True)
class RuleLoss:
    """One deduction of an item.

    Attributes:
        rule: id of the rule; empty for a free deduction.
        asked: units that the rule asks for; None where it takes all.
        taken: units taken beyond the item, from its sub-element or element; 0 for its own.
    """

    rule: str
    count: int
    asked: int | None
    taken: int
    clause: str


@dataclass(frozen=True, slots=True)
class ItemLoss:
    """An item that lost points: own loss and special deductions in units."""

    item: str
    deducted: int
    special: int
    rules: tuple[RuleLoss, ...]
    without: Without


@dataclass(frozen=True, slots=True)
class ElementLoss:
    """An element that lost points.

    Attributes:
        deducted: units, special deductions and zeroing included.
        converted: share of the loss in the converted score, exact.
        zeroed: units that vanished by zeroing or a guarantee, beyond all deductions.
    """

    element: str
    deducted: int
    converted: Fraction
    zeroed: int
    items: tuple[ItemLoss, ...]
    without: Without


@dataclass(frozen=True, slots=True)
class Limit:
    """Something beside the score that closes grades; ``decides``: without it the grade rises."""

    reason: Reason
    without: Without
    decides: bool


@dataclass(frozen=True, slots=True)
class ScoreStep:
    """One bar of the waterfall, on the output scale; negative takes away."""

    code: StepCode
    amount: Fraction
    element: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The tree of reasons of a complete grading.

    Attributes:
        straddled: grades whose threshold lies between the exact and the rounded score.
        steps: from full marks to the exact score; their amounts sum to ``score_exact``.
    """

    result: Result
    cause: Cause
    straddled: tuple[str, ...]
    steps: tuple[ScoreStep, ...]
    elements: tuple[ElementLoss, ...]
    limits: tuple[Limit, ...]


def explain(
    rubric: Rubric, answers: Mapping[str, Answer], facts: Mapping[str, FactValue]
) -> Explanation | None:
    """Explain a grading.

    Args:
        rubric: the edition to grade by.
        answers: by item id.
        facts: safety performance and attributes of the enterprise.

    Returns:
        The tree, or None as long as there is no score (open items, nothing applicable, an
        imported score that is not known).

    Raises:
        ScoringError: as :func:`scoring.engine.grade`.
    """
    result = grade(rubric, answers, facts)
    if result.score_exact is None:
        return None
    said = {item: answer for item, answer in answers.items() if answer.says_points}
    return _Explainer(rubric, said, facts, result, result.score_exact).explanation()


class _Explainer:
    """Takes a grading apart and puts it together again without one cause at a time."""

    def __init__(
        self,
        rubric: Rubric,
        answers: Mapping[str, Answer],
        facts: Mapping[str, FactValue],
        result: Result,
        exact: Fraction,
    ) -> None:
        self.rubric, self.answers, self.facts = rubric, answers, facts
        self.result, self.exact = result, exact
        self.parts = {element.id: self._sub(element.id) for element in rubric.elements}
        self.totals = {name: self._evaluate(name, answers) for name in self.parts}
        self.whole = _together(self.totals.values())
        self.shares = shares_of(rubric, self.whole)
        self.brief = {
            name: _Brief(part, answers, self.totals[name]) for name, part in self.parts.items()
        }
        self.alike: dict[tuple[str, str, int], Without] = {}
        self.vetoed = [name for name, part in self.totals.items() if part.vetoed]
        starred = {item.id for item in rubric.items if item.star} if rubric.stars else set()
        self.starred = [row for row in self.whole.items if row.id in starred]
        self.marked = {item: answer for item, answer in answers.items() if answer.major_hazard}
        self.performance = performance_range(rubric, facts)[0]

    def _sub(self, element: str) -> Rubric:
        """The rubric of one element alone: nothing reaches from one element into another."""
        return replace(
            self.rubric,
            elements=tuple(part for part in self.rubric.elements if part.id == element),
            items=tuple(item for item in self.rubric.items if item.element == element),
        )

    def _evaluate(self, element: str, answers: Mapping[str, Answer]) -> Totals:
        return evaluate(self.parts[element], answers, open_as_full=True)

    def explanation(self) -> Explanation:
        steps, losses, limits = self._steps(), tuple(self._losses()), tuple(self._limits())
        return Explanation(self.result, self._cause(), self._straddled(), steps, losses, limits)

    # the score

    def _steps(self) -> tuple[ScoreStep, ...]:
        rubric, totals = self.rubric, self.whole
        steps: list[ScoreStep] = []
        if totals.attainable:
            steps.append(ScoreStep(StepCode.FULL, rubric.scale))
            for row in totals.elements:
                if row.deducted:
                    loss = -self._converted(row)
                    steps.append(ScoreStep(StepCode.ELEMENT, loss, row.id))
        composed = compose(rubric, totals, self.facts).score or Fraction(0)
        if rubric.imported is not None:
            taken = imported_score(rubric.imported, rubric, self.facts)
            steps.append(ScoreStep(StepCode.IMPORTED, taken or Fraction(0)))
        limits = rubric.adjustment
        for code, units, most, sign in (
            (StepCode.BONUS, totals.bonus, limits.most_bonus, 1),
            (StepCode.PENALTY, totals.penalty, limits.most_penalty, -1),
        ):
            points = units * rubric.unit
            points = points if most is None else min(points, most)
            if points:
                steps.append(ScoreStep(code, sign * points))
        running = sum((step.amount for step in steps), Fraction(0))
        if running != composed:
            steps.append(ScoreStep(StepCode.BOUND, composed - running))
        if self.exact != composed:
            steps.append(ScoreStep(StepCode.EVENT, self.exact - composed))
        return tuple(steps)

    def _converted(self, row: ElementResult) -> Fraction:
        """Loss of an element on the output scale."""
        if self.rubric.method is Method.POINTS:
            return Fraction(row.deducted, self.result.attainable) * self.rubric.scale
        share = self.shares.get(row.id, Fraction(0))
        return share * Fraction(row.deducted, row.attainable) * self.rubric.scale

    def _straddled(self) -> tuple[str, ...]:
        exact, rounded = self.exact, half_up(self.exact, self.rubric.decimals)
        rungs = self.rubric.ladder
        return tuple(rung.grade for rung in rungs if rung.met_by(exact) != rung.met_by(rounded))

    def _losses(self) -> Iterable[ElementLoss]:
        for name, totals in self.totals.items():
            (row,) = totals.elements
            if not row.deducted and not any(self._lost(item, totals) for item in totals.items):
                continue
            items = [item for item in totals.items if self._lost(item, totals)]
            base = [row for row in totals.items if self.rubric.by_id[row.id].role is Role.BASE]
            own = sum(item.deducted for item in base)
            yield ElementLoss(
                name,
                row.deducted,
                self._converted(row) if row.deducted else Fraction(0),
                max(0, row.deducted - own - row.special),
                tuple(self._item(item, name) for item in items),
                self._rectified(name, [item.id for item in items]),
            )

    def _lost(self, item: ItemResult, totals: Totals) -> bool:
        return bool(item.deducted) or any(row.item == item.id for row in totals.specials)

    def _item(self, item: ItemResult, element: str) -> ItemLoss:
        specials = [row for row in self.totals[element].specials if row.item == item.id]
        return ItemLoss(
            item.id,
            item.deducted,
            sum(row.taken for row in specials),
            tuple(self._rules(item, specials)),
            self._alone(element, item.id),
        )

    def _rules(self, item: ItemResult, specials: list[SpecialDeduction]) -> Iterable[RuleLoss]:
        rubric = self.rubric.by_id[item.id]
        answer = self.answers[item.id]
        taken = {row.rule: row.taken for row in specials}
        for found in answer.deductions:
            rule = next(rule for rule in rubric.rules if rule.id == found.rule)
            whole = rule.scope is Scope.ITEM and (rule.points is None or rule.zeroes is Scope.ITEM)
            asked = None if whole else amount(rule, found, rubric.points)
            yield RuleLoss(rule.id, found.count, asked, taken.get(rule.id, 0), rule.clause)
        if answer.lost:
            yield RuleLoss("", 1, answer.lost, 0, rubric.clause)
        for row in specials:
            rule = next(rule for rule in rubric.rules if rule.id == row.rule)
            if rule.trigger is Trigger.ITEM_AT_ZERO:
                yield RuleLoss(rule.id, 1, row.asked, row.taken, rule.clause)

    # without one cause

    def _alone(self, element: str, item: str) -> Without:
        """The grading with one item in order; the same for rows of which the same sum is left."""
        brief = self.brief[element]
        gated = item in self.marked or (self.rubric.stars and self.rubric.by_id[item].star)
        if item not in brief.sums or gated:
            return self._rectified(element, [item])
        key = (element, brief.sums[item], brief.lost[item])
        if key not in self.alike:
            self.alike[key] = self._rectified(element, [item])
        return self.alike[key]

    def _rectified(self, element: str, items: list[str]) -> Without:
        """The grading with some items of one element at full marks."""
        totals = self._instead(element, self.brief[element].rectified(items), items)
        marked = {item: answer for item, answer in self.marked.items() if item not in items}
        composed = compose(self.rubric, totals, self.facts).score or Fraction(0)
        event = after_events(self.rubric, composed, self.facts)
        index, _ = grade_index(self.rubric, totals, event, marked)
        score = half_up(event.score, self.rubric.decimals)
        return Without(score, grade_at(self.rubric, max(index, self.performance)))

    def _instead(self, element: str, other: Totals, items: list[str]) -> Totals:
        """The whole with another evaluation of an element; of its rows what gates ask for."""
        whole, was = self.whole, self.totals[element]
        return Totals(
            whole.points,
            whole.not_applicable,
            whole.attainable,
            whole.earned - was.earned + other.earned,
            tuple(other.elements[0] if row.id == element else row for row in whole.elements),
            tuple(replace(row, deducted=0) if row.id in items else row for row in self.starred),
            (),
            (),
            other.vetoed or any(name != element for name in self.vetoed),
            whole.bonus - was.bonus + other.bonus,
            whole.penalty - was.penalty + other.penalty,
        )

    def _limits(self) -> Iterable[Limit]:
        reached = self._index(self.result.possible.best)
        seen: set[tuple[str, str | None, str | None, str | None]] = set()
        for reason in self.result.reasons:
            key = (reason.code, reason.item, reason.element, reason.fact)
            if key in seen:
                continue
            other = self._lifted(reason)
            if other is None:
                continue
            seen.add(key)
            best = other.possible.best
            without = Without(other.score or Fraction(0), best)
            yield Limit(reason, without, decides=self._index(best) < reached)

    def _index(self, name: str | None) -> int:
        ladder = self.rubric.ladder
        order = [rung.grade for rung in ladder]
        return len(ladder) if name is None else order.index(name)

    def _lifted(self, reason: Reason) -> Result | None:
        """The grading without one limit; None for a reason that is no limit."""
        rubric, answers = self.rubric, dict(self.answers)
        match reason.code:
            case "performance":
                rungs = tuple(
                    replace(
                        rung,
                        conditions=tuple(c for c in rung.conditions if c.fact != reason.fact),
                    )
                    for rung in rubric.performance
                )
                rubric = replace(rubric, performance=rungs)
            case "minimum":
                rubric = replace(rubric, minimums=tuple(self._other_minimums(reason.element)))
            case "absence_cap":
                rubric = replace(rubric, absence_cap=None)
            case "guarantee":
                parts = tuple(
                    replace(part, guarantee=None) if part.id == reason.element else part
                    for part in rubric.elements
                )
                rubric = replace(rubric, elements=parts)
            case "event":
                events = tuple(row for row in rubric.downgrades if row.fact != reason.fact)
                rubric = replace(rubric, downgrades=events)
            case "star" | "veto" | "zeroed" | "major_hazard" if reason.item:
                answers[reason.item] = rectify(answers[reason.item])
            case _:
                return None
        return grade(rubric, answers, self.facts)

    def _other_minimums(self, part: str | None) -> Iterable[Minimum]:
        """All minimums but those of one part; one for every element holds on for the others."""
        for row in self.rubric.minimums:
            if row.part == "*":
                names = (element.id for element in self.rubric.elements)
                yield from (replace(row, part=name) for name in names if name != part)
            elif row.part != part:
                yield row

    def _cause(self) -> Cause:
        """Which of score, gates and performance holds the best possible grade down."""
        decimals = self.rubric.decimals
        meets = half_up(self.exact, decimals) if self.rubric.compare_rounded else self.exact
        reached = self._index(self.result.possible.best)
        if reached == rung_reached(self.rubric, meets):
            return Cause.SCORE
        return Cause.PERFORMANCE if reached == self.performance else Cause.GATE


class _Brief:
    """An element whose rows that reach nothing beyond themselves are added up to a few.

    What-ifs by the dozen need no more of those rows than their sums, and the engine still does
    the arithmetic. Guarantee rows stay as they are, since each of them counts by itself.
    """

    def __init__(self, part: Rubric, answers: Mapping[str, Answer], totals: Totals) -> None:
        rows: dict[str, ItemRubric] = {}
        self.answers: dict[str, Answer] = {}
        self.sums: dict[str, str] = {}
        self.lost = {row.id: row.deducted for row in totals.items}
        for item in part.items:
            answer = answers[item.id]
            score = score_item(item, answer)
            if score.beyond or score.zeroes or item.guarantee:
                rows[item.id], self.answers[item.id] = item, answer
                continue
            absent = answer.not_applicable is not None
            # no id of an edition contains a blank
            name = f"{item.sub_element or ''} {item.role}{' absent' * absent}"
            first = rows.get(name) or ItemRubric(
                name, item.element, item.sub_element, 0, role=item.role
            )
            rows[name] = replace(first, points=first.points + item.points)
            if absent:
                self.answers[name] = answer
            else:
                lost = self.answers.get(name, Answer()).lost + self.lost[item.id]
                self.answers[name] = Answer(lost=lost)
            self.sums[item.id] = name
        self.rubric = replace(part, items=tuple(rows.values()))

    def rectified(self, items: Iterable[str]) -> Totals:
        """The element with some of its rows in order."""
        answers = dict(self.answers)
        for item in items:
            name = self.sums.get(item, item)
            if name == item:
                answers[name] = rectify(answers[name])
            else:
                answers[name] = Answer(lost=answers[name].lost - self.lost[item])
        return evaluate(self.rubric, answers, open_as_full=True)


def _together(parts: Iterable[Totals]) -> Totals:
    """Totals of single elements as the totals of the whole."""
    rows = list(parts)
    return Totals(
        points=sum(row.points for row in rows),
        not_applicable=sum(row.not_applicable for row in rows),
        attainable=sum(row.attainable for row in rows),
        earned=sum(row.earned for row in rows),
        elements=tuple(element for row in rows for element in row.elements),
        items=tuple(item for row in rows for item in row.items),
        specials=tuple(special for row in rows for special in row.specials),
        zeroed=tuple(reason for row in rows for reason in row.zeroed),
        vetoed=any(row.vetoed for row in rows),
        bonus=sum(row.bonus for row in rows),
        penalty=sum(row.penalty for row in rows),
    )
