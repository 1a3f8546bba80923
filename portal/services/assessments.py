"""Self-assessment and review: open, score, submit, reopen. Both use the same sheet.

Long, because every step of this one life locks the same row and asks for the same rights.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from criteria import rubric_of
from portal.domain.answers import AnswerState, ItemAnswer, answer_from_json, check_draft
from portal.domain.assessment import Assessment, grade_answers, seal
from portal.domain.people import REVIEW_ROLES, Action, User
from portal.domain.workflow import AssessmentKind, AssessmentStatus, move_assessment
from portal.errors import (
    IllegalTransitionError,
    IncompleteFormError,
    InvalidValueError,
    NoEditionInForceError,
    NotAllowedError,
    PortalError,
    StaleRecordError,
)
from portal.services import nonconformities, records, rights
from portal.services.context import current, local_time
from portal.store.database import Row, Transaction, UniqueViolationError
from scoring.errors import ScoringError

NAME_LIMIT = 60
MEMBERS_LIMIT = 30
REASON_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Edit:
    """One changed item as the sheet sends it.

    Attributes:
        client: the browser tab; with ``seq`` it tells a repeated message from a foreign change.
        seen: version of the item that the person saw, 0 for an item never saved.
    """

    client: str
    seq: int
    item: str
    seen: int
    answer: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of an edit; ``conflict`` carries what the other person saved."""

    seq: int
    item: str
    version: int | None = None
    error: PortalError | ScoringError | None = None
    conflict: Row | None = None


def open_self_assessment(user: User, scheme_name: str, year: int) -> Assessment:
    """Begin the self-assessment of a year, or return the one that runs.

    Raises:
        NotAllowedError: the role may not.
        NoEditionInForceError: no edition of the scheme is in force today.
        InvalidValueError: a year that is not near the present one.
    """
    context = current()
    enterprise_id = user.organisation_id
    rights.require_enterprise(user, Action.EDIT_ASSESSMENT, enterprise_id)
    if not context.today.year - 5 <= year <= context.today.year + 1:
        raise InvalidValueError(
            "out_of_range",
            field="year",
            found=year,
            least=context.today.year - 5,
            most=context.today.year + 1,
        )
    try:
        scheme = context.library.find(scheme_name, context.today)
    except KeyError:
        raise NoEditionInForceError("no_edition", scheme=scheme_name) from None

    def job(tx: Transaction) -> int:
        enterprise = tx.row(
            "select sector, area_code from enterprise where enterprise_id = :e", e=enterprise_id
        )
        if enterprise is None:
            raise NotAllowedError
        number = records.next_number(tx, "assessment", "assessment_no", enterprise_id)
        insert_assessment(
            tx,
            enterprise_id,
            number,
            AssessmentKind.SELF,
            year,
            scheme.id,
            scheme.edition,
            scheme.fingerprint,
            enterprise,
            user,
        )
        return number

    try:
        number = context.db.write(job)
    except UniqueViolationError:
        row = context.db.row(
            "select * from assessment where enterprise_id = :e and year = :y and scheme = :s"
            " and kind = 'self' and status <> 'void'",
            e=enterprise_id,
            y=year,
            s=scheme.id,
        )
        if row is None:
            raise
        return records.assessment_of(row)
    return records.find(context.db, enterprise_id, number)


