"""Uploaded evidence is judged by its content: what is kept of it, and why a file is refused."""

import struct
import tomllib
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from PIL import Image, PngImagePlugin
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from portal.documents.images import LONG_SIDE, MEGAPIXELS, redrawn
from portal.documents.uploads import LARGEST_MEGABYTES, examine
from portal.domain.evidence import ENDINGS, MEDIA_TYPES, NAME_LIMIT, FileKind, clean_name
from portal.errors import UnreadableFileError
from portal.i18n import LANGUAGES
from portal.services.wording import error_text

from .conftest import repacked

HTML = b"<!doctype html><html><script>alert(document.cookie)</script></html>"
SVG = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
)
ORIENTATION, GPS, MAKER = 0x0112, 0x8825, 0x010F


def refusal(data: bytes) -> str:
    """The code of a refusal, which has words in both languages."""
    with pytest.raises(UnreadableFileError) as refused:
        examine(data)
    assert all(error_text(refused.value, lang) for lang in LANGUAGES)
    return refused.value.code


def kept(data: bytes) -> tuple[FileKind, bytes]:
    kind, content = examine(data)
    assert kind in MEDIA_TYPES
    return kind, content


# ------------------------------------------------------------------ pictures


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    stream = BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def photo(size: tuple[int, int] = (640, 480), mode: str = "RGB") -> Image.Image:
    """Red at the left half of its upper side, blue elsewhere: one sees how it is turned."""
    image = Image.new(mode, size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1] // 4))
    return image


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def told(data: bytes) -> set[str]:
    """What a picture says besides its pixels."""
    image = opened(data)
    plain = {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    plain |= {"background", "loop", "timestamp", "duration"}
    return {str(key) for key in image.info} - plain | {str(tag) for tag in image.getexif()}


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_picture_keeps_its_kind_its_size_and_its_colours(form: str) -> None:
    kind, content = kept(saved(photo(), form))
    assert kind is FileKind[form]
    image = opened(content)
    assert (image.format, image.size) == (form, (640, 480))
    red, _, blue = image.convert("RGB").getpixel((10, 10))
    assert red > 200 > 60 > blue


def with_notes(form: str) -> bytes:
    exif = Image.Exif()
    exif[MAKER] = "Somebody's telephone"
    exif[ORIENTATION] = 1
    exif.get_ifd(GPS)[2] = (29.0, 33.0, 12.0)
    exif.get_ifd(GPS)[1] = "N"
    options: dict[str, object] = {"exif": exif, "icc_profile": b"a profile with text" * 9}
    if form == "PNG":
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Author", "张三")
        notes.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>somewhere</x:xmpmeta>")
        options["pnginfo"] = notes
    elif form == "JPEG":
        options |= {"comment": b"taken by Zhang San", "xmp": b"<x:xmpmeta>somewhere</x:xmpmeta>"}
    else:
        options["xmp"] = b"<x:xmpmeta>somewhere</x:xmpmeta>"
    return saved(photo(), form, **options)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_place_maker_comments_and_profiles_are_gone(form: str) -> None:
    data = with_notes(form)
    assert opened(data).getexif().get_ifd(GPS)
    assert told(data)
    _, content = kept(data)
    assert told(content) == set()
    assert dict(opened(content).getexif().get_ifd(GPS)) == {}
    for word in (b"telephone", b"Zhang", "张三".encode(), b"xmp", b"profile", b"Exif", b"GPS"):
        assert word not in content


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_picture_stands_upright_without_the_note_that_turned_it(turn: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = turn
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright = photo()
    lying = upright.transpose(back[turn]) if turn in back else upright
    _, content = kept(saved(lying, "JPEG", exif=exif, quality=95))
    image = opened(content)
    assert image.size == (640, 480)
    red, _, blue = image.getpixel((10, 10))
    assert red > 200 > 60 > blue
    red, _, blue = image.getpixel((630, 10))
    assert blue > 200 > 60 > red


def test_a_note_of_the_camera_that_cannot_be_read_does_not_cost_the_picture() -> None:
    data = saved(photo(), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff")
    assert kept(data)[0] is FileKind.JPEG


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_the_longer_side_is_limited_and_the_shape_stays(form: str) -> None:
    _, content = kept(saved(Image.new("RGB", (LONG_SIDE + 1904, 1500), "green"), form))
    assert opened(content).size == (LONG_SIDE, 1024)


def test_a_photo_of_a_64_megapixel_camera_is_taken_small() -> None:
    data = saved(Image.new("L", (9248, 6936), 128), "JPEG")
    assert opened(kept(data)[1]).size == (LONG_SIDE, 3072)


@pytest.mark.parametrize(
    ("mode", "form", "expected"),
    [
        ("L", "JPEG", "L"),
        ("CMYK", "JPEG", "RGB"),
        ("1", "PNG", "RGB"),
        ("P", "PNG", "RGB"),
        ("LA", "PNG", "LA"),
        ("RGBA", "PNG", "RGBA"),
        ("I;16", "PNG", "RGB"),
        ("RGBA", "WEBP", "RGBA"),
    ],
)
def test_every_usual_colour_mode_is_taken(mode: str, form: str, expected: str) -> None:
    data = saved(Image.new(mode, (40, 30)), form)
    assert opened(kept(data)[1]).mode == expected


def test_a_picture_with_holes_keeps_them() -> None:
    image = Image.new("P", (20, 20), 0)
    data = saved(image, "PNG", transparency=0)
    assert opened(kept(data)[1]).getpixel((5, 5))[3] == 0


def test_the_second_picture_of_a_telephone_is_left_behind() -> None:
    """Many telephones write a JPEG with a second one behind it (MPO)."""
    data = saved(photo(), "MPO", save_all=True, append_images=[photo((300, 200))])
    kind, content = kept(data)
    assert (kind, opened(content).format) == (FileKind.JPEG, "JPEG")
    assert len(content) < len(data)


def test_of_a_moving_picture_the_first_one_is_kept() -> None:
    data = saved(photo(), "WEBP", save_all=True, append_images=[Image.new("RGB", (640, 480))])
    assert getattr(opened(kept(data)[1]), "n_frames", 1) == 1


def header_of(width: int, height: int) -> bytes:
    """A PNG that says it is large and has no pixels at all: whoever decodes it fails."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    head = struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + head + b"\x00\x00\x10\x00IDAT"


@pytest.mark.parametrize(("width", "height"), [(20_000, 10_000), (8_125, 8_001), (2**31 - 1, 9)])
def test_too_many_pixels_are_refused_by_the_header_alone(width: int, height: int) -> None:
    assert refusal(header_of(width, height)) == "evidence_pixels"
    assert width * height > MEGAPIXELS * 1_000_000


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_picture_of_200_megapixels_is_refused_before_a_pixel_is_decoded(form: str) -> None:
    data = saved(Image.new("L", (20_000, 10_000)), form)
    assert refusal(data) == "evidence_pixels"
    # without its pixels it is refused for the same reason: nobody has looked for them
    assert refusal(data[:700]) == "evidence_pixels"


def test_the_guard_of_the_library_stands_for_everybody() -> None:
    assert Image.MAX_IMAGE_PIXELS == MEGAPIXELS * 1_000_000


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_picture_that_is_cut_off_is_refused(form: str, share: float) -> None:
    data = saved(Image.effect_noise((400, 300), 60).convert("RGB"), form)
    assert refusal(data[: int(len(data) * share)]) == "evidence_damaged"


def test_a_start_of_a_picture_and_nonsense_is_damaged() -> None:
    assert refusal(b"\x89PNG\r\n\x1a\n" + b"x" * 500) == "evidence_damaged"
    assert refusal(b"\xff\xd8\xff" + HTML) == "evidence_damaged"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_of_a_picture_that_is_something_else_as_well_only_the_picture_is_kept(form: str) -> None:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr("run.class", b"a program")
    _, content = kept(saved(photo(), form) + HTML + stream.getvalue())
    assert b"script" not in content
    assert not zipfile.is_zipfile(BytesIO(content))


def test_a_script_in_the_comment_of_a_picture_is_gone() -> None:
    data = saved(photo(), "JPEG", comment=HTML)
    assert HTML in data
    assert b"script" not in kept(data)[1]


def test_a_preview_is_small_and_says_nothing_either() -> None:
    kind, small = redrawn(with_notes("JPEG"), 320)
    assert (kind, opened(small).size) == (FileKind.JPEG, (320, 240))
    assert told(small) == set()


# ------------------------------------------------------------------ other files


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "evidence_empty"),
        (HTML, "evidence_markup"),
        (b"  \n\t<HTML><body onload=alert(1)>", "evidence_markup"),
        (b"\xef\xbb\xbf" + SVG, "evidence_markup"),
        (SVG.decode().encode("utf-16"), "evidence_markup"),
        (b"<svg onload='alert(1)'/>", "evidence_markup"),
        (b"some words and then <script>alert(1)</script>", "evidence_markup"),
        (b"GIF89a=1;<script>alert(1)</script>", "evidence_markup"),
        (b"MZ\x90\x00" + b"\x00" * 200, "evidence_program"),
        (b"\x7fELF\x02\x01\x01" + b"\x00" * 200, "evidence_program"),
        (b"#!/bin/sh\nrm -rf /\n", "evidence_program"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "evidence_heic"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\x00" * 600, "evidence_old_format"),
        (b"Rar!\x1a\x07\x00" + b"\x00" * 60, "evidence_unknown_kind"),
        (b"GIF89a" + b"\x00" * 60, "evidence_unknown_kind"),
        (b"only words", "evidence_unknown_kind"),
        (b"\x00" * 99, "evidence_unknown_kind"),
        (b" %PDF-1.7 after a space", "evidence_unknown_kind"),
    ],
)
def test_what_is_not_evidence_is_refused_by_name(data: bytes, code: str) -> None:
    assert refusal(data) == code


def test_the_refusal_names_what_the_file_looks_like() -> None:
    with pytest.raises(UnreadableFileError) as refused:
        examine(b"Rar!\x1a\x07\x00" + b"\x00" * 60)
    assert ".rar" in error_text(refused.value, "zh")


def test_a_file_over_the_limit_is_refused_whatever_it_is() -> None:
    assert refusal(b"\xff\xd8\xff" + b"x" * (LARGEST_MEGABYTES * 1024 * 1024)) == (
        "evidence_too_large"
    )


def test_the_limit_is_what_the_server_takes_in_one_upload() -> None:
    root = Path(__file__).resolve().parents[2]
    config = tomllib.loads((root / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["server"]["maxUploadSize"] == LARGEST_MEGABYTES


# ------------------------------------------------------------------ PDF


def pdf(change: Callable[[PdfWriter], object] | None = None) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(300, 400)
    writer.add_blank_page(300, 400)
    if change:
        change(writer)
    stream = BytesIO()
    writer.write(stream)
    return stream.getvalue()


def test_a_pdf_is_kept_byte_for_byte() -> None:
    data = pdf()
    assert kept(data) == (FileKind.PDF, data)


def test_a_pdf_that_opens_at_a_page_or_has_links_is_kept() -> None:
    """LibreOffice writes the page to open at into every document."""

    def change(writer: PdfWriter) -> None:
        page = writer.pages[1].indirect_reference
        writer.root_object[NameObject("/OpenAction")] = ArrayObject([page, NameObject("/Fit")])
        writer.pages[0][NameObject("/Annots")] = ArrayObject(
            [action({"/S": "/URI", "/URI": "https://www.gov.cn"}, "/Link")]
        )

    assert kept(pdf(change))[0] is FileKind.PDF
    assert kept(pdf(lambda w: at_opening(w, {"/S": "/GoTo"})))[0] is FileKind.PDF


def entry(value: str) -> NameObject | TextStringObject:
    return NameObject(value) if value.startswith("/") else TextStringObject(value)


def action(values: dict[str, str], subtype: str = "/Widget") -> DictionaryObject:
    inner = DictionaryObject({NameObject(k): entry(v) for k, v in values.items()})
    return DictionaryObject(
        {
            NameObject("/Subtype"): NameObject(subtype),
            NameObject("/Rect"): ArrayObject([NumberObject(n) for n in (0, 0, 9, 9)]),
            NameObject("/A"): inner,
        }
    )


def at_opening(writer: PdfWriter, values: dict[str, str]) -> None:
    writer.root_object[NameObject("/OpenAction")] = writer._add_object(
        DictionaryObject({NameObject(k): entry(v) for k, v in values.items()})
    )


def named_script(writer: PdfWriter) -> None:
    script = DictionaryObject({NameObject("/JS"): entry("app.alert(1)")})
    names = ArrayObject([TextStringObject("a"), writer._add_object(script)])
    tree = DictionaryObject({NameObject("/Names"): names})
    writer.root_object[NameObject("/Names")] = DictionaryObject(
        {NameObject("/JavaScript"): writer._add_object(tree)}
    )


def annotation(values: dict[str, str]) -> Callable[[PdfWriter], object]:
    def change(writer: PdfWriter) -> None:
        writer.pages[1][NameObject("/Annots")] = ArrayObject([writer._add_object(action(values))])

    return change


ACTIVE: dict[str, Callable[[PdfWriter], object]] = {
    "script of the document": lambda w: named_script(w),
    "script at opening": lambda w: at_opening(w, {"/S": "/JavaScript", "/JS": "app.alert(1)"}),
    "script of a field": annotation({"/S": "/JavaScript", "/JS": "app.alert(1)"}),
    "program at opening": lambda w: at_opening(w, {"/S": "/Launch", "/F": "cmd.exe"}),
    "program on a click": annotation({"/S": "/Launch", "/F": "cmd.exe"}),
    "web page at opening": lambda w: at_opening(w, {"/S": "/URI", "/URI": "https://x.example"}),
    "printing at opening": lambda w: at_opening(w, {"/S": "/Named", "/N": "/Print"}),
    "form sent away": annotation({"/S": "/SubmitForm", "/F": "https://x.example"}),
    "other file opened": annotation({"/S": "/GoToR", "/F": "\\\\x.example\\a"}),
    "attachment": lambda w: w.add_attachment("run.exe", b"MZ"),
}


@pytest.mark.parametrize("case", ACTIVE)
def test_a_pdf_that_acts_or_carries_something_is_refused(case: str) -> None:
    assert refusal(pdf(ACTIVE[case])) == "evidence_active_pdf"


def test_an_action_hidden_in_a_packed_part_is_found() -> None:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf(ACTIVE["program on a click"]))))
    stream = BytesIO()
    writer.write(stream)
    data = packed(stream.getvalue())
    assert b"/Launch" not in data
    assert refusal(data) == "evidence_active_pdf"


def packed(data: bytes) -> bytes:
    """The same objects in one compressed part, written by hand as the format says."""
    reader = PdfReader(BytesIO(data))
    size = int(str(reader.trailer["/Size"]))
    bodies: list[bytes] = []
    for number in range(1, size):
        stream = BytesIO()
        found = reader.get_object(IndirectObject(number, 0, reader))
        assert found is not None
        found.write_to_stream(stream)
        bodies.append(stream.getvalue())
    offsets, place = [], 0
    for number, body in enumerate(bodies, 1):
        offsets.append(f"{number} {place}")
        place += len(body) + 1
    head = " ".join(offsets).encode() + b"\n"
    inner = zlib.compress(head + b"\n".join(bodies) + b"\n")
    out = b"%PDF-1.5\n"
    holder = len(out)
    out += b"%d 0 obj\n<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d>>stream\n" % (
        size, len(bodies), len(head), len(inner),
    )  # fmt: skip
    out += inner + b"\nendstream\nendobj\n"
    start = len(out)
    rows = [struct.pack(">BIH", 0, 0, 65535)]
    rows += [struct.pack(">BIH", 2, size, index) for index in range(len(bodies))]
    rows += [struct.pack(">BIH", 1, holder, 0), struct.pack(">BIH", 1, start, 0)]
    table = zlib.compress(b"".join(rows))
    root = reader.trailer.raw_get("/Root").idnum
    out += b"%d 0 obj\n<</Type/XRef/W[1 4 2]/Size %d/Root %d 0 R" % (size + 1, size + 2, root)
    out += b"/Filter/FlateDecode/Length %d>>stream\n" % len(table)
    return out + table + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % start


def test_a_name_written_in_another_way_is_found() -> None:
    data = pdf(ACTIVE["script of a field"]).replace(b"/JavaScript", b"/J#61vaScript")
    assert b"/JavaScript" not in data
    assert refusal(data) == "evidence_active_pdf"


def test_a_part_that_the_table_does_not_name_is_found() -> None:
    """Readers mend a broken table each in its own way."""
    data = pdf()
    hidden = b"\n9 0 obj\n<</S /JavaScript /JS (app.alert)>>\nendobj\n"
    assert refusal(data.replace(b"xref", hidden + b"xref", 1)) == "evidence_active_pdf"


@pytest.mark.parametrize("password", ["", "secret"])
def test_a_pdf_with_a_password_is_refused(password: str) -> None:
    data = pdf(lambda w: w.encrypt(user_password=password, owner_password="other"))
    assert refusal(data) == "evidence_encrypted"


@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_a_pdf_that_is_cut_off_is_refused(share: float) -> None:
    data = pdf()
    assert refusal(data[: int(len(data) * share)]) == "evidence_damaged"


def test_a_pdf_without_a_page_is_refused() -> None:
    stream = BytesIO()
    PdfWriter().write(stream)
    assert refusal(stream.getvalue()) == "evidence_damaged"
    assert refusal(b"%PDF-1.7\nnothing here\n%%EOF") == "evidence_damaged"


def test_a_pdf_that_is_an_archive_as_well_is_refused() -> None:
    stream = BytesIO(pdf())
    stream.seek(0, 2)
    with zipfile.ZipFile(stream, "a") as package:
        package.writestr("run.js", b"alert(1)")
    assert refusal(stream.getvalue() + b"%%EOF") in ("evidence_two_kinds", "evidence_damaged")


def test_a_web_page_after_a_pdf_makes_it_damaged() -> None:
    assert refusal(pdf() + HTML * 40) == "evidence_damaged"


# ------------------------------------------------------------------ Word and Excel


def xlsx() -> bytes:
    book = Workbook()
    assert book.active
    book.active.append(["隐患", "整改"])
    book.active["A2"].hyperlink = "https://www.gov.cn"
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    'content-types"><Override PartName="/word/document.xml" ContentType="application/'
    'vnd.{kind}.main+xml"/></Types>'
)
PLAIN = "openxmlformats-officedocument.wordprocessingml.document"
TEXT = '<w:document xmlns:w="urn:w"><w:body>{body}</w:body></w:document>'
LINKS = (
    '<Relationships xmlns="urn:r"><Relationship Id="r1" Type="urn:t/{kind}"'
    ' Target="{target}" TargetMode="External"/></Relationships>'
)


def docx(kind: str = PLAIN, body: str = "<w:p/>", **parts: str | bytes) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", TYPES.format(kind=kind))
        package.writestr("word/document.xml", TEXT.format(body=body))
        for name, content in parts.items():
            package.writestr(name, content)
    return stream.getvalue()


def linked(kind: str, target: str) -> bytes:
    name = "word/_rels/document.xml.rels"
    return docx(**{name: LINKS.format(kind=kind, target=target)})


def test_a_workbook_and_a_text_are_kept_byte_for_byte() -> None:
    data = xlsx()
    assert kept(data) == (FileKind.XLSX, data)
    data = docx()
    assert kept(data) == (FileKind.DOCX, data)


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("hyperlink", "https://www.gov.cn"),
        ("image", "photo.jpg"),
        ("attachedTemplate", "file:///C:\\Users\\a\\Normal.dotm"),
        ("externalLinkPath", "2025台账.xlsx"),
    ],
)
def test_a_link_for_people_or_to_a_neighbour_is_no_fault(kind: str, target: str) -> None:
    assert kept(linked(kind, target))[0] is FileKind.DOCX


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("attachedTemplate", "https://x.example/a.dotm"),
        ("oleObject", "HTTP://x.example/a"),
        ("frame", "\\\\x.example\\a"),
        ("image", "file:///\\\\x.example\\a.png"),
        ("image", "file://x.example/a.png"),
        ("subDocument", "//x.example/a"),
        ("oleObject", "mhtml:https://x.example!x-usc:https://x.example"),
    ],
)
def test_what_the_program_would_fetch_by_itself_is_refused(kind: str, target: str) -> None:
    assert refusal(linked(kind, target)) == "evidence_linked"


@pytest.mark.parametrize(
    "body",
    [
        '<w:fldSimple w:instr="DDEAUTO c:\\\\windows\\\\cmd.exe"/>',
        "<w:r><w:instrText>DDE</w:instrText></w:r><w:r><w:instrText>AUTO cmd</w:instrText></w:r>",
    ],
)
def test_a_field_that_starts_another_program_is_refused(body: str) -> None:
    assert refusal(docx(body=body)) == "evidence_linked"


def test_words_that_only_look_like_it_are_no_fault() -> None:
    assert kept(docx(body="<w:t>DDEAUTO</w:t><w:instrText>PAGE</w:instrText>"))


def test_a_workbook_that_asks_another_program_is_refused() -> None:
    name = "xl/externalLinks/externalLink1.xml"
    link = b'<externalLink><ddeLink ddeService="cmd"/></externalLink>'
    data = repacked(xlsx(), lambda parts: parts.update({name: link}))
    assert refusal(data) == "evidence_linked"


def with_part(name: str, content: bytes) -> bytes:
    return repacked(xlsx(), lambda parts: parts.update({name: content}))


MACROS: dict[str, Callable[[], bytes]] = {
    "docm": lambda: docx("ms-word.document.macroEnabled"),
    "docm by its part": lambda: docx(**{"word/vbaProject.bin": b"\x00"}),
    "dotm": lambda: docx("ms-word.template.macroEnabledTemplate"),
    "xlsm": lambda: with_part("xl/vbaProject.bin", b"\x00"),
    "macro sheet": lambda: with_part("xl/macrosheets/sheet1.xml", b"<a/>"),
    "control": lambda: docx(**{"word/activeX/activeX1.xml": "<a/>"}),
    "embedded program": lambda: docx(**{"word/embeddings/oleObject1.bin": b"MZ"}),
}


@pytest.mark.parametrize("case", MACROS)
def test_programs_in_documents_are_refused(case: str) -> None:
    assert refusal(MACROS[case]()) == "evidence_macros"


def test_an_archive_of_anything_else_is_refused() -> None:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr("photo.jpg", b"x")
    assert refusal(stream.getvalue()) == "evidence_unknown_kind"
    assert refusal(b"PK\x03\x04" + b"x" * 99) == "evidence_damaged"


def test_a_document_that_is_two_kinds_or_has_something_behind_it_is_refused() -> None:
    assert refusal(docx(**{"xl/workbook.xml": "<a/>"})) == "evidence_two_kinds"
    assert refusal(docx() + HTML) == "evidence_two_kinds"
    stream = BytesIO(docx())
    with zipfile.ZipFile(stream, "a") as package:
        package.comment = HTML
    assert refusal(stream.getvalue()) == "evidence_two_kinds"


def test_a_small_document_that_grows_without_end_is_refused() -> None:
    assert refusal(docx(**{"word/media/a.bmp": b"\x00" * 90 * 1024 * 1024})) == "evidence_bomb"
    many = {f"word/media/{n}.txt": b"" for n in range(2100)}
    assert refusal(docx(**many)) == "evidence_too_many_parts"


def test_a_document_that_defines_entities_is_refused() -> None:
    data = docx(**{"word/styles.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'})
    assert refusal(data) == "evidence_damaged"


def test_a_document_that_is_cut_off_is_refused() -> None:
    data = xlsx()
    assert refusal(data[: len(data) // 2]) == "evidence_damaged"


def test_an_encrypted_document_is_refused() -> None:
    data = bytes.fromhex("d0cf11e0a1b11ae1") + b"\x00" * 600
    assert refusal(data + "EncryptedPackage".encode("utf-16-le")) == "evidence_encrypted"


def test_a_kept_workbook_can_still_be_opened() -> None:
    book = load_workbook(BytesIO(kept(xlsx())[1]))
    assert book.active
    assert book.active["A1"].value == "隐患"


# ------------------------------------------------------------------ names


@pytest.mark.parametrize(
    ("typed", "kind", "shown"),
    [
        ("现场照片.jpg", FileKind.JPEG, "现场照片.jpg"),
        ("IMG_1.JPEG", FileKind.JPEG, "IMG_1.JPEG"),
        ("photo.png", FileKind.JPEG, "photo.png.jpg"),
        ("run.exe", FileKind.PDF, "run.exe.pdf"),
        ("../../../etc/passwd", FileKind.PNG, "passwd.png"),
        ("C:\\Users\\张三\\a.docx", FileKind.DOCX, "a.docx"),
        ("a\x00b\r\nc.pdf", FileKind.PDF, "ab  c.pdf"),
        ("invoice\u202efdp.exe", FileKind.XLSX, "invoicefdp.exe.xlsx"),
        ("a<b>:c|d?.pdf", FileKind.PDF, "a_b__c_d_.pdf"),
        ("", FileKind.WEBP, "file.webp"),
        ("...", FileKind.WEBP, "file.webp"),
        ("/", FileKind.WEBP, "file.webp"),
        (".pdf", FileKind.PDF, "pdf.pdf"),
        ("=cmd|' /C calc'!A0", FileKind.PDF, "C calc'!A0.pdf"),
        ("=1+1.pdf", FileKind.PDF, "=1+1.pdf"),
    ],
)
def test_a_name_loses_what_is_not_a_name(typed: str, kind: FileKind, shown: str) -> None:
    assert clean_name(typed, kind) == shown


def test_a_long_name_keeps_its_ending_and_fits_every_disk() -> None:
    shown = clean_name("很长" * 400 + ".pdf", FileKind.PDF)
    assert len(shown) == NAME_LIMIT
    assert shown.endswith(".pdf")
    # the names that browsers write to a disk are limited in bytes
    assert len(clean_name("长" * 400, FileKind.PDF)) <= NAME_LIMIT


def test_every_kind_has_a_media_type_and_an_ending() -> None:
    assert set(MEDIA_TYPES) == set(ENDINGS) == set(FileKind)
