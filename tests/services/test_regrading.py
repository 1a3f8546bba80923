"""All assessments at once: graded again, asked what if, verified; on both engines."""

import hashlib
import json
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from criteria import Library, default_library, rubric_of
from portal.domain.answers import ItemAnswer
from portal.domain.assessment import Assessment, grade_answers
from portal.domain.sealed_sheets import FACTS, Edition, SheetReader, seal, unseal
from portal.services import regrade_workers, regrading, summaries
from portal.services.context import Context, install
from portal.services.regrade_workers import Crew, Helper, Reply
from portal.services.regrading import FIGURES, regrade
from portal.services.verification import verify
from portal.services.what_if import Answered, ChangeError, read_change, what_if
from portal.store.audit import broken_links, link
from portal.store.database import Row, StoreError
from portal.store.reading import open_source
from scoring import ScoringError
from scoring.bulk import grade_block
from scoring.rounding import fixed
from tests.conftest import SCHEME, YEAR, Installation, lost, no_accident
from tests.domain.test_sealed_sheets import first_format

FAULTS = {
    "1.1": lost("stage_missing"),
    "2.1.2": lost("no_body"),
    "3.1": ItemAnswer(lost="2", reason="少"),
}


def head(installation: Installation, done: Assessment) -> Row:
    row = installation.db.row(
        "select * from assessment where enterprise_id = :e and assessment_no = :n",
        e=done.enterprise_id,
        n=done.assessment_no,
    )
    assert row is not None
    return row


def alter(installation: Installation, done: Assessment, **figures: object) -> None:
    """Write wrong figures, as an older engine might have left them."""
    texts = ", ".join(f"{name} = :{name}" for name in figures)
    installation.db.run(
        f"update assessment set {texts} where enterprise_id = :e and assessment_no = :n",  # noqa: S608 - names of the test
        e=done.enterprise_id,
        n=done.assessment_no,
        **figures,
    )


def sealed(installation: Installation, done: Assessment, sheet: str) -> None:
    """Put another text in the place of a sealed sheet."""
    installation.db.run(
        "update sealed_sheet set sheet = :s where enterprise_id = :e and assessment_no = :n",
        s=sheet,
        e=done.enterprise_id,
        n=done.assessment_no,
    )


def codes(problems: tuple[regrading.Problem, ...]) -> list[tuple[str, str]]:
    return [(problem.code, problem.where) for problem in problems]


def words(problems: tuple[regrading.Problem, ...]) -> list[tuple[str, object]]:
    return [(str(problem.error), problem.values) for problem in problems]


