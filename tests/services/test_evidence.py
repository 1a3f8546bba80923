"""Evidence of non-conformities: who may, how much, what is noted, and what the route gives."""

import json
from io import BytesIO
from pathlib import Path

import anyio
import httpx
import pytest
from PIL import Image
from starlette.applications import Starlette

from portal.domain.evidence import FileKind
from portal.domain.people import User
from portal.errors import (
    IllegalTransitionError,
    InvalidValueError,
    NotAllowedError,
    PortalError,
    UnreadableFileError,
)
from portal.i18n import LANGUAGES
from portal.services import assessments, evidence
from portal.services.wording import error_text
from portal.store.files import digest
from portal.ui import evidence_route
from portal.ui.middleware import SESSION_HEADER
from tests.conftest import Installation, lost, together
from tests.documents.test_uploads import HTML, docx, pdf, photo, saved, told, with_notes, xlsx

PHOTO = saved(photo(), "JPEG")


pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture
def opened(installation: Installation, folder: Path) -> Installation:  # noqa: ARG001 - set before
    """Enterprise a with non-conformities 1 and 2, enterprise b with 1; one review of a."""
    base = installation.submitted(
        "a", answers={"1.4": lost("no_record"), "1.1": lost("not_issued")}
    )
    installation.submitted("b", answers={"1.4": lost("no_record")})
    installation.reviewed_by("reviewer-1", base)
    return installation


def add(w: Installation, data: bytes = PHOTO, name: str = "现场.jpg", number: int = 1) -> int:
    return evidence.add(w["a-manager"], w.enterprise(), number, name, data)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def log(w: Installation) -> list[dict[str, object]]:
    rows = w.db.rows(
        "select * from audit where enterprise_id = :e and action like 'evidence.%' order by seq",
        e=w.enterprise(),
    )
    return [{"action": r["action"], "subject": r["subject"], **json.loads(r["body"])} for r in rows]


# ------------------------------------------------------------------ adding and reading


def test_a_photo_is_added_listed_and_read(opened: Installation, folder: Path) -> None:
    number = add(opened)
    (line,) = evidence.of_enterprise(opened["a-manager"], opened.enterprise())
    assert (line.number, line.nonconformity, line.name) == (number, 1, "现场.jpg")
    assert (line.kind, line.added_at) == (FileKind.JPEG, "2026-11-20 10:00")
    assert line.added_by == opened["a-manager"].name
    name, media_type, data = evidence.read(opened["a-manager"], opened.enterprise(), number)
    assert (name, media_type, len(data)) == ("现场.jpg", "image/jpeg", line.size)
    (stored,) = files(folder)
    assert stored == folder / opened.enterprise() / digest(data)


def test_what_a_photo_tells_of_its_place_never_reaches_the_disk(
    opened: Installation, folder: Path
) -> None:
    add(opened, with_notes("JPEG"))
    (stored,) = files(folder)
    assert told(stored.read_bytes()) == set()


def test_documents_are_kept_as_they_are(opened: Installation) -> None:
    for data, name, kind in (
        (pdf(), "a.pdf", "application/pdf"),
        (xlsx(), "b.xlsx", "spreadsheetml.sheet"),
        (docx(), "c.docx", "wordprocessingml.document"),
    ):
        number = add(opened, data, name)
        found = evidence.read(opened["a-manager"], opened.enterprise(), number)
        assert found[0] == name
        assert found[1].endswith(kind)
        assert found[2] == data


def test_a_refused_file_leaves_nothing(opened: Installation, folder: Path) -> None:
    with pytest.raises(UnreadableFileError):
        add(opened, HTML, "photo.png")
    assert files(folder) == []
    assert evidence.of_enterprise(opened["a-manager"], opened.enterprise()) == []
    assert log(opened) == []


