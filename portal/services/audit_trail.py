"""The audit log for people to read: of an enterprise, of accounts, of one's own sign-ins.

The log holds account ids; names are looked up when it is read, so that a person can be anonymised
while the chain stays as it was written.
"""

from dataclasses import dataclass, replace

from portal.domain import masking
from portal.domain.people import Action, Scope, User
from portal.errors import NotAllowedError
from portal.i18n import catalogue
from portal.services import log_words, rights
from portal.services.account_log import SIGN_IN
from portal.services.context import current, local_time
from portal.store.audit import broken_links
from portal.store.database import Row

PAGE = 50
ATTEMPTS = 8
EXPORTED = 100_000
"""Rows of one export; a workbook holds a million, a person reads far fewer."""

ENTERPRISE_KINDS = ("self", "review", "nonconformity", "profile", "accounts")
ACCOUNT_KINDS = ("accounts", "sign_in", "settings")

KIND_SQL = {
    "self": "l.action like 'self.%'",
    "review": "l.action like 'review.%'",
    "nonconformity": "(l.action like 'nonconformity.%' or l.action like 'evidence.%')",
    "profile": "(l.action like 'profile.%' or l.action like 'performance.%'"
    " or l.action like 'enterprise.%')",
    "accounts": "substr(l.action, 1, 8) = 'account.'",
    "sign_in": f"l.enterprise_id = '{SIGN_IN}'",
    "settings": "(l.enterprise_id in (select organisation_id from organisation)"
    " and substr(l.action, 1, 8) <> 'account.')",
}
OWN_ENTRIES = """(l.action like 'self.%' or l.action in ('review.open', 'review.submit',
  'review.settle', 'review.regrade') or l.action like 'nonconformity.%'
  or l.action like 'evidence.%' or l.action like 'profile.%' or l.action like 'performance.%'
  or l.action like 'enterprise.%' or l.action like 'account.%')"""
AUTHORITY_ENTRIES = """(l.action in ('self.open', 'self.submit', 'self.reopen', 'self.settle',
  'self.regrade', 'review.open', 'review.submit', 'review.settle',
  'review.regrade', 'profile.change', 'enterprise.register')
  or l.action like 'nonconformity.%' or l.action like 'evidence.%')"""
"""What an enterprise and its authority may read, named one by one: what is new stays hidden."""

OF_ACCOUNTS = f"({' or '.join(KIND_SQL[kind] for kind in ACCOUNT_KINDS)})"
"""What an administrator may read: no entry on the business of an enterprise."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What to look for: a kind (empty: all), words, and how many entries to skip."""

    kind: str = ""
    words: str = ""
    skip: int = 0


@dataclass(frozen=True, slots=True)
class LogLine:
    """One entry in words."""

    number: int
    at: str
    who: str
    role: str
    what: str
    subject: str
    detail: str
    hash: str


@dataclass(frozen=True, slots=True)
class LogPage:
    """Entries, latest first; ``more`` when there are older ones that fit."""

    lines: tuple[LogLine, ...]
    total: int
    more: bool


def of_enterprise(user: User, enterprise_id: str, wish: Wish, language: str) -> LogPage:
    """The log of an enterprise: for its own people, and for the authority in its jurisdiction.

    What a sheet held before it was submitted is shown to those alone who score it: nobody reads
    the single answers of a reviewer here, and an authority reads neither answers nor facts that
    were not submitted.
    """
    scope, own = _seen_by(user, enterprise_id)
    return _page(scope, wish, language, masked=not own, chain=enterprise_id)


def _seen_by(user: User, enterprise_id: str) -> tuple[str, bool]:
    """Which entries somebody may read, and whether it is the own enterprise."""
    own = rights.require_enterprise(user, Action.VIEW_LOG, enterprise_id) is Scope.OWN
    seen = OWN_ENTRIES if own else AUTHORITY_ENTRIES
    return f"l.enterprise_id = :chain and {seen}", own


