"""A real server process and a real Chromium.

The browser is ``ANBIAO_CHROMIUM``, else ``chromium`` on the path, else Playwright's own. With
``CI=true`` a missing one fails; elsewhere these tests are skipped with a line that says why.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright

from tests.browser.server import Portal, free_port

expect.set_options(timeout=20_000)

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    running = Portal(tmp_path / "portal.db", free_port())
    running.start()
    yield running
    running.kill()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("ANBIAO_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        except Error as error:
            why = f"no Chromium (set ANBIAO_CHROMIUM or install chromium): {error.message[:200]}"
            if os.environ.get("CI") == "true":
                pytest.fail(why)
            pytest.skip(why)
        yield browser
        browser.close()


@pytest.fixture
def open_window(chromium: Browser, portal: Portal) -> Iterator[Callable[..., Page]]:
    """Open a window of one's own: language, width, fresh cookies."""
    contexts: list[BrowserContext] = []

    def window(locale: str = "zh-CN", width: int = 1440, height: int = 900) -> Page:
        context = chromium.new_context(
            locale=locale,
            viewport={"width": width, "height": height},
            base_url=portal.address,
            accept_downloads=True,
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        return context.new_page()

    yield window
    for context in contexts:
        context.close()
