"""A running assessment stays with its edition until somebody moves it, and loses no answer then."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from criteria import Library
from criteria.editions import EditionState, compare, state_of
from criteria.library import CATALOG
from portal.domain.answers import ItemAnswer
from portal.domain.assessment import Assessment
from portal.domain.people import User
from portal.errors import IllegalTransitionError, NotAllowedError, StaleRecordError
from portal.services import assessments, editions, records
from portal.services.context import install
from tests.conftest import YEAR, Installation

OLD, NEW = "2013", "2013-2"


def edition(catalog: Path, name: str, **changes: str) -> None:
    """A published copy of the hotel standard in which some texts are replaced."""
    folder = shutil.copytree(CATALOG / "hotel" / OLD, catalog / "hotel" / name)
    head = folder / "scheme.toml"
    text = head.read_text(encoding="utf-8").replace(f'edition = "{OLD}"', f'edition = "{name}"')
    head.write_text(text, encoding="utf-8")
    path = folder / "01-objectives.toml"
    text = path.read_text(encoding="utf-8")
    for find, put in changes.items():
        assert find in text
        text = text.replace(find, put, 1)
    path.write_text(text, encoding="utf-8")


def freeze(catalog: Path) -> Library:
    """The catalogue with the fingerprints of all its editions."""
    (catalog / "frozen.toml").write_text("", encoding="utf-8")
    found = [p for p in Library(catalog).check() if p.field == "published"]
    lines = [f'"{p.file.replace("/", "@")}" = "{p.found}"' for p in found]
    (catalog / "frozen.toml").write_text("\n".join(lines), encoding="utf-8")
    return Library(catalog)


def with_library(installation: Installation, catalog: Path) -> Installation:
    context = replace(installation.context, library=freeze(catalog))
    install(context)
    return replace(installation, context=context)


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    edition(tmp_path, OLD)
    return tmp_path


@pytest.fixture
def hotel(small: Installation, catalog: Path) -> Installation:
    """An installation whose catalogue has the hotel standard alone."""
    return with_library(small, catalog)


def publish(hotel: Installation, catalog: Path, **changes: str) -> None:
    edition(catalog, NEW, **changes)
    with_library(hotel, catalog)


def begun(hotel: Installation) -> tuple[User, Assessment]:
    user = hotel["a-manager"]
    draft = assessments.open_self_assessment(user, "hotel", YEAR)
    hotel.fill(user, draft, {"1.1.1": ItemAnswer(lost="1", reason="缺考核办法")})
    return user, assessments.load(user, draft.enterprise_id, draft.assessment_no)


def first_text(catalog: Path) -> str:
    scheme = Library(catalog).get("hotel", OLD)
    return scheme.items[0].text.zh


def test_without_a_newer_edition_there_is_no_offer(hotel: Installation) -> None:
    user, draft = begun(hotel)
    assert editions.offer(user, draft, "zh") is None
    with pytest.raises(IllegalTransitionError):
        editions.move(user, draft.enterprise_id, draft.assessment_no, NEW, draft.rev)


def test_an_assessment_stays_with_its_edition_and_is_offered_the_newer_one(
    hotel: Installation, catalog: Path
) -> None:
    user, draft = begun(hotel)
    text = first_text(catalog)
    publish(hotel, catalog, **{text: text + "每年修订。"})
    again = assessments.load(user, draft.enterprise_id, draft.assessment_no)
    assert (again.edition, again.fingerprint) == (OLD, draft.fingerprint)
    offer = editions.offer(user, again, "zh")
    assert offer is not None
    assert (offer.edition, offer.kept) == (NEW, 127)
    assert [item for item, _ in offer.changed] == ["1.1.1"]
    assert offer.added == offer.removed == ()


def test_moving_keeps_unchanged_answers_and_sets_the_others_aside_on_record(
    hotel: Installation, catalog: Path
) -> None:
    user, draft = begun(hotel)
    text = first_text(catalog)
    publish(hotel, catalog, **{text: text + "每年修订。"})
    place = (draft.enterprise_id, draft.assessment_no)
    before = records.draft_answers(hotel.context.db, *place)
    editions.move(user, *place, NEW, draft.rev)
    moved = assessments.load(user, *place)
    assert (moved.edition, moved.rev) == (NEW, draft.rev + 1)
    assert records.scheme_of(moved).edition == NEW
    after = records.draft_answers(hotel.context.db, *place)
    assert after == {item: answer for item, answer in before.items() if item != "1.1.1"}
    row = hotel.context.db.row(
        "select body from audit where action = 'self.move_edition' and enterprise_id = :e",
        e=draft.enterprise_id,
    )
    body = json.loads(row["body"])
    assert (body["before"], body["after"]) == (OLD, NEW)
    assert body["set_aside"] == {"1.1.1": {"lost": "1", "reason": "缺考核办法"}}
    assert editions.offer(user, moved, "zh") is None


def test_a_move_that_crosses_an_answer_of_somebody_else_is_refused(
    hotel: Installation, catalog: Path
) -> None:
    user, draft = begun(hotel)
    publish(hotel, catalog)
    with pytest.raises(StaleRecordError):
        editions.move(user, draft.enterprise_id, draft.assessment_no, NEW, draft.rev - 1)
    assert assessments.load(user, draft.enterprise_id, draft.assessment_no).edition == OLD


def test_only_the_own_draft_can_be_moved(hotel: Installation, catalog: Path) -> None:
    user, draft = begun(hotel)
    publish(hotel, catalog)
    for other in ("b-manager", "reviewer-1", "official-district", "administrator"):
        with pytest.raises(NotAllowedError):
            editions.move(hotel[other], draft.enterprise_id, draft.assessment_no, NEW, draft.rev)
    hotel.submit(user, draft)
    sealed = assessments.load(user, draft.enterprise_id, draft.assessment_no)
    assert editions.offer(user, sealed, "zh") is None


def test_a_draft_edition_is_neither_offered_nor_used(hotel: Installation, catalog: Path) -> None:
    user, draft = begun(hotel)
    edition(catalog, NEW)
    head = catalog / "hotel" / NEW / "scheme.toml"
    text = head.read_text(encoding="utf-8").replace("published = true", "published = false")
    head.write_text(text, encoding="utf-8")
    with_library(hotel, catalog)
    assert editions.offer(user, draft, "zh") is None
    other = assessments.open_self_assessment(user, "hotel", YEAR - 1)
    assert other.edition == OLD


def test_an_edition_is_draft_then_published_then_superseded(catalog: Path) -> None:
    edition(catalog, NEW)
    library = freeze(catalog)
    old, new = library.get("hotel", OLD), library.get("hotel", NEW)
    today = new.valid_from
    assert state_of(old, [old], today) is EditionState.PUBLISHED
    assert state_of(old, [old, new], today) is EditionState.SUPERSEDED
    assert state_of(new, [old, new], today) is EditionState.PUBLISHED
    assert state_of(replace(new, published=False), [old], today) is EditionState.DRAFT
    later = replace(new, valid_from=today.replace(year=today.year + 1))
    assert state_of(old, [old, later], today) is EditionState.PUBLISHED
    ended = replace(old, valid_until=today)
    assert state_of(ended, [ended], today.replace(year=today.year + 1)) is EditionState.SUPERSEDED


def test_rows_are_compared_by_what_bears_on_an_answer(catalog: Path) -> None:
    old = freeze(catalog).get("hotel", OLD)
    first, second, *rest = old.elements[0].items
    fewer = replace(old.elements[0], items=(replace(first, points=first.points + 1), *rest))
    moved = replace(second, evidence=(), law=())
    added = replace(second, id="1.9.9")
    more = replace(old.elements[0], items=(first, moved, *rest, added))
    one = compare(old, replace(old, elements=(fewer, *old.elements[1:])))
    assert (one.changed, one.removed, one.added) == ((first.id,), (second.id,), ())
    two = compare(old, replace(old, elements=(more, *old.elements[1:])))
    assert (two.changed, two.removed, two.added) == ((), (), ("1.9.9",))
    assert second.id in two.kept
