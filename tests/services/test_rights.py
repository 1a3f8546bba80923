"""Who may do what to whom: every service function, every role, one's own and others' enterprises.

Each row names the people who may; everybody else gets ``NotAllowedError``, with nothing stored.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import portal.services
from criteria import default_library
from portal.documents.people_reading import PeopleReading
from portal.domain import permission_page
from portal.domain.people import PERMISSIONS, Action, Role, Scope, User
from portal.errors import NotAllowedError, PortalError
from portal.services import (
    accounts,
    assessments,
    audit_trail,
    criteria_desk,
    editions,
    enterprises,
    evidence,
    identities,
    nonconformities,
    organisations,
    people_import,
    results,
    reviews,
    rights,
    second_factor,
    sessions,
    sheets,
    signing_in,
    supervision,
    today,
    workbooks,
)
from portal.services.account_log import Place
from portal.services.assessments import Edit
from portal.services.context import Context
from portal.services.wording import error_text
from portal.services.workbooks import Upload
from portal.store.database import Database
from scoring.errors import ScoringError
from tests.conftest import (
    NOW,
    SCHEME,
    YEAR,
    Clock,
    Installation,
    Server,
    _build,
    a_profile,
    full_marks,
    lost,
    no_accident,
    prepared,
    running,
)

SUBMITTED, DRAFT, OLD, RUNNING_REVIEW, OLD_REVIEW = 1, 2, 3, 4, 5
"""Assessments of enterprise a: self of this year, self of last year, self of the year before with
a sealed review by reviewer-2, and this year's review that reviewer-1 is working on."""

ROOT = Path(__file__).resolve().parents[2]
NO_ENTERPRISE = "00000000-0000-7000-8000-000000000000"

OWN = frozenset({"a-principal", "a-manager"})
ASSIGNED = frozenset({"reviewer-1"})
REVIEWED_BEFORE = frozenset({"reviewer-2"})
ABOVE = frozenset({"official-district", "inspector-district", "official-city"})
OFFICIALS = ABOVE | {"official-far"}
ADMIN = frozenset({"administrator"})
ABOVE_WORKER = OWN | ADMIN
"""A worker of enterprise a is managed there and by the administrator, by nobody else."""
ENTERPRISES = OWN | {"b-manager", "far-manager"}
MANAGERS = ENTERPRISES | ADMIN
REVIEWERS = ASSIGNED | REVIEWED_BEFORE
EVERYBODY = ENTERPRISES | REVIEWERS | OFFICIALS | ADMIN | {"a-worker", "organiser"}


def _world(db: Database) -> Mapping[str, User]:
    people = _build(db)
    installation = Installation(Context(db, default_library(), Clock()), Clock(), people)
    for name in ABOVE_WORKER:
        accounts.invite(
            people["administrator"],
            login=f"spare-{people[name].login}",
            name="备用",
            role=Role.WORKER,
            organisation_id=installation.enterprise("a"),
        )
    base = installation.submitted("a", answers={"1.4": lost("no_record")})
    installation.filled("a", YEAR - 1)
    old = installation.submitted("a", YEAR - 2)
    installation.reviewed_by("reviewer-1", base)
    review = installation.reviewed_by("reviewer-2", old)
    installation.fill(people["reviewer-2"], review)
    installation.submit(people["reviewer-2"], review)
    installation.submitted("b")
    installation.reviewed_by("reviewer-2", installation.submitted("far"))
    for number in (1, 2, 3):  # rows alone: whoever may is told that the file is lost
        db.run(
            "insert into evidence values (:e, :n, 1, 'a.jpg', 'jpeg', 9, :sha, :at, 'x', null)",
            e=installation.enterprise("a"),
            n=number,
            sha="0" * 64,
            at=NOW.isoformat(),
        )
    db.run(
        "insert into identity values ('https://id.example', 'worker', :a, :at)",
        a=people["a-worker"].account_id,
        at=NOW.isoformat(),
    )
    return people


@pytest.fixture
def world(sqlite_server: Server) -> Iterator[Installation]:
    place = prepared(sqlite_server, "world", _world)
    with running(sqlite_server, place, sqlite_server.notes["world"]) as found:
        yield found


def test_the_people_of_the_matrix_are_all_there_is(world: Installation) -> None:
    assert set(world.people) == EVERYBODY
    assert {user.role for user in world.people.values()} == set(Role)


