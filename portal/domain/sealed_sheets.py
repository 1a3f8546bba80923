"""Many sealed sheets to columns for bulk grading.

A sealed sheet is canonical JSON: its items follow each other as ``"id":{…}`` and thousands of
sheets repeat the same few of these. So the items are cut at ``},"`` and each distinct piece is
parsed, checked and scored once. Within a text a quotation mark is always escaped, so a cut can hit
a text only at its very end; the piece is then no member of its own, and the sheet is read whole.
Where every piece is one member, their sequence is the object, because JSON can be read in one way
only: the short way gives what reading the whole sheet gives.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from portal.domain.answers import TEXT_LIMIT, answer_from_json, to_engine
from scoring.columns import Columns, Marks
from scoring.engine import BLANK
from scoring.errors import ScoringError
from scoring.model import Answer, Rubric

MOST_PIECES = 50_000
"""Texts that are remembered; remarks make many that never return."""

REASONS = ("reason", "not_applicable")
TEXTS = (*REASONS, "remark", "difference")

CUT = '},"'
HEAD_END = ',"items":{"'


@dataclass(frozen=True, slots=True)
class Edition:
    """What a sealed sheet names as its edition."""

    scheme: str
    edition: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a sheet cannot be graded: ``no_sheet``, ``other_edition``, or ``error`` says it.

    Attributes:
        error: what the engine or the reader of JSON refuses, or None.
    """

    code: str
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """A block of sheets that could be read, and why the others could not.

    Attributes:
        rows: which of the given sheets the rows of ``columns`` are, in order.
        refused: by number of the given sheet.
    """

    columns: Columns
    rows: list[int]
    refused: dict[int, Refused] = field(default_factory=dict)


class SheetReader:
    """Reads sealed sheets of one edition.

    Args:
        rubric: what to grade by.
        named: the edition that the sheets must name.
        lenient: leave out answers that the rubric does not know or refuses (their items are then
            unanswered) and collect them in ``left_out``; without it such a sheet is refused.

    Attributes:
        left_out: by item and kind of refusal, the refusal.
    """

    def __init__(self, rubric: Rubric, named: Edition, *, lenient: bool = False) -> None:
        self.rubric, self.named, self.lenient = rubric, named, lenient
        self.marks = Marks(rubric)
        self.left_out: dict[tuple[str, str], ScoringError] = {}
        self._tail = f'}}}},"scheme":{json.dumps(named.scheme, ensure_ascii=False)}}}'
        self._pieces: dict[str, bytes] = {}
        self._heads: dict[str, int] = {}
        self._known: dict[tuple[str, str], bytes] = {}

    def read(self, sheets: Sequence[str | None]) -> Read:
        """Turn sheets into columns; a sheet that cannot be read is named and left out."""
        packed: list[bytes] = []
        facts: list[int] = []
        rows: list[int] = []
        refused: dict[int, Refused] = {}
        for number, sheet in enumerate(sheets):
            try:
                codes, performance = self._read(sheet)
            except _RefusedError as error:
                refused[number] = error.refused
            # a sheet may hold any JSON: lists for objects, numbers for texts, no keys at all
            except (ScoringError, ValueError, LookupError, TypeError, AttributeError) as error:
                refused[number] = Refused("unreadable", error)
            else:
                packed.append(codes)
                facts.append(performance)
                rows.append(number)
        counts = np.array([len(codes) // 8 for codes in packed], dtype=np.int64)
        columns = self.marks.columns(
            np.frombuffer(b"".join(packed), dtype=np.int64),
            counts,
            np.array(facts, dtype=np.int64),
        )
        return Read(columns, rows, refused)

    def _read(self, sheet: str | None) -> tuple[bytes, int]:
        if sheet is None:
            raise _RefusedError(Refused("no_sheet"))
        head, _, rest = sheet.partition(HEAD_END)
        pieces = rest.removesuffix(self._tail).split(CUT) if rest.endswith(self._tail) else []
        try:
            codes = b"".join(map(self._pieces.__getitem__, pieces))
        except KeyError:
            codes = self._learn(pieces) or b""
        if not codes:
            return self._whole(sheet)
        if head not in self._heads:
            if len(self._heads) > MOST_PIECES:
                self._heads.clear()
            self._heads[head] = self._facts(json.loads(head + "}"), self.named.scheme)
        return codes, self._heads[head]

    def _learn(self, pieces: Sequence[str]) -> bytes | None:
        """Codes of pieces, some of them new; None when a piece is not one item."""
        if len(self._pieces) > MOST_PIECES:
            self._pieces.clear()
        codes = []
        for piece in pieces:
            if piece not in self._pieces:
                try:
                    member = json.loads(f'{{"{piece}}}}}')
                except ValueError:
                    return None
                if len(member) != 1:
                    return None
                [(item, row)] = member.items()
                self._pieces[piece] = self._code(item, row)
            codes.append(self._pieces[piece])
        return b"".join(codes)

    def _whole(self, sheet: str) -> tuple[bytes, int]:
        data = json.loads(sheet)
        facts = self._facts(data, data["scheme"])
        return b"".join(self._code(item, row) for item, row in data["items"].items()), facts

    def _code(self, item_id: str, row: object) -> bytes:
        """Code of an answer; answers that differ in wording alone are looked at once."""
        key = (item_id, repr(_wordless(row)))
        if key not in self._known:
            self._known[key] = self._new_code(item_id, row)
        return self._known[key]

    def _new_code(self, item_id: str, row: object) -> bytes:
        try:
            answer = answer_from_json(item_id, row)
            item = self.rubric.by_id.get(item_id)
            engine: Answer = BLANK
            if item is not None and answer.answered:
                engine = to_engine(self.rubric, item, answer)
            return self.marks.code(item_id, engine).to_bytes(8, sys.byteorder)
        except ScoringError as error:
            if not self.lenient:
                raise
            self.left_out[item_id, error.code] = error
            return b""

    def _facts(self, data: dict[str, object], scheme: object) -> int:
        if (scheme, data["edition"], data["fingerprint"]) != (
            self.named.scheme,
            self.named.edition,
            self.named.fingerprint,
        ):
            raise _RefusedError(Refused("other_edition"))
        facts = data["facts"]
        if not isinstance(facts, dict):
            raise TypeError("facts")
        return self.marks.facts(facts)


def _wordless(row: object) -> object:
    """An answer as far as it decides anything: of a text only whether there is one."""
    if not isinstance(row, dict):
        return row
    out = {}
    for name, value in row.items():
        if name not in TEXTS or not isinstance(value, str) or len(value) > TEXT_LIMIT:
            out[name] = value
        elif name in REASONS:
            out[name] = value and ("-" if value.strip() else " ")
    return out


class _RefusedError(Exception):
    def __init__(self, refused: Refused) -> None:
        self.refused = refused
        super().__init__(refused.code)
