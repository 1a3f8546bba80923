"""Texts in Chinese and English: one catalogue per language, the same keys in both."""

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("zh", "en")
DEFAULT = "zh"

_source: Callable[[], str] = lambda: DEFAULT  # noqa: E731 - replaced by set_language_source


def set_language_source(source: Callable[[], str]) -> None:
    """Say where the language of the person in front comes from."""
    global _source
    _source = source


def language() -> str:
    """Language of the person in front, one of :data:`LANGUAGES`."""
    found = _source()
    return found if found in LANGUAGES else DEFAULT


@cache
def catalogue(lang: str) -> Mapping[str, str]:
    """All texts of a language by their full key (``section.key``)."""
    texts: dict[str, str] = {}
    for path in sorted(Path(__file__).parent.glob(f"{lang}*.toml")):
        _flatten("", tomllib.loads(path.read_text(encoding="utf-8")), texts)
    return texts


def _flatten(prefix: str, table: Mapping[str, Any], texts: dict[str, str]) -> None:
    for key, value in table.items():
        if isinstance(value, str):
            if prefix + key in texts:
                raise ValueError(f"text {prefix + key} stands twice")
            texts[prefix + key] = value
        else:
            _flatten(f"{prefix}{key}.", value, texts)


def translate(lang: str, key: str, **values: object) -> str:
    """A text in a given language with its placeholders filled.

    Raises:
        KeyError: no such key; the tests read every key that the code uses.
    """
    text = catalogue(lang)[key]
    return text.format(**values) if values else text


def t(key: str, **values: object) -> str:
    """A text in the language of the person in front."""
    return translate(language(), key, **values)


def section(prefix: str, lang: str | None = None) -> dict[str, str]:
    """All texts whose key starts with ``prefix.``, by full key."""
    return {
        key: text
        for key, text in catalogue(lang or language()).items()
        if key.startswith(prefix + ".")
    }


def choose(accept_language: str) -> str:
    """Language by the browser's wish: English when it comes before Chinese, else Chinese.

    >>> choose("en-GB,en;q=0.9,zh;q=0.8"), choose("zh-CN,zh;q=0.9,en;q=0.8"), choose("fr")
    ('en', 'zh', 'zh')
    """
    for part in accept_language.split(","):
        wish = part.split(";")[0].strip().lower()[:2]
        if wish in LANGUAGES:
            return wish
    return DEFAULT
