"""Mutation score of ``scoring/``: how many small faults in it do its tests notice?

    pip install mutmut==3.8.1            # beside the development packages
    python benchmarks/mutation.py FOLDER                 # all modules, in a copy in FOLDER
    python benchmarks/mutation.py FOLDER items totals    # or some of them
    python benchmarks/mutation.py FOLDER items --again   # only what survived the last time
    python benchmarks/mutation.py FOLDER path --every 3  # a sample of a module that takes long

mutmut is no dependency of the project: it makes the mutants, this script runs them. The copy holds
``scoring``, ``criteria`` and ``tests/scoring``; Hypothesis tries few examples there, always the
same, and does not shrink. First all tests run unchanged, and any failure ends the run; on the way
each function of ``scoring`` is noted with the tests that reach it. Then every mutant meets these
tests in a process of its own, the quick ones first, until one fails. A test that takes ten times
as long as before counts as failed (timeout). The tests of the way to the next grade are long and
are shown only to the mutants of ``path*``.

Class bodies (values without behaviour), properties and defaults are not mutated.
"""

import argparse
import difflib
import gc
import inspect
import json
import os
import re
import shutil
import signal
import sys
import time
from collections import Counter, defaultdict
from importlib import import_module
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol
from mutmut.mutation import trampoline
from mutmut.mutation.file_mutation import mutate_file_contents

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = {"test_path.py": 6, "test_path_search.py": 300}  # else 25
CONFTEST = """
from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "mutation",
    database=None,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("mutation")
"""
SECTION = '\n[tool.mutmut]\nsource_paths = ["scoring"]\n'
# they read text and run nothing
TEXT_ONLY = re.compile(r"test_every_(refusal|reason|shape|sheet|key)_")


def prepare(folder: Path, modules: list[str]) -> None:
    """Copy what is mutated and what tests it, and write the mutants into the copy."""
    for name in ("scoring", "criteria", "tests/scoring"):
        shutil.rmtree(folder / name, ignore_errors=True)
        ignored = shutil.ignore_patterns("__pycache__", ".*")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (folder / "pyproject.toml").write_text(settings + SECTION, encoding="utf-8")
    (folder / "tests/scoring/conftest.py").write_text(CONFTEST, encoding="utf-8")
    for path in (folder / "tests/scoring").glob("test_*.py"):
        few = f"max_examples={EXAMPLES.get(path.name, 25)}"
        text = re.sub(r"max_examples=\d+", few, path.read_text(encoding="utf-8"))
        path.write_text(text, encoding="utf-8")
    for name in modules:
        path = folder / "scoring" / f"{name}.py"
        source = path.read_text(encoding="utf-8")
        path.write_text(mutate_file_contents(str(path), source).code, encoding="utf-8")


def mutants_of(module: str) -> dict[str, dict[str, object]]:
    """The functions of a module by their mangled name: the original and its mutants."""
    place = import_module(f"scoring.{module}")
    classes = [thing for thing in vars(place).values() if inspect.isclass(thing)]
    own = [thing for thing in classes if thing.__module__ == place.__name__]
    return {
        name.removeprefix("mutants_").removesuffix("__mutmut"): found
        for holder in (place, *own)
        for name, found in vars(holder).items()
        if name.startswith("mutants_x")
    }


