"""Accounts, passwords and sessions; who is signed in is asked anew on every request."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from portal.domain.ids import new_id
from portal.domain.people import ENTERPRISE_ROLES, Action, Role, User
from portal.errors import InvalidValueError, PortalError
from portal.services import rights
from portal.services.context import current
from portal.store.audit import AuditEntry, append
from portal.store.database import Job, Row, Transaction, UniqueViolationError

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
TRIES = 5
"""Wrong passwords before an account waits; each further one doubles the wait, up to an hour."""
LONGEST_WAIT = timedelta(hours=1)
SHORTEST_PASSWORD = 10
SEEN_EVERY = timedelta(minutes=5)

_hasher = PasswordHasher()
_NOBODY = _hasher.hash(secrets.token_hex(16))
"""Verified when there is no such account, so that the time taken does not tell."""

UNUSABLE = "!"
"""Stored where an account has no password (demonstration accounts)."""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account of the demonstration district, offered on the sign-in page."""

    account_id: str
    name: str
    role: Role
    organisation: str


def token_hash(token: str) -> str:
    """What is stored of a session token, and what names the session inside the portal."""
    return hashlib.sha256(token.encode()).hexdigest()


def hash_password(password: str) -> str:
    """Hash a password with argon2id.

    Raises:
        InvalidValueError: too short.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidValueError("password_short", field="password", least=SHORTEST_PASSWORD)
    return _hasher.hash(password)


def sign_in(login: str, password: str) -> str:
    """Check a password and open a session.

    Returns:
        The session token for the cookie; only its hash is stored.

    Raises:
        PortalError: ``sign_in_failed``, the same for a wrong name, a wrong password and a
            disabled account; ``sign_in_locked`` while the account waits.
    """
    context = current()
    account = context.db.row("select * from account where login = :login", login=login.strip())
    if account and account["locked_until"] and account["locked_until"] > context.stamp:
        raise PortalError("sign_in_locked")
    stored = account["password_hash"] if account else _NOBODY
    if not _matches(stored, password) or account is None or account["status"] != "active":
        if account:
            context.db.write(lambda tx: _note_failure(tx, account, context.now()))
        raise PortalError("sign_in_failed")
    return _open_session(account)


def sign_in_demo(account_id: str) -> str:
    """Open a session for a demonstration account, only while the demonstration is loaded.

    Raises:
        PortalError: ``sign_in_failed``.
    """
    account = current().db.row(
        "select * from account where account_id = :a and demo = 1 and status = 'active'",
        a=account_id,
    )
    if account is None:
        raise PortalError("sign_in_failed")
    return _open_session(account)


def _matches(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False


def _note_failure(tx: Transaction, account: Row, now: datetime) -> None:
    # counted in the database, so that tries at the same moment are all counted
    sql = "update account set failed_count = failed_count + 1 where account_id = :a returning *"
    row = tx.row(sql, a=account["account_id"])
    further = row["failed_count"] - TRIES if row else -1
    if further >= 0:
        wait = min(LONGEST_WAIT, timedelta(seconds=30) * 2 ** min(further, 10))
        tx.run(
            "update account set locked_until = :l where account_id = :a",
            l=(now + wait).astimezone(UTC).isoformat(timespec="seconds"),
            a=account["account_id"],
        )


def _open_session(account: Row) -> str:
    context = current()
    token = secrets.token_urlsafe(32)
    member = context.db.row(
        "select role, organisation_id from membership where account_id = :a order by role",
        a=account["account_id"],
    )
    if member is None:
        raise PortalError("sign_in_failed")
    expires = (context.now() + LONGEST).isoformat(timespec="seconds")

    def job(tx: Transaction) -> None:
        tx.run(
            "update account set failed_count = 0, locked_until = null where account_id = :a",
            a=account["account_id"],
        )
        tx.run(
            "insert into session (token_sha256, account_id, role, organisation_id, created_at,"
            " seen_at, expires_at) values (:t, :a, :r, :o, :n, :n, :e)",
            t=token_hash(token),
            a=account["account_id"],
            r=member["role"],
            o=member["organisation_id"],
            n=context.stamp,
            e=expires,
        )

    context.db.write(job)
    return token


USER_SQL = """
select s.token_sha256, s.role, s.organisation_id, s.seen_at, s.expires_at,
  a.account_id, a.login, a.name, a.language, coalesce(o.name, e.name) as organisation,
  coalesce(o.area_code, '') as area_code
