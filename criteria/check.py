"""Proof of an edition: sums, ids, sources, dates, possible rules. All problems, not the first."""

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction

from criteria.check_profile import check_profile
from criteria.check_shape import check_shape
from criteria.errors import Problem, Wrong
from criteria.model import Document, Fact, Item, Scheme
from scoring.rounding import plain


def check_scheme(
    scheme: Scheme,
    documents: Mapping[str, Document],
    frozen: Mapping[str, str],
    hazards: Iterable[str] = (),
) -> list[Problem]:
    """List everything that is wrong with a loaded edition.

    Args:
        scheme: the edition.
        documents: the legal documents of ``sources.toml``.
        frozen: fingerprint of each published edition by ``scheme@edition``.
        hazards: rows of the hazard lists that items may name, ``scheme@edition:row``.
    """
    place = f"{scheme.id}/{scheme.edition}"
    problems: list[Problem] = []

    def wrong(item: str, field: str, expected: object, found: object) -> None:
        problems.append(Problem(place, item, field, str(expected), str(found)))

    _check_head(scheme, wrong)
    _check_facts(scheme, wrong)
    _check_sums(scheme, wrong)
    _check_ids(scheme, wrong)
    check_shape(scheme, wrong)
    check_profile(scheme, hazards, wrong)
    for item in scheme.items:
        _check_item(scheme, item, wrong)
    cited = {scheme.document, *(item.source.document for item in scheme.items)}
    cited.update(source.document for item in scheme.items for source in item.law)
    cited.update(rung.source.document for rung in scheme.ladder)
    cited.update(condition.source.document for condition in scheme.performance)
    cited.update(source.document for source in scheme.shape.sources)
    cited.update(row.source.document for row in scheme.hazards)
    cited.update(row.source.document for row in scheme.profile.certificates)
    for document in sorted(cited - documents.keys()):
        wrong("-", "document", "a document of sources.toml", document or "nothing")
    expected = frozen.get(scheme.key)
    if expected is None and scheme.published:
        wrong("-", "published", "its fingerprint in frozen.toml", scheme.fingerprint)
    # an edition stays frozen when somebody calls it unpublished
    if expected is not None and expected != scheme.fingerprint:
        wrong(
            "-",
            "fingerprint",
            f"{expected} (a published edition is frozen: make a new "
            "edition or withdraw the change)",
            scheme.fingerprint,
        )
    return problems


def _check_head(scheme: Scheme, wrong: Wrong) -> None:
    if scheme.valid_until and scheme.valid_until < scheme.valid_from:
        wrong("-", "valid_until", f"a day not before {scheme.valid_from}", scheme.valid_until)
    if scheme.unit <= 0:
        wrong("-", "smallest_unit", "a number > 0", plain(scheme.unit))
    if scheme.scale <= 0:
        wrong("-", "scale", "a number > 0", plain(scheme.scale))
    if scheme.kind in ("enterprise", "specialty", "post") and not scheme.ladder:
        wrong("-", "ladder", "at least one rung", "none")
    eligible = {condition.grade for condition in scheme.performance}
    for upper, lower in zip(scheme.ladder, scheme.ladder[1:], strict=False):
        # one line for all grades is possible when eligibility tells them apart
        flat = upper.threshold == lower.threshold and upper.grade in eligible
        if upper.threshold <= lower.threshold and not flat:
            wrong(
                f"ladder {lower.grade}",
                "threshold",
                f"less than {plain(upper.threshold)} of the better grade {upper.grade}",
                plain(lower.threshold),
            )
    for rung in scheme.ladder:
        if rung.threshold > scheme.scale:
            wrong(
                f"ladder {rung.grade}",
                "threshold",
                f"at most {plain(scheme.scale)}",
                plain(rung.threshold),
            )


def _check_facts(scheme: Scheme, wrong: Wrong) -> None:
    for fact in scheme.facts:
        if fact.kind == "choice" and not fact.order:
            wrong(f"fact {fact.id}", "order", "the words to choose from", "nothing")
        elif fact.default is not None and not _is_value(fact, fact.default):
            wrong(f"fact {fact.id}", "default", _values(fact), fact.default)
    grades = {rung.grade for rung in scheme.ladder}
    facts = {fact.id: fact for fact in scheme.facts}
    for condition in scheme.performance:
        name = f"performance {condition.grade} {condition.fact}"
        if condition.grade not in grades:
            wrong(name, "grade", "a grade of the ladder", condition.grade)
        named = {"fact": condition.fact, "when": condition.when, "unless": condition.unless}
        for field, fact_id in named.items():
            if fact_id is not None and fact_id not in facts:
                wrong(name, field, "a declared fact: " + ", ".join(sorted(facts)), fact_id)
        asked = facts.get(condition.fact)
        if asked and not _is_value(asked, condition.value):
            wrong(name, "value", _values(asked), condition.value)


def _values(fact: Fact) -> str:
    if fact.kind == "choice":
        return "one of " + ", ".join(fact.order)
    if fact.kind == "flag":
        return "true or false"
    return "a number >= 0" if fact.kind == "rate" else "a whole number >= 0"


