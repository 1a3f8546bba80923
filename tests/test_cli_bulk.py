"""``anbiao regrade``, ``what-if`` and ``verify``: exit status, words, forms of the JSON."""

import hashlib
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
from portal.services.evidence import add as add_evidence
from portal.services.regrading import Change
from portal.services.what_if import Move
from tests.conftest import SCHEME, Installation, lost
from tests.documents.test_uploads import photo, saved

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


@pytest.fixture(autouse=True)
def evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the files of evidence of a test lie."""
    place = tmp_path / "evidence"
    monkeypatch.setenv("ANBIAO_EVIDENCE", str(place))
    return place


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


def test_an_altered_file_of_evidence_is_a_problem_and_an_unknown_one_is_not(
    run: Run, small: Installation, done: Assessment, evidence: Path
) -> None:
    number = evidence_of(small, done)
    (stored,) = (evidence / done.enterprise_id).iterdir()
    (evidence / "stray").write_bytes(b"x")
    status, out, err = run("verify")
    assert (status, err) == (0, "")
    assert "1 evidence files checked" in out
    assert "Note: no evidence belongs to the file stray." in out
    stored.write_bytes(b"another picture")
    status, out, err = run("verify", "--json")
    assert status == 1
    found = json.loads(out)
    assert found["files"] == 1
    assert [notice["code"] for notice in found["notices"]] == ["file_unknown"]
    [problem] = found["problems"]
    where = f"{done.enterprise_id}/{number}"
    assert (problem["code"], problem["where"]) == ("file_altered", where)
    assert f"{done.enterprise_id}/{stored.name}" in err
    assert "内容被改动" in run("verify", lang="zh")[2]


def evidence_of(small: Installation, done: Assessment) -> int:
    picture = saved(photo(), "PNG")
    return add_evidence(small["a-manager"], done.enterprise_id, 1, "现场.png", picture)


@pytest.mark.usefixtures("done")
def test_heads_are_written_once_and_their_sum_is_told(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "heads.json"
    status, out, err = run("verify", "--write-heads", path)
    assert (status, err) == (0, "")
    sha = hashlib.sha256(path.read_bytes()).hexdigest()
    assert f"chain heads written to {path}" in out
    assert f"noted on paper: {sha}" in out
    status, out, err = run("verify", "--write-heads", path)
    assert (status, out) == (2, "")
    assert "exists already" in err
    assert hashlib.sha256(path.read_bytes()).hexdigest() == sha
    status, out, err = run("verify", "--write-heads", tmp_path / "none" / "heads.json")
    assert (status, out) == (2, "")
    assert "Cannot write" in err
    status, out, err = run("verify", "--heads", path)
    assert (status, err) == (0, "")
    assert sha in out


def test_the_end_of_a_chain_cut_off_is_a_problem_with_heads_alone(
    run: Run, small: Installation, done: Assessment, tmp_path: Path
) -> None:
    evidence_of(small, done)
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    run("verify", "--write-heads", before)
    small.db.run("drop trigger audit_no_delete")
    small.db.run("delete from audit where action = 'evidence.add'")
    small.db.run("delete from evidence")
    assert run("verify")[0] == 0
    status, out, err = run("verify", "--heads", before, "--write-heads", after, "--json")
    assert status == 1
    found = json.loads(out)
    assert [problem["code"] for problem in found["problems"]] == ["head_gone"]
    assert found["problems"][0]["text"] in err
    for path, told in ((before, found["heads"]), (after, found["written_heads"])):
        assert told["path"] == str(path)
        assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert told["chains"] == len(json.loads(path.read_bytes())["chains"])
    assert "链尾被截断" in run("verify", "--heads", before, lang="zh")[2]
    assert run("verify", "--heads", after)[0] == 0


@pytest.mark.usefixtures("done")
@pytest.mark.parametrize(
    ("data", "words"),
    [(None, "Cannot read"), (b"{", "no valid JSON"), (b"{}", "form is not as it should be")],
)
def test_a_file_without_heads_is_wrong_usage(
    run: Run, tmp_path: Path, data: bytes | None, words: str
) -> None:
    path, new = tmp_path / "heads.json", tmp_path / "new.json"
    if data is not None:
        path.write_bytes(data)
    status, out, err = run("verify", "--heads", path, "--write-heads", new)
    assert (status, out) == (2, "")
    assert str(path) in err
    assert words in err
    assert not new.exists()


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
