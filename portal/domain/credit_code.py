"""Unified social credit code (统一社会信用代码), GB 32100-2015: 18 characters with check digit."""

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LENGTH = 18


def check_character(first: str) -> str:
    """The last character that belongs to the first 17.

    >>> check_character("91350100M000100Y4")
    '3'
    """
    total = sum(
        ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(first)
    )
    return ALPHABET[-total % 31]


def fault(code: str) -> str | None:
    """What is wrong with a code: ``length``, ``character``, ``check`` or None.

    >>> fault("91350100M000100Y43"), fault("91350100M000100Y44"), fault("9135")
    (None, 'check', 'length')
    """
    if len(code) != LENGTH:
        return "length"
    if any(character not in ALPHABET for character in code):
        return "character"
    return None if check_character(code[:-1]) == code[-1] else "check"
