"""What the engine is given and what it gives back: frozen values without any wording.

Amounts (points, deductions) are whole numbers of the scheme's smallest unit
(:attr:`Rubric.unit`); the converted score is a :class:`fractions.Fraction`. The module is long
because every shape of a published scheme is one small value here and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

FactValue = int | str | bool | Fraction | None


class Kind(StrEnum):
    """How a deduction rule (扣分标准) counts."""

    EACH = "each"
    ONCE = "once"
    RANGE = "range"
    PER_PERCENT = "per_percent"
    WHOLE = "whole"


class Scope(StrEnum):
    """Whose points a rule takes or zeroes; ASSESSMENT only as a target of ``zeroes``."""

    ITEM = "item"
    SUB_ELEMENT = "sub_element"
    ELEMENT = "element"
    ASSESSMENT = "assessment"


class Trigger(StrEnum):
    """Who applies a rule: the assessor, or the engine once the item has lost all its points."""

    REPORTED = "reported"
    ITEM_AT_ZERO = "item_at_zero"


class Outcome(StrEnum):
    """What a grading came to. Only GRADED carries a grade."""

    GRADED = "graded"
    BELOW_LOWEST = "below_lowest"
    PENDING = "pending"
    NOT_ASSESSABLE = "not_assessable"
    INCOMPLETE = "incomplete"


class Method(StrEnum):
    """How elements become the score: added up, or each scaled to the full score and weighted."""

    POINTS = "points"
    WEIGHTS = "weights"


class Role(StrEnum):
    """What an item's points do: they are the score, come on top of it, or come off it."""

    BASE = "base"
    BONUS = "bonus"
    PENALTY = "penalty"


@dataclass(frozen=True, slots=True)
class DeductionRule:
    """One sentence of the deduction column.

    Attributes:
        points: amount in units; the upper end for ``range``; None for ``whole``.
        scope: whose points are taken.
        zeroes: what scores nothing besides, or None.
    """

    id: str
    kind: Kind
    points: int | None = None
    scope: Scope = Scope.ITEM
    trigger: Trigger = Trigger.REPORTED
    zeroes: Scope | None = None
    clause: str = ""


@dataclass(frozen=True, slots=True)
class ItemRubric:
    """One scored row (考评内容).

    Attributes:
        veto: what scores nothing when the row loses a point.
        may_be_absent: whether the row may be not applicable (缺项白名单).
        star: level of a starred row (必备条件), or empty.
        guarantee: whether the row counts for the guarantee sub-total of its element (保证项目).
        role: base, bonus or penalty; bonus and penalty points are on the output scale.
    """

    id: str
    element: str
    sub_element: str | None
    points: int
    rules: tuple[DeductionRule, ...] = ()
    veto: Scope | None = None
    clause: str = ""
    may_be_absent: bool = True
    star: str = ""
    guarantee: bool = False
    role: Role = Role.BASE

    def rule(self, rule_id: str) -> DeductionRule | None:
        """Return the rule with this id, or None."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)


@dataclass(frozen=True, slots=True)
class ElementRubric:
    """A level-1 element (类目) and its full points.

    Attributes:
        weight: share in the score with ``Method.WEIGHTS``, within its group.
        group: the group it belongs to, or empty.
        guarantee: least points (units) of its guarantee rows; below it, or with one of them at
            zero, the element scores nothing. None without such a rule.
    """

    id: str
    points: int
    weight: Fraction = Fraction(0)
    group: str = ""
    guarantee: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A group of elements with a weight of its own, for weighting on two levels."""

    id: str
    weight: Fraction


@dataclass(frozen=True, slots=True)
class Minimum:
    """The least rate, in per cent of what is attainable, that a grade asks of a part.

    ``part`` is an element or group id, or ``*`` for every element.
    """

    grade: str
    part: str
    comparator: str
    rate: Fraction
    clause: str = ""


@dataclass(frozen=True, slots=True)
class StarRule:
    """The share of starred rows, in per cent, that must have lost nothing for a grade."""

    grade: str
    stars: tuple[str, ...]
    share: Fraction
    clause: str = ""


@dataclass(frozen=True, slots=True)
class AbsenceCap:
    """Points (units) or share (per cent) that may be not applicable before grades are closed."""

    best_grade: str | None
    points: int | None = None
    share: Fraction | None = None
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Bounds of bonus, penalty and final score, on the output scale; None is no bound."""

    most_bonus: Fraction | None = None
    most_penalty: Fraction | None = None
    highest: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """A score taken from elsewhere: by named value of a fact, or the fact times a factor."""

    fact: str
    values: tuple[tuple[str, Fraction], ...] = ()
    factor: Fraction = Fraction(1)
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Downgrade:
    """An event that takes points and steps, counted by a fact.

    The score loses ``minus`` for each and is held below the threshold of the grade that is lost.
    """

    fact: str
    steps: int
    minus: Fraction = Fraction(0)
    clause: str = ""


@dataclass(frozen=True, slots=True)
class ControlLine:
    """An enterprise's own target for the rate of an element: shown, never mixed with the grade."""

    element: str
    rate: Fraction


@dataclass(frozen=True, slots=True)
class Rung:
    """One line of the ladder: the grade and the converted score it asks for."""

    grade: str
    comparator: str
    threshold: Fraction
    clause: str = ""

    def met_by(self, score: Fraction) -> bool:
        """Whether a score (rounded or exact, as the scheme says) reaches this rung."""
        return score > self.threshold if self.comparator == ">" else score >= self.threshold


