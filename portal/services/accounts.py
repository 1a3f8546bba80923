"""People: who may sign in, for which body, in which roles. Passwords are theirs alone.

An administrator enters anybody; an enterprise its own people. A person gets in by a one-time
link (:mod:`portal.services.invitations`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from portal.domain.ids import new_id
from portal.domain.people import (
    BODY_OF,
    MANAGED_BY,
    SECOND_FACTOR_ROLES,
    Action,
    Role,
    Scope,
    User,
)
from portal.errors import InvalidValueError, NotAllowedError
from portal.services import account_log, invitations, passwords, rights, second_factor, sessions
from portal.services.context import current, local_time
from portal.store.database import Job, Row, T, Transaction, UniqueViolationError

SHORTEST_LOGIN, LONGEST_LOGIN, LONGEST_NAME = 3, 60, 40


MEMBERS = """
select a.account_id, a.login, a.name, a.status, m.role, m.organisation_id,
  coalesce(o.name, e.name) as organisation,
  f.confirmed_at as factor_since,
  (select max(s.seen_at) from session s where s.account_id = a.account_id) as seen_at
from account a join membership m on m.account_id = a.account_id
  left join organisation o on o.organisation_id = m.organisation_id
  left join enterprise e on e.enterprise_id = m.organisation_id
  left join second_factor f on f.account_id = a.account_id
"""


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account in one of its roles, as a list shows it.

    Attributes:
        status: ``invited``, ``active`` or ``disabled``.
        seen: when the person last used the portal; empty if never.
        second_factor: whether one is set up.
    """

    account_id: str
    login: str
    name: str
    role: Role
    organisation_id: str
    organisation: str
    status: str
    seen: str
    second_factor: bool


def list_accounts(user: User) -> list[AccountLine]:
    """The accounts one manages with their roles: all, or those of one's own enterprise."""
    if rights.require(user, Action.MANAGE_PEOPLE) is Scope.ALL:
        return account_lines()
    return account_lines(user.organisation_id)


def account_lines(organisation_id: str | None = None) -> list[AccountLine]:
    """Accounts of one body or of all, for pages that have checked rights and the command line."""
    rows = current().db.rows(
        f"{MEMBERS} where (cast(:o as text) is null or m.organisation_id = :o)"
        " and a.status <> 'anonymised' order by a.login, m.role",
        o=organisation_id,
    )
    return [_line(row) for row in rows]


def _line(row: Row) -> AccountLine:
    return AccountLine(
        row["account_id"],
        row["login"],
        row["name"],
        Role(row["role"]),
        row["organisation_id"],
        row["organisation"] or "",
        row["status"],
        local_time(row["seen_at"]) if row["seen_at"] else "",
        bool(row["factor_since"]),
    )


def roles_to_give(user: User) -> tuple[Role, ...]:
    """Roles that the person may give to others."""
    rights.require(user, Action.MANAGE_PEOPLE)
    return MANAGED_BY[user.role]


def invite(user: User, *, login: str, name: str, role: Role, organisation_id: str) -> str:
    """Enter an account; its person chooses a password by the link.

    Returns:
        The token of the link, shown once.

    Raises:
        NotAllowedError: the role or the body is not the person's to give.
        InvalidValueError: names the field.
    """
    _require_body(user, role, organisation_id)

    def job(tx: Transaction) -> str:
        return enter(tx, user, login=login, name=name, role=role, organisation_id=organisation_id)

    return _written(job, login)


def enter(
    tx: Transaction, user: User | None, *, login: str, name: str, role: Role, organisation_id: str
) -> str:
    """Insert an invited account and make its link; rights are checked, None: by the operator."""
    check_body(tx, role, organisation_id)
    account_id = add_account(
        tx, login=login, name=name, role=role, organisation_id=organisation_id, status="invited"
    )
    body, system = {"role": role}, user is None
    account_log.note(
        tx, user, account_id, "account.create", body, chain=organisation_id, system=system
    )
    return invitations.make(tx, account_id, "invite", user.account_id if user else "")


def _written(job: Job[T], login: str) -> T:
    try:
        return current().db.write(job)
    except UniqueViolationError:
        raise InvalidValueError("login_taken", field="login", found=login.strip()) from None


