"""The lock: whether a person may do something to an enterprise. Asked every time."""

from portal.domain.people import PERMISSIONS, Action, Scope, User, area_prefix
from portal.errors import NotAllowedError
from portal.services.context import current
from portal.store.database import Database, Transaction


def require(user: User, action: Action) -> Scope:
    """Scope in which the role may do this at all; an authority without an area may nothing.

    Raises:
        NotAllowedError: the role may not.
    """
    scope = PERMISSIONS[action].get(user.role)
    if scope is None or (scope is Scope.JURISDICTION and not user.area_code):
        raise NotAllowedError
    return scope


def require_enterprise(
    user: User,
    action: Action,
    enterprise_id: str,
    *,
    area_code: str | None = None,
    on: Database | Transaction | None = None,
) -> None:
    """Check role, organisation, assignment and jurisdiction for one enterprise.

    Args:
        user: the acting person.
        action: what they want to do.
        enterprise_id: to which enterprise.
        area_code: its area when the caller has read it, so that it is not read again.
        on: where to read; the open transaction of a write, else the database.

    Raises:
        NotAllowedError: refused, or there is no such enterprise; the two look the same.
    """
    scope = require(user, action)
    source = on or current().db
    if scope is Scope.OWN:
        allowed = user.organisation_id == enterprise_id
    elif scope is Scope.JURISDICTION:
        if area_code is None:
            row = source.row(
                "select area_code from enterprise where enterprise_id = :e", e=enterprise_id
            )
            area_code = row["area_code"] if row else None
        allowed = area_code is not None and area_code.startswith(area_prefix(user.area_code))
    elif scope is Scope.ASSIGNED:
        allowed = bool(
            source.rows(
                "select assessment_no from assessment where enterprise_id = :e"
                " and kind = 'review' and assessor = :a and status <> 'void' limit 1",
                e=enterprise_id,
                a=user.account_id,
            )
        )
    else:
        allowed = True
    if not allowed:
        raise NotAllowedError
