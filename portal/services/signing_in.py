"""Signing in: by password, by a click in the demonstration, by a link, by a sign-in service."""

from collections.abc import Mapping
from dataclasses import dataclass

from portal.config import settings
from portal.domain.people import SECOND_FACTOR_ROLES, Role, User
from portal.errors import InvalidValueError, PortalError
from portal.services import account_log, identities, passwords, throttle
from portal.services.account_log import Place
from portal.services.context import current
from portal.services.sessions import SignedIn, Stage, end_all, open_session
from portal.store.database import Row, Transaction


def sign_in(login: str, password: str, place: Place | None = None) -> SignedIn:
    """Check a password and open a session.

    Raises:
        PortalError: ``sign_in_failed``, the same for a wrong name, a wrong password and an account
            that is not active; ``sign_in_wait`` while the name or the address waits, which does
            not tell either whether there is such an account.
    """
    context, place = current(), place or Place()
    keys = [throttle.LOGIN.of(login), *_address(place)]
    account = context.db.row("select * from account where login = :login", login=login.strip())
    known = account["account_id"] if account else ""
    try:
        throttle.check(keys)
    except PortalError:
        context.db.write(lambda tx: account_log.note_sign_in(tx, "sign_in.waiting", known, place))
        raise
    right = passwords.matches(account["password_hash"] if account else None, password)
    if account is None or not right or account["status"] != "active":
        context.db.write(lambda tx: _refuse(tx, keys, known, place))
        raise PortalError("sign_in_failed")
    renewed = passwords.rehashed(account["password_hash"], password)

    def job(tx: Transaction) -> SignedIn | None:
        if renewed:
            tx.run(
                "update account set password_hash = :new where account_id = :a"
                " and password_hash = :old",
                new=renewed,
                a=known,
                old=account["password_hash"],
            )
        now = tx.row("select * from account where account_id = :a", a=known)
        same = (account["password_hash"], renewed)
        if now is None or now["status"] != "active" or now["password_hash"] not in same:
            _refuse(tx, keys, known, place)  # reset or disabled while the password was hashed
            return None
        throttle.clear(tx, [throttle.LOGIN.of(login)])
        return admit(tx, now, place, "password")

    opened = context.db.write(job)
    if opened is None:
        raise PortalError("sign_in_failed")
    return opened


def confirm_password(user: User, password: str, place: Place) -> None:
    """Ask a signed-in person for the password again, before what a borrowed screen must not do.

    Raises:
        PortalError: ``password_wrong`` or ``sign_in_wait``.
    """
    keys = [throttle.LOGIN.of(user.login), *_address(place)]
    throttle.check(keys)
    row = current().db.row(
        "select password_hash from account where account_id = :a", a=user.account_id
    )
    if row is None or not passwords.matches(row["password_hash"], password):
        current().db.write(lambda tx: _refuse(tx, keys, user.account_id, place))
        raise PortalError("password_wrong")


def change_password(user: User, old: str, new: str, place: Place) -> SignedIn:
    """Choose another password; all sessions end, and this one goes on under a new token.

    Raises:
        PortalError: ``password_wrong`` or ``sign_in_wait``.
        InvalidValueError: the new one does not hold.
    """
    confirm_password(user, old, place)
    if old == new:
        raise InvalidValueError("password_same", field="password")
    hashed = passwords.hash_new(new, (user.login, user.name, user.organisation))

    def job(tx: Transaction) -> SignedIn:
        tx.run(
            "update account set password_hash = :p where account_id = :a",
            p=hashed,
            a=user.account_id,
        )
        body = {"by": "self", "sessions_ended": end_all(tx, user.account_id) - 1}
        account_log.note(tx, user, user.account_id, "account.password", body)
        return open_session(tx, user.account_id, Stage.FULL, place)

    return current().db.write(job)


def _address(place: Place) -> list[str]:
    return [throttle.ADDRESS.of(place.address)] if place.address else []


