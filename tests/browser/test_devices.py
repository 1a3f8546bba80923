"""Being signed in: in every tab until it ends in one, on devices one can sign out."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from portal.i18n import translate
from tests.browser.steps import load_demo, sign_in, visit

pytestmark = pytest.mark.browser

Window = Callable[..., Page]


def say(key: str, **values: object) -> str:
    return translate("zh", key, **values)


def test_signing_out_in_one_tab_ends_it_in_all(open_window: Window) -> None:
    page = open_window()
    load_demo(page)
    sign_in(page, "e02-manager")
    other = page.context.new_page()
    visit(other, "/profile")
    page.get_by_role("link", name=say("frame.sign_out")).click()
    expect(page).to_have_url(re.compile("/login"))
    field = other.get_by_role("textbox", name=say("field.address"), exact=True)
    field.fill("不应保存")
    field.press("Enter")
    expect(other.get_by_text(say("guard.signed_out"))).to_be_visible()
    other.goto("/profile")
    expect(other).to_have_url(re.compile("/login"))


def test_another_device_is_signed_out_from_the_own_account(open_window: Window) -> None:
    page = open_window()
    load_demo(page)
    sign_in(page, "e02-manager")
    phone = open_window(width=390)
    sign_in(phone, "e02-manager")
    visit(page, "/account")
    expect(page.get_by_text(say("account.here"))).to_be_visible()
    page.get_by_role("button", name=say("account.end"), exact=True).click()
    expect(page.get_by_text(say("account.ended"))).to_be_visible()
    phone.goto("/account")
    expect(phone).to_have_url(re.compile("/login"))
    assert page.evaluate("document.cookie").find("anbiao_session") == -1


def test_no_page_breaks_the_policy_of_what_may_run(open_window: Window) -> None:
    page = open_window()
    broken: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            broken.append(message.text)

    page.on("console", note)
    load_demo(page)
    for account, addresses in {
        "e01-manager": ("/self-assessment", "/result", "/nonconformities", "/log", "/account"),
        "official-district": ("/", "/enterprises"),
        "administrator": ("/", "/organisations"),
    }.items():
        sign_in(page, account)
        for address in addresses:
            visit(page, address)
            expect(page.locator("h1")).to_be_visible()
    assert broken == []
    policy = page.request.get("/").headers["content-security-policy"]
    (scripts,) = re.findall(r"script-src ([^;]+)", policy)
    assert "'unsafe-inline'" not in scripts
