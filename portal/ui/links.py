"""Links to pages, by their place below ``pages/``."""

import streamlit as st

from portal.config import ROOT


def to(page: str, label: str, icon: str, **query: str) -> None:
    """Draw a link to a page.

    Args:
        page: such as ``enterprise/result``.
        label: text of the link.
        icon: name of a Material symbol.
        query: what stands in the address.
    """
    st.page_link(
        ROOT / "pages" / f"{page}.py",
        label=label,
        icon=f":material/{icon}:",
        query_params=query or None,
    )
