"""What is no longer needed is deleted: old sessions, links and waits. The audit log never is."""

from datetime import timedelta

from portal.errors import PortalError
from portal.services import throttle
from portal.services.context import current, stamp_of
from portal.store.database import StoreError, Transaction

SESSIONS = timedelta(days=400)
"""The list of people says when somebody was last here; after a year that no longer matters."""

LINKS = timedelta(days=30)


def sweep() -> None:
    """Delete what is past its time, in one transaction.

    Raises:
        PortalError: ``database_unusable``.
    """
    try:
        current().db.write(_sweep)
    except StoreError as error:
        raise PortalError("database_unusable", why=error) from error


def _sweep(tx: Transaction) -> None:
    now = current().now()
    throttle.sweep(tx)
    tx.run("delete from invitation where expires_at < :old", old=stamp_of(now - LINKS))
    tx.run("delete from session where seen_at < :old", old=stamp_of(now - SESSIONS))
    tx.run(
        "delete from session where stage <> 'full' and expires_at < :old", old=stamp_of(now - LINKS)
    )