def _require_body(user: User, role: Role, organisation_id: str) -> None:
    scope = rights.require(user, Action.MANAGE_PEOPLE)
    own = scope is Scope.ALL or organisation_id == user.organisation_id
    if not own or role not in MANAGED_BY[user.role]:
        raise NotAllowedError


def check_body(tx: Transaction, role: Role, organisation_id: str) -> None:
    """Let a role be held in a body of its kind only.

    Raises:
        InvalidValueError: there is no such body, or it is of another kind.
    """
    kind = BODY_OF[role]
    if kind == "enterprise":
        sql = "select enterprise_id from enterprise where enterprise_id = :o"
    else:
        sql = "select organisation_id from organisation where organisation_id = :o and kind = :k"
    if tx.row(sql, o=organisation_id, k=kind) is None:
        raise InvalidValueError("not_a_choice", field="organisation", found=organisation_id)


def add_account(
    tx: Transaction,
    *,
    login: str,
    name: str,
    role: Role,
    organisation_id: str,
    password_hash: str = passwords.UNUSABLE,
    status: str = "active",
    demo: bool = False,
    account_id: str | None = None,
) -> str:
    """Insert an account with its first role; the caller has checked rights."""
    check_words(login, name)
    account_id = account_id or new_id()
    tx.run(
        "insert into account (account_id, login, name, password_hash, language, status, demo,"
        " created_at) values (:i, :l, :n, :p, '', :s, :d, :c)",
        i=account_id,
        l=login.strip(),
        n=name.strip(),
        p=password_hash,
        s=status,
        d=int(demo),
        c=current().stamp,
    )
    add_membership(tx, account_id, role, organisation_id)
    return account_id


def check_words(login: str, name: str) -> None:
    """Check a sign-in name and a name.

    Raises:
        InvalidValueError: names the field.
    """
    login, name = login.strip(), name.strip()
    if not SHORTEST_LOGIN <= len(login) <= LONGEST_LOGIN or not login.isprintable():
        raise InvalidValueError("bad_login", field="login", found=login)
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidValueError("bad_name", field="person", limit=LONGEST_NAME)


def add_membership(tx: Transaction, account_id: str, role: Role, organisation_id: str) -> None:
    """Give an account a role in an organisation."""
    tx.run(
        "insert into membership (account_id, role, organisation_id) values (:a, :r, :o)"
        " on conflict (account_id, role, organisation_id) do nothing",
        a=account_id,
        r=role,
        o=organisation_id,
    )


def _managed(tx: Transaction, user: User, account_id: str) -> list[Row]:
    """The roles of an account that one manages as a whole.

    Raises:
        NotAllowedError: there is none, or somebody else's, or it holds a role above one's own.
    """
    scope = rights.require(user, Action.MANAGE_PEOPLE)
    held = tx.rows(
        "select m.role, m.organisation_id, a.status from membership m"
        " join account a on a.account_id = m.account_id where m.account_id = :a",
        a=account_id,
    )
    if not held or held[0]["status"] == "anonymised":
        raise NotAllowedError
    for row in held:
        own = scope is Scope.ALL or row["organisation_id"] == user.organisation_id
        if not own or Role(row["role"]) not in MANAGED_BY[user.role]:
            raise NotAllowedError
    return held


def _changed(
    user: User,
    account_id: str,
    action: str,
    body: Mapping[str, object],
    change: Job[T],
    chain: str | None = None,
) -> T:
    """Check rights, change, note, in one transaction.

    Noted in the chain of the body that is concerned, else of every body that the person is in.
    """

    def job(tx: Transaction) -> T:
        held = _managed(tx, user, account_id)
        done = change(tx)
        for one in [chain] if chain else sorted({row["organisation_id"] for row in held}):
            account_log.note(tx, user, account_id, action, body, chain=one)
        return done

    return current().db.write(job)


def set_status(user: User, account_id: str, *, active: bool) -> None:
    """Disable an account, its sessions and links end with it; or enable it again."""
    rights.require(user, Action.MANAGE_PEOPLE)
    if account_id == user.account_id:
        raise InvalidValueError("own_account", field="account")

    def change(tx: Transaction) -> None:
        switch(tx, account_id, active=active)

    _changed(user, account_id, "account.status", {"active": active}, change)


