"""Score and safety performance to the grade, and why: the lowest prevails."""

from collections.abc import Mapping
from fractions import Fraction

from scoring.errors import ScoringError
from scoring.facts import rank, read_fact
from scoring.model import Condition, FactRule, FactValue, PerformanceRung, Reason, Rubric

COMPARISONS = ("<", "<=", "=", ">=", ">")


def rung_reached(rubric: Rubric, score: Fraction) -> int:
    """Index of the best rung that a score reaches; ``len(ladder)`` when it reaches none."""
    for index, rung in enumerate(rubric.ladder):
        if rung.met_by(score):
            return index
    return len(rubric.ladder)


def grade_at(rubric: Rubric, index: int) -> str | None:
    """Grade of a rung, or None below the ladder."""
    return rubric.ladder[index].grade if index < len(rubric.ladder) else None


def holds(
    condition: Condition, rules: Mapping[str, FactRule], facts: Mapping[str, FactValue]
) -> bool | None:
    """Whether a condition on the facts is met; None when that depends on an unknown fact.

    Raises:
        ScoringError: a value outside the declared order, or not a number >= 0.
    """
    applies: bool | None = True
    for flag, wanted_flag in ((condition.when, True), (condition.unless, False)):
        if flag is not None:
            is_set = read_fact(flag, rules, facts)
            if is_set is None:
                applies = None
            elif bool(is_set) is not wanted_flag:
                return True
    found = read_fact(condition.fact, rules, facts)
    if found is None:
        return None
    # whether the condition applies does not matter when it is met
    return _compare(condition, found, rules) or (False if applies else None)


def _compare(condition: Condition, found: Fraction, rules: Mapping[str, FactRule]) -> bool:
    wanted = rank(condition.fact, condition.value, rules)
    match condition.op:
        case "<":
            return found < wanted
        case "<=":
            return found <= wanted
        case "=":
            return found == wanted
        case ">=":
            return found >= wanted
        case ">":
            return found > wanted
        case _:
            raise ScoringError("unknown_comparison", fact=condition.fact, found=condition.op)


def performance_range(
    rubric: Rubric, facts: Mapping[str, FactValue]
) -> tuple[int, int, list[Reason]]:
    """Best and worst rung that the safety performance allows, with the reasons.

    They differ when a fact that decides is unknown.
    """
    rules = {rule.id: rule for rule in rubric.facts}
    by_grade: dict[str, PerformanceRung] = {rung.grade: rung for rung in rubric.performance}
    best = worst = len(rubric.ladder)
    reasons: list[Reason] = []
    for index, rung in enumerate(rubric.ladder):
        wanted = by_grade.get(rung.grade)
        results = [
            (condition, holds(condition, rules, facts))
            for condition in (wanted.conditions if wanted else ())
        ]
        for condition, held in results:
            if held is False:
                reasons.append(
                    Reason(
                        "performance",
                        f"not_grade:{rung.grade}",
                        fact=condition.fact,
                        clause=condition.clause,
                    )
                )
            elif held is None:
                reasons.append(
                    Reason(
                        "fact_unknown",
                        f"open_grade:{rung.grade}",
                        fact=condition.fact,
                        clause=condition.clause,
                    )
                )
        if all(held is not False for _, held in results):
            best = min(best, index)
        if all(held is True for _, held in results):
            worst = min(worst, index)
    return best, worst, reasons
