"""Uploaded files on the disk: whole or not at all, and never named by a person."""

from pathlib import Path

import pytest

from portal.store.database import StoreError
from portal.store.files import FileStore, digest

DATA = b"a photo"


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_file_lies_under_its_enterprise_by_its_content(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "evidence")
    with store.staged("e01", DATA) as keep:
        keep()
        keep()  # a transaction that is tried again
    assert names(tmp_path / "evidence") == ["e01", f"e01/{digest(DATA)}"]
    assert store.read("e01", digest(DATA)) == DATA
    assert store.read("e02", digest(DATA)) is None


def test_nothing_remains_of_a_file_that_is_not_kept(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    with store.staged("e01", DATA):
        assert len(names(tmp_path)) == 2, "written, but not yet in its place"
        assert store.read("e01", digest(DATA)) is None
    assert names(tmp_path) == ["e01"]

    def fails() -> None:
        with store.staged("e01", DATA):
            raise ValueError("the transaction was refused")

    with pytest.raises(ValueError, match="refused"):
        fails()
    assert names(tmp_path) == ["e01"]


def test_a_refusal_does_not_take_away_the_same_file_of_before(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    with store.staged("e01", DATA) as keep:
        keep()
    with store.staged("e01", DATA):
        pass
    assert store.read("e01", digest(DATA)) == DATA


def test_a_file_that_was_changed_or_cut_off_is_not_given(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    with store.staged("e01", DATA) as keep:
        keep()
    (tmp_path / "e01" / digest(DATA)).write_bytes(b"another photo")
    assert store.read("e01", digest(DATA)) is None


@pytest.mark.parametrize("enterprise", ["", "..", "../e01", "a/b", "a\\b", ".hidden", "x" * 65])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, enterprise: str) -> None:
    store = FileStore(tmp_path)
    with pytest.raises(StoreError):
        store.read(enterprise, digest(DATA))
    with pytest.raises(StoreError), store.staged(enterprise, DATA):
        pass
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ["", "photo.jpg", "../x", "A" * 64, "0" * 63])
def test_only_the_digest_of_a_file_is_its_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError):
        FileStore(tmp_path).read("e01", name)
