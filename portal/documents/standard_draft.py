"""The rows of a file to an edition: ids, points, rules, sources."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from criteria.model import CHINESE, Element, Item, Scheme, Shape, Source, SubElement, Text
from criteria.packs.standards import headings
from portal.documents.standard_book import BookRows, ItemRow
from portal.documents.standard_deductions import RuleReading, read_rules
from portal.documents.standard_ids import Ids
from portal.documents.standard_values import Findings

_UNITS = tuple(map(Fraction, ("0.5", "0.1", "0.05", "0.01", "0.001")))
_STARS = re.compile(r"[★☆✩✮*]+")
_ENTRY = re.compile(r"^\s*(?:[（(]?\d{1,2}[)）、.]|[·•●-])\s*(?!\d)")


@dataclass(frozen=True, slots=True)
class Draft:
    """An edition made of rows.

    Attributes:
        sentences: of the methods that speak of points: all, and those that became no rule.
    """

    scheme: Scheme
    sentences: tuple[int, int]


def make_draft(book: BookRows, pattern: Scheme, findings: Findings) -> Draft:
    """Put the rows together.

    Args:
        book: what the file says.
        pattern: everything that a scoring workbook does not say: names, days, ladder, facts. Its
            elements are a frame whose weights and groups are taken over; they may be missing.
        findings: numbers given twice and rules that cannot be are noted here.
    """
    ids = Ids(book, findings)
    readings = [read_rules("\n".join(item.method), item.points) for item in book.items]
    for item, reading in zip(book.items, readings, strict=True):
        if reading.too_high and item.points > 0:
            cell = item.cells.get("method", item.cells["content"])
            findings.warning(item.sheet, cell, "rule_above_item", found=reading.too_high)
    if book.items and not any(item.evidence for item in book.items):
        first = book.items[0]
        findings.warning(
            first.sheet, first.cells["content"], "evidence_default", text=headings().evidence
        )
    asked = {star for row in pattern.shape.stars for star in row.stars}
    builder = _Builder(book, ids, pattern, asked)
    items = [
        builder.item(row, name, reading)
        for row, name, reading in zip(book.items, ids.items, readings, strict=True)
    ]
    elements = builder.elements(items)
    title = pattern.title if pattern.title.zh else _text(book.title or pattern.id)
    scheme = replace(
        pattern,
        title=title,
        summary=pattern.summary if pattern.summary.zh else title,
        languages=CHINESE,
        elements=elements,
        total=sum((element.points for element in elements), Fraction(0)),
        unit=_unit(items, pattern),
        shape=_without_unused_stars(pattern.shape, items, findings),
    )
    spoken = sum(reading.sentences for reading in readings)
    return Draft(scheme, (spoken, sum(reading.unread for reading in readings)))


@dataclass(frozen=True, slots=True)
class _Builder:
    book: BookRows
    ids: Ids
    pattern: Scheme
    asked: set[str]

    def item(self, row: ItemRow, item_id: str, reading: RuleReading) -> Item:
        """One scored row."""
        content = "\n".join(row.content)
        method = "\n".join(row.method)
        return Item(
            id=item_id,
            element=self.ids.elements[row.element],
            sub_element=self.ids.sub_elements.get((row.element, row.sub_element)),
            points=row.points,
            veto=None,
            text=_text(content),
            evidence=tuple(map(_text, _entries(row.evidence))) or (_text(headings().evidence),),
            rules=reading.rules,
            source=Source(
                self.pattern.document,
                f"{headings().clause} {item_id}",
                "quoted",
                verified=False,
            ),
            law=(),
            star=self._star(row.star, content),
            method=_text(method) if method else None,
        )

    def _star(self, mark: str, content: str) -> str:
        """Level of a starred row: how many stars it has, in its own column or before its text."""
        stars = _STARS.search(mark) or _STARS.match(content)
        level = str(len(stars[0])) if stars else mark.strip()
        return level if level in self.asked else ""

    def elements(self, items: Sequence[Item]) -> tuple[Element, ...]:
        """All elements with their items; an element without items is none."""
        frame = {element.id: element for element in self.pattern.elements}
        rows: defaultdict[str, list[Item]] = defaultdict(list)
        points: defaultdict[str, Fraction] = defaultdict(Fraction)
        for item in items:
            rows[item.element].append(item)
            points[item.element] += item.points
            if item.sub_element:
                points[f"/{item.sub_element}"] += item.points
        subs: defaultdict[str, list[SubElement]] = defaultdict(list)
        for place, sub_id in self.ids.sub_elements.items():
            title = _text(self.book.sub_elements[place].title)
            element_id = self.ids.elements[place[0]]
            subs[element_id].append(SubElement(sub_id, element_id, title, points[f"/{sub_id}"]))
        found = []
        for key, element_id in self.ids.elements.items():
            known = frame.get(element_id)
            found.append(
                Element(
                    element_id,
                    _text(self.book.elements[key].title),
                    points[element_id],
                    tuple(subs[element_id]),
                    tuple(rows[element_id]),
                    known.weight if known else None,
                    known.group if known else "",
                )
            )
        return tuple(found)


def _text(text: str) -> Text:
    return Text(text, text)


def _entries(texts: Sequence[str]) -> list[str]:
    lines = [line for text in texts for line in re.split(r"[\n；;]", text)]
    return [entry for line in lines if (entry := _ENTRY.sub("", line).strip("。 　"))]


def _unit(items: Sequence[Item], pattern: Scheme) -> Fraction:
    """The step of the pattern, or the next finer usual one that all amounts are multiples of."""
    shape = pattern.shape
    amounts = [item.points for item in items]
    amounts += [rule.points for item in items for rule in item.rules if rule.points is not None]
    if shape.absence_limit is not None and shape.absence_limit.points is not None:
        amounts.append(shape.absence_limit.points)
    for unit in (pattern.unit, *(unit for unit in _UNITS if unit < pattern.unit)):
        if all((amount / unit).denominator == 1 for amount in amounts):
            return unit
    return _UNITS[-1]


def _without_unused_stars(shape: Shape, items: Sequence[Item], findings: Findings) -> Shape:
    """Rows of stars that no item has cannot be asked for."""
    used = {item.star for item in items}
    kept = tuple(row for row in shape.stars if used.issuperset(row.stars))
    if len(kept) < len(shape.stars):
        findings.warning("", "", "stars_unused")
    return replace(shape, stars=kept)
