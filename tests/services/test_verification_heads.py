"""Heads of chains kept elsewhere show what no check inside a database can; on both engines."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from portal.errors import UnreadableFileError
from portal.i18n import LANGUAGES
from portal.services.regrading import Problem
from portal.services.verification import verify
from portal.services.verification_heads import (
    Head,
    Heads,
    compare,
    fingerprint,
    from_bytes,
    read_heads,
    to_bytes,
    write_new,
)
from portal.services.wording import error_text
from portal.store.audit import AuditEntry, append, link
from portal.store.database import Transaction
from tests.conftest import ENTERPRISES, Installation


@pytest.fixture
def w(installation: Installation) -> Installation:
    """Enterprise a with a sealed sheet; the guard of the log is taken away, as its owner could."""
    installation.submitted("a")
    if installation.db.engine == "sqlite":
        for name in ("audit_no_update", "audit_no_delete"):
            installation.db.run(f"drop trigger {name}")
    for number in range(4):
        grow(installation, "b", f"{number}")
    return installation


def grow(w: Installation, name: str, subject: str) -> None:
    """One more entry of an enterprise's chain."""
    entry = AuditEntry(w.enterprise(name), "2026-11-20", "甲", "r", "x", subject, {})

    def job(tx: Transaction) -> None:
        append(tx, entry)

    w.db.write(job)


def last(w: Installation, name: str) -> int:
    row = w.db.row("select max(seq) as n from audit where enterprise_id = :e", e=w.enterprise(name))
    assert row is not None
    return int(row["n"])


def cut(w: Installation, name: str, entries: int) -> None:
    """Take away the newest entries of a chain."""
    w.db.run(
        "delete from audit where enterprise_id = :e and seq > :s",
        e=w.enterprise(name),
        s=last(w, name) - entries,
    )


def codes(problems: tuple[Problem, ...]) -> list[tuple[str, str]]:
    return [(problem.code, problem.where) for problem in problems]


# ------------------------------------------------------------------ comparing


def test_heads_of_the_present_moment_hold(w: Installation) -> None:
    heads = read_heads(rows=2)
    assert heads == read_heads()
    chains = w.db.rows("select distinct enterprise_id as e from audit")
    assert [head.chain for head in heads.chains] == sorted(row["e"] for row in chains)
    assert len(chains) > len(ENTERPRISES), "accounts and settings have chains too"
    assert (heads.written_at, heads.engine) == ("2026-11-20T02:00:00+00:00", w.db.engine)
    by_chain = {head.chain: head for head in heads.chains}
    assert by_chain[w.enterprise("a")].sheets == 1
    [row] = w.db.rows(
        "select * from audit where enterprise_id = :e order by seq desc limit 1",
        e=w.enterprise("b"),
    )
    assert by_chain[w.enterprise("b")] == Head(
        row["enterprise_id"], row["seq"], row["hash"], row["at"], 0
    )
    assert compare(heads) == ()


def test_entries_and_chains_added_since_are_fine(w: Installation) -> None:
    heads = read_heads()
    fewer = Heads(heads.written_at, heads.engine, heads.chains[1:])
    grow(w, "b", "later")
    w.submitted("far")
    assert compare(heads) == ()
    assert compare(fewer) == ()


@pytest.mark.parametrize("entries", [1, 3])
def test_the_end_of_a_chain_cut_off_is_found_by_the_heads_kept_before(
    w: Installation, entries: int
) -> None:
    heads = read_heads()
    seq = last(w, "b")
    cut(w, "b", entries)
    assert verify().problems == (), "inside the database nothing shows it"
    [problem] = compare(heads)
    assert (problem.code, problem.where) == ("head_gone", f"{w.enterprise('b')}/{seq}")
    assert problem.values == {"at": "2026-11-20", "last": seq - entries}


def test_an_end_cut_off_and_grown_again_has_another_hash(w: Installation) -> None:
    heads = read_heads()
    seq = last(w, "b")
    cut(w, "b", 2)
    for subject in ("other", "entries", "instead"):
        grow(w, "b", subject)
    assert verify().problems == ()
    assert codes(compare(heads)) == [("head_other", f"{w.enterprise('b')}/{seq}")]


def test_a_chain_written_anew_from_its_beginning_is_found(w: Installation) -> None:
    heads = read_heads()
    chain, previous = w.enterprise("b"), ""
    names = ("enterprise_id", "seq", "at", "actor", "role", "action", "subject", "body")
    for row in w.db.rows("select * from audit where enterprise_id = :e order by seq", e=chain):
        fields = [row[name] for name in names]
        if row["seq"] == 1:
            fields[3] = "somebody else"
        previous = link(previous, fields)
        w.db.run(
            "update audit set actor = :a, hash = :h where enterprise_id = :e and seq = :s",
            a=fields[3],
            h=previous,
            e=chain,
            s=row["seq"],
        )
    assert verify().problems == ()
    assert codes(compare(heads)) == [("head_other", f"{chain}/{last(w, 'b')}")]


