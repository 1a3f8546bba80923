"""What the scoring sheet shows: the fixed part once, the figures after every change."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from criteria import Item, Scheme
from criteria.rubric import rubric_of
from portal.domain.answers import ItemAnswer, answer_from_json, points_text
from portal.domain.assessment import Assessment, grade_answers, score_text
from portal.domain.people import User
from portal.domain.workflow import AssessmentKind, AssessmentStatus
from portal.i18n import translate
from portal.services import assessments, records
from portal.services.assessments import Edit
from portal.services.context import current, local_time
from portal.services.wording import answer_lines, error_text, possible_line, state_line
from scoring import Result, Rubric
from scoring.errors import ScoringError
from scoring.rounding import plain

Json = dict[str, Any]


def static(user: User, assessment: Assessment, language: str) -> Json:
    """Elements, items and rules in one language; in a review also the sealed self-score.

    Raises:
        NotAllowedError: the assessment may not be seen.
    """
    assessment = assessments.load(user, assessment.enterprise_id, assessment.assessment_no)
    scheme = records.scheme_of(assessment)
    place = f"{user.account_id}/{assessment.enterprise_id}/{assessment.assessment_no}"
    store = hashlib.sha256(place.encode()).hexdigest()[:24]
    review = assessment.kind is AssessmentKind.REVIEW
    return {
        "id": f"{store}:{scheme.fingerprint[:12]}:{language}:{assessment.status}",
        "store": store,
        "mode": "review" if review else "self",
        "readonly": assessment.status is not AssessmentStatus.DRAFT,
        "reference": _reference(assessment, scheme, language) if review else None,
        **_criteria(scheme, language),
    }


@lru_cache(maxsize=32)
def _criteria(scheme: Scheme, language: str) -> Json:
    """The criteria as the sheet takes them; the same for everybody, never changed."""
    # a mark on every single item would say nothing; the page then says it once
    mixed = any(item.source.verified for item in scheme.items)
    return {
        "elements": [
            {"id": e.id, "title": e.title[language], "points": plain(e.points)}
            for e in scheme.elements
        ],
        "sub_elements": [
            {
                "id": s.id,
                "element": s.element,
                "title": s.title[language],
                "points": plain(s.points),
            }
            for e in scheme.elements
            for s in e.sub_elements
        ],
        "items": [_item(item, language, mixed=mixed) for item in scheme.items],
    }


def _item(item: Item, language: str, *, mixed: bool) -> Json:
    return {
        "id": item.id,
        "element": item.element,
        "sub_element": item.sub_element,
        "points": plain(item.points),
        "text": item.text[language],
        "evidence": [entry[language] for entry in item.evidence],
        "law": _law_line(item, language) or None,
        "unverified": mixed and not item.source.verified,
        "rules": [
            {
                "id": rule.id,
                "kind": rule.kind,
                "points": None if rule.points is None else plain(rule.points),
                "scope": rule.scope,
                "trigger": rule.trigger,
                "zeroes": rule.zeroes,
                "text": rule.text[language],
            }
            for rule in item.rules
        ],
    }


def _law_line(item: Item, language: str) -> str:
    """Clauses behind an item, each document named once."""
    by_document: dict[str, list[str]] = {}
    for source in item.law:
        by_document.setdefault(source.document, []).append(source.clause)
    documents = current().library.documents
    return translate(language, "common.list_separator").join(
        translate(
            language,
            "sheet_law.entry",
            title=documents[document].title[language],
            clauses=translate(language, "common.list_separator").join(clauses),
        )
        for document, clauses in by_document.items()
    )


def _reference(assessment: Assessment, scheme: Scheme, language: str) -> Json:
    rubric = rubric_of(scheme)
    base = records.find(current().db, assessment.enterprise_id, assessment.base_no or 0)
    answers, _ = records.sealed(current().db, base)
    rows = {row.id: row for row in grade_answers(rubric, answers, {}).items}
    items = {item.id: item for item in scheme.items}
    return {
        item_id: {
            "earned": points_text(rubric, row.earned),
            "lost": points_text(rubric, row.deducted),
            "not_applicable": bool(row.not_applicable),
            "lines": answer_lines(items[item_id], answers[item_id], language),
        }
        for item_id, row in rows.items()
        if item_id in answers
    }


def live(
    user: User, enterprise_id: str, assessment_no: int, known: int | None, language: str
) -> Json:
    """Figures of the whole sheet, and the items changed since revision ``known`` (None: all)."""
    assessment = assessments.load(user, enterprise_id, assessment_no)
    scheme = records.scheme_of(assessment)
    rubric = rubric_of(scheme)
    rows = current().db.rows(
        "select d.item_id, d.answer, d.state, d.version, d.rev, d.updated_at,"
        " coalesce(a.name, d.updated_by) as updated_by from draft_item d"
        " left join account a on a.account_id = d.updated_by"
        " where d.enterprise_id = :e and d.assessment_no = :n",
        e=enterprise_id,
        n=assessment_no,
    )
    answers = {r["item_id"]: answer_from_json(r["item_id"], json.loads(r["answer"])) for r in rows}
    facts = records.facts_of(current().db, enterprise_id, assessment.year)
    result = grade_answers(rubric, answers, facts)
    points = {row.id: row for row in result.items}
    changed = {}
    for row in rows:
        if known is not None and row["rev"] <= known:
            continue
        item = points[row["item_id"]]
        changed[row["item_id"]] = {
            "version": row["version"],
            "state": row["state"],
            "earned": points_text(rubric, item.earned) if item.answered else None,
            "lost": points_text(rubric, item.deducted) if item.answered else None,
            "by": row["updated_by"],
            "at": local_time(row["updated_at"]),
            "answer": json.loads(row["answer"]),
        }
    latest = max((r["updated_at"] for r in rows), default=None)
    return {
        "rev": assessment.rev,
        "items": changed,
        "elements": _elements(result, answers, rubric),
        "total": _total(scheme, rubric, result, language),
        "saved_at": local_time(latest, seconds=True)[11:] if latest else None,
    }


def _elements(result: Result, answers: Mapping[str, ItemAnswer], rubric: Rubric) -> Json:
    open_count: dict[str, int] = {}
    reason_count: dict[str, int] = {}
    count: dict[str, int] = {}
    for item in result.items:
        count[item.element] = count.get(item.element, 0) + 1
        if not item.answered:
            open_count[item.element] = open_count.get(item.element, 0) + 1
            if item.id in answers and answers[item.id].state == "needs_reason":
                reason_count[item.element] = reason_count.get(item.element, 0) + 1
    return {
        row.id: {
            "earned": points_text(rubric, row.earned),
            "lost": points_text(rubric, row.deducted - row.special),
            "special": points_text(rubric, row.special),
            "not_applicable": points_text(rubric, row.not_applicable),
            "open": open_count.get(row.id, 0),
            "needs_reason": reason_count.get(row.id, 0),
            "count": count.get(row.id, 0),
        }
        for row in result.elements
    }


def _total(scheme: Scheme, rubric: Rubric, result: Result, language: str) -> Json:
    low, high = result.interval or (None, None)
    return {
        "answered": result.answered,
        "count": len(result.items),
        "score": score_text(result.score, rubric),
        "low": score_text(low, rubric),
        "high": score_text(high, rubric),
        "state_line": state_line(scheme, result, language),
        "grade_line": possible_line(scheme, result, language),
    }


def save(
    user: User,
    enterprise_id: str,
    assessment_no: int,
    edits: Sequence[Mapping[str, Any]],
    language: str,
) -> list[Json]:
    """Store what the sheet sent and word what became of it."""
    parsed, acks = [], []
    for row in edits:
        try:
            parsed.append(_edit(row))
        except ScoringError as error:
            acks.append(
                {
                    "seq": row.get("seq", 0),
                    "item": str(row.get("item", "")),
                    "ok": False,
                    "error": error_text(error, language),
                    "conflict": None,
                }
            )
    for saved in assessments.save_answers(user, enterprise_id, assessment_no, parsed):
        ack: Json = {"seq": saved.seq, "item": saved.item, "ok": saved.error is None}
        if saved.error is None:
            ack["version"] = saved.version
        else:
            ack["error"] = error_text(saved.error, language)
            ack["conflict"] = None
            if saved.conflict:
                ack["conflict"] = {
                    "version": saved.conflict["version"],
                    "answer": json.loads(saved.conflict["answer"]),
                    "by": saved.conflict["saved_by"],
                    "at": local_time(saved.conflict["updated_at"]),
                }
        acks.append(ack)
    return acks


def _edit(row: Mapping[str, Any]) -> Edit:
    item, client, answer = row.get("item"), row.get("client"), row.get("answer")
    seq, seen = row.get("seq"), row.get("seen")
    if (
        not isinstance(item, str)
        or not isinstance(client, str)
        or not client  # an empty one would pass for an import
        or not isinstance(answer, Mapping)
    ):
        raise ScoringError(
            "bad_answer",
            item=str(item),
            field="-",
            found=repr(row)[:80],
            expected="item, client, answer",
        )
    if not isinstance(seq, int) or not isinstance(seen, int):
        raise ScoringError(
            "bad_answer", item=item, field="seq", found=repr(seq), expected="a whole number"
        )
    return Edit(client[:64], seq, item, seen, answer)
