"""The administrator's desk for criteria: bring a standard in, look at it, compare, publish."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from openpyxl.utils import get_column_letter

from criteria import Scheme
from criteria.compare import Change, compare
from criteria.editions import EditionState, state_of
from criteria.publishing import publish as freeze
from portal.documents.standard_columns import columns_of_book
from portal.documents.standard_reading import LIMITS
from portal.documents.standard_values import Findings, SheetColumns
from portal.documents.workbook_grid import Grid, read_grids
from portal.domain.people import Action, User
from portal.errors import InvalidValueError
from portal.i18n import translate
from portal.services import rights, standards
from portal.services.context import current
from portal.services.standards import Wish
from portal.store.audit import AuditEntry, append
from portal.store.database import Transaction

__all__ = ["EditionLine", "Reading", "Sheet", "Wish", "changes", "check", "editions", "export"]


@dataclass(frozen=True, slots=True)
class EditionLine:
    """An edition on the desk; ``verified`` and ``rows`` count rows of the standard."""

    key: str
    kind: str
    title: str
    state: EditionState
    valid_from: str
    rows: int
    verified: int
    own: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of an uploaded workbook and how it was understood.

    Attributes:
        columns: number of the column by what it means.
        options: every column that may be meant: number and what stands in its heading.
    """

    title: str
    head_row: int
    columns: Mapping[str, int]
    options: tuple[tuple[int, str], ...]
    used: bool


