"""A careful reader over parsed TOML: collects problems instead of stopping at the first."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Any

from criteria.errors import Problem
from criteria.model import BOTH, Source, Text

Table = Mapping[str, Any]


class Reader:
    """Reads the fields of one table and notes each fault with file, item and field.

    Args:
        table: what the file says.
        file: shown path of the file.
        item: what the table is about.
        problems: faults are added here.
        languages: which a wording must have; one that is left out is taken from the Chinese.
    """

    def __init__(
        self,
        table: Table,
        file: str,
        item: str,
        problems: list[Problem],
        languages: tuple[str, ...] = BOTH,
    ) -> None:
        self.table, self.file, self.item, self.problems = table, file, item, problems
        self.languages = languages
        self.read: set[str] = set()

    def _inner(self, table: Table, item: str = "") -> "Reader":
        return Reader(table, self.file, item or self.item, self.problems, self.languages)

    def wrong(self, field: str, expected: str, found: object) -> None:
        """Note a fault."""
        self.problems.append(Problem(self.file, self.item, field, expected, str(found)))

    def _get(self, field: str) -> Any:
        self.read.add(field)
        return self.table.get(field)

    def string(self, field: str, default: str | None = None) -> str:
        """Read a non-empty string."""
        value = self._get(field)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or not value.strip():
            self.wrong(field, "a text in quotes", "nothing" if value is None else repr(value))
            return ""
        return value

    def choice(self, field: str, allowed: Iterable[str], default: str | None = None) -> str:
        """Read one of the allowed words."""
        value = self.string(field, default)
        options = list(allowed)
        if value and value not in options:
            self.wrong(field, "one of " + ", ".join(options), value)
        return value

    def optional_choice(self, field: str, allowed: Iterable[str]) -> str | None:
        """Read one of the allowed words, or nothing."""
        if field not in self.table:
            self.read.add(field)
            return None
        return self.choice(field, allowed)

    def number(self, field: str, *, least: Fraction = Fraction(0)) -> Fraction:
        """Read an exact number not below ``least``."""
        value = self._get(field)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            self.wrong(field, "a number", "nothing" if value is None else repr(value))
            return Fraction(0)
        if isinstance(value, Decimal) and not value.is_finite():
            self.wrong(field, "a number", str(value).lower())
            return Fraction(0)
        number = Fraction(value)
        if number < least:
            self.wrong(field, f"a number >= {least}", value)
        return number

    def optional_number(self, field: str, *, least: Fraction = Fraction(0)) -> Fraction | None:
        """Read an exact number not below ``least``, or nothing."""
        if field not in self.table:
            self.read.add(field)
            return None
        return self.number(field, least=least)

    def words(self, field: str) -> tuple[str, ...]:
        """Read a list of words; nothing given is an empty list."""
        value = self._get(field)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            self.wrong(field, "a list of words", repr(value))
            return ()
        return tuple(value)

    def table_of(self, field: str) -> "Reader | None":
        """Read one table with a reader of its own (same item), or nothing."""
        value = self._get(field)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self.wrong(field, f"a table [{field}]", repr(value))
            return None
        return self._inner(value, field)

    def integer(self, field: str, default: int | None = None) -> int:
        """Read a whole number >= 0."""
        if field not in self.table and default is not None:
            self.read.add(field)
            return default
        number = self.number(field)
        if number.denominator != 1:
            self.wrong(field, "a whole number", self.table.get(field))
            return 0
        return int(number)

    def flag(self, field: str, *, default: bool) -> bool:
        """Read true or false."""
        value = self._get(field)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.wrong(field, "true or false", repr(value))
            return default
        return value

    def day(self, field: str, *, required: bool = False) -> date | None:
        """Read a date."""
        value = self._get(field)
        if value is None:
            if required:
                self.wrong(field, "a date such as 2025-01-31", "nothing")
            return None
        if not isinstance(value, date) or isinstance(value, datetime):
            shown = value if isinstance(value, datetime | time) else repr(value)
            self.wrong(field, "a date such as 2025-01-31", shown)
            return None
        return value

    def text(self, field: str) -> Text:
        """Read a wording in the languages of the edition."""
        value = self._get(field)
        if not isinstance(value, Mapping):
            self.wrong(field, "a table with zh and en", "nothing" if value is None else repr(value))
            return Text("", "")
        return self._text_of(value, field)

    def _text_of(self, value: Mapping[str, Any], field: str) -> Text:
        parts = {}
        for language in BOTH:
            part = value.get(language)
            if part is None and language not in self.languages:
                part = value.get("zh")
            if not isinstance(part, str) or not part.strip():
                self.wrong(f"{field}.{language}", "a text in quotes", "nothing")
                part = ""
            parts[language] = part.strip()
        for language in value:
            if language not in BOTH:
                self.wrong(f"{field}.{language}", "only zh and en", language)
        return Text(parts["zh"], parts["en"])

    def texts(self, field: str) -> tuple[Text, ...]:
        """Read two lists of the same length, zh and en, as one list of wordings."""
        value = self._get(field)
        if not isinstance(value, Mapping):
            self.wrong(field, "a table with the lists zh and en", "nothing")
            return ()
        zh = value.get("zh", [])
        en = value.get("en", [] if "en" in self.languages else zh)
        if not isinstance(zh, list) or not isinstance(en, list) or len(zh) != len(en):
            self.wrong(field, "lists zh and en of the same length", f"{zh!r} / {en!r}")
            return ()
        return tuple(self._text_of({"zh": a, "en": b}, field) for a, b in zip(zh, en, strict=True))

    def optional_texts(self, field: str) -> tuple[Text, ...]:
        """Read two lists zh and en as one list of wordings; nothing given is an empty list."""
        if field not in self.table:
            self.read.add(field)
            return ()
        return self.texts(field)

    def optional_text(self, field: str) -> Text | None:
        """Read a wording, or nothing."""
        if field not in self.table:
            self.read.add(field)
            return None
        return self.text(field)

    def tables(self, field: str) -> list["Reader"]:
        """Read a list of tables, each with a reader of its own (same item)."""
        value = self._get(field)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
            self.wrong(field, f"tables [[{field}]]", repr(value))
            return []
        return [self._inner(row) for row in value]

    def named_tables(self, field: str) -> list[tuple[str, "Reader"]]:
        """Read tables that are known by their names, each with a reader that says its path."""
        value = self._get(field)
        if value is None:
            return []
        path = field if self.item == "-" else f"{self.item}.{field}"
        rows = value.values() if isinstance(value, Mapping) else [value]
        if not all(isinstance(row, Mapping) for row in rows):
            self.wrong(field, f"tables [{path}.<name>]", repr(value))
            return []
        for name in value:
            # a dot would be one more level wherever fields are named by their paths
            if not NAME.fullmatch(name):
                self.wrong(field, "names of letters, digits, dashes and underscores", repr(name))
        return [(name, self._inner(row, f"{path}.{name}")) for name, row in value.items()]

    def source(self, field: str = "source") -> Source:
        """Read where a rule stands."""
        value = self._get(field)
        if not isinstance(value, Mapping):
            self.wrong(field, "a table with document and clause", "nothing")
            return Source("", "", "paraphrased", verified=False)
        inner = self._inner(value)
        document, clause = inner.string("document"), inner.string("clause")
        wording = inner.choice("wording", ("quoted", "paraphrased", "derived"), "paraphrased")
        verified = "checked" in value
        inner.read.add("checked")
        on, by = self._checked(value["checked"], field) if verified else (None, "")
        inner.finish()
        return Source(document, clause, wording, verified, on, by)

    def _checked(self, value: object, field: str) -> tuple[date | None, str]:
        """A rule counts as verified only when a day and a person stand behind it."""
        if not isinstance(value, Mapping):
            self.wrong(f"{field}.checked", "a table with on and by", repr(value))
            return None, ""
        inner = self._inner(value)
        on, by = inner.day("on", required=True), inner.string("by")
        inner.finish()
        return on, by

    def finish(self) -> None:
        """Note fields that nobody knows, so that a misspelt one is not silently ignored."""
        for field in self.table:
            if field not in self.read:
                self.wrong(field, "a known field: " + ", ".join(sorted(self.read)), field)


ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*")
NAME = re.compile(r"[0-9A-Za-z_-]+")
