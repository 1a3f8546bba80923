"""What holds above a single sheet: whatever is still open comes to lie inside what was said."""

from dataclasses import replace
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import Grade, Outcome, Rung
from scoring.aggregation import (
    Combine,
    LadderRule,
    Standing,
    Unit,
    UnitRule,
    aggregate,
    as_unit,
    lowest_prevails,
    meet_ladder,
    standing_between,
)
from scoring.checklist import Checklist, ChecklistOutcome, CheckRow, Reply, check_off
from scoring.comparison import FallThroughOutcome, fall_through
from scoring.model import Minimum
from scoring.sampling import (
    Band,
    FigureOutcome,
    Sample,
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
    share_range,
)

examples = settings(max_examples=100, deadline=None)

GRADES = ("1", "2", "3")
LADDER = tuple(Rung(g, ">=", Fraction(t)) for g, t in zip(GRADES, (90, 75, 60), strict=True))
SCORES = st.integers(0, 1000).map(lambda tenths: Fraction(tenths, 10))
OPEN_FLAGS = st.lists(st.sampled_from((True, False, None)), min_size=1, max_size=8)
TENTHS = SamplingTable((Band(10, Take.ALL), Band(None, Take.SHARE, Fraction(10))))


def place(name: str | None) -> int:
    return GRADES.index(name) if name else len(GRADES)


def inside(later: Standing, now: Standing) -> bool:
    return place(now.possible.best) <= place(later.grade) <= place(now.possible.worst)


@st.composite
def units(draw: st.DrawFn) -> list[Unit]:
    found = []
    for number in range(draw(st.integers(1, 5))):
        low, high = sorted((draw(SCORES), draw(SCORES)))
        said = draw(st.sampled_from(("known", "between", "open", "absent")))
        found.append(
            Unit(
                str(number),
                low if said == "known" else None,
                (low, high) if said == "between" else None,
                Fraction(draw(st.integers(1, 4))),
                not_applicable=said == "absent",
            )
        )
    return found


def settled(unit: Unit, data: st.DataObject) -> Unit:
    """The unit once its score is known, anywhere it could still be."""
    if unit.score is not None or unit.not_applicable:
        return unit
    low, high = unit.interval or (Fraction(0), Fraction(100))
    between = st.integers(int(low * 10), int(high * 10)).map(lambda tenths: Fraction(tenths, 10))
    return replace(unit, score=data.draw(between))


@examples
@given(units(), st.sampled_from(Combine), st.data())
def test_a_score_and_its_grade_end_inside_what_was_still_possible(
    given_units: list[Unit], combine: Combine, data: st.DataObject
) -> None:
    rule = UnitRule(combine)
    ladder = LadderRule(LADDER, (Minimum("1", "*", ">=", Fraction(50)),))
    now = aggregate(rule, given_units)
    closed = [settled(unit, data) for unit in given_units]
    later = aggregate(rule, closed)
    if later.outcome is FigureOutcome.NOT_ASSESSABLE:
        assert now == later
        return
    assert now.interval[0] <= later.score <= now.interval[1]
    assert inside(meet_ladder(ladder, later, closed), meet_ladder(ladder, now, given_units))


@examples
@given(units(), st.sampled_from(Combine), st.data())
def test_a_combined_score_lies_between_its_lowest_and_highest_unit(
    given_units: list[Unit], combine: Combine, data: st.DataObject
) -> None:
    closed = [settled(unit, data) for unit in given_units]
    scores = [unit.score for unit in closed if not unit.not_applicable]
    found = aggregate(UnitRule(combine), closed)
    if scores:
        assert min(scores) <= found.score_exact <= max(scores)
    else:
        assert (found.outcome, found.score) == (FigureOutcome.NOT_ASSESSABLE, None)


@examples
@given(units(), st.data())
def test_equal_weights_are_the_mean_and_order_is_irrelevant(
    given_units: list[Unit], data: st.DataObject
) -> None:
    mixed = data.draw(st.permutations(given_units))
    alike = [replace(unit, weight=Fraction(3)) for unit in given_units]
    mean = aggregate(UnitRule(Combine.MEAN), given_units)
    assert aggregate(UnitRule(Combine.WEIGHTED), alike) == mean
    assert aggregate(UnitRule(Combine.MEAN), mixed).span == mean.span


def test_a_part_is_passed_on_exactly_unless_the_standard_rounds_it() -> None:
    thirds = [Unit(name, Fraction(score)) for name, score in (("a", 80), ("b", 90), ("c", 95))]
    found = aggregate(UnitRule(Combine.MEAN), thirds)
    assert as_unit("part", found).score == Fraction(265, 3)
    assert as_unit("part", found, rounded=True).score == Fraction(883, 10)


def test_a_sample_that_is_too_small_says_how_many_are_needed() -> None:
    rule = UnitRule(Combine.MINIMUM, sample=TENTHS)
    found = aggregate(rule, [Unit("a", Fraction(70))], population=40)
    assert (found.outcome, found.needed) == (FigureOutcome.SAMPLE_TOO_SMALL, 4)
    # whatever the others bring, the lowest cannot rise above the one that is known
    assert found.interval == (0, 70)
    standing = meet_ladder(LadderRule(LADDER), found)
    assert (standing.outcome, standing.possible) == (Outcome.PENDING, Grade("3", None))
    assert "sample_too_small" in {reason.code for reason in standing.reasons}


