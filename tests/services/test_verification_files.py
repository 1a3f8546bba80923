"""Files of evidence held against rows and log: missing, altered, unknown; on both engines."""

import os
import tracemalloc
from pathlib import Path

import pytest

from portal.services import evidence, verification_files
from portal.services.regrading import Problem
from portal.services.verification import verify
from portal.services.verification_files import check_files
from portal.store.files import FileStore, digest
from tests.conftest import Installation, lost
from tests.documents.test_uploads import pdf, photo, saved

PHOTO = saved(photo(), "JPEG")
DRAWING = saved(photo((40, 20)), "PNG")
MEGABYTES = 64


pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture
def w(installation: Installation, folder: Path) -> Installation:  # noqa: ARG001 - set before
    """Evidence 1 to 4 of enterprise a, where 3 is the file of 1 and 4 was taken back; 1 of b."""
    for name in ("a", "b"):
        installation.submitted(name, answers={"1.4": lost("no_record"), "1.1": lost("not_issued")})
    add(installation, "a", PHOTO)
    add(installation, "a", pdf())
    add(installation, "a", PHOTO, nonconformity=2)
    gone = add(installation, "a", DRAWING)
    evidence.remove(installation["a-manager"], installation.enterprise(), gone)
    add(installation, "b", PHOTO)
    return installation


def add(w: Installation, name: str, data: bytes, nonconformity: int = 1) -> int:
    user = w[f"{name}-manager"]
    return evidence.add(user, w.enterprise(name), nonconformity, "现场", data)


def stored(w: Installation, number: int, name: str = "a") -> str:
    """The SHA-256 in a row."""
    row = w.db.row(
        "select sha256 from evidence where enterprise_id = :e and evidence_no = :n",
        e=w.enterprise(name),
        n=number,
    )
    assert row is not None
    return str(row["sha256"])


def alter(w: Installation, number: int, sha256: str) -> None:
    w.db.run(
        "update evidence set sha256 = :s where enterprise_id = :e and evidence_no = :n",
        s=sha256,
        e=w.enterprise(),
        n=number,
    )


def codes(problems: tuple[Problem, ...]) -> list[tuple[str, str]]:
    return [(problem.code, problem.where) for problem in problems]


def found(rows: int = 2) -> list[tuple[str, str]]:
    checked = check_files(rows=rows)
    assert checked.notices == ()
    return codes(checked.problems)


# ------------------------------------------------------------------ what is wrong


@pytest.mark.usefixtures("w")
def test_evidence_as_it_was_uploaded_has_no_problem() -> None:
    checked = check_files(rows=2)
    assert (checked.rows, checked.problems, checked.notices) == (5, (), ())
    assert verify().problems == ()


@pytest.mark.usefixtures("installation")
def test_an_installation_without_evidence_needs_no_folder(folder: Path) -> None:
    assert not folder.exists()
    assert check_files() == verification_files.CheckedFiles(0, (), ())


def test_a_missing_file_is_named_for_every_row_that_has_it(w: Installation, folder: Path) -> None:
    (folder / w.enterprise() / stored(w, 1)).unlink()
    assert found() == [
        ("file_missing", f"{w.enterprise()}/1"),
        ("file_missing", f"{w.enterprise()}/3"),
    ]


@pytest.mark.parametrize("number", [2, 4], ids=["shown", "taken back"])
def test_an_altered_file_is_named(w: Installation, folder: Path, number: int) -> None:
    place = folder / w.enterprise() / stored(w, number)
    data = place.read_bytes()
    place.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert found() == [("file_altered", f"{w.enterprise()}/{number}")]
    place.write_bytes(data[:-1])
    assert found() == [("file_altered", f"{w.enterprise()}/{number}")]


def test_what_is_no_file_is_named_and_not_waited_for(w: Installation, folder: Path) -> None:
    place = folder / w.enterprise() / stored(w, 2)
    place.unlink()
    os.mkfifo(place)
    assert found() == [("file_altered", f"{w.enterprise()}/2")]
    place.unlink()
    place.mkdir()
    assert found() == [("file_altered", f"{w.enterprise()}/2")]
    place.rmdir()
    place.symlink_to("nowhere")
    assert found() == [("file_altered", f"{w.enterprise()}/2")]


