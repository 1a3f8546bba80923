"""The schema as named steps; each runs once, in one transaction with the record that it ran.

Rules: ``enterprise_id`` leads every key of tenant data, records are numbered per enterprise, no
sequence, no trigger that correctness needs, so that the tables can be distributed by enterprise.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from portal.store.database import Database, Transaction

FIRST = """
create table area (
  area_code text primary key, parent_code text, level text not null,
  name_zh text not null, name_en text not null);
create table organisation (
  organisation_id text primary key, kind text not null, name text not null,
  area_code text not null, created_at text not null);
create table account (
  account_id text primary key, login text not null unique, name text not null,
  password_hash text not null, language text not null, status text not null,
  demo integer not null, failed_count integer not null, locked_until text,
  created_at text not null);
create table membership (
  account_id text not null references account, role text not null, organisation_id text not null,
  primary key (account_id, role, organisation_id));
create table session (
  token_sha256 text primary key, account_id text not null references account,
  role text not null, organisation_id text not null,
  created_at text not null, seen_at text not null, expires_at text not null, ended_at text);
create table enterprise (
  enterprise_id text primary key, name text not null, credit_code text not null,
  sector text not null, area_code text not null, address text not null, principal text not null,
  contact text not null, staff integer not null, revenue_wan integer not null,
  size_class text not null, size_kind text not null, flags text not null, is_group integer not null,
  version integer not null, created_at text not null, updated_at text not null,
  updated_by text not null);
create table credit_claim (credit_code text primary key, enterprise_id text not null);
create table performance (
  enterprise_id text not null references enterprise, year integer not null,
  facts text not null, version integer not null, updated_at text not null, updated_by text not null,
  primary key (enterprise_id, year));
create table assessment (
  enterprise_id text not null references enterprise, assessment_no integer not null,
  kind text not null, year integer not null,
  scheme text not null, edition text not null, fingerprint text not null,
  sector text not null, area_code text not null, status text not null,
  base_no integer, assessor text, leader text not null, members text not null,
  confirmed_by text, opened_at text not null, opened_by text not null,
  submitted_at text, submitted_by text, seal_no integer not null,
  outcome text, grade text, grade_by_score text, score text, pct10 integer,
  attainable integer, earned integer, deducted integer, not_applicable integer, elements text,
  rev integer not null, version integer not null,
  primary key (enterprise_id, assessment_no));
create unique index assessment_live on assessment (enterprise_id, year, kind, scheme)
  where status <> 'void';
create index assessment_slice on assessment (area_code, year, kind, status, sector, pct10);
create index assessment_assessor on assessment (assessor, status);
create table draft_item (
  enterprise_id text not null, assessment_no integer not null, item_id text not null,
  answer text not null, state text not null, version integer not null, rev integer not null,
  client text not null, seq integer not null, updated_at text not null, updated_by text not null,
  primary key (enterprise_id, assessment_no, item_id),
  foreign key (enterprise_id, assessment_no) references assessment){compact};
create table sealed_sheet (
  enterprise_id text not null, assessment_no integer not null, seal_no integer not null,
  sheet text not null, sha256 text not null, sealed_at text not null, sealed_by text not null,
  primary key (enterprise_id, assessment_no, seal_no));
create table nonconformity (
  enterprise_id text not null references enterprise, nonconformity_no integer not null,
  assessment_no integer not null, source text not null, stream text not null, year integer not null,
  scheme text not null, edition text not null, element_id text not null, item_id text not null,
  lost integer not null, description text not null, sector text not null, area_code text not null,
  status text not null, due_on text not null, opened_at text not null, closed_at text,
  version integer not null,
  primary key (enterprise_id, nonconformity_no));
create unique index nonconformity_once on nonconformity (enterprise_id, assessment_no, item_id);
create index nonconformity_overdue on nonconformity (area_code, due_on, closed_at)
  where closed_at is null;
create table audit (
  enterprise_id text not null, seq integer not null, at text not null, actor text not null,
  role text not null, action text not null, subject text not null, body text not null,
  hash text not null, primary key (enterprise_id, seq)){compact};
create table s_score (
  area_code text not null, year integer not null, kind text not null, sector text not null,
  outcome text not null, pct10 integer not null, n integer not null,
  primary key (area_code, year, kind, sector, outcome, pct10)){compact};
