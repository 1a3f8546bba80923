"""Uploads that are no workbook, or one that means harm, are refused before they are read."""

import re
import struct
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest
from defusedxml import EntitiesForbidden
from openpyxl import Workbook, load_workbook

from criteria import Scheme
from portal.documents.workbook_reading import read_scoring_workbook
from portal.documents.workbook_safety import Limits, check_package
from portal.errors import UnreadableFileError

from .conftest import repacked, say

BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;">]><sst><si><t>&c;</t></si></sst>"""


def refused(data: bytes, limits: Limits | None = None) -> UnreadableFileError:
    with pytest.raises(UnreadableFileError) as caught:
        check_package(data, limits or Limits())
    return caught.value


def changed(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    def apply(parts: dict[str, bytes]) -> None:
        parts[name] = change(parts.get(name, b""))

    return repacked(data, apply)


def test_our_own_workbook_passes(empty_file: bytes) -> None:
    check_package(empty_file, Limits())
    assert len(empty_file) < 100_000


def test_a_refused_file_is_refused_by_the_reader_too(scheme: Scheme) -> None:
    with pytest.raises(UnreadableFileError) as caught:
        read_scoring_workbook(b"PK\x03\x04", scheme, say)
    assert caught.value.code == "workbook_damaged"


def test_a_file_over_the_limit_is_refused_with_both_sizes() -> None:
    error = refused(b"x" * (3 * 1024 * 1024), Limits(megabytes=2))
    assert error.code == "workbook_too_large"
    assert error.values == {"found": "3.0", "limit": "2"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "workbook_empty"),
        ("编号,得分\n1.1,4\n".encode(), "workbook_not_xlsx"),
        (b"<html><table></table></html>", "workbook_not_xlsx"),
        (b"%PDF-1.7", "workbook_not_xlsx"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"Workbook" * 50, "workbook_old_format"),
        (
            bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"),
            "workbook_encrypted",
        ),
        (b"PK\x03\x04 and nothing more", "workbook_damaged"),
    ],
)
def test_what_is_no_workbook_is_told_by_content_not_by_name(data: bytes, code: str) -> None:
    assert refused(data).code == code


