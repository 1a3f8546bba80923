"""Sessions: who is in front is asked anew on every request, and every session can be ended.

The cookie holds a random token; the database holds its hash. A session before its second factor
is a row of its own that opens nothing; passing it opens a new session under a new token.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from portal.domain.people import SECOND_FACTOR_ROLES, Role, User
from portal.errors import InvalidValueError, NotAllowedError, PortalError
from portal.services import account_log
from portal.services.account_log import Place
from portal.services.context import current, local_time, stamp_of
from portal.store.database import Row, Transaction

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
STRICT_IDLE = timedelta(hours=2)
STRICT_LONGEST = timedelta(hours=12)
"""For roles that see many enterprises or all accounts: a working day, and not over lunch twice."""

UNFINISHED = timedelta(minutes=10)
"""How long a sign-in waits for its second factor."""

SEEN_EVERY = timedelta(minutes=5)


class Stage(StrEnum):
    """How far a sign-in has come."""

    FULL = "full"
    CODE = "code"
    ENROL = "enrol"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: the token for the cookie (only its hash is stored), and what comes next."""

    token: str
    stage: Stage


def token_hash(token: str) -> str:
    """What is stored of a session token, and what names the session inside the portal."""
    return hashlib.sha256(token.encode()).hexdigest()


def lasting(role: Role) -> tuple[timedelta, timedelta]:
    """How long a session in a role may be idle, and how long it lasts at most."""
    return (STRICT_IDLE, STRICT_LONGEST) if role in SECOND_FACTOR_ROLES else (IDLE, LONGEST)


def open_session(tx: Transaction, account_id: str, stage: Stage, place: Place) -> SignedIn:
    """Open a session in the role that the person acted in last; the caller has checked who it is.

    Raises:
        PortalError: ``sign_in_failed`` when the account has no role at all.
    """
    context = current()
    member = tx.row(
        "select m.role, m.organisation_id from membership m where m.account_id = :a"
        " order by coalesce((select max(s.seen_at) from session s where s.account_id = :a"
        " and s.role = m.role and s.organisation_id = m.organisation_id), '') desc, m.role limit 1",
        a=account_id,
    )
    if member is None:
        raise PortalError("sign_in_failed")
    token = secrets.token_urlsafe(32)
    lasts = lasting(Role(member["role"]))[1] if stage is Stage.FULL else UNFINISHED
    tx.run(
        "insert into session (token_sha256, account_id, role, organisation_id, created_at,"
        " seen_at, expires_at, stage, address, agent)"
        " values (:t, :a, :r, :o, :n, :n, :e, :stage, :address, :agent)",
        t=token_hash(token),
        a=account_id,
        r=member["role"],
        o=member["organisation_id"],
        n=context.stamp,
        e=stamp_of(context.now() + lasts),
        stage=stage,
        address=place.address,
        agent=place.agent,
    )
    return SignedIn(token, stage)


USER_SQL = """
select s.token_sha256, s.role, s.organisation_id, s.created_at, s.seen_at, s.expires_at, s.stage,
  a.account_id, a.login, a.name, a.language, coalesce(o.name, e.name) as organisation,
  coalesce(o.area_code, '') as area_code, coalesce(o.sectors, '[]') as sectors
from session s join account a on a.account_id = s.account_id
  join membership m on m.account_id = a.account_id and m.role = s.role
    and m.organisation_id = s.organisation_id
  left join organisation o on o.organisation_id = s.organisation_id
  left join enterprise e on e.enterprise_id = s.organisation_id
where s.token_sha256 = :t and s.ended_at is null and a.status = 'active'
"""


def user_of(session: str) -> User | None:
    """The person of a session, or None when it has ended, expired or lost its role."""
    row = _living(session)
    return _user(row) if row and row["stage"] == Stage.FULL else None


def unfinished(session: str) -> tuple[User, Stage] | None:
    """The person whose sign-in waits for a second factor, and whether it must be set up first.

    Such a person may do nothing yet; services never see this user.
    """
    row = _living(session)
    return (_user(row), Stage(row["stage"])) if row and row["stage"] != Stage.FULL else None


def _living(session: str) -> Row | None:
    context = current()
    row = context.db.row(USER_SQL, t=session)
    if row is None:
        return None
    if not _lives(row):
        return None
    if context.now() - datetime.fromisoformat(row["seen_at"]) > SEEN_EVERY:
        context.db.run(
            "update session set seen_at = :n where token_sha256 = :t", n=context.stamp, t=session
        )
    return row


