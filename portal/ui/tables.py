"""Tables of texts: exact figures as they are, right-aligned, wrapped, printable."""

import html
from collections.abc import Mapping, Sequence

import streamlit as st


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numbers: Sequence[int] = (),
    key: str,
    wide: Sequence[int] = (),
    addresses: Sequence[str] = (),
    groups: Mapping[int, str] | None = None,
) -> None:
    """Draw a table; every cell is text and is escaped.

    Args:
        head: column titles.
        rows: cells.
        numbers: columns that hold numbers, aligned right.
        key: name for style and tests.
        wide: columns that take the room that is left.
        addresses: for each row, where its first cell leads within the portal.
        groups: heading over the whole width above a row, by its place.
    """
    titles = "".join(
        f'<th class="{_kind(index, numbers, wide)}">{html.escape(title)}</th>'
        for index, title in enumerate(head)
    )
    lines = []
    for place, row in enumerate(rows):
        cells = [html.escape(cell).replace("\n", "<br>") for cell in row]
        if addresses:
            address = html.escape(addresses[place], quote=True)
            cells[0] = f'<a href="{address}" target="_self">{cells[0]}</a>'
        lines.append(
            "".join(
                f'<td class="{_kind(index, numbers, wide)}"'
                f' data-label="{html.escape(head[index], quote=True)}">{cell}</td>'
                for index, cell in enumerate(cells)
            )
        )
    over = {
        place: f'<tr><th class="g" colspan="{len(head)}">{html.escape(text)}</th></tr>'
        for place, text in (groups or {}).items()
    }
    body = "".join(f"{over.get(place, '')}<tr>{line}</tr>" for place, line in enumerate(lines))
    with st.container(key=key):
        st.html(
            f'<div class="plain-table"><table><thead><tr>{titles}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>"
        )


def _kind(index: int, numbers: Sequence[int], wide: Sequence[int]) -> str:
    return "n" if index in numbers else "w" if index in wide else ""
