"""Checks what a file says about itself: sums at every level, names that are nearly the same."""

from collections import defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher
from fractions import Fraction
from itertools import combinations, islice

from criteria.model import Scheme
from portal.documents.standard_book import BookRows, ItemRow, Section, Stated
from portal.documents.standard_columns import plain_text
from portal.documents.standard_values import Findings
from scoring.rounding import plain

_SIMILAR = 0.85
_MOST = 200  # names that are compared with each other; no standard has more in one place
_SHORTEST = 4  # signs of a name that a single different sign does not make another word


def check_names(book: BookRows, findings: Findings) -> None:
    """Note elements, and sub-elements of one element, whose names differ by a sign or two."""
    _check_similar(book.elements.values(), findings)
    subs: defaultdict[str, list[Section]] = defaultdict(list)
    for section in book.sub_elements.values():
        subs[section.parent].append(section)
    for sections in subs.values():
        _check_similar(sections, findings)


def _check_similar(sections: Iterable[Section], findings: Findings) -> None:
    for first, second in combinations(islice(sections, _MOST), 2):
        if min(len(first.key), len(second.key)) < _SHORTEST:
            continue
        one_sign = len(first.key) == len(second.key) and _different(first.key, second.key) == 1
        if one_sign or SequenceMatcher(None, first.key, second.key).ratio() >= _SIMILAR:
            findings.warning(
                second.sheet,
                second.cell,
                "similar_names",
                found=second.title,
                other=first.title,
                where=f"{first.sheet}!{first.cell}",
            )


def _different(first: str, second: str) -> int:
    return sum(a != b for a, b in zip(first, second, strict=True))


def place_sums(book: BookRows) -> list[Stated]:
    """All stated points, with each row that adds up put where it belongs.

    A word such as 小计 does not say what it adds up. The level whose rows it fits is meant; when it
    fits none, the innermost that has not been added up yet, and for the last sum of all the total.
    """
    stated = list(book.stated)
    closed = {(row.element, row.sub_element): row.points for row in reversed(stated)}
    alone = len({item.sheet for item in book.items}) > 1
    tally = _Tally()
    items = iter(book.items)
    for kind, row, above in book.sums:
        while tally.count < above:
            tally.add(next(items))
        sub = Stated(row.points, row.sheet, row.cell, row.element, row.sub_element)
        element = Stated(row.points, row.sheet, row.cell, row.element)
        total = Stated(row.points, row.sheet, row.cell)
        inner = (row.element, row.sub_element)
        # it fits what the items make, or what the title has stated
        of_sub = (tally.of_sub[inner], closed.get(inner))
        fits_sub = bool(row.sub_element) and row.points in of_sub
        of_element = (tally.of_element[row.element], closed.get((row.element, "")))
        fits_element = row.points in of_element
        own_sheet = alone and tally.in_sheet[row.sheet] == {row.element}
        if kind == "total":
            placed = element if own_sheet and fits_element else total
        elif kind == "subtotal":
            is_open = bool(row.sub_element) and inner not in closed
            placed = sub if fits_sub or (is_open and not fits_element) else element
        elif tally.total == row.points and len(tally.of_element) > 1:
            placed = total
        elif fits_element or own_sheet:
            placed = element
        else:
            placed = total if above == len(book.items) else element
        closed.setdefault((placed.element, placed.sub_element), placed.points)
        stated.append(placed)
    return stated


class _Tally:
    """Sums of the items so far, at every level."""

    def __init__(self) -> None:
        self.count = 0
        self.total = Fraction(0)
        self.of_element: defaultdict[str, Fraction] = defaultdict(Fraction)
        self.of_sub: defaultdict[tuple[str, str], Fraction] = defaultdict(Fraction)
        self.in_sheet: defaultdict[str, set[str]] = defaultdict(set)
        # in the order of the file; an element's own items have the sub-element ""
        self.subs: defaultdict[str, dict[str, None]] = defaultdict(dict)

    def add(self, item: ItemRow) -> None:
        """Count one more item."""
        self.count += 1
        self.total += item.points
        self.of_element[item.element] += item.points
        self.of_sub[item.element, item.sub_element] += item.points
        self.in_sheet[item.sheet].add(item.element)
        self.subs[item.element][item.sub_element] = None


def check_sums(book: BookRows, findings: Findings) -> None:
    """Note every stated sum that its parts do not make."""
    stated = place_sums(book)
    first: dict[tuple[str, str], Fraction] = {}
    for row in stated:
        first.setdefault((row.element, row.sub_element), row.points)
    tally = _Tally()
    for item in book.items:
        tally.add(item)
    for row in stated:
        if not row.element:
            parts = [first.get((key, "")) for key in tally.subs]
            _compare(row, "sum_total", "", parts, tally.total, findings)
        elif not row.sub_element:
            parts = [
                first.get((row.element, key)) if key else None for key in tally.subs[row.element]
            ]
            name = book.elements[row.element].title
            _compare(row, "sum_element", name, parts, tally.of_element[row.element], findings)
        else:
            inner = (row.element, row.sub_element)
            name = book.sub_elements[inner].title
            _compare(row, "sum_sub_element", name, [], tally.of_sub[inner], findings)


def _compare(
    row: Stated,
    code: str,
    name: str,
    parts: list[Fraction | None],
    items: Fraction,
    findings: Findings,
) -> None:
    """Compare with the stated parts when all of them are stated, else with the items.

    What the parts lack against their own items is noted at the parts.
    """
    known = [part for part in parts if part is not None]
    by_parts = bool(parts) and len(known) == len(parts)
    summed = sum(known, Fraction(0)) if by_parts else items
    if summed != row.points:
        findings.error(
            row.sheet,
            row.cell,
            code,
            name=name,
            found=plain(row.points),
            sum=_terms(known if by_parts else []) + plain(summed),
            difference=plain(abs(summed - row.points)),
        )


def _terms(parts: list[Fraction]) -> str:
    return f"{' + '.join(map(plain, parts))} = " if len(parts) > 1 else ""


def check_frame(scheme: Scheme, frame: Scheme, book: BookRows, findings: Findings) -> None:
    """Compare elements and total with the frame that the standard is meant to fill.

    Args:
        scheme: what the file says.
        frame: elements with the points that are known; 0 is not known.
        book: where each element stands.
        findings: differences are noted here.
    """
    places = {plain_text(row.title): row for row in book.elements.values()}
    ours = {element.id: element for element in scheme.elements}
    known = {element.id: element for element in frame.elements}
    for element in scheme.elements:
        section = places[plain_text(element.title.zh)]
        wanted = known.get(element.id)
        values = {"number": element.id, "found": element.title.zh}
        if wanted is None:
            findings.error(section.sheet, section.cell, "frame_has_not", **values)
            continue
        if wanted.points and wanted.points != element.points:
            findings.error(
                section.sheet,
                section.cell,
                "frame_points",
                sum=plain(element.points),
                wanted=plain(wanted.points),
                **values,
            )
        if plain_text(wanted.title.zh) != plain_text(element.title.zh):
            findings.warning(
                section.sheet, section.cell, "frame_title", other=wanted.title.zh, **values
            )
    for element in frame.elements:
        if element.id not in ours:
            findings.error("", "", "frame_lacks", number=element.id, found=element.title.zh)
    if scheme.total != frame.total:
        findings.error("", "", "frame_total", found=plain(scheme.total), wanted=plain(frame.total))
