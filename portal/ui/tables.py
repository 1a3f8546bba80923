"""Tables of texts: exact figures as they are, right-aligned, wrapped, printable."""

import html
from collections.abc import Sequence

import streamlit as st


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[int] = (),
    key: str, wide: Sequence[int] = (),
) -> None:
    """Draw a table; every cell is text and is escaped.

    Args:
        head: column titles.
        rows: cells.
        numbers: columns that hold numbers, aligned right.
        key: name for style and tests.
        wide: columns that take the room that is left.
    """

    def cells(tag: str, row: Sequence[str]) -> str:
        parts = []
        for index, cell in enumerate(row):
            kind = "n" if index in numbers else "w" if index in wide else ""
            label = f' data-label="{html.escape(head[index], quote=True)}"' if tag == "td" else ""
            text = html.escape(cell).replace("\n", "<br>")
            parts.append(f'<{tag} class="{kind}"{label}>{text}</{tag}>')
        return "".join(parts)

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    with st.container(key=key):
        st.html(
            f'<div class="plain-table"><table><thead><tr>{cells("th", head)}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>"
        )
