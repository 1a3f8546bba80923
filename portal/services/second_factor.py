"""The second factor: one-time codes by an app (TOTP, RFC 6238), and recovery codes.

A code counts once. The secret is stored encrypted; recovery codes, long random ones, as hashes.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import TypeVar

import pyotp
import segno

from portal.domain.people import User
from portal.errors import InvalidValueError, PortalError
from portal.services import account_log, sessions, signing_in, throttle, vault
from portal.services.account_log import Place
from portal.services.context import current
from portal.services.sessions import SignedIn, Stage
from portal.store.database import Job, Transaction

T = TypeVar("T")

STEP = 30
"""Seconds a code is shown."""

DRIFT = 1
"""Codes before and after the present one that count too: clocks differ."""

RECOVERY_CODES = 10
ISSUER = "安标 Anbiao"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an app needs to make codes: the picture to scan, or the secret to type."""

    picture: str
    secret: str


def state(user: User) -> tuple[bool, int]:
    """Whether a second factor is set up, and how many recovery codes are left."""
    db = current().db
    row = db.row(
        "select (select count(*) from second_factor where account_id = :a and confirmed_at is"
        " not null) as factors, (select count(*) from recovery_code where account_id = :a"
        " and used_at is null) as codes",
        a=user.account_id,
    )
    return (bool(row["factors"]), int(row["codes"])) if row else (False, 0)


def required(user: User) -> bool:
    """Whether one of the person's roles demands it."""
    return signing_in.needs_second_factor({role for role, _, _ in sessions.roles_of(user)})


def begin(user: User) -> Enrolment:
    """Offer a secret; asked again before it is confirmed, the same one.

    A factor in use stays in use until the new one is confirmed.
    """

    def job(tx: Transaction) -> str:
        row = tx.row(
            "insert into second_factor (account_id, pending, last_step) values (:a, :s, 0)"
            " on conflict (account_id) do update"
            " set pending = coalesce(second_factor.pending, excluded.pending) returning pending",
            a=user.account_id,
            s=vault.seal(pyotp.random_base32()),
        )
        return str(row["pending"]) if row else ""

    secret = vault.unseal(current().db.write(job))
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.login, issuer_name=ISSUER)
    picture = segno.make(uri, error="m").svg_inline(scale=5, border=3, light="#fff")
    return Enrolment(picture, secret)


def confirm(
    user: User, code: str, password: str | None, place: Place
) -> tuple[SignedIn, list[str]]:
    """Set up the factor by its first code; opens a new session and ends all others.

    Args:
        user: the person, signed in or in the middle of signing in.
        code: from the app.
        password: asked of somebody who is signed in already, None in the middle of signing in.
        place: where the request comes from.

    Returns:
        The new session, and the recovery codes, shown once.

    Raises:
        PortalError: ``code_wrong``, ``sign_in_failed`` or ``sign_in_wait``.
    """
    if password is not None:
        # outside the transaction: hashing takes long, and others want to save meanwhile
        signing_in.confirm_password(user, password, place)
    signed_in = password is not None
    return _checked(user, place, lambda tx: _confirm(tx, user, code, place, signed_in=signed_in))


def _confirm(
    tx: Transaction, user: User, code: str, place: Place, *, signed_in: bool
) -> tuple[SignedIn, list[str]] | None:
    row = tx.row("select * from second_factor where account_id = :a", a=user.account_id)
    if row is None or row["pending"] is None:
        return None
    if row["confirmed_at"] and not signed_in:
        return None  # a sign-in that waits for a code cannot replace the factor
    step = _step_of(vault.unseal(row["pending"]), code, 0)
    if step is None:
        return None
    tx.run(
        "update second_factor set secret = pending, pending = null, confirmed_at = :n,"
        " last_step = :s where account_id = :a",
        n=current().stamp,
        s=step,
        a=user.account_id,
    )
    account_log.note(tx, user, user.account_id, "account.second_factor", {"set_up": True})
    codes = _new_codes(tx, user.account_id)
    sessions.end_all(tx, user.account_id)
    account_log.note_sign_in(tx, "sign_in.ok", user.account_id, place, "code")
    return sessions.open_session(tx, user.account_id, Stage.FULL, place), codes


