"""One answer at a time: stored once, never over somebody else's, refused by name when wrong."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from portal.domain.answers import TEXT_LIMIT
from portal.domain.assessment import Assessment
from portal.errors import PortalError
from portal.i18n import LANGUAGES
from portal.services import assessments, sheets
from portal.services.assessments import Edit, Saved
from portal.services.wording import error_text
from portal.store.audit import broken_links
from tests.conftest import Installation, together

FULL = {"full": True}
FOUND = {"deductions": [{"rule": "no_record", "count": 1}]}


class Sheet:
    """A draft with one or more browser tabs on it."""

    def __init__(self, installation: Installation, draft: Assessment) -> None:
        self.installation, self.draft = installation, draft

    def save(
        self, seq: int, answer: object, seen: int = 0, *, tab: str = "tab", item: str = "1.4",
        who: str = "a-manager",
    ) -> Saved:  # fmt: skip
        edit = Edit(tab, seq, item, seen, answer)  # type: ignore[arg-type]
        place = (self.draft.enterprise_id, self.draft.assessment_no)
        (saved,) = assessments.save_answers(self.installation[who], *place, [edit])
        return saved

    def stored(self, item: str = "1.4") -> Mapping[str, Any] | None:
        row = self.installation.db.row(
            "select * from draft_item where enterprise_id = :e and assessment_no = :n"
            " and item_id = :i",
            e=self.draft.enterprise_id,
            n=self.draft.assessment_no,
            i=item,
        )
        return {**row, "answer": json.loads(row["answer"])} if row else None

    def log(self) -> list[str]:
        return [
            row["subject"]
            for row in self.installation.db.rows(
                "select subject from audit where enterprise_id = :e and action = 'self.answer'"
                " order by seq",
                e=self.draft.enterprise_id,
            )
        ]


@pytest.fixture
def sheet(installation: Installation) -> Sheet:
    return Sheet(installation, installation.started())


@pytest.fixture
def small_sheet(small: Installation) -> Sheet:
    return Sheet(small, small.started())


def test_an_answer_is_stored_with_version_person_and_an_entry_in_the_log(sheet: Sheet) -> None:
    saved = sheet.save(1, FULL)
    assert (saved.error, saved.version) == (None, 1)
    stored = sheet.stored()
    assert stored is not None
    assert (stored["answer"], stored["version"], stored["state"]) == (FULL, 1, "full")
    assert stored["updated_by"] == sheet.installation["a-manager"].account_id
    assert sheet.log() == ["1/1.4"]
    changed = sheet.save(2, FOUND, seen=1)
    assert changed.version == 2
    body = sheet.installation.db.rows("select body from audit order by seq desc")
    last = [json.loads(row["body"]) for row in body if "before" in row["body"]]
    assert {"before": FULL, "after": FOUND} in [
        {"before": entry.get("before"), "after": entry.get("after")} for entry in last
    ]
    assert broken_links(sheet.installation.db, sheet.draft.enterprise_id) == []


def test_an_edit_on_an_old_version_is_told_what_the_other_saved_and_stores_nothing(
    sheet: Sheet,
) -> None:
    sheet.save(1, FULL, tab="mine")
    sheet.save(1, {**FOUND, "remark": "第二人"}, seen=1, tab="other", who="a-principal")
    late = sheet.save(2, {"not_applicable": "没有"}, seen=1, tab="mine")
    assert isinstance(late.error, PortalError)
    assert late.error.code == "stale_item"
    assert late.conflict is not None
    assert json.loads(late.conflict["answer"]) == {**FOUND, "remark": "第二人"}
    assert late.conflict["saved_by"] == sheet.installation["a-principal"].name
    stored = sheet.stored()
    assert stored is not None
    assert (stored["version"], stored["answer"]["remark"]) == (2, "第二人")
    assert len(sheet.log()) == 2


def test_the_same_edit_sent_twice_is_stored_once_and_acknowledged_twice(sheet: Sheet) -> None:
    first, second = sheet.save(1, FULL), sheet.save(1, FULL)
    assert (first.version, second.version) == (1, 1)
    assert (first.error, second.error) == (None, None)
    assert len(sheet.log()) == 1


def test_a_later_edit_of_the_same_tab_after_a_lost_acknowledgement_is_accepted(
    sheet: Sheet,
) -> None:
    sheet.save(1, FULL)  # the acknowledgement is lost: the tab still believes in version 0
    saved = sheet.save(2, FOUND, seen=0)
    assert (saved.error, saved.version) == (None, 2)
    stored = sheet.stored()
    assert stored is not None
    assert stored["answer"] == FOUND


def test_an_edit_that_arrives_behind_a_later_one_of_its_tab_changes_nothing(sheet: Sheet) -> None:
    sheet.save(5, FOUND)
    late = sheet.save(4, FULL)
    assert (late.error, late.version) == (None, 1)
    stored = sheet.stored()
    assert stored is not None
    assert stored["answer"] == FOUND


def test_a_foreign_edit_in_between_is_a_conflict_also_after_a_lost_acknowledgement(
    sheet: Sheet,
) -> None:
    sheet.save(1, FULL, tab="mine")
    sheet.save(1, FOUND, seen=1, tab="other")
    late = sheet.save(2, {"not_applicable": "没有"}, seen=0, tab="mine")
    assert isinstance(late.error, PortalError)
    assert late.error.code == "stale_item"
    stored = sheet.stored()
    assert stored is not None
    assert stored["answer"] == FOUND


def test_two_people_who_enter_the_same_do_not_disagree(sheet: Sheet) -> None:
    sheet.save(1, FULL, tab="mine")
    same = sheet.save(1, FULL, seen=0, tab="other", who="a-principal")
    assert (same.error, same.version) == (None, 1)


def test_of_two_who_save_one_item_at_once_one_is_stored_and_one_is_told(sheet: Sheet) -> None:
    one, other = together(
        lambda: sheet.save(1, FULL, tab="one"), lambda: sheet.save(1, FOUND, tab="other")
    )
    assert isinstance(one, Saved), one
    assert isinstance(other, Saved), other
    assert sorted([one.version or 0, other.version or 0]) == [0, 1]
    stored = sheet.stored()
    assert stored is not None
    assert stored["answer"] == (FULL if one.version else FOUND)


def test_ten_people_on_ten_items_are_all_stored(sheet: Sheet) -> None:
    items = list(sheet.installation.context.library.find("industry-trade-general").items)[:10]
    results = together(*(lambda i=i: sheet.save(1, FULL, tab=i.id, item=i.id) for i in items))
    assert [getattr(result, "version", result) for result in results] == [1] * 10
    assert broken_links(sheet.installation.db, sheet.draft.enterprise_id) == []
    row = sheet.installation.db.row("select rev from assessment")
    assert row == {"rev": 10}


BAD = [
    ("1.4", {"deductions": [{"rule": "no_record", "count": 0}]}, "bad_count"),
    ("1.4", {"deductions": [{"rule": "no_record", "count": -1}]}, "bad_count"),
    ("1.4", {"deductions": [{"rule": "no_record", "count": 1.5}]}, "bad_count"),
    ("1.4", {"deductions": [{"rule": "no_record", "count": True}]}, "bad_count"),
    ("1.4", {"deductions": [{"rule": "no_record", "count": "2"}]}, "bad_count"),
    ("1.4", {"deductions": [{"rule": "no_record", "count": 2}]}, "counted_once"),
    ("1.4", {"deductions": [{"rule": "no_policy", "count": 1}]}, "unknown_rule"),
    ("1.4", {"deductions": [{"rule": "no_record"}, {"rule": "no_record"}]}, "rule_twice"),
    ("1.4", {"deductions": [{"rule": "no_record", "points": "1"}]}, "rule_without_range"),
    ("1.4", {"deductions": [{"count": 1}]}, "bad_answer"),
    ("1.4", {"deductions": "no_record"}, "bad_answer"),
    ("2.1.2", {"deductions": [{"rule": "extra_at_zero", "count": 1}]}, "rule_not_reported"),
    ("1.4", {"lost": "3.1", "reason": "多于标准分"}, "lost_out_of_range"),
    ("1.4", {"lost": "-1", "reason": "负数"}, "lost_out_of_range"),
    ("1.4", {"lost": "0.05", "reason": "过细"}, "bad_points"),
    ("1.4", {"lost": "一", "reason": "不是数字"}, "bad_points"),
    ("1.4", {"lost": "NaN", "reason": "不是数字"}, "bad_points"),
    ("1.4", {"lost": "1e999999999", "reason": "巨大"}, "bad_points"),
    ("1.4", {"lost": 1.5, "reason": "浮点数"}, "bad_answer"),
    ("1.4", {"full": "yes"}, "bad_answer"),
    ("1.4", {"full": True, "lost": "1", "reason": "矛盾"}, "full_with_deductions"),
    ("1.4", {"full": True, **FOUND}, "full_with_deductions"),
    ("1.4", {"not_applicable": "没有", **FOUND}, "not_applicable_with_deductions"),
    ("1.4", {"not_applicable": "没有", "full": True}, "not_applicable_with_deductions"),
    ("1.4", {"not_applicable": "无", "lost": "1", "reason": "x"}, "not_applicable_with_deductions"),
    ("1.4", {"not_applicable": 7}, "bad_answer"),
    ("1.4", {"remark": "字" * 3000}, "bad_answer"),
    ("1.4", {"not_applicable": "字" * 3000}, "bad_answer"),
    ("1.4", {"note": "unknown field"}, "bad_answer"),
    ("1.4", [], "bad_answer"),
    ("99.9", FULL, "unknown_item"),
    ("", FULL, "unknown_item"),
]  # fmt: skip


@pytest.mark.parametrize(("item", "answer", "code"), BAD)
def test_an_answer_that_cannot_be_scored_is_refused_by_name_and_not_stored(
    small_sheet: Sheet, item: str, answer: object, code: str
) -> None:
    saved = small_sheet.save(1, answer, item=item)
    assert saved.error is not None
    assert saved.error.code == code
    assert saved.version is None
    assert small_sheet.installation.db.rows("select item_id from draft_item") == []
    assert small_sheet.log() == []
    for language in LANGUAGES:
        words = error_text(saved.error, language)
        assert item in words
        assert not re.search(r"\{[a-z_]+\}", words)


def test_a_bad_answer_does_not_hold_up_the_good_ones_beside_it(sheet: Sheet) -> None:
    place = (sheet.installation["a-manager"], sheet.draft.enterprise_id, 1)
    saved = assessments.save_answers(
        *place,
        [
            Edit("tab", 1, "1.1", 0, FULL),
            Edit("tab", 2, "1.2", 0, {"lost": "99", "reason": "x"}),
            Edit("tab", 3, "1.3", 0, FULL),
        ],
    )
    assert [(row.seq, row.error is None) for row in saved] == [(1, True), (2, False), (3, True)]
    rows = sheet.installation.db.rows("select item_id from draft_item order by item_id")
    assert [row["item_id"] for row in rows] == ["1.1", "1.3"]


def test_the_longest_allowed_remark_is_kept_whole(small_sheet: Sheet) -> None:
    text = "安" * TEXT_LIMIT
    assert small_sheet.save(1, {"full": True, "remark": text}).error is None
    stored = small_sheet.stored()
    assert stored is not None
    assert stored["answer"]["remark"] == text


@pytest.mark.parametrize(
    "answer", [{"not_applicable": ""}, {"not_applicable": "  "}, {"lost": "1"}]
)
def test_what_still_lacks_its_reason_is_kept_but_counts_as_open(
    sheet: Sheet, answer: dict[str, object]
) -> None:
    assert sheet.save(1, answer).error is None
    stored = sheet.stored()
    assert stored is not None
    assert (stored["answer"], stored["state"]) == (answer, "needs_reason")
    user, place = sheet.installation["a-manager"], (sheet.draft.enterprise_id, 1)
    live = sheets.live(user, *place, None, "zh")
    assert live["total"]["answered"] == 0
    assert live["items"]["1.4"]["earned"] is None
    assert live["elements"]["1"]["needs_reason"] == 1
    assert "1.4" in assessments.missing_items(user, *place)


def test_the_sheet_acknowledges_with_words_and_the_text_of_the_other(sheet: Sheet) -> None:
    user, place = sheet.installation["a-manager"], (sheet.draft.enterprise_id, 1)

    def send(tab: str, seq: int, seen: int, answer: object) -> dict[str, Any]:
        edit = {"client": tab, "seq": seq, "item": "1.4", "seen": seen, "answer": answer}
        (ack,) = sheets.save(user, *place, [edit], "zh")
        return ack

    assert send("a", 1, 0, FULL) == {"seq": 1, "item": "1.4", "ok": True, "version": 1}
    refused = send("b", 1, 0, FOUND)
    assert refused["ok"] is False
    assert "1.4" in refused["error"]
    assert refused["conflict"]["answer"] == FULL
    assert refused["conflict"]["by"] == user.name


@pytest.mark.parametrize(
    "edit",
    [
        {"client": "a", "seq": 1, "item": "1.4", "seen": 0},
        {"client": "a", "seq": 1, "item": 14, "seen": 0, "answer": {}},
        {"client": "a", "seq": "1", "item": "1.4", "seen": 0, "answer": {}},
        {"client": "a", "seq": 1, "item": "1.4", "seen": None, "answer": {}},
        {"client": "", "seq": 1, "item": "1.4", "seen": 0, "answer": {}},
        {"seq": 1, "item": "1.4", "seen": 0, "answer": {}},
        {},
    ],
)
def test_a_misformed_message_is_refused_in_words(
    small_sheet: Sheet, edit: dict[str, object]
) -> None:
    user = small_sheet.installation["a-manager"]
    (ack,) = sheets.save(user, small_sheet.draft.enterprise_id, 1, [edit], "zh")
    assert ack["ok"] is False
    assert ack["error"]
    assert small_sheet.installation.db.rows("select item_id from draft_item") == []


def test_an_edit_after_a_workbook_is_a_conflict_when_the_person_has_not_seen_the_workbook(
    sheet: Sheet,
) -> None:
    sheet.save(1, FULL, tab="mine")
    sheet.installation.fill(
        sheet.installation["a-manager"],
        assessments.load(sheet.installation["a-manager"], sheet.draft.enterprise_id, 1),
    )
    late = sheet.save(2, FOUND, seen=1, tab="mine")
    assert late.conflict is not None


def test_only_what_changed_is_sent_and_figures_follow(sheet: Sheet) -> None:
    user, place = sheet.installation["a-manager"], (sheet.draft.enterprise_id, 1)
    before = sheets.live(user, *place, None, "zh")
    sheet.save(1, FOUND)
    sheet.save(2, FULL, item="1.1")
    first = sheets.live(user, *place, before["rev"], "zh")
    assert set(first["items"]) == {"1.4", "1.1"}
    sheet.save(3, FULL, seen=1)
    second = sheets.live(user, *place, first["rev"], "zh")
    assert set(second["items"]) == {"1.4"}
    assert (first["items"]["1.4"]["earned"], second["items"]["1.4"]["earned"]) == ("0", "3")
    # what is open counts as earned, beside the number of open items
    assert [e["elements"]["1"]["earned"] for e in (first, second)] == ["17", "20"]
    assert second["elements"]["1"]["open"] == 3
    assert second["total"]["answered"] == 2
