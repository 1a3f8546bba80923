"""Why this grade, and what leads to a better one, in words: the tree of reasons of a result."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from criteria import Scheme, rubric_of
from portal.domain.answers import ItemAnswer, engine_answers, points_text
from portal.domain.assessment import unseal
from portal.i18n import translate
from portal.services.wording import Explained, explain, explained, grade_name
from scoring import Result
from scoring.engine import grade
from scoring.explanation import Explanation, Limit, ScoreStep, StepCode, Without
from scoring.explanation import explain as explanation_of
from scoring.model import FactValue, Reason, Rubric
from scoring.path import Path, PathToGrade, next_grades
from scoring.rounding import fixed


@dataclass(frozen=True)
class Analysis:
    """A sealed sheet, graded and taken apart; ``explanation`` is None without a score."""

    answers: Mapping[str, ItemAnswer]
    facts: Mapping[str, FactValue]
    result: Result
    explanation: Explanation | None
    paths: tuple[PathToGrade, ...]


@lru_cache(maxsize=256)
def analysis(scheme: Scheme, sheet: str) -> Analysis:
    """Grade a sealed sheet, explain it and find the paths; kept, since a sheet never changes."""
    answers, facts = unseal(sheet)
    rubric = rubric_of(scheme)
    said = engine_answers(rubric, answers)
    return Analysis(
        answers,
        facts,
        grade(rubric, said, facts),
        explanation_of(rubric, said, facts),
        next_grades(rubric, said, facts),
    )


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """A reason in words; ``without`` says what would have come out, empty where that is moot."""

    text: str
    source: str
    without: str
    decides: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the waterfall on the output scale, as floats for drawing; ``text`` is exact."""

    label: str
    start: float
    end: float
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Why:
    """Everything that led to a grade.

    Attributes:
        headline: what set the grade.
        rungs: threshold and name of each grade, for the chart.
        elements: what an element lost and what would be without, by element.
        items: what would be without the losses of an item, by item.
    """

    headline: str
    reasons: tuple[ReasonLine, ...]
    bars: tuple[Bar, ...]
    rungs: tuple[tuple[float, str], ...]
    elements: Mapping[str, str]
    items: Mapping[str, str]


def why(scheme: Scheme, found: Analysis, language: str) -> Why:
    """Word the tree of reasons."""
    tree = found.explanation
    limits = {} if tree is None else {_key(limit): limit for limit in tree.limits}
    reasons = tuple(
        ReasonLine(
            text.text,
            text.source,
            "" if limit is None else without_text(scheme, limit.without, language, "without"),
            limit is not None and limit.decides,
        )
        for text, limit in (
            (text, limits.get((reason.code, reason.item, reason.element, reason.fact)))
            for text, reason in zip(
                explain(scheme, found.result, language), _said(found.result), strict=True
            )
        )
    )
    rungs = tuple(
        (float(rung.threshold), f"{rung.title[language]} {fixed(rung.threshold, scheme.decimals)}")
        for rung in scheme.ladder
    )
    if tree is None:
        return Why("", reasons, (), rungs, {}, {})
    titles = {element.id: f"{element.id} {element.title[language]}" for element in scheme.elements}
    rubric = rubric_of(scheme)
    elements = {
        part.element: translate(
            language,
            "why.element",
            element=titles[part.element],
            lost=points_text(rubric, part.deducted),
            converted=fixed(part.converted, scheme.decimals + 1),
            without=without_text(scheme, part.without, language),
        )
        for part in tree.elements
    }
    items = {
        row.item: without_text(scheme, row.without, language)
        for part in tree.elements
        for row in part.items
    }
    bars = _bars(scheme, tree, titles, language)
    return Why(_headline(scheme, tree, language), reasons, bars, rungs, elements, items)


def _said(result: Result) -> list[Reason]:
    return [reason for reason in result.reasons if reason.code != "unanswered"]


def _key(limit: Limit) -> tuple[str, str | None, str | None, str | None]:
    reason = limit.reason
    return reason.code, reason.item, reason.element, reason.fact


