"""Many enterprises and accounts from one workbook: all of it or nothing, on both engines."""

from io import BytesIO

import pytest
from openpyxl import load_workbook

from portal.domain.people import Role
from portal.errors import InvalidValueError
from portal.i18n import LANGUAGES, translate
from portal.services import (
    account_commands,
    accounts,
    audit_trail,
    enterprises,
    invitations,
    organisations,
    people_import,
    sessions,
)
from portal.services.people_import import Checked, ImportRefusedError
from portal.store.audit import broken_links
from tests.conftest import PASSWORD, Installation, a_profile, together
from tests.documents.people_books import code, filled, firm, person

MIXED = [
    person(1),
    person(2, role="主要负责人", organisation=code(2)),
    person(3, role="评审员", organisation="云岭安评技术服务中心"),
    person(4, role="监管部门", organisation="云岭市局"),
]


def check(installation: Installation, data: bytes, language: str = "zh") -> Checked:
    return people_import.check(installation["administrator"], data, language)


def counts(installation: Installation) -> tuple[int, ...]:
    tables = ("enterprise", "credit_claim", "account", "membership", "invitation", "audit")
    rows = (installation.db.row(f"select count(*) as n from {t}") for t in tables)  # noqa: S608
    return tuple(row["n"] for row in rows if row)


def told(checked: Checked) -> list[tuple[str, str, str]]:
    return [(p.sheet, p.cell, p.message_code.removeprefix("people.")) for p in checked.problems]


# ------------------------------------------------------------------ taking over


def test_enterprises_and_accounts_are_entered_together(installation: Installation) -> None:
    admin = installation["administrator"]
    before = counts(installation)
    checked = check(installation, filled([firm(1), firm(2)], MIXED))
    assert (checked.problems, checked.new, checked.accounts, checked.kept) == ((), 2, 4, ())
    assert counts(installation) == before, "a check writes nothing"
    imported = people_import.take_over(admin, checked)
    assert (imported.new, len(imported.links), imported.kept) == (2, 4, ())
    known = {line.name: line.enterprise_id for line in enterprises.list_all(admin)}
    lines = {line.login: line for line in accounts.list_accounts(admin)}
    first, second = (lines[f"imported-{number}"] for number in (1, 2))
    assert (first.role, first.status) == (Role.SAFETY_MANAGER, "invited")
    assert first.organisation_id == known["导入机械1有限公司"]
    assert (second.role, second.organisation_id) == (Role.PRINCIPAL, known["导入机械2有限公司"])
    assert lines["imported-3"].organisation == "云岭安评技术服务中心"
    assert lines["imported-4"].organisation == "云岭市局"


def test_every_link_lets_its_person_in_and_stands_nowhere_else(installation: Installation) -> None:
    checked = check(installation, filled([firm(1)], [person(1)]))
    (link,) = people_import.take_over(installation["administrator"], checked).links
    assert link.token not in repr(link)
    signed_in = invitations.accept(link.token, PASSWORD)
    user = sessions.user_of(sessions.token_hash(signed_in.token))
    assert user is not None
    assert (user.login, user.organisation) == ("imported-1", "导入机械1有限公司")
    profile = enterprises.view(user, user.organisation_id, "zh").profile
    assert (profile.sector, profile.staff, profile.flags) == (
        "machinery",
        120,
        ("confined_space", "gas"),
    )


def test_every_enterprise_begins_its_log_and_accounts_stand_in_it(
    installation: Installation,
) -> None:
    admin = installation["administrator"]
    people_import.take_over(admin, check(installation, filled([firm(1)], [person(1)])))
    (enterprise,) = [e for e in enterprises.list_all(admin) if e.name == "导入机械1有限公司"]
    rows = installation.db.rows(
        "select actor, role, action from audit where enterprise_id = :e order by seq",
        e=enterprise.enterprise_id,
    )
    assert [tuple(row.values()) for row in rows] == [
        (admin.account_id, "administrator", "enterprise.register"),
        (admin.account_id, "administrator", "account.create"),
    ]
    assert broken_links(installation.db, enterprise.enterprise_id) == []


