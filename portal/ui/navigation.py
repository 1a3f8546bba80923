"""Which pages each role has, and at which address."""

from portal.domain.people import Role

PAGES: dict[Role, dict[str, list[tuple[str, str, str]]]] = {
    role: {
        "today": [("enterprise/today", "today", "today")],
        "work": [
            ("enterprise/self_assessment", "self-assessment", "fact_check"),
            ("enterprise/result", "result", "workspace_premium"),
            ("enterprise/nonconformities", "nonconformities", "build"),
        ],
        "records": [
            ("enterprise/profile", "profile", "domain"),
            ("enterprise/people", "people", "group"),
            ("open/log", "log", "history"),
        ],
    }
    for role in (Role.PRINCIPAL, Role.SAFETY_MANAGER)
}
PAGES |= {
    role: {
        "today": [("reviewer/assignments", "assignments", "assignment")],
        "review": [
            ("reviewer/onsite_review", "onsite-review", "fact_check"),
            ("reviewer/review_result", "review-result", "workspace_premium"),
        ],
    }
    for role in (Role.REVIEWER, Role.LEAD_REVIEWER)
}
PAGES |= {
    role: {
        "today": [("official/overview", "overview", "monitoring")],
        "supervise": [
            ("official/enterprises", "enterprises", "table_view"),
            ("official/enterprise_result", "enterprise-result", "workspace_premium"),
            ("open/log", "log", "history"),
        ],
    }
    for role in (Role.OFFICIAL, Role.INSPECTOR)
}
PAGES[Role.ADMINISTRATOR] = {
    "system": [
        ("administrator/accounts", "accounts", "group"),
        ("administrator/organisations", "organisations", "domain"),
        ("administrator/reviews", "review-assignment", "assignment_ind"),
        ("administrator/criteria_desk", "criteria-desk", "library_books"),
        ("administrator/account_log", "account-log", "history"),
    ],
}
PAGES[Role.WORKER] = PAGES[Role.ORGANISER] = {"today": [("open/waiting", "waiting", "hourglass")]}
PAGES = {
    role: groups
    | {
        "reference": [("open/criteria", "criteria", "menu_book")],
        "self": [("open/account", "account", "manage_accounts")],
    }
    for role, groups in PAGES.items()
}
"""Pages by role and group: file below ``pages/``, address, symbol. First one is the start."""


def addresses(role: Role) -> frozenset[str]:
    """Addresses of the pages of a role; its start page has none but the bare one.

    >>> sorted(addresses(Role.WORKER))
    ['account', 'criteria']
    """
    entries = [entry for group in PAGES[role].values() for entry in group]
    return frozenset(address for _, address, _ in entries[1:])
