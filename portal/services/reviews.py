"""Reviews on site: who is assigned, beside which sealed self-assessment."""

from dataclasses import dataclass

from portal.domain.answers import points_text
from portal.domain.assessment import Assessment, grade_answers
from portal.domain.people import REVIEW_ROLES, Action, User
from portal.domain.workflow import AssessmentKind, AssessmentStatus
from portal.errors import IllegalTransitionError, InvalidValueError, NotAllowedError
from portal.i18n import translate
from portal.services import assessments, records, rights
from portal.services.context import current
from portal.services.wording import grade_name
from portal.store.database import Transaction, UniqueViolationError
from scoring import ItemResult


@dataclass(frozen=True, slots=True)
class Assignment:
    """A review in a list: where, which year, how far, by whom."""

    enterprise_id: str
    assessment_no: int
    enterprise: str
    sector: str
    area_code: str
    year: int
    status: AssessmentStatus
    reviewer: str
    score: str | None
    grade: str | None
    outcome: str | None

    @property
    def running(self) -> bool:
        """Whether it is still being scored."""
        return self.status is AssessmentStatus.DRAFT

    @property
    def key(self) -> str:
        """What names the review in an address; it proves nothing, the services ask again."""
        return f"{self.enterprise_id}.{self.assessment_no}"


ASSIGNMENT_SQL = """
select r.enterprise_id, r.assessment_no, e.name as enterprise, r.sector, r.area_code, r.year,
  r.status, a.name as reviewer, r.score, r.grade, r.outcome
from assessment r join enterprise e on e.enterprise_id = r.enterprise_id
  join account a on a.account_id = r.assessor
where r.kind = 'review' and r.status <> 'void'
"""


def _assignments(sql: str, **params: object) -> list[Assignment]:
    return [
        Assignment(**{**row, "status": AssessmentStatus(row["status"])})
        for row in current().db.rows(sql, **params)
    ]


def mine(user: User) -> list[Assignment]:
    """Reviews assigned to a reviewer: open ones first."""
    rights.require(user, Action.EDIT_REVIEW)
    return _assignments(
        ASSIGNMENT_SQL + " and r.assessor = :a order by r.status, r.year desc, e.name",
        a=user.account_id,
    )


