"""The tables of ``scheme.toml`` that go beyond adding up: weights, minimums, stars, limits, events.

A standard that only adds points has none of them.
"""

from fractions import Fraction

from criteria.load_above import read_above
from criteria.model import (
    AbsenceLimit,
    EventRule,
    ImportedScore,
    PartGroup,
    PartMinimum,
    ScoreBounds,
    Shape,
    StarShare,
)
from criteria.reading import Reader

METHODS = ("points", "weights")
COMPARATORS = (">=", ">")


def read_shape(reader: Reader) -> Shape:
    """Read what the head of an edition says about composing the score and closing grades."""
    return Shape(
        method=reader.choice("method", METHODS, "points"),
        groups=tuple(_group(row) for row in reader.tables("group")),
        minimums=tuple(_minimum(row) for row in reader.tables("minimum")),
        stars=tuple(_stars(row) for row in reader.tables("star")),
        absence_limit=_absence(reader.table_of("absence_limit")),
        bounds=_bounds(reader.table_of("adjustment")),
        imported=_imported(reader.table_of("imported")),
        events=tuple(_event(row) for row in reader.tables("event")),
        hazard_blocks=reader.flag("hazard_blocks", default=False),
        control_lines=tuple(_control(row) for row in reader.tables("control_line")),
        above=read_above(reader),
    )


def _group(reader: Reader) -> PartGroup:
    reader.item = f"group {reader.table.get('id', '?')}"
    group = PartGroup(
        reader.string("id"),
        reader.text("title"),
        reader.optional_number("weight"),
        reader.source(),
    )
    reader.finish()
    return group


def _minimum(reader: Reader) -> PartMinimum:
    reader.item = f"minimum {reader.table.get('grade', '?')} {reader.table.get('part', '?')}"
    minimum = PartMinimum(
        reader.string("grade"),
        reader.string("part"),
        reader.choice("comparator", COMPARATORS, ">="),
        reader.number("rate"),
        reader.source(),
    )
    reader.finish()
    return minimum


def _stars(reader: Reader) -> StarShare:
    reader.item = f"star {reader.table.get('grade', '?')}"
    share = reader.optional_number("share")
    stars = StarShare(
        reader.string("grade"),
        reader.words("stars"),
        Fraction(100) if share is None else share,
        reader.source(),
    )
    reader.finish()
    return stars


def _absence(reader: Reader | None) -> AbsenceLimit | None:
    if reader is None:
        return None
    limit = AbsenceLimit(
        reader.string("best_grade", "") or None,
        reader.optional_number("points"),
        reader.optional_number("share"),
        reader.source(),
    )
    reader.finish()
    return limit


def _bounds(reader: Reader | None) -> ScoreBounds:
    if reader is None:
        return ScoreBounds()
    bounds = ScoreBounds(
        reader.optional_number("most_bonus"),
        reader.optional_number("most_penalty"),
        reader.optional_number("highest"),
    )
    reader.finish()
    return bounds


def _imported(reader: Reader | None) -> ImportedScore | None:
    if reader is None:
        return None
    values = reader.table_of("values")
    factor = reader.optional_number("factor")
    imported = ImportedScore(
        reader.string("fact"),
        tuple((name, values.number(name)) for name in values.table) if values else (),
        Fraction(1) if factor is None else factor,
        reader.source(),
    )
    reader.finish()
    return imported


def _event(reader: Reader) -> EventRule:
    reader.item = f"event {reader.table.get('fact', '?')}"
    minus = reader.optional_number("minus")
    event = EventRule(
        reader.string("fact"), reader.integer("steps"), minus or Fraction(0), reader.source()
    )
    reader.finish()
    return event


def _control(reader: Reader) -> tuple[str, Fraction]:
    reader.item = f"control_line {reader.table.get('element', '?')}"
    line = (reader.string("element"), reader.number("rate"))
    reader.finish()
    return line
