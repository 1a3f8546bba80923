"""Everything stored held against everything else: sheets, editions, results, log, summaries.

Reads only, and names every problem. It runs from the command line, without rights. What no check
inside a database can see: a sheet changed together with its hash and the rest of its chain, and
the end of a chain cut off. Against that, the heads of the chains and backups are kept elsewhere.
The heads are compared by :mod:`portal.services.verification_heads`; uploaded files are checked by
:mod:`portal.services.verification_files`.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from portal.domain.people import ancestors
from portal.services.context import current
from portal.services.regrading import (
    BLOCK,
    FIGURES,
    Filter,
    Problem,
    Progress,
    blocks,
    differs,
    pinned_reader,
    place,
)
from portal.services.summaries import OWN
from portal.store.audit import fields_of, link
from portal.store.database import Row

FAR = 4
"""How many places away a moved entry of the log is looked for."""


@dataclass(frozen=True, slots=True)
class Verified:
    """How much was looked at, and every problem."""

    sheets: int
    results: int
    entries: int
    summaries: int
    problems: tuple[Problem, ...]


def verify(progress: Progress | None = None, rows: int = BLOCK) -> Verified:
    """Check all that is stored.

    - the SHA-256 of every sealed sheet, and that the log has the one with which it was submitted;
    - that each submitted assessment's edition is in the catalogue with the fingerprint it had, and
      that its sheet names the same;
    - that each stored result equals a fresh grading;
    - the chains of the audit log;
    - the summaries, but for those that wait to be computed again.
    """
    problems: list[Problem] = []
    sheets = _sheets(problems, rows)
    results = _results(problems, progress, rows)
    entries = _log(problems, rows)
    summaries = _summaries(problems)
    return Verified(sheets, results, entries, summaries, tuple(problems))


# ------------------------------------------------------------------ sheets and results


def _sheets(problems: list[Problem], rows: int) -> int:
    """Every sealed sheet, also those of reopened assessments."""
    db = current().db
    key: dict[str, object] = {"e": "", "n": 0, "s": 0}
    seen = 0
    while found := db.rows(
        "select s.* from sealed_sheet s"
        " where (s.enterprise_id, s.assessment_no, s.seal_no) > (:e, :n, :s)"
        " order by s.enterprise_id, s.assessment_no, s.seal_no limit :most",
        **key,
        most=rows,
    ):
        logged = _logged(found[0]["enterprise_id"], found[-1]["enterprise_id"])
        for row in found:
            where = f"{place(row)}/{row['seal_no']}"
            if hashlib.sha256(row["sheet"].encode()).hexdigest() != row["sha256"]:
                problems.append(Problem("sheet_altered", where))
            elif logged.get(where, row["sha256"]) != row["sha256"]:
                problems.append(Problem("sheet_replaced", where))
        last = found[-1]
        key = {"e": last["enterprise_id"], "n": last["assessment_no"], "s": last["seal_no"]}
        seen += len(found)
    return seen


def _logged(first: str, last: str) -> dict[str, object]:
    """SHA-256 of sealed sheets as the log of a range of enterprises has them."""
    found = {}
    for row in current().db.rows(
        "select enterprise_id, subject, body from audit where enterprise_id between :a and :z"
        " and action in ('self.submit', 'review.submit')",
        a=first,
        z=last,
    ):
        try:
            body = json.loads(row["body"])
            found[f"{row['enterprise_id']}/{row['subject']}/{body['seal']}"] = body["sha256"]
        except (ValueError, LookupError, TypeError):
            continue  # an altered entry is named with its chain
    return found


def _results(problems: list[Problem], progress: Progress | None, rows: int) -> int:
    seen = 0
    for block in blocks(pinned_reader, Filter(), progress, rows):
        seen += len(block.rows)
        problems += block.problems
        for row, fresh in zip(block.rows, block.fresh, strict=True):
            if fresh is not None and differs(row, fresh):
                wrong = [
                    f"{name} {row[name]} / {new}"
                    for name, new in zip(FIGURES, fresh, strict=True)
                    if row[name] != new
                ]
                values = {"figures": ", ".join(wrong)}
                problems.append(Problem("result_differs", place(row), values=values))
    return seen


# ------------------------------------------------------------------ the audit log


def _log(problems: list[Problem], rows: int) -> int:
    """Stream all chains; only one that does not hold is read again to say what happened."""
    db = current().db
    key: dict[str, object] = {"e": "", "s": -1}
    chain, previous, expected = "", "", 1
    broken: list[str] = []
    seen = 0
    while found := db.rows(
        "select * from audit where (enterprise_id, seq) > (:e, :s)"
        " order by enterprise_id, seq limit :most",
        **key,
        most=rows,
    ):
        for row in found:
            if row["enterprise_id"] != chain:
                chain, previous, expected = row["enterprise_id"], "", 1
            holds = row["seq"] == expected and row["hash"] == link(previous, fields_of(row))
            if not holds and broken[-1:] != [chain]:
                broken.append(chain)
            previous, expected = row["hash"], row["seq"] + 1
        key = {"e": found[-1]["enterprise_id"], "s": found[-1]["seq"]}
        seen += len(found)
    for name in broken:
        entries = db.rows("select * from audit where enterprise_id = :e order by seq", e=name)
        problems += _chain_problems(name, entries)
    problems += [
        Problem("log_missing", row["enterprise_id"])
        for row in db.rows(
            "select distinct a.enterprise_id from assessment a where a.status = 'submitted'"
            " and not exists (select 1 from audit l where l.enterprise_id = a.enterprise_id)"
            " order by a.enterprise_id"
        )
    ]
    return seen


def _home(entries: Sequence[Row], index: int) -> tuple[int, int] | None:
    """The number that an entry was sealed under and the place of what it hangs on (-1: nothing).

    The hash of an entry covers its number and the hash before it, so it fits in one place only.
    """
    row = entries[index]
    near = range(max(-1, index - 1 - FAR), min(len(entries), index + FAR))
    for behind in sorted(near, key=lambda place: abs(place - (index - 1))):
        before = entries[behind]["hash"] if behind >= 0 else ""
        for shift in sorted(range(-FAR, FAR + 1), key=abs):
            if row["hash"] == link(before, fields_of(row, row["seq"] + shift)):
                return row["seq"] + shift, behind
    return None


def _chain_problems(chain: str, entries: Sequence[Row]) -> Iterator[Problem]:
    """What happened to a chain that does not hold."""
    homes = [_home(entries, index) for index in range(len(entries))]
    shift = last = 0
    present: set[int] = set()
    for index, (row, home) in enumerate(zip(entries, homes, strict=True)):
        where = f"{chain}/{row['seq']}"
        following = homes[index + 1] if index + 1 < len(homes) else None
        if home is None:
            number = row["seq"] + shift
            if following is not None and following[1] == index:
                number = following[0] - 1
            elif following is not None and following[0] == number:
                yield Problem("log_inserted", where)  # what comes next had its number
                continue
            if number == last + 1:
                yield Problem("log_altered", where)
            # else what it hung on is gone, which is named below; itself it cannot be proved
        else:
            number = home[0]
            foreign = index - home[1] > 1 and not any(homes[home[1] + 1 : index])
            if number - row["seq"] == shift:
                pass
            elif home[1] == index - 1 or foreign:
                shift = number - row["seq"]  # from here on the old entries under other numbers
            else:
                yield Problem("log_moved", where, values={"was": number})
        present.add(number)
        last = number
    missing = sorted(set(range(1, max(present, default=0))) - present)
    yield from (Problem("log_removed", f"{chain}/{number}") for number in missing)


# ------------------------------------------------------------------ summaries


def _summaries(problems: list[Problem]) -> int:
    """Compare one year and kind after the other with a recount of its assessments."""
    db = current().db
    waiting: set[tuple[str, int, str]] = set()
    for row in db.rows("select area_code, year, kind from dirty"):
        areas = (OWN + row["area_code"], *ancestors(row["area_code"]))
        waiting |= {(area, row["year"], row["kind"]) for area in areas}
    slices = db.rows(
        "select year, kind from assessment union select year, kind from s_score"
        " union select year, kind from s_element order by year, kind"
    )
    seen = 0
    for part in slices:
        year, kind = part["year"], part["kind"]
        expected, stored = _recounted(year, kind), _stored(year, kind)
        seen += len(stored)
        for key in sorted(expected.keys() | stored.keys()):
            if expected.get(key) != stored.get(key) and (key[1], year, kind) not in waiting:
                values = {"stored": stored.get(key), "counted": expected.get(key)}
                where = "/".join(str(name) for name in (key[0], year, kind, *key[1:]))
                problems.append(Problem("summary_differs", where, values=values))
    return seen


Counted = dict[tuple[str, ...], tuple[int, ...]]


def _recounted(year: int, kind: str) -> Counted:
    """Table, area, sector and what is counted, with the figures that the tables must hold."""
    scores: Counter[tuple[str, ...]] = Counter()
    elements: dict[tuple[str, ...], tuple[int, int, int]] = {}
    for row in _submitted(year, kind):
        outcome = row["grade"] or row["outcome"]
        pct10 = str(-1 if row["pct10"] is None else row["pct10"])
        areas = (OWN + row["area_code"], *ancestors(row["area_code"]))
        for area in areas:
            scores["s_score", area, row["sector"], outcome, pct10] += 1
        for element, earned, attainable in json.loads(row["elements"]):
            if not attainable:
                continue
            for area in areas:
                key = ("s_element", area, row["sector"], row["scheme"], element)
                n, e, a = elements.get(key, (0, 0, 0))
                elements[key] = (n + 1, e + earned, a + attainable)
    return {**{key: (count,) for key, count in scores.items()}, **elements}


def _submitted(year: int, kind: str) -> Iterator[Row]:
    key: dict[str, object] = {"e": "", "n": 0}
    while found := current().db.rows(
        "select enterprise_id, assessment_no, area_code, sector, scheme, outcome, grade, pct10,"
        " elements from assessment where status = 'submitted' and year = :y and kind = :k"
        " and (enterprise_id, assessment_no) > (:e, :n)"
        " order by enterprise_id, assessment_no limit :most",
        y=year,
        k=kind,
        **key,
        most=BLOCK,
    ):
        yield from found
        key = {"e": found[-1]["enterprise_id"], "n": found[-1]["assessment_no"]}


def _stored(year: int, kind: str) -> Counted:
    db = current().db
    scores = db.rows("select * from s_score where year = :y and kind = :k", y=year, k=kind)
    elements = db.rows("select * from s_element where year = :y and kind = :k", y=year, k=kind)
    return {
        **{
            ("s_score", r["area_code"], r["sector"], r["outcome"], str(r["pct10"])): (r["n"],)
            for r in scores
        },
        **{
            ("s_element", r["area_code"], r["sector"], r["scheme"], r["element_id"]): (
                r["n"],
                r["earned"],
                r["attainable"],
            )
            for r in elements
        },
    }
