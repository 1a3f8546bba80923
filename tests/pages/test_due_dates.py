"""Due dates in a year whose holidays are not published yet say so, where they are shown."""

from datetime import UTC, datetime

import pytest

from portal.services import deadlines, nonconformities
from tests.conftest import NOW, Installation, lost

from .conftest import Open, sound, texts

LAST = max(deadlines.calendar().years)
FAULTS = {"1.4": lost("no_record")}
PAGES = ("enterprise/nonconformities", "enterprise/today")


def shown(
    small: Installation, open_portal: Open, page: str, month: int, day: int
) -> tuple[tuple[int, ...], str]:
    """Years without a notice of what was submitted on a day, and all that the page says."""
    small.clock.moment = datetime(LAST, month, day, 2, 0, tzinfo=UTC)
    small.submitted(year=LAST, answers=FAULTS)
    small.clock.moment = NOW  # before the session ends
    manager = small["a-manager"]
    (line,) = nonconformities.of_enterprise(manager, manager.organisation_id, "zh")
    return line.unknown_years, texts(sound(open_portal(manager, page)))


@pytest.mark.parametrize("page", PAGES)
def test_a_term_into_an_unpublished_year_carries_a_note(
    small: Installation, open_portal: Open, page: str
) -> None:
    years, text = shown(small, open_portal, page, 12, 20)
    assert years == (LAST + 1,)
    assert f"{LAST + 1}年的节假日安排尚未收录" in text


@pytest.mark.parametrize("page", PAGES)
def test_a_term_in_known_years_carries_none(
    small: Installation, open_portal: Open, page: str
) -> None:
    years, text = shown(small, open_portal, page, 9, 18)
    assert years == ()
    assert "尚未登录" not in text
    assert "节假日安排尚未收录" not in text
