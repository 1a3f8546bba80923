"""Numbering and points as standards write them: 5.3.2, 5-3-2, 一、, （2）, "5分"."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from portal.documents.standard_columns import plain_text
from portal.documents.standard_values import SheetColumns
from portal.documents.workbook_grid import Grid, GridCell

_DIGITS = "一二三四五六七八九"
_CHINESE = "[一二三四五六七八九十百]+"
_DASH = r"[.\-–—－。]"  # a full stop is typed for a point now and then
_FORMS = (
    ("absolute", re.compile(rf"[A-Za-z]?(\d+(?:{_DASH}\d+)+)[.、]?")),
    ("chapter", re.compile(rf"第({_CHINESE}|\d+)(?:章|部分|类|篇)、?")),
    ("chapter", re.compile(rf"({_CHINESE})[、.]")),
    ("section", re.compile(rf"第({_CHINESE}|\d+)节、?")),
    ("section", re.compile(rf"[（(]({_CHINESE})[)）]、?")),
    ("bracket", re.compile(r"[（(](\d+)[)）]、?|(\d+)[)）]")),
    ("simple", re.compile(r"[A-Za-z]?(\d+)(?:[、.](?!\d)|(?=\s+\D)|$)")),
)
_WHOLE_CHINESE = re.compile(_CHINESE)
_POINTS = re.compile(r"\(?([-−]?\d+(?:\.\d+)?)分?\)?")
_BROKEN = re.compile(r"(?<=[\u2e80-\uffef])\s*\n\s*|\s*\n\s*(?=[\u2e80-\uffef])")
_STATED = re.compile(
    r"[（(【\[]\s{0,4}(?:(?:共|满分|标准分|分值|总分)[:：]?\s{0,4})?(\d{1,6}(?:\.\d{1,3})?)\s{0,4}分\s{0,4}[)）】\]]"
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the standard.

    Attributes:
        parts: such as (5, 3, 2).
        form: ``absolute`` (5.3.2), ``simple`` (5), ``bracket`` （5）, ``chapter`` (一、) or
            ``section`` （一）.
    """

    parts: tuple[int, ...]
    form: str

    @property
    def id(self) -> str:
        """As ids are written: parts with points between them."""
        return ".".join(map(str, self.parts))


def split_number(text: str) -> tuple[Number | None, str]:
    """The number at the beginning of a text, and the rest.

    >>> split_number("2-1 组织机构")
    (Number(parts=(2, 1), form='absolute'), '组织机构')
    >>> split_number("5S管理")
    (None, '5S管理')
    """
    text = text.strip().replace("\uff0e", ".")
    if _WHOLE_CHINESE.fullmatch(text):
        return Number((_chinese(text),), "chapter"), ""
    for form, pattern in _FORMS:
        found = pattern.match(text)
        if found:
            digits = next(part for part in found.groups() if part)
            parts = tuple(_whole(part) for part in re.split(_DASH, digits))
            return Number(parts, form), text[found.end() :].strip()
    return None, text


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() else _chinese(text)


def _chinese(text: str) -> int:
    """A Chinese number below a thousand.

    >>> _chinese("十"), _chinese("二十三"), _chinese("一百零五".replace("零", ""))
    (10, 23, 105)
    """
    total = digit = 0
    for sign in text:
        if sign in "十百":
            total += (digit or 1) * (10 if sign == "十" else 100)
            digit = 0
        else:
            digit = _DIGITS.index(sign) + 1
    return total + digit


def number_of(cell: GridCell | None) -> tuple[str, bool]:
    """What a number cell says, and whether the program had made a date of it (1-1 → 1 January)."""
    if cell is None:
        return "", False
    if isinstance(cell.value, date):
        return f"{cell.value.month}.{cell.value.day}", True
    return cell.shown.strip(), False


def points_of(cell: GridCell | None) -> tuple[Fraction | None, bool]:
    """Points of a cell, and whether it holds anything at all."""
    if cell is None or not cell.shown.strip():
        return None, False
    if cell.kind not in ("n", "s"):
        return None, True
    found = _POINTS.fullmatch(plain_text(cell.shown))
    return (Fraction(found[1].replace("−", "-")) if found else None), True


def one_line(title: str) -> str:
    """A title that was broken to fit a narrow column, Chinese signs joined again.

    >>> one_line("目" + chr(10) + "标"), one_line("Fire" + chr(10) + "safety")
    ('目标', 'Fire safety')
    """
    return re.sub(r"\s*\n\s*", " ", _BROKEN.sub("", title)).strip()


def stated_points(title: str) -> tuple[str, Fraction | None]:
    """A title without the points that stand in it.

    >>> stated_points("一、目标（20分）")
    ('一、目标', Fraction(20, 1))
    """
    found = _STATED.search(title)
    if found is None:
        return title.strip(), None
    rest = f"{title[: found.start()]}{title[found.end() :]}"
    return rest.strip(), Fraction(found[1])


def leading_numbers(
    grids: Mapping[str, Grid], used: Iterable[SheetColumns], roles: Iterable[str]
) -> frozenset[tuple[int, ...]]:
    """Numbers that have others below them, such as 5.3 when there is 5.3.1."""
    found: set[tuple[int, ...]] = set()
    for sheet in used:
        for row, cells in grids[sheet.sheet].rows.items():
            if row <= sheet.head_row:
                continue
            for role in roles:
                text, _ = number_of(cells.get(sheet.columns.get(role, 0)))
                number, _ = split_number(text)
                if number is not None and number.form == "absolute":
                    found.update(number.parts[:size] for size in range(1, len(number.parts)))
    return frozenset(found)
