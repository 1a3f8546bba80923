"""What an enterprise says of itself, and what can be wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass

from portal.domain import credit_code
from portal.errors import InvalidValueError

NAME_LIMIT = 120
ADDRESS_LIMIT = 200
PERSON_LIMIT, CONTACT_LIMIT = 40, 60
STAFF_LIMIT = 1_000_000
REVENUE_LIMIT = 100_000_000

COUNTS = (
    "deaths",
    "serious_injuries",
    "minor_injuries",
    "most_minor_injuries",
    "average_staff",
    "direct_loss_yuan",
    "max_single_loss_yuan",
    "new_occupational_disease",
)
"""Facts of safety performance that are counted; the class of the worst accident comes on top."""

ACCIDENT_CLASSES = ("none", "general", "larger", "major", "extraordinary")


@dataclass(frozen=True, slots=True)
class Profile:
    """The profile of an enterprise; staff is the yearly average, revenue in 10,000 yuan."""

    name: str
    credit_code: str
    sector: str
    area_code: str
    address: str
    principal: str
    contact: str
    staff: int
    revenue_wan: int
    size_kind: str
    flags: tuple[str, ...]
    is_group: bool

    def checked(self) -> "Profile":
        """Refuse what cannot be right; spaces around texts are dropped.

        Raises:
            InvalidValueError: names the field, and for a credit code what is wrong with it.
        """
        clean = Profile(
            self.name.strip(),
            self.credit_code.strip().upper(),
            self.sector,
            self.area_code,
            self.address.strip(),
            self.principal.strip(),
            self.contact.strip(),
            self.staff,
            self.revenue_wan,
            self.size_kind,
            tuple(sorted(set(self.flags))),
            self.is_group,
        )
        if not 2 <= len(clean.name) <= NAME_LIMIT:
            raise InvalidValueError("bad_name", field="name", limit=NAME_LIMIT)
        if wrong := credit_code.fault(clean.credit_code):
            raise InvalidValueError(
                f"credit_code_{wrong}", field="credit_code", found=clean.credit_code
            )
        for field, limit in (("principal", PERSON_LIMIT), ("contact", CONTACT_LIMIT)):
            if len(getattr(clean, field)) > limit:
                raise InvalidValueError("too_long", field=field, limit=limit)
        if len(clean.address) > ADDRESS_LIMIT:
            raise InvalidValueError("too_long", field="address", limit=ADDRESS_LIMIT)
        _between("staff", clean.staff, 0, STAFF_LIMIT)
        _between("revenue_wan", clean.revenue_wan, 0, REVENUE_LIMIT)
        return clean


def checked_facts(facts: Mapping[str, object]) -> dict[str, int | str]:
    """Keep the facts that were given, refuse what cannot be right; a missing one stays unknown.

    Raises:
        InvalidValueError: names the fact.
    """
    clean: dict[str, int | str] = {}
    for name in COUNTS:
        value = facts.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int):
            raise InvalidValueError("not_whole", field=name, found=value)
        _between(name, value, 0, 10**12)
        clean[name] = value
    worst = facts.get("worst_accident")
    if worst is not None:
        if worst not in ACCIDENT_CLASSES:
            raise InvalidValueError("not_a_choice", field="worst_accident", found=worst)
        clean["worst_accident"] = str(worst)
    share = facts.get("member_share_without_fatal")
    if share is not None:
        if isinstance(share, bool) or not isinstance(share, int):
            raise InvalidValueError("not_whole", field="member_share_without_fatal", found=share)
        _between("member_share_without_fatal", share, 0, 100)
        clean["member_share_without_fatal"] = share
    if clean.get("deaths") and clean.get("worst_accident") == "none":
        raise InvalidValueError("deaths_without_accident", field="worst_accident")
    total, single = clean.get("direct_loss_yuan"), clean.get("max_single_loss_yuan")
    if isinstance(total, int) and isinstance(single, int) and single > total:
        raise InvalidValueError("single_above_total", field="max_single_loss_yuan")
    return clean


def _between(field: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InvalidValueError("out_of_range", field=field, found=value, least=least, most=most)
