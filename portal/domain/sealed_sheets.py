"""Sealed sheets: the text of one, and many of them as columns for bulk grading.

The text is canonical JSON, in one of two formats (docs/decisions/0014). Format 1 writes every
item out; format 2 lists the items with full marks once, as ids and ranges of ids, and writes out
the others just as format 1 does. Sheets of both formats are read for ever.

Thousands of sheets repeat the same few pieces: ``"id":{…}`` of an item, ``id~id`` of a range. So
a sheet is cut at ``},"`` and ``","``, and each distinct piece is parsed, checked and scored once.
Within a text a quotation mark is always escaped, so a cut can hit a text only at its very end;
the piece is then no member of its own, and the sheet is read whole. Where every piece is one
member, their sequence is the object, because JSON can be read in one way only: the short way
gives what reading the whole sheet gives.
"""

import hashlib
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

import numpy as np

from portal.domain.answers import TEXT_LIMIT, ItemAnswer, answer_from_json, to_engine
from scoring.columns import Columns, Marks
from scoring.engine import BLANK, ENGINE_VERSION
from scoring.errors import ScoringError
from scoring.model import Answer, FactValue, Rubric

FORMAT = 2
"""The format that is written; a sheet of format 1 does not say one."""

MOST_PIECES = 50_000
"""Texts that are remembered; remarks make many that never return."""

LONGEST_RANGE = 1000
"""Items of a range; a sheet that somebody forged must not ask for billions of them."""

REASONS = ("reason", "not_applicable")
TEXTS = (*REASONS, "remark", "difference")
FULL: dict[str, object] = {"full": True}

NUMBERED = re.compile(r"([0-9A-Za-z._-]*?)(0|[1-9][0-9]{0,5})")
"""An id as what stands before its last number, and that number."""

LISTED = re.compile(rb"[0-9A-Za-z._-]+(~[0-9A-Za-z._-]+)?")

DECODER = json.JSONDecoder()

CUT = b'},"'
LIST_CUT = b'","'
FACTS = b',"facts":'
ITEMS = b',"items":{"'
LIST = b',"format":2,"full":['
LIST_END = b'],"items":{'


# ------------------------------------------------------------------ one sheet


