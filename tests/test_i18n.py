"""Texts: the same in both languages, every one that the code asks for, nothing left unfilled."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

import pytest

from portal import i18n
from portal.i18n import LANGUAGES, catalogue, translate

ROOT = Path(__file__).resolve().parent.parent
CHINESE = re.compile(r"[一-鿿]")
SOURCES = sorted(
    path
    for place in ("app.py", "pages", "portal", "criteria", "scoring")
    for path in ([ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py"))
)
ONE_LANGUAGE = "widget."
"""English texts of Streamlit with their Chinese: an English page needs none of them."""


def keys(lang: str) -> set[str]:
    return {key for key in catalogue(lang) if not key.startswith(ONE_LANGUAGE)}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_keys() -> None:
    assert keys("zh") ^ keys("en") == set()
    assert not [key for key in catalogue("en") if key.startswith(ONE_LANGUAGE)]


def test_a_text_has_the_same_placeholders_in_both_languages() -> None:
    different = {
        key: (placeholders(catalogue("zh")[key]), placeholders(catalogue("en")[key]))
        for key in keys("zh") & keys("en")
        if placeholders(catalogue("zh")[key]) != placeholders(catalogue("en")[key])
    }
    assert different == {}


def test_placeholders_are_names() -> None:
    for lang in LANGUAGES:
        for key in keys(lang):
            names = placeholders(catalogue(lang)[key])
            assert all(re.fullmatch(r"[a-z_]+", name) for name in names), key


SEPARATORS = {"common.list_separator", "sheet.join", "workbook.effect.joint"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_text_is_empty_or_has_stray_spaces(lang: str) -> None:
    wrong = [
        key
        for key, text in catalogue(lang).items()
        if not text.strip() or (text != text.strip() and key not in SEPARATORS)
    ]
    assert wrong == []


def test_chinese_texts_contain_chinese_and_english_ones_do_not() -> None:
    chinese, english = catalogue("zh"), catalogue("en")
    foreign = {"app.language", "frame.other_language"}
    without = {
        key
        for key in keys("zh") - foreign
        if not CHINESE.search(chinese[key])
        and re.search(r"\w", re.sub(r"\{[a-z_]+\}", "", chinese[key]))
    }
    assert without == set(), {key: chinese[key] for key in without}
    named = {"frame.other_language", "app.name", "app.title"}
    left = {key for key in keys("en") - named if CHINESE.search(english[key])}
    assert {key: english[key] for key in left if not _explains_a_term(english[key])} == {}


def _explains_a_term(text: str) -> bool:
    """A Chinese term in brackets behind its English is an explanation."""
    return CHINESE.search(re.sub(r"[(（][^()（）]*[)）]", "", text)) is None


def test_the_words_of_widgets_are_pairs() -> None:
    for key, text in i18n.section("widget", "zh").items():
        english, arrow, chinese = text.partition(" => ")
        assert arrow, key
        assert english.strip(), key
        assert CHINESE.search(chinese), key


# ------------------------------------------------------------------ what the code asks for


@dataclass(frozen=True)
class Use:
    """A text that the code asks for: its key, or the form of keys put together from parts."""

    place: str
    key: str
    form: str
    given: frozenset[str]
    open_end: bool


WORDERS = {"t": 0, "say": 0, "translate": 1}


def uses() -> Iterator[Use]:
    for path in SOURCES:
        prefix = "cli." if path.name == "cli.py" or path.parent.name == "commands" else ""
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            if isinstance(node.func, ast.Attribute):
                name = node.func.attr
            if name not in WORDERS or len(node.args) <= WORDERS[name]:
                continue
            place = f"{path.relative_to(ROOT).as_posix()}:{node.lineno}"
            given = frozenset(k.arg for k in node.keywords if k.arg)
            open_end = any(k.arg is None for k in node.keywords)
            for key, form in _texts_of(node.args[WORDERS[name]]):
                own = prefix if name == "say" else ""
                yield Use(place, key and own + key, form and own + form, given, open_end)


def _texts_of(node: ast.expr) -> Iterator[tuple[str, str]]:
    """Literal keys (also of both branches of a choice), or a pattern for a put-together key."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value, ""
    elif isinstance(node, ast.IfExp):
        yield from _texts_of(node.body)
        yield from _texts_of(node.orelse)
    elif isinstance(node, ast.JoinedStr):
        parts = [
            re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+"
            for part in node.values
        ]
        yield "", "".join(parts)


USES = list(uses())


def test_the_code_asks_for_texts_at_all() -> None:
    assert len([use for use in USES if use.key]) > 150
    assert len([use for use in USES if use.form]) > 20


def known(use: Use) -> bool:
    """A module of documents is given its worder, so its keys may lack their section."""
    if use.key in catalogue("zh"):
        return True
    return "portal/documents/" in use.place and f"workbook.{use.key}" in catalogue("zh")


def test_every_key_that_the_code_uses_exists() -> None:
    missing = {f"{use.place}: {use.key}" for use in USES if use.key and not known(use)}
    assert missing == set()


def test_every_key_put_together_from_parts_has_texts() -> None:
    every = catalogue("zh")
    missing = {
        f"{use.place}: {use.form}"
        for use in USES
        if use.form
        and not any(re.fullmatch(use.form, key) for key in every)
        and not any(re.fullmatch(f"workbook.{use.form}", key) for key in every)
    }
    assert missing == set()


