"""What happens to accounts, in the audit log: attempts to sign in, and changes of people.

Attempts run in a chain of their own; a change runs in the chain of the body that the account
belongs to. Names and sign-in names are never written there, so that an account can be anonymised
while the chain stays whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from portal.domain.people import User
from portal.services.context import current
from portal.store.audit import AuditEntry, append
from portal.store.database import Transaction

SIGN_IN = "sign-in"
"""Chain of all attempts to sign in."""

SYSTEM = "system"
"""Actor and role of the command line, where nobody signs in."""

AGENT_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request comes from: network address, and what the browser calls itself."""

    address: str = ""
    agent: str = ""


def place(address: str, agent: str) -> Place:
    """A place with the text of a stranger cut to what is kept."""
    clean = "".join(c for c in agent if c.isprintable())
    return Place(address[:45], clean[:AGENT_LENGTH])


def note_sign_in(tx: Transaction, action: str, account_id: str, where: Place, by: str = "") -> None:
    """Note an attempt; an account that does not exist leaves no name, it may be a password.

    Args:
        tx: the transaction of the attempt.
        action: what, beginning with ``sign_in.``.
        account_id: whose account; empty when there is none.
        where: where the request comes from.
        by: what was shown: ``password``, ``code``, ``recovery``, ``link``, ``service``, ``demo``.
    """
    body: dict[str, object] = {"address": where.address, "agent": where.agent}
    if by:
        body["by"] = by
    append(
        tx,
        AuditEntry(
            SIGN_IN,
            current().stamp,
            account_id,
            "",
            action,
            account_id,
            body,
        ),
    )


def note(
    tx: Transaction,
    user: User | None,
    account_id: str,
    action: str,
    body: Mapping[str, object],
    *,
    chain: str | None = None,
    system: bool = False,
) -> None:
    """Note a change of an account.

    Args:
        tx: the transaction of the change.
        user: who acts; None for the person of the account itself, or with ``system``.
        account_id: whose account.
        action: what, beginning with ``account.``.
        body: what changed, without names.
        chain: the body concerned; by default that of the person who acts.
        system: the command line acts.
    """
    if chain is None and user is None:
        row = tx.row(
            "select organisation_id from membership where account_id = :a order by role",
            a=account_id,
        )
        chain = row["organisation_id"] if row else SIGN_IN
    append(
        tx,
        AuditEntry(
            chain or (user.organisation_id if user else SIGN_IN),
            current().stamp,
            SYSTEM if system else user.account_id if user else account_id,
            SYSTEM if system else user.role if user else "",
            action,
            account_id,
            dict(body),
        ),
    )


def note_flood(where: Place) -> None:
    """Note that an address is refused without a look, for the rest of the minute."""
    current().db.write(lambda tx: note_sign_in(tx, "sign_in.flood", "", where))