@examples
@given(OPEN_FLAGS, st.data())
def test_a_share_ends_inside_its_range(flags: list[bool | None], data: st.DataObject) -> None:
    closed = [data.draw(st.booleans()) if flag is None else flag for flag in flags]
    low, high = share_range(flags)
    end = share_range(closed)
    assert low <= end[0] == end[1] <= high


@examples
@given(
    st.lists(st.tuples(st.none() | SCORES, st.sampled_from((True, False, None))), min_size=1),
    st.sampled_from(("none", "general", "larger", None)),
    st.data(),
)
def test_a_group_ends_inside_the_grades_that_were_still_possible(
    said: list[tuple[Fraction | None, bool | None]], worst: str | None, data: st.DataObject
) -> None:
    accidents = ("none", "general", "larger")
    rule = GroupRule(
        (
            GroupRung("1", LADDER[0], Fraction(90), Fraction(90), "general"),
            GroupRung("2", LADDER[1], Fraction(80), Fraction(80), "general"),
            GroupRung("3"),
        ),
        accidents,
    )
    members = [Member(str(n), score, None, fatal) for n, (score, fatal) in enumerate(said)]
    closed = [
        replace(
            member,
            score=data.draw(SCORES) if member.score is None else member.score,
            fatal_accident=data.draw(st.booleans())
            if member.fatal_accident is None
            else member.fatal_accident,
        )
        for member in members
    ]
    end = data.draw(st.sampled_from(accidents)) if worst is None else worst
    now, later = grade_group(rule, members, worst), grade_group(rule, closed, end)
    assert later.outcome is Outcome.GRADED
    assert inside(later, now)


@examples
@given(OPEN_FLAGS, st.data())
def test_ratings_end_inside_the_grades_that_were_still_possible(
    flags: list[bool | None], data: st.DataObject
) -> None:
    gates = [ShareGate(g, Fraction(s)) for g, s in zip(GRADES, (100, 80, 50), strict=True)]
    ratings = [Rating(str(number), good) for number, good in enumerate(flags)]
    closed = [
        replace(r, good=data.draw(st.booleans()) if r.good is None else r.good) for r in ratings
    ]
    assert inside(meet_share_gates(GRADES, gates, closed), meet_share_gates(GRADES, gates, ratings))


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)).map(sorted), min_size=1, max_size=4)
)
def test_the_lowest_standing_prevails_at_both_ends(ends: list[list[int]]) -> None:
    found = lowest_prevails(GRADES, *(standing_between(GRADES, *pair) for pair in ends))
    assert place(found.possible.best) == max(best for best, _ in ends)
    assert place(found.possible.worst) == max(worst for _, worst in ends)


def test_nothing_to_judge_limits_no_grade_but_gives_none() -> None:
    nothing = Standing(Outcome.NOT_ASSESSABLE, None, Grade(None, None))
    second = standing_between(GRADES, 1, 1)
    assert lowest_prevails(GRADES, second, nothing).grade == "2"
    assert lowest_prevails(GRADES, nothing, second) == nothing


@examples
@given(st.integers(0, 3000))
def test_a_sample_is_part_of_the_population_and_never_less_than_asked(population: int) -> None:
    size = sample_size(TENTHS, population)
    assert 0 <= size <= population
    assert size * 10 >= population
    assert size or not population


@examples
@given(st.integers(1, 60), st.data())
def test_a_sampled_row_ends_inside_its_interval(population: int, data: st.DataObject) -> None:
    row = SampledRow(30)
    needed = sample_size(TENTHS, population)
    looked_at = data.draw(st.integers(0, needed))
    passed = data.draw(st.integers(0, looked_at))
    more = data.draw(st.integers(0, needed - looked_at))
    now = row_points(row, TENTHS, Sample(population, looked_at, passed))
    later = row_points(row, TENTHS, Sample(population, needed, passed + more))
    assert now.interval[0] <= later.earned <= now.interval[1] <= row.points


@examples
@given(st.lists(st.sampled_from((*Reply, None)), min_size=1, max_size=6), st.data())
def test_a_checklist_that_has_failed_stays_failed_and_an_open_one_never_passes(
    replies: list[Reply | None], data: st.DataObject
) -> None:
    rows = Checklist(tuple(CheckRow(str(n), hard=n % 2 == 0) for n in range(len(replies))), 1)
    said = {str(n): reply for n, reply in enumerate(replies) if reply is not None}
    now = check_off(rows, said)
    assert now.yes + now.no + now.not_applicable + len(now.unanswered) == len(replies)
    closed = {row.id: data.draw(st.sampled_from(Reply)) for row in rows.rows} | said
    later = check_off(rows, closed)
    if now.outcome is ChecklistOutcome.FAILED:
        assert later.outcome is ChecklistOutcome.FAILED
    if None in replies:
        assert now.outcome in (ChecklistOutcome.FAILED, ChecklistOutcome.INCOMPLETE)


@given(st.sampled_from(GRADES), st.tuples(st.integers(0, 3), st.integers(0, 3)).map(sorted))
def test_no_application_is_granted_a_better_grade_than_it_asked_for(
    applied: str, ends: list[int]
) -> None:
    standing = standing_between(GRADES, *ends)
    found = fall_through(GRADES, applied, standing.outcome, standing.possible)
    if found.grantable:
        assert place(found.grantable) >= place(applied)
        assert place(found.grantable) >= ends[0]
    else:
        assert found.outcome in (FallThroughOutcome.NONE, FallThroughOutcome.PENDING)
