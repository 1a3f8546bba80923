"""Identifiers: time-ordered UUIDs (version 7, RFC 9562) as lower-case text."""

import secrets
import time
import uuid


def new_id() -> str:
    """A new UUIDv7; ids made later sort later (to the millisecond)."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (2**48 - 1)) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))