def insert_assessment(
    tx: Transaction,
    enterprise_id: str,
    number: int,
    kind: AssessmentKind,
    year: int,
    scheme: str,
    edition: str,
    fingerprint: str,
    enterprise: Row,
    user: User,
    base_no: int | None = None,
    assessor: str | None = None,
) -> None:
    """Insert an empty assessment; sector and area are facts of that year, so they are copied."""
    tx.run(
        "insert into assessment (enterprise_id, assessment_no, kind, year, scheme, edition,"
        " fingerprint, sector, area_code, status, base_no, assessor, leader, members, opened_at,"
        " opened_by, seal_no, rev, version) values (:e, :n, :k, :y, :s, :ed, :f, :sector, :area,"
        " 'draft', :base, :assessor, '', '[]', :at, :by, 0, 0, 1)",
        e=enterprise_id,
        n=number,
        k=kind,
        y=year,
        s=scheme,
        ed=edition,
        f=fingerprint,
        sector=enterprise["sector"],
        area=enterprise["area_code"],
        base=base_no,
        assessor=assessor,
        at=current().stamp,
        by=user.account_id,
    )
    records.audit(
        tx,
        user,
        enterprise_id,
        f"{kind}.open",
        str(number),
        {"year": year, "scheme": f"{scheme}@{edition}"},
    )


def require_edit(user: User, assessment: Assessment) -> None:
    """Check that this person may score this assessment.

    Raises:
        NotAllowedError: neither the enterprise's own people nor the assigned reviewer.
    """
    if assessment.kind is AssessmentKind.SELF:
        rights.require(user, Action.EDIT_ASSESSMENT)
        allowed = user.organisation_id == assessment.enterprise_id
    else:
        rights.require(user, Action.EDIT_REVIEW)
        allowed = user.account_id == assessment.assessor
    if not allowed:
        raise NotAllowedError


def load(user: User, enterprise_id: str, assessment_no: int) -> Assessment:
    """Read an assessment one may see.

    Raises:
        NotAllowedError: it may not be seen, or does not exist.
    """
    assessment = records.find(current().db, enterprise_id, assessment_no)
    if assessment.kind is AssessmentKind.REVIEW and assessment.assessor == user.account_id:
        rights.require(user, Action.EDIT_REVIEW)
        return assessment
    if assessment.kind is AssessmentKind.REVIEW and assessment.status is AssessmentStatus.DRAFT:
        raise NotAllowedError  # a running review is the reviewer's alone
    rights.require_enterprise(user, Action.VIEW_ASSESSMENT, enterprise_id)
    if (
        assessment.kind is AssessmentKind.SELF
        and assessment.status is not (AssessmentStatus.SUBMITTED)
        and user.organisation_id != enterprise_id
    ):
        raise NotAllowedError  # a draft is the enterprise's own business
    if user.role in REVIEW_ROLES and not _is_base_of(user, assessment):
        raise NotAllowedError  # neither other years nor what another reviewer found
    return assessment


def _is_base_of(reviewer: User, assessment: Assessment) -> bool:
    """Whether a reviewer scores beside this self-assessment."""
    return bool(
        current().db.rows(
            "select assessment_no from assessment where enterprise_id = :e and base_no = :n"
            " and assessor = :a and status <> 'void'",
            e=assessment.enterprise_id,
            n=assessment.assessment_no,
            a=reviewer.account_id,
        )
    )


def own_assessments(user: User) -> list[Assessment]:
    """Self-assessments of the person's enterprise, newest first."""
    rights.require_enterprise(user, Action.VIEW_ASSESSMENT, user.organisation_id)
    rows = current().db.rows(
        "select * from assessment where enterprise_id = :e and kind = 'self'"
        " and status <> 'void' order by year desc, assessment_no desc",
        e=user.organisation_id,
    )
    return [records.assessment_of(row) for row in rows]


def save_answers(
    user: User, enterprise_id: str, assessment_no: int, edits: Sequence[Edit]
) -> list[Saved]:
    """Save changed items, each on its own: one that is refused does not hold up the others.

    Each accepted edit is durably stored when this returns. The same edit sent twice (after a
    lost connection) is stored once.
    """
    return [_save(user, enterprise_id, assessment_no, edit) for edit in edits]


