"""Edition to rubric: drops all wording, turns points into whole units."""

from fractions import Fraction
from functools import lru_cache

from criteria.model import Item, Rule, Scheme
from scoring.model import (
    Condition,
    DeductionRule,
    ElementRubric,
    FactRule,
    ItemRubric,
    Kind,
    PerformanceRung,
    Rubric,
    Rung,
    Scope,
    Trigger,
)


@lru_cache(maxsize=64)
def rubric_of(scheme: Scheme) -> Rubric:
    """Reduce a checked edition to what decides the grade."""

    def units(points: Fraction) -> int:
        return int(points / scheme.unit)

    def rule(source: Rule, item: Item) -> DeductionRule:
        return DeductionRule(
            source.id,
            Kind(source.kind),
            None if source.points is None else units(source.points),
            Scope(source.scope),
            Trigger(source.trigger),
            None if source.zeroes is None else Scope(source.zeroes),
            item.source.clause,
        )

    items = tuple(
        ItemRubric(
            item.id,
            item.element,
            item.sub_element,
            units(item.points),
            tuple(rule(row, item) for row in item.rules),
            None if item.veto is None else Scope(item.veto),
            item.source.clause,
        )
        for item in scheme.items
    )
    ladder = tuple(
        Rung(rung.grade, rung.comparator, rung.threshold, rung.source.clause)
        for rung in scheme.ladder
    )
    performance = tuple(
        PerformanceRung(
            rung.grade,
            tuple(
                Condition(row.fact, row.op, row.value, row.when, row.unless, row.source.clause)
                for row in scheme.performance
                if row.grade == rung.grade
            ),
        )
        for rung in scheme.ladder
    )
    return Rubric(
        scheme=scheme.id,
        edition=scheme.edition,
        fingerprint=scheme.fingerprint,
        unit=scheme.unit,
        scale=scheme.scale,
        decimals=scheme.decimals,
        compare_rounded=scheme.compare == "rounded",
        elements=tuple(ElementRubric(row.id, units(row.points)) for row in scheme.elements),
        items=items,
        ladder=ladder,
        performance=performance,
        facts=tuple(FactRule(row.id, row.default, row.order) for row in scheme.facts),
    )
