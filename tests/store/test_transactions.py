"""A write that was acknowledged is stored; one that was not has left nothing behind."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from portal.store.database import Database, StoreError, Transaction, UniqueViolationError
from portal.store.opening import open_database
from portal.store.sqlite import BATCH, SqliteDb
from tests.conftest import Installation, together, until

NOTE = "insert into setting (name, value) values (:name, :value)"


def noted(db: Database) -> set[str]:
    return {row["name"] for row in db.rows("select name from setting")}


def note(name: str, value: str = "") -> object:
    return lambda tx: tx.run(NOTE, name=name, value=value)


def test_exactly_the_acknowledged_rows_of_fifty_writers_are_stored(db: Database) -> None:
    def writer(number: int) -> list[str]:
        acknowledged = []
        for turn in range(9):
            name = f"{number}.{turn}"

            def job(tx: Transaction, name: str = name, turn: int = turn) -> str:
                tx.run(NOTE, name=name, value="")
                if turn % 3 == 2:
                    raise ValueError(name)
                return name

            with suppress(ValueError):
                acknowledged.append(db.write(job))
        return acknowledged

    acknowledged: set[str] = set()
    for result in together(*(lambda n=n: writer(n) for n in range(50))):
        assert isinstance(result, list), result
        acknowledged.update(result)
    assert len(acknowledged) == 50 * 6
    assert noted(db) == acknowledged


def test_a_failing_job_undoes_everything_it_did_and_nothing_else(db: Database) -> None:
    db.write(note("before"))

    def job(tx: Transaction) -> None:
        tx.run(NOTE, name="one", value="")
        tx.run("update setting set value = 'changed' where name = 'before'")
        raise RuntimeError("the reason")

    with pytest.raises(RuntimeError, match="the reason"):
        db.write(job)
    assert db.rows("select name, value from setting") == [{"name": "before", "value": ""}]


def test_a_job_sees_its_own_writes_and_others_see_them_after_the_commit(db: Database) -> None:
    seen_inside, seen_outside = [], []

    def job(tx: Transaction) -> None:
        tx.run(NOTE, name="mine", value="")
        seen_inside.extend(tx.rows("select name from setting"))
        seen_outside.extend(db.rows("select name from setting"))

    db.write(job)
    assert [row["name"] for row in seen_inside] == ["mine"]
    assert seen_outside == []
    assert noted(db) == {"mine"}


def make_commit_fail(db: Database) -> None:
    """Tables in which a missing parent is only noticed at the commit."""
    db.script(
        [
            "create table parent (id integer primary key)",
            "create table child (id integer primary key,"
            " parent integer references parent (id) deferrable initially deferred)",
        ]
    )


def orphan(tx: Transaction) -> None:
    tx.run("insert into child (id, parent) values (1, 99)")


def test_a_commit_that_fails_is_told_and_the_next_write_works(db: Database) -> None:
    make_commit_fail(db)
    with pytest.raises(StoreError, match=r"(?i)foreign key"):
        db.write(orphan)
    assert db.rows("select * from child") == []
    db.write(note("after"))
    assert noted(db) == {"after"}


@pytest.fixture
def file_db(tmp_path: Path) -> SqliteDb:
    db = open_database(f"sqlite:///{tmp_path / 'file.db'}")
    assert isinstance(db, SqliteDb)
    yield db
    db.close()


def in_one_batch(db: SqliteDb, *jobs: object) -> list[object]:
    """Queue jobs while the writer is held up, so that they share one commit."""
    go = threading.Event()
    holder = threading.Thread(target=lambda: db.write(lambda _tx: go.wait(20)))
    holder.start()
    until(lambda: db._queue.qsize() == 0, "the writer takes the first job")
    results: list[object] = []
    rest = threading.Thread(
        target=lambda: results.extend(together(*(lambda job=job: db.write(job) for job in jobs)))
    )
    rest.start()
    until(lambda: db._queue.qsize() == len(jobs), "all jobs are waiting")
    go.set()
    holder.join(20)
    rest.join(20)
    return results


def test_jobs_that_wait_together_are_committed_together(file_db: SqliteDb) -> None:
    commits: list[str] = []
    file_db.writer.conn.set_trace_callback(
        lambda sql: commits.append(sql) if sql.lower() == "commit" else None
    )
    results = in_one_batch(file_db, *(note(str(number)) for number in range(20)))
    assert results == [None] * 20
    assert len(commits) == 2, "one for the job that held up the writer, one for all the others"
    assert noted(file_db) == {str(number) for number in range(20)}


def test_nobody_in_a_batch_is_acknowledged_when_its_commit_fails(file_db: SqliteDb) -> None:
    make_commit_fail(file_db)
    results = in_one_batch(file_db, note("innocent"), orphan, note("bystander"))
    assert [type(result) for result in results] == [StoreError] * 3
    assert noted(file_db) == set()
    file_db.write(note("after"))
    assert noted(file_db) == {"after"}


def test_a_failing_job_in_a_batch_leaves_the_others_stored(file_db: SqliteDb) -> None:
    def fails(tx: Transaction) -> None:
        tx.run(NOTE, name="half", value="")
        raise ValueError("no")

    results = in_one_batch(file_db, note("first"), fails, note("last"))
    assert sorted(type(result).__name__ for result in results) == [
        "NoneType",
        "NoneType",
        "ValueError",
    ]
    assert noted(file_db) == {"first", "last"}


def test_a_batch_is_bounded_so_that_nobody_waits_for_all_others(file_db: SqliteDb) -> None:
    commits: list[str] = []
    file_db.writer.conn.set_trace_callback(
        lambda sql: commits.append(sql) if sql.lower() == "commit" else None
    )
    results = in_one_batch(file_db, *(note(str(number)) for number in range(BATCH + 10)))
    assert results == [None] * (BATCH + 10)
    assert len(commits) == 3


def test_a_job_may_not_start_another_job(file_db: SqliteDb) -> None:
    with pytest.raises(StoreError, match="another job"):
        file_db.write(lambda _tx: file_db.write(note("inner")))
    assert noted(file_db) == set()


def test_a_second_record_with_the_same_key_is_a_unique_violation(db: Database) -> None:
    db.write(note("once", "first"))
    with pytest.raises(UniqueViolationError):
        db.write(note("once", "second"))
    assert db.rows("select value from setting") == [{"value": "first"}]


def test_a_broken_reference_is_refused_but_is_no_unique_violation(db: Database) -> None:
    with pytest.raises(StoreError) as refused:
        db.run("insert into membership (account_id, role, organisation_id) values ('x', 'y', 'z')")
    assert not isinstance(refused.value, UniqueViolationError)


@pytest.mark.parametrize("how", ["read", "write"])
def test_a_statement_that_the_database_refuses_is_a_store_error(db: Database, how: str) -> None:
    sql = "select name from nowhere"
    with pytest.raises(StoreError, match="nowhere"):
        db.rows(sql) if how == "read" else db.write(lambda tx: tx.rows(sql))


@pytest.mark.parametrize("how", ["read", "write"])
def test_a_closed_database_refuses_and_does_not_hang(db: Database, how: str) -> None:
    db.close()
    db.close()
    with pytest.raises(StoreError):
        db.rows("select name from setting") if how == "read" else db.write(note("late"))


def test_a_write_that_meets_the_closing_is_stored_or_refused(tmp_path: Path) -> None:
    for turn in range(20):
        address = f"sqlite:///{tmp_path / f'{turn}.db'}"
        db = open_database(address)
        jobs = [lambda n=n, db=db: db.write(note(f"{n}")) for n in range(6)]
        *results, _ = together(*jobs, db.close)
        acknowledged = {str(n) for n, result in enumerate(results) if result is None}
        assert all(result is None or isinstance(result, StoreError) for result in results)
        again = open_database(address)
        assert noted(again) == acknowledged
        again.close()


def test_readers_of_a_file_cannot_write(file_db: SqliteDb) -> None:
    with pytest.raises(StoreError, match="readonly"):
        file_db.rows("insert into setting (name, value) values ('a', 'b') returning name")
    assert noted(file_db) == set()


def test_two_writers_of_one_enterprise_never_get_one_number(installation: Installation) -> None:
    from portal.services.records import next_number

    enterprise_id = installation.enterprise()
    both_inside = threading.Barrier(2)

    def job(tx: Transaction) -> int:
        number = next_number(tx, "nonconformity", "nonconformity_no", enterprise_id)
        # on a server the other transaction would be here too, if it were not kept waiting
        try:
            both_inside.wait(timeout=0.05)
        except threading.BrokenBarrierError:
            both_inside.reset()
        tx.run(
            "insert into nonconformity (enterprise_id, nonconformity_no, assessment_no, source,"
            " stream, year, scheme, edition, element_id, item_id, lost, description, sector,"
            " area_code, status, due_on, opened_at, version) values (:e, :n, :n, 'self', '', 2026,"
            " '', '', '', '', 1, '', '', '', 'open', '', '', 1)",
            e=enterprise_id,
            n=number,
        )
        return number

    numbers = together(*(lambda: installation.db.write(job) for _ in range(8)))
    assert sorted(numbers) == list(range(1, 9)), numbers


def test_two_processes_write_to_one_file_in_turn(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'shared.db'}"
    first, second = open_database(address), open_database(address)
    results = together(
        *(lambda n=n: (first if n % 2 else second).write(note(str(n))) for n in range(30))
    )
    assert results == [None] * 30
    assert noted(first) == {str(number) for number in range(30)}
    first.close()
    second.close()


CHILD = """
import os, sys, threading
from portal.store.opening import open_database
db = open_database(sys.argv[1])
def write(number):
    for turn in range(100000):
        name = f"{number}.{turn}"
        def job(tx):
            tx.run("insert into setting (name, value) values (:n, '')", n=name)
            tx.run("insert into credit_claim (credit_code, enterprise_id) values (:n, '')", n=name)
        db.write(job)
        os.write(1, f"{name}\\n".encode())
threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
for thread in threads: thread.start()
"""


@pytest.mark.parametrize("after", [5, 60, 300])
def test_a_process_killed_in_the_middle_of_writing_loses_no_acknowledged_row(
    tmp_path: Path, after: int
) -> None:
    path = tmp_path / "killed.db"
    root = Path(__file__).resolve().parents[2]
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, f"sqlite:///{path}"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert child.stdout
    acknowledged = [child.stdout.readline().strip() for _ in range(after)]
    child.send_signal(signal.SIGKILL)
    acknowledged += child.stdout.read().split("\n")[:-1]
    child.wait(20)

    with sqlite3.connect(path) as plain:
        assert plain.execute("pragma integrity_check").fetchone() == ("ok",)
    db = open_database(f"sqlite:///{path}")
    stored = noted(db)
    assert set(acknowledged) <= stored
    claims = {row["credit_code"] for row in db.rows("select credit_code from credit_claim")}
    assert claims == stored, "a job is stored whole or not at all"
    db.close()


def test_the_counters_see_reads_and_the_statements_of_jobs(db: Database) -> None:
    with db.counting() as statements:
        db.rows("select name from setting")
        db.write(note("x"))
    assert [statement.split()[0] for statement in statements] == ["select", "insert"]
    db.rows("select name from setting")
    assert len(statements) == 2


@pytest.mark.parametrize("address", ["mysql://host/name", "just-a-file.db", ""])
def test_an_address_of_another_kind_is_refused_with_what_was_expected(address: str) -> None:
    with pytest.raises(StoreError, match="expected sqlite:///… or postgresql://…"):
        open_database(address)
