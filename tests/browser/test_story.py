"""The main job end to end in a real browser: enterprise, administrator, reviewer, official."""

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from portal.domain.sealed_sheets import unseal
from portal.i18n import translate
from tests.browser.server import ROOT, Portal
from tests.browser.steps import (
    all_saved,
    fill_open_rows,
    item,
    load_demo,
    open_element,
    ready,
    sign_in,
    tick,
    visit,
)

pytestmark = pytest.mark.browser

Window = Callable[..., Page]


def stored(portal: Portal, sql: str, *values: object) -> list[sqlite3.Row]:
    connection = sqlite3.connect(portal.database)
    connection.row_factory = sqlite3.Row
    try:
        return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize(("language", "locale"), [("zh", "zh-CN"), ("en", "en-GB")])
def test_an_enterprise_scores_itself_is_reviewed_and_compared(
    portal: Portal, open_window: Window, tmp_path: Path, language: str, locale: str
) -> None:
    def say(key: str, **values: object) -> str:
        return translate(language, key, **values)

    page = open_window(locale)
    load_demo(page)

    # the safety manager begins this year's self-assessment
    sign_in(page, "e03-manager")
    visit(page, "/self-assessment")
    page.get_by_text(say("assessment.start_other")).click()
    page.get_by_role("button", name=say("assessment.start"), exact=True).click()
    expect(page.locator('[data-role="total"]', has_text="0.0")).to_be_visible()
    expect(page.locator('[data-role="total"]')).to_have_count(1)  # the earlier sheet has gone

    # item by item: a deduction, a count, not applicable with a reason, a special deduction
    tick(page, "1.1", "not_issued")
    expect(item(page, "1.1").locator('[data-role="points"]')).to_contain_text("0")
    open_element(page, "2")
    tick(page, "2.1.2", "no_body")
    open_element(page, "9")
    item(page, "9.2.3").locator('[data-act="na"]').click()
    reason = item(page, "9.2.3").locator('[data-field="not_applicable"]')
    reason.fill(say("field.reason") + " 1")
    reason.blur()
    all_saved(page, say("sheet.saved", at="").strip()[:2])

    # the rest comes from a workbook filled in offline
    filled = tmp_path / f"filled-{language}.xlsx"
    page.get_by_text(say("assessment.workbook")).click()
    with page.expect_download() as download:
        page.get_by_role("button", name=say("assessment.download_filled")).click()
    assert fill_open_rows(Path(download.value.path()), filled) == 195
    page.locator('input[type="file"]').set_input_files(filled)
    page.get_by_role("button", name=say("assessment.upload_confirm", count=198)).click()
    expect(page.get_by_text(say("assessment.uploaded", count=198))).to_be_visible()

    # submit
    page.get_by_text(say("assessment.submit"), exact=True).first.click()
    expect(page.get_by_text(say("assessment.submit_ready", count=198))).to_be_visible()
    page.get_by_role("textbox", name=say("assessment.leader"), exact=True).fill("贺永泉")
    page.get_by_role("textbox", name=say("assessment.members"), exact=True).fill("宋明川、李工")
    page.get_by_role("textbox", name=say("assessment.confirmed_by"), exact=True).fill("贺永泉")
    page.get_by_text(say("assessment.confirm")).click()
    page.get_by_role("button", name=say("assessment.submit"), exact=True).click()
    expect(page.get_by_text(say("assessment.submitted"))).to_be_visible()

    # 4 for 1.1, 3 for 2.1.2 and 6 more in its element: 983 of 996
    visit(page, "/result")
    head = page.locator(".st-key-result-head")
    expect(head).to_contain_text("98.7")
    expect(head).to_contain_text("983 / 996")
    expect(page.locator(".st-key-result-reasons")).to_contain_text("2.1.2")
    row = stored(
        portal,
        "select * from assessment where enterprise_id = 'e03' and kind = 'self' order by year desc",
    )[0]
    assert (row["status"], row["score"], row["earned"]) == ("submitted", "98.7", 9830)
    expect(head).to_contain_text(say("outcome.pending"))

    # the safety performance was missing: once it is entered, the grade is there
    visit(page, f"/profile?part=performance&year={row['year']}")
    page.get_by_role("textbox", name=say("field.deaths"), exact=True).fill("0")
    page.get_by_role("textbox", name=say("field.deaths"), exact=True).blur()
    page.get_by_role("button", name=say("common.save")).last.click()
    expect(page.get_by_text(say("profile.performance_saved", year=row["year"]))).to_be_visible()
    visit(page, "/result")
    expect(head).to_contain_text(say("grade.g1"))
    visit(page, "/nonconformities")
    expect(page.locator(".st-key-nonconformity-list")).to_contain_text("2.1.2")

    check_command_line(portal, tmp_path, row["assessment_no"])

    # the administrator assigns a reviewer
    page = open_window(locale)
    sign_in(page, "administrator")
    visit(page, "/review-assignment")
    page.get_by_label(say("assign.candidate")).click()
    page.get_by_role("option", name=re.compile(f"云岭鑫岳.*{row['year']}")).click()
    page.get_by_label(say("assign.reviewer")).click()
    page.get_by_role("option", name="苏静言").click()
    page.get_by_role("button", name=say("assign.do")).click()
    expect(page.get_by_text(say("assign.done"))).to_be_visible()

    # the reviewer scores the same sheet beside the sealed self-score
    page = open_window(locale)
    sign_in(page, "reviewer-2")
    number = stored(
        portal,
        "select assessment_no from assessment where enterprise_id = 'e03' and kind = 'review'",
    )[0]["assessment_no"]
    visit(page, f"/onsite-review?review=e03.{number}")
    expect(item(page, "1.1").locator('[data-role="reference"]')).to_contain_text("0 / 4")
    page.get_by_text(say("assessment.workbook")).click()
    page.locator('input[type="file"]').set_input_files(filled)
    page.get_by_role("button", name=say("assessment.upload_confirm", count=198)).click()
    expect(page.get_by_text(say("assessment.uploaded", count=198))).to_be_visible()
    tick(page, "1.2", "not_issued")
    difference = item(page, "1.2").locator('[data-field="difference"]')
    difference.fill("现场查阅，目标文件未正式下达")
    difference.blur()
    expect(item(page, "1.2")).to_have_attribute("data-pending", "no")
    page.get_by_text(say("assessment.submit_review"), exact=True).first.click()
    page.get_by_role("textbox", name=say("assessment.leader_review"), exact=True).fill("苏静言")
    page.get_by_role("textbox", name=say("assessment.members_review"), exact=True).fill(
        "苏静言, 专家甲"
    )
    page.get_by_role("textbox", name=say("assessment.confirmed_review"), exact=True).fill("苏静言")
    page.get_by_text(say("assessment.confirm")).click()
    page.get_by_role("button", name=say("assessment.submit_review"), exact=True).click()
    expect(page.get_by_text(say("assessment.submitted"))).to_be_visible()
    visit(page, f"/review-result?review=e03.{number}")
    expect(page.locator(".st-key-result-head")).to_contain_text("977 / 996")
    expect(page.locator(".st-key-review-differences")).to_contain_text(
        "现场查阅，目标文件未正式下达"
    )

    # the official sees both, kept apart, and takes the list home
    page = open_window(locale)
    sign_in(page, "official-district")
    visit(page, f"/enterprises?year={row['year']}")
    line = page.locator("tr", has_text="云岭鑫岳铁合金")
    expect(line).to_contain_text("98.7")
    expect(line).to_contain_text("98.1")
    with page.expect_download() as download:
        page.get_by_role("button", name=say("overview.export")).click()
    table = load_workbook(BytesIO(Path(download.value.path()).read_bytes())).worksheets[0]
    found = {r[0]: r for r in table.iter_rows(values_only=True)}["云岭鑫岳铁合金有限公司"]
    assert (found[4], found[6]) == (98.7, 98.1)
    line.get_by_role("link").click()
    ready(page)
    expect(page.locator("h1")).to_have_text("云岭鑫岳铁合金有限公司")
    visit(page, "/")
    expect(page.get_by_text(say("overview.grades")).first).to_be_visible()
    expect(page.locator('[data-testid="stVegaLiteChart"]').first).to_be_visible()