def switch(tx: Transaction, account_id: str, *, active: bool) -> None:
    """Disable or enable an account; rights are checked."""
    tx.run(
        "update account set status = case when :active = 0 then 'disabled'"
        " when password_hash = :none and demo = 0 then 'invited' else 'active' end"
        " where account_id = :a",
        active=int(active),
        none=passwords.UNUSABLE,
        a=account_id,
    )
    if not active:
        sessions.end_all(tx, account_id)
        invitations.withdraw(tx, account_id)


def reset(user: User, account_id: str, *, factor: bool = False) -> str:
    """Take a lost password (and second factor) away; the person chooses anew by the link.

    Returns:
        The token of the link, shown once.
    """
    rights.require(user, Action.MANAGE_PEOPLE)
    if account_id == user.account_id:
        raise InvalidValueError("own_account_reset", field="account")

    def change(tx: Transaction) -> str:
        return new_link(tx, account_id, user.account_id, factor=factor)

    return _changed(user, account_id, "account.reset", {"second_factor": factor}, change)


def new_link(tx: Transaction, account_id: str, by: str, *, factor: bool) -> str:
    """Make the old password useless, end the sessions, make a link; rights are checked.

    Raises:
        InvalidValueError: the account is disabled.
    """
    row = tx.row(
        "update account set password_hash = :none where account_id = :a"
        " and status in ('invited', 'active') and demo = 0 returning status",
        none=passwords.UNUSABLE,
        a=account_id,
    )
    if row is None:
        raise InvalidValueError("account_not_active", field="account")
    sessions.end_all(tx, account_id)
    if factor:
        second_factor.forget(tx, account_id)
    return invitations.make(tx, account_id, "invite" if row["status"] == "invited" else "reset", by)


def give_role(user: User, account_id: str, role: Role, organisation_id: str) -> None:
    """Give an account one more role.

    Raises:
        InvalidValueError: ``own_role``: it takes two to make somebody powerful.
    """
    _require_body(user, role, organisation_id)
    if account_id == user.account_id:
        raise InvalidValueError("own_role", field="role")

    def change(tx: Transaction) -> None:
        check_body(tx, role, organisation_id)
        add_membership(tx, account_id, role, organisation_id)
        if role in SECOND_FACTOR_ROLES:
            sessions.end_all(tx, account_id)  # the next sign-in asks for the second factor

    _changed(user, account_id, "account.role", {"given": role}, change, organisation_id)


def take_role(user: User, account_id: str, role: Role, organisation_id: str) -> None:
    """Take a role off an account that has another; sessions in it end at once.

    Raises:
        InvalidValueError: one's own, or the last one (disable the account instead).
    """
    _require_body(user, role, organisation_id)
    if account_id == user.account_id and role == user.role:
        raise InvalidValueError("own_account", field="account")

    def change(tx: Transaction) -> None:
        tx.run(
            "delete from membership where account_id = :a and role = :r and organisation_id = :o",
            a=account_id,
            r=role,
            o=organisation_id,
        )
        if not tx.rows("select role from membership where account_id = :a", a=account_id):
            raise InvalidValueError("last_role", field="role")

    _changed(user, account_id, "account.role", {"taken": role}, change, organisation_id)


def anonymise(user: User, account_id: str) -> None:
    """Remove what says who a person is; what they did stays, by a number without a name.

    The audit log names accounts by their ids and stays as it is; names that were typed into a
    profile or a submission are records of the enterprise and stay too. Cannot be undone.
    """
    rights.require(user, Action.MANAGE_PEOPLE)
    if account_id == user.account_id:
        raise InvalidValueError("own_account", field="account")

    def change(tx: Transaction) -> None:
        # sessions keep their times and lose address and browser
        sessions.end_all(tx, account_id)
        tx.run("update session set address = '', agent = '' where account_id = :a", a=account_id)
        tx.run("delete from invitation where account_id = :a", a=account_id)
        tx.run("delete from identity where account_id = :a", a=account_id)
        second_factor.forget(tx, account_id)
        tx.run(
            "update account set login = account_id, name = '—', password_hash = :none,"
            " status = 'anonymised' where account_id = :a",
            none=passwords.UNUSABLE,
            a=account_id,
        )

    _changed(user, account_id, "account.anonymise", {}, change)
