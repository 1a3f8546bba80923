"""Units to one score, a score to a grade, shares and samples: all that a result says."""

import ast
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

import scoring
from criteria import default_library, rubric_of
from portal.i18n import LANGUAGES, section
from portal.services.wording import explained
from scoring import (
    Answer,
    ElementRubric,
    Grade,
    Outcome,
    Reason,
    Result,
    Rung,
    ScoringError,
    grade,
)
from scoring.aggregation import (
    Aggregate,
    Combine,
    LadderRule,
    Standing,
    Unit,
    UnitRule,
    aggregate,
    as_unit,
    meet_ladder,
)
from scoring.checklist import Checklist, CheckRow, Reply, check_off
from scoring.comparison import ComparisonRule, Counts, agree
from scoring.composition import weighted_mean
from scoring.model import Minimum
from scoring.sampling import (
    Band,
    FigureOutcome,
    Sample,
    SampledPoints,
    SampledRow,
    SamplingTable,
    Take,
    row_points,
    sample_size,
)
from scoring.shares import (
    GroupRule,
    GroupRung,
    Member,
    Rating,
    ShareGate,
    grade_group,
    meet_share_gates,
)
from tests.scoring.test_shapes import item, lost, rubric

MEAN = UnitRule(Combine.MEAN)
ZERO, FULL = Fraction(0), Fraction(100)
LADDER = (Rung("1", ">=", Fraction(90), "§1"), Rung("2", ">=", Fraction(75), "§2"))
ABSENT = Unit("A0", not_applicable=True)
TWO = SamplingTable((Band(None, Take.NUMBER, Fraction(2)),))


def site(name: str, score: int | str) -> Unit:
    return Unit(name, Fraction(score))


# ------------------------------------------------------------------ units to one score


def test_what_is_known_says_how_many_took_part_and_both_scores() -> None:
    third = Fraction(92 + 87 + 87, 3)
    rounded = Fraction("88.7")
    assert aggregate(MEAN, [ABSENT, site("A1", 92), site("A2", 87), site("A3", 87)]) == Aggregate(
        FigureOutcome.KNOWN, rounded, third, (rounded, rounded), (third, third), 3, 0
    )


def test_nothing_that_takes_part_is_no_score_and_no_interval() -> None:
    nothing = Aggregate(FigureOutcome.NOT_ASSESSABLE, None, None, None, None, 0, 0)
    assert aggregate(MEAN, [ABSENT]) == nothing
    assert weighted_mean([]) is None


def test_a_unit_without_score_is_named_and_leaves_the_others_counted() -> None:
    ends = (Fraction("46"), Fraction("96"))
    assert aggregate(MEAN, [site("A1", 92), Unit("A2")]) == Aggregate(
        FigureOutcome.PENDING, None, None, ends, ends, 2, 0, ("A2",)
    )


def test_a_sample_that_nobody_has_begun_can_become_anything() -> None:
    for combine in Combine:
        found = aggregate(UnitRule(combine, sample=TWO), [], population=5)
        assert (found.outcome, found.span) == (FigureOutcome.SAMPLE_TOO_SMALL, (ZERO, FULL))
        assert (found.counted, found.needed) == (0, 2)


def test_where_the_lowest_unit_counts_those_still_to_come_can_only_lower_it() -> None:
    lowest = UnitRule(Combine.MINIMUM, sample=TWO)
    assert aggregate(lowest, [site("A1", 80)], population=5).span == (ZERO, Fraction(80))


def test_units_that_have_nothing_come_to_nothing_whatever_their_weight() -> None:
    for combine in Combine:
        units = [site("A1", 0), Unit("A2", ZERO, weight=Fraction(3))]
        assert aggregate(UnitRule(combine), units).score == 0


def test_without_word_of_an_event_none_took_place_and_an_unknown_one_leaves_the_number_open() -> (
    None
):
    rule = UnitRule(Combine.MEAN, sample=TWO, more_after_event=1)
    units = [site("A1", 92), site("A2", 88)]
    assert aggregate(rule, units, population=5).needed == 2
    assert aggregate(rule, units, population=5).outcome is FigureOutcome.KNOWN
    assert aggregate(rule, units, population=5, event=True).needed == 3
    assert aggregate(rule, units, population=5, event=None).needed is None


def test_a_unit_behind_one_that_is_not_applicable_is_checked_as_well() -> None:
    with pytest.raises(ScoringError, match="unit score"):
        aggregate(MEAN, [ABSENT, site("A1", 101)])


