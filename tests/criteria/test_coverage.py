"""The page of what is covered is up to date and passes over nothing."""

from pathlib import Path

import pytest

from criteria import Library, coverage
from criteria.library import CATALOG


@pytest.fixture(scope="module")
def page() -> str:
    return coverage.page(Library(CATALOG))


def test_the_page_is_up_to_date(page: str) -> None:
    shown = coverage.PAGE.read_text(encoding="utf-8")
    assert shown == page, "run: python -m criteria.coverage"


def test_nothing_that_is_expected_is_passed_over(page: str) -> None:
    plan = coverage.expected()
    named = [f"| `{key}` |" for key in (*plan.schemes, *plan.frames)]
    named += [f"| {area} |" for area in plan.areas]
    assert [name for name in named if name not in page] == []
    assert len(plan.areas) == 16
    assert plan.least == {"post": 20}


def test_every_edition_of_the_catalogue_stands_on_the_page(page: str) -> None:
    for scheme in Library(CATALOG).schemes():
        shown = scheme.title.zh if scheme.kind == "specialty" else f"`{scheme.key}`"
        assert shown in page, scheme.key


def test_an_empty_catalogue_is_missing_everything(tmp_path: Path) -> None:
    said = coverage.page(Library(tmp_path))
    plan = coverage.expected()
    expected = len(plan.schemes) + len(plan.frames) + len(plan.areas)
    assert said.count("| missing |") == expected
    assert "0 of 16 areas entered." in said
    assert "0 entered, at least 20 expected, 20 missing." in said


@pytest.mark.parametrize(
    ("found", "rows", "state"),
    [
        (0, 198, "missing"),
        (1, 198, "partly"),
        (198, 198, "entered"),
        (199, 198, "more than expected"),
    ],
)
def test_states(found: int, rows: int, state: str) -> None:
    assert coverage._state(found, rows) == state
