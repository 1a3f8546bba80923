"""The 2011 criteria as shipped agree row by row with the standard, 128 of 2011."""

import re
from datetime import date
from fractions import Fraction

import pytest

from criteria import Item, Library, Rule, Scheme, rubric_of
from criteria.library import CATALOG
from scoring import Answer, Deduction, Outcome, grade

KEY = "industry-trade-general"
CHINESE = re.compile(r"[㐀-鿿]")
NUMBER = re.compile(r"\d+(?:\.\d+)?")
NOTHING = {"zh": "不得分", "en": "scores nothing"}

ELEMENTS = {
    "1": 20,
    "2": 30,
    "3": 40,
    "4": 100,
    "5": 50,
    "6": 260,
    "7": 230,
    "8": 80,
    "9": 60,
    "10": 60,
    "11": 30,
    "12": 20,
    "13": 20,
}

SUB_ELEMENTS = (
    {"2.1": 10, "2.2": 20}
    | {"4.1": 26, "4.2": 14, "4.3": 20, "4.4": 12, "4.5": 12, "4.6": 16}
    | {"5.1": 18, "5.2": 8, "5.3": 12, "5.4": 6, "5.5": 6}
    | {"6.1": 116, "6.2": 124, "6.3": 20}
    | {"7.1": 50, "7.2": 96, "7.3": 30, "7.4": 36, "7.5": 18}
    | {"8.1": 24, "8.2": 18, "8.3": 30, "8.4": 8}
    | {"9.1": 14, "9.2": 14, "9.3": 32}
    | {"10.1": 49, "10.2": 6, "10.3": 5}
    | {"11.1": 8, "11.2": 8, "11.3": 4, "11.4": 6, "11.5": 4}
    | {"12.1": 11, "12.2": 9}
    | {"13.1": 12, "13.2": 8}
)

# The points of the items in the order of the standard, one line per sub-element (or element).
POINTS = {
    "1": [4, 6, 4, 3, 3],
    "2.1": [2, 3, 2, 3],
    "2.2": [10, 2, 3, 2, 3],
    "3": [4, 12, 12, 4, 4, 4],
    "4.1": [4, 4, 4, 6, 8],
    "4.2": [3, 8, 3],
    "4.3": [12, 8],
    "4.4": [12],
    "4.5": [12],
    "4.6": [4, 2, 10],
    "5.1": [3, 5, 10],
    "5.2": [8],
    "5.3": [2, 2, 1, 1, 6],
    "5.4": [4, 2],
    "5.5": [6],
    "6.1": [4, 12, 4, 4, 5, 5, 4, 4, 4, 4, 4, 4, 3, 4, 4, 6, 3, 8, 4, 6, 10, 6, 4],
    "6.2": [2, 4, 8, 2, 3, 3, 4, 6, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 2, 4, 4, 8, 4, 16, 4, 6, 4],
    "6.3": [6, 4, 6, 4],
    "7.1": [20, 4, 4, 2, 4, 4, 4, 2, 6],
    "7.2": [20, 20, 8, 20, 10, 6, 6, 6],
    "7.3": [4, 6, 4, 4, 4, 4, 4],
    "7.4": [4, 6, 12, 6, 8],
    "7.5": [6, 6, 6],
    "8.1": [2, 4, 4, 6, 8],
    "8.2": [8, 10],
    "8.3": [20, 6, 4],
    "8.4": [8],
    "9.1": [4, 10],
    "9.2": [6, 4, 4],
    "9.3": [20, 6, 6],
    "10.1": [4, 4, 6, 3, 3, 2, 4, 6, 4, 4, 3, 2, 4],
    "10.2": [2, 2, 2],
    "10.3": [3, 2],
    "11.1": [2, 2, 2, 2],
    "11.2": [2, 2, 2, 2],
    "11.3": [2, 2],
    "11.4": [4, 2],
    "11.5": [2, 2],
    "12.1": [2, 4, 3, 2],
    "12.2": [3, 3, 3],
    "13.1": [2, 2, 2, 4, 2],
    "13.2": [4, 4],
}

