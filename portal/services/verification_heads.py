"""The heads of all chains, written down to be kept elsewhere and compared later.

No check inside a database can see that the end of a chain was cut off, or that a chain was written
anew as a whole. Somebody who has kept the number and hash of its last entry can: every later state
of an honest chain still has that entry. Entries added since are as they should be.
"""

import json
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from portal.errors import UnreadableFileError
from portal.services.context import current
from portal.services.regrading import BLOCK, Problem, Progress

FORM = "anbiao-heads-1"
"""First word of the file: what it is and how it is to be read."""

MOST = 2**31
"""Numbers of the file stay below; the column of both engines holds no larger ones."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a chain.

    Attributes:
        at: when the entry was written.
        sheets: sealed sheets of the same enterprise at that moment; none is ever taken away.
    """

    chain: str
    seq: int
    hash: str
    at: str
    sheets: int


@dataclass(frozen=True, slots=True)
class Heads:
    """The heads of all chains of a database.

    Attributes:
        engine: of the database, for people; heads of one engine fit a copy on the other.
    """

    written_at: str
    engine: str
    chains: tuple[Head, ...]


def read_heads(rows: int = BLOCK) -> Heads:
    """The heads of all chains as they are now, in blocks of ``rows`` chains."""
    context = current()
    written_at, chains, last = context.stamp, list[Head](), ""
    while found := context.db.rows(
        "select a.enterprise_id, a.seq, a.hash, a.at, (select count(*) from sealed_sheet s"
        " where s.enterprise_id = a.enterprise_id) as sheets"
        " from (select enterprise_id, max(seq) as seq from audit where enterprise_id > :last"
        " group by enterprise_id order by enterprise_id limit :most) m"
        " join audit a on a.enterprise_id = m.enterprise_id and a.seq = m.seq"
        " order by a.enterprise_id",
        last=last,
        most=rows,
    ):
        chains += [
            Head(row["enterprise_id"], row["seq"], row["hash"], row["at"], row["sheets"])
            for row in found
        ]
        last = found[-1]["enterprise_id"]
    # engines sort by rules of their own; the file must not depend on them
    ordered = tuple(sorted(chains, key=lambda head: head.chain))
    return Heads(written_at, context.db.engine, ordered)


def compare(kept: Heads, progress: Progress | None = None) -> tuple[Problem, ...]:
    """Every chain that no longer has what was written down.

    Args:
        kept: heads of an earlier moment.
        progress: told after each chain.
    """
    db = current().db
    problems = []
    for done, head in enumerate(kept.chains, 1):
        row = db.row(
            "select (select max(seq) from audit where enterprise_id = :c) as last,"
            " (select hash from audit where enterprise_id = :c and seq = :s) as hash,"
            " (select count(*) from sealed_sheet where enterprise_id = :c) as sheets",
            c=head.chain,
            s=head.seq,
        )
        now: dict[str, Any] = row or {}
        where = f"{head.chain}/{head.seq}"
        if now["last"] is None:
            problems.append(Problem("chain_gone", head.chain, values={"seq": head.seq}))
        elif now["hash"] is None:
            values = {"at": head.at, "last": now["last"]}
            problems.append(Problem("head_gone", where, values=values))
        elif now["hash"] != head.hash:
            problems.append(Problem("head_other", where, values={"at": head.at}))
        if now["sheets"] < head.sheets:
            values = {"kept": head.sheets, "found": now["sheets"]}
            problems.append(Problem("sheets_gone", head.chain, values=values))
        if progress is not None:
            progress(done, len(kept.chains))
    return tuple(problems)


# ------------------------------------------------------------------ the file


def fingerprint(data: bytes) -> str:
    """What can be noted on paper: the SHA-256 of the file, as ``sha256sum`` gives it."""
    return sha256(data).hexdigest()


def to_bytes(heads: Heads) -> bytes:
    """Heads as canonical JSON: sorted keys, no spaces, UTF-8, chains by their id."""
    value = {
        "form": FORM,
        "written_at": heads.written_at,
        "engine": heads.engine,
        "chains": [
            {
                "chain": head.chain,
                "seq": head.seq,
                "hash": head.hash,
                "at": head.at,
                "sheets": head.sheets,
            }
            for head in heads.chains
        ],
    }
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def from_bytes(data: bytes) -> Heads:
    """Read what :func:`to_bytes` has written.

    Raises:
        UnreadableFileError: it is something else, or was cut off.
    """
    try:
        value = json.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise UnreadableFileError("heads_no_json", why=error) from error
    if not isinstance(value, dict) or value.get("form") != FORM:
        raise UnreadableFileError("heads_not_ours", entry="form")
    for name in ("written_at", "engine"):
        if not _is_text(value.get(name)):
            raise UnreadableFileError("heads_not_ours", entry=name)
    if not isinstance(value.get("chains"), list):
        raise UnreadableFileError("heads_not_ours", entry="chains")
    chains: dict[str, Head] = {}
    for number, entry in enumerate(value["chains"]):
        head = _head(entry)
        if head is None or head.chain in chains:
            raise UnreadableFileError("heads_not_ours", entry=f"chains[{number}]")
        chains[head.chain] = head
    return Heads(value["written_at"], value["engine"], tuple(chains.values()))


def _head(entry: object) -> Head | None:
    if not isinstance(entry, dict):
        return None
    texts = [entry.get(name) for name in ("chain", "hash", "at")]
    numbers = [entry.get(name) for name in ("seq", "sheets")]
    if not all(map(_is_text, texts)) or not all(map(_is_number, numbers)):
        return None
    return Head(entry["chain"], entry["seq"], entry["hash"], entry["at"], entry["sheets"])


def _is_text(value: object) -> bool:
    # what cannot be printed cannot be sent to every database either
    return isinstance(value, str) and value.isprintable()


def _is_number(value: object) -> bool:
    return type(value) is int and 0 <= value < MOST


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet, safe on the disk, or nothing.

    Heads kept before are never written over: they are all that shows what came after them.

    Raises:
        FileExistsError: there is such a file.
        OSError: it cannot be written.
    """
    with path.open("xb") as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:  # also when somebody stops the command
            path.unlink()  # half a file would be taken for the whole
            raise
