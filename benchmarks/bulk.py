"""Bulk grading: the kernel beside one pass of numpy, DuckDB, polars and a loop of the engine.

A synthetic scheme of 200 items in 13 elements (unit 1/10 point) with seeded losses, about one
item in twenty not applicable, a special deduction in every fourth assessment. Every method must
come to the same sum of scores and the same number of each grade.

    python benchmarks/bulk.py kernel [assessments]     one process, CPU time and peak memory
    python benchmarks/bulk.py growth                   10^4, 10^5, 10^6 assessments, in blocks
    python benchmarks/bulk.py regrade [assessments [remarks [format [place]]]]
                                                       sealed sheets of the shipped standard in a
                                                       SQLite file, read and graded; remarks is
                                                       the share of items that have one, format
                                                       1 or 2 that of the sheets; place is a file,
                                                       which is kept and read again, or the
                                                       address of an empty or filled PostgreSQL
    python benchmarks/bulk.py copies FROM TO TIMES     a larger file: all of another, many times

DuckDB and polars are no part of the product; where they are not installed the script says so.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from scoring import (
    Answer,
    Deduction,
    DeductionRule,
    ElementRubric,
    ItemRubric,
    Kind,
    Rubric,
    Rung,
    Scope,
    grade,
)
from scoring.bulk import BLOCK, NONE, grade_block
from scoring.columns import Columns, Layout, Marks, Reach
from scoring.model import FactValue, Trigger

# the part from sealed sheets needs the product installed, the kernel only numpy
if sys.argv[1:2] in (["regrade"], ["child"], ["copies"]):
    from criteria import default_library, rubric_of
    from portal.domain.answers import ItemAnswer, ReportedRule, engine_answers
    from portal.domain.assessment import grade_answers
    from portal.domain.sealed_sheets import seal, unseal
    from portal.services import regrade_workers, regrading
    from portal.services.context import Context, install
    from portal.services.regrading import FIGURES, figures
    from portal.store.database import Database, Transaction
    from portal.store.opening import open_database

ITEMS, ELEMENTS, SAMPLE = 200, 13, 300
Check = tuple[int, tuple[int, ...]]


def scheme() -> Rubric:
    chance = random.Random(11)  # noqa: S311 - the same scheme on every run
    special = DeductionRule("special", Kind.ONCE, 200, Scope.ELEMENT)
    items = tuple(
        ItemRubric(
            f"{n * ELEMENTS // ITEMS}.{n}",
            str(n * ELEMENTS // ITEMS),
            None,
            chance.randint(2, 12) * 10,
            (special,),
        )
        for n in range(ITEMS)
    )
    return Rubric(
        "bulk", "1", "", Fraction(1, 10), Fraction(100), 1, True,
        tuple(
            ElementRubric(str(e), sum(i.points for i in items if i.element == str(e)))
            for e in range(ELEMENTS)
        ),
        items,
        tuple(Rung(g, ">=", Fraction(t)) for g, t in (("1", 90), ("2", 75), ("3", 60))),
    )  # fmt: skip


def block(layout: Layout, number: int, rows: int) -> Columns:
    """A block by its number, so that any part can be made again without keeping the rest."""
    chance = np.random.default_rng(number)
    shape = (rows, ITEMS)
    absent = chance.random(shape, dtype=np.float32) < 0.05
    hit = chance.random(shape, dtype=np.float32) < chance.random((rows, 1), dtype=np.float32) * 0.6
    tenths = (chance.random(shape, dtype=np.float32) * layout.points).astype(np.int32)
    lost = np.where(hit & ~absent, tenths, 0).astype(np.int32)
    row = np.flatnonzero(chance.random(rows) < 0.25)
    target = chance.integers(0, ELEMENTS, len(row))
    empty = np.zeros(0, dtype=np.int64)
    return Columns(
        lost=lost,
        absent=absent,
        open=np.zeros(rows, dtype=np.int64),
        performance=np.zeros((rows, 2), dtype=np.int64),
        facts=np.zeros(rows, dtype=np.int64),
        fact_sets=[{}],
        takes=Reach(row, target, np.full(len(row), 200)),
        zeroes=Reach(empty, empty, empty),
        vetoed=empty,
        marked=empty,
    )


def blocks(layout: Layout, rows: int) -> Iterator[Columns]:
    for number, begin in enumerate(range(0, rows, BLOCK)):
        yield block(layout, number, min(BLOCK, rows - begin))


def memory(name: str) -> float:
    """A figure of the kernel about this process in MiB: VmRSS now, VmHWM at most."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def begin() -> float:
    """Forget the peak so far; what is in use now."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return memory("VmRSS")


def peak() -> float:
    return memory("VmHWM")


def show(name: str, rows: int, cpu: float, wall: float, extra: float, check: object) -> None:
    figure = {
        "method": name,
        "rows": rows * ITEMS,
        "cpu_s": round(cpu, 3),
        "wall_s": round(wall, 3),
        "million_rows_per_cpu_s": round(rows * ITEMS / cpu / 1e6, 2),
        "extra_peak_mib": round(extra),
    }
    print(json.dumps(figure | {"check": check}), flush=True)


def timed(name: str, rows: int, work: Callable[[], Check | None]) -> Check | None:
    before, cpu, wall = begin(), time.process_time(), time.perf_counter()
    check = work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    show(name, rows, cpu, wall, peak() - before, check)
    return check


def kernel(layout: Layout, parts: list[Columns]) -> Check:
    total, grades = 0, np.zeros(4, dtype=np.int64)
    for columns in parts:
        graded = grade_block(layout, columns)
        total += int(graded.score[graded.score != NONE].sum())
        grades += np.bincount(graded.grade + 1, minlength=4)
    return total, tuple(grades.tolist())


def one_pass(parts: list[Columns]) -> None:
    """The floor: read every column once."""
    for columns in parts:
        columns.lost.sum()
        columns.absent.sum()


def single(rubric: Rubric, columns: Columns, rows: int) -> Check:
    """The engine, assessment by assessment; answers are made before the clock starts."""
    special = {int(r): int(t) for r, t in zip(columns.takes.row, columns.takes.target, strict=True)}
    sheets = []
    for row in range(rows):
        answers: dict[str, Answer] = {}
        for item, lost, absent in zip(
            rubric.items, columns.lost[row].tolist(), columns.absent[row].tolist(), strict=True
        ):
            if absent:
                answers[item.id] = Answer(not_applicable="none")
            elif lost:
                answers[item.id] = Answer(lost=lost, reason="seen")
            else:
                answers[item.id] = Answer(full=True)
        if row in special:
            item = next(
                i
                for i in rubric.items
                if i.element == str(special[row]) and answers[i.id].not_applicable is None
            )
            was = answers[item.id]
            answers[item.id] = replace(was, deductions=(Deduction("special"),), full=False)
        sheets.append(answers)
    grades, total = [0, 0, 0, 0], 0
    cpu, wall = time.process_time(), time.perf_counter()
    for answers in sheets:
        result = grade(rubric, answers, {})
        total += int((result.score or 0) * 10)
        grades[0 if result.grade is None else int(result.grade)] += 1
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    show(f"engine, one by one (sample of {rows})", rows, cpu, wall, 0, (total, tuple(grades)))
    return total, tuple(grades)


QUERY = """
with item as (
  select a, e, sum(p * (1 - na)) as full_points, sum(p * (1 - na) - lost) as got
  from sheet join points using (i) group by a, e),
