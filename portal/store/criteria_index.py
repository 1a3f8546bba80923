"""Full-text index over the criteria: SQLite FTS5 with trigrams, in memory, built by sqlite-utils.

The criteria are files that do not change while the program runs, so the index is never stale and
needs no place on disk.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

from sqlite_utils import Database

SHORTEST = 3
"""Trigrams find nothing shorter; two characters, common in Chinese, are looked up by scanning."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a standard with all its words.

    Attributes:
        key: ``scheme@edition``.
        row: id of the item or hazard.
        text: everything that may be searched, both languages.
    """

    key: str
    row: str
    text: str


class CriteriaIndex:
    """Finds rows by words; safe to use from several threads."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._lock = Lock()
        self._db = Database(sqlite3.connect(":memory:", check_same_thread=False))
        table = self._db.table("entry")
        table.insert_all(
            {"key": entry.key, "row": entry.row, "text": entry.text.casefold()} for entry in entries
        )
        table.enable_fts(["text"], tokenize="trigram")

    def find(self, words: str, limit: int) -> list[tuple[str, str]]:
        """Rows that hold every word, best matches first: ``scheme@edition`` and row id.

        Args:
            words: separated by spaces; upper and lower case are the same.
            limit: most rows to return.
        """
        parts = words.casefold().split()
        if not parts:
            return []
        long = [part for part in parts if len(part) >= SHORTEST]
        values: dict[str, object] = {"limit": limit}
        where = []
        for number, part in enumerate(part for part in parts if len(part) < SHORTEST):
            where.append(f"instr(entry.text, :s{number}) > 0")
            values[f"s{number}"] = part
        source = "entry"
        order = "entry.rowid"
        if long:
            source = "entry join entry_fts on entry_fts.rowid = entry.rowid"
            where.append("entry_fts match :match")
            # quoted, so that no character of a word is taken for the query language
            values["match"] = " ".join('"' + part.replace('"', '""') + '"' for part in long)
            order = "entry_fts.rank, entry.rowid"
        sql = (
            f"select entry.key, entry.row from {source} where {' and '.join(where)}"  # noqa: S608 - fixed parts
            f" order by {order} limit :limit"
        )
        with self._lock:
            return [(row["key"], row["row"]) for row in self._db.query(sql, values)]