from session s join account a on a.account_id = s.account_id
  join membership m on m.account_id = a.account_id and m.role = s.role
    and m.organisation_id = s.organisation_id
  left join organisation o on o.organisation_id = s.organisation_id
  left join enterprise e on e.enterprise_id = s.organisation_id
where s.token_sha256 = :t and s.ended_at is null and a.status = 'active'
"""


def user_of(session: str) -> User | None:
    """The person of a session, or None when it has ended, expired or lost its role."""
    context = current()
    row = context.db.row(USER_SQL, t=session)
    if row is None:
        return None
    now = context.now()
    seen = datetime.fromisoformat(row["seen_at"])
    if now > datetime.fromisoformat(row["expires_at"]) or now - seen > IDLE:
        return None
    if now - seen > SEEN_EVERY:
        context.db.run(
            "update session set seen_at = :n where token_sha256 = :t", n=context.stamp, t=session
        )
    return User(
        row["account_id"],
        row["login"],
        row["name"],
        Role(row["role"]),
        row["organisation_id"],
        row["organisation"] or "",
        row["area_code"],
        row["language"],
        session,
    )


def sign_out(session: str) -> None:
    """End a session for every tab that uses it."""
    context = current()
    context.db.run(
        "update session set ended_at = :n where token_sha256 = :t", n=context.stamp, t=session
    )


def roles_of(user: User) -> list[tuple[Role, str, str]]:
    """Roles the person can act in: role, organisation id, organisation name."""
    rows = current().db.rows(
        "select m.role, m.organisation_id, coalesce(o.name, e.name) as organisation"
        " from membership m left join organisation o on o.organisation_id = m.organisation_id"
        " left join enterprise e on e.enterprise_id = m.organisation_id"
        " where m.account_id = :a order by m.role",
        a=user.account_id,
    )
    return [(Role(r["role"]), r["organisation_id"], r["organisation"] or "") for r in rows]


def switch_role(user: User, role: Role, organisation_id: str) -> None:
    """Act in another of one's own roles from now on, in this session."""
    if (role, organisation_id) not in {(r, o) for r, o, _ in roles_of(user)}:
        raise InvalidValueError("not_a_choice", field="role", found=role)
    current().db.run(
        "update session set role = :r, organisation_id = :o where token_sha256 = :t",
        r=role,
        o=organisation_id,
        t=user.session,
    )


def demo_accounts() -> list[DemoAccount]:
    """The demonstration accounts; empty in a real installation."""
    rows = current().db.rows(
        "select a.account_id, a.name, m.role, coalesce(o.name, e.name) as organisation"
        " from account a join membership m on m.account_id = a.account_id"
        " left join organisation o on o.organisation_id = m.organisation_id"
        " left join enterprise e on e.enterprise_id = m.organisation_id"
        " where a.demo = 1 and a.status = 'active' order by a.account_id, m.role"
    )
    return [
        DemoAccount(r["account_id"], r["name"], Role(r["role"]), r["organisation"] or "")
        for r in rows
    ]


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account in the administrator's list."""

    account_id: str
    login: str
    name: str
    role: Role
    organisation: str
    status: str


def list_accounts(user: User) -> list[AccountLine]:
    """All accounts with their roles."""
    rights.require(user, Action.MANAGE_ACCOUNTS)
    return account_lines()


