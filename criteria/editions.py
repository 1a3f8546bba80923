"""Editions of one standard: which state each is in, and which rows two of them share."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from criteria.model import Item, Scheme


class EditionState(StrEnum):
    """Draft, published (frozen, in force or to come), or superseded by a newer one."""

    DRAFT = "draft"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Changes:
    """Item ids by what became of them from one edition to the next, in the newer one's order."""

    kept: tuple[str, ...]
    changed: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]


def state_of(scheme: Scheme, others: list[Scheme], on: date) -> EditionState:
    """The state of an edition on a day.

    Args:
        scheme: the edition.
        others: editions of the same scheme.
        on: the day; a newer published edition counts from the day it is in force.
    """
    if not scheme.published:
        return EditionState.DRAFT
    newer = (
        other
        for other in others
        if other.published and other.edition > scheme.edition and other.valid_from <= on
    )
    ended = scheme.valid_until is not None and scheme.valid_until < on
    return EditionState.SUPERSEDED if ended or any(newer) else EditionState.PUBLISHED


def compare(old: Scheme, new: Scheme) -> Changes:
    """Compare the rows of two editions by everything that bears on an answer.

    A row is kept when requirement, points, deductions and vetoes are the same; where it stands
    in the law and what a reviewer asks to see may differ.
    """
    before = {item.id: item for item in old.items}
    after = {item.id: item for item in new.items}
    same = [i for i in after if i in before and _answered_alike(before[i], after[i])]
    return Changes(
        kept=tuple(same),
        changed=tuple(i for i in after if i in before and i not in set(same)),
        added=tuple(i for i in after if i not in before),
        removed=tuple(i for i in before if i not in after),
    )


def _answered_alike(one: Item, other: Item) -> bool:
    def bearing(item: Item) -> tuple[object, ...]:
        return (
            item.points,
            item.text,
            item.rules,
            item.veto,
            item.may_be_absent,
            item.star,
            item.guarantee,
            item.role,
            item.form,
        )

    return bearing(one) == bearing(other)
