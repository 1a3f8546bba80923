"""Working days: weekends, published holidays, make-up workdays, years that nobody knows yet."""

from datetime import date, timedelta

import pytest

from portal.domain.calendar import WorkCalendar
from portal.services import deadlines

WEEKENDS_ONLY = WorkCalendar()


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-11-20", 1, "2026-11-23"),
        ("2026-11-20", 5, "2026-11-27"),
        ("2026-11-21", 1, "2026-11-23"),
        ("2026-11-22", 1, "2026-11-23"),
        ("2026-11-20", 20, "2026-12-18"),
        ("2026-12-31", 1, "2027-01-01"),
        ("2026-11-20", 0, "2026-11-20"),
    ],
)
def test_without_any_notice_weekends_are_left_out(start: str, days: int, end: str) -> None:
    term = WEEKENDS_ONLY.term(day(start), days)
    assert term.ends == day(end)
    assert term.unknown == tuple(range(day(start).year, day(end).year + 1))


def test_a_term_of_five_working_days_is_seven_days_from_a_working_day() -> None:
    for offset in range(14):
        start = date(2026, 1, 5) + timedelta(days=offset)
        if start.weekday() < 5:
            assert WEEKENDS_ONLY.term(start, 5).ends - start == timedelta(days=7)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        # 国庆 2026: off from 1 to 7 October, worked on Sunday 20 September and Saturday 10 October
        ("2026-09-30", 1, "2026-10-08"),
        ("2026-09-30", 2, "2026-10-09"),
        ("2026-09-30", 3, "2026-10-10"),
        ("2026-09-30", 4, "2026-10-12"),
        ("2026-09-18", 1, "2026-09-20"),
        ("2026-09-18", 20, "2026-10-22"),
        # 中秋 from Friday to Sunday
        ("2026-09-24", 1, "2026-09-28"),
        # 国庆 and 中秋 together, 2025
        ("2025-09-26", 1, "2025-09-28"),
        ("2025-09-30", 1, "2025-10-09"),
        ("2025-10-10", 1, "2025-10-11"),
        # across the new year: 1 and 2 January off, Sunday 4 January worked
        ("2025-12-31", 1, "2026-01-04"),
        ("2025-12-29", 5, "2026-01-06"),
        # 春节 lengthened in 2020
        ("2020-01-23", 1, "2020-02-03"),
    ],
)
def test_published_holidays_are_left_out_and_make_up_days_count(
    start: str, days: int, end: str
) -> None:
    term = deadlines.term(day(start), days)
    assert (term.ends, term.unknown) == (day(end), ())


def test_a_year_that_is_not_published_is_named_and_counted_by_weekends() -> None:
    last = max(deadlines.calendar().years)
    start = date(last, 12, 31)
    term = deadlines.term(start, 3)
    assert term.unknown == (last + 1,)
    assert term.ends == WEEKENDS_ONLY.term(start, 3).ends
    assert deadlines.unknown_years(date(last, 12, 1), date(last, 12, 31)) == ()
    assert deadlines.unknown_years(date(last, 12, 1), date(last + 2, 1, 1)) == (last + 1, last + 2)


def test_years_before_the_first_notice_are_unknown_too() -> None:
    first = min(deadlines.calendar().years)
    assert deadlines.term(date(first - 1, 6, 1), 5).unknown == (first - 1,)


def test_the_known_years_are_whole_and_in_a_row() -> None:
    known = deadlines.calendar()
    years = sorted(known.years)
    assert years == list(range(years[0], years[-1] + 1))
    assert {2025, 2026} <= set(years)
    for year in years:
        assert date(year, 10, 1) in known.off, year
        assert date(year, 5, 1) in known.off, year
    assert not set(known.off) & set(known.work)
    assert all(one.weekday() >= 5 for one in known.work)
