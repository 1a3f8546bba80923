"""The command line: exit status, messages in both languages, the fixed forms of its JSON."""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from criteria import default_library
from portal import cli
from portal.services import records, results
from scoring.rounding import plain
from tests.conftest import SCHEME, Installation, Run

ROOT = Path(__file__).resolve().parent.parent
SMALL = ROOT / "tests" / "criteria" / "good"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def create(content: object, name: str = "answers.json") -> Path:
        path = tmp_path / name
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        path.write_text(text, encoding="utf-8")
        return path

    return create


# ------------------------------------------------------------------ criteria


def test_the_editions_are_listed(run: Run) -> None:
    done = run("criteria", "list", "--json")
    assert (done.status, done.err) == (0, "")
    scheme = default_library().find(SCHEME)
    row = next(row for row in done.json if row["scheme"] == SCHEME)
    assert row == {
        "scheme": SCHEME,
        "edition": scheme.edition,
        "kind": "enterprise",
        "title": {"zh": scheme.title.zh, "en": scheme.title.en},
        "items": 198,
        "published": True,
        "fingerprint": scheme.fingerprint,
    }
    assert scheme.title.zh in run("criteria", "list").out
    assert scheme.title.en in run("criteria", "list", lang="en").out


def test_an_edition_is_shown_in_the_fixed_form(run: Run) -> None:
    done = run("criteria", "show", SCHEME, "--json")
    assert done.status == 0
    shown = done.json
    assert set(shown) == {"scheme", "edition", "kind", "title", "total", "elements", "items"}
    assert (shown["total"], len(shown["elements"]), len(shown["items"])) == ("1000", 13, 198)
    assert {frozenset(element) for element in shown["elements"]} == {
        frozenset({"id", "title", "points"})
    }
    assert {frozenset(item) for item in shown["items"]} == {
        frozenset({"id", "element", "sub_element", "points", "text", "veto", "deductions"})
    }
    rules = [rule for item in shown["items"] for rule in item["deductions"]]
    assert {frozenset(rule) for rule in rules} == {
        frozenset({"id", "kind", "scope", "points", "trigger", "zeroes"})
    }
    assert all(isinstance(item["points"], str) for item in shown["items"])
    assert {rule["points"] is None for rule in rules} == {True, False}
    assert sum(int(element["points"]) for element in shown["elements"]) == 1000
    assert run("criteria", "show", f"{SCHEME}@{shown['edition']}", "--json").json == shown
    text = run("criteria", "show", SCHEME, lang="en").out
    assert all(item["text"]["en"] in text for item in shown["items"])


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", ["no-such-scheme", f"{SCHEME}@1900", ""])
def test_a_scheme_that_is_not_there_is_named_with_those_that_are(
    run: Run, name: str, lang: str
) -> None:
    done = run("criteria", "show", name, lang=lang)
    assert (done.status, done.out) == (2, "")
    assert name in done.err
    assert f"{SCHEME}@2011" in done.err
    assert ("没有" in done.err) is (lang == "zh")


def test_the_shipped_criteria_have_no_problems(run: Run) -> None:
    done = run("criteria", "check")
    assert (done.status, done.err) == (0, "")


def test_every_problem_of_a_catalogue_is_listed(run: Run, tmp_path: Path) -> None:
    source = next(path for path in (ROOT / "criteria" / "catalog").glob(f"{SCHEME}/*"))
    folder = tmp_path / SCHEME / source.name
    folder.mkdir(parents=True)
    for path in source.glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        if path.name.startswith(("01", "03")):
            text = text.replace("points = 4\n", "points = 5\n", 1)
        (folder / path.name).write_text(text, encoding="utf-8")
    done = run("criteria", "check", tmp_path)
    assert done.status == 1
    lines = done.err.strip().splitlines()
    assert any("01-" in line or " 1:" in line for line in lines), done.err
    assert any("03-" in line or " 3:" in line for line in lines), done.err
    assert f"{len(lines) - 1}" in lines[-1], "the last line counts them"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_folder_without_criteria_is_wrong_usage(run: Run, tmp_path: Path, lang: str) -> None:
    for place in (tmp_path, tmp_path / "nowhere"):
        done = run("criteria", "check", place, lang=lang)
        assert done.status == 2
        assert str(place) in done.err