@dataclass(frozen=True, slots=True)
class Condition:
    """A requirement on one fact of safety performance (安全绩效).

    Attributes:
        op: ``<``, ``<=``, ``=``, ``>=`` or ``>``.
        value: a number, or a member of the fact's declared order.
        when: a flag that must be true for the condition to apply, or None.
        unless: a flag that must be false for the condition to apply, or None.
    """

    fact: str
    op: str
    value: FactValue
    when: str | None = None
    unless: str | None = None
    clause: str = ""


@dataclass(frozen=True, slots=True)
class PerformanceRung:
    """The safety performance that a grade asks for; all conditions must hold."""

    grade: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class FactRule:
    """How a fact is read.

    Attributes:
        default: value when it is left out; None means unknown.
        order: its named values, mildest first.
        numerator: with ``denominator``, a rate computed from two facts, times ``factor``;
            unknown while one of them is, or when the denominator is zero.
    """

    id: str
    default: FactValue = None
    order: tuple[str, ...] = ()
    numerator: str = ""
    denominator: str = ""
    factor: int = 1


@dataclass(frozen=True)
class Rubric:
    """An edition of a scheme reduced to what decides the grade.

    Attributes:
        unit: smallest amount of points, such as 1/10.
        scale: the full converted score, 100 or 1000.
        decimals: digits of the converted score.
        compare_rounded: whether the rounded score meets the ladder, or the exact one.
        ladder: rungs from the best grade down.
        hazard_blocks: a row marked as a major hazard closes every grade, whatever its points.
    """

    scheme: str
    edition: str
    fingerprint: str
    unit: Fraction
    scale: Fraction
    decimals: int
    compare_rounded: bool
    elements: tuple[ElementRubric, ...]
    items: tuple[ItemRubric, ...]
    ladder: tuple[Rung, ...]
    performance: tuple[PerformanceRung, ...] = ()
    facts: tuple[FactRule, ...] = ()
    method: Method = Method.POINTS
    groups: tuple[Group, ...] = ()
    minimums: tuple[Minimum, ...] = ()
    stars: tuple[StarRule, ...] = ()
    absence_cap: AbsenceCap | None = None
    adjustment: Adjustment = Adjustment()
    imported: Imported | None = None
    downgrades: tuple[Downgrade, ...] = ()
    hazard_blocks: bool = False
    control_lines: tuple[ControlLine, ...] = ()
    by_id: Mapping[str, ItemRubric] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {item.id: item for item in self.items})

    @property
    def total(self) -> int:
        """Full points of all items of the base, in units."""
        return sum(item.points for item in self.items if item.role is Role.BASE)


@dataclass(frozen=True, slots=True)
class Deduction:
    """A rule that the assessor reported: how often, or for a range rule how much (units)."""

    rule: str
    count: int = 1
    points: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said about one item.

    Attributes:
        deductions: reported rules.
        lost: free deduction in units, with ``reason``, where no rule fits.
        not_applicable: the reason why the item does not take part (不参与考评), or None.
        full: the item was looked at and nothing was found.
        major_hazard: the assessor marked the row as a major hazard (重大事故隐患列).
    """

    deductions: tuple[Deduction, ...] = ()
    lost: int = 0
    reason: str = ""
    not_applicable: str | None = None
    full: bool = False
    major_hazard: bool = False

    @property
    def says_points(self) -> bool:
        """Whether it settles the points; a note or the mark of a major hazard alone does not."""
        absent = self.not_applicable is not None
        return bool(self.deductions or self.lost or self.full or absent)


@dataclass(frozen=True, slots=True)
class ItemResult:
    """Points of one item; not_applicable + earned + deducted = points, all >= 0, in units."""

    id: str
    element: str
    sub_element: str | None
    points: int
    not_applicable: int
    deducted: int
    earned: int
    answered: bool


@dataclass(frozen=True, slots=True)
class SpecialDeduction:
    """Points taken beyond the item (特别说明扣分), from its sub-element or element.

    ``asked`` is what the rule says, ``taken`` what was left to take; both in units.
    """

    item: str
    rule: str
    scope: Scope
    target: str
    asked: int
    taken: int


@dataclass(frozen=True, slots=True)
class ElementResult:
    """Points of one element, in units; attainable = points - not_applicable."""

    id: str
    points: int
    not_applicable: int
    attainable: int
    earned: int
    deducted: int
    special: int


@dataclass(frozen=True, slots=True)
class Reason:
    """One step that led to the result; wording belongs to the text catalogue."""

    code: str
    effect: str
    item: str | None = None
    element: str | None = None
    fact: str | None = None
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade with the best and worst still possible; equal when nothing is open."""

    best: str | None
    worst: str | None


@dataclass(frozen=True, slots=True)
class Result:
    """A grading: figures in units, scores exact, reasons as data.

    Attributes:
        score: converted score rounded as the scheme says; None unless everything is answered.
        score_exact: the same before rounding.
        interval: worst and best rounded score still possible; equal when complete.
        grade: the grade, only with outcome ``graded``.
        grade_by_score: what the score alone reaches, or None.
        possible: grades still possible.
    """

    outcome: Outcome
    grade: str | None
    grade_by_score: str | None
    score: Fraction | None
    score_exact: Fraction | None
    interval: tuple[Fraction, Fraction] | None
    possible: Grade
    points: int
    not_applicable: int
    attainable: int
    earned: int
    deducted: int
    answered: int
    elements: tuple[ElementResult, ...]
    items: tuple[ItemResult, ...]
    specials: tuple[SpecialDeduction, ...]
    reasons: tuple[Reason, ...]
