"""Reading and writing of assessments, shared by self-assessment and review."""

import json
from collections.abc import Mapping

from criteria import Scheme, rubric_of
from portal.domain.answers import ItemAnswer, answer_from_json
from portal.domain.assessment import Assessment, pct10, score_text, unseal
from portal.domain.people import User
from portal.domain.workflow import AssessmentKind, AssessmentStatus
from portal.errors import NoEditionInForceError, NotAllowedError
from portal.services.context import current
from portal.store.audit import AuditEntry, append
from portal.store.database import Database, Row, Transaction
from scoring import Result, Rubric
from scoring.model import FactValue

Source = Database | Transaction


def assessment_of(row: Row) -> Assessment:
    """A database row as a record."""
    return Assessment(
        row["enterprise_id"],
        row["assessment_no"],
        AssessmentKind(row["kind"]),
        row["year"],
        row["scheme"],
        row["edition"],
        row["fingerprint"],
        row["sector"],
        row["area_code"],
        AssessmentStatus(row["status"]),
        row["base_no"],
        row["assessor"],
        row["leader"],
        tuple(json.loads(row["members"])),
        row["opened_at"],
        row["submitted_at"],
        row["seal_no"],
        row["outcome"],
        row["grade"],
        row["score"],
        row["rev"],
        row["version"],
    )


def find(source: Source, enterprise_id: str, assessment_no: int) -> Assessment:
    """Read one assessment; the caller checks rights.

    Raises:
        NotAllowedError: there is none; the same as for one that may not be seen.
    """
    row = source.row(
        "select * from assessment where enterprise_id = :e and assessment_no = :n",
        e=enterprise_id,
        n=assessment_no,
    )
    if row is None:
        raise NotAllowedError
    return assessment_of(row)


def scheme_of(assessment: Assessment) -> Scheme:
    """The edition an assessment is pinned to.

    Raises:
        NoEditionInForceError: the catalogue no longer has exactly that edition; nothing is ever
            graded by another one.
    """
    name = f"{assessment.scheme}@{assessment.edition}"
    try:
        scheme = current().library.get(assessment.scheme, assessment.edition)
    except KeyError:
        raise NoEditionInForceError("edition_gone", scheme=name) from None
    if scheme.fingerprint != assessment.fingerprint:
        raise NoEditionInForceError("edition_changed", scheme=name)
    return scheme


def rubric_for(assessment: Assessment) -> Rubric:
    """The rubric of the pinned edition."""
    return rubric_of(scheme_of(assessment))


def draft_answers(source: Source, enterprise_id: str, assessment_no: int) -> dict[str, ItemAnswer]:
    """All entries of a draft."""
    rows = source.rows(
        "select item_id, answer from draft_item where enterprise_id = :e and assessment_no = :n",
        e=enterprise_id,
        n=assessment_no,
    )
    return {r["item_id"]: answer_from_json(r["item_id"], json.loads(r["answer"])) for r in rows}


def sealed(
    source: Source, assessment: Assessment
) -> tuple[dict[str, ItemAnswer], dict[str, FactValue]]:
    """Answers and facts of the newest sealed sheet."""
    row = source.row(
        "select sheet from sealed_sheet where enterprise_id = :e and assessment_no = :n"
        " and seal_no = :s",
        e=assessment.enterprise_id,
        n=assessment.assessment_no,
        s=assessment.seal_no,
    )
    if row is None:
        raise NotAllowedError
    return unseal(row["sheet"])


def facts_of(source: Source, enterprise_id: str, year: int) -> dict[str, FactValue]:
    """What is known of the safety performance of a year; what was not given is left out."""
    row = source.row(
        "select e.is_group, p.facts from enterprise e left join performance p"
        " on p.enterprise_id = e.enterprise_id and p.year = :y where e.enterprise_id = :e",
        e=enterprise_id,
        y=year,
    )
    if row is None:
        raise NotAllowedError
    facts: dict[str, FactValue] = json.loads(row["facts"]) if row["facts"] else {}
    facts["is_group"] = bool(row["is_group"])
    return facts


def store_result(
    tx: Transaction,
    assessment: Assessment,
    result: Result,
    sheet: tuple[str, str],
    user: User,
) -> int:
    """Write a new sealed sheet and the result on the head; returns the number of the seal."""
    rubric = rubric_for(assessment)
    seal_no = assessment.seal_no + 1
    stamp = current().stamp
    tx.run(
        "insert into sealed_sheet (enterprise_id, assessment_no, seal_no, sheet, sha256,"
        " sealed_at, sealed_by) values (:e, :n, :s, :sheet, :sha, :at, :by)",
        e=assessment.enterprise_id,
        n=assessment.assessment_no,
        s=seal_no,
        sheet=sheet[0],
        sha=sheet[1],
        at=stamp,
        by=user.account_id,
    )
    tx.run(
        "update assessment set seal_no = :s, outcome = :outcome, grade = :grade,"
        " grade_by_score = :by_score, score = :score, pct10 = :pct10, attainable = :attainable,"
        " earned = :earned, deducted = :deducted, not_applicable = :na, elements = :elements,"
        " version = version + 1 where enterprise_id = :e and assessment_no = :n",
        e=assessment.enterprise_id,
        n=assessment.assessment_no,
        s=seal_no,
        outcome=result.outcome,
        grade=result.grade,
        by_score=result.grade_by_score,
        score=score_text(result.score, rubric),
        pct10=pct10(result, rubric),
        attainable=result.attainable,
        earned=result.earned,
        deducted=result.deducted,
        na=result.not_applicable,
        elements=json.dumps([[e.id, e.earned, e.attainable] for e in result.elements]),
    )
    mark_dirty(tx, assessment)
    return seal_no


def mark_dirty(tx: Transaction, assessment: Assessment) -> None:
    """Let the summaries of this slice be computed again.

    A mark that stands already is written again, so that it cannot be taken off before the
    commit of what is marked here.
    """
    tx.run(
        "insert into dirty (area_code, year, kind) values (:a, :y, :k)"
        " on conflict (area_code, year, kind) do update set kind = excluded.kind",
        a=assessment.area_code,
        y=assessment.year,
        k=assessment.kind,
    )


def audit(
    tx: Transaction,
    user: User,
    enterprise_id: str,
    action: str,
    subject: str,
    body: Mapping[str, object],
) -> None:
    """Note a change in the chain of an enterprise."""
    append(
        tx,
        AuditEntry(
            enterprise_id,
            current().stamp,
            user.account_id,
            user.role,
            action,
            subject,
            dict(body),
        ),
    )


def next_number(tx: Transaction, table: str, column: str, enterprise_id: str) -> int:
    """Next number of an enterprise's records; the enterprise is locked until the commit."""
    tx.lock_enterprise(enterprise_id)
    row = tx.row(
        f"select coalesce(max({column}), 0) + 1 as next from {table}"  # noqa: S608 - fixed names
        " where enterprise_id = :e",
        e=enterprise_id,
    )
    return int(row["next"]) if row else 1