def test_an_aggregate_is_a_unit_with_its_weight_known_open_or_without_anything_to_judge() -> None:
    weight = Fraction(3, 10)
    nothing, known, waiting = (
        aggregate(MEAN, units)
        for units in ([], [site("A1", 92), site("A2", "87.05")], [site("A1", "92.55"), Unit("A2")])
    )
    assert as_unit("a", nothing, weight) == Unit("a", None, None, weight, not_applicable=True)
    exact, rounded = Fraction("89.525"), Fraction("89.5")
    assert as_unit("a", known, weight) == Unit("a", exact, (exact, exact), weight)
    assert as_unit("a", known, weight, rounded=True) == Unit(
        "a", rounded, (rounded, rounded), weight
    )
    assert as_unit("a", waiting, weight) == Unit(
        "a", None, (Fraction("46.275"), Fraction("96.275")), weight
    )
    assert as_unit("a", waiting, weight, rounded=True) == Unit(
        "a", None, (Fraction("46.3"), Fraction("96.3")), weight
    )


# ------------------------------------------------------------------ one score to a grade


def stands(rule: LadderRule, *units: Unit) -> Standing:
    return meet_ladder(rule, aggregate(MEAN, units), units)


def test_the_score_names_the_rung_it_reaches_and_the_one_it_misses() -> None:
    rule = LadderRule(LADDER)
    assert stands(rule, site("A1", 90)).reasons == (
        Reason("score_reaches", "grade:1", clause="§1"),
    )
    assert stands(rule, site("A1", 80)).reasons == (
        Reason("score_reaches", "grade:2", clause="§2"),
        Reason("score_below", "not_grade:1", clause="§1"),
    )
    assert stands(rule, site("A1", 10)).reasons == (
        Reason("score_below", "not_grade:2", clause="§2"),
    )


@pytest.mark.parametrize(("compare_rounded", "reached"), [(True, "1"), (False, "2")])
def test_the_rounded_or_the_exact_score_meets_the_ladder(
    compare_rounded: bool, reached: str
) -> None:
    rule = LadderRule(LADDER, compare_rounded=compare_rounded)
    assert stands(rule, site("A1", "89.95")).grade == reached


def test_what_is_open_is_named_and_so_is_a_sample_that_is_too_small() -> None:
    found = stands(LadderRule(LADDER), site("A1", 92), Unit("A2"))
    assert found.reasons == (
        Reason("score_reaches", "grade:1", clause="§1"),
        Reason("unit_open", "pending", element="A2"),
    )
    assert (found.outcome, found.possible) == (Outcome.PENDING, Grade("1", None))
    rule = UnitRule(Combine.MEAN, sample=TWO)
    few = meet_ladder(LadderRule(LADDER), aggregate(rule, [site("A1", 92)], population=5))
    assert few.reasons[-1] == Reason("sample_too_small", "pending")


def test_each_unit_must_reach_the_minimum_of_a_grade_and_names_its_clause() -> None:
    rule = LadderRule(LADDER, (Minimum("1", "*", ">=", Fraction(85), "6.1"),))
    found = stands(rule, site("A1", 99), site("A2", "84.9"), ABSENT)
    assert found.grade == "2"
    assert found.reasons[1:] == (Reason("minimum", "not_grade:1", element="A2", clause="6.1"),)
    assert stands(rule, site("A1", 99), site("A2", 85)).grade == "1"


def test_a_minimum_can_ask_for_strictly_more_and_is_a_share_of_the_full_score() -> None:
    more = LadderRule(LADDER, (Minimum("1", "A2", ">", Fraction(85)),))
    assert stands(more, site("A1", 99), site("A2", 85)).grade == "2"
    assert stands(more, site("A1", 99), site("A2", "85.1")).grade == "1"


def test_a_unit_without_score_may_still_miss_its_minimum() -> None:
    rule = LadderRule(LADDER, (Minimum("1", "*", ">=", Fraction(85)),))
    open_unit = Unit("A2", interval=(Fraction(84), Fraction(86)))
    found = stands(rule, site("A1", 99), open_unit)
    assert (found.outcome, found.possible) == (Outcome.PENDING, Grade("1", "2"))
    for minimum in (Minimum("1", "*", ">=", Fraction(85)), Minimum("1", "A2", ">", ZERO)):
        rule = LadderRule(LADDER, (minimum,))
        unknown = meet_ladder(rule, aggregate(MEAN, [site("A1", 99)]), [Unit("A2")])
        assert unknown.possible == Grade("1", "2")


# ------------------------------------------------------------------ shares


def test_a_member_whose_accidents_are_unknown_is_not_counted_as_one_without() -> None:
    rule = GroupRule((GroupRung("1", clean_share=Fraction(100), clause="集团"),))
    members = [Member("a", fatal_accident=False), Member("b")]
    found = grade_group(rule, members, None)
    assert (found.outcome, found.possible) == (Outcome.PENDING, Grade("1", None))
    assert found.reasons == (Reason("members_with_deaths", "open_grade:1", clause="集团"),)