@dataclass(frozen=True)
class Rule:
    """A call on behalf of a person, and who may make it."""

    function: str
    case: str
    call: Callable[[Installation, User], object]
    allowed: frozenset[str]

    def __str__(self) -> str:
        return f"{self.function} {self.case}".strip()


def on(
    function: Callable[..., object], number: int, allowed: frozenset[str], *rest: Any, **named: Any
) -> Rule:
    """A function of an assessment of enterprise a."""
    case = {
        SUBMITTED: "submitted", DRAFT: "draft", OLD: "of an earlier year",
        RUNNING_REVIEW: "running review", OLD_REVIEW: "sealed review",
    }[number]  # fmt: skip
    return Rule(
        name(function),
        case,
        lambda w, u: function(u, w.enterprise("a"), number, *rest, **named),
        allowed,
    )


def rule(
    function: Callable[..., object],
    allowed: frozenset[str],
    call: Callable[[Installation, User], object],
    case: str = "",
) -> Rule:
    return Rule(name(function), case, call, allowed)


def name(function: Callable[..., object]) -> str:
    return f"{function.__module__.removeprefix('portal.services.')}.{function.__name__}"


def edits(client: str = "tab") -> list[Edit]:
    return [Edit(client, 1, "1.1", 1, {"full": True, "remark": "x"})]


def saved(w: Installation, u: User, number: int) -> object:
    (found,) = assessments.save_answers(u, w.enterprise("a"), number, edits())
    if found.error:
        raise found.error
    return found


def sheet_saved(w: Installation, u: User, number: int) -> object:
    edit = {"client": "tab", "seq": 1, "item": "1.1", "seen": 1, "answer": {"full": True}}
    (ack,) = sheets.save(u, w.enterprise("a"), number, [edit], "en")
    if not ack["ok"] and ack["error"] == error_text(NotAllowedError(), "en"):
        raise NotAllowedError
    return ack


def static(w: Installation, u: User, number: int) -> object:
    from portal.services import records

    assessment = records.find(w.db, w.enterprise("a"), number)
    return sheets.static(u, assessment, "zh")


NO_PEOPLE = people_import.Checked(PeopleReading((), (), (), (), {}), "zh", 0, 0, (), ())
SUBMIT = {"leader": "赵一", "members": ["钱二"], "confirmed_by": "赵一", "seen_rev": 1}
UPLOAD = Upload({"1.1": full_marks()["1.1"]}, 1, 1, ())

READS = OWN | ASSIGNED | ABOVE

WISH = criteria_desk.Wish("own", "2026")


def offered(w: Installation, u: User, number: int) -> object:
    from portal.services import records

    return editions.offer(u, records.find(w.db, w.enterprise("a"), number), "zh")


def worker(w: Installation) -> str:
    return w["a-worker"].account_id


def spare(w: Installation, u: User) -> str:
    """A worker of enterprise a for each who may anonymise: it can be done only once."""
    row = w.db.row("select account_id from account where login = :l", l=f"spare-{u.login}")
    return str(row["account_id"]) if row else worker(w)


PEOPLE = [
    rule(accounts.list_accounts, MANAGERS, lambda _, u: accounts.list_accounts(u)),
    rule(accounts.roles_to_give, MANAGERS, lambda _, u: accounts.roles_to_give(u)),
    *(
        rule(
            accounts.invite,
            allowed,
            lambda w, u, r=role, p=place: accounts.invite(
                u, login="intruder", name="x", role=r, organisation_id=w[p].organisation_id
            ),
            f"a {role}",
        )
        for role, place, allowed in (
            (Role.WORKER, "a-worker", ABOVE_WORKER),
            (Role.SAFETY_MANAGER, "a-worker", ABOVE_WORKER),
            (Role.PRINCIPAL, "a-worker", ADMIN | {"a-principal"}),
            (Role.REVIEWER, "reviewer-1", ADMIN),
            (Role.ORGANISER, "organiser", ADMIN),
            (Role.OFFICIAL, "official-city", ADMIN),
            (Role.ADMINISTRATOR, "official-city", ADMIN),
        )
    ),
    rule(
        accounts.set_status,
        ABOVE_WORKER,
        lambda w, u: accounts.set_status(u, worker(w), active=False),
    ),
    rule(
        accounts.set_status,
        ADMIN | {"a-principal"},
        lambda w, u: accounts.set_status(u, w["a-principal"].account_id, active=False),
        "of the principal",
    ),
    rule(accounts.reset, ABOVE_WORKER, lambda w, u: accounts.reset(u, worker(w))),
    rule(
        accounts.give_role,
        ABOVE_WORKER,
        lambda w, u: accounts.give_role(u, worker(w), Role.SAFETY_MANAGER, w.enterprise("a")),
    ),
    rule(
        accounts.give_role,
        ADMIN,
        lambda w, u: accounts.give_role(
            u, worker(w), Role.OFFICIAL, w["official-city"].organisation_id
        ),
        "of an authority",
    ),
    rule(
        accounts.take_role,
        ABOVE_WORKER,
        lambda w, u: accounts.take_role(u, worker(w), Role.WORKER, w.enterprise("a")),
    ),
    rule(accounts.anonymise, ABOVE_WORKER, lambda w, u: accounts.anonymise(u, spare(w, u))),
    rule(identities.linked, ADMIN, lambda w, u: identities.linked(u, worker(w))),
    rule(
        identities.link,
        ADMIN,
        lambda w, u: identities.link(u, worker(w), "https://id.example", "another"),
    ),
    rule(
        identities.unlink,
        ADMIN,
        lambda w, u: identities.unlink(u, worker(w), "https://id.example", "worker"),
    ),
]