class Runner:
    """A pytest plugin that runs the mutants instead of the tests."""

    def __init__(self, folder: Path, modules: list[str], *, again: bool, every: int) -> None:
        self.modules, self.again, self.every = modules, again, every
        self.file = folder / "results.json"
        self.results = json.loads(self.file.read_text("utf-8")) if self.file.exists() else {}
        self.active = ""
        self.reached: dict[str, set[str]] = defaultdict(set)
        self.seconds: dict[str, float] = {}
        self.error = ""
        trampoline.get_mutant_under_test = lambda: self.active

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> None:
        if call.excinfo:
            self.error = f"{call.when}: {call.excinfo.typename}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise SystemExit("the tests could not be read")
        items = [item for item in session.items if not TEXT_ONLY.match(item.name)]
        self.unchanged(items)
        gc.collect()
        gc.freeze()
        for module in self.modules:
            self.module(module, items)
            self.file.write_text(json.dumps(self.results, indent=1), encoding="utf-8")
        return True

    def unchanged(self, items: list[pytest.Item]) -> None:
        """Run every test on the code as it is, and note which functions it reaches."""
        now: set[str] = set()
        trampoline.record_trampoline_hit = lambda name, **_: now.add(name)
        self.active = "stats"
        for item in items:
            now.clear()
            start = time.perf_counter()
            for report in runtestprotocol(item, log=False, nextitem=None):
                if report.failed:
                    raise SystemExit(f"fails unchanged: {item.nodeid}\n{report.longreprtext}")
            self.seconds[item.nodeid] = time.perf_counter() - start
            for name in now:
                self.reached[name].add(item.nodeid)
        print(f"unchanged: {len(items)} tests pass, {sum(self.seconds.values()):.0f} s")

    def module(self, module: str, items: list[pytest.Item]) -> None:
        killers: Counter[str] = Counter()
        old, start = dict(self.results.get(module, {})), time.perf_counter()
        found, met = self.results.setdefault(module, {}), 0
        found.clear()
        for function, mutants in mutants_of(module).items():
            tests = [
                item
                for item in items
                if item.nodeid in self.reached[f"scoring.{module}.{function}"]
                and (module.startswith("path") or "test_path.py" not in item.nodeid)
            ]
            for name in [name for name in mutants if name != "_mutmut_orig"]:
                met += 1
                if met % self.every:
                    continue
                if self.again and old.get(name, [""])[0] in ("killed", "timeout"):
                    found[name] = old[name]
                    continue
                tests.sort(key=lambda item: self._late(item, killers))
                verdict, test, error = self.meet(f"scoring.{module}.{name}", tests)
                killers[test] += 1
                change = "" if verdict in ("killed", "timeout") else difference(mutants, name)
                found[name] = [verdict, test, error, change]
        print(f"{module}: {len(found)} mutants, {time.perf_counter() - start:.0f} s", flush=True)

    def _late(self, item: pytest.Item, killers: Counter[str]) -> tuple[bool, float]:
        """Tests that have found mutants come first, quick ones before slow ones."""
        found, seconds = killers[item.nodeid], self.seconds[item.nodeid]
        return not found, seconds / (found or 1)

    def meet(self, mutant: str, tests: list[pytest.Item]) -> tuple[str, str, str]:
        """Verdict, the test that decided, and how it failed."""
        if not tests:
            return "no tests", "", ""
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                self.active = mutant
                for item in tests:
                    signal.setitimer(signal.ITIMER_REAL, 3 + 10 * self.seconds[item.nodeid])
                    os.write(writer, f"{item.nodeid}\n".encode())
                    if any(r.failed for r in runtestprotocol(item, log=False, nextitem=None)):
                        os.write(writer, f"{self.error}\n".encode())
                        os._exit(1)
                os._exit(0)
            finally:
                os._exit(2)
        os.close(writer)
        with os.fdopen(reader, encoding="utf-8") as pipe:
            said = pipe.read().split("\n")
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            return "timeout", said[-2], ""
        match os.WEXITSTATUS(status):
            case 0:
                return "survived", "", ""
            case 1:
                return "killed", said[-3], said[-2]
            case _:
                return "broken", said[-2], ""


def difference(mutants: dict[str, object], name: str) -> str:
    """The lines that a mutant changes."""
    one, two = (
        inspect.getsource(mutants[key]).splitlines()[1:]  # type: ignore[arg-type]
        for key in ("_mutmut_orig", name)
    )
    lines = difflib.unified_diff(one, two, n=0, lineterm="")
    return "\n".join(line for line in lines if line[:2] not in ("--", "++", "@@"))


def report(results: dict[str, dict[str, list[str]]]) -> None:
    """What survived, and the table of the modules."""
    for module, found in results.items():
        for name, (verdict, *_, change) in found.items():
            if verdict not in ("killed", "timeout"):
                print(f"{verdict}: {module}.{name}\n{change}")
    print("| module | mutants | killed | of them timeout | survived | score |")
    print("|---|---|---|---|---|---|")
    whole: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for module, found in (*results.items(), ("all", None)):
        row = Counter(verdict for verdict, *_ in found.values()) if found is not None else whole
        failed += Counter(error for _, _, error, *_ in (found or {}).values() if error)
        every, killed = row.total(), row["killed"] + row["timeout"]
        print(
            f"| {module} | {every} | {killed} | {row['timeout']} | {every - killed} "
            f"| {killed / max(every, 1):.1%} |"
        )
        whole = whole + row if found is not None else whole
    print("how they were killed:", dict(failed.most_common()))


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("folder", type=Path)
    words.add_argument("modules", nargs="*")
    words.add_argument("--again", action="store_true", help="only what survived the last time")
    words.add_argument("--every", type=int, default=1, help="only each N-th mutant")
    words.add_argument("--report", action="store_true", help="only show the last results")
    given = words.parse_intermixed_args()
    every = [p.stem for p in sorted((ROOT / "scoring").glob("[!_]*.py")) if p.stem != "errors"]
    folder, modules = given.folder.resolve(), given.modules or every
    if not given.report:
        folder.mkdir(parents=True, exist_ok=True)
        os.chdir(folder)
        sys.path[0] = str(folder)  # not the folder of this script
        prepare(folder, modules)
        runner = Runner(folder, modules, again=given.again, every=given.every)
        flags = ["-q", "-s", "--tb=native", "-p", "no:cacheprovider"]
        pytest.main([*flags, "tests/scoring"], plugins=[runner])
        if not str(import_module("scoring").__file__).startswith(str(folder)):
            raise SystemExit("another copy of the engine was tested")
    report(json.loads((folder / "results.json").read_text("utf-8")))


if __name__ == "__main__":
    main()
