"""The workbook of enterprises and accounts: an empty one out, a filled one in, faults named."""

import shutil
import subprocess
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from criteria import packs
from portal.documents import people_layout
from portal.documents.people_reading import PeopleReading, read_people
from portal.documents.people_workbook import LISTED, LISTS, Place, write_people_template
from portal.domain.people import BODY_OF, Role
from portal.errors import UnreadableFileError
from portal.i18n import LANGUAGES, translate
from portal.services.wording import error_text

from .people_books import code, filled, firm, person

AREAS = {
    "990102": ("临江区", "Linjiang District"),
    "990103": ("望江区", "Wangjiang District"),
    "990203": ("望江区", "Wangjiang District of the other city"),
}
PLACE = Place([f"{code} {names[0]}" for code, names in AREAS.items()], ["临江区应急管理局"])


def read(data: bytes, language: str = "zh") -> PeopleReading:
    return read_people(data, AREAS, partial(translate, language), language)


def template(language: str = "zh", place: Place = PLACE) -> bytes:
    return write_people_template(place, partial(translate, language), language)


def the_problem(data: bytes, language: str = "zh") -> tuple[str, str, str, str]:
    """Sheet, cell, code and found of the only problem."""
    reading = read(data, language)
    assert len(reading.problems) == 1, reading.problems
    (one,) = reading.problems
    assert "{" not in one.text
    return one.sheet, one.cell, one.message_code.removeprefix("people."), one.values["found"]


# ------------------------------------------------------------------ the template


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_template_is_read_as_nothing_at_all(language: str) -> None:
    for reader in LANGUAGES:
        reading = read(template(language), reader)
        assert (reading.enterprises, reading.accounts, reading.problems) == ((), (), ())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_template_explains_itself_and_marks_its_example(language: str) -> None:
    book = load_workbook(BytesIO(template(language)))
    words = partial(translate, language)
    assert book.sheetnames == [
        *(words(f"workbook.people.sheet.{n}") for n in ("instructions", "enterprises", "accounts")),
        LISTS,
    ]
    assert book[LISTS].sheet_state == "hidden"
    for name in people_layout.FIELDS:
        sheet = book[words(f"workbook.people.sheet.{name}")]
        assert sheet["A2"].value.startswith(words("workbook.people.example"))
        assert sheet.max_row == 2
        heads = [cell.value for cell in sheet[1]]
        assert heads == [
            words(f"field.{field}") + ("*" if field in people_layout.FILLED else "")
            for field in people_layout.FIELDS[name]
        ]


def test_columns_of_a_template_offer_what_the_installation_has() -> None:
    book = load_workbook(BytesIO(template()))
    offered: dict[str, list[str]] = {}
    for sheet in (book["企业"], book["账号"]):
        for rule in sheet.data_validations.dataValidation:
            if rule.type != "list":
                continue
            area = rule.formula1.partition("!")[2].replace("$", "")
            cells = book[LISTS][area]
            heading = sheet[f"{str(rule.sqref)[0]}1"].value.strip("*")
            rows = cells if isinstance(cells, tuple) else ((cells,),)
            offered[heading] = [row[0].value for row in rows]
    assert offered["所在地区"] == list(PLACE.areas)
    assert offered["行业"] == [sector.title.zh for sector in packs.sectors().values()]
    assert offered["角色"] == [translate("zh", f"role.{role}") for role in Role]
    assert offered["单位"] == ["临江区应急管理局"]
    assert set(offered) == {
        "行业",
        "规模划分类别",
        "所在地区",
        f"{head('is_group')}",
        "角色",
        "单位",
    }


def head(field: str) -> str:
    return translate("zh", f"field.{field}")


def test_a_template_of_an_installation_without_areas_and_bodies_can_be_opened() -> None:
    reading = read(template(place=Place([], [])))
    assert reading.problems == ()


def test_a_template_never_holds_more_than_it_may_be_read_with() -> None:
    many = [f"{number:06d} 区" for number in range(LISTED + 50)]
    assert read(template(place=Place(many, many))).problems == ()


