"""Enterprises and accounts of a workbook beside those that the portal already has.

Reads through a database or through the transaction that is about to write; the same questions are
asked twice, since others may have entered something between the check and the writing.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched  # type: ignore[attr-defined]
from unicodedata import normalize

from portal.documents.people_layout import spelled
from portal.documents.people_reading import AccountRow, EnterpriseRow, PeopleReading
from portal.documents.workbook_cells import CellProblem, Problems
from portal.documents.workbook_layout import Say
from portal.domain.people import BODY_OF, Role
from portal.store.database import Database, Row, Transaction
