"""From full marks to the score: a waterfall of what each element and event took or gave."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from portal.charts.marks import ACCENT, GRADES, QUIET, Chart, finished, word

Bar = tuple[str, float, float, str, str]
"""Label, start and end on the output scale, text on the mark, kind."""

COLOURS = {"full": QUIET, "down": GRADES["3"], "up": GRADES["2"], "score": ACCENT}


def waterfall(
    bars: Sequence[Bar], rungs: Sequence[tuple[float, str]], scale: float, score: str
) -> Chart:
    """Bars that hang on one another, and a line for the threshold of each grade.

    Args:
        bars: in the order of the standard, full marks first and the score last.
        rungs: threshold and its label.
        scale: the full converted score.
        score: name of the axis.
    """
    safe = [(word(label), start, end, word(text), kind) for label, start, end, text, kind in bars]
    table = pd.DataFrame(safe, columns=["label", "start", "end", "text", "kind"])
    # the axis begins below the lowest bar and threshold: small losses must stay visible
    ends = table.loc[table["kind"] != "full", "end"]
    floor = max(0.0, min([*ends, *(line for line, _ in rungs), scale * 0.9]) - scale * 0.05)
    table["from"] = table[["start", "end"]].min(axis=1).clip(lower=floor)
    table["to"] = table[["start", "end"]].max(axis=1)
    top = max(scale, table["to"].max())
    x = alt.Scale(domain=[floor, top + (top - floor) * 0.18], nice=False, zero=False)
    base = alt.Chart(table).encode(
        y=alt.Y("label:N", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False))
    )
    marks = base.mark_bar(cornerRadius=1).encode(
        x=alt.X("from:Q", title=score, scale=x),
        x2="to:Q",
        color=alt.Color(
            "kind:N",
            scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values())),
            legend=None,
        ),
        tooltip=[alt.Tooltip("label:N"), alt.Tooltip("text:N", title=score)],
    )
    numbers = base.mark_text(align="left", dx=4, fontSize=12, color=QUIET).encode(
        x=alt.X("to:Q"), text="text:N"
    )
    lines = pd.DataFrame([(line, word(name)) for line, name in rungs], columns=["line", "name"])
    ladder = alt.Chart(lines).mark_rule(color=QUIET, strokeDash=[3, 3]).encode(x="line:Q")
    names = (
        alt.Chart(lines)
        .mark_text(align="left", dx=3, baseline="bottom", fontSize=11, color=QUIET)
        .encode(x="line:Q", y=alt.value(-2), text="name:N")
    )
    layers = [ladder, names, marks, numbers] if rungs else [marks, numbers]
    return finished(alt.LayerChart(layer=layers), height=70 + 26 * max(4, len(bars)))
