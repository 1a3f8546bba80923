"""Grades that ask for a share: of the members of a group, of the instances rated good.

A share counts heads: so many of all have it, do not have it, or are not known. While the unknown
ones could change the answer the grade is pending; without a single one there is no share at all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from scoring.aggregation import Span, Standing, standing_between
from scoring.errors import ScoringError
from scoring.model import Grade, Outcome, Reason, Rung

Held = list[tuple[str, bool | None]]
"""Conditions of one grade: reason code, and whether it is met (None while that is open)."""


@dataclass(frozen=True, slots=True)
class Member:
    """An enterprise of a group (成员企业).

    Attributes:
        score: its converted score; None while unknown.
        interval: worst and best that an unknown score can still be; None for anything.
        fatal_accident: whether it had one in the period that the rule looks at; None = unknown.
    """

    id: str
    score: Fraction | None = None
    interval: Span | None = None
    fatal_accident: bool | None = None


@dataclass(frozen=True, slots=True)
class GroupRung:
    """What a grade asks of a group; None asks nothing.

    Attributes:
        member: what a member's score must reach to count, as a rung of that name.
        member_share: least share, in per cent, of members whose score reaches it.
        clean_share: least share, in per cent, of members without a fatal accident.
        worst_accident: worst class of accident that the group may have had.
    """

    grade: str
    member: Rung | None = None
    member_share: Fraction = Fraction(100)
    clean_share: Fraction | None = None
    worst_accident: str | None = None
    clause: str = ""


@dataclass(frozen=True, slots=True)
class GroupRule:
    """Requirements of a group enterprise (集团企业), best grade first.

    Attributes:
        accidents: classes of accident, mildest first; the first one is "none".
    """

    rungs: tuple[GroupRung, ...]
    accidents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rating:
    """Whether an instance is rated good (优良); None while that is open."""

    id: str
    good: bool | None


@dataclass(frozen=True, slots=True)
class ShareGate:
    """The least share of instances rated good, in per cent, that a grade asks for."""

    grade: str
    share: Fraction
    clause: str = ""


def share_range(flags: Iterable[bool | None]) -> Span | None:
    """Least and greatest share, in per cent, of what is true; None when there is nothing.

    >>> share_range([True, True, False, None])
    (Fraction(50, 1), Fraction(75, 1))
    >>> share_range([]) is None
    True
    """
    given = list(flags)
    if not given:
        return None
    sure, unknown = given.count(True), given.count(None)
    return Fraction(sure * 100, len(given)), Fraction((sure + unknown) * 100, len(given))


def grade_group(rule: GroupRule, members: Sequence[Member], worst_accident: str | None) -> Standing:
    """The best grade whose conditions a group meets, with a reason for each that fails.

    Reasons: ``members_below_score``, ``members_with_deaths`` and ``group_accident`` with effect
    ``not_grade:<grade>``, or ``open_grade:<grade>`` while unknown members decide.

    Args:
        rule: what each grade asks for.
        members: all members that count; without one the group is not assessable.
        worst_accident: worst class of accident of the group in the period; None = unknown.

    Raises:
        ScoringError: a member given twice, or a class of accident that the rule does not have.

    >>> ninety = Rung("1", ">=", Fraction(90))
    >>> rule = GroupRule((GroupRung("1", ninety, member_share=Fraction(50)),))
    >>> members = [Member("a", Fraction(90)), Member("b")]
    >>> grade_group(rule, members, None).grade
    '1'
    >>> grade_group(rule, members[1:], None).outcome.value
    'pending'
    """
    _check_ids([member.id for member in members])
    if not members:
        return Standing(Outcome.NOT_ASSESSABLE, None, Grade(None, None))
    reached: list[tuple[str, Held, str]] = []
    clean = [
        None if member.fatal_accident is None else not member.fatal_accident for member in members
    ]
    for rung in rule.rungs:
        held: Held = []
        if rung.member is not None:
            flags = [_reaches(rung.member, member) for member in members]
            held.append(("members_below_score", _enough(flags, rung.member_share)))
        if rung.clean_share is not None:
            held.append(("members_with_deaths", _enough(clean, rung.clean_share)))
        if rung.worst_accident is not None:
            held.append(("group_accident", _milder(rule, worst_accident, rung.worst_accident)))
        reached.append((rung.grade, held, rung.clause))
    return _best_open(reached)


def meet_share_gates(
    grades: Sequence[str], gates: Sequence[ShareGate], ratings: Sequence[Rating]
) -> Standing:
    """The best grade whose share of instances rated good is there.

    A grade without a gate asks for no share. Reasons have the code ``rated_good``.

    Args:
        grades: of the ladder, best first.
        gates: shares asked for.
        ratings: of the instances that take part; without one there is nothing to judge.

    Raises:
        ScoringError: an instance given twice.

    >>> gates = [ShareGate("1", Fraction(100)), ShareGate("2", Fraction(80))]
    >>> ratings = [Rating(str(number), number != 4) for number in range(5)]
    >>> meet_share_gates(("1", "2"), gates, ratings).grade
    '2'
    """
    _check_ids([rating.id for rating in ratings])
    if not ratings:
        return Standing(Outcome.NOT_ASSESSABLE, None, Grade(None, None))
    flags = [rating.good for rating in ratings]
    wanted = {gate.grade: gate for gate in gates}
    rungs: list[tuple[str, Held, str]] = []
    for grade in grades:
        gate = wanted.get(grade)
        held = [] if gate is None else [("rated_good", _enough(flags, gate.share))]
        rungs.append((grade, held, "" if gate is None else gate.clause))
    return _best_open(rungs)


def _best_open(rungs: Sequence[tuple[str, Held, str]]) -> Standing:
    """Between the first grade that is possible and the first that is certain."""
    names = [grade for grade, _, _ in rungs]
    best = len(rungs)
    reasons: list[Reason] = []
    for index, (grade, held, clause) in enumerate(rungs):
        for code, met in held:
            if met is not True:
                effect = f"not_grade:{grade}" if met is False else f"open_grade:{grade}"
                reasons.append(Reason(code, effect, clause=clause))
        if all(met is not False for _, met in held):
            best = min(best, index)
        if all(met is True for _, met in held):
            return standing_between(names, best, index, reasons)
    return standing_between(names, best, len(rungs), reasons)


def _enough(flags: Sequence[bool | None], share: Fraction) -> bool | None:
    least, most = share_range(flags) or (Fraction(0), Fraction(0))
    if least >= share:
        return True
    return None if most >= share else False


def _reaches(rung: Rung, member: Member) -> bool | None:
    if member.score is not None:
        return rung.met_by(member.score)
    if member.interval is None:
        return None
    low, high = (rung.met_by(end) for end in member.interval)
    return low if low == high else None


def _milder(rule: GroupRule, found: str | None, worst: str) -> bool | None:
    for name in (found, worst):
        if name is not None and name not in rule.accidents:
            expected = ", ".join(rule.accidents)
            raise ScoringError("bad_fact", fact="worst_accident", found=name, expected=expected)
    if found is None:
        return None
    return rule.accidents.index(found) <= rule.accidents.index(worst)


def _check_ids(ids: Sequence[str]) -> None:
    twice = [name for name in ids if ids.count(name) > 1]
    if twice:
        raise ScoringError("unit_twice", unit=twice[0])
