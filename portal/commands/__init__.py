"""Families of commands of ``anbiao`` that stand apart from :mod:`portal.cli`.

Each module offers ``add(commands)``, which adds its sub-parsers; a handler takes the parsed
options and returns the exit status.
"""

import os

from portal import i18n

DONE, PROBLEMS, USAGE = 0, 1, 2


def language() -> str:
    """Language of the messages, from ``ANBIAO_LANG``."""
    chosen = os.environ.get("ANBIAO_LANG", "")[:2].lower()
    return chosen if chosen in i18n.LANGUAGES else i18n.DEFAULT


def say(key: str, **values: object) -> str:
    """A text of the command line."""
    return i18n.translate(language(), f"cli.{key}", **values)
