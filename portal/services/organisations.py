"""Areas and bodies that the administrator enters."""

from portal.domain.people import Action, User
from portal.errors import InvalidValueError
from portal.services import rights, setup
from portal.services.context import current
from portal.store.audit import AuditEntry, append
from portal.store.database import Transaction


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


def add_review_body(user: User, name: str) -> None:
    """Enter a review body.

    Raises:
        InvalidValueError: no name.
    """
    rights.require(user, Action.MANAGE_ACCOUNTS)
    name = name.strip()
    if not name:
        raise InvalidValueError("empty", field="organisation")

    def job(tx: Transaction) -> None:
        body = setup.add_organisation(tx, "review_body", name, user.area_code)
        _note(tx, user, "organisation.enter", body, name)

    current().db.write(job)


def _note(tx: Transaction, user: User, action: str, subject: str, name: str) -> None:
    append(
        tx,
        AuditEntry(
            user.organisation_id,
            current().stamp,
            user.name,
            user.role,
            action,
            subject,
            {"name": name},
        ),
    )
