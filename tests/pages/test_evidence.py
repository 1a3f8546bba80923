"""Evidence on the pages: attached, refused by name, taken back, seen by those above."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from portal.i18n import translate
from portal.services import evidence
from tests.conftest import Installation, lost
from tests.documents.test_uploads import HTML, pdf, photo, saved

from .conftest import Open, said, sound, texts

PAGE = "enterprise/nonconformities"
PHOTO = saved(photo(), "JPEG")


def zh(key: str, **values: object) -> str:
    return translate("zh", key, **values)


pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture
def opened(small: Installation, folder: Path) -> Installation:  # noqa: ARG001 - set before
    """Enterprise a with non-conformities 1 and 2."""
    base = small.submitted("a", answers={"1.4": lost("no_record"), "1.1": lost("not_issued")})
    small.reviewed_by("reviewer-1", base)
    return small


def listed(w: Installation) -> list[str]:
    return [x.name for x in evidence.of_enterprise(w["a-manager"], w.enterprise())]


def put(app: AppTest, *files: tuple[str, bytes, str]) -> AppTest:
    (field,) = app.file_uploader
    return sound(field.set_value(list(files)).run())


def test_a_photo_is_attached_at_once_and_shown(opened: Installation, open_page: Open) -> None:
    app = put(sound(open_page(PAGE, opened["a-manager"])), ("现场.jpg", PHOTO, "image/jpeg"))
    assert listed(opened) == ["现场.jpg"]
    assert said(app.success) == [zh("evidence.added", count=1)]
    written = texts(app)
    place = f"/evidence/{opened.enterprise()}/1"
    assert f'href="{place}" target="_blank"' in written
    assert f'src="{place}/preview"' in written
    assert opened["a-manager"].name in written
    assert app.file_uploader[0].value == [], "the field is empty again"
    sound(app.run())
    assert listed(opened) == ["现场.jpg"], "drawing the page once more adds nothing"


def test_a_refused_file_is_named_and_does_not_cost_the_others(
    opened: Installation, open_page: Open
) -> None:
    app = put(
        sound(open_page(PAGE, opened["a-manager"])),
        ("bad*name.png", HTML, "image/png"),
        ("a.pdf", pdf(), "application/pdf"),
    )
    assert listed(opened) == ["a.pdf"]
    (told,) = said(app.error)
    assert "bad*name.png" in told
    assert "bad\\*name" in app.error[0].value, "a name is no markup"
    assert zh("error.evidence_markup") in told


def test_evidence_goes_to_the_chosen_non_conformity(opened: Installation, open_page: Open) -> None:
    app = sound(open_page(PAGE, opened["a-manager"], no="2"))
    put(app, ("a.pdf", pdf(), "application/pdf"))
    (line,) = evidence.of_enterprise(opened["a-manager"], opened.enterprise())
    assert line.nonconformity == 2
    first = sound(open_page(PAGE, opened["a-manager"], no="1"))
    assert zh("evidence.none") in texts(first)


def test_evidence_is_taken_back_after_a_question(opened: Installation, open_page: Open) -> None:
    evidence.add(opened["a-manager"], opened.enterprise(), 1, "a_b.pdf", pdf())
    app = sound(open_page(PAGE, opened["a-manager"], no="1"))
    assert "a\\_b\\.pdf" in texts(app), "the question names the file"
    sound(app.button(key="evidence.remove.1").click().run())
    assert listed(opened) == []
    assert said(app.success) == [zh("evidence.removed", name="a_b.pdf")]


def test_of_a_closed_non_conformity_evidence_is_shown_and_stays(
    opened: Installation, open_page: Open
) -> None:
    evidence.add(opened["a-manager"], opened.enterprise(), 1, "a.pdf", pdf())
    opened.db.run(
        "update nonconformity set status = 'closed', closed_at = '2026-11-20T02:00:00+00:00'"
        " where nonconformity_no = 1"
    )
    app = sound(open_page(PAGE, opened["a-manager"], no="1"))
    assert not app.file_uploader
    assert "a.pdf" in texts(app)
    assert not [button for button in app.button if "remove" in str(button.key)]


def test_who_has_taken_it_back_first_is_not_overwritten(
    opened: Installation, open_page: Open
) -> None:
    evidence.add(opened["a-manager"], opened.enterprise(), 1, "a.pdf", pdf())
    app = sound(open_page(PAGE, opened["a-manager"], no="1"))
    evidence.remove(opened["a-principal"], opened.enterprise(), 1)
    sound(app.button(key="evidence.remove.1").click().run())
    assert said(app.error) == [zh("error.not_allowed")]


def test_a_name_with_markup_is_drawn_as_text(opened: Installation, open_page: Open) -> None:
    evidence.add(
        opened["a-manager"], opened.enterprise(), 1, "a&quot;'b&lt;img onerror=x&gt;.pdf", pdf()
    )
    app = sound(open_page(PAGE, opened["a-manager"], no="1"))
    shown = "\n".join(str(element.proto.body) for element in app.get("html"))
    assert "<img onerror" not in shown
    assert "&amp;lt;img onerror=x&amp;gt;" in shown


@pytest.mark.parametrize(
    ("page", "person", "query"),
    [
        ("official/enterprise_result", "official-district", True),
        ("reviewer/onsite_review", "reviewer-1", False),
    ],
)
def test_the_authority_and_the_reviewer_see_the_evidence_and_change_nothing(
    opened: Installation, open_portal: Open, page: str, person: str, query: bool
) -> None:
    evidence.add(opened["a-manager"], opened.enterprise(), 1, "a.pdf", pdf())
    asked = {"enterprise": opened.enterprise()} if query else {}
    app = sound(open_portal(opened[person], page, **asked))
    assert "a.pdf" in texts(app)
    assert zh("evidence.group", number=1) in texts(app)
    assert not [button for button in app.button if "evidence" in str(button.key)]
