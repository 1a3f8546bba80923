"""Sealed sheets of both formats: written, read one by one and in blocks, refused by name."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from criteria import default_library, rubric_of
from portal.domain.answers import ItemAnswer, ReportedRule
from portal.domain.assessment import grade_answers
from portal.domain.sealed_sheets import (
    LONGEST_RANGE,
    Edition,
    Refused,
    SheetReader,
    seal,
    unseal,
)
from scoring import Rubric, ScoringError
from scoring.bulk import grade_block
from scoring.model import FactValue

GENERAL = rubric_of(default_library().find("industry-trade-general"))
NAMED = Edition(GENERAL.scheme, GENERAL.edition, GENERAL.fingerprint)
FULL = ItemAnswer(full=True)
ALL = {item.id: FULL for item in GENERAL.items}
FACTS: dict[str, FactValue] = {"deaths": 0, "worst_accident": "none", "note": '},"items":{"'}
ENTRIES = (
    FULL,
    ItemAnswer(full=True, remark="见记录"),
    ItemAnswer(full=True, major_hazard=True),
    ItemAnswer(full=True, difference='},"1.1":{"full":true'),
    ItemAnswer(lost="0.5", reason='"full":["1.1"],"items":{'),
    ItemAnswer(lost="1", reason="少"),
    ItemAnswer(not_applicable="没有"),
    ItemAnswer(not_applicable=" "),
    ItemAnswer(remark="未评"),
    ItemAnswer(),
)


def canonical(sheet: object) -> str:
    return json.dumps(sheet, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def first_format(
    rubric: Rubric, answers: Mapping[str, ItemAnswer], facts: Mapping[str, FactValue]
) -> str:
    """A sheet as it was sealed before there was a second format."""
    return canonical(
        {
            "scheme": rubric.scheme,
            "edition": rubric.edition,
            "fingerprint": rubric.fingerprint,
            "engine": "1",
            "items": {item: answer.to_json() for item, answer in answers.items()},
            "facts": dict(facts),
        }
    )


def second_format(
    rubric: Rubric, answers: Mapping[str, ItemAnswer], facts: Mapping[str, FactValue]
) -> str:
    return seal(rubric, answers, facts)[0]


FORMATS = pytest.mark.parametrize("written", [first_format, second_format])
Written = Callable[[Rubric, Mapping[str, ItemAnswer], Mapping[str, FactValue]], str]


def changed(sheet: str, **parts: object) -> str:
    return canonical(json.loads(sheet) | parts)


# ------------------------------------------------------------------ one sheet

SMALL = replace(
    GENERAL,
    scheme="试行",
    edition="2026",
    fingerprint="0f",
    items=tuple(
        replace(GENERAL.items[0], id=name)
        for name in ("1.1", "1.2", "1.3", "1.10", "2.1.9", "2.1.10", "m-1", "m-02", "m-03", "x")
    ),
)


def test_full_marks_are_listed_once_as_ids_and_ranges_and_all_else_is_written_out() -> None:
    answers = dict.fromkeys((item.id for item in SMALL.items), FULL) | {
        "1.2": ItemAnswer(lost="1", reason="缺一项", remark="复印件"),
        "m-1": ItemAnswer(full=True, remark="见照片"),
        "1.10": ItemAnswer(
            deductions=(ReportedRule("stage_missing", 2), ReportedRule("range", 1, "0.5"))
        ),
    }
    text, sha = seal(SMALL, answers, {"deaths": 0})
    assert text == (
        '{"edition":"2026","engine":"1","facts":{"deaths":0},"fingerprint":"0f","format":2,'
        '"full":["1.1","1.3","2.1.9~2.1.10","m-02~m-03","x"],'
        '"items":{"1.10":{"deductions":[{"count":2,"rule":"stage_missing"},'
        '{"count":1,"points":"0.5","rule":"range"}]},'
        '"1.2":{"lost":"1","reason":"缺一项","remark":"复印件"},'
        '"m-1":{"full":true,"remark":"见照片"}},"scheme":"试行"}'
    )
    assert sha == hashlib.sha256(text.encode()).hexdigest()
    assert sha == "d6737eed13c5d2fd013021c9ea969900753c0fa2bd304aa71ab370cea1157b77"
    assert unseal(text) == (answers, {"deaths": 0})


def test_what_was_sealed_in_the_first_format_reads_as_it_did() -> None:
    text = (
        '{"edition":"2011","engine":"1","facts":{"deaths":0},"fingerprint":"0f","items":{'
        '"1.1":{"full":true},"1.10":{"deductions":[{"count":1,"rule":"r"}]},'
        '"1.2":{"not_applicable":"没有"}},"scheme":"s"}'
    )
    assert unseal(text) == (
        {
            "1.1": FULL,
            "1.10": ItemAnswer(deductions=(ReportedRule("r"),)),
            "1.2": ItemAnswer(not_applicable="没有"),
        },
        {"deaths": 0},
    )


entries = st.dictionaries(
    st.sampled_from([item.id for item in GENERAL.items]), st.sampled_from(ENTRIES)
)
examples = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@examples
@given(entries, st.sets(st.sampled_from([item.id for item in GENERAL.items]), max_size=30))
def test_a_sheet_is_canonical_and_gives_back_every_answer_in_the_order_of_the_first_format(
    entries: dict[str, ItemAnswer], left_out: set[str]
) -> None:
    answers = {item: said for item, said in (ALL | entries).items() if item not in left_out}
    text, sha = seal(GENERAL, answers, FACTS)
    assert text == canonical(json.loads(text))
    backwards = dict(reversed(answers.items()))
    assert seal(GENERAL, backwards, dict(reversed(FACTS.items()))) == (text, sha)
    assert unseal(text) == (answers, FACTS)
    before, _ = unseal(first_format(GENERAL, answers, FACTS))
    assert list(unseal(text)[0].items()) == list(before.items())


def test_a_long_run_of_full_marks_is_cut_so_that_it_can_be_read_again() -> None:
    items = tuple(replace(GENERAL.items[0], id=f"1.{n}") for n in range(1, 2 * LONGEST_RANGE + 2))
    answers = dict.fromkeys((item.id for item in items), FULL)
    text, _ = seal(replace(GENERAL, items=items), answers, {})
    assert json.loads(text)["full"] == ["1.1~1.1000", "1.1001~1.2000", "1.2001"]
    assert unseal(text)[0] == answers


MALFORMED: dict[str, tuple[dict[str, Any], str, str]] = {
    "a format to come": ({"format": 3}, "-", "format"),
    "a list that is none": ({"full": "1.1"}, "-", "full"),
    "a list of numbers": ({"full": [1.1]}, "-", "full"),
    "an item listed twice": ({"full": ["1.1", "1.1"]}, "1.1", "full"),
    "an item listed again within a range": ({"full": ["1.2", "1.1~1.3"]}, "1.2", "full"),
    "a listed item that is written out too": (
        {"full": ["1.1"], "items": {"1.1": {"lost": "1", "reason": "少"}}},
        "1.1",
        "full",
    ),
    "a range that goes back": ({"full": ["1.3~1.1"]}, "1.3~1.1", "full"),
    "a range of one": ({"full": ["1.1~1.1"]}, "1.1~1.1", "full"),
    "a range over two parts": ({"full": ["1.1~2.3"]}, "1.1~2.3", "full"),
    "a range without an end": ({"full": ["1.1~"]}, "1.1~", "full"),
    "a range of three": ({"full": ["1.1~1.2~1.3"]}, "1.1~1.2~1.3", "full"),
    "a range without numbers": ({"full": ["a~b"]}, "a~b", "full"),
    "a range without measure": ({"full": ["1.1~1.999999"]}, "1.1~1.999999", "full"),
    "items that are a list": ({"items": []}, "-", "items"),
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_sheet_is_refused_by_the_name_of_what_is_wrong(kind: str) -> None:
    parts, item, name = MALFORMED[kind]
    broken = changed(second_format(GENERAL, {}, FACTS), **parts)
    with pytest.raises(ScoringError) as caught:
        unseal(broken)
    assert caught.value.code == "bad_answer"
    assert (caught.value.values["item"], caught.value.values["field"]) == (item, name)
    read = SheetReader(GENERAL, NAMED).read([second_format(GENERAL, ALL, FACTS), broken])
    assert (read.rows, list(read.refused)) == ([0], [1])
    error = read.refused[1].error
    assert isinstance(error, ScoringError)
    assert error.values == caught.value.values


# ------------------------------------------------------------------ many sheets


def figures(reader: SheetReader, sheets: list[str]) -> list[tuple[int, ...]]:
    read = reader.read(sheets)
    assert (read.rows, read.refused) == (list(range(len(sheets))), {})
    graded = grade_block(reader.marks.layout, read.columns)
    return list(
        zip(
            graded.outcome.tolist(),
            graded.grade.tolist(),
            graded.score.tolist(),
            graded.earned.tolist(),
            graded.attainable.tolist(),
            graded.answered.tolist(),
            strict=True,
        )
    )


@examples
@given(st.lists(entries, max_size=4))
def test_a_sheet_has_the_same_grade_in_both_formats_which_is_that_of_the_engine(
    several: list[dict[str, ItemAnswer]],
) -> None:
    sheets = [ALL | some for some in several]
    first = [first_format(GENERAL, sheet, FACTS) for sheet in sheets]
    second = [second_format(GENERAL, sheet, FACTS) for sheet in sheets]
    found = figures(SheetReader(GENERAL, NAMED), first + second)
    assert found[: len(sheets)] == found[len(sheets) :]
    for (*_, earned, attainable, answered), sheet in zip(found, sheets, strict=False):
        engine = grade_answers(GENERAL, sheet, FACTS)
        assert (earned, attainable, answered) == (
            engine.earned,
            engine.attainable,
            engine.answered,
        )


OTHER_SPELLINGS: dict[str, Callable[[str], str]] = {
    "indented": lambda text: json.dumps(json.loads(text), indent=1),
    "escaped": lambda text: json.dumps(json.loads(text), sort_keys=True, separators=(",", ":")),
    "keys in another order": lambda text: json.dumps(
        dict(reversed(json.loads(text).items())), separators=(",", ":")
    ),
    "a blank before an item": lambda text: text.replace('},"', '}, "'),
    "a blank before an entry": lambda text: text.replace('","', '", "'),
    "a blank around the facts": lambda text: text.replace('"facts":{', '"facts": {'),
    "an escaped id": lambda text: text.replace('"2.1.1', '"\\u0032.1.1'),
    "a further part": lambda text: text.replace('"facts":', '"extra":1,"facts":'),
}


@FORMATS
@pytest.mark.parametrize("spelling", OTHER_SPELLINGS)
def test_a_sheet_in_another_spelling_is_read_too(written: Written, spelling: str) -> None:
    answers = ALL | {"3.1": ENTRIES[5], "3.2": ENTRIES[6]}
    text = written(GENERAL, answers, FACTS)
    other = OTHER_SPELLINGS[spelling](text)
    found = figures(SheetReader(GENERAL, NAMED), [text, other])
    assert found[0] == found[1]


@FORMATS
@pytest.mark.parametrize("answered", [(), ("1.1",)])
def test_a_sheet_with_nothing_listed_or_nothing_written_out_is_read(
    written: Written, answered: tuple[str, ...]
) -> None:
    sheets = [
        dict.fromkeys(answered, FULL),
        dict.fromkeys(answered, ENTRIES[5]),
        dict.fromkeys(ALL, ENTRIES[5]),
        ALL,
    ]
    texts = [written(GENERAL, sheet, {}) for sheet in sheets]
    reader = SheetReader(GENERAL, NAMED)
    found = figures(reader, texts)
    assert [row[-1] for row in found] == [len(answered), len(answered), len(ALL), len(ALL)]
    assert figures(reader, texts) == found  # all pieces are known now, of some sheets only one


def test_an_item_that_the_first_format_writes_twice_counts_as_its_last_row_says() -> None:
    text = first_format(GENERAL, ALL, {})
    twice = text.replace(
        '"1.1":{"full":true}', '"1.1":{"full":true},"1.1":{"lost":"1","reason":"x"}'
    )
    assert unseal(twice)[0]["1.1"] == ItemAnswer(lost="1", reason="x")
    found = figures(SheetReader(GENERAL, NAMED), [twice, text])
    assert found[0][3] == found[1][3] - int(1 / GENERAL.unit)


@FORMATS
@pytest.mark.parametrize("name", ["scheme", "edition", "fingerprint"])
def test_a_sheet_of_another_edition_is_not_read(written: Written, name: str) -> None:
    text = written(GENERAL, ALL, FACTS)
    read = SheetReader(GENERAL, NAMED).read([changed(text, **{name: "x"}), None])
    assert read.refused == {0: Refused("other_edition"), 1: Refused("no_sheet")}


@FORMATS
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"1.1', '"0.1'),
        ('"2.1.1', '"2.0.1'),
        ('"deaths":0', '"deaths":-1'),
        ('"facts":{', '"facts":[{'),
        ('"engine":"1"', '"engine":"1'),
        ('{"lost":"1"', '{"lost":"-1"'),
        ('{"lost":"1"', '{"fool":"1"'),
        ("{", "[" * 100_000 + "{"),
    ],
)
def test_a_broken_sheet_is_refused_and_its_neighbours_are_read(
    written: Written, old: str, new: str
) -> None:
    text = written(GENERAL, ALL | {"3.1": ENTRIES[5]}, FACTS)
    broken = text.replace(old, new, 1)
    assert broken != text
    read = SheetReader(GENERAL, NAMED).read([text, broken, text])
    assert (read.rows, list(read.refused)) == ([0, 2], [1])
    assert read.refused[1].code == "unreadable"
    assert read.refused[1].error is not None


@FORMATS
def test_answers_of_another_edition_are_left_out_where_that_is_asked_for(written: Written) -> None:
    gone = [item.id for item in GENERAL.items if not item.id.startswith("1.")]
    fewer = replace(GENERAL, items=tuple(GENERAL.by_id[item] for item in gone))
    reader = SheetReader(fewer, NAMED, lenient=True)
    read = reader.read([written(GENERAL, ALL, FACTS)])
    assert (read.rows, read.columns.open.tolist()) == ([0], [0])
    assert {item for item, _ in reader.left_out} == set(ALL) - set(gone)
    for _ in range(2):
        read = reader.read([written(GENERAL, {"1.1": FULL}, {})])
        assert (read.rows, read.columns.open.tolist()) == ([0], [len(gone)])


def test_different_remarks_and_facts_are_forgotten_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.domain.sealed_sheets.MOST_PIECES", 300)
    reader = SheetReader(GENERAL, NAMED)
    for number in range(400):
        some = {
            item.id: ItemAnswer(full=True, remark=f"{number}/{item.id}")
            for item in GENERAL.items[number % 100 : number % 100 + 5]
        }
        facts: dict[str, FactValue] = {"direct_loss_yuan": number}
        assert figures(reader, [second_format(GENERAL, ALL | some, facts)])[0][-1] == len(ALL)
        assert len(reader._pieces) <= 300 + len(GENERAL.items)
        assert len(reader._facts) <= 301
    assert len(reader.marks.fact_sets) == 1
