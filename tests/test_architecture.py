"""Who may import whom; read from the source, so that nothing has to run.

The table is DESIGN section 2 with its recorded widenings. Left may import right, nothing else of
ours first; what a folder may never touch stands in the second table.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FIRST_PARTY = {"app", "pages", "portal", "criteria", "scoring", "tests", "benchmarks", "data"}

MAY: dict[str, tuple[str, ...]] = {
    "app.py": ("portal.ui",),
    "pages": ("portal.services", "portal.ui", "portal.charts", "portal.i18n", "portal.errors"),
    "portal/cli.py": (
        "portal.commands",
        "portal.services",
        "portal.documents",
        "portal.domain",
        "portal.i18n",
        "portal.errors",
        "portal.config",
        "criteria",
        "scoring",
        "app",
    ),
    "portal/commands": (
        "portal.commands",
        "portal.services",
        "portal.i18n",
        "portal.errors",
        "scoring",
    ),
    "portal/services": (
        "portal.services",
        "portal.domain",
        "portal.store",
        "portal.documents",
        "portal.i18n",
        "portal.errors",
        "portal.config",
        "criteria",
        "scoring",
    ),
    "portal/ui": (
        "portal.ui",
        "portal.services",
        "portal.charts",
        "portal.domain",
        "portal.documents",
        "portal.i18n",
        "portal.errors",
        "portal.config",
        "criteria.packs",
        "scoring.errors",
    ),
    "portal/documents": (
        "portal.documents",
        "portal.domain",
        "portal.i18n",
        "portal.errors",
        "criteria",
        "scoring",
    ),
    "portal/charts": ("portal.charts", "portal.domain", "portal.i18n"),
    "portal/store": ("portal.store", "portal.domain"),
    "portal/domain": ("portal.domain", "portal.errors", "scoring"),
    "portal/i18n": (),
    "portal/errors.py": (),
    "portal/config.py": (),
    "criteria": ("criteria", "scoring"),
    "scoring": ("scoring",),
}
"""First-party names that a folder may import; ``x`` allows everything below ``x`` too."""

NEVER: dict[str, tuple[str, ...]] = {
    "pages": ("sqlite3", "psycopg", "sqlite_utils", "pandas"),
    "portal/cli.py": ("streamlit", "sqlite3", "psycopg"),
    "portal/commands": ("streamlit", "sqlite3", "psycopg"),
    "portal/services": ("streamlit", "sqlite3", "psycopg", "sqlite_utils"),
    "portal/ui": ("sqlite3", "psycopg", "sqlite_utils"),
    "portal/documents": ("streamlit", "sqlite3", "psycopg"),
    "portal/charts": ("streamlit", "sqlite3", "psycopg"),
    "portal/store": ("streamlit",),
    "portal/domain": ("streamlit", "sqlite3", "psycopg", "sqlite_utils", "pandas"),
    "criteria": ("streamlit", "sqlite3", "psycopg", "sqlite_utils"),
}

PURE = {
    "scoring": {
        "collections", "collections.abc", "dataclasses", "decimal", "enum",
        "operator", "fractions", "typing",
        "functools", "itertools", "math",
    },
}  # fmt: skip
"""Standard library that a folder may use: no clock, files, environment or logging.

