"""Entries of the audit log in words: who, on what, what changed."""

import json
from collections.abc import Callable, Mapping, Sequence

from criteria import packs
from portal.domain import masking
from portal.i18n import catalogue, translate
from portal.store.database import Row

SEPARATOR = " · "
MOST_ITEMS = 12
"""Items of an imported sheet that are named; the log itself holds all."""

LEFT_OUT = frozenset({"sha256", "elements", "version", "account"})
"""Of no use to a person; the export shows the hash of the entry, which covers them."""


def person(name: str | None, status: str | None, stored: str, language: str) -> str:
    """Who acted: a name, or what stands for one that is gone or never was."""
    if status == "anonymised":
        return translate(language, "log.anonymised")
    if name:
        return name
    if stored == "system":
        return translate(language, "log.system")
    return stored or translate(language, "log.unknown_person")


def subject(row: Row, language: str) -> str:
    """What an entry is about."""
    action, found = row["action"], row["subject"]
    if action.startswith(("account.", "sign_in.")):
        return person(row["whom"], row["whom_status"], found, language)
    if action.startswith(("self.", "review.")):
        number, _, item = found.partition("/")
        sheet = translate(language, "log.assessment", number=number)
        return f"{sheet} {translate(language, 'log.item', item=item)}" if item else sheet
    if action == "nonconformity.open":
        return translate(language, "log.assessment", number=found)
    if action in ("profile.change", "enterprise.register", "installation") or action.startswith(
        "organisation."
    ):
        return ""
    return str(found)


def detail(action: str, body: str, language: str, *, masked: bool = False) -> str:
    """What changed, one thought a line.

    Args:
        action: what was done.
        body: of the entry, JSON.
        language: of the reader.
        masked: hide telephone numbers and the end of network addresses.
    """
    try:
        found = json.loads(body)
    except ValueError:
        return body
    if not isinstance(found, dict):
        return body
    if action.endswith(".answer"):
        return "\n".join(
            translate(language, f"log.{key}", text=_answer(found.get(key), language))
            for key in ("before", "after")
        )
    if action == "self.move_edition":
        aside = _pairs({"set_aside": len(found.get("set_aside") or ())}, language)
        return f"{found.get('before', '')} → {found.get('after', '')}\n{aside}"
    if action in ("self.import", "review.import"):
        return _pairs({"items": len(found.get("after") or ())}, language)
    if action.startswith("sign_in."):
        address, by = found.get("address") or "", found.get("by") or ""
        address = masking.mask_address(address) if masked else address
        said = [translate(language, "log.address", address=address)] if address else []
        return SEPARATOR.join([*said, *([catalogue(language)[f"log.by.{by}"]] if by else [])])
    lines = []
    for key, value in found.items():
        if key in ("before", "after") and isinstance(value, Mapping):
            text = _pairs(value, language, masked=masked)
            lines.append(translate(language, f"log.{key}", text=text))
        elif key not in LEFT_OUT and value not in (None, "", [], {}):
            lines.append(_pairs({key: value}, language, masked=masked))
    return "\n".join(line for line in lines if line)


def _answer(value: object, language: str) -> str:
    if not isinstance(value, Mapping):
        return translate(language, "log.nothing")
    parts = []
    if value.get("full"):
        parts.append(translate(language, "log.full"))
    if value.get("not_applicable"):
        parts.append(translate(language, "log.not_applicable", reason=value["not_applicable"]))
    parts += [
        translate(language, "log.rule", rule=d.get("rule", ""), count=d.get("count", 1))
        for d in value.get("deductions", ())
        if isinstance(d, Mapping)
    ]
    if value.get("lost"):
        reason = value.get("reason", "")
        parts.append(translate(language, "log.lost", lost=value["lost"], reason=reason))
    if value.get("remark"):
        parts.append(_pairs({"remark": value["remark"]}, language))
    return SEPARATOR.join(parts) or translate(language, "log.nothing")


def _pairs(values: Mapping[str, object], language: str, *, masked: bool = False) -> str:
    texts = catalogue(language)
    said = []
    for key, value in values.items():
        name = texts.get(f"log.field.{key}") or texts.get(f"field.{key}") or key
        text = _value(key, value, language)
        if masked and key == "contact":
            text = masking.mask_numbers(text)
        said.append(translate(language, "log.pair", name=name, value=text))
    return SEPARATOR.join(said)


WORDED: Mapping[str, Callable[[str, str], str | None]] = {
    "sector": lambda v, lang: packs.sectors()[v].title[lang] if v in packs.sectors() else None,
    "flags": lambda v, lang: SEPARATOR.join(
        packs.flags()[f].title[lang] if f in packs.flags() else f for f in json.loads(v)
    ),
    "sectors": lambda v, lang: packs.sectors()[v].title[lang] if v in packs.sectors() else None,
    "size_kind": lambda v, lang: (
        packs.size_tables()[v].title[lang] if v in packs.size_tables() else None
    ),
    "size_class": lambda v, lang: catalogue(lang).get(f"size.{v}"),
    "worst_accident": lambda v, lang: catalogue(lang).get(f"accident.{v}"),
    "outcome": lambda v, lang: catalogue(lang).get(f"outcome.{v}"),
    "grade": lambda v, lang: catalogue(lang).get(f"grade.g{v}"),
    **dict.fromkeys(
        ("role", "from", "to", "given", "taken"),
        lambda v, lang: catalogue(lang).get(f"role.{v}"),
    ),
}
"""Fields whose values are codes, and the words of a code."""


FLAGS = ("is_group",)
"""Stored as 0 and 1."""


def _value(key: str, value: object, language: str) -> str:
    if isinstance(value, bool):
        return translate(language, "log.true" if value else "log.false")
    if isinstance(value, Sequence) and not isinstance(value, str):
        shown = [_value(key, one, language) for one in value[:MOST_ITEMS]]
        more = ["…"] if len(value) > MOST_ITEMS else []
        return SEPARATOR.join([*shown, *more])
    if key in FLAGS:
        return translate(language, "log.true" if value else "log.false")
    worded = WORDED.get(key)
    try:
        found = worded(str(value), language) if worded else None
    except (ValueError, TypeError):
        found = None
    return str(value) if found is None else found
