"""Every case of ``cases/*.toml``, graded and compared figure by figure; nothing is approximate."""

import tomllib
from fractions import Fraction
from pathlib import Path

import pytest

from scoring import (
    Answer,
    Condition,
    Deduction,
    DeductionRule,
    ElementRubric,
    ItemRubric,
    Kind,
    PerformanceRung,
    Result,
    Rubric,
    Rung,
    Scope,
    Trigger,
    grade,
)
from scoring.model import FactRule
from scoring.rounding import fixed, plain, to_units

FILES = sorted((Path(__file__).parent / "cases").glob("*.toml"))
SHEETS = [(path.stem, tomllib.loads(path.read_text(encoding="utf-8"))) for path in FILES]
CASES = [
    pytest.param(sheet, case, id=f"{stem}: {case['name']}")
    for stem, sheet in SHEETS
    for case in sheet["case"]
]


def _rule(row: dict, unit: Fraction) -> DeductionRule:
    return DeductionRule(
        row["id"],
        Kind(row["kind"]),
        to_units(row["points"], unit) if "points" in row else None,
        Scope(row.get("scope", "item")),
        Trigger(row.get("trigger", "reported")),
        Scope(row["zeroes"]) if "zeroes" in row else None,
    )


def _condition(text: str) -> Condition:
    fact, op, value, *rest = text.split()
    guard = dict(zip(rest[::2], rest[1::2], strict=True))
    return Condition(fact, op, int(value) if value.isdigit() else value, **guard)


def _rubric(sheet: dict) -> Rubric:
    unit = Fraction(sheet.get("smallest_unit", "0.1"))
    items = tuple(
        ItemRubric(
            row["id"],
            row.get("element", row["id"].split(".")[0]),
            row.get("sub_element"),
            to_units(row["points"], unit),
            tuple(_rule(rule, unit) for rule in row.get("rules", [])),
            Scope(row["veto"]) if "veto" in row else None,
        )
        for row in sheet["item"]
    )
    points: dict[str, int] = {}
    for item in items:
        points[item.element] = points.get(item.element, 0) + item.points
    rungs = (line.split() for line in sheet.get("ladder", ["1 >= 90", "2 >= 75", "3 >= 60"]))
    return Rubric(
        scheme="case",
        edition="1",
        fingerprint="",
        unit=unit,
        scale=Fraction(sheet.get("scale", "100")),
        decimals=sheet.get("decimals", 1),
        compare_rounded=sheet.get("compare", "rounded") == "rounded",
        elements=tuple(ElementRubric(*pair) for pair in points.items()),
        items=items,
        ladder=tuple(Rung(name, op, Fraction(least)) for name, op, least in rungs),
        performance=tuple(
            PerformanceRung(name, tuple(_condition(line) for line in lines))
            for name, lines in sheet.get("performance", {}).items()
        ),
        facts=tuple(
            FactRule(name, row.get("default"), tuple(row.get("order", ())))
            for name, row in sheet.get("fact", {}).items()
        ),
    )


def _answer(said: str | dict, unit: Fraction) -> Answer:
    if said == "full":
        return Answer(full=True)
    if said == "not applicable":
        return Answer(not_applicable="there is none")
    rules = {name: value for name, value in said.items() if name != "lost"}
    return Answer(
        # a number says how often the rule was found, a text how many points a range rule takes
        tuple(
            Deduction(name, value)
            if isinstance(value, int)
            else Deduction(name, points=to_units(value, unit))
            for name, value in rules.items()
        ),
        to_units(said.get("lost", "0"), unit),
        "seen on site" if said else "",
    )


def _figures(rubric: Rubric, result: Result) -> dict:
    def points(units: int) -> str:
        return plain(units * rubric.unit)

    def score(value: Fraction | None) -> str:
        return "none" if value is None else fixed(value, rubric.decimals)

    return {
        "outcome": result.outcome.value,
        "grade": result.grade or "none",
        "grade_by_score": result.grade_by_score or "none",
        "score": score(result.score),
        "score_exact": "none" if result.score_exact is None else plain(result.score_exact),
        "interval": [score(end) for end in result.interval or ()],
        "possible": [result.possible.best or "none", result.possible.worst or "none"],
        "points": points(result.points),
        "not_applicable": points(result.not_applicable),
        "attainable": points(result.attainable),
        "earned": points(result.earned),
        "deducted": points(result.deducted),
        "answered": result.answered,
        "items": {item.id: points(item.earned) for item in result.items},
        "elements": {element.id: points(element.earned) for element in result.elements},
        "specials": [
            f"{row.item} {row.rule}: {points(row.taken)} of {points(row.asked)} from {row.target}"
            for row in result.specials
        ],
        "reasons": [
            " ".join(filter(None, (row.code, row.item or row.fact, row.effect)))
            for row in result.reasons
        ],
    }


@pytest.mark.parametrize(("sheet", "case"), CASES)
def test_case(sheet: dict, case: dict) -> None:
    rubric = _rubric(sheet)
    said = {item.id: "full" for item in rubric.items} | case.get("answers", {})
    answers = {
        name: _answer(value, rubric.unit) for name, value in said.items() if value != "unanswered"
    }
    facts = {
        name: None if value == "null" else value
        for name, value in (sheet.get("facts", {}) | case.get("facts", {})).items()
        if value != "unknown"
    }
    found = _figures(rubric, grade(rubric, answers, facts))
    for table in ("items", "elements"):  # a case names only the rows it is about
        found[table] = {name: found[table][name] for name in case["expected"].get(table, {})}
    assert {name: found[name] for name in case["expected"]} == case["expected"]


def test_every_sheet_says_in_both_languages_what_it_shows_and_where_that_stands() -> None:
    assert SHEETS
    for stem, sheet in SHEETS:
        assert sheet["title"]["zh"], stem
        assert sheet["title"]["en"], stem
        assert sheet["source"], stem
        assert all(case["expected"] for case in sheet["case"]), stem