def test_the_same_file_twice_is_one_evidence_and_elsewhere_another(
    opened: Installation, folder: Path
) -> None:
    first = add(opened)
    assert add(opened, name="once more.jpg") == first
    assert add(opened, number=2) != first
    assert len(files(folder)) == 1, "the bytes lie there once"
    assert [entry["action"] for entry in log(opened)] == ["evidence.add"] * 2


def test_the_list_takes_one_statement_however_long_it_is(opened: Installation) -> None:
    for count in (1, 3):
        for number in range(count):
            add(opened, saved(Image.new("RGB", (9, 9), (number, 0, 0)), "PNG"), "a.png")
        with opened.db.counting() as statements:
            found = evidence.of_enterprise(opened["a-manager"], opened.enterprise())
        assert (len(found), len(statements)) == (count, 1)


def test_numbers_of_two_who_upload_at_once_differ(opened: Installation) -> None:
    pictures = [saved(Image.new("RGB", (9, 9), (n, 0, 0)), "PNG") for n in range(0, 240, 40)]
    numbers = together(
        *(lambda d=data: add(opened, d, "a.png") for data in pictures)  # type: ignore[misc]
    )
    assert sorted(numbers) == list(range(1, len(pictures) + 1))  # type: ignore[type-var]


# ------------------------------------------------------------------ limits


