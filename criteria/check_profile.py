"""Proof of specialty and post standards and hazard lists: sectors, flags, rows that are meant."""

from collections import Counter
from collections.abc import Iterable

from criteria import packs
from criteria.errors import Wrong
from criteria.model import Applies, HazardRow, Item, Scheme
from scoring.hazards import HazardTest
from scoring.rounding import plain


def check_profile(scheme: Scheme, hazards: Iterable[str], wrong: Wrong) -> None:
    """Note everything that cannot be right in profile, applicability and hazard rows.

    Args:
        scheme: the edition.
        hazards: the rows of all hazard lists, ``scheme@edition:row``.
        wrong: collects the faults.
    """
    _check_applies("-", scheme.profile.applies, wrong)
    known = set(hazards)
    for item in scheme.items:
        _check_applies(item.id, item.applies, wrong)
        for name in item.hazards:
            if name not in known:
                wrong(item.id, "hazards", "a row of a hazard list (scheme@edition:row)", name)
        if item.form == "yes_no":
            _check_yes_no(item, wrong)
    if scheme.kind == "hazard_list":
        if not scheme.hazards:
            wrong("-", "hazard", "at least one row", "none")
        if scheme.items:
            wrong("-", "item", "rows [[hazard]] in a hazard list", "scored items")
    elif scheme.hazards:
        wrong("-", "hazard", "rows [[item]]; only a hazard list has [[hazard]]", scheme.kind)
    ids = Counter(row.id for row in scheme.hazards)
    for name in (name for name, count in ids.items() if count > 1):
        wrong(name, "id", "a hazard id used once", name)
    for row in scheme.hazards:
        _check_hazard(row, wrong)


def _check_applies(item: str, applies: Applies, wrong: Wrong) -> None:
    for name in applies.sectors:
        if name not in packs.sectors():
            wrong(item, "sectors", "one of " + ", ".join(packs.sectors()), name)
    for name in applies.flags:
        if name not in packs.flags():
            wrong(item, "flags", "one of " + ", ".join(packs.flags()), name)


def _check_yes_no(item: Item, wrong: Wrong) -> None:
    reported = [rule for rule in item.rules if rule.trigger == "reported"]
    if [rule.kind for rule in reported] != ["whole"]:
        found = ", ".join(rule.kind for rule in reported) or "none"
        wrong(item.id, "form", "exactly one rule of the kind whole", found)


def _check_hazard(row: HazardRow, wrong: Wrong) -> None:
    _check_applies(row.id, row.applies, wrong)
    if not row.evidence:
        wrong(row.id, "evidence", "at least one entry", "none")
    asked = {question.id: question for question in row.observations}
    if len(asked) < len(row.observations):
        wrong(row.id, "observation", "an id used once in the row", "a repeated id")
    used = set(row.test.questions)
    for name in sorted(used - asked.keys()):
        wrong(row.id, "test", "an [[hazard.observation]] of the row", name)
    for name in sorted(asked.keys() - used):
        wrong(row.id, "observation", "a question that the test uses", name)
    for single in _singles(row.test):
        question = asked.get(single.observation)
        if question is not None and bool(question.unit) != bool(single.op):
            found = f"{single.op} {plain(single.limit)}" if single.op else "no limit"
            wrong(row.id, f"test {question.id}", "a unit and a limit together", found)


def _singles(test: HazardTest) -> Iterable[HazardTest]:
    if not test.join:
        yield test
    for part in test.parts:
        yield from _singles(part)
