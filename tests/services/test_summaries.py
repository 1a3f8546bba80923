"""Dashboards read summaries; they must equal what a plain look at every assessment gives."""

import json
import random
import threading
from collections import Counter, defaultdict
from fractions import Fraction
from statistics import median
from typing import Any

import pytest

from portal.domain.answers import ItemAnswer
from portal.domain.people import ancestors
from portal.services import assessments, enterprises, nonconformities, summaries, supervision
from portal.services.supervision import SectorLine
from portal.store.database import Transaction
from scoring.rounding import fixed
from tests.conftest import YEAR, Installation, a_profile, full_marks, lost, no_accident, together

SECTORS = ("machinery", "metallurgy", "textile")
AREAS = ("990102", "990103", "990201")

Slice = tuple[str, int, str]


def recomputed(installation: Installation) -> tuple[Counter[Any], dict[Any, tuple[int, int, int]]]:
    """What the summary tables must hold, by going over every submitted assessment."""
    scores: Counter[Any] = Counter()
    elements: dict[Any, tuple[int, int, int]] = defaultdict(lambda: (0, 0, 0))
    for row in installation.db.rows("select * from assessment where status = 'submitted'"):
        for area in ["=" + row["area_code"], *ancestors(row["area_code"])]:
            key = (area, row["year"], row["kind"], row["sector"])
            pct10 = -1 if row["pct10"] is None else row["pct10"]
            scores[(*key, row["grade"] or row["outcome"], pct10)] += 1
            for element, earned, attainable in json.loads(row["elements"]):
                if attainable:
                    place = (*key, row["scheme"], element)
                    n, e, a = elements[place]
                    elements[place] = (n + 1, e + earned, a + attainable)
    return scores, dict(elements)


def stored(installation: Installation) -> tuple[Counter[Any], dict[Any, tuple[int, int, int]]]:
    scores = Counter(
        {
            (r["area_code"], r["year"], r["kind"], r["sector"], r["outcome"], r["pct10"]): r["n"]
            for r in installation.db.rows("select * from s_score")
        }
    )
    elements = {
        (r["area_code"], r["year"], r["kind"], r["sector"], r["scheme"], r["element_id"]): (
            r["n"],
            r["earned"],
            r["attainable"],
        )
        for r in installation.db.rows("select * from s_element")
    }
    return scores, elements


def manager(installation: Installation, number: int, **profile: object) -> Any:
    """A new enterprise, and its safety manager as the services see one."""
    from dataclasses import replace

    enterprise_id = enterprises.register(
        installation["administrator"], a_profile(number, **profile)
    )
    return replace(installation["a-manager"], organisation_id=enterprise_id)


def assessed(
    installation: Installation,
    user: Any,
    answers: dict[str, ItemAnswer],
    facts: dict[str, object] | None,
    year: int = YEAR,
) -> Any:
    if facts is not None:
        enterprises.save_performance(user, year, facts, 0)
    draft = assessments.open_self_assessment(user, "industry-trade-general", year)
    installation.fill(user, draft, answers)
    return installation.submit(user, draft)


@pytest.fixture
def busy(installation: Installation) -> Installation:
    """Sixteen enterprises in three areas and sectors with every kind of outcome."""
    chance = random.Random(7)  # noqa: S311 - sample data
    items = list(installation.context.library.find("industry-trade-general").items)
    deadly = no_accident() | {"deaths": 3, "worst_accident": "larger"}
    for number in range(16):
        user = manager(
            installation, 100 + number, sector=SECTORS[number % 3], area_code=AREAS[number % 5 % 3]
        )
        if number % 7 == 5:
            continue  # has not assessed itself
        bad = chance.sample(items, k=number * 7)
        answers = {
            i.id: ItemAnswer(lost=str(i.points), reason="未做")
            if chance.random() < 0.6
            else ItemAnswer(not_applicable="无此设备")
            for i in bad
        }
        if number == 9:
            answers = {i.id: ItemAnswer(not_applicable="停产") for i in items}
        facts = None if number % 6 == 4 else deadly if number == 8 else no_accident()
        assessed(installation, user, answers, facts, YEAR - number % 2)
    for name, reviewer in (("a", "reviewer-1"), ("b", "reviewer-2")):
        review = installation.reviewed_by(reviewer, installation.submitted(name))
        installation.fill(
            installation[reviewer], review, {"1.4": lost("no_record", difference="未见")}
        )
        installation.submit(installation[reviewer], review)
    draft = installation.filled("far")
    assert draft.seal_no == 0
    return installation


