"""Results of one structure on the elements of another, so that old and new can be compared."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path

from criteria.model import Scheme, Text
from criteria.packs.reading import read_pack
from criteria.reading import Reader
from scoring.model import Result, Scope

NAME = "crosswalk.toml"
SUB_ELEMENT = f"{Scope.SUB_ELEMENT.value}:"


@dataclass(frozen=True, slots=True)
class Part:
    """Points attainable and earned in an element, or in one of its sub-elements."""

    element: str
    sub_element: str | None
    attainable: Fraction
    earned: Fraction

    @property
    def rate(self) -> Fraction | None:
        """Share that was earned; None where nothing was attainable."""
        return self.earned / self.attainable if self.attainable else None


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """From the elements of one frame to those of another; sub-elements only where they differ."""

    source: str
    target: str
    text: Text
    elements: dict[str, str]
    sub_elements: dict[str, str]

    def convert(self, parts: Iterable[Part]) -> tuple[Part, ...]:
        """Sums of attainable and earned points by element of the target.

        Raises:
            KeyError: an element has no counterpart.
        """
        found: dict[str, Part] = {}
        for part in parts:
            name = self.sub_elements.get(part.sub_element or "") or self.elements[part.element]
            before = found.get(name, Part(name, None, Fraction(0), Fraction(0)))
            found[name] = replace(
                before,
                attainable=before.attainable + part.attainable,
                earned=before.earned + part.earned,
            )
        return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Following:
    """A standard that is built on a frame: which of its elements stand for which of the frame."""

    scheme: str
    frame: str
    elements: dict[str, str]
    sub_elements: dict[str, str]

    def renumber(self, parts: Iterable[Part]) -> tuple[Part, ...]:
        """The parts under the numbers of the frame."""
        return tuple(
            replace(
                part,
                element=self.elements.get(part.element, part.element),
                sub_element=self.sub_elements.get(part.sub_element or ""),
            )
            for part in parts
        )


def crosswalks() -> tuple[Crosswalk, ...]:
    """Every crosswalk that is shipped."""
    return _content()[0]


def followings() -> dict[str, Following]:
    """By ``scheme@edition``: the standards that are built on a frame."""
    return _content()[1]


def parts_of(scheme: Scheme, result: Result) -> tuple[Part, ...]:
    """Points of a result by element and sub-element; they sum to those of its elements.

    What a whole element loses is taken from its parts in proportion to what they earned.
    """
    role = {item.id: item.role for item in scheme.items}
    sums: dict[tuple[str, str | None], list[Fraction]] = {}
    for row in result.items:
        if role[row.id] == "base":
            part = sums.setdefault((row.element, row.sub_element), [Fraction(0), Fraction(0)])
            part[0] += row.points - row.not_applicable
            part[1] += row.earned
    subs = {sub: part for (_, sub), part in sums.items() if sub is not None}
    for special in result.specials:
        if special.scope is Scope.SUB_ELEMENT:
            subs[special.target][1] -= special.taken
    for reason in result.reasons:
        if reason.code == "zeroed" and reason.effect.startswith(SUB_ELEMENT):
            subs[reason.effect.removeprefix(SUB_ELEMENT)][1] = Fraction(0)
    for element in result.elements:
        _scale([part for key, part in sums.items() if key[0] == element.id], element.earned)
    return tuple(
        Part(element, sub, attainable * scheme.unit, earned * scheme.unit)
        for (element, sub), (attainable, earned) in sums.items()
    )


def _scale(parts: list[list[Fraction]], earned: int) -> None:
    before = sum((part[1] for part in parts), Fraction(0))
    for part in parts:
        if before:
            part[1] *= Fraction(earned) / before


def on_frame(scheme: Scheme, result: Result, frame: str) -> tuple[Part, ...] | None:
    """A result by the elements of a frame, in the order of its own elements.

    Args:
        scheme: the edition of the result.
        result: its grading.
        frame: ``scheme@edition`` of the frame.

    Returns:
        Sums by element; None when no crosswalk leads from this standard to the frame.
    """
    following = followings().get(scheme.key)
    if following is None:
        return None
    parts = following.renumber(parts_of(scheme, result))
    if following.frame == frame:
        own = {part.element: part.element for part in parts}
        return Crosswalk(frame, frame, Text("", ""), own, {}).convert(parts)
    for walk in crosswalks():
        if (walk.source, walk.target) == (following.frame, frame):
            return walk.convert(parts)
    return None


@cache
def _content() -> tuple[tuple[Crosswalk, ...], dict[str, Following]]:
    return read_pack(NAME, _read, Path(__file__).parent)


def _read(reader: Reader) -> tuple[tuple[Crosswalk, ...], dict[str, Following]]:
    walks = tuple(_crosswalk(row) for row in reader.tables("crosswalk"))
    following = [_following(row) for row in reader.tables("follows")]
    return walks, {row.scheme: row for row in following}


def _crosswalk(row: Reader) -> Crosswalk:
    walk = Crosswalk(
        row.string("from"),
        row.string("to"),
        row.text("text"),
        _pairs(row, "elements"),
        _pairs(row, "sub_elements"),
    )
    row.finish()
    return walk


def _following(row: Reader) -> Following:
    following = Following(
        row.string("scheme"),
        row.string("frame"),
        _pairs(row, "elements"),
        _pairs(row, "sub_elements"),
    )
    row.finish()
    return following


def _pairs(row: Reader, field: str) -> dict[str, str]:
    table = row.table_of(field)
    return {} if table is None else {name: table.string(name) for name in table.table}
