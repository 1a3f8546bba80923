"""The audit log: one hash chain per enterprise, written in the transaction of the change.

hash = SHA-256(previous hash + canonical JSON of the row). A chain without an enterprise
(accounts, settings) runs under the id of the organisation.
"""

import hashlib
import json
from dataclasses import dataclass

from portal.store.database import Database, Row, Transaction


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what, as what role, to which record, when; ``body`` holds before and after."""

    chain: str
    at: str
    actor: str
    role: str
    action: str
    subject: str
    body: dict[str, object]


def append(tx: Transaction, entry: AuditEntry) -> None:
    """Add an entry at the end of its chain."""
    tx.lock(f"audit {entry.chain}")  # two entries at once would both follow the same last one
    last = tx.row(
        "select seq, hash from audit where enterprise_id = :chain order by seq desc limit 1",
        chain=entry.chain,
    )
    seq, previous = (last["seq"] + 1, last["hash"]) if last else (1, "")
    body = json.dumps(entry.body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    fields = [
        entry.chain,
        seq,
        entry.at,
        entry.actor,
        entry.role,
        entry.action,
        entry.subject,
        body,
    ]
    tx.run(
        "insert into audit (enterprise_id, seq, at, actor, role, action, subject, body, hash)"
        " values (:chain, :seq, :at, :actor, :role, :action, :subject, :body, :hash)",
        chain=entry.chain,
        seq=seq,
        at=entry.at,
        actor=entry.actor,
        role=entry.role,
        action=entry.action,
        subject=entry.subject,
        body=body,
        hash=link(previous, fields),
    )


def link(previous: str, fields: list[object]) -> str:
    """Hash of a row on top of the hash before it."""
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256((previous + text).encode()).hexdigest()


def fields_of(row: Row, seq: int | None = None) -> list[object]:
    """What the hash of a stored entry covers, under its own number or another."""
    number = row["seq"] if seq is None else seq
    named = ("at", "actor", "role", "action", "subject", "body")
    return [row["enterprise_id"], number, *(row[name] for name in named)]


def broken_links(db: Database, chain: str) -> list[int]:
    """Sequence numbers at which a chain does not hold; empty when it is whole."""
    broken, previous, expected = [], "", 1
    for row in db.rows(
        "select * from audit where enterprise_id = :chain order by seq", chain=chain
    ):
        if row["seq"] != expected or row["hash"] != link(previous, fields_of(row)):
            broken.append(row["seq"])
        previous, expected = row["hash"], row["seq"] + 1
    return broken
