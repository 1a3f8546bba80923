"""Passwords: how they are kept, and how good a new one must be.

Kept by argon2id at a cost of more than 100 ms of one core and 64 MiB (benchmarks/README.md), on
one lane, so that a sign-in never takes more than one core from the others.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from portal.errors import InvalidValueError

SHORTEST, LONGEST = 10, 128
STRONG = 3
"""Least strength of a new password on zxcvbn's scale of 0 to 4: safe against guessing offline
for a slow hash."""

MEASURED = 72
"""Characters that the strength is computed from; more only take time."""

UNUSABLE = "!"
"""Stored where an account has no password: invited, reset, of the demonstration, anonymised."""

TIME, MEMORY_KIB, LANES = 3, 64 * 1024, 1
_hasher = PasswordHasher(TIME, MEMORY_KIB, LANES)
_NOBODY = _hasher.hash(secrets.token_hex(16))
"""Verified when there is no such account, so that the time taken does not tell."""


@dataclass(frozen=True, slots=True)
class Strength:
    """How hard a password is to guess.

    Attributes:
        score: 0 (at once) to 4 (very hard).
        advice: key of the text that says what makes it weak; empty when it is strong enough.
    """

    score: int
    advice: str


ADVICE = {
    "dictionary": "words",
    "spatial": "keyboard",
    "repeat": "repeat",
    "sequence": "sequence",
    "regex": "sequence",
    "date": "date",
}
"""What zxcvbn recognised, and the text that goes with it."""


def strength(password: str, known: Iterable[str] = ()) -> Strength:
    """Measure a password.

    Args:
        password: as typed.
        known: words that an attacker would try first: sign-in name, name, organisation.
    """
    if len(password) < SHORTEST:
        return Strength(0, "short")
    words = [word for text in known for word in (text, *text.split()) if word]
    found = zxcvbn(password[:MEASURED], user_inputs=words)
    score = int(found["score"])
    if any(len(word) > 2 and word.casefold() in password.casefold() for word in words):
        return Strength(min(score, STRONG - 1), "known")
    if score >= STRONG:
        return Strength(score, "")
    longest = max(found["sequence"], key=lambda part: len(part["token"]))
    return Strength(score, ADVICE.get(longest["pattern"], "words"))


def hash_new(password: str, known: Iterable[str] = ()) -> str:
    """Hash a password that somebody chooses.

    Raises:
        InvalidValueError: too short, too long, or too easy to guess.
    """
    if len(password) < SHORTEST:
        raise InvalidValueError("password_short", field="password", least=SHORTEST)
    if len(password) > LONGEST:
        raise InvalidValueError("password_long", field="password", most=LONGEST)
    if strength(password, known).score < STRONG:
        raise InvalidValueError("password_weak", field="password")
    return _hasher.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether a password is the stored one; takes as long when there is none."""
    usable = stored not in (None, UNUSABLE) and len(password) <= LONGEST
    try:
        found = _hasher.verify(stored if usable and stored else _NOBODY, password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return found and usable


def rehashed(stored: str, password: str) -> str | None:
    """A new hash when the stored one was made at another cost, else None."""
    return _hasher.hash(password) if _hasher.check_needs_rehash(stored) else None
