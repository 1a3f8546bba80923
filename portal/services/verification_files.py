"""The folder of evidence held against its rows and the log: every file there, and as it was.

A file is named by the SHA-256 of its bytes, and the log of its upload has that too. Files taken
back are kept, so they are looked at like all others. Memory grows with the files of one
enterprise and with what is found wrong, never with the bytes of a file.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from portal.config import settings
from portal.services.context import current
from portal.services.regrading import BLOCK, Problem, Progress
from portal.store.database import Row

_NAME = re.compile(r"[0-9A-Za-z-]{1,64}")
"""A row may have been altered: what it names must not lead out of the folder."""


@dataclass(frozen=True, slots=True)
class CheckedFiles:
    """What became of the uploaded files.

    Attributes:
        rows: how many rows of evidence were looked at.
        problems: evidence that is no longer what was uploaded.
        notices: files that no row knows. They are no fault of the data: the power may have failed
            between a file and its row, and a copy may hold files newer than its database. A row
            that was taken out of the database is found by the log and is a problem.
    """

    rows: int
    problems: tuple[Problem, ...]
    notices: tuple[Problem, ...]


def check_files(progress: Progress | None = None, rows: int = BLOCK) -> CheckedFiles:
    """Check that each row of evidence has its file, with the bytes that were uploaded.

    Args:
        progress: told after each file.
        rows: rows read at once.
    """
    root = settings().evidence
    found = current().db.row("select count(*) as n from evidence")
    total = int(found["n"]) if found else 0
    problems: list[Problem] = []
    notices: list[Problem] = []
    seen = 0
    try:
        os.scandir(root).close()
    except OSError as error:
        if total:  # one line, and not one for each file: most likely the setting is wrong
            problems.append(Problem("evidence_folder", str(root), error))
    else:
        for row, is_logged in _evidence(rows):
            problems += _checked(root, row, is_logged)
            seen += 1
            if progress is not None:
                progress(seen, total)
        notices = sorted(_unknown(root), key=lambda notice: notice.where)
    problems += [
        Problem("evidence_removed", f"{row['enterprise_id']}/{row['subject']}")
        for row in current().db.rows(
            "select l.enterprise_id, l.subject from audit l where l.action = 'evidence.add'"
            " and not exists (select 1 from evidence f where f.enterprise_id = l.enterprise_id"
            " and cast(f.evidence_no as text) = l.subject) order by l.enterprise_id, l.seq"
        )
    ]
    return CheckedFiles(seen, tuple(problems), tuple(notices))


# ------------------------------------------------------------------ rows and their files


def _evidence(rows: int) -> Iterator[tuple[Row, bool]]:
    """Every row, and whether the log of its upload has the same SHA-256."""
    key: dict[str, object] = {"e": "", "n": 0}
    while found := current().db.rows(
        "select enterprise_id, evidence_no, sha256 from evidence"
        " where (enterprise_id, evidence_no) > (:e, :n)"
        " order by enterprise_id, evidence_no limit :most",
        **key,
        most=rows,
    ):
        # read after the rows: what is uploaded meanwhile has its entry when its row is seen
        logged = _logged(found[0]["enterprise_id"], found[-1]["enterprise_id"])
        for row in found:
            own = (row["enterprise_id"], str(row["evidence_no"]))
            yield row, logged.get(own) == row["sha256"]
        key = {"e": found[-1]["enterprise_id"], "n": found[-1]["evidence_no"]}


def _logged(first: str, last: str) -> dict[tuple[str, str], object]:
    """SHA-256 of uploads as the log of a range of enterprises has them."""
    found = {}
    for row in current().db.rows(
        "select enterprise_id, subject, body from audit where enterprise_id between :a and :z"
        " and action = 'evidence.add'",
        a=first,
        z=last,
    ):
        try:
            found[row["enterprise_id"], row["subject"]] = json.loads(row["body"])["sha256"]
        except (ValueError, LookupError, TypeError):
            continue  # an altered entry is named with its chain
    return found


def _checked(root: Path, row: Row, is_logged: bool) -> Iterator[Problem]:
    where = f"{row['enterprise_id']}/{row['evidence_no']}"
    if not is_logged:
        yield Problem("evidence_replaced", where)
        return
    names = (row["enterprise_id"], row["sha256"])
    values = {"file": _shown("/".join(names))}
    if not all(_NAME.fullmatch(name) for name in names):
        yield Problem("file_missing", where, values=values)
        return
    path = root.joinpath(*names)
    try:
        if not path.is_file():  # opening a pipe would wait for ever
            is_there = path.is_symlink() or path.exists()
            yield Problem("file_altered" if is_there else "file_missing", where, values=values)
            return
        with path.open("rb") as file:
            is_same = file_digest(file, "sha256").hexdigest() == row["sha256"]
    except OSError as error:
        yield Problem("file_unreadable", where, error, values)
        return
    if not is_same:
        yield Problem("file_altered", where, values=values)


# ------------------------------------------------------------------ files without a row


def _unknown(root: Path) -> Iterator[Problem]:
    """What lies in the folder and belongs to no row."""
    with os.scandir(root) as places:
        for place in places:
            if not place.is_dir():
                yield Problem("file_unknown", _shown(place.name))
                continue
            try:
                with os.scandir(place) as entries:
                    names = {entry.name for entry in entries}
            except OSError as error:
                values = {"file": _shown(place.name)}
                yield Problem("file_unreadable", _shown(place.name), error, values)
                continue
            # after the folder: what is uploaded meanwhile has its row before it is looked for
            for name in names - _known(place.name):
                yield Problem("file_unknown", _shown(f"{place.name}/{name}"))


def _known(enterprise_id: str) -> set[str]:
    if not _NAME.fullmatch(enterprise_id):
        return set()
    rows = current().db.rows(
        "select distinct sha256 from evidence where enterprise_id = :e", e=enterprise_id
    )
    return {row["sha256"] for row in rows}


def _shown(name: str) -> str:
    """A name that somebody else gave, without what a terminal would act upon."""
    return name if name.isprintable() else ascii(name)