def test_summaries_equal_a_plain_recomputation_over_all_assessments(busy: Installation) -> None:
    summaries.refresh()
    assert stored(busy) == recomputed(busy)
    scores, elements = stored(busy)
    assert len({key[0] for key in scores}) == 3 + 7, "three counties of their own, and all above"
    assert {key[4] for key in scores} >= {"1", "below_lowest", "pending", "not_assessable"}
    assert len(elements) > 500
    assert summaries.refresh() == 0, "nothing is left to do"


def test_reopening_settling_and_resubmitting_are_followed(busy: Installation) -> None:
    summaries.refresh()
    user = busy["a-manager"]
    done = assessments.own_assessments(busy["far-manager"])
    assert [a.status for a in done] == ["draft"]
    busy.submit(busy["far-manager"], done[0])
    summaries.refresh()
    assert stored(busy) == recomputed(busy)
    enterprises.save_performance(busy["far-manager"], YEAR, no_accident(), 0)
    summaries.refresh()
    assert stored(busy) == recomputed(busy)
    assessments.reopen(busy["far-manager"], busy.enterprise("far"), 1, "更正评分")
    summaries.refresh()
    assert stored(busy) == recomputed(busy)
    assert "=990201" in {key[0] for key in stored(busy)[0]}
    assert user.organisation_id == busy.enterprise("a")


def test_figures_of_an_area_are_those_of_its_enterprises(busy: Installation) -> None:
    for user, area in (
        ("official-district", "990102"),
        ("official-city", "990100"),
        ("official-city", "990103"),
    ):
        view = supervision.overview(busy[user], area, YEAR, "zh")
        for kind in ("self", "review"):
            rows = [
                row
                for row in busy.db.rows(
                    "select * from assessment where status = 'submitted' and year = :y"
                    " and kind = :k",
                    y=YEAR,
                    k=kind,
                )
                if area in ancestors(row["area_code"])
            ]
            assert sum(line.count for line in view.sectors[kind]) == len(rows)
            for line in view.sectors[kind]:
                check_line(line, [row for row in rows if row["sector"] == line.sector])
        registered = [
            row
            for row in busy.db.rows("select area_code from enterprise")
            if area in ancestors(row["area_code"])
        ]
        assert view.enterprises == len(registered)


def check_line(line: SectorLine, rows: list[dict[str, Any]]) -> None:
    decided = [row for row in rows if row["outcome"] in ("graded", "below_lowest")]
    passed = [row for row in decided if row["grade"]]
    assert line.grades == dict(Counter(row["grade"] or row["outcome"] for row in rows))
    assert line.assessed == len(decided)
    assert line.pass_rate == (
        fixed(Fraction(len(passed) * 100, len(decided)), 1) if decided else None
    )
    scores = [Fraction(row["pct10"], 10) for row in rows if row["pct10"] is not None]
    assert line.median == (fixed(Fraction(median(scores)), 1) if scores else None)


def test_the_pass_rate_leaves_out_what_is_pending_or_not_assessable(
    installation: Installation,
) -> None:
    poor = {item: ItemAnswer(not_applicable="无") for item in full_marks()}
    poor |= {"1.1": ItemAnswer(lost="4", reason="无"), "1.2": ItemAnswer(lost="3", reason="半数")}
    for number, (answers, facts) in enumerate(
        [({}, no_accident()), (poor, no_accident()), ({}, no_accident()), ({}, None)]
    ):
        user = manager(installation, 200 + number)
        assessed(installation, user, answers, facts)
    view = supervision.overview(installation["official-district"], "990102", YEAR, "zh")
    (line,) = view.sectors["self"]
    assert (line.count, line.assessed, line.pass_rate) == (4, 3, "66.7")
    assert line.grades == {"1": 2, "pending": 1, "below_lowest": 1}
    assert line.median == "100.0"


def test_two_officials_who_open_the_overview_at_once_both_see_it(busy: Installation) -> None:
    views = together(
        *(
            lambda u=u: supervision.overview(busy[u], busy[u].area_code, YEAR, "zh")
            for u in ("official-district", "official-city", "inspector-district") * 2
        )
    )
    assert [type(view).__name__ for view in views] == ["Overview"] * 6, views
    assert stored(busy) == recomputed(busy)


