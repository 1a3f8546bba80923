"""A page as a person sees it: the frame with a page chosen, or a page file on its own."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from portal import i18n
from portal.domain.people import User

ROOT = Path(__file__).resolve().parents[2]
FRAME = ROOT / "portal" / "ui" / "frame.py"
PAGES = ROOT / "pages"

Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def language(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Chinese, until a test chooses; a browser's cookies cannot be given to an AppTest."""
    import portal.ui.session  # noqa: F401 - sets the source of the language when first imported

    def choose(lang: str) -> None:
        monkeypatch.setattr(i18n, "_source", lambda: lang)

    choose("zh")
    return choose


def _opened(script: Path, user: User | None, query: dict[str, str]) -> AppTest:
    app = AppTest.from_file(str(script), default_timeout=60)
    app.user = {"session": user.session} if user else {}
    for key, value in query.items():
        app.query_params[key] = value
    return app


@pytest.fixture
def open_page() -> Open:
    """Run a page file alone, as a deep link to a fresh process would."""

    def run(page: str, user: User | None, **query: str) -> AppTest:
        return _opened(PAGES / f"{page}.py", user, query).run()

    return run


@pytest.fixture
def open_portal() -> Open:
    """Run the frame, and choose a page in it."""

    def run(user: User | None, page: str | None = None, **query: str) -> AppTest:
        app = _opened(FRAME, user, query).run()
        return app.switch_page(str(PAGES / f"{page}.py")).run() if page else app

    return run


def texts(app: AppTest) -> str:
    """Everything that is written on a page."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "text", "info", "success",
             "warning", "error", "metric")  # fmt: skip
    parts = [str(element.value) for kind in kinds for element in getattr(app, kind)]
    parts += [str(element.label) for element in app.metric]
    parts += [str(element.proto.body) for element in app.get("html")]
    return "\n".join(parts)


def said(elements: Iterable[Any]) -> list[str]:
    """Messages as people read them; in Markdown each sign of a typed text is escaped."""
    return [re.sub(r"\\([^\w\s]|_)", r"\1", element.value) for element in elements]


def sound(app: AppTest) -> AppTest:
    """A page that has run to its end without an exception."""
    assert [element.value for element in app.exception] == []
    return app
