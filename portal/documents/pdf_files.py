"""Uploaded PDFs: looked through for everything that acts, starts or carries something."""

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject

from portal.errors import UnreadableFileError

PARTS = 100_000
"""Most objects that are looked at, which takes some six seconds; a drawing of a plant has some ten
thousand."""

_ACTIONS = frozenset(
    {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/GoToR", "/Rendition"}
    | {"/RichMediaExecute", "/Movie", "/Sound"}
)
_CARRIERS = frozenset(
    {"/EmbeddedFile", "/FileAttachment", "/RichMedia", "/3D", "/Screen", "/Movie", "/Sound"}
)
_KEYS = frozenset({"/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/XFA", "/RichMediaContent"})
_PLAIN = re.compile(rb"/(JavaScript|Launch|EmbeddedFile|RichMedia|XFA)(?![A-Za-z0-9])")
_TAIL = 2048
"""Where a PDF ends: readers look for the end mark in the last bytes, and so do we."""


def is_pdf(data: bytes) -> bool:
    """Whether a file begins like a PDF; one that begins elsewhere is something else as well."""
    return data.startswith(b"%PDF-")


def check_pdf(data: bytes) -> None:
    """Refuse a PDF that does something, carries something, is locked or cut off.

    That a document opens at a certain page is nothing it does; many programs write that.

    Raises:
        UnreadableFileError: with the code of what is wrong.
    """
    if b"%%EOF" not in data[-_TAIL:]:
        raise UnreadableFileError("evidence_damaged")
    if zipfile.is_zipfile(BytesIO(data)):
        raise UnreadableFileError("evidence_two_kinds")
    # readers mend a broken table of contents each in its own way: what stands there plainly counts
    found = _PLAIN.search(data)
    if found:
        raise UnreadableFileError("evidence_active_pdf", found=found[0].decode())
    try:
        reader = PdfReader(BytesIO(data), strict=False)
        if reader.is_encrypted:
            raise UnreadableFileError("evidence_encrypted")
        if not reader.pages:
            raise UnreadableFileError("evidence_damaged")
        for part in _parts(reader):
            _check(part)
    except UnreadableFileError:
        raise
    except (Exception, RecursionError) as error:
        # a library in the hands of a stranger's file: whatever it trips over, the file is at fault
        raise UnreadableFileError("evidence_damaged") from error


def _parts(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Every dictionary that can be reached; the same one only once."""
    waiting: list[object] = [reader.trailer]
    seen: set[tuple[int, int]] = set()
    count = 0
    while waiting:
        part = waiting.pop()
        if isinstance(part, IndirectObject):
            place = (part.idnum, part.generation)
            if place in seen:
                continue
            seen.add(place)
            part = part.get_object()
        count += 1
        if count > PARTS * 10 or len(seen) > PARTS:
            raise UnreadableFileError("evidence_too_many_parts", limit=PARTS)
        if isinstance(part, DictionaryObject):
            yield part
            waiting.extend(dict.values(part))  # as written: references are followed above
        elif isinstance(part, ArrayObject):
            waiting.extend(list.__iter__(part))


def _check(part: DictionaryObject) -> None:
    found = _KEYS.intersection(part)
    for key, unwanted in (("/S", _ACTIONS), ("/Subtype", _CARRIERS), ("/Type", _CARRIERS)):
        value = _value(part, key)
        if isinstance(value, NameObject) and value in unwanted:
            found |= {str(value)}
    at_once = _value(part, "/OpenAction")
    if isinstance(at_once, DictionaryObject) and _value(at_once, "/S") != "/GoTo":
        found |= {"/OpenAction"}
    if found:
        raise UnreadableFileError("evidence_active_pdf", found=min(found))


def _value(part: DictionaryObject, key: str) -> object:
    """What stands under a key, also when it is written elsewhere and only referred to."""
    return part[key] if key in part else None  # noqa: SIM401 - get() would not follow references
