"""Grade one assessment: answers and facts in, result with reasons out."""

from collections.abc import Mapping
from fractions import Fraction

from scoring.composition import compose
from scoring.errors import ScoringError
from scoring.gates import after_events, below_control, grade_index
from scoring.grades import grade_at, performance_range, rung_reached
from scoring.items import check_answer
from scoring.model import Answer, FactValue, Grade, Outcome, Reason, Result, Rubric
from scoring.rounding import half_up, plain
from scoring.totals import Totals, evaluate

ENGINE_VERSION = "1"
BLANK = Answer()


def grade(rubric: Rubric, answers: Mapping[str, Answer], facts: Mapping[str, FactValue]) -> Result:
    """Score the answers, meet the ladder, apply the performance ceiling.

    Items without an answer, or with one that says nothing, are unanswered, never full and never
    zero: the outcome is then ``incomplete`` and the interval says what is still possible as long
    as they apply. A fact left out is unknown; when it could change the grade, the outcome is
    ``pending``.

    Args:
        rubric: the edition to grade by.
        answers: by item id.
        facts: safety performance and attributes of the enterprise.

    Raises:
        ScoringError: an answer for an item the edition does not have, or one that breaks the
            contract of :func:`scoring.items.check_answer`.
    """
    for item_id, answer in answers.items():
        item = rubric.by_id.get(item_id)
        if item is None:
            raise ScoringError(
                "unknown_item", item=item_id, scheme=rubric.scheme, edition=rubric.edition
            )
        check_answer(item, answer)
    settled = {item_id: answer for item_id, answer in answers.items() if answer.says_points}
    best = evaluate(rubric, settled, open_as_full=True)
    complete = all(item.answered for item in best.items)
    worst = best if complete else evaluate(rubric, settled, open_as_full=False)
    return _Decision(rubric, best, worst, answers, facts, complete=complete).result()


class _Decision:
    """Puts score, gates and performance together; the lowest prevails."""

    def __init__(
        self,
        rubric: Rubric,
        best: Totals,
        worst: Totals,
        answers: Mapping[str, Answer],
        facts: Mapping[str, FactValue],
        *,
        complete: bool,
    ) -> None:
        self.rubric, self.best, self.worst, self.complete = rubric, best, worst, complete
        self.answers, self.facts = answers, facts
        self.perf_best, self.perf_worst, self.perf_reasons = performance_range(rubric, facts)

    def result(self) -> Result:
        high = compose(self.rubric, self.best, self.facts, hopeful=True)
        settled = self.complete and high.missing_fact is None
        low = high if settled else compose(self.rubric, self.worst, self.facts)
        if high.score is None or low.score is None:
            return self._build(Outcome.NOT_ASSESSABLE, None, None, None, Grade(None, None), ())
        best = after_events(self.rubric, high.score, self.facts)
        worst = after_events(self.rubric, low.score, self.facts)
        by_rules, closed = grade_index(self.rubric, self.best, best, self.answers)
        by_rules_worst, _ = grade_index(self.rubric, self.worst, worst, self.answers)
        missing = high.missing_fact or best.missing_fact
        index_best = max(by_rules, self.perf_best)
        index_worst = max(by_rules_worst, self.perf_worst)
        if missing:
            index_worst = len(self.rubric.ladder)
        possible = Grade(grade_at(self.rubric, index_best), grade_at(self.rubric, index_worst))
        # an event that is not known may have happened any number of times
        least = Fraction(0) if worst.missing_fact else worst.score
        interval = (self._rounded(least), self._rounded(best.score))
        if not self.complete:
            return self._build(
                Outcome.INCOMPLETE, None, interval, None, possible, self._open_reasons()
            )
        exact = None if missing else best.score
        by_score = None if exact is None else self._reached(exact)
        reasons = self._reasons(exact, by_score, (*best.reasons, *closed), missing)
        if index_best == len(self.rubric.ladder):
            outcome = Outcome.BELOW_LOWEST
        else:
            outcome = Outcome.GRADED if index_best == index_worst else Outcome.PENDING
        return self._build(outcome, exact, interval, by_score, possible, reasons)

    def _rounded(self, score: Fraction) -> Fraction:
        return half_up(score, self.rubric.decimals)

    def _reached(self, exact: Fraction) -> int:
        if self.best.vetoed:
            return len(self.rubric.ladder)
        meets = self._rounded(exact) if self.rubric.compare_rounded else exact
        return rung_reached(self.rubric, meets)

    def _open_reasons(self) -> tuple[Reason, ...]:
        open_items = (item for item in self.best.items if not item.answered)
        return tuple(
            Reason("unanswered", "incomplete", item=item.id, element=item.element)
            for item in open_items
        )

    def _reasons(
        self,
        exact: Fraction | None,
        by_score: int | None,
        closed: tuple[Reason, ...],
        missing: str | None,
    ) -> tuple[Reason, ...]:
        reasons: list[Reason] = []
        if exact is not None and by_score is not None:
            reasons.extend(self._of_score(exact, by_score))
        for special in self.best.specials:
            item = self.rubric.by_id[special.item]
            rule = next(rule for rule in item.rules if rule.id == special.rule)
            effect = f"-{plain(special.taken * self.rubric.unit)}"
            reasons.append(
                Reason(
                    "special_deduction",
                    effect,
                    item=item.id,
                    element=item.element,
                    clause=rule.clause,
                )
            )
        reasons.extend(self.best.zeroed)
        reasons.extend(closed)
        if missing:
            reasons.append(Reason("score_fact_unknown", "pending", fact=missing))
        reasons.extend(self.perf_reasons)
        reasons.extend(below_control(self.rubric, self.best))
        return tuple(reasons)

    def _of_score(self, exact: Fraction, by_score: int) -> list[Reason]:
        """What the score reaches and what it does not."""
        reasons: list[Reason] = []
        ladder = self.rubric.ladder
        if by_score < len(ladder):
            rung = ladder[by_score]
            reasons.append(Reason("score_reaches", f"grade:{rung.grade}", clause=rung.clause))
        if by_score > 0 and not self.best.vetoed:
            rung = ladder[by_score - 1]
            reasons.append(Reason("score_below", f"not_grade:{rung.grade}", clause=rung.clause))
        if any(rung.met_by(exact) != rung.met_by(self._rounded(exact)) for rung in ladder):
            reasons.append(Reason("rounding_decides", f"exact:{exact}"))
        return reasons

    def _build(
        self,
        outcome: Outcome,
        exact: Fraction | None,
        interval: tuple[Fraction, Fraction] | None,
        by_score: int | None,
        possible: Grade,
        reasons: tuple[Reason, ...],
    ) -> Result:
        totals = self.best
        return Result(
            outcome=outcome,
            grade=possible.best if outcome is Outcome.GRADED else None,
            grade_by_score=None if by_score is None else grade_at(self.rubric, by_score),
            score=None if exact is None else self._rounded(exact),
            score_exact=exact,
            interval=interval,
            possible=possible,
            points=totals.points,
            not_applicable=totals.not_applicable,
            attainable=totals.attainable,
            earned=totals.earned,
            deducted=totals.attainable - totals.earned,
            answered=sum(item.answered for item in totals.items),
            elements=totals.elements,
            items=totals.items,
            specials=totals.specials,
            reasons=reasons,
        )
