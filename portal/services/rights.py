"""The lock: whether a person may do something to an enterprise. Asked every time."""

from portal.domain.people import PERMISSIONS, Action, Scope, User
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
    on: Database | Transaction | None = None,
) -> Scope:
    """Check role, organisation, assignment and jurisdiction for one enterprise.

    Args:
        user: the acting person.
        action: what they want to do.
        enterprise_id: to which enterprise.
        on: where to read; the open transaction of a write, else the database.

    Returns:
        By which reach they may.

    Raises:
        NotAllowedError: refused, or there is no such enterprise; the two look the same.
    """
    scope = require(user, action)
    source = on or current().db
    if scope is Scope.OWN:
        allowed = user.organisation_id == enterprise_id
    elif scope is Scope.JURISDICTION:
        row = source.row(
            "select area_code, sector from enterprise where enterprise_id = :e", e=enterprise_id
        )
        allowed = row is not None and user.oversees(row["area_code"], row["sector"])
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
    return scope
