"""Figures of an area: grades by sector, and how sectors do in each element."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from portal.charts.marks import GRADES, Chart, finished, word


def grade_bars(
    rows: Sequence[tuple[str, str, str, int]],
    *,
    sectors: Sequence[str],
    sector: str,
    grade: str,
    count: str,
) -> Chart:
    """Stacked bars: how many enterprises of each sector hold which grade.

    Args:
        rows: sector, grade code, grade in words, number of enterprises.
        sectors: order of the sectors.
        sector: title of the sectors.
        grade: title of the grades.
        count: title of the axis.
    """
    order = list(GRADES)
    sectors = [word(text) for text in sectors]
    safe = [(word(text), code, word(grade), n) for text, code, grade, n in rows]
    table = pd.DataFrame(safe, columns=["sector", "code", "grade", "n"])
    table["place"] = [order.index(code) if code in order else len(order) for code in table["code"]]
    words = dict(zip(table["code"], table["grade"], strict=True))
    domain = [words[code] for code in order if code in words]
    colours = [GRADES[code] for code in order if code in words]
    base = alt.Chart(table).encode(
        y=alt.Y(
            "sector:N", sort=list(sectors), title=None, axis=alt.Axis(ticks=False, domain=False)
        ),
        x=alt.X("n:Q", stack="zero", title=count, axis=alt.Axis(tickMinStep=1, format="d")),
        order=alt.Order("place:O"),
        tooltip=[
            alt.Tooltip("sector:N", title=sector),
            alt.Tooltip("grade:N", title=grade),
            alt.Tooltip("n:Q", title=count),
        ],
    )
    bars = base.mark_bar(stroke="white").encode(
        color=alt.Color("grade:N", title=grade, scale=alt.Scale(domain=domain, range=colours)),
    )
    # the number and the grade stand on the mark, so that colour alone tells nothing
    numbers = (
        base.transform_calculate(label="datum.grade + ' ' + datum.n")
        .mark_text(
            fontSize=12,
            dx=-6,
            align="right",
        )
        .encode(
            x=alt.X("n:Q", stack="zero"),
            text=alt.Text("label:N"),
            color=alt.condition("datum.code == '1'", alt.value("white"), alt.value("#1c2733")),
            detail="grade:N",
        )
    )
    return finished(bars + numbers, height=130 + 32 * len(sectors))


def element_heat(
    rows: Sequence[tuple[str, str, float, str, int]],
    *,
    elements: Sequence[str],
    sectors: Sequence[str],
    rate: str,
    count: str,
) -> Chart:
    """Heat map element × sector of the share of points earned, the number in each field.

    Args:
        rows: sector, element, rate in per cent, text of the rate, number of enterprises.
        elements: order of the elements.
        sectors: order of the sectors.
        rate: title of the rate.
        count: title of the number of enterprises.
    """
    sectors, elements = [word(text) for text in sectors], [word(text) for text in elements]
    safe = [(word(a), word(b), share, word(label), n) for a, b, share, label, n in rows]
    table = pd.DataFrame(safe, columns=["sector", "element", "rate", "label", "n"])
    base = alt.Chart(table).encode(
        x=alt.X(
            "sector:N",
            sort=list(sectors),
            title=None,
            axis=alt.Axis(orient="top", labelAngle=0, ticks=False, domain=False),
        ),
        y=alt.Y(
            "element:N", sort=list(elements), title=None, axis=alt.Axis(ticks=False, domain=False)
        ),
        tooltip=[
            alt.Tooltip("sector:N", title=" "),
            alt.Tooltip("element:N", title="  "),
            alt.Tooltip("label:N", title=rate),
            alt.Tooltip("n:Q", title=count),
        ],
    )
    fields = base.mark_rect(stroke="white", strokeWidth=2).encode(
        color=alt.Color(
            "rate:Q",
            title=rate,
            scale=alt.Scale(scheme="blues", reverse=True, domain=[50, 100]),
            legend=alt.Legend(gradientLength=160),
        ),
    )
    numbers = base.mark_text(fontSize=12).encode(
        text="label:N",
        color=alt.condition(alt.datum.rate < 78, alt.value("white"), alt.value("#1c2733")),
    )
    return finished(fields + numbers, height=130 + 30 * len(elements))
