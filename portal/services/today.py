"""What comes first today: what is mine and late, and how far this year's self-assessment is."""

from dataclasses import dataclass

from portal.domain.assessment import Assessment
from portal.domain.people import User
from portal.domain.workflow import AssessmentStatus
from portal.services import assessments, enterprises, nonconformities, records, reviews
from portal.services.context import current
from portal.services.nonconformities import NonconformityLine
from portal.services.wording import grade_name

SOON_DAYS = 7


@dataclass(frozen=True, slots=True)
class Score:
    """A submitted result for the line over the years; pct is for drawing."""

    year: int
    kind: str
    score: str
    pct: float


@dataclass(frozen=True, slots=True)
class EnterpriseDay:
    """The start page of an enterprise."""

    year: int
    running: Assessment | None
    answered: int
    count: int
    performance_known: bool
    self_grade: str | None
    review_grade: str | None
    open: int
    overdue: int
    soon: int
    first: tuple[NonconformityLine, ...]
    scores: tuple[Score, ...]


def of_enterprise(user: User, language: str) -> EnterpriseDay:
    """Read the start page of the person's own enterprise."""
    enterprise_id = user.organisation_id
    own = assessments.own_assessments(user)
    year = current().today.year
    running = next((a for a in own if a.year == year), None)
    answered = count = 0
    if running and running.status is AssessmentStatus.DRAFT:
        answers = records.draft_answers(current().db, enterprise_id, running.assessment_no)
        answered = sum(answer.answered for answer in answers.values())
        count = len(records.rubric_for(running).items)
    reviewed = reviews.of_enterprise(user, enterprise_id)
    submitted = [a for a in own if a.status is AssessmentStatus.SUBMITTED]
    lines = [
        line
        for line in nonconformities.of_enterprise(user, enterprise_id, language)
        if line.is_open
    ]
    return EnterpriseDay(
        year=year,
        running=running,
        answered=answered,
        count=count,
        performance_known=enterprises.performance(user, year).version > 0,
        self_grade=_grade(submitted, language),
        review_grade=_grade(reviewed, language),
        open=len(lines),
        overdue=sum(line.days_left < 0 for line in lines),
        soon=sum(0 <= line.days_left <= SOON_DAYS for line in lines),
        first=tuple(lines[:8]),
        scores=tuple(
            Score(a.year, a.kind, a.score, float(a.score))
            for a in sorted([*submitted, *reviewed], key=lambda a: (a.kind, a.year))
            if a.score
        ),
    )


def _grade(found: list[Assessment], language: str) -> str | None:
    newest = max(found, key=lambda a: (a.year, a.assessment_no), default=None)
    if newest is None or newest.outcome not in ("graded", "below_lowest"):
        return None
    return grade_name(records.scheme_of(newest), newest.grade, language)
