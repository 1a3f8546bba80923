"""Import of enterprises and accounts on the administrator's page."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from portal.domain.people import Role
from portal.i18n import translate
from portal.services import accounts, enterprises
from portal.ui.downloads import EXCEL
from tests.conftest import Installation, a_profile, entered
from tests.documents.people_books import filled, firm, person

from .conftest import Open, said, sound, texts

PAGE = "administrator/accounts"
CONFIRM = "people_import.confirm"


def zh(key: str, **values: object) -> str:
    return translate("zh", key, **values)


def opened(small: Installation, open_page: Open) -> AppTest:
    return sound(open_page(PAGE, small["administrator"]))


def upload(app: AppTest, data: bytes) -> AppTest:
    (field,) = app.file_uploader
    field.set_value(("people.xlsx", data, EXCEL))
    return sound(app.run())


def keys(app: AppTest) -> set[str]:
    return {element.key for element in (*app.button, *app.download_button)}


def names(small: Installation) -> set[str]:
    return {line.name for line in enterprises.list_all(small["administrator"])}


def test_a_workbook_is_taken_over_and_its_links_are_shown_until_they_are_cleared(
    small: Installation, open_page: Open
) -> None:
    app = opened(small, open_page)
    upload(app, filled([firm(1), firm(2)], [person(1)]))
    assert zh("people_import.ok", enterprises=2, accounts=1) in said(app.success)
    assert "导入机械1有限公司" not in names(small), "nothing before the confirmation"
    sound(app.button(key=CONFIRM).click().run())
    assert zh("people_import.done", enterprises=2, accounts=1) in said(app.success)
    assert zh("people_import.once", days=7) in [m.value for m in app.warning]
    assert {"导入机械1有限公司", "导入机械2有限公司"} <= names(small)
    assert "people_import.links" in keys(app)
    assert not app.file_uploader
    sound(app.run())
    assert "people_import.links" in keys(app), "another click on the page does not lose them"
    sound(app.button(key="people_import.clear").click().run())
    assert "people_import.links" not in keys(app)
    assert app.file_uploader[0].value in ([], None)


def test_enterprises_alone_leave_no_links_to_clear(small: Installation, open_page: Open) -> None:
    app = upload(opened(small, open_page), filled([firm(1)]))
    sound(app.button(key=CONFIRM).click().run())
    assert zh("people_import.done", enterprises=1, accounts=0) in said(app.success)
    assert "people_import.links" not in keys(app)
    assert app.file_uploader[0].value in ([], None), "the field is empty again"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_problem_is_listed_and_nothing_can_be_taken_over(
    small: Installation, open_page: Open, language: Callable[[str], None], lang: str
) -> None:
    language(lang)
    app = opened(small, open_page)
    upload(app, filled([firm(1, sector="<b>渔业</b>")], [person(1, login="admin")]))
    assert translate(lang, "people_import.bad", count=2) in said(app.error)
    assert CONFIRM not in keys(app)
    assert "&lt;b&gt;渔业" in texts(app)
    assert ">C2<" in texts(app)
    assert ">A2<" in texts(app)


def test_what_changed_after_the_check_is_told_and_listed_again(
    small: Installation, open_page: Open
) -> None:
    app = upload(opened(small, open_page), filled([firm(1)], [person(1)]))
    accounts.invite(
        small["administrator"],
        login="imported-1",
        name="先到者",
        role=Role.WORKER,
        organisation_id=small.enterprise("a"),
    )
    sound(app.button(key=CONFIRM).click().run())
    told = said(app.error)
    assert told == [zh("error.import_refused", count=1), zh("people_import.bad", count=1)]
    assert "导入机械1有限公司" not in names(small)


def test_enterprises_that_are_there_already_are_named(small: Installation, open_page: Open) -> None:
    stored = a_profile(1)
    data = filled([firm(1, credit_code=stored.credit_code, name="改了名字的公司")])
    app = upload(opened(small, open_page), data)
    assert zh("people_import.empty") in [m.value for m in app.info]
    assert zh("people_import.kept", count=1) in texts(app)
    assert stored.name in texts(app)
    assert "改了名字的公司" in texts(app)
    assert CONFIRM not in keys(app)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_file_that_is_no_workbook_is_refused_in_words(
    small: Installation, open_page: Open, language: Callable[[str], None], lang: str
) -> None:
    language(lang)
    app = upload(opened(small, open_page), b"name,code\n")
    assert said(app.error) == [translate(lang, "error.import_workbook_not_xlsx")]


def test_the_links_of_one_administrator_are_not_shown_to_another(
    small: Installation, open_page: Open
) -> None:
    app = upload(opened(small, open_page), filled([firm(1)], [person(1)]))
    sound(app.button(key=CONFIRM).click().run())
    assert "people_import.links" in keys(app)
    admin = small["administrator"]
    accounts.invite(
        admin,
        login="second-admin",
        name="第二人",
        role=Role.ADMINISTRATOR,
        organisation_id=admin.organisation_id,
    )
    app.user = {"session": entered(small.db, "second-admin").session}
    sound(app.run())
    assert "people_import.links" not in keys(app)
    assert "people_import.template" in keys(app)
