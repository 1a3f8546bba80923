"""From the text of a case file to a rubric, answers and facts. What the keys mean: cases/README."""

from fractions import Fraction

from scoring import (
    Answer,
    Condition,
    Deduction,
    DeductionRule,
    ElementRubric,
    ItemRubric,
    Kind,
    PerformanceRung,
    Rubric,
    Rung,
    Scope,
    Trigger,
)
from scoring.model import (
    AbsenceCap,
    Adjustment,
    ControlLine,
    Downgrade,
    FactRule,
    FactValue,
    Group,
    Imported,
    Method,
    Minimum,
    Role,
    StarRule,
)
from scoring.rounding import to_units

LADDER = ["1 >= 90", "2 >= 75", "3 >= 60"]


def rungs(sheet: dict) -> tuple[Rung, ...]:
    lines = (line.split() for line in sheet.get("ladder", LADDER))
    return tuple(Rung(name, op, Fraction(least)) for name, op, least in lines)


def minimums(sheet: dict) -> tuple[Minimum, ...]:
    return tuple(
        Minimum(row["grade"], row["part"], row.get("comparator", ">="), Fraction(row["rate"]))
        for row in sheet.get("minimum", [])
    )


def number(text: str) -> int | Fraction | str:
    """A value of a condition: whole, decimal, or a name."""
    if text.isdigit():
        return int(text)
    return Fraction(text) if text.replace(".", "", 1).isdigit() else text


def rubric_of(sheet: dict) -> Rubric:
    unit = Fraction(sheet.get("smallest_unit", "0.1"))
    items = tuple(_item(row, unit) for row in sheet["item"])
    cap, taken = sheet.get("absence_cap"), sheet.get("imported")
    bounds = sheet.get("adjustment", {})
    return Rubric(
        scheme="case",
        edition="1",
        fingerprint="",
        unit=unit,
        scale=Fraction(sheet.get("scale", "100")),
        decimals=sheet.get("decimals", 1),
        compare_rounded=sheet.get("compare", "rounded") == "rounded",
        elements=_elements(sheet, items, unit),
        items=items,
        ladder=rungs(sheet),
        performance=tuple(
            PerformanceRung(name, tuple(_condition(line) for line in lines))
            for name, lines in sheet.get("performance", {}).items()
        ),
        facts=tuple(_fact(name, row) for name, row in sheet.get("fact", {}).items()),
        method=Method(sheet.get("method", "points")),
        groups=tuple(Group(row["id"], Fraction(row["weight"])) for row in sheet.get("group", [])),
        minimums=minimums(sheet),
        stars=tuple(
            StarRule(row["grade"], tuple(row["stars"]), Fraction(row["share"]))
            for row in sheet.get("star", [])
        ),
        absence_cap=cap
        and AbsenceCap(
            cap.get("best_grade"),
            to_units(cap["points"], unit) if "points" in cap else None,
            Fraction(cap["share"]) if "share" in cap else None,
        ),
        adjustment=Adjustment(**{name: Fraction(value) for name, value in bounds.items()}),
        imported=taken
        and Imported(
            taken["fact"],
            tuple((name, Fraction(value)) for name, value in taken.get("values", {}).items()),
            Fraction(taken.get("factor", 1)),
        ),
        downgrades=tuple(
            Downgrade(row["fact"], row["steps"], Fraction(row.get("minus", 0)))
            for row in sheet.get("downgrade", [])
        ),
        hazard_blocks=sheet.get("hazard_blocks", False),
        control_lines=tuple(
            ControlLine(name, Fraction(rate)) for name, rate in sheet.get("control", {}).items()
        ),
    )


def _item(row: dict, unit: Fraction) -> ItemRubric:
    return ItemRubric(
        row["id"],
        row.get("element", row["id"].split(".")[0]),
        row.get("sub_element"),
        to_units(row["points"], unit),
        tuple(_rule(rule, unit) for rule in row.get("rules", [])),
        Scope(row["veto"]) if "veto" in row else None,
        may_be_absent=row.get("may_be_absent", True),
        star=row.get("star", ""),
        guarantee=row.get("guarantee", False),
        role=Role(row.get("role", "base")),
    )


def _rule(row: dict, unit: Fraction) -> DeductionRule:
    return DeductionRule(
        row["id"],
        Kind(row["kind"]),
        to_units(row["points"], unit) if "points" in row else None,
        Scope(row.get("scope", "item")),
        Trigger(row.get("trigger", "reported")),
        Scope(row["zeroes"]) if "zeroes" in row else None,
    )


def _elements(
    sheet: dict, items: tuple[ItemRubric, ...], unit: Fraction
) -> tuple[ElementRubric, ...]:
    points: dict[str, int] = {}
    for item in items:
        own = item.points if item.role is Role.BASE else 0
        points[item.element] = points.get(item.element, 0) + own
    more = sheet.get("element", {})
    return tuple(
        ElementRubric(
            name,
            total,
            Fraction(more.get(name, {}).get("weight", 0)),
            more.get(name, {}).get("group", ""),
            to_units(more[name]["guarantee"], unit) if "guarantee" in more.get(name, {}) else None,
        )
        for name, total in points.items()
    )


def _condition(text: str) -> Condition:
    fact, op, value, *rest = text.split()
    guard = dict(zip(rest[::2], rest[1::2], strict=True))
    return Condition(fact, op, number(value), **guard)


def _fact(name: str, row: dict) -> FactRule:
    return FactRule(
        name,
        row.get("default"),
        tuple(row.get("order", ())),
        row.get("numerator", ""),
        row.get("denominator", ""),
        row.get("factor", 1),
    )


def answers_of(rubric: Rubric, said: dict) -> dict[str, Answer]:
    """Answers by item; a row that is not named has full marks."""
    every = {item.id: "full" for item in rubric.items} | said
    return {
        name: _answer(value, rubric.unit) for name, value in every.items() if value != "unanswered"
    }


def _answer(said: str | dict, unit: Fraction) -> Answer:
    if said == "full":
        return Answer(full=True)
    if said == "not applicable":
        return Answer(not_applicable="there is none")
    # "true" is the mark of the column; a rule of the same name has a count
    hazard = said.get("major_hazard") is True
    found = {name: value for name, value in said.items() if name != "lost" and value is not True}
    return Answer(
        # a number says how often the rule was found, a text how many points a range rule takes
        tuple(
            Deduction(name, value)
            if isinstance(value, int)
            else Deduction(name, points=to_units(value, unit))
            for name, value in found.items()
        ),
        to_units(said.get("lost", "0"), unit),
        "seen on site" if said else "",
        full=hazard and not found and "lost" not in said,
        major_hazard=hazard,
    )


def facts_of(sheet: dict, case: dict) -> dict[str, FactValue]:
    return {
        name: None if value == "null" else value
        for name, value in (sheet.get("facts", {}) | case.get("facts", {})).items()
        if value != "unknown"
    }
