"""Moving a running self-assessment to a newer edition of its standard; never silently."""

from dataclasses import dataclass

from criteria import Scheme
from criteria.editions import Changes, compare
from portal.domain.assessment import Assessment
from portal.domain.people import Action, User
from portal.domain.workflow import AssessmentKind, AssessmentStatus
from portal.errors import IllegalTransitionError, NotAllowedError, StaleRecordError
from portal.services import assessments, records, rights
from portal.services.context import current
from portal.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Offer:
    """A newer edition and what moving to it would mean; rows as id and requirement."""

    edition: str
    valid_from: str
    kept: int
    changed: tuple[tuple[str, str], ...]
    added: tuple[tuple[str, str], ...]
    removed: tuple[tuple[str, str], ...]


def offer(user: User, assessment: Assessment, language: str) -> Offer | None:
    """The newer edition in force that a running self-assessment could move to, or None.

    Raises:
        NotAllowedError: it may not be seen.
    """
    assessment = assessments.load(user, assessment.enterprise_id, assessment.assessment_no)
    if assessment.kind is not AssessmentKind.SELF:
        return None
    if assessment.status is not AssessmentStatus.DRAFT:
        return None
    new = _newer(assessment)
    if new is None:
        return None
    old = records.scheme_of(assessment)
    changes = compare(old, new)

    def rows(scheme: Scheme, ids: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        texts = {item.id: item.text[language] for item in scheme.items}
        return tuple((item, texts[item]) for item in ids)

    return Offer(
        new.edition,
        new.valid_from.isoformat(),
        len(changes.kept),
        rows(new, changes.changed),
        rows(new, changes.added),
        rows(old, changes.removed),
    )


def _newer(assessment: Assessment) -> Scheme | None:
    context = current()
    try:
        found = context.library.find(assessment.scheme, context.today)
    except KeyError:
        return None
    return found if found.edition > assessment.edition else None


def move(user: User, enterprise_id: str, assessment_no: int, edition: str, seen_rev: int) -> None:
    """Move a draft to a newer edition; answers of unchanged rows stay, the others are set aside.

    What was answered on changed or removed rows goes into the audit log, so nothing is lost.

    Args:
        user: who may edit the draft.
        enterprise_id: the enterprise.
        assessment_no: the draft.
        edition: the edition that the person was shown.
        seen_rev: revision of the draft that the person saw.

    Raises:
        NotAllowedError: it may not be edited.
        IllegalTransitionError: it is no draft, or that edition is no longer the newest.
        StaleRecordError: somebody has answered in the meantime.
    """
    rights.require_enterprise(user, Action.EDIT_ASSESSMENT, enterprise_id)

    def job(tx: Transaction) -> None:
        tx.lock_enterprise(enterprise_id)
        assessment = records.find(tx, enterprise_id, assessment_no)
        assessments.require_edit(user, assessment)
        if assessment.kind is not AssessmentKind.SELF:
            raise NotAllowedError
        new = _newer(assessment)
        if assessment.status is not AssessmentStatus.DRAFT or new is None:
            raise IllegalTransitionError("no_newer_edition")
        if new.edition != edition:
            raise IllegalTransitionError("no_newer_edition")
        if assessment.rev != seen_rev:
            raise StaleRecordError("stale_sheet")
        _write(tx, user, assessment, new, compare(records.scheme_of(assessment), new))

    current().db.write(job)


def _write(
    tx: Transaction, user: User, assessment: Assessment, new: Scheme, changes: Changes
) -> None:
    place = {"e": assessment.enterprise_id, "n": assessment.assessment_no}
    answers = records.draft_answers(tx, assessment.enterprise_id, assessment.assessment_no)
    aside = {item: answer.to_json() for item, answer in answers.items() if item not in changes.kept}
    for item in aside:
        tx.run(
            "delete from draft_item where enterprise_id = :e and assessment_no = :n"
            " and item_id = :i",
            i=item,
            **place,
        )
    tx.run(
        "update assessment set edition = :edition, fingerprint = :fingerprint, rev = rev + 1,"
        " version = version + 1 where enterprise_id = :e and assessment_no = :n",
        edition=new.edition,
        fingerprint=new.fingerprint,
        **place,
    )
    records.audit(
        tx,
        user,
        assessment.enterprise_id,
        "self.move_edition",
        str(assessment.assessment_no),
        {"before": assessment.edition, "after": new.edition, "set_aside": aside},
    )
