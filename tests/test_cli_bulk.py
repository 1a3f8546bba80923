"""``anbiao regrade``, ``what-if`` and ``verify``: exit status, words, forms of the JSON."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from portal import cli
from portal.commands import bulk
from portal.domain.assessment import Assessment
from portal.i18n import catalogue
from portal.services.regrading import Change
from portal.services.what_if import Move
from tests.conftest import SCHEME, Installation, lost

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def call(*arguments: object, lang: str = "en") -> tuple[int, str, str]:
        monkeypatch.setenv("ANBIAO_LANG", lang)
        status = cli.main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return call


@pytest.fixture
def done(small: Installation) -> Assessment:
    return small.submitted("a", answers={"1.1": lost("stage_missing")})


@pytest.fixture
def change(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "change.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


STRICTER = f"""
scheme = "{SCHEME}@2011"
[[ladder]]
grade = "1"
comparator = ">="
threshold = 99.95
"""


def spoil(small: Installation) -> None:
    small.db.run("update assessment set grade = '3', score = '61.0'")


@pytest.mark.usefixtures("done")
def test_nothing_to_correct_is_done(run: Run) -> None:
    status, out, err = run("regrade")
    assert (status, err) == (0, "")
    assert out.startswith("1 assessments: 1 the same, 0 corrected")
    assert "一致1份" in run("regrade", lang="zh")[1]


def test_a_correction_is_told_and_is_no_problem(
    run: Run, small: Installation, done: Assessment
) -> None:
    spoil(small)
    status, out, err = run("regrade")
    assert (status, err) == (0, "")
    assert out.splitlines()[0] == (
        f"{done.enterprise_id}/1: grade 3, score 61.0 → grade 1, score {done.score}"
    )
    assert "1 corrected" in out


def test_the_report_as_json(run: Run, small: Installation, done: Assessment) -> None:
    spoil(small)
    small.db.run("update sealed_sheet set sheet = '[]' where seal_no = 0")
    status, out, _ = run("regrade", "--json")
    assert status == 0
    report = json.loads(out)
    assert set(report) == {"seen", "same", "changed", "overtaken", "unreadable"}
    assert set(report["changed"][0]) == set(Change.__dataclass_fields__)
    assert report["changed"][0]["after"] == {"grade": "1", "score": done.score}


def test_an_unreadable_sheet_is_a_problem(run: Run, small: Installation, done: Assessment) -> None:
    small.db.run("update sealed_sheet set sheet = '{'")
    status, out, err = run("regrade", "--json")
    assert status == 1
    [problem] = json.loads(out)["unreadable"]
    assert (problem["code"], problem["where"]) == ("unreadable", f"{done.enterprise_id}/1")
    assert problem["text"] in err
    assert "1 problems." in err


def test_moves_are_counted_and_listed(
    run: Run, done: Assessment, change: Callable[[str], Path]
) -> None:
    status, out, err = run("what-if", change(STRICTER))
    assert (status, err) == (0, "")
    assert out.startswith("1 assessments, 1 of them would get another grade.")
    assert "  1 → 2: 1" in out
    assert f"{done.enterprise_id}/1 试验机械1有限公司" in out
    assert f"{done.score} (1) → {done.score} (2)" in out


@pytest.mark.usefixtures("done")
def test_the_answer_as_json(run: Run, change: Callable[[str], Path]) -> None:
    status, out, _ = run("what-if", change(STRICTER), "--json")
    answer = json.loads(out)
    assert status == 0
    assert set(answer) == {
        "seen", "grades", "sectors", "areas", "moves", "left_out", "unreadable",
    }  # fmt: skip
    assert answer["grades"] == [{"from": "1", "to": "2", "count": 1}]
    assert answer["areas"]["000000"] == answer["grades"]
    assert set(answer["moves"][0]) == set(Move.__dataclass_fields__)


@pytest.mark.usefixtures("done")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("scheme = ", "no valid TOML"),
        (STRICTER.replace("99.95", "10"), "must descend"),
        (f'scheme = "{SCHEME}"\nwho = 1', "who is not known"),
        ('scheme = "none"\nedition = "1"', "there is no standard none"),
    ],
)
def test_a_change_that_cannot_be_is_wrong_usage(
    run: Run, change: Callable[[str], Path], text: str, words: str
) -> None:
    path = change(text)
    status, out, err = run("what-if", path)
    assert (status, out) == (2, "")
    assert err.startswith(f"{path}: ")
    assert words in err


def test_a_change_file_that_is_not_there_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    status, out, err = run("what-if", tmp_path / "none.toml")
    assert (status, out) == (2, "")
    assert "Cannot read" in err
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    assert run("what-if", tmp_path / "binary.toml")[0] == 2


@pytest.mark.usefixtures("done")
def test_a_whole_database_verifies(run: Run) -> None:
    status, out, err = run("verify")
    assert (status, err) == (0, "")
    assert out.startswith("1 sealed sheets, 1 results, ")


@pytest.mark.usefixtures("done")
def test_every_problem_is_listed(run: Run, small: Installation) -> None:
    spoil(small)
    small.db.run("update sealed_sheet set sha256 = 'x'")
    status, out, err = run("verify", "--json")
    assert status == 1
    problems = json.loads(out)["problems"]
    assert [problem["code"] for problem in problems] == ["sheet_altered", "result_differs"]
    assert "grade 3 / 1" in err
    assert "2 problems." in err
    assert "共2处问题" in run("verify", lang="zh")[2]


def test_every_problem_and_every_change_has_words() -> None:
    """Codes are plain strings; each must be one of the texts, and each text must be a code."""
    root = Path(cli.__file__).parent
    places = [*(root / "services").glob("*.py"), root / "domain" / "sealed_sheets.py"]
    source = "".join(path.read_text(encoding="utf-8") for path in places)
    for section in ("cli.problem.", "cli.change."):
        codes = [key.removeprefix(section) for key in catalogue("en") if key.startswith(section)]
        assert len(codes) > 8
        assert [code for code in codes if f'"{code}"' not in source] == []


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("terminal", "shown"), [(True, True), (False, False)])
def test_progress_is_shown_on_a_terminal_after_a_second(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, shown: bool
) -> None:
    stream = _Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("ANBIAO_LANG", "en")
    moments = iter((0.0, 0.5, 1.5, 1.6, 3.0))
    monkeypatch.setattr(bulk.time, "monotonic", lambda: next(moments))
    line = bulk._Line()
    for number in range(4):
        line(number, 9)
    line.close()
    assert ("1 of 9 done" in stream.getvalue()) == shown
    assert "0 of 9" not in stream.getvalue()  # too early
    assert "2 of 9" not in stream.getvalue()  # too soon after the last
    assert stream.getvalue().endswith("\r") == shown