def test_an_enterprise_that_is_there_already_is_left_as_it_is_and_said_so(
    installation: Installation,
) -> None:
    admin = installation["administrator"]
    stored = a_profile(1)
    data = filled(
        [firm(1, name="另一个名称", credit_code=stored.credit_code, staff=9), firm(2)],
        [
            person(1, organisation="另一个名称"),
            person(2, organisation=stored.name),
            person(3, organisation=stored.credit_code.lower()),
        ],
    )
    checked = check(installation, data)
    assert checked.problems == ()
    assert (checked.new, checked.accounts) == (1, 3)
    (kept,) = checked.kept
    assert (kept.place, kept.name, kept.stored_name) == ("A2", "另一个名称", stored.name)
    assert people_import.take_over(admin, checked).kept == (kept,)
    user = installation["a-manager"]
    profile = enterprises.view(user, user.organisation_id, "zh").profile
    assert (profile.name, profile.staff) == (stored.name, stored.staff)
    new = {x.organisation_id for x in accounts.list_accounts(admin) if "imported" in x.login}
    assert new == {user.organisation_id}


def test_only_accounts_or_only_enterprises_can_be_imported(installation: Installation) -> None:
    admin = installation["administrator"]
    stored = [person(1, organisation=a_profile(2).name)]
    done = people_import.take_over(admin, check(installation, filled([], stored)))
    assert (done.new, len(done.links)) == (0, 1)
    done = people_import.take_over(admin, check(installation, filled([firm(1)])))
    assert (done.new, done.links) == (1, ())


# ------------------------------------------------------------------ what the portal knows better


def test_a_login_that_is_taken_is_named_by_its_cell(installation: Installation) -> None:
    people = [person(1), person(2, login="admin"), person(3, login=" login-a-worker ")]
    checked = check(installation, filled([firm(1)], [*people]))
    assert ("账号", "A3", "login_taken") in told(checked)
    assert ("账号", "A4", "login_taken") in told(checked)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_organisation_that_nobody_knows_is_named(
    installation: Installation, language: str
) -> None:
    checked = check(installation, filled([], [person(1, organisation="没有这家")]), language)
    assert told(checked) == [("账号", "D2", "organisation_unknown")]
    assert "没有这家" in checked.problems[0].text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("role", "organisation"),
    [
        ("监管部门", "云岭安评技术服务中心"),
        ("评审员", "云岭市局"),
        ("安全管理人员", "云岭市局"),
        ("系统管理员", "导入机械1有限公司"),
        ("组织单位", "试验机械1有限公司"),
    ],
)
def test_a_role_that_the_body_does_not_have_is_named(
    installation: Installation, role: str, organisation: str, language: str
) -> None:
    people = [person(1, role=role, organisation=organisation)]
    checked = check(installation, filled([firm(1)], people), language)
    assert told(checked) == [("账号", "C2", "role_not_for_body")]
    assert "{" not in checked.problems[0].text


def test_enterprises_of_one_name_are_told_apart_by_credit_code(installation: Installation) -> None:
    name = a_profile(1).name
    firms = [firm(1, name=name), firm(2, name="同名公司"), firm(3, name="同名公司")]
    people = [
        person(1, organisation=name),
        person(2, organisation="同名公司"),
        person(3, organisation=code(3)),
    ]
    checked = check(installation, filled(firms, people))
    assert told(checked) == [
        ("账号", "D2", "organisation_ambiguous"),
        ("账号", "D3", "organisation_ambiguous"),
    ]
    assert code(1) in checked.problems[0].text
    assert a_profile(1).credit_code in checked.problems[0].text
    for number in (0, 1):
        people[number]["organisation"] = code(number + 1)
    assert check(installation, filled(firms, people)).problems == ()


def test_bodies_of_one_name_are_told_apart_by_their_ids(installation: Installation) -> None:
    admin = installation["administrator"]
    second = organisations.add_body(admin, "authority", "云岭市局", "990100")
    checked = check(installation, filled([], [person(1, role="监管部门", organisation="云岭市局")]))
    assert told(checked) == [("账号", "D2", "organisation_ambiguous")]
    assert second in checked.problems[0].text
    checked = check(installation, filled([], [person(1, role="监管部门", organisation=second)]))
    assert checked.problems == ()


def test_a_name_finds_its_body_in_full_and_half_width(installation: Installation) -> None:
    enterprises.register(installation["administrator"], a_profile(50, name="某某（云岭）公司"))
    firms = [firm(1, name="导入(云岭)公司")]
    people = [person(1, organisation="某某(云岭)公司"), person(2, organisation="导入（云岭）公司")]
    assert check(installation, filled(firms, people)).problems == ()