@dataclass(frozen=True, slots=True)
class FindingLine:
    """Something in the file that needs a look, with its place."""

    place: str
    text: str
    is_error: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """What an uploaded workbook would become.

    Attributes:
        elements: title, points and number of items of each element.
        sentences: of the assessment method: all, and those that became no rule.
    """

    sheets: tuple[Sheet, ...]
    findings: tuple[FindingLine, ...]
    elements: tuple[tuple[str, str, int], ...]
    items: tuple[tuple[str, str, str, str], ...]
    total: str
    rules: int
    sentences: tuple[int, int]

    @property
    def errors(self) -> int:
        """How many findings keep the file out."""
        return sum(line.is_error for line in self.findings)


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One thing that differs between two editions, in words."""

    part: str
    name: str
    kind: str
    fields: str


def editions(user: User, language: str) -> list[EditionLine]:
    """All editions with their state, the installation's own first.

    Raises:
        NotAllowedError: only for administrators.
    """
    rights.require(user, Action.MANAGE_CRITERIA)
    context = current()
    found = list(context.library.schemes())
    lines = []
    for scheme in found:
        rows = [item.source.verified for item in scheme.items]
        rows += [hazard.source.verified for hazard in scheme.hazards]
        others = [other for other in found if other.id == scheme.id]
        lines.append(
            EditionLine(
                scheme.key,
                scheme.kind,
                scheme.title[language],
                state_of(scheme, others, context.today),
                scheme.valid_from.isoformat(),
                len(rows),
                sum(rows),
                _own_folder(scheme.id, scheme.edition).exists(),
            )
        )
    return sorted(lines, key=lambda line: (not line.own, line.kind, line.key))


def _own() -> Path:
    own = current().library.own
    if own is None:
        raise InvalidValueError("no_own_criteria")
    return own


def _own_folder(scheme: str, edition: str) -> Path:
    own = current().library.own
    return (own or Path()) / scheme / edition / "scheme.toml"


def check(user: User, data: bytes, wish: Wish, language: str) -> Reading:
    """Read a workbook as :func:`take_over` would, without keeping anything.

    Raises:
        NotAllowedError: only for administrators.
        UnreadableFileError: no workbook, or an unsafe one.
        InvalidValueError: a wish that cannot be fulfilled, such as a name that is taken.
    """
    rights.require(user, Action.MANAGE_CRITERIA)
    if _own_folder(wish.scheme, wish.edition).exists():
        raise InvalidValueError("edition_exists", path=f"{wish.scheme}@{wish.edition}")
    with TemporaryDirectory() as folder:
        done = standards.import_standard(data, wish, Path(folder))
    say = partial(translate, language)
    scheme = done.scheme
    elements = () if scheme is None else scheme.elements
    items = () if scheme is None else scheme.items
    return Reading(
        sheets=_sheets(read_grids(data, LIMITS), wish.columns or {}),
        findings=tuple(
            FindingLine(row.place, row.text(say), row.is_error) for row in done.findings
        ),
        elements=tuple(
            (f"{e.id} {e.title[language]}", str(e.points), len(e.items)) for e in elements
        ),
        items=tuple(
            (i.id, i.text[language], str(i.points), "\n".join(r.text[language] for r in i.rules))
            for i in items
        ),
        total="" if scheme is None else str(scheme.total),
        rules=sum(len(item.rules) for item in items),
        sentences=done.sentences,
    )


def _sheets(grids: Mapping[str, Grid], given: Mapping[str, SheetColumns]) -> tuple[Sheet, ...]:
    found = []
    for columns in columns_of_book(grids, given, Findings()):
        grid = grids[columns.sheet]
        wide = max((max(row) for row in grid.rows.values()), default=0)
        options = tuple(
            (number, _heading(grid, columns.head_row, number)) for number in range(1, wide + 1)
        )
        found.append(
            Sheet(columns.sheet, columns.head_row, dict(columns.columns), options, columns.used)
        )
    return tuple(found)


def _heading(grid: Grid, head_row: int, column: int) -> str:
    """Letter of a column and the words of its heading."""
    cell = grid.cell(head_row, column) if head_row else None
    letter = get_column_letter(column)
    return letter if cell is None else f"{letter} {cell.shown[:20]}"


def corrected(sheet: Sheet, columns: Mapping[str, int], *, used: bool) -> SheetColumns:
    """An assignment of columns that a person has made."""
    return SheetColumns(sheet.title, sheet.head_row, dict(columns), used=used)


def take_over(user: User, data: bytes, wish: Wish) -> str:
    """Keep a workbook as a draft edition of one's own; returns ``scheme@edition``.

    Raises:
        NotAllowedError: only for administrators.
        UnreadableFileError: no workbook, or an unsafe one.
        InvalidValueError: the file has errors, or the wish cannot be fulfilled.
    """
    rights.require(user, Action.MANAGE_CRITERIA)
    done = standards.import_standard(data, wish, _own())
    if done.folder is None:
        raise InvalidValueError("standard_has_errors")
    key = f"{wish.scheme}@{wish.edition}"
    _log(user, "criteria.import", key, {"frame": wish.frame, "title": wish.title})
    return key


def publish(user: User, key: str) -> str:
    """Freeze a draft of one's own; from then on it can be used. Returns the fingerprint.

    Raises:
        NotAllowedError: only for administrators.
        InvalidValueError: there is no such draft.
        CriteriaError: it has problems, or has been published before.
    """
    rights.require(user, Action.MANAGE_CRITERIA)
    scheme, _, edition = key.partition("@")
    try:
        digest = freeze(current().library, scheme, edition)
    except KeyError:
        raise InvalidValueError("no_standard", name=key, known="-") from None
    _log(user, "criteria.publish", key, {"fingerprint": digest})
    return digest


def export(user: User, key: str, language: str) -> bytes:
    """The workbook of an edition, which can be edited and brought in again.

    Raises:
        NotAllowedError: only for administrators.
        InvalidValueError: there is no such edition, or it has no scored rows.
    """
    rights.require(user, Action.MANAGE_CRITERIA)
    return standards.export(_scheme(key), partial(translate, language), language)


def _scheme(key: str) -> Scheme:
    try:
        return current().library.find(key)
    except KeyError:
        raise InvalidValueError("no_standard", name=key, known="-") from None


def changes(user: User, old: str, new: str) -> list[ChangeLine]:
    """What differs between two editions.

    Raises:
        NotAllowedError: only for administrators.
        InvalidValueError: there is no such edition.
    """
    rights.require(user, Action.MANAGE_CRITERIA)
    return [_line(change) for change in compare(_scheme(old), _scheme(new))]


def _line(change: Change) -> ChangeLine:
    fields = "\n".join(
        f"{name}: {_short(before)} → {_short(after)}"
        for name, (before, after) in change.fields.items()
    )
    return ChangeLine(change.part, change.name, change.kind, fields)


def _short(value: object) -> str:
    text = "–" if value is None else str(value)
    return text if len(text) <= 120 else f"{text[:120]}…"


def _log(user: User, action: str, subject: str, body: dict[str, object]) -> None:
    """Note what an administrator did, in the chain of their organisation."""
    context = current()

    def job(tx: Transaction) -> None:
        entry = AuditEntry(
            user.organisation_id,
            context.stamp,
            user.account_id,
            user.role,
            action,
            subject,
            {**body, "account": user.account_id},
        )
        append(tx, entry)

    context.db.write(job)


def with_columns(wish: Wish, columns: Mapping[str, SheetColumns]) -> Wish:
    """The same wish with columns that a person has assigned."""
    return replace(wish, columns=columns or None)
