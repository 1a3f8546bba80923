"""From the address in the settings to an open, migrated database."""

from pathlib import Path

from portal.store.database import Database, StoreError
from portal.store.migrations import migrate


def open_database(address: str) -> Database:
    """Open and migrate.

    Args:
        address: ``sqlite:///relative/path``, ``sqlite:////absolute/path`` or ``postgresql://…``.

    Raises:
        StoreError: an address that is neither, or a server that cannot be reached.
    """
    db = _engine(address)
    migrate(db)
    return db


def _engine(address: str) -> Database:
    kind, _, rest = address.partition("://")
    if kind == "sqlite":
        from portal.store.sqlite import SqliteDb

        return SqliteDb(Path(rest.removeprefix("/")))
    if kind in ("postgresql", "postgres"):
        try:
            from portal.store.postgres import PostgresDb
        except ImportError as error:
            raise StoreError(
                "PostgreSQL needs the extra 'postgres': pip install -e .[postgres]"
            ) from error
        return PostgresDb(address)
    raise StoreError(f"ANBIAO_DATABASE is {address!r}; expected sqlite:///… or postgresql://…")
