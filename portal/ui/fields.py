"""Keys and values of form fields, so that no page writes session state itself."""

from collections.abc import Callable
from typing import Any

import streamlit as st


def key(form: str, field: str) -> str:
    """Session key of a field."""
    return f"{form}.{field}"


def value(form: str, field: str, default: Any = None) -> Any:
    """What stands in a field."""
    return st.session_state.get(key(form, field), default)


def clear(form: str) -> None:
    """Empty a form: the next drawing begins with what is stored."""
    for name in list(st.session_state):
        if isinstance(name, str) and name.startswith(f"{form}."):
            del st.session_state[name]


def linked_choice(
    parameter: str, options: list[Any], label: str, words: Callable[[Any], str]
) -> Any:
    """A selection that stands in the address, so that a link and the back button lead to it.

    Args:
        parameter: name in the address.
        options: values, told apart by their text form.
        label: label of the field.
        words: how an option reads.
    """
    by_text = {str(option): option for option in options}
    asked = st.query_params.get(parameter, "")
    name = f"link.{parameter}.{label}"

    def note() -> None:
        st.query_params[parameter] = str(st.session_state[name])

    if name in st.session_state and st.session_state[name] not in options:
        del st.session_state[name]
    if asked in by_text:
        st.session_state[name] = by_text[asked]
    return st.selectbox(label, options, format_func=words, key=name, on_change=note)
