"""What a sign-in costs, how many a second hold nobody up, and what rights and log cost a save.

    python benchmarks/sign_in.py

Starts a portal of its own with an invented installation; everything happens on this machine.
"""

import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from criteria import default_library  # noqa: E402 - after the path is set
from portal.domain.people import Role, User  # noqa: E402
from portal.services import (  # noqa: E402
    accounts,
    assessments,
    enterprises,
    invitations,
    passwords,
    records,
    sessions,
    setup,
    signing_in,
)
from portal.services.assessments import Edit  # noqa: E402
from portal.services.context import Context, current, install  # noqa: E402
from portal.store.opening import open_database  # noqa: E402
from tests.browser.server import Portal, free_port  # noqa: E402
from tests.conftest import a_profile  # noqa: E402

PASSWORD = "seven unrelated bricks"  # noqa: S105 - of the invented installation
SECONDS = 12
SAVES = 2_000


def milliseconds(values: list[float]) -> str:
    ordered = sorted(values)
    p95 = ordered[int(len(ordered) * 0.95)]
    return f"median {statistics.median(values) * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms"


def microseconds(values: list[float]) -> str:
    median, mean = statistics.median(values) * 1e6, statistics.mean(values) * 1e6
    return f"median {median:.0f} µs, mean {mean:.0f} µs"


def hashing() -> None:
    cpu, wall = [], []
    for _ in range(20):
        c, w = time.process_time(), time.perf_counter()
        passwords.hash_new(PASSWORD)
        cpu.append(time.process_time() - c)
        wall.append(time.perf_counter() - w)
    print(f"hash a password: CPU {milliseconds(cpu)}; wall {milliseconds(wall)}")


def build(database: Path) -> User:
    """An installation with one enterprise and its safety manager."""
    os.environ["ANBIAO_SECOND_FACTOR"] = "offered"
    install(Context(open_database(f"sqlite:///{database}"), default_library()))
    setup.set_up(
        authority="某某区应急管理局", area_code="990102", area_name="某某区",
        login="admin", name="管理员", password=PASSWORD,
    )  # fmt: skip
    admin = user(signing_in.sign_in("admin", PASSWORD).token)
    enterprise = enterprises.register(admin, a_profile())
    link = accounts.invite(
        admin, login="manager", name="某人", role=Role.SAFETY_MANAGER, organisation_id=enterprise
    )
    return user(invitations.accept(link, PASSWORD).token)


def user(token: str) -> User:
    found = sessions.user_of(sessions.token_hash(token))
    assert found is not None
    return found


@contextmanager
def timed(module: object, name: str, spent: list[float]):  # type: ignore[no-untyped-def]
    """Add up the time that a function takes while the block runs."""
    real: Callable[..., object] = getattr(module, name)

    def measured(*arguments: object, **named: object) -> object:
        start = time.perf_counter()
        try:
            return real(*arguments, **named)
        finally:
            spent.append(time.perf_counter() - start)

    setattr(module, name, measured)
    try:
        yield
    finally:
        setattr(module, name, real)


def saving(person: User) -> None:
    """Time of a save, and of the checks and the entry in the log inside it."""
    draft = assessments.open_self_assessment(person, "industry-trade-general", 2026)
    whole: list[float] = []
    check: list[float] = []
    entry: list[float] = []

    def save(number: int) -> None:
        edit = Edit("tab", number, "1.1", number - 1, {"full": True, "remark": f"第{number}次"})
        start = time.perf_counter()
        assessments.save_answers(person, draft.enterprise_id, draft.assessment_no, [edit])
        whole.append(time.perf_counter() - start)

    with (
        timed(assessments, "require_edit", check),
        timed(records, "audit", entry),
        current().db.counting() as statements,
    ):
        for number in range(1, SAVES + 1):
            save(number)
    print(
        f"save one answer, durable: {milliseconds(whole)}, {len(statements) / SAVES:.1f} statements"
    )
    print(f"  of it rights: {microseconds(check)}; log with its hash: {microseconds(entry)}")
    share = (sum(check) + sum(entry)) / sum(whole)
    print(f"  together {share:.0%} of the time of a save")


def signing(database: Path) -> None:
    """Sign-ins by several at once, and what somebody who works meanwhile notices."""
    portal = Portal(database, free_port(), environment={"ANBIAO_SECOND_FACTOR": "offered"})
    portal.start()
    try:
        with httpx.Client(base_url=portal.address, timeout=60) as worker:
            worker.post("/login", data={"login": "manager", "password": PASSWORD})
            assert worker.get("/").status_code == 200
            for crowd in (0, 1, 4, 16):
                stop = threading.Event()
                done: list[int] = []
                threads = [
                    threading.Thread(target=sign_in, args=(portal.address, stop, done))
                    for _ in range(crowd)
                ]
                for thread in threads:
                    thread.start()
                waits = []
                end = time.perf_counter() + SECONDS
                while time.perf_counter() < end:
                    start = time.perf_counter()
                    worker.get("/")  # gate, session, page of the front end
                    waits.append(time.perf_counter() - start)
                    time.sleep(0.02)
                stop.set()
                for thread in threads:
                    thread.join()
                rate, busy = done.count(303) / SECONDS, done.count(503)
                print(
                    f"{crowd:3d} signing in at once: {rate:5.1f} sign-ins/s, {busy} asked to come"
                    f" again; a page for somebody else: {milliseconds(waits)}"
                )
    finally:
        portal.kill()


def sign_in(address: str, stop: threading.Event, done: list[int]) -> None:
    while not stop.is_set():
        data = {"login": "admin", "password": PASSWORD}
        done.append(httpx.post(f"{address}/login", data=data, timeout=60).status_code)


def main() -> None:
    print(f"load before: {os.getloadavg()[0]:.1f}")
    hashing()
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "portal.db"
        person = build(database)
        saving(person)
        current().db.close()
        signing(database)
    print(f"load after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