RULES = [
    # the criteria desk is the administrator's; what everybody may read needs no right
    rule(criteria_desk.editions, ADMIN, lambda _, u: criteria_desk.editions(u, "zh")),
    rule(criteria_desk.check, ADMIN, lambda _, u: criteria_desk.check(u, b"", WISH, "zh")),
    rule(criteria_desk.take_over, ADMIN, lambda _, u: criteria_desk.take_over(u, b"", WISH)),
    rule(criteria_desk.publish, ADMIN, lambda _, u: criteria_desk.publish(u, "none@1")),
    rule(criteria_desk.export, ADMIN, lambda _, u: criteria_desk.export(u, "none@1", "zh")),
    rule(criteria_desk.changes, ADMIN, lambda _, u: criteria_desk.changes(u, "none@1", "none@2")),
    *(
        rule(editions.offer, allowed, lambda w, u, n=number: offered(w, u, n), str(number))
        for number, allowed in ((SUBMITTED, READS), (DRAFT, OWN))
    ),
    on(editions.move, DRAFT, OWN, "2099", 1),
    # assessments: a draft is the enterprise's own, a running review the reviewer's own
    *(
        on(function, number, allowed, *rest)
        for function, rest in (
            (assessments.load, ()),
            (assessments.missing_items, ()),
            (assessments.unexplained_items, ()),
            (assessments.history, ()),
            (sheets.live, (None, "zh")),
        )
        for number, allowed in (
            (SUBMITTED, READS),
            (DRAFT, OWN),
            (OLD, OWN | REVIEWED_BEFORE | ABOVE),
            (RUNNING_REVIEW, ASSIGNED),
            (OLD_REVIEW, OWN | REVIEWED_BEFORE | ABOVE),
        )
    ),
    *(
        on(function, number, allowed, *rest)
        for function, rest in (
            (results.view, ("zh",)),
            (workbooks.deduction_summary, ("zh",)),
            (reviews.compare, ("zh",)),
        )
        for number, allowed in (
            (SUBMITTED, READS),
            (OLD, OWN | REVIEWED_BEFORE | ABOVE),
            (OLD_REVIEW, OWN | REVIEWED_BEFORE | ABOVE),
        )
    ),
    *(
        Rule(
            "sheets.static",
            case,
            lambda w, u, number=number: static(w, u, number),
            allowed,
        )
        for case, number, allowed in (
            ("submitted", SUBMITTED, READS),
            ("draft", DRAFT, OWN),
            ("running review", RUNNING_REVIEW, ASSIGNED),
        )
    ),
    on(workbooks.export, SUBMITTED, READS, "zh", filled=True),
    on(workbooks.export, DRAFT, OWN, "zh", filled=True),
    on(workbooks.export, RUNNING_REVIEW, ASSIGNED, "zh", filled=False),
    on(workbooks.check, DRAFT, OWN, b"no workbook", "zh"),
    on(workbooks.check, RUNNING_REVIEW, ASSIGNED, b"no workbook", "zh"),
    on(workbooks.check, SUBMITTED, OWN, b"no workbook", "zh"),
    on(workbooks.take_over, DRAFT, OWN, UPLOAD),
    on(workbooks.take_over, RUNNING_REVIEW, ASSIGNED, replace(UPLOAD, seen_rev=0)),
    rule(
        assessments.open_self_assessment,
        ENTERPRISES,
        lambda _, u: assessments.open_self_assessment(u, SCHEME, YEAR - 3),
    ),
    rule(assessments.own_assessments, ENTERPRISES, lambda _, u: assessments.own_assessments(u)),
    rule(assessments.save_answers, OWN, lambda w, u: saved(w, u, DRAFT), "draft"),
    rule(assessments.save_answers, OWN, lambda w, u: saved(w, u, SUBMITTED), "submitted"),
    rule(assessments.save_answers, ASSIGNED, lambda w, u: saved(w, u, RUNNING_REVIEW), "review"),
    rule(sheets.save, OWN, lambda w, u: sheet_saved(w, u, DRAFT), "draft"),
    rule(sheets.save, ASSIGNED, lambda w, u: sheet_saved(w, u, RUNNING_REVIEW), "review"),
    on(assessments.import_answers, DRAFT, OWN, full_marks(), 1),
    on(assessments.import_answers, RUNNING_REVIEW, ASSIGNED, full_marks(), 0),
    on(assessments.submit, DRAFT, OWN, **SUBMIT),
    on(assessments.submit, RUNNING_REVIEW, ASSIGNED, **SUBMIT),
    on(assessments.reopen, SUBMITTED, OWN, "更正评分"),
    on(assessments.reopen, OLD_REVIEW, frozenset(), "更正评分"),
    # the enterprise
    rule(
        enterprises.view,
        OWN | REVIEWERS | ABOVE,
        lambda w, u: enterprises.view(u, w.enterprise("a"), "zh"),
    ),
    rule(
        enterprises.save_profile,
        ENTERPRISES,
        lambda _, u: enterprises.save_profile(u, a_profile(77), 9),
    ),
    rule(enterprises.principal, ENTERPRISES, lambda _, u: enterprises.principal(u)),
    rule(enterprises.performance, ENTERPRISES, lambda _, u: enterprises.performance(u, YEAR)),
    rule(
        enterprises.save_performance,
        ENTERPRISES,
        lambda _, u: enterprises.save_performance(u, YEAR - 4, no_accident(), 0),
    ),
    rule(today.of_enterprise, ENTERPRISES, lambda _, u: today.of_enterprise(u, "zh")),
    rule(
        nonconformities.of_enterprise,
        OWN | REVIEWERS | ABOVE,
        lambda w, u: nonconformities.of_enterprise(u, w.enterprise("a"), "zh"),
    ),
    # evidence of a non-conformity: the enterprise adds, whoever sees the assessment sees it too
    rule(
        evidence.of_enterprise,
        OWN | REVIEWERS | ABOVE,
        lambda w, u: evidence.of_enterprise(u, w.enterprise("a")),
    ),
    rule(evidence.add, OWN, lambda w, u: evidence.add(u, w.enterprise("a"), 1, "a.png", b"")),
    rule(
        evidence.remove,
        OWN,
        lambda w, u: evidence.remove(u, w.enterprise("a"), 2 if u.role is Role.PRINCIPAL else 3),
    ),
    *(
        rule(
            function,
            OWN | REVIEWERS | ABOVE,
            lambda w, u, f=function: f(u, w.enterprise("a"), 1),
        )
        for function in (evidence.read, evidence.preview)
    ),
    # reviews
    rule(reviews.mine, REVIEWERS, lambda _, u: reviews.mine(u)),
    rule(reviews.all_assignments, ADMIN, lambda _, u: reviews.all_assignments(u)),
    rule(reviews.candidates, ADMIN, lambda _, u: reviews.candidates(u)),
    rule(reviews.reviewers, ADMIN, lambda _, u: reviews.reviewers(u)),
    rule(
        reviews.assign,
        ADMIN,
        lambda w, u: reviews.assign(u, w.enterprise("b"), 1, w["reviewer-1"].account_id),
    ),
    rule(
        reviews.of_enterprise,
        OWN | ABOVE,
        lambda w, u: reviews.of_enterprise(u, w.enterprise("a")),
    ),
    # supervision
    rule(enterprises.in_jurisdiction, OFFICIALS, lambda _, u: enterprises.in_jurisdiction(u)),
    rule(supervision.areas, OFFICIALS, lambda _, u: supervision.areas(u)),
    rule(supervision.years, OFFICIALS, lambda _, u: supervision.years(u)),
    rule(supervision.overview, ABOVE, lambda _, u: supervision.overview(u, "990102", YEAR, "zh")),
    rule(
        supervision.overview,
        frozenset({"official-city"}),
        lambda _, u: supervision.overview(u, "990100", YEAR, "zh"),
        "of the city",
    ),
    rule(
        supervision.overview,
        frozenset(),
        lambda _, u: supervision.overview(u, "000000", YEAR, "zh"),
        "of the nation",
    ),
    rule(
        supervision.enterprises,
        ABOVE,
        lambda _, u: supervision.enterprises(u, "990102", YEAR, "zh"),
    ),
    rule(
        supervision.count_enterprises,
        ABOVE,
        lambda _, u: supervision.count_enterprises(u, "990102"),
    ),
    rule(supervision.results_of, ABOVE, lambda w, u: supervision.results_of(u, w.enterprise("a"))),
    # administration
    *PEOPLE,
    rule(enterprises.register, ADMIN, lambda _, u: enterprises.register(u, a_profile(88))),
    rule(enterprises.list_all, ADMIN, lambda _, u: enterprises.list_all(u)),
    rule(organisations.add_area, ADMIN, lambda _, u: organisations.add_area(u, "990109", "x")),
    rule(
        organisations.add_body,
        ADMIN,
        lambda _, u: organisations.add_body(u, "review_body", "某评审单位"),
    ),
    rule(people_import.template, ADMIN, lambda _, u: people_import.template(u, "zh")),
    rule(people_import.check, ADMIN, lambda _, u: people_import.check(u, b"no workbook", "zh")),
    rule(people_import.take_over, ADMIN, lambda _, u: people_import.take_over(u, NO_PEOPLE)),
    rule(organisations.authorities, ADMIN, lambda _, u: organisations.authorities(u)),
    rule(
        organisations.change_jurisdiction,
        ADMIN,
        lambda w, u: organisations.change_jurisdiction(
            u, w["official-far"].organisation_id, "990201", ()
        ),
    ),
    # one's own session, password and second factor
    rule(sessions.roles_of, EVERYBODY, lambda _, u: sessions.roles_of(u)),
    rule(
        sessions.switch_role,
        EVERYBODY,
        lambda _, u: sessions.switch_role(u, u.role, u.organisation_id),
    ),
    rule(signing_in.is_demo, EVERYBODY, lambda _, u: signing_in.is_demo(u)),
    rule(sessions.mine, EVERYBODY, lambda _, u: sessions.mine(u)),
    rule(sessions.end_others, EVERYBODY, lambda _, u: sessions.end_others(u)),
    rule(
        sessions.end,
        frozenset({"a-principal"}),
        lambda w, u: sessions.end(u, sessions.mine(w["a-principal"])[0].key),
    ),
    *(
        rule(function, EVERYBODY, lambda _, u, f=function, r=rest: f(u, *r))
        for function, rest in (
            (signing_in.confirm_password, ("wrong", Place())),
            (signing_in.change_password, ("wrong", "another long one", Place())),
            (second_factor.state, ()),
            (second_factor.required, ()),
            (second_factor.begin, ()),
            (second_factor.confirm, ("000000", None, Place())),
            (second_factor.complete, ("000000", Place())),
            (second_factor.renew_codes, ("000000", Place())),
            (second_factor.remove, ("000000", Place())),
        )
    ),
    # the log
    *(
        rule(
            function,
            OWN | ABOVE,
            lambda w, u, f=function, r=rest: f(u, w.enterprise("a"), *r),
        )
        for function, rest in (
            (audit_trail.of_enterprise, (audit_trail.Wish(), "zh")),
            (audit_trail.first_broken, ()),
            (audit_trail.name_of, ()),
            (audit_trail.export_enterprise, (audit_trail.Wish(), "zh")),
        )
    ),
    rule(
        audit_trail.of_accounts,
        ADMIN,
        lambda _, u: audit_trail.of_accounts(u, audit_trail.Wish(), "zh"),
    ),
    rule(
        audit_trail.export_accounts,
        ADMIN,
        lambda _, u: audit_trail.export_accounts(u, audit_trail.Wish(), "zh"),
    ),
    rule(
        audit_trail.attempts,
        EVERYBODY,
        lambda _, u: audit_trail.attempts(u, "zh"),
    ),
]

