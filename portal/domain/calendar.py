"""Working days (工作日): what is due when."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Term:
    """The last day of a term.

    Attributes:
        unknown: years it reaches into whose holidays are not known; there only weekends were
            left out, so that the term may end on another day.
    """

    ends: date
    unknown: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Which days are worked: published holidays and make-up workdays of the known years.

    Attributes:
        off: holidays, whatever the day of the week.
        work: Saturdays and Sundays on which people work.
        years: whose holidays are known.
    """

    off: Collection[date] = frozenset()
    work: Collection[date] = frozenset()
    years: Collection[int] = frozenset()

    def is_worked(self, day: date) -> bool:
        """Whether a day counts as a working day.

        >>> calendar = WorkCalendar({date(2026, 10, 1)}, {date(2026, 10, 10)}, {2026})
        >>> [calendar.is_worked(date(2026, 10, day)) for day in (1, 8, 10, 11)]
        [False, True, True, False]
        """
        return day in self.work or (day.weekday() < 5 and day not in self.off)

    def term(self, start: date, days: int) -> Term:
        """A term of so many working days that begins the day after ``start``.

        >>> WorkCalendar().term(date(2026, 11, 20), 1)
        Term(ends=datetime.date(2026, 11, 23), unknown=(2026,))
        """
        day = start
        while days > 0:
            day += timedelta(days=1)
            days -= self.is_worked(day)
        return Term(day, self.unknown_between(start, day))

    def unknown_between(self, first: date, last: date) -> tuple[int, ...]:
        """Years from one day to another whose holidays are not known."""
        return tuple(y for y in range(first.year, last.year + 1) if y not in self.years)
