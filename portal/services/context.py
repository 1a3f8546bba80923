"""What the services work with: the database, the criteria, the clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from threading import Lock

from criteria import Library, default_library
from portal.config import settings
from portal.errors import PortalError
from portal.store.database import Database, StoreError
from portal.store.opening import open_database

CHINA = timezone(timedelta(hours=8))
"""The one time of the country; dates that decide are days there, moments are stored in UTC."""


def stamp_of(moment: datetime) -> str:
    """A moment as it is stored and compared: ISO 8601 in UTC, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Context:
    """The running installation."""

    db: Database
    library: Library
    now: Callable[[], datetime] = _utc_now

    @property
    def stamp(self) -> str:
        """The present moment, ISO 8601 in UTC."""
        return stamp_of(self.now())

    @property
    def today(self) -> date:
        """The present day in China."""
        return self.now().astimezone(CHINA).date()


def _open() -> Database:
    try:
        return open_database(settings().database)
    except StoreError as error:
        raise PortalError("database_unusable", why=error) from error


_current: Context | None = None
_lock = Lock()


def current() -> Context:
    """The context of this process, opened from the settings on first use.

    Raises:
        PortalError: ``database_unusable``.
    """
    global _current
    if _current is None:
        with _lock:
            if _current is None:
                _current = Context(_open(), default_library())
    return _current


def install(context: Context | None) -> None:
    """Put a context in place; tests and the command line use it."""
    global _current
    _current = context


def local_time(stamp: str, *, seconds: bool = False) -> str:
    """A stored moment as local date and time."""
    moment = datetime.fromisoformat(stamp).astimezone(CHINA)
    return moment.strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")
