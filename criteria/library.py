"""The catalogue of editions: find, load, check and select the one in force."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path

from criteria.check import check_scheme
from criteria.errors import CriteriaError, Problem
from criteria.load import load_documents, load_scheme, read_toml
from criteria.model import Document, Scheme

CATALOG = Path(__file__).parent / "catalog"
OWN = Path(__file__).parent.parent / "data" / "var" / "criteria"
"""Where an installation keeps the editions that it has imported, unless told otherwise."""


class Library:
    """All editions below one folder or two, loaded and checked on first use.

    An edition is read again when its ``scheme.toml`` has been written since: publishing and
    importing take effect without a new start.

    Args:
        root: a folder with ``<scheme>/<edition>/scheme.toml``, and beside them
            ``sources.toml`` and ``frozen.toml`` when it has its own.
        own: a second folder of the same form, for editions that an installation has imported.
    """

    def __init__(self, root: Path = CATALOG, own: Path | None = None) -> None:
        self.root = root
        self.own = own
        self._loaded: dict[tuple[str, str], _Loaded] = {}
        problems: list[Problem] = []
        self._documents = self._read_documents(problems)
        self._frozen(problems)
        if problems:
            raise CriteriaError(problems)

    @property
    def documents(self) -> dict[str, Document]:
        """The legal documents, as they stand now.

        A catalogue of one's own may cite, besides its own, the documents that the product knows.
        """
        if self._documents[0] != self._sources_written():
            problems: list[Problem] = []
            found = self._read_documents(problems)
            if not problems:
                self._documents = found
        return self._documents[1]

    def _sources(self) -> list[Path]:
        places = dict.fromkeys(filter(None, (CATALOG, self.root, self.own)))
        return [place / "sources.toml" for place in places]

    def _sources_written(self) -> tuple[int, ...]:
        return tuple(_written(path) for path in self._sources())

    def _read_documents(
        self, problems: list[Problem]
    ) -> tuple[tuple[int, ...], dict[str, Document]]:
        found: dict[str, Document] = {}
        written = self._sources_written()
        for path, time in zip(self._sources(), written, strict=True):
            if time:
                found |= load_documents(path, problems)
        return written, found

    def _frozen(self, problems: list[Problem]) -> dict[str, str]:
        """Fingerprints of the published editions, as they stand now."""
        found: dict[str, str] = {}
        for place in filter(None, (self.root, self.own)):
            path = place / "frozen.toml"
            if path.exists():
                rows = read_toml(path, "frozen.toml", problems)
                found |= {key: str(value) for key, value in rows.items()}
        return found

    def folders(self) -> list[Path]:
        """Folders that hold an edition."""
        if (self.root / "scheme.toml").exists():
            return [self.root]
        places = [self.root, *([self.own] if self.own else [])]
        return sorted(path.parent for place in places for path in place.glob("*/*/scheme.toml"))

    def problems_of(self, scheme: Scheme, documents: Iterable[Document] = ()) -> list[Problem]:
        """Every problem that an edition would have in this catalogue.

        Args:
            scheme: an edition that is not in it yet.
            documents: legal documents that would come with it.
        """
        known = self.documents | {document.id: document for document in documents}
        return check_scheme(scheme, known, self._frozen([]), self._hazard_rows)

    def check(self) -> list[Problem]:
        """Every problem of every edition."""
        problems: list[Problem] = []
        for folder in self.folders():
            problems.extend(self._read(folder)[1])
        return problems

    def editions(self, scheme: str) -> list[str]:
        """Editions of a scheme, newest first."""
        return sorted(
            (folder.name for folder in self.folders() if folder.parent.name == scheme),
            reverse=True,
        )

    def get(self, scheme: str, edition: str) -> Scheme:
        """Load an edition.

        Raises:
            KeyError: the catalogue does not have it.
            CriteriaError: it has problems; it is never used then.
        """
        key = (scheme, edition)
        known = self._loaded.get(key)
        if known is None or known.written != _written(known.folder / "scheme.toml"):
            folder = next((f for f in self.folders() if (f.parent.name, f.name) == key), None)
            if folder is None:
                raise KeyError(f"{scheme}@{edition}")
            written = _written(folder / "scheme.toml")
            loaded, problems = self._read(folder)
            if problems or loaded is None:
                raise CriteriaError(problems)
            known = self._loaded[key] = _Loaded(loaded, folder, written)
        return known.scheme

    def find(self, name: str, on: date | None = None) -> Scheme:
        """Load ``scheme@edition``, or the edition of ``scheme`` in force on a day.

        Args:
            name: ``scheme`` or ``scheme@edition``.
            on: the day; drafts are never in force. Without it the newest edition is taken.

        Raises:
            KeyError: no such scheme or edition, or none in force on that day.
        """
        scheme, _, edition = name.partition("@")
        if edition:
            return self.get(scheme, edition)
        for candidate in self.editions(scheme):
            found = self.get(scheme, candidate)
            if on is None or (found.published and _in_force(found, on)):
                return found
        raise KeyError(name)

    def schemes(self) -> Iterator[Scheme]:
        """All editions that can be used; one with problems is left to :meth:`check`."""
        for folder in self.folders():
            try:
                yield self.get(folder.parent.name, folder.name)
            except CriteriaError:
                continue

    @cached_property
    def _hazard_rows(self) -> frozenset[str]:
        """Every row of every hazard list, of this catalogue and of the shipped one."""
        folders = {*self.folders(), *sorted(CATALOG.glob("major-hazards*/*"))}
        lists = (load_scheme(folder, []) for folder in folders if _is_list(folder))
        return frozenset(f"{one.key}:{row.id}" for one in lists if one for row in one.hazards)

    def _read(self, folder: Path) -> tuple[Scheme | None, list[Problem]]:
        problems: list[Problem] = []
        scheme = load_scheme(folder, problems)
        # sums and ids of a file that could not be read would only repeat the same faults
        if scheme is not None and not problems:
            frozen = self._frozen(problems)
            found = check_scheme(scheme, self.documents, frozen, self._hazard_rows)
            problems.extend(found)
        return scheme, problems


@dataclass(frozen=True, slots=True)
class _Loaded:
    scheme: Scheme
    folder: Path
    written: int


def _written(path: Path) -> int:
    """When a file was last written; 0 when there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _is_list(folder: Path) -> bool:
    """Whether a folder holds a list of hazards, without reading all of it."""
    head = folder / "scheme.toml"
    return head.exists() and '"hazard_list"' in head.read_text(encoding="utf-8", errors="replace")


def _in_force(scheme: Scheme, on: date) -> bool:
    return scheme.valid_from <= on and (scheme.valid_until is None or on <= scheme.valid_until)


@cache
def default_library() -> Library:
    """The catalogue of this installation.

    The shipped one (or ``ANBIAO_CATALOG``), and beside it what has been imported
    (``ANBIAO_OWN_CRITERIA``).
    """
    place = os.environ.get("ANBIAO_CATALOG")
    own = Path(os.environ.get("ANBIAO_OWN_CRITERIA") or OWN)
    return Library(Path(place) if place else CATALOG, own)
