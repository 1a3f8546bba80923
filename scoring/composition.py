"""Elements to the converted score: re-basing, weights on one or two levels, bonus and penalty."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from scoring.errors import ScoringError
from scoring.facts import read_fact
from scoring.model import ElementResult, FactRule, FactValue, Imported, Method, Rubric
from scoring.totals import Totals


@dataclass(frozen=True, slots=True)
class Composed:
    """A score before rounding, and whether a fact that it needs is missing.

    ``score`` is None when nothing takes part: not assessable.
    """

    score: Fraction | None
    missing_fact: str | None = None


def compose(
    rubric: Rubric, totals: Totals, facts: Mapping[str, FactValue], *, hopeful: bool = False
) -> Composed:
    """Convert totals to the output scale, exactly.

    Order: re-basing on what is applicable, weights, imported score, bonus and penalty, bounds.

    Args:
        rubric: the edition.
        totals: points of the elements.
        facts: for an imported score.
        hopeful: count an imported score that is not known at the most it can be, else the least.

    Raises:
        ScoringError: the fact of an imported score has a value that its table does not have.
    """
    base = _base(rubric, totals)
    missing = None
    source = rubric.imported
    if source is not None:
        imported = imported_score(source, rubric, facts)
        if imported is None:
            missing, imported = source.fact, _bound(source, rubric.scale, hopeful=hopeful)
        base = imported if base is None else base + imported
    if base is None:
        return Composed(None)
    bounds = rubric.adjustment
    bonus = totals.bonus * rubric.unit
    penalty = totals.penalty * rubric.unit
    if bounds.most_bonus is not None:
        bonus = min(bonus, bounds.most_bonus)
    if bounds.most_penalty is not None:
        penalty = min(penalty, bounds.most_penalty)
    score = max(Fraction(0), base + bonus - penalty)
    if bounds.highest is not None:
        score = min(score, bounds.highest)
    return Composed(score, missing)


def _bound(source: Imported, scale: Fraction, *, hopeful: bool) -> Fraction:
    """Most or least that an imported score can be; a score from elsewhere is at most full."""
    amounts = [points for _, points in source.values] or [Fraction(0), scale * source.factor]
    return max(amounts) if hopeful else min(amounts)


def _base(rubric: Rubric, totals: Totals) -> Fraction | None:
    if totals.attainable == 0:
        return None
    if rubric.method is Method.POINTS:
        return Fraction(totals.earned, totals.attainable) * rubric.scale
    shares = shares_of(rubric, totals)
    if not shares:
        return None
    rates = ((row.id, rate_of(row)) for row in totals.elements)
    return rubric.scale * sum(
        shares.get(name, 0) * rate for name, rate in rates if rate is not None
    )


def shares_of(rubric: Rubric, totals: Totals) -> dict[str, Fraction]:
    """Share of each element in a weighted score; the shares of what takes part sum to 1.

    The weight of elements and groups of which nothing is applicable falls to the rest.
    """
    present = [
        element
        for element, row in zip(rubric.elements, totals.elements, strict=True)
        if row.attainable and element.weight
    ]
    within: dict[str, Fraction] = {}
    for element in present:
        within[element.group] = within.get(element.group, Fraction(0)) + element.weight
    outer = {
        group.id: group.weight for group in rubric.groups if group.weight and within.get(group.id)
    }
    if not rubric.groups:
        outer = {"": Fraction(1)}
    whole = sum(outer.values(), Fraction(0))
    return {
        element.id: element.weight / within[element.group] * outer[element.group] / whole
        for element in present
        if element.group in outer
    }


def weighted_mean(parts: Sequence[tuple[Fraction, Fraction]]) -> Fraction | None:
    """Mean of (weight, value) pairs, exact; None without any weight.

    The weight of what does not take part, and is not given, falls to the rest.

    >>> weighted_mean([(Fraction(6, 10), Fraction(70)), (Fraction(4, 10), Fraction(50))])
    Fraction(62, 1)
    >>> weighted_mean([]) is None
    True
    """
    total = sum((weight for weight, _ in parts), Fraction(0))
    return sum((w * value for w, value in parts), Fraction(0)) / total if total else None


def rate_of(result: ElementResult) -> Fraction | None:
    """Share earned of what is attainable, 0 to 1; None when nothing of it takes part."""
    return Fraction(result.earned, result.attainable) if result.attainable else None


def group_rates(rubric: Rubric, totals: Totals) -> dict[str, Fraction]:
    """Weighted share of each group, 0 to 1; groups without anything applicable are left out."""
    rates: dict[str, Fraction] = {}
    for group in rubric.groups:
        parts = [
            (element.weight, rate)
            for element, result in zip(rubric.elements, totals.elements, strict=True)
            if element.group == group.id and (rate := rate_of(result)) is not None
        ]
        share = weighted_mean(parts)
        if share is not None:
            rates[group.id] = share
    return rates


def imported_score(
    source: Imported, rubric: Rubric, facts: Mapping[str, FactValue]
) -> Fraction | None:
    """The score taken from elsewhere; None while its fact is unknown.

    Raises:
        ScoringError: a value that its table does not have.
    """
    rules: dict[str, FactRule] = {rule.id: rule for rule in rubric.facts}
    if source.values:
        rule = rules.get(source.fact)
        value = facts.get(source.fact, rule.default if rule else None)
        for name, points in source.values:
            if name == value:
                return points
        if value is None:
            return None
        names = ", ".join(name for name, _ in source.values)
        raise ScoringError("bad_fact", fact=source.fact, found=str(value), expected=names)
    number = read_fact(source.fact, rules, facts)
    return None if number is None else number * source.factor
