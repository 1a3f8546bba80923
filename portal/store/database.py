"""What both engines offer: the same SQL text, jobs that are written whole or not at all.

A query names its parameters ``:like_this`` and keeps to the portable subset: text ISO dates in
UTC, whole numbers for amounts and flags, JSON as text, ``cast(:x as type)`` in select lists.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

Row = dict[str, Any]
T = TypeVar("T")


class StoreError(Exception):
    """The database could not be reached or refused; nothing of the job was stored."""


class UniqueViolationError(StoreError):
    """A key that must be unique exists already."""


class Source(Protocol):
    """What can be read in bulk: a database, or :func:`portal.store.reading.open_source`.

    Attributes:
        as_bytes: a text column ``{}`` as its UTF-8.
    """

    as_bytes: str

    def tuples(self, sql: str, **params: object) -> list[tuple[Any, ...]]:
        """Read rows without their names, which is quicker for many."""


class Transaction(ABC):
    """A unit of work inside :meth:`Database.write`."""

    @abstractmethod
    def rows(self, sql: str, **params: object) -> list[Row]:
        """Run a statement that gives rows."""

    @abstractmethod
    def run(self, sql: str, **params: object) -> None:
        """Run a statement that gives none."""

    @abstractmethod
    def lock_enterprise(self, enterprise_id: str) -> None:
        """Let no other writer number records of this enterprise until the transaction ends."""

    @abstractmethod
    def lock(self, name: str) -> None:
        """Let no other writer that asks for the same name pass until the transaction ends."""

    def row(self, sql: str, **params: object) -> Row | None:
        """Run a statement and return its first row, or None."""
        found = self.rows(sql, **params)
        return found[0] if found else None


Job = Callable[[Transaction], T]


class Database(ABC):
    """An engine. Reads see committed data; writes are jobs that commit before they return.

    Attributes:
        address: where another process finds the same database.
    """

    engine: str
    as_bytes: str
    address: str

    def __init__(self) -> None:
        self._counters: list[list[str]] = []

    @abstractmethod
    def rows(self, sql: str, **params: object) -> list[Row]:
        """Read rows."""

    @abstractmethod
    def tuples(self, sql: str, **params: object) -> list[tuple[Any, ...]]:
        """Read rows without their names, which is quicker for many."""

    @abstractmethod
    def write(self, job: Job[T]) -> T:
        """Run a job in a transaction and return its value once it is durably committed.

        An exception of the job undoes the job and is raised here. A job must not wait for
        another job and must not keep the transaction.
        """

    @abstractmethod
    def script(self, statements: list[str]) -> None:
        """Run schema statements in one transaction."""

    @abstractmethod
    def close(self) -> None:
        """Release everything; pending writes are finished first."""

    def row(self, sql: str, **params: object) -> Row | None:
        """Read the first row, or None."""
        found = self.rows(sql, **params)
        return found[0] if found else None

    def run(self, sql: str, **params: object) -> None:
        """Write a single statement as a job of its own."""
        self.write(lambda tx: tx.run(sql, **params))

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        """Collect the statements that run meanwhile, for tests of their number."""
        statements: list[str] = []
        self._counters.append(statements)
        try:
            yield statements
        finally:
            self._counters.remove(statements)

    def note(self, sql: str) -> None:
        """Tell the counters of a statement."""
        for counter in self._counters:
            counter.append(sql)
