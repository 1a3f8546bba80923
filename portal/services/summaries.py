"""Summary tables behind the dashboards: dirty slices are computed again from the results.

A slice is one area, year and kind. Rows of an area itself stand under ``=code``; under ``code``
stands the sum of the area and everything below it, so that a dashboard reads one area's rows
whatever its size.
"""

import json
from collections import Counter
from collections.abc import Iterable

from portal.domain.people import ancestors, area_prefix
from portal.services.context import current
from portal.store.database import Row, Transaction

OWN = "="


def refresh() -> int:
    """Compute all dirty slices again; returns how many there were."""
    db = current().db
    if not db.rows("select area_code from dirty limit 1"):
        return 0
    return db.write(_refresh)


def _refresh(tx: Transaction) -> int:
    # Taken off the list before anything is read: what is submitted meanwhile puts itself on again,
    # and a second refresh waits here until the first has committed what it adds up.
    slices = tx.rows("delete from dirty returning area_code, year, kind")
    above: set[tuple[str, int, str]] = set()
    for row in slices:
        key = (row["area_code"], row["year"], row["kind"])
        _own_rows(tx, *key)
        above.update((area, row["year"], row["kind"]) for area in ancestors(row["area_code"]))
    for area, year, kind in sorted(above):
        _sum_below(tx, area, year, kind)
    return len(slices)


def _own_rows(tx: Transaction, area: str, year: int, kind: str) -> None:
    rows = tx.rows(
        "select scheme, sector, outcome, grade, pct10, elements from assessment"
        " where area_code = :a and year = :y and kind = :k and status = 'submitted'",
        a=area,
        y=year,
        k=kind,
    )
    _clear(tx, OWN + area, year, kind)
    for (sector, outcome, pct10), count in _scores(rows).items():
        tx.run(
            "insert into s_score (area_code, year, kind, sector, outcome, pct10, n)"
            " values (:a, :y, :k, :s, :o, :p, :n)",
            a=OWN + area,
            y=year,
            k=kind,
            s=sector,
            o=outcome,
            p=pct10,
            n=count,
        )
    for (sector, scheme, element), (count, earned, attainable) in _elements(rows).items():
        tx.run(
            "insert into s_element (area_code, year, kind, sector, scheme, element_id, n, earned,"
            " attainable) values (:a, :y, :k, :s, :sc, :el, :n, :ea, :at)",
            a=OWN + area,
            y=year,
            k=kind,
            s=sector,
            sc=scheme,
            el=element,
            n=count,
            ea=earned,
            at=attainable,
        )


def _scores(rows: Iterable[Row]) -> Counter[tuple[str, str, int]]:
    """How many by sector, grade (or outcome without one) and score; -1 where there is none."""
    return Counter(
        (
            row["sector"],
            row["grade"] or row["outcome"],
            -1 if row["pct10"] is None else row["pct10"],
        )
        for row in rows
    )


def _elements(rows: Iterable[Row]) -> dict[tuple[str, str, str], tuple[int, int, int]]:
    """Earned and attainable units by sector, scheme and element; parts not taking part left out."""
    sums: dict[tuple[str, str, str], tuple[int, int, int]] = {}
    for row in rows:
        for element, earned, attainable in json.loads(row["elements"]):
            if attainable:
                key = (row["sector"], row["scheme"], element)
                n, e, a = sums.get(key, (0, 0, 0))
                sums[key] = (n + 1, e + earned, a + attainable)
    return sums


def _sum_below(tx: Transaction, area: str, year: int, kind: str) -> None:
    _clear(tx, area, year, kind)
    tx.run(
        "insert into s_score (area_code, year, kind, sector, outcome, pct10, n)"
        " select cast(:a as text), year, kind, sector, outcome, pct10, sum(n) from s_score"
        " where area_code like :below and year = :y and kind = :k"
        " group by year, kind, sector, outcome, pct10",
        a=area,
        below=f"{OWN}{area_prefix(area)}%",
        y=year,
        k=kind,
    )
    tx.run(
        "insert into s_element (area_code, year, kind, sector, scheme, element_id, n, earned,"
        " attainable) select cast(:a as text), year, kind, sector, scheme, element_id, sum(n),"
        " sum(earned), sum(attainable) from s_element"
        " where area_code like :below and year = :y and kind = :k"
        " group by year, kind, sector, scheme, element_id",
        a=area,
        below=f"{OWN}{area_prefix(area)}%",
        y=year,
        k=kind,
    )


def _clear(tx: Transaction, area: str, year: int, kind: str) -> None:
    for table in ("s_score", "s_element"):
        tx.run(
            f"delete from {table} where area_code = :a and year = :y and kind = :k",  # noqa: S608 - two fixed names
            a=area,
            y=year,
            k=kind,
        )
