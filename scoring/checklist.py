"""A checklist of yes, no and not applicable, without points (是/否/不涉及).

Used where every row must hold: basic conditions, major hazards, post compliance. A row that
nobody has answered is never counted as met.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from scoring.errors import ScoringError


class Reply(StrEnum):
    """What was said about a row; an unanswered row has no reply."""

    YES = "yes"
    NO = "no"
    NOT_APPLICABLE = "not_applicable"


class ChecklistOutcome(StrEnum):
    """What a checklist came to."""

    PASSED = "passed"
    FAILED = "failed"
    INCOMPLETE = "incomplete"
    NOT_ASSESSABLE = "not_assessable"


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One question; with ``hard`` a single "no" fails the whole checklist."""

    id: str
    hard: bool = False
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Checklist:
    """Rows, and which "no" on rows that are not hard are let pass.

    Attributes:
        most_no: so many of them (0: none).
        least_share: or as long as this share, in per cent, of the rows that apply is met; with
            it ``most_no`` has no say.
    """

    rows: tuple[CheckRow, ...]
    most_no: int = 0
    clause: str = ""
    least_share: Fraction | None = None


@dataclass(frozen=True, slots=True)
class ChecklistResult:
    """Counts of the replies, and the rows that decided.

    Attributes:
        hard_no: ids of hard rows with "no".
        other_no: ids of the other rows with "no".
        unanswered: ids of rows without a reply.
    """

    outcome: ChecklistOutcome
    yes: int
    no: int
    not_applicable: int
    hard_no: tuple[str, ...] = ()
    other_no: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()


def check_off(checklist: Checklist, replies: Mapping[str, Reply]) -> ChecklistResult:
    """Judge a checklist: a "no" too many fails it, whatever is still open.

    With every row not applicable there is nothing to judge: neither passed nor failed.

    Raises:
        ScoringError: a reply to a row that the checklist does not have.

    >>> rows = Checklist((CheckRow("licence", hard=True), CheckRow("signs")))
    >>> check_off(rows, {"licence": Reply.YES}).outcome.value
    'incomplete'
    >>> check_off(rows, {"licence": Reply.NO}).outcome.value
    'failed'
    """
    known = {row.id for row in checklist.rows}
    for name in replies:
        if name not in known:
            raise ScoringError("unknown_row", row=name, known=", ".join(sorted(known)) or "-")
    said = [(row, replies.get(row.id)) for row in checklist.rows]
    hard_no = tuple(row.id for row, reply in said if reply is Reply.NO and row.hard)
    other_no = tuple(row.id for row, reply in said if reply is Reply.NO and not row.hard)
    unanswered = tuple(row.id for row, reply in said if reply is None)
    absent = sum(reply is Reply.NOT_APPLICABLE for _, reply in said)
    if hard_no or _too_many(checklist, len(other_no), len(said) - absent):
        outcome = ChecklistOutcome.FAILED
    elif unanswered:
        outcome = ChecklistOutcome.INCOMPLETE
    elif absent == len(said):
        outcome = ChecklistOutcome.NOT_ASSESSABLE
    else:
        outcome = ChecklistOutcome.PASSED
    return ChecklistResult(
        outcome,
        yes=sum(reply is Reply.YES for _, reply in said),
        no=len(hard_no) + len(other_no),
        not_applicable=absent,
        hard_no=hard_no,
        other_no=other_no,
        unanswered=unanswered,
    )


def _too_many(checklist: Checklist, no: int, applying: int) -> bool:
    """Whether so many "no" fail it even with every open row met."""
    if checklist.least_share is None:
        return no > checklist.most_no
    return (applying - no) * 100 < checklist.least_share * applying
