"""What a person entered for one item (考评内容), before and after it makes sense.

A draft may hold a not-applicable mark or a free deduction whose reason is still missing: it is
kept, counts as unanswered, and is never lost.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from scoring.errors import ScoringError
from scoring.items import check_answer
from scoring.model import Answer, Deduction, ItemRubric, Kind, Rubric
from scoring.rounding import plain, to_units

TEXT_LIMIT = 2000
"""Longest reason or remark, in characters."""

DECIMAL = re.compile(r"-?[0-9]{0,9}(\.[0-9]{0,9})?")
"""Points as a person writes them; "1e999999999" is a number too, and computing it never ends."""

Json = Mapping[str, object]


class AnswerState(StrEnum):
    """How far an item is."""

    OPEN = "open"
    FULL = "full"
    DEDUCTED = "deducted"
    NOT_APPLICABLE = "not_applicable"
    NEEDS_REASON = "needs_reason"


@dataclass(frozen=True, slots=True)
class ReportedRule:
    """A deduction rule that was ticked: how often, or for a range rule how many points."""

    rule: str
    count: int = 1
    points: str | None = None


@dataclass(frozen=True, slots=True)
class ItemAnswer:
    """An item as entered; ``lost`` and range points as decimal text.

    Attributes:
        difference: in a review, why the reviewer's points differ from the self-score.
        major_hazard: the row was marked as a major hazard (重大事故隐患列).
    """

    deductions: tuple[ReportedRule, ...] = ()
    lost: str = ""
    reason: str = ""
    not_applicable: str | None = None
    full: bool = False
    remark: str = ""
    difference: str = ""
    major_hazard: bool = False

    @property
    def state(self) -> AnswerState:
        """Open, full, deducted, not applicable, or waiting for a reason."""
        if self.not_applicable is not None:
            has_reason = self.not_applicable.strip()
            return AnswerState.NOT_APPLICABLE if has_reason else AnswerState.NEEDS_REASON
        if self.lost and not self.reason.strip():
            return AnswerState.NEEDS_REASON
        if self.lost or self.deductions:
            return AnswerState.DEDUCTED
        return AnswerState.FULL if self.full else AnswerState.OPEN

    @property
    def answered(self) -> bool:
        """Whether the engine may count it."""
        return self.state not in (AnswerState.OPEN, AnswerState.NEEDS_REASON)

    def to_json(self) -> dict[str, object]:
        """The form of the fixed interface; empty parts are left out."""
        out: dict[str, object] = {}
        if self.deductions:
            out["deductions"] = [
                {"rule": row.rule, "count": row.count}
                | ({"points": row.points} if row.points is not None else {})
                for row in self.deductions
            ]
        for name in ("lost", "reason", "remark", "difference"):
            value = getattr(self, name)
            if value:
                out[name] = value
        if self.not_applicable is not None:
            out["not_applicable"] = self.not_applicable
        for flag in ("full", "major_hazard"):
            if getattr(self, flag):
                out[flag] = True
        return out


@dataclass
class _Fields:
    """Reads one answer object; an unknown or misformed field is refused by name."""

    item: str
    table: Json
    read: set[str] = field(default_factory=set)

    def bad(self, name: str, found: object, expected: str) -> ScoringError:
        return ScoringError(
            "bad_answer", item=self.item, field=name, found=repr(found), expected=expected
        )

    def flag(self, name: str) -> bool:
        self.read.add(name)
        value = self.table.get(name, False)
        if not isinstance(value, bool):
            raise self.bad(name, value, "true or false")
        return value

    def text(self, name: str) -> str:
        self.read.add(name)
        value = self.table.get(name, "")
        if isinstance(value, int) and not isinstance(value, bool) and name in ("lost", "points"):
            value = str(value)
        if not isinstance(value, str):
            raise self.bad(name, value, "text")
        if len(value) > TEXT_LIMIT:
            raise self.bad(name, f"{len(value)} characters", f"at most {TEXT_LIMIT} characters")
        return value


def answer_from_json(item: str, table: object) -> ItemAnswer:
    """Read an answer of the fixed interface.

    Raises:
        ScoringError: a field that is unknown or of the wrong kind, named with the item.
    """
    if not isinstance(table, Mapping):
        raise ScoringError(
            "bad_answer", item=item, field="-", found=repr(table), expected="an object"
        )
    fields = _Fields(item, table)
    rows = table.get("deductions", [])
    if not isinstance(rows, list):
        raise fields.bad("deductions", rows, "a list")
    deductions = tuple(_reported(fields, row) for row in rows)
    not_applicable = table.get("not_applicable")
    if not_applicable is not None:
        not_applicable = fields.text("not_applicable")
    answer = ItemAnswer(
        deductions=deductions,
        lost=fields.text("lost"),
        reason=fields.text("reason"),
        not_applicable=not_applicable,
        full=fields.flag("full"),
        remark=fields.text("remark"),
        difference=fields.text("difference"),
        major_hazard=fields.flag("major_hazard"),
    )
    unknown = set(table) - fields.read - {"deductions", "not_applicable"}
    if unknown:
        raise fields.bad(
            sorted(unknown)[0],
            "an unknown field",
            "deductions, lost, reason, not_applicable, full, remark, difference, major_hazard",
        )
    return answer


def _reported(fields: _Fields, row: object) -> ReportedRule:
    if not isinstance(row, Mapping) or not isinstance(row.get("rule"), str):
        raise fields.bad("deductions", row, 'objects such as {"rule": "…", "count": 1}')
    count = row.get("count", 1)
    if isinstance(count, bool) or not isinstance(count, int):
        raise ScoringError("bad_count", item=fields.item, rule=str(row["rule"]), found=str(count))
    points = row.get("points")
    return ReportedRule(str(row["rule"]), count, None if points is None else str(points))


def to_engine(rubric: Rubric, item: ItemRubric, answer: ItemAnswer) -> Answer:
    """Turn an entry into what the engine takes.

    Raises:
        ScoringError: anything the engine would refuse, including points that are not a
            multiple of the scheme's smallest unit.
    """
    lost = _units(rubric, item, answer.lost) if answer.lost else 0
    engine = Answer(
        deductions=tuple(
            Deduction(
                row.rule,
                row.count,
                None if row.points is None else _units(rubric, item, row.points),
            )
            for row in answer.deductions
        ),
        lost=lost,
        reason=answer.reason,
        not_applicable=answer.not_applicable,
        full=answer.full,
        major_hazard=answer.major_hazard,
    )
    check_answer(item, engine)
    return engine


def _units(rubric: Rubric, item: ItemRubric, text: str) -> int:
    try:
        if not DECIMAL.fullmatch(text.strip()):
            raise ValueError(text)
        units = to_units(text, rubric.unit)
    except ValueError:
        raise ScoringError(
            "bad_points",
            item=item.id,
            found=text,
            step=plain(rubric.unit),
            points=points_text(rubric, item.points),
        ) from None
    if not 0 <= units <= item.points:
        raise ScoringError(
            "lost_out_of_range", item=item.id, found=text, points=points_text(rubric, item.points)
        )
    return units


def check_draft(rubric: Rubric, item: ItemRubric, answer: ItemAnswer) -> None:
    """Check an entry as far as it goes; a reason that is still missing is no fault yet.

    Raises:
        ScoringError: everything else that the engine would refuse.
    """
    if answer.state is AnswerState.OPEN:
        return
    if answer.state is AnswerState.NEEDS_REASON:
        blank = answer.not_applicable
        answer = ItemAnswer(
            answer.deductions,
            answer.lost,
            answer.reason.strip() or "-",
            "-" if blank is not None else None,
            answer.full,
        )
    to_engine(rubric, item, answer)


def engine_answers(rubric: Rubric, answers: Mapping[str, ItemAnswer]) -> dict[str, Answer]:
    """All entries that count, for :func:`scoring.grade`; open ones are left out.

    Raises:
        ScoringError: an item of another scheme or edition, or a refused answer.
    """
    out = {}
    for item_id, answer in answers.items():
        item = rubric.by_id.get(item_id)
        if item is None:
            raise ScoringError(
                "unknown_item", item=item_id, scheme=rubric.scheme, edition=rubric.edition
            )
        if answer.answered:
            out[item_id] = to_engine(rubric, item, answer)
    return out


def points_text(rubric: Rubric, units: int) -> str:
    """Units as decimal points.

    A whole number has no decimals, so 8 units of 1/10 are "0.8" and 80 are "8".
    """
    return plain(Fraction(units) * rubric.unit)


def lost_text(rubric: Rubric, item: ItemRubric, row: ReportedRule) -> str:
    """Points that a reported rule takes from its scope, as text."""
    rule = item.rule(row.rule)
    if rule is None:
        return "0"
    if rule.kind is Kind.RANGE:
        return row.points or "0"
    taken = item.points if rule.points is None else rule.points
    return points_text(rubric, taken * row.count)