def of_accounts(user: User, wish: Wish, language: str) -> LogPage:
    """What happened to accounts, sign-ins and settings, for the administrator."""
    rights.require(user, Action.VIEW_ACCOUNT_LOG)
    return _page(OF_ACCOUNTS, wish, language)


def export_enterprise(
    user: User, enterprise_id: str, wish: Wish, language: str
) -> tuple[LogLine, ...]:
    """All entries that fit, for an export; that of an authority leaves without names."""
    scope, own = _seen_by(user, enterprise_id)
    lines = _lines(scope, wish, language, EXPORTED, masked=not own, chain=enterprise_id)
    if own:
        return lines
    return tuple(replace(line, who=masking.mask_name(line.who)) for line in lines)


def export_accounts(user: User, wish: Wish, language: str) -> tuple[LogLine, ...]:
    """All entries that fit, for an export; network addresses leave without their end."""
    rights.require(user, Action.VIEW_ACCOUNT_LOG)
    return _lines(OF_ACCOUNTS, wish, language, EXPORTED, masked=True)


def first_broken(user: User, enterprise_id: str) -> int | None:
    """Number of the first entry that does not hang on the one before; None: the log is whole."""
    rights.require_enterprise(user, Action.VIEW_LOG, enterprise_id)
    return next(iter(broken_links(current().db, enterprise_id)), None)


def name_of(user: User, enterprise_id: str) -> str:
    """Name of an enterprise whose log one may read."""
    rights.require_enterprise(user, Action.VIEW_LOG, enterprise_id)
    row = current().db.row("select name from enterprise where enterprise_id = :e", e=enterprise_id)
    if row is None:
        raise NotAllowedError
    return str(row["name"])


def attempts(user: User, language: str) -> tuple[LogLine, ...]:
    """The latest attempts to sign in to one's own account."""
    return _lines(
        "l.enterprise_id = :chain and l.subject = :own",
        Wish(),
        language,
        ATTEMPTS,
        chain=SIGN_IN,
        own=user.account_id,
    )


# ------------------------------------------------------------------ reading


def _where(scope: str, wish: Wish) -> tuple[str, dict[str, object]]:
    parts, values = [scope], dict[str, object]()
    if wish.kind in KIND_SQL:
        parts.append(KIND_SQL[wish.kind])
    if wish.words.strip():
        parts.append("(a.name like :words or s.name like :words or l.subject like :words"
                     " or l.body like :words)")  # fmt: skip
        values["words"] = f"%{wish.words.strip()}%"
    return " and ".join(parts), values


FROM = """
from audit l left join account a on a.account_id = l.actor
  left join account s on s.account_id = l.subject
"""


def _page(
    scope: str, wish: Wish, language: str, *, masked: bool = False, **values: object
) -> LogPage:
    where, words = _where(scope, wish)
    row = current().db.row(f"select count(*) as n {FROM} where {where}", **values, **words)
    total = int(row["n"]) if row else 0
    lines = _lines(scope, wish, language, PAGE, masked=masked, **values)
    return LogPage(lines, total, wish.skip + len(lines) < total)


def _lines(
    scope: str, wish: Wish, language: str, most: int, *, masked: bool = False, **values: object
) -> tuple[LogLine, ...]:
    where, words = _where(scope, wish)
    rows = current().db.rows(
        "select l.*, a.name as who, a.status as who_status, s.name as whom,"
        f" s.status as whom_status {FROM} where {where}"
        " order by l.at desc, l.enterprise_id, l.seq desc limit :most offset :skip",
        most=most,
        skip=wish.skip,
        **values,
        **words,
    )
    return tuple(_line(row, language, masked=masked) for row in rows)


def _line(row: Row, language: str, *, masked: bool) -> LogLine:
    texts = catalogue(language)
    return LogLine(
        row["seq"],
        local_time(row["at"], seconds=True),
        log_words.person(row["who"], row["who_status"], row["actor"], language),
        texts.get(f"role.{row['role']}", ""),
        texts.get(f"action.{row['action']}", row["action"]),
        log_words.subject(row, language),
        log_words.detail(row["action"], row["body"], language, masked=masked),
        row["hash"],
    )
