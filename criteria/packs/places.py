"""Administrative areas of China by their six-digit codes (GB/T 2260), as a table of one day."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PLACE = Path(__file__).parent / "areas.csv"
LEVELS = ("province", "city", "county")


@dataclass(frozen=True, slots=True)
class ChinaArea:
    """An area; ``parent`` is empty for a province.

    A district of a municipality and a county directly under a province have the province as
    parent: there is no city level between them.
    """

    code: str
    name: str
    level: str
    parent: str


@cache
def areas() -> dict[str, ChinaArea]:
    """All areas by code, in the order of the codes.

    >>> areas()["610104"].name, areas()["500110"].parent
    ('莲湖区', '500000')
    """
    with PLACE.open(encoding="utf-8", newline="") as file:
        return {row["code"]: ChinaArea(**row) for row in csv.DictReader(file)}


def areas_below(code: str) -> tuple[ChinaArea, ...]:
    """Every area below one, itself left out; ``000000`` is the whole country.

    >>> [area.name for area in areas_below("441900")], len(areas_below("500000"))
    ([], 38)
    """
    if code == "000000":
        return tuple(areas().values())
    return tuple(area for area in areas().values() if code in _above(area))


def areas_by_prefix(prefix: str) -> tuple[ChinaArea, ...]:
    """Areas whose code begins so.

    >>> [area.name for area in areas_by_prefix("6101")][:3]
    ['西安市', '新城区', '碑林区']
    """
    return tuple(area for code, area in areas().items() if code.startswith(prefix))


def area_at(code: str, level: str) -> ChinaArea | None:
    """The area of a level that an area lies in, or is; None where that level does not exist.

    A grade that the city gives has no grader in a municipality: the province decides.

    >>> area_at("610104", "city").name, area_at("500110", "city")
    ('西安市', None)
    """
    area = areas().get(code)
    while area is not None and area.level != level:
        area = areas().get(area.parent)
    return area


def is_city_without_counties(code: str) -> bool:
    """Whether enterprises lie in the city itself, because it has no counties (东莞, 中山 …)."""
    return code in areas() and areas()[code].level == "city" and code not in _parents()


@cache
def _parents() -> frozenset[str]:
    return frozenset(area.parent for area in areas().values())


def _above(area: ChinaArea) -> tuple[str, ...]:
    above = areas().get(area.parent)
    return () if above is None else (above.code, above.parent)
