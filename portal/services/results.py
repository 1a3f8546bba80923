"""The result of a submitted assessment: grade, why, points by element, what was deducted."""

from dataclasses import dataclass

from portal.domain.answers import AnswerState, points_text
from portal.domain.assessment import Assessment, score_text
from portal.domain.people import User
from portal.domain.workflow import AssessmentStatus
from portal.errors import IllegalTransitionError, NotAllowedError
from portal.services import assessments, explaining, records
from portal.services.context import current, local_time
from portal.services.explaining import GradePaths, Why
from portal.services.wording import (
    answer_lines,
    grade_name,
    possible_line,
    state_line,
)
from scoring import Outcome, Result
from scoring.rounding import fixed


@dataclass(frozen=True, slots=True)
class ElementLine:
    """Points of an element as decimal text; ``rate`` in per cent of what was attainable."""

    id: str
    title: str
    points: str
    not_applicable: str
    attainable: str
    earned: str
    lost: str
    special: str
    rate: str


@dataclass(frozen=True, slots=True)
class DeductionLine:
    """An item that lost points, with what was found and, from a special rule, what it cost more."""

    item: str
    element: str
    requirement: str
    lines: tuple[str, ...]
    points: str
    lost: str
    special: str
    without: str


@dataclass(frozen=True, slots=True)
class NotApplicableLine:
    """An item that does not take part, with the reason (合理缺项)."""

    item: str
    requirement: str
    points: str
    reason: str


@dataclass(frozen=True, slots=True)
class ResultView:
    """A result as it is shown; texts in the language asked for."""

    assessment: Assessment
    enterprise: str
    scheme_title: str
    outcome: Outcome
    grade: str | None
    grade_name: str
    possible: str
    score: str | None
    state: str
    attainable: str
    earned: str
    deducted: str
    not_applicable: str
    why: Why
    paths: tuple[GradePaths, ...]
    elements: tuple[ElementLine, ...]
    deductions: tuple[DeductionLine, ...]
    excluded: tuple[NotApplicableLine, ...]
    submitted_at: str
    sha256: str
    unverified: bool
    scale: float
    result: Result


def view(user: User, enterprise_id: str, assessment_no: int, language: str) -> ResultView:
    """Read a submitted assessment, graded again from its sealed sheet.

    Raises:
        NotAllowedError: it may not be seen.
        IllegalTransitionError: it has not been submitted.
    """
    assessment = assessments.load(user, enterprise_id, assessment_no)
    if assessment.status is not AssessmentStatus.SUBMITTED:
        raise IllegalTransitionError("not_submitted")
    db = current().db
    head = db.row(
        "select e.name, s.sheet, s.sha256 from enterprise e join sealed_sheet s"
        " on s.enterprise_id = e.enterprise_id where e.enterprise_id = :e"
        " and s.assessment_no = :n and s.seal_no = :s",
        e=enterprise_id,
        n=assessment_no,
        s=assessment.seal_no,
    )
    if head is None:
        raise NotAllowedError
    scheme, rubric = records.scheme_of(assessment), records.rubric_for(assessment)
    found = explaining.analysis(scheme, head["sheet"])
    answers, result = found.answers, found.result
    why = explaining.why(scheme, found, language)
    special: dict[str, int] = {}
    for row in result.specials:
        special[row.item] = special.get(row.item, 0) + row.taken
    items = {item.id: item for item in scheme.items}

    def points(units: int) -> str:
        return points_text(rubric, units)

    elements = tuple(
        ElementLine(
            row.id,
            element.title[language],
            points(row.points),
            points(row.not_applicable),
            points(row.attainable),
            points(row.earned),
            points(row.deducted),
            points(row.special),
            fixed(row.earned * scheme.scale / row.attainable, 1) if row.attainable else "–",
        )
        for row, element in zip(result.elements, scheme.elements, strict=True)
    )
    deductions = tuple(
        DeductionLine(
            row.id,
            row.element,
            items[row.id].text[language],
            tuple(answer_lines(items[row.id], answers[row.id], language)),
            points(row.points),
            points(row.deducted),
            points(special.get(row.id, 0)),
            why.items.get(row.id, ""),
        )
        for row in result.items
        if row.deducted or special.get(row.id)
    )
    excluded = tuple(
        NotApplicableLine(
            item.id,
            item.text[language],
            points(rubric.by_id[item.id].points),
            answers[item.id].not_applicable or "",
        )
        for item in scheme.items
        if answers[item.id].state is AnswerState.NOT_APPLICABLE
    )
    return ResultView(
        assessment=assessment,
        enterprise=head["name"],
        scheme_title=scheme.title[language],
        outcome=result.outcome,
        grade=result.grade,
        grade_name=grade_name(scheme, result.grade, language),
        possible=possible_line(scheme, result, language),
        score=score_text(result.score, rubric),
        state=state_line(scheme, result, language),
        attainable=points(result.attainable),
        earned=points(result.earned),
        deducted=points(result.deducted),
        not_applicable=points(result.not_applicable),
        why=why,
        paths=explaining.paths(scheme, found.paths, result, language),
        elements=elements,
        deductions=deductions,
        excluded=excluded,
        submitted_at=local_time(assessment.submitted_at) if assessment.submitted_at else "",
        sha256=head["sha256"],
        unverified=not all(item.source.verified for item in scheme.items),
        scale=float(scheme.scale),
        result=result,
    )
