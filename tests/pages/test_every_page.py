"""What holds for every page: guarded by itself, whole in both languages, short."""

import ast
import re
from collections.abc import Callable

import pytest

from portal.domain.people import Role, User
from portal.i18n import translate
from portal.services import accounts, sessions
from portal.ui.navigation import PAGES as BY_ROLE
from tests.conftest import Installation, entered

from .conftest import PAGES, Open, sound, texts

FILES = sorted(path.relative_to(PAGES).with_suffix("").as_posix() for path in PAGES.glob("*/*.py"))

OF_ROLE = {
    role: [file for entries in groups.values() for file, _, _ in entries]
    for role, groups in BY_ROLE.items()
}
ALLOWED = {file: {role for role, files in OF_ROLE.items() if file in files} for file in FILES}

PERSON = {
    Role.PRINCIPAL: "a-principal",
    Role.SAFETY_MANAGER: "a-manager",
    Role.WORKER: "a-worker",
    Role.REVIEWER: "reviewer-2",
    Role.LEAD_REVIEWER: "reviewer-1",
    Role.ORGANISER: "organiser",
    Role.INSPECTOR: "inspector-district",
    Role.OFFICIAL: "official-district",
    Role.ADMINISTRATOR: "administrator",
}
IN_DEMO = {
    Role.PRINCIPAL: "e01-principal",
    Role.SAFETY_MANAGER: "e02-manager",
    Role.REVIEWER: "reviewer-2",
    Role.LEAD_REVIEWER: "reviewer-1",
    Role.OFFICIAL: "official-city",
    Role.ADMINISTRATOR: "administrator",
}


def test_every_role_has_pages_and_every_page_belongs_to_a_role() -> None:
    assert set(BY_ROLE) == set(Role)
    assert {file for files in OF_ROLE.values() for file in files} == set(FILES)


def test_addresses_are_unique_within_a_role_and_never_those_of_the_entrance() -> None:
    for role, groups in BY_ROLE.items():
        addresses = [address for entries in groups.values() for _, address, _ in entries]
        assert len(addresses) == len(set(addresses)), role
        assert not set(addresses) & {"login", "logout", "setup", "health", "verify", "assets"}


def test_no_page_lies_directly_in_pages() -> None:
    """A deep link to a fresh process would run it without the frame."""
    assert [path.name for path in PAGES.glob("*.py")] == []


@pytest.mark.parametrize("page", FILES)
def test_a_page_is_short_and_says_what_it_reads_and_writes(page: str) -> None:
    text = (PAGES / f"{page}.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 80, f"pages/{page}.py has {len(text.splitlines())} lines"
    words = ast.get_docstring(ast.parse(text)) or ""
    assert re.search(r"^Reads ", words, re.MULTILINE), "the docstring says what the page reads"
    assert re.search(r"^Writes ", words, re.MULTILINE), "the docstring says what it writes"


@pytest.mark.parametrize("page", FILES)
def test_a_page_begins_with_its_guard(page: str) -> None:
    tree = ast.parse((PAGES / f"{page}.py").read_text(encoding="utf-8"))
    first = next(
        node
        for node in tree.body
        if not isinstance(node, ast.Import | ast.ImportFrom)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        and not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant))
    )
    assert isinstance(first, ast.Assign)
    assert ast.unparse(first).startswith("user = guard."), ast.unparse(first)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("page", FILES)
def test_nobody_sees_only_the_way_to_the_sign_in(page: str, open_page: Open) -> None:
    app = sound(open_page(page, None))
    assert [info.value for info in app.info] == [translate("zh", "guard.signed_out")]
    assert 'href="/login"' in texts(app)
    assert len(app.main.children) == 2, "nothing else is drawn"


@pytest.mark.usefixtures("small")
def test_an_invented_session_is_nobody(open_portal: Open, small: Installation) -> None:
    user = small["a-manager"]
    sessions.sign_out(user.session)
    app = sound(open_portal(user))
    assert [info.value for info in app.info] == [translate("zh", "guard.signed_out")]
    assert app.sidebar.children == {}


WRONG = [
    (page, role)
    for page in FILES
    for role in Role
    if role not in ALLOWED[page] and page != "open/waiting"  # shows only the role of the person
]


@pytest.mark.parametrize(("page", "role"), WRONG)
def test_the_wrong_role_is_refused_and_sees_nothing_else(
    small: Installation, page: str, role: Role, open_page: Open
) -> None:
    app = sound(open_page(page, small[PERSON[role]]))
    assert [error.value for error in app.error] == [translate("zh", "error.not_allowed")]
    assert len(app.main.children) == 1, "nothing else is drawn"


RIGHT = [(page, role) for page in FILES for role in sorted(ALLOWED[page])]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("page", "role"), RIGHT)
def test_a_page_runs_in_an_installation_without_any_data(
    small: Installation,
    page: str,
    role: Role,
    lang: str,
    open_portal: Open,
    language: Callable[[str], None],
) -> None:
    language(lang)
    app = sound(open_portal(small[PERSON[role]], page))
    assert app.title or app.info
    assert not app.error


def of_the_demo(demo: Installation, role: Role) -> User:
    if role in IN_DEMO:
        return demo[IN_DEMO[role]]
    body = {Role.WORKER: "e01", Role.INSPECTOR: "district", Role.ORGANISER: "association"}[role]
    accounts.invite(
        demo["administrator"], login="one-more", name="另一人", role=role, organisation_id=body
    )
    return entered(demo.db, "one-more")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("page", "role"), RIGHT)
def test_a_page_runs_on_the_demonstration_and_leaves_no_key_or_placeholder(
    demo: Installation,
    page: str,
    role: Role,
    lang: str,
    open_portal: Open,
    language: Callable[[str], None],
) -> None:
    language(lang)
    user = of_the_demo(demo, role)
    app = sound(open_portal(user, page))
    assert not app.error
    assert app.title
    address = next(
        address
        for entries in BY_ROLE[role].values()
        for file, address, _ in entries
        if file == page
    )
    if page != "enterprise/today":  # its title is the enterprise
        assert app.title[0].value == translate(lang, f"page.{address.replace('-', '_')}")
    written = texts(app)
    assert not re.findall(r"\{[a-z_]+\}", written), "a placeholder was left"
    assert user.name in "\n".join(element.value for element in app.sidebar.text)
