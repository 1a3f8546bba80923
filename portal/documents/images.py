"""Uploaded pictures: measured before they are decoded, drawn anew without anything but pixels.

What a camera or a program writes beside the pixels (place, time, owner, thumbnails, colour
profiles, comments) is left behind, and so is whatever somebody has hidden before or after them.
"""

from contextlib import suppress
from io import BytesIO
from threading import Lock

from PIL import Image, ImageOps

from portal.domain.evidence import FileKind
from portal.errors import UnreadableFileError

MEGAPIXELS = 65
"""Largest picture: what a camera of 64 megapixels takes. Decoded, one takes up to four bytes of
memory a pixel, so a picture of 200 megapixels could take 800 MB of the server."""

LONG_SIDE = 4096
"""Longer side that is kept, in pixels: a label on a machine is still legible in a full view."""

QUALITY = 88
"""Of JPEG and WebP, where the eye sees no difference to the upload."""

Image.MAX_IMAGE_PIXELS = MEGAPIXELS * 1_000_000
"""Pillow's own guard, for every other use of it in this process too; it refuses at the double."""

_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_READERS = ("JPEG", "PNG", "WEBP")
_KINDS = {
    "JPEG": FileKind.JPEG,
    "MPO": FileKind.JPEG,  # a JPEG with a second picture behind it, as many telephones write it
    "PNG": FileKind.PNG,
    "WEBP": FileKind.WEBP,
}
_ALLOWED = {
    FileKind.JPEG: ("RGB", "L"),
    FileKind.PNG: ("RGB", "L", "RGBA", "LA"),
    FileKind.WEBP: ("RGB", "RGBA"),
}

_one_at_a_time = Lock()
"""Bounds the memory: ten people who upload at once wait a moment for one another."""


def is_picture(data: bytes) -> bool:
    """Whether a file begins like one of the pictures that are accepted."""
    return data.startswith(_STARTS) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


def redrawn(data: bytes, long_side: int = LONG_SIDE) -> tuple[FileKind, bytes]:
    """Draw a picture anew: upright, no longer than ``long_side``, pixels only.

    Colours are kept as they are written; without its profile a picture of a wide colour space
    looks a little paler.

    Returns:
        Its kind, which stays, and the new file.

    Raises:
        UnreadableFileError: too many pixels, damaged or cut off.
    """
    try:
        with _one_at_a_time, Image.open(BytesIO(data), formats=_READERS) as opened:
            _measure(opened)
            kind = _KINDS[str(opened.format)]
            return kind, _encoded(_clean(opened, kind, long_side), kind)
    except UnreadableFileError:
        raise
    except Image.DecompressionBombError as error:
        raise UnreadableFileError("evidence_pixels", limit=MEGAPIXELS) from error
    except Exception as error:
        # a library in the hands of a stranger's file: whatever it trips over, the file is at fault
        raise UnreadableFileError("evidence_damaged") from error


def _measure(opened: Image.Image) -> None:
    """Refuse by the size in the header, before a single pixel is decoded."""
    if opened.width * opened.height > MEGAPIXELS * 1_000_000:
        raise UnreadableFileError("evidence_pixels", limit=MEGAPIXELS)


def _clean(opened: Image.Image, kind: FileKind, long_side: int) -> Image.Image:
    longest = max(opened.size)
    if longest > long_side:
        # lets a JPEG be decoded at a half or a quarter, in that much less memory
        side_by_side = [max(1, side * long_side // longest) for side in opened.size]
        opened.draft(None, (side_by_side[0], side_by_side[1]))
    image: Image.Image = opened
    if image.mode not in _ALLOWED[kind]:
        seen_through = "A" in image.mode or "transparency" in image.info
        image = image.convert("RGBA" if seen_through and kind is not FileKind.JPEG else "RGB")
    if max(image.size) > long_side:
        image.thumbnail((long_side, long_side), Image.Resampling.LANCZOS, reducing_gap=None)
    image.load()
    with suppress(Exception):  # a note of the camera that cannot be read turns nothing
        image = ImageOps.exif_transpose(image)
    # a new picture takes over the pixels and nothing that hangs on the old one
    clean = Image.new(image.mode, image.size)
    clean.paste(image)
    return clean


def _encoded(image: Image.Image, kind: FileKind) -> bytes:
    stream = BytesIO()
    match kind:
        case FileKind.PNG:
            image.save(stream, "PNG")
        case FileKind.WEBP:
            image.save(stream, "WEBP", quality=QUALITY, method=3)
        case _:
            image.save(stream, "JPEG", quality=QUALITY, optimize=True)
    return stream.getvalue()
