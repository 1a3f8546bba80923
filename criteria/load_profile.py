"""What specialty and post standards and hazard lists say besides their scored rows."""

from dataclasses import replace
from fractions import Fraction

from criteria.model import (
    Applies,
    Certificate,
    HazardRow,
    Observation,
    Profile,
    Source,
)
from criteria.reading import ID, Reader
from scoring.hazards import HazardTest

FORMS = ("points", "yes_no")
LIMITS = ("<", "<=", ">", ">=")
JOINS = ("any", "all")


def read_applies(reader: Reader) -> Applies:
    """Read the sectors and process flags for which something is meant."""
    return Applies(reader.words("sectors"), reader.words("flags"))


def read_profile(reader: Reader) -> Profile:
    """Read what a specialty or post standard is about."""
    return Profile(
        area=reader.string("area", ""),
        applies=read_applies(reader),
        references=reader.words("references"),
        certificates=tuple(_certificate(row) for row in reader.tables("certificate")),
        contraindications=reader.optional_texts("contraindications"),
        protection=reader.optional_texts("protection"),
    )


def _certificate(reader: Reader) -> Certificate:
    reader.item = "certificate"
    valid, review = reader.integer("valid_months", 0), reader.integer("review_months", 0)
    certificate = Certificate(reader.text("title"), valid or None, review or None, reader.source())
    reader.finish()
    return certificate


def read_hazard(reader: Reader, element: str, default: Source) -> HazardRow:
    """Read a row of a hazard list."""
    row_id = reader.string("id")
    reader.item = row_id or "?"
    if row_id and not ID.fullmatch(row_id):
        reader.wrong("id", "letters, digits, dots and dashes", row_id)
    clause = reader.string("clause", "")
    source = replace(default, clause=f"{default.clause} {clause}".strip())
    observations = tuple(_observation(row) for row in reader.tables("observation"))
    test = reader.table_of("test")
    row = HazardRow(
        id=row_id,
        element=element,
        text=reader.text("text"),
        evidence=reader.texts("evidence"),
        applies=read_applies(reader),
        # without a test the hazard is there as soon as one of its questions is answered yes
        test=_any_of(observations) if test is None else _test(test, row_id),
        observations=observations,
        exceptions=reader.optional_texts("exceptions"),
        source=source,
    )
    reader.finish()
    return row


def _any_of(observations: tuple[Observation, ...]) -> HazardTest:
    return HazardTest("any", tuple(HazardTest(observation=row.id) for row in observations))


def _observation(reader: Reader) -> Observation:
    reader.item = f"{reader.item} observation {reader.table.get('id', '?')}"
    found = Observation(reader.string("id"), reader.text("text"), reader.string("unit", ""))
    reader.finish()
    return found


def _test(reader: Reader, item: str) -> HazardTest:
    reader.item = f"{item} test"
    for join in JOINS:
        if join in reader.table:
            parts = tuple(_test(part, item) for part in reader.tables(join))
            reader.finish()
            if not parts:
                reader.wrong(join, "at least one condition", "nothing")
            return HazardTest(join, parts)
    limit = reader.optional_number("limit")
    test = HazardTest(
        observation=reader.string("observation"),
        op=reader.choice("op", LIMITS, "") if "op" in reader.table else "",
        limit=limit or Fraction(0),
    )
    reader.read.add("op")
    if bool(test.op) != (limit is not None):
        reader.wrong("limit", "op and limit together", "one of them")
    reader.finish()
    return test
