"""The criteria desk on the screen: editions, import with a look before, comparison."""

from typing import Any

import streamlit as st

from portal.domain.people import User
from portal.errors import PortalError
from portal.i18n import language, t
from portal.services import criteria_desk as desk
from portal.ui import fields, flash, guard, style
from portal.ui.criteria_panel import address
from portal.ui.downloads import EXCEL
from portal.ui.tables import table

FORM = "desk"
ROLES = ("number", "element", "sub_element", "content", "points", "method", "evidence", "star")
LARGEST_MB = 20
SHOWN = 300
"""Most findings and rows listed on the page."""


def draw_editions(lines: list[desk.EditionLine]) -> None:
    """Every edition with its state; one's own come first."""
    table(
        [t(f"desk.{name}") for name in ("edition", "title", "kind", "state", "rows", "verified")],
        [
            (
                line.key,
                line.title,
                t(f"browser.kind_{line.kind}"),
                _state(line),
                str(line.rows),
                str(line.verified),
            )
            for line in lines
        ],
        numbers=(4, 5),
        wide=(1,),
        addresses=[address(line.key) for line in lines],
        key="desk.editions",
    )


def _state(line: desk.EditionLine) -> str:
    if line.kind == "frame":  # nothing is scored by it
        return "–"
    state = t(f"desk.state_{line.state}")
    return t("desk.own", state=state) if line.own else state


def draw_import(user: User, frames: dict[str, str]) -> None:
    """Upload a workbook, look at what it would become, mend the columns, keep it."""
    flash.show("desk")
    left, right = st.columns(2)
    with left:
        for name in ("scheme", "edition", "title"):
            st.text_input(t(f"desk.wish_{name}"), key=fields.key(FORM, name), help=_help(name))
    with right:
        st.selectbox(
            t("desk.wish_frame"),
            ["", *frames],
            format_func=lambda key: frames.get(key, t("desk.no_frame")),
            key=fields.key(FORM, "frame"),
            help=_help("frame"),
        )
        for name in ("ladder", "valid_from"):
            widget: Any = st.date_input if name == "valid_from" else st.text_input
            more = {"value": None} if name == "valid_from" else {"placeholder": "90,75,60"}
            widget(t(f"desk.wish_{name}"), key=fields.key(FORM, name), help=_help(name), **more)
    turn = st.session_state.get("desk.turn", 0)
    file = st.file_uploader(
        t("desk.file"), type="xlsx", max_upload_size=LARGEST_MB, key=f"desk.file.{turn}"
    )
    if file is None:
        return
    wish = _wish()
    if not wish.scheme or not wish.edition:
        st.info(t("desk.name_first"), icon=":material/edit:")
        return
    _draw_reading(user, file.file_id, file.getvalue(), wish)


def _help(name: str) -> str:
    return t(f"desk.help_{name}")


def _wish() -> desk.Wish:
    def get(name: str) -> str:
        return str(fields.value(FORM, name, "") or "").strip()

    return desk.Wish(
        get("scheme"),
        get("edition"),
        frame=get("frame"),
        ladder=get("ladder").replace("，", ","),
        title=get("title"),
        valid_from=fields.value(FORM, "valid_from", None),
    )


def _draw_reading(user: User, file_id: str, data: bytes, wish: desk.Wish) -> None:
    name = f"desk.columns.{file_id}"
    wish = desk.with_columns(wish, st.session_state.get(name, {}))
    try:
        with st.spinner(t("desk.reading")):
            reading = _read(user, file_id, data, wish)
    except PortalError as error:
        flash.refuse(error)
        return
    all_of, unread = reading.sentences
    st.markdown(
        t(
            "desk.summary",
            elements=len(reading.elements),
            items=len(reading.items),
            total=reading.total,
            rules=reading.rules,
            sentences=all_of,
            unread=unread,
        )
    )
    _draw_findings(reading)
    with st.expander(t("desk.columns"), key="desk.columns", expanded=bool(reading.errors)):
        _draw_columns(name, reading)
    with st.expander(t("desk.rows_read", count=len(reading.items)), key="desk.read"):
        table(
            [t(f"column.{head}") for head in ("item", "requirement", "points", "found")],
            reading.items[:SHOWN],
            numbers=(2,),
            wide=(1, 3),
            key="desk.items",
        )
    if not reading.errors:
        st.button(
            t("desk.keep", edition=f"{wish.scheme}@{wish.edition}"),
            type="primary",
            key="desk.keep",
            on_click=_keep,
            args=(data, wish),
        )