@pytest.fixture
def three(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> list[Assessment]:
    """Three sealed assessments: with faults, of another year and still pending, far away.

    The first is sealed in the first format, the others in the second.
    """
    texts = iter((first_format,))

    def sealing(*what: object) -> tuple[str, str]:
        for written in texts:
            text = written(*what)  # type: ignore[arg-type]
            return text, hashlib.sha256(text.encode()).hexdigest()
        return seal(*what)  # type: ignore[arg-type]

    monkeypatch.setattr("portal.services.assessments.seal", sealing)
    return [
        installation.submitted("a", answers=FAULTS),
        installation.submitted("a", YEAR - 1, known=False),
        installation.submitted("far", answers={"6.1.18": ItemAnswer(not_applicable="没有")}),
    ]


# ------------------------------------------------------------------ regrade


@pytest.mark.usefixtures("three")
def test_what_is_stored_right_is_left_alone(installation: Installation) -> None:
    before = installation.db.rows("select * from assessment order by enterprise_id, assessment_no")
    report = regrade(rows=2)
    assert (report.seen, report.same, report.changed, report.unreadable) == (3, 3, (), ())
    after = installation.db.rows("select * from assessment order by enterprise_id, assessment_no")
    assert after == before


def test_a_draft_is_not_looked_at(installation: Installation) -> None:
    installation.filled("a")
    assert regrade().seen == 0


WRONG = {
    "outcome": "below_lowest",
    "grade": "3",
    "grade_by_score": None,
    "score": "1.0",
    "pct10": 7,
    "attainable": 1,
    "earned": 2,
    "deducted": 3,
    "not_applicable": 4,
    "elements": "[]",
}


@pytest.mark.parametrize("figure", FIGURES)
def test_every_wrong_figure_is_corrected_noted_and_summed_up_again(
    installation: Installation, three: list[Assessment], figure: str
) -> None:
    summaries.refresh()
    right = head(installation, three[0])
    alter(installation, three[0], **{figure: WRONG[figure]})
    report = regrade(rows=1)
    assert (report.seen, report.same, report.overtaken) == (3, 2, 0)
    [change] = report.changed
    assert (change.enterprise_id, change.assessment_no) == (three[0].enterprise_id, 1)
    assert (change.before, change.after) == ({figure: WRONG[figure]}, {figure: right[figure]})
    assert head(installation, three[0]) == right | {"version": right["version"] + 1}
    entry = installation.db.row(
        "select * from audit where enterprise_id = :e order by seq desc limit 1",
        e=three[0].enterprise_id,
    )
    assert entry is not None
    assert (entry["actor"], entry["action"], entry["subject"]) == ("system", "self.regrade", "1")
    body = json.loads(entry["body"])
    assert body == {"before": change.before, "after": change.after, "seal": 1}
    assert broken_links(installation.db, three[0].enterprise_id) == []
    assert installation.db.rows("select area_code, year, kind from dirty") == [
        {"area_code": "990102", "year": YEAR, "kind": "self"}
    ]
    assert regrade().changed == ()


def test_the_same_elements_in_another_spelling_are_the_same(
    installation: Installation, three: list[Assessment]
) -> None:
    compact = json.dumps(json.loads(head(installation, three[0])["elements"]), indent=1)
    alter(installation, three[0], elements=compact)
    assert regrade().same == 3


def test_what_somebody_changed_meanwhile_is_left_to_them(
    installation: Installation, three: list[Assessment], monkeypatch: pytest.MonkeyPatch
) -> None:
    alter(installation, three[0], score="1.0")
    real = regrading.blocks

    def meanwhile(*what: object, **how: object) -> Iterator[regrading.Block]:
        for block in real(*what, **how):  # type: ignore[arg-type]
            for row in block.rows:
                alter(installation, three[0], version=row["version"] + 1, score="2.0")
            yield block

    monkeypatch.setattr(regrading, "blocks", meanwhile)
    report = regrade()
    assert (report.changed, report.overtaken) == ((), 1)
    assert head(installation, three[0])["score"] == "2.0"


BROKEN = {
    "no JSON": lambda sheet: sheet[:-3],
    "a list": lambda _: "[]",
    "no items": lambda _: '{"scheme":"x"}',
    "an unknown item": lambda sheet: sheet.replace('"1.1":{', '"0.0":{', 1),
    "an unknown rule": lambda sheet: sheet.replace("stage_missing", "no_such"),
    "an unknown field": lambda sheet: sheet.replace('"3.1":{"lost"', '"3.1":{"cost"', 1),
    "a fact that cannot be": lambda sheet: sheet.replace('"deaths":0', '"deaths":-1'),
    "facts that are a list": lambda sheet: sheet.replace('"facts":{', '"facts":[{', 1).replace(
        '},"fingerprint"', '}],"fingerprint"', 1
    ),
    "a fact that is a list": lambda sheet: sheet.replace('"deaths":0', '"deaths":[]'),
    "an item that is a number": lambda sheet: sheet.replace(
        '"3.1":{"lost":"2","reason":"少"}', '"3.1":5', 1
    ),
}


@pytest.mark.parametrize("second", [False, True])
@pytest.mark.parametrize("kind", BROKEN)
def test_a_sheet_that_cannot_be_graded_is_named_and_the_others_go_on(
    installation: Installation, three: list[Assessment], kind: str, second: bool
) -> None:
    [row] = installation.db.rows(
        "select sheet from sealed_sheet where enterprise_id = :e and assessment_no = 1",
        e=three[0].enterprise_id,
    )
    sheet = seal(GENERAL, *unseal(row["sheet"]))[0] if second else row["sheet"]
    broken = BROKEN[kind](sheet)
    assert broken != sheet
    sealed(installation, three[0], broken)
    report = regrade()
    assert codes(report.unreadable) == [("unreadable", f"{three[0].enterprise_id}/1")]
    assert (report.seen, report.same, report.changed) == (3, 2, ())


@pytest.mark.usefixtures("three")
def test_sheets_of_both_formats_stay_as_they_were_sealed(installation: Installation) -> None:
    before = installation.db.rows("select * from sealed_sheet order by enterprise_id, sealed_at")
    assert sorted('"format":2' in row["sheet"] for row in before) == [False, True, True]
    assert regrade().same == 3
    assert verify().problems == ()
    after = installation.db.rows("select * from sealed_sheet order by enterprise_id, sealed_at")
    assert after == before


def test_a_missing_sheet_and_one_of_another_edition_are_named(
    installation: Installation, three: list[Assessment]
) -> None:
    a, _, far = three
    installation.db.run(
        "delete from sealed_sheet where enterprise_id = :e and assessment_no = 1", e=a.enterprise_id
    )
    [row] = installation.db.rows(
        "select sheet from sealed_sheet where enterprise_id = :e", e=far.enterprise_id
    )
    sealed(installation, far, row["sheet"].replace('"edition":"2011"', '"edition":"1999"'))
    report = regrade()
    assert sorted(codes(report.unreadable)) == sorted(
        [("no_sheet", f"{a.enterprise_id}/1"), ("other_edition", f"{far.enterprise_id}/1")]
    )


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [("edition", "1999", "edition_gone"), ("fingerprint", "0" * 64, "edition_changed")],
)
def test_nothing_is_graded_by_an_edition_it_is_not_pinned_to(
    installation: Installation, three: list[Assessment], column: str, value: str, code: str
) -> None:
    alter(installation, three[0], **{column: value})
    report = regrade()
    assert codes(report.unreadable) == [(code, f"{three[0].enterprise_id}/1")]
    assert report.same == 2