def test_an_account_of_an_enterprise_with_a_bad_cell_is_not_called_wrong_too(
    installation: Installation,
) -> None:
    checked = check(installation, filled([firm(1, sector="渔业")], [person(1)]))
    assert told(checked) == [("企业", "C2", "choice")]


def test_problems_stand_in_the_order_of_the_workbook(installation: Installation) -> None:
    people = [person(number, organisation=code(1)) for number in range(1, 13)]
    people[0]["login"] = people[11]["login"] = "admin"
    people[1]["role"] = "?"
    checked = check(installation, filled([firm(1, staff="x")], people))
    assert [(p.sheet, p.cell) for p in checked.problems] == [
        ("企业", "I2"),
        ("账号", "A2"),
        ("账号", "C3"),
        ("账号", "A13"),
    ]


# ------------------------------------------------------------------ all or nothing


def test_a_workbook_with_problems_changes_nothing(installation: Installation) -> None:
    checked = check(installation, filled([firm(1)], [person(1), person(2, role="国王")]))
    before = counts(installation)
    with pytest.raises(ImportRefusedError) as refused:
        people_import.take_over(installation["administrator"], checked)
    assert refused.value.problems == checked.problems
    assert counts(installation) == before


def test_a_formula_is_refused_and_nothing_of_the_file_is_written(
    installation: Installation,
) -> None:
    data = filled([firm(1), firm(2, staff="=100+20")], [person(1, person='=CONCAT("张","伟")')])
    checked = check(installation, data)
    assert told(checked) == [("企业", "I3", "formula"), ("账号", "B2", "formula")]


def test_what_somebody_entered_in_the_meantime_is_seen_at_the_writing(
    installation: Installation,
) -> None:
    admin = installation["administrator"]
    checked = check(installation, filled([firm(1), firm(2)], [person(1), person(2)]))
    assert checked.problems == ()
    accounts.invite(
        admin,
        login="imported-2",
        name="先到者",
        role=Role.WORKER,
        organisation_id=installation.enterprise("a"),
    )
    before = counts(installation)
    with pytest.raises(ImportRefusedError) as refused:
        people_import.take_over(admin, checked)
    (problem,) = refused.value.problems
    assert (problem.cell, problem.message_code) == ("A3", "people.login_taken")
    assert counts(installation) == before
    assert told(check(installation, filled([firm(1)], [person(2)]))) == [
        ("账号", "A2", "login_taken"),
        ("账号", "D2", "organisation_unknown"),
    ]


def test_an_enterprise_that_was_registered_in_the_meantime_is_kept(
    installation: Installation,
) -> None:
    admin = installation["administrator"]
    checked = check(installation, filled([firm(1)], [person(1)]))
    there = enterprises.register(admin, a_profile(60, name="先到公司", credit_code=code(1)))
    imported = people_import.take_over(admin, checked)
    assert imported.new == 0
    assert [kept.stored_name for kept in imported.kept] == ["先到公司"]
    (line,) = [x for x in accounts.list_accounts(admin) if x.login == "imported-1"]
    assert line.organisation_id == there


def test_the_same_file_taken_over_twice_at_once_is_entered_once(
    installation: Installation,
) -> None:
    admin = installation["administrator"]
    checked = check(installation, filled([firm(1), firm(2)], MIXED))
    done = together(*(lambda: people_import.take_over(admin, checked) for _ in range(3)))
    refused = [found for found in done if isinstance(found, ImportRefusedError)]
    assert len(refused) == 2, done
    assert {p.message_code for error in refused for p in error.problems} == {"people.login_taken"}
    assert len([x for x in accounts.list_accounts(admin) if "imported" in x.login]) == 4


def test_an_import_beside_single_entries_of_the_same_people_stays_whole(
    installation: Installation,
) -> None:
    admin = installation["administrator"]
    people = [person(number) for number in range(1, 21)]
    checked = check(installation, filled([firm(number) for number in range(1, 21)], people))

    def one(number: int) -> str:
        return accounts.invite(
            admin,
            login=f"imported-{number}",
            name="先到者",
            role=Role.WORKER,
            organisation_id=installation.enterprise("a"),
        )

    whole, *single = together(
        lambda: people_import.take_over(admin, checked),
        *(lambda number=number: one(number) for number in (1, 10, 20)),
    )
    names = {line.name for line in accounts.list_accounts(admin)}
    count = len([e for e in enterprises.list_all(admin) if e.name.startswith("导入")])
    if isinstance(whole, ImportRefusedError):
        assert count == 0
        assert "导入人5" not in names
    else:
        assert count == 20, whole
        assert {type(found) for found in single} == {InvalidValueError}


