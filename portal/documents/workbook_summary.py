"""Two sheets that are computed: points by element (汇总) and deductions with their reasons."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from criteria.model import Element, Item, Scheme
from criteria.rubric import rubric_of
from portal.documents.workbook_style import Painter, Sheet, number_format, row_height, set_up_page
from portal.domain.answers import points_text
from scoring.items import amount
from scoring.model import Answer, Outcome, Result, Scope, Trigger
from scoring.rounding import fixed, half_up, plain

_SUMMARY = ("no", "element", "points", "not_applicable", "lost", "earned", "rate", "open")
_SUMMARY_WIDTHS = [7.0, 44, 12, 14, 12, 12, 12, 14]
_LOST = ("no", "element", "item", "lost", "reason", "measure", "person", "done")
_LOST_WIDTHS = [6.0, 30, 9, 9, 66, 30, 13, 10]
NOTHING = "—"


def write_summary(sheet: Sheet, painter: Painter, scheme: Scheme, result: Result) -> None:
    """Points by element from the engine's figures, the converted score, the grade by score.

    An element with open items has no earned points yet: open is neither full nor zero.
    """
    say, put = painter.say, painter.put
    hint = "workbook.summary.hint"
    labels = [say(f"workbook.summary.{key}") for key in _SUMMARY]
    painter.head(sheet, say("workbook.summary.title"), say(hint), labels)
    open_by = {element.id: 0 for element in scheme.elements}
    for item in result.items:
        open_by[item.element] += not item.answered
    unit, decimals = scheme.unit, number_format("#", scheme.unit)
    row = 4
    for number, (element, figures) in enumerate(
        zip(scheme.elements, result.elements, strict=True), start=1
    ):
        name = f"{element.id} {element.title[painter.language]}"
        put(sheet, row, 1, number, "centre")
        put(sheet, row, 2, name, "text")
        _figures(
            sheet,
            painter,
            row,
            "figure",
            decimals,
            open_by[element.id],
            (
                figures.points * unit,
                figures.not_applicable * unit,
                figures.deducted * unit,
                figures.earned * unit,
            ),
        )
        row += 1
    put(sheet, row, 1, None, "total")
    put(sheet, row, 2, say("workbook.summary.total"), "label")
    _figures(
        sheet,
        painter,
        row,
        "total",
        decimals,
        sum(open_by.values()),
        (
            result.points * unit,
            result.not_applicable * unit,
            result.deducted * unit,
            result.earned * unit,
        ),
    )
    for each in range(4, row + 1):
        sheet.row_dimensions[each].height = 22
    for offset, line in enumerate(_score_lines(painter, scheme, result), start=2):
        put(sheet, row + offset, 1, line, "result" if offset == 2 else "hint")
        sheet.row_dimensions[row + offset].height = 24
    set_up_page(sheet, _SUMMARY_WIDTHS, printed=len(_SUMMARY), freeze="A4")


def _figures(
    sheet: Sheet,
    painter: Painter,
    row: int,
    style: str,
    decimals: str,
    open_items: int,
    amounts: tuple[Fraction, Fraction, Fraction, Fraction],
) -> None:
    points, not_applicable, lost, earned = amounts
    attainable = points - not_applicable
    rate = NOTHING
    if attainable and not open_items:
        rate = f"{fixed(half_up(earned / attainable * 100, 1), 1)}%"
    shown = NOTHING if open_items else earned
    for column, value in enumerate(
        (points, not_applicable, lost, shown, rate, open_items), start=3
    ):
        cell = painter.put(sheet, row, column, value, style)
        if isinstance(value, Fraction):
            cell.number_format = decimals


def _score_lines(painter: Painter, scheme: Scheme, result: Result) -> list[str]:
    say = painter.say
    if result.outcome is Outcome.NOT_ASSESSABLE:
        return [say("workbook.summary.not_assessable")]
    if result.outcome is Outcome.INCOMPLETE or result.score is None:
        low, high = result.interval or (Fraction(0), scheme.scale)
        return [
            say(
                "workbook.summary.incomplete",
                count=len(result.items) - result.answered,
                low=fixed(low, scheme.decimals),
                high=fixed(high, scheme.decimals),
            )
        ]
    titles = {rung.grade: rung.title[painter.language] for rung in scheme.ladder}
    score = fixed(result.score, scheme.decimals)
    lines = [say("workbook.summary.score", score=score, scale=plain(scheme.scale))]
    if result.grade_by_score is None:
        lines.append(say("workbook.summary.below_lowest"))
    else:
        lines.append(say("workbook.summary.grade", grade=titles[result.grade_by_score]))
    return lines


@dataclass(frozen=True, slots=True)
class LostRow:
    """Points lost for one reason, in units; all rows of an element add up to its deduction."""

    element: Element
    item: Item | None
    units: int
    reason: str


class LostPoints:
    """Says where every lost point went, in the order of the standard."""

    def __init__(
        self, painter: Painter, scheme: Scheme, answers: Mapping[str, Answer], result: Result
    ) -> None:
        self.say, self.language, self.scheme = painter.say, painter.language, scheme
        self.rubric, self.answers, self.result = rubric_of(scheme), answers, result
        self.specials = {(row.item, row.rule): row for row in result.specials}

    def rows(self) -> Iterator[LostRow]:
        """All rows; a part that scores nothing as a whole has a row of its own at the end."""
        for element, figures in zip(self.scheme.elements, self.result.elements, strict=True):
            told = 0
            for item in element.items:
                answer = self.answers.get(item.id)
                if answer is None or answer.not_applicable is not None:
                    continue
                for units, reason in self._of_item(item, answer):
                    told += units
                    yield LostRow(element, item, units, reason)
            if figures.deducted > told:
                causes = ", ".join(
                    row.item
                    for row in self.result.reasons
                    if row.code == "zeroed" and row.element == element.id and row.item
                )
                reason = self.say("workbook.deductions.zeroed", items=causes or NOTHING)
                yield LostRow(element, None, figures.deducted - told, reason)

    def _of_item(self, item: Item, answer: Answer) -> Iterator[tuple[int, str]]:
        known = self.rubric.by_id[item.id]
        words = {rule.id: rule.text[self.language] for rule in item.rules}
        left = known.points
        for row in answer.deductions:
            rule = known.rule(row.rule)
            if rule is None:  # the engine has refused such an answer
                continue
            asked = amount(rule, row, known.points)
            if rule.scope is Scope.ITEM:
                taken = min(asked, left)
                beyond = 0
            else:
                taken = 0
                special = self.specials.get((item.id, rule.id))
                beyond = special.taken if special else 0
            if rule.zeroes is Scope.ITEM:
                taken = left
            left -= taken
            reason = words[rule.id]
            if row.count > 1:
                reason = self.say("workbook.deductions.times", reason=reason, count=row.count)
            yield taken + beyond, self._capped(reason, asked, taken + beyond)
        if answer.lost:
            taken = min(answer.lost, left)
            yield taken, self._capped(answer.reason, answer.lost, taken)
        for rule in known.rules:
            automatic = self.specials.get((item.id, rule.id))
            if rule.trigger is Trigger.ITEM_AT_ZERO and automatic:
                yield (
                    automatic.taken,
                    self._capped(words[rule.id], automatic.asked, automatic.taken),
                )

    def _capped(self, reason: str, asked: int, taken: int) -> str:
        if taken >= asked:
            return reason
        asked_text = points_text(self.rubric, asked)
        return self.say("workbook.deductions.capped", reason=reason, asked=asked_text)


def write_deductions(
    sheet: Sheet,
    painter: Painter,
    scheme: Scheme,
    answers: Mapping[str, Answer],
    result: Result,
) -> None:
    """The list of deductions with reasons (自评扣分点及原因说明汇总表)."""
    say, put, language = painter.say, painter.put, painter.language
    labels = [say(f"workbook.deductions.{key}") for key in _LOST]
    painter.head(sheet, say("workbook.deductions.title"), say("workbook.deductions.hint"), labels)
    row, total, decimals = 4, 0, number_format("#", scheme.unit)
    for number, lost in enumerate(LostPoints(painter, scheme, answers, result).rows(), start=1):
        place = _place(lost, language)
        put(sheet, row, 1, number, "centre")
        put(sheet, row, 2, place, "text")
        put(sheet, row, 3, lost.item.id if lost.item else NOTHING, "centre")
        put(sheet, row, 4, lost.units * scheme.unit, "figure").number_format = decimals
        put(sheet, row, 5, lost.reason, "text")
        for column in (6, 7, 8):
            put(sheet, row, column, None, "entry")
        sheet.row_dimensions[row].height = max(
            row_height(place, _LOST_WIDTHS[1]), row_height(lost.reason, _LOST_WIDTHS[4])
        )
        total += lost.units
        row += 1
    if row == 4:
        put(sheet, row, 1, say("workbook.deductions.none"), "hint")
    else:
        for column in range(1, len(_LOST) + 1):
            put(sheet, row, column, None, "total")
        put(sheet, row, 2, say("workbook.summary.total"), "label")
        put(sheet, row, 4, total * scheme.unit, "total").number_format = decimals
    set_up_page(sheet, _LOST_WIDTHS, printed=len(_LOST), freeze="A4")


def _place(lost: LostRow, language: str) -> str:
    place = f"{lost.element.id} {lost.element.title[language]}"
    sub = lost.item.sub_element if lost.item else None
    for row in lost.element.sub_elements:
        if row.id == sub:
            place += f" / {row.id} {row.title[language]}"
    return place