# 特别说明扣分, in the element. At zero: the item has lost all its points.
AT_ZERO, REPORTED = "item_at_zero", "reported"
SPECIAL = {
    # item: item's points, trigger, kind, extra points, scope, zeroes
    "2.1.2": (3, AT_ZERO, "once", 6, "element", None),
    "2.2.1": (10, AT_ZERO, "once", 20, "element", None),
    "2.2.3": (3, AT_ZERO, "once", 6, "element", None),
    "4.1.5": (8, AT_ZERO, "once", 16, "element", None),
    "6.1.2": (12, AT_ZERO, "once", 24, "element", None),
    "6.1.6": (5, REPORTED, "once", 15, "element", "item"),
    "6.1.8": (4, AT_ZERO, "once", 8, "element", None),
    "6.1.21": (10, REPORTED, "each", 30, "element", "item"),
    "6.1.22": (6, REPORTED, "once", 18, "element", "item"),
    "6.2.8": (6, AT_ZERO, "once", 12, "element", None),
    "6.2.24": (16, REPORTED, "once", 48, "element", "item"),
    "6.2.25": (4, AT_ZERO, "once", 8, "element", None),
    "6.2.27": (4, AT_ZERO, "once", 8, "element", None),
    "7.1.6": (4, AT_ZERO, "once", 8, "element", None),
    "7.1.9": (6, AT_ZERO, "once", 12, "element", None),
    "7.4.3": (12, REPORTED, "once", 36, "element", "item"),
    "7.4.4": (6, AT_ZERO, "once", 12, "element", None),
    "7.4.5": (8, AT_ZERO, "once", 16, "element", None),
    "9.3.1": (20, REPORTED, "once", 60, "element", "item"),
    "10.1.2": (4, REPORTED, "whole", None, "item", "sub_element"),
    "10.1.3": (6, AT_ZERO, "once", 12, "element", None),
    "11.2.1": (2, AT_ZERO, "once", 4, "element", None),
    "11.4.1": (4, AT_ZERO, "once", 8, "element", None),
}


@pytest.fixture(scope="module")
def scheme() -> Scheme:
    return Library(CATALOG).get(KEY, "2011")


@pytest.fixture(scope="module")
def rules(scheme: Scheme) -> list[tuple[Item, Rule]]:
    return [(item, rule) for item in scheme.items for rule in item.rules]


def test_every_shipped_edition_is_free_of_problems() -> None:
    assert [str(problem) for problem in Library(CATALOG).check()] == []


def test_thirteen_elements_have_the_points_of_the_standard(scheme: Scheme) -> None:
    assert {element.id: element.points for element in scheme.elements} == ELEMENTS
    assert scheme.total == sum(ELEMENTS.values()) == 1000


def test_the_sub_elements_have_the_points_of_the_standard(scheme: Scheme) -> None:
    found = {sub.id: sub.points for element in scheme.elements for sub in element.sub_elements}
    assert found == SUB_ELEMENTS


def test_198_items_have_the_points_of_the_standard_row_by_row(scheme: Scheme) -> None:
    found: dict[str, list[Fraction]] = {}
    for item in scheme.items:
        part = item.sub_element or item.element
        found.setdefault(part, []).append(item.points)
        assert item.id == f"{part}.{len(found[part])}"
    assert found == POINTS
    assert len(scheme.items) == 198


def test_606_rules_in_three_kinds(rules: list[tuple[Item, Rule]]) -> None:
    kinds = [rule.kind for _, rule in rules]
    assert {kind: kinds.count(kind) for kind in kinds} == {"whole": 207, "each": 265, "once": 134}


def test_the_23_special_rules_are_those_of_the_standard(rules: list[tuple[Item, Rule]]) -> None:
    found = {
        item.id: (item.points, rule.trigger, rule.kind, rule.points, rule.scope, rule.zeroes)
        for item, rule in rules
        if rule.scope != "item" or rule.zeroes or rule.trigger != REPORTED
    }
    assert found == SPECIAL
    assert len(SPECIAL) == 23


def test_every_special_rule_takes_its_points_when_it_is_graded(scheme: Scheme) -> None:
    rubric = rubric_of(scheme)
    full = {item.id: Answer(full=True) for item in rubric.items}
    reported = {item.id: rule.id for item in scheme.items for rule in item.rules if rule.zeroes}
    for item_id, (points, trigger, _, extra, _, zeroes) in SPECIAL.items():
        item = rubric.by_id[item_id]
        answer = (
            Answer(lost=item.points, reason="used up")
            if trigger == AT_ZERO
            else Answer((Deduction(reported[item_id]),))
        )
        result = grade(rubric, full | {item_id: answer}, {"deaths": 0})
        part = SUB_ELEMENTS["10.1"] if zeroes == "sub_element" else points + extra
        # an element with fewer points than are asked for gives what it has
        assert result.deducted * rubric.unit == min(part, ELEMENTS[item.element]), item_id


def test_every_rule_names_its_points_in_both_languages(rules: list[tuple[Item, Rule]]) -> None:
    for item, rule in rules:
        for language in ("zh", "en"):
            text = rule.text[language]
            place = f"{item.id} {rule.id} {language}: {text}"
            if rule.points is None:
                assert NOTHING[language] in text, place
            else:
                unit = r"分" if language == "zh" else r"(?:more )?points?\b"
                named = {Fraction(n) for n in re.findall(rf"({NUMBER.pattern}) ?{unit}", text)}
                assert rule.points in named, place
            if rule.zeroes == "item":
                assert NOTHING[language] in text, place
            if rule.scope == "element":
                assert {"zh": "本类目", "en": "in the element"}[language] in text, place


