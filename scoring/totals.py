"""Items to elements to the whole: special deductions, zeroing, the totals."""

from collections.abc import Mapping
from dataclasses import dataclass

from scoring.items import ItemScore, score_item, worst_answer
from scoring.model import (
    Answer,
    ElementResult,
    ItemResult,
    Reason,
    Role,
    Rubric,
    Scope,
    SpecialDeduction,
)


@dataclass(frozen=True, slots=True)
class Totals:
    """All figures of one evaluation, in units."""

    points: int
    not_applicable: int
    attainable: int
    earned: int
    elements: tuple[ElementResult, ...]
    items: tuple[ItemResult, ...]
    specials: tuple[SpecialDeduction, ...]
    zeroed: tuple[Reason, ...]
    vetoed: bool
    bonus: int = 0
    penalty: int = 0


def evaluate(rubric: Rubric, answers: Mapping[str, Answer], *, open_as_full: bool) -> Totals:
    """Add up an assessment in the order: items, special deductions, zeroing.

    Args:
        rubric: the edition.
        answers: checked answers by item id; items left out are unanswered.
        open_as_full: count unanswered items as full marks, else at their worst.
    """
    sheet = _Sheet(rubric)
    reach = {element.id: element.points for element in rubric.elements}
    for item in rubric.items:
        answer = answers.get(item.id)
        if answer is not None:
            score = score_item(item, answer)
        elif open_as_full:
            score = ItemScore(item.points, 0)
        else:
            score = score_item(item, worst_answer(item, reach[item.element]))
        sheet.add(item.id, score, answered=answer is not None)
    return sheet.close()


class _Sheet:
    """Collects item scores, then lets what reaches beyond the items take its points."""

    def __init__(self, rubric: Rubric) -> None:
        self.rubric = rubric
        self.items: list[ItemResult] = []
        self.beyond: list[tuple[str, ItemScore]] = []

    def add(self, item_id: str, score: ItemScore, *, answered: bool) -> None:
        item = self.rubric.by_id[item_id]
        deducted = item.points - score.not_applicable - score.earned
        self.items.append(
            ItemResult(
                item.id,
                item.element,
                item.sub_element,
                item.points,
                score.not_applicable,
                deducted,
                score.earned,
                answered,
            )
        )
        if score.beyond or score.zeroes:
            self.beyond.append((item_id, score))

    def close(self) -> Totals:
        subs: dict[str, int] = {}
        loose: dict[str, int] = {element.id: 0 for element in self.rubric.elements}
        parent: dict[str, str] = {}
        for item in self.items:
            # bonus and penalty rows have no points here, but their rules may reach a sub-element
            earned = item.earned if self._role(item) is Role.BASE else 0
            if item.sub_element is None:
                loose[item.element] += earned
            else:
                subs[item.sub_element] = subs.get(item.sub_element, 0) + earned
                parent[item.sub_element] = item.element
        specials = self._take(Scope.SUB_ELEMENT, subs)
        zeroed, vetoed = self._zero(Scope.SUB_ELEMENT, subs)
        left = dict(loose)
        for sub, earned in subs.items():
            left[parent[sub]] += earned
        specials += self._take(Scope.ELEMENT, left)
        more, veto_too = self._zero(Scope.ELEMENT, left)
        more += self._guarantees(left)
        elements = tuple(
            self._element(element.id, left[element.id], specials)
            for element in self.rubric.elements
        )
        points = sum(item.points for item in self._base())
        not_applicable = sum(item.not_applicable for item in self._base())
        return Totals(
            points=points,
            not_applicable=not_applicable,
            attainable=points - not_applicable,
            earned=sum(left.values()),
            elements=elements,
            items=tuple(self.items),
            specials=tuple(specials),
            zeroed=(*zeroed, *more),
            vetoed=vetoed or veto_too,
            bonus=sum(i.earned for i in self.items if self._role(i) is Role.BONUS),
            penalty=sum(i.deducted for i in self.items if self._role(i) is Role.PENALTY),
        )

    def _role(self, item: ItemResult) -> Role:
        return self.rubric.by_id[item.id].role

    def _base(self) -> list[ItemResult]:
        return [item for item in self.items if self._role(item) is Role.BASE]

    def _guarantees(self, left: dict[str, int]) -> list[Reason]:
        """Let an element score nothing when its guarantee rows (保证项目) do not hold."""
        reasons = []
        for element in self.rubric.elements:
            if element.guarantee is None:
                continue
            rows = [
                item
                for item in self.items
                if item.element == element.id
                and self.rubric.by_id[item.id].guarantee
                and not item.not_applicable
            ]
            if not rows:
                continue
            earned = sum(item.earned for item in rows)
            if earned < element.guarantee or any(item.earned == 0 for item in rows):
                left[element.id] = 0
                reasons.append(Reason("guarantee", f"element:{element.id}", element=element.id))
        return reasons

    def _target(self, item_id: str, scope: Scope) -> str:
        item = self.rubric.by_id[item_id]
        # an item outside any sub-element has the element as its next larger part
        if scope is Scope.SUB_ELEMENT and item.sub_element is not None:
            return item.sub_element
        return item.element

    def _scope(self, item_id: str, scope: Scope) -> Scope:
        loose = self.rubric.by_id[item_id].sub_element is None
        return Scope.ELEMENT if loose and scope is Scope.SUB_ELEMENT else scope

    def _take(self, scope: Scope, left: dict[str, int]) -> list[SpecialDeduction]:
        specials = []
        for item_id, score in self.beyond:
            for rule, asked in score.beyond:
                if self._scope(item_id, rule.scope) is not scope:
                    continue
                target = self._target(item_id, scope)
                taken = min(asked, left[target])
                left[target] -= taken
                specials.append(SpecialDeduction(item_id, rule.id, scope, target, asked, taken))
        return specials

    def _zero(self, scope: Scope, left: dict[str, int]) -> tuple[list[Reason], bool]:
        reasons, vetoed = [], False
        for item_id, score in self.beyond:
            for clause, zeroes in score.zeroes:
                if zeroes is Scope.ASSESSMENT:
                    if scope is Scope.ELEMENT:
                        vetoed = True
                        reasons.append(Reason("veto", "no_grade", item=item_id, clause=clause))
                elif self._scope(item_id, zeroes) is scope:
                    target = self._target(item_id, scope)
                    left[target] = 0
                    reasons.append(
                        Reason(
                            "zeroed",
                            f"{scope.value}:{target}",
                            item=item_id,
                            element=self.rubric.by_id[item_id].element,
                            clause=clause,
                        )
                    )
        return reasons, vetoed

    def _element(
        self, element: str, earned: int, specials: list[SpecialDeduction]
    ) -> ElementResult:
        rows = [item for item in self._base() if item.element == element]
        points = sum(item.points for item in rows)
        not_applicable = sum(item.not_applicable for item in rows)
        attainable = points - not_applicable
        special = sum(s.taken for s in specials if self.rubric.by_id[s.item].element == element)
        return ElementResult(
            element, points, not_applicable, attainable, earned, attainable - earned, special
        )