def _read(user: User, file_id: str, data: bytes, wish: desk.Wish) -> desk.Reading:
    """Read a file once for each wish, not at every re-run of the page."""
    known: dict[str, Any] = st.session_state.setdefault("desk.reading", {})
    key = repr((file_id, wish, language()))
    if key not in known:
        known.clear()
        known[key] = desk.check(user, data, wish, language())
    found: desk.Reading = known[key]
    return found


def _draw_findings(reading: desk.Reading) -> None:
    if not reading.findings:
        st.success(t("desk.no_findings"), icon=":material/check:")
        return
    if reading.errors:
        st.error(t("desk.errors", count=reading.errors), icon=":material/error:")
    else:
        st.warning(t("desk.warnings", count=len(reading.findings)), icon=":material/warning:")
    lines = sorted(reading.findings, key=lambda line: not line.is_error)[:SHOWN]
    table(
        [t("desk.severity"), t("desk.place"), t("desk.finding")],
        [(t("cli.error" if x.is_error else "cli.warning"), x.place, x.text) for x in lines],
        wide=(2,),
        key="desk.findings",
    )


def _draw_columns(name: str, reading: desk.Reading) -> None:
    """What each column means, sheet by sheet; a change reads the file again."""
    with st.form("desk.columns_form", border=False):
        for place, sheet in enumerate(reading.sheets):
            used = st.checkbox(
                t("desk.sheet_used", sheet=style.escape(sheet.title)),
                value=sheet.used,
                key=f"desk.used.{place}",
            )
            labels: dict[int | None, str] = {None: "–", **dict(sheet.options)}
            with st.container(horizontal=True):
                for role in ROLES:
                    chosen = sheet.columns.get(role)
                    st.selectbox(
                        t(f"desk.role_{role}"),
                        list(labels),
                        index=list(labels).index(chosen),
                        format_func=labels.__getitem__,
                        key=f"desk.role.{place}.{role}",
                        width=180,
                        disabled=not used,
                    )
        st.form_submit_button(t("desk.read_again"), on_click=_correct, args=(name, reading.sheets))


def _correct(name: str, sheets: tuple[desk.Sheet, ...]) -> None:
    state = st.session_state
    state[name] = {
        sheet.title: desk.corrected(
            sheet,
            {
                role: int(chosen)
                for role in ROLES
                if (chosen := state.get(f"desk.role.{place}.{role}")) is not None
            },
            used=bool(state.get(f"desk.used.{place}")),
        )
        for place, sheet in enumerate(sheets)
    }


def _keep(data: bytes, wish: desk.Wish) -> None:
    with flash.outcome(t("desk.kept", edition=f"{wish.scheme}@{wish.edition}"), "desk"):
        desk.take_over(guard.acting_user(), data, wish)
        fields.clear(FORM)
        st.session_state["desk.turn"] = st.session_state.get("desk.turn", 0) + 1


def draw_compare(user: User, keys: list[str]) -> None:
    """Two editions side by side."""
    left, right = st.columns(2)
    old = left.selectbox(t("desk.old"), keys, key="desk.old", index=None)
    new = right.selectbox(t("desk.new"), keys, key="desk.new", index=None)
    if not old or not new:
        st.caption(t("desk.choose_two"))
        return
    lines = desk.changes(user, old, new)
    if not lines:
        st.info(t("desk.same"), icon=":material/check:")
        return
    table(
        [t(f"desk.{name}") for name in ("part", "name", "change", "fields")],
        [(x.part, x.name, t(f"desk.change_{x.kind}"), x.fields) for x in lines[:SHOWN]],
        wide=(3,),
        key="desk.changes",
    )
    st.caption(t("desk.changes_count", count=len(lines)))


def draw_export(user: User, keys: list[str]) -> None:
    """The workbook of an edition."""
    key = st.selectbox(t("desk.edition"), keys, key="desk.export_key", index=None)
    if key:
        st.download_button(
            t("desk.download"),
            data=guard.later(user, desk.export, key, language()),
            file_name=f"{key.replace('@', '-')}.xlsx",
            mime=EXCEL,
            key="desk.download",
            icon=":material/download:",
            on_click="ignore",
        )


def draw_publish(drafts: list[str]) -> None:
    """Publish a draft of one's own, after a confirmation; it cannot be undone."""
    flash.show("publish")
    if not drafts:
        st.caption(t("desk.no_drafts"))
        return
    key = st.selectbox(t("desk.edition"), drafts, key="desk.draft")
    sure = st.checkbox(t("desk.sure"), key="desk.sure")
    st.button(
        t("desk.publish", edition=key),
        key="desk.publish",
        disabled=not sure,
        on_click=_publish,
        args=(key,),
    )


def _publish(key: str) -> None:
    with flash.outcome(t("desk.published", edition=key), "publish"):
        desk.publish(guard.acting_user(), key)
