"""Uploaded files on the disk: by enterprise and content, whole or not at all.

A file is named by the SHA-256 of its bytes; no name that somebody has typed reaches the disk.
"""

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from portal.store.database import StoreError

_ENTERPRISE = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,63}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def digest(data: bytes) -> str:
    """What a file is named by."""
    return sha256(data).hexdigest()


class FileStore:
    """A folder with one folder for each enterprise."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextmanager
    def staged(self, enterprise_id: str, data: bytes) -> Iterator[Callable[[], None]]:
        """Write a file beside its place, safe on the disk, and give what puts it there.

        What is given is called at the end of the transaction that names the file; calling it
        twice does no harm. Without the call nothing remains.
        """
        place = self._place(enterprise_id, digest(data))
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".", dir=place.parent)
        staged = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())

            def keep() -> None:
                if staged.exists():
                    staged.replace(place)
                    _sync(place.parent)

            yield keep
        finally:
            staged.unlink(missing_ok=True)

    def read(self, enterprise_id: str, name: str) -> bytes | None:
        """A file, or None when it is gone or no longer what it was."""
        try:
            data = self._place(enterprise_id, name).read_bytes()
        except OSError:
            return None
        return data if digest(data) == name else None

    def _place(self, enterprise_id: str, name: str) -> Path:
        if not _ENTERPRISE.fullmatch(enterprise_id) or not _DIGEST.fullmatch(name):
            raise StoreError(f"no file of ours is named {enterprise_id!r}/{name!r}")
        return self.root / enterprise_id / name


def _sync(folder: Path) -> None:
    """Let the new name survive a power cut too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
