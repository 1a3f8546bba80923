"""Members, instances, samples, checklists and two assessors: every figure from the edition."""

import re
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path

import pytest

from criteria import Library, Scheme, check, default_library, load_above, rubric_of
from criteria.compare import compare
from criteria.rubric_above import (
    checklist_of,
    comparison_rule,
    good_gates,
    group_rule,
    instance_rule,
    ladder_rule,
    part_unit,
    part_weights,
    sampled_row,
    sampling_table,
    unit_rule,
    whole_rule,
)
from criteria.writing import reread
from portal.documents.standard_reading import LIMITS
from portal.documents.standard_values import Findings
from portal.documents.standard_workbook import write_standard_workbook
from portal.documents.standard_workbook_reading import read_exported
from portal.documents.workbook_grid import read_grids
from portal.i18n import LANGUAGES, translate
from scoring import Answer, Outcome, Reason, grade
from scoring.aggregation import Unit, aggregate, meet_ladder
from scoring.checklist import ChecklistOutcome, Reply, check_off
from scoring.comparison import agree
from scoring.sampling import FigureOutcome, Sample, row_points, sample_size
from scoring.shares import Member, Rating, grade_group, meet_share_gates

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
YES, NO, ABSENT = Reply.YES, Reply.NO, Reply.NOT_APPLICABLE


@pytest.fixture(scope="module")
def above() -> Scheme:
    return Library(HERE / "good").find("above")


def frame(name: str) -> Scheme:
    return default_library().find(name)


def members(**counts: int) -> list[Member]:
    """So many members with each score, such as ``s95=9``; ``dead`` had a fatal accident."""
    return [
        Member(f"{name}.{number}", Fraction(name[1:3]), fatal_accident=name.endswith("dead"))
        for name, count in counts.items()
        for number in range(count)
    ]


# ------------------------------------------------------------------ members of a group


@pytest.mark.parametrize("name", ["machinery@2013", "nonferrous-processing@2011"])
def test_a_group_is_graded_by_the_shares_of_order_84(name: str) -> None:
    rule = group_rule(frame(name))
    assert rule is not None
    assert [rung.grade for rung in rule.rungs] == ["1", "2", "3"]
    # 9/10 reach 90 and 9/10 had no death
    assert grade_group(rule, members(s90=9, s60dead=1), "general").grade == "1"
    # 8/10 at 90, but all at 75
    assert grade_group(rule, members(s90=8, s75=2), "none").grade == "2"
    # 8/10 without a death
    assert grade_group(rule, members(s95=8, s95dead=2), "general").grade == "2"
    # nothing is asked of the members for grade 3
    lowest = grade_group(rule, members(s60dead=5), "larger")
    assert lowest.grade == "3"
    assert {(row.code, row.clause) for row in lowest.reasons} == {
        (code, clause)
        for code in ("members_below_score", "members_with_deaths", "group_accident")
        for clause in ("一级企业条件", "二级企业条件")
    }


def test_shares_and_limits_of_members_are_those_of_the_file(above: Scheme) -> None:
    rule = group_rule(above)
    assert rule is not None
    assert rule.accidents == ("none", "general", "larger")
    best, second, third = rule.rungs
    assert best.member is not None
    assert (best.member.comparator, best.member.threshold) == (">", Fraction("89.5"))
    assert (best.member_share, best.clean_share) == (90, Fraction("92.5"))
    assert (best.worst_accident, best.clause) == ("general", "第十二条")
    assert second.member is not None
    assert (second.member_share, second.clean_share, second.worst_accident) == (100, 80, None)
    assert third.member is None
    # 36/39 = 92.3 % without a death are less than 92.5 %
    assert grade_group(rule, members(s95=36, s95dead=3), "none").grade == "2"


@pytest.mark.parametrize(
    ("method", "score"), [("mean", "86"), ("weighted_mean", "85"), ("lowest", "80")]
)
def test_the_sheets_of_sites_become_one_score_as_the_file_says(
    above: Scheme, method: str, score: str
) -> None:
    assert unit_rule(above) is None
    assert above.shape.above.aggregation is not None
    changed = replace(above.shape.above.aggregation, method=method, rungs=(), sample="faces")
    shape = replace(above.shape, above=replace(above.shape.above, aggregation=changed))
    scheme = replace(above, shape=shape)
    assert group_rule(scheme) is None
    rule = unit_rule(scheme)
    assert rule is not None
    assert rule.clause == "第十一条"
    # (92 + 80) / 2 = 86; (5 x 92 + 7 x 80) / 12 = 85
    sites = [
        Unit("A", Fraction(92), weight=Fraction(5)),
        Unit("B", Fraction(80), None, Fraction(7)),
    ]
    assert aggregate(rule, sites, population=9).score == Fraction(score)
    few = aggregate(rule, sites, population=9, event=True)
    assert (few.outcome, few.needed) == (FigureOutcome.SAMPLE_TOO_SMALL, 3)