# ------------------------------------------------------------------ grade

FORM = {
    "scheme", "edition", "fingerprint", "outcome", "grade", "score", "score_exact", "attainable",
    "earned", "deducted", "not_applicable", "interval", "elements", "reasons", "grade_by_score",
}  # fmt: skip


def test_grading_from_files_agrees_with_the_result_that_the_portal_shows(
    demo: Installation, run: Run, write: Callable[..., Path]
) -> None:
    compared = 0
    for person, enterprise in (("e01-manager", "e01"), ("official-city", "e04")):
        rows = demo.db.rows(
            "select assessment_no from assessment where enterprise_id = :e"
            " and status = 'submitted'",
            e=enterprise,
        )
        for row in rows:
            number = row["assessment_no"]
            view = results.view(demo[person], enterprise, number, "zh")
            answers, facts = records.sealed(demo.db, view.assessment)
            sheet = write({"items": {key: value.to_json() for key, value in answers.items()}})
            given = write(dict(facts), "facts.json")
            name = f"{view.assessment.scheme}@{view.assessment.edition}"
            done = run("grade", "--scheme", name, "--facts", given, "--json", sheet)
            assert (done.status, done.err) == (0, "")
            found = done.json
            assert set(found) == FORM
            assert (found["outcome"], found["grade"]) == (view.outcome.value, view.grade)
            assert found["grade_by_score"] == view.result.grade_by_score
            assert found["score"] == view.score == view.assessment.score
            assert found["fingerprint"] == view.assessment.fingerprint
            amounts = ("attainable", "earned", "deducted", "not_applicable")
            assert [found[a] for a in amounts] == [getattr(view, a) for a in amounts]
            assert [e["earned"] for e in found["elements"]] == [e.earned for e in view.elements]
            assert [e["rate"] for e in found["elements"]] == [
                None if e.rate == "–" else e.rate for e in view.elements
            ]
            assert [r["code"] for r in found["reasons"]] == [r.code for r in view.result.reasons]
            exact = view.result.score_exact
            assert found["score_exact"] == (None if exact is None else str(exact))
            compared += 1
    assert compared >= 4


def test_an_unfinished_sheet_gives_the_interval_and_no_grade(
    run: Run, write: Callable[..., Path]
) -> None:
    sheet = write({"items": {"1.1": {"full": True}, "1.4": {"lost": "1.5", "reason": "缺记录"}}})
    found = run("grade", "--scheme", SCHEME, "--json", sheet).json
    assert (found["outcome"], found["grade"], found["score"]) == ("incomplete", None, None)
    low, high = found["interval"]
    assert float(low) < float(high) < 100
    assert found["deducted"] == "1.5"
    assert {reason["code"] for reason in found["reasons"]} >= {"unanswered"}
    for row in found["reasons"]:
        assert set(row) >= {"code", "effect", "clause"}


def test_points_are_exact_decimals_and_never_floats(run: Run, write: Callable[..., Path]) -> None:
    items = default_library().find(SCHEME).items
    answers = {item.id: {"lost": "0.1", "reason": "轻微"} for item in items}
    found = run("grade", "--scheme", SCHEME, "--json", write({"items": answers})).json
    assert (found["deducted"], found["earned"]) == ("19.8", "980.2")
    assert found["score"] == "98.0"
    assert found["outcome"] == "pending", "no facts are known"
    full = {item.id: {"full": True} for item in items}
    rest = run("grade", "--scheme", SCHEME, "--json", write({"items": full})).json
    assert rest["earned"] == plain(sum(item.points for item in items)) == "1000"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_without_json_the_result_is_said_in_words(
    run: Run, write: Callable[..., Path], lang: str
) -> None:
    items = default_library().find(SCHEME).items
    sheet = write({"items": {item.id: {"full": True} for item in items}})
    facts = write({"deaths": 1, "worst_accident": "general"}, "facts.json")
    done = run("grade", "--scheme", SCHEME, "--facts", facts, sheet, lang=lang)
    assert done.status == 0
    assert ("二级" if lang == "zh" else "Grade 2") in done.out
    assert default_library().find(SCHEME).title[lang] in done.out


