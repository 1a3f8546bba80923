"""The tables of ``scheme.toml`` above a single sheet: members, instances, samples, checklists."""

import re
from fractions import Fraction

from criteria.model_above import (
    Above,
    Aggregation,
    Instances,
    Lot,
    MemberRung,
    PassRate,
    Sampling,
    TwoAssessors,
    YesNoList,
)
from criteria.reading import Reader

UNIT_METHODS = ("mean", "weighted_mean", "lowest")
GROUP_METHODS = (*UNIT_METHODS, "share")
COUNTS = ("review", "lower", "mean")
SCORES = ("exact", "rounded")
COMPARATORS = (">=", ">")

_SIZES = "lines such as 1-10: all, 11-100: 10, 101+: 5% and event: +2"
_RATES = "lines such as >= 95: 100% and > 60: 30%"
_LINE = re.compile(r"(\d+)(?:-(\d+)|(\+))?: *(?:(all)|(\d+)|(\d+(?:\.\d+)?)%)")
_EVENT = re.compile(r"event: *\+(\d+)")
_RATE = re.compile(r"(>=|>) *(\d+(?:\.\d+)?): *(\d+(?:\.\d+)?)%")
_HUNDRED = Fraction(100)


def read_above(reader: Reader) -> Above:
    """Read what the head of an edition says above a single sheet."""
    return Above(
        _aggregation(reader.table_of("aggregation")),
        tuple(_instances(name, row) for name, row in reader.named_tables("instances")),
        tuple(_sampling(name, row) for name, row in reader.named_tables("sampling")),
        _comparison(reader.table_of("comparison")),
        tuple(_checklist(name, row) for name, row in reader.named_tables("checklist")),
    )


def _aggregation(reader: Reader | None) -> Aggregation | None:
    if reader is None:
        return None
    aggregation = Aggregation(
        reader.choice("method", GROUP_METHODS),
        reader.words("order"),
        reader.string("sample", ""),
        tuple(_rung(name, row) for name, row in reader.named_tables("grade")),
        reader.source(),
    )
    reader.finish()
    return aggregation


def _rung(grade: str, reader: Reader) -> MemberRung:
    members, clean = (_inner(reader, name) for name in ("members", "without_deaths"))
    rung = MemberRung(
        grade,
        members.choice("comparator", COMPARATORS, ">=") if members else ">=",
        members.number("threshold") if members else None,
        _share(members) if members else _HUNDRED,
        clean.number("share") if clean else None,
        reader.string("worst_accident", ""),
        reader.source(),
    )
    for row in (members, clean, reader):
        if row:
            row.finish()
    return rung


def _inner(reader: Reader, field: str) -> Reader | None:
    """An inner table that problems name by its path."""
    inner = reader.table_of(field)
    if inner:
        inner.item = f"{reader.item}.{field}"
    return inner


def _share(reader: Reader) -> Fraction:
    share = reader.optional_number("share")
    return _HUNDRED if share is None else share


def _instances(name: str, reader: Reader) -> Instances:
    good = []
    for grade, row in reader.named_tables("good"):
        good.append((grade, row.number("share")))
        row.finish()
    instances = Instances(
        name,
        reader.text("title"),
        reader.string("part", ""),
        reader.choice("method", UNIT_METHODS),
        reader.choice("compare", SCORES, "exact"),
        reader.string("sample", ""),
        tuple(good),
        reader.source(),
    )
    reader.finish()
    return instances


def _sampling(name: str, reader: Reader) -> Sampling:
    title, part = reader.text("title"), reader.string("part", "")
    lots, more = _sizes(reader)
    sampling = Sampling(name, title, part, lots, more, _rates(reader), reader.source())
    reader.finish()
    return sampling


def _lines(text: str) -> list[str]:
    return [line.strip() for line in re.split(r"[,\n]", text) if line.strip()]


def _sizes(reader: Reader) -> tuple[tuple[Lot, ...], int]:
    lots: list[Lot] = []
    events: list[int] = []
    for line in _lines(reader.string("sizes")):
        if event := _EVENT.fullmatch(line):
            events.append(int(event[1]))
        elif found := _LINE.fullmatch(line):
            first, last, open_end, everything, number, share = found.groups()
            end = None if open_end else int(last or first)
            take = "all" if everything else "number" if number else "share"
            lots.append(Lot(int(first), end, take, Fraction(number or share or 0)))
        else:
            reader.wrong("sizes", _SIZES, line)
    if len(events) > 1:
        reader.wrong("sizes", "one line for an event", f"{len(events)} lines")
    return tuple(lots), sum(events[:1])


def _rates(reader: Reader) -> tuple[PassRate, ...]:
    rates = []
    for line in _lines(reader.string("rates", "")):
        found = _RATE.fullmatch(line)
        if found:
            rates.append(PassRate(found[1], Fraction(found[2]), Fraction(found[3])))
        else:
            reader.wrong("rates", _RATES, line)
    return tuple(rates)


def _comparison(reader: Reader | None) -> TwoAssessors | None:
    if reader is None:
        return None
    tolerance = _inner(reader, "tolerance")
    assessors = TwoAssessors(
        reader.choice("counts", COUNTS, "review"),
        tolerance.optional_number("points") if tolerance else None,
        tolerance.optional_number("share") if tolerance else None,
        reader.source(),
    )
    for row in (tolerance, reader):
        if row:
            row.finish()
    return assessors


def _checklist(name: str, reader: Reader) -> YesNoList:
    checklist = YesNoList(
        name,
        reader.text("title"),
        reader.string("part", ""),
        reader.string("fact", ""),
        _share(reader),
        reader.source(),
    )
    reader.finish()
    return checklist