def test_an_edition_that_says_nothing_has_no_rule_for_members() -> None:
    scheme = frame("water-projects")
    assert (unit_rule(scheme), group_rule(scheme), comparison_rule(scheme)) == (None, None, None)
    for find in (instance_rule, sampling_table, checklist_of, good_gates):
        with pytest.raises(KeyError):
            find(scheme, "sites")


# ------------------------------------------------------------------ instances of a part


def test_a_contractor_is_judged_by_its_tables_and_the_mean_of_its_sites() -> None:
    scheme = frame("construction-contractors")
    weights = part_weights(scheme)
    rule = instance_rule(scheme, "sites")
    enterprise = Unit("enterprise", Fraction("81.5"), weight=weights["enterprise"])
    sites = [Unit(str(score), Fraction(score)) for score in (70, 80, 75)]
    found = aggregate(rule, sites, population=12)
    parts = [enterprise, part_unit(scheme, "sites", found)]
    # 0.6 x 81.5 + 0.4 x 75 = 78.9
    total = aggregate(whole_rule(scheme), parts)
    assert total.score == Fraction("78.9")
    assert meet_ladder(ladder_rule(scheme), total, parts).grade == "1"
    # after a fatal accident two more of the twelve
    few = aggregate(rule, sites, population=12, event=True)
    assert (few.outcome, few.needed) == (FigureOutcome.SAMPLE_TOO_SMALL, 5)
    # without a site the enterprise alone
    nothing = part_unit(scheme, "sites", aggregate(rule, [], population=0))
    assert aggregate(whole_rule(scheme), [enterprise, nothing]).score == Fraction("81.5")


def test_a_part_of_a_coal_mine_is_the_mean_over_its_work_faces() -> None:
    rule = instance_rule(frame("coal-mines"), "work_faces")
    faces = [Unit("A1", Fraction("89.9")), Unit("A2", Fraction(90))]
    assert aggregate(rule, faces).score == 90
    assert good_gates(frame("coal-mines"), "work_faces") == ()


def test_the_file_says_whether_the_rounded_score_of_a_part_goes_on(above: Scheme) -> None:
    # (5 x 90.05 + 90) / 6 = 90.0416..., of which 90.0 goes on
    faces = [Unit("A1", Fraction("90.05"), weight=Fraction(5)), Unit("A2", Fraction(90))]
    found = aggregate(instance_rule(above, "work_faces"), faces, population=2)
    assert found.score_exact == Fraction("540.25") / 6
    assert part_unit(above, "work_faces", found).score == 90
    mine = frame("coal-mines")
    found = aggregate(instance_rule(mine, "work_faces"), faces)
    assert part_unit(mine, "work_faces", found) == Unit(
        "work_faces", Fraction("90.025"), (Fraction("90.025"), Fraction("90.025"))
    )


def test_the_share_of_instances_rated_good_comes_from_the_file(above: Scheme) -> None:
    gates = good_gates(above, "work_faces")
    assert [(gate.grade, gate.share, gate.clause) for gate in gates] == [
        ("1", 100, "第十四条"),
        ("2", 80, "第十四条"),
    ]
    ratings = [Rating(str(number), number != 4) for number in range(5)]
    assert meet_share_gates(("1", "2", "3"), gates, ratings).grade == "2"


def test_without_groups_the_parts_have_the_weights_of_their_elements() -> None:
    assert part_weights(frame("hazardous-chemicals")) == {
        element.id: element.weight for element in frame("hazardous-chemicals").elements
    }
    assert part_weights(frame("mines")) == {}


# ------------------------------------------------------------------ samples


def test_machinery_of_2005_looks_at_as_many_pieces_and_people_as_its_table_says() -> None:
    scheme = frame("machinery@2005")
    equipment, people = (sampling_table(scheme, name) for name in ("equipment", "people"))
    # 101: 10.1 -> 11; 1001: 50.05 -> 51
    lots = (0, 1, 10, 11, 100, 101, 499, 500, 1000, 1001, 2000)
    sizes = [sample_size(equipment, lot) for lot in lots]
    assert sizes == [0, 1, 10, 10, 10, 11, 50, 50, 50, 51, 100]
    assert [sample_size(people, staff) for staff in (1, 10, 11, 95)] == [1, 1, 2, 10]


