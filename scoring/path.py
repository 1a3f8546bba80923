"""The way to each better grade: the smallest sets of items to put in order.

A path is exact: no set with fewer items, or with fewer points, reaches the grade. Whatever
points cannot do (safety performance, an unknown fact, too much not applicable, an event) is said
as data, with the engine's reasons.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from scoring.engine import grade
from scoring.gates import Event, after_events, grade_index
from scoring.grades import performance_range, rung_reached
from scoring.model import Answer, FactValue, Outcome, Reason, Result, Role, Rubric
from scoring.path_losses import Effect, Losses, rectify
from scoring.path_parts import Demand, PartsOf, demand_of
from scoring.path_search import Choice, Search, TooMuchWorkError, Work
from scoring.rounding import half_up
from scoring.totals import evaluate


class PathOutcome(StrEnum):
    """Whether points lead to a grade, and if not, what stands in the way."""

    REACHABLE = "reachable"
    PERFORMANCE = "performance"
    FACT_UNKNOWN = "fact_unknown"
    ABSENCE_CAP = "absence_cap"
    EVENT = "event"
    IMPORTED = "imported"
    OUT_OF_REACH = "out_of_reach"
    INCOMPLETE = "incomplete"
    NOT_ASSESSABLE = "not_assessable"


class StepKind(StrEnum):
    """What putting an item in order undoes besides its own deductions; the strongest counts."""

    MAJOR_HAZARD = "major_hazard"
    VETO = "veto"
    ZEROING = "zeroing"
    SPECIAL = "special"
    STAR = "star"
    DEDUCTION = "deduction"


@dataclass(frozen=True, slots=True)
class Step:
    """One item to put in order.

    Attributes:
        points: units that the step adds to the steps before it, with what a lifted special
            deduction, zeroing or veto gives back.
    """

    item: str
    points: int
    kind: StepKind


@dataclass(frozen=True, slots=True)
class Path:
    """Items that lead to a grade once they are all at full marks.

    Attributes:
        steps: what reaches beyond its item first, then in the order of the sheet.
        points: units won back altogether, bonus gained and penalty avoided included.
        proved: whether no smaller set reaches the grade; without it the path still reaches it.
    """

    steps: tuple[Step, ...]
    points: int
    proved: bool = True


@dataclass(frozen=True, slots=True)
class PathToGrade:
    """How a better grade can be reached; without paths the outcome and its reasons say why not.

    Attributes:
        fewest_items: the path with the fewest items, among those the one with the fewest points.
        least_points: the path with the fewest points, among those the one with the fewest items.
    """

    grade: str
    outcome: PathOutcome
    fewest_items: Path | None = None
    least_points: Path | None = None
    reasons: tuple[Reason, ...] = ()


def next_grades(
    rubric: Rubric, answers: Mapping[str, Answer], facts: Mapping[str, FactValue]
) -> tuple[PathToGrade, ...]:
    """Find the smallest sets of items that lead to each grade above the one reached.

    A step puts an item in order: it ends at full marks, and everything that its deductions did
    beyond it (special deductions, zeroing, vetoes, the mark of a major hazard) is gone. Items
    that are not applicable stay so. A grade that hangs on an unknown fact counts as not reached;
    to plan for a fact, pass it.

    Args:
        rubric: the edition to grade by.
        answers: by item id; with open items there is no path yet (outcome ``incomplete``).
        facts: safety performance and attributes of the enterprise.

    Returns:
        The better grades, the nearest one first.

    Raises:
        ScoringError: as :func:`scoring.engine.grade`.

    >>> from scoring.model import ElementRubric, ItemRubric, Rung
    >>> rubric = Rubric(
    ...     "s", "1", "", Fraction(1), Fraction(100), 0, True, (ElementRubric("1", 100),),
    ...     tuple(ItemRubric(name, "1", None, 50) for name in ("1.1", "1.2")),
    ...     (Rung("1", ">=", Fraction(90)),),
    ... )
    >>> answers = {"1.1": Answer(lost=3, reason="gap"), "1.2": Answer(lost=8, reason="gap")}
    >>> [path] = next_grades(rubric, answers, {})
    >>> path.grade, path.least_points.steps
    ('1', (Step(item='1.1', points=3, kind=<StepKind.DEDUCTION: 'deduction'>),))
    """
    return _Paths(rubric, answers, facts).all()


class _Paths:
    """Searches the paths of one assessment."""

    def __init__(
        self, rubric: Rubric, answers: Mapping[str, Answer], facts: Mapping[str, FactValue]
    ) -> None:
        self.rubric, self.facts = rubric, facts
        self.result = grade(rubric, answers, facts)
        self.answers = {name: answer for name, answer in answers.items() if answer.says_points}
        self.rank = {rung.grade: index for index, rung in enumerate(rubric.ladder)}
        self.searches: dict[Demand, Search | None] = {}
        self.solved: dict[int, tuple[Choice, Choice] | None] = {}
        self.given_up: set[int] = set()
        self.asked: dict[int, tuple[int, Demand] | None] = {}

    def all(self) -> tuple[PathToGrade, ...]:
        reached = self._index(self.result)
        better = [rung.grade for rung in self.rubric.ladder[:reached]][::-1]
        match self.result.outcome:
            case Outcome.INCOMPLETE:
                stop = PathOutcome.INCOMPLETE
            case Outcome.NOT_ASSESSABLE:
                stop = PathOutcome.NOT_ASSESSABLE
            case Outcome.GRADED | Outcome.BELOW_LOWEST | Outcome.PENDING:
                if not better:
                    return ()
                self.losses = Losses(self.rubric, self.answers, self.facts)
                self.best = self._regrade(self.losses.effects)
                self.capped = self._capped()
                return tuple(self._path(self.rank[name]) for name in better)
        return tuple(PathToGrade(name, stop, reasons=self.result.reasons) for name in better)

    def _index(self, result: Result) -> int:
        """Rung that is certain; one below the ladder when none is."""
        worst = result.possible.worst
        return len(self.rank) if worst is None else self.rank[worst]

    def _regrade(self, items: Iterable[str]) -> Result:
        return grade(self.rubric, self._with(items), self.facts)

    def _with(self, items: Iterable[str]) -> dict[str, Answer]:
        return self.answers | {name: rectify(self.answers[name]) for name in items}

    def _path(self, index: int) -> PathToGrade:
        name = self.rubric.ladder[index].grade
        if self._index(self.best) > index:
            outcome, reasons = self._obstacles(index)
            return PathToGrade(name, outcome, reasons=reasons)
        # a better rung may be open while this one is closed
        rungs = [index, *(rung for rung in range(index) if not self._covers(rung, index))]
        found = [pair for rung in rungs if (pair := self._solve(rung))]
        proved = bool(found) and not self.given_up.intersection(rungs)
        if not proved:
            few, little = (self._irreducible(index, by_points=flag) for flag in (False, True))
            found += [(few, little), (little, few)]
        fewest = min((pair[0] for pair in found), key=lambda c: (c.count, c.points))
        least = min((pair[1] for pair in found), key=lambda c: (c.points, c.count))
        paths = [self._verified(choice, index, proved=proved) for choice in (fewest, least)]
        return PathToGrade(name, PathOutcome.REACHABLE, paths[0], paths[1])

    # what a grade asks

    def _ask(self, index: int) -> tuple[int, Demand] | None:
        """The gain and the rest that a rung asks; None when nothing meets it."""
        if index not in self.asked:
            name = self.rubric.ladder[index].grade
            need, demand = self._gain(index), demand_of(self.losses, name)
            closed = need is None or demand is None or name in self.capped
            self.asked[index] = None if closed else (need or 0, demand or Demand())
        return self.asked[index]

    def _covers(self, rung: int, other: int) -> bool:
        """Whether a rung cannot be easier to reach than another one."""
        one, two = self._ask(rung), self._ask(other)
        if one is None or two is None:
            return one is None
        return one[0] >= two[0] and one[1].covers(two[1])

    def _solve(self, index: int) -> tuple[Choice, Choice] | None:
        if index not in self.solved:
            try:
                self.solved[index] = self._search(index)
            except TooMuchWorkError:
                self.solved[index] = None
                self.given_up.add(index)
        return self.solved[index]

    def _search(self, index: int) -> tuple[Choice, Choice] | None:
        asked = self._ask(index)
        if asked is None:
            return None
        need, demand = asked
        work = Work()
        if demand.shares or demand.groups:
            # what suffices although less was asked is the smallest for all that is asked as well
            loose = self._cheapest(replace(demand, shares=(), groups=()), need, work)
            if loose is None or all(self._reached(choice.items) <= index for choice in loose):
                return loose
        return self._cheapest(demand, need, work)

    def _cheapest(self, demand: Demand, need: int, work: Work) -> tuple[Choice, Choice] | None:
        if demand not in self.searches:
            of = PartsOf(self.losses, demand, work)
            self.searches[demand] = None if of.parts is None else Search(of.parts, of.target)
        search = self.searches[demand]
        return None if search is None else search.cheapest(need, work)

    def _reached(self, items: Iterable[str]) -> int:
        return self._index(self._regrade(items))

    def _rung_at(self, score: Fraction) -> int:
        meets = half_up(score, self.rubric.decimals) if self.rubric.compare_rounded else score
        return rung_reached(self.rubric, meets)

    def _gain(self, index: int) -> int | None:
        """The least gain with which the score reaches a rung; None when none does."""
        low, high = 0, self.losses.most_gain

        def reaches(gain: int) -> bool:
            event = after_events(self.rubric, self.losses.score(gain), self.facts)
            return self._rung_at(event.score) <= index

        if not reaches(high):
            return None
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if reaches(middle) else (middle + 1, high)
        return low

    def _capped(self) -> set[str]:
        """Grades that too many absent items close."""
        best = max(rung.threshold for rung in self.rubric.ladder) + 1
        rectified = self._with(self.losses.effects)
        _, reasons = grade_index(self.rubric, self.losses.full, Event(best), rectified)
        effects = {reason.effect for reason in reasons if reason.code == "absence_cap"}
        return {name for name in self.rank if f"not_grade:{name}" in effects}

    # what stands in the way

    def _obstacles(self, index: int) -> tuple[PathOutcome, tuple[Reason, ...]]:
        """Why a grade stays closed with everything rectified; the first kind found leads."""
        name, full = self.rubric.ladder[index].grade, self.best.reasons
        best, worst, performance = performance_range(self.rubric, self.facts)
        about = [r for r in performance if r.effect in (f"not_grade:{name}", f"open_grade:{name}")]
        unknown = [r for r in full if r.code == "score_fact_unknown"]
        found: list[tuple[PathOutcome, list[Reason]]] = []
        if best > index:
            found.append((PathOutcome.PERFORMANCE, about))
        elif worst > index:
            found.append((PathOutcome.FACT_UNKNOWN, about))
        if unknown:
            found.append((PathOutcome.FACT_UNKNOWN, unknown))
        if name in self.capped:
            cap = self.rubric.absence_cap
            clause = cap.clause if cap else ""
            reason = Reason("absence_cap", f"not_grade:{name}", clause=clause)
            found.append((PathOutcome.ABSENCE_CAP, [reason]))
        score = self.losses.score(self.losses.most_gain)
        short = self._rung_at(score) > index
        if not short and self._rung_at(after_events(self.rubric, score, self.facts).score) > index:
            found.append((PathOutcome.EVENT, [r for r in full if r.code == "event"]))
        source = self.rubric.imported
        if short and source is not None and not unknown:
            effect = f"not_grade:{name}"
            reason = Reason("imported", effect, fact=source.fact, clause=source.clause)
            found.append((PathOutcome.IMPORTED, [reason]))
        closed = [
            r for r in full if r.effect == f"not_grade:{name}" and r.code in ("minimum", "star")
        ]
        if closed or not found:
            if short and not found:
                clause = self.rubric.ladder[index].clause
                closed.append(Reason("score_below", f"not_grade:{name}", clause=clause))
            closed += [r for r in full if r.code == "guarantee"]
            found.append((PathOutcome.OUT_OF_REACH, closed))
        return found[0][0], tuple(reason for _, reasons in found for reason in reasons)

    # the paths themselves

    def _verified(self, choice: Choice, index: int, *, proved: bool) -> Path:
        """A path that the engine has been shown; what it contradicts is not proved."""
        grade_name = self.rubric.ladder[index].grade
        result = self._regrade(choice.items)
        won = self._points(result) - self._points(self.result)
        steps = self._steps(choice.items, grade_name)
        if self._index(result) <= index and won == choice.points:
            return Path(steps, won, proved)
        other = self._irreducible(index, by_points=False)
        return Path(self._steps(other.items, grade_name), other.points, proved=False)

    def _points(self, result: Result) -> int:
        """Points of the base and of bonus rows, less those of penalty rows."""
        roles = [(self.rubric.by_id[row.id].role, row) for row in result.items]
        bonus = sum(row.earned for role, row in roles if role is Role.BONUS)
        return result.earned + bonus - sum(r.deducted for role, r in roles if role is Role.PENALTY)

    def _steps(self, items: frozenset[str], name: str) -> tuple[Step, ...]:
        order = list(StepKind)
        starred = {star for rule in self.rubric.stars if rule.grade == name for star in rule.stars}
        kinds = {
            item.id: self._kind(self.losses.effects[item.id], starred=item.star in starred)
            for item in self.rubric.items
            if item.id in items
        }
        steps: list[Step] = []
        parts: dict[str, _Part] = {}
        for item in sorted(kinds, key=lambda item: order.index(kinds[item])):
            element = self.losses.effects[item].element
            if element not in parts:
                parts[element] = _Part(self.rubric, element, self.answers)
            steps.append(Step(item, parts[element].rectify(item), kinds[item]))
        return tuple(steps)

    def _kind(self, effect: Effect, *, starred: bool) -> StepKind:
        if effect.hazard:
            return StepKind.MAJOR_HAZARD
        if effect.veto:
            return StepKind.VETO
        if effect.vetoes or any(effect.zeroes):
            return StepKind.ZEROING
        if any(effect.special):
            return StepKind.SPECIAL
        return StepKind.STAR if starred else StepKind.DEDUCTION

    def _irreducible(self, index: int, *, by_points: bool) -> Choice:
        """A set that reaches a grade and from which nothing can be left out."""
        effects = self.losses.effects.values()
        keep = [effect.item for effect in sorted(effects, key=_size, reverse=by_points)]
        for item in tuple(keep):
            fewer = [other for other in keep if other != item]
            if self._reached(fewer) <= index:
                keep = fewer
        won = self._points(self._regrade(keep)) - self._points(self.result)
        return Choice(len(keep), won, frozenset(keep))


class _Part:
    """One element while its items are put in order one after the other."""

    def __init__(self, rubric: Rubric, element: str, answers: Mapping[str, Answer]) -> None:
        self.rubric = replace(
            rubric,
            elements=tuple(part for part in rubric.elements if part.id == element),
            items=tuple(item for item in rubric.items if item.element == element),
        )
        self.answers = {item.id: answers[item.id] for item in self.rubric.items}
        self.points = self._evaluate()

    def rectify(self, item: str) -> int:
        """Put one item in order; the points that this adds."""
        self.answers[item] = rectify(self.answers[item])
        before, self.points = self.points, self._evaluate()
        return self.points - before

    def _evaluate(self) -> int:
        totals = evaluate(self.rubric, self.answers, open_as_full=True)
        return totals.earned + totals.bonus - totals.penalty


def _size(effect: Effect) -> int:
    return effect.base + effect.bonus + effect.penalty + sum(effect.special)