create table s_element (
  area_code text not null, year integer not null, kind text not null, sector text not null,
  scheme text not null, element_id text not null, n integer not null,
  earned bigint not null, attainable bigint not null,
  primary key (area_code, year, kind, sector, scheme, element_id)){compact};
create table dirty (
  area_code text not null, year integer not null, kind text not null,
  primary key (area_code, year, kind));
create table setting (name text primary key, value text not null);
"""

FIRST_SQLITE = """
create trigger audit_no_update before update on audit
  begin select raise(abort, 'the audit log is never changed'); end;
create trigger audit_no_delete before delete on audit
  begin select raise(abort, 'the audit log is never deleted'); end;
"""

PEOPLE = """
alter table session add column stage text not null default 'full';
alter table session add column address text not null default '';
alter table session add column agent text not null default '';
create index session_account on session (account_id, ended_at);
create index membership_organisation on membership (organisation_id);
alter table account drop column failed_count;
alter table account drop column locked_until;
create table invitation (
  token_sha256 text primary key, account_id text not null references account,
  purpose text not null, created_at text not null, created_by text not null,
  expires_at text not null, used_at text);
create index invitation_account on invitation (account_id);
create table second_factor (
  account_id text primary key references account, secret text, pending text,
  confirmed_at text, last_step bigint not null);
create table recovery_code (
  account_id text not null references account, code_sha256 text not null, used_at text,
  primary key (account_id, code_sha256));
create table throttle (
  name text primary key, failures integer not null, noted_at text not null, until text);
create table identity (
  issuer text not null, subject text not null, account_id text not null references account,
  linked_at text not null, primary key (issuer, subject));
create index audit_subject on audit (enterprise_id, subject, seq);
create index audit_account on audit (at) where substr(action, 1, 8) = 'account.';
"""
"""Invitations, second factors, waits after wrong passwords, identities of a sign-in service."""

EVIDENCE = """
create table evidence (
  enterprise_id text not null references enterprise, evidence_no integer not null,
  nonconformity_no integer not null, name text not null, kind text not null,
  size integer not null, sha256 text not null, created_at text not null,
  created_by text not null, removed_at text,
  primary key (enterprise_id, evidence_no));
create index evidence_nonconformity on evidence (enterprise_id, nonconformity_no);
"""
"""Evidence of non-conformities; the bytes lie in a folder, by their SHA-256."""

SECTORS = """
alter table organisation add column sectors text not null default '[]';
"""
"""What an authority is responsible for; none: for every sector."""

MIGRATIONS: Sequence[tuple[str, str, str]] = (
    ("001_first", FIRST, FIRST_SQLITE),
    ("002_people", PEOPLE, ""),
    ("003_evidence", EVIDENCE, ""),
    ("004_sectors", SECTORS, ""),
)
"""Name, statements for both engines, further statements for SQLite only."""

LOCK = "migration"
"""Two processes that start together must not both migrate."""


def migrate(db: Database, upto: str | None = None) -> list[str]:
    """Bring the schema up to date.

    Args:
        db: the database.
        upto: stop after this migration, for tests of older schemas.

    Returns:
        The names of the migrations that ran.
    """
    db.write(_begin)
    ran = []
    for name, both, sqlite_only in MIGRATIONS:
        if db.write(
            lambda tx, name=name, both=both, only=sqlite_only: _apply(  # type: ignore[misc]
                tx, db.engine, name, both, only
            )
        ):
            ran.append(name)
        if name == upto:
            break
    return ran


def _begin(tx: Transaction) -> None:
    tx.lock(LOCK)
    tx.run("create table if not exists migration (name text primary key, at text not null)")


def _apply(tx: Transaction, engine: str, name: str, both: str, sqlite_only: str) -> bool:
    tx.lock(LOCK)
    if tx.row("select name from migration where name = :name", name=name):
        return False
    compact = " without rowid" if engine == "sqlite" else ""
    for statement in _statements(both.replace("{compact}", compact)):
        tx.run(statement)
    if engine == "sqlite":
        for statement in sqlite_only.strip().split("end;"):
            if statement.strip():
                tx.run(statement + "end")
    tx.run(
        "insert into migration (name, at) values (:name, :at)",
        name=name,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return True


def _statements(script: str) -> list[str]:
    return [part.strip() for part in script.split(";\n") if part.strip()]
