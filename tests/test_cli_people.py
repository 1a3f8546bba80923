"""``anbiao user …`` and ``anbiao import-enterprises``: exit status, links, nothing by halves."""

from collections.abc import Callable
from pathlib import Path

import pytest

from portal.services import accounts, enterprises, invitations, second_factor, sessions
from portal.services.account_log import Place
from tests.conftest import PASSWORD, Done, Installation, Run, a_profile
from tests.documents.people_books import code, filled, firm, person


@pytest.fixture
def write(tmp_path: Path) -> Callable[[bytes], Path]:
    def create(data: bytes) -> Path:
        path = tmp_path / "people.xlsx"
        path.write_bytes(data)
        return path

    return create


def added(run: Run, *, login: str = "new-person", lang: str = "zh", **options: str) -> Done:
    given = {"name": "新人", "role": "worker", "organisation": a_profile(1).name, **options}
    pairs = [part for key, value in given.items() for part in (f"--{key}", value)]
    return run("user", "add", login, *pairs, lang=lang)


def token_of(done: Done) -> str:
    return done.out.strip().rpartition("/welcome/")[2]


# ------------------------------------------------------------------ user add


def test_an_account_is_entered_and_its_link_lets_the_person_in(
    installation: Installation, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANBIAO_URL", raising=False)
    done = added(run)
    assert done.status == 0, done.err
    assert done.out.startswith("/welcome/"), "without an address only the path is known"
    assert done.out.count("\n") == 1
    assert "new-person" in done.err
    signed_in = invitations.accept(token_of(done), PASSWORD)
    user = sessions.user_of(sessions.token_hash(signed_in.token))
    assert user is not None
    assert (user.role, user.organisation_id) == ("worker", installation.enterprise("a"))


@pytest.mark.usefixtures("small")
def test_a_link_begins_with_the_address_of_the_portal_where_it_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANBIAO_URL", "https://anbiao.example/")
    assert added(run).out.startswith("https://anbiao.example/welcome/")


def test_an_organisation_is_given_by_id_name_or_credit_code(small: Installation, run: Run) -> None:
    known = (small.enterprise("b"), a_profile(2).name, a_profile(2).credit_code)
    for number, given in enumerate(known):
        assert added(run, login=f"person-{number}", organisation=given).status == 0
    assert (
        added(run, login="judge", role="reviewer", organisation="云岭安评技术服务中心").status == 0
    )
    places = {x.login: x.organisation_id for x in accounts.account_lines()}
    assert {places[f"person-{number}"] for number in range(3)} == {small.enterprise("b")}
    assert places["judge"] == small["reviewer-1"].organisation_id


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("options", "status", "named"),
    [
        ({"login": "admin"}, 1, "admin"),
        ({"login": "ab"}, 2, "60"),
        ({"name": " "}, 2, "40"),
        ({"organisation": "没有这家"}, 2, "没有这家"),
        ({"role": "official"}, 2, "试验机械1有限公司"),
        ({"role": "king"}, 2, "king"),
    ],
)
def test_an_account_that_cannot_be_entered_is_refused_and_nothing_stored(
    small: Installation, run: Run, options: dict[str, str], status: int, named: str, lang: str
) -> None:
    before = small.db.rows("select * from account order by account_id")
    done = added(run, lang=lang, **options)
    assert (done.status, done.out) == (status, ""), done.err
    assert named in done.err
    assert "Traceback" not in done.err
    assert small.db.rows("select * from account order by account_id") == before


def test_enterprises_of_one_name_are_offered_by_credit_code(small: Installation, run: Run) -> None:
    name = a_profile(1).name
    enterprises.register(small["administrator"], a_profile(70, name=name))
    done = added(run)
    assert (done.status, done.out) == (2, "")
    assert a_profile(70).credit_code in done.err
    assert added(run, organisation=a_profile(70).credit_code).status == 0


# ------------------------------------------------------------------ user list


def test_accounts_are_listed_for_people_and_for_programs(
    installation: Installation, run: Run
) -> None:
    done = run("user", "list")
    lines = {line.split("\t")[0]: line.split("\t") for line in done.out.splitlines()}
    assert (done.status, done.err) == (0, "")
    assert lines["login-a-worker"][1:4] == ["a-worker先生", "从业人员", "试验机械1有限公司"]
    found = run("user", "list", "--json").json
    assert len(found) == len(done.out.splitlines())
    row = next(row for row in found if row["login"] == "login-a-worker")
    worker = installation["a-worker"]
    assert row["account_id"] == worker.account_id
    assert (row["role"], row["organisation_id"]) == ("worker", worker.organisation_id)
    assert (row["status"], row["second_factor"]) == ("active", False)
    assert not {"password", "password_hash"} & set(row)


def test_the_accounts_of_one_body_are_listed_alone(small: Installation, run: Run) -> None:
    for given in (a_profile(1).name, small.enterprise("a"), a_profile(1).credit_code):
        found = run("user", "list", "--json", "--organisation", given).json
        assert {row["organisation_id"] for row in found} == {small.enterprise("a")}
        assert len(found) == 3
    done = run("user", "list", "--organisation", "没有这家")
    assert (done.status, done.out) == (2, "")


# ------------------------------------------------------------------ disable, enable, reset


def test_an_account_is_disabled_and_enabled(installation: Installation, run: Run) -> None:
    worker = installation["a-worker"]
    done = run("user", "disable", worker.login)
    assert (done.status, done.out) == (0, f"账号{worker.login}：已停用。\n")
    assert sessions.user_of(worker.session) is None
    done = run("user", "enable", worker.login, lang="en")
    assert done.status == 0
    assert worker.login in done.out
    status = {line.login: line.status for line in accounts.account_lines()}
    assert status[worker.login] == "invited", "this one never chose a password"