def test_a_sampled_row_is_worth_what_its_rates_say(above: Scheme) -> None:
    table = sampling_table(above, "equipment")
    assert [sample_size(table, lot) for lot in (10, 101, 160, 500)] == [10, 8, 12, 40]
    row = sampled_row(above, "equipment", "2.2")

    def worth(passed: int) -> Fraction | None:
        found = row_points(row, table, Sample(500, 40, passed))
        return None if found.earned is None else found.earned * above.unit

    # 39/40 = 97.5 %; 38/40; 24/40 = 60 % is not more than 60 %; 30 % of 15 = 4.5
    assert [worth(passed) for passed in (39, 38, 24)] == [15, Fraction("4.5"), 0]
    # 30 % of 45 = 13.5
    assert sampled_row(above, "equipment", "2.1").steps[1].points * above.unit == Fraction("13.5")
    # without rates the points follow the share that passed
    assert sampled_row(above, "faces", "2.2").steps == ()


# ------------------------------------------------------------------ checklists


def test_two_thirds_of_yes_are_enough_where_the_file_asks_for_60_per_cent(above: Scheme) -> None:
    checklist = checklist_of(above, "conditions")
    assert [(row.id, row.hard) for row in checklist.rows] == [
        ("1.1", True),
        ("1.2", False),
        ("1.3", False),
    ]

    def outcome(*said: Reply | None) -> ChecklistOutcome:
        rows = zip(checklist.rows, said, strict=True)
        return check_off(checklist, {row.id: one for row, one in rows if one}).outcome

    assert outcome(YES, YES, NO) is ChecklistOutcome.PASSED
    assert outcome(NO, YES, YES) is ChecklistOutcome.FAILED
    # one half of what applies
    assert outcome(YES, NO, ABSENT) is ChecklistOutcome.FAILED
    assert outcome(YES, NO, None) is ChecklistOutcome.INCOMPLETE
    assert outcome(None, NO, NO) is ChecklistOutcome.FAILED
    assert outcome(ABSENT, ABSENT, ABSENT) is ChecklistOutcome.NOT_ASSESSABLE


def test_a_checklist_that_asks_for_all_fails_with_a_single_no(above: Scheme) -> None:
    checklist = checklist_of(above, "all")
    replies = dict.fromkeys(("1.1", "1.2"), YES)
    assert check_off(checklist, replies | {"1.3": YES}).outcome is ChecklistOutcome.PASSED
    assert check_off(checklist, replies | {"1.3": NO}).outcome is ChecklistOutcome.FAILED


def test_the_basic_conditions_of_mines_answer_a_fact_that_every_grade_asks_for() -> None:
    scheme = frame("mines")
    (checklist,) = scheme.shape.above.checklists
    assert checklist.share == 100
    asked = {row.grade for row in scheme.performance if row.fact == checklist.fact}
    assert asked == {"1", "2", "3"}
    assert checklist_of(scheme, checklist.id).rows == ()


# ------------------------------------------------------------------ two assessors


def test_the_lower_score_counts_and_what_differs_too_much_is_named(above: Scheme) -> None:
    rubric, rule = rubric_of(above), comparison_rule(above)
    assert rule is not None

    def scored(**lost: str) -> dict[str, Answer]:
        """Full marks but for the points that an item has lost, such as ``i21="4.5"``."""
        rows = {f"{name[1]}.{name[2]}": Fraction(points) for name, points in lost.items()}
        return {
            item.id: Answer(lost=int(rows[item.id] / above.unit), reason="seen on site")
            if item.id in rows
            else Answer(full=True)
            for item in rubric.items
        }

    facts = {"conditions_met": True}
    own = grade(rubric, scored(), facts)
    assert (own.outcome, own.score) == (Outcome.GRADED, 100)
    # 2.5 points are within the tolerance, and less than 40 % of 45
    near = agree(rule, own, grade(rubric, scored(i21="2.5"), facts))
    assert (near.score, near.agrees, near.beyond) == (Fraction("97.5"), True, ())
    # 6 of 15 points are just 40 %, 6.5 are more
    at = agree(rule, own, grade(rubric, scored(i22="6"), facts))
    assert (at.score, at.agrees, at.beyond) == (94, False, ())
    assert at.reasons == (Reason("scores_differ", "shown", clause="第十七条"),)
    far = agree(rule, own, grade(rubric, scored(i22="6.5"), facts))
    assert far.beyond == ("2.2",)
    assert far.reasons[-1] == Reason("item_differs", "shown", item="2.2", clause="第十七条")
    half = agree(rule, own, grade(rubric, {}, facts))
    assert (half.score, half.agrees, half.beyond) == (None, None, ())


