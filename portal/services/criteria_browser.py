"""Looking up the criteria: which there are, what a row asks, where a word stands.

The criteria are public reference data: whoever has signed in may read them.
"""

from dataclasses import dataclass
from functools import lru_cache

from criteria import Item, Scheme, packs
from criteria.model import Applies, HazardRow, Source, Text
from portal.errors import PortalError
from portal.i18n import translate
from portal.services.context import current
from portal.services.wording import source_text
from portal.store.criteria_index import CriteriaIndex, Entry
from scoring.rounding import plain

KINDS = ("enterprise", "specialty", "post", "hazard_list", "frame")
HITS = 100
"""Rows that a search shows at most."""


@dataclass(frozen=True, slots=True)
class SchemeLine:
    """An edition in the list of choices."""

    key: str
    kind: str
    title: str
    rows: int


@dataclass(frozen=True, slots=True)
class RowLine:
    """A row of a standard in a table; ``mark`` names what is special about it."""

    id: str
    text: str
    points: str
    mark: str


@dataclass(frozen=True, slots=True)
class Part:
    """An element with its rows."""

    title: str
    points: str
    rows: tuple[RowLine, ...]


@dataclass(frozen=True, slots=True)
class SchemeView:
    """An edition as it is browsed; ``facts`` are lines of label and value."""

    key: str
    kind: str
    title: str
    summary: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]
    verified: bool


