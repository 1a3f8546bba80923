"""Lists of reviews, and self-score and review side by side."""

from collections.abc import Sequence

import streamlit as st

from criteria import packs
from portal.i18n import t
from portal.services.reviews import Assignment, Comparison
from portal.ui import links, style
from portal.ui.tables import table

SCORE = "reviewer/onsite_review"
RESULT = "reviewer/review_result"


def label(assignment: Assignment) -> str:
    """How an assignment reads in a selection."""
    return t("review.label", enterprise=assignment.enterprise, year=assignment.year)


def draw_assignments(found: Sequence[Assignment], language: str) -> None:
    """One card per assignment with what to do next."""
    sectors = packs.sectors()
    for assignment in found:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            with st.container():
                st.markdown(f"**{style.escape(assignment.enterprise)}**")
                state = t(f"review.status_{assignment.status}")
                result = f" · {assignment.score}" if assignment.score else ""
                st.caption(
                    f"{assignment.year} · {sectors[assignment.sector].title[language]}"
                    f" · {state}{result}"
                )
            query = {"review": assignment.key}
            if assignment.running:
                links.to(SCORE, t("review.start"), "fact_check", **query)
            else:
                links.to(RESULT, t("review.see"), "workspace_premium", **query)


def draw_comparison(comparison: Comparison) -> None:
    """Self-score and review side by side; items in which they differ, with the reason."""
    st.subheader(t("result.compare"))
    st.markdown(
        t(
            "result.compare_line",
            self_score=comparison.self_score,
            self_grade=comparison.self_grade,
            review_score=comparison.review_score,
            review_grade=comparison.review_grade,
        )
    )
    if comparison.differences:
        table(
            [
                t(f"column.{name}")
                for name in (
                    "item",
                    "requirement",
                    "points",
                    "self_points",
                    "review_points",
                    "difference",
                )
            ],
            [
                (d.item, d.requirement, d.points, d.self_points, d.review_points, d.reason)
                for d in comparison.differences
            ],
            numbers=(2, 3, 4),
            wide=(1, 5),
            key="review.differences",
        )