def _save(user: User, enterprise_id: str, assessment_no: int, edit: Edit) -> Saved:
    try:
        answer = answer_from_json(edit.item, edit.answer)
        version = current().db.write(
            lambda tx: _save_item(tx, user, enterprise_id, assessment_no, edit, answer)
        )
    except _ConflictError as conflict:
        return Saved(
            edit.seq,
            edit.item,
            error=StaleRecordError("stale_item", item=edit.item),
            conflict=conflict.row,
        )
    except (PortalError, ScoringError) as error:
        return Saved(edit.seq, edit.item, error=error)
    return Saved(edit.seq, edit.item, version=version)


class _ConflictError(Exception):
    """The item has been saved by somebody else since the person saw it."""

    def __init__(self, row: Row) -> None:
        self.row = row
        super().__init__("conflict")


def _save_item(
    tx: Transaction,
    user: User,
    enterprise_id: str,
    assessment_no: int,
    edit: Edit,
    answer: ItemAnswer,
) -> int:
    head = tx.row(
        "update assessment set rev = rev + 1 where enterprise_id = :e and assessment_no = :n"
        " returning *, (select d.answer from draft_item d where d.enterprise_id = :e"
        " and d.assessment_no = :n and d.item_id = :i) as before",
        e=enterprise_id,
        n=assessment_no,
        i=edit.item,
    )
    if head is None:
        raise NotAllowedError
    assessment = records.assessment_of(head)
    require_edit(user, assessment)
    if assessment.status is not AssessmentStatus.DRAFT:
        raise IllegalTransitionError("already_submitted")
    rubric = records.rubric_for(assessment)
    item = rubric.by_id.get(edit.item)
    if item is None:
        raise ScoringError(
            "unknown_item", item=edit.item, scheme=rubric.scheme, edition=rubric.edition
        )
    check_draft(rubric, item, answer)
    text = json.dumps(answer.to_json(), ensure_ascii=False, sort_keys=True)
    written = tx.row(
        "insert into draft_item (enterprise_id, assessment_no, item_id, answer, state, version,"
        " rev, client, seq, updated_at, updated_by) values (:e, :n, :i, :answer, :state, 1, :rev,"
        " :client, :seq, :at, :by) on conflict (enterprise_id, assessment_no, item_id) do update"
        " set answer = excluded.answer, state = excluded.state, version = draft_item.version + 1,"
        " rev = excluded.rev, client = excluded.client, seq = excluded.seq,"
        " updated_at = excluded.updated_at, updated_by = excluded.updated_by"
        " where draft_item.version = :seen"
        " or (draft_item.client = :client and draft_item.seq < :seq) returning version",
        e=enterprise_id,
        n=assessment_no,
        i=edit.item,
        answer=text,
        state=answer.state,
        rev=assessment.rev,
        client=edit.client,
        seq=edit.seq,
        at=current().stamp,
        by=user.account_id,
        seen=edit.seen,
    )
    if written is None:
        return _repeated_or_conflict(tx, enterprise_id, assessment_no, edit, text)
    records.audit(
        tx,
        user,
        enterprise_id,
        f"{assessment.kind}.answer",
        f"{assessment_no}/{edit.item}",
        {
            "before": json.loads(head["before"]) if head["before"] else None,
            "after": answer.to_json(),
            "version": written["version"],
        },
    )
    return int(written["version"])


def _repeated_or_conflict(
    tx: Transaction, enterprise_id: str, assessment_no: int, edit: Edit, text: str
) -> int:
    stored = tx.row(
        "select d.*, coalesce(a.name, d.updated_by) as saved_by from draft_item d"
        " left join account a on a.account_id = d.updated_by"
        " where d.enterprise_id = :e and d.assessment_no = :n and d.item_id = :i",
        e=enterprise_id,
        n=assessment_no,
        i=edit.item,
    )
    if stored is None:
        raise NotAllowedError
    repeated = stored["client"] == edit.client and stored["seq"] >= edit.seq
    if repeated or stored["answer"] == text:
        return int(stored["version"])
    raise _ConflictError(stored)