@pytest.mark.usefixtures("three")
def test_statements_grow_with_blocks_and_not_with_assessments(installation: Installation) -> None:
    with installation.db.counting() as one:
        regrade(rows=10)
    with installation.db.counting() as many:
        regrade(rows=1)
    assert (len(one), len(many)) == (2, 4)


@pytest.mark.usefixtures("three", "installation")
def test_progress_is_told_after_every_block() -> None:
    told: list[tuple[int, int]] = []
    regrade(lambda done, total: told.append((done, total)), rows=2)
    assert told == [(2, 3), (3, 3)]


# ------------------------------------------------------------------ with other processes


class Eager(Crew):
    """Keeps the first block, whose edition is known then, and gives all others away."""

    least = 1
    replies: ClassVar[list[Reply]] = []

    def with_time(self, done: int) -> Iterator[Helper]:
        if done < self.least:
            return
        self.others = 1
        self._start()
        [helper] = self.helpers
        assert helper.ready.wait(60)
        while True:
            yield helper
            [*_, last] = helper._given or [None]
            if last is not None and last.exception(60) is None:
                self.replies.append(last.result())


class Hasty(Eager):
    """Gives blocks away before any edition is known."""

    least = 0


class Killed(Eager):
    """Its only process is killed with a block in its hands."""

    def with_time(self, done: int) -> Iterator[Helper]:
        for helper in super().with_time(done):
            helper.process.send_signal(signal.SIGSTOP)
            yield helper
            helper.process.kill()
            helper._thread.join(60)
            assert not helper.has_time()


@pytest.fixture
def with_crew(monkeypatch: pytest.MonkeyPatch) -> Callable[[type[Crew]], list[Reply]]:
    """Lets a kind of crew work; the replies of its processes."""

    def put(crew: type[Crew]) -> list[Reply]:
        monkeypatch.setattr(regrading, "Crew", crew)
        monkeypatch.setattr(Eager, "replies", [])
        return Eager.replies

    return put


WithCrew = Callable[[type[Crew]], list[Reply]]


@pytest.mark.parametrize("crew", [Eager, Hasty])
def test_another_process_finds_and_names_what_this_one_does(
    installation: Installation, three: list[Assessment], with_crew: WithCrew, crew: type[Crew]
) -> None:
    alter(installation, three[1], score="1.0")
    [row] = installation.db.rows(
        "select sheet from sealed_sheet where enterprise_id = :e", e=three[2].enterprise_id
    )
    sealed(installation, three[2], row["sheet"].replace('"1.1~', '"0.1~', 1))
    alone = verify(rows=1)
    replies = with_crew(crew)
    told: list[tuple[int, int]] = []
    together = verify(lambda done, total: told.append((done, total)), rows=1)
    assert [reply.answer is None for reply in replies] == [crew is Hasty] * (3 - crew.least)
    assert codes(together.problems) == codes(alone.problems)
    assert words(together.problems) == words(alone.problems)
    assert told == [(1, 3), (2, 3), (3, 3)]
    report = regrade(rows=1)
    assert (report.seen, report.same, len(report.changed)) == (3, 1, 1)
    [problem] = report.unreadable
    assert isinstance(problem.error, ScoringError)
    assert (problem.error.code, problem.error.values["item"]) == ("bad_answer", "0.1~1.5")


def test_another_process_grades_by_no_edition_that_this_one_has_not(
    installation: Installation, three: list[Assessment], with_crew: WithCrew
) -> None:
    for done in three:
        alter(installation, done, edition="1999")
    alone = regrade(rows=1)
    replies = with_crew(Eager)
    together = regrade(rows=1)
    assert [reply.answer is None for reply in replies] == [False, False]
    assert codes(together.unreadable) == codes(alone.unreadable)
    assert words(together.unreadable) == words(alone.unreadable)
    assert [code for code, _ in codes(together.unreadable)] == ["edition_gone"] * 3


def test_another_process_gives_every_figure_where_all_are_wanted(
    installation: Installation, three: list[Assessment], with_crew: WithCrew
) -> None:
    alter(installation, three[1], score="1.0")
    alter(installation, three[2], elements="[]")
    chosen = regrading.Filter(kind="self")
    alone = list(regrading.blocks(regrading.pinned_reader, chosen, rows=1))
    replies = with_crew(Eager)
    together = list(regrading.blocks(regrading.pinned_reader, chosen, rows=1))
    assert together == alone
    assert [block.fresh[0] is None for block in together] == [False] * 3
    assert len(replies) == 2


