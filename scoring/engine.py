"""Grade one assessment: answers and facts in, result with reasons out."""

from collections.abc import Mapping
from fractions import Fraction

from scoring.errors import ScoringError
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
    answers = {item_id: answer for item_id, answer in answers.items() if answer != BLANK}
    best = evaluate(rubric, answers, open_as_full=True)
    complete = all(item.answered for item in best.items)
    worst = best if complete else evaluate(rubric, answers, open_as_full=False)
    return _Decision(rubric, best, worst, facts, complete=complete).result()


class _Decision:
    """Puts score and performance together; the lowest prevails."""

    def __init__(
        self,
        rubric: Rubric,
        best: Totals,
        worst: Totals,
        facts: Mapping[str, FactValue],
        *,
        complete: bool,
    ) -> None:
        self.rubric, self.best, self.worst, self.complete = rubric, best, worst, complete
        self.perf_best, self.perf_worst, self.perf_reasons = performance_range(rubric, facts)

    def result(self) -> Result:
        exact = self._converted(self.best)
        low = self._converted(self.worst)
        if exact is None or low is None:
            return self._build(Outcome.NOT_ASSESSABLE, None, None, None, Grade(None, None), ())
        by_best = self._reached(exact, vetoed=self.best.vetoed)
        by_worst = self._reached(low, vetoed=self.worst.vetoed)
        index_best = max(by_best, self.perf_best)
        index_worst = max(by_worst, self.perf_worst)
        possible = Grade(grade_at(self.rubric, index_best), grade_at(self.rubric, index_worst))
        interval = (self._rounded(low), self._rounded(exact))
        if not self.complete:
            return self._build(
                Outcome.INCOMPLETE, None, interval, None, possible, self._open_reasons()
            )
        reasons = self._reasons(exact, by_best)
        if index_best != index_worst:
            return self._build(Outcome.PENDING, exact, interval, by_best, possible, reasons)
        reached = grade_at(self.rubric, index_best)
        outcome = Outcome.GRADED if reached else Outcome.BELOW_LOWEST
        return self._build(outcome, exact, interval, by_best, possible, reasons)

    def _converted(self, totals: Totals) -> Fraction | None:
        if totals.attainable == 0:
            return None
        return Fraction(totals.earned, totals.attainable) * self.rubric.scale

    def _rounded(self, score: Fraction) -> Fraction:
        return half_up(score, self.rubric.decimals)

    def _reached(self, exact: Fraction, *, vetoed: bool) -> int:
        if vetoed:
            return len(self.rubric.ladder)
        meets = self._rounded(exact) if self.rubric.compare_rounded else exact
        return rung_reached(self.rubric, meets)

    def _open_reasons(self) -> tuple[Reason, ...]:
        open_items = (item for item in self.best.items if not item.answered)
        return tuple(
            Reason("unanswered", "incomplete", item=item.id, element=item.element)
            for item in open_items
        )

    def _reasons(self, exact: Fraction, by_score: int) -> tuple[Reason, ...]:
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
        for special in self.best.specials:
            item = self.rubric.by_id[special.item]
            rule = item.rule(special.rule)
            effect = f"-{plain(special.taken * self.rubric.unit)}"
            reasons.append(
                Reason(
                    "special_deduction",
                    effect,
                    item=item.id,
                    element=item.element,
                    clause=rule.clause if rule else "",
                )
            )
        reasons.extend(self.best.zeroed)
        reasons.extend(self.perf_reasons)
        return tuple(reasons)

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
