"""A portal of one's own from the first start, and uploads that must be refused."""

import re
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pyotp
import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, TimeoutError, expect

from portal.i18n import translate
from tests.browser.steps import load_demo, open_element, ready, sign_in, visit

pytestmark = pytest.mark.browser

Window = Callable[..., Page]


def say(key: str, **values: object) -> str:
    return translate("zh", key, **values)


def choose(page: Page, label: str, option: str) -> None:
    """Choose from a list; a field left just before draws the page anew and closes the list."""
    box = page.get_by_role("combobox", name=label).last
    for patience in (2_000, 4_000, 20_000):
        ready(page)
        box.click()
        box.fill(option)
        try:
            page.get_by_role("option", name=option).click(timeout=patience)
        except TimeoutError:
            page.keyboard.press("Escape")
            continue
        break
    expect(box).to_have_value(re.compile(option))


def test_an_authority_sets_up_its_own_portal_and_a_factory_begins(open_window: Window) -> None:
    page = open_window()
    page.goto("/")
    for field, value in {
        "authority": "示范区应急管理局",
        "area_code": "990203",
        "area_name": "示范区",
        "name": "何管理",
        "login": "admin",
        "password": "short",
    }.items():
        page.fill(f"#{field}", value)
    page.click("form:has(#authority) button")
    expect(page).to_have_url(re.compile("/setup$"))
    page.fill("#password", "a long first password")
    page.click("form:has(#authority) button")
    page.wait_for_url("**/login")
    expect(page.get_by_text(say("entrance.demo_accounts"))).to_have_count(0)

    page.fill("#login", "admin")
    page.fill("#password", "not the password")
    page.click("button.primary")
    expect(page.get_by_role("alert")).to_have_text(say("error.sign_in_failed"))
    page.fill("#password", "a long first password")
    page.click("button.primary")
    expect(page).to_have_url(re.compile("/second-factor$"))
    app = pyotp.TOTP(page.locator("code.secret").inner_text())
    page.fill("#code", app.now())
    page.click("button.primary")
    expect(page.locator(".codes code")).to_have_count(10)
    page.click("button.primary")
    ready(page)

    visit(page, "/organisations")
    page.get_by_text(say("admin.new_enterprise")).first.click()
    name = page.get_by_role("textbox", name=say("field.name"), exact=True)
    name.fill("示范区青石机械厂")
    code = page.get_by_role("textbox", name=say("field.credit_code"), exact=True)
    code.fill("91350100M000100Y44")
    choose(page, say("field.area_code"), "示范区")
    save = page.get_by_role("button", name=say("admin.new_enterprise"), exact=True)
    save.click()
    expect(page.get_by_text("校验位不符")).to_be_visible()
    expect(name).to_have_value("示范区青石机械厂")
    code.fill("91350100M000100Y43")
    code.blur()
    save.click()
    expect(page.get_by_text(say("admin.registered", name="示范区青石机械厂"))).to_be_visible()

    visit(page, "/")
    page.get_by_text(say("people.invite")).first.click()
    page.get_by_role("textbox", name=say("field.login"), exact=True).fill("qingshi")
    page.get_by_role("textbox", name=say("field.person"), exact=True).fill("石安全")
    choose(page, say("field.role"), say("role.safety_manager"))
    choose(page, say("field.organisation"), "示范区青石机械厂")
    page.get_by_role("button", name=say("people.invite"), exact=True).click()
    made = page.locator('[data-testid="stAlert"]', has_text="qingshi")
    expect(made).to_be_visible()
    link = page.locator('[data-testid="stCode"]').inner_text().strip()

    page.goto("/logout")
    page.goto(link)
    page.fill("#password", "password1234")
    expect(page.locator("#strength")).to_contain_text(say("password.words"))
    page.fill("#password", "seven unrelated bricks")
    expect(page.locator("#strength")).to_contain_text(say("password.score_4"))
    page.fill("#again", "seven unrelated bricks")
    page.click("button.primary")
    ready(page)
    expect(page.locator("h1")).to_have_text("示范区青石机械厂")
    visit(page, "/nonconformities")
    expect(page.get_by_text(say("nonconformity.empty"))).to_be_visible()
    visit(page, "/self-assessment")
    page.get_by_role("button", name=say("assessment.start"), exact=True).click()
    expect(page.locator('[data-role="total"]')).to_contain_text("共198条")


