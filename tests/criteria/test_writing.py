"""Editions to files and back: everything is kept, nothing is left half-written."""

import re
import shutil
import tomllib
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from criteria import Library, Problem, Scheme, Text
from criteria.library import CATALOG
from criteria.load import load_scheme
from criteria.model import CHINESE, Source
from criteria.writing import toml, write_scheme

GOOD = Path(__file__).parent / "good"
FOLDERS = sorted(path.parent for root in (CATALOG, GOOD) for path in root.glob("*/*/scheme.toml"))


def loaded(folder: Path) -> Scheme:
    problems: list[Problem] = []
    scheme = load_scheme(folder, problems)
    assert scheme is not None
    assert problems == []
    return scheme


def again(scheme: Scheme, root: Path) -> Scheme:
    folder = root / scheme.id / scheme.edition
    write_scheme(scheme, folder)
    return replace(loaded(folder), fingerprint=scheme.fingerprint)


@pytest.mark.parametrize(
    "folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}@{folder.name}"
)
def test_what_is_written_loads_as_the_same_edition(folder: Path, tmp_path: Path) -> None:
    scheme = loaded(folder)
    assert again(scheme, tmp_path) == scheme
    # the second writing is the same to the letter
    write_scheme(scheme, tmp_path / "second" / scheme.edition)
    for path in (tmp_path / scheme.id / scheme.edition).iterdir():
        twin = tmp_path / "second" / scheme.edition / path.name
        assert twin.read_bytes() == path.read_bytes()


def chinese_only(scheme: Scheme) -> Scheme:
    """The edition as it loads when it has no English."""

    def one(text: Text) -> Text:
        return Text(text.zh, text.zh)

    return replace(
        scheme,
        languages=CHINESE,
        title=one(scheme.title),
        summary=one(scheme.summary),
        ladder=tuple(replace(row, title=one(row.title)) for row in scheme.ladder),
    )


def test_a_chinese_only_edition_is_written_without_english_where_there_is_none(
    tmp_path: Path,
) -> None:
    scheme = chinese_only(loaded(GOOD / "small" / "2020"))
    assert again(scheme, tmp_path) == scheme
    head = tomllib.loads((tmp_path / "small" / "2020" / "scheme.toml").read_text("utf-8"))
    assert head["languages"] == ["zh"]
    assert head["title"] == {"zh": "小型评分细则"}
    # an English wording that says more is kept
    assert head["fact"][0]["title"]["en"] == "Deaths"


def test_a_wording_without_english_is_the_chinese_one(tmp_path: Path) -> None:
    folder = tmp_path / "small" / "2020"
    shutil.copytree(GOOD / "small" / "2020", folder)
    for path in folder.glob("*.toml"):
        text = re.sub(r"^en = .*$", "", path.read_text("utf-8"), flags=re.MULTILINE)
        text = re.sub(r', en = ("[^"]*"|\[[^\]]*\])', "", text)
        path.write_text(text.replace("published = false", 'languages = ["zh"]'), encoding="utf-8")
    scheme = loaded(folder)
    assert scheme.title == Text("小型评分细则", "小型评分细则")
    assert scheme.items[0].evidence[1] == Text("台账", "台账")
    assert scheme.items[0].rules[0].text["en"] == "无证上岗的，每人扣2分"
    assert scheme.languages == ("zh",)


def test_method_and_who_has_checked_are_kept(tmp_path: Path) -> None:
    scheme = loaded(GOOD / "small" / "2020")
    assert scheme.items[1].source == Source(
        "rules_2020",
        "第六条",
        "quoted",
        verified=True,
        checked_on=date(2024, 1, 5),
        checked_by="lw",
    )
    text = '一、查资料，"看"现场。\n二、每处扣1分\\处；\t扣完为止。\x07'
    first, *others = scheme.elements[0].items
    item = replace(first, method=Text(text, "one\ntwo"))
    element = replace(scheme.elements[0], items=(item, *others))
    changed = replace(scheme, elements=(element, *scheme.elements[1:]))
    assert again(changed, tmp_path) == changed


WORDS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1)


@given(st.dictionaries(WORDS, WORDS | st.lists(WORDS) | st.booleans() | st.dates(), max_size=4))
def test_any_text_survives_as_toml(table: dict[str, object]) -> None:
    assert tomllib.loads(toml({"row": [table]}))["row"] == [table]
    assert tomllib.loads(toml({"own": table, "more": {}}))["own"] == table


@given(st.fractions(max_denominator=8).filter(lambda n: n.denominator in (1, 2, 4, 5, 8)))
def test_any_decimal_survives_as_toml(number: Fraction) -> None:
    assert Fraction(tomllib.loads(toml({"n": number}), parse_float=Decimal)["n"]) == number


# ------------------------------------------------------------------ nothing by halves


def test_an_existing_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "small" / "2020"
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError):
        write_scheme(loaded(GOOD / "small" / "2020"), folder)
    assert [path.name for path in folder.parent.rglob("*.*")] == ["mine.txt"]


def test_a_number_that_no_decimal_writes_leaves_nothing(tmp_path: Path) -> None:
    scheme = replace(loaded(GOOD / "small" / "2020"), total=Fraction(1, 3))
    with pytest.raises(ValueError, match="1/3 has no finite decimal"):
        write_scheme(scheme, tmp_path / "small" / "2020")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Path.write_text
    left = [2]

    def failing(path: Path, *arguments: object, **options: object) -> int:
        left[0] -= 1
        if not left[0]:
            raise OSError("No space left on device")
        return write(path, *arguments, **options)

    monkeypatch.setattr(Path, "write_text", failing)
    with pytest.raises(OSError, match="No space"):
        write_scheme(loaded(GOOD / "small" / "2020"), tmp_path / "small" / "2020")
    assert [path for path in tmp_path.rglob("*") if path.name != "small"] == []


def test_what_is_written_passes_the_check(tmp_path: Path) -> None:
    scheme = replace(Library().find("industry-trade-general"), published=False)
    write_scheme(scheme, tmp_path / scheme.id / scheme.edition)
    assert [str(problem) for problem in Library(tmp_path).check()] == []
