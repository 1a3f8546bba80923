"""What comes round: duties, training, certificates and technical checks, with their periods."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from criteria.model import Source, Text
from criteria.packs.reading import optional_integer, read_pack, rows
from criteria.reading import Reader

PERIODS = ("continuous", "shift", "day", "week", "month", "quarter", "half_year", "year")
CHECKS = (
    "certificate",
    "inspection",
    "drill",
    "review",
    "filing",
    "training",
    "detection",
    "health",
    "staffing",
    "insurance",
)


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty that comes round: at least once in each ``period``, and after some events."""

    id: str
    who: str
    period: str
    after: tuple[str, ...]
    text: Text
    source: Source


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of training before the work begins and in each year; None where none are named.

    Attributes:
        high_risk: for high-risk sectors, for the others, or None for both.
        local: of one place or industry, beside the national rule.
    """

    id: str
    who: tuple[str, ...]
    high_risk: bool | None
    first: int | None
    yearly: int | None
    local: bool
    text: Text
    source: Source


@dataclass(frozen=True, slots=True)
class TrainingAgain:
    """After so many months away, or in another post, these levels are trained again."""

    id: str
    months_away: int
    levels: tuple[str, ...]
    local: bool
    text: Text
    source: Source


@dataclass(frozen=True, slots=True)
class Appointment:
    """Until when leaders are trained after their appointment, and how often again, in months."""

    months: int
    least_months: int
    most_months: int
    text: Text
    source: Source


@dataclass(frozen=True, slots=True)
class Training:
    """The rules of training.

    Attributes:
        levels: of the three-level education, from plant to team.
        records: what is kept of each training.
        high_risk_flags: process flags that make an enterprise of these trades a high-risk one.
    """

    levels: tuple[Text, ...]
    records: tuple[Text, ...]
    high_risk: Text
    high_risk_source: Source
    high_risk_flags: tuple[str, ...]
    hours: tuple[Hours, ...]
    again: tuple[TrainingAgain, ...]
    appointment: Appointment

    def hours_of(self, who: str, flags: Iterable[str]) -> Hours | None:
        """The national hours of a role in an enterprise with these process flags."""
        risky = not set(flags).isdisjoint(self.high_risk_flags)
        for row in self.hours:
            if who in row.who and not row.local and row.high_risk in (None, risky):
                return row
        return None


@dataclass(frozen=True, slots=True)
class PeriodicCheck:
    """A certificate, inspection, drill or review with its period; months, None where not named.

    Attributes:
        valid_months: how long a certificate lasts; ``review_months`` between its reviews.
        least_months: shortest and ``most_months`` longest period between two checks.
        period: where it is not counted in months.
        notice_months: so long before the end it must be asked for.
        working_days: the limit of something done once.
        flags: process flags of which one must be given; empty for all.
    """

    id: str
    kind: str
    valid_months: int | None
    review_months: int | None
    least_months: int | None
    most_months: int | None
    period: str
    notice_months: int | None
    working_days: int | None
    flags: tuple[str, ...]
    text: Text
    source: Source


@cache
def duties() -> tuple[Duty, ...]:
    """The duty calendar."""
    return read_pack("duties.toml", lambda reader: rows(reader, "duty", _duty))


@cache
def training() -> Training:
    """The rules of training."""
    return read_pack("training.toml", _training)


@cache
def periodic_checks() -> tuple[PeriodicCheck, ...]:
    """Certificates and technical checks."""
    return read_pack("certificates.toml", lambda reader: rows(reader, "check", _check))


def _duty(row: Reader) -> Duty:
    return Duty(
        row.string("id"),
        row.string("who"),
        row.choice("period", PERIODS),
        row.words("after"),
        row.text("text"),
        row.source(),
    )


def _training(reader: Reader) -> Training:
    risk, appointment = _table(reader, "high_risk"), _table(reader, "appointment")
    rules = Training(
        reader.texts("levels"),
        reader.texts("records"),
        risk.text("title"),
        risk.source(),
        reader.words("high_risk_flags"),
        rows(reader, "hours", _hours),
        rows(reader, "again", _again),
        Appointment(
            appointment.integer("months"),
            appointment.integer("refresher_least_months"),
            appointment.integer("refresher_most_months"),
            appointment.text("text"),
            appointment.source(),
        ),
    )
    risk.finish()
    appointment.finish()
    return rules


def _table(reader: Reader, field: str) -> Reader:
    found = reader.table_of(field)
    if found is None:
        reader.wrong(field, f"a table [{field}]", "nothing")
        found = Reader({}, reader.file, field, reader.problems)
    return found


def _hours(row: Reader) -> Hours:
    return Hours(
        row.string("id"),
        row.words("who"),
        row.flag("high_risk", default=False) if "high_risk" in row.table else None,
        optional_integer(row, "first"),
        optional_integer(row, "yearly"),
        row.flag("local", default=False),
        row.text("text"),
        row.source(),
    )


def _again(row: Reader) -> TrainingAgain:
    return TrainingAgain(
        row.string("id"),
        row.integer("months_away"),
        row.words("levels"),
        row.flag("local", default=False),
        row.text("text"),
        row.source(),
    )


def _check(row: Reader) -> PeriodicCheck:
    return PeriodicCheck(
        id=row.string("id"),
        kind=row.choice("kind", CHECKS),
        valid_months=optional_integer(row, "valid_months"),
        review_months=optional_integer(row, "review_months"),
        least_months=optional_integer(row, "least_months"),
        most_months=optional_integer(row, "most_months"),
        period=row.optional_choice("period", PERIODS) or "",
        notice_months=optional_integer(row, "notice_months"),
        working_days=optional_integer(row, "working_days"),
        flags=row.words("flags"),
        text=row.text("text"),
        source=row.source(),
    )