REFUSED_FOR_ANOTHER_REASON = {
    "evidence.add",
    "evidence.read",
    "evidence.preview",
    "workbooks.check draft",
    "workbooks.check running review",
    "workbooks.check submitted",
    "assessments.save_answers submitted",
    "assessments.submit running review",
    "assessments.reopen submitted",
    "enterprises.save_profile",
    "criteria_desk.check",
    "criteria_desk.take_over",
    "criteria_desk.publish",
    "criteria_desk.export",
    "criteria_desk.changes",
    "editions.move draft",
    "people_import.check",
    "accounts.set_status of the principal",
    "accounts.take_role",
    "signing_in.confirm_password",
    "signing_in.change_password",
    "second_factor.confirm",
    "second_factor.complete",
    "second_factor.renew_codes",
    "second_factor.remove",
}
"""Calls that are wrong even for those who may make them; all others must succeed once."""

INSIDE = {"assessments.require_edit", "rights.require", "rights.require_enterprise"}
"""Parts of other functions, which check on behalf of their caller."""


def public_functions() -> set[str]:
    """Functions of the services that act for a person; those inside a transaction are parts."""
    found = set()
    for module in pkgutil.iter_modules(portal.services.__path__):
        content = importlib.import_module(f"portal.services.{module.name}")
        for key, value in vars(content).items():
            if key.startswith("_") or not inspect.isfunction(value):
                continue
            parameters = inspect.signature(value).parameters
            own = value.__module__ == content.__name__
            if own and "user" in parameters and "tx" not in parameters:
                found.add(name(value))
    return found


