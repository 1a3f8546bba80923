"""PostgreSQL through a pool of psycopg connections; the same SQL text as SQLite."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.errors import DeadlockDetected, SerializationFailure, UniqueViolation
from psycopg.rows import dict_row, tuple_row
from psycopg_pool import ConnectionPool

from portal.store.database import (
    Database,
    Job,
    Row,
    StoreError,
    T,
    Transaction,
    UniqueViolationError,
)
from portal.store.reading import POSTGRES_BYTES

ATTEMPTS = 5
"""How often a job that lost a race with another is run again."""

PARAMETER = re.compile(r"(?<!:):([a-z_][a-z0-9_]*)")

Connection = psycopg.Connection[dict[str, Any]]


@lru_cache(maxsize=1024)
def translate(sql: str) -> str:
    """Turn ``:name`` into ``%(name)s``; a ``::type`` cast stays."""
    return PARAMETER.sub(r"%(\1)s", sql.replace("%", "%%"))


class _PostgresTransaction(Transaction):
    def __init__(self, owner: "PostgresDb", connection: Connection) -> None:
        self._owner, self._connection = owner, connection

    def rows(self, sql: str, **params: object) -> list[Row]:
        self._owner.note(sql)
        return _rows(self._connection, sql, params)

    def run(self, sql: str, **params: object) -> None:
        self._owner.note(sql)
        self._connection.execute(translate(sql), params)

    def lock_enterprise(self, enterprise_id: str) -> None:
        self.run(
            "select enterprise_id from enterprise where enterprise_id = :enterprise_id for update",
            enterprise_id=enterprise_id,
        )

    def lock(self, name: str) -> None:
        self.run(
            "select pg_advisory_xact_lock(hashtextextended(cast(:name as text), 0))", name=name
        )


class PostgresDb(Database):
    """A server reached by a connection string."""

    engine = "postgresql"
    as_bytes = POSTGRES_BYTES

    def __init__(self, dsn: str) -> None:
        super().__init__()
        self.address = dsn
        self.pool: ConnectionPool[Connection] = ConnectionPool(
            dsn,
            min_size=1,
            max_size=16,
            kwargs={"row_factory": dict_row, "autocommit": False},
            open=True,
        )

    def rows(self, sql: str, **params: object) -> list[Row]:
        self.note(sql)
        try:
            with self.pool.connection() as connection:
                return _rows(connection, sql, params)
        except psycopg.Error as error:
            raise StoreError(str(error)) from error

    def tuples(self, sql: str, **params: object) -> list[tuple[Any, ...]]:
        self.note(sql)
        try:
            with self.pool.connection() as connection:
                cursor = connection.cursor(binary=True, row_factory=tuple_row)
                return cursor.execute(translate(sql), params).fetchall()
        except psycopg.Error as error:
            raise StoreError(str(error)) from error

    def write(self, job: Job[T]) -> T:
        for attempt in range(ATTEMPTS):
            try:
                with self.pool.connection() as connection, connection.transaction():
                    return job(_PostgresTransaction(self, connection))
            except UniqueViolation as error:
                raise UniqueViolationError(str(error)) from error
            except (SerializationFailure, DeadlockDetected) as error:
                if attempt == ATTEMPTS - 1:
                    raise StoreError(str(error)) from error
            except psycopg.Error as error:
                raise StoreError(str(error)) from error
        raise StoreError("not stored")

    def script(self, statements: list[str]) -> None:
        def job(tx: Transaction) -> None:
            for statement in statements:
                tx.run(statement)

        self.write(job)

    def close(self) -> None:
        self.pool.close()


def _rows(connection: Connection, sql: str, params: Mapping[str, object]) -> list[Row]:
    cursor = connection.execute(translate(sql), params)
    return cursor.fetchall() if cursor.description else []