@dataclass(frozen=True, slots=True)
class RowView:
    """A row with everything that stands about it; lists of lines in the language asked for."""

    key: str
    scheme: str
    element: str
    id: str
    points: str
    text: str
    other_language: str
    evidence: tuple[str, ...]
    rules: tuple[str, ...]
    questions: tuple[str, ...]
    exceptions: tuple[str, ...]
    marks: tuple[str, ...]
    hazards: tuple[tuple[str, str, str], ...]
    source: str
    law: tuple[str, ...]
    verified: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A row that a search has found."""

    key: str
    scheme: str
    id: str
    text: str


def catalogue(language: str) -> list[SchemeLine]:
    """All editions: by kind, then by title, the newest first."""
    found = [
        SchemeLine(
            scheme.key, scheme.kind, scheme.title[language], len(scheme.items) + len(scheme.hazards)
        )
        for scheme in current().library.schemes()
    ]
    # the newest edition of a scheme comes first: a stable sort keeps that within one title
    found.sort(key=lambda line: line.key, reverse=True)
    return sorted(found, key=lambda line: (KINDS.index(line.kind), line.title))


def scheme(key: str, language: str) -> SchemeView:
    """An edition with its rows.

    Raises:
        PortalError: ``no_such_criteria``.
    """
    found = _scheme(key)
    parts = tuple(
        Part(
            f"{element.id} {element.title[language]}",
            plain(element.points) if element.points else "",
            tuple(
                [_row_line(item, language) for item in element.items]
                + [RowLine(row.id, row.text[language], "", "") for row in element.hazards]
            ),
        )
        for element in found.elements
    )
    return SchemeView(
        key,
        found.kind,
        found.title[language],
        found.summary[language],
        tuple(_facts(found, language)),
        parts,
        all(source.verified for source in _sources(found)),
    )


def _scheme(key: str) -> Scheme:
    try:
        return current().library.find(key)
    except KeyError:
        raise PortalError("no_such_criteria", found=key) from None


def _sources(found: Scheme) -> list[Source]:
    rows = [item.source for item in found.items] + [row.source for row in found.hazards]
    return rows + [rung.source for rung in found.ladder]


def _row_line(item: Item, language: str) -> RowLine:
    return RowLine(
        item.id, item.text[language], plain(item.points), "、".join(_marks(item, language))
    )


def _marks(item: Item, language: str) -> list[str]:
    """What is special about an item, in words."""

    def say(key: str, **values: object) -> str:
        return translate(language, key, **values)

    marks = []
    if item.veto:
        marks.append(say(f"browser.mark_veto_{item.veto}"))
    if item.star:
        marks.append(say("browser.mark_star", level=item.star))
    if item.form == "yes_no":
        marks.append(say("browser.mark_yes_no"))
    if item.guarantee:
        marks.append(say("browser.mark_guarantee"))
    if item.role != "base":
        marks.append(say(f"browser.mark_{item.role}"))
    if not item.may_be_absent:
        marks.append(say("browser.mark_not_absent"))
    return marks


def _facts(found: Scheme, language: str) -> list[tuple[str, str]]:
    """Label and value of what holds for the whole edition."""

    def say(key: str, **values: object) -> str:
        return translate(language, key, **values)

    comma = translate(language, "common.list_separator")
    lines = [
        (say("browser.document"), source_text(found.document, "", language)),
        (say("browser.edition"), say("browser.valid", edition=found.edition, day=found.valid_from)),
    ]
    if found.ladder:
        rungs = (
            f"{r.title[language]} {'≥' if r.comparator == '>=' else '>'} {plain(r.threshold)}"
            for r in found.ladder
        )
        lines.append((say("browser.total"), plain(found.total)))
        lines.append((say("browser.ladder"), comma.join(rungs)))
    lines += [(say("browser.condition"), row.text[language]) for row in found.performance]
    profile = found.profile
    if applies := _applies(profile.applies, language):
        lines.append((say("browser.applies"), applies))
    if profile.references:
        lines.append((say("browser.references"), comma.join(profile.references)))
    for row in profile.certificates:
        periods = [
            say(f"browser.{name}", months=months)
            for name, months in (("valid_for", row.valid_months), ("review", row.review_months))
            if months
        ]
        lines.append((say("browser.certificate"), comma.join([row.title[language], *periods])))
    for name, texts in (
        ("contraindications", profile.contraindications),
        ("protection", profile.protection),
    ):
        if texts:
            lines.append((say(f"browser.{name}"), comma.join(text[language] for text in texts)))
    return lines


def _applies(applies: Applies, language: str) -> str:
    names = [packs.sectors()[name].title[language] for name in applies.sectors]
    names += [packs.flags()[name].title[language] for name in applies.flags]
    return translate(language, "common.list_separator").join(names)


def row(key: str, row_id: str, language: str) -> RowView:
    """A row of an edition, item or hazard.

    Raises:
        PortalError: ``no_such_criteria``.
    """
    found = _scheme(key)
    rows: dict[str, Item | HazardRow] = {item.id: item for item in found.items}
    rows |= {hazard.id: hazard for hazard in found.hazards}
    if row_id not in rows:
        raise PortalError("no_such_criteria", found=f"{key} {row_id}")
    asked = rows[row_id]
    element = next(element for element in found.elements if element.id == asked.element)
    is_item = isinstance(asked, Item)
    marks = _marks(asked, language) if isinstance(asked, Item) else []
    if applies := _applies(asked.applies, language):
        marks.append(translate(language, "browser.only_for", what=applies))
    return RowView(
        key=key,
        scheme=found.title[language],
        element=f"{element.id} {element.title[language]}",
        id=row_id,
        points=plain(asked.points) if isinstance(asked, Item) else "",
        text=asked.text[language],
        other_language=asked.text["zh" if language == "en" else "en"],
        evidence=_words(asked.evidence, language),
        rules=tuple(rule.text[language] for rule in asked.rules) if isinstance(asked, Item) else (),
        questions=()
        if isinstance(asked, Item)
        else _words(tuple(question.text for question in asked.observations), language),
        exceptions=() if isinstance(asked, Item) else _words(asked.exceptions, language),
        marks=tuple(marks),
        hazards=_hazards(asked, language) if is_item else (),
        source=source_text(asked.source.document, asked.source.clause, language),
        law=tuple(source_text(s.document, s.clause, language) for s in asked.law)
        if isinstance(asked, Item)
        else (),
        verified=asked.source.verified,
    )


def _words(texts: tuple[Text, ...], language: str) -> tuple[str, ...]:
    return tuple(text[language] for text in texts)


def _hazards(item: Item | HazardRow, language: str) -> tuple[tuple[str, str, str], ...]:
    """The rows of hazard lists that an item contains: edition, row, text."""
    lines = []
    for name in item.hazards if isinstance(item, Item) else ():
        key, _, row_id = name.partition(":")
        hazard = next(row for row in _scheme(key).hazards if row.id == row_id)
        lines.append((key, row_id, hazard.text[language]))
    return tuple(lines)


@lru_cache(maxsize=2)
def _index(schemes: tuple[Scheme, ...]) -> CriteriaIndex:
    """The index over all editions, built on the first search and again when there are others."""
    entries = []
    for found in schemes:
        for item in found.items:
            texts = [item.text, *item.evidence, *(rule.text for rule in item.rules)]
            entries.append(Entry(found.key, item.id, _all_words(item.id, texts)))
        for hazard in found.hazards:
            texts = [hazard.text, *hazard.evidence, *(row.text for row in hazard.observations)]
            entries.append(Entry(found.key, hazard.id, _all_words(hazard.id, texts)))
    return CriteriaIndex(entries)


def _all_words(row_id: str, texts: list[Text]) -> str:
    return "\n".join([row_id, *(f"{text.zh}\n{text.en}" for text in texts)])


def search(words: str, language: str) -> list[Hit]:
    """Rows that hold every word, Chinese or English, best first; at most :data:`HITS`."""
    library = current().library
    hits = []
    for key, row_id in _index(tuple(library.schemes())).find(words, HITS):
        found = library.find(key)
        texts = {item.id: item.text for item in found.items}
        texts |= {hazard.id: hazard.text for hazard in found.hazards}
        hits.append(Hit(key, found.title[language], row_id, texts[row_id][language]))
    return hits
