"""What a person does in the portal, as steps of a story."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from playwright.sync_api import Locator, Page, expect

READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'


def ready(page: Page) -> None:
    """Wait until the page has been drawn to its end."""
    page.wait_for_selector(READY)
    expect(page.locator('[data-testid="stSkeleton"]')).to_have_count(0)
    expect(page.locator('[data-testid="stException"]')).to_have_count(0)


def load_demo(page: Page) -> None:
    page.goto("/")
    expect(page).to_have_url(re.compile("/setup$"))
    page.click('button[value="demo"]')
    page.wait_for_url("**/login*")


def sign_in(page: Page, account: str) -> None:
    page.goto("/login")
    page.click(f'button[value="{account}"]')
    ready(page)


def visit(page: Page, place: str) -> None:
    page.goto(place)
    ready(page)


def item(page: Page, number: str) -> Locator:
    return page.locator(f'[data-item="{number}"]')


def open_element(page: Page, number: str) -> None:
    page.locator(f'[data-role="element-list"] [data-element="{number}"]').click()


def tick(page: Page, number: str, rule: str) -> None:
    item(page, number).locator(f'[data-rule="{rule}"] input[type="checkbox"]').check()


def all_saved(page: Page, word: str) -> None:
    expect(page.locator('[data-role="saved"]')).to_contain_text(word)


def fill_open_rows(source: Path, target: Path) -> int:
    """Give full marks in the workbook to every item that has no entry yet; returns how many."""
    book = load_workbook(BytesIO(source.read_bytes()))
    filled = 0
    for sheet in book.worksheets:
        for columns, rows in _items(sheet):
            entries = [
                sheet.cell(row, column).value
                for row in rows
                for name, column in columns.items()
                if name in ENTRIES
            ]
            if not any(entries):
                sheet.cell(rows[0], columns["full"]).value = "√"
                filled += 1
    book.save(target)
    return filled


ENTRIES = ("count", "full", "not_applicable", "lost", "reason", "remark")


def _items(sheet: Worksheet) -> Iterator[tuple[dict[str, int], list[int]]]:
    """Columns by their hidden keys, and the rows of each item (its own first)."""
    keys = next(
        (row for row in sheet.iter_rows(max_row=8) if any(c.value == "anbiao:full" for c in row)),
        None,
    )
    if keys is None:
        return
    columns = {str(c.value).removeprefix("anbiao:"): c.column for c in keys if c.value}
    rows: dict[str, list[int]] = {}
    for row in range(keys[0].row + 1, sheet.max_row + 1):
        number = sheet.cell(row, columns["item"]).value
        if number:
            rows.setdefault(str(number), []).append(row)
    for found in rows.values():
        yield columns, found
