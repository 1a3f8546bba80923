"""The yearly scripts: from a release of an open data set to a pack, and the same again."""

import zipfile
from datetime import date
from pathlib import Path

from criteria import packs
from criteria.tools import areas, holidays

CONSTANTS = """
import datetime
holidays = {
    datetime.date(year=2030, month=10, day=1): "National Day",
    datetime.date(year=2030, month=10, day=2): "National Day",
    datetime.date(year=2030, month=12, day=31): "New Year's Day",
    datetime.date(year=2031, month=1, day=1): "New Year's Day",
}
workdays = {datetime.date(year=2030, month=9, day=29): "National Day"}
other = {"a": 1}
"""


def test_days_become_runs_by_year(tmp_path: Path) -> None:
    wheel = tmp_path / "chinesecalendar-9.9.9-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(holidays.CONSTANTS, CONSTANTS)
    days = holidays.days_of(wheel)
    assert len(days["holidays"]) == 4
    text = holidays.text("chinesecalendar 9.9.9", days["holidays"], days["workdays"])
    assert 'origin = "chinesecalendar 9.9.9"' in text
    assert "off = [[2030-10-01, 2030-10-02], [2030-12-31, 2030-12-31]]" in text
    assert "work = [2030-09-29]" in text
    assert "year = 2031\noff = [[2031-01-01, 2031-01-01]]\nwork = []" in text


def test_the_shipped_holidays_are_as_the_script_writes_them() -> None:
    known = packs.holidays()
    written = holidays.text(known.origin, sorted(known.off), sorted(known.work))
    assert (packs.PLACE / "holidays.toml").read_text(encoding="utf-8") == written
    assert holidays.runs([date(2030, 1, 2), date(2030, 1, 1)]) == [
        (date(2030, 1, 1), date(2030, 1, 2))
    ]


def test_placeholders_and_zones_are_left_out_and_parents_lifted(tmp_path: Path) -> None:
    files = {
        "provinces.csv": 'code,name\n50,"重庆市"\n42,"湖北省"\n',
        "cities.csv": "code,name,provinceCode\n5001,市辖区,50\n4201,武汉市,42\n"
        "4290,省直辖县级行政区划,42\n",
        "areas.csv": "code,name,cityCode,provinceCode\n500110,綦江区,5001,50\n"
        "420102,江岸区,4201,42\n420171,某开发区,4201,42\n429004,仙桃市,4290,42\n",
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    found = {row for row in areas.rows_of(tmp_path) if row[0] not in dict(areas.ELSEWHERE)}
    assert found == {
        ("500000", "重庆市", "province", ""),
        ("420000", "湖北省", "province", ""),
        ("420100", "武汉市", "city", "420000"),
        ("500110", "綦江区", "county", "500000"),
        ("420102", "江岸区", "county", "420100"),
        ("429004", "仙桃市", "county", "420000"),
    }
