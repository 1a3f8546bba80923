"""Evidence of non-conformities: attach, look at, take back; for others a list to look at."""

import html
from collections.abc import Sequence
from itertools import groupby

import streamlit as st

from portal.documents.images import LONG_SIDE
from portal.documents.uploads import LARGEST_MEGABYTES
from portal.domain.evidence import ENDINGS
from portal.errors import PortalError
from portal.i18n import language, t
from portal.services import evidence
from portal.services.evidence import EvidenceLine
from portal.services.nonconformities import NonconformityLine
from portal.services.wording import error_text
from portal.ui import fields, flash, guard, style

PLACE, REFUSED = "evidence", "evidence.refused"
FAULT_LENGTH = 40
"""Of what was found, as far as a choice shows it; the list below has it whole."""


def counts(files: Sequence[EvidenceLine]) -> dict[int, int]:
    """How many files each non-conformity has, by its number; those without are left out."""
    return {number: len(list(rows)) for number, rows in groupby(files, _nonconformity)}


def draw(
    enterprise_id: str, lines: Sequence[NonconformityLine], files: Sequence[EvidenceLine]
) -> None:
    """Choose a non-conformity, attach files to it, see and take back what it has."""
    many = counts(files)
    by_number = {line.number: line for line in lines if line.is_open or line.number in many}
    with st.container(border=True, key="evidence"):
        st.subheader(t("evidence.title"))
        if not by_number:
            st.info(t("evidence.nothing_open"), icon=":material/info:")
            return
        left, right = st.columns([2, 3], gap="medium")
        with left:
            st.caption(t("evidence.sentence"))
            number = fields.linked_choice(
                "no",
                list(by_number),
                t("evidence.choose"),
                lambda n: _option(by_number[n], many.get(n, 0)),
            )
            if by_number[number].is_open:
                _uploader(enterprise_id, number)
                flash.show(REFUSED)
            else:
                st.info(t("evidence.closed"), icon=":material/lock:")
        with right:
            flash.show(PLACE)
            own = [file for file in files if file.nonconformity == number]
            if not own:
                st.caption(t("evidence.none"))
            for file in own:
                _row(file, removable=by_number[number].is_open)


def draw_list(files: Sequence[EvidenceLine]) -> None:
    """All evidence of an enterprise by non-conformity, to look at."""
    with st.expander(
        f"{t('evidence.title')} · {len(files)}", icon=":material/attach_file:", key="evidence"
    ):
        if not files:
            st.caption(t("evidence.none_at_all"))
        for number, rows in groupby(files, _nonconformity):
            st.markdown(f"**{t('evidence.group', number=number)}**")
            for file in rows:
                _row(file, removable=False)


def _nonconformity(file: EvidenceLine) -> int:
    return file.nonconformity


def _option(line: NonconformityLine, count: int) -> str:
    fault = line.fault if len(line.fault) <= FAULT_LENGTH else f"{line.fault[:FAULT_LENGTH]}…"
    values = {"number": line.number, "item": line.item, "fault": fault.replace("\n", " ")}
    if count:
        return t("evidence.option_with", count=count, **values)
    return t("evidence.option", **values)


def _uploader(enterprise_id: str, number: int) -> None:
    # a new key after each upload empties the field, and lets the server forget the file
    turn = st.session_state.get("evidence.turn", 0)
    key = f"evidence.file.{number}.{turn}"
    st.file_uploader(
        t("evidence.upload"),
        type=[ending for endings in ENDINGS.values() for ending in endings],
        accept_multiple_files=True,
        max_upload_size=LARGEST_MEGABYTES,
        key=key,
        help=t("evidence.upload_help", limit=LARGEST_MEGABYTES, side=LONG_SIDE),
        on_change=_add,
        args=(enterprise_id, number, key),
    )


def _add(enterprise_id: str, number: int, key: str) -> None:
    """Attach each file by itself: one that is refused does not cost the others."""
    added, refused = 0, []
    for file in st.session_state.get(key) or []:
        try:
            evidence.add(guard.acting_user(), enterprise_id, number, file.name, file.getvalue())
        except PortalError as error:
            flash.note_refusal(error, PLACE)
            why = error_text(error, language())
            refused.append(t("evidence.refused", name=file.name, why=why))
        else:
            added += 1
    st.session_state["evidence.turn"] = st.session_state.get("evidence.turn", 0) + 1
    if added:
        flash.note(t("evidence.added", count=added), PLACE)
    if refused:
        flash.fault("\n\n".join(refused), REFUSED)


def _row(file: EvidenceLine, *, removable: bool) -> None:
    with st.container(
        horizontal=True, vertical_alignment="center", key=f"evidence-row-{file.number}"
    ):
        st.html(_shown(file), width="stretch")
        if removable:
            with st.popover(t("evidence.remove"), icon=":material/delete:", type="tertiary"):
                st.markdown(t("evidence.remove_ask", name=style.escape(file.name)))
                st.button(
                    t("evidence.remove_confirm"),
                    type="primary",
                    key=f"evidence.remove.{file.number}",
                    on_click=_remove,
                    args=(file,),
                )


def _shown(file: EvidenceLine) -> str:
    """A row: small picture or sign, name, size, when and by whom; it opens in a tab of its own."""
    name, address = html.escape(file.name, quote=True), html.escape(file.address, quote=True)
    verb = t("evidence.open" if file.kind.is_picture else "evidence.download", name=file.name)
    sign = (
        f'<img src="{address}/preview" alt="" loading="lazy">'
        if file.kind.is_picture
        else f'<span class="evidence-kind">{html.escape(file.kind.upper())}</span>'
    )
    line = t("evidence.line", size=file.size_text, at=file.added_at, by=file.added_by)
    return (
        f'<a class="evidence-file" href="{address}" target="_blank" rel="noopener"'
        f' aria-label="{html.escape(verb, quote=True)}">{sign}'
        f'<span><span class="evidence-name">{name}</span><br><small>{html.escape(line)}</small>'
        "</span></a>"
    )


def _remove(file: EvidenceLine) -> None:
    with flash.outcome(t("evidence.removed", name=file.name), PLACE):
        evidence.remove(guard.acting_user(), file.enterprise_id, file.number)
