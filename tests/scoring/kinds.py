"""What each kind of case file is run through, and its figures as text."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

from scoring import Reason, Result, Rubric, Rung, grade
from scoring.aggregation import (
    Aggregate,
    Combine,
    LadderRule,
    Standing,
    Unit,
    UnitRule,
    aggregate,
    as_unit,
    lowest_prevails,
    meet_ladder,
    standing_between,
)
from scoring.checklist import Checklist, CheckRow, Reply, check_off
from scoring.comparison import Difference, compare, fall_through
from scoring.rounding import fixed, plain, to_units
from scoring.sampling import (
    Band,
    RateStep,
    Sample,
    SampledRow,
    SamplingTable,
    Take,
    row_points,
    sample_size,
)
from scoring.shares import (
    GroupRule,
    GroupRung,
    Member,
    Rating,
    ShareGate,
    grade_group,
    meet_share_gates,
)
from tests.scoring.sheets import answers_of, facts_of, minimums, rubric_of, rungs


def worded(reasons: Sequence[Reason]) -> list[str]:
    return [" ".join(filter(None, (row.code, row.item or row.fact, row.effect))) for row in reasons]


def score(value: Fraction | None, decimals: int) -> str:
    return "none" if value is None else fixed(value, decimals)


def exact(value: Fraction | None) -> str:
    return "none" if value is None else plain(value)


# ------------------------------------------------------------------ one graded sheet


def graded(sheet: dict, case: dict) -> dict:
    rubric = rubric_of(sheet)
    answers = answers_of(rubric, case.get("answers", {}))
    return _of_result(rubric, grade(rubric, answers, facts_of(sheet, case)))


def _of_result(rubric: Rubric, result: Result) -> dict:
    def points(units: int) -> str:
        return plain(units * rubric.unit)

    return {
        "outcome": result.outcome.value,
        "grade": result.grade or "none",
        "grade_by_score": result.grade_by_score or "none",
        "score": score(result.score, rubric.decimals),
        "score_exact": exact(result.score_exact),
        "interval": [score(end, rubric.decimals) for end in result.interval or ()],
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
        "reasons": worded(result.reasons),
        "shown": [row.element for row in result.reasons if row.code == "control_line"],
        "below": [f"{row.element} {row.effect}" for row in result.reasons if row.code == "minimum"],
    }


def applied(sheet: dict, case: dict) -> dict:
    rubric = rubric_of(sheet)
    answers = answers_of(rubric, case.get("answers", {}))
    result = grade(rubric, answers, facts_of(sheet, case))
    ladder = [rung.grade for rung in rubric.ladder]
    found = fall_through(ladder, case["applied"], result.outcome, result.possible)
    return {
        "outcome": found.outcome.value,
        "applied": found.applied,
        "reached": found.reached or "none",
        "grantable": found.grantable or "none",
    }


def two_assessors(sheet: dict, case: dict) -> dict:
    rubric = rubric_of(sheet)
    own, review = (
        grade(rubric, answers_of(rubric, case.get(side, {})), facts_of(sheet, case))
        for side in ("own", "review")
    )
    found = compare(own, review)

    def line(row: Difference) -> str:
        if row.difference is None:
            return row.direction.value
        return f"{plain(row.difference * rubric.unit)} {row.direction.value}"

    return {
        "items": {row.id: line(row) for row in found.items},
        "elements": {row.id: line(row) for row in found.elements},
        "total": line(found.total),
        "score": score(found.score, rubric.decimals),
        "self_only": list(found.self_only),
        "reviewer_only": list(found.reviewer_only),
    }


# ------------------------------------------------------------------ units, parts, members


def parts(sheet: dict, case: dict) -> dict:
    """Units to parts, parts to the whole, the whole to the ladder and the share gates."""
    decimals = sheet.get("decimals", 1)
    rules = {name: _unit_rule(row, decimals) for name, row in sheet["part"].items()}
    found: dict[str, Aggregate] = {}
    whole = []
    for name, rule in rules.items():
        own = sheet["part"][name]
        weights = own.get("weights", {})
        units = [
            _unit(unit, value, weights.get(unit, 1))
            for unit, value in case.get("units", {}).get(name, {}).items()
        ]
        event = case.get("event", False)
        found[name] = aggregate(
            rule,
            units,
            population=case.get("population", {}).get(name),
            event=None if event == "unknown" else event,
        )
        rounded = sheet.get("parts_rounded", False)
        whole.append(as_unit(name, found[name], Fraction(own.get("weight", 1)), rounded=rounded))
    combine = Combine(sheet.get("combine", "weighted"))
    total = aggregate(UnitRule(combine, decimals=decimals), whole)
    ladder = LadderRule(rungs(sheet), minimums(sheet), sheet.get("compare", "rounded") == "rounded")
    standing = meet_ladder(ladder, total, whole)
    gates = [ShareGate(name, Fraction(share)) for name, share in sheet.get("rated", {}).items()]
    grades = [rung.grade for rung in ladder.ladder]
    if gates:
        ratings = [
            Rating(name, None if good == "unknown" else good)
            for name, good in case.get("rated", {}).items()
        ]
        standing = lowest_prevails(grades, standing, meet_share_gates(grades, gates, ratings))
    return {
        "outcome": total.outcome.value,
        "score": score(total.score, decimals),
        "score_exact": exact(total.score_exact),
        "interval": [score(end, decimals) for end in total.interval or ()],
        "parts": {name: score(part.score, decimals) for name, part in found.items()},
        "outcomes": {name: part.outcome.value for name, part in found.items()},
        "needed": {name: part.needed for name, part in found.items()},
        "open": [unit for part in found.values() for unit in part.open],
        **_of_standing(standing),
        "grading": standing.outcome.value,
    }


def _unit_rule(row: dict, decimals: int) -> UnitRule:
    rule = UnitRule(Combine(row.get("combine", "mean")), decimals=decimals)
    if "sample" not in row:
        return rule
    more = row.get("more_after_event", 0)
    return replace(rule, sample=_table(row["sample"]), more_after_event=more)


def _unit(name: str, value: str | list[str], weight: object) -> Unit:
    unit = Unit(name, weight=Fraction(str(weight)))
    if value == "unknown":
        return unit
    if value == "not applicable":
        return replace(unit, not_applicable=True)
    if isinstance(value, list):
        return replace(unit, interval=(Fraction(value[0]), Fraction(value[1])))
    return replace(unit, score=Fraction(value))


def _of_standing(standing: Standing) -> dict:
    return {
        "grade": standing.grade or "none",
        "possible": [standing.possible.best or "none", standing.possible.worst or "none"],
        "reasons": worded(standing.reasons),
        "below": [
            f"{row.element} {row.effect}" for row in standing.reasons if row.code == "minimum"
        ],
    }


def group(sheet: dict, case: dict) -> dict:
    """Members to the grade of the group; with ``own``, the lower of it and that grade."""
    accidents = tuple(sheet.get("accidents", ()))
    rule = GroupRule(tuple(_group_rung(row) for row in sheet["rung"]), accidents)
    members = [
        _member(f"{place}.{copy}", row)
        for place, row in enumerate(case.get("members", []))
        for copy in range(row.get("count", 1))
    ]
    worst = case.get("worst_accident", "none")
    standing = grade_group(rule, members, None if worst == "unknown" else worst)
    grades = [rung.grade for rung in rule.rungs]
    if "own" in case:
        place = grades.index(case["own"])
        standing = lowest_prevails(grades, standing_between(grades, place, place), standing)
    return {"outcome": standing.outcome.value, **_of_standing(standing)}


def _group_rung(row: dict) -> GroupRung:
    member = row.get("member")
    op, least = member.split() if member else ("", "0")
    return GroupRung(
        row["grade"],
        Rung(row["grade"], op, Fraction(least)) if member else None,
        Fraction(row.get("member_share", 100)),
        Fraction(row["clean_share"]) if "clean_share" in row else None,
        row.get("worst_accident"),
    )


def _member(name: str, row: dict) -> Member:
    said, fatal = row["score"], row.get("fatal", False)
    known = isinstance(said, str) and said != "unknown"
    return Member(
        name,
        Fraction(said) if known else None,
        (Fraction(said[0]), Fraction(said[1])) if isinstance(said, list) else None,
        None if fatal == "unknown" else fatal,
    )


# ------------------------------------------------------------------ samples, checklists


def _table(lines: Sequence[str]) -> SamplingTable:
    """Lines such as ``<= 10: all``, ``< 500: 10%`` and ``else: 30``."""
    bands = []
    for line in lines:
        bound, asked = line.split(": ")
        take = Take.ALL if asked == "all" else Take.SHARE if "%" in asked else Take.NUMBER
        bands.append(
            Band(
                None if bound == "else" else int(bound.split()[1]),
                take,
                Fraction(0) if take is Take.ALL else Fraction(asked.rstrip("%")),
                inclusive=not bound.startswith("< "),
            )
        )
    return SamplingTable(tuple(bands))


def sampling(sheet: dict, case: dict) -> dict:
    table = _table(sheet["table"])
    if "populations" in case:
        return {"sizes": [sample_size(table, population) for population in case["populations"]]}
    unit = Fraction(sheet.get("smallest_unit", "0.1"))
    steps = (line.replace(":", "").split() for line in sheet["row"].get("steps", []))
    row = SampledRow(
        to_units(sheet["row"]["points"], unit),
        tuple(RateStep(op, Fraction(rate), to_units(points, unit)) for op, rate, points in steps),
    )
    population = case["sample"]["population"]
    found = row_points(
        row,
        table,
        Sample(
            None if population == "unknown" else population,
            case["sample"]["looked_at"],
            case["sample"]["passed"],
        ),
    )
    return {
        "outcome": found.outcome.value,
        "needed": found.needed,
        "rate": exact(found.rate),
        "exact": exact(None if found.exact is None else found.exact * unit),
        "earned": "none" if found.earned is None else plain(found.earned * unit),
        "interval": [plain(end * unit) for end in found.interval or ()],
    }


def checklist(sheet: dict, case: dict) -> dict:
    rows = tuple(CheckRow(row["id"], row.get("hard", False)) for row in sheet["row"])
    said = {row.id: "yes" for row in rows} | case.get("replies", {})
    found = check_off(
        Checklist(rows, sheet.get("most_no", 0)),
        {
            name: Reply(reply.replace(" ", "_"))
            for name, reply in said.items()
            if reply != "unanswered"
        },
    )
    return {
        "outcome": found.outcome.value,
        "yes": found.yes,
        "no": found.no,
        "not_applicable": found.not_applicable,
        "hard_no": list(found.hard_no),
        "other_no": list(found.other_no),
        "unanswered": list(found.unanswered),
    }


KINDS: dict[str, Callable[[dict, dict], dict]] = {
    "graded": graded,
    "fall_through": applied,
    "two_assessors": two_assessors,
    "instances": parts,
    "sites": parts,
    "group": group,
    "sampling": sampling,
    "checklist": checklist,
}
