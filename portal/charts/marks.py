"""What all figures share: palette, fonts, numbers on the marks."""

import re

import altair as alt

Chart = alt.Chart | alt.LayerChart

ACCENT = "#2a77ad"
QUIET = "#7b8894"
"""Legible on a light and on a dark ground."""
GRADES = {"1": "#0072B2", "2": "#56B4E9", "3": "#E69F00", "none": "#8a97a3", "pending": "#d5dbe1"}
"""Colour-blind-safe (Okabe–Ito); grades are also told by their names on the marks."""

FONT = "Noto Sans CJK SC, Microsoft YaHei, PingFang SC, sans-serif"


_FORMULA = tuple("=+-@\t\r")
_FIGURE = re.compile(r"[+-]?\d+(\.\d+)?%?")


def word(text: str) -> str:
    """A text for a figure, whose data everybody can take away as CSV (Show data, Download).

    One that begins like a formula gets an apostrophe, else a spreadsheet would run it.

    >>> word("一级"), word("-3.5"), word("=1+1")
    ('一级', '-3.5', "'=1+1")
    """
    return f"'{text}" if text.startswith(_FORMULA) and not _FIGURE.fullmatch(text) else text


def finished(chart: Chart, height: int) -> Chart:
    """Give a chart the look of the portal; ``height`` covers axes and legend too."""
    drawn: Chart = (
        chart.properties(height=height)
        .configure(font=FONT)
        .configure_axis(
            labelFontSize=13, titleFontSize=13, grid=False, labelLimit=320, labelOverlap=False
        )
        .configure_legend(labelFontSize=13, titleFontSize=13, orient="top")
        .configure_view(strokeWidth=0)
    )
    return drawn
