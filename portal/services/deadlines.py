"""Terms in working days, by the published holidays."""

from datetime import date
from functools import cache

from criteria.packs import holidays
from portal.domain.calendar import Term, WorkCalendar


@cache
def calendar() -> WorkCalendar:
    """The working days of the years that are known."""
    known = holidays()
    return WorkCalendar(known.off, known.work, known.years)


def term(start: date, working_days: int) -> Term:
    """The last day of a term that begins the day after ``start``, and what is not known of it."""
    return calendar().term(start, working_days)


def unknown_years(first: date, last: date) -> tuple[int, ...]:
    """Years of a term that was counted by weekends alone."""
    return calendar().unknown_between(first, last)
