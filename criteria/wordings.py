"""What nearly every table of a criteria file carries: a wording, and where the rule stands."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Text:
    """One wording in both languages; of a Chinese-only edition both are the Chinese one."""

    zh: str
    en: str

    def __getitem__(self, language: str) -> str:
        return self.en if language == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule stands: a key of ``sources.toml``, the clause, how far our words are from it.

    ``verified`` says whether a human has checked the rule against the official text; then
    ``checked_on`` and ``checked_by`` say when and who.
    """

    document: str
    clause: str
    wording: str
    verified: bool
    checked_on: date | None = None
    checked_by: str = ""
