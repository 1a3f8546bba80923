"""Results and answers in words: codes and numbers in, sentences in one language out."""

from collections.abc import Mapping
from dataclasses import dataclass

from criteria import Item, Scheme
from portal.domain.answers import AnswerState, ItemAnswer, answer_from_json
from portal.errors import PortalError
from portal.i18n import translate
from portal.services.context import current
from scoring import Outcome, Reason, Result
from scoring.errors import ScoringError
from scoring.rounding import fixed, half_up


def answer_lines(item: Item, answer: ItemAnswer | Mapping[str, object], language: str) -> list[str]:
    """What was found at an item, one line per deduction, in words."""
    if not isinstance(answer, ItemAnswer):
        answer = answer_from_json(item.id, answer)
    lines = []
    texts = {rule.id: rule.text[language] for rule in item.rules}
    for row in answer.deductions:
        text = texts.get(row.rule, row.rule)
        if row.points is not None:
            text = translate(language, "answer.range", text=text, points=row.points)
        lines.append(
            translate(language, "answer.times", text=text, count=row.count)
            if row.count > 1
            else text
        )
    if answer.lost:
        lines.append(
            translate(language, "answer.other", points=answer.lost, reason=answer.reason or "–")
        )
    if answer.state is AnswerState.NOT_APPLICABLE:
        lines.append(
            translate(language, "answer.not_applicable", reason=answer.not_applicable or "–")
        )
    if answer.remark:
        lines.append(translate(language, "answer.remark", text=answer.remark))
    return lines


def error_text(error: Exception, language: str) -> str:
    """What happened, to which thing, and what to do, for an error of ours."""
    if isinstance(error, ScoringError):
        return translate(language, f"error.scoring.{error.code}", **error.values)
    if isinstance(error, PortalError):
        values = dict(error.values)
        if "field" in values:
            values["field"] = translate(language, f"field.{values['field']}")
        return translate(language, f"error.{error.code}", **values)
    raise error


def grade_name(scheme: Scheme, grade: str | None, language: str) -> str:
    """Name of a grade (一级 …), or the words for none."""
    for rung in scheme.ladder:
        if rung.grade == grade:
            return rung.title[language]
    return translate(language, "grade.none")


def possible_line(scheme: Scheme, result: Result, language: str) -> str:
    """Which grades are still possible, in words."""
    best = grade_name(scheme, result.possible.best, language)
    worst = grade_name(scheme, result.possible.worst, language)
    if best == worst:
        return translate(language, "grade.only", grade=best)
    return translate(language, "grade.between", worst=worst, best=best)


def state_line(scheme: Scheme, result: Result, language: str) -> str:
    """One sentence on how far a sheet is and what it can still come to."""
    if result.interval is None:
        return translate(language, "state.not_assessable")
    low, high = (fixed(score, scheme.decimals) for score in result.interval)
    if result.outcome is Outcome.INCOMPLETE:
        return translate(
            language,
            "state.open",
            answered=result.answered,
            count=len(result.items),
            low=low,
            high=high,
        )
    if result.score is None:
        return translate(language, "state.unsettled", count=len(result.items), low=low, high=high)
    return translate(language, "state.complete", count=len(result.items), score=high)


def source_text(document: str, clause: str, language: str) -> str:
    """Title and number of a document with the clause."""
    found = current().library.documents.get(document)
    if found is None:
        return clause
    return f"{found.title[language]} ({found.number}) {clause}".strip()


_ABOVE = frozenset(
    {
        *("members_below_score", "members_with_deaths", "group_accident", "rated_good"),
        *("scores_differ", "item_differs"),
    }
)
"""Reasons from above a single sheet."""


@dataclass(frozen=True, slots=True)
class Explained:
    """One reason in words, with its source."""

    text: str
    source: str
    verified: bool
    item: str | None


def explain(scheme: Scheme, result: Result, language: str) -> list[Explained]:
    """Why this grade and not the next, in the order in which it was decided."""
    return [
        explained(scheme, result, reason, language)
        for reason in result.reasons
        if reason.code != "unanswered"
    ]


def explained(scheme: Scheme, result: Result, reason: Reason, language: str) -> Explained:
    """One reason in words."""
    kind, _, target = reason.effect.partition(":")
    values: dict[str, object] = {
        "item": reason.item or "",
        "effect": reason.effect.removeprefix("-"),
        "element": reason.element or "",
    }
    verified = False
    source = ""
    if kind in ("grade", "not_grade", "open_grade"):
        values["grade"] = grade_name(scheme, target, language)
        rung = next((rung for rung in scheme.ladder if rung.grade == target), None)
        if rung:
            values["threshold"] = fixed(rung.threshold, scheme.decimals)
            values["comparator"] = "≥" if rung.comparator == ">=" else ">"
            verified, source = rung.source.verified, rung.source.document
    if result.score is not None and result.score_exact is not None:
        values["score"] = fixed(result.score, scheme.decimals)
        # enough digits to see on which side of the threshold the unrounded score lies
        values["exact"] = fixed(half_up(result.score_exact, 6), 6)
    if reason.fact:
        text = next(
            (
                c.text[language]
                for c in scheme.performance
                if c.fact == reason.fact and c.grade == target
            ),
            reason.fact,
        )
        fact = next((f.title[language] for f in scheme.facts if f.id == reason.fact), reason.fact)
        values["condition"], values["fact"] = text, fact
    if reason.item:
        item = next(item for item in scheme.items if item.id == reason.item)
        verified, source = item.source.verified, item.source.document
    if reason.code == "zeroed":
        values["part"] = target
    if reason.code in _ABOVE:
        # members, instances and assessors may stand in another document than the ladder
        for rule in scheme.shape.above.sources:
            if rule.clause == reason.clause:
                verified, source = rule.verified, rule.document
    return Explained(
        translate(language, f"reason.{reason.code}", **values),
        source_text(source, reason.clause, language),
        verified,
        reason.item,
    )
