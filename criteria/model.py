"""Everything that a criteria file may say, as frozen values with their wording."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from criteria.model_above import NOTHING_ABOVE, Above
from criteria.wordings import Source as Source
from criteria.wordings import Text as Text
from scoring.hazards import HazardTest

CHINESE, BOTH = ("zh",), ("zh", "en")
"""The languages that the wordings of an edition may have."""


@dataclass(frozen=True, slots=True)
class Document:
    """A legal document, named once for all criteria."""

    id: str
    title: Text
    number: str
    issued: date | None
    effective: date | None
    repealed: date | None
    verified: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A deduction rule; ``points`` in points, None for a whole-item rule."""

    id: str
    kind: str
    points: Fraction | None
    per: str | None
    scope: str
    trigger: str
    zeroes: str | None
    text: Text


@dataclass(frozen=True, slots=True)
class Applies:
    """Sectors and process flags of which one each must be given; nothing named is everywhere."""

    sectors: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    def to(self, sector: str, flags: Iterable[str]) -> bool:
        """Whether it is meant for an enterprise of this sector with these process flags."""
        fits = not self.sectors or sector in self.sectors
        return fits and (not self.flags or not set(self.flags).isdisjoint(flags))


@dataclass(frozen=True, slots=True)
class HazardRow:
    """A row of a list of major hazards (重大事故隐患判定标准).

    Attributes:
        test: when the hazard is there, from what is observed and measured.
        exceptions: cases that the row leaves out.
    """

    id: str
    element: str
    text: Text
    evidence: tuple[Text, ...]
    applies: Applies
    test: HazardTest
    observations: tuple["Observation", ...]
    exceptions: tuple[Text, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class Observation:
    """What the test of a hazard asks: yes or no, or a number with its unit."""

    id: str
    text: Text
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that a post needs; periods in months, None where there is none."""

    title: Text
    valid_months: int | None
    review_months: int | None
    source: Source


@dataclass(frozen=True, slots=True)
class Profile:
    """What a specialty or post standard is about.

    Attributes:
        area: code of the specialty (ELE, DUS …), or empty.
        references: numbers of the standards it draws on.
        certificates: needed to work in the post.
        contraindications: occupational contraindications (职业禁忌).
        protection: personal protective equipment.
    """

    area: str = ""
    applies: Applies = Applies()
    references: tuple[str, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    contraindications: tuple[Text, ...] = ()
    protection: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """A scored row with what a reviewer asks to see, in the order of asking.

    Attributes:
        applies: where the row is meant at all; elsewhere it is suggested as not applicable.
        hazards: rows of hazard lists that it contains, ``scheme@edition:row``.
        form: ``points``, or ``yes_no`` for a row that has all its points or none.
        method: how the standard says the row is assessed (考评办法), as a whole; or None.
    """

    id: str
    element: str
    sub_element: str | None
    points: Fraction
    veto: str | None
    text: Text
    evidence: tuple[Text, ...]
    rules: tuple[Rule, ...]
    source: Source
    law: tuple[Source, ...]
    may_be_absent: bool = True
    star: str = ""
    guarantee: bool = False
    role: str = "base"
    applies: Applies = Applies()
    hazards: tuple[str, ...] = ()
    form: str = "points"
    method: Text | None = None


@dataclass(frozen=True, slots=True)
class SubElement:
    """A level-2 element (考评项目)."""

    id: str
    element: str
    title: Text
    points: Fraction


@dataclass(frozen=True, slots=True)
class Element:
    """A level-1 element (考评类目)."""

    id: str
    title: Text
    points: Fraction
    sub_elements: tuple[SubElement, ...]
    items: tuple[Item, ...]
    weight: Fraction | None = None
    group: str = ""
    guarantee: Fraction | None = None
    hazards: tuple[HazardRow, ...] = ()


@dataclass(frozen=True, slots=True)
class LadderRung:
    """A grade and the converted score it asks for, with its source."""

    grade: str
    title: Text
    comparator: str
    threshold: Fraction
    source: Source


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of safety performance: how it is asked for and read.

    ``kind`` is ``count``, ``flag``, ``choice`` (with ``order``, mildest first), ``percent``, or
    ``rate``: ``numerator`` times ``factor`` over ``denominator``, computed and never asked for.
    """

    id: str
    kind: str
    title: Text
    help: Text
    default: int | str | bool | None
    order: tuple[str, ...]
    numerator: str = ""
    denominator: str = ""
    factor: int = 1


@dataclass(frozen=True, slots=True)
class PerformanceCondition:
    """What a grade asks of one fact."""

    grade: str
    fact: str
    op: str
    value: int | str | bool | Fraction
    when: str | None
    unless: str | None
    text: Text
    source: Source


@dataclass(frozen=True, slots=True)
class PartGroup:
    """A named group of elements with a weight of its own; the weight None is not known."""

    id: str
    title: Text
    weight: Fraction | None
    source: Source


@dataclass(frozen=True, slots=True)
class PartMinimum:
    """The least rate (per cent) that a grade asks of an element, a group, or of every element."""

    grade: str
    part: str
    comparator: str
    rate: Fraction
    source: Source


@dataclass(frozen=True, slots=True)
class StarShare:
    """The share (per cent) of the rows with these stars that must have lost nothing."""

    grade: str
    stars: tuple[str, ...]
    share: Fraction
    source: Source


@dataclass(frozen=True, slots=True)
class AbsenceLimit:
    """Points or share (per cent) that may be not applicable; beyond it ``best_grade`` is best."""

    best_grade: str | None
    points: Fraction | None
    share: Fraction | None
    source: Source


@dataclass(frozen=True, slots=True)
class ScoreBounds:
    """Bounds of bonus, penalty and final score on the output scale; None is no bound."""

    most_bonus: Fraction | None = None
    most_penalty: Fraction | None = None
    highest: Fraction | None = None


@dataclass(frozen=True, slots=True)
class ImportedScore:
    """A base score taken from a fact: by its named value, or the number times ``factor``."""

    fact: str
    values: tuple[tuple[str, Fraction], ...]
    factor: Fraction
    source: Source


@dataclass(frozen=True, slots=True)
class EventRule:
    """An event, counted by a fact, that costs grades and points."""

    fact: str
    steps: int
    minus: Fraction
    source: Source


@dataclass(frozen=True, slots=True)
class Shape:
    """What a standard says about composing the score beyond adding up, and about closing grades."""

    method: str = "points"
    groups: tuple[PartGroup, ...] = ()
    minimums: tuple[PartMinimum, ...] = ()
    stars: tuple[StarShare, ...] = ()
    absence_limit: AbsenceLimit | None = None
    bounds: ScoreBounds = ScoreBounds()
    imported: ImportedScore | None = None
    events: tuple[EventRule, ...] = ()
    hazard_blocks: bool = False
    control_lines: tuple[tuple[str, Fraction], ...] = ()
    above: Above = NOTHING_ABOVE

    @property
    def sources(self) -> tuple[Source, ...]:
        """Where its rules stand."""
        found = [row.source for row in self.groups]
        found += [row.source for row in self.minimums]
        found += [row.source for row in self.stars]
        found += [row.source for row in self.events]
        if self.absence_limit:
            found.append(self.absence_limit.source)
        if self.imported:
            found.append(self.imported.source)
        return (*found, *self.above.sources)


@dataclass(frozen=True, slots=True)
class Scheme:
    """An edition of a scheme (评分细则), complete.

    Attributes:
        fingerprint: SHA-256 over everything the edition says.
        published: frozen; a change makes ``criteria check`` fail.
        languages: of its wordings: Chinese alone, or Chinese and English.
    """

    id: str
    edition: str
    kind: str
    title: Text
    summary: Text
    document: str
    valid_from: date
    valid_until: date | None
    published: bool
    total: Fraction
    scale: Fraction
    decimals: int
    unit: Fraction
    compare: str
    ladder: tuple[LadderRung, ...]
    facts: tuple[Fact, ...]
    performance: tuple[PerformanceCondition, ...]
    elements: tuple[Element, ...]
    fingerprint: str
    shape: Shape = Shape()
    profile: Profile = Profile()
    languages: tuple[str, ...] = BOTH

    def __hash__(self) -> int:
        # the fingerprint covers everything; hashing all the texts is slow
        return hash((self.id, self.edition, self.fingerprint))

    @property
    def items(self) -> tuple[Item, ...]:
        """All items in the order of the standard."""
        return tuple(item for element in self.elements for item in element.items)

    @property
    def hazards(self) -> tuple[HazardRow, ...]:
        """All rows of a hazard list in its order."""
        return tuple(row for element in self.elements for row in element.hazards)

    @property
    def key(self) -> str:
        """``scheme@edition``."""
        return f"{self.id}@{self.edition}"
