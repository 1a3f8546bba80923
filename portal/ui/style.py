"""The one style sheet of the screens, and escaping for the few places that take markup."""

import re
from functools import cache
from pathlib import Path

import streamlit as st

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:])")


@cache
def _sheet() -> str:
    return (Path(__file__).parent / "static" / "portal.css").read_text(encoding="utf-8")


def apply() -> None:
    """Add the style sheet to the page."""
    st.html(f"<style>{_sheet()}</style>")


def escape(text: str) -> str:
    r"""Let a text of a person stand in Markdown as it was typed.

    >>> print(escape("a*b"))
    a\*b
    """
    return _SPECIAL.sub(r"\\\1", text)
