"""Uploaded Word and Excel files: the right parts, no programs, nothing fetched from elsewhere."""

import re
import zipfile
from io import BytesIO
from typing import Any
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.expatreader import create_parser  # type: ignore[import-untyped]

from portal.documents.workbook_safety import Limits, check_package
from portal.domain.evidence import FileKind
from portal.errors import UnreadableFileError

LIMITS = Limits(parts=2000, rows=1_048_576, columns=16_384)
"""A register of years may fill a sheet, and a report may hold hundreds of photos."""

_MAIN = {FileKind.XLSX: "xl/workbook.xml", FileKind.DOCX: "word/document.xml"}

_TOLD = {
    "workbook_encrypted": "evidence_encrypted",
    "workbook_with_macros": "evidence_macros",
    "workbook_bomb": "evidence_bomb",
    "workbook_too_many_parts": "evidence_too_many_parts",
}
"""The findings of the check of scoring workbooks in the words for evidence; else damaged."""

_END = b"PK\x05\x06"
_END_SIZE = 22
_PIECE = 64 * 1024
_OLD_OBJECT = re.compile(r"(^|/)(activex/|embeddings/[^/]*\.(bin|exe|scr|com|bat|cmd|js|vbs|lnk)$)")
_LINKING = re.compile(r"\.rels$|^xl/externallinks/.*\.xml$|^word/.*\.xml$")
_NETWORK = re.compile(
    r"\s*(https?:|ftp:|mhtml:|ms-\w+:|(file:/*)?[/\\]{2}|file://[^/])", re.IGNORECASE
)
_LOCAL = re.compile(r"\s*file:/{3}[a-z]:", re.IGNORECASE)
_EXCHANGE = re.compile(r"\bDDE(AUTO)?\b", re.IGNORECASE)


def is_archive(data: bytes) -> bool:
    """Whether a file begins like a zip, as Word and Excel files do."""
    return data.startswith(b"PK\x03\x04")


def check_office(data: bytes) -> FileKind:
    """Tell an .xlsx from a .docx, and refuse everything else in a zip.

    Raises:
        UnreadableFileError: with the code of what is wrong.
    """
    kind = _kind(data)
    # a comment or more bytes after the end could be a second file
    if data.rfind(_END) + _END_SIZE != len(data):
        raise UnreadableFileError("evidence_two_kinds")
    try:
        check_package(data, LIMITS, _MAIN[kind])
    except UnreadableFileError as error:
        raise UnreadableFileError(
            _TOLD.get(error.code, "evidence_damaged"), **error.values
        ) from error
    with zipfile.ZipFile(BytesIO(data)) as package:
        for name in package.namelist():
            if _OLD_OBJECT.search(name.lower()):
                raise UnreadableFileError("evidence_macros")
            if _LINKING.search(name.lower()):
                _check_links(package, name)
    return kind


def _kind(data: bytes) -> FileKind:
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            names = {name.lower() for name in package.namelist()}
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise UnreadableFileError("evidence_damaged") from error
    found = [kind for kind, main in _MAIN.items() if main in names]
    if not found:
        raise UnreadableFileError("evidence_unknown_kind", found=".zip")
    if len(found) > 1:
        raise UnreadableFileError("evidence_two_kinds")
    return found[0]


def _check_links(package: zipfile.ZipFile, name: str) -> None:
    """Read a part in pieces, as a stranger's part may be large."""
    watcher = _Watcher()
    parser: Any = create_parser()
    parser.forbid_dtd = True
    parser.setContentHandler(watcher)
    try:
        with package.open(name) as part:
            while piece := part.read(_PIECE):
                parser.feed(piece)
            parser.close()
    except (SAXException, DefusedXmlException) as error:
        raise UnreadableFileError("evidence_damaged") from error
    # one instruction may lie in many pieces
    if _EXCHANGE.search("".join(watcher.instructions)):
        raise UnreadableFileError("evidence_linked")


class _Watcher(ContentHandler):
    """Refuses links that a program follows by itself; collects the instructions of fields."""

    def __init__(self) -> None:
        super().__init__()
        self.instructions: list[str] = []
        self._in_instruction = False

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802  # name given by SAX
        """Look at one element."""
        local = name.rpartition(":")[2]
        if local == "Relationship":
            self._check(attrs)
        elif local in ("ddeLink", "oleLink"):
            raise UnreadableFileError("evidence_linked")
        elif local == "fldSimple":
            self.instructions.append(" ".join(["", *attrs.values(), ""]))
        self._in_instruction = local == "instrText"

    def endElement(self, name: str) -> None:  # noqa: ARG002, N802  # name given by SAX
        """Leave one element."""
        self._in_instruction = False

    def characters(self, content: str) -> None:
        """Collect text."""
        if self._in_instruction:
            self.instructions.append(content)

    @staticmethod
    def _check(link: Any) -> None:
        """A link that a person clicks is theirs; one that the program follows by itself is not."""
        kind = link.get("Type", "").rpartition("/")[2].lower()
        outside = link.get("TargetMode", "").lower() == "external"
        target = link.get("Target", "")
        if outside and kind != "hyperlink" and _NETWORK.match(target) and not _LOCAL.match(target):
            raise UnreadableFileError("evidence_linked")