def _refuse(tx: Transaction, keys: list[str], account_id: str, place: Place) -> None:
    throttle.fail(tx, keys)
    account_log.note_sign_in(tx, "sign_in.failed", account_id, place)


def admit(tx: Transaction, account: Row, place: Place, by: str) -> SignedIn:
    """Open a session for somebody who has shown who they are by one factor."""
    stage = next_stage(tx, account)
    signed_in = open_session(tx, account["account_id"], stage, place)
    if stage is Stage.FULL:
        account_log.note_sign_in(tx, "sign_in.ok", account["account_id"], place, by)
    return signed_in


def next_stage(tx: Transaction, account: Row) -> Stage:
    """What is still asked of a person after the first factor."""
    if account["demo"]:
        return Stage.FULL  # opened by a click, with invented data alone
    factor = tx.row(
        "select confirmed_at from second_factor where account_id = :a", a=account["account_id"]
    )
    if factor and factor["confirmed_at"]:
        return Stage.CODE
    held = tx.rows("select role from membership where account_id = :a", a=account["account_id"])
    return Stage.ENROL if needs_second_factor({Role(r["role"]) for r in held}) else Stage.FULL


def needs_second_factor(roles: set[Role]) -> bool:
    """Whether one of the roles may not be opened by a password alone."""
    return settings().second_factor == "required" and bool(roles & SECOND_FACTOR_ROLES)


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account of the demonstration district, offered on the sign-in page."""

    account_id: str
    name: str
    role: Role
    organisation: str


def demo_accounts() -> list[DemoAccount]:
    """The demonstration accounts; empty in a real installation."""
    rows = current().db.rows(
        "select a.account_id, a.name, m.role, coalesce(o.name, e.name, '') as organisation"
        " from account a join membership m on m.account_id = a.account_id"
        " left join organisation o on o.organisation_id = m.organisation_id"
        " left join enterprise e on e.enterprise_id = m.organisation_id"
        " where a.demo = 1 and a.status = 'active' order by a.account_id, m.role"
    )
    return [
        DemoAccount(r["account_id"], r["name"], Role(r["role"]), r["organisation"]) for r in rows
    ]


def is_demo(user: User) -> bool:
    """Whether one's own account belongs to the demonstration and is opened by a click."""
    row = current().db.row("select demo from account where account_id = :a", a=user.account_id)
    return bool(row and row["demo"])


def sign_in_demo(account_id: str, place: Place | None = None) -> SignedIn:
    """Open a session for a demonstration account, only while the demonstration is loaded.

    Raises:
        PortalError: ``sign_in_failed``.
    """

    def job(tx: Transaction) -> SignedIn:
        account = tx.row(
            "select * from account where account_id = :a and demo = 1 and status = 'active'",
            a=account_id,
        )
        if account is None:
            raise PortalError("sign_in_failed")
        return admit(tx, account, place or Place(), "demo")

    return current().db.write(job)


def sign_in_by_identity(
    issuer: str,
    subject: str,
    place: Place | None = None,
    claims: Mapping[str, object] | None = None,
) -> SignedIn:
    """Open a session for somebody whom a sign-in service has vouched for.

    Only an account that was linked to this identity before, or that is linked now by one of its
    claims where the installation says so; the service's own second factor stands for ours.

    Raises:
        PortalError: ``identity_unknown``: no account is linked, or it is not active.
    """
    place = place or Place()

    def job(tx: Transaction) -> SignedIn | None:
        account = identities.account_of(tx, issuer, subject)
        if account is None:
            account = identities.link_by_claim(tx, issuer, subject, claims or {})
        known = account["account_id"] if account else ""
        if account is None or account["status"] != "active" or account["demo"]:
            account_log.note_sign_in(tx, "sign_in.failed", known, place)
            return None
        account_log.note_sign_in(tx, "sign_in.ok", known, place, "service")
        return open_session(tx, known, Stage.FULL, place)

    found = current().db.write(job)
    if found is None:
        raise PortalError("identity_unknown")
    return found