def test_what_is_submitted_while_the_summaries_are_computed_is_not_forgotten(
    installation: Installation,
) -> None:
    areas = ("990102", "990103")
    users = [manager(installation, 300 + n, area_code=areas[n % 2]) for n in range(8)]
    drafts = []
    for user in users:
        draft = assessments.open_self_assessment(user, "industry-trade-general", YEAR)
        installation.fill(user, draft)
        drafts.append(draft)

    def look() -> None:
        for _ in range(12):
            summaries.refresh()

    results = together(
        look,
        look,
        *(lambda u=u, d=d: installation.submit(u, d) for u, d in zip(users, drafts, strict=True)),
    )
    assert [r for r in results if isinstance(r, Exception)] == []
    summaries.refresh()
    assert stored(installation) == recomputed(installation)
    assert stored(installation)[0][("990100", YEAR, "self", "machinery", "pending", 1000)] == 8


def test_a_refresh_that_has_not_committed_yet_is_waited_for(installation: Installation) -> None:
    """Both add up the same city; neither may miss what the other has just added."""
    first, second = (
        manager(installation, 320 + n, area_code=area) for n, area in enumerate(AREAS[:2])
    )
    assessed(installation, first, {}, None)
    computed, never = threading.Event(), threading.Event()

    def slow(tx: Transaction) -> None:
        summaries._refresh(tx)
        computed.set()
        never.wait(0.5)

    def meanwhile() -> None:
        computed.wait(20)
        assessed(installation, second, {}, None)
        summaries.refresh()

    assert together(lambda: installation.db.write(slow), meanwhile) == [None, None]
    assert stored(installation) == recomputed(installation)


def test_the_list_of_enterprises_shows_both_scores_and_what_is_overdue(busy: Installation) -> None:
    busy.clock.pass_by(days=40)
    user = busy["official-district"]
    found = supervision.enterprises(user, "990102", YEAR, "zh")
    assert len(found) == supervision.count_enterprises(user, "990102")
    line = next(x for x in found if x.enterprise_id == busy.enterprise("a"))
    assert (line.self_score, line.self_grade) == ("100.0", "一级")
    assert (line.review_score, line.review_grade) == ("99.7", "一级")
    assert (line.open, line.overdue) == (1, 1)
    overdue = nonconformities.of_enterprise(user, busy.enterprise("a"), "zh")
    assert [x.days_left < 0 for x in overdue] == [True]
    for sector in supervision.overview(user, "990102", YEAR, "zh").nonconformities:
        lines = [x for x in found if x.sector == sector.sector]
        assert sector.open == sum(x.open for x in lines)
        assert sector.overdue == sum(x.overdue for x in lines) == sector.open


def test_an_enterprise_scored_by_two_standards_stands_in_the_list_once_with_the_newer_result(
    installation: Installation,
) -> None:
    first = installation.submitted("a")
    user = installation["a-manager"]
    hotel = assessments.open_self_assessment(user, "hotel", YEAR)
    installation.fill(user, hotel, {"1.1.1": ItemAnswer(lost="1", reason="未做")})
    second = installation.submit(user, hotel)
    assert first.assessment_no < second.assessment_no
    official = installation["official-district"]
    found = supervision.enterprises(official, "990102", YEAR, "zh")
    lines = [x for x in found if x.enterprise_id == installation.enterprise("a")]
    assert [(x.self_no, x.self_score) for x in lines] == [(second.assessment_no, "99.9")]
    assert len(found) == supervision.count_enterprises(official, "990102")


@pytest.mark.parametrize(
    ("search", "sector", "count"),
    [
        ("试验机械1有限", None, 1),
        ("ACME", None, 1),
        ("acme", None, 1),
        ("  acme ", "machinery", 1),
        ("acme", "metallurgy", 0),
        ("没有这家", None, 0),
        ("%", None, 0),
        ("_", None, 0),
        ("'; drop table enterprise; --", None, 0),
        ("", None, 3),
    ],
)
def test_a_search_finds_by_part_of_the_name_on_both_engines(
    installation: Installation, search: str, sector: str | None, count: int
) -> None:
    enterprises.register(installation["administrator"], a_profile(400, name="Acme Works"))
    user = installation["official-district"]
    assert supervision.count_enterprises(user, "990102", sector, search) == count
    found = supervision.enterprises(user, "990102", YEAR, "zh", sector=sector, search=search)
    assert len(found) == count


@pytest.mark.parametrize(
    ("histogram", "expected"),
    [
        ({}, None),
        ({905: 1}, "90.5"),
        ({900: 1, 901: 1}, "90.1"),
        ({0: 3, 1000: 2}, "0.0"),
        ({600: 2, 800: 1, 1000: 1}, "70.0"),
    ],
)
def test_the_median_of_scores(histogram: dict[int, int], expected: str | None) -> None:
    assert supervision.median(histogram) == expected