def test_an_enterprise_without_room_is_told_how_much_it_uses(
    opened: Installation, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = Image.effect_noise((900, 900), 90)
    big = saved(noise, "PNG")
    assert 700_000 < len(big) < 1024 * 1024
    monkeypatch.setattr(evidence, "QUOTA_MEGABYTES", 1)
    number = add(opened, big, "big.png")
    other = saved(noise.transpose(Image.Transpose.ROTATE_90), "PNG")
    with pytest.raises(InvalidValueError) as refused:
        add(opened, other, "more.png")
    assert refused.value.code == "evidence_quota"
    assert all("1" in error_text(refused.value, lang) for lang in LANGUAGES)
    assert len(files(folder)) == 1
    assert add(opened, big, "same.png", number=2) != number, "the same bytes need no more room"
    evidence.remove(opened["a-manager"], opened.enterprise(), number)
    with pytest.raises(InvalidValueError):
        add(opened, other, "more.png")
    evidence.add(opened["b-manager"], opened.enterprise("b"), 1, "theirs.png", big)


def test_a_non_conformity_takes_so_many_files_and_no_more(
    opened: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "MANY", 2)
    add(opened)
    number = add(opened, pdf(), "a.pdf")
    with pytest.raises(InvalidValueError) as refused:
        add(opened, xlsx(), "b.xlsx")
    assert refused.value.code == "evidence_too_many"
    evidence.remove(opened["a-manager"], opened.enterprise(), number)
    add(opened, xlsx(), "b.xlsx")


def test_a_disk_that_takes_nothing_is_told_and_nothing_is_noted(
    opened: Installation, folder: Path
) -> None:
    folder.write_text("a file where the folder should be")
    with pytest.raises(PortalError) as refused:
        add(opened)
    assert refused.value.code == "evidence_not_stored"
    assert evidence.of_enterprise(opened["a-manager"], opened.enterprise()) == []


# ------------------------------------------------------------------ audit and removal


def test_adding_and_removing_are_in_the_audit_log(opened: Installation) -> None:
    number = add(opened)
    _, _, data = evidence.read(opened["a-manager"], opened.enterprise(), number)
    evidence.remove(opened["a-principal"], opened.enterprise(), number)
    added, removed = log(opened)
    assert (added["action"], added["subject"]) == ("evidence.add", str(number))
    assert (added["nonconformity"], added["name"]) == (1, "现场.jpg")
    assert (added["kind"], added["size"], added["sha256"]) == ("jpeg", len(data), digest(data))
    assert (removed["action"], removed["subject"]) == ("evidence.remove", str(number))
    assert (removed["name"], removed["sha256"]) == ("现场.jpg", digest(data))


def test_removed_evidence_is_shown_to_nobody_and_its_number_is_not_used_again(
    opened: Installation, folder: Path
) -> None:
    number = add(opened)
    user = opened["a-manager"]
    evidence.remove(user, opened.enterprise(), number)
    assert evidence.of_enterprise(user, opened.enterprise()) == []
    for call in (evidence.read, evidence.preview, evidence.remove):
        with pytest.raises(NotAllowedError):
            call(user, opened.enterprise(), number)
    assert len(files(folder)) == 1, "kept for a dispute"
    assert add(opened) == number + 1


@pytest.mark.parametrize("status", ["closed", "withdrawn"])
def test_evidence_of_what_is_no_longer_open_stays_as_it_is(
    opened: Installation, status: str
) -> None:
    number = add(opened)
    opened.db.run(
        "update nonconformity set status = :s, closed_at = '2026-11-20T02:00:00+00:00'", s=status
    )
    with pytest.raises(IllegalTransitionError):
        add(opened, pdf(), "late.pdf")
    with pytest.raises(IllegalTransitionError):
        evidence.remove(opened["a-manager"], opened.enterprise(), number)
    assert evidence.read(opened["a-manager"], opened.enterprise(), number)


def test_evidence_stays_when_the_same_non_conformity_is_submitted_again(
    opened: Installation,
) -> None:
    number = add(opened)
    user, enterprise = opened["a-principal"], opened.enterprise("b")
    theirs = evidence.add(opened["b-manager"], enterprise, 1, "a.jpg", PHOTO)
    assessments.reopen(opened["b-manager"], enterprise, 1, "更正评分")
    opened.submit(opened["b-manager"], assessments.load(opened["b-manager"], enterprise, 1))
    assert evidence.read(opened["b-manager"], enterprise, theirs)
    assert evidence.read(user, opened.enterprise(), number)


# ------------------------------------------------------------------ lost files


def test_a_file_that_is_missing_on_the_disk_is_named(opened: Installation, folder: Path) -> None:
    number = add(opened)
    files(folder)[0].unlink()
    with pytest.raises(PortalError) as told_:
        evidence.read(opened["a-manager"], opened.enterprise(), number)
    assert told_.value.code == "evidence_gone"
    assert "现场.jpg" in error_text(told_.value, "zh")
    assert not isinstance(told_.value, NotAllowedError)


def test_a_file_that_was_changed_on_the_disk_is_not_given(
    opened: Installation, folder: Path
) -> None:
    number = add(opened)
    files(folder)[0].write_bytes(PHOTO + b"changed")
    with pytest.raises(PortalError, match="evidence_gone"):
        evidence.read(opened["a-manager"], opened.enterprise(), number)


# ------------------------------------------------------------------ rights


READERS = {"a-manager", "a-principal", "reviewer-1", "official-district", "inspector-district",
           "official-city"}  # fmt: skip


def test_only_those_who_may_see_the_assessment_see_its_evidence(opened: Installation) -> None:
    number = add(opened)
    for person, user in opened.people.items():
        for call in (
            lambda u: evidence.of_enterprise(u, opened.enterprise()),
            lambda u: evidence.read(u, opened.enterprise(), number),
            lambda u: evidence.preview(u, opened.enterprise(), number),
        ):
            if person in READERS:
                assert call(user)
            else:
                with pytest.raises(NotAllowedError):
                    call(user)


def test_only_the_enterprise_itself_adds_and_removes(opened: Installation) -> None:
    number = add(opened)
    for person in set(opened.people) - {"a-manager", "a-principal"}:
        with pytest.raises(NotAllowedError):
            evidence.add(opened[person], opened.enterprise(), 1, "a.pdf", pdf())
        with pytest.raises(NotAllowedError):
            evidence.remove(opened[person], opened.enterprise(), number)
    assert len(evidence.of_enterprise(opened["a-manager"], opened.enterprise())) == 1


def test_a_stranger_is_refused_before_the_file_is_looked_at(opened: Installation) -> None:
    with pytest.raises(NotAllowedError):
        evidence.add(opened["b-manager"], opened.enterprise(), 1, "a.png", HTML)
    with pytest.raises(NotAllowedError):
        evidence.add(opened["a-manager"], opened.enterprise(), 99, "a.png", HTML)


# ------------------------------------------------------------------ the route


APP = Starlette(routes=evidence_route.ROUTES)


def asked(place: str, user: User | None) -> httpx.Response:
    """What a person gets under an address; the header is what the gate puts in."""
    headers = {SESSION_HEADER.decode(): user.session} if user else {}

    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(app=APP)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.get(place, headers=headers)

    return anyio.run(get)


def test_a_photo_is_shown_without_any_script(opened: Installation) -> None:
    add(opened)
    (line,) = evidence.of_enterprise(opened["a-manager"], opened.enterprise())
    answer = asked(line.address, opened["official-district"])
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"].startswith("inline")
    assert "filename*=UTF-8''%E7%8E%B0%E5%9C%BA.jpg" in answer.headers["content-disposition"]
    _safe(answer.headers)
    small = asked(f"{line.address}/preview", opened["a-manager"])
    assert Image.open(BytesIO(small.content)).size == (320, 240)
    _safe(small.headers)


def _safe(headers: httpx.Headers) -> None:
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "no-store" in headers["cache-control"]


@pytest.mark.parametrize("name", ["报告.pdf", "台账.xlsx", "说明.docx"])
def test_a_document_is_only_handed_out_to_be_kept(opened: Installation, name: str) -> None:
    data = {"pdf": pdf, "xlsx": xlsx, "docx": docx}[name.rpartition(".")[2]]()
    number = add(opened, data, name)
    place = f"/evidence/{opened.enterprise()}/{number}"
    answer = asked(place, opened["reviewer-1"])
    assert answer.content == data
    assert answer.headers["content-disposition"].startswith("attachment")
    _safe(answer.headers)
    assert asked(f"{place}/preview", opened["reviewer-1"]).status_code == 404


def test_everything_refused_looks_like_nothing_there(opened: Installation) -> None:
    number = add(opened)
    gone = add(opened, pdf(), "a.pdf")
    evidence.remove(opened["a-manager"], opened.enterprise(), gone)
    here = opened.enterprise()
    answers = [
        asked(place, user)
        for place, user in [
            (f"/evidence/{here}/{number}", None),
            (f"/evidence/{here}/{number}", opened["b-manager"]),
            (f"/evidence/{here}/{number}", opened["official-far"]),
            (f"/evidence/{here}/{number}", opened["a-worker"]),
            (f"/evidence/{here}/{number}/preview", opened["reviewer-2"]),
            (f"/evidence/{here}/{gone}", opened["a-manager"]),
            (f"/evidence/{here}/99", opened["a-manager"]),
            (f"/evidence/{here}/x", opened["a-manager"]),
            (f"/evidence/{here}/-1", opened["a-manager"]),
            (f"/evidence/{here}/{'9' * 40}", opened["a-manager"]),
            (f"/evidence/{here}/²", opened["a-manager"]),
            ("/evidence/none/1", opened["a-manager"]),
            ("/evidence/%2e%2e/1", opened["a-manager"]),
        ]
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    for answer in answers:
        _safe(answer.headers)


def test_a_lost_file_is_told_to_those_who_may_see_it_and_to_nobody_else(
    opened: Installation, folder: Path
) -> None:
    number = add(opened)
    files(folder)[0].unlink()
    place = f"/evidence/{opened.enterprise()}/{number}"
    answer = asked(place, opened["a-manager"])
    assert answer.status_code == 500
    assert "现场.jpg" in answer.text
    assert asked(place, opened["b-manager"]).status_code == 404


def test_a_name_cannot_write_a_header(opened: Installation) -> None:
    number = add(opened, PHOTO, 'a"\r\nset-cookie: x=1;b.jpg')
    answer = asked(f"/evidence/{opened.enterprise()}/{number}", opened["a-manager"])
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
