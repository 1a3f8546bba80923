"""The areas of GB/T 2260: a tree without gaps, and codes that people know."""

import re

import pytest

from criteria import packs


@pytest.mark.parametrize(
    ("code", "name", "level", "parent"),
    [
        ("500000", "重庆市", "province", ""),
        ("500110", "綦江区", "county", "500000"),
        ("500240", "石柱土家族自治县", "county", "500000"),
        ("620000", "甘肃省", "province", ""),
        ("610100", "西安市", "city", "610000"),
        ("610104", "莲湖区", "county", "610100"),
        ("429004", "仙桃市", "county", "420000"),
        ("659001", "石河子市", "county", "650000"),
        ("441900", "东莞市", "city", "440000"),
        ("330114", "钱塘区", "county", "330100"),
        ("370116", "莱芜区", "county", "370100"),
        ("710000", "台湾省", "province", ""),
    ],
)
def test_known_codes(code: str, name: str, level: str, parent: str) -> None:
    assert packs.areas()[code] == packs.ChinaArea(code, name, level, parent)


def test_every_area_has_a_parent_of_the_level_above_that_its_code_names() -> None:
    areas = packs.areas()
    for area in areas.values():
        assert re.fullmatch(r"[0-9]{6}", area.code)
        assert area.name
        if area.level == "province":
            assert (area.parent, area.code[2:]) == ("", "0000")
            continue
        parent = areas[area.parent]
        shared = 4 if parent.level == "city" else 2
        assert area.code[:shared] == parent.code[:shared]
        if area.level == "city":
            assert (parent.level, area.code[4:]) == ("province", "00")
        else:
            assert parent.level in ("city", "province")
            assert area.code[4:] != "00"


def test_the_table_has_each_code_once_in_order_and_all_levels() -> None:
    codes = [line.split(",")[0] for line in lines()]
    assert codes == sorted(set(codes))
    assert list(packs.areas()) == codes
    counts = {
        level: sum(area.level == level for area in packs.areas().values())
        for level in ("province", "city", "county")
    }
    assert counts == {"province": 34, "city": 333, "county": 2845}


def lines() -> list[str]:
    text = (packs.PLACE / "areas.csv").read_text(encoding="utf-8")
    return text.splitlines()[1:]


def test_no_placeholder_and_no_development_zone_is_an_area() -> None:
    names = {area.name for area in packs.areas().values()}
    assert not names & {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"}
    assert not any(71 <= int(code[4:]) <= 79 for code in packs.areas())


def test_municipalities_have_no_city_level() -> None:
    for code in ("110000", "120000", "310000", "500000"):
        below = packs.areas_below(code)
        assert {area.level for area in below} == {"county"}
        assert {area.parent for area in below} == {code}
    assert len(packs.areas_below("500000")) == 38


def test_only_four_cities_have_no_counties() -> None:
    cities = [code for code in packs.areas() if packs.is_city_without_counties(code)]
    assert [packs.areas()[code].name for code in cities] == [
        "东莞市",
        "中山市",
        "儋州市",
        "嘉峪关市",
    ]


def test_areas_are_found_by_prefix_and_below() -> None:
    assert {area.code[:4] for area in packs.areas_by_prefix("6101")} == {"6101"}
    assert len(packs.areas_by_prefix("6101")) == len(packs.areas_below("610100")) + 1
    assert packs.areas_by_prefix("99") == ()
    assert packs.areas_below("990100") == ()
    assert len(packs.areas_below("000000")) == len(packs.areas())
    jiyuan = {area.code for area in packs.areas_below("410000")}
    assert "419001" in jiyuan


@pytest.mark.parametrize(
    ("code", "level", "found"),
    [
        ("610104", "city", "610100"),
        ("610104", "province", "610000"),
        ("610104", "county", "610104"),
        ("500110", "city", None),
        ("429004", "city", None),
        ("429004", "province", "420000"),
        ("441900", "city", "441900"),
        ("990102", "city", None),
    ],
)
def test_the_grader_of_a_level_is_found_or_there_is_none(
    code: str, level: str, found: str | None
) -> None:
    area = packs.area_at(code, level)
    assert (area.code if area else None) == found
