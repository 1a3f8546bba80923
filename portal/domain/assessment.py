"""An assessment as it is kept: a draft while it is scored, then one sealed sheet."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from portal.domain.answers import ItemAnswer, engine_answers
from portal.domain.sealed_sheets import seal, unseal
from portal.domain.workflow import AssessmentKind, AssessmentStatus
from scoring import Result, Rubric, grade
from scoring.model import FactValue
from scoring.rounding import fixed, half_up

__all__ = ["Assessment", "grade_answers", "pct10", "score_text", "seal", "unseal"]


@dataclass(frozen=True, slots=True)
class Assessment:
    """Head of a self-assessment or a review.

    Attributes:
        base_no: for a review, the number of the self-assessment beside which it stands.
        assessor: for a review, the account of the reviewer.
        rev: grows with every saved answer.
        seal_no: number of the newest sealed sheet, 0 before the first.
    """

    enterprise_id: str
    assessment_no: int
    kind: AssessmentKind
    year: int
    scheme: str
    edition: str
    fingerprint: str
    sector: str
    area_code: str
    status: AssessmentStatus
    base_no: int | None
    assessor: str | None
    leader: str
    members: tuple[str, ...]
    opened_at: str
    submitted_at: str | None
    seal_no: int
    outcome: str | None
    grade: str | None
    score: str | None
    rev: int
    version: int


def grade_answers(
    rubric: Rubric, answers: Mapping[str, ItemAnswer], facts: Mapping[str, FactValue]
) -> Result:
    """Grade entries; what is open or waits for a reason counts as unanswered."""
    return grade(rubric, engine_answers(rubric, answers), facts)


def pct10(result: Result, rubric: Rubric) -> int | None:
    """The converted score in tenths of a per cent, for comparison over schemes."""
    if result.score is None:
        return None
    return int(half_up(result.score / rubric.scale * 1000, 0))


def score_text(score: Fraction | None, rubric: Rubric) -> str | None:
    """A converted score with the decimals of its scheme."""
    return None if score is None else fixed(score, rubric.decimals)
