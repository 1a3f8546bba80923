"""Above a single graded sheet: many scores to one, and one score to a grade.

Sites, work faces, instances of a part and the parts themselves are units with a score of their
own. A unit that is not known yet, a sample that is too small and nothing to judge are outcomes,
never a score of 0 or 100. How a unit came to its score is not known here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from scoring.composition import weighted_mean
from scoring.errors import ScoringError
from scoring.model import Grade, Minimum, Outcome, Reason, Rung
from scoring.rounding import half_up
from scoring.sampling import FigureOutcome, SamplingTable, sample_size

Span = tuple[Fraction, Fraction]
"""The worst and the best that is still possible."""


class Combine(StrEnum):
    """How the scores of units become one."""

    MEAN = "mean"
    WEIGHTED = "weighted"
    MINIMUM = "minimum"


@dataclass(frozen=True, slots=True)
class Unit:
    """A site, work face, instance or part.

    Attributes:
        score: its score, exact, 0 to the full score of the rule; None while unknown.
        interval: worst and best that an unknown score can still be; None for anything.
        weight: counts with ``weighted`` only, above 0; weights need not add up to 1.
        not_applicable: it does not take part, and its weight falls to the rest.
    """

    id: str
    score: Fraction | None = None
    interval: Span | None = None
    weight: Fraction = Fraction(1)
    not_applicable: bool = False


@dataclass(frozen=True, slots=True)
class UnitRule:
    """How many units are looked at and how their scores become one.

    Attributes:
        full: the full score of a unit.
        decimals: digits of the combined score.
        sample: how many of all units must take part; None for those that are given.
        more_after_event: units to be looked at besides after an event, such as a fatal accident.
    """

    combine: Combine
    full: Fraction = Fraction(100)
    decimals: int = 1
    sample: SamplingTable | None = None
    more_after_event: int = 0
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """The score of all units together.

    Attributes:
        score: rounded half-up; only with outcome ``known``.
        score_exact: the same before rounding.
        interval: worst and best rounded score still possible; None when nothing takes part.
        span: the same before rounding.
        counted: units that take part.
        needed: units that the rule asks for; None without a sample rule or while unknown.
        open: ids of the units that take part and have no score yet.
    """

    outcome: FigureOutcome
    score: Fraction | None
    score_exact: Fraction | None
    interval: Span | None
    span: Span | None
    counted: int
    needed: int | None
    open: tuple[str, ...] = ()


def aggregate(
    rule: UnitRule,
    units: Sequence[Unit],
    *,
    population: int | None = None,
    event: bool | None = False,
) -> Aggregate:
    """Combine the scores of units: mean, weighted mean or minimum, exact until the end.

    Args:
        rule: how to combine, and how many units to look at.
        units: those looked at; units that are not applicable neither count nor fill the sample.
        population: how many units there are in all; asked for by a sample rule, None = unknown.
        event: whether the event that asks for more units took place; None = unknown.

    Raises:
        ScoringError: a unit given twice, a score outside 0..full, a weight of 0 or less, more
            units than there are; or as :func:`scoring.sampling.sample_size`.

    >>> faces = [Unit("A1", Fraction(92)), Unit("A2", Fraction(87))]
    >>> aggregate(UnitRule(Combine.MEAN), faces).score
    Fraction(179, 2)
    >>> aggregate(UnitRule(Combine.MEAN), [*faces, Unit("A3")]).interval
    (Fraction(597, 10), Fraction(93, 1))
    >>> aggregate(UnitRule(Combine.MEAN), []).outcome.value
    'not_assessable'
    """
    _check_units(rule, units)
    taking = [unit for unit in units if not unit.not_applicable]
    least, most = _needed(rule, population, len(taking), event)
    needed = least if least == most else None
    waiting = tuple(unit.id for unit in taking if unit.score is None)
    counted = len(taking)
    if not taking and most == 0:
        outcome = FigureOutcome.NOT_ASSESSABLE
        return Aggregate(outcome, None, None, None, None, counted, needed)
    spans = [(unit, _span(rule, unit)) for unit in taking]
    low = _combined(rule, [(unit, span[0]) for unit, span in spans])
    high = _combined(rule, [(unit, span[1]) for unit, span in spans])
    more_may_come = most is None or counted < most
    if more_may_come:
        # what further units bring is open, and with a mean so is how far they pull
        low, high = Fraction(0), high if rule.combine is Combine.MINIMUM and taking else rule.full
    ends = (half_up(low, rule.decimals), half_up(high, rule.decimals))
    if not more_may_come and not waiting:
        known = FigureOutcome.KNOWN
        return Aggregate(known, ends[0], low, ends, (low, high), counted, needed)
    too_small = least is not None and counted < least
    outcome = FigureOutcome.SAMPLE_TOO_SMALL if too_small else FigureOutcome.PENDING
    return Aggregate(outcome, None, None, ends, (low, high), counted, needed, waiting)


def _check_units(rule: UnitRule, units: Sequence[Unit]) -> None:
    seen: set[str] = set()
    for unit in units:
        if unit.id in seen:
            raise ScoringError("unit_twice", unit=unit.id)
        seen.add(unit.id)
        if unit.not_applicable:
            continue
        low, high = _span(rule, unit)
        if not 0 <= low <= high <= rule.full:
            found = str(low) if low == high else f"{low} – {high}"
            raise ScoringError("unit_score", unit=unit.id, found=found, points=str(rule.full))
        if rule.combine is Combine.WEIGHTED and unit.weight <= 0:
            raise ScoringError("unit_weight", unit=unit.id, found=str(unit.weight))


def _span(rule: UnitRule, unit: Unit) -> Span:
    if unit.score is not None:
        return unit.score, unit.score
    return unit.interval or (Fraction(0), rule.full)


def _needed(
    rule: UnitRule, population: int | None, counted: int, event: bool | None
) -> tuple[int | None, int | None]:
    """Fewest and most units that may be needed; None while the population is unknown."""
    if rule.sample is None:
        return 0, 0
    if population is None:
        return None, None
    if counted > population:
        raise ScoringError(
            "sample_beyond_population", found=str(counted), population=str(population)
        )
    plain = sample_size(rule.sample, population)
    more = min(population, plain + rule.more_after_event)
    return (more if event is True else plain), (plain if event is False else more)


def _combined(rule: UnitRule, scores: Sequence[tuple[Unit, Fraction]]) -> Fraction:
    if not scores:
        return Fraction(0)
    match rule.combine:
        case Combine.MEAN:
            return sum((score for _, score in scores), Fraction(0)) / len(scores)
        case Combine.WEIGHTED:
            return weighted_mean([(unit.weight, score) for unit, score in scores]) or Fraction(0)
        case Combine.MINIMUM:
            return min(score for _, score in scores)


def as_unit(
    name: str, found: Aggregate, weight: Fraction = Fraction(1), *, rounded: bool = False
) -> Unit:
    """An aggregate as one unit of the next larger one: faces to a part, parts to a whole.

    Args:
        name: id of the unit.
        found: what its own units came to; nothing to judge makes it not applicable.
        weight: its weight in the larger one.
        rounded: pass the rounded score on, where a standard rounds each part.

    >>> nothing = aggregate(UnitRule(Combine.MEAN), [])
    >>> as_unit("sites", nothing).not_applicable
    True
    """
    if found.outcome is FigureOutcome.NOT_ASSESSABLE:
        return Unit(name, weight=weight, not_applicable=True)
    if rounded:
        return Unit(name, found.score, found.interval, weight)
    return Unit(name, found.score_exact, found.span, weight)


@dataclass(frozen=True, slots=True)
class LadderRule:
    """What a combined score is measured by.

    Attributes:
        ladder: rungs from the best grade down, on the scale of the combined score.
        minimums: least rate that a grade asks of a unit by its id, or ``*`` for each.
        compare_rounded: whether the rounded score meets the ladder, or the exact one.
        full: the full score of a unit.
    """

    ladder: tuple[Rung, ...]
    minimums: tuple[Minimum, ...] = ()
    compare_rounded: bool = True
    full: Fraction = Fraction(100)


@dataclass(frozen=True, slots=True)
class Standing:
    """What one requirement, or all of them, say about the grade.

    ``grade`` only with outcome ``graded``; ``possible`` holds the best and worst still possible.
    """

    outcome: Outcome
    grade: str | None
    possible: Grade
    reasons: tuple[Reason, ...] = ()


def standing_between(
    grades: Sequence[str], best: int, worst: int, reasons: Sequence[Reason] = ()
) -> Standing:
    """The standing between two places on a list of grades; beyond the list is no grade.

    >>> standing_between(("1", "2"), 1, 1).grade, standing_between(("1", "2"), 0, 2).outcome.value
    ('2', 'pending')
    """
    named = [grades[index] if index < len(grades) else None for index in (best, worst)]
    outcome = Outcome.GRADED if named[0] else Outcome.BELOW_LOWEST
    if best != worst:
        outcome = Outcome.PENDING
    grade = named[0] if outcome is Outcome.GRADED else None
    return Standing(outcome, grade, Grade(named[0], named[1]), tuple(reasons))


def meet_ladder(rule: LadderRule, total: Aggregate, parts: Sequence[Unit] = ()) -> Standing:
    """The grade that a combined score reaches, with the minimum of each part.

    Parts that are not applicable are asked for nothing. While a score is open, so is the grade,
    unless both ends lead to the same one.

    >>> rule = LadderRule((Rung("1", ">=", Fraction(90)), Rung("2", ">=", Fraction(80))))
    >>> one = aggregate(UnitRule(Combine.MEAN), [Unit("A1", Fraction(85))])
    >>> meet_ladder(rule, one).grade
    '2'
    """
    if total.span is None or total.interval is None:
        return Standing(Outcome.NOT_ASSESSABLE, None, Grade(None, None))
    ends = total.interval if rule.compare_rounded else total.span
    taking = [part for part in parts if not part.not_applicable]
    worst, _ = _place(rule, ends[0], taking, 0)
    best, reasons = _place(rule, ends[1], taking, 1)
    waiting = [Reason("unit_open", "pending", element=name) for name in total.open]
    if total.outcome is FigureOutcome.SAMPLE_TOO_SMALL:
        waiting.append(Reason("sample_too_small", "pending"))
    grades = [rung.grade for rung in rule.ladder]
    return standing_between(grades, best, worst, [*reasons, *waiting])


def _place(
    rule: LadderRule, score: Fraction, parts: Sequence[Unit], end: int
) -> tuple[int, list[Reason]]:
    """Index of the best rung that score and minimums allow, and why not a better one."""
    rungs = rule.ladder
    by_score = next((i for i, rung in enumerate(rungs) if rung.met_by(score)), len(rungs))
    reasons: list[Reason] = []
    if by_score < len(rungs):
        rung = rungs[by_score]
        reasons.append(Reason("score_reaches", f"grade:{rung.grade}", clause=rung.clause))
    if by_score > 0:
        rung = rungs[by_score - 1]
        reasons.append(Reason("score_below", f"not_grade:{rung.grade}", clause=rung.clause))
    for index in range(by_score, len(rungs)):
        closed = [
            Reason("minimum", f"not_grade:{minimum.grade}", element=part.id, clause=minimum.clause)
            for minimum in rule.minimums
            if minimum.grade == rungs[index].grade
            for part in parts
            if minimum.part in ("*", part.id) and not _meets(rule, minimum, part, end)
        ]
        if not closed:
            return index, reasons
        reasons.extend(closed)
    return len(rungs), reasons


def _meets(rule: LadderRule, minimum: Minimum, part: Unit, end: int) -> bool:
    span = (part.score, part.score) if part.score is not None else part.interval
    score = (span or (Fraction(0), rule.full))[end]
    rate = score * 100 / rule.full
    return rate > minimum.rate if minimum.comparator == ">" else rate >= minimum.rate


def lowest_prevails(grades: Sequence[str], first: Standing, *others: Standing) -> Standing:
    """The lowest of several standings (就低): score, members, instances, performance.

    Args:
        grades: of the ladder, best first.
        first: the one without which there is no grade, usually the score's.
        others: a standing with nothing to judge does not limit the grade.

    >>> standings = [standing_between(("1", "2"), place, place) for place in (0, 1)]
    >>> lowest_prevails(("1", "2"), *standings).grade
    '2'
    """
    if first.outcome in (Outcome.NOT_ASSESSABLE, Outcome.INCOMPLETE):
        return first
    counting = [first, *(row for row in others if row.outcome is not Outcome.NOT_ASSESSABLE)]
    places = {name: index for index, name in enumerate(grades)}
    ends = [
        max(places.get(name or "", len(grades)) for name in names)
        for names in zip(
            *((row.possible.best, row.possible.worst) for row in counting), strict=True
        )
    ]
    reasons = [reason for row in counting for reason in row.reasons]
    return standing_between(grades, ends[0], ends[1], reasons)