# ------------------------------------------------------------------ the files


def test_every_shipped_table_above_a_sheet_is_unverified_and_has_a_clause() -> None:
    found = {
        scheme.key: scheme.shape.above.sources
        for scheme in default_library().schemes()
        if scheme.shape.above.sources
    }
    assert sorted(found) == [
        "coal-mines@2024",
        "construction-contractors@2010",
        "machinery@2005",
        "machinery@2013",
        "mines@2016",
        "nonferrous-processing@2011",
    ]
    assert not any(row.verified for rows in found.values() for row in rows)
    assert all(row.clause for rows in found.values() for row in rows)


def test_two_editions_are_compared_in_the_tables_above_a_sheet_too(above: Scheme) -> None:
    rules = above.shape.above
    equipment = replace(rules.samplings[1], more_after_event=3)
    assert rules.aggregation is not None
    best = replace(rules.aggregation.rungs[0], share=Fraction(95))
    changed = replace(
        rules,
        aggregation=replace(rules.aggregation, rungs=(best,)),
        samplings=(rules.samplings[0], equipment),
        comparison=None,
    )
    new = replace(above, shape=replace(above.shape, above=changed))
    (change,) = compare(above, new)
    assert (change.part, change.kind) == ("head", "changed")
    assert change.fields["aggregation.grade.1.members.share"] == (90, 95)
    assert change.fields["aggregation.grade.2.members.threshold"] == (75, None)
    assert change.fields["sampling.equipment.sizes"] == (
        "1-10: all, 11-100: 10, 101-499: 7.5%, 500+: 40",
        "1-10: all, 11-100: 10, 101-499: 7.5%, 500+: 40, event: +3",
    )
    assert change.fields["comparison.counts"] == ("lower", None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_workbook_of_a_standard_keeps_every_table_above_a_sheet(
    above: Scheme, language: str
) -> None:
    book = write_standard_workbook(above, partial(translate, language), language)
    findings = Findings()
    again = read_exported(read_grids(book, LIMITS), findings).scheme
    assert findings.found == []
    assert again is not None
    assert again.shape.above == above.shape.above


def test_a_number_that_no_decimal_writes_is_refused_in_a_line_too(above: Scheme) -> None:
    rules = above.shape.above
    rate = replace(rules.samplings[1].rates[0], rate=Fraction(1, 3))
    equipment = replace(rules.samplings[1], rates=(rate,))
    shape = replace(above.shape, above=replace(rules, samplings=(equipment,)))
    with pytest.raises(ValueError, match="1/3 has no finite decimal"):
        reread(replace(above, shape=shape), [])


def test_all_mistakes_above_a_sheet_are_listed_at_once(above: Scheme) -> None:
    rules = above.shape.above
    changed = replace(
        rules,
        instances=(replace(rules.instances[0], part="9", sample="none"),),
        checklists=(replace(rules.checklists[0], fact="", share=Fraction(0)),),
        samplings=(replace(rules.samplings[0], sizes=rules.samplings[0].sizes[:1]),),
    )
    scheme = replace(above, shape=replace(above.shape, above=changed))
    documents = Library(HERE / "good").documents
    found = check.check_scheme(scheme, documents, {})
    assert [(row.item, row.field) for row in found] == [
        ("instances.work_faces", "part"),
        ("instances.work_faces", "sample"),
        ("sampling.faces", "sizes"),
        ("checklist.conditions", "share"),
    ]


def test_every_field_and_word_above_a_sheet_is_in_the_criteria_format() -> None:
    text = (ROOT / "docs" / "criteria-format.md").read_text(encoding="utf-8")
    source = Path(load_above.__file__).read_text(encoding="utf-8")
    kinds = "string|choice|number|optional_number|text|words|named_tables|table_of"
    fields = set(re.findall(rf'\.(?:{kinds})\(\s*"(\w+)"', source)) | {"members", "tolerance"}
    words = (*load_above.GROUP_METHODS, *load_above.COUNTS, *load_above.SCORES)
    assert len(fields) > 15
    assert [name for name in sorted({*fields, *words}) if not _named(name, text)] == []


def _named(word: str, text: str) -> bool:
    return bool(re.search(rf"`[^`\n]*\b{word}\b[^`\n]*`", text))
