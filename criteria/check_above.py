"""Proof of what an edition says above a single sheet: members, instances, samples, checklists."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise

from criteria.errors import Wrong
from criteria.model import Scheme
from criteria.model_above import (
    ANY_PART,
    Aggregation,
    Instances,
    Lot,
    MemberRung,
    Sampling,
    YesNoList,
)
from criteria.rubric_above import rows_of
from scoring.rounding import plain


def check_above(scheme: Scheme, wrong: Wrong) -> None:
    """Note everything above a single sheet that cannot be right."""
    above = scheme.shape.above
    if above.aggregation:
        _check_aggregation(scheme, above.aggregation, wrong)
    taken: set[str] = set()
    for row in above.instances:
        _check_instances(scheme, row, wrong)
        if row.part and row.part in taken:
            wrong(f"instances.{row.id}", "part", "a part with one table of instances", row.part)
        taken.add(row.part)
    for sampling in above.samplings:
        _check_sampling(scheme, sampling, wrong)
    for checklist in above.checklists:
        _check_checklist(scheme, checklist, wrong)
    if above.comparison:
        name, points = "comparison.tolerance", above.comparison.points
        if points is not None and points > scheme.scale:
            wrong(name, "points", f"at most {plain(scheme.scale)}", plain(points))
        if above.comparison.share is not None:
            _check_share(name, above.comparison.share, wrong, least=False)


def _named(names: Iterable[str]) -> str:
    return "one of " + (", ".join(sorted(names)) or "nothing")


def _check_share(
    item: str, share: Fraction, wrong: Wrong, *, field: str = "share", least: bool = True
) -> None:
    """A share in per cent; as a ``least`` one it must ask for something."""
    if least and not 0 < share <= 100:
        wrong(item, field, "more than 0 and at most 100 per cent", plain(share))
    elif share > 100:
        wrong(item, field, "at most 100 per cent", plain(share))


def _check_grade(scheme: Scheme, item: str, grade: str, wrong: Wrong) -> None:
    if grade not in _grades(scheme):
        wrong(item, "grade", "a grade of the ladder", grade)


def _grades(scheme: Scheme) -> list[str]:
    return [rung.grade for rung in scheme.ladder]


def _check_part(scheme: Scheme, item: str, part: str, wrong: Wrong) -> None:
    known = {element.id for element in scheme.elements}
    known.update(group.id for group in scheme.shape.groups)
    if part and part not in known:
        wrong(item, "part", "an element or a group", part)


def _check_sample(scheme: Scheme, item: str, sample: str, wrong: Wrong) -> None:
    known = {row.id for row in scheme.shape.above.samplings}
    if sample and sample not in known:
        wrong(item, "sample", f"{_named(known)} (the tables of [sampling])", sample)


def _check_falling(
    scheme: Scheme, rows: Iterable[tuple[str, str, Fraction | None]], field: str, wrong: Wrong
) -> None:
    """What is asked of a worse grade is not more than what is asked of a better one."""
    order = _grades(scheme)
    known = [(grade, item, least) for grade, item, least in rows if grade in order]
    known.sort(key=lambda row: order.index(row[0]))
    asked = [(grade, item, least) for grade, item, least in known if least is not None]
    for (better, _, most), (_, item, least) in pairwise(asked):
        if least > most:
            expected = f"at most {plain(most)} of the better grade {better}"
            wrong(item, field, expected, plain(least))


# ------------------------------------------------------------------ members and instances


def _check_aggregation(scheme: Scheme, rule: Aggregation, wrong: Wrong) -> None:
    _check_sample(scheme, "aggregation", rule.sample, wrong)
    if rule.method == "share":
        if not rule.rungs:
            wrong("aggregation", "grade", "what at least one grade asks of the members", "nothing")
        if rule.sample:
            wrong("aggregation", "sample", "nothing: a share counts all members", rule.sample)
    elif rule.rungs:
        wrong("aggregation", "grade", 'method = "share"', rule.method)
    for word in sorted({word for word in rule.order if rule.order.count(word) > 1}):
        wrong("aggregation", "order", "each class of accident once", word)
    for row in rule.rungs:
        _check_rung(scheme, rule, row, wrong)
    _check_falling(scheme, _asked(rule.rungs, "threshold"), "members.threshold", wrong)
    _check_falling(scheme, _asked(rule.rungs, "clean_share"), "without_deaths.share", wrong)


def _asked(rungs: Iterable[MemberRung], name: str) -> list[tuple[str, str, Fraction | None]]:
    return [(row.grade, f"aggregation.grade.{row.grade}", getattr(row, name)) for row in rungs]


def _check_rung(scheme: Scheme, rule: Aggregation, row: MemberRung, wrong: Wrong) -> None:
    item = f"aggregation.grade.{row.grade}"
    _check_grade(scheme, item, row.grade, wrong)
    if row.threshold is None and row.clean_share is None and not row.worst_accident:
        wrong(item, "members", "members, without_deaths or worst_accident", "nothing")
    if row.threshold is not None:
        _check_share(item, row.share, wrong, field="members.share")
        if row.threshold > scheme.scale:
            expected = f"at most {plain(scheme.scale)}"
            wrong(item, "members.threshold", expected, plain(row.threshold))
    if row.clean_share is not None:
        _check_share(item, row.clean_share, wrong, field="without_deaths.share")
    if row.worst_accident and row.worst_accident not in rule.order:
        expected = f"{_named(rule.order)} (the order of [aggregation])"
        wrong(item, "worst_accident", expected, row.worst_accident)


def _check_instances(scheme: Scheme, row: Instances, wrong: Wrong) -> None:
    item = f"instances.{row.id}"
    _check_part(scheme, item, row.part, wrong)
    _check_sample(scheme, item, row.sample, wrong)
    for grade, share in row.good:
        _check_grade(scheme, f"{item}.good.{grade}", grade, wrong)
        _check_share(f"{item}.good.{grade}", share, wrong)
    good = [(grade, f"{item}.good.{grade}", share) for grade, share in row.good]
    _check_falling(scheme, good, "share", wrong)


# ------------------------------------------------------------------ samples and checklists


def _check_sampling(scheme: Scheme, row: Sampling, wrong: Wrong) -> None:
    item = f"sampling.{row.id}"
    _check_part(scheme, item, row.part, wrong)
    if not row.sizes:
        wrong(item, "sizes", "at least one line for a lot", "none")
        return
    if row.sizes[0].first > 1:
        wrong(item, "sizes", "a line for lots from 1", f"lots from {row.sizes[0].first}")
    for lot in row.sizes:
        _check_lot(item, lot, wrong)
    for before, after in pairwise(row.sizes):
        _check_next(item, before, after, wrong)
    last = row.sizes[-1]
    if last.last is not None:
        wrong(item, "sizes", f"a last line such as {last.last + 1}+: all", _shown(last))
    for rate in row.rates:
        _check_share(item, rate.rate, wrong, field="rates", least=False)
        _check_share(item, rate.share, wrong, field="rates", least=False)
    for higher, lower in pairwise(row.rates):
        closer = higher.rate == lower.rate and (higher.comparator, lower.comparator) == (">", ">=")
        if (lower.rate >= higher.rate and not closer) or lower.share >= higher.share:
            found = f"{plain(lower.rate)}: {plain(lower.share)}%"
            expected = f"less than {plain(higher.rate)}: {plain(higher.share)}% before it"
            wrong(item, "rates", expected, found)


def _shown(lot: Lot) -> str:
    return f"{lot.first}+" if lot.last is None else f"{lot.first}-{lot.last}"


def _check_lot(item: str, lot: Lot, wrong: Wrong) -> None:
    name = _shown(lot)
    if lot.last is not None and lot.last < lot.first:
        wrong(item, "sizes", f"an end of at least {lot.first}", name)
    if lot.take == "share":
        _check_share(f"{item} {name}", lot.amount, wrong, field="sizes")
    elif lot.take == "number":
        # of the smallest lot of a line the whole number must be there
        most = max(lot.first, 1)
        if not 1 <= lot.amount <= most:
            expected = f"1 to {most} pieces (its smallest lot), or all"
            wrong(f"{item} {name}", "sizes", expected, plain(lot.amount))


def _check_next(item: str, before: Lot, after: Lot, wrong: Wrong) -> None:
    if before.last is None:
        wrong(item, "sizes", f"no line after {_shown(before)}", _shown(after))
    elif after.first != before.last + 1:
        fault = "a gap" if after.first > before.last + 1 else "an overlap"
        wrong(item, "sizes", f"a line from {before.last + 1}", f"{fault}: {_shown(after)}")


def _check_checklist(scheme: Scheme, row: YesNoList, wrong: Wrong) -> None:
    item = f"checklist.{row.id}"
    if row.part != ANY_PART:
        _check_part(scheme, item, row.part, wrong)
    if not row.part and not row.fact:
        wrong(item, "part", "part or fact", "nothing")
    if row.part and scheme.kind != "frame" and not rows_of(scheme, row):
        wrong(item, "part", 'at least one item with form = "yes_no"', row.part)
    if row.fact:
        flags = {fact.id for fact in scheme.facts if fact.kind == "flag"}
        if row.fact not in flags:
            wrong(item, "fact", f"{_named(flags)} (the facts of the kind flag)", row.fact)
    _check_share(item, row.share, wrong)