def _is_value(fact: Fact, value: int | str | bool | Fraction) -> bool:
    if fact.kind == "choice":
        return not fact.order or value in fact.order
    if fact.kind == "flag":
        return isinstance(value, bool)
    if isinstance(value, Fraction):
        return fact.kind == "rate" and value >= 0
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _check_sums(scheme: Scheme, wrong: Wrong) -> None:
    total = sum((element.points for element in scheme.elements), Fraction(0))
    # a frame may leave out points that are not known; what it gives may not exceed the total
    whole = scheme.kind != "frame" or all(element.points for element in scheme.elements)
    if (whole and total != scheme.total) or total > scheme.total:
        wrong("-", "total", f"{plain(total)} (the sum of the elements)", plain(scheme.total))
    for element in scheme.elements:
        base = [item for item in element.items if item.role == "base"]
        items = sum((item.points for item in base), Fraction(0))
        if element.items and items != element.points:
            wrong(
                element.id,
                "points",
                f"{plain(items)} (the sum of its items)",
                plain(element.points),
            )
        for sub in element.sub_elements:
            rows = [item.points for item in base if item.sub_element == sub.id]
            if scheme.kind == "frame" and not element.items:
                continue
            if not rows:
                wrong(sub.id, "item", "at least one item in the sub-element", "none")
            elif sum(rows, Fraction(0)) != sub.points:
                wrong(
                    sub.id,
                    "points",
                    f"{plain(sum(rows, Fraction(0)))} (the sum of its items)",
                    plain(sub.points),
                )
        if not element.items and scheme.kind not in ("frame", "hazard_list"):
            wrong(element.id, "item", "at least one item", "none")


def _repeated(ids: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(ids).items() if count > 1]


def _check_ids(scheme: Scheme, wrong: Wrong) -> None:
    for name in _repeated(element.id for element in scheme.elements):
        wrong(name, "id", "an element id used once", name)
    subs = [sub.id for element in scheme.elements for sub in element.sub_elements]
    for name in _repeated(subs):
        wrong(name, "id", "a sub-element id used once", name)
    for name in _repeated(item.id for item in scheme.items):
        wrong(name, "id", "an item id used once", name)
    for name in _repeated(rung.grade for rung in scheme.ladder):
        wrong(f"ladder {name}", "grade", "a grade used once", name)
    parts = [element.id for element in scheme.elements]
    for name in _repeated([*parts, *(group.id for group in scheme.shape.groups)]):
        if parts.count(name) < 2:
            wrong(f"group {name}", "id", "a group id used once, and by no element", name)
    for name in _repeated(fact.id for fact in scheme.facts):
        wrong(f"fact {name}", "id", "a fact id used once", name)


def _check_item(scheme: Scheme, item: Item, wrong: Wrong) -> None:
    element = next(element for element in scheme.elements if element.id == item.element)
    subs = {sub.id for sub in element.sub_elements}
    if item.sub_element is not None and item.sub_element not in subs:
        wrong(
            item.id,
            "sub_element",
            "a sub-element of its file: " + ", ".join(sorted(subs)),
            item.sub_element,
        )
    if item.points <= 0:
        wrong(item.id, "points", "a number > 0", plain(item.points))
    if scheme.unit > 0:
        amounts = [item.points, *(rule.points for rule in item.rules if rule.points is not None)]
        for amount in amounts:
            if (amount / scheme.unit).denominator != 1:
                wrong(item.id, "points", f"a multiple of {plain(scheme.unit)}", plain(amount))
    if item.veto == "sub_element" and item.sub_element is None:
        wrong(item.id, "veto", "an item with a sub-element", "none")
    if not item.evidence:
        wrong(item.id, "evidence", "at least one entry", "none")
    for name in _repeated(rule.id for rule in item.rules):
        wrong(item.id, f"deduction {name}", "a rule id used once in the item", name)
    for rule in item.rules:
        field = f"deduction {rule.id}"
        if rule.points is not None and rule.points <= 0:
            wrong(item.id, field, "points > 0", plain(rule.points))
        if rule.kind == "each" and rule.per is None:
            wrong(item.id, field, "per: what is counted", "nothing")
        beyond = rule.scope != "item"
        if rule.scope == "item" and rule.points is not None and rule.points > item.points:
            wrong(
                item.id,
                field,
                f"at most {plain(item.points)} points of the item",
                plain(rule.points),
            )
        if rule.trigger == "item_at_zero" and not beyond:
            wrong(
                item.id,
                field,
                "scope sub_element or element (the item has nothing left)",
                rule.scope,
            )
        if rule.trigger == "item_at_zero" and rule.kind not in ("once", "whole"):
            wrong(item.id, field, "kind once or whole (nobody reports it)", rule.kind)
        if "sub_element" in (rule.scope, rule.zeroes) and item.sub_element is None:
            wrong(item.id, field, "an item with a sub-element", "none")
