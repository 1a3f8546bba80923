"""The result in words: what set the grade, what would be without each cause, the way up."""

from fractions import Fraction

import pytest

from portal.domain.answers import ItemAnswer
from portal.domain.assessment import Assessment
from portal.services import explaining, results
from portal.services.results import ResultView
from tests.conftest import Installation, lost, no_accident

GAPS = {
    item: ItemAnswer(lost=points, reason="现场未落实")
    for item, points in (("7.1.1", "20"), ("7.2.1", "20"), ("7.2.2", "20"), ("8.3.1", "20"))
}
MORE = {"7.2.4": ItemAnswer(lost="20", reason="缺"), "9.3.1": ItemAnswer(lost="12", reason="缺")}


def shown(installation: Installation, sealed: Assessment, language: str = "zh") -> ResultView:
    user = installation["a-manager"]
    return results.view(user, sealed.enterprise_id, sealed.assessment_no, language)


def test_the_score_sets_the_grade_and_every_loss_says_what_would_be_without_it(
    small: Installation,
) -> None:
    view = shown(small, small.submitted("a", answers=GAPS | MORE))
    assert view.why.headline == f"得分{view.score}分，等级由得分决定：二级。"
    lines = {line.item: line.without for line in view.deductions}
    assert lines.keys() == (GAPS | MORE).keys()
    assert all(text.endswith("级") for text in lines.values())
    assert set(view.why.elements) == {"7", "8", "9"}
    assert "全部整改后为" in view.why.elements["7"]


def test_the_bars_lead_from_full_marks_to_the_score(small: Installation) -> None:
    view = shown(small, small.submitted("a", answers=GAPS | MORE))
    first, *losses, last = view.why.bars
    assert (first.kind, first.start, first.end, first.text) == ("full", 0.0, 100.0, "100")
    assert {bar.kind for bar in losses} == {"down"}
    for before, after in zip([first, *losses], losses, strict=False):
        assert after.start == before.end
    assert last.kind == "score"
    assert last.end == pytest.approx(float(view.result.score_exact or Fraction(0)))
    assert last.text.startswith(f"{view.score} · ")
    assert [name for _, name in view.why.rungs] == ["一级 90.0", "二级 75.0", "三级 60.0"]


def test_a_death_sets_the_grade_and_without_it_the_score_would(small: Installation) -> None:
    facts = no_accident() | {"deaths": 2, "worst_accident": "general"}
    view = shown(small, small.submitted("a", facts=facts))
    assert view.why.headline == "按得分可达一级，因安全绩效定为三级。"
    decisive = [line for line in view.why.reasons if line.decides]
    assert [line.without for line in decisive] == ["若无此项：100.0分，一级。"] * len(decisive)
    assert decisive
    (first, second) = view.paths
    assert first.text.startswith("二级：安全绩效不允许")
    assert second.text.startswith("一级：安全绩效不允许")
    assert first.sets == second.sets == ()


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh", ("达到一级", "条目最少：")), ("en", ("To reach Grade 1", "Fewest items: "))],
)
def test_the_way_to_a_better_grade_names_the_items_and_their_points(
    small: Installation, language: str, words: tuple[str, str]
) -> None:
    view = shown(small, small.submitted("a", answers=GAPS | MORE), language)
    (path,) = view.paths
    assert path.text == words[0]
    assert path.sets[0].head.startswith(words[1])
    assert {step.item for step in path.sets[0].steps} <= (GAPS | MORE).keys()
    assert all(lines.proved for lines in path.sets)


def test_the_best_grade_has_no_way_up_and_nothing_to_take_apart(small: Installation) -> None:
    view = shown(small, small.submitted("a"))
    assert view.paths == ()
    assert [bar.kind for bar in view.why.bars] == ["full", "score"]


def test_what_waits_for_the_safety_performance_says_so(small: Installation) -> None:
    view = shown(small, small.submitted("a", known=False))
    assert any(line.text.startswith("缺少“") for line in view.why.reasons)
    assert all("须先填写安全绩效" in path.text for path in view.paths)


def test_a_sheet_without_anything_applicable_has_no_bars(small: Installation) -> None:
    items = small.context.library.find("industry-trade-general").items
    nothing = {item.id: ItemAnswer(not_applicable="停产") for item in items}
    view = shown(small, small.submitted("a", answers=nothing))
    assert (view.why.bars, view.why.headline, view.score) == ((), "", None)


def test_a_special_deduction_stands_with_its_item(small: Installation) -> None:
    sealed = small.submitted("a", answers={"2.1.2": lost("no_body")})
    (line,) = shown(small, sealed).deductions
    assert (line.item, line.lost, line.special) == ("2.1.2", "3", "6")


def test_a_sealed_sheet_is_taken_apart_once(small: Installation) -> None:
    sealed = small.submitted("a", answers=GAPS)
    explaining.analysis.cache_clear()
    for language in ("zh", "en", "zh"):
        shown(small, sealed, language)
    assert explaining.analysis.cache_info().misses == 1
