"""A catalogue with two editions of one scheme: which one is in force, and where it is found."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from criteria import CriteriaError, Library, default_library

GOOD = Path(__file__).parent / "good"


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """The small edition (1 March 2020 to end of 2024), and one of 2026 without an end."""
    root = shutil.copytree(GOOD, tmp_path / "catalog")
    newer = shutil.copytree(root / "small" / "2020", root / "small" / "2026") / "scheme.toml"
    head = newer.read_text(encoding="utf-8")
    for old, new in (
        ('edition = "2020"', 'edition = "2026"'),
        ("valid_from = 2020-03-01", "valid_from = 2026-01-01"),
        ("valid_until = 2024-12-31\n", ""),
    ):
        assert old in head
        head = head.replace(old, new)
    newer.write_text(head, encoding="utf-8")
    heads = [root / "small" / edition / "scheme.toml" for edition in ("2020", "2026")]
    for path in heads:
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("published = false", "published = true"), encoding="utf-8")
    unfrozen = [problem for problem in Library(root).check() if problem.field == "published"]
    lines = [f'"{p.file.replace("/", "@")}" = "{p.found}"' for p in unfrozen]
    (root / "frozen.toml").write_text("\n".join(lines), encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("day", "edition"),
    [
        (date(2020, 3, 1), "2020"),
        (date(2024, 12, 31), "2020"),
        (date(2026, 1, 1), "2026"),
        (date(2099, 1, 1), "2026"),
    ],
)
def test_an_edition_is_in_force_from_its_first_to_its_last_day(
    catalog: Path, day: date, edition: str
) -> None:
    assert Library(catalog).find("small", day).edition == edition


@pytest.mark.parametrize("day", [date(2020, 2, 29), date(2025, 1, 1), date(2025, 12, 31)])
def test_a_day_without_an_edition_in_force_is_refused(catalog: Path, day: date) -> None:
    with pytest.raises(KeyError, match="small"):
        Library(catalog).find("small", day)


def test_a_draft_is_in_force_on_no_day(catalog: Path) -> None:
    head = catalog / "small" / "2026" / "scheme.toml"
    text = head.read_text(encoding="utf-8").replace("published = true", "published = false")
    head.write_text(text, encoding="utf-8")
    frozen = catalog / "frozen.toml"
    lines = frozen.read_text(encoding="utf-8").splitlines()
    frozen.write_text("\n".join(x for x in lines if "2026" not in x), encoding="utf-8")
    with pytest.raises(KeyError, match="small"):
        Library(catalog).find("small", date(2026, 1, 1))
    assert Library(catalog).find("small").edition == "2026"


def test_without_a_day_the_newest_edition_is_taken(catalog: Path) -> None:
    library = Library(catalog)
    assert library.editions("small") == ["2026", "2020"]
    assert library.find("small").edition == "2026"


def test_a_broken_newer_edition_is_never_passed_over_for_an_older_one(catalog: Path) -> None:
    (catalog / "small" / "2026" / "02-machines.toml").unlink()
    with pytest.raises(CriteriaError, match="total: expected 20"):
        Library(catalog).find("small", date(2026, 1, 1))
    assert Library(catalog).find("small@2020").edition == "2020"


def test_the_folder_of_one_edition_is_a_catalogue_that_may_cite_the_shipped_documents(
    tmp_path: Path,
) -> None:
    folder = shutil.copytree(GOOD / "small" / "2020", tmp_path / "small" / "2020")
    for path in folder.glob("*.toml"):
        text = path.read_text(encoding="utf-8").replace("rules_2020", "measures_2011_84")
        path.write_text(text, encoding="utf-8")
    assert [scheme.key for scheme in Library(folder).schemes()] == ["small@2020"]


def test_an_installation_may_have_a_catalogue_of_its_own(
    catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANBIAO_CATALOG", str(catalog))
    default_library.cache_clear()
    try:
        assert default_library().root == catalog
    finally:
        default_library.cache_clear()