@pytest.mark.usefixtures("three")
def test_a_range_without_anything_chosen_is_an_empty_block(with_crew: WithCrew) -> None:
    with_crew(Eager)
    chosen = regrading.Filter(year=YEAR)
    found = list(regrading.blocks(regrading.pinned_reader, chosen, rows=1))
    assert [len(block.rows) for block in found] == [1, 0, 1]


def test_what_comes_into_a_range_after_it_was_cut_is_looked_at_too(
    installation: Installation, three: list[Assessment], monkeypatch: pytest.MonkeyPatch
) -> None:
    far = head(installation, three[2])
    end = (far["enterprise_id"], far["assessment_no"])

    class Early(Eager):
        """Its only range was cut when none but the last assessment was there."""

        def with_time(self, done: int) -> Iterator[Helper]:
            if not done:
                yield from islice(super().with_time(1), 1)

    monkeypatch.setattr(regrading, "Crew", Early)
    monkeypatch.setattr(regrading, "cut", lambda *_: end)
    assert regrade(rows=1).same == 3


def test_what_another_process_leaves_out_is_named_too(
    installation: Installation, three: list[Assessment], tmp_path: Path, with_crew: WithCrew
) -> None:
    # the last one, which another process gets, has the answers that will be unknown
    a, _, far = three
    sheets = [
        installation.db.rows(
            "select sheet from sealed_sheet where enterprise_id = :e and assessment_no = 1",
            e=done.enterprise_id,
        )[0]["sheet"]
        for done in (a, far)
    ]
    assert a.enterprise_id < far.enterprise_id
    sealed(installation, a, sheets[1])
    sealed(installation, far, sheets[0])
    other_edition(installation, tmp_path)
    alone = ask('edition = "2012"\nyear = 2026', rows=1)
    replies = with_crew(Eager)
    together = ask('edition = "2012"\nyear = 2026', rows=1)
    assert together.grades == alone.grades
    assert codes(together.left_out) == [("left_out", "1.2"), ("left_out", "2.1.2")]
    assert words(together.left_out) == words(alone.left_out)
    [left_out] = replies[-1].left_out.values()
    assert ("2.1.2", "unknown_rule") in left_out


@pytest.mark.usefixtures("three")
def test_a_killed_process_loses_nothing(with_crew: WithCrew) -> None:
    replies = with_crew(Killed)
    assert regrade(rows=1).same == 3
    assert replies == []


@pytest.mark.usefixtures("three")
def test_a_database_that_another_process_cannot_open_is_left_to_this_one(
    installation: Installation, tmp_path: Path, with_crew: WithCrew
) -> None:
    installation.db.address = f"sqlite:///{tmp_path}/none.db"
    replies = with_crew(Eager)
    assert regrade(rows=1).same == 3
    assert replies == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("three")
def test_another_process_cannot_write(installation: Installation) -> None:
    source = open_source(installation.db.address)
    assert source.tuples("select count(*) from assessment") == [(3,)]
    with pytest.raises(StoreError, match=r"read-?only"):
        source.tuples("delete from assessment")
    with pytest.raises(StoreError):
        open_source("sqlite:///relative.db")


@pytest.mark.usefixtures("three")
def test_little_work_and_a_single_core_start_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regrade_workers, "Helper", None)
    assert regrade().same == 3
    monkeypatch.setattr(regrade_workers, "ALONE", 0)
    monkeypatch.setattr(regrade_workers, "OTHERS", 0)
    assert regrade().same == 3


@pytest.mark.usefixtures("three")
def test_where_no_process_can_be_started_this_one_does_all(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = []

    class Refused(Helper):
        def __init__(self, *what: object) -> None:
            asked.append("process")
            super().__init__(*what)  # type: ignore[arg-type]

    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    monkeypatch.setattr(regrade_workers, "Helper", Refused)
    monkeypatch.setattr(Crew, "cores", staticmethod(lambda: 2))
    monkeypatch.setattr(regrade_workers, "MUCH", 3)
    assert (regrade(rows=1).same, asked) == (3, []), "nobody knows yet how much will come"
    assert (regrade(lambda *_: None, rows=1).same, asked) == (3, ["process"])


# ------------------------------------------------------------------ reading sheets

GENERAL = rubric_of(default_library().find(SCHEME))
NAMED = Edition(GENERAL.scheme, GENERAL.edition, GENERAL.fingerprint)
TEXTS = st.sampled_from(
    ("", "x", '},"', "a},", '{"full":true}', "\\", '"', '},"1.1":{', "备注", " ")
)


@st.composite
def entries(draw: st.DrawFn) -> ItemAnswer:
    words = {"remark": draw(TEXTS), "difference": draw(TEXTS)}
    kind = draw(st.sampled_from(("full", "absent", "lost", "open")))
    if kind == "full":
        return ItemAnswer(full=True, **words)
    if kind == "absent":
        return ItemAnswer(not_applicable=draw(TEXTS), **words)
    if kind == "lost":
        return ItemAnswer(lost=draw(st.sampled_from(("0.5", "1"))), reason=draw(TEXTS), **words)
    return ItemAnswer(**words)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.dictionaries(st.sampled_from([i.id for i in GENERAL.items]), entries())))