``scoring/bulk.py`` and its ``scoring/columns.py`` may use numpy as well.
"""

JUNK = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "managers"}
LONGEST = 400


def python_files(place: str) -> list[Path]:
    root = ROOT / place
    return [root] if root.is_file() else sorted(root.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Full names of what a file imports, also inside functions."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                upper = package[: len(package) - node.level + 1]
                base = ".".join([*upper, *([base] if base else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def below(name: str, allowed: str) -> bool:
    return name == allowed or name.startswith(allowed + ".")


def breaches(place: str) -> list[str]:
    found = []
    for path in python_files(place):
        shown = path.relative_to(ROOT).as_posix()
        for name in imports(path):
            ours = name.split(".")[0] in FIRST_PARTY
            if ours and not any(below(name, allowed) for allowed in MAY[place]):
                found.append(f"{shown} imports {name}")
            if any(below(name, never) for never in NEVER.get(place, ())):
                found.append(f"{shown} imports {name}")
    return found


@pytest.mark.parametrize("place", sorted(MAY))
def test_a_folder_imports_only_what_lies_to_the_right_of_it(place: str) -> None:
    assert python_files(place), f"{place} is empty"
    assert breaches(place) == []


@pytest.mark.parametrize("place", sorted(PURE))
def test_the_engine_uses_the_standard_library_and_itself(place: str) -> None:
    found = [
        f"{path.relative_to(ROOT).as_posix()} imports {name}"
        for path in python_files(place)
        for name in imports(path)
        if not below(name, place)
        and not any(below(name, allowed) for allowed in PURE[place])
        and not (path.name in ("bulk.py", "columns.py") and below(name, "numpy"))
    ]
    assert found == []


def test_only_the_opener_of_the_store_knows_both_engines() -> None:
    for engine in ("psycopg", "psycopg_pool", "sqlite3", "sqlite_utils"):
        users = {
            path.name
            for place in ("portal", "pages", "criteria", "scoring", "app.py")
            for path in python_files(place)
            if any(below(name, engine) for name in imports(path))
        }
        openers = {"postgres.py"} if "psycopg" in engine else {"sqlite.py", "criteria_index.py"}
        expected = openers | {"reading.py"}  # read-only, for another process
        assert users <= expected, f"{sorted(users)} import {engine}"


def test_every_python_file_of_ours_stands_in_the_table() -> None:
    known = {path for place in MAY for path in python_files(place)}
    known |= {ROOT / "portal" / "__init__.py"}
    files = {
        path
        for place in ("app.py", "pages", "portal", "criteria", "scoring")
        for path in python_files(place)
    }
    assert {path.relative_to(ROOT).as_posix() for path in files - known} == set()


def test_no_folder_or_module_is_a_junk_drawer() -> None:
    named = {
        path.relative_to(ROOT).as_posix()
        for place in ("pages", "portal", "criteria", "scoring", "tests", "benchmarks")
        for path in (ROOT / place).rglob("*")
        if path.stem.lower() in JUNK and (path.is_dir() or path.suffix == ".py")
    }
    assert named == set()


@pytest.mark.parametrize("place", ["app.py", "portal", "criteria", "scoring"])
def test_a_long_module_says_why(place: str) -> None:
    silent = []
    for path in python_files(place):
        text = path.read_text(encoding="utf-8")
        words = (ast.get_docstring(ast.parse(text)) or "").lower()
        if len(text.splitlines()) > LONGEST and "long" not in words:
            silent.append(f"{path.relative_to(ROOT).as_posix()}: {len(text.splitlines())} lines")
    assert silent == [], f"over {LONGEST} lines without a sentence that says why it is so long"


def test_only_the_user_interface_writes_session_state() -> None:
    users = [
        path.relative_to(ROOT).as_posix()
        for place in ("pages", "portal")
        for path in python_files(place)
        if "session_state" in path.read_text(encoding="utf-8")
        and not path.is_relative_to(ROOT / "portal" / "ui")
    ]
    assert users == []


def test_no_rule_asks_for_the_present_day() -> None:
    """The day is an argument; ``context`` alone looks at the clock of the machine."""
    clocks = []
    for place in ("scoring", "criteria", "portal/domain", "portal/services", "pages"):
        for path in python_files(place):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    call = ast.unparse(node.func)
                    if call in ("date.today", "datetime.now", "datetime.utcnow", "time.time"):
                        clocks.append(f"{path.relative_to(ROOT).as_posix()}: {call}()")
    assert clocks == ["portal/services/context.py: datetime.now()"]