def seal(
    rubric: Rubric, answers: Mapping[str, ItemAnswer], facts: Mapping[str, FactValue]
) -> tuple[str, str]:
    """Canonical text of a submitted sheet and its SHA-256.

    Everything that a grading needs is in it, so that anyone can repeat it years later.
    """
    rows = {item.id: answers[item.id].to_json() for item in rubric.items if item.id in answers}
    sheet = {
        "scheme": rubric.scheme,
        "edition": rubric.edition,
        "fingerprint": rubric.fingerprint,
        "engine": ENGINE_VERSION,
        "format": FORMAT,
        "full": _ranges([item for item, row in rows.items() if row == FULL]),
        "items": {item: row for item, row in rows.items() if row != FULL},
        "facts": dict(facts),
    }
    text = json.dumps(sheet, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text, hashlib.sha256(text.encode()).hexdigest()


def unseal(sheet: str) -> tuple[dict[str, ItemAnswer], dict[str, FactValue]]:
    """Answers and facts of a sealed sheet of either format.

    Raises:
        ScoringError: a format that is not known, an item that is answered twice, a range or an
            answer that cannot be read.
    """
    data = json.loads(sheet)
    full = ItemAnswer(full=True)
    return {
        item: full if row is FULL else answer_from_json(item, row)
        for item, row in _rows(data).items()
    }, data["facts"]


def _ranges(items: Sequence[str]) -> list[str]:
    """Neighbours such as 1.1, 1.2, 1.3 as ``1.1~1.3``; all others alone."""
    runs: list[list[str]] = []
    expected = ""
    for item in items:
        if item != expected or len(runs[-1]) == LONGEST_RANGE:
            runs.append([])
        runs[-1].append(item)
        found = NUMBERED.fullmatch(item)
        expected = f"{found[1]}{int(found[2]) + 1}" if found else ""
    return [run[0] if len(run) == 1 else f"{run[0]}~{run[-1]}" for run in runs]


def _expanded(listed: str) -> list[str]:
    """The items of an entry of the list of full marks."""
    first, tilde, last = listed.partition("~")
    if not tilde:
        return [first]
    begin, end = NUMBERED.fullmatch(first), NUMBERED.fullmatch(last)
    if begin is None or end is None or begin[1] != end[1]:
        raise _bad(listed, listed, "1.1, 1.1~1.5")
    numbers = range(int(begin[2]), int(end[2]) + 1)
    if not 1 < len(numbers) <= LONGEST_RANGE:
        raise _bad(listed, listed, "1.1, 1.1~1.5")
    return [f"{begin[1]}{number}" for number in numbers]


def _bad(item: str, found: object, expected: str, name: str = "full") -> ScoringError:
    return ScoringError("bad_answer", item=item, field=name, found=repr(found), expected=expected)


def _rows(data: Mapping[str, object]) -> dict[str, object]:
    """The rows of all items as format 1 writes them out, in its order."""
    items = data["items"]
    if not isinstance(items, dict):
        raise _bad("-", items, "{…}", "items")
    if "format" not in data:
        return items
    if data["format"] != FORMAT:
        raise _bad("-", data["format"], f"1, {FORMAT}", "format")
    listed = data["full"]
    if not isinstance(listed, list) or not all(isinstance(part, str) for part in listed):
        raise _bad("-", listed, '["1.1","1.3~1.5"]')
    rows: dict[str, object] = {}
    for item in (item for part in listed for item in _expanded(part)):
        if item in rows:
            raise _bad(item, item, "1 × full")
        rows[item] = FULL
    if twice := rows.keys() & items.keys():
        raise _bad(min(twice), items[min(twice)], "full / items")
    return dict(sorted((rows | items).items()))


# ------------------------------------------------------------------ many sheets


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


Packed = tuple[bytes, int]
"""Codes of the answers of a sheet, 8 bytes each, and the number of its facts."""


class SheetReader:
    """Reads sealed sheets of one edition, of both formats.

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
        scheme, fingerprint = (
            json.dumps(name, ensure_ascii=False) for name in (named.scheme, named.fingerprint)
        )
        self._tail = f'}}}},"scheme":{scheme}}}'.encode()
        self._after_facts = f',"fingerprint":{fingerprint}'.encode()
        self._pieces: dict[bytes, bytes] = {}
        self._begins: set[bytes] = set()
        self._facts: dict[bytes, int] = {}
        self._known: dict[tuple[str, str], bytes] = {}

    def read(self, sheets: Sequence[str | bytes | None]) -> Read:
        """Turn sheets into columns; a sheet that cannot be read is named and left out."""
        found = [self._tried(self._either, sheet) for sheet in sheets]
        read = self._columns(found)
        if len(read.columns.repeated):
            # pieces do not show that an item is answered twice; the whole sheet does
            for place in read.columns.repeated.tolist():
                found[read.rows[place]] = self._tried(self._whole, sheets[read.rows[place]])
            read = self._columns(found)
        return read

    def _columns(self, found: Sequence[Packed | Refused]) -> Read:
        rows, refused = [], {}
        codes, counts, facts = [], [], []
        for number, part in enumerate(found):
            if isinstance(part, Refused):
                refused[number] = part
            else:
                rows.append(number)
                codes.append(part[0])
                counts.append(len(part[0]) // 8)
                facts.append(part[1])
        columns = self.marks.columns(
            np.frombuffer(b"".join(codes), dtype=np.int64),
            np.array(counts, dtype=np.int64),
            np.array(facts, dtype=np.int64),
        )
        return Read(columns, rows, refused)

    def _tried(
        self, read: Callable[[bytes], Packed], sheet: str | bytes | None
    ) -> Packed | Refused:
        try:
            if sheet is None:
                return Refused("no_sheet")
            return read(sheet.encode() if isinstance(sheet, str) else sheet)
        except _OtherEditionError:
            return Refused("other_edition")
        # a sheet may hold any JSON: lists for objects, numbers for texts, no keys, no bottom
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            return Refused("unreadable", error)

    def _either(self, sheet: bytes) -> Packed:
        return self._short(sheet) or self._whole(sheet)

    def _short(self, sheet: bytes) -> Packed | None:
        """Codes and number of the facts of a sheet as it is written here, else None."""
        head, found, rest = sheet.partition(LIST)
        listed: list[bytes] = []
        if found:
            full, _, rest = rest.partition(LIST_END)
            listed = full[1:-1].split(LIST_CUT) if full else []
            if full and not full[:1] == full[-1:] == b'"':
                return None
        else:
            head, _, rest = sheet.partition(ITEMS)
            rest = b'"' + rest
        if rest[:1] == b'"' and rest.endswith(self._tail):
            pieces = rest[1 : -len(self._tail)].split(CUT)
        elif found and rest == self._tail[1:]:
            pieces = []
        else:
            return None
        facts = self._head(head)
        if facts is None:
            return None
        codes: bytes | None
        try:
            codes = b"".join(itemgetter(*listed, *pieces)(self._pieces))
        except (KeyError, TypeError):  # one is new, or fewer than two: those give no tuple
            codes = self._learn(listed, pieces)
        return None if codes is None else (codes, facts)

    def _head(self, head: bytes) -> int | None:
        """Number of the facts of a head as it is written here, else None."""
        begin, _, rest = head.partition(FACTS)
        if begin not in self._begins:
            try:
                data = json.loads(begin + b"}")
            except ValueError:
                return None
            if data.keys() != {"edition", "engine"} or data["edition"] != self.named.edition:
                return None
            self._begins.add(begin)
        if not rest.endswith(self._after_facts):
            return None
        text = rest[: -len(self._after_facts)]
        if text not in self._facts:
            try:
                # what json.loads does, but for white space around it, which is not written here
                plain = text.decode()
                facts, end = DECODER.raw_decode(plain)
            except ValueError:
                return None
            if end != len(plain):
                return None
            if len(self._facts) > MOST_PIECES:
                self._facts.clear()
            self._facts[text] = self._performance(facts)
        return self._facts[text]

    def _learn(self, listed: Sequence[bytes], pieces: Sequence[bytes]) -> bytes | None:
        """Codes of entries and pieces, some of them new; None when one is not what it seems."""
        if len(self._pieces) > MOST_PIECES:
            self._pieces.clear()
        codes = []
        for part in listed:
            if part not in self._pieces:
                if not LISTED.fullmatch(part):
                    return None
                items = _expanded(part.decode())
                self._pieces[part] = b"".join(self._code(item, FULL) for item in items)
            codes.append(self._pieces[part])
        for piece in pieces:
            if piece not in self._pieces:
                try:
                    member = json.loads(b'{"' + piece + b"}}")
                except ValueError:
                    return None
                if len(member) != 1:
                    return None
                [(item, row)] = member.items()
                self._pieces[piece] = self._code(item, row)
            codes.append(self._pieces[piece])
        return b"".join(codes)

    def _whole(self, sheet: bytes) -> Packed:
        data = json.loads(sheet)
        names = Edition(data["scheme"], data["edition"], data["fingerprint"])
        if names != self.named:
            raise _OtherEditionError
        facts = self._performance(data["facts"])
        return b"".join(self._code(item, row) for item, row in _rows(data).items()), facts

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

    def _performance(self, facts: object) -> int:
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


class _OtherEditionError(Exception):
    """A sheet names another edition than the one it is read for."""