def test_a_file_that_the_disk_no_longer_gives_is_named(
    w: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(verification_files, "file_digest", broken)
    checked = check_files()
    assert codes(checked.problems)[0] == ("file_unreadable", f"{w.enterprise()}/1")
    assert len(checked.problems) == 5
    assert "Input/output" in str(checked.problems[0].error)


def test_a_row_replaced_together_with_its_file_is_named_by_the_log(
    w: Installation, folder: Path
) -> None:
    (folder / w.enterprise() / stored(w, 2)).unlink()
    with FileStore(folder).staged(w.enterprise(), b"nicer") as keep:
        keep()
    alter(w, 2, digest(b"nicer"))
    assert found() == [("evidence_replaced", f"{w.enterprise()}/2")]


def test_a_row_entered_past_the_portal_is_named_by_the_log(w: Installation) -> None:
    w.db.run(
        "insert into evidence (enterprise_id, evidence_no, nonconformity_no, name, kind, size,"
        " sha256, created_at, created_by)"
        " select enterprise_id, 9, nonconformity_no, name, kind, size, sha256, created_at,"
        " created_by from evidence where enterprise_id = :e and evidence_no = 1",
        e=w.enterprise(),
    )
    assert found() == [("evidence_replaced", f"{w.enterprise()}/9")]


def test_a_row_taken_out_of_the_database_is_named_by_the_log(w: Installation) -> None:
    left = stored(w, 2)
    w.db.run("delete from evidence where enterprise_id = :e and evidence_no = 2", e=w.enterprise())
    checked = check_files(rows=2)
    assert codes(checked.problems) == [("evidence_removed", f"{w.enterprise()}/2")]
    assert codes(checked.notices) == [("file_unknown", f"{w.enterprise()}/{left}")]


@pytest.mark.parametrize("name", ["../../secret", "..", ".", "", "a/b", "x\n"])
def test_an_altered_row_leads_nowhere_else(w: Installation, folder: Path, name: str) -> None:
    (folder.parent / "secret").write_bytes(b"secret")
    alter(w, 2, name)
    (folder / w.enterprise() / stored(w, 4)).unlink()
    if w.db.engine == "sqlite":
        w.db.run("drop trigger audit_no_update")
    w.db.run(
        "update audit set body = :b where enterprise_id = :e and subject = '2'"
        " and action = 'evidence.add'",
        b=f'{{"sha256":"{name}"}}'.replace("\n", "\\n"),
        e=w.enterprise(),
    )
    checked = check_files()
    assert codes(checked.problems) == [
        ("file_missing", f"{w.enterprise()}/2"),
        ("file_missing", f"{w.enterprise()}/4"),
    ]


def test_an_entry_of_the_log_that_is_no_json_hides_nothing(w: Installation) -> None:
    if w.db.engine == "sqlite":
        w.db.run("drop trigger audit_no_update")
    w.db.run("update audit set body = '{' where action = 'evidence.add' and subject = '2'")
    assert found() == [("evidence_replaced", f"{w.enterprise()}/2")]


@pytest.mark.usefixtures("w")
def test_a_folder_that_is_not_there_is_one_problem(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = folder.with_name("elsewhere")
    monkeypatch.setenv("ANBIAO_EVIDENCE", str(elsewhere))
    assert found() == [("evidence_folder", str(elsewhere))]
    elsewhere.write_bytes(b"a file")
    assert found() == [("evidence_folder", str(elsewhere))]


# ------------------------------------------------------------------ what nobody knows


def test_files_that_no_row_knows_are_noted_and_no_problem(w: Installation, folder: Path) -> None:
    own = w.enterprise()
    with FileStore(folder).staged(own, b"left over") as keep:
        keep()
    (folder / own / ".tmp1").write_bytes(b"half")
    (folder / own / "notes").mkdir()
    (folder / "nobody").mkdir()
    (folder / "nobody" / digest(PHOTO)).write_bytes(PHOTO)
    (folder / "lost+found").mkdir()
    (folder / "read me").write_bytes(b"")
    (folder / "bad\x1b[2J\n").write_bytes(b"")
    with (folder / os.fsdecode(b"\xff")).open("wb"):
        pass
    checked = check_files()
    assert checked.problems == ()
    assert codes(checked.notices) == sorted(
        ("file_unknown", where)
        for where in (
            f"{own}/{digest(b'left over')}",
            f"{own}/.tmp1",
            f"{own}/notes",
            f"nobody/{digest(PHOTO)}",
            "read me",
            "'bad\\x1b[2J\\n'",
            "'\\udcff'",
        )
    )


def test_the_file_of_another_enterprise_is_unknown_there(w: Installation, folder: Path) -> None:
    of_a = stored(w, 2)
    (folder / w.enterprise() / of_a).rename(folder / w.enterprise("b") / of_a)
    checked = check_files()
    assert codes(checked.problems) == [("file_missing", f"{w.enterprise()}/2")]
    assert codes(checked.notices) == [("file_unknown", f"{w.enterprise('b')}/{of_a}")]


# ------------------------------------------------------------------ how it reads


@pytest.mark.usefixtures("w")
def test_progress_is_told_after_every_file() -> None:
    told: list[tuple[int, int]] = []
    check_files(lambda done, total: told.append((done, total)), rows=2)
    assert told == [(number, 5) for number in range(1, 6)]


def test_statements_grow_with_blocks_and_not_with_files(w: Installation) -> None:
    def statements(rows: int) -> int:
        with w.db.counting() as run:
            check_files(rows=rows)
        return len(run)

    assert statements(5) - statements(500) == 0
    assert statements(1) - statements(500) == 2 * 4  # rows and log of four blocks more


def test_a_large_file_is_never_whole_in_memory(w: Installation, folder: Path) -> None:
    with (folder / w.enterprise() / stored(w, 2)).open("r+b") as file:
        file.truncate(MEGABYTES * 2**20)
    tracemalloc.start()
    try:
        assert found() == [("file_altered", f"{w.enterprise()}/2")]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * 2**20
