"""Prints the table of permissions as a page: ``python -m portal.domain.permission_page``."""

import sys

from portal.domain.people import BODY_OF, MANAGED_BY, PERMISSIONS, SECOND_FACTOR_ROLES, Action, Role

NONE = "–"

HEAD = """# Permissions

Who may do what to whom. Generated from `portal/domain/people.py` by
`python -m portal.domain.permission_page`; the services ask this table every time, and
`tests/services/test_rights.py` tries every cell, and every service function, as everybody.

- `own`: the person's own enterprise
- `assigned`: enterprises whose review the person was assigned to
- `jurisdiction`: enterprises in the area of the authority and below it, of the sectors it is
  responsible for (every sector unless it is a department)
- `all`: everything the action is about
- `–`: refused, without saying whether the thing exists

What the words mean: [glossary](glossary.md).
"""


def page() -> str:
    """The page as Markdown."""
    lines = [HEAD, _row("action", *Role), _row(*["---"] * (len(Role) + 1))]
    lines += [
        _row(f"`{action}`", *(PERMISSIONS[action].get(role, NONE) for role in Role))
        for action in Action
    ]
    lines += ["", "## Roles", ""]
    lines += [_row("role", "held in", "gives and takes", "second factor"), _row(*["---"] * 4)]
    lines += [
        _row(
            f"`{role}`",
            BODY_OF[role],
            ", ".join(MANAGED_BY.get(role, ())) or NONE,
            "needed" if role in SECOND_FACTOR_ROLES else "offered",
        )
        for role in Role
    ]
    return "\n".join(lines) + "\n"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.stdout.write(page())
