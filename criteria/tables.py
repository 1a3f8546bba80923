"""An edition as the tables that its files say: what is default is left out, the rest in order."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from criteria.model import (
    CHINESE,
    Applies,
    Element,
    Fact,
    HazardRow,
    Item,
    PerformanceCondition,
    Rule,
    Scheme,
    Shape,
    Source,
    Text,
)
from criteria.tables_above import above_tables
from scoring.hazards import HazardTest

Table = dict[str, Any]


class Tables:
    """Turns an edition into tables; :func:`criteria.load.scheme_of` reads them back.

    Args:
        scheme: the edition.
    """

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme

    def head(self) -> Table:
        """What ``scheme.toml`` says."""
        scheme = self.scheme
        scored = scheme.kind != "hazard_list"
        shape, profile = scheme.shape, scheme.profile
        table: Table = {
            "id": scheme.id,
            "edition": scheme.edition,
            "kind": scheme.kind,
            "languages": None if "en" in scheme.languages else list(CHINESE),
            "document": scheme.document,
            "valid_from": scheme.valid_from,
            "valid_until": scheme.valid_until,
            "published": scheme.published or None,
        }
        if scored:
            table |= {
                "total": scheme.total,
                "scale": scheme.scale,
                "decimals": scheme.decimals,
                "smallest_unit": scheme.unit,
                "compare": scheme.compare,
            }
        table |= {
            "method": _unless(shape.method, "points"),
            "hazard_blocks": shape.hazard_blocks or None,
            "area": profile.area or None,
            **_applies(profile.applies),
            "references": list(profile.references) or None,
            "title": self.text(scheme.title),
            "summary": self.text(scheme.summary),
            "contraindications": self.texts(profile.contraindications) or None,
            "protection": self.texts(profile.protection) or None,
            "certificate": [
                _filled(
                    {
                        "title": self.text(row.title),
                        "valid_months": row.valid_months,
                        "review_months": row.review_months,
                        "source": self.source(row.source),
                    }
                )
                for row in profile.certificates
            ],
            "ladder": [
                {
                    "grade": rung.grade,
                    "title": self.text(rung.title),
                    "comparator": rung.comparator,
                    "threshold": rung.threshold,
                    "source": self.source(rung.source),
                }
                for rung in scheme.ladder
            ],
            "fact": [self._fact(fact) for fact in scheme.facts],
            "performance": [self._condition(row) for row in scheme.performance],
            **self._shape(shape),
        }
        return _filled(table)

    def elements(self) -> list[Table]:
        """What the file of each level-1 element says."""
        return [_filled(self._element(element)) for element in self.scheme.elements]

    def text(self, text: Text) -> Table:
        """A wording; in a Chinese-only edition the English one only when it says more."""
        if "en" not in self.scheme.languages and text.en == text.zh:
            return {"zh": text.zh}
        return {"zh": text.zh, "en": text.en}

    def texts(self, texts: Sequence[Text]) -> Table:
        """A list of wordings as one list per language; empty for none."""
        if not texts:
            return {}
        table = {"zh": [text.zh for text in texts]}
        if "en" in self.scheme.languages or any(text.en != text.zh for text in texts):
            table["en"] = [text.en for text in texts]
        return table

    def source(self, source: Source) -> Table:
        """Where a rule stands."""
        checked = {"on": source.checked_on, "by": source.checked_by} if source.verified else None
        return _filled(
            {
                "document": source.document,
                "clause": source.clause,
                "wording": _unless(source.wording, "paraphrased"),
                "checked": checked,
            }
        )

    def _fact(self, fact: Fact) -> Table:
        return _filled(
            {
                "id": fact.id,
                "kind": fact.kind,
                "default": fact.default,
                "order": list(fact.order) or None,
                "numerator": fact.numerator or None,
                "denominator": fact.denominator or None,
                "factor": None if fact.factor == 1 else fact.factor,
                "title": self.text(fact.title),
                "help": self.text(fact.help),
            }
        )

    def _condition(self, row: PerformanceCondition) -> Table:
        return _filled(
            {
                "grade": row.grade,
                "fact": row.fact,
                "op": row.op,
                "value": row.value,
                "when": row.when,
                "unless": row.unless,
                "text": self.text(row.text),
                "source": self.source(row.source),
            }
        )

    def _shape(self, shape: Shape) -> Table:
        limit, taken, bounds = shape.absence_limit, shape.imported, shape.bounds
        return {
            "absence_limit": limit
            and _filled(
                {
                    "best_grade": limit.best_grade,
                    "points": limit.points,
                    "share": limit.share,
                    "source": self.source(limit.source),
                }
            ),
            "adjustment": _filled(
                {
                    "most_bonus": bounds.most_bonus,
                    "most_penalty": bounds.most_penalty,
                    "highest": bounds.highest,
                }
            )
            or None,
            "imported": taken
            and _filled(
                {
                    "fact": taken.fact,
                    "factor": None if taken.factor == 1 else taken.factor,
                    "values": dict(taken.values) or None,
                    "source": self.source(taken.source),
                }
            ),
            **above_tables(shape.above, self.text, self.source),
            "group": [
                _filled(
                    {
                        "id": row.id,
                        "title": self.text(row.title),
                        "weight": row.weight,
                        "source": self.source(row.source),
                    }
                )
                for row in shape.groups
            ],
            "minimum": [
                _filled(
                    {
                        "grade": row.grade,
                        "part": row.part,
                        "comparator": _unless(row.comparator, ">="),
                        "rate": row.rate,
                        "source": self.source(row.source),
                    }
                )
                for row in shape.minimums
            ],
            "star": [
                _filled(
                    {
                        "grade": row.grade,
                        "stars": list(row.stars),
                        "share": None if row.share == 100 else row.share,
                        "source": self.source(row.source),
                    }
                )
                for row in shape.stars
            ],
            "event": [
                _filled(
                    {
                        "fact": row.fact,
                        "steps": row.steps,
                        "minus": row.minus or None,
                        "source": self.source(row.source),
                    }
                )
                for row in shape.events
            ],
            "control_line": [
                {"element": element, "rate": rate} for element, rate in shape.control_lines
            ],
        }

    def _element(self, element: Element) -> Table:
        default = _default_source(self.scheme, element)
        return {
            "id": element.id,
            "points": None if element.hazards else element.points,
            "weight": element.weight,
            "group": element.group or None,
            "guarantee": element.guarantee,
            "title": self.text(element.title),
            "source": self.source(default),
            "sub_element": [
                {"id": row.id, "points": row.points, "title": self.text(row.title)}
                for row in element.sub_elements
            ],
            "item": [self._item(item, default) for item in element.items],
            "hazard": [self._hazard(row, default) for row in element.hazards],
        }

    def _item(self, item: Item, default: Source) -> Table:
        clause = _clause(item.source, default)
        return _filled(
            {
                "id": item.id,
                "sub_element": item.sub_element,
                "points": item.points,
                "veto": item.veto,
                "may_be_absent": None if item.may_be_absent else False,
                "star": item.star or None,
                "guarantee": item.guarantee or None,
                "role": _unless(item.role, "base"),
                "form": _unless(item.form, "points"),
                **_applies(item.applies),
                "hazards": list(item.hazards) or None,
                "clause": None if clause == item.id else clause,
                "source": self.source(item.source) if clause is None else None,
                "text": self.text(item.text),
                "method": self.text(item.method) if item.method else None,
                "evidence": self.texts(item.evidence) or {"zh": [], "en": []},
                "law": [{"document": row.document, "clause": row.clause} for row in item.law],
                "deduction": [self._rule(rule) for rule in item.rules],
            }
        )

    def _rule(self, rule: Rule) -> Table:
        return _filled(
            {
                "id": rule.id,
                "kind": rule.kind,
                "points": rule.points,
                "per": rule.per,
                "scope": _unless(rule.scope, "item"),
                "trigger": _unless(rule.trigger, "reported"),
                "zeroes": rule.zeroes,
                "text": self.text(rule.text),
            }
        )

    def _hazard(self, row: HazardRow, default: Source) -> Table:
        clause = _clause(row.source, default)
        if clause is None and row.source != default:
            raise ValueError(f"hazard {row.id} stands in another document than its element")
        return _filled(
            {
                "id": row.id,
                "clause": clause,
                **_applies(row.applies),
                "text": self.text(row.text),
                "evidence": self.texts(row.evidence) or {"zh": [], "en": []},
                "exceptions": self.texts(row.exceptions) or None,
                "test": _test(row.test),
                "observation": [
                    _filled({"id": one.id, "unit": one.unit or None, "text": self.text(one.text)})
                    for one in row.observations
                ],
            }
        )


def _unless(word: str, default: str) -> str | None:
    return None if word == default else word


def _filled(table: Table) -> Table:
    """A table without what is not said."""
    return {name: value for name, value in table.items() if value is not None and value != []}


def _applies(applies: Applies) -> Table:
    return {"sectors": list(applies.sectors) or None, "flags": list(applies.flags) or None}


def _test(test: HazardTest) -> Table:
    if test.join:
        return {test.join: [_test(part) for part in test.parts]}
    if not test.op:
        return {"observation": test.observation}
    return {"observation": test.observation, "op": test.op, "limit": Fraction(test.limit)}


def _clause(source: Source, default: Source) -> str | None:
    """What follows the clause of the file, or None when the source needs a table of its own."""
    rest = source.clause.removeprefix(f"{default.clause} ")
    same = replace(source, clause=default.clause) == default
    return rest if same and rest != source.clause and rest.strip() else None


def _default_source(scheme: Scheme, element: Element) -> Source:
    """The source of the file that leaves the least to be said by its rows."""
    if element.hazards:
        first = element.hazards[0].source
        words = _common(row.source.clause.split(" ") for row in element.hazards)
        return replace(first, clause=" ".join(words) or first.clause)
    usual = Counter(
        replace(item.source, clause=item.source.clause.removesuffix(f" {item.id}"))
        for item in element.items
        if item.source.clause.endswith(f" {item.id}")
    )
    if usual:
        return usual.most_common(1)[0][0]
    if element.items:
        return element.items[0].source
    return Source(scheme.document, element.title.zh, "paraphrased", verified=False)


def _common(lists: Iterable[list[str]]) -> list[str]:
    """The words with which all of the lists begin."""
    common: list[str] | None = None
    for words in lists:
        if common is None:
            common = words
            continue
        same = 0
        while same < min(len(common), len(words)) and common[same] == words[same]:
            same += 1
        common = common[:same]
    return common or []
