"""The schema comes up to date once, from every older state, also when two processes begin."""

import subprocess
import sys
from pathlib import Path

import pytest

from portal.store import migrations
from portal.store.database import Database, StoreError
from portal.store.migrations import MIGRATIONS, migrate
from portal.store.opening import _engine, open_database
from tests.conftest import Server, together

NAMES = [name for name, *_ in MIGRATIONS]
ROOT = Path(__file__).resolve().parents[2]

BOOM = ("900_breaks", "create table half (a integer);\ncreate table broken (", "")


def schema(db: Database) -> list[tuple[object, ...]]:
    """Tables with their columns, and the indexes."""
    if db.engine == "sqlite":
        found = db.rows(
            "select m.name as t, c.name as c, c.type as k from sqlite_master m"
            " left join pragma_table_info(m.name) c where m.name not like 'sqlite_%' order by 1, 2"
        )
    else:
        found = db.rows(
            "select table_name as t, column_name as c, data_type as k"
            " from information_schema.columns where table_schema = 'public'"
            " union select tablename, indexname, '' from pg_indexes where schemaname = 'public'"
            " order by 1, 2"
        )
    return [tuple(row.values()) for row in found]


def test_every_migration_runs_once_in_its_order(address: str) -> None:
    db = _engine(address)
    assert migrate(db) == NAMES
    assert migrate(db) == []
    assert [r["name"] for r in db.rows("select name from migration order by name")] == NAMES
    db.close()
    again = open_database(address)
    assert len(again.rows("select name from migration")) == len(NAMES)
    again.close()


@pytest.mark.parametrize("older", [None, *NAMES])
def test_every_older_schema_comes_up_to_date_and_equals_a_fresh_one(
    server: Server, address: str, older: str | None
) -> None:
    db = _engine(address)
    done = migrate(db, upto=older) if older else []
    assert done == NAMES[: len(done)]
    assert migrate(db) == NAMES[len(done) :]
    place = server.new(None)
    fresh = open_database(place)
    try:
        assert schema(db) == schema(fresh)
        assert len(schema(db)) > 100
    finally:
        fresh.close()
        db.close()
        server.drop(place)


def test_a_migration_that_fails_leaves_nothing_half_done_and_can_be_repeated(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = open_database(address)
    before = schema(db)
    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, BOOM))
    with pytest.raises(StoreError):
        migrate(db)
    assert schema(db) == before
    assert db.rows("select name from migration where name = '900_breaks'") == []
    mended = ("900_breaks", "create table half (a integer)", "")
    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, mended))
    assert migrate(db) == ["900_breaks"]
    assert db.rows("select a from half") == []
    db.close()


def test_data_of_an_older_schema_are_kept(address: str) -> None:
    db = _engine(address)
    migrate(db, upto=NAMES[0])
    db.run("insert into setting (name, value) values ('kept', 'yes')")
    migrate(db)
    assert db.rows("select value from setting") == [{"value": "yes"}]
    db.close()


def test_threads_that_open_an_empty_database_at_once_migrate_it_once(address: str) -> None:
    opened = together(*(lambda: open_database(address) for _ in range(6)))
    assert all(isinstance(db, Database) for db in opened), opened
    for db in opened:
        assert isinstance(db, Database)
        assert [r["name"] for r in db.rows("select name from migration order by 1")] == NAMES
        db.close()


def test_processes_that_start_at_once_all_come_up(address: str) -> None:
    """As several workers behind one proxy do on the first start."""
    program = (
        "import sys; from portal.store.opening import open_database;"
        "sys.stdin.readline(); db = open_database(sys.argv[1]);"
        "print(len(db.rows('select name from migration'))); db.close()"
    )
    children = [
        subprocess.Popen(
            [sys.executable, "-c", program, address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for _ in range(4)
    ]
    for child in children:
        assert child.stdin
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        out, err = child.communicate(timeout=60)
        assert (child.returncode, out.strip()) == (0, str(len(NAMES))), err


@pytest.mark.postgres
def test_keys_of_tenant_data_begin_with_the_enterprise(postgres_server: Server) -> None:
    """Else the tables could not be distributed by enterprise."""
    place = postgres_server.new(None)
    db = open_database(place)
    rows = db.rows(
        "select c.relname as t, i.relname as key, pg_get_indexdef(i.oid) as definition"
        " from pg_index x join pg_class i on i.oid = x.indexrelid"
        " join pg_class c on c.oid = x.indrelid join pg_attribute a on a.attrelid = c.oid"
        " and a.attname = 'enterprise_id' where x.indisunique and c.relkind = 'r'"
        " and c.relname <> 'credit_claim'"
    )
    db.close()
    postgres_server.drop(place)
    assert len(rows) >= 8
    wrong = [row["key"] for row in rows if "(enterprise_id" not in row["definition"]]
    assert wrong == []
