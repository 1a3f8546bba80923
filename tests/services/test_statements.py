"""How many statements a click costs. Counted, because a count does not depend on the machine."""

from collections.abc import Callable

import pytest

from portal.services import (
    assessments,
    nonconformities,
    results,
    reviews,
    sheets,
    supervision,
    today,
)
from portal.services.assessments import Edit
from tests.conftest import YEAR, Installation, a_profile, full_marks, lost


def count(installation: Installation, call: Callable[[], object]) -> list[str]:
    with installation.db.counting() as statements:
        call()
    return statements


def test_saving_an_answer_takes_at_most_five_statements(installation: Installation) -> None:
    draft = installation.filled()
    user = installation["a-manager"]
    place = (user, draft.enterprise_id, draft.assessment_no)
    answers = [{"full": True}, {"deductions": [{"rule": "no_record", "count": 1}]}, {}]
    for seq, answer in enumerate(answers, 1):
        edit = Edit("tab", seq, "1.4", seq, answer)
        statements = count(installation, lambda edit=edit: assessments.save_answers(*place, [edit]))
        assert len(statements) <= 5, statements


def test_opening_a_sheet_of_198_items_takes_at_most_three_statements(
    installation: Installation,
) -> None:
    draft = installation.filled()
    user = installation["a-manager"]
    with installation.db.counting() as statements:
        live = sheets.live(user, draft.enterprise_id, draft.assessment_no, None, "zh")
    assert len(live["items"]) == 198
    assert len(statements) <= 3, statements
    with installation.db.counting() as statements:
        live = sheets.live(user, draft.enterprise_id, draft.assessment_no, draft.rev, "zh")
    assert live["items"] == {}
    assert len(statements) <= 3, statements


def test_opening_a_review_takes_at_most_three_statements_plus_rights(
    installation: Installation,
) -> None:
    review = installation.reviewed_by("reviewer-1", installation.submitted())
    user = installation["reviewer-1"]
    place = (user, review.enterprise_id, review.assessment_no, None, "zh")
    statements = count(installation, lambda: sheets.live(*place))
    assert len(statements) <= 4, statements


LISTS: dict[str, Callable[[Installation], object]] = {
    "nonconformities": lambda i: nonconformities.of_enterprise(
        i["a-manager"], i.enterprise(), "zh"
    ),
    "today": lambda i: today.of_enterprise(i["a-manager"], "zh"),
    "result": lambda i: results.view(i["a-manager"], i.enterprise(), 1, "zh"),
    "own_assessments": lambda i: assessments.own_assessments(i["a-manager"]),
    "overview": lambda i: supervision.overview(i["official-city"], "990100", YEAR, "zh"),
    "enterprises": lambda i: supervision.enterprises(i["official-city"], "990100", YEAR, "zh"),
    "results_of": lambda i: supervision.results_of(i["official-city"], i.enterprise()),
    "mine": lambda i: reviews.mine(i["reviewer-1"]),
    "all_assignments": lambda i: reviews.all_assignments(i["administrator"]),
    "candidates": lambda i: reviews.candidates(i["administrator"]),
}


def few_records(installation: Installation) -> None:
    installation.submitted("a", answers={"1.4": lost("no_record")})
    base = installation.submitted("a", YEAR - 1)
    installation.reviewed_by("reviewer-1", base)
    supervision.years(installation["official-city"])  # the summaries are up to date


def many_records(installation: Installation) -> None:
    from portal.services import enterprises

    items = list(full_marks())
    worse = {"1.1": lost("stage_missing"), "1.2": lost("key_figure_missing")}
    draft = assessments.reopen(installation["a-manager"], installation.enterprise(), 1, "更正评分")
    assert draft is None
    assessments.save_answers(
        installation["a-manager"],
        installation.enterprise(),
        1,
        [
            Edit("tab", seq, item, 1, {"lost": "0.5", "reason": "现场未见"})
            for seq, item in enumerate(items[:60])
        ],
    )
    fresh = assessments.load(installation["a-manager"], installation.enterprise(), 1)
    installation.submit(installation["a-manager"], fresh)
    installation.reviewed_by("reviewer-1", fresh)
    base = installation.submitted("b", answers=worse)
    installation.reviewed_by("reviewer-1", base)
    for number in range(100, 130):
        enterprises.register(installation["administrator"], a_profile(number))
    supervision.years(installation["official-city"])


def test_lists_take_the_same_number_of_statements_however_long_they_are(
    installation: Installation,
) -> None:
    few_records(installation)
    before = {name: count(installation, lambda c=c: c(installation)) for name, c in LISTS.items()}
    rows_before = {name: size(call(installation)) for name, call in LISTS.items()}
    many_records(installation)
    for name, call in LISTS.items():
        after = count(installation, lambda c=call: c(installation))
        assert len(after) <= len(before[name]), f"{name}: {before[name]} became {after}"
    rows_after = {name: size(call(installation)) for name, call in LISTS.items()}
    grown = ("nonconformities", "result", "enterprises", "mine", "all_assignments", "results_of")
    for name in ("nonconformities", "enterprises", "mine", "all_assignments"):
        assert rows_after[name] > rows_before[name], name
    assert set(grown) <= set(LISTS)


def size(found: object) -> int:
    return len(found) if isinstance(found, list) else 0


def test_a_page_of_enterprises_is_a_page_and_not_all(installation: Installation) -> None:
    many_records_user = installation["official-city"]
    from portal.services import enterprises

    for number in range(100, 120):
        enterprises.register(installation["administrator"], a_profile(number))
    first = supervision.enterprises(many_records_user, "990100", YEAR, "zh", many=7)
    rest = supervision.enterprises(many_records_user, "990100", YEAR, "zh", many=7, page=2)
    assert len(first) == len(rest) == 7
    assert not {line.enterprise_id for line in first} & {line.enterprise_id for line in rest}
    assert supervision.count_enterprises(many_records_user, "990100") == 22


@pytest.mark.parametrize("items", [1, 198])
def test_writing_a_whole_sheet_reads_the_head_once(installation: Installation, items: int) -> None:
    draft = installation.started()
    answers = dict(list(full_marks().items())[:items])
    statements = count(
        installation,
        lambda: assessments.import_answers(
            installation["a-manager"], draft.enterprise_id, draft.assessment_no, answers, draft.rev
        ),
    )
    others = [s for s in statements if not s.startswith("insert into draft_item")]
    assert len(statements) - len(others) == items
    assert len(others) <= 4, others