def test_what_is_missing_is_listed_as_links_that_open_the_item(open_window: Window) -> None:
    page = open_window()
    load_demo(page)
    sign_in(page, "e02-manager")
    visit(page, "/self-assessment")
    page.get_by_text(say("assessment.submit"), exact=True).first.click()
    missing = page.locator('[class*="missing"]')
    expect(missing).to_be_visible()
    link = missing.get_by_role("button").first
    number = link.inner_text()
    link.click()
    card = page.locator(f'[data-item="{number}"]')
    expect(card).to_be_in_viewport()
    expect(page.get_by_role("button", name=say("assessment.submit"), exact=True)).to_be_disabled()


def test_uploads_that_are_no_scoring_sheet_are_refused_in_words(
    open_window: Window, tmp_path: Path
) -> None:
    page = open_window()
    load_demo(page)
    sign_in(page, "e02-manager")
    visit(page, "/self-assessment")
    page.get_by_text(say("assessment.workbook")).click()
    with page.expect_download() as download:
        page.get_by_role("button", name=say("assessment.download_filled")).click()
    good = Path(download.value.path()).read_bytes()

    def upload(name: str, data: bytes) -> None:
        target = tmp_path / name
        target.write_bytes(data)
        page.locator('input[type="file"]').set_input_files(target)

    alert = page.locator('[data-testid="stExpander"] [data-testid="stAlert"]').last
    upload("notes.xlsx", b"not a workbook at all")
    expect(alert).to_be_visible()
    expect(alert).to_contain_text(".xlsx")

    bomb = BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", b" " * 80_000_000)
    upload("bomb.xlsx", bomb.getvalue())
    expect(page.get_by_text("bomb.xlsx")).to_be_visible()
    expect(alert).to_be_visible()

    book = load_workbook(BytesIO(good))
    sheet = next(s for s in book.worksheets if s.title.startswith("8"))
    keys = {str(c.value): c.column for row in sheet.iter_rows(max_row=8) for c in row if c.value}
    for row in range(1, sheet.max_row + 1):
        cell = sheet.cell(row, keys["anbiao:count"])
        if not cell.protection.locked:
            cell.value = -3
            break
    edited = BytesIO()
    book.save(edited)
    upload("edited.xlsx", edited.getvalue())
    problems = page.locator(".st-key-workbook-problems")
    expect(problems).to_contain_text(cell.coordinate)
    expect(problems).to_contain_text("-3")

    upload("large.xlsx", b"x" * 60_000_000)
    expect(page.get_by_text("文件不能超过")).to_be_visible()


def test_a_submitted_sheet_is_locked_until_it_is_reopened_with_a_reason(
    open_window: Window,
) -> None:
    page = open_window()
    load_demo(page)
    sign_in(page, "e22-manager")
    visit(page, "/self-assessment")
    open_element(page, "3")
    box = page.locator('[data-item="3.1"] .rule input[type="checkbox"]').first
    expect(box).to_be_disabled()
    page.get_by_text(say("assessment.reopen"), exact=True).first.click()
    page.get_by_role("button", name=say("assessment.reopen"), exact=True).click()
    expect(page.get_by_text("请写明原因")).to_be_visible()
    page.get_by_role("textbox", name=say("assessment.reopen_reason"), exact=True).fill(
        "漏评一处变更"
    )
    page.get_by_role("button", name=say("assessment.reopen"), exact=True).click()
    ready(page)
    expect(page.locator('[data-item="3.1"] .rule input[type="checkbox"]').first).to_be_enabled()
