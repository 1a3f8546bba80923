"""The enterprise's own data: profile and the safety performance of a year."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from criteria import packs
from portal.domain.enterprise import Profile, checked_facts
from portal.domain.ids import new_id
from portal.domain.people import Action, User, area_prefix
from portal.errors import InvalidValueError, NotAllowedError, StaleRecordError
from portal.i18n import translate
from portal.services import assessments, records, rights
from portal.services.account_log import SYSTEM
from portal.services.context import current, local_time
from portal.store.audit import AuditEntry, append
from portal.store.database import Row, Transaction, UniqueViolationError


@dataclass(frozen=True, slots=True)
class EnterpriseView:
    """A profile with what follows from it; ``version`` is what a change must name."""

    enterprise_id: str
    profile: Profile
    size_class: str
    area: str
    version: int
    updated_at: str
    updated_by: str


@dataclass(frozen=True, slots=True)
class Area:
    """An administrative area by its six-digit code."""

    code: str
    level: str
    zh: str
    en: str

    def name(self, language: str) -> str:
        """Name in a language."""
        return self.en if language == "en" else self.zh


def areas(prefix: str = "") -> list[Area]:
    """Areas below a prefix, by code."""
    rows = current().db.rows(
        "select * from area where area_code like :p order by area_code", p=f"{prefix}%"
    )
    return [Area(r["area_code"], r["level"], r["name_zh"], r["name_en"]) for r in rows]


def counties() -> list[Area]:
    """Areas in which an enterprise can lie."""
    return [
        area
        for area in areas()
        if area.level in ("county", "township") or packs.is_city_without_counties(area.code)
    ]


def view(user: User, enterprise_id: str, language: str) -> EnterpriseView:
    """Profile of an enterprise that one may see."""
    rights.require_enterprise(user, Action.VIEW_ENTERPRISE, enterprise_id)
    row = current().db.row(
        "select e.*, a.name_zh, a.name_en, coalesce(p.name, e.updated_by) as saved_by"
        " from enterprise e left join account p on p.account_id = e.updated_by"
        " left join area a on a.area_code = e.area_code where e.enterprise_id = :e",
        e=enterprise_id,
    )
    if row is None:
        raise NotAllowedError
    area = (row["name_en"] if language == "en" else row["name_zh"]) or row["area_code"]
    return EnterpriseView(
        enterprise_id,
        profile_of(row),
        row["size_class"],
        area,
        row["version"],
        local_time(row["updated_at"]),
        translate(language, "log.system") if row["saved_by"] == SYSTEM else row["saved_by"],
    )


def principal(user: User) -> str:
    """Name of the principal of the person's own enterprise."""
    rights.require_enterprise(user, Action.VIEW_ENTERPRISE, user.organisation_id)
    row = current().db.row(
        "select principal from enterprise where enterprise_id = :e", e=user.organisation_id
    )
    return row["principal"] if row else ""


def profile_of(row: Row) -> Profile:
    """A database row as a profile."""
    return Profile(
        row["name"],
        row["credit_code"],
        row["sector"],
        row["area_code"],
        row["address"],
        row["principal"],
        row["contact"],
        row["staff"],
        row["revenue_wan"],
        row["size_kind"],
        tuple(json.loads(row["flags"])),
        bool(row["is_group"]),
    )


