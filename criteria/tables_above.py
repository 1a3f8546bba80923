"""What an edition says above a single sheet as the tables of its head."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from criteria.model_above import Above, Aggregation, Instances, Lot, MemberRung, Sampling
from criteria.wordings import Source, Text
from scoring.rounding import plain

Table = dict[str, Any]


def above_tables(
    above: Above, text: Callable[[Text], Table], source: Callable[[Source], Table]
) -> Table:
    """The tables of the head; what is default or not said is None.

    Args:
        above: what the edition says.
        text: a wording as a table.
        source: where a rule stands as a table.

    Raises:
        ValueError: a number without a finite decimal, which a line of a table cannot say.
    """
    assessors = above.comparison
    tables: Table = {
        "aggregation": above.aggregation and _aggregation(above.aggregation, source),
        "instances": {row.id: _instances(row, text, source) for row in above.instances},
        "sampling": {row.id: _sampling(row, text, source) for row in above.samplings},
        "comparison": assessors
        and _filled(
            {
                "counts": None if assessors.counts == "review" else assessors.counts,
                "tolerance": _filled({"points": assessors.points, "share": assessors.share}),
                "source": source(assessors.source),
            }
        ),
        "checklist": {
            row.id: _filled(
                {
                    "title": text(row.title),
                    "part": row.part,
                    "fact": row.fact,
                    "share": _unless_all(row.share),
                    "source": source(row.source),
                }
            )
            for row in above.checklists
        },
    }
    return {name: table or None for name, table in tables.items()}


def _filled(table: Table) -> Table:
    return {name: value for name, value in table.items() if value not in (None, "", [], {})}


def _unless_all(share: Fraction) -> Fraction | None:
    return None if share == 100 else share


def _aggregation(rule: Aggregation, source: Callable[[Source], Table]) -> Table:
    return _filled(
        {
            "method": rule.method,
            "order": list(rule.order),
            "sample": rule.sample,
            "grade": {row.grade: _rung(row, source) for row in rule.rungs},
            "source": source(rule.source),
        }
    )


def _rung(row: MemberRung, source: Callable[[Source], Table]) -> Table:
    members: Table = {}
    if row.threshold is not None:
        members = {
            "comparator": "" if row.comparator == ">=" else row.comparator,
            "threshold": row.threshold,
            "share": _unless_all(row.share),
        }
    return _filled(
        {
            "members": _filled(members),
            "without_deaths": _filled({"share": row.clean_share}),
            "worst_accident": row.worst_accident,
            "source": source(row.source),
        }
    )


def _instances(
    row: Instances, text: Callable[[Text], Table], source: Callable[[Source], Table]
) -> Table:
    return _filled(
        {
            "title": text(row.title),
            "part": row.part,
            "method": row.method,
            "compare": "" if row.compare == "exact" else row.compare,
            "sample": row.sample,
            "good": {grade: {"share": share} for grade, share in row.good},
            "source": source(row.source),
        }
    )


def _sampling(
    row: Sampling, text: Callable[[Text], Table], source: Callable[[Source], Table]
) -> Table:
    lines = [_lot(lot) for lot in row.sizes]
    if row.more_after_event:
        lines.append(f"event: +{row.more_after_event}")
    rates = [f"{one.comparator} {_decimal(one.rate)}: {_decimal(one.share)}%" for one in row.rates]
    return _filled(
        {
            "title": text(row.title),
            "part": row.part,
            "sizes": ", ".join(lines),
            "rates": ", ".join(rates),
            "source": source(row.source),
        }
    )


def _lot(lot: Lot) -> str:
    if lot.last is None:
        range_ = f"{lot.first}+"
    else:
        range_ = str(lot.first) if lot.first == lot.last else f"{lot.first}-{lot.last}"
    if lot.take == "all":
        return f"{range_}: all"
    return f"{range_}: {_decimal(lot.amount)}{'%' if lot.take == 'share' else ''}"


def _decimal(value: Fraction) -> str:
    text = plain(value)
    if "/" in text:
        raise ValueError(f"{text} has no finite decimal")
    return text