def _lives(row: Row) -> bool:
    """Whether a session is neither idle too long nor past its end, in the role it is in now."""
    now = current().now()
    idle, longest = lasting(Role(row["role"]))
    end = min(
        datetime.fromisoformat(row["expires_at"]),
        datetime.fromisoformat(row["created_at"]) + longest,  # the role may have been switched
    )
    return now <= end and now - datetime.fromisoformat(row["seen_at"]) <= idle


def _user(row: Row) -> User:
    return User(
        row["account_id"],
        row["login"],
        row["name"],
        Role(row["role"]),
        row["organisation_id"],
        row["organisation"] or "",
        row["area_code"],
        row["language"],
        row["token_sha256"],
        tuple(json.loads(row["sectors"])),
    )


def sign_out(session: str) -> None:
    """End a session for every tab that uses it."""

    def job(tx: Transaction) -> None:
        ended = close(tx, session)
        if ended:
            place = Place(ended["address"], ended["agent"])
            account_log.note_sign_in(tx, "sign_in.out", ended["account_id"], place)

    current().db.write(job)


def replace(session: str) -> None:
    """End a session because its browser has signed in anew; noted with the new one."""
    current().db.write(lambda tx: close(tx, session))


def close(tx: Transaction, session: str) -> Row | None:
    """End a session inside a change that demands it; the row, or None when it had ended."""
    return tx.row(
        "update session set ended_at = :n where token_sha256 = :t and ended_at is null"
        " returning account_id, address, agent",
        n=current().stamp,
        t=session,
    )


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One of a person's open sessions."""

    key: str
    since: str
    seen: str
    address: str
    agent: str
    here: bool


def mine(user: User) -> list[SessionLine]:
    """One's own open sessions, this one first, then the latest used."""
    context = current()
    rows = context.db.rows(
        "select * from session where account_id = :a and ended_at is null and stage = 'full'"
        " and expires_at >= :n and seen_at >= :idle order by seen_at desc",
        a=user.account_id,
        n=context.stamp,
        idle=stamp_of(context.now() - IDLE),
    )
    rows = [row for row in rows if _lives(row)]  # some roles are stricter
    lines = [
        SessionLine(
            _key(row["token_sha256"]),
            local_time(row["created_at"]),
            local_time(row["seen_at"]),
            row["address"],
            row["agent"],
            row["token_sha256"] == user.session,
        )
        for row in rows
    ]
    return sorted(lines, key=lambda line: not line.here)


def _key(stored: str) -> str:
    """What names a session on a page; the stored hash itself never leaves the services."""
    return hashlib.sha256(stored.encode()).hexdigest()[:16]


def end(user: User, key: str) -> None:
    """End one of one's own sessions.

    Raises:
        NotAllowedError: it is not the person's own, or there is none.
    """

    def job(tx: Transaction) -> None:
        found = [
            row["token_sha256"]
            for row in tx.rows(
                "select token_sha256 from session where account_id = :a and ended_at is null",
                a=user.account_id,
            )
            if _key(row["token_sha256"]) == key
        ]
        if not found:
            raise NotAllowedError
        close(tx, found[0])
        account_log.note(tx, user, user.account_id, "account.session_ended", {})

    current().db.write(job)


def end_others(user: User) -> int:
    """End all of one's own sessions but this one; returns how many."""

    def job(tx: Transaction) -> int:
        ended = end_all(tx, user.account_id, but=user.session)
        if ended:
            account_log.note(tx, user, user.account_id, "account.session_ended", {"count": ended})
        return ended

    return current().db.write(job)


def end_all(tx: Transaction, account_id: str, *, but: str = "") -> int:
    """End the sessions of an account, inside a change that demands it."""
    return len(
        tx.rows(
            "update session set ended_at = :n where account_id = :a and ended_at is null"
            " and token_sha256 <> :but returning token_sha256",
            n=current().stamp,
            a=account_id,
            but=but,
        )
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

    def job(tx: Transaction) -> None:
        tx.run(
            "update session set role = :r, organisation_id = :o where token_sha256 = :t",
            r=role,
            o=organisation_id,
            t=user.session,
        )
        body: Mapping[str, object] = {"from": user.role, "to": role}
        account_log.note(tx, user, user.account_id, "account.role_switched", body)

    current().db.write(job)
