"""One level-1 element (类目) as a sheet: per item one row, below it one row per rule.

What is said about the whole item (full marks, not applicable, other deduction, remark) stands in
cells merged over the rows of the item, as on the paper form.
"""

from collections.abc import Mapping
from fractions import Fraction

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.cell_range import CellRange

from criteria.model import Element, Item, Rule, Scheme
from portal.documents.workbook_layout import (
    FIRST_ROW,
    FULL_MARK,
    HEAD_ROW,
    ITEM_INPUTS,
    KEY_PREFIX,
    KEY_ROW,
    highest_count,
    is_input,
    rule_points,
    rule_text,
    takes_from_item,
)
from portal.documents.workbook_style import (
    Painter,
    Sheet,
    number_format,
    row_height,
    set_up_page,
)
from portal.documents.workbook_validation import (
    count_rule,
    mark_rule,
    points_rule,
    text_rule,
)
from portal.domain.answers import ItemAnswer, ReportedRule
from scoring.model import Kind
from scoring.rounding import plain

_WIDTHS = {
    "sub_element": 11,
    "number": 8,
    "text": 56,
    "points": 7,
    "effect": 20,
    "count": 7,
    "amount": 8,
    "full": 6,
    "not_applicable": 17,
    "lost": 10,
    "reason": 22,
    "remark": 17,
    "difference": 20,
    "earned": 8,
    "item": 7,
    "rule": 9,
}
_STYLES = {
    "full": "mark",
    "not_applicable": "entry",
    "lost": "number",
    "reason": "entry",
    "remark": "entry",
    "difference": "entry",
}
_KEYS = 2  # columns on the right that identify the row and are not printed


