"""Every mistake of ``broken/*.toml``, put into a copy of the small good edition, one at a time."""

import shutil
import tomllib
from pathlib import Path

import pytest

from criteria import CriteriaError, Library

HERE = Path(__file__).parent
FILES = {
    path.stem: tomllib.loads(path.read_text(encoding="utf-8"))
    for path in sorted((HERE / "broken").glob("*.toml"))
}
MISTAKES = [
    pytest.param({"edition": file.get("edition", "small/2020")} | mistake, id=f"{stem}: {name}")
    for stem, file in FILES.items()
    for mistake in file["mistake"]
    for name in [mistake["name"]]
]


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    return shutil.copytree(HERE / "good", tmp_path / "catalog")


def spoil(catalog: Path, mistake: dict) -> None:
    """Replace ``find`` by ``put`` once; without ``find`` the whole file, and with ``encoding``."""
    path = catalog / mistake.get("edition", "small/2020") / mistake["in"]
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if "find" in mistake:
        assert text.count(mistake["find"]) == 1, "the mistake must go to one certain place"
        text = text.replace(mistake["find"], mistake["put"])
    else:
        text = mistake.get("put", text)
    path.write_text(text, encoding=mistake.get("encoding", "utf-8"))
    if "also" in mistake:
        spoil(catalog, {"edition": mistake.get("edition", "small/2020")} | mistake["also"])


def refusal(catalog: Path, edition: str = "small/2020") -> CriteriaError:
    with pytest.raises(CriteriaError) as caught:
        Library(catalog).get(*edition.split("/"))
    return caught.value


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_keeps_the_edition_out_and_is_named_with_its_place(
    catalog: Path, mistake: dict
) -> None:
    spoil(catalog, mistake)
    error = refusal(catalog, mistake["edition"])
    lines = str(error).splitlines()
    assert len(lines) == len(error.problems) == len(mistake["says"]), lines
    for words in mistake["says"]:
        assert [line for line in lines if words in line], f"{words!r} is not in {lines}"


def test_without_a_mistake_the_edition_loads(catalog: Path) -> None:
    library = Library(catalog)
    assert library.check() == []
    assert library.get("small", "2020").key == "small@2020"


def test_all_mistakes_of_all_files_are_listed_at_once(catalog: Path) -> None:
    for file, find, put in (
        ("scheme.toml", 'compare = "rounded"', 'compare = "truncated"'),
        ("scheme.toml", 'op = "<="', 'op = "=<"'),
        ("scheme.toml", 'en = "Small criteria"', ""),
        ("01-people.toml", 'per = "person"', 'per = "worker"'),
        ("01-people.toml", 'veto = "element"', 'veto = "everything"'),
        ("02-machines.toml", "points = 4.5", ""),
    ):
        spoil(catalog, {"in": file, "find": find, "put": put})
    problems = refusal(catalog).problems
    assert sorted((row.file, row.item, row.field) for row in problems) == [
        ("small/2020/01-people.toml", "1.1.1 deduction no_licence", "per"),
        ("small/2020/01-people.toml", "1.2.1", "veto"),
        ("small/2020/02-machines.toml", "2.1 deduction guard_missing", "points"),
        ("small/2020/scheme.toml", "-", "compare"),
        ("small/2020/scheme.toml", "-", "title.en"),
        ("small/2020/scheme.toml", "performance 1 deaths", "op"),
    ]
    assert Library(catalog).check() == list(problems)


def test_all_wrong_sums_ids_and_sources_are_listed_at_once(catalog: Path) -> None:
    for file, find, put in (
        ("scheme.toml", "total = 30", "total = 29"),
        ("scheme.toml", "threshold = 75", "threshold = 91"),
        ("01-people.toml", 'id = "no_register"', 'id = "no_licence"'),
        ("01-people.toml", 'id = "1.2"\npoints = 8', 'id = "1.2"\npoints = 9'),
        ("02-machines.toml", 'document = "rules_2020"', 'document = "rules_2021"'),
    ):
        spoil(catalog, {"in": file, "find": find, "put": put})
    assert sorted((row.item, row.field) for row in refusal(catalog).problems) == [
        ("-", "document"),
        ("-", "total"),
        ("1.1.1", "deduction no_licence"),
        ("1.2", "points"),
        ("ladder 2", "threshold"),
    ]


def test_the_check_of_a_catalogue_goes_on_after_a_broken_edition(catalog: Path) -> None:
    shutil.copytree(catalog / "small" / "2020", catalog / "small" / "2025")
    spoil(catalog, {"in": "scheme.toml", "find": "total = 30", "put": "total = 31"})
    found = [(problem.file, problem.field) for problem in Library(catalog).check()]
    assert found == [("small/2020", "total"), ("small/2025/scheme.toml", "edition")]


class TestAPublishedEdition:
    """Frozen by its fingerprint in ``frozen.toml``."""

    @pytest.fixture
    def frozen(self, catalog: Path) -> Path:
        self.spoil_head(catalog, "published = false", "published = true")
        self.freeze(catalog, refusal(catalog).problems[0].found)
        return catalog

    @staticmethod
    def spoil_head(catalog: Path, find: str, put: str) -> None:
        spoil(catalog, {"in": "scheme.toml", "find": find, "put": put})

    @staticmethod
    def freeze(catalog: Path, fingerprint: str) -> None:
        (catalog / "frozen.toml").write_text(f'"small@2020" = "{fingerprint}"\n', encoding="utf-8")

    def test_loads_while_its_fingerprint_agrees(self, frozen: Path) -> None:
        fingerprint = Library(frozen).get("small", "2020").fingerprint
        assert len(fingerprint) == 64
        assert fingerprint in (frozen / "frozen.toml").read_text(encoding="utf-8")

    def test_is_refused_without_a_fingerprint_and_told_the_one_it_has(self, catalog: Path) -> None:
        self.spoil_head(catalog, "published = false", "published = true")
        (problem,) = refusal(catalog).problems
        assert (problem.field, problem.expected) == ("published", "its fingerprint in frozen.toml")
        self.freeze(catalog, problem.found)
        assert Library(catalog).get("small", "2020").fingerprint == problem.found

    def test_is_refused_after_a_change_and_says_what_to_do(self, frozen: Path) -> None:
        before = Library(frozen).get("small", "2020").fingerprint
        people = {"in": "01-people.toml", "find": "每人扣2分", "put": "每人扣2分。"}
        spoil(frozen, people)
        (problem,) = refusal(frozen).problems
        assert problem.field == "fingerprint"
        assert problem.expected.startswith(before)
        assert "make a new edition or withdraw the change" in problem.expected
        assert problem.found not in ("", before)

    def test_cannot_be_changed_by_calling_it_unpublished(self, frozen: Path) -> None:
        self.spoil_head(frozen, "published = true", "published = false")
        (problem,) = refusal(frozen).problems
        assert problem.field == "fingerprint"

    def test_may_be_laid_out_anew_with_other_comments(self, frozen: Path) -> None:
        self.spoil_head(frozen, "total = 30", "total   =   30   # points of both elements")
        assert Library(frozen).check() == []
