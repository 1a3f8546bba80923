"""Looks at an uploaded workbook before any spreadsheet library opens it.

A workbook is a zip of XML written by somebody else. Here it is measured (bytes, parts, rows),
parsed once without building anything, and refused by name: too large, a bomb, macros, encrypted,
an older format, entities. What passes is small enough to be read in one go.
"""

import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.expatreader import create_parser  # type: ignore[import-untyped]

from portal.errors import UnreadableFileError

MEGABYTE = 1024 * 1024
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_XML_STARTS = (b"<", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00<")
_PIECE = 64 * 1024
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a workbook may hold.

    Attributes:
        megabytes: of the file itself.
        unpacked_megabytes: of all its parts together.
        ratio: unpacked to packed size of one part, above one megabyte.
        parts: entries of the zip.
        rows: rows of one sheet, and the highest row number that holds a value.
        columns: the same for columns.
    """

    megabytes: float = 20
    unpacked_megabytes: float = 64
    ratio: int = 200
    parts: int = 500
    rows: int = 5000
    columns: int = 200


def is_old_office(data: bytes) -> bool:
    """Whether a file is of the older kind (.doc, .xls), or a newer one with a password."""
    return data.startswith(_OLE)


def is_encrypted_office(data: bytes) -> bool:
    """Whether a file is a newer one with a password: it lies in the container of the older."""
    return data.startswith(_OLE) and _ENCRYPTED in data


def check_package(data: bytes, limits: Limits, main_part: str = "xl/workbook.xml") -> None:
    """Refuse everything that is not a plain .xlsx of reasonable size.

    Args:
        data: the file.
        limits: how much it may hold.
        main_part: what it must contain; of a Word document ``word/document.xml``.

    Raises:
        UnreadableFileError: with the code of what is wrong.
    """
    found = len(data) / MEGABYTE
    if found > limits.megabytes:
        raise UnreadableFileError(
            "workbook_too_large", found=f"{found:.1f}", limit=f"{limits.megabytes:g}"
        )
    _check_kind(data)
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            _check_directory(package, limits, main_part)
            reader = _PartReader(package, limits)
            for entry in package.infolist():
                reader.check(entry)
    except _BROKEN as error:
        raise UnreadableFileError("workbook_damaged") from error


def _check_kind(data: bytes) -> None:
    if not data:
        raise UnreadableFileError("workbook_empty")
    if is_old_office(data):
        code = "workbook_encrypted" if is_encrypted_office(data) else "workbook_old_format"
        raise UnreadableFileError(code)
    if not data.startswith(b"PK"):
        raise UnreadableFileError("workbook_not_xlsx")
    if not zipfile.is_zipfile(BytesIO(data)):
        raise UnreadableFileError("workbook_damaged")


def _check_directory(package: zipfile.ZipFile, limits: Limits, main_part: str) -> None:
    """What the zip says about itself: names, sizes, ratios."""
    entries = package.infolist()
    names = [entry.filename.lower() for entry in entries]
    if len(entries) > limits.parts:
        raise UnreadableFileError("workbook_too_many_parts", found=len(entries), limit=limits.parts)
    if any(entry.flag_bits & 1 for entry in entries):
        raise UnreadableFileError("workbook_encrypted")
    if any("vbaproject" in name or "macrosheets/" in name for name in names):
        raise UnreadableFileError("workbook_with_macros")
    if len(set(names)) != len(names):
        raise UnreadableFileError("workbook_damaged")
    if "[content_types].xml" not in names or main_part not in names:
        raise UnreadableFileError("workbook_not_xlsx")
    unpacked = sum(entry.file_size for entry in entries) / MEGABYTE
    swollen = any(
        entry.file_size > MEGABYTE and entry.file_size > limits.ratio * max(1, entry.compress_size)
        for entry in entries
    )
    if unpacked > limits.unpacked_megabytes or swollen:
        raise UnreadableFileError(
            "workbook_bomb", found=f"{unpacked:.0f}", limit=f"{limits.unpacked_megabytes:g}"
        )


class _PartReader:
    """Reads each part once, in pieces, and stops at the first limit it meets."""

    def __init__(self, package: zipfile.ZipFile, limits: Limits) -> None:
        self.package, self.limits = package, limits
        self.left = int(limits.unpacked_megabytes * MEGABYTE)

    def check(self, entry: zipfile.ZipInfo) -> None:
        """Parse a part that is XML by content, whatever its name says."""
        with self.package.open(entry) as part:
            piece = self._piece(part)
            is_xml = piece.lstrip().startswith(_XML_STARTS)
            parser: Any = create_parser()
            parser.forbid_dtd = True
            parser.setContentHandler(_Watcher(self.limits))
            try:
                while piece:
                    if is_xml:
                        parser.feed(piece)
                    piece = self._piece(part)
                if is_xml:
                    parser.close()
            except DefusedXmlException as error:
                raise UnreadableFileError("workbook_entities", part=entry.filename) from error
            except SAXException as error:
                # drawings of old comments are HTML-like, and nobody reads them here
                if not entry.filename.lower().endswith(".vml"):
                    raise UnreadableFileError("workbook_damaged") from error

    def _piece(self, part: IO[bytes]) -> bytes:
        piece = part.read(_PIECE)
        self.left -= len(piece)
        if self.left < 0:
            limit = f"{self.limits.unpacked_megabytes:g}"
            raise UnreadableFileError("workbook_bomb", found=f"> {limit}", limit=limit)
        return piece


class _Watcher(ContentHandler):
    """Counts rows and looks where values stand; refuses macros by content type."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self.limits = limits
        self.rows = 0
        self.row = self.column = 0

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802  # name given by SAX
        """Note one element."""
        local = name.rpartition(":")[2]
        if local == "row":
            self.rows += 1
            self._limit("rows", self.rows)
            self.row = _whole(attrs.get("r"), self.row + 1)
            self.column = 0
        elif local == "c":
            self.column = _column(attrs.get("r"), self.column + 1)
        elif local in ("v", "is", "f"):
            self._limit("rows", self.row)
            self._limit("columns", self.column)
        elif local in ("Override", "Default") and _has_macros(attrs.get("ContentType")):
            raise UnreadableFileError("workbook_with_macros")

    def _limit(self, what: str, found: int) -> None:
        limit = self.limits.rows if what == "rows" else self.limits.columns
        if found > limit:
            raise UnreadableFileError(f"workbook_too_many_{what}", limit=limit)


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() else otherwise


def _column(reference: str | None, otherwise: int) -> int:
    letters = (reference or "").rstrip("0123456789").upper()
    if not letters or not letters.isascii() or not letters.isalpha() or len(letters) > 3:
        return otherwise
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _has_macros(content_type: str | None) -> bool:
    lowered = (content_type or "").lower()
    return "macroenabled" in lowered or "vbaproject" in lowered
