"""What the writer and the reader of the workbook of enterprises and accounts must agree on.

Sheets and columns are known by their headings, in either language: people paste their own lists
into such a workbook, and a heading is all they see of its form.
"""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple
from unicodedata import normalize

from criteria import packs
from portal.domain import credit_code
from portal.domain.people import Role
from portal.i18n import LANGUAGES, translate

ROWS = 5000
"""Most enterprises, and most accounts, of one workbook."""

LONGEST_LOGIN, SHORTEST_LOGIN = 60, 3
LONGEST_PERSON = 40
LONGEST_CONTACT = 60

ENTERPRISES, ACCOUNTS = "enterprises", "accounts"

FIELDS: Mapping[str, tuple[str, ...]] = {
    ENTERPRISES: (
        *("name", "credit_code", "sector", "size_kind", "area_code", "address", "principal"),
        *("contact", "staff", "revenue_wan", "flags", "is_group"),
    ),
    ACCOUNTS: ("login", "person", "role", "organisation"),
}
"""Columns of each sheet; the heading of one is the text ``field.<name>``."""

OPTIONAL = frozenset({"flags", "is_group"})
"""Columns that a workbook may do without."""

FILLED = frozenset(
    {
        *("name", "credit_code", "sector", "area_code", "staff", "revenue_wan"),
        *FIELDS[ACCOUNTS],
    }
)
"""Columns that no row may leave blank."""

BETWEEN = " / "
"""Between choices that are named one after the other; some have commas of their own."""

_EXAMPLE_CODE = "91990102MA0000000"


def spelled(text: str) -> str:
    """A text as it is compared: full or half width, spaces and capitals do not matter.

    >>> spelled(" 临江（某某）Ltd ") == spelled("临江(某某) LTD")
    True
    """
    return "".join(normalize("NFKC", text).split()).casefold()


def heading(text: str) -> str:
    """A heading as it is compared: without the star of required columns and without brackets.

    >>> heading("年营业收入（万元）*") == heading("年营业收入")
    True
    """
    return spelled(text).partition("(")[0].strip("*")


@cache
def _by_words(*keys: str) -> Mapping[str, str]:
    """The last part of each key by its words in every language."""
    return {
        spelled(translate(lang, key)): key.rpartition(".")[2] for lang in LANGUAGES for key in keys
    }


def sheets_by_title() -> Mapping[str, str]:
    """Which sheet a title means."""
    return _by_words(*(f"workbook.people.sheet.{name}" for name in FIELDS))


@cache
def fields_by_heading(sheet: str) -> Mapping[str, str]:
    """Which column a heading means."""
    return {
        heading(translate(lang, f"field.{field}")): field
        for field in FIELDS[sheet]
        for lang in LANGUAGES
    }


def roles() -> Mapping[str, str]:
    """Roles by their words and by their id."""
    return {**_by_words(*(f"role.{role.value}" for role in Role)), **{r.value: r for r in Role}}


def answers() -> Mapping[str, str]:
    """The words for yes and no."""
    return {**_by_words("workbook.people.yes", "workbook.people.no"), "yes": "yes", "no": "no"}


class Choices(NamedTuple):
    """What may be chosen in a column: id by words, and the words to show, in the order of ids."""

    ids: Mapping[str, str]
    shown: tuple[str, ...]


@cache
def choices(field: str, language: str) -> Choices:
    """Sectors, kinds of business or flags, by the title in both languages and by the id."""
    found = {
        "sector": lambda: {key: sector.title for key, sector in packs.sectors().items()},
        "size_kind": lambda: {key: table.title for key, table in packs.size_tables().items()},
        "flags": lambda: {key: flag.title for key, flag in packs.flags().items()},
    }[field]()
    ids = {spelled(title[lang]): key for key, title in found.items() for lang in LANGUAGES}
    ids |= {key: key for key in found}
    return Choices(ids, tuple(title[language] for title in found.values()))


@cache
def example(sheet: str, language: str) -> Mapping[str, str]:
    """The row that a template shows; its first cell is marked, and it is not read."""

    def words(key: str) -> str:
        return translate(language, f"workbook.people.{key}")

    mark = words("example")
    mark += " " if mark.isascii() else ""
    if sheet == ACCOUNTS:
        return {
            "login": f"{mark}zhang-wei",
            "person": words("example_person"),
            "role": translate(language, f"role.{Role.SAFETY_MANAGER}"),
            "organisation": words("example_name"),
        }
    return {
        "name": f"{mark}{words('example_name')}",
        "credit_code": _EXAMPLE_CODE + credit_code.check_character(_EXAMPLE_CODE),
        "sector": packs.sectors()["machinery"].title[language],
        "size_kind": packs.size_tables()["industry"].title[language],
        "address": words("example_address"),
        "principal": words("example_principal"),
        "contact": "000-0000-0000",
        "staff": "120",
        "revenue_wan": "5000",
        "flags": packs.flags()["confined_space"].title[language],
        "is_group": words("no"),
    }


def is_marked(text: str) -> bool:
    """Whether a cell begins with the mark of the example."""
    marks = tuple(spelled(translate(lang, "workbook.people.example")) for lang in LANGUAGES)
    return spelled(text).startswith(marks)
