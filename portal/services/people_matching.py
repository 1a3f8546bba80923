"""Enterprises and accounts of a workbook beside those that the portal already has.

Reads through a database or through the transaction that is about to write: the same questions are
asked twice, since others may have entered something between the check and the writing.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from unicodedata import normalize

from portal.documents.people_layout import BETWEEN, spelled
from portal.documents.people_reading import AccountRow, EnterpriseRow, PeopleReading
from portal.documents.workbook_cells import CellProblem, Problems
from portal.documents.workbook_layout import Say
from portal.domain.people import BODY_OF, Role
from portal.store.database import Database, Row, Transaction

ENTERPRISE = "enterprise"

CHUNK = 2000
"""Values asked for at once."""

SHOWN = 5
"""Most ids or credit codes that a message names."""


@dataclass(frozen=True, slots=True)
class Body:
    """An enterprise or another body; ``body_id`` is empty for one that is yet to be entered."""

    body_id: str
    kind: str
    name: str
    credit_code: str = ""

    @property
    def exact(self) -> str:
        """What names it when another has the same name."""
        return self.credit_code or self.body_id


@dataclass(slots=True)
class Directory:
    """Bodies by everything that they may be called by."""

    by_key: dict[str, Body] = field(default_factory=dict)
    by_name: dict[str, dict[str, Body]] = field(default_factory=dict)

    def add(self, body: Body, name: str | None = None) -> None:
        """Add a body, or one more name of it."""
        for key in (body.body_id, body.credit_code):
            if key:
                self.by_key[spelled(key)] = body
        self.by_name.setdefault(spelled(name or body.name), {})[body.exact] = body

    def find(self, text: str) -> list[Body]:
        """The bodies that are meant by an id, a credit code or a name."""
        key = spelled(text)
        exact = self.by_key.get(key)
        return [exact] if exact else list(self.by_name.get(key, {}).values())


def of_kind(found: Iterable[Body], role: Role) -> list[Body]:
    """Those whose people may have the role."""
    return [body for body in found if body.kind == BODY_OF[role]]


def directory(source: Database | Transaction, wanted: Collection[str]) -> Directory:
    """The enterprises that are called one of these, and all other bodies."""
    found = Directory()
    for row in source.rows("select organisation_id, kind, name from organisation order by name"):
        found.add(Body(row["organisation_id"], row["kind"], row["name"]))
    for row in _rows(
        source,
        "select enterprise_id, name, credit_code from enterprise"
        " where enterprise_id in ({0}) or credit_code in ({0}) or name in ({0})",
        {spelling for text in wanted for spelling in _spellings(text)},
    ):
        found.add(Body(row["enterprise_id"], ENTERPRISE, row["name"], row["credit_code"]))
    return found


def _spellings(text: str) -> set[str]:
    """The ways in which a name with brackets, or a credit code, may have been stored."""
    narrow = normalize("NFKC", text.strip())
    wide = narrow.replace("(", "（").replace(")", "）")
    return {text.strip(), narrow, wide, narrow.upper(), narrow.lower()}


def _rows(source: Database | Transaction, sql: str, values: Collection[str]) -> Iterator[Row]:
    """Rows of a query for many values, ``{0}`` in it is their list."""
    ordered = sorted(values)
    for start in range(0, len(ordered), CHUNK):
        part = {f"v{number}": text for number, text in enumerate(ordered[start : start + CHUNK])}
        yield from source.rows(sql.format(", ".join(f":{name}" for name in part)), **part)


@dataclass(frozen=True, slots=True)
class Kept:
    """An enterprise of the workbook that the portal has already; it is left as it is."""

    place: str
    name: str
    credit_code: str
    stored_name: str


@dataclass(frozen=True, slots=True)
class Account:
    """An account to enter, and for whom; ``body.body_id`` may be yet to come."""

    row: AccountRow
    role: Role
    body: Body


@dataclass(frozen=True, slots=True)
class Plan:
    """What a workbook would change; with problems nothing of it."""

    new: tuple[EnterpriseRow, ...]
    kept: tuple[Kept, ...]
    accounts: tuple[Account, ...]
    problems: tuple[CellProblem, ...]


def match(source: Database | Transaction, reading: PeopleReading, say: Say) -> Plan:
    """Compare a workbook with what is there.

    Args:
        source: where to read.
        reading: the workbook; its own problems are not repeated.
        say: words of the catalogue.
    """
    wanted = {row.organisation for row in reading.accounts}
    wanted |= {row.profile.credit_code for row in reading.enterprises}
    known = directory(source, wanted - {""})
    new, kept = [], []
    for row in reading.enterprises:
        stored = known.by_key.get(spelled(row.profile.credit_code))
        if stored is None:
            new.append(row)
        else:
            code, name = row.profile.credit_code, row.profile.name
            kept.append(Kept(row.place, name, code, stored.name))
    for name, code in reading.named:
        stored = known.by_key.get(spelled(code)) if code else None
        known.add(stored or Body("", ENTERPRISE, name, code), name)
    logins = {row.login for row in reading.accounts} - {""}
    sql = "select login from account where login in ({0})"
    taken = {row["login"] for row in _rows(source, sql, logins)}
    problems = Problems(say)
    matched = [_account(row, known, taken, problems, reading) for row in reading.accounts]
    return Plan(
        tuple(new),
        tuple(kept),
        tuple(account for account in matched if account),
        tuple(problems.found),
    )


def _account(
    row: AccountRow,
    known: Directory,
    taken: Collection[str],
    problems: Problems,
    reading: PeopleReading,
) -> Account | None:
    """An account with the body it belongs to; None when a cell of it is wrong."""
    say, sheet = problems.say, reading.sheets["accounts"]
    if row.login in taken:
        expected = say("workbook.expected.people.another_login")
        problems.add(sheet, row.places["login"], "people.login_taken", row.login, expected)
    if not row.organisation:
        return None
    found, place = known.find(row.organisation), row.places["organisation"]
    fitting = of_kind(found, row.role) if row.role else found
    expected = say("workbook.expected.people.known")
    if not found:
        problems.add(sheet, place, "people.organisation_unknown", row.organisation, expected)
    elif row.role and not fitting:
        kind = found[0].kind
        options = [say(f"role.{role}") for role, of in BODY_OF.items() if of == kind]
        problems.add(
            sheet,
            row.places["role"],
            "people.role_not_for_body",
            say(f"role.{row.role}"),
            BETWEEN.join(options),
            organisation=row.organisation,
            kind=say(f"workbook.people.kind.{kind}"),
            options=BETWEEN.join(options),
        )
    elif len(fitting) > 1:
        options = [body.exact for body in fitting[:SHOWN]]
        problems.add(
            sheet,
            place,
            "people.organisation_ambiguous",
            row.organisation,
            expected,
            options=BETWEEN.join(options),
        )
    elif row.role:
        return Account(row, row.role, fitting[0])
    return None