def test_sheets_read_in_pieces_equal_sheets_read_whole(
    sheets: list[dict[str, ItemAnswer]],
) -> None:
    full = {item.id: ItemAnswer(full=True) for item in GENERAL.items}
    texts = [
        (
            first_format(GENERAL, full | sheet, {"deaths": 0}),
            seal(GENERAL, full | sheet, {"deaths": 0})[0],
        )[n % 2]
        for n, sheet in enumerate(sheets)
    ]
    reader = SheetReader(GENERAL, NAMED)
    read = reader.read(texts)
    assert (read.rows, read.refused) == (list(range(len(sheets))), {})
    graded = grade_block(reader.marks.layout, read.columns)
    for row, sheet in enumerate(sheets):
        expected = grade_answers(GENERAL, full | sheet, {"deaths": 0})
        assert (graded.earned[row], graded.attainable[row], graded.answered[row]) == (
            expected.earned,
            expected.attainable,
            expected.answered,
        )


def test_numbers_of_answers_do_not_grow_with_reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = SheetReader(GENERAL, NAMED)
    sheets = [
        seal(GENERAL, {"1.1": ItemAnswer(lost="1", reason=f"原因{n}")}, {"direct_loss_yuan": n})[0]
        for n in range(30)
    ]
    assert len({sheet.encode().partition(FACTS)[2] for sheet in sheets}) == 30
    monkeypatch.setattr("portal.domain.sealed_sheets.MOST_PIECES", 5)
    read = reader.read(sheets)
    assert len(reader._facts) <= 6
    assert len(set(read.columns.lost[:, 0].tolist())) == 1
    assert len(reader.marks.fact_sets) == 1


# ------------------------------------------------------------------ what if


def ask(text: str, rows: int = 2) -> Answered:
    return what_if(read_change(f'scheme = "{SCHEME}"\n{text}'), rows=rows)


def test_another_ladder_moves_whom_it_should_and_stores_nothing(
    installation: Installation, three: list[Assessment]
) -> None:
    a = head(installation, three[0])
    assert (a["grade"], float(a["score"]) < 99.9) == ("1", True)
    before = installation.db.rows("select * from assessment order by enterprise_id, assessment_no")
    found = ask('year = 2026\n[[ladder]]\ngrade = "1"\ncomparator = ">="\nthreshold = 99.9\n')
    assert found.seen == 2
    assert found.grades == {("1", "1"): 1, ("1", "2"): 1}
    assert found.sectors == {"machinery": found.grades}
    assert found.areas == {
        "990102": {("1", "2"): 1},
        "990100": {("1", "2"): 1},
        "990201": {("1", "1"): 1},
        "990200": {("1", "1"): 1},
        "990000": found.grades,
        "000000": found.grades,
    }
    [move] = found.moves
    assert (move.enterprise_id, move.name) == (three[0].enterprise_id, "试验机械1有限公司")
    assert (move.score, move.grade, move.new_score, move.new_grade) == (
        a["score"], "1", a["score"], "2",
    )  # fmt: skip
    after = installation.db.rows("select * from assessment order by enterprise_id, assessment_no")
    assert after == before
    assert installation.db.rows("select * from dirty where kind = 'x'") == []


def test_other_points_of_a_rule_change_the_score_exactly(
    installation: Installation, three: list[Assessment]
) -> None:
    stored = head(installation, three[0])
    rubric = rubric_of(default_library().find(SCHEME))
    own = rubric.by_id["1.1"].rule("stage_missing")
    assert own is not None
    assert own.points is not None
    found = ask(
        'year = 2026\n[points]\n"1.1.stage_missing" = 0.1\n'
        '[[ladder]]\ngrade = "1"\ncomparator = ">"\nthreshold = 99.9\n'
    )
    [move] = [move for move in found.moves if move.enterprise_id == three[0].enterprise_id]
    earned = stored["earned"] + own.points - 1
    exact = (2000 * earned + stored["attainable"]) // (2 * stored["attainable"])
    assert move.new_score == f"{exact // 10}.{exact % 10}"
    assert move.new_score != stored["score"]


