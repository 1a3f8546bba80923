"""A connection of its own for another process: read-only, and quick to load.

For SQLite nothing but Python's own module is loaded: sqlite-utils would take longer than all else
that another process needs.
"""

import sqlite3
from pathlib import Path
from typing import Any

from portal.store.database import Source, StoreError

SQLITE_BYTES = "cast({} as blob)"
POSTGRES_BYTES = "convert_to({}, 'UTF8')"


def open_source(address: str) -> Source:
    """Open the database of :attr:`portal.store.database.Database.address` read-only.

    Raises:
        StoreError: it is not there, or cannot be reached.
    """
    kind, _, rest = address.partition("://")
    if kind == "sqlite":
        return _SqliteSource(Path(rest.removeprefix("/")))
    return _PostgresSource(address)


class _SqliteSource:
    as_bytes = SQLITE_BYTES

    def __init__(self, path: Path) -> None:
        try:
            self._connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", timeout=10, uri=True)
        except (sqlite3.Error, ValueError) as error:  # a path that is not absolute is no address
            raise StoreError(str(error)) from error

    def tuples(self, sql: str, **params: object) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(sql, params).fetchall()
        except sqlite3.Error as error:
            raise StoreError(str(error)) from error


class _PostgresSource:
    as_bytes = POSTGRES_BYTES

    def __init__(self, dsn: str) -> None:
        import psycopg

        from portal.store.postgres import translate

        self._refusals, self._translate = psycopg.Error, translate
        try:
            self._connection = psycopg.connect(dsn, autocommit=True)
            self._connection.execute("set session characteristics as transaction read only")
        except psycopg.Error as error:
            raise StoreError(str(error)) from error

    def tuples(self, sql: str, **params: object) -> list[tuple[Any, ...]]:
        try:
            cursor = self._connection.cursor(binary=True)
            return cursor.execute(self._translate(sql), params).fetchall()
        except self._refusals as error:
            raise StoreError(str(error)) from error
