"""Deductions to the points of one item: floor at zero (扣完为止), whole-item rules, contracts."""

from dataclasses import dataclass

from scoring.errors import ScoringError
from scoring.model import Answer, Deduction, DeductionRule, ItemRubric, Kind, Scope, Trigger


@dataclass(frozen=True, slots=True)
class ItemScore:
    """An item after its own deductions, before anything reaches beyond it.

    Attributes:
        beyond: rules that take points (units) from what is larger than the item.
        zeroes: what scores nothing besides, each with the clause that says so.
    """

    earned: int
    not_applicable: int
    beyond: tuple[tuple[DeductionRule, int], ...] = ()
    zeroes: tuple[tuple[str, Scope], ...] = ()


def check_answer(item: ItemRubric, answer: Answer) -> None:
    """Refuse an answer that breaks the contract.

    Raises:
        ScoringError: rule of another item, a count that is not a whole number >= 1, a range
            amount outside 0..points, points outside 0..points, a missing reason, or full
            marks together with deductions.
    """
    if answer.not_applicable is not None and not answer.not_applicable.strip():
        raise ScoringError("not_applicable_without_reason", item=item.id)
    if answer.not_applicable is not None and not item.may_be_absent:
        raise ScoringError("may_not_be_absent", item=item.id)
    if answer.not_applicable is not None and (answer.deductions or answer.lost or answer.full):
        raise ScoringError("not_applicable_with_deductions", item=item.id)
    if answer.full and (answer.deductions or answer.lost):
        raise ScoringError("full_with_deductions", item=item.id)
    if not _is_whole(answer.lost) or not 0 <= answer.lost <= item.points:
        raise ScoringError("lost_out_of_range", item=item.id, found=str(answer.lost))
    if answer.lost and not answer.reason.strip():
        raise ScoringError("lost_without_reason", item=item.id)
    seen: set[str] = set()
    for deduction in answer.deductions:
        if deduction.rule in seen:
            raise ScoringError("rule_twice", item=item.id, rule=deduction.rule)
        seen.add(deduction.rule)
        _check_deduction(item, deduction)


def _check_deduction(item: ItemRubric, deduction: Deduction) -> None:
    rule = item.rule(deduction.rule)
    if rule is None:
        known = ", ".join(rule.id for rule in item.rules) or "-"
        raise ScoringError("unknown_rule", item=item.id, rule=deduction.rule, known=known)
    if rule.trigger is Trigger.ITEM_AT_ZERO:
        raise ScoringError("rule_not_reported", item=item.id, rule=rule.id)
    if not _is_whole(deduction.count) or deduction.count < 1:
        found = str(deduction.count)
        raise ScoringError("bad_count", item=item.id, rule=rule.id, found=found)
    if rule.kind in (Kind.ONCE, Kind.WHOLE) and deduction.count != 1:
        found = str(deduction.count)
        raise ScoringError("counted_once", item=item.id, rule=rule.id, found=found)
    if rule.kind is Kind.RANGE:
        points = deduction.points
        if points is None or not _is_whole(points) or not 0 <= points <= (rule.points or 0):
            found = str(points)
            raise ScoringError("range_out_of_bounds", item=item.id, rule=rule.id, found=found)
    elif deduction.points is not None:
        raise ScoringError("rule_without_range", item=item.id, rule=rule.id)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def amount(rule: DeductionRule, deduction: Deduction, item_points: int) -> int:
    """Points (units) that a reported rule takes from its scope."""
    match rule.kind:
        case Kind.WHOLE:
            return rule.points if rule.points is not None else item_points
        case Kind.ONCE:
            return rule.points or 0
        case Kind.EACH | Kind.PER_PERCENT:
            return (rule.points or 0) * deduction.count
        case Kind.RANGE:
            return deduction.points or 0


def score_item(item: ItemRubric, answer: Answer) -> ItemScore:
    """Score one answered item; the answer has passed :func:`check_answer`."""
    if answer.not_applicable is not None:
        return ItemScore(earned=0, not_applicable=item.points)
    lost = answer.lost
    beyond: list[tuple[DeductionRule, int]] = []
    zeroes: list[tuple[str, Scope]] = []
    for deduction in answer.deductions:
        rule = next(rule for rule in item.rules if rule.id == deduction.rule)
        taken = amount(rule, deduction, item.points)
        if rule.scope is Scope.ITEM:
            lost += taken
        elif taken:
            beyond.append((rule, taken))
        if rule.zeroes is Scope.ITEM:
            lost = max(lost, item.points)
        elif rule.zeroes is not None:
            zeroes.append((rule.clause, rule.zeroes))
    if item.veto is not None and lost:
        if item.veto is Scope.ITEM:
            lost = item.points
        else:
            zeroes.append((item.clause, item.veto))
    earned = max(0, item.points - lost)
    if earned == 0 and item.points:
        for rule in item.rules:
            if rule.trigger is Trigger.ITEM_AT_ZERO:
                beyond.append((rule, rule.points if rule.points is not None else item.points))
                if rule.zeroes is not None and rule.zeroes is not Scope.ITEM:
                    zeroes.append((rule.clause, rule.zeroes))
    return ItemScore(earned, 0, tuple(beyond), tuple(zeroes))


def worst_answer(item: ItemRubric, reach: int) -> Answer:
    """The answer that costs most, for the lower end of the interval of an unanswered item.

    Args:
        item: the unanswered item.
        reach: points (units) that its element has at most; a counted rule need not go further.
    """
    # count and points of every rule: amount() reads the one that its kind is about
    deductions = tuple(
        Deduction(rule.id, -(-reach // rule.points) if rule.points else 1, rule.points)
        for rule in item.rules
        if rule.trigger is Trigger.REPORTED and (rule.scope is not Scope.ITEM or rule.zeroes)
    )
    return Answer(deductions, lost=item.points)