def test_weights_replace_sums_when_every_element_has_one(
    installation: Installation, three: list[Assessment]
) -> None:
    rubric = rubric_of(default_library().find(SCHEME))
    weights = "".join(
        f'[[weight]]\nelement = "{e.id}"\nweight = {0.9 if e.id == "1" else 0.01}\n'
        for e in rubric.elements
    )
    found = ask(
        f'year = 2026\n{weights}[[ladder]]\ngrade = "1"\ncomparator = ">="\nthreshold = 99.9'
    )
    [move] = found.moves
    stored = json.loads(head(installation, three[0])["elements"])
    share = {
        element: Fraction(9, 10) if element == "1" else Fraction(1, 100) for element, *_ in stored
    }
    weighted = sum(share[element] * earned / full for element, earned, full in stored)
    assert move.enterprise_id == three[0].enterprise_id
    assert move.new_score == fixed(100 * weighted / sum(share.values()), 1)
    assert move.new_score != move.score


def other_edition(installation: Installation, folder: Path) -> None:
    """A catalogue with a second edition: item 1.2 is gone, a rule of 2.1.2 has another name."""
    place = folder / SCHEME
    shutil.copytree(default_library().root / SCHEME, place)
    shutil.copy(default_library().root / "frozen.toml", folder)
    shutil.copytree(place / "2011", place / "2012")
    scheme = place / "2012" / "scheme.toml"
    text = scheme.read_text(encoding="utf-8").replace('edition = "2011"', 'edition = "2012"')
    scheme.write_text(text.replace("published = true", "published = false"), encoding="utf-8")
    for name, old, new in (
        ("01-objectives.toml", 'id = "1.2"', 'id = "1.9"'),
        ("02-organisation.toml", 'id = "no_body"', 'id = "no_such_body"'),
    ):
        path = place / "2012" / name
        path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    library = Library(folder)
    assert [str(problem) for problem in library.check()] == []
    install(Context(installation.db, library, installation.clock))


@pytest.mark.usefixtures("three")
def test_answers_unknown_in_another_edition_are_named_and_not_guessed(
    installation: Installation, tmp_path: Path
) -> None:
    other_edition(installation, tmp_path)
    found = ask('edition = "2012"\nyear = 2026')
    assert codes(found.left_out) == [("left_out", "1.2"), ("left_out", "2.1.2")]
    assert found.grades == {("1", "incomplete"): 2}
    assert found.unreadable == ()
    assert {move.new_score for move in found.moves} == {None}


@pytest.mark.usefixtures("installation")
def test_a_scheme_without_assessments_gives_an_empty_answer() -> None:
    found = ask('[[ladder]]\ngrade = "1"\ncomparator = ">="\nthreshold = 95\n')
    assert (found.seen, found.grades, found.moves) == (0, {}, ())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("scheme = ", "not_toml"),
        ('scheme = "x"', "nothing_changed"),
        ('edition = "2011"', "bad_value"),
        ('scheme = "x"\nedition = "2"\nladders = 1', "unknown_key"),
        ('scheme = "x"\nedition = "2"\nyear = "2026"', "bad_value"),
        ('scheme = "x"\nedition = "2"\nkind = "both"', "bad_value"),
        ('scheme = "x"\nedition = 2', "bad_value"),
        ('scheme = "x"\n[points]\n"1.1.a" = "much"', "bad_value"),
        ('scheme = "x"\n[points]\n"1.1.a" = -1', "bad_value"),
        ('scheme = "x"\npoints = 3\nedition = "2"', "bad_value"),
        ('scheme = "x"\n[[ladder]]\ngrade = "1"', "bad_value"),
        ('scheme = "x"\n[[ladder]]\ngrade = "1"\nthreshold = 9\ncomparator = "<"', "bad_value"),
        ('scheme = "x"\n[[weight]]\nelement = "1"\nweight = true', "bad_value"),
    ],
)
def test_a_change_file_that_cannot_be_is_refused(text: str, code: str) -> None:
    with pytest.raises(ChangeError) as caught:
        read_change(text)
    assert code in {problem.code for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('[points]\n"1.1.none" = 1', "no_rule"),
        ('[points]\n"9.9.stage_missing" = 1', "no_rule"),
        ('[points]\n"1.1.stage_missing" = 0.05', "too_fine"),
        ('[[weight]]\nelement = "99"\nweight = 1', "no_element"),
        ('[[weight]]\nelement = "1"\nweight = 1', "weights_missing"),
        ('[[ladder]]\ngrade = "9"\nthreshold = 1\ncomparator = ">="', "no_grade"),
        ('[[ladder]]\ngrade = "1"\nthreshold = 75\ncomparator = ">="', "ladder_order"),
        ('edition = "1999"', "no_edition"),
    ],
)
def test_a_change_that_does_not_fit_the_edition_is_refused(
    small: Installation, text: str, code: str
) -> None:
    small.submitted("a")
    with pytest.raises(ChangeError) as caught:
        ask(text)
    assert code in {problem.code for problem in caught.value.problems}


