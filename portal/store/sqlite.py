"""SQLite embedded: sqlite-utils owns the connections, one thread writes with group commit.

Threads that contend for the write lock starve each other; one writer that commits all waiting
jobs together is fair and several times faster. Jobs keep apart by savepoints: a failing job
undoes itself only.
"""

import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database as SqliteUtils

from portal.store.database import (
    Database,
    Job,
    Row,
    StoreError,
    T,
    Transaction,
    UniqueViolationError,
)
from portal.store.reading import SQLITE_BYTES

BATCH = 256
"""Most jobs in one commit; a bound on what a waiting person waits for."""


@dataclass(slots=True)
class _Pending:
    job: Job[Any]
    future: "Future[Any]"


class _SqliteTransaction(Transaction):
    def __init__(self, owner: "SqliteDb", db: SqliteUtils) -> None:
        self._owner, self._db = owner, db

    def rows(self, sql: str, **params: object) -> list[Row]:
        self._owner.note(sql)
        return _rows(self._db, sql, params)

    def run(self, sql: str, **params: object) -> None:
        self._owner.note(sql)
        self._db.conn.execute(sql, params)

    def lock_enterprise(self, enterprise_id: str) -> None:
        """Nothing to do: ``begin immediate`` lets one writer in at a time."""

    def lock(self, name: str) -> None:
        """Nothing to do, for the same reason."""


class SqliteDb(Database):
    """A database file on a local disk (WAL does not work over a network file system)."""

    engine = "sqlite"
    as_bytes = SQLITE_BYTES

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.address = f"sqlite:///{path.absolute()}"
        path.parent.mkdir(parents=True, exist_ok=True)
        # readers are lent, not kept per thread: Streamlit starts a thread for many a re-run
        self._idle: deque[SqliteUtils] = deque()
        self._closed = False
        self._gate = threading.Lock()  # nothing is queued behind the end
        self._queue: queue.SimpleQueue[_Pending | None] = queue.SimpleQueue()
        self.writer = self._connect()
        self.writer.conn.execute("pragma journal_mode = wal")
        self._thread = threading.Thread(target=self._work, name="anbiao-writer", daemon=True)
        self._thread.start()

    def _connect(self) -> SqliteUtils:
        connection = sqlite3.connect(self.path, timeout=10, check_same_thread=False)
        for pragma in ("synchronous = full", "foreign_keys = on", "busy_timeout = 10000"):
            connection.execute(f"pragma {pragma}")
        return SqliteUtils(connection)

    def _reader(self) -> SqliteUtils:
        try:
            return self._idle.pop()
        except IndexError:
            reader = self._connect()
            reader.conn.execute("pragma query_only = on")
            return reader

    @contextmanager
    def _lent(self, sql: str) -> Iterator[SqliteUtils]:
        if self._closed:
            raise StoreError("the database is closed")
        self.note(sql)
        reader = self._reader()
        try:
            yield reader
        except sqlite3.Error as error:
            raise StoreError(str(error)) from error
        finally:
            self._idle.append(reader)

    def rows(self, sql: str, **params: object) -> list[Row]:
        with self._lent(sql) as reader:
            return _rows(reader, sql, params)

    def tuples(self, sql: str, **params: object) -> list[tuple[Any, ...]]:
        with self._lent(sql) as reader:
            return reader.conn.execute(sql, params).fetchall()

    def write(self, job: Job[T]) -> T:
        if threading.current_thread() is self._thread:
            raise StoreError("a job must not start another job")
        future: Future[T] = Future()
        with self._gate:
            if self._closed:
                raise StoreError("the database is closed")
            self._queue.put(_Pending(job, future))
        return future.result()

    def script(self, statements: list[str]) -> None:
        def job(tx: Transaction) -> None:
            for statement in statements:
                tx.run(statement)

        self.write(job)

    def close(self) -> None:
        with self._gate:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join(timeout=30)
        while self._idle:
            self._idle.pop().conn.close()
        self.writer.conn.close()

    def _work(self) -> None:
        while True:
            first = self._queue.get()
            if first is None:
                return
            batch, stop = [first], False
            while len(batch) < BATCH:
                try:
                    more = self._queue.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    stop = True
                    break
                batch.append(more)
            self._commit(batch)
            if stop:
                return

    def _commit(self, batch: list[_Pending]) -> None:
        """Run a batch in one transaction; nobody is told of success before the commit."""
        connection = self.writer.conn
        done: list[tuple[_Pending, object, BaseException | None]] = []
        try:
            connection.execute("begin immediate")
            for pending in batch:
                done.append((pending, *self._attempt(pending)))
                if not connection.in_transaction:
                    # a full disk makes SQLite undo everything at once, not only this job
                    raise done[-1][2] or StoreError("the transaction was undone")
            connection.commit()
        except BaseException as error:  # disk full, I/O error: the whole batch is undone
            connection.rollback()
            for pending in batch:
                pending.future.set_exception(StoreError(f"not stored: {error}"))
            return
        for pending, value, failure in done:
            if failure is None:
                pending.future.set_result(value)
            else:
                pending.future.set_exception(failure)

    def _attempt(self, pending: _Pending) -> tuple[object, BaseException | None]:
        try:
            with self.writer.atomic():
                return pending.job(_SqliteTransaction(self, self.writer)), None
        except sqlite3.Error as error:
            if isinstance(error, sqlite3.IntegrityError) and "UNIQUE" in str(error):
                return None, UniqueViolationError(str(error))
            return None, StoreError(str(error))
        except Exception as error:
            return None, error


def _rows(db: SqliteUtils, sql: str, params: dict[str, object]) -> list[Row]:
    cursor = db.conn.execute(sql, params)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
