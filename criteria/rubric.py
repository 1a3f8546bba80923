"""Edition to rubric: drops all wording, turns points into whole units."""

from fractions import Fraction
from functools import lru_cache

from criteria.model import Item, Rule, Scheme
from scoring.model import (
    AbsenceCap,
    Adjustment,
    Condition,
    ControlLine,
    DeductionRule,
    Downgrade,
    ElementRubric,
    FactRule,
    Group,
    Imported,
    ItemRubric,
    Kind,
    Method,
    Minimum,
    PerformanceRung,
    Role,
    Rubric,
    Rung,
    Scope,
    StarRule,
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
            item.may_be_absent,
            item.star,
            item.guarantee,
            Role(item.role),
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
    shape, limit, taken = scheme.shape, scheme.shape.absence_limit, scheme.shape.imported
    return Rubric(
        scheme=scheme.id,
        edition=scheme.edition,
        fingerprint=scheme.fingerprint,
        unit=scheme.unit,
        scale=scheme.scale,
        decimals=scheme.decimals,
        compare_rounded=scheme.compare == "rounded",
        elements=tuple(
            ElementRubric(
                row.id,
                units(row.points),
                row.weight or Fraction(0),
                row.group,
                None if row.guarantee is None else units(row.guarantee),
            )
            for row in scheme.elements
        ),
        items=items,
        ladder=ladder,
        performance=performance,
        facts=tuple(
            FactRule(row.id, row.default, row.order, row.numerator, row.denominator, row.factor)
            for row in scheme.facts
        ),
        method=Method(shape.method),
        groups=tuple(Group(row.id, row.weight or Fraction(0)) for row in shape.groups),
        minimums=tuple(
            Minimum(row.grade, row.part, row.comparator, row.rate, row.source.clause)
            for row in shape.minimums
        ),
        stars=tuple(
            StarRule(row.grade, row.stars, row.share, row.source.clause) for row in shape.stars
        ),
        absence_cap=None
        if limit is None
        else AbsenceCap(
            limit.best_grade,
            None if limit.points is None else units(limit.points),
            limit.share,
            limit.source.clause,
        ),
        adjustment=Adjustment(
            shape.bounds.most_bonus, shape.bounds.most_penalty, shape.bounds.highest
        ),
        imported=None
        if taken is None
        else Imported(taken.fact, taken.values, taken.factor, taken.source.clause),
        downgrades=tuple(
            Downgrade(row.fact, row.steps, row.minus, row.source.clause) for row in shape.events
        ),
        hazard_blocks=shape.hazard_blocks,
        control_lines=tuple(ControlLine(*line) for line in shape.control_lines),
    )
