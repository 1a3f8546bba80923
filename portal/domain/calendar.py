"""Working days (工作日): what is due when."""

from datetime import date, timedelta


def add_working_days(start: date, days: int) -> date:
    """The last day of a term that begins the day after ``start``.

    Saturdays and Sundays are left out. Statutory holidays differ from year to year and are not
    known here: a term over a holiday ends later than this day, never earlier.

    >>> add_working_days(date(2026, 11, 20), 1)
    datetime.date(2026, 11, 23)
    """
    day = start
    while days > 0:
        day += timedelta(days=1)
        if day.weekday() < 5:
            days -= 1
    return day
