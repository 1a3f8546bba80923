"""``anbiao user …`` and ``anbiao import-enterprises``: people, for the operator.

Links go to standard output, sentences about them to standard error, so that a script can keep the
links apart.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from pathlib import Path

from portal import i18n
from portal.commands import DONE, PROBLEMS, USAGE, language, say
from portal.errors import InvalidValueError, UnreadableFileError
from portal.services import account_commands, people_import
from portal.services.people_import import Checked, Imported, Problems
from portal.services.wording import error_text

STORED = frozenset({"login_taken", "account_not_active"})
"""Refusals by what the portal holds; any other is a wrong argument."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the sub-parsers."""
    taking = commands.add_parser("import-enterprises", help=say("import_enterprises"))
    taking.add_argument("file", metavar="FILE", type=Path, help=say("people_workbook"))
    taking.add_argument("--dry-run", action="store_true", help=say("dry_run"))
    taking.set_defaults(command=_import)

    user = commands.add_parser("user", help=say("user"))
    parts = user.add_subparsers(required=True, metavar="COMMAND")
    roles = ", ".join(account_commands.ROLES)

    adding = _of_account(parts, "add", say("user_add"), _add)
    adding.add_argument("--name", required=True, help=say("user_name"))
    adding.add_argument(
        "--role",
        required=True,
        metavar="ROLE",
        choices=account_commands.ROLES,
        help=say("user_role", roles=roles),
    )
    adding.add_argument(
        "--organisation",
        required=True,
        metavar="ID|NAME|CREDIT_CODE",
        help=say("user_organisation"),
    )
    listing = parts.add_parser("list", help=say("user_list"))
    listing.add_argument(
        "--organisation", metavar="ID|NAME|CREDIT_CODE", help=say("user_organisation")
    )
    listing.add_argument("--json", action="store_true", help=say("json"))
    listing.set_defaults(command=_guarded(_list))
    _of_account(parts, "disable", say("user_disable"), _disable)
    _of_account(parts, "enable", say("user_enable"), _enable)
    reset = _of_account(parts, "reset-password", say("user_reset"), _reset)
    reset.add_argument("--second-factor", action="store_true", help=say("user_factor"))


Command = Callable[[argparse.Namespace], int]


def _of_account(
    parts: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    text: str,
    command: Command,
) -> argparse.ArgumentParser:
    """A command that begins with a sign-in name."""
    parser = parts.add_parser(name, help=text)
    parser.add_argument("login", metavar="LOGIN", help=say("user_login"))
    parser.set_defaults(command=_guarded(command))
    return parser


def _guarded(command: Command) -> Command:
    """An argument that cannot be meant is wrong usage; what the portal holds is a problem."""

    @wraps(command)
    def run(options: argparse.Namespace) -> int:
        try:
            return command(options)
        except InvalidValueError as error:
            print(error_text(error, language()), file=sys.stderr)
            return PROBLEMS if error.code in STORED else USAGE

    return run


def _add(options: argparse.Namespace) -> int:
    token = account_commands.add(
        login=options.login,
        name=options.name,
        role=options.role,
        organisation=options.organisation,
        language=language(),
    )
    return _hand_out(options.login, token)


def _reset(options: argparse.Namespace) -> int:
    token = account_commands.reset(options.login, factor=options.second_factor)
    return _hand_out(options.login, token)


def _hand_out(login: str, token: str) -> int:
    print(say("user_link", login=login, days=account_commands.DAYS), file=sys.stderr)
    print(account_commands.address_of(token))
    return DONE


def _disable(options: argparse.Namespace) -> int:
    return _switch(options.login, active=False)


def _enable(options: argparse.Namespace) -> int:
    return _switch(options.login, active=True)


def _switch(login: str, *, active: bool) -> int:
    status = account_commands.set_status(login, active=active)
    words = i18n.translate(language(), f"people.status.{status}")
    print(say("user_changed", login=login, status=words))
    return DONE


def _list(options: argparse.Namespace) -> int:
    lines = account_commands.lines(options.organisation)
    if options.json:
        print(json.dumps([asdict(line) for line in lines], ensure_ascii=False, indent=2))
        return DONE
    for line in lines:
        words = (
            line.login,
            line.name,
            i18n.translate(language(), f"role.{line.role}"),
            line.organisation,
            i18n.translate(language(), f"people.status.{line.status}"),
            line.seen or i18n.translate(language(), "people.never"),
        )
        print("\t".join(words))
    return DONE


def _import(options: argparse.Namespace) -> int:
    path: Path = options.file
    try:
        checked = people_import.examine(path.read_bytes(), language())
    except OSError as error:
        print(say("unreadable", path=path, why=error.strerror), file=sys.stderr)
        return USAGE
    except UnreadableFileError as error:
        print(f"{path}: {error_text(error, language())}", file=sys.stderr)
        return USAGE
    if checked.problems:
        return _refuse(checked.problems)
    if options.dry_run:
        return _say_what_would_be(checked)
    try:
        imported = people_import.carry_out(checked, by=None)
    except people_import.ImportRefusedError as error:
        return _refuse(error.problems)
    return _say_what_is(imported)


def _refuse(problems: Problems) -> int:
    """Name every problem with its place; the exit status."""
    for problem in problems:
        place = f"{problem.sheet}!{problem.cell}".rstrip("!")
        print(f"{place}: {problem.text}", file=sys.stderr)
    print(say("problems", count=len(problems)), file=sys.stderr)
    return PROBLEMS


def _say_what_would_be(checked: Checked) -> int:
    _name_kept(checked)
    kept = len(checked.kept)
    print(say("import_would", enterprises=checked.new, accounts=checked.accounts, kept=kept))
    return DONE


def _say_what_is(imported: Imported) -> int:
    _name_kept(imported)
    new, links, kept = imported.new, imported.links, len(imported.kept)
    done = say("import_done", enterprises=new, accounts=len(links), kept=kept)
    print(done, file=sys.stderr)
    if links:
        print(say("import_links", days=account_commands.DAYS), file=sys.stderr)
    for link in links:
        address = account_commands.address_of(link.token)
        print("\t".join((link.login, link.name, link.organisation, address)))
    return DONE


def _name_kept(found: Checked | Imported) -> None:
    for line in found.kept:
        text = say("import_kept", place=line.place, name=line.stored_name, code=line.credit_code)
        print(text, file=sys.stderr)
