"""Deep links on a server that was just started: nobody sees anything, everybody only their own."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from portal.domain.people import Role
from portal.i18n import translate
from portal.ui.navigation import PAGES, addresses
from tests.browser.server import Portal
from tests.browser.steps import load_demo, ready, sign_in

pytestmark = pytest.mark.browser

PEOPLE = {Role.SAFETY_MANAGER: "e02-manager", Role.ADMINISTRATOR: "administrator"}
"""All others are walked through in tests/test_entrance.py, without a browser."""

EVERYWHERE = {a for groups in PAGES.values() for g in groups.values() for _, a, _ in g}


def test_a_deep_link_to_a_fresh_process_shows_each_role_its_own_pages_only(
    open_window: Callable[..., Page], portal: Portal
) -> None:
    load_demo(open_window())
    for role, account in PEOPLE.items():
        page = open_window()
        own = sorted(addresses(role))[-1]
        foreign = sorted(EVERYWHERE - addresses(role))[-1]
        portal.kill()
        portal.start()
        page.goto(f"/{own}")
        expect(page).to_have_url(re.compile(f"/login\\?next=/{own}$"))
        expect(page.locator("[data-testid=stApp]")).to_have_count(0)
        sign_in(page, account)
        for wish, place in ((own, f"/{own}"), (foreign, "/")):
            portal.kill()
            portal.start()
            page.goto(f"/{wish}")
            ready(page)
            expect(page).to_have_url(f"{portal.address}{place}")
            expect(page.locator("h1")).to_be_visible()
            expect(page.get_by_text(translate("zh", "error.not_allowed"))).to_have_count(0)
            expect(page.locator("[role=dialog]")).to_have_count(0)