BAD = [
    ({"items": {"99.9": {"full": True}}}, "99.9"),
    ({"items": {"1.4": {"deductions": [{"rule": "nonsense"}]}}}, "nonsense"),
    ({"items": {"1.4": {"lost": "9", "reason": "x"}}}, "1.4"),
    ({"items": {"1.4": {"lost": "1e999999999", "reason": "x"}}}, "1.4"),
    ({"items": {"1.4": {"unknown_field": 1}}}, "unknown_field"),
    ({"items": []}, "items"),
    ([], "items"),
]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("content", "named"), BAD)
def test_answers_with_problems_end_with_status_one_and_name_them(
    run: Run, write: Callable[..., Path], content: object, named: str, lang: str
) -> None:
    done = run("grade", "--scheme", SCHEME, "--json", write(content), lang=lang)
    assert (done.status, done.out) == (1, "")
    assert named in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_facts_with_problems_end_with_status_one(
    run: Run, write: Callable[..., Path], lang: str
) -> None:
    sheet = write({"items": {}})
    for facts in ({"deaths": "many"}, {"deaths": -1}, {"worst_accident": "huge"}, {"deaths": 1.5}):
        given = write(facts, "facts.json")
        done = run("grade", "--scheme", SCHEME, "--facts", given, sheet, lang=lang)
        assert done.status == 1, facts
        assert next(iter(facts)) in done.err


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_file_that_cannot_be_read_is_named(
    run: Run, write: Callable[..., Path], tmp_path: Path, lang: str
) -> None:
    broken = write("{not json", "broken.json")
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (broken, binary, tmp_path / "missing.json", tmp_path):
        done = run("grade", "--scheme", SCHEME, path, lang=lang)
        assert (done.status, done.out) == (2, ""), path
        assert str(path) in done.err
        assert ("无法" in done.err or "不是" in done.err) is (lang == "zh")


def test_another_catalogue_is_used_when_it_is_given(
    run: Run, write: Callable[..., Path], tmp_path: Path
) -> None:
    folder = next(SMALL.glob("*/*/scheme.toml")).parent
    head = tomllib.loads((folder / "scheme.toml").read_text(encoding="utf-8"))
    sheet = write({"items": {}})
    done = run("grade", "--scheme", head["id"], "--catalog", SMALL, "--json", sheet)
    assert done.status == 0, done.err
    assert done.json["scheme"] == head["id"]
    missing = run("grade", "--scheme", head["id"], "--catalog", tmp_path / "nowhere", sheet)
    assert missing.status == 2
    assert str(tmp_path / "nowhere") in missing.err


# ------------------------------------------------------------------ usage


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["criteria"],
        ["criteria", "nonsense"],
        ["grade"],
        ["grade", "x.json"],
        ["serve", "--port", "http"],
        ["criteria", "list", "--nonsense"],
    ],
)
def test_wrong_usage_ends_with_status_two(run: Run, arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.status, done.out) == (2, "")
    assert "usage: anbiao" in done.err


@pytest.mark.parametrize("command", [[], ["criteria"], ["grade"], ["serve"], ["criteria", "show"]])
def test_every_command_explains_itself(run: Run, command: list[str]) -> None:
    chinese, english = run(*command, "--help"), run(*command, "--help", lang="en")
    assert chinese.status == english.status == 0
    assert "usage: anbiao" in english.out
    if command != ["criteria", "show"]:
        assert chinese.out != english.out


@pytest.mark.parametrize(
    ("setting", "lang"), [("en_GB.UTF-8", "en"), ("zh_CN", "zh"), ("", "zh"), ("fr", "zh")]
)
def test_the_language_of_messages_is_a_setting(
    monkeypatch: pytest.MonkeyPatch, setting: str, lang: str
) -> None:
    monkeypatch.setenv("ANBIAO_LANG", setting)
    assert cli.language() == lang


