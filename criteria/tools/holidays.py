"""Make ``packs/holidays.toml`` from a release of the package chinesecalendar (MIT).

Use: ``python -m criteria.tools.holidays WHEEL``. The wheel is only read, nothing of it runs.
Once a year, when the State Council has published the next year and the package has followed.
"""

import ast
import sys
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

from criteria.packs.days_off import NAME, PLACE

CONSTANTS = "chinese_calendar/constants.py"
HEAD = """\
# Published holidays (first and last day) and make-up workdays of each year, made by
# criteria/tools/holidays.py from {origin} (MIT licence, see LICENSES.md).
# A year that is not here is not known: terms that reach into it are counted by weekends alone.
document = "holiday_notices"
origin = "{origin}"
"""


def days_of(wheel: Path) -> dict[str, list[date]]:
    """The days of the tables ``holidays`` and ``workdays``."""
    with zipfile.ZipFile(wheel) as archive:
        tree = ast.parse(archive.read(CONSTANTS).decode("utf-8"))
    return {
        target.id: sorted(_days(node.value.keys))
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _days(keys: Iterable[ast.expr | None]) -> Iterator[date]:
    for key in keys:
        if isinstance(key, ast.Call):
            parts = {word.arg: ast.literal_eval(word.value) for word in key.keywords}
            yield date(parts["year"], parts["month"], parts["day"])


def runs(days: Iterable[date]) -> list[tuple[date, date]]:
    """Days in a row as first and last day."""
    found: list[tuple[date, date]] = []
    for day in sorted(days):
        if found and day - found[-1][1] == timedelta(days=1):
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def text(origin: str, holidays: list[date], workdays: list[date]) -> str:
    """The file, one table for each year."""
    parts = [HEAD.format(origin=origin)]
    for year in sorted({day.year for day in holidays}):
        off = ", ".join(
            f"[{first}, {last}]" for first, last in runs(d for d in holidays if d.year == year)
        )
        work = ", ".join(str(day) for day in workdays if day.year == year)
        parts.append(f"[[year]]\nyear = {year}\noff = [{off}]\nwork = [{work}]\n")
    return "\n".join(parts)


def main(wheel: Path) -> None:
    """Write the file."""
    days = days_of(wheel)
    origin = " ".join(wheel.name.split("-")[:2])
    (PLACE / NAME).write_text(text(origin, days["holidays"], days["workdays"]), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
