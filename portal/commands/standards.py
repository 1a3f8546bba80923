"""``anbiao criteria export``, ``import`` and ``diff``: standards as workbooks, and side by side."""

import argparse
import json
import sys
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from functools import partial, wraps
from pathlib import Path
from typing import Any

from portal import i18n
from portal.commands import DONE, PROBLEMS, USAGE, language, say
from portal.errors import InvalidValueError, UnreadableFileError
from portal.services import standards
from portal.services.wording import error_text
from scoring.rounding import plain


def add(parts: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-parsers below ``anbiao criteria``."""
    export = parts.add_parser("export", help=say("criteria_export"))
    export.add_argument("scheme", metavar="SCHEME[@EDITION]")
    export.add_argument("out", metavar="OUT.xlsx", type=Path, help=say("workbook_out"))
    export.set_defaults(command=_guarded(_export))
    taking = parts.add_parser("import", help=say("criteria_import"))
    taking.add_argument("workbook", metavar="IN.xlsx", type=Path, help=say("workbook_in"))
    taking.add_argument("--as", dest="scheme", required=True, metavar="ID", help=say("import_as"))
    taking.add_argument("--edition", required=True, metavar="E", help=say("import_edition"))
    taking.add_argument("--to", required=True, type=Path, metavar="DIR", help=say("import_to"))
    taking.add_argument("--frame", default="", metavar="SCHEME", help=say("import_frame"))
    taking.add_argument("--ladder", default="", metavar="90,75,60", help=say("import_ladder"))
    taking.add_argument("--title", default="", metavar="TITLE", help=say("import_title"))
    taking.add_argument("--document", default="", metavar="KEY", help=say("import_document"))
    taking.add_argument(
        "--from",
        dest="valid_from",
        type=date.fromisoformat,
        metavar="YYYY-MM-DD",
        help=say("import_from"),
    )
    taking.set_defaults(command=_guarded(_import))
    diff = parts.add_parser("diff", help=say("criteria_diff"))
    diff.add_argument("old", metavar="A")
    diff.add_argument("new", metavar="B")
    diff.add_argument("--json", action="store_true", help=say("json"))
    diff.set_defaults(command=_guarded(_diff))


def _guarded(
    command: Callable[[argparse.Namespace], int],
) -> Callable[[argparse.Namespace], int]:
    """A wish that cannot be fulfilled and a file that is no workbook are wrong usage."""

    @wraps(command)
    def run(options: argparse.Namespace) -> int:
        try:
            return command(options)
        except (InvalidValueError, UnreadableFileError) as error:
            return _refuse(error_text(error, language()))

    return run


def _refuse(text: str) -> int:
    print(text, file=sys.stderr)
    return USAGE


def _export(options: argparse.Namespace) -> int:
    scheme = standards.find(options.scheme)
    data = standards.export(scheme, partial(i18n.translate, language()), language())
    try:
        # a workbook that somebody has changed is never written over
        with options.out.open("xb") as file:
            file.write(data)
    except FileExistsError:
        return _refuse(say("file_exists", path=options.out))
    except OSError as error:
        return _refuse(say("unwritable", path=options.out, why=error.strerror))
    rules = sum(len(item.rules) for item in scheme.items)
    print(say("exported", path=options.out, items=len(scheme.items), rules=rules))
    return DONE


def _import(options: argparse.Namespace) -> int:
    try:
        data = options.workbook.read_bytes()
    except OSError as error:
        return _refuse(say("unreadable", path=options.workbook, why=error.strerror))
    wish = standards.Wish(
        options.scheme,
        options.edition,
        frame=options.frame,
        ladder=options.ladder,
        title=options.title,
        valid_from=options.valid_from,
        document=options.document,
    )
    try:
        done = standards.import_standard(data, wish, options.to)
    except OSError as error:
        return _refuse(say("unwritable", path=options.to, why=error.strerror))
    words = partial(i18n.translate, language())
    for finding in done.findings:
        severity = say("error" if finding.is_error else "warning")
        parts = [finding.place, severity, finding.text(words)]
        print(": ".join(part for part in parts if part), file=sys.stderr)
    if done.folder is None or done.scheme is None:
        count = sum(finding.is_error for finding in done.findings)
        print(say("not_imported", count=count), file=sys.stderr)
        return PROBLEMS
    scheme = done.scheme
    print(
        say(
            "imported",
            folder=done.folder,
            elements=len(scheme.elements),
            items=len(scheme.items),
            points=plain(scheme.total),
            rules=sum(len(item.rules) for item in scheme.items),
            sentences=done.sentences[0],
            unread=done.sentences[1],
        )
    )
    return DONE


def _diff(options: argparse.Namespace) -> int:
    changes = standards.changes(options.old, options.new)
    if options.json:
        rows = [
            {
                "part": change.part,
                "name": change.name,
                "kind": change.kind,
                "fields": {
                    name: [_plain(old), _plain(new)] for name, (old, new) in _sorted(change)
                },
            }
            for change in changes
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return DONE
    if not changes:
        print(say("diff_none"))
        return DONE
    for change in changes:
        part = say(f"diff_part.{change.part}")
        print(say(f"diff_{change.kind}", part=part, name=change.name).rstrip())
        for name, (old, new) in _sorted(change) if change.kind == "changed" else ():
            line = say("diff_field", field=name, old=_shown(old), new=_shown(new))
            print(f"    {line}")
    kinds = [change.kind for change in changes if change.part == "item"]
    print(
        say(
            "diff_sum",
            added=kinds.count("added"),
            removed=kinds.count("removed"),
            changed=kinds.count("changed"),
            others=len(changes) - len(kinds),
        )
    )
    return DONE


def _sorted(change: standards.Change) -> list[tuple[str, tuple[Any, Any]]]:
    return sorted(change.fields.items())


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return plain(value)
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return value.isoformat() if isinstance(value, date) else value


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    value = _plain(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
