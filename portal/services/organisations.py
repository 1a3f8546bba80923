"""Areas and bodies that the administrator enters."""

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

    def job(tx: Transaction) -> None:
        setup.add_area(tx, code, name, name)
        _note(tx, user, "area.enter", code, name)

    current().db.write(job)


def add_body(user: User, kind: str, name: str, area_code: str = "") -> str:
    """Enter a body.

    Args:
        user: an administrator.
        kind: one of :data:`KINDS`.
        name: what it is called.
        area_code: for an authority its jurisdiction; for others where they sit, by default the
            administrator's own area.

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
        if tx.row("select area_code from area where area_code = :a", a=area) is None:
            raise InvalidValueError("not_a_choice", field="area_code", found=area)
        body = setup.add_organisation(tx, kind, name, area)
        _note(tx, user, "organisation.enter", body, name)
        return body

    return current().db.write(job)


def _note(tx: Transaction, user: User, action: str, subject: str, name: str) -> None:
    append(
        tx,
        AuditEntry(
            user.organisation_id,
            current().stamp,
            user.account_id,
            user.role,
            action,
            subject,
            {"name": name},
        ),
    )
