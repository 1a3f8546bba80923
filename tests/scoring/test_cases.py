"""Every case of ``cases/*.toml``, run and compared figure by figure; nothing is approximate."""

import re
import tomllib
from fractions import Fraction
from pathlib import Path

import pytest

from scoring import ScoringError
from tests.scoring.kinds import KINDS

FILES = sorted((Path(__file__).parent / "cases").glob("*.toml"))
SHEETS = [
    (path.stem, tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Fraction))
    for path in FILES
]
CASES = [
    pytest.param(sheet, case, id=f"{stem}: {case['name']}")
    for stem, sheet in SHEETS
    for case in sheet["case"]
]
SHAPES = {f"S{number}" for number in range(1, 39)}


def figures(sheet: dict, case: dict) -> dict:
    try:
        return KINDS[sheet.get("kind", "graded")](sheet, case)
    except ScoringError as error:
        return {"refused": error.code}
    except ValueError as error:  # the text of an amount that is not a number of whole units
        return {"refused": str(error)}


@pytest.mark.parametrize(("sheet", "case"), CASES)
def test_case(sheet: dict, case: dict) -> None:
    found = figures(sheet, case)
    expected = case["expected"]
    for table, rows in expected.items():  # a case names only the rows it is about
        if isinstance(rows, dict) and table in found:
            found[table] = {name: found[table][name] for name in rows}
    assert {name: found.get(name) for name in expected} == expected


def test_every_sheet_says_in_both_languages_what_it_shows_and_where_that_stands() -> None:
    assert SHEETS
    for stem, sheet in SHEETS:
        assert sheet["title"]["zh"], stem
        assert sheet["title"]["en"], stem
        assert sheet["source"], stem
        assert all(case["expected"] for case in sheet["case"]), stem
        assert set(sheet["shapes"]) <= SHAPES, stem
        names = [case["name"] for case in sheet["case"]]
        assert len(names) == len(set(names)), stem


def test_every_shape_of_a_published_scheme_has_a_sheet() -> None:
    shown = {shape for _, sheet in SHEETS for shape in sheet["shapes"]}
    assert sorted(SHAPES - shown) == []


def test_every_key_of_a_sheet_is_explained() -> None:
    text = (FILES[0].parent / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`\[*([a-z_]+)\]*`", text))
    used = {key for _, sheet in SHEETS for key in sheet}
    used |= {key for _, sheet in SHEETS for case in sheet["case"] for key in case}
    assert sorted(used - named) == []
