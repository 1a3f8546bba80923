"""The one SQL text, turned into what psycopg takes; values reach both engines unchanged."""

import pytest

from portal.store.database import Database
from portal.store.postgres import translate


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select :name", "select %(name)s"),
        ("select cast(:x as text)", "select cast(%(x)s as text)"),
        ("select '1'::integer, :y", "select '1'::integer, %(y)s"),
        ("select :a::text", "select %(a)s::text"),
        ("where n like '%steel%' and a = :a", "where n like '%%steel%%' and a = %(a)s"),
        ("select :a_1, :a_1, :b2", "select %(a_1)s, %(a_1)s, %(b2)s"),
        ("select 5 % 2", "select 5 %% 2"),
    ],
)
def test_parameters_are_translated_and_casts_and_per_cent_signs_are_kept(
    sql: str, expected: str
) -> None:
    assert translate(sql) == expected


@pytest.mark.parametrize(
    "text", ["100 %", "a:b", "::", "%(x)s", "it's", '"', "安标 🏭", "\\", "; drop table setting"]
)
def test_a_value_comes_back_as_it_was_given(db: Database, text: str) -> None:
    db.run("insert into setting (name, value) values (:n, :v)", n="x", v=text)
    assert db.rows("select value from setting where value = :v", v=text) == [{"value": text}]
    found = db.row("select cast(:v as text) as a, 7 % 4 as b, 'x%' as c", v=text)
    assert found == {"a": text, "b": 3, "c": "x%"}
