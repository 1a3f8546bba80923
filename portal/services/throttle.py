"""Growing waits after wrong passwords and codes, per account and per address.

Counted in the database, so that tries at the same moment and in several processes all count. The
name of an account is kept as a hash: what somebody types there may be a password.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from portal.errors import PortalError
from portal.services.context import current, stamp_of
from portal.store.database import Database, Transaction

FORGOTTEN = timedelta(hours=24)
"""After this time without a failure counting begins anew."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Failures that are free, and how the wait grows from then on.

    Attributes:
        kind: first part of the key.
        free: failures before the first wait.
        first: the first wait; each further failure doubles it.
        longest: no wait is longer.
    """

    kind: str
    free: int
    first: timedelta
    longest: timedelta

    def of(self, name: str) -> str:
        """Key of one account or address."""
        digest = hashlib.sha256(name.strip().casefold().encode()).hexdigest()
        return f"{self.kind}:{digest}"

    def wait(self, failures: int) -> timedelta | None:
        """How long to wait after so many failures."""
        further = failures - self.free
        return None if further < 0 else min(self.longest, self.first * 2 ** min(further, 12))


LOGIN = Limit("login", 5, timedelta(seconds=30), timedelta(hours=1))
CODE = Limit("code", 5, timedelta(seconds=30), timedelta(hours=1))
ADDRESS = Limit("address", 30, timedelta(seconds=10), timedelta(minutes=15))
"""A whole office may share one address: more is free there, and waits stay shorter."""

LIMITS = {limit.kind: limit for limit in (LOGIN, CODE, ADDRESS)}


def check(names: Iterable[str], on: Database | Transaction | None = None) -> None:
    """Refuse while one of the names waits.

    Args:
        names: keys of an account, an address.
        on: where to read; the open transaction of an attempt, else the database.

    Raises:
        PortalError: ``sign_in_wait``, the same whether there is such an account or not.
    """
    context = current()
    source = on or context.db
    for name in names:
        row = source.row("select until from throttle where name = :n", n=name)
        if row and row["until"] and row["until"] > context.stamp:
            raise PortalError("sign_in_wait")


def fail(tx: Transaction, names: Iterable[str]) -> None:
    """Count a failure for each name and let it wait where it is due."""
    context = current()
    for name in names:
        row = tx.row(
            "insert into throttle (name, failures, noted_at) values (:n, 1, :at)"
            " on conflict (name) do update set failures = case when throttle.noted_at < :old"
            " then 1 else throttle.failures + 1 end, noted_at = excluded.noted_at returning *",
            n=name,
            at=context.stamp,
            old=stamp_of(context.now() - FORGOTTEN),
        )
        wait = LIMITS[name.partition(":")[0]].wait(row["failures"] if row else 1)
        if wait:
            tx.run(
                "update throttle set until = :u where name = :n",
                u=stamp_of(context.now() + wait),
                n=name,
            )


def clear(tx: Transaction, names: Iterable[str]) -> None:
    """Begin counting anew, after a success."""
    for name in names:
        tx.run("delete from throttle where name = :n", n=name)


def sweep(tx: Transaction) -> None:
    """Forget what no longer counts."""
    old = stamp_of(current().now() - FORGOTTEN)
    tx.run("delete from throttle where noted_at < :old", old=old)
