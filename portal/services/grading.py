"""Grading from files, in the fixed JSON form: what the command line and other programs use."""

from collections.abc import Mapping
from typing import Any

from criteria import Scheme, rubric_of
from criteria.model import Fact
from portal.domain.answers import ItemAnswer, answer_from_json, engine_answers, points_text
from portal.domain.assessment import grade_answers, score_text
from scoring import Reason, Result, path
from scoring.errors import ScoringError
from scoring.model import FactValue
from scoring.path import PathToGrade
from scoring.rounding import fixed, plain

Json = dict[str, Any]


def answers_from_json(data: object) -> dict[str, ItemAnswer]:
    """Read ``{"items": {"5.3.2": {...}}}``.

    Raises:
        ScoringError: names the item and the field.
    """
    if not isinstance(data, Mapping) or not isinstance(data.get("items"), Mapping):
        raise ScoringError(
            "bad_answer", item="-", field="items", found=repr(data)[:60], expected='{"items": {…}}'
        )
    return {str(item): answer_from_json(str(item), row) for item, row in data["items"].items()}


def facts_from_json(scheme: Scheme, data: object) -> dict[str, FactValue]:
    """Read the facts; one that the scheme does not ask for is left aside, null is "none".

    Raises:
        ScoringError: names the fact.
    """
    if not isinstance(data, Mapping):
        raise ScoringError("bad_fact", fact="-", found=repr(data)[:60], expected="{…}")
    facts: dict[str, FactValue] = {}
    for fact in scheme.facts:
        if fact.id not in data:
            continue
        value = data[fact.id]
        # also a fact that no condition happens to ask for must be one that can be
        if value is not None and not _possible(fact, value):
            expected = ", ".join(fact.order) or fact.kind
            raise ScoringError("bad_fact", fact=fact.id, found=repr(value), expected=expected)
        facts[fact.id] = value
    return facts


def _possible(fact: Fact, value: object) -> bool:
    if fact.kind == "choice":
        return value in fact.order
    if fact.kind == "flag":
        return isinstance(value, bool)
    if not isinstance(value, int) or isinstance(value, bool):
        return False
    return value >= 0 and (fact.kind != "percent" or value <= 100)


def grade(
    scheme: Scheme, answers: Mapping[str, ItemAnswer], facts: Mapping[str, FactValue]
) -> Result:
    """Grade answers by an edition.

    Raises:
        ScoringError: an answer or a fact that cannot be scored.
    """
    return grade_answers(rubric_of(scheme), answers, facts)


def next_grades(
    scheme: Scheme, answers: Mapping[str, ItemAnswer], facts: Mapping[str, FactValue]
) -> tuple[Result, tuple[PathToGrade, ...]]:
    """Grade answers and find the smallest sets of items that lead to each better grade.

    Raises:
        ScoringError: an answer or a fact that cannot be scored.
    """
    rubric = rubric_of(scheme)
    said = engine_answers(rubric, answers)
    return grade_answers(rubric, answers, facts), path.next_grades(rubric, said, facts)


def paths_json(scheme: Scheme, result: Result, found: tuple[PathToGrade, ...]) -> Json:
    """The paths to better grades as ``anbiao next-grade --json`` prints them."""
    rubric = rubric_of(scheme)

    def steps(way: path.Path | None) -> Json | None:
        if way is None:
            return None
        return {
            "points": points_text(rubric, way.points),
            "proved": way.proved,
            "items": [
                {"item": s.item, "points": points_text(rubric, s.points), "kind": s.kind.value}
                for s in way.steps
            ],
        }

    return {
        "scheme": scheme.id,
        "edition": scheme.edition,
        "fingerprint": scheme.fingerprint,
        "outcome": result.outcome.value,
        "grade": result.grade,
        "score": score_text(result.score, rubric),
        "paths": [
            {
                "grade": way.grade,
                "outcome": way.outcome.value,
                "fewest_items": steps(way.fewest_items),
                "least_points": steps(way.least_points),
                "reasons": [_reason_json(reason) for reason in way.reasons],
            }
            for way in found
        ],
    }


def _reason_json(reason: Reason) -> Json:
    about = (("item", reason.item), ("element", reason.element), ("fact", reason.fact))
    return {
        "code": reason.code,
        "effect": reason.effect,
        **{name: value for name, value in about if value is not None},
        "clause": reason.clause,
    }


def result_json(scheme: Scheme, result: Result) -> Json:
    """A result in the fixed form of ``anbiao grade --json``."""
    rubric = rubric_of(scheme)

    def points(units: int) -> str:
        return points_text(rubric, units)

    return {
        "scheme": scheme.id,
        "edition": scheme.edition,
        "fingerprint": scheme.fingerprint,
        "outcome": result.outcome.value,
        "grade": result.grade,
        "score": score_text(result.score, rubric),
        "score_exact": None if result.score_exact is None else str(result.score_exact),
        "attainable": points(result.attainable),
        "earned": points(result.earned),
        "deducted": points(result.deducted),
        "not_applicable": points(result.not_applicable),
        "interval": None
        if result.interval is None
        else [score_text(score, rubric) for score in result.interval],
        "elements": [
            {
                "id": row.id,
                "points": points(row.points),
                "not_applicable": points(row.not_applicable),
                "attainable": points(row.attainable),
                "earned": points(row.earned),
                "deducted": points(row.deducted),
                "rate": fixed(row.earned * scheme.scale / row.attainable, 1)
                if row.attainable
                else None,
            }
            for row in result.elements
        ],
        "reasons": [_reason_json(reason) for reason in result.reasons],
        "grade_by_score": result.grade_by_score,
    }


def scheme_json(scheme: Scheme) -> Json:
    """An edition in the fixed form of ``anbiao criteria show --json``."""

    def text(value: Any) -> Json:
        return {"zh": value.zh, "en": value.en}

    def number(value: Any) -> str | None:
        return None if value is None else plain(value)

    return {
        "scheme": scheme.id,
        "edition": scheme.edition,
        "kind": scheme.kind,
        "title": text(scheme.title),
        "total": number(scheme.total),
        "elements": [
            {"id": e.id, "title": text(e.title), "points": number(e.points)}
            for e in scheme.elements
        ],
        "items": [
            {
                "id": item.id,
                "element": item.element,
                "sub_element": item.sub_element,
                "points": number(item.points),
                "text": text(item.text),
                "veto": item.veto,
                "deductions": [
                    {
                        "id": rule.id,
                        "kind": rule.kind,
                        "scope": rule.scope,
                        "points": number(rule.points),
                        "trigger": rule.trigger,
                        "zeroes": rule.zeroes,
                    }
                    for rule in item.rules
                ],
            }
            for item in scheme.items
        ],
    }