def import_answers(
    user: User,
    enterprise_id: str,
    assessment_no: int,
    answers: Mapping[str, ItemAnswer],
    seen_rev: int,
) -> int:
    """Take over a whole filled-in workbook in one transaction: all of it or nothing.

    Items that the workbook leaves open keep what the sheet has.

    Returns:
        How many items were written.

    Raises:
        StaleRecordError: the sheet has changed since the person saw the comparison.
        ScoringError: an answer that the sheet would refuse.
    """

    def job(tx: Transaction) -> int:
        return write_answers(tx, user, enterprise_id, assessment_no, answers, seen_rev)

    return current().db.write(job)


def write_answers(
    tx: Transaction,
    user: User,
    enterprise_id: str,
    assessment_no: int,
    answers: Mapping[str, ItemAnswer],
    seen_rev: int,
) -> int:
    """Write many items with one entry in the audit log."""
    head = tx.row(
        "update assessment set rev = rev + 1 where enterprise_id = :e and assessment_no = :n"
        " returning *",
        e=enterprise_id,
        n=assessment_no,
    )
    if head is None:
        raise NotAllowedError
    assessment = records.assessment_of(head)
    require_edit(user, assessment)
    if assessment.status is not AssessmentStatus.DRAFT:
        raise IllegalTransitionError("already_submitted")
    if assessment.rev != seen_rev + 1:
        raise StaleRecordError("stale_sheet")
    rubric = records.rubric_for(assessment)
    entered = {
        item: answer
        for item, answer in answers.items()
        if answer.state is not AnswerState.OPEN or answer.remark
    }
    for item_id, answer in entered.items():
        item = rubric.by_id.get(item_id)
        if item is None:
            raise ScoringError(
                "unknown_item", item=item_id, scheme=rubric.scheme, edition=rubric.edition
            )
        check_draft(rubric, item, answer)
        tx.run(
            "insert into draft_item (enterprise_id, assessment_no, item_id, answer, state,"
            " version, rev, client, seq, updated_at, updated_by) values (:e, :n, :i, :answer,"
            " :state, 1, :rev, '', 0, :at, :by)"
            " on conflict (enterprise_id, assessment_no, item_id) do update"
            " set answer = excluded.answer, state = excluded.state,"
            " version = draft_item.version + 1, rev = excluded.rev, client = '', seq = 0,"
            " updated_at = excluded.updated_at, updated_by = excluded.updated_by",
            e=enterprise_id,
            n=assessment_no,
            i=item_id,
            answer=json.dumps(answer.to_json(), ensure_ascii=False, sort_keys=True),
            state=answer.state,
            rev=assessment.rev,
            at=current().stamp,
            by=user.account_id,
        )
    records.audit(
        tx,
        user,
        enterprise_id,
        f"{assessment.kind}.import",
        str(assessment_no),
        {"after": {item: answer.to_json() for item, answer in entered.items()}},
    )
    return len(entered)


def missing_items(user: User, enterprise_id: str, assessment_no: int) -> list[str]:
    """Items that are open or wait for a reason, in the order of the standard."""
    assessment = load(user, enterprise_id, assessment_no)
    answers = records.draft_answers(current().db, enterprise_id, assessment_no)
    return _missing(assessment, answers)


def _missing(assessment: Assessment, answers: Mapping[str, ItemAnswer]) -> list[str]:
    return [
        item.id
        for item in records.rubric_for(assessment).items
        if item.id not in answers or not answers[item.id].answered
    ]