def test_a_thousand_rows_go_through(installation: Installation) -> None:
    firms = [firm(number) for number in range(1, 501)]
    people = [person(number) for number in range(1, 501)]
    checked = check(installation, filled(firms, people))
    assert checked.problems == ()
    imported = people_import.take_over(installation["administrator"], checked)
    assert (imported.new, len({link.token for link in imported.links})) == (500, 500)


def test_a_check_asks_the_same_few_questions_however_long_the_file_is(
    small: Installation,
) -> None:
    asked = []
    for length in (2, 200):
        data = filled(
            [firm(number) for number in range(1, length)],
            [person(number) for number in range(1, length)],
        )
        with small.db.counting() as statements:
            check(small, data)
        asked.append(len(statements))
    assert asked[0] == asked[1] <= 5


# ------------------------------------------------------------------ links and template


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_links_come_as_a_workbook_with_everything_to_hand_out(
    small: Installation, language: str
) -> None:
    people = [person(1, person="=1+1")]
    book = load_workbook(BytesIO(filled([firm(1)], people)))
    book["账号"]["B2"].data_type = "s"
    out = BytesIO()
    book.save(out)
    imported = people_import.take_over(small["administrator"], check(small, out.getvalue()))
    data = people_import.links_workbook(imported, "https://anbiao.example", language)
    sheet = load_workbook(BytesIO(data)).worksheets[0]
    head, row = sheet[2], sheet[3]
    assert [cell.value for cell in head][:2] == [
        translate(language, "field.login"),
        translate(language, "field.person"),
    ]
    assert [cell.value for cell in row] == [
        "imported-1",
        "=1+1",
        translate(language, "role.safety_manager"),
        "导入机械1有限公司",
        f"https://anbiao.example/welcome/{imported.links[0].token}",
        "2026-11-27 10:00",
    ]
    assert row[1].data_type == "s"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_template_offers_this_installation_and_comes_back_empty(
    small: Installation, language: str
) -> None:
    data = people_import.template(small["administrator"], language)
    book = load_workbook(BytesIO(data))
    offered = {cell.value for row in book["_lists"].iter_rows() for cell in row}
    assert {"990102 临江区", "云岭安评技术服务中心", "云岭市局"} <= offered
    assert a_profile(1).name not in offered
    checked = check(small, data, language)
    assert (checked.problems, checked.new, checked.accounts) == ((), 0, 0)


# ------------------------------------------------------------------ the command line


def test_what_the_command_line_enters_stands_in_the_log_as_the_systems(
    installation: Installation,
) -> None:
    data = filled([firm(1)], [person(1)])
    people_import.carry_out(people_import.examine(data, "zh"), by=None)
    account_commands.set_status("imported-1", active=False)
    account_commands.set_status("imported-1", active=True)
    account_commands.reset("imported-1", factor=True)
    user = installation["administrator"]
    (enterprise,) = [e for e in enterprises.list_all(user) if e.name == "导入机械1有限公司"]
    rows = installation.db.rows(
        "select actor, role, action from audit where enterprise_id = :e order by seq",
        e=enterprise.enterprise_id,
    )
    assert [tuple(row.values()) for row in rows] == [
        ("system", "system", action)
        for action in (
            "enterprise.register",
            "account.create",
            "account.status",
            "account.status",
            "account.reset",
        )
    ]
    assert broken_links(installation.db, enterprise.enterprise_id) == []
    page = audit_trail.of_accounts(user, audit_trail.Wish(kind="accounts"), "zh")
    assert {line.who for line in page.lines if line.subject == "导入人1"} == {"系统"}


@pytest.mark.usefixtures("installation")
def test_a_profile_that_the_command_line_entered_names_the_system() -> None:
    done = people_import.carry_out(
        people_import.examine(filled([firm(1)], [person(1)]), "zh"), by=None
    )
    signed_in = invitations.accept(done.links[0].token, PASSWORD)
    user = sessions.user_of(sessions.token_hash(signed_in.token))
    assert user is not None
    assert enterprises.view(user, user.organisation_id, "zh").updated_by == "系统"
    assert enterprises.view(user, user.organisation_id, "en").updated_by == "System"
