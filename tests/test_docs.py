"""The documents agree with the code: commands, settings, terms, paths, examples."""

import argparse
import ast
import json
import re
import subprocess
from enum import StrEnum
from pathlib import Path

import pytest

import scoring.model
from criteria import Library, load, load_shape
from portal import cli
from portal.domain import answers, people, workflow
from portal.store import migrations

ROOT = Path(__file__).resolve().parents[1]
READMES = ("README.md", "README.zh.md")
DOCUMENTS = (
    *READMES,
    "CHANGELOG.md",
    "data/README.md",
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md")),
)
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
FOLDERS = ("app.py", "pages", "portal", "criteria", "scoring")
ENUMS: tuple[tuple[str, type[StrEnum]], ...] = (
    ("scoring.model.Kind", scoring.model.Kind),
    ("scoring.model.Scope", scoring.model.Scope),
    ("scoring.model.Trigger", scoring.model.Trigger),
    ("scoring.model.Method", scoring.model.Method),
    ("scoring.model.Role", scoring.model.Role),
    ("scoring.model.Outcome", scoring.model.Outcome),
    ("portal.domain.answers.AnswerState", answers.AnswerState),
    ("portal.domain.workflow.AssessmentStatus", workflow.AssessmentStatus),
    ("portal.domain.workflow.AssessmentKind", workflow.AssessmentKind),
    ("portal.domain.workflow.NonconformityStatus", workflow.NonconformityStatus),
    ("portal.domain.people.Role", people.Role),
    ("portal.domain.people.Scope", people.Scope),
    ("portal.domain.people.Action", people.Action),
)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def code(*endings: str) -> str:
    """All program text of the product."""
    paths = [
        path
        for folder in FOLDERS
        for path in ([ROOT / folder] if folder.endswith(".py") else (ROOT / folder).rglob("*"))
        if path.suffix in endings and "__pycache__" not in path.parts
    ]
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(paths))


def identifiers() -> set[str]:
    """Names of the Python code, words of its strings (SQL, keys), keys of the TOML files.

    Docstrings and comments do not count: a term that only they use is not in the code.
    """
    found: set[str] = set()
    for path in (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        spoken = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and id(node) not in spoken:
                found.update(re.findall(r"[A-Za-z_]\w*", text))
            for field in ("id", "attr", "name", "arg"):
                if isinstance(value := getattr(node, field, None), str):
                    found.add(value)
        found.add(path.stem)
    return found | set(re.findall(r"^\[*([\w.]+)(?:\]| =)", code(".toml"), re.MULTILINE))


def blocks(text: str, language: str = r"\w*") -> list[str]:
    """The fenced blocks of a document."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def prose(text: str) -> str:
    """A document without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def headings(text: str) -> list[str]:
    return re.findall(r"^(#+) .+$", prose(text), re.MULTILINE)


def first_cells(text: str, column: int = 0) -> list[str]:
    """One column of all tables of a text, without heads and rules."""
    rows = re.findall(r"^\|(.+)\|$", text, re.MULTILINE)
    cells = [re.split(r"(?<!\\)\|", row)[column].strip() for row in rows]
    return [
        cell
        for cell, below in zip(cells, [*cells[1:], ""], strict=True)
        if not set(cell) <= set("-: ") and not (below and set(below) <= set("-: "))
    ]


# ------------------------------------------------------------------ the two READMEs


@pytest.fixture(scope="module")
def commands() -> dict[str, list[str]]:
    """Every command with its long options, from the parser itself."""
    found: dict[str, list[str]] = {}

    def walk(parser: argparse.ArgumentParser, name: str) -> None:
        subs = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
        for sub in subs:
            for word, child in sub.choices.items():
                walk(child, f"{name} {word}")
        if not subs:
            found[name] = [
                option
                for action in parser._actions
                for option in action.option_strings
                if option.startswith("--") and option != "--help"
            ]

    walk(cli._parser(), "anbiao")
    return found


@pytest.mark.parametrize("readme", READMES)
def test_every_command_is_in_the_readme(readme: str, commands: dict[str, list[str]]) -> None:
    text = read(readme)
    assert [command for command in commands if f"`{command}`" not in text] == []


@pytest.mark.parametrize("readme", READMES)
def test_every_option_stands_in_the_row_of_its_command(
    readme: str, commands: dict[str, list[str]]
) -> None:
    rows = {
        command: next((r for r in read(readme).splitlines() if r.startswith(f"| `{command}`")), "")
        for command in commands
    }
    missing = [
        f"{command} {option}"
        for command, options in commands.items()
        for option in options
        if f"`{option}`" not in rows[command]
    ]
    assert missing == []


def test_the_commands_of_the_readme_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = read("README.md")
    answers_json, facts_json = blocks(text, "json")
    (tmp_path / "answers.json").write_text(answers_json, encoding="utf-8")
    (tmp_path / "facts.json").write_text(facts_json, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ANBIAO_CATALOG", raising=False)
    lines = [line for block in blocks(text, "sh") for line in block.splitlines()]
    calls = [line.split()[1:] for line in lines if line.startswith(".venv/bin/anbiao")]
    assert len(calls) >= 5
    for call in calls:
        if call[0] == "serve":
            cli._parser().parse_args(call)
        else:
            assert cli.main(call) == 0, f"{call}: {capsys.readouterr().err}"
    capsys.readouterr()
    cli.main(["grade", "--scheme", "industry-trade-general", "--json", "answers.json"])
    assert json.loads(capsys.readouterr().out)["outcome"] == "incomplete"


@pytest.mark.parametrize("readme", READMES)
def test_every_setting_is_in_the_readme_and_no_other(readme: str) -> None:
    tests = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "tests").rglob("conftest.py"))
    known = set(re.findall(r'"(ANBIAO_[A-Z_]+)"', code(".py") + tests)) | {"ANBIAO_CHROMIUM"}
    named = set(re.findall(r"ANBIAO_[A-Z_]+", read(readme)))
    assert named == known


