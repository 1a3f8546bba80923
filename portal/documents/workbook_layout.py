"""What the writer and the reader of a scoring workbook (自评打分表) must agree on.

Rows are known by item id and rule id, columns by a hidden row of marks; position means nothing, so
a workbook survives inserted rows, moved columns and other people's spreadsheet programs.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from criteria.model import Item, Rule, Scheme
from portal.domain.answers import ItemAnswer
from scoring.model import Kind, Scope, Trigger

Say = Callable[..., str]
"""Words a key of the text catalogue: ``say(key, **values)``."""

FORMAT = "1"
"""Version of the layout; a reader refuses any other."""

ORIGIN_SHEET = "_anbiao"
ORIGIN_KEYS = ("format", "scheme", "edition", "fingerprint", "language", "blank_reason")

HEADER_FIELDS = ("unit", "credit_code", "period_from", "period_to", "leader", "members")

FULL_MARK = "√"
FULL_MARKS = frozenset({"√", "✓", "✔", "是", "满分", "y", "yes", "1", "true"})

EARLIEST = date(2000, 1, 1)
"""A number typed into a date cell becomes a day of 1900; no period is that old."""

COUNT_LIMIT = 999
TEXT_INPUTS = ("not_applicable", "reason", "remark", "difference")
ITEM_INPUTS = ("full", "not_applicable", "lost", "reason", "remark", "difference")
RULE_INPUTS = ("count", "amount")

HEAD_ROW, KEY_ROW, FIRST_ROW = 3, 4, 5
KEY_PREFIX = "anbiao:"

_TITLE_LIMIT = 31  # of Excel
_FORBIDDEN = re.compile(r"[\\/*?:\[\]]")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


@dataclass(frozen=True, slots=True)
class SheetHeader:
    """Who assessed what, and when; both dates belong to the period."""

    unit: str = ""
    credit_code: str = ""
    period_from: date | None = None
    period_to: date | None = None
    leader: str = ""
    members: str = ""


def element_titles(scheme: Scheme, language: str) -> dict[str, str]:
    """Sheet title of each level-1 element, such as ``6 生产设备设施``, by element id."""
    titles: dict[str, str] = {}
    for element in scheme.elements:
        full = _FORBIDDEN.sub(" ", f"{element.id} {element.title[language]}").strip("' ")
        if len(full) > _TITLE_LIMIT:
            cut = full[: _TITLE_LIMIT - 1]
            full = (cut.rpartition(" ")[0] if language == "en" else cut) + "…"
        titles[element.id] = full
    return titles


def columns_of(scheme: Scheme, answers: Mapping[str, ItemAnswer]) -> tuple[str, ...]:
    """Column keys of an element sheet, from left to right.

    The amount column is there only when the scheme has range rules, the difference column only
    when a reviewer has written one. The last two identify the row.
    """
    ranges = any(rule.kind == Kind.RANGE for item in scheme.items for rule in item.rules)
    differs = any(answer.difference for answer in answers.values())
    return (
        *("sub_element", "number", "text", "points", "effect", "count"),
        *(("amount",) if ranges else ()),
        *("full", "not_applicable", "lost", "reason", "remark"),
        *(("difference",) if differs else ()),
        *("earned", "item", "rule"),
    )


def is_input(rule: Rule) -> bool:
    """Whether an assessor reports the rule; the engine applies the others itself."""
    return rule.trigger == Trigger.REPORTED


def highest_count(rule: Rule) -> int:
    """How often a rule can be counted."""
    return 1 if rule.kind in (Kind.ONCE, Kind.WHOLE) else COUNT_LIMIT


def rule_points(item: Item, rule: Rule) -> Fraction:
    """Points of one count; a whole-item rule takes what the item has."""
    return item.points if rule.points is None else rule.points


def rule_text(item: Item, rule: Rule, language: str) -> str:
    """Numbered wording of a rule."""
    number = item.rules.index(rule) + 1
    return f"({number}) {rule.text['en']}" if language == "en" else f"（{number}）{rule.text['zh']}"


def takes_from_item(rule: Rule) -> bool:
    """Whether the points of the rule come from the row itself."""
    return rule.scope == Scope.ITEM


def escape(text: str) -> str:
    """Write what XML cannot hold (a line break of Word, half a surrogate) as Excel does.

    >>> escape("a" + chr(11) + "b")
    'a_x000B_b'
    """
    if text and not text.strip():
        # programs drop white space that stands alone, so it is spelt out
        return "".join(f"_x{ord(sign):04X}_" for sign in text)
    return _UNSAFE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def unescape(text: str) -> str:
    """Undo :func:`escape`.

    >>> unescape("a_x000B_b") == "a" + chr(11) + "b", unescape(escape("_x000B_"))
    (True, '_x000B_')
    """
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