def test_the_command_works_as_a_process_of_its_own(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "portal.cli", "criteria", "show", "nothing"],
        cwd=ROOT,
        env={**os.environ, "ANBIAO_LANG": "en", "ANBIAO_DATABASE": f"sqlite:///{tmp_path}/x.db"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "nothing" in done.stderr
    assert not (tmp_path / "x.db").exists(), "reading the criteria needs no database"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_database_that_cannot_be_used_is_said_before_serving(lang: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "portal.cli", "serve", "--port", "1"],
        cwd=ROOT,
        env={**os.environ, "ANBIAO_LANG": lang, "ANBIAO_DATABASE": "mysql://host/name"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert "mysql://host/name" in done.stderr
    assert "Traceback" not in done.stderr


# ------------------------------------------------------------------ the next grade


def without_operations() -> dict[str, Any]:
    """A sheet with full marks, but nothing for process control and work behaviour (7.1, 7.2)."""
    return {
        item.id: {"lost": plain(item.points), "reason": "gap"}
        if item.id.startswith(("7.1.", "7.2."))
        else {"full": True}
        for item in default_library().find(SCHEME).items
    }


def test_the_smallest_ways_to_better_grades_are_told_and_lead_there(
    run: Run, write: Callable[..., Path]
) -> None:
    answers = {"items": without_operations()}
    facts = write({"deaths": 0, "worst_accident": None}, "facts.json")
    begun = ("--scheme", SCHEME, "--facts", facts, "--json")
    before = run("grade", *begun, write(answers)).json
    done = run("next-grade", *begun, write(answers))
    assert (done.status, done.err) == (0, "")
    assert before["grade"] == done.json["grade"] == "2"
    (path,) = done.json["paths"]
    assert (path["grade"], path["outcome"]) == ("1", "reachable")
    for way in ("fewest_items", "least_points"):
        mended = {step["item"]: {"full": True} for step in path[way]["items"]}
        after = run("grade", *begun, write({"items": answers["items"] | mended})).json
        assert (path[way]["proved"], after["grade"]) == (True, "1")
    assert len(path["fewest_items"]["items"]) <= len(path["least_points"]["items"])


@pytest.mark.parametrize(
    ("lang", "words"),
    [("zh", ("达到一级", "条目最少：4项")), ("en", ("To reach Grade 1", "Fewest items: 4"))],
)
def test_the_way_to_the_next_grade_is_said_in_words(
    run: Run, write: Callable[..., Path], lang: str, words: tuple[str, ...]
) -> None:
    facts = write({"deaths": 0, "worst_accident": None}, "facts.json")
    begun = ("next-grade", "--scheme", SCHEME, "--facts", facts)
    done = run(*begun, write({"items": without_operations()}), lang=lang)
    assert done.status == 0
    for word in words:
        assert word in done.out


def test_the_best_grade_has_no_way_up_and_a_death_is_no_matter_of_points(
    run: Run, write: Callable[..., Path]
) -> None:
    answers = write({"items": {i.id: {"full": True} for i in default_library().find(SCHEME).items}})
    begun = ("next-grade", "--scheme", SCHEME, answers)
    best = write({"deaths": 0, "worst_accident": None}, "facts.json")
    done = run(*begun, "--facts", best, lang="en")
    assert "The best grade has been reached." in done.out
    fatal = write({"deaths": 1, "worst_accident": "general"}, "fatal.json")
    (path,) = run(*begun, "--facts", fatal, "--json").json["paths"]
    assert (path["outcome"], path["fewest_items"]) == ("performance", None)
    assert [reason["fact"] for reason in path["reasons"]] == ["deaths"]


@pytest.mark.parametrize(("lang", "words"), [("zh", "只是框架"), ("en", "is a frame")])
@pytest.mark.parametrize("command", ["grade", "next-grade"])
def test_a_frame_has_nothing_to_grade_by(
    run: Run, write: Callable[..., Path], command: str, lang: str, words: str
) -> None:
    done = run(command, "--scheme", "water-projects", write({"items": {}}), lang=lang)
    assert done.status == 2
    assert "water-projects@2013" in done.err
    assert words in done.err