def test_a_password_is_reset_by_a_link(installation: Installation, run: Run) -> None:
    worker = installation["a-worker"]
    done = run("user", "reset-password", worker.login)
    assert done.status == 0, done.err
    assert sessions.user_of(worker.session) is None
    invitations.accept(token_of(done), PASSWORD)
    done = run("user", "reset-password", worker.login)
    assert invitations.find(token_of(done)).purpose == "reset"


def test_a_lost_second_factor_goes_only_when_it_is_asked_for(
    installation: Installation, run: Run
) -> None:
    worker = installation["a-worker"]
    second_factor.begin(worker)
    kept = "select count(*) as n from second_factor where account_id = :a"
    run("user", "reset-password", worker.login)
    assert installation.db.row(kept, a=worker.account_id) == {"n": 1}
    run("user", "reset-password", worker.login, "--second-factor")
    assert installation.db.row(kept, a=worker.account_id) == {"n": 0}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("command", ["disable", "enable", "reset-password"])
def test_an_account_that_is_not_there_is_named(
    small: Installation, run: Run, command: str, lang: str
) -> None:
    before = small.db.rows("select * from audit order by enterprise_id, seq")
    done = run("user", command, "nobody-here", lang=lang)
    assert (done.status, done.out) == (2, "")
    assert "nobody-here" in done.err
    assert small.db.rows("select * from audit order by enterprise_id, seq") == before


def test_a_disabled_account_gets_no_link(small: Installation, run: Run) -> None:
    login = small["a-worker"].login
    run("user", "disable", login)
    done = run("user", "reset-password", login)
    assert (done.status, done.out) == (1, "")


def test_an_anonymised_account_is_not_found_by_its_number(small: Installation, run: Run) -> None:
    worker = small["a-worker"]
    accounts.anonymise(small["administrator"], worker.account_id)
    assert run("user", "enable", worker.account_id).status == 2


# ------------------------------------------------------------------ import-enterprises


def test_a_workbook_is_imported_and_each_link_stands_on_a_line(
    installation: Installation, run: Run, write: Callable[[bytes], Path]
) -> None:
    file = write(filled([firm(1), firm(2)], [person(1), person(2)]))
    done = run("import-enterprises", file)
    assert done.status == 0, done.err
    lines = [line.split("\t") for line in done.out.splitlines()]
    assert [line[:3] for line in lines] == [
        ["imported-1", "导入人1", "导入机械1有限公司"],
        ["imported-2", "导入人2", "导入机械2有限公司"],
    ]
    opened = invitations.accept(lines[0][3].rpartition("/")[2], PASSWORD, Place())
    assert sessions.user_of(sessions.token_hash(opened.token)) is not None
    names = {e.name for e in enterprises.list_all(installation["administrator"])}
    assert {"导入机械1有限公司", "导入机械2有限公司"} <= names


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_dry_run_says_what_would_be_and_writes_nothing(
    small: Installation, run: Run, write: Callable[[bytes], Path], lang: str
) -> None:
    stored = a_profile(1).credit_code
    before = small.db.rows("select * from audit order by enterprise_id, seq")
    file = write(filled([firm(1), firm(2, credit_code=stored)], [person(1)]))
    done = run("import-enterprises", file, "--dry-run", lang=lang)
    assert done.status == 0
    assert done.out.count("\n") == 1
    assert stored in done.err, "what is left as it is"
    assert small.db.rows("select * from audit order by enterprise_id, seq") == before
    assert run("import-enterprises", file, lang=lang).status == 0


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_problem_of_a_workbook_is_listed_with_its_cell(
    small: Installation, run: Run, write: Callable[[bytes], Path], lang: str
) -> None:
    file = write(
        filled(
            [firm(1, sector="渔业"), firm(2, credit_code=code(9)[:-1])],
            [person(1, login="admin"), person(2, organisation="没有这家")],
        )
    )
    for options in ((), ("--dry-run",)):
        done = run("import-enterprises", file, *options, lang=lang)
        assert (done.status, done.out) == (1, "")
        lines = done.err.splitlines()
        assert [line.partition(":")[0] for line in lines[:-1]] == [
            "企业!C2",
            "企业!B3",
            "账号!A2",
            "账号!D3",
        ]
        assert "4" in lines[-1]
    assert not [e for e in enterprises.list_all(small["administrator"]) if "导入" in e.name]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.usefixtures("small")
def test_a_file_that_is_no_workbook_is_unreadable_input(
    run: Run, write: Callable[[bytes], Path], tmp_path: Path, lang: str
) -> None:
    for path in (write(b"a,b,c"), tmp_path / "missing.xlsx", tmp_path):
        done = run("import-enterprises", path, lang=lang)
        assert (done.status, done.out) == (2, "")
        assert str(path) in done.err


@pytest.mark.parametrize(
    "arguments",
    [["user"], ["user", "add", "x"], ["user", "list", "x"], ["import-enterprises"]],
)
def test_wrong_usage_ends_with_status_two(run: Run, arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.status, done.out) == (2, "")
    assert "usage: anbiao" in done.err


@pytest.mark.parametrize(
    "command", [["user"], ["user", "add"], ["user", "reset-password"], ["import-enterprises"]]
)
def test_every_command_explains_itself(run: Run, command: list[str]) -> None:
    chinese, english = run(*command, "--help"), run(*command, "--help", lang="en")
    assert chinese.status == english.status == 0
    assert chinese.out != english.out
