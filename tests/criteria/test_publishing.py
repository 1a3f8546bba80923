"""An imported edition is a draft until somebody publishes it; then it is frozen."""

import shutil
from pathlib import Path

import pytest

from criteria import CriteriaError, Library
from criteria.library import CATALOG
from criteria.publishing import publish

GOOD = Path(__file__).parent / "good"


@pytest.fixture
def library(tmp_path: Path) -> Library:
    own = tmp_path / "own"
    shutil.copytree(GOOD / "welder", own / "welder")
    shutil.copytree(GOOD / "dangers", own / "dangers")
    shutil.copy(GOOD / "sources.toml", own / "sources.toml")
    return Library(CATALOG, own)


def test_editions_of_ones_own_stand_beside_the_shipped_ones(library: Library) -> None:
    assert library.check() == []
    assert library.get("welder", "2020").title.zh == "焊工"
    assert library.get("hotel", "2013").published
    assert "rules_2020" in library.documents
    assert "norms_2011_128" in library.documents


def test_publishing_freezes_the_edition_at_once_and_for_every_reader(library: Library) -> None:
    assert not library.get("welder", "2020").published
    digest = publish(library, "welder", "2020")
    for reader in (library, Library(CATALOG, library.own)):
        found = reader.get("welder", "2020")
        assert (found.published, found.fingerprint) == (True, digest)
        assert reader.check() == []


def test_a_change_after_publishing_is_refused(library: Library) -> None:
    publish(library, "welder", "2020")
    assert library.own is not None
    path = library.own / "welder" / "2020" / "01.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("持证上岗。", "持证上岗"), encoding="utf-8")
    (problem,) = Library(CATALOG, library.own).check()
    assert problem.field == "fingerprint"


def test_publishing_twice_is_refused(library: Library) -> None:
    publish(library, "welder", "2020")
    with pytest.raises(CriteriaError, match="published before"):
        publish(library, "welder", "2020")


def test_a_draft_with_problems_stays_a_draft(library: Library) -> None:
    assert library.own is not None
    head = library.own / "welder" / "2020" / "scheme.toml"
    head.write_text(head.read_text(encoding="utf-8").replace("total = 10", "total = 11"))
    with pytest.raises(CriteriaError, match="total"):
        publish(library, "welder", "2020")
    assert "published = true" not in head.read_text(encoding="utf-8")
    assert not (library.own / "frozen.toml").exists()


def test_a_shipped_edition_is_not_published_here(library: Library) -> None:
    with pytest.raises(KeyError):
        publish(library, "water-projects", "2013")