def _headline(scheme: Scheme, tree: Explanation, language: str) -> str:
    result = tree.result
    return translate(
        language,
        f"why.cause_{tree.cause}",
        grade=grade_name(scheme, result.possible.best, language),
        by_score=grade_name(scheme, result.grade_by_score, language),
        score=fixed(result.score or Fraction(0), scheme.decimals),
    )


def without_text(scheme: Scheme, other: Without, language: str, form: str = "then") -> str:
    """The score and grade without one cause: as a cell (``then``) or a sentence (``without``)."""
    return translate(
        language,
        f"why.{form}",
        score=fixed(other.score, scheme.decimals),
        grade=grade_name(scheme, other.grade, language),
    )


def _bars(
    scheme: Scheme, tree: Explanation, titles: Mapping[str, str], language: str
) -> tuple[Bar, ...]:
    digits = scheme.decimals + 1
    bars: list[Bar] = []
    running = Fraction(0)
    for step in tree.steps:
        end = running + step.amount
        bars.append(
            Bar(
                _label(step, titles, language),
                float(running),
                float(end),
                fixed(step.amount, digits if step.code is not StepCode.FULL else 0),
                "full" if step.code is StepCode.FULL else "down" if step.amount < 0 else "up",
            )
        )
        running = end
    score = fixed(tree.result.score or Fraction(0), scheme.decimals)
    name = grade_name(scheme, tree.result.grade_by_score, language)
    label = translate(language, "why.score")
    return (*bars, Bar(label, 0.0, float(running), f"{score} · {name}", "score"))


def _label(step: ScoreStep, titles: Mapping[str, str], language: str) -> str:
    return titles.get(step.element) or translate(language, f"why.step_{step.code}")


@dataclass(frozen=True, slots=True)
class StepLine:
    """One item to put in order, in words."""

    item: str
    requirement: str
    points: str
    kind: str


@dataclass(frozen=True, slots=True)
class PathLines:
    """A smallest set of items that leads to a grade."""

    head: str
    steps: tuple[StepLine, ...]
    proved: bool


@dataclass(frozen=True, slots=True)
class GradePaths:
    """How one better grade can be reached: one or two sets of items, or why points cannot."""

    grade: str
    text: str
    reasons: tuple[Explained, ...]
    sets: tuple[PathLines, ...]


def paths(
    scheme: Scheme, found: tuple[PathToGrade, ...], result: Result, language: str
) -> tuple[GradePaths, ...]:
    """Word the paths to the better grades, the nearest first."""
    return tuple(_path(scheme, path, result, language) for path in found)


def _path(scheme: Scheme, path: PathToGrade, result: Result, language: str) -> GradePaths:
    name = grade_name(scheme, path.grade, language)
    sets = []
    if path.fewest_items is not None:
        sets.append(_lines(scheme, path.fewest_items, "fewest", language))
    if path.least_points is not None and path.least_points != path.fewest_items:
        sets.append(_lines(scheme, path.least_points, "least", language))
    seen: dict[str, Explained] = {}
    for reason in path.reasons:
        if reason.code != "unanswered":
            worded = explained(scheme, result, reason, language)
            seen.setdefault(worded.text, worded)
    text = translate(language, f"path.{path.outcome}", grade=name)
    return GradePaths(name, text, tuple(seen.values()), tuple(sets))


def _lines(scheme: Scheme, path: Path, which: str, language: str) -> PathLines:
    rubric: Rubric = rubric_of(scheme)
    items = {item.id: item for item in scheme.items}
    head = translate(
        language,
        f"path.head_{which}",
        count=len(path.steps),
        points=points_text(rubric, path.points),
    )
    steps = tuple(
        StepLine(
            step.item,
            items[step.item].text[language],
            points_text(rubric, step.points),
            translate(language, f"path.kind_{step.kind}"),
        )
        for step in path.steps
    )
    return PathLines(head, steps, path.proved)
