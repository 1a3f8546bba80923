"""Accounts for the command line: somebody who has the database anyway, so no rights are asked.

What is changed stands in the audit log under the name ``system``.
"""

from collections.abc import Callable, Mapping

from portal.config import settings
from portal.documents.people_layout import BETWEEN
from portal.domain.people import Role
from portal.errors import InvalidValueError
from portal.i18n import translate
from portal.services import account_log, accounts, invitations
from portal.services.accounts import AccountLine
from portal.services.context import current
from portal.services.people_matching import SHOWN, Body, directory, of_kind
from portal.store.database import T, Transaction, UniqueViolationError

ROLES = tuple(role.value for role in Role)

DAYS = invitations.LASTS.days
"""How long a link is valid."""


def address_of(token: str) -> str:
    """The one-time link as people type it; only its path where the address is not told."""
    return f"{settings().address}/welcome/{token}"


def lines(organisation: str | None = None) -> list[AccountLine]:
    """Accounts with their roles: all, or those of one body.

    Raises:
        InvalidValueError: there is no such body, or several.
    """
    if organisation is None:
        return accounts.account_lines()
    return accounts.account_lines(_one(_called(organisation), organisation).body_id)


def add(*, login: str, name: str, role: str, organisation: str, language: str) -> str:
    """Enter an account.

    Args:
        login: sign-in name.
        name: of the person.
        role: one of :data:`ROLES`.
        organisation: id, name or credit code.
        language: of the words that a refusal names.

    Returns:
        The token of the link, shown once.

    Raises:
        InvalidValueError: names what is wrong; ``login_taken`` when somebody has the name.
    """
    wanted = Role(role)
    found = _called(organisation)
    fitting = of_kind(found, wanted)
    if found and not fitting:
        raise InvalidValueError(
            "role_not_for_body",
            organisation=organisation,
            kind=translate(language, f"workbook.people.kind.{found[0].kind}"),
            role=translate(language, f"role.{wanted}"),
        )
    body = _one(fitting, organisation)

    def job(tx: Transaction) -> str:
        return accounts.enter(
            tx, None, login=login, name=name, role=wanted, organisation_id=body.body_id
        )

    try:
        return current().db.write(job)
    except UniqueViolationError:
        raise InvalidValueError("login_taken", field="login", found=login.strip()) from None


def _called(text: str) -> list[Body]:
    return directory(current().db, {text}).find(text)


def _one(found: list[Body], text: str) -> Body:
    if not found:
        raise InvalidValueError("organisation_unknown", found=text)
    if len(found) > 1:
        options = BETWEEN.join(body.exact for body in found[:SHOWN])
        raise InvalidValueError("organisation_ambiguous", found=text, options=options)
    return found[0]


def set_status(login: str, *, active: bool) -> str:
    """Disable an account, its sessions and links end with it; or enable it again.

    Returns:
        The status it has now: ``invited``, ``active`` or ``disabled``.

    Raises:
        InvalidValueError: ``no_such_account``.
    """

    def change(tx: Transaction, account_id: str) -> str:
        accounts.switch(tx, account_id, active=active)
        row = tx.row("select status from account where account_id = :a", a=account_id)
        return str(row["status"]) if row else ""

    return _changed(login, "account.status", {"active": active}, change)


def reset(login: str, *, factor: bool) -> str:
    """Make a password useless (and take the second factor away).

    Returns:
        The token of the link by which the person chooses a new password, shown once.

    Raises:
        InvalidValueError: ``no_such_account``, or ``account_not_active``.
    """

    def change(tx: Transaction, account_id: str) -> str:
        return accounts.new_link(tx, account_id, account_log.SYSTEM, factor=factor)

    return _changed(login, "account.reset", {"second_factor": factor}, change)


def _changed(
    login: str,
    action: str,
    body: Mapping[str, object],
    change: Callable[[Transaction, str], T],
) -> T:
    """Find an account by its sign-in name, change it, note it, in one transaction."""

    def job(tx: Transaction) -> T:
        rows = tx.rows(
            "select a.account_id, m.organisation_id from account a"
            " join membership m on m.account_id = a.account_id"
            " where a.login = :l and a.status <> 'anonymised' order by m.role, m.organisation_id",
            l=login.strip(),
        )
        if not rows:
            raise InvalidValueError("no_such_account", found=login.strip())
        account_id = rows[0]["account_id"]
        done = change(tx, account_id)
        for chain in sorted({row["organisation_id"] for row in rows}):
            account_log.note(tx, None, account_id, action, body, chain=chain, system=True)
        return done

    return current().db.write(job)