def test_a_name_of_a_body_that_begins_like_a_formula_stays_text() -> None:
    book = load_workbook(BytesIO(template(place=Place([], ["=1+1"]))))
    cells = [cell for row in book[LISTS].iter_rows() for cell in row if cell.value == "=1+1"]
    assert [cell.data_type for cell in cells] == ["s"]


@pytest.mark.skipif(not shutil.which("soffice"), reason="no spreadsheet program: soffice")
def test_a_template_saved_by_another_program_is_read_the_same(tmp_path: Path) -> None:
    file = tmp_path / "in.xlsx"
    file.write_bytes(template())
    done = subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless",
         "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", tmp_path / "out", file],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    reading = read((tmp_path / "out" / "in.xlsx").read_bytes())
    assert (reading.enterprises, reading.problems) == ((), ())


# ------------------------------------------------------------------ what is right


@pytest.mark.parametrize("language", LANGUAGES)
def test_rows_become_profiles_and_accounts(language: str) -> None:
    words = partial(translate, language)
    sector = packs.sectors()["commerce"].title[language]
    data = filled(
        [
            firm(
                1,
                sector=sector,
                size_kind=packs.size_tables()["retail"].title[language],
                area_code="990102",
                flags="; ".join(flag.title[language] for flag in packs.flags().values()),
                is_group=words("workbook.people.yes"),
                staff="1,200",
                contact=13800000000,
            )
        ],
        [person(1, role=words("role.principal"), organisation=code(1))],
        language=language,
    )
    reading = read(data, language)
    assert reading.problems == ()
    (row,) = reading.enterprises
    profile = row.profile
    assert row.place == "A2"
    assert (profile.sector, profile.size_kind, profile.area_code) == (
        "commerce",
        "retail",
        "990102",
    )
    assert profile.flags == tuple(sorted(packs.flags()))
    assert (profile.staff, profile.revenue_wan, profile.is_group) == (1200, 5000, True)
    assert profile.contact == "13800000000"
    assert profile.checked() == profile
    (account,) = reading.accounts
    assert (account.login, account.role, account.organisation) == (
        "imported-1",
        Role.PRINCIPAL,
        code(1),
    )


@pytest.mark.parametrize("area", ["990102", "990102 临江区", "990102临江区", " 临江区 ", 990102])
def test_an_area_is_given_by_code_or_by_name(area: object) -> None:
    (row,) = read(filled([firm(area_code=area)])).enterprises
    assert row.profile.area_code == "990102"


def test_what_need_not_be_filled_in_may_be_blank() -> None:
    blank = {"address", "principal", "contact", "flags", "is_group", "size_kind"}
    reading = read(filled([firm(**dict.fromkeys(blank))]))
    assert reading.problems == ()
    assert reading.enterprises[0].profile.size_kind == "industry"
    assert read(filled([firm()], without=["flags", "is_group"])).problems == ()


def test_columns_may_be_moved_and_others_added() -> None:
    book = load_workbook(BytesIO(filled([firm()], [person()])))
    sheet = book["企业"]
    sheet.insert_cols(1, 2)
    sheet["A1"], sheet["A2"], sheet["B2"] = "备注", "自用", "=1+1"
    sheet.insert_rows(1, 3)
    sheet["A1"] = "2026年名单"
    out = BytesIO()
    book.save(out)
    reading = read(out.getvalue())
    assert reading.problems == ()
    assert reading.enterprises[0].place == "C5"


def test_brackets_spaces_and_capitals_of_words_do_not_matter() -> None:
    data = filled([firm(sector=" 机 械 ", credit_code=f" {code(1).lower()} ")])
    (row,) = read(data).enterprises
    assert (row.profile.sector, row.profile.credit_code) == ("machinery", code(1))


def test_blank_rows_between_are_no_rows() -> None:
    assert len(read(filled([firm(1), {}, {"name": "  "}, firm(2)])).enterprises) == 2


