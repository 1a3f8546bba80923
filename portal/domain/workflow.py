"""States and who may move them, as tables."""

from enum import StrEnum

from portal.errors import IllegalTransitionError


class AssessmentStatus(StrEnum):
    """A self-assessment or a review: being scored, sealed, or set aside."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    VOID = "void"


class NonconformityStatus(StrEnum):
    """A non-conformity (不符合项): open, closed, or withdrawn with the score it came from."""

    OPEN = "open"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class AssessmentKind(StrEnum):
    """Who scored: the enterprise itself, or a reviewer on site. Both are kept."""

    SELF = "self"
    REVIEW = "review"


ASSESSMENT_MOVES: dict[tuple[AssessmentStatus, str], AssessmentStatus] = {
    (AssessmentStatus.DRAFT, "submit"): AssessmentStatus.SUBMITTED,
    (AssessmentStatus.SUBMITTED, "reopen"): AssessmentStatus.DRAFT,
    (AssessmentStatus.DRAFT, "void"): AssessmentStatus.VOID,
}


def move_assessment(status: str, move: str) -> AssessmentStatus:
    """The state after a move.

    Raises:
        IllegalTransitionError: the state does not allow the move.
    """
    target = ASSESSMENT_MOVES.get((AssessmentStatus(status), move))
    if target is None:
        raise IllegalTransitionError("bad_move", status=status, move=move)
    return target
