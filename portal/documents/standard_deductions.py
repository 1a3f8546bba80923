"""Sentences of an assessment method (考评办法) to deduction rules, where the wording is plain.

What no pattern reads stays text: the assessor then enters points with a reason. The patterns are
data, ``criteria/packs/deductions.toml``.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from fractions import Fraction

from criteria.model import Rule, Text
from criteria.packs.standards import deduction_words
from scoring.model import Kind, Scope, Trigger

_SENTENCE = re.compile(r"[。;]|\n")
_ENUMERATED = re.compile(r"^[,、]*(?:\(?\d{1,2}(?:\)|、|\.(?!\d)))?[,、]*(?:并|且|同时|则|和)?,?")


@dataclass(frozen=True, slots=True)
class RuleReading:
    """What became of a method.

    Attributes:
        sentences: how many speak of points.
        unread: how many of them became no rule, or not as a whole.
        too_high: wording of the first rule that would take more than the item has.
    """

    rules: tuple[Rule, ...]
    sentences: int
    unread: int
    too_high: str = ""


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence in half-width forms, and where each of its signs stands in the original."""

    text: str
    original: str
    places: tuple[int, ...]

    def words(self, start: int, end: int) -> str:
        """The original wording of a part."""
        start += len(_ENUMERATED.match(self.text[start:end])[0])  # type: ignore[index]
        if start >= end:
            return ""
        return self.original[self.places[start] : self.places[end - 1] + 1].strip()


def _normalised(original: str) -> _Sentence:
    signs, places = [], []
    for place, sign in enumerate(original):
        for part in unicodedata.normalize("NFKC", sign):
            if part == "\n" or not part.isspace():
                signs.append(part)
                places.append(place)
    return _Sentence("".join(signs), original, tuple(places))


def _sentences(method: str) -> list[_Sentence]:
    whole = _normalised(method)
    found, start = [], 0
    for end in [*(match.start() for match in _SENTENCE.finditer(whole.text)), len(whole.text)]:
        if whole.text[start:end].strip():
            found.append(_Sentence(whole.text[start:end], method, whole.places[start:end]))
        start = end + 1
    return found


def read_rules(method: str, points: Fraction) -> RuleReading:
    """Read the rules of one item.

    Args:
        method: the assessment method as the standard words it.
        points: of the item; a rule within the item cannot take more.
    """
    patterns = deduction_words().patterns
    rules: list[Rule] = []
    spoken = unread = 0
    too_high = ""
    for sentence in _sentences(method):
        if not patterns["about_points"].search(sentence.text):
            continue
        if not patterns["floor"].sub("", sentence.text).strip(",、"):
            continue  # the floor alone, which every item has
        spoken += 1
        found = _rules_of(sentence)
        fits = [rule for rule in found or () if _fits(rule, points)]
        if found is None or len(fits) < len(found):
            unread += 1
        if found and len(fits) < len(found) and not too_high:
            too_high = next(rule.text.zh for rule in found if rule not in fits)
        rules.extend(fits)
    numbered = tuple(replace(rule, id=f"r{number}") for number, rule in enumerate(rules, 1))
    return RuleReading(numbered, spoken, unread, too_high)


def _fits(rule: Rule, points: Fraction) -> bool:
    return rule.scope != Scope.ITEM or rule.points is None or rule.points <= points


def _rules_of(sentence: _Sentence) -> list[Rule] | None:
    """The rules of one sentence, or None when it says something that no rule can say."""
    patterns, text = deduction_words().patterns, sentence.text
    if patterns["bound"].search(text):
        return None
    results = sorted(
        [*patterns["amount"].finditer(text), *patterns["nothing"].finditer(text)],
        key=lambda match: match.start(),
    )
    if not results:
        return None
    rules: list[Rule] = []
    start = before = 0
    for result in results:
        behind = patterns["each_behind"].match(text[result.end() :])
        end = result.end() + (behind.end() if behind else 0)
        body = patterns["floor"].sub("", text[start : result.start()])
        unit = next((part for part in behind.groups() if part), "") if behind else ""
        rule = _rule(result, body, unit)
        if rule is None:
            return None
        if rules and patterns["extra"].search(body) and _is_plain_whole(rules[-1], rule):
            # "scores nothing, and 20 more": one finding, one rule
            rule = replace(rule, zeroes=str(Scope.ITEM))
            rules.pop()
            start = before
        rules.append(replace(rule, text=_text(sentence.words(start, end))))
        before, start = start, end
    return rules


def _is_plain_whole(last: Rule, rule: Rule) -> bool:
    reported = rule.trigger == Trigger.REPORTED and rule.kind == Kind.ONCE
    return last.kind == Kind.WHOLE and last.zeroes is None and reported


def _text(words: str) -> Text:
    return Text(words, words)


def _rule(result: re.Match[str], body: str, unit: str) -> Rule | None:
    """One rule, yet without id and wording."""
    words = deduction_words()
    patterns = words.patterns
    if not result.groups():
        zeroes = None
        if patterns["zero_element"].search(body):
            zeroes = str(Scope.ELEMENT)
        elif patterns["zero_sub_element"].search(body):
            return None  # whether the row has a sub-element is not for the sentence to say
        return _made(Kind.WHOLE, None, zeroes=zeroes)
    low, high = (Fraction(part) if part else None for part in result.groups())
    assert low is not None  # noqa: S101 - the pattern has found a number
    counted = patterns["each"].search(body)
    if counted and not unit:
        unit = next(part for part in counted.groups() if part)
    is_extra = bool(patterns["extra"].search(body))
    scope = Scope.ELEMENT if is_extra or patterns["category"].search(body) else Scope.ITEM
    if not (low if high is None else high):
        return None
    if high is not None:
        if unit or is_extra or high < low or patterns["percent_step"].search(body):
            return None
        return _made(Kind.RANGE, high, scope=scope)
    if is_extra and patterns["used_up"].search(body):
        return None if unit else _made(Kind.ONCE, low, scope=scope, trigger=Trigger.ITEM_AT_ZERO)
    if patterns["percent"].search(body):
        return _made(Kind.PER_PERCENT, low, scope=scope)
    if patterns["percent_step"].search(body):
        return None
    if unit:
        return _made(Kind.EACH, low, per=words.units[unit], scope=scope)
    return _made(Kind.ONCE, low, scope=scope)


def _made(
    kind: Kind,
    points: Fraction | None,
    *,
    per: str | None = None,
    scope: Scope = Scope.ITEM,
    trigger: Trigger = Trigger.REPORTED,
    zeroes: str | None = None,
) -> Rule:
    return Rule("", str(kind), points, per, str(scope), str(trigger), zeroes, _text(""))