@pytest.mark.parametrize(("worst", "outcome"), [(89, Outcome.PENDING), (90, Outcome.GRADED)])
def test_a_member_with_an_open_score_counts_once_both_ends_reach_the_rung(
    worst: int, outcome: Outcome
) -> None:
    rule = GroupRule((GroupRung("1", Rung("1", ">=", Fraction(90))),))
    member = Member("a", interval=(Fraction(worst), Fraction(95)))
    assert grade_group(rule, [member], None).outcome is outcome


def test_a_grade_without_a_gate_asks_for_no_share_and_a_gate_names_its_clause() -> None:
    gates = [ShareGate("1", Fraction(60), "7.2")]
    ratings = [Rating("a", good=True), Rating("b", good=False)]
    found = meet_share_gates(("1", "2"), gates, ratings)
    assert found.grade == "2"
    assert found.reasons == (Reason("rated_good", "not_grade:1", clause="7.2"),)
    only = meet_share_gates(("1",), gates, ratings)
    assert (only.outcome, only.reasons) == (Outcome.BELOW_LOWEST, found.reasons)


def test_without_an_instance_there_is_no_share_to_judge() -> None:
    assert meet_share_gates(("1",), [], []) == Standing(
        Outcome.NOT_ASSESSABLE, None, Grade(None, None)
    )


# ------------------------------------------------------------------ samples and checklists


def test_the_upper_end_of_a_band_belongs_to_the_next_one_where_the_standard_says_below() -> None:
    below = Band(10, Take.ALL, inclusive=False)
    table = SamplingTable((below, Band(None, Take.NUMBER, Fraction(1))))
    assert [sample_size(table, population) for population in (9, 10, 11)] == [9, 1, 1]


def test_a_share_of_less_than_one_per_cent_is_a_sample_too() -> None:
    table = SamplingTable((Band(None, Take.SHARE, Fraction(1, 2)),))
    assert sample_size(table, 1000) == 5


def test_a_sample_that_is_one_short_gives_an_interval() -> None:
    found = row_points(SampledRow(20), TWO, Sample(5, 1, 1))
    assert (found.outcome, found.interval) == (FigureOutcome.SAMPLE_TOO_SMALL, (10, 20))


def test_where_there_is_nothing_to_look_at_nothing_is_needed() -> None:
    found = row_points(SampledRow(20), TWO, Sample(0, 0, 0))
    assert found == SampledPoints(FigureOutcome.NOT_ASSESSABLE, 0)


@pytest.mark.parametrize(("rows", "known"), [(("stairs", "exit"), "exit, stairs"), ((), "-")])
def test_a_reply_to_an_unknown_row_is_refused_with_the_rows_there_are(
    rows: tuple[str, ...], known: str
) -> None:
    checklist = Checklist(tuple(CheckRow(name) for name in rows))
    with pytest.raises(ScoringError) as caught:
        check_off(checklist, {"lift": Reply.YES})
    assert caught.value.values == {"row": "lift", "known": known}


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        # 2/3 = 66.7 % and 3/4 = 75 %
        ("yyn", "failed"),
        ("yyyn", "passed"),
        # what does not apply does not count: 3/4
        ("yyyna", "passed"),
        ("yyna", "failed"),
        # at best 3/4, and at best 2/3
        ("yyn?", "incomplete"),
        ("yn?", "failed"),
        ("aa?", "incomplete"),
        ("aa", "not_assessable"),
    ],
)
def test_where_a_share_is_let_pass_it_is_of_the_rows_that_apply(said: str, outcome: str) -> None:
    replies = {"y": Reply.YES, "n": Reply.NO, "a": Reply.NOT_APPLICABLE}
    rows = tuple(CheckRow(str(number)) for number in range(len(said)))
    given = {row.id: replies[sign] for row, sign in zip(rows, said, strict=True) if sign != "?"}
    checklist = Checklist(rows, least_share=Fraction(75))
    assert check_off(checklist, given).outcome.value == outcome
    # a hard row is not let pass
    if "n" in said:
        hard = replace(checklist, rows=tuple(replace(row, hard=True) for row in rows))
        assert check_off(hard, given).outcome.value == "failed"


# ------------------------------------------------------------------ two assessors


def sheet(*lost_points: int | None, absent: int = -1) -> Result:
    """Rows of ten points each with what they have lost; None is unanswered."""
    names = [f"1.{number}" for number in range(1, len(lost_points) + 1)]
    said = zip(names, lost_points, strict=True)
    answers = {name: lost(points) for name, points in said if points is not None}
    if absent >= 0:
        answers[names[absent]] = Answer(not_applicable="there is none")
    rows = tuple(item(name, 10) for name in names)
    return grade(rubric(items=rows, elements=(ElementRubric("1", 10 * len(rows)),)), answers, {})


