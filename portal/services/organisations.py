"""Areas and bodies that the administrator enters."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from criteria import packs
from portal.domain.people import Action, User
from portal.errors import InvalidValueError
from portal.services import rights, setup
from portal.services.context import current
from portal.store.audit import AuditEntry, append
from portal.store.database import Transaction

KINDS = ("review_body", "organising_body", "authority")
LONGEST = 60


def add_area(user: User, code: str, name: str) -> None:
    """Enter an area by its six-digit code, or give it another name.

    Raises:
        InvalidValueError: names the field.
    """
    rights.require(user, Action.MANAGE_ACCOUNTS)
    code, name = code.strip(), name.strip()
    if not setup.AREA_CODE.fullmatch(code):
        raise InvalidValueError("area_code", field="area_code", found=code)
    if not name:
        raise InvalidValueError("empty", field="area_name")
    if len(name) > LONGEST or not name.isprintable():
        raise InvalidValueError("bad_name", field="area_name", limit=LONGEST)

    def job(tx: Transaction) -> None:
        setup.add_area(tx, code, name, name)
        _note(tx, user, "area.enter", code, name)

    current().db.write(job)


def add_body(
    user: User, kind: str, name: str, area_code: str = "", sectors: Sequence[str] = ()
) -> str:
    """Enter a body.

    Args:
        user: an administrator.
        kind: one of :data:`KINDS`.
        name: what it is called.
        area_code: for an authority its jurisdiction; for others where they sit, by default the
            administrator's own area.
        sectors: what an authority is responsible for; none: every sector.

    Returns:
        The id of the body.

    Raises:
        InvalidValueError: names the field.
    """
    rights.require(user, Action.MANAGE_ACCOUNTS)
    name = name.strip()
    if kind not in KINDS:
        raise InvalidValueError("not_a_choice", field="body_kind", found=kind)
    if not name:
        raise InvalidValueError("empty", field="organisation")
    if not 2 <= len(name) <= LONGEST or not name.isprintable():
        raise InvalidValueError("bad_name", field="organisation", limit=LONGEST)

    def job(tx: Transaction) -> str:
        area = area_code if kind == "authority" else area_code or user.area_code
        _check_jurisdiction(tx, area, sectors)
        held = sectors if kind == "authority" else ()
        body = setup.add_organisation(tx, kind, name, area, sectors=held)
        _note(tx, user, "organisation.enter", body, name)
        return body

    return current().db.write(job)


def _check_jurisdiction(tx: Transaction, area_code: str, sectors: Sequence[str]) -> None:
    if tx.row("select area_code from area where area_code = :a", a=area_code) is None:
        raise InvalidValueError("not_a_choice", field="area_code", found=area_code)
    for sector in sectors:
        if sector not in packs.sectors():
            raise InvalidValueError("not_a_choice", field="sector", found=sector)


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority and its jurisdiction."""

    organisation_id: str
    name: str
    area_code: str
    sectors: tuple[str, ...]


def authorities(user: User) -> list[Authority]:
    """All authorities by name, for the administrator."""
    rights.require(user, Action.MANAGE_ACCOUNTS)
    rows = current().db.rows(
        "select organisation_id, name, area_code, sectors from organisation"
        " where kind = 'authority' order by name"
    )
    return [
        Authority(
            row["organisation_id"],
            row["name"],
            row["area_code"],
            tuple(json.loads(row["sectors"])),
        )
        for row in rows
    ]


def change_jurisdiction(
    user: User, organisation_id: str, area_code: str, sectors: Sequence[str]
) -> None:
    """Give an authority another area or other sectors; it holds for its people at once.

    Raises:
        InvalidValueError: names the field.
    """
    rights.require(user, Action.MANAGE_ACCOUNTS)

    def job(tx: Transaction) -> None:
        _check_jurisdiction(tx, area_code, sectors)
        before = tx.row(
            "select name, area_code, sectors from organisation where organisation_id = :o"
            " and kind = 'authority'",
            o=organisation_id,
        )
        if before is None:
            raise InvalidValueError("not_a_choice", field="organisation", found=organisation_id)
        tx.run(
            "update organisation set area_code = :a, sectors = :s where organisation_id = :o",
            a=area_code,
            s=json.dumps(list(sectors)),
            o=organisation_id,
        )
        body: dict[str, object] = {
            "name": before["name"],
            "before": {"area": before["area_code"], "sectors": json.loads(before["sectors"])},
            "after": {"area": area_code, "sectors": list(sectors)},
        }
        _append(tx, user, "organisation.jurisdiction", organisation_id, body)

    current().db.write(job)


def _note(tx: Transaction, user: User, action: str, subject: str, name: str) -> None:
    _append(tx, user, action, subject, {"name": name})


def _append(
    tx: Transaction, user: User, action: str, subject: str, body: dict[str, object]
) -> None:
    append(
        tx,
        AuditEntry(
            user.organisation_id,
            current().stamp,
            user.account_id,
            user.role,
            action,
            subject,
            body,
        ),
    )