@pytest.mark.usefixtures("small")
def test_a_change_of_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(ChangeError) as caught:
        what_if(read_change('scheme = "x"\nedition = "2"'))
    assert [problem.code for problem in caught.value.problems] == ["no_edition"]


# ------------------------------------------------------------------ verify


@pytest.mark.usefixtures("three")
def test_a_whole_installation_has_no_problem(installation: Installation) -> None:
    assert verify().problems == ()
    summaries.refresh()
    found = verify(rows=2)
    assert found.problems == ()
    assert (found.sheets, found.results) == (3, 3)
    assert found.entries == installation.db.rows("select count(*) as n from audit")[0]["n"]
    assert found.summaries > 50


def test_an_altered_sheet_is_named(installation: Installation, three: list[Assessment]) -> None:
    [row] = installation.db.rows(
        "select sheet from sealed_sheet where enterprise_id = :e and assessment_no = 1",
        e=three[0].enterprise_id,
    )
    sealed(installation, three[0], row["sheet"].replace('"count":1', '"count":2', 1))
    assert ("sheet_altered", f"{three[0].enterprise_id}/1/1") in codes(verify().problems)


def test_a_sheet_replaced_together_with_its_hash_is_named_by_the_log(
    installation: Installation, three: list[Assessment]
) -> None:
    far = three[2]
    full = {item.id: ItemAnswer(full=True) for item in GENERAL.items}
    sheet, sha256 = seal(GENERAL, full, no_accident())  # type: ignore[arg-type]
    sealed(installation, far, sheet)
    installation.db.run(
        "update sealed_sheet set sha256 = :h where enterprise_id = :e",
        h=sha256,
        e=far.enterprise_id,
    )
    assert ("sheet_replaced", f"{far.enterprise_id}/1/1") in codes(verify().problems)


def test_an_older_sheet_of_a_reopened_assessment_is_checked_too(
    installation: Installation, three: list[Assessment]
) -> None:
    from portal.services import assessments

    a = three[0]
    user = installation["a-manager"]
    assessments.reopen(user, a.enterprise_id, a.assessment_no, "补充材料")
    installation.submit(user, a)
    assert verify().problems == ()
    installation.db.run(
        "update sealed_sheet set sheet = '{}' where enterprise_id = :e and assessment_no = 1"
        " and seal_no = 1",
        e=a.enterprise_id,
    )
    assert codes(verify().problems) == [("sheet_altered", f"{a.enterprise_id}/1/1")]


def test_a_wrong_result_is_named_with_both_figures(
    installation: Installation, three: list[Assessment]
) -> None:
    alter(installation, three[0], grade="3")
    [problem] = verify().problems
    assert (problem.code, problem.where) == ("result_differs", f"{three[0].enterprise_id}/1")
    assert problem.values["figures"] == "grade 3 / 1"


def test_a_missing_edition_is_named(installation: Installation, three: list[Assessment]) -> None:
    alter(installation, three[0], fingerprint="0" * 64)
    assert codes(verify().problems) == [("edition_changed", f"{three[0].enterprise_id}/1")]


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    "statement",
    [
        "update s_score set n = n + 1 where area_code = '990102'",
        "update s_element set earned = earned - 1 where element_id = '6'",
        "delete from s_score where area_code = '000000'",
        "insert into s_score values ('990103', 2026, 'self', 'textile', '1', 950, 1)",
    ],
)
def test_a_wrong_summary_is_named_unless_it_waits_to_be_computed(
    installation: Installation, statement: str
) -> None:
    summaries.refresh()
    installation.db.run(statement)
    assert {problem.code for problem in verify().problems} == {"summary_differs"}
    installation.db.run("delete from dirty")
    for area in ("990102", "990103", "990201"):
        for year in (YEAR, YEAR - 1):
            installation.db.run(
                "insert into dirty (area_code, year, kind) values (:a, :y, 'self')", a=area, y=year
            )
    assert verify().problems == ()


# ------------------------------------------------------------------ verify: the log

FIELDS = ("enterprise_id", "seq", "at", "actor", "role", "action", "subject", "body")


@pytest.fixture
def chain(installation: Installation) -> str:
    """The chain of an enterprise, with its guard taken away and ten entries more."""
    chain = installation.enterprise("b")
    if installation.db.engine == "sqlite":
        for name in ("audit_no_update", "audit_no_delete"):
            installation.db.run(f"drop trigger {name}")
    from portal.store.audit import AuditEntry, append

    def job(tx: object) -> None:
        for number in range(10):
            entry = AuditEntry(chain, "2026-11-20", "甲", "r", "x", str(number), {"n": number})
            append(tx, entry)  # type: ignore[arg-type]

    installation.db.write(job)
    return chain


def log_problems(chain: str) -> list[tuple[str, int]]:
    found = [p for p in verify(rows=3).problems if p.code.startswith("log_")]
    assert all(p.where.startswith(f"{chain}/") for p in found)
    return [(p.code, int(p.where.split("/")[1])) for p in found]


