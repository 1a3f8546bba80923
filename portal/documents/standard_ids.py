"""Ids of elements, sub-elements and items: the numbers of the standard, else numbers of ours.

A number such as 2-1 becomes 2.1. A number that counts anew in each sub-element, （1）, stands
below the id of its sub-element. Where a standard has no numbers, sub-elements and items are counted
in their order: 2.1, 2.1.1.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from portal.documents.standard_book import BookRows, ItemRow, Section
from portal.documents.standard_numbers import Number
from portal.documents.standard_values import Findings


class Ids:
    """Ids of one book; what is numbered twice is noted and gets an id that is free.

    Attributes:
        elements: id by key; the same for sub-elements.
        items: ids in the order of the items.
    """

    def __init__(self, book: BookRows, findings: Findings) -> None:
        self.book, self.findings = book, findings
        self.of_element: dict[str, list[ItemRow]] = defaultdict(list)
        for item in book.items:
            self.of_element[item.element].append(item)
        self.of_sub: dict[tuple[str, str], list[ItemRow]] = defaultdict(list)
        for item in book.items:
            self.of_sub[item.element, item.sub_element].append(item)
        plain: dict[str, list[Number]] = defaultdict(list)
        for item in book.items:
            if item.number is not None and _is_plain(item.number):
                plain[item.element].append(item.number)
        # whether 1, 2, 3 … count through the whole standard, or through an element
        self.running = _count_on([number for numbers in plain.values() for number in numbers])
        self.counted = {element for element, numbers in plain.items() if _count_on(numbers)}
        self.numbered = [item for item in book.items if item.number is not None]
        # a number for every few rows counts groups, not rows
        self.grouped = 0 < len(self.numbered) * 2 < len(book.items)
        self.elements = self._elements()
        self.sub_elements = self._sub_elements()
        self.items = self._items()

    def _elements(self) -> dict[str, str]:
        used = [section for key, section in self.book.elements.items() if self.of_element[key]]
        wanted = {}
        for section in used:
            first = {
                row.number.parts[0]
                for row in self.of_element[section.key]
                if row.number is not None and row.number.form == "absolute"
            }
            number = section.number
            if number is not None:
                wanted[section.key] = str(number.parts[0])
            elif len(first) == 1:
                wanted[section.key] = str(first.pop())
        return self._unique(used, wanted, (str(n) for n in range(1, len(used) * 2 + 2)))

    def _sub_elements(self) -> dict[tuple[str, str], str]:
        found: dict[tuple[str, str], str] = {}
        sections: dict[str, list[Section]] = defaultdict(list)
        for place, section in self.book.sub_elements.items():
            if self.of_sub[place]:
                sections[section.parent].append(section)
        for element, used in sections.items():
            element_id = self.elements[element]
            wanted = {}
            for section in used:
                rows = [
                    row.number.parts[:2]
                    for row in self.of_sub[element, section.key]
                    if row.number is not None and len(row.number.parts) > 2
                ]
                number = section.number
                if number is not None and number.form == "absolute":
                    wanted[section.key] = number.id
                elif number is not None:
                    wanted[section.key] = f"{element_id}.{number.parts[0]}"
                elif rows and len(set(rows)) == 1:
                    wanted[section.key] = ".".join(map(str, rows[0]))
            free = (f"{element_id}.{n}" for n in range(1, len(used) * 2 + 2))
            ids = self._unique(used, wanted, free)
            found.update({(element, key): name for key, name in ids.items()})
        return found

    def _unique(
        self, sections: Sequence[Section], wanted: dict[str, str], free: Iterator[str]
    ) -> dict[str, str]:
        """An id for each section: the wanted one for the first who wants it."""
        taken: dict[str, Section] = {}
        for section in sections:
            name = wanted.get(section.key)
            if name is None:
                continue
            if name in taken:
                other = taken[name]
                self.findings.error(
                    section.sheet,
                    section.cell,
                    "title_number_twice",
                    number=name,
                    found=section.title,
                    other=other.title,
                    where=f"{other.sheet}!{other.cell}",
                )
                continue
            taken[name] = section
        found = {section.key: name for name, section in taken.items()}
        for section in sections:
            if section.key not in found:
                found[section.key] = next(name for name in free if name not in taken)
                taken[found[section.key]] = section
        return {section.key: found[section.key] for section in sections}

    def _items(self) -> list[str]:
        wanted = [self._wanted(item) for item in self.book.items]
        taken: dict[str, ItemRow] = {}
        counts: Counter[str] = Counter()
        found: list[str] = []
        reserved = {name for name in wanted if name}
        for item, name in zip(self.book.items, wanted, strict=True):
            if name and name in taken:
                other = taken[name]
                self.findings.error(
                    item.sheet,
                    item.cells.get("number", item.cells["content"]),
                    "number_twice",
                    number=name,
                    where=f"{other.sheet}!{other.cells.get('number', other.cells['content'])}",
                )
                name = ""
            elif not name and self.numbered and not self.grouped:
                self._note_missing(item)
            if not name:
                name = self._next(self._parent(item), counts, reserved)
            taken[name] = item
            reserved.add(name)
            found.append(name)
        return found

    def _note_missing(self, item: ItemRow) -> None:
        cell = item.cells.get("number", item.cells["content"])
        self.findings.error(item.sheet, cell, "number_missing", found=item.content[0])

    def _parent(self, item: ItemRow) -> str:
        sub = self.sub_elements.get((item.element, item.sub_element))
        return sub or self.elements[item.element]

    @staticmethod
    def _next(parent: str, counts: Counter[str], taken: set[str]) -> str:
        while True:
            counts[parent] += 1
            name = f"{parent}.{counts[parent]}"
            if name not in taken:
                return name

    def _wanted(self, item: ItemRow) -> str:
        number = item.number
        if number is None or self.grouped:
            return ""
        if number.form == "absolute" or (self.running and _is_plain(number)):
            return number.id
        if _is_plain(number) and item.element in self.counted:
            return f"{self.elements[item.element]}.{number.id}"
        return f"{self._parent(item)}.{number.id}"


def _is_plain(number: Number) -> bool:
    return number.form == "simple"


def _count_on(numbers: Sequence[Number]) -> bool:
    """Whether numbers go on and never begin anew; one given twice by mistake does not count."""
    return len(set(numbers)) * 10 >= len(numbers) * 9