def test_every_rule_counted_each_says_so_in_both_languages(rules: list[tuple[Item, Rule]]) -> None:
    for item, rule in rules:
        for word, language in (("每", "zh"), ("each", "en")):
            if rule.kind == "each":
                assert word in rule.text[language], f"{item.id} {rule.id}: {rule.text}"


def test_chinese_wording_is_chinese_and_english_wording_is_not(scheme: Scheme) -> None:
    texts = [scheme.title, scheme.summary]
    texts += [row.title for row in (*scheme.ladder, *scheme.facts, *scheme.elements)]
    texts += [row.help for row in scheme.facts] + [row.text for row in scheme.performance]
    texts += [sub.title for element in scheme.elements for sub in element.sub_elements]
    for item in scheme.items:
        texts += [item.text, *item.evidence, *(rule.text for rule in item.rules)]
    assert len(texts) > 1000
    for text in texts:
        assert CHINESE.search(text.zh), text
        assert not CHINESE.search(text.en), text
        assert re.search("[A-Za-z]", text.en), text


def test_the_ladder_and_the_scale_are_those_of_the_measures(scheme: Scheme) -> None:
    ladder = [(rung.grade, rung.comparator, rung.threshold) for rung in scheme.ladder]
    assert ladder == [("1", ">=", 90), ("2", ">=", 75), ("3", ">=", 60)]
    assert (scheme.scale, scheme.decimals, scheme.compare) == (100, 1, "rounded")


class TestTheRubric:
    """What the engine gets: the same figures in tenths of a point, no wording."""

    def test_has_all_points_in_tenths(self, scheme: Scheme) -> None:
        rubric = rubric_of(scheme)
        assert rubric.unit == Fraction(1, 10)
        assert rubric.total == 10_000
        assert {row.id: row.points for row in rubric.elements} == {
            name: points * 10 for name, points in ELEMENTS.items()
        }
        assert {item.id: item.points for item in rubric.items} == {
            item.id: item.points * 10 for item in scheme.items
        }

    def test_has_every_rule_of_the_edition(self, scheme: Scheme) -> None:
        found = [
            (item.id, rule.id, rule.kind, rule.points, rule.scope, rule.trigger, rule.zeroes)
            for item in rubric_of(scheme).items
            for rule in item.rules
        ]
        assert found == [
            (
                item.id,
                rule.id,
                rule.kind,
                None if rule.points is None else rule.points * 10,
                rule.scope,
                rule.trigger,
                rule.zeroes,
            )
            for item in scheme.items
            for rule in item.rules
        ]
        assert len(found) == 606

    def test_keeps_the_name_of_its_edition(self, scheme: Scheme) -> None:
        rubric = rubric_of(scheme)
        assert (rubric.scheme, rubric.edition) == (KEY, "2011")
        assert rubric.fingerprint == scheme.fingerprint

    @pytest.mark.parametrize(
        ("facts", "expected"),
        [
            ({"deaths": 0}, "1"),
            ({"deaths": 1}, "2"),
            ({"deaths": 2}, "3"),
            ({"deaths": 3}, None),
            (
                {
                    "deaths": 1,
                    "is_group": True,
                    "worst_accident": "general",
                    "member_share_without_fatal": 90,
                },
                "1",
            ),
            (
                {
                    "deaths": 1,
                    "is_group": True,
                    "worst_accident": "general",
                    "member_share_without_fatal": 89,
                },
                "2",
            ),
        ],
    )
    def test_grades_full_marks_by_safety_performance(
        self, scheme: Scheme, facts: dict[str, int | str], expected: str | None
    ) -> None:
        rubric = rubric_of(scheme)
        result = grade(rubric, {item.id: Answer(full=True) for item in rubric.items}, facts)
        assert (result.grade, result.grade_by_score, result.score) == (expected, "1", 100)

    def test_of_an_empty_sheet_leaves_everything_open(self, scheme: Scheme) -> None:
        result = grade(rubric_of(scheme), {}, {"deaths": 0})
        assert (result.outcome, result.interval) == (Outcome.INCOMPLETE, (0, 100))


class TestTheEditionInForce:
    """Chosen by the day, refused when there is none."""

    @pytest.fixture
    def library(self) -> Library:
        return Library(CATALOG)

    def test_is_the_2011_edition_from_its_first_day(self, library: Library) -> None:
        assert library.find(KEY, date(2011, 8, 2)).edition == "2011"

    def test_does_not_exist_on_the_day_before(self, library: Library) -> None:
        with pytest.raises(KeyError, match=KEY):
            library.find(KEY, date(2011, 8, 1))

    def test_is_the_named_one_whatever_the_day(self, library: Library) -> None:
        assert library.find(f"{KEY}@2011", date(1999, 1, 1)).edition == "2011"

    def test_of_an_unknown_scheme_or_edition_is_refused_by_name(self, library: Library) -> None:
        for name in ("industry-trade-specific", f"{KEY}@1999"):
            with pytest.raises(KeyError, match=name):
                library.find(name)