# ------------------------------------------------------------------ what is wrong


WRONG_CODE = code(1)[:-1] + ("0" if code(1)[-1] != "0" else "1")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("field", "value", "problem", "found"),
    [
        ("name", None, "blank", ""),
        ("name", "甲", "length", "甲"),
        ("name", "长" * 121, "length", "长" * 60 + "…"),
        ("name", "两\n行", "line_break", "两 行"),
        ("name", "=A1", "formula", "=A1"),
        ("name", "#REF!", "error", "#REF!"),
        ("credit_code", None, "blank", ""),
        ("credit_code", "9199", "credit_length", "9199"),
        ("credit_code", "91990102MI0000001X", "credit_character", "91990102MI0000001X"),
        ("credit_code", WRONG_CODE, "credit_check", WRONG_CODE),
        ("credit_code", 919901020000000012, "credit_number", "9.1990102e+17"),
        ("credit_code", "=1+1", "formula", "=1+1"),
        ("sector", None, "blank", ""),
        ("sector", "渔业", "choice", "渔业"),
        ("size_kind", "批发业", "choice", "批发业"),
        ("area_code", None, "blank", ""),
        ("area_code", "火星区", "area", "火星区"),
        ("area_code", "990100", "area", "990100"),
        ("area_code", "望江区", "area_twice", "望江区"),
        ("address", "长" * 201, "length", "长" * 60 + "…"),
        ("principal", "长" * 41, "length", "长" * 41),
        ("contact", "0" * 61, "length", "0" * 60 + "…"),
        ("staff", None, "blank", ""),
        ("staff", "很多", "number", "很多"),
        ("staff", -1, "range", "-1"),
        ("staff", 12.5, "whole", "12.5"),
        ("staff", 10**7, "range", "10000000"),
        ("staff", True, "number", "True"),
        ("staff", "NaN", "number", "NaN"),
        ("staff", "1e999999", "number", "1e999999"),
        ("staff", "9" * 40, "number", "9" * 40),
        ("revenue_wan", "=SUM(A1:A2)", "formula", "=SUM(A1:A2)"),
        ("revenue_wan", 10**9, "range", "1000000000"),
        ("flags", "有限空间作业、潜水", "choice", "潜水"),
        ("is_group", "也许", "choice", "也许"),
    ],
)
def test_a_bad_cell_of_an_enterprise_is_named(
    field: str, value: Any, problem: str, found: str, language: str
) -> None:
    column = chr(ord("A") + people_layout.FIELDS["enterprises"].index(field))
    told = the_problem(filled([firm(1), firm(2, **{field: value})]), language)
    if problem in ("credit_check", "credit_number") or field != "credit_code":
        assert told == ("企业", f"{column}3", problem, found)
    else:
        assert told[:3] == ("企业", f"{column}3", problem)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("login", None, "blank"),
        ("login", "ab", "length"),
        ("login", "x" * 61, "length"),
        ("login", "a\tb c", "line_break"),
        ("login", '=HYPERLINK("x")', "formula"),
        ("person", None, "blank"),
        ("person", "长" * 41, "length"),
        ("role", None, "blank"),
        ("role", "国王", "choice"),
        ("organisation", None, "blank"),
        ("organisation", "某\x00公司", "line_break"),
    ],
)
def test_a_bad_cell_of_an_account_is_named(
    field: str, value: Any, problem: str, language: str
) -> None:
    if isinstance(value, str):
        value = value.replace("\x00", "_x0000_")  # as Excel writes what XML cannot hold
    column = "ABCD"[people_layout.FIELDS["accounts"].index(field)]
    sheet, cell, told, _ = the_problem(filled([], [person(1, **{field: value})]), language)
    assert (sheet, cell, told) == ("账号", f"{column}2", problem)


def test_a_wrong_check_digit_names_the_right_one() -> None:
    (problem,) = read(filled([firm(credit_code=WRONG_CODE)])).problems
    assert f"末位应为{code(1)[-1]}" in problem.text