def test_every_placeholder_of_a_literal_key_is_given_where_it_is_used() -> None:
    wrong = []
    for use in USES:
        if use.key in catalogue("zh") and not use.open_end:
            wanted = placeholders(catalogue("zh")[use.key])
            if wanted - use.given:
                wrong.append(f"{use.place}: {use.key} lacks {sorted(wanted - use.given)}")
    assert wrong == []


USED_ELSEWHERE = (
    "widget.",  # words.js
    "sheet.",  # sheet.js reads the whole section
    "error.",  # by code, below
    "workbook.",  # documents are given their worder
)


def templates() -> str:
    places = [*(ROOT / "portal" / "ui" / "templates").glob("*.html")]
    return "".join(path.read_text(encoding="utf-8") for path in places)


def test_no_text_is_left_that_nobody_asks_for() -> None:
    literal = {use.key for use in USES}
    forms = [re.compile(use.form) for use in USES if use.form]
    plain = strings()
    html = templates()
    unused = {
        key
        for key in keys("zh")
        if not key.startswith(USED_ELSEWHERE)
        and key not in literal
        and key not in plain
        and not any(form.fullmatch(key) for form in forms)
        and f"'{key}'" not in html
        and not (key.startswith("setup.") and "setup.' ~ name" in html)
    }
    assert unused == set()


def strings() -> set[str]:
    """Plain strings of the code: names that are looked up later."""
    return {
        node.value
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_text_of_the_templates_exists() -> None:
    found = re.findall(r"t\('([a-z_.]+)'\)", templates())
    assert len(found) > 10
    assert [key for key in found if key not in catalogue("zh")] == []


# ------------------------------------------------------------------ errors


@dataclass(frozen=True)
class Raised:
    place: str
    family: str
    code: str
    form: str
    given: frozenset[str]
    open_end: bool


PORTAL_ERRORS = {
    "PortalError",
    "StaleRecordError",
    "IllegalTransitionError",
    "IncompleteFormError",
    "InvalidValueError",
    "NoEditionInForceError",
    "UnreadableFileError",
}


def raised() -> Iterator[Raised]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id not in PORTAL_ERRORS | {"ScoringError"} or not node.args:
                continue
            for code, form in _texts_of(node.args[0]):
                yield Raised(
                    f"{path.relative_to(ROOT).as_posix()}:{node.lineno}",
                    "error.scoring." if node.func.id == "ScoringError" else "error.",
                    code,
                    form,
                    frozenset(k.arg for k in node.keywords if k.arg),
                    any(k.arg is None for k in node.keywords),
                )


RAISED = list(raised())


def test_every_error_that_is_raised_has_a_text() -> None:
    every = catalogue("zh")
    assert len(RAISED) > 50
    missing = {
        f"{row.place}: {row.family}{row.code or row.form}"
        for row in RAISED
        if not (
            row.family + row.code in every
            if row.code
            else any(re.fullmatch(re.escape(row.family) + row.form, key) for key in every)
        )
    }
    assert missing == set()


def test_every_placeholder_of_an_error_is_given_where_it_is_raised() -> None:
    wrong = []
    for row in RAISED:
        if row.code and not row.open_end:
            wanted = placeholders(catalogue("zh")[row.family + row.code])
            if wanted - row.given:
                wrong.append(f"{row.place}: {row.code} lacks {sorted(wanted - row.given)}")
    assert wrong == []


def test_every_field_that_an_error_names_has_a_label() -> None:
    fields = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id in PORTAL_ERRORS:
                fields |= {
                    k.value.value
                    for k in node.keywords
                    if k.arg == "field"
                    and isinstance(k.value, ast.Constant)
                    and isinstance(k.value.value, str)
                }
    assert len(fields) > 15
    assert {name for name in fields if f"field.{name}" not in catalogue("zh")} == set()


def test_no_text_of_an_error_is_left_that_nobody_raises() -> None:
    codes = {row.family + row.code for row in RAISED if row.code}
    forms = [re.compile(re.escape(row.family) + row.form) for row in RAISED if row.form]
    asked = {use.key for use in USES} | {f"error.{text}" for text in strings()}
    unused = {
        key
        for key in keys("zh")
        if key.startswith("error.")
        and not key.startswith("error.workbook.")  # by code, in documents
        and key not in codes
        and key not in asked
        and not any(form.fullmatch(key) for form in forms)
    }
    # of NotAllowedError, which is raised without a code
    assert unused - {"error.not_allowed"} == set()


# ------------------------------------------------------------------ the function itself


def test_a_text_is_filled_and_an_unknown_key_is_an_error() -> None:
    assert translate("zh", "error.empty", field="姓名") == "姓名不能为空。"
    with pytest.raises(KeyError):
        translate("zh", "no.such.text")
    with pytest.raises(KeyError):
        translate("en", "error.empty", wrong="x")


def test_a_value_with_braces_is_not_filled_again() -> None:
    assert "{found}" in translate("en", "error.login_taken", found="{found}")


@pytest.mark.parametrize(
    ("wish", "lang"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-US", "en"),
        ("fr-FR,en;q=0.5", "en"),
        ("", "zh"),
        (";;,", "zh"),
        ("de", "zh"),
    ],
)
def test_the_language_is_the_first_of_ours_that_the_browser_wishes(wish: str, lang: str) -> None:
    assert i18n.choose(wish) == lang
