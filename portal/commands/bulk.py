"""``anbiao regrade``, ``what-if`` and ``verify``: everything at once, for the operator."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from portal import i18n
from portal.commands import DONE, PROBLEMS, USAGE, language, say
from portal.errors import PortalError, UnreadableFileError
from portal.services import (
    regrading,
    verification,
    verification_files,
    verification_heads,
    what_if,
)
from portal.services.regrading import Problem
from portal.services.wording import error_text
from scoring import Outcome
from scoring.errors import ScoringError

PATIENCE = 1.0
"""Seconds after which a person wants to see that something happens."""

OUTCOMES = {outcome.value for outcome in Outcome}


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-parsers."""
    regrade = commands.add_parser("regrade", help=say("regrade"))
    regrade.add_argument("--json", action="store_true", help=say("json"))
    regrade.set_defaults(command=_regrade)
    asking = commands.add_parser("what-if", help=say("what_if"))
    asking.add_argument("change", metavar="CHANGE.toml", type=Path, help=say("change_file"))
    asking.add_argument("--json", action="store_true", help=say("json"))
    asking.set_defaults(command=_what_if)
    verify = commands.add_parser("verify", help=say("verify"))
    verify.add_argument("--heads", metavar="FILE.json", type=Path, help=say("heads"))
    verify.add_argument("--write-heads", metavar="NEW.json", type=Path, help=say("write_heads"))
    verify.add_argument("--json", action="store_true", help=say("json"))
    verify.set_defaults(command=_verify)


