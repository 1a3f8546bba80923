"""Personal data made unrecognisable where the whole is not needed, as in files that go out."""

import re

LONG_NUMBER = re.compile(r"\d(?:[\d\- ]{4,})\d")


def mask_name(name: str) -> str:
    """A name but for its first character.

    >>> mask_name("王小明"), mask_name("Li"), mask_name("")
    ('王**', 'L*', '')
    """
    return name[:1] + "*" * (len(name) - 1)


def mask_numbers(text: str) -> str:
    """Telephone numbers in a text but for their first three and last two digits.

    >>> mask_numbers("安全科 010-12345678"), mask_numbers("2号门")
    ('安全科 010******78', '2号门')
    """

    def hide(found: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", found.group())
        if len(digits) < 7:
            return found.group()
        return digits[:3] + "*" * (len(digits) - 5) + digits[-2:]

    return LONG_NUMBER.sub(hide, text)


def mask_address(address: str) -> str:
    """A network address but for its network.

    >>> mask_address("192.0.2.17"), mask_address("2001:db8:1:2:3::4"), mask_address("")
    ('192.0.2.*', '2001:db8:1:*', '')
    """
    if ":" in address:
        return ":".join(address.split(":")[:3]) + ":*"
    return re.sub(r"\.\d+$", ".*", address)