def all_assignments(user: User) -> list[Assignment]:
    """All assignments, for the administrator; without scores."""
    rights.require(user, Action.ASSIGN_REVIEW)
    found = _assignments(ASSIGNMENT_SQL + " order by r.status, r.year desc, e.name")
    return [
        Assignment(
            a.enterprise_id,
            a.assessment_no,
            a.enterprise,
            a.sector,
            a.area_code,
            a.year,
            a.status,
            a.reviewer,
            None,
            None,
            None,
        )
        for a in found
    ]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sealed self-assessment that has no review yet."""

    enterprise_id: str
    assessment_no: int
    enterprise: str
    year: int


def candidates(user: User) -> list[Candidate]:
    """Self-assessments that can be reviewed."""
    rights.require(user, Action.ASSIGN_REVIEW)
    rows = current().db.rows(
        "select s.enterprise_id, s.assessment_no, e.name as enterprise, s.year"
        " from assessment s join enterprise e on e.enterprise_id = s.enterprise_id"
        " where s.kind = 'self' and s.status = 'submitted' and not exists ("
        " select 1 from assessment r where r.enterprise_id = s.enterprise_id"
        " and r.base_no = s.assessment_no and r.status <> 'void') order by s.year desc, e.name"
    )
    return [Candidate(**row) for row in rows]


def reviewers(user: User) -> list[tuple[str, str]]:
    """Reviewers to choose from: account id and name."""
    rights.require(user, Action.ASSIGN_REVIEW)
    rows = current().db.rows(
        "select distinct a.account_id, a.name from account a"
        " join membership m on m.account_id = a.account_id"
        " where m.role in ('reviewer', 'lead_reviewer') and a.status = 'active' order by a.name"
    )
    return [(r["account_id"], r["name"]) for r in rows]


def assign(user: User, enterprise_id: str, base_no: int, reviewer: str) -> int:
    """Let a reviewer score an enterprise beside its sealed self-assessment.

    Returns:
        The number of the review.

    Raises:
        IllegalTransitionError: the self-assessment is not submitted, or already under review.
        InvalidValueError: the chosen person is no reviewer.
    """
    rights.require(user, Action.ASSIGN_REVIEW)
    if reviewer not in {account for account, _ in reviewers(user)}:
        raise InvalidValueError("not_a_choice", field="reviewer", found=reviewer)
    try:
        return current().db.write(
            lambda tx: insert_review(tx, user, enterprise_id, base_no, reviewer)
        )
    except UniqueViolationError:
        raise IllegalTransitionError("under_review") from None


def insert_review(
    tx: Transaction, user: User, enterprise_id: str, base_no: int, reviewer: str
) -> int:
    """Insert the review beside its base; the edition is the one of the self-assessment."""
    tx.lock_enterprise(enterprise_id)  # the base is not reopened meanwhile
    base = records.find(tx, enterprise_id, base_no)
    if base.kind is not AssessmentKind.SELF or base.status is not AssessmentStatus.SUBMITTED:
        raise IllegalTransitionError("not_submitted")
    if tx.rows(
        "select 1 from assessment where enterprise_id = :e and base_no = :n and status <> 'void'",
        e=enterprise_id,
        n=base_no,
    ):
        raise IllegalTransitionError("under_review")
    number = records.next_number(tx, "assessment", "assessment_no", enterprise_id)
    enterprise = {"sector": base.sector, "area_code": base.area_code}
    assessments.insert_assessment(
        tx,
        enterprise_id,
        number,
        AssessmentKind.REVIEW,
        base.year,
        base.scheme,
        base.edition,
        base.fingerprint,
        enterprise,
        user,
        base_no,
        reviewer,
    )
    return number


def of_enterprise(user: User, enterprise_id: str) -> list[Assessment]:
    """Submitted reviews of an enterprise, newest first."""
    rights.require_enterprise(user, Action.VIEW_ASSESSMENT, enterprise_id)
    if user.role in REVIEW_ROLES:
        raise NotAllowedError
    rows = current().db.rows(
        "select * from assessment where enterprise_id = :e and kind = 'review'"
        " and status = 'submitted' order by year desc, assessment_no desc",
        e=enterprise_id,
    )
    return [records.assessment_of(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Difference:
    """An item to which the reviewer gave other points than the enterprise; points as text."""

    item: str
    requirement: str
    points: str
    self_points: str
    review_points: str
    reason: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A review beside the self-assessment it stands on; both are kept as they were sealed."""

    self_score: str
    self_grade: str
    review_score: str
    review_grade: str
    differences: tuple[Difference, ...]


def compare(user: User, enterprise_id: str, review_no: int, language: str) -> Comparison | None:
    """Put a submitted review beside its self-assessment; None for a self-assessment."""
    review = assessments.load(user, enterprise_id, review_no)
    if review.kind is not AssessmentKind.REVIEW or review.base_no is None:
        return None
    base = records.find(current().db, enterprise_id, review.base_no)
    scheme, rubric = records.scheme_of(review), records.rubric_for(review)
    own, _ = records.sealed(current().db, base)
    found, _ = records.sealed(current().db, review)
    own_rows = {row.id: row for row in grade_answers(rubric, own, {}).items}

    def points(row: ItemResult) -> str:
        if row.not_applicable:
            return translate(language, "column.not_applicable")
        return points_text(rubric, row.earned)

    texts = {item.id: item.text[language] for item in scheme.items}
    differences = tuple(
        Difference(
            row.id,
            texts[row.id],
            points_text(rubric, row.points),
            points(own_rows[row.id]),
            points(row),
            found[row.id].difference,
        )
        for row in grade_answers(rubric, found, {}).items
        if (row.earned, row.not_applicable)
        != (own_rows[row.id].earned, own_rows[row.id].not_applicable)
    )
    return Comparison(
        base.score or "–",
        grade_name(scheme, base.grade, language)
        if base.outcome != "pending"
        else translate(language, "grade.pending"),
        review.score or "–",
        grade_name(scheme, review.grade, language)
        if review.outcome != "pending"
        else translate(language, "grade.pending"),
        differences,
    )