def cells() -> list[tuple[Action, Role, str]]:
    """The table as the page of permissions prints it."""
    lines = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8").split("\n")
    start = next(n for n, line in enumerate(lines) if line.startswith("| action |"))
    roles = [Role(cell) for cell in lines[start].strip("| ").split(" | ")[1:]]
    found = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        action, *scopes = line.strip("| ").split(" | ")
        found += [
            (Action(action.strip("`")), role, scope)
            for role, scope in zip(roles, scopes, strict=True)
        ]
    return found


def test_the_page_of_permissions_prints_the_table() -> None:
    page = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
    assert page == permission_page.page(), "run python -m portal.domain.permission_page"
    assert len(cells()) == len(Action) * len(Role)


REACH = {
    "own": {name: {name[0]} for name in ("a-principal", "a-manager", "a-worker", "b-manager")}
    | {"far-manager": {"far"}},
    "assigned": {"reviewer-1": {"a"}, "reviewer-2": {"a", "far"}},
    "jurisdiction": {
        "official-district": {"a", "b"},
        "inspector-district": {"a", "b"},
        "official-city": {"a", "b"},
        "official-far": {"far"},
    },
}
"""How far each scope reaches for the people of the world: own, of others, outside."""


@pytest.mark.parametrize(("action", "role", "scope"), cells())
def test_every_cell_of_the_page_holds(
    world: Installation, action: Action, role: Role, scope: str
) -> None:
    for name, user in world.people.items():
        if user.role is not role:
            continue
        reach = {"a", "b", "far"} if scope == "all" else REACH.get(scope, {}).get(name, set())
        for enterprise in ("a", "b", "far"):
            found = outcome(
                lambda u=user, e=enterprise: rights.require_enterprise(
                    u, action, world.enterprise(e)
                )
            )
            expected = "allowed" if enterprise in reach else "refused"
            assert found == expected, f"{name} {action} {enterprise}"
        if scope != "all":
            nowhere = outcome(lambda u=user: rights.require_enterprise(u, action, NO_ENTERPRISE))
            assert nowhere == "refused"


