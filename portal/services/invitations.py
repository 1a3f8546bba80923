"""One-time links: the first password of a new account, and a new one after a reset.

There is no default password anywhere. A link works once and for a limited time; the database
holds its hash.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from portal.errors import PortalError
from portal.services import account_log, passwords, throttle
from portal.services.account_log import Place
from portal.services.context import current, stamp_of
from portal.services.sessions import SignedIn, end_all, token_hash
from portal.services.signing_in import admit
from portal.store.database import Row, Transaction

LASTS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Invitation:
    """Whom a link is for; ``purpose`` is ``invite`` or ``reset``."""

    account_id: str
    login: str
    name: str
    organisation: str
    purpose: str

    @property
    def known(self) -> tuple[str, ...]:
        """What a password must not be made of."""
        return (self.login, self.name, self.organisation)


def make(tx: Transaction, account_id: str, purpose: str, by: str) -> str:
    """A new link for an account; older ones end. The caller has checked rights.

    Returns:
        The token, shown once.
    """
    context = current()
    token = secrets.token_urlsafe(24)
    withdraw(tx, account_id)
    tx.run(
        "insert into invitation (token_sha256, account_id, purpose, created_at, created_by,"
        " expires_at) values (:t, :a, :p, :n, :by, :e)",
        t=token_hash(token),
        a=account_id,
        p=purpose,
        n=context.stamp,
        by=by,
        e=stamp_of(context.now() + LASTS),
    )
    return token


def withdraw(tx: Transaction, account_id: str) -> None:
    """End the links of an account."""
    tx.run(
        "update invitation set used_at = :n where account_id = :a and used_at is null",
        n=current().stamp,
        a=account_id,
    )


VALID = """
select i.account_id, i.purpose, a.login, a.name, coalesce(o.name, e.name, '') as organisation
from invitation i join account a on a.account_id = i.account_id
  left join membership m on m.account_id = a.account_id
  left join organisation o on o.organisation_id = m.organisation_id
  left join enterprise e on e.enterprise_id = m.organisation_id
where i.token_sha256 = :t and i.used_at is null and i.expires_at >= :n
  and a.status in ('invited', 'active') order by m.role
"""


def find(token: str) -> Invitation:
    """Whom a link is for.

    Raises:
        PortalError: ``link_unusable``, the same for unknown, used, expired and withdrawn links.
    """
    row = current().db.row(VALID, t=token_hash(token), n=current().stamp)
    if row is None:
        raise PortalError("link_unusable")
    return _invitation(row)


def _invitation(row: Row) -> Invitation:
    return Invitation(
        row["account_id"], row["login"], row["name"], row["organisation"], row["purpose"]
    )


def accept(token: str, password: str, place: Place | None = None) -> SignedIn:
    """Take the password that a person chose by a link, and sign them in.

    Sessions that were open end; with a link after a reset nobody stays in by the old password.

    Raises:
        PortalError: ``link_unusable``; used in the meantime too.
        InvalidValueError: the password does not hold; the link stays valid.
    """
    invitation = find(token)
    hashed = passwords.hash_new(password, invitation.known)
    context, place = current(), place or Place()

    def job(tx: Transaction) -> SignedIn:
        used = tx.row(
            "update invitation set used_at = :n where token_sha256 = :t and used_at is null"
            " returning account_id",
            n=context.stamp,
            t=token_hash(token),
        )
        account = tx.row(
            "update account set password_hash = :p, status = 'active' where account_id = :a"
            " and status in ('invited', 'active') returning *",
            p=hashed,
            a=invitation.account_id,
        )
        if used is None or account is None:
            raise PortalError("link_unusable")
        throttle.clear(tx, [throttle.LOGIN.of(account["login"])])
        end_all(tx, account["account_id"])
        account_log.note(
            tx, None, account["account_id"], "account.password", {"by": invitation.purpose}
        )
        return admit(tx, account, place, "link")

    return context.db.write(job)