def submit(
    user: User,
    enterprise_id: str,
    assessment_no: int,
    *,
    leader: str,
    members: Sequence[str],
    confirmed_by: str,
    seen_rev: int,
) -> Assessment:
    """Seal an assessment, grade it and open its non-conformities.

    Args:
        user: the acting person.
        enterprise_id: the enterprise.
        assessment_no: the assessment.
        leader: leader of the assessment group or the review team.
        members: its members.
        confirmed_by: the principal who confirms (for a review, the lead reviewer).
        seen_rev: revision of the sheet that the person saw.

    Raises:
        IncompleteFormError: items or names are missing; all of them are listed.
        StaleRecordError: the sheet has changed since the person saw it.
        IllegalTransitionError: it is not a draft.
    """
    names = [name.strip() for name in members if name.strip()]
    leader, confirmed_by = leader.strip(), confirmed_by.strip()
    _check_names(leader, names, confirmed_by)
    context = current()

    def job(tx: Transaction) -> None:
        # the update takes the row, so that no answer slips in while we seal
        head = tx.row(
            "update assessment set version = version + 1 where enterprise_id = :e"
            " and assessment_no = :n returning *",
            e=enterprise_id,
            n=assessment_no,
        )
        if head is None:
            raise NotAllowedError
        assessment = records.assessment_of(head)
        require_edit(user, assessment)
        status = move_assessment(assessment.status, "submit")
        if assessment.rev != seen_rev:
            raise StaleRecordError("stale_sheet")
        answers = records.draft_answers(tx, enterprise_id, assessment_no)
        if missing := _missing(assessment, answers):
            raise IncompleteFormError("items_missing", missing, count=len(missing))
        if unexplained := _unexplained(tx, assessment, answers):
            raise IncompleteFormError("differences_missing", unexplained, count=len(unexplained))
        facts = records.facts_of(tx, enterprise_id, assessment.year)
        rubric = records.rubric_for(assessment)
        result = grade_answers(rubric, answers, facts)
        tx.run(
            "update assessment set status = :s, leader = :l, members = :m, confirmed_by = :c,"
            " submitted_at = :at, submitted_by = :by where enterprise_id = :e"
            " and assessment_no = :n",
            s=status,
            l=leader,
            m=json.dumps(names, ensure_ascii=False),
            c=confirmed_by,
            at=context.stamp,
            by=user.account_id,
            e=enterprise_id,
            n=assessment_no,
        )
        sheet = seal(rubric, answers, facts)
        seal_no = records.store_result(tx, assessment, result, sheet, user)
        nonconformities.open_from(tx, user, assessment, answers, result)
        records.audit(
            tx,
            user,
            enterprise_id,
            f"{assessment.kind}.submit",
            str(assessment_no),
            {
                "seal": seal_no,
                "sha256": sheet[1],
                "outcome": result.outcome,
                "grade": result.grade,
                "leader": leader,
                "members": names,
                "confirmed_by": confirmed_by,
            },
        )

    context.db.write(job)
    return records.find(context.db, enterprise_id, assessment_no)


def _check_names(leader: str, names: Sequence[str], confirmed_by: str) -> None:
    missing = [
        field
        for field, value in (("leader", leader), ("members", names), ("confirmed_by", confirmed_by))
        if not value
    ]
    if missing:
        raise IncompleteFormError("names_missing", missing)
    if len(names) > MEMBERS_LIMIT:
        raise InvalidValueError("too_many", field="members", most=MEMBERS_LIMIT)
    for name in (leader, confirmed_by, *names):
        if len(name) > NAME_LIMIT:
            raise InvalidValueError("too_long", field="members", limit=NAME_LIMIT)


def unexplained_items(user: User, enterprise_id: str, assessment_no: int) -> list[str]:
    """Items of a review whose points differ from the self-score without a reason."""
    assessment = load(user, enterprise_id, assessment_no)
    db = current().db
    return _unexplained(db, assessment, records.draft_answers(db, enterprise_id, assessment_no))


