"""The offer to move a running assessment to a newer edition of its standard."""

import streamlit as st

from portal.domain.assessment import Assessment
from portal.domain.people import User
from portal.i18n import language, t
from portal.services import editions
from portal.ui import flash, guard
from portal.ui.tables import table


def _move(assessment_no: int, edition: str, seen_rev: int) -> None:
    with flash.outcome(t("edition.moved"), "edition", flash.PAGE):
        acting = guard.acting_user()
        editions.move(acting, acting.organisation_id, assessment_no, edition, seen_rev)


def draw(user: User, assessment: Assessment) -> None:
    """Say what moving would mean; it happens on the second click only."""
    offer = editions.offer(user, assessment, language())
    if offer is None:
        return
    st.info(
        t("edition.offer", edition=offer.edition, day=offer.valid_from),
        icon=":material/upgrade:",
    )
    with st.expander(t("edition.what", kept=offer.kept), key="edition.offer"):
        for name in ("changed", "added", "removed"):
            rows = getattr(offer, name)
            st.markdown(f"**{t(f'edition.{name}', count=len(rows))}**")
            if rows:
                head = [t("column.item"), t("column.requirement")]
                table(head, rows, wide=(1,), key=f"edition.{name}")
        sure = st.checkbox(t("edition.sure"), key="edition.sure")
        st.button(
            t("edition.move", edition=offer.edition),
            key="edition.move",
            disabled=not sure,
            on_click=_move,
            args=(assessment.assessment_no, offer.edition, assessment.rev),
        )
        flash.show("edition")