def test_every_function_that_acts_for_a_person_has_a_row() -> None:
    assert public_functions() - INSIDE - {row.function for row in RULES} == set()


def snapshot(db: Database) -> dict[str, list[dict[str, object]]]:
    tables = db.rows("select name from sqlite_master where type = 'table' order by name")
    return {
        row["name"]: db.rows(f"select * from {row['name']}")  # noqa: S608 - fixed names
        for row in tables
        if row["name"] not in ("dirty", "s_score", "s_element", "sqlite_sequence")
    }


def outcome(call: Callable[[], object]) -> str:
    """Whether a person may; a refusal for another reason than the person counts as allowed."""
    try:
        call()
    except NotAllowedError as refused:
        return "refused" if str(refused) == "not_allowed" else repr(refused)
    except (PortalError, ScoringError):
        return "allowed"
    return "allowed"


@pytest.mark.parametrize("row", RULES, ids=str)
def test_only_those_who_may_can(world: Installation, row: Rule) -> None:
    before = snapshot(world.db)
    for person in sorted(EVERYBODY - row.allowed):
        found = outcome(lambda person=person: row.call(world, world[person]))
        assert found == "refused", f"{person} may {row}"
    assert snapshot(world.db) == before, f"{row} wrote something for somebody who may not"
    people = sorted(row.allowed)
    if people and str(row) not in REFUSED_FOR_ANOTHER_REASON:
        row.call(world, world[people.pop(0)])
    for person in people:
        found = outcome(lambda person=person: row.call(world, world[person]))
        assert found == "allowed", f"{person} may not {row}"


