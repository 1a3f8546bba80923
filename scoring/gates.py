"""What a grade asks besides the score: minimums of parts, stars, absence, major hazards, events."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from scoring.composition import group_rates, rate_of
from scoring.facts import read_fact
from scoring.grades import rung_reached
from scoring.model import AbsenceCap, Answer, FactValue, Minimum, Reason, Rubric, StarRule
from scoring.rounding import half_up
from scoring.totals import Totals


@dataclass(frozen=True, slots=True)
class Event:
    """A score after events: what is left of it, and what is unknown."""

    score: Fraction
    missing_fact: str | None = None
    reasons: tuple[Reason, ...] = ()


def after_events(rubric: Rubric, score: Fraction, facts: Mapping[str, FactValue]) -> Event:
    """Take the points and rungs of events; the score is held at the top of the lower grade.

    An event whose number is unknown leaves the score and names the fact.
    """
    rules = {rule.id: rule for rule in rubric.facts}
    steps, missing, reasons, left = 0, None, [], score
    for rule in rubric.downgrades:
        count = read_fact(rule.fact, rules, facts)
        if count is None:
            missing = rule.fact
        elif count:
            steps += rule.steps * int(count)
            left -= rule.minus * int(count)
            reasons.append(
                Reason("event", f"-{rule.steps * int(count)}", fact=rule.fact, clause=rule.clause)
            )
    if steps:
        before = rung_reached(rubric, _meets(rubric, score))
        lowest = min(before + steps, len(rubric.ladder))
        if lowest:
            upper = rubric.ladder[lowest - 1]
            # the best score that does not reach the grade that is lost
            step = Fraction(0) if upper.comparator == ">" else Fraction(1, 10**rubric.decimals)
            left = min(left, upper.threshold - step)
    return Event(max(Fraction(0), left), missing, tuple(reasons))


def _meets(rubric: Rubric, score: Fraction) -> Fraction:
    return half_up(score, rubric.decimals) if rubric.compare_rounded else score


def grade_index(
    rubric: Rubric, totals: Totals, event: Event, answers: Mapping[str, Answer]
) -> tuple[int, list[Reason]]:
    """Best rung that score and gates allow, and what closed the better ones."""
    last = len(rubric.ladder)
    if totals.vetoed:
        return last, []
    by_score = rung_reached(rubric, _meets(rubric, event.score))
    if rubric.hazard_blocks:
        # what does not apply raises no veto, whatever mark was left on it
        marked = [
            item
            for item, answer in answers.items()
            if answer.major_hazard and answer.not_applicable is None
        ]
        if marked:
            return last, [Reason("major_hazard", "no_grade", item=item) for item in marked]
    reasons: list[Reason] = []
    for index in range(by_score, last):
        closed = _closed(rubric, totals, rubric.ladder[index].grade)
        if not closed:
            return index, reasons
        reasons.extend(closed)
    return last, reasons


def _closed(rubric: Rubric, totals: Totals, grade: str) -> list[Reason]:
    """Why a grade is closed; empty when it is open."""
    reasons = [
        reason
        for minimum in rubric.minimums
        if minimum.grade == grade
        for reason in _below_minimum(rubric, totals, minimum)
    ]
    for stars in rubric.stars:
        if stars.grade == grade:
            reasons.extend(_stars_lost(rubric, totals, stars))
    cap = rubric.absence_cap
    if cap is not None and _too_much_absent(cap, rubric, totals, grade):
        reasons.append(Reason("absence_cap", f"not_grade:{grade}", clause=cap.clause))
    return reasons


def _below_minimum(rubric: Rubric, totals: Totals, minimum: Minimum) -> list[Reason]:
    rates = {row.id: rate for row in totals.elements if (rate := rate_of(row)) is not None}
    if minimum.part != "*":
        rates |= group_rates(rubric, totals)
        rates = {part: rate for part, rate in rates.items() if part == minimum.part}
    reasons = []
    for part, rate in rates.items():
        percent = rate * 100
        met = percent > minimum.rate if minimum.comparator == ">" else percent >= minimum.rate
        if not met:
            reasons.append(
                Reason("minimum", f"not_grade:{minimum.grade}", element=part, clause=minimum.clause)
            )
    return reasons


def _stars_lost(rubric: Rubric, totals: Totals, rule: StarRule) -> list[Reason]:
    rows = [
        item
        for item in totals.items
        if rubric.by_id[item.id].star in rule.stars and not item.not_applicable
    ]
    lost = [item for item in rows if item.deducted]
    if not rows or Fraction(len(rows) - len(lost), len(rows)) * 100 >= rule.share:
        return []
    return [
        Reason(
            "star",
            f"not_grade:{rule.grade}",
            item=item.id,
            element=item.element,
            clause=rule.clause,
        )
        for item in lost
    ]


def _too_much_absent(cap: AbsenceCap, rubric: Rubric, totals: Totals, grade: str) -> bool:
    order = [rung.grade for rung in rubric.ladder]
    allowed = order.index(cap.best_grade) if cap.best_grade in order else len(order)
    if order.index(grade) >= allowed:
        return False
    if cap.points is not None and totals.not_applicable > cap.points:
        return True
    share = Fraction(totals.not_applicable * 100, totals.points) if totals.points else Fraction(0)
    return cap.share is not None and share > cap.share


def below_control(rubric: Rubric, totals: Totals) -> list[Reason]:
    """Elements below the enterprise's own control line; they never touch the grade."""
    rates = {row.id: rate_of(row) for row in totals.elements}
    return [
        Reason("control_line", "shown", element=line.element)
        for line in rubric.control_lines
        if (rate := rates.get(line.element)) is not None and rate * 100 < line.rate
    ]
