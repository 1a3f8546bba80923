"""Evidence (佐证材料): kinds of files that are accepted, and the name a file is shown by."""

import re
import unicodedata
from enum import StrEnum


class FileKind(StrEnum):
    """What a file is by its content; its name decides nothing."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    PDF = "pdf"
    XLSX = "xlsx"
    DOCX = "docx"

    @property
    def is_picture(self) -> bool:
        """Whether a browser may show it; everything else is only handed out to be kept."""
        return self in PICTURES


PICTURES = frozenset({FileKind.JPEG, FileKind.PNG, FileKind.WEBP})

_OFFICE = "application/vnd.openxmlformats-officedocument"

MEDIA_TYPES: dict[FileKind, str] = {
    FileKind.JPEG: "image/jpeg",
    FileKind.PNG: "image/png",
    FileKind.WEBP: "image/webp",
    FileKind.PDF: "application/pdf",
    FileKind.XLSX: f"{_OFFICE}.spreadsheetml.sheet",
    FileKind.DOCX: f"{_OFFICE}.wordprocessingml.document",
}

ENDINGS: dict[FileKind, tuple[str, ...]] = {
    FileKind.JPEG: ("jpg", "jpeg"),
    FileKind.PNG: ("png",),
    FileKind.WEBP: ("webp",),
    FileKind.PDF: ("pdf",),
    FileKind.XLSX: ("xlsx",),
    FileKind.DOCX: ("docx",),
}
"""Endings of names by kind; the first one is given to a name that has another."""

NAME_LIMIT = 120
"""Longest name: with three bytes a Chinese character it still fits every file system (255)."""

_BOUNDS = re.compile(r"[/\\]")
_FORBIDDEN = re.compile(r'[<>:"|?*]')


def clean_name(name: str, kind: FileKind) -> str:
    r"""The name a file is shown and handed out by; never a place on a disk.

    Folders, control and direction marks go, and the ending is that of the content.

    >>> clean_name("../../etc/现场 照片.JPG", FileKind.JPEG)
    '现场 照片.JPG'
    >>> clean_name("C:\\tmp\\run.exe", FileKind.PNG), clean_name("\x00..", FileKind.PDF)
    ('run.exe.png', 'file.pdf')
    """
    last = _BOUNDS.split(unicodedata.normalize("NFC", name))[-1]
    seen = "".join(" " if sign.isspace() else sign for sign in last)
    kept = "".join(sign for sign in seen if not unicodedata.category(sign).startswith("C"))
    kept = _FORBIDDEN.sub("_", kept).strip(" .")
    stem, dot, ending = kept.rpartition(".")
    if not (dot and stem and ending.lower() in ENDINGS[kind]):
        stem, ending = kept, ENDINGS[kind][0]
    return f"{stem.strip(' .')[: NAME_LIMIT - len(ending) - 1] or 'file'}.{ending}"
