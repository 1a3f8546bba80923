"""A standard while its rows are read: elements, items, stated sums."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from portal.documents.standard_numbers import Number
from portal.documents.standard_values import ReadRow


@dataclass(frozen=True, slots=True)
class Stated:
    """Points that the file gives for a whole: an element, a sub-element, or everything.

    Attributes:
        element: key of the element; empty for the total.
        sub_element: key of the sub-element; empty for an element.
    """

    points: Fraction
    sheet: str
    cell: str
    element: str = ""
    sub_element: str = ""


@dataclass(slots=True)
class Section:
    """An element or sub-element while it is read.

    Attributes:
        key: the title as it is compared.
        number: of the standard, None when its title has none.
        parent: key of the element; empty for an element.
    """

    key: str
    title: str
    number: Number | None
    sheet: str
    cell: str
    parent: str = ""


@dataclass(slots=True)
class ItemRow:
    """A scored row while it is read; later rows may add to its texts."""

    sheet: str
    row: int
    cells: Mapping[str, str]
    element: str
    sub_element: str
    number: Number | None
    points: Fraction
    content: list[str] = field(default_factory=list)
    method: list[str] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    star: str = ""


@dataclass(slots=True)
class BookRows:
    """Everything that the sheets of a file say.

    Attributes:
        known: points stated so far, by element and sub-element.
        sums: rows that add up: the word, what they state, and how many items stand above.
        title: the first text above a table.
        element: key of the element that was read last; the same for the sub-element.
    """

    rows: list[ReadRow] = field(default_factory=list)
    elements: dict[str, Section] = field(default_factory=dict)
    sub_elements: dict[tuple[str, str], Section] = field(default_factory=dict)
    items: list[ItemRow] = field(default_factory=list)
    stated: list[Stated] = field(default_factory=list)
    sums: list[tuple[str, Stated, int]] = field(default_factory=list)
    known: dict[tuple[str, str], set[Fraction]] = field(default_factory=dict)
    title: str = ""
    element: str = ""
    sub_element: str = ""
