"""Encrypts the few things that must be read back but not be readable in a copy of the database."""

import os
from base64 import urlsafe_b64encode
from functools import cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portal.config import ROOT, settings
from portal.errors import PortalError

KEY_FILE = ROOT / "data" / "var" / "secret.key"
"""Made at first use, readable by its owner alone; to be kept with the backups, not in them."""

SHORTEST = 32
"""Characters of ``ANBIAO_SECRET``; made by a generator, not chosen."""


def seal(text: str) -> str:
    """Encrypt a short text.

    Raises:
        PortalError: ``secret_short``.
    """
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Decrypt what :func:`seal` gave.

    Raises:
        PortalError: ``secret_unusable``: the key is another one, or the text was changed.
    """
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise PortalError("secret_unusable") from None


def _box() -> Fernet:
    secret = settings().secret
    return _derived(secret.encode() if secret else _key_file(KEY_FILE))


@cache
def _derived(secret: bytes) -> Fernet:
    if len(secret) < SHORTEST:
        raise PortalError("secret_short", least=SHORTEST)
    derived = HKDF(SHA256(), length=32, salt=None, info=b"anbiao second factors").derive(secret)
    return Fernet(urlsafe_b64encode(derived))


def _key_file(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # two processes that start together: only one makes the file, whole before it is named
        made = path.with_name(f"{path.name}.{os.getpid()}")
        made.touch(mode=0o600, exist_ok=True)
        made.write_bytes(Fernet.generate_key())
        os.link(made, path)
    except FileExistsError:
        pass
    finally:
        made.unlink(missing_ok=True)
    return path.read_bytes()
