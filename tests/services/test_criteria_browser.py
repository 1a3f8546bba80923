"""Looking up the criteria: what there is, what a row asks, where a word stands."""

import pytest

from criteria import default_library
from portal.errors import PortalError
from portal.services import criteria_browser as browser
from portal.store.criteria_index import CriteriaIndex, Entry

pytestmark = pytest.mark.usefixtures("small")

LANGUAGES = ["zh", "en"]


@pytest.fixture(scope="module")
def index() -> CriteriaIndex:
    return CriteriaIndex(
        [
            Entry("a@1", "1.1", "叉车驾驶员持证上岗\nForklift drivers hold a licence"),
            Entry("a@1", "1.2", "叉车限速5km/h\nForklifts keep to 5 km/h"),
            Entry("b@1", "2.1", '有限空间作业审批 "permit" a*b\nConfined space'),
        ]
    )


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        ("叉车", ["1.1", "1.2"]),
        ("驾驶员", ["1.1"]),
        ("叉车 持证上岗", ["1.1"]),
        ("FORKLIFT", ["1.1", "1.2"]),
        ("km/h", ["1.2"]),
        ("有限空间 审批", ["2.1"]),
        ("车", ["1.1", "1.2"]),
        ("叉车 有限空间", []),
        ("吊车", []),
        ("", []),
        ("   ", []),
    ],
)
def test_all_words_must_occur_in_either_language_and_of_any_length(
    index: CriteriaIndex, words: str, rows: list[str]
) -> None:
    assert sorted(row for _, row in index.find(words, 10)) == rows


@pytest.mark.parametrize(
    "words", ['"', '"permit"', "a*b", "NEAR(", "叉车 OR 有限空间", "'; --", "%"]
)
def test_signs_of_the_query_language_are_only_signs(index: CriteriaIndex, words: str) -> None:
    found = {row for _, row in index.find(words, 10)}
    assert found <= {"2.1"}


def test_no_more_rows_are_found_than_asked_for(index: CriteriaIndex) -> None:
    assert len(index.find("叉车", 1)) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_edition_of_the_catalogue_can_be_read_in_full(language: str) -> None:
    lines = browser.catalogue(language)
    assert {line.key for line in lines} == {s.key for s in default_library().schemes()}
    for line in lines:
        view = browser.scheme(line.key, language)
        rows = [row.id for part in view.parts for row in part.rows]
        assert len(rows) == line.rows == len(set(rows))
        for row_id in rows[:: max(1, len(rows) // 5)]:
            row = browser.row(line.key, row_id, language)
            assert row.text
            assert row.source


def test_kinds_stand_together_with_the_enterprise_standards_first() -> None:
    kinds = [line.kind for line in browser.catalogue("zh")]
    assert kinds == sorted(kinds, key=browser.KINDS.index)
    assert kinds[0] == "enterprise"


def test_a_row_shows_evidence_deductions_clause_and_law() -> None:
    row = browser.row("industry-trade-general@2011", "2.1.2", "zh")
    item = next(i for i in default_library().find(row.key).items if i.id == "2.1.2")
    assert row.text == item.text.zh
    assert row.other_language == item.text.en
    assert row.evidence == tuple(text.zh for text in item.evidence)
    assert row.rules == tuple(rule.text.zh for rule in item.rules)
    assert "128号" in row.source
    assert "第二十四条" in row.law[0]
    assert not row.verified


@pytest.mark.parametrize(
    ("key", "row"),
    [("no-such@1", None), ("hotel@1999", None), ("hotel", "99.9"), ("", None), ("../x@1", None)],
)
def test_what_does_not_exist_is_named(key: str, row: str | None) -> None:
    with pytest.raises(PortalError) as caught:
        browser.scheme(key, "zh") if row is None else browser.row(key, row, "zh")
    assert caught.value.code == "no_such_criteria"


@pytest.mark.parametrize(
    ("words", "language"), [("消火栓", "zh"), ("扶梯", "zh"), ("escalator", "en")]
)
def test_a_search_finds_rows_that_hold_the_words(words: str, language: str) -> None:
    hits = browser.search(words, language)
    assert 0 < len(hits) <= browser.HITS
    for hit in hits[:10]:
        row = browser.row(hit.key, hit.id, language)
        said = " ".join([row.text, row.other_language, *row.evidence, *row.rules])
        assert words in said.casefold()


def test_a_search_without_words_or_without_hits_finds_nothing() -> None:
    assert browser.search("", "zh") == browser.search("没有这种东西", "zh") == []