class _Line:
    """One line on a terminal that is written over; nothing for a file, a pipe or a moment."""

    def __init__(self) -> None:
        self.begin = self.shown = time.monotonic()
        self.wide = 0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if sys.stderr.isatty() and now - self.begin > PATIENCE and now - self.shown > PATIENCE / 5:
            self.shown = now
            text = say("progress", done=done, total=total)
            self.wide = max(self.wide, len(text))
            print(f"\r{text:{self.wide}}", end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Clear the line, so that what follows begins at its beginning."""
        if self.wide:
            # a Chinese character is two columns wide
            print(f"\r{'':{2 * self.wide}}\r", end="", file=sys.stderr, flush=True)


def _running(work: Callable[[regrading.Progress], Any]) -> Any:
    line = _Line()
    try:
        return work(line)
    finally:
        line.close()


def _regrade(options: argparse.Namespace) -> int:
    report: regrading.Report = _running(regrading.regrade)
    if options.json:
        _print_json(
            {
                "seen": report.seen,
                "same": report.same,
                "changed": [asdict(change) for change in report.changed],
                "overtaken": report.overtaken,
                "unreadable": _problems_json(report.unreadable),
            }
        )
    else:
        for change in report.changed:
            before, after = (
                ", ".join(
                    f"{name} {value}" for name, value in figures.items() if name != "elements"
                )
                for figures in (change.before, change.after)
            )
            where = f"{change.enterprise_id}/{change.assessment_no}"
            print(say("regraded", where=where, before=before or "-", after=after or "-"))
        print(
            say(
                "regrade_sum",
                seen=report.seen,
                same=report.same,
                changed=len(report.changed),
                overtaken=report.overtaken,
                unreadable=len(report.unreadable),
            )
        )
    return _list(report.unreadable)


def _what_if(options: argparse.Namespace) -> int:
    path: Path = options.change
    try:
        change = what_if.read_change(path.read_text(encoding="utf-8"))
        answered: what_if.Answered = _running(lambda line: what_if.what_if(change, line))
    except OSError as error:
        print(say("unreadable", path=path, why=error.strerror), file=sys.stderr)
        return USAGE
    except UnicodeDecodeError as error:
        print(say("unreadable", path=path, why=error), file=sys.stderr)
        return USAGE
    except what_if.ChangeError as error:
        for problem in error.problems:
            print(f"{path}: {say(f'change.{problem.code}', **problem.values)}", file=sys.stderr)
        return USAGE
    if options.json:
        _print_json(
            {
                "seen": answered.seen,
                "grades": _counts(answered.grades),
                "sectors": {name: _counts(part) for name, part in answered.sectors.items()},
                "areas": {name: _counts(part) for name, part in answered.areas.items()},
                "moves": [asdict(move) for move in answered.moves],
                "left_out": _problems_json(answered.left_out),
                "unreadable": _problems_json(answered.unreadable),
            }
        )
    else:
        _print_answer(answered)
    return _list(answered.unreadable)


def _print_answer(answered: what_if.Answered) -> None:
    print(say("what_if_sum", seen=answered.seen, moved=len(answered.moves)))
    parts: list[tuple[str, Mapping[tuple[str, str], int]]] = [("", answered.grades)]
    parts += list(answered.sectors.items())
    parts += list(answered.areas.items())
    for name, counts in parts:
        if name:
            print(f"\n{name}")
        for (old, new), count in counts.items():
            print("  " + say("what_if_count", old=_grade(old), new=_grade(new), count=count))
    for problem in answered.left_out:
        print(_words(problem))
    if answered.moves:
        print(f"\n{say('what_if_moves')}")
    for move in answered.moves:
        where = f"{move.enterprise_id}/{move.assessment_no}"
        text = say(
            "what_if_move",
            where=where,
            name=move.name,
            year=move.year,
            kind=i18n.translate(language(), f"overview.{move.kind}"),
            score=move.score or "-",
            old=_grade(move.grade),
            new_score=move.new_score or "-",
            new=_grade(move.new_grade),
        )
        print(text)


def _grade(name: str) -> str:
    """A grade as the scheme names it, or the words of an outcome."""
    return i18n.translate(language(), f"outcome.{name}") if name in OUTCOMES else name


def _counts(counts: Mapping[tuple[str, str], int]) -> list[dict[str, object]]:
    return [{"from": old, "to": new, "count": n} for (old, new), n in counts.items()]


class _HeadsError(Exception):
    """A file of heads cannot be read or written; the text is for the person."""


@dataclass(frozen=True, slots=True)
class _HeadsFile:
    path: Path
    data: bytes
    heads: verification_heads.Heads

    @property
    def told(self) -> dict[str, object]:
        """What a program is told of it."""
        return {
            "path": str(self.path),
            "chains": len(self.heads.chains),
            "written_at": self.heads.written_at,
            "sha256": verification_heads.fingerprint(self.data),
        }

    def words(self, key: str) -> str:
        """What a person is told of it."""
        told = self.told
        count, at, sha = told["chains"], told["written_at"], told["sha256"]
        return say(key, path=self.path, count=count, at=at, sha=sha)


def _verify(options: argparse.Namespace) -> int:
    try:
        # first of all, so that a wrong name is said now and not in an hour
        kept = _kept_heads(options.heads) if options.heads else None
        written = _written_heads(options.write_heads) if options.write_heads else None
    except _HeadsError as error:
        print(error, file=sys.stderr)
        return USAGE
    found: verification.Verified = _running(verification.verify)
    files: verification_files.CheckedFiles = _running(verification_files.check_files)
    problems = [*found.problems, *files.problems]
    if kept:
        problems += _running(partial(verification_heads.compare, kept.heads))
    counts = {
        "sheets": found.sheets,
        "results": found.results,
        "entries": found.entries,
        "summaries": found.summaries,
        "files": files.rows,
    }
    if options.json:
        _print_json(
            {
                **counts,
                "heads": kept and kept.told,
                "written_heads": written and written.told,
                "notices": _problems_json(files.notices),
                "problems": _problems_json(problems),
            }
        )
    else:
        print(say("verify_sum", **counts))
        if kept:
            print(kept.words("heads_compared"))
        if written:
            print(written.words("heads_written"))
        for notice in files.notices:
            print(_words(notice))
    return _list(problems)


def _kept_heads(path: Path) -> _HeadsFile:
    try:
        data = path.read_bytes()
        return _HeadsFile(path, data, verification_heads.from_bytes(data))
    except OSError as error:
        raise _HeadsError(say("unreadable", path=path, why=error.strerror)) from None
    except UnreadableFileError as error:
        raise _HeadsError(f"{path}: {error_text(error, language())}") from None


def _written_heads(path: Path) -> _HeadsFile:
    heads = verification_heads.read_heads()
    data = verification_heads.to_bytes(heads)
    try:
        verification_heads.write_new(path, data)
    except FileExistsError:
        raise _HeadsError(say("heads_exist", path=path)) from None
    except OSError as error:
        raise _HeadsError(say("not_written", path=path, why=error.strerror)) from None
    return _HeadsFile(path, data, heads)


def _list(problems: Sequence[Problem]) -> int:
    """Name every problem on standard error; the exit status."""
    for problem in problems:
        print(_words(problem), file=sys.stderr)
    if not problems:
        return DONE
    print(say("problems", count=len(problems)), file=sys.stderr)
    return PROBLEMS


def _words(problem: Problem) -> str:
    why = ""
    if isinstance(problem.error, ScoringError | PortalError):
        why = error_text(problem.error, language())
    elif problem.error is not None:
        why = str(problem.error) or type(problem.error).__name__
    return say(f"problem.{problem.code}", where=problem.where, why=why, **problem.values)


def _problems_json(problems: Sequence[Problem]) -> list[dict[str, str]]:
    return [
        {"code": problem.code, "where": problem.where, "text": _words(problem)}
        for problem in problems
    ]


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))