TARGETED = [
    lambda u, e, n: assessments.load(u, e, n),
    lambda u, e, n: assessments.missing_items(u, e, n),
    lambda u, e, n: assessments.history(u, e, n),
    lambda u, e, n: assessments.import_answers(u, e, n, full_marks(), 1),
    lambda u, e, n: assessments.submit(u, e, n, **SUBMIT),
    lambda u, e, n: assessments.reopen(u, e, n, "更正评分"),
    lambda u, e, n: raise_error(assessments.save_answers(u, e, n, edits())[0].error),
    lambda u, e, n: sheets.live(u, e, n, None, "zh"),
    lambda u, e, n: results.view(u, e, n, "zh"),
    lambda u, e, n: reviews.compare(u, e, n, "zh"),
    lambda u, e, _: reviews.of_enterprise(u, e),
    lambda u, e, n: workbooks.export(u, e, n, "zh", filled=True),
    lambda u, e, n: workbooks.check(u, e, n, b"", "zh"),
    lambda u, e, n: workbooks.deduction_summary(u, e, n, "zh"),
    lambda u, e, _: enterprises.view(u, e, "zh"),
    lambda u, e, _: nonconformities.of_enterprise(u, e, "zh"),
    lambda u, e, _: evidence.of_enterprise(u, e),
    lambda u, e, n: evidence.read(u, e, n),
    lambda u, e, n: evidence.preview(u, e, n),
    lambda u, e, n: evidence.add(u, e, n, "a.png", b""),
    lambda u, e, n: evidence.remove(u, e, n),
    lambda u, e, _: supervision.results_of(u, e),
]


def raise_error(error: Exception | None) -> None:
    if error:
        raise error


@pytest.mark.parametrize("call", TARGETED, ids=range(len(TARGETED)))
@pytest.mark.parametrize("person", ["b-manager", "reviewer-2", "official-far", "a-worker"])
def test_what_exists_and_what_does_not_look_the_same(
    world: Installation, person: str, call: Callable[[User, str, int], object]
) -> None:
    """Nobody can guess ids: the refusal is the same to the letter."""
    told = set()
    places = [
        (world.enterprise("a"), SUBMITTED),
        (world.enterprise("a"), DRAFT),
        (world.enterprise("a"), RUNNING_REVIEW),
        (world.enterprise("a"), 999),
        (NO_ENTERPRISE, 1),
        ("", 0),
        ("' or '1'='1", 1),
    ]
    if person == "reviewer-2":  # assigned to another assessment of the same enterprise
        places = [(world.enterprise("b"), 1), (NO_ENTERPRISE, 1), ("", 0)]
    for enterprise_id, number in places:
        with pytest.raises(NotAllowedError) as refused:
            call(world[person], enterprise_id, number)
        told.add((type(refused.value), refused.value.code, str(refused.value.values)))
    assert len(told) == 1


def test_lists_hold_nothing_of_others(world: Installation) -> None:
    a, b, far = (world.enterprise(x) for x in ("a", "b", "far"))
    district = supervision.enterprises(world["official-district"], "990102", YEAR, "zh")
    assert {line.enterprise_id for line in district} == {a, b}
    away = supervision.enterprises(world["official-far"], "990201", YEAR, "zh")
    assert {line.enterprise_id for line in away} == {far}
    assert [area.code for area in supervision.areas(world["official-far"])] == ["990201"]
    assert {x.enterprise_id for x in assessments.own_assessments(world["b-manager"])} == {b}
    assert [x.assessment_no for x in reviews.mine(world["reviewer-1"])] == [RUNNING_REVIEW]
    theirs = {(x.enterprise_id, x.assessment_no) for x in reviews.mine(world["reviewer-2"])}
    assert theirs == {(a, OLD_REVIEW), (far, 2)}
    shown = {x.assessment_no for x in supervision.results_of(world["official-district"], a)}
    assert shown == {SUBMITTED, OLD, OLD_REVIEW}
    own = reviews.of_enterprise(world["a-manager"], a)
    assert [x.assessment_no for x in own] == [OLD_REVIEW], "a running review is not shown"


