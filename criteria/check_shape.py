"""Proof of what goes beyond adding up: weights, minimums, stars, limits, events, rates."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise

from criteria.check_above import check_above
from criteria.errors import Wrong
from criteria.model import Element, Fact, PartMinimum, Scheme
from criteria.model_above import ANY_PART
from scoring.rounding import plain


def check_shape(scheme: Scheme, wrong: Wrong) -> None:
    """Note everything in the shape of an edition that cannot be right."""
    _check_weights(scheme, wrong)
    _check_minimums(scheme, wrong)
    _check_stars(scheme, wrong)
    _check_limits(scheme, wrong)
    _check_facts_used(scheme, wrong)
    _check_guarantees(scheme, wrong)
    check_above(scheme, wrong)
    elements = {element.id for element in scheme.elements}
    for element, rate in scheme.shape.control_lines:
        if element not in elements:
            wrong(f"control_line {element}", "element", _named(elements), element)
        _check_percent(f"control_line {element}", "rate", rate, wrong)


def _named(names: Iterable[str]) -> str:
    return "one of " + (", ".join(sorted(names)) or "nothing")


def _check_percent(item: str, field: str, value: Fraction, wrong: Wrong) -> None:
    if value > 100:
        wrong(item, field, "at most 100 per cent", plain(value))


def _check_weights(scheme: Scheme, wrong: Wrong) -> None:
    shape = scheme.shape
    weighted = [element for element in scheme.elements if element.weight is not None]
    if shape.method == "points":
        for element in weighted:
            wrong(element.id, "weight", 'method = "weights" in scheme.toml', "points")
        for group in shape.groups:
            if group.weight is not None:
                wrong(f"group {group.id}", "weight", 'method = "weights"', "points")
    groups = {group.id for group in shape.groups}
    for element in scheme.elements:
        if element.group and element.group not in groups:
            wrong(element.id, "group", _named(groups), element.group)
        if groups and not element.group:
            wrong(element.id, "group", _named(groups), "nothing")
    if shape.method == "points":
        return
    # a frame may leave out weights that are not known; then none of them can be summed
    parts: list[tuple[str, list[Element]]] = [("", list(scheme.elements))]
    if groups:
        parts = [
            (group.id, [e for e in scheme.elements if e.group == group.id])
            for group in shape.groups
        ]
    for name, elements in parts:
        label = f"group {name}" if name else "-"
        _check_sum(label, [(e.id, e.weight) for e in elements], scheme, wrong)
    if groups:
        rows = [(f"group {group.id}", group.weight) for group in shape.groups]
        _check_sum("-", rows, scheme, wrong)


def _check_sum(
    label: str, rows: list[tuple[str, Fraction | None]], scheme: Scheme, wrong: Wrong
) -> None:
    known = [weight for _, weight in rows if weight is not None]
    if scheme.kind == "frame" and not known:
        return
    for name, weight in rows:
        if weight is None:
            wrong(name, "weight", "its share in the score", "nothing")
        elif not weight:
            wrong(name, "weight", "a number > 0", "0")
    total = sum(known, Fraction(0))
    if len(known) == len(rows) and total != 1:
        wrong(label, "weight", "weights that sum to 1", plain(total))


def _check_minimums(scheme: Scheme, wrong: Wrong) -> None:
    order = [rung.grade for rung in scheme.ladder]
    parts = {element.id for element in scheme.elements}
    parts.update(group.id for group in scheme.shape.groups)
    of_part: dict[str, list[PartMinimum]] = {}
    for row in scheme.shape.minimums:
        name = f"minimum {row.grade} {row.part}"
        if row.grade not in order:
            wrong(name, "grade", "a grade of the ladder", row.grade)
        if row.part != ANY_PART and row.part not in parts:
            wrong(name, "part", "an element, a group or *", row.part)
        _check_percent(name, "rate", row.rate, wrong)
        same = of_part.setdefault(row.part, [])
        if any(other.grade == row.grade for other in same):
            wrong(name, "part", "a minimum given once for a grade", row.part)
        same.append(row)
    for part, rows in of_part.items():
        known = [row for row in rows if row.grade in order]
        known.sort(key=lambda row: order.index(row.grade))
        for better, worse in pairwise(known):
            if worse.rate > better.rate:
                wrong(
                    f"minimum {worse.grade} {part}",
                    "rate",
                    f"at most {plain(better.rate)} of the better grade {better.grade}",
                    plain(worse.rate),
                )


def _check_stars(scheme: Scheme, wrong: Wrong) -> None:
    order = {rung.grade for rung in scheme.ladder}
    used = {item.star for item in scheme.items if item.star}
    asked: set[str] = set()
    for row in scheme.shape.stars:
        name = f"star {row.grade}"
        asked.update(row.stars)
        if row.grade not in order:
            wrong(name, "grade", "a grade of the ladder", row.grade)
        if not row.stars:
            wrong(name, "stars", "at least one star level", "nothing")
        if not 0 < row.share <= 100:
            wrong(name, "share", "more than 0 and at most 100 per cent", plain(row.share))
        if scheme.kind != "frame":
            for star in sorted(set(row.stars) - used):
                wrong(name, "stars", f"{_named(used)} (the levels of the items)", star)
    for item in scheme.items:
        if item.star and item.star not in asked:
            wrong(item.id, "star", f"{_named(asked)} (the levels of [[star]])", item.star)


def _check_limits(scheme: Scheme, wrong: Wrong) -> None:
    limit = scheme.shape.absence_limit
    if limit is None:
        return
    if limit.points is None and limit.share is None:
        wrong("absence_limit", "points", "points or share", "nothing")
    if limit.points is not None and scheme.unit > 0:
        if (limit.points / scheme.unit).denominator != 1:
            expected = f"a multiple of {plain(scheme.unit)}"
            wrong("absence_limit", "points", expected, plain(limit.points))
        if limit.points > scheme.total:
            wrong("absence_limit", "points", f"at most {plain(scheme.total)}", plain(limit.points))
    if limit.share is not None:
        _check_percent("absence_limit", "share", limit.share, wrong)
    if limit.best_grade is not None and limit.best_grade not in {r.grade for r in scheme.ladder}:
        wrong("absence_limit", "best_grade", "a grade of the ladder", limit.best_grade)


def _check_facts_used(scheme: Scheme, wrong: Wrong) -> None:
    facts = {fact.id: fact for fact in scheme.facts}
    for fact in scheme.facts:
        _check_rate(fact, facts, wrong)
    for event in scheme.shape.events:
        name = f"event {event.fact}"
        if event.fact not in facts:
            wrong(name, "fact", _named(facts), event.fact)
        elif facts[event.fact].kind not in ("count", "flag"):
            wrong(name, "fact", "a fact of the kind count or flag", facts[event.fact].kind)
        if not event.steps and not event.minus:
            wrong(name, "steps", "grades or points that are lost", "0")
    imported = scheme.shape.imported
    if imported is None:
        return
    fact_used = facts.get(imported.fact)
    if fact_used is None:
        wrong("imported", "fact", _named(facts), imported.fact)
    elif imported.values:
        missing = set(fact_used.order) ^ {name for name, _ in imported.values}
        for name in sorted(missing):
            wrong("imported", "values", f"the words of {imported.fact}, each once", name)
    elif fact_used.kind in ("choice", "flag"):
        wrong("imported", "fact", "a number, or values for its words", fact_used.kind)


def _check_rate(fact: Fact, facts: dict[str, Fact], wrong: Wrong) -> None:
    name = f"fact {fact.id}"
    named = {"numerator": fact.numerator, "denominator": fact.denominator}
    for field, other in named.items():
        if fact.kind != "rate":
            if other:
                wrong(name, field, "kind rate", fact.kind)
        elif other not in facts or facts[other].kind != "count":
            wrong(name, field, "a declared fact of the kind count", other or "nothing")
    if fact.kind == "rate" and fact.factor < 1:
        wrong(name, "factor", "a whole number >= 1", fact.factor)


def _check_guarantees(scheme: Scheme, wrong: Wrong) -> None:
    for element in scheme.elements:
        rows = [item for item in element.items if item.guarantee]
        least = element.guarantee
        if least is None:
            for item in rows:
                wrong(item.id, "guarantee", f"a guarantee of element {element.id}", "none")
            continue
        most = sum((item.points for item in rows), Fraction(0))
        if scheme.kind != "frame" and not 0 < least <= most:
            expected = f"more than 0 and at most {plain(most)} (its guarantee rows)"
            wrong(element.id, "guarantee", expected, plain(least))