def test_commerce_needs_its_kind_of_business() -> None:
    told = the_problem(filled([firm(sector="商贸", size_kind=None)]))
    assert told[:3] == ("企业", "D2", "blank")


def test_what_stands_twice_in_the_file_names_the_first_place() -> None:
    reading = read(
        filled(
            [firm(1), firm(2), firm(3, credit_code=code(1).lower())],
            [person(1), person(2, login=" imported-1 ")],
        )
    )
    told = [(p.sheet, p.cell, p.message_code, p.values["expected"]) for p in reading.problems]
    assert told == [
        ("企业", "B4", "people.duplicate", "B2"),
        ("账号", "A3", "people.duplicate", "A2"),
    ]


def test_every_problem_of_a_file_is_told_at_once() -> None:
    reading = read(
        filled(
            [firm(1, sector="渔业", staff="x", area_code="?"), firm(2, name=None)],
            [person(1, login="x", role="y")],
        )
    )
    assert [(p.sheet, p.cell) for p in reading.problems] == [
        ("企业", "C2"),
        ("企业", "E2"),
        ("企业", "I2"),
        ("企业", "A3"),
        ("账号", "A2"),
        ("账号", "C2"),
    ]
    assert reading.enterprises == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_missing_columns_are_named_together(language: str) -> None:
    data = filled([firm()], language=language, without=["sector", "staff"])
    (problem,) = read(data, language).problems
    assert (problem.cell, problem.message_code) == ("A1", "people.columns_missing")
    for field in ("sector", "staff"):
        assert translate(language, f"field.{field}") in problem.text


def test_a_heading_that_stands_twice_is_named() -> None:
    book = load_workbook(BytesIO(filled([firm()])))
    book["企业"]["M1"] = "行业*"
    out = BytesIO()
    book.save(out)
    assert the_problem(out.getvalue()) == ("企业", "M1", "column_twice", "行业*")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_missing_or_renamed_sheet_is_named(language: str) -> None:
    for data in (
        filled([firm()], without=["accounts"], language=language),
        filled([firm()], [person()], titles={"accounts": "Sheet2"}, language=language),
    ):
        title = translate(language, "workbook.people.sheet.accounts")
        assert the_problem(data, language)[:3] == (title, "", "sheet_missing")


def test_a_sheet_in_both_languages_is_ambiguous() -> None:
    book = load_workbook(BytesIO(filled([firm()], [person()])))
    book.copy_worksheet(book["账号"]).title = "Accounts"
    out = BytesIO()
    book.save(out)
    assert the_problem(out.getvalue()) == ("Accounts", "", "sheet_twice", "账号、Accounts")


def test_an_example_that_was_overwritten_but_kept_its_mark_is_not_dropped_silently() -> None:
    book = load_workbook(BytesIO(template()))
    book["企业"]["H2"] = "010-1"
    out = BytesIO()
    book.save(out)
    reading = read(out.getvalue())
    assert {(p.cell, p.message_code) for p in reading.problems} == {
        ("A2", "people.example_changed")
    }


def test_more_rows_than_may_be_are_refused() -> None:
    people = [person(number) for number in range(1, people_layout.ROWS + 2)]
    assert read(filled([], people[:-1])).problems == ()
    told = the_problem(filled([], people))
    assert told[:3] == ("账号", f"A{people_layout.ROWS + 2}", "too_many")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_that_is_no_workbook_is_refused_in_words_of_its_own(language: str) -> None:
    for data in (b"", b"a,b,c", filled()[:200], b"PK\x03\x04"):
        with pytest.raises(UnreadableFileError) as refused:
            read(data, language)
        text = error_text(refused.value, language)
        assert "打分表" not in text
        assert "scoring" not in text


def test_every_role_belongs_to_a_kind_of_body_that_has_a_name() -> None:
    for kind in BODY_OF.values():
        for language in LANGUAGES:
            assert translate(language, f"workbook.people.kind.{kind}")