def _unexplained(
    source: records.Source, assessment: Assessment, answers: Mapping[str, ItemAnswer]
) -> list[str]:
    """A reviewer who gives other points than the enterprise says why."""
    if assessment.kind is not AssessmentKind.REVIEW:
        return []
    rubric = records.rubric_for(assessment)
    base = records.find(source, assessment.enterprise_id, assessment.base_no or 0)
    own, _ = records.sealed(source, base)
    self_points = {row.id: row for row in grade_answers(rubric, own, {}).items}
    return [
        row.id
        for row in grade_answers(rubric, answers, {}).items
        if row.answered
        and (row.earned, row.not_applicable)
        != (self_points[row.id].earned, self_points[row.id].not_applicable)
        and not answers[row.id].difference.strip()
    ]


def reopen(user: User, enterprise_id: str, assessment_no: int, reason: str) -> None:
    """Make a submitted self-assessment a draft again; the sealed sheet stays on record.

    Raises:
        InvalidValueError: no reason.
        IllegalTransitionError: it is not submitted, or a review stands on it.
    """
    reason = reason.strip()
    if not 4 <= len(reason) <= REASON_LIMIT:
        raise InvalidValueError("reason_needed", field="reason", least=4, most=REASON_LIMIT)

    def job(tx: Transaction) -> None:
        tx.lock_enterprise(enterprise_id)  # no review is assigned meanwhile
        assessment = records.find(tx, enterprise_id, assessment_no)
        rights.require(user, Action.REOPEN_ASSESSMENT)
        require_edit(user, assessment)
        if assessment.kind is not AssessmentKind.SELF:
            raise NotAllowedError
        status = move_assessment(assessment.status, "reopen")
        if tx.rows(
            "select assessment_no from assessment where enterprise_id = :e and base_no = :n"
            " and status <> 'void'",
            e=enterprise_id,
            n=assessment_no,
        ):
            raise IllegalTransitionError("under_review")
        tx.run(
            "update assessment set status = :s, version = version + 1"
            " where enterprise_id = :e and assessment_no = :n",
            s=status,
            e=enterprise_id,
            n=assessment_no,
        )
        records.mark_dirty(tx, assessment)
        records.audit(
            tx, user, enterprise_id, "self.reopen", str(assessment_no), {"reason": reason}
        )

    current().db.write(job)


def settle_pending(tx: Transaction, user: User, enterprise_id: str, year: int) -> None:
    """Grade again what waited for the safety performance of a year; the old seal is kept."""
    rows = tx.rows(
        "select * from assessment where enterprise_id = :e and year = :y"
        " and status = 'submitted' and outcome = 'pending'",
        e=enterprise_id,
        y=year,
    )
    for row in rows:
        assessment = records.assessment_of(row)
        answers, _ = records.sealed(tx, assessment)
        facts = records.facts_of(tx, enterprise_id, year)
        rubric = rubric_of(records.scheme_of(assessment))
        result = grade_answers(rubric, answers, facts)
        sheet = seal(rubric, answers, facts)
        seal_no = records.store_result(tx, assessment, result, sheet, user)
        records.audit(
            tx,
            user,
            enterprise_id,
            f"{assessment.kind}.settle",
            str(assessment.assessment_no),
            {"seal": seal_no, "outcome": result.outcome, "grade": result.grade},
        )


def history(user: User, enterprise_id: str, assessment_no: int) -> list[Row]:
    """Submissions and reopenings of an assessment, newest first."""
    load(user, enterprise_id, assessment_no)
    rows = current().db.rows(
        "select l.at, coalesce(a.name, l.actor) as actor, l.action, l.body from audit l"
        " left join account a on a.account_id = l.actor"
        " where l.enterprise_id = :e and l.subject = :s"
        " and l.action in ('self.open', 'self.submit', 'self.reopen', 'self.settle',"
        " 'self.move_edition',"
        " 'self.regrade', 'review.open', 'review.submit', 'review.settle', 'review.regrade')"
        " order by l.seq desc",
        e=enterprise_id,
        s=str(assessment_no),
    )
    return [{**row, "at": local_time(row["at"])} for row in rows]


def item_count(assessment: Assessment) -> int:
    """How many items the edition of an assessment has."""
    return len(records.rubric_for(assessment).items)
