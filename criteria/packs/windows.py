"""Periods in which events count: they end on a day and reach back by months."""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

WINDOWS = ("now", "ever", "months", "rolling", "validity")
"""``months``: back from the day that is judged; ``rolling``: any so many months in a row."""


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or the last of its month where it has no such day.

    >>> months_before(date(2024, 2, 29), 12), months_before(date(2026, 5, 31), 3)
    (datetime.date(2023, 2, 28), datetime.date(2026, 2, 28))
    """
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class Window:
    """A period of one of :data:`WINDOWS`; ``months`` only where the kind has a length."""

    kind: str = "now"
    months: int = 0

    def begins(self, on: date, graded_on: date | None = None) -> date | None:
        """First day that counts when judged on a day; None when everything before counts.

        Args:
            on: the day that is judged.
            graded_on: when the present grade was given, for ``validity``.
        """
        if self.kind == "now":
            return on
        if self.kind == "validity":
            return graded_on
        return months_before(on, self.months) if self.months else None


def worst_rolling(events: Iterable[tuple[date, int]], months: int) -> int:
    """Largest sum of events within any so many months in a row, whatever the calendar year.

    >>> worst_rolling([(date(2025, 11, 1), 2), (date(2026, 10, 31), 1)], 12)
    3
    >>> worst_rolling([(date(2025, 11, 1), 2), (date(2026, 11, 1), 1)], 12)
    2
    """
    known = sorted(events)
    worst = total = first = 0
    for day, amount in known:
        total += amount
        # a year from 1 November ends on 31 October
        while known[first][0] <= months_before(day, months):
            total -= known[first][1]
            first += 1
        worst = max(worst, total)
    return worst


def are_apart(periods: Iterable[tuple[date, date | None]]) -> bool:
    """Whether dated periods do not overlap and only the last has no end."""
    ordered = sorted(periods, key=lambda period: period[0])
    return all(
        end is not None and end < following for (_, end), (following, _) in pairwise(ordered)
    )