def check_command_line(portal: Portal, folder: Path, number: int) -> None:
    """``anbiao grade`` on the sealed answers gives what the page showed."""
    sheet = stored(
        portal,
        "select sheet from sealed_sheet where enterprise_id = 'e03'"
        " and assessment_no = ? order by seal_no desc",
        number,
    )[0]["sheet"]
    said, known = unseal(sheet)
    answers, facts = folder / "answers.json", folder / "facts.json"
    answers.write_text(json.dumps({"items": {i: row.to_json() for i, row in said.items()}}))
    facts.write_text(json.dumps(known))
    out = subprocess.run(
        [
            sys.executable,
            "-m",
            "portal.cli",
            "grade",
            "--scheme",
            "industry-trade-general@2011",
            "--facts",
            str(facts),
            "--json",
            str(answers),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    result = json.loads(out.stdout)
    assert (result["score"], result["grade"], result["earned"]) == ("98.7", "1", "983")


def test_killing_the_server_in_mid_scoring_loses_nothing(
    portal: Portal, open_window: Window
) -> None:
    page = open_window()
    load_demo(page)
    sign_in(page, "e02-manager")
    visit(page, "/self-assessment")
    open_element(page, "8")
    tick(page, "8.1.1", "no_policy")
    all_saved(page, "已保存")
    portal.kill()
    tick(page, "8.3.2", stored_rule("8.3.2"))
    item(page, "8.1.2").locator('[data-act="full"]').click()
    page.locator('[data-role="saved"]').get_by_text("尚未保存").wait_for()
    portal.start()
    all_saved(page, "已保存")
    page.reload()
    ready(page)
    open_element(page, "8")
    expect(item(page, "8.1.2")).to_have_attribute("data-state", "full")
    expect(item(page, "8.1.1")).to_have_attribute("data-state", "deducted")
    rows = stored(
        portal,
        "select item_id, state from draft_item where enterprise_id = 'e02'"
        " and item_id in ('8.1.1', '8.1.2', '8.3.2') and assessment_no ="
        " (select max(assessment_no) from assessment where enterprise_id = 'e02')",
    )
    assert {r["item_id"]: r["state"] for r in rows} == {
        "8.1.1": "deducted",
        "8.1.2": "full",
        "8.3.2": "deducted",
    }


def stored_rule(number: str) -> str:
    from criteria import default_library

    scheme = default_library().find("industry-trade-general")
    return next(i.rules[0].id for i in scheme.items if i.id == number)


def test_a_conflict_shows_both_versions_at_the_item(portal: Portal, open_window: Window) -> None:
    first, second = open_window(), open_window()
    load_demo(first)
    for page, account in ((first, "e02-manager"), (second, "e02-principal")):
        sign_in(page, account)
        visit(page, "/self-assessment")
        open_element(page, "8")
    item(first, "8.1.3").locator('[data-act="full"]').click()
    expect(item(first, "8.1.3")).to_have_attribute("data-pending", "no")
    tick(second, "8.1.3", stored_rule("8.1.3"))
    notice = item(second, "8.1.3").locator('[data-role="notice"]')
    expect(notice).to_contain_text("高晓岚")
    notice.get_by_role("button").first.click()
    expect(item(second, "8.1.3")).to_have_attribute("data-pending", "no")
    [row] = stored(
        portal,
        "select state, version from draft_item where enterprise_id = 'e02'"
        " and item_id = '8.1.3' and assessment_no = (select max(assessment_no)"
        " from assessment where enterprise_id = 'e02')",
    )
    assert (row["state"], row["version"]) == ("deducted", 2)


PLACES = {
    "e01-manager": ["/", "/self-assessment", "/result", "/nonconformities", "/profile"],
    "reviewer-1": ["/", "/onsite-review", "/review-result"],
    "official-city": ["/", "/enterprises", "/enterprise-result?enterprise=e01"],
    "administrator": ["/", "/review-assignment"],
}


@pytest.mark.parametrize("width", [390, 1440])
def test_no_page_needs_scrolling_sideways_or_breaks_the_content_policy(
    open_window: Window, width: int
) -> None:
    faults: list[str] = []
    page = open_window("en-GB" if width == 390 else "zh-CN", width)
    page.on("console", lambda m: faults.append(m.text) if "Content Security" in m.text else None)
    load_demo(page)
    for account, places in PLACES.items():
        sign_in(page, account)
        for place in places:
            visit(page, place)
            wide = page.evaluate("document.documentElement.scrollWidth")
            inner = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
            assert wide <= width, f"{place} is {wide} px wide"
            assert inner <= width, f"{place} holds {inner} px"
        page.context.clear_cookies()
    assert faults == []


def test_nobody_gets_in_by_a_deep_link_to_a_fresh_server(open_window: Window) -> None:
    page = open_window()
    load_demo(page)
    page.goto("/result?no=1")
    expect(page).to_have_url(re.compile(r"/login\?next=/result"))
    sign_in(page, "e01-manager")
    page.goto("/overview")
    ready(page)
    expect(page.locator("h1")).not_to_have_text(translate("zh", "page.overview"))
