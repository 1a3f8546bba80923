"""Published holidays and make-up workdays (调休) of the years that are known."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from criteria.packs.reading import PLACE, read_pack, rows
from criteria.reading import Reader

__all__ = ["NAME", "PLACE", "Holidays", "holidays"]

NAME = "holidays.toml"


@dataclass(frozen=True, slots=True)
class Holidays:
    """Days off and make-up workdays.

    Attributes:
        off: days without work, weekends within a holiday included.
        work: Saturdays and Sundays on which people work.
        years: that are known; a notice for any other year is not in the data.
        origin: the release that the days were taken from.
    """

    off: frozenset[date]
    work: frozenset[date]
    years: frozenset[int]
    origin: str


@cache
def holidays() -> Holidays:
    """The days of every known year."""
    return read_pack(NAME, _holidays)


def _holidays(reader: Reader) -> Holidays:
    reader.string("document")
    origin = reader.string("origin")
    found = rows(reader, "year", _year)
    return Holidays(
        frozenset(day for _, off, _ in found for day in off),
        frozenset(day for _, _, work in found for day in work),
        frozenset(year for year, _, _ in found),
        origin,
    )


def _year(row: Reader) -> tuple[int, list[date], list[date]]:
    year = row.integer("year")
    row.item = f"year {year}"
    row.read.update(("off", "work"))
    off: list[date] = []
    for run in row.table.get("off", []):
        if not (isinstance(run, list) and len(run) == 2 and all(_is_in(d, year) for d in run)):
            row.wrong("off", f"[first, last] days of {year}", run)
            continue
        off += [run[0] + timedelta(days=n) for n in range((run[1] - run[0]).days + 1)]
    work = row.table.get("work", [])
    for day in work:
        if not _is_in(day, year) or day.weekday() < 5 or day in off:
            row.wrong("work", f"Saturdays or Sundays of {year} outside the holidays", day)
    return year, off, list(work)


def _is_in(day: object, year: int) -> bool:
    return isinstance(day, date) and day.year == year
