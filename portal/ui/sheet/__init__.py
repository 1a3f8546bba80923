"""The scoring sheet (评分表): one component that people spend their hours in.

The browser side shows a change at once, keeps it in the browser until the server has
acknowledged it and sends it again after a lost connection or a reload. This side only passes
messages on: what an answer is worth and who may give it is decided by the functions it is given.

Browser to server: ``message`` = ``{client, known, need_static, edits}`` with edits
``{seq, item, seen, answer}``, where ``client`` names one page load, ``known`` the revision it
holds and ``seen`` the version of the item that the edit was made on; ``loaded`` = the static
content it holds. Server to browser: the ``data`` of the component, below.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

_HERE = Path(__file__).parent
# one program in parts that build on one another, in this order
_PARTS = ("answers.js", "sending.js", "card.js", "sheet.js")
_ASSETS = {
    "js": "\n".join((_HERE / part).read_text(encoding="utf-8") for part in _PARTS),
    "css": (_HERE / "sheet.css").read_text(encoding="utf-8"),
}

# Streamlit sends a component's registered html, css and js again with *every* run. Over a phone
# in a workshop that would be 50 kB a click, so only this loader is registered; program and style
# travel once, together with the static content. They are files of ours, never data of people.
_LOADER = """
let program, css;
export default async function (component) {
  const { data, parentElement, setTriggerValue } = component;
  if (data.assets && !program) {
    css = data.assets.css;
    const blob = new Blob([data.assets.js], { type: "text/javascript" });
    program = import(URL.createObjectURL(blob));
  }
  if (!program) {
    setTriggerValue("message", { client: "", known: null, need_static: true, edits: [] });
    return;
  }
  if (!parentElement.querySelector("style")) {
    parentElement.appendChild(document.createElement("style")).textContent = css;
  }
  return (await program).default(component);
}
"""

_component = st.components.v2.component(
    "anbiao_sheet",
    html=(_HERE / "sheet.html").read_text(encoding="utf-8"),
    js=_LOADER,
    isolate_styles=True,
)


def sheet(
    *,
    key: str,
    static: Callable[[], dict[str, Any]],
    live: Callable[[int | None], dict[str, Any]],
    save: Callable[[list[dict[str, Any]]], list[dict[str, Any]]],
    texts: dict[str, str],
    command: Callable[[], dict[str, Any] | None] = lambda: None,
    refresh: Callable[[], Sequence[str]] = tuple,
) -> None:
    """Draw a scoring sheet; a save re-runs only the sheet, not the page.

    Args:
        key: Streamlit key, unique on the page.
        static: gives what does not change while the sheet is open (elements, items, rules), with
            an ``id`` of its own. Called once per run of the page and when the browser lacks it.
        live: gives answers and figures changed since a revision; everything for None.
        save: stores edits and gives one acknowledgement for each. The same edit may come again
            (``client`` and ``seq`` tell) and must then be acknowledged again.
        texts: the visible strings, keys ``sheet.…``.
        command: gives ``{"id", "goto"}``, which opens an item once per id.
        refresh: gives the keys of other fragments of the page to draw again after a save.
    """
    content = static()
    # A sheet that has been sealed meanwhile must not stay editable in the browser.
    content_id = f"{content['id']}:readonly" if content.get("readonly") else str(content["id"])
    del content  # a quarter of a megabyte that the fragment would keep for the whole session
    # Acknowledgements stay until the next message: Streamlit may skip a drawing that another
    # one overtakes, and the browser must not wait in vain.
    state = st.session_state.setdefault(
        f"{key}:exchange", {"known": None, "need_static": False, "acks": []}
    )

    def receive() -> None:
        message = st.session_state[key].get("message") or {}
        known = message.get("known")
        edits = [
            {**edit, "client": str(message.get("client", ""))}
            for edit in message.get("edits", [])
            if _well_formed(edit)
        ]
        state["known"] = known if isinstance(known, int) else None
        state["need_static"] = bool(message.get("need_static"))
        state["acks"] = save(edits) if edits else []
        if edits and (others := refresh()):
            st.rerun([fragment_of(key), *others])

    @st.fragment(key=fragment_of(key))
    def draw() -> None:
        drawn = st.session_state.get(key) or {}
        complete = state["need_static"] or drawn.get("loaded") != content_id
        known = None if complete else state["known"]
        state["need_static"] = False
        _component(
            key=key,
            data={
                "content": content_id,
                "static": static() if complete else None,
                "assets": _ASSETS if complete else None,
                "texts": texts if complete else None,
                "base": known,  # what `live` counts from, so that a gap is noticed
                "live": live(known),
                "acks": state["acks"],
                "command": command(),
            },
            on_message_change=receive,
            on_loaded_change=_nothing,
        )

    draw()


def fragment_of(key: str) -> str:
    """Key under which a sheet alone can be drawn again."""
    return f"{key}:fragment"


def _well_formed(edit: object) -> bool:
    """Whether an edit has the shape that ``save`` may rely on; its content is judged there."""
    return (
        isinstance(edit, dict)
        and isinstance(edit.get("seq"), int)
        and isinstance(edit.get("item"), str)
        and isinstance(edit.get("seen"), int)
        and isinstance(edit.get("answer"), dict)
    )


def _nothing() -> None:
    """Answer to a new ``loaded``: registering it is what makes the value known to Streamlit."""