def test_a_truncated_file_is_damaged(empty_file: bytes) -> None:
    assert refused(empty_file[: len(empty_file) // 2]).code == "workbook_damaged"
    assert refused(empty_file[:-30]).code == "workbook_damaged"


def test_a_changed_byte_is_found_by_the_checksum(empty_file: bytes) -> None:
    broken = bytearray(empty_file)
    broken[len(broken) // 2] ^= 0xFF
    assert refused(bytes(broken)).code == "workbook_damaged"


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("照片.jpg", b"x")
    assert refused(out.getvalue()).code == "workbook_not_xlsx"


def test_macros_are_refused_by_part_and_by_content_type(empty_file: bytes) -> None:
    part = changed(empty_file, "xl/vbaProject.bin", lambda _: b"\x00macro")
    kind = changed(
        empty_file,
        "[Content_Types].xml",
        lambda xml: xml.replace(
            b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
            b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        ),
    )
    old = changed(empty_file, "xl/macrosheets/sheet1.xml", lambda _: b"<m/>")
    assert {refused(data).code for data in (part, kind, old)} == {"workbook_with_macros"}


def test_an_encrypted_entry_is_refused(empty_file: bytes) -> None:
    data = bytearray(empty_file)
    directory = data.rfind(b"PK\x01\x02")
    flags = struct.unpack_from("<H", data, directory + 8)[0]
    struct.pack_into("<H", data, directory + 8, flags | 1)
    assert refused(bytes(data)).code == "workbook_encrypted"


def test_a_zip_bomb_is_refused_from_its_directory(empty_file: bytes) -> None:
    bomb = changed(empty_file, "xl/media/image1.png", lambda _: b"\x00" * (70 * 1024 * 1024))
    assert len(bomb) < 200_000
    assert refused(bomb).code == "workbook_bomb"


def test_one_part_that_swells_too_much_is_refused_even_when_the_sum_is_small(
    empty_file: bytes,
) -> None:
    swollen = changed(empty_file, "xl/media/image1.png", lambda _: b"\x00" * (3 * 1024 * 1024))
    assert refused(swollen).code == "workbook_bomb"


def test_what_is_unpacked_is_counted_again_while_reading(empty_file: bytes) -> None:
    # the directory may lie about sizes: then either the count or the checksum stops it
    noise = bytes(range(256)) * 8192
    data = bytearray(changed(empty_file, "xl/media/image1.png", lambda _: noise))
    directory = data.rfind(b"PK\x01\x02")
    struct.pack_into("<I", data, directory + 24, 10)
    assert refused(bytes(data)).code == "workbook_damaged"
    small = Limits(unpacked_megabytes=0.001, ratio=10**9)
    assert refused(empty_file, small).code == "workbook_bomb"


def test_too_many_parts_are_refused(empty_file: bytes) -> None:
    def add(parts: dict[str, bytes]) -> None:
        parts.update({f"xl/x{number}.xml": b"<x/>" for number in range(600)})

    error = refused(repacked(empty_file, add))
    assert error.code == "workbook_too_many_parts"
    assert error.values["limit"] == 500


def test_two_parts_of_the_same_name_are_refused(empty_file: bytes) -> None:
    out = BytesIO(empty_file)
    with zipfile.ZipFile(out, "a") as package, pytest.warns(UserWarning, match="Duplicate"):
        package.writestr("xl/workbook.xml", b"<workbook/>")
    assert refused(out.getvalue()).code == "workbook_damaged"


@pytest.mark.parametrize(
    "name",
    [
        "xl/sharedStrings.xml",
        "xl/workbook.xml",
        "docProps/core.xml",
        "xl/worksheets/sheet2.xml",
        "xl/disguised.png",
    ],
)
def test_entities_are_refused_in_every_part_whatever_its_name(empty_file: bytes, name: str) -> None:
    error = refused(changed(empty_file, name, lambda _: BOMB))
    assert (error.code, error.values) == ("workbook_entities", {"part": name})


def test_entities_in_utf16_are_refused_as_well(empty_file: bytes) -> None:
    wide = (
        BOMB.decode().replace('version="1.0"', 'version="1.0" encoding="UTF-16"').encode("utf-16")
    )
    assert refused(changed(empty_file, "xl/workbook.xml", lambda _: wide)).code == (
        "workbook_entities"
    )


def test_openpyxl_itself_refuses_entities_too(empty_file: bytes) -> None:
    bomb = changed(empty_file, "xl/workbook.xml", lambda _: BOMB)
    with pytest.raises(ValueError, match="Unable to read") as caught:
        load_workbook(BytesIO(bomb))
    assert isinstance(caught.value.__cause__, EntitiesForbidden)


def test_xml_that_is_not_well_formed_is_damaged(empty_file: bytes) -> None:
    broken = changed(empty_file, "xl/workbook.xml", lambda xml: xml[:-20])
    assert refused(broken).code == "workbook_damaged"


def test_a_well_formed_but_senseless_workbook_is_damaged(empty_file: bytes, scheme: Scheme) -> None:
    lost = b'<c r="A1" t="s"><v>99</v></c>'  # a text that the shared table does not have
    broken = changed(
        empty_file,
        "xl/worksheets/sheet2.xml",
        lambda xml: re.sub(rb'<c r="A1".*?</c>', lost, xml, count=1),
    )
    with pytest.raises(UnreadableFileError) as caught:
        read_scoring_workbook(broken, scheme, say)
    assert caught.value.code == "workbook_damaged"


def sheet_with(cells: dict[str, object]) -> bytes:
    book = Workbook()
    for place, value in cells.items():
        book.active[place] = value
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_hundred_thousand_rows_are_refused(empty_file: bytes) -> None:
    rows = b"".join(
        b'<row r="%d"><c><v>%d</v></c></row>' % (n, n * 7919) for n in range(1, 100_001)
    )
    data = changed(
        empty_file,
        "xl/worksheets/sheet2.xml",
        lambda _: b"<worksheet><sheetData>" + rows + b"</sheetData></worksheet>",
    )
    error = refused(data)
    assert (error.code, error.values) == ("workbook_too_many_rows", {"limit": 5000})


def test_a_value_far_down_or_far_right_is_refused() -> None:
    assert refused(sheet_with({"A1": 1, "A900000": 1})).code == "workbook_too_many_rows"
    assert refused(sheet_with({"XFD1": "x"})).code == "workbook_too_many_columns"


def test_links_to_other_files_are_dropped(empty_file: bytes, scheme: Scheme) -> None:
    def link(parts: dict[str, bytes]) -> None:
        parts["xl/externalLinks/externalLink1.xml"] = (
            b'<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
        )

    reading = read_scoring_workbook(repacked(empty_file, link), scheme, say)
    assert reading.problems == ()
