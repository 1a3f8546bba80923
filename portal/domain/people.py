"""Roles, the acting person, and who may do what where."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person acts as; a person may hold several, and acts in one at a time."""

    PRINCIPAL = "principal"
    SAFETY_MANAGER = "safety_manager"
    WORKER = "worker"
    REVIEWER = "reviewer"
    LEAD_REVIEWER = "lead_reviewer"
    ORGANISER = "organiser"
    INSPECTOR = "inspector"
    OFFICIAL = "official"
    ADMINISTRATOR = "administrator"


ENTERPRISE_ROLES = (Role.PRINCIPAL, Role.SAFETY_MANAGER, Role.WORKER)
REVIEW_ROLES = (Role.REVIEWER, Role.LEAD_REVIEWER)
AUTHORITY_ROLES = (Role.INSPECTOR, Role.OFFICIAL)

BODY_OF: dict[Role, str] = {
    **dict.fromkeys(ENTERPRISE_ROLES, "enterprise"),
    **dict.fromkeys(REVIEW_ROLES, "review_body"),
    Role.ORGANISER: "organising_body",
    **dict.fromkeys((*AUTHORITY_ROLES, Role.ADMINISTRATOR), "authority"),
}
"""Kind of body whose people a role is for; nobody is an official of a review body."""

MANAGED_BY: dict[Role, tuple[Role, ...]] = {
    Role.PRINCIPAL: ENTERPRISE_ROLES,
    Role.SAFETY_MANAGER: (Role.SAFETY_MANAGER, Role.WORKER),
    Role.ADMINISTRATOR: tuple(Role),
}
"""Roles that one may give and take; a safety manager is not above the principal."""

SECOND_FACTOR_ROLES = frozenset((*AUTHORITY_ROLES, Role.ADMINISTRATOR))
"""Roles that see many enterprises or all accounts: a password alone does not open them."""


class Scope(StrEnum):
    """How far a permission reaches."""

    OWN = "own"
    ASSIGNED = "assigned"
    JURISDICTION = "jurisdiction"
    ALL = "all"


class Action(StrEnum):
    """What the services ask permission for."""

    VIEW_ENTERPRISE = "view_enterprise"
    EDIT_ENTERPRISE = "edit_enterprise"
    EDIT_ASSESSMENT = "edit_assessment"
    VIEW_ASSESSMENT = "view_assessment"
    SUBMIT_ASSESSMENT = "submit_assessment"
    REOPEN_ASSESSMENT = "reopen_assessment"
    EDIT_REVIEW = "edit_review"
    VIEW_STATISTICS = "view_statistics"
    ASSIGN_REVIEW = "assign_review"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_ACCOUNTS = "manage_accounts"
    VIEW_LOG = "view_log"
    VIEW_ACCOUNT_LOG = "view_account_log"
    MANAGE_CRITERIA = "manage_criteria"


PERMISSIONS: dict[Action, dict[Role, Scope]] = {
    Action.VIEW_ENTERPRISE: {
        Role.PRINCIPAL: Scope.OWN,
        Role.SAFETY_MANAGER: Scope.OWN,
        Role.REVIEWER: Scope.ASSIGNED,
        Role.LEAD_REVIEWER: Scope.ASSIGNED,
        Role.INSPECTOR: Scope.JURISDICTION,
        Role.OFFICIAL: Scope.JURISDICTION,
    },
    Action.EDIT_ENTERPRISE: {Role.PRINCIPAL: Scope.OWN, Role.SAFETY_MANAGER: Scope.OWN},
    Action.EDIT_ASSESSMENT: {Role.PRINCIPAL: Scope.OWN, Role.SAFETY_MANAGER: Scope.OWN},
    Action.VIEW_ASSESSMENT: {
        Role.PRINCIPAL: Scope.OWN,
        Role.SAFETY_MANAGER: Scope.OWN,
        Role.REVIEWER: Scope.ASSIGNED,
        Role.LEAD_REVIEWER: Scope.ASSIGNED,
        Role.INSPECTOR: Scope.JURISDICTION,
        Role.OFFICIAL: Scope.JURISDICTION,
    },
    Action.SUBMIT_ASSESSMENT: {Role.PRINCIPAL: Scope.OWN, Role.SAFETY_MANAGER: Scope.OWN},
    Action.REOPEN_ASSESSMENT: {Role.PRINCIPAL: Scope.OWN, Role.SAFETY_MANAGER: Scope.OWN},
    Action.EDIT_REVIEW: {Role.REVIEWER: Scope.ASSIGNED, Role.LEAD_REVIEWER: Scope.ASSIGNED},
    Action.VIEW_STATISTICS: {
        Role.INSPECTOR: Scope.JURISDICTION,
        Role.OFFICIAL: Scope.JURISDICTION,
    },
    Action.ASSIGN_REVIEW: {Role.ADMINISTRATOR: Scope.ALL},
    Action.MANAGE_PEOPLE: {
        Role.PRINCIPAL: Scope.OWN,
        Role.SAFETY_MANAGER: Scope.OWN,
        Role.ADMINISTRATOR: Scope.ALL,
    },
    Action.MANAGE_ACCOUNTS: {Role.ADMINISTRATOR: Scope.ALL},
    Action.VIEW_LOG: {
        Role.PRINCIPAL: Scope.OWN,
        Role.SAFETY_MANAGER: Scope.OWN,
        Role.INSPECTOR: Scope.JURISDICTION,
        Role.OFFICIAL: Scope.JURISDICTION,
    },
    Action.VIEW_ACCOUNT_LOG: {Role.ADMINISTRATOR: Scope.ALL},
    Action.MANAGE_CRITERIA: {Role.ADMINISTRATOR: Scope.ALL},
}
"""Role by action: how far it reaches; a role that is not listed may not."""


@dataclass(frozen=True, slots=True)
class User:
    """A signed-in person in the role they act in now.

    Attributes:
        organisation_id: the enterprise for enterprise roles, else the body they belong to.
        area_code: jurisdiction of an authority, by code; empty for others.
        sectors: what a department of an authority is responsible for; empty: every sector.
    """

    account_id: str
    login: str
    name: str
    role: Role
    organisation_id: str
    organisation: str
    area_code: str
    language: str
    session: str
    sectors: tuple[str, ...] = ()

    def oversees(self, area_code: str, sector: str) -> bool:
        """Whether an enterprise of this area and sector lies in the jurisdiction."""
        return area_code.startswith(area_prefix(self.area_code)) and (
            not self.sectors or sector in self.sectors
        )


def area_prefix(area_code: str) -> str:
    """The leading digits that all areas below share (GB/T 2260: province 2, city 4, county 6).

    >>> area_prefix("500000"), area_prefix("500100"), area_prefix("500199")
    ('50', '5001', '500199')
    """
    if area_code == "000000":
        return ""
    if area_code.endswith("0000"):
        return area_code[:2]
    if area_code.endswith("00"):
        return area_code[:4]
    return area_code


def ancestors(area_code: str) -> list[str]:
    """The area itself and every area above it, nation (``000000``) last.

    >>> ancestors("990102")
    ['990102', '990100', '990000', '000000']
    """
    above = [area_code, area_code[:4] + "00", area_code[:2] + "0000", "000000"]
    return list(dict.fromkeys(above))
