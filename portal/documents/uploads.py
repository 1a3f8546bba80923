"""What an uploaded file is, judged by its content; what is not accepted is refused by name.

Pictures are drawn anew from their pixels, so that nothing of the upload but the picture remains.
Documents are looked through and kept byte for byte, because a changed document proves nothing.
"""

import re

import puremagic

from portal.documents.images import is_picture, redrawn
from portal.documents.office_files import check_office, is_archive
from portal.documents.pdf_files import check_pdf, is_pdf
from portal.documents.workbook_safety import is_encrypted_office, is_old_office
from portal.domain.evidence import FileKind
from portal.errors import UnreadableFileError

LARGEST_MEGABYTES = 20
"""Largest file. A photo of a telephone has 3 to 12, a scanned contract up to 20; the server takes
no more in one upload (``maxUploadSize`` in ``.streamlit/config.toml``)."""

MEGABYTE = 1024 * 1024

_PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa", b"\xcf\xfa\xed\xfe")
_APPLE_PICTURES = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00")
_MARKUP = re.compile(rb"<\s*(!doctype|html|head|body|script|svg|iframe|\?xml|\?php|img)", re.I)
_HEAD = 2048


def examine(data: bytes) -> tuple[FileKind, bytes]:
    """Tell the kind of a file and give what is to be kept of it.

    Returns:
        The kind, and the bytes to store: a picture redrawn, a document as it came.

    Raises:
        UnreadableFileError: with the code of what is wrong.
    """
    if not data:
        raise UnreadableFileError("evidence_empty")
    if len(data) > LARGEST_MEGABYTES * MEGABYTE:
        raise UnreadableFileError(
            "evidence_too_large", found=f"{len(data) / MEGABYTE:.1f}", limit=LARGEST_MEGABYTES
        )
    if is_picture(data):
        return redrawn(data)
    if is_pdf(data):
        check_pdf(data)
        return FileKind.PDF, data
    if is_archive(data):
        return check_office(data), data
    raise _refusal(data)


def _refusal(data: bytes) -> UnreadableFileError:
    """What to tell about a file of another kind."""
    head = data[:_HEAD]
    if is_encrypted_office(data):
        return UnreadableFileError("evidence_encrypted")
    if is_old_office(data):
        return UnreadableFileError("evidence_old_format")
    if head.startswith(_PROGRAMS):
        return UnreadableFileError("evidence_program")
    if head[4:8] == b"ftyp" and head[8:12] in _APPLE_PICTURES:
        return UnreadableFileError("evidence_heic")
    text = head
    for mark in _MARKS:
        text = text.replace(mark, b"")  # UTF-16 becomes readable without its zeros
    if text.lstrip().startswith(b"<") or _MARKUP.search(text):
        return UnreadableFileError("evidence_markup")
    return UnreadableFileError("evidence_unknown_kind", found=_guess(head))


def _guess(head: bytes) -> str:
    """The usual ending of a file of that content, or a question mark."""
    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return "?"
    return next((match.extension for match in matches if match.extension), "?")
