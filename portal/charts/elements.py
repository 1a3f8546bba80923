"""Points lost by element of one assessment."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from portal.charts.marks import ACCENT, QUIET, Chart, finished


def lost_points(rows: Sequence[tuple[str, float, str]], element: str, lost: str) -> Chart:
    """Bars of lost points, in the order of the standard.

    Args:
        rows: label of the element, points lost, text on the mark.
        element: name of the axis of elements.
        lost: name of the axis of points.
    """
    table = pd.DataFrame(rows, columns=["element", "lost", "label"])
    base = alt.Chart(table).encode(
        y=alt.Y("element:N", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False)),
        x=alt.X("lost:Q", title=lost, axis=alt.Axis(tickMinStep=1)),
        tooltip=[alt.Tooltip("element:N", title=element), alt.Tooltip("label:N", title=lost)],
    )
    bars = base.mark_bar(color=ACCENT, cornerRadiusEnd=2)
    numbers = base.mark_text(align="left", dx=4, fontSize=12, color=QUIET).encode(text="label:N")
    return finished(bars + numbers, height=60 + 28 * max(3, len(rows)))