def renumber(installation: Installation, chain: str, old: int, new: int) -> None:
    installation.db.run(
        "update audit set seq = :new where enterprise_id = :e and seq = :old",
        new=new,
        old=old,
        e=chain,
    )


@pytest.mark.parametrize("column", ["at", "actor", "role", "action", "subject", "body", "hash"])
@pytest.mark.parametrize("seq", [1, 5])
def test_an_altered_entry_is_named(
    installation: Installation, chain: str, column: str, seq: int
) -> None:
    assert log_problems(chain) == []
    installation.db.run(
        f"update audit set {column} = 'forged' where enterprise_id = :e and seq = :s",  # noqa: S608 - fixed names
        e=chain,
        s=seq,
    )
    found = log_problems(chain)
    # without its hash nothing proves the one after it either
    both = [("log_altered", seq), ("log_altered", seq + 1)]
    assert found == (both if column == "hash" else both[:1])


def test_an_entry_sealed_anew_breaks_the_one_after_it(
    installation: Installation, chain: str
) -> None:
    rows = installation.db.rows(
        "select * from audit where enterprise_id = :e order by seq", e=chain
    )
    fields = [{**rows[4], "actor": "乙"}[name] for name in FIELDS]
    installation.db.run(
        "update audit set actor = '乙', hash = :h where enterprise_id = :e and seq = 5",
        h=link(rows[3]["hash"], fields),
        e=chain,
    )
    assert log_problems(chain) == [("log_altered", 6)]


def test_removed_entries_are_named(installation: Installation, chain: str) -> None:
    installation.db.run("delete from audit where enterprise_id = :e and seq in (4, 5)", e=chain)
    assert log_problems(chain) == [("log_removed", 4), ("log_removed", 5)]


def test_a_removed_first_entry_is_named(installation: Installation, chain: str) -> None:
    installation.db.run("delete from audit where enterprise_id = :e and seq = 1", e=chain)
    assert log_problems(chain) == [("log_removed", 1)]


def test_a_removed_entry_is_named_though_the_others_close_up(
    installation: Installation, chain: str
) -> None:
    last = installation.db.rows("select max(seq) as n from audit where enterprise_id = :e", e=chain)
    installation.db.run("delete from audit where enterprise_id = :e and seq = 4", e=chain)
    for seq in range(5, last[0]["n"] + 1):
        renumber(installation, chain, seq, seq - 1)
    assert log_problems(chain) == [("log_removed", 4)]


def test_a_removed_entry_is_named_though_the_next_one_is_sealed_anew(
    installation: Installation, chain: str
) -> None:
    rows = installation.db.rows(
        "select * from audit where enterprise_id = :e order by seq", e=chain
    )
    installation.db.run("delete from audit where enterprise_id = :e and seq = 4", e=chain)
    for before, row in pairwise([rows[2], *rows[4:]]):
        row["hash"] = link(before["hash"], [row[name] for name in FIELDS])
        installation.db.run(
            "update audit set hash = :h where enterprise_id = :e and seq = :s",
            h=row["hash"],
            e=chain,
            s=row["seq"],
        )
    assert log_problems(chain) == [("log_removed", 4)]


def test_exchanged_entries_are_named(installation: Installation, chain: str) -> None:
    for old, new in ((4, 99), (5, 4), (99, 5)):
        renumber(installation, chain, old, new)
    assert log_problems(chain) == [("log_moved", 4), ("log_moved", 5)]


def test_an_inserted_entry_is_named(installation: Installation, chain: str) -> None:
    last = installation.db.rows("select max(seq) as n from audit where enterprise_id = :e", e=chain)
    for seq in range(last[0]["n"], 4, -1):
        renumber(installation, chain, seq, seq + 1)
    rows = installation.db.rows("select * from audit where enterprise_id = :e and seq = 4", e=chain)
    fields = [{**rows[0], "seq": 5, "action": "forged"}[name] for name in FIELDS]
    installation.db.run(
        "insert into audit (enterprise_id, seq, at, actor, role, action, subject, body, hash)"
        " values (:e, 5, :at, :actor, :role, 'forged', :subject, :body, :h)",
        e=chain,
        h=hashlib.sha256(b"x").hexdigest(),
        **{name: rows[0][name] for name in ("at", "actor", "role", "subject", "body")},
    )
    assert fields
    assert log_problems(chain) == [("log_inserted", 5)]


@pytest.mark.usefixtures("chain")
def test_an_enterprise_whose_log_is_gone_is_named(
    installation: Installation, three: list[Assessment]
) -> None:
    gone = three[2].enterprise_id
    installation.db.run("delete from audit where enterprise_id = :e", e=gone)
    assert codes(verify().problems) == [("log_missing", gone)]