took as (select a, e, sum(asked) as asked from special group by a, e),
element as (
  select a, full_points, greatest(0, got - coalesce(asked, 0)) as earned
  from item left join took using (a, e)),
score as (
  select a, (2000 * sum(earned)::bigint + sum(full_points)::bigint)
    // (2 * sum(full_points)::bigint) as s from element group by a)
select sum(s)::bigint, count(*) filter (s < 600), count(*) filter (s >= 900),
  count(*) filter (s >= 750 and s < 900), count(*) filter (s >= 600 and s < 750) from score
"""


def long_form(parts: list[Columns]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same figures as tables: one row per assessment and item, one per special deduction."""
    sizes = [len(part.open) for part in parts]
    begins = np.cumsum([0, *sizes[:-1]])
    sheet = {
        "a": np.repeat(np.arange(sum(sizes), dtype=np.int32), ITEMS),
        "i": np.tile(np.arange(ITEMS, dtype=np.int16), sum(sizes)),
        "lost": np.concatenate([part.lost.ravel().astype(np.int16) for part in parts]),
        "na": np.concatenate([part.absent.ravel().astype(np.int8) for part in parts]),
    }
    special = {
        "a": np.concatenate(
            [part.takes.row + begin for part, begin in zip(parts, begins, strict=True)]
        ).astype(np.int32),
        "e": np.concatenate([part.takes.target for part in parts]).astype(np.int16),
        "asked": np.concatenate([part.takes.asked for part in parts]).astype(np.int32),
    }
    return sheet, special


def points_form(layout: Layout) -> dict[str, Any]:
    numbers = np.arange(ITEMS)
    return {
        "i": numbers.astype(np.int16),
        "e": (numbers * ELEMENTS // ITEMS).astype(np.int16),
        "p": np.asarray(layout.points, dtype=np.int32),
    }


def with_duckdb(layout: Layout, parts: list[Columns], rows: int) -> Check | None:
    import duckdb
    import pyarrow

    db = duckdb.connect()
    db.execute("set threads = 1")
    sheet, special = long_form(parts)
    for name, columns in (("sheet", sheet), ("special", special), ("points", points_form(layout))):
        db.register("part", pyarrow.table(columns))
        db.execute(f"create table {name} as select * from part")  # noqa: S608 - fixed names
    del sheet, special

    def work() -> Check:
        row = db.execute(QUERY).fetchone()
        return int(row[0]), tuple(int(n) for n in row[1:])

    return timed("DuckDB SQL, one thread, table in memory", rows, work)


def with_polars(layout: Layout, parts: list[Columns], rows: int) -> Check | None:
    os.environ["POLARS_MAX_THREADS"] = "1"
    import polars as pl

    sheet, special = (pl.DataFrame(columns) for columns in long_form(parts))
    points = pl.DataFrame(points_form(layout))

    def work() -> Check:
        took = special.lazy().group_by("a", "e").agg(pl.col("asked").cast(pl.Int64).sum())
        full = (pl.col("p") * (1 - pl.col("na"))).cast(pl.Int64)
        scores = (
            sheet.lazy()
            .join(points.lazy(), on="i")
            .group_by("a", "e")
            .agg(full=full.sum(), got=(full - pl.col("lost")).sum())
            .join(took, on=("a", "e"), how="left")
            .with_columns(earned=(pl.col("got") - pl.col("asked").fill_null(0)).clip(0))
            .group_by("a")
            .agg(pl.col("full").sum(), pl.col("earned").sum())
            .select(s=(2000 * pl.col("earned") + pl.col("full")) // (2 * pl.col("full")))
            .collect()["s"]
        )
        lines = [0, 600, 750, 900, 10**9]
        counts = [int(((scores >= a) & (scores < b)).sum()) for a, b in pairwise(lines)]
        return int(scores.sum()), (counts[0], *reversed(counts[1:]))

    return timed("polars, lazy, one thread", rows, work)


def compare(rows: int) -> None:
    rubric = scheme()
    layout = Layout(rubric)
    parts = list(blocks(layout, rows))
    kernel(layout, parts[:1])
    timed("numpy, one pass over the columns", rows, lambda: one_pass(parts))
    checks = [timed("bulk, blocks of 2,000", rows, lambda: kernel(layout, parts))]
    sample = min(SAMPLE, rows)
    first = kernel(layout, [block(layout, 0, min(BLOCK, rows))])
    if len(parts[0].open) > sample:
        graded = grade_block(layout, parts[0])
        first = (
            int(graded.score[:sample].sum()),
            tuple(np.bincount(graded.grade[:sample] + 1, minlength=4).tolist()),
        )
    assert single(rubric, parts[0], sample) == first, "bulk and engine differ"
    for name, method in (("duckdb", with_duckdb), ("polars", with_polars)):
        if importlib.util.find_spec(name) is None:
            print(f"{name} is not installed: left out")
        else:
            checks.append(method(layout, parts, rows))
    assert len(set(checks)) == 1, "the methods differ"


def growth() -> None:
    """Blocks are made, graded and forgotten; the clock runs only while they are graded."""
    layout = Layout(scheme())
    for rows in (10**4, 10**5, 10**6):
        before, cpu, wall = begin(), 0.0, 0.0
        total, grades = 0, np.zeros(4, dtype=np.int64)
        for columns in blocks(layout, rows):
            cpu -= time.process_time()
            wall -= time.perf_counter()
            part, counts = kernel(layout, [columns])
            cpu += time.process_time()
            wall += time.perf_counter()
            total, grades = total + part, grades + counts
        show("bulk, growing", rows, cpu, wall, peak() - before, (total, grades.tolist()))


# ------------------------------------------------------------------ from sealed sheets


def first_format(sheet: str) -> tuple[str, str]:
    """A sheet as it was sealed before there was a second format."""
    answers, facts = unseal(sheet)
    data = json.loads(sheet)
    items = {item: answer.to_json() for item, answer in answers.items()}
    data = {**data, "items": items, "facts": facts}
    del data["format"], data["full"]
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text, hashlib.sha256(text.encode()).hexdigest()


def fill(db: Database, rows: int, remarks: float, form: int) -> None:
    """Submitted assessments of the shipped standard, inserted as the services would leave them."""
    library = default_library()
    rubric = rubric_of(library.find("industry-trade-general"))
    chance = random.Random(5)  # noqa: S311 - the same sheets on every run
    answers: dict[str, list[ItemAnswer]] = {
        item.id: [
            ItemAnswer(full=True),
            *(
                ItemAnswer(deductions=(ReportedRule(rule.id, 1),))
                for rule in item.rules
                if rule.trigger is Trigger.REPORTED and rule.kind is not Kind.RANGE
            ),
            ItemAnswer(not_applicable="本企业没有此类设备设施"),
        ]
        for item in rubric.items
    }
    facts: dict[str, FactValue] = {"deaths": 0, "worst_accident": "none", "is_group": False}
    stamp = "2026-11-20T02:00:00+00:00"
    marks = Marks(rubric)
    for begin in range(0, rows, BLOCK):
        numbers = range(begin, min(rows, begin + BLOCK))
        sheets, heads = [], []
        for number in numbers:
            share = chance.random() * 0.5
            sheet = {}
            for item, choices in answers.items():
                draw = chance.random()
                picked = choices[0]
                if draw < 0.04:
                    picked = choices[-1]
                elif draw < share:
                    picked = choices[chance.randrange(len(choices))]
                if remarks and chance.random() < remarks:
                    picked = replace(picked, remark=f"见现场检查记录{number}-{item}")
                sheet[item] = picked
            own = facts | {"direct_loss_yuan": chance.randrange(10**6)}
            text, sha = seal(rubric, sheet, own)
            text, sha = (text, sha) if form == 2 else first_format(text)
            sheets.append((text, sha, sheet, own))
        columns = marks.encode((engine_answers(rubric, s[2]), s[3]) for s in sheets)
        fresh = figures(rubric, grade_block(marks.layout, columns))
        for number, (text, sha, _, _), figure in zip(numbers, sheets, fresh, strict=True):
            heads.append((f"e{number:09}", text, sha, dict(zip(FIGURES, figure, strict=True))))
        db.write(partial(insert, heads=heads, rubric=rubric, stamp=stamp))


def insert(
    tx: Transaction, heads: list[tuple[str, str, str, dict[str, Any]]], rubric: Rubric, stamp: str
) -> None:
    for enterprise, text, sha, figure in heads:
        tx.run(
            "insert into enterprise (enterprise_id, name, credit_code, sector, area_code, address,"
            " principal, contact, staff, revenue_wan, size_class, size_kind, flags, is_group,"
            " version, created_at, updated_at, updated_by) values (:e, :e, :e, 'machinery',"
            " '990102', '', '', '', 1, 1, 'small', 'industry', '[]', 0, 1, :at, :at, 'x')",
            e=enterprise,
            at=stamp,
        )
        tx.run(
            "insert into assessment (enterprise_id, assessment_no, kind, year, scheme, edition,"
            " fingerprint, sector, area_code, status, leader, members, opened_at, opened_by,"
            " submitted_at, seal_no, outcome, grade, grade_by_score, score, pct10, attainable,"
            " earned, deducted, not_applicable, elements, rev, version) values (:e, 1, 'self',"
            " 2026, :scheme, :edition, :fingerprint, 'machinery', '990102', 'submitted', '', '[]',"
            " :at, 'x', :at, 1, :outcome, :grade, :grade_by_score, :score, :pct10, :attainable,"
            " :earned, :deducted, :not_applicable, :elements, 1, 1)",
            e=enterprise,
            scheme=rubric.scheme,
            edition=rubric.edition,
            fingerprint=rubric.fingerprint,
            at=stamp,
            **figure,
        )
        tx.run(
            "insert into sealed_sheet (enterprise_id, assessment_no, seal_no, sheet, sha256,"
            " sealed_at, sealed_by) values (:e, 1, 1, :sheet, :sha, :at, 'x')",
            e=enterprise,
            sheet=text,
            sha=sha,
            at=stamp,
        )


def whole(rows: int, remarks: float, form: int, kept: str) -> None:
    """A child process for each figure, so that its memory is its own."""
    with tempfile.TemporaryDirectory() as folder:
        place = kept
        if "://" not in kept:
            place = f"sqlite:///{Path(kept or Path(folder) / 'bulk.db').resolve()}"
        db = open_database(place)
        if not db.rows("select enterprise_id from assessment limit 1"):
            fill(db, rows, remarks, form)
        db.close()
        name = f"format {form}, remarks on {remarks:.0%} of the items"
        for method in ("regrade", "one process", "one by one"):
            command = [sys.executable, __file__, "child", method, place, name]
            subprocess.run(command, check=True)


def copies(source: str, target: str, times: int) -> None:
    """The assessments of a file many times, each time for other enterprises."""
    open_database(f"sqlite:///{Path(target).resolve()}").close()
    db = sqlite3.connect(target, isolation_level=None)
    db.execute("pragma synchronous = off")
    db.execute("attach ? as source", (source,))
    for number in range(times):
        for table in ("enterprise", "assessment", "sealed_sheet"):
            names = [row[1] for row in db.execute(f"pragma table_info({table})")]
            chosen = ", ".join(f"'{number:04}' || {n}" if n == names[0] else n for n in names)
            db.execute(f"insert into {table} select {chosen} from source.{table}")  # noqa: S608
    db.execute("pragma wal_checkpoint(truncate)")
    db.close()


def child(method: str, place: str, name: str) -> None:
    db = open_database(place)
    install(Context(db, default_library()))
    rubric = rubric_of(default_library().find("industry-trade-general"))
    before, cpu, wall = begin(), time.process_time(), time.perf_counter()
    if method == "one by one":
        found = db.rows("select sheet from sealed_sheet order by enterprise_id limit :n", n=SAMPLE)
        rows, check = len(found), (0, 0, 0)
        for row in found:
            grade_answers(rubric, *unseal(row["sheet"]))
    else:
        if method == "one process":
            regrade_workers.OTHERS = 0
        report = regrading.regrade(lambda *_: None)  # told of progress, as the command is
        rows, check = report.seen, (report.same, len(report.changed), len(report.unreadable))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu += others.ru_utime + others.ru_stime
    items = len(rubric.items)
    figure = {
        "method": f"{method}, {name}",
        "rows": rows * items,
        "cpu_s": round(cpu, 2),
        "cpu_us_per_sheet": round(cpu / rows * 1e6, 1),
        "wall_s": round(wall, 2),
        "million_rows_per_cpu_s": round(rows * items / cpu / 1e6, 2),
        "million_rows_per_s": round(rows * items / wall / 1e6, 2),
        "extra_peak_mib": round(peak() - before),
        "other_process_mib": round(others.ru_maxrss / 1024),
        "same_changed_unreadable": check,
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(figure), flush=True)
    db.close()


def main() -> None:
    what, *rest = sys.argv[1:] or ["kernel"]
    if what == "kernel":
        compare(int(rest[0]) if rest else 100_000)
    elif what == "growth":
        growth()
    elif what == "child":
        child(*rest)
    elif what == "copies":
        copies(rest[0], rest[1], int(rest[2]))
    else:
        rows, remarks, form, kept = (*rest, *("20000", "0", "2", "")[len(rest) :])
        whole(int(rows), float(remarks), int(form), kept)


if __name__ == "__main__":
    main()