def test_every_make_target_of_the_readme_exists() -> None:
    named = set(re.findall(r"\bmake ([a-z]+)\b", "".join(map(read, READMES))))
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    assert {"run", "test"} <= named <= targets


def test_the_two_readmes_are_twins() -> None:
    english, chinese = map(read, READMES)
    assert headings(english) == headings(chinese)
    assert blocks(english) == blocks(chinese)
    assert len(first_cells(english)) == len(first_cells(chinese))
    links = re.compile(r"\]\(([^)]+)\)")
    assert links.findall(english)[1:] == links.findall(chinese)[1:]
    assert "(README.zh.md)" in english.split("\n## ")[0]
    assert "(README.md)" in chinese.split("\n## ")[0]


# ------------------------------------------------------------------ glossary


def test_every_identifier_of_the_glossary_is_in_the_code() -> None:
    terms = read("docs/glossary.md").split("## Enumerations")[0]
    cells = first_cells(terms.split("## Terms")[1], column=2)
    names = [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]
    assert len(names) > 40
    known = identifiers()
    assert [name for name in names if name not in known] == []
    assert sorted({name for name in names if names.count(name) > 1}) == []


@pytest.mark.parametrize(("name", "enum"), ENUMS, ids=[name for name, _ in ENUMS])
def test_the_glossary_has_exactly_the_members_of(name: str, enum: type[StrEnum]) -> None:
    part = read("docs/glossary.md").split(f"### `{name}`\n")[1].split("\n#")[0]
    assert [cell.strip("`") for cell in first_cells(part)] == [member.value for member in enum]


def test_no_public_enum_is_left_out_of_the_glossary() -> None:
    found = {
        value
        for module in (scoring.model, answers, people, workflow)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, StrEnum) and value is not StrEnum
    }
    assert found == {enum for _, enum in ENUMS}


# ------------------------------------------------------------------ paths and links


def is_path(word: str) -> bool:
    return (
        bool(re.fullmatch(r"[\w.-]+(/[\w.-]+)+/?", word)) and (ROOT / word.split("/")[0]).exists()
    )


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_of_a_document_exists(document: str) -> None:
    words = re.findall(r"`([^`\n]+)`", prose(read(document)))
    ignored = ("data/var/",)  # made by the running portal
    missing = [
        word
        for word in words
        if is_path(word)
        and not word.startswith(ignored)
        and not word.startswith(".venv/")
        and not (ROOT / word).exists()
    ]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_of_a_document_leads_somewhere(document: str) -> None:
    targets = re.findall(r"\]\(([^)]+)\)", prose(read(document)))
    here = (ROOT / document).parent
    assert [t for t in targets if "://" not in t and not (here / t.split("#")[0]).exists()] == []


