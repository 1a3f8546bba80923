"""Facts of an enterprise as numbers: named values by their order, rates from two facts."""

from collections.abc import Mapping
from fractions import Fraction

from scoring.errors import ScoringError
from scoring.model import FactRule, FactValue


def read_fact(
    fact: str, rules: Mapping[str, FactRule], facts: Mapping[str, FactValue]
) -> Fraction | None:
    """Value of a fact as a number; None while it is unknown.

    A named value counts by its place in the declared order; "nothing" given for it is the
    mildest. A rate per thousand with a denominator of zero is unknown, never zero.

    Raises:
        ScoringError: a value outside the declared order, or not a number >= 0.
    """
    rule = rules.get(fact)
    if rule is not None and rule.numerator:
        above = read_fact(rule.numerator, rules, facts)
        below = read_fact(rule.denominator, rules, facts)
        if above is None or not below:
            return None
        return above * rule.factor / below
    if fact in facts:
        value = facts[fact]
        if value is None and rule and rule.order:
            return Fraction(0)
        return None if value is None else rank(fact, value, rules)
    if rule is None or rule.default is None:
        return None
    return rank(fact, rule.default, rules)


def rank(fact: str, value: FactValue, rules: Mapping[str, FactRule]) -> Fraction:
    """A given or wanted value as a number that can be compared.

    Raises:
        ScoringError: a value outside the declared order, or not a number >= 0.
    """
    rule = rules.get(fact)
    if rule and rule.order:
        if value not in rule.order:
            expected = ", ".join(rule.order)
            raise ScoringError("bad_fact", fact=fact, found=str(value), expected=expected)
        return Fraction(rule.order.index(str(value)))
    if isinstance(value, bool):
        return Fraction(int(value))
    if not isinstance(value, int | Fraction) or value < 0:
        raise ScoringError("bad_fact", fact=fact, found=str(value), expected=">= 0")
    return Fraction(value)