def test_a_whole_chain_removed_is_named(w: Installation) -> None:
    heads = read_heads()
    cut(w, "b", last(w, "b"))
    assert verify().problems == ()
    assert codes(compare(heads)) == [("chain_gone", w.enterprise("b"))]


def test_sealed_sheets_taken_away_with_their_entries_are_named(w: Installation) -> None:
    heads = read_heads()
    a = w.enterprise("a")
    w.db.run("delete from sealed_sheet where enterprise_id = :e", e=a)
    [problem] = compare(heads)
    assert (problem.code, problem.where) == ("sheets_gone", a)
    assert problem.values == {"kept": 1, "found": 0}
    cut(w, "a", 1)
    assert [problem.code for problem in compare(heads)] == ["head_gone", "sheets_gone"]


def test_every_chain_is_named_and_progress_told(w: Installation) -> None:
    heads = read_heads()
    w.db.run("delete from audit")
    told: list[tuple[int, int]] = []
    problems = compare(heads, lambda done, total: told.append((done, total)))
    assert codes(problems) == [("chain_gone", head.chain) for head in heads.chains]
    assert told == [(n, len(heads.chains)) for n in range(1, len(heads.chains) + 1)]


def test_a_database_without_a_log_has_no_heads(w: Installation) -> None:
    w.db.run("delete from audit")
    assert read_heads().chains == ()


# ------------------------------------------------------------------ the file

SOME = Heads(
    "2026-11-20T02:00:00+00:00",
    "sqlite",
    (Head("e01", 7, "ab" * 32, "2026-11-19T08:00:00+00:00", 2), Head("e02", 1, "c", "d", 0)),
)


def test_the_file_is_canonical_and_read_as_it_was_written() -> None:
    data = to_bytes(SOME)
    assert from_bytes(data) == SOME
    value = json.loads(data)
    assert (
        data
        == json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    )
    assert fingerprint(data) == hashlib.sha256(data).hexdigest()
    assert data.startswith(b'{"chains":[{"at":"2026-11-19T08:00:00+00:00","chain":"e01","hash":')


Change = Callable[[dict[str, object]], object]


def first(**other: object) -> Change:
    """Another first chain."""
    return lambda value: value["chains"][0].update(other)  # type: ignore[index]


@pytest.mark.parametrize(
    ("change", "entry"),
    [
        (lambda value: value.pop("form"), "form"),
        (lambda value: value.update(form="other"), "form"),
        (lambda value: value.update(written_at=None), "written_at"),
        (lambda value: value.pop("engine"), "engine"),
        (lambda value: value.update(chains={}), "chains"),
        (lambda value: value.update(chains=["e01"]), "chains[0]"),
        (lambda value: value["chains"][1].update(chain="e01"), "chains[1]"),
        (first(seq="7"), "chains[0]"),
        (first(seq=True), "chains[0]"),
        (first(seq=2**31), "chains[0]"),
        (first(sheets=-1), "chains[0]"),
        (first(hash=None), "chains[0]"),
        (first(chain="e\x00"), "chains[0]"),
        (first(chain="\ud800"), "chains[0]"),
    ],
)
def test_a_file_of_another_form_is_refused_with_the_place(change: Change, entry: str) -> None:
    value = json.loads(to_bytes(SOME))
    change(value)
    with pytest.raises(UnreadableFileError) as caught:
        from_bytes(json.dumps(value).encode())
    assert (caught.value.code, caught.value.values) == ("heads_not_ours", {"entry": entry})
    assert all(entry in error_text(caught.value, lang) for lang in LANGUAGES)


@pytest.mark.parametrize("data", [b"", b"\xff", to_bytes(SOME)[:-1], b"[" * 100_000])
def test_a_file_that_is_cut_off_or_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFileError) as caught:
        from_bytes(data)
    assert caught.value.code == "heads_no_json"


@pytest.mark.parametrize("data", [b"[]", b"null", b"7", b'"form"'])
def test_json_that_is_no_object_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFileError) as caught:
        from_bytes(data)
    assert caught.value.code == "heads_not_ours"


def test_heads_kept_before_are_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "heads.json"
    write_new(path, b"first")
    with pytest.raises(FileExistsError):
        write_new(path, b"second")
    assert path.read_bytes() == b"first"


def test_nothing_remains_of_a_file_that_could_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("portal.services.verification_heads.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_new(tmp_path / "heads.json", b"half")
    assert list(tmp_path.iterdir()) == []