def complete(user: User, code: str, place: Place) -> SignedIn:
    """Finish a sign-in by a code of the app or a recovery code.

    Raises:
        PortalError: ``code_wrong`` or ``sign_in_wait``.
    """

    def job(tx: Transaction) -> SignedIn | None:
        if not _accepts(tx, user.account_id, code):
            return None
        sessions.close(tx, user.session)
        by = "recovery" if _typed(code).startswith("R") else "code"
        account_log.note_sign_in(tx, "sign_in.ok", user.account_id, place, by)
        return sessions.open_session(tx, user.account_id, Stage.FULL, place)

    return _checked(user, place, job)


def renew_codes(user: User, code: str, place: Place) -> list[str]:
    """New recovery codes in place of the old ones; shown once."""

    def job(tx: Transaction) -> list[str] | None:
        if not _accepts(tx, user.account_id, code):
            return None
        account_log.note(tx, user, user.account_id, "account.recovery_codes", {})
        return _new_codes(tx, user.account_id)

    return _checked(user, place, job)


def remove(user: User, code: str, place: Place) -> None:
    """Do without a second factor, where no role demands it.

    Raises:
        InvalidValueError: ``second_factor_required``.
    """
    if required(user):
        raise InvalidValueError("second_factor_required", field="code")

    def job(tx: Transaction) -> bool | None:
        if not _accepts(tx, user.account_id, code):
            return None
        forget(tx, user.account_id)
        account_log.note(tx, user, user.account_id, "account.second_factor", {"set_up": False})
        return True

    _checked(user, place, job)


def forget(tx: Transaction, account_id: str) -> None:
    """Take the factor and the recovery codes off an account; the caller has checked rights."""
    tx.run("delete from second_factor where account_id = :a", a=account_id)
    tx.run("delete from recovery_code where account_id = :a", a=account_id)


def _checked(user: User, place: Place, job: Job[T | None]) -> T:
    """Run a job that gives None for a wrong code; count the failure and refuse then."""
    key = throttle.CODE.of(user.account_id)
    throttle.check([key])

    def counted(tx: Transaction) -> T | None:
        throttle.check([key], tx)  # again, now that no other code can be tried meanwhile
        done = job(tx)
        if done is None:
            throttle.fail(tx, [key])
            account_log.note_sign_in(tx, "sign_in.code_failed", user.account_id, place)
        else:
            throttle.clear(tx, [key])
        return done

    done = current().db.write(counted)
    if done is None:
        raise PortalError("code_wrong")
    return done


def _typed(code: str) -> str:
    """A code without the gaps that people type."""
    return code.replace(" ", "").replace("-", "").upper()


def _accepts(tx: Transaction, account_id: str, code: str) -> bool:
    typed = _typed(code)
    row = tx.row(
        "select * from second_factor where account_id = :a and confirmed_at is not null",
        a=account_id,
    )
    if row is None:
        return False
    if typed.isascii() and typed.isdigit():
        step = _step_of(vault.unseal(row["secret"]), typed, row["last_step"])
        if step is None:
            return False
        # only forwards: two requests with the same code at once, one of them is late
        return bool(
            tx.rows(
                "update second_factor set last_step = :s where account_id = :a"
                " and last_step < :s returning account_id",
                s=step,
                a=account_id,
            )
        )
    return bool(
        tx.rows(
            "update recovery_code set used_at = :n where account_id = :a and code_sha256 = :c"
            " and used_at is null returning account_id",
            n=current().stamp,
            a=account_id,
            c=_code_hash(typed),
        )
    )


def _step_of(secret: str, code: str, last: int) -> int | None:
    """The time step a code belongs to, if it is near the present and later than the last used."""
    now = int(current().now().timestamp()) // STEP
    app = pyotp.TOTP(secret, interval=STEP)
    for step in range(max(now - DRIFT, last + 1), now + DRIFT + 1):
        if hmac.compare_digest(app.at(step * STEP).encode(), code.strip().encode()):
            return step
    return None


def _new_codes(tx: Transaction, account_id: str) -> list[str]:
    tx.run("delete from recovery_code where account_id = :a", a=account_id)
    codes = []
    for _ in range(RECOVERY_CODES):
        # letters first, so that a recovery code is never taken for a code of the app
        code = "R" + secrets.token_hex(14).upper()
        tx.run(
            "insert into recovery_code (account_id, code_sha256) values (:a, :c)",
            a=account_id,
            c=_code_hash(code),
        )
        codes.append("-".join((code[:5], *(code[n : n + 4] for n in range(5, len(code), 4)))))
    return codes


def _code_hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
