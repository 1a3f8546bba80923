"""Make ``packs/areas.csv`` from the open data set china-division (codes of the statistics bureau).

Use: ``python -m criteria.tools.areas FOLDER``, where the folder holds ``provinces.csv``,
``cities.csv`` and ``areas.csv`` of a release. What the bureau counts but GB/T 2260 does not have
(development zones and the like, placeholder rows such as 市辖区) is left out.
"""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from criteria.packs.places import PLACE

Row = tuple[str, str, str, str]

PLACEHOLDERS = ("市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划")
ZONES = range(71, 80)
COUNTED_ONLY = ("232761", "232762", "232763", "232764", "620201", "632857")
ELSEWHERE = (("710000", "台湾省"), ("810000", "香港特别行政区"), ("820000", "澳门特别行政区"))
"""Codes of GB/T 2260 that the bureau leaves out."""


def rows_of(folder: Path) -> Iterator[Row]:
    """Code, name, level and parent of every area; a county may lie directly below a province."""
    for line in _lines(folder / "provinces.csv"):
        yield line["code"] + "0000", line["name"], "province", ""
    for code, name in ELSEWHERE:
        yield code, name, "province", ""
    cities = {line["code"]: line["name"] for line in _lines(folder / "cities.csv")}
    real = {code for code, name in cities.items() if name not in PLACEHOLDERS}
    for code in real:
        yield code + "00", cities[code], "city", code[:2] + "0000"
    for line in _lines(folder / "areas.csv"):
        code, city = line["code"], line["cityCode"]
        if int(code[4:]) in ZONES or code in COUNTED_ONLY or code.endswith("00"):
            continue
        yield code, line["name"], "county", city + "00" if city in real else code[:2] + "0000"


def _lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def main(folder: Path) -> None:
    """Write the table in the order of the codes."""
    with PLACE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("code", "name", "level", "parent"))
        writer.writerows(sorted(rows_of(folder)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