def save_profile(user: User, profile: Profile, seen_version: int) -> None:
    """Change the profile of the person's own enterprise.

    Raises:
        InvalidValueError: names the field; nothing is stored.
        StaleRecordError: somebody else has saved in the meantime.
    """
    enterprise_id = user.organisation_id
    rights.require_enterprise(user, Action.EDIT_ENTERPRISE, enterprise_id)
    clean = _checked(profile)
    context = current()

    def job(tx: Transaction) -> None:
        before = tx.row(
            "select e.*, coalesce(p.name, e.updated_by) as saved_by from enterprise e"
            " left join account p on p.account_id = e.updated_by where e.enterprise_id = :e",
            e=enterprise_id,
        )
        if before is None:
            raise NotAllowedError
        if before["version"] != seen_version:
            raise _stale(before)
        if before["credit_code"] != clean.credit_code:
            _claim(tx, clean.credit_code, enterprise_id, before["credit_code"])
        changed = tx.row(
            "update enterprise set name = :name, credit_code = :credit_code, sector = :sector,"
            " area_code = :area_code, address = :address, principal = :principal,"
            " contact = :contact, staff = :staff, revenue_wan = :revenue_wan,"
            " size_class = :size_class, size_kind = :size_kind, flags = :flags,"
            " is_group = :is_group, version = version + 1, updated_at = :at, updated_by = :by"
            " where enterprise_id = :e and version = :seen returning version",
            e=enterprise_id,
            seen=seen_version,
            at=context.stamp,
            by=user.account_id,
            **_columns(clean),
        )
        if changed is None:
            raise _stale(before)
        old, new = _columns(profile_of(before)), _columns(clean)
        records.audit(
            tx,
            user,
            enterprise_id,
            "profile.change",
            enterprise_id,
            {
                "before": {k: v for k, v in old.items() if new[k] != v},
                "after": {k: v for k, v in new.items() if old[k] != v},
            },
        )

    try:
        context.db.write(job)
    except UniqueViolationError:
        raise InvalidValueError("credit_code_taken", field="credit_code") from None


def _stale(row: Row | None) -> StaleRecordError:
    """Who has saved in the meantime, and when."""
    by, at = (row["saved_by"], local_time(row["updated_at"])) if row else ("", "")
    return StaleRecordError("stale_record", by=by, at=at)


def _claim(tx: Transaction, code: str, enterprise_id: str, old: str | None) -> None:
    """Keep credit codes unique over all enterprises, also when tables are distributed."""
    tx.run(
        "insert into credit_claim (credit_code, enterprise_id) values (:c, :e)",
        c=code,
        e=enterprise_id,
    )
    if old:
        tx.run("delete from credit_claim where credit_code = :c", c=old)


def _checked(profile: Profile) -> Profile:
    clean = profile.checked()
    sector = packs.sectors().get(clean.sector)
    if sector is None:
        raise InvalidValueError("not_a_choice", field="sector", found=clean.sector)
    if clean.size_kind not in sector.size_kinds:
        raise InvalidValueError("not_a_choice", field="size_kind", found=clean.size_kind)
    if unknown := [flag for flag in clean.flags if flag not in packs.flags()]:
        raise InvalidValueError("not_a_choice", field="flags", found=unknown[0])
    if clean.area_code not in {area.code for area in counties()}:
        raise InvalidValueError("not_a_choice", field="area_code", found=clean.area_code)
    return clean


def size_class(size_kind: str, staff: int, revenue_wan: int) -> str:
    """Size class by the table of the kind of business."""
    return packs.size_tables()[size_kind].class_of(staff, revenue_wan)


def _columns(profile: Profile) -> dict[str, object]:
    return {
        "name": profile.name,
        "credit_code": profile.credit_code,
        "sector": profile.sector,
        "area_code": profile.area_code,
        "address": profile.address,
        "principal": profile.principal,
        "contact": profile.contact,
        "staff": profile.staff,
        "revenue_wan": profile.revenue_wan,
        "size_class": size_class(profile.size_kind, profile.staff, profile.revenue_wan),
        "size_kind": profile.size_kind,
        "flags": json.dumps(list(profile.flags)),
        "is_group": int(profile.is_group),
    }


def register(user: User, profile: Profile) -> str:
    """Enter a new enterprise; the administrator does it before its people get accounts.

    Raises:
        InvalidValueError: names the field, also for a credit code that is already entered.
    """
    rights.require(user, Action.MANAGE_ACCOUNTS)
    clean = _checked(profile)
    try:
        return current().db.write(lambda tx: insert_enterprise(tx, clean, user))
    except UniqueViolationError:
        raise InvalidValueError("credit_code_taken", field="credit_code") from None


