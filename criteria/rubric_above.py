"""What an edition says above a single sheet as the rules of :mod:`scoring`, ready to be called.

Every figure comes from the edition; a caller brings units, members, samples, replies and results.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import Protocol, TypeVar

from criteria.model import Scheme
from criteria.model_above import ANY_PART, MemberRung, Sampling, YesNoList
from criteria.rubric import rubric_of
from scoring.aggregation import Aggregate, Combine, LadderRule, Unit, UnitRule, as_unit
from scoring.checklist import Checklist, CheckRow
from scoring.comparison import ComparisonRule, Counts
from scoring.model import Rung
from scoring.rounding import half_up
from scoring.sampling import Band, RateStep, SampledRow, SamplingTable, Take
from scoring.shares import GroupRule, GroupRung, ShareGate

_COMBINE = {
    "mean": Combine.MEAN,
    "weighted_mean": Combine.WEIGHTED,
    "lowest": Combine.MINIMUM,
}


class _Named(Protocol):
    @property
    def id(self) -> str: ...


_Row = TypeVar("_Row", bound=_Named)


def _find(rows: Iterable[_Row], name: str) -> _Row:
    for row in rows:
        if row.id == name:
            return row
    raise KeyError(name)


# ------------------------------------------------------------------ units, parts, members


def unit_rule(scheme: Scheme) -> UnitRule | None:
    """How the sheets of members or sites become one score.

    None where the edition does not say it, or grades by shares of the members instead.
    """
    rule = scheme.shape.above.aggregation
    if rule is None or rule.method not in _COMBINE:
        return None
    return _unit_rule(scheme, rule.method, rule.sample, rule.source.clause)


def instance_rule(scheme: Scheme, name: str) -> UnitRule:
    """How the instances of a part, such as work faces, become its score.

    Raises:
        KeyError: the edition has no such table of instances.
    """
    row = _find(scheme.shape.above.instances, name)
    return _unit_rule(scheme, row.method, row.sample, row.source.clause)


def _unit_rule(scheme: Scheme, method: str, sample: str, clause: str) -> UnitRule:
    return UnitRule(
        _COMBINE[method],
        scheme.scale,
        scheme.decimals,
        sampling_table(scheme, sample) if sample else None,
        _find(scheme.shape.above.samplings, sample).more_after_event if sample else 0,
        clause,
    )


def part_weights(scheme: Scheme) -> dict[str, Fraction]:
    """Weights of the parts that instances are scored for: of groups, else of elements."""
    groups = {row.id: row.weight for row in scheme.shape.groups if row.weight}
    elements = {row.id: row.weight for row in scheme.elements if row.weight}
    return groups or elements


def part_unit(scheme: Scheme, name: str, found: Aggregate) -> Unit:
    """What the instances of a part came to, as one unit of the whole with the weight of the part.

    Its id is the part, or the name of the table where that names none.

    Raises:
        KeyError: the edition has no such table of instances.
    """
    row = _find(scheme.shape.above.instances, name)
    weight = part_weights(scheme).get(row.part, Fraction(1))
    return as_unit(row.part or name, found, weight, rounded=row.compare == "rounded")


def whole_rule(scheme: Scheme) -> UnitRule:
    """How the parts become the score of the whole: by their weights."""
    return UnitRule(Combine.WEIGHTED, scheme.scale, scheme.decimals)


def ladder_rule(scheme: Scheme) -> LadderRule:
    """What a combined score is measured by: ladder, minimums, rounded or exact."""
    rubric = rubric_of(scheme)
    return LadderRule(rubric.ladder, rubric.minimums, rubric.compare_rounded, rubric.scale)


def group_rule(scheme: Scheme) -> GroupRule | None:
    """What each grade asks of the members of a group; None where the edition asks nothing.

    A grade without a table of its own asks nothing of the members.
    """
    rule = scheme.shape.above.aggregation
    if rule is None or rule.method != "share":
        return None
    asked = {row.grade: row for row in rule.rungs}
    rungs = [
        _group_rung(asked[rung.grade]) if rung.grade in asked else GroupRung(rung.grade)
        for rung in scheme.ladder
    ]
    return GroupRule(tuple(rungs), rule.order)


def _group_rung(row: MemberRung) -> GroupRung:
    clause = row.source.clause
    member = None
    if row.threshold is not None:
        member = Rung(row.grade, row.comparator, row.threshold, clause)
    return GroupRung(
        row.grade, member, row.share, row.clean_share, row.worst_accident or None, clause
    )


def good_gates(scheme: Scheme, name: str) -> tuple[ShareGate, ...]:
    """The shares of instances rated good (优良) that the grades ask for.

    Raises:
        KeyError: the edition has no such table of instances.
    """
    row = _find(scheme.shape.above.instances, name)
    return tuple(ShareGate(grade, share, row.source.clause) for grade, share in row.good)


# ------------------------------------------------------------------ samples, rows, assessors


def sampling_table(scheme: Scheme, name: str) -> SamplingTable:
    """How many of a lot are looked at.

    Raises:
        KeyError: the edition has no such table.
    """
    row = _find(scheme.shape.above.samplings, name)
    bands = tuple(Band(lot.last, Take(lot.take), lot.amount) for lot in row.sizes)
    return SamplingTable(bands, row.source.clause)


def sampled_row(scheme: Scheme, name: str, item_id: str) -> SampledRow:
    """What an item is worth by the share of its sample that passed.

    Raises:
        KeyError: the edition has no such table or item.
    """
    row = _find(scheme.shape.above.samplings, name)
    points = _find(rubric_of(scheme).items, item_id).points
    return SampledRow(points, _steps(row, points), row.source.clause)


def _steps(row: Sampling, points: int) -> tuple[RateStep, ...]:
    return tuple(
        RateStep(one.comparator, one.rate, int(half_up(points * one.share / 100, 0)))
        for one in row.rates
    )


def rows_of(scheme: Scheme, checklist: YesNoList) -> tuple[str, ...]:
    """Ids of the yes-or-no items that a checklist consists of, in the order of the standard."""
    if not checklist.part:
        return ()
    return tuple(
        item.id
        for element in scheme.elements
        if checklist.part in (ANY_PART, element.id, element.group)
        for item in element.items
        if item.form == "yes_no"
    )


def checklist_of(scheme: Scheme, name: str) -> Checklist:
    """A checklist with its rows; those with a veto are hard.

    Raises:
        KeyError: the edition has no such checklist.
    """
    checklist = _find(scheme.shape.above.checklists, name)
    rows = tuple(
        CheckRow(item.id, item.veto is not None, item.source.clause)
        for item in (_find(scheme.items, item_id) for item_id in rows_of(scheme, checklist))
    )
    clause = checklist.source.clause
    return Checklist(rows, clause=clause, least_share=checklist.share)


def comparison_rule(scheme: Scheme) -> ComparisonRule | None:
    """What holds where two assessors score a sheet; None where the edition does not say it."""
    row = scheme.shape.above.comparison
    if row is None:
        return None
    return ComparisonRule(
        Counts(row.counts), row.points, row.share, scheme.decimals, row.source.clause
    )
