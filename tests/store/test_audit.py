"""The audit log: every entry hangs on the one before, so that a change of the past shows."""

import json

import pytest

from portal.store.audit import AuditEntry, append, broken_links, link
from portal.store.database import Database, StoreError
from tests.conftest import Installation, together

FIELDS = ("enterprise_id", "seq", "at", "actor", "role", "action", "subject", "body")


def entry(number: int, chain: str = "e1") -> AuditEntry:
    return AuditEntry(
        chain, "2026-11-20T02:00:00+00:00", "林致和", "safety_manager", "self.answer",
        f"1/{number}", {"before": None, "after": {"lost": str(number)}},
    )  # fmt: skip


@pytest.fixture
def chained(db: Database) -> Database:
    """A chain of five entries, and another one beside it."""
    for number in range(1, 6):
        db.write(lambda tx, number=number: append(tx, entry(number)))
    db.write(lambda tx: append(tx, entry(1, "e2")))
    if db.engine == "sqlite":  # somebody who changes the past takes away the guard first
        for name in ("audit_no_update", "audit_no_delete"):
            db.run(f"drop trigger {name}")
    return db


def test_entries_are_numbered_and_whole(chained: Database) -> None:
    rows = chained.rows("select seq, body from audit where enterprise_id = 'e1' order by seq")
    assert [row["seq"] for row in rows] == [1, 2, 3, 4, 5]
    assert json.loads(rows[4]["body"]) == {"before": None, "after": {"lost": "5"}}
    assert broken_links(chained, "e1") == []
    assert broken_links(chained, "e2") == []
    assert broken_links(chained, "nobody") == []


@pytest.mark.parametrize("column", ["at", "actor", "role", "action", "subject", "body"])
def test_an_altered_entry_is_named(chained: Database, column: str) -> None:
    sql = f"update audit set {column} = 'x' where enterprise_id = 'e1' and seq = 3"  # noqa: S608 - fixed names
    chained.run(sql)
    assert broken_links(chained, "e1") == [3]
    assert broken_links(chained, "e2") == []


def test_an_alteration_with_a_fitting_hash_breaks_the_entry_after_it(chained: Database) -> None:
    rows = chained.rows("select * from audit where enterprise_id = 'e1' order by seq")
    fields = [{**rows[2], "actor": "x"}[name] for name in FIELDS]
    chained.run(
        "update audit set actor = 'x', hash = :h where enterprise_id = 'e1' and seq = 3",
        h=link(rows[1]["hash"], fields),
    )
    assert broken_links(chained, "e1") == [4]


def test_a_removed_entry_shows_at_the_one_after_it(chained: Database) -> None:
    chained.run("delete from audit where enterprise_id = 'e1' and seq = 3")
    assert broken_links(chained, "e1") == [4]


def test_a_removed_entry_shows_even_when_the_next_one_is_linked_anew(chained: Database) -> None:
    rows = chained.rows("select * from audit where enterprise_id = 'e1' order by seq")
    chained.run("delete from audit where enterprise_id = 'e1' and seq = 3")
    chained.run(
        "update audit set hash = :h where enterprise_id = 'e1' and seq = 4",
        h=link(rows[1]["hash"], [rows[3][name] for name in FIELDS]),
    )
    assert broken_links(chained, "e1") == [4, 5]


def test_a_removed_entry_shows_even_when_the_rest_is_renumbered(chained: Database) -> None:
    chained.run("delete from audit where enterprise_id = 'e1' and seq = 3")
    for seq in (4, 5):
        chained.run("update audit set seq = seq - 1 where enterprise_id = 'e1' and seq = :s", s=seq)
    assert broken_links(chained, "e1") == [3, 4]


def test_reordered_entries_are_named(chained: Database) -> None:
    for old, new in ((2, 90), (3, 2), (90, 3)):
        chained.run(
            "update audit set seq = :n where enterprise_id = 'e1' and seq = :o", n=new, o=old
        )
    assert broken_links(chained, "e1") == [2, 3, 4]


def test_an_entry_of_another_chain_does_not_fit(chained: Database) -> None:
    chained.run("update audit set enterprise_id = 'e1', seq = 6 where enterprise_id = 'e2'")
    assert broken_links(chained, "e1") == [6]


def test_writers_of_one_chain_at_once_fork_nothing_and_lose_nothing(db: Database) -> None:
    def writer(number: int) -> None:
        for turn in range(5):
            db.write(lambda tx, turn=turn: append(tx, entry(10 * number + turn)))

    assert together(*(lambda n=n: writer(n) for n in range(12))) == [None] * 12
    assert len(db.rows("select seq from audit where enterprise_id = 'e1'")) == 60
    assert broken_links(db, "e1") == []


@pytest.mark.parametrize("change", ["update audit set actor = 'x'", "delete from audit"])
def test_sqlite_itself_refuses_to_change_the_log(small: Installation, change: str) -> None:
    chain = small.enterprise()
    before = small.db.rows("select * from audit where enterprise_id = :e", e=chain)
    assert before
    with pytest.raises(StoreError, match="the audit log is never"):
        small.db.run(f"{change} where enterprise_id = :e", e=chain)
    assert small.db.rows("select * from audit where enterprise_id = :e", e=chain) == before
    assert broken_links(small.db, chain) == []
