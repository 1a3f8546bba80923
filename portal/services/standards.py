"""Standards out as workbooks and in from workbooks, and two editions side by side.

For the operator at the command line; nothing here touches the database.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from uuid import uuid4

from criteria import CriteriaError, Library, Scheme, default_library
from criteria.compare import Change, compare
from criteria.errors import Problem
from criteria.load import load_scheme
from criteria.model import CHINESE, Document, LadderRung, Shape, Source, Text
from criteria.packs.standards import headings
from criteria.reading import ID
from criteria.writing import reread, toml, write_scheme
from portal.documents.standard_reading import LIMITS, StandardReading, read_standard_grids
from portal.documents.standard_values import (
    Finding,
    Findings,
    Say,
    SheetColumns,
    in_order,
)
from portal.documents.standard_workbook import write_standard_workbook
from portal.documents.standard_workbook_reading import is_exported, read_exported
from portal.documents.workbook_grid import Grid, read_grids
from portal.errors import InvalidValueError

__all__ = ["Change", "Imported", "Wish", "changes", "export", "find", "import_standard"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person who imports says about the edition.

    Attributes:
        scheme: id of the standard; the folder has this name. The same for the edition.
        frame: a shipped scheme whose ladder, facts, minimums, stars and so on are taken over.
        ladder: the least scores from the best grade down, such as ``90,75,60``.
        title: of the standard; else what stands above the table.
        valid_from: first day; else the first of January of the year in ``edition``.
        document: key of a known legal document; else one is entered for this standard.
        columns: assignments of columns made by a person, by sheet.
    """

    scheme: str
    edition: str
    frame: str = ""
    ladder: str = ""
    title: str = ""
    valid_from: date | None = None
    document: str = ""
    columns: Mapping[str, SheetColumns] | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a workbook.

    Attributes:
        folder: where the edition stands now; None when the file has errors.
        findings: everything noted, in the order of the file.
        sentences: of the methods that speak of points: all, and those that became no rule.
    """

    folder: Path | None
    scheme: Scheme | None
    findings: tuple[Finding, ...]
    sentences: tuple[int, int]


def find(name: str) -> Scheme:
    """An edition of the catalogue by name, or of a folder by its path.

    Raises:
        InvalidValueError: there is none.
        CriteriaError: it has problems.
    """
    folder = Path(name)
    if (folder / "scheme.toml").exists():
        problems: list[Problem] = []
        scheme = load_scheme(folder.resolve(), problems)
        if scheme is None or problems:
            raise CriteriaError(problems)
        return scheme
    library = default_library()
    try:
        return library.find(name)
    except KeyError:
        known = ", ".join(f"{f.parent.name}@{f.name}" for f in library.folders()) or "-"
        raise InvalidValueError("no_standard", name=name, known=known) from None


def export(scheme: Scheme, say: Say, language: str) -> bytes:
    """The workbook of an edition.

    Raises:
        InvalidValueError: it has no scored rows.
    """
    return write_standard_workbook(scheme, say, language)


def changes(old: str, new: str) -> list[Change]:
    """What differs between two editions.

    Raises:
        InvalidValueError: there is no such edition.
    """
    return compare(find(old), find(new))


def import_standard(data: bytes, wish: Wish, catalog: Path) -> Imported:
    """Read a workbook and, when it has no errors, write the edition.

    Args:
        data: the workbook: an exported one, or any province's.
        wish: what the person says about the edition.
        catalog: folder of the catalogue; the edition comes into a folder of its own in it.

    Raises:
        UnreadableFileError: no workbook, or an unsafe one.
        InvalidValueError: the wish cannot be fulfilled: a bad name, no such frame, an edition
            that is there already.
    """
    for name in (wish.scheme, wish.edition):
        if not ID.fullmatch(name):
            raise InvalidValueError("bad_edition_name", found=name)
    folder = catalog / wish.scheme / wish.edition
    if folder.exists():
        raise InvalidValueError("edition_exists", path=folder)
    library = Library(catalog)
    grids = read_grids(data, LIMITS)
    document = _own_document(wish)
    own = is_exported(grids)
    done = _read_own(grids, wish) if own else _read_foreign(grids, wish, document.id)
    scheme, findings = done.scheme, list(done.findings)
    if scheme is None or any(row.is_error for row in findings):
        return done
    document = replace(document, title=scheme.title)
    new = [] if document.id in library.documents else [document]
    cited = [] if document.id != scheme.document else new
    problems: list[Problem] = []
    loaded = reread(scheme, problems)
    if loaded is not None and not problems:
        problems = library.problems_of(loaded, cited)
    if problems:
        found = [_finding(problem) for problem in problems]
        return replace(done, findings=(*findings, *found))
    _write(scheme, folder, cited, catalog / "sources.toml")
    return replace(done, folder=folder)


def _read_own(grids: Mapping[str, Grid], wish: Wish) -> Imported:
    """An exported workbook says everything itself; only its name is new."""
    for field in ("frame", "ladder", "document", "title"):
        if getattr(wish, field):
            raise InvalidValueError("not_for_own_workbook", option=field)
    found = Findings()
    read = read_exported(grids, found)
    scheme = read.scheme
    if scheme is not None:
        scheme = replace(
            scheme,
            id=wish.scheme,
            edition=wish.edition,
            published=False,
            valid_from=wish.valid_from or scheme.valid_from,
        )
        if not found.has_errors:
            problems = Library().problems_of(scheme)
            # whether the documents it cites exist, the catalogue it goes to decides
            for problem in problems:
                if problem.field != "document":
                    read.report(problem)
    return Imported(None, scheme, in_order(found.found, grids), (0, 0))


def _read_foreign(grids: Mapping[str, Grid], wish: Wish, document: str) -> Imported:
    pattern, findings = _pattern(wish, document)
    reading: StandardReading = read_standard_grids(grids, pattern, wish.columns)
    return Imported(None, reading.scheme, (*reading.findings, *findings.found), reading.sentences)


def _pattern(wish: Wish, document: str) -> tuple[Scheme, Findings]:
    """Everything that a scoring workbook does not say."""
    findings = Findings()
    valid_from = wish.valid_from
    if valid_from is None and wish.edition[:4].isdecimal() and int(wish.edition[:4]) > 1900:
        valid_from = date(int(wish.edition[:4]), 1, 1)
    if valid_from is None:
        raise InvalidValueError("no_valid_from", found=wish.edition)
    title = Text(wish.title, wish.title)
    names = {
        "id": wish.scheme,
        "edition": wish.edition,
        "title": title,
        "summary": title,
        "document": document,
        "valid_from": valid_from,
    }
    ladder = _ladder(wish.ladder, document)
    if wish.frame:
        frame = find(wish.frame)
        return replace(
            frame,
            **names,  # type: ignore[arg-type]
            kind="enterprise",
            valid_until=None,
            published=False,
            languages=CHINESE,
            ladder=ladder or frame.ladder,
        ), findings
    if not ladder:
        findings.error("", "", "ladder_missing")
    return Scheme(
        **names,  # type: ignore[arg-type]
        kind="enterprise",
        valid_until=None,
        published=False,
        total=Fraction(0),
        scale=Fraction(100),
        decimals=1,
        unit=Fraction(1, 10),
        compare="rounded",
        ladder=ladder,
        facts=(),
        performance=(),
        elements=(),
        fingerprint="",
        shape=Shape(),
        languages=CHINESE,
    ), findings


def _ladder(text: str, document: str) -> tuple[LadderRung, ...]:
    """Rungs from ``90,75,60``; a ``>`` before a number means more than it.

    Raises:
        InvalidValueError: something that is no falling list of numbers.
    """
    rungs: list[LadderRung] = []
    for number, part in enumerate(text.split(",") if text else (), 1):
        strict = part.strip().startswith(">")
        amount = part.strip().removeprefix(">").removeprefix("=").strip()
        digits = amount.replace(".", "", 1)
        if not digits.isdecimal() or number > len(headings().grades):
            raise InvalidValueError("bad_ladder", found=text)
        comparator = ">" if strict and not part.strip().startswith(">=") else ">="
        grade = headings().grades[number - 1]
        source = Source(document, headings().clause, "derived", verified=False)
        rungs.append(
            LadderRung(str(number), Text(grade, grade), comparator, Fraction(amount), source)
        )
    return tuple(rungs)


def _own_document(wish: Wish) -> Document:
    key = wish.document or f"{wish.scheme}_{wish.edition}"
    title = Text(wish.title or wish.scheme, wish.title or wish.scheme)
    number = f"{wish.scheme}@{wish.edition}"
    return Document(key, title, number, None, None, None, verified=False)


def _finding(problem: Problem) -> Finding:
    findings = Findings()
    findings.error(
        "",
        "",
        "format",
        item=problem.item,
        field=problem.field,
        expected=problem.expected,
        found=problem.found,
    )
    return findings.found[0]


def _write(scheme: Scheme, folder: Path, documents: list[Document], sources: Path) -> None:
    """Write the edition, and before it the document it cites, or nothing at all."""
    before = sources.read_text(encoding="utf-8") if sources.exists() else None
    if documents:
        tables = {
            row.id: {
                "title": {"zh": row.title.zh, "en": row.title.en},
                "number": row.number,
                "verified": False,
            }
            for row in documents
        }
        _replace(sources, f"{before or ''}\n{toml(tables)}".lstrip("\n"))
    try:
        write_scheme(scheme, folder)
    except BaseException as error:
        if documents and before is not None:
            _replace(sources, before)
        elif documents:
            sources.unlink()
        if isinstance(error, FileExistsError):
            raise InvalidValueError("edition_exists", path=folder) from error
        raise


def _replace(path: Path, text: str) -> None:
    """Write a file so that nobody ever reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}-{uuid4().hex[:8]}")
    beside.write_text(text, encoding="utf-8", newline="\n")
    beside.replace(path)