def test_the_administrator_sees_who_is_assigned_and_no_scores(world: Installation) -> None:
    admin = world["administrator"]
    found = reviews.all_assignments(admin)
    assert len(found) == 3
    assert {(x.score, x.grade, x.outcome) for x in found} == {(None, None, None)}
    for line in enterprises.list_all(admin):
        assert set(line.__slots__) == {"enterprise_id", "name", "sector", "area_code"}
    for line in reviews.candidates(admin):
        assert set(line.__slots__) == {"enterprise_id", "assessment_no", "enterprise", "year"}


def test_a_reopened_assessment_is_a_draft_again_for_everybody_else(world: Installation) -> None:
    assessments.reopen(world["b-manager"], world.enterprise("b"), 1, "更正评分")
    official = world["official-district"]
    for call in (
        lambda: assessments.load(official, world.enterprise("b"), 1),
        lambda: results.view(official, world.enterprise("b"), 1, "zh"),
        lambda: sheets.live(official, world.enterprise("b"), 1, None, "zh"),
        lambda: workbooks.export(official, world.enterprise("b"), 1, "zh", filled=True),
    ):
        with pytest.raises(NotAllowedError):
            call()
    assert supervision.results_of(official, world.enterprise("b")) == []
    (line,) = [
        x
        for x in supervision.enterprises(official, "990102", YEAR, "zh")
        if x.enterprise_id == world.enterprise("b")
    ]
    assert (line.self_no, line.self_score, line.self_grade) == (None, None, None)


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("person", sorted(EVERYBODY))
def test_each_permission_reaches_as_far_as_its_scope_and_no_farther(
    world: Installation, action: Action, person: str
) -> None:
    user = world[person]
    scope = PERMISSIONS[action].get(user.role)
    reach = {
        None: set(),
        Scope.OWN: {user.organisation_id},
        Scope.ALL: {world.enterprise(x) for x in ("a", "b", "far")},
        Scope.ASSIGNED: {
            world.enterprise(x) for x in {"reviewer-2": ("a", "far")}.get(person, ("a",))
        },
        Scope.JURISDICTION: {
            world.enterprise(x) for x in {"official-far": ("far",)}.get(person, ("a", "b"))
        },
    }[scope]
    for target in ("a", "b", "far"):
        enterprise_id = world.enterprise(target)
        found = outcome(lambda e=enterprise_id: rights.require_enterprise(user, action, e))
        assert found == ("allowed" if enterprise_id in reach else "refused"), target
    if scope is not Scope.ALL:
        assert outcome(lambda: rights.require_enterprise(user, action, NO_ENTERPRISE)) == "refused"


def test_a_reviewer_whose_assignment_is_void_sees_nothing_any_more(world: Installation) -> None:
    world.db.run("update assessment set status = 'void' where assessor is not null")
    for person in REVIEWERS:
        with pytest.raises(NotAllowedError):
            enterprises.view(world[person], world.enterprise("a"), "zh")
        assert reviews.mine(world[person]) == []


@pytest.mark.parametrize("role", [Role.OFFICIAL, Role.INSPECTOR])
def test_an_authority_without_an_area_sees_nothing_and_not_everything(
    world: Installation, role: Role
) -> None:
    user = replace(world["official-district"], role=role, area_code="")
    for call in (
        lambda: enterprises.view(user, world.enterprise("a"), "zh"),
        lambda: supervision.areas(user),
        lambda: supervision.overview(user, "990102", YEAR, "zh"),
        lambda: supervision.results_of(user, world.enterprise("a")),
    ):
        with pytest.raises(NotAllowedError):
            call()


def test_an_authority_of_the_nation_sees_all(world: Installation) -> None:
    user = replace(world["official-district"], area_code="000000")
    for name_ in ("a", "b", "far"):
        assert enterprises.view(user, world.enterprise(name_), "zh").version == 1
    assert NOW.year == YEAR
