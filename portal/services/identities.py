"""Identities of a sign-in service: whose account it is when the service vouches for somebody.

An identity is a pair of issuer and subject; it opens one account, which must exist already. The
administrator links it, or, where the installation says so, its first sign-in does by a claim that
equals the sign-in name. The log names the service and never the subject, which is a person's.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from portal.config import settings
from portal.domain.people import Action, Scope, User
from portal.errors import InvalidValueError, NotAllowedError
from portal.services import account_log, rights, sessions
from portal.services.account_log import Place
from portal.services.context import current, local_time
from portal.store.database import Row, Transaction

LONGEST = 255
"""Characters of a subject by OpenID Connect Core, section 2; as many are enough for an issuer."""

VOUCHED = frozenset({"email", "phone_number"})
"""Claims that say who somebody is only when the service has checked them itself."""


@dataclass(frozen=True, slots=True)
class Identity:
    """An identity that opens an account."""

    issuer: str
    subject: str
    since: str


def linked(user: User, account_id: str) -> list[Identity]:
    """The identities of an account.

    Raises:
        NotAllowedError: the person is no administrator, or there is no such account.
    """
    _require(user)
    rows = current().db.rows(
        "select i.issuer, i.subject, i.linked_at from account a"
        " left join identity i on i.account_id = a.account_id"
        " where a.account_id = :a and a.status <> 'anonymised' order by i.linked_at, i.issuer",
        a=account_id,
    )
    if not rows:
        raise NotAllowedError
    return [
        Identity(row["issuer"], row["subject"], local_time(row["linked_at"]))
        for row in rows
        if row["issuer"]
    ]


def link(user: User, account_id: str, issuer: str, subject: str) -> None:
    """Let an identity open an account.

    Raises:
        NotAllowedError: the person is no administrator, or there is no such account.
        InvalidValueError: names the field; ``identity_taken`` when it opens an account already.
    """
    _require(user)
    issuer, subject = _checked("issuer", issuer), _checked("subject", subject)

    def job(tx: Transaction) -> None:
        account = tx.row(
            "select demo from account where account_id = :a and status <> 'anonymised'",
            a=account_id,
        )
        if account is None:
            raise NotAllowedError
        if account["demo"]:
            raise InvalidValueError("identity_demo", field="account")
        if not _insert(tx, account_id, issuer, subject):
            raise InvalidValueError("identity_taken", field="subject")
        _note(tx, user, account_id, {"linked": True, "issuer": issuer})

    current().db.write(job)


def unlink(user: User, account_id: str, issuer: str, subject: str) -> None:
    """Let an identity open an account no more; the sessions of the account end with it.

    Raises:
        NotAllowedError: the person is no administrator, or it is not linked.
    """
    _require(user)

    def job(tx: Transaction) -> None:
        gone = tx.rows(
            "delete from identity where issuer = :i and subject = :s and account_id = :a"
            " returning account_id",
            i=issuer,
            s=subject,
            a=account_id,
        )
        if not gone:
            raise NotAllowedError
        # a session does not tell by which way it was opened
        ended = sessions.end_all(tx, account_id, but=user.session)
        body = {"linked": False, "issuer": issuer, "sessions_ended": ended}
        _note(tx, user, account_id, body)

    current().db.write(job)


def _require(user: User) -> None:
    if rights.require(user, Action.MANAGE_PEOPLE) is not Scope.ALL:
        raise NotAllowedError


def _checked(field: str, value: str) -> str:
    value = value.strip()
    if not value or len(value) > LONGEST or not value.isprintable():
        raise InvalidValueError("identity_value", field=field, limit=LONGEST)
    return value


def _insert(tx: Transaction, account_id: str, issuer: str, subject: str) -> bool:
    return bool(
        tx.rows(
            "insert into identity (issuer, subject, account_id, linked_at)"
            " values (:i, :s, :a, :n) on conflict (issuer, subject) do nothing"
            " returning account_id",
            i=issuer,
            s=subject,
            a=account_id,
            n=current().stamp,
        )
    )


def _note(tx: Transaction, user: User | None, account_id: str, body: Mapping[str, object]) -> None:
    held = tx.rows(
        "select distinct organisation_id from membership where account_id = :a"
        " order by organisation_id",
        a=account_id,
    )
    for row in held:
        chain = row["organisation_id"]
        account_log.note(tx, user, account_id, "account.identity", body, chain=chain)


def account_of(tx: Transaction, issuer: str, subject: str) -> Row | None:
    """The account that an identity opens, whatever its status."""
    return tx.row(
        "select a.* from identity i join account a on a.account_id = i.account_id"
        " where i.issuer = :i and i.subject = :s",
        i=issuer,
        s=subject,
    )


def link_by_claim(
    tx: Transaction, issuer: str, subject: str, claims: Mapping[str, object]
) -> Row | None:
    """Link an identity at its first sign-in, where the installation has named a claim for it.

    The claim must equal the sign-in name of an active account that has no identity of this
    service yet: a name that the service gives to somebody else later opens nothing.

    Returns:
        The account, or None when no claim is named or no account fits.
    """
    name = settings().oidc_claim
    login = _vouched(name, claims) if name else ""
    if not login:
        return None
    tx.lock(f"identity {issuer}")  # two first sign-ins of one name must not both be linked
    if earlier := account_of(tx, issuer, subject):  # linked while this one waited
        return earlier
    account = tx.row(
        "select a.* from account a where a.login = :l and a.status = 'active' and a.demo = 0"
        " and not exists (select 1 from identity i where i.account_id = a.account_id"
        " and i.issuer = :i)",
        l=login,
        i=issuer,
    )
    if account is None or not _insert(tx, account["account_id"], issuer, subject):
        return None
    body = {"linked": True, "issuer": issuer, "by": name}
    _note(tx, None, account["account_id"], body)
    return account


def _vouched(name: str, claims: Mapping[str, object]) -> str:
    """The text of a claim; empty when the service does not say that it has checked it."""
    said = claims.get(f"{name}_verified", name not in VOUCHED)
    value = claims.get(name)
    return value if said is True and isinstance(value, str) else ""


def note_refused(place: Place) -> None:
    """Note a sign-in by a service that was not completed: who it was is not known."""
    current().db.write(lambda tx: account_log.note_sign_in(tx, "sign_in.failed", "", place))
