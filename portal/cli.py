"""The command line ``anbiao``.

Exit status: 0 done, 1 the data has problems (all listed), 2 wrong usage or unreadable input.
Messages go to standard error, in the language of ``ANBIAO_LANG`` (zh or en).
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from criteria import CriteriaError, Library, Scheme, default_library
from portal import i18n
from portal.commands import bulk, people, standards
from portal.documents.workbook_reading import read_scoring_workbook
from portal.domain.answers import ItemAnswer
from portal.errors import PortalError, UnreadableFileError
from portal.services import context, demo, explaining, grading, operator_log, setup
from portal.services.wording import error_text, explain, grade_name, state_line
from scoring import Outcome
from scoring.errors import ScoringError

DONE, PROBLEMS, USAGE = 0, 1, 2


class _UsageError(Exception):
    """Unreadable input or wrong usage; the text is for the person."""


class _ProblemsError(Exception):
    """The data has problems, which have been listed; the text sums them up."""


def language() -> str:
    """Language of the messages."""
    chosen = os.environ.get("ANBIAO_LANG", "")[:2].lower()
    return chosen if chosen in i18n.LANGUAGES else i18n.DEFAULT


def say(key: str, **values: object) -> str:
    """A text of the command line."""
    return i18n.translate(language(), f"cli.{key}", **values)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except _UsageError as error:
        print(error, file=sys.stderr)
        return USAGE
    except _ProblemsError as error:
        print(error, file=sys.stderr)
        return PROBLEMS
    except CriteriaError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return PROBLEMS
    except (ScoringError, PortalError) as error:
        print(error_text(error, language()), file=sys.stderr)
        return USAGE if getattr(error, "code", "") == "database_unusable" else PROBLEMS
    except BrokenPipeError:
        # the reader (such as head) has seen enough; nothing more may be written
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="anbiao", description=say("about"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help=say("serve"))
    serve.add_argument("--host", default="127.0.0.1", help=say("host"))
    serve.add_argument("--port", type=int, default=8501, help=say("port"))
    serve.add_argument("--demo", action="store_true", help=say("demo"))
    serve.set_defaults(command=_serve)

    for name, command in (("grade", _grade), ("next-grade", _next_grade)):
        grade = commands.add_parser(name, help=say(name.replace("-", "_")))
        grade.add_argument("answers", metavar="ANSWERS", type=Path, help=say("answers"))
        grade.add_argument("--scheme", required=True, metavar="SCHEME[@EDITION]")
        grade.add_argument("--catalog", type=Path, metavar="DIR", help=say("catalog"))
        grade.add_argument("--facts", type=Path, metavar="FACTS.json", help=say("facts"))
        grade.add_argument("--json", action="store_true", help=say("json"))
        grade.set_defaults(command=command)

    bulk.add(commands)
    people.add(commands)

    criteria = commands.add_parser("criteria", help=say("criteria"))
    parts = criteria.add_subparsers(required=True, metavar="COMMAND")
    listing = parts.add_parser("list", help=say("criteria_list"))
    listing.add_argument("--json", action="store_true", help=say("json"))
    listing.set_defaults(command=_criteria_list)
    show = parts.add_parser("show", help=say("criteria_show"))
    show.add_argument("scheme", metavar="SCHEME[@EDITION]")
    show.add_argument("--json", action="store_true", help=say("json"))
    show.set_defaults(command=_criteria_show)
    check = parts.add_parser("check", help=say("criteria_check"))
    check.add_argument("path", nargs="?", type=Path, metavar="PATH")
    check.set_defaults(command=_criteria_check)
    standards.add(parts)
    return parser


def _serve(options: argparse.Namespace) -> int:
    root = Path(__file__).resolve().parent.parent
    os.chdir(root)  # the settings of Streamlit lie beside app.py
    sys.path.insert(0, str(root))
    sys.argv = [str(root / "app.py")]
    operator_log.set_up()
    os.umask(0o077)  # what the portal writes is for its own account on this machine alone
    context.current()  # a database that cannot be used is said here, not in the first request
    if setup.installation() is None:
        if options.demo:
            demo.load()
        else:
            print(say("setup_code", code=setup.offer_code()), file=sys.stderr)
    from app import app

    app.run(config={"server.address": options.host, "server.port": options.port})
    return DONE


def _library(catalog: Path | None) -> Library:
    if catalog is None:
        return default_library()
    if not catalog.is_dir():
        raise _UsageError(say("no_folder", path=catalog))
    return Library(catalog)


def _scheme(library: Library, name: str) -> Scheme:
    try:
        return library.find(name)
    except KeyError:
        known = ", ".join(f"{f.parent.name}@{f.name}" for f in library.folders()) or "-"
        raise _UsageError(say("no_scheme", name=name, known=known)) from None


def _graded_scheme(options: argparse.Namespace) -> Scheme:
    scheme = _scheme(_library(options.catalog), options.scheme)
    if not scheme.items:
        raise _UsageError(say("frame", name=scheme.key))
    return scheme


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _UsageError(say("unreadable", path=path, why=error.strerror)) from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise _UsageError(say("no_json", path=path, why=error)) from None


def _grade(options: argparse.Namespace) -> int:
    scheme = _graded_scheme(options)
    facts = grading.facts_from_json(scheme, _read_json(options.facts) if options.facts else {})
    answers = _answers(options.answers, scheme)
    result = grading.grade(scheme, answers, facts)
    if options.json:
        _print_json(grading.result_json(scheme, result))
        return DONE
    lang = language()
    print(scheme.title[lang])
    print(state_line(scheme, result, lang))
    if result.outcome is Outcome.GRADED:
        print(say("grade_is", grade=grade_name(scheme, result.grade, lang)))
    else:
        print(i18n.translate(lang, f"outcome.{result.outcome}"))
    for reason in explain(scheme, result, lang):
        print(f"- {reason.text} {reason.source}")
    return DONE


def _next_grade(options: argparse.Namespace) -> int:
    scheme = _graded_scheme(options)
    facts = grading.facts_from_json(scheme, _read_json(options.facts) if options.facts else {})
    answers = _answers(options.answers, scheme)
    result, found = grading.next_grades(scheme, answers, facts)
    if options.json:
        _print_json(grading.paths_json(scheme, result, found))
        return DONE
    lang = language()
    print(scheme.title[lang])
    print(state_line(scheme, result, lang))
    if not found:
        print(say("best_grade"))
    for path in explaining.paths(scheme, found, result, lang):
        print(f"\n{path.text}")
        for reason in path.reasons:
            print(f"- {reason.text} {reason.source}")
        for lines in path.sets:
            print(f"  {lines.head}")
            for step in lines.steps:
                print(f"    {step.item} [+{step.points}] {step.kind}: {step.requirement}")
            if not lines.proved:
                print(f"    {i18n.translate(lang, 'path.not_proved')}")
    return DONE


def _answers(path: Path, scheme: Scheme) -> dict[str, ItemAnswer]:
    """Answers of a JSON file, or of a filled-in workbook without a bad cell."""
    if path.suffix.lower() != ".xlsx":
        return grading.answers_from_json(_read_json(path))
    try:
        reading = read_scoring_workbook(
            path.read_bytes(), scheme, partial(i18n.translate, language())
        )
    except OSError as error:
        raise _UsageError(say("unreadable", path=path, why=error.strerror)) from None
    except UnreadableFileError as error:
        raise _UsageError(error_text(error, language())) from None
    if reading.problems:
        for problem in reading.problems:
            print(f"{problem.sheet}!{problem.cell}: {problem.text}", file=sys.stderr)
        raise _ProblemsError(say("problems", count=len(reading.problems)))
    return reading.answers


def _criteria_list(options: argparse.Namespace) -> int:
    lang = language()
    rows: list[dict[str, Any]] = [
        {
            "scheme": s.id,
            "edition": s.edition,
            "kind": s.kind,
            "title": {"zh": s.title.zh, "en": s.title.en},
            "items": len(s.items),
            "published": s.published,
            "fingerprint": s.fingerprint,
        }
        for s in default_library().schemes()
    ]
    if options.json:
        _print_json(rows)
    else:
        for row in rows:
            print(f"{row['scheme']}@{row['edition']}  {row['title'][lang]}  ({row['items']})")
    return DONE


def _criteria_show(options: argparse.Namespace) -> int:
    scheme = _scheme(default_library(), options.scheme)
    if options.json:
        _print_json(grading.scheme_json(scheme))
        return DONE
    lang = language()
    print(f"{scheme.title[lang]}  {scheme.key}  {scheme.fingerprint}")
    for element in scheme.elements:
        print(f"\n{element.id} {element.title[lang]} ({element.points})")
        for item in element.items:
            print(f"  {item.id} [{item.points}] {item.text[lang]}")
            for rule in item.rules:
                print(f"      {rule.id}: {rule.text[lang]}")
    return DONE


def _criteria_check(options: argparse.Namespace) -> int:
    library = _library(options.path)
    if not library.folders():
        raise _UsageError(say("no_editions", path=library.root))
    problems = library.check()
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        print(say("problems", count=len(problems)), file=sys.stderr)
        return PROBLEMS
    print(say("no_problems", count=len(library.folders())))
    return DONE


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    sys.exit(main())
