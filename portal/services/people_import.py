"""Many enterprises and accounts at once, from a workbook: all of it or nothing.

A workbook is checked as a whole first; it is compared again inside the transaction that writes.
Every account begins with a one-time link, as if it had been entered by hand; links are handed
back and kept nowhere.
"""

from dataclasses import dataclass, field
from functools import partial

from portal.documents.people_reading import PeopleReading, read_people
from portal.documents.people_workbook import Place, write_people_template
from portal.documents.tables import Sheet, write_tables
from portal.documents.workbook_cells import CellProblem
from portal.domain.people import Action, Role, User
from portal.errors import PortalError
from portal.i18n import translate
from portal.services import accounts, enterprises, invitations, rights, setup
from portal.services.context import current, local_time
from portal.services.people_matching import Kept, Plan, match
from portal.store.database import Transaction, UniqueViolationError

Problems = tuple[CellProblem, ...]
"""What keeps a workbook from being taken over, cell by cell."""

ATTEMPTS = 3
"""How often the comparison is made again when somebody enters the same at the same moment."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A checked workbook; with problems nothing of it may be taken over.

    Attributes:
        reading: what the workbook says, for the comparison at the time of writing.
        language: of the messages.
        new: how many enterprises would be entered.
        accounts: how many accounts would be entered.
        kept: enterprises that the portal has already.
    """

    reading: PeopleReading
    language: str
    new: int
    accounts: int
    kept: tuple[Kept, ...]
    problems: Problems


@dataclass(frozen=True, slots=True)
class Link:
    """The one-time link of a new account; ``token`` stands nowhere else."""

    login: str
    name: str
    role: Role
    organisation: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Imported:
    """What was entered.

    Attributes:
        links: one for each new account.
        until: when the links end.
    """

    new: int
    kept: tuple[Kept, ...]
    links: tuple[Link, ...]
    until: str


class ImportRefusedError(PortalError):
    """Something has changed since the check; nothing was written.

    Attributes:
        problems: as a new check would list them.
    """

    def __init__(self, problems: Problems) -> None:
        super().__init__("import_refused", count=len(problems))
        self.problems = problems


def template(user: User, language: str) -> bytes:
    """The empty workbook, with the areas and bodies of this installation to choose from."""
    rights.require(user, Action.MANAGE_ACCOUNTS)
    areas = [f"{area.code} {area.name(language)}" for area in enterprises.counties()]
    bodies = [name for _, name in setup.organisations()]
    return write_people_template(Place(areas, bodies), partial(translate, language), language)


def check(user: User, data: bytes, language: str) -> Checked:
    """Read a workbook as a whole and compare it with what is there; nothing is written.

    Raises:
        UnreadableFileError: no workbook, or an unsafe one.
    """
    rights.require(user, Action.MANAGE_ACCOUNTS)
    return examine(data, language)


def examine(data: bytes, language: str) -> Checked:
    """The same for the command line, which asks no rights; pages use :func:`check`.

    Raises:
        UnreadableFileError: no workbook, or an unsafe one.
    """
    areas = {area.code: (area.zh, area.en) for area in enterprises.counties()}
    say = partial(translate, language)
    reading = read_people(data, areas, say, language)
    plan = match(current().db, reading, say)
    problems = sorted(
        (*reading.problems, *plan.problems), key=lambda problem: _order(problem, reading)
    )
    return Checked(reading, language, len(plan.new), len(plan.accounts), plan.kept, tuple(problems))


def _order(problem: CellProblem, reading: PeopleReading) -> tuple[int, int]:
    """Sheet by sheet, from the top down."""
    sheets = list(reading.sheets.values())
    place = sheets.index(problem.sheet) if problem.sheet in sheets else -1
    digits = "".join(sign for sign in problem.cell if sign.isdecimal())
    return place, int(digits or 0)


def take_over(user: User, checked: Checked) -> Imported:
    """Enter what a checked workbook says, all of it or nothing.

    Raises:
        ImportRefusedError: it has problems, or has some by now.
    """
    rights.require(user, Action.MANAGE_ACCOUNTS)
    return carry_out(checked, user)


def carry_out(checked: Checked, by: User | None) -> Imported:
    """The same for the command line, which asks no rights; pages use :func:`take_over`.

    Args:
        checked: the workbook.
        by: whom the audit log names; None is the command line.

    Raises:
        ImportRefusedError: it has problems, or has some by now.
    """
    if checked.problems:
        raise ImportRefusedError(checked.problems)
    say = partial(translate, checked.language)

    def job(tx: Transaction) -> Imported:
        tx.lock("people import")
        plan = match(tx, checked.reading, say)
        if plan.problems:
            raise ImportRefusedError(plan.problems)
        return _write(tx, plan, by)

    for _ in range(ATTEMPTS - 1):
        try:
            return current().db.write(job)
        except UniqueViolationError:
            pass  # entered by somebody else at this moment: the next comparison names it
    return current().db.write(job)


def _write(tx: Transaction, plan: Plan, by: User | None) -> Imported:
    context = current()
    entered = {
        row.profile.credit_code: enterprises.insert_enterprise(tx, row.profile, by)
        for row in plan.new
    }
    links = [
        Link(
            account.row.login,
            account.row.name,
            account.role,
            account.body.name,
            accounts.enter(
                tx,
                by,
                login=account.row.login,
                name=account.row.name,
                role=account.role,
                organisation_id=account.body.body_id or entered[account.body.credit_code],
            ),
        )
        for account in plan.accounts
    ]
    until = local_time((context.now() + invitations.LASTS).isoformat())
    return Imported(len(entered), plan.kept, tuple(links), until)


def links_workbook(imported: Imported, base_url: str, language: str) -> bytes:
    """The links as a workbook, for the one who has just imported them.

    Args:
        imported: the result of :func:`take_over`.
        base_url: the address people type, without a slash at its end.
        language: of the headings.
    """
    say = partial(translate, language)
    head = [
        *(say(f"field.{name}") for name in ("login", "person", "role", "organisation")),
        say("people_import.link"),
        say("people_import.until"),
    ]
    rows = [
        (
            link.login,
            link.name,
            say(f"role.{link.role}"),
            link.organisation,
            f"{base_url}/welcome/{link.token}",
            imported.until,
        )
        for link in imported.links
    ]
    note = say("people_import.links_note")
    return write_tables([Sheet(say("people_import.links_sheet"), head, rows, note=note)])