def test_the_review_counts_unless_the_standard_says_otherwise() -> None:
    own, review, open_sheet = sheet(0, 0, 1), sheet(0, 0, 4), sheet(0, 0, None)
    # 96.67 and 86.67; the mean of the exact ones is 91.67
    counting = {counts: agree(ComparisonRule(counts), own, review).score for counts in Counts}
    assert counting == {
        Counts.REVIEW: Fraction("86.7"),
        Counts.LOWER: Fraction("86.7"),
        Counts.MEAN: Fraction("91.7"),
    }
    assert agree(ComparisonRule(Counts.LOWER), review, own).score == Fraction("86.7")
    assert agree(ComparisonRule(), open_sheet, review).score == Fraction("86.7")
    for counts in (Counts.LOWER, Counts.MEAN):
        assert agree(ComparisonRule(counts), open_sheet, review).score is None


def test_without_a_tolerance_two_assessors_always_agree() -> None:
    for review in (sheet(10, 10, 9), sheet(0, 0, None), sheet(0, 0, 0, absent=1)):
        found = agree(ComparisonRule(), sheet(0, 0, 0), review)
        assert (found.agrees, found.beyond, found.reasons) == (True, (), ())


def test_a_row_at_the_tolerance_is_within_it_and_whether_it_applies_is_beyond_any() -> None:
    rule = ComparisonRule(share=Fraction(30), clause="§9")
    own = sheet(0, 0, 0)
    assert agree(rule, own, sheet(3, 3, 3)).agrees is True
    assert agree(rule, own, sheet(3, 4, 0)).beyond == ("1.2",)
    absent = agree(rule, own, sheet(0, 0, 0, absent=2))
    assert absent.reasons == (Reason("item_differs", "shown", item="1.3", clause="§9"),)
    assert agree(rule, own, sheet(0, 0, None)).agrees is None
    assert agree(rule, own, sheet(9, 0, None)).agrees is False


# ------------------------------------------------------------------ words for reasons


def reason_codes() -> set[str]:
    """Codes that the package can give, read from its source."""
    found: set[str] = set()
    for path in Path(scoring.__file__).parent.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and n.args]
        named = [n.args[0] for n in calls if ast.unparse(n.func) == "Reason"]
        found.update(code.value for code in named if isinstance(code, ast.Constant))
        if not all(isinstance(code, ast.Constant) for code in named):
            # codes of conditions are paired with whether each is met
            pairs = [n.elts for n in ast.walk(tree) if isinstance(n, ast.Tuple) and n.elts]
            found.update(
                code.value
                for code, *others in pairs
                if isinstance(code, ast.Constant)
                and isinstance(code.value, str)
                and len(others) == 1
                and isinstance(others[0], ast.Call)
            )
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_a_text_and_every_text_a_reason(language: str) -> None:
    codes = reason_codes()
    assert codes >= {"performance", "unit_open", "members_with_deaths", "rated_good"}
    words = {key.partition(".")[2]: text for key, text in section("reason", language).items()}
    assert sorted(codes - words.keys()) == []
    assert sorted(words.keys() - codes) == []


GROUP_REASONS = [
    Reason("members_below_score", "not_grade:1"),
    Reason("members_with_deaths", "open_grade:1"),
    Reason("group_accident", "not_grade:1"),
    Reason("rated_good", "open_grade:1"),
    Reason("unit_open", "pending", element="A2"),
    Reason("sample_too_small", "pending"),
    Reason("scores_differ", "shown"),
    Reason("item_differs", "shown", item="1.1"),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", GROUP_REASONS, ids=lambda reason: reason.code)
def test_a_reason_from_above_a_sheet_is_worded_like_any_other(
    reason: Reason, language: str
) -> None:
    scheme = default_library().find("industry-trade-general")
    told = explained(scheme, grade(rubric_of(scheme), {}, {}), reason, language)
    words = section("reason", language)[f"reason.{reason.code}"]
    assert told.text.startswith(words.split("{")[0])
    assert "{" not in told.text
    if reason.element:
        assert reason.element in told.text


def test_a_reason_of_a_group_names_the_document_of_its_rule_not_that_of_the_ladder() -> None:
    scheme = default_library().find("machinery@2013")
    reason = Reason("members_with_deaths", "not_grade:1", clause="一级企业条件")
    told = explained(scheme, grade(rubric_of(scheme), {}, {}), reason, "zh")
    assert "84号" in told.source
    assert not told.verified
