"""Reads the scoring workbook of any province into an edition: columns, rows, sums, rules.

Nothing is guessed silently: what is doubtful becomes a finding with sheet and cell, and the
assignment of the columns can be corrected and the file read again.
"""

from collections.abc import Mapping

from criteria.model import Scheme
from portal.documents.standard_checks import check_frame, check_names, check_sums
from portal.documents.standard_columns import columns_of_book
from portal.documents.standard_draft import make_draft
from portal.documents.standard_rows import read_rows
from portal.documents.standard_values import (
    Findings,
    SheetColumns,
    StandardReading,
    in_order,
)
from portal.documents.workbook_grid import Grid, read_grids
from portal.documents.workbook_safety import Limits

__all__ = ["LIMITS", "StandardReading", "read_standard", "read_standard_grids"]

LIMITS = Limits(rows=100_000, columns=100, unpacked_megabytes=96)
"""A standard has a few hundred rows; nothing that a person has typed has more than this."""


def read_standard(
    data: bytes,
    pattern: Scheme,
    columns: Mapping[str, SheetColumns] | None = None,
    limits: Limits = LIMITS,
) -> StandardReading:
    """Read a scoring workbook (.xlsx).

    Args:
        data: the file.
        pattern: what the workbook does not say: names, days, ladder, facts; its elements, if it
            has any, are the frame that is compared.
        columns: assignments made by a person, by sheet title; the other sheets are guessed.
        limits: how large the file may be.

    Raises:
        UnreadableFileError: no workbook, or an unsafe or much too large one; bad cells never
            raise.
    """
    return read_standard_grids(read_grids(data, limits), pattern, columns)


def read_standard_grids(
    grids: Mapping[str, Grid],
    pattern: Scheme,
    columns: Mapping[str, SheetColumns] | None = None,
) -> StandardReading:
    """Read sheets that are in memory already, as after a correction of the columns."""
    findings = Findings()
    assigned = columns_of_book(grids, columns or {}, findings)
    book = read_rows(grids, assigned, findings)
    if not book.items and any(sheet.used for sheet in assigned):
        findings.error(next(s.sheet for s in assigned if s.used), "", "no_items")
    draft = make_draft(book, pattern, findings)
    check_names(book, findings)
    check_sums(book, findings)
    if pattern.elements and book.items:
        check_frame(draft.scheme, pattern, book, findings)
    return StandardReading(
        assigned, tuple(book.rows), draft.scheme, in_order(findings.found, grids), draft.sentences
    )