class ElementSheet:
    """Writes the sheet of one element."""

    def __init__(
        self,
        sheet: Sheet,
        painter: Painter,
        scheme: Scheme,
        element: Element,
        columns: tuple[str, ...],
    ) -> None:
        self.sheet, self.painter, self.scheme, self.element = sheet, painter, scheme, element
        self.columns = columns
        self.column = {key: number for number, key in enumerate(columns, start=1)}
        self.language, self.say = painter.language, painter.say
        self.blank_reason = painter.say("workbook.blank_reason")
        self._rules_at: dict[int, tuple[Item, Rule]] = {}
        self._items_at: dict[int, Item] = {}

    def write(self, answers: Mapping[str, ItemAnswer]) -> None:
        """Write everything: header, rows, merged sub-elements, validation, page set-up."""
        title = f"{self.element.id} {self.element.title[self.language]}"
        points = plain(self.element.points)
        self.painter.head(
            self.sheet,
            self.say("workbook.element.title", title=title, points=points),
            self.say("workbook.element.hint"),
            [self.say(f"workbook.column.{key}") for key in self.columns],
        )
        for key, column in self.column.items():
            self.painter.put(self.sheet, KEY_ROW, column, KEY_PREFIX + key, "key")
        self.sheet.row_dimensions[KEY_ROW].hidden = True
        row = FIRST_ROW
        for item in self.element.items:
            row = self._write_item(row, item, answers.get(item.id, ItemAnswer()))
        self._merge_sub_elements(row)
        self._validate()
        self._finish()

    def _at(self, key: str, row: int) -> str:
        return f"{get_column_letter(self.column[key])}{row}"

    def _put(self, row: int, key: str, value: str | int | Fraction | None, style: str) -> None:
        self.painter.put(self.sheet, row, self.column[key], value, style)

    def _write_item(self, first: int, item: Item, answer: ItemAnswer) -> int:
        last = first + len(item.rules)
        self._items_at[first] = item
        text = item.text[self.language]
        self._put(first, "number", item.id, "centre")
        self._put(first, "text", text, "item")
        self._put(first, "points", item.points, "centre")
        for key in ("effect", "count", "amount"):
            if key in self.column:
                self._put(first, key, None, "item")
        self._put(first, "item", item.id, "key")
        self._put(first, "rule", None, "key")
        self.sheet.row_dimensions[first].height = row_height(text, (_WIDTHS["text"] - 2) * 0.95)
        for key, value in self._entries(answer).items():
            self._put(first, key, value, _STYLES[key])
        self.painter.formula(
            self.sheet, first, self.column["earned"], self._earned(first, item), "centre"
        )
        reported = {row.rule: row for row in answer.deductions}
        for row, rule in enumerate(item.rules, start=first + 1):
            self._write_rule(row, item, rule, reported.get(rule.id))
        self._merge_item(first, last)
        return last + 1

    def _entries(self, answer: ItemAnswer) -> dict[str, str | Fraction | None]:
        reason = answer.not_applicable
        entries: dict[str, str | Fraction | None] = {
            "full": FULL_MARK if answer.full else None,
            # a mark without reason has no cell of its own; the words say what is missing
            "not_applicable": self.blank_reason if reason == "" else reason,
            "lost": _points_value(answer.lost),
            "reason": answer.reason,
            "remark": answer.remark,
            "difference": answer.difference,
        }
        return {key: value for key, value in entries.items() if key in self.column}

    def _write_rule(self, row: int, item: Item, rule: Rule, reported: ReportedRule | None) -> None:
        text = rule_text(item, rule, self.language)
        self._rules_at[row] = (item, rule)
        self._put(row, "text", text, "rule")
        effect, points = self._effect(rule), rule_points(item, rule)
        self._put(row, "effect", points, "effect")
        self.sheet[self._at("effect", row)].number_format = number_format(effect, points)
        shown = effect.replace("#", plain(points))
        self.sheet.row_dimensions[row].height = max(
            row_height(text, _WIDTHS["text"] - 5), row_height(shown, _WIDTHS["effect"], 9)
        )
        ranged = rule.kind == Kind.RANGE
        style = "number" if is_input(rule) else "automatic"
        count = reported.count if reported and not (ranged and reported.count == 1) else None
        self._put(row, "count", count, style)
        if "amount" in self.column:
            amount = reported.points if reported and reported.points is not None else ""
            self._put(row, "amount", _points_value(amount), style if ranged else "automatic")
        self._put(row, "item", item.id, "key")
        self._put(row, "rule", rule.id, "key")

    def _effect(self, rule: Rule) -> str:
        """Words for what a rule does; # stands for its points."""
        parts = []
        if rule.zeroes is not None:
            parts.append(self.say(f"workbook.zeroes.{rule.zeroes}"))
        per = self.say(f"workbook.per.{rule.per or 'time'}")
        place = self.say(f"workbook.scope.{rule.scope}")
        if not is_input(rule):
            parts.append(self.say("workbook.effect.at_zero", place=place, points="#"))
        elif rule.kind == Kind.WHOLE and rule.points is None:
            if rule.zeroes is None:
                parts.append(self.say("workbook.zeroes.item"))
        elif takes_from_item(rule):
            parts.append(self.say(f"workbook.effect.{rule.kind}", per=per, points="#"))
        else:
            parts.append(
                self.say(f"workbook.effect_beyond.{rule.kind}", place=place, per=per, points="#")
            )
        return self.say("workbook.effect.joint").join(parts)

    def _earned(self, first: int, item: Item) -> str:
        """Formula of the item's points; what reaches beyond the item is in the summary only."""
        rows = list(enumerate(item.rules, start=first + 1))
        inputs = [
            self._at(key, row)
            for row, rule in rows
            if is_input(rule)
            for key in ("count", "amount")
            if key in self.column
        ]
        taken = [self._taken(row, item, rule) for row, rule in rows if is_input(rule)]
        minus = "".join(f"-{part}" for part in (self._at("lost", first), *taken) if part)
        full, reason = self._at("full", first), self._at("not_applicable", first)
        blank = "".join([f"{full}&{self._at('lost', first)}", *(f"&{cell}" for cell in inputs)])
        return f'=IF({reason}<>"","—",IF({blank}="","",MAX(0,{self._at("points", first)}{minus})))'

    def _taken(self, row: int, item: Item, rule: Rule) -> str:
        if rule.zeroes == "item":
            return f"{self._at('count', row)}*{plain(item.points)}"
        if not takes_from_item(rule):
            return ""
        if rule.kind == Kind.RANGE:
            return self._at("amount", row)
        return f"{self._at('count', row)}*{plain(rule_points(item, rule))}"

    def _merge_item(self, first: int, last: int) -> None:
        for key in ("number", "points", "earned", *ITEM_INPUTS):
            if key in self.column and last > first:
                self._merge(key, first, last, _STYLES.get(key, "centre"))

    def _merge(self, key: str, first: int, last: int, style: str) -> None:
        column = self.column[key]
        for row in range(first + 1, last + 1):
            self.painter.paint(self.sheet.cell(row, column), style)
        # merge_cells() compares every border with every other, most of the time of an export
        self.sheet.merged_cells.ranges.add(
            CellRange(min_col=column, min_row=first, max_col=column, max_row=last)
        )

    def _merge_sub_elements(self, end: int) -> None:
        names = {
            sub.id: f"{sub.id} {sub.title[self.language]}" for sub in self.element.sub_elements
        }
        whole = f"{self.element.id} {self.element.title[self.language]}"
        starts: list[tuple[int, str | None]] = []
        for row, item in self._items_at.items():
            if not starts or starts[-1][1] != item.sub_element:
                starts.append((row, item.sub_element))
        for (first, sub), (after, _) in zip(starts, [*starts[1:], (end, None)], strict=True):
            self._put(first, "sub_element", names.get(sub or "", whole), "group")
            if after - first > 1:
                self._merge("sub_element", first, after - 1, "group")

    def _validate(self) -> None:
        say, unit = self.say, self.scheme.unit
        many, once = count_rule(say, 999), count_rule(say, 1)
        for row, (_, rule) in self._rules_at.items():
            if is_input(rule):
                kind = many if highest_count(rule) > 1 else once
                kind.add(self._at("count", row))
        rules = [many, once]
        lost = points_rule(
            say, self._at("lost", FIRST_ROW), self._at("points", FIRST_ROW), unit, plain(unit)
        )
        singles = {"full": mark_rule(say), "lost": lost}
        singles |= {
            key: text_rule(say, key)
            for key in ITEM_INPUTS
            if key in self.column and key not in singles
        }
        for key, validation in singles.items():
            for row in self._items_at:
                validation.add(self._at(key, row))
            rules.append(validation)
        for row, (_, rule) in self._rules_at.items():
            if is_input(rule) and rule.kind == Kind.RANGE:
                cell = self._at("amount", row)
                amount = points_rule(say, cell, self._at("effect", row), unit, plain(unit))
                amount.add(cell)
                rules.append(amount)
        for validation in rules:
            if validation.sqref.ranges:
                self.sheet.add_data_validation(validation)

    def _finish(self) -> None:
        widths = [_WIDTHS[key] for key in self.columns]
        set_up_page(
            self.sheet,
            [float(width) for width in widths],
            printed=len(self.columns) - _KEYS,
            freeze=f"C{HEAD_ROW + 2}",
        )


def _points_value(text: str) -> str | Fraction | None:
    """Points as a number; text that a number would not give back stays text."""
    if not text:
        return None
    try:
        number = Fraction(text)
    except ValueError:
        return text
    return number if plain(number) == text else text