def account_lines() -> list[AccountLine]:
    """All accounts, for the administrator's page and the command line."""
    rows = current().db.rows(
        "select a.account_id, a.login, a.name, a.status, m.role,"
        " coalesce(o.name, e.name) as organisation"
        " from account a join membership m on m.account_id = a.account_id"
        " left join organisation o on o.organisation_id = m.organisation_id"
        " left join enterprise e on e.enterprise_id = m.organisation_id order by a.login, m.role"
    )
    return [
        AccountLine(
            r["account_id"],
            r["login"],
            r["name"],
            Role(r["role"]),
            r["organisation"] or "",
            r["status"],
        )
        for r in rows
    ]


def create_account(user: User, *, login: str, name: str, role: Role, organisation_id: str) -> str:
    """Create an account with a one-time password that is shown once.

    Returns:
        The password; only its hash is stored.
    """
    rights.require(user, Action.MANAGE_ACCOUNTS)
    password = secrets.token_urlsafe(9)
    context = current()

    def job(tx: Transaction) -> None:
        kind = "enterprise" if role in ENTERPRISE_ROLES else "organisation"
        known = tx.row(
            f"select {kind}_id from {kind} where {kind}_id = :o",  # noqa: S608 - two fixed names
            o=organisation_id,
        )
        if known is None:
            raise InvalidValueError("not_a_choice", field="organisation", found=organisation_id)
        add_account(
            tx,
            login=login,
            name=name,
            role=role,
            organisation_id=organisation_id,
            password_hash=hash_password(password),
        )
        append(
            tx,
            AuditEntry(
                user.organisation_id,
                context.stamp,
                user.name,
                user.role,
                "account.create",
                login,
                {"role": role, "name": name},
            ),
        )

    _write_account(job, login)
    return password


def _write_account(job: Job[None], login: str) -> None:
    try:
        current().db.write(job)
    except UniqueViolationError:
        raise InvalidValueError("login_taken", field="login", found=login) from None


def add_account(
    tx: Transaction,
    *,
    login: str,
    name: str,
    role: Role,
    organisation_id: str,
    password_hash: str,
    demo: bool = False,
    account_id: str | None = None,
) -> str:
    """Insert an account with its first role; the caller has checked rights."""
    if not 3 <= len(login.strip()) <= 60 or not name.strip():
        raise InvalidValueError("bad_login", field="login", found=login)
    account_id = account_id or new_id()
    tx.run(
        "insert into account (account_id, login, name, password_hash, language, status, demo,"
        " failed_count, created_at) values (:i, :l, :n, :p, '', 'active', :d, 0, :c)",
        i=account_id,
        l=login.strip(),
        n=name.strip(),
        p=password_hash,
        d=int(demo),
        c=current().stamp,
    )
    add_membership(tx, account_id, role, organisation_id)
    return account_id


def add_membership(tx: Transaction, account_id: str, role: Role, organisation_id: str) -> None:
    """Give an account a role in an organisation."""
    tx.run(
        "insert into membership (account_id, role, organisation_id) values (:a, :r, :o)",
        a=account_id,
        r=role,
        o=organisation_id,
    )


def set_status(user: User, account_id: str, *, active: bool) -> None:
    """Enable or disable an account; its sessions end with it."""
    rights.require(user, Action.MANAGE_ACCOUNTS)
    if account_id == user.account_id and not active:
        raise InvalidValueError("own_account", field="account")
    context = current()

    def job(tx: Transaction) -> None:
        tx.run(
            "update account set status = :s where account_id = :a",
            s="active" if active else "disabled",
            a=account_id,
        )
        if not active:
            tx.run(
                "update session set ended_at = :n where account_id = :a and ended_at is null",
                n=context.stamp,
                a=account_id,
            )
        append(
            tx,
            AuditEntry(
                user.organisation_id,
                context.stamp,
                user.name,
                user.role,
                "account.status",
                account_id,
                {"active": active},
            ),
        )

    context.db.write(job)
