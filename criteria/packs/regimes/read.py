"""TOML to :class:`~criteria.packs.regimes.model.Regime`."""

from collections.abc import Iterable
from datetime import date
from functools import cache

from criteria.packs.reading import PLACE, optional_integer, read_pack, rows
from criteria.packs.regimes.conditions import COMPARE, Condition, Requirement, Test, Value
from criteria.packs.regimes.model import (
    BOUNDS,
    LEVELS,
    Grade,
    Incentive,
    Regime,
    RegimeFact,
    Sanction,
    Step,
    Validity,
)
from criteria.packs.windows import WINDOWS, Window
from criteria.reading import Reader

FOLDER = PLACE / "regimes"
KINDS = ("count", "flag")


@cache
def regimes() -> tuple[Regime, ...]:
    """All regimes, the oldest first.

    Raises:
        CriteriaError: a file has problems.
    """
    found = [read_pack(f"regimes/{path.name}", _regime) for path in sorted(FOLDER.glob("*.toml"))]
    return tuple(sorted(found, key=lambda regime: regime.valid_from))


def regime_on(day: date) -> Regime | None:
    """The regime in force on a day; None where there is none, which the caller must say."""
    for regime in regimes():
        if regime.valid_from <= day and (regime.valid_until is None or day <= regime.valid_until):
            return regime
    return None


def _regime(reader: Reader) -> Regime:
    validity = reader.table_of("validity")
    if validity is None:
        reader.wrong("validity", "a table [validity]", "nothing")
        validity = Reader({}, reader.file, "validity", reader.problems)
    regime = Regime(
        id=reader.string("id"),
        title=reader.text("title"),
        document=reader.string("document"),
        valid_from=reader.day("valid_from", required=True) or date.min,
        valid_until=reader.day("valid_until"),
        note=reader.text("note"),
        grades=rows(reader, "grade", _grade),
        facts=rows(reader, "fact", _fact),
        conditions=rows(reader, "condition", _condition),
        steps=rows(reader, "step", _step),
        validity=_validity(validity),
        renewal=rows(reader, "renewal", _condition),
        causes=rows(reader, "cause", _condition),
        sanctions=rows(reader, "sanction", _sanction),
        incentives=rows(reader, "incentive", _incentive),
    )
    _check_names(reader, regime)
    return regime


def _check_names(reader: Reader, regime: Regime) -> None:
    """Facts and grades that rules name must be declared; no fact is asked for in vain."""
    declared = {fact.id for fact in regime.facts}
    grades = {grade.id for grade in regime.grades}
    used: set[str] = set()
    for row in (*regime.conditions, *regime.renewal, *regime.causes):
        names = {name for test in _tests(row) for name in (test.fact, test.than) if name}
        used |= names
        for name in sorted(names - declared):
            reader.wrong(f"{row.id}.fact", "a declared [[fact]]", name)
        for name in sorted(set(row.grades) - grades):
            reader.wrong(f"{row.id}.grades", "grades of the regime", name)
    for name in sorted(declared - used):
        reader.wrong(f"fact {name}", "a condition that asks for it", "none")


def _tests(row: Condition) -> Iterable[Test]:
    for requirement in row.requirements:
        yield from requirement.any
        yield from requirement.when


def _grade(row: Reader) -> Grade:
    return Grade(
        row.string("id"),
        row.text("title"),
        row.choice("level", LEVELS),
        row.text("grader"),
        row.source(),
    )


def _fact(row: Reader) -> RegimeFact:
    return RegimeFact(row.string("id"), row.choice("kind", KINDS), row.text("title"))


def _condition(row: Reader) -> Condition:
    return Condition(
        row.string("id"),
        row.words("grades"),
        row.text("text"),
        tuple(_requirement(part) for part in row.tables("require")),
        row.source(),
    )


def _requirement(part: Reader) -> Requirement:
    tests = tuple(_test(row) for row in part.tables("any"))
    if not tests:
        part.wrong("any", "at least one test", "nothing")
    requirement = Requirement(tests, tuple(_test(row) for row in part.tables("when")))
    part.finish()
    return requirement


def _test(row: Reader) -> Test:
    fact, op = row.string("fact"), row.choice("op", COMPARE)
    than = row.string("than", "")
    value: Value = False
    if not than:
        given = row.table.get("value")
        row.read.add("value")
        if isinstance(given, int):
            value = given
        else:
            row.wrong("value", "a whole number or true/false", repr(given))
    kind = row.choice("window", WINDOWS, "now")
    months = row.integer("months", 0)
    if (kind in ("months", "rolling")) != bool(months):
        row.wrong("months", "a length for the windows months and rolling alone", months)
    row.finish()
    return Test(fact, op, value, than, Window(kind, months))


def _step(row: Reader) -> Step:
    return Step(
        id=row.string("id"),
        who=row.string("who"),
        text=row.text("text"),
        working_days=optional_integer(row, "working_days"),
        months=optional_integer(row, "months"),
        bound=row.choice("bound", BOUNDS, "at_most"),
        counts_from=row.optional_text("counts_from"),
        extension=row.integer("extension", 0),
        silence=row.optional_text("silence"),
        source=row.source(),
    )


def _validity(row: Reader) -> Validity:
    validity = Validity(row.integer("months"), row.integer("renew_within_months"), row.source())
    row.finish()
    return validity


def _sanction(row: Reader) -> Sanction:
    return Sanction(row.string("id"), row.text("text"), row.integer("months", 0), row.source())


def _incentive(row: Reader) -> Incentive:
    return Incentive(row.string("id"), row.words("grades"), row.text("text"), row.source())
