"""First start: the demonstration district, or one's own authority and administrator."""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Sequence

from criteria import packs
from portal.domain.ids import new_id
from portal.domain.people import Role, ancestors
from portal.errors import InvalidValueError, PortalError
from portal.services import accounts, passwords
from portal.services.context import current
from portal.store.audit import AuditEntry, append
from portal.store.database import Transaction

AREA_CODE = re.compile(r"[0-9]{6}")


def installation() -> str | None:
    """``demo``, ``own``, or None before the first start was answered."""
    row = current().db.row("select value from setting where name = 'installation'")
    return row["value"] if row else None


def offer_code() -> str:
    """A new code for the first start from another machine; the operator reads it at the server.

    Without it the portal would belong to whoever comes first.
    """
    code = "-".join(secrets.token_hex(2).upper() for _ in range(3))
    current().db.run(
        "insert into setting (name, value) values ('setup_code', :v)"
        " on conflict (name) do update set value = excluded.value",
        v=_digest(code),
    )
    return code


def check_code(typed: str) -> None:
    """Check the code of the first start.

    Raises:
        PortalError: ``setup_code_wrong``.
    """
    row = current().db.row("select value from setting where name = 'setup_code'")
    given = _digest(typed.strip().upper())
    if row is None or not hmac.compare_digest(row["value"], given):
        raise PortalError("setup_code_wrong")


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def set_up(
    *, authority: str, area_code: str, area_name: str, login: str, name: str, password: str
) -> None:
    """Create the authority, its area with all known areas below it, and the administrator.

    Raises:
        InvalidValueError: names the field.
        PortalError: ``already_set_up``.
    """
    if not AREA_CODE.fullmatch(area_code):
        raise InvalidValueError("area_code", field="area_code", found=area_code)
    for field, value in (("authority", authority), ("area_name", area_name), ("name", name)):
        if not value.strip():
            raise InvalidValueError("empty", field=field)
        if len(value) > 60 or not value.isprintable():
            raise InvalidValueError("bad_name", field=field, limit=60)
    accounts.check_words(login, name)
    password_hash = passwords.hash_new(password, (login, name, authority))

    def job(tx: Transaction) -> None:
        mark_installation(tx, "own")
        for area in packs.areas_below(area_code):
            add_area(tx, area.code, area.name, area.name)
        add_area(tx, area_code, area_name.strip(), area_name.strip())
        authority_id = add_organisation(tx, "authority", authority.strip(), area_code)
        account = accounts.add_account(
            tx,
            login=login,
            name=name,
            role=Role.ADMINISTRATOR,
            organisation_id=authority_id,
            password_hash=password_hash,
        )
        accounts.add_membership(tx, account, Role.OFFICIAL, authority_id)
        append(
            tx,
            AuditEntry(
                authority_id,
                current().stamp,
                account,
                Role.ADMINISTRATOR,
                "installation",
                authority_id,
                {"area": area_code},
            ),
        )

    current().db.write(job)


def mark_installation(tx: Transaction, kind: str) -> None:
    """Note that the first start has been answered; only once."""
    if not tx.rows(
        "insert into setting (name, value) values ('installation', :v)"
        " on conflict (name) do nothing returning name",
        v=kind,
    ):
        raise PortalError("already_set_up")
    tx.run("delete from setting where name = 'setup_code'")


def add_area(tx: Transaction, code: str, zh: str, en: str) -> None:
    """Enter an area; its level and parent are those of GB/T 2260, else follow from the code."""
    level = "county"
    if code == "000000":
        level = "nation"
    elif code.endswith("0000"):
        level = "province"
    elif code.endswith("00"):
        level = "city"
    above = ancestors(code)
    parent = above[1] if len(above) > 1 else None
    known = packs.areas().get(code)
    if known is not None:
        level, parent = known.level, known.parent or "000000"
    tx.run(
        "insert into area (area_code, parent_code, level, name_zh, name_en)"
        " values (:c, :p, :l, :zh, :en) on conflict (area_code) do update"
        " set name_zh = excluded.name_zh, name_en = excluded.name_en",
        c=code,
        p=parent,
        l=level,
        zh=zh,
        en=en,
    )


def add_organisation(
    tx: Transaction,
    kind: str,
    name: str,
    area_code: str,
    organisation_id: str | None = None,
    sectors: Sequence[str] = (),
) -> str:
    """Enter a body; an authority with the sectors it is responsible for (none: every sector)."""
    organisation_id = organisation_id or new_id()
    tx.run(
        "insert into organisation (organisation_id, kind, name, area_code, sectors, created_at)"
        " values (:i, :k, :n, :a, :s, :at)",
        i=organisation_id,
        k=kind,
        n=name,
        a=area_code,
        s=json.dumps(list(sectors)),
        at=current().stamp,
    )
    return organisation_id


def organisations(kind: str | None = None) -> list[tuple[str, str]]:
    """Authorities and review bodies: id and name."""
    rows = current().db.rows(
        "select organisation_id, name from organisation"
        " where cast(:k as text) is null or kind = :k order by name",
        k=kind,
    )
    return [(row["organisation_id"], row["name"]) for row in rows]