# ------------------------------------------------------------------ decisions


def test_decisions_are_numbered_without_gap_and_titled_once() -> None:
    titles = [path.read_text(encoding="utf-8").splitlines()[0] for path in DECISIONS]
    numbers = [f"{number:04}" for number in range(1, len(DECISIONS) + 1)]
    assert [path.name[:4] for path in DECISIONS] == numbers
    assert [re.match(r"# (\d{4})\. ", title)[1] for title in titles] == numbers
    assert len({title[8:].lower() for title in titles}) == len(titles)


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_tells_context_losses_and_alternatives_on_a_page(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    parts = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert parts == ["Context", "Decision", "Consequences", "Alternatives"]
    assert "- Loss: " in text.split("## Consequences")[1].split("## Alternatives")[0]
    assert len(text.split()) < 400


# ------------------------------------------------------------------ criteria format


def test_the_example_of_the_criteria_format_loads_without_problems(tmp_path: Path) -> None:
    text = read("docs/criteria-format.md")
    files = re.findall(
        r"^`(example/[^`]+)`:\n\n```toml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE
    )
    assert len(files) == 2
    for name, content in files:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    library = Library(tmp_path)
    assert [str(problem) for problem in library.check()] == []
    assert library.find("example").items[0].id == "1.1.1"


def test_every_field_and_word_that_the_loader_reads_is_in_the_criteria_format() -> None:
    text = read("docs/criteria-format.md")
    source = "".join(
        (ROOT / "criteria" / name).read_text(encoding="utf-8")
        for name in ("load.py", "load_shape.py", "load_profile.py", "reading.py")
    )
    kinds = "string|choice|optional_choice|number|optional_number|integer|flag|day|texts?|words"
    reads = rf'\.(?:{kinds})\(\s*"(\w+)"'
    fields = set(re.findall(reads, source)) | {"default", "order", "value", "source", "checked"}
    for table in re.findall(r'\.tables\("(\w+)"\)', source):
        assert f"{table}]]`" in text, table
    for table in re.findall(r'table_of\("(\w+)"\)', source):
        assert f"`[{table}]`" in text or f"`{table}`" in text, table
    words = [load.KINDS, load.RULE_KINDS, load.PER, load.SCOPES, load.TRIGGERS, load.ZEROES]
    words += [load.FACT_KINDS, load.COMPARISONS, load.ROLES, load_shape.METHODS]
    named = {*fields, *(word for group in words for word in group)}
    assert sorted(word for word in named if f"`{word}`" not in text) == []


# ------------------------------------------------------------------ growing


def test_every_table_is_distributed_or_named_as_local() -> None:
    script = read("docs/distribute.sql")
    statements = "\n".join(both for _, both, _ in migrations.MIGRATIONS)
    tables = set(re.findall(r"create table (\w+)", statements))
    split = re.findall(r"create_(?:reference|distributed)_table\('(\w+)'", script)
    left = re.findall(r"\w+", script.split("alone writes them:")[1].split("\n")[0])
    assert sorted([*split, *left]) == sorted({*tables, "migration"})


def test_tenant_tables_are_distributed_by_enterprise_and_keyed_by_it() -> None:
    script = read("docs/distribute.sql")
    statements = "\n".join(both for _, both, _ in migrations.MIGRATIONS)
    for table in re.findall(r"create_distributed_table\('(\w+)', 'enterprise_id'", script):
        body = statements.split(f"create table {table} (")[1].split(";\n")[0]
        key = re.search(r"primary key \(([^)]*)\)", body)
        assert "enterprise_id text primary key" in body or (
            key and key[1].startswith("enterprise_id")
        ), table
        for unique in re.findall(rf"create unique index \w+ on {table} \(([^)]*)\)", statements):
            assert unique.startswith("enterprise_id"), unique


def test_nothing_that_must_stay_out_of_git_is_in_data() -> None:
    done = subprocess.run(
        ["git", "ls-files", "data"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip("no git here")
    allowed = ("data/README.md", "data/demo/")
    assert [n for n in done.stdout.split() if not n.startswith(allowed)] == []