def insert_enterprise(
    tx: Transaction, profile: Profile, user: User | None, enterprise_id: str | None = None
) -> str:
    """Insert a checked profile and begin its audit chain; without a user by the command line."""
    enterprise_id = enterprise_id or new_id()
    stamp = current().stamp
    _claim(tx, profile.credit_code, enterprise_id, None)
    actor, role = (user.account_id, user.role) if user else (SYSTEM, SYSTEM)
    columns = _columns(profile)
    names = ", ".join(columns)
    places = ", ".join(f":{name}" for name in columns)
    tx.run(
        f"insert into enterprise (enterprise_id, {names}, version, created_at, updated_at,"  # noqa: S608 - own names
        f" updated_by) values (:e, {places}, 1, :at, :at, :by)",
        e=enterprise_id,
        at=stamp,
        by=actor,
        **columns,
    )
    append(
        tx,
        AuditEntry(
            enterprise_id,
            stamp,
            actor,
            role,
            "enterprise.register",
            enterprise_id,
            {"after": columns},
        ),
    )
    return enterprise_id


@dataclass(frozen=True, slots=True)
class PerformanceView:
    """Safety performance of a year; ``version`` 0 means that nothing has been entered."""

    year: int
    facts: dict[str, object]
    version: int


def performance(user: User, year: int) -> PerformanceView:
    """Safety performance of the person's own enterprise."""
    rights.require_enterprise(user, Action.VIEW_ENTERPRISE, user.organisation_id)
    row = current().db.row(
        "select facts, version from performance where enterprise_id = :e and year = :y",
        e=user.organisation_id,
        y=year,
    )
    if row is None:
        return PerformanceView(year, {}, 0)
    return PerformanceView(year, json.loads(row["facts"]), row["version"])


def save_performance(user: User, year: int, facts: Mapping[str, object], seen_version: int) -> None:
    """Enter the safety performance of a year; what waited for it is graded again.

    Raises:
        InvalidValueError: names the fact.
        StaleRecordError: somebody else has saved in the meantime.
    """
    enterprise_id = user.organisation_id
    rights.require_enterprise(user, Action.EDIT_ENTERPRISE, enterprise_id)
    clean = checked_facts(facts)
    context = current()

    def stored(tx: Transaction) -> Row | None:
        return tx.row(
            "select f.*, coalesce(p.name, f.updated_by) as saved_by from performance f"
            " left join account p on p.account_id = f.updated_by"
            " where f.enterprise_id = :e and f.year = :y",
            e=enterprise_id,
            y=year,
        )

    def job(tx: Transaction) -> None:
        before = stored(tx)
        if (before["version"] if before else 0) != seen_version:
            raise _stale(before)
        written = tx.row(
            "insert into performance (enterprise_id, year, facts, version, updated_at,"
            " updated_by) values (:e, :y, :f, 1, :at, :by)"
            " on conflict (enterprise_id, year) do update set facts = excluded.facts,"
            " version = performance.version + 1, updated_at = excluded.updated_at,"
            " updated_by = excluded.updated_by where performance.version = :seen"
            " returning version",
            e=enterprise_id,
            y=year,
            seen=seen_version,
            f=json.dumps(clean, sort_keys=True),
            at=context.stamp,
            by=user.account_id,
        )
        if written is None:  # saved by somebody else between our reading and our writing
            raise _stale(stored(tx))
        records.audit(
            tx,
            user,
            enterprise_id,
            "performance.change",
            str(year),
            {"before": json.loads(before["facts"]) if before else None, "after": clean},
        )
        assessments.settle_pending(tx, user, enterprise_id, year)

    context.db.write(job)


@dataclass(frozen=True, slots=True)
class EnterpriseLine:
    """An enterprise in a list of choices."""

    enterprise_id: str
    name: str
    sector: str
    area_code: str


def list_all(user: User) -> list[EnterpriseLine]:
    """All enterprises by name, for the administrator (names and places, no business data)."""
    rights.require(user, Action.MANAGE_ACCOUNTS)
    rows = current().db.rows(
        "select enterprise_id, name, sector, area_code from enterprise order by area_code, name"
    )
    return [
        EnterpriseLine(r["enterprise_id"], r["name"], r["sector"], r["area_code"]) for r in rows
    ]


def in_jurisdiction(user: User) -> list[Area]:
    """Areas that an official may look at: their own and all below."""
    rights.require(user, Action.VIEW_STATISTICS)
    return areas(area_prefix(user.area_code))
