"""``anbiao criteria export``, ``import`` and ``diff``: exit status, messages, nothing by halves."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from criteria import Library, default_library
from criteria.writing import write_scheme
from tests.conftest import Done, Run
from tests.documents.standard_books import HEAD, workbook

GENERAL = "industry-trade-general"
ROWS: list[tuple[Any, ...]] = [
    ("某省评分细则",),
    HEAD,
    ("一、目标（20分）", "", "有目标管理制度。", 8, "无该项制度的，不得分；每少一个环节扣1分。"),
    ("", "", "监测、考核。", 12, "每低1%扣1分；视情况处理，酌情扣分。"),
    ("二、机构（30分）", "2.1 设置（30分）", "设安全管理机构。", 30, "未设置不得分"),
]


@pytest.fixture(name="run")
def _criteria(run: Run) -> Run:
    """A command of ``anbiao criteria``."""
    return lambda *arguments, lang="zh": run("criteria", *arguments, lang=lang)


@pytest.fixture
def take(run: Run, tmp_path: Path) -> Callable[..., Done]:
    """Import rows as ``hn@2024`` into the catalogue ``cat``."""

    def call(rows: list[tuple[Any, ...]], *options: object, lang: str = "zh") -> Done:
        file = tmp_path / "in.xlsx"
        file.write_bytes(workbook({"评分细则": rows}))
        to = tmp_path / "cat"
        names = ("--as", "hn", "--edition", "2024", "--to", to)
        return run("import", file, *names, *options, lang=lang)

    return call


LADDER = ("--ladder", "90,75,60")


# ------------------------------------------------------------------ import


def test_a_provincial_table_becomes_an_edition_that_passes_the_check(
    take: Callable[..., Done], run: Run, tmp_path: Path
) -> None:
    done = take(ROWS, *LADDER)
    assert done.status == 0, done.err
    folder = tmp_path / "cat" / "hn" / "2024"
    assert (
        f"{folder}：2 个要素，3 条，共 50 分；4 条扣分规则，5 句考评办法中 1 句留作原文" in done.out
    )
    assert "评分细则!C3: 提示: 文件没有查证材料一栏" in done.err
    assert run("check", tmp_path / "cat").status == 0
    scheme = Library(tmp_path / "cat").get("hn", "2024")
    assert (scheme.title.zh, scheme.title.en) == ("某省评分细则", "某省评分细则")
    assert [(r.grade, r.title.zh, r.threshold) for r in scheme.ladder] == [
        ("1", "一级", 90),
        ("2", "二级", 75),
        ("3", "三级", 60),
    ]
    assert (str(scheme.valid_from), scheme.published) == ("2024-01-01", False)
    assert Library(tmp_path / "cat").documents["hn_2024"].title.zh == "某省评分细则"


def test_title_day_document_and_a_strict_ladder_can_be_given(
    take: Callable[..., Done], tmp_path: Path
) -> None:
    given = ("--title", "新名", "--from", "2024-07-01", "--document", "norms_2011_128")
    done = take(ROWS, "--ladder", ">90,>=80", *given, lang="en")
    assert done.status == 0, done.err
    scheme = Library(tmp_path / "cat").get("hn", "2024")
    assert [(r.comparator, r.threshold) for r in scheme.ladder] == [(">", 90), (">=", 80)]
    assert (scheme.title.zh, str(scheme.valid_from)) == ("新名", "2024-07-01")
    assert scheme.items[0].source.document == "norms_2011_128"
    assert not (tmp_path / "cat" / "sources.toml").exists()


def test_without_ladder_and_frame_nothing_is_assumed(
    take: Callable[..., Done], tmp_path: Path
) -> None:
    done = take(ROWS)
    assert done.status == 1
    assert "错误: 没有等级标准" in done.err
    assert "--ladder" in done.err
    assert not (tmp_path / "cat").exists()


def test_every_error_is_listed_with_its_cell_and_nothing_is_written(
    take: Callable[..., Done], tmp_path: Path
) -> None:
    rows = [*ROWS, ("", "", "多余", -5, ""), ("总分", "", "", 1000)]
    done = take(rows, *LADDER)
    assert done.status == 1
    for words in (
        "评分细则!B5: 错误: 考评项目“设置”写为 30 分，各条之和为 25，相差 5",
        "评分细则!D6: 错误: “多余”的分值 -5 是负数",
        "评分细则!D7: 错误: 总分写为 1000，实际为 20 + 30 = 50，相差 950",
        "有 3 处错误，未导入。",
    ):
        assert words in done.err
    assert done.out == ""
    assert not (tmp_path / "cat").exists()


def test_a_frame_gives_ladder_facts_and_minimums(take: Callable[..., Done], tmp_path: Path) -> None:
    frame = default_library().find("water-projects")
    rows: list[tuple[Any, ...]] = [("某省水利评分细则",), HEAD]
    rows += [
        (f"{e.id} {e.title.zh}", "", f"内容{e.id}", int(e.points), "每处扣1分")
        for e in frame.elements
    ]
    done = take(rows, "--frame", "water-projects")
    assert done.status == 0, done.err
    scheme = Library(tmp_path / "cat").get("hn", "2024")
    assert scheme.shape.minimums == frame.shape.minimums
    assert (scheme.ladder, scheme.facts) == (frame.ladder, frame.facts)
    assert (scheme.kind, scheme.decimals, scheme.total) == ("enterprise", 0, 1000)
    rows[2] = (*rows[2][:3], 29, "")
    wrong = take(rows, "--frame", "water-projects")
    assert wrong.status == 2  # the edition is there already
    assert "已存在" in wrong.err


def test_a_frame_with_other_points_keeps_the_file_out(
    take: Callable[..., Done], tmp_path: Path
) -> None:
    done = take(ROWS, "--frame", "nonferrous-processing", lang="en")
    assert done.status == 1
    assert "评分细则!A5: error: Element 2 机构 has 30 points, in the frame 40" in done.err
    assert not (tmp_path / "cat").exists()


def test_the_second_document_joins_the_sources_of_the_catalogue(
    take: Callable[..., Done], run: Run, tmp_path: Path
) -> None:
    assert take(ROWS, *LADDER).status == 0
    file = tmp_path / "in.xlsx"
    names = ("--as", "hb", "--edition", "2025", "--to", tmp_path / "cat")
    assert run("import", file, *names, *LADDER).status == 0
    assert run("check", tmp_path / "cat").status == 0
    documents = Library(tmp_path / "cat").documents
    assert {"hn_2024", "hb_2025", "norms_2011_128"} <= documents.keys()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--ladder", "gut"), "等级标准“gut”不能读取"),
        (("--ladder", "90,75", "--edition", "neu"), "看不出起用日期"),
        (("--ladder", "90", "--as", "../x"), "不能作标准代码"),
        (("--frame", "nothing"), "没有标准 nothing"),
        (("--from", "gestern"), "--from"),
    ],
)
def test_wrong_usage_is_named(
    take: Callable[..., Done], tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    done = take(ROWS, *options)
    assert done.status == 2
    assert words in done.err
    assert not (tmp_path / "cat").exists()


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", None])
def test_a_file_that_is_no_workbook_is_unreadable(
    run: Run, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "in.xlsx"
    if content is not None:
        file.write_bytes(content)
    names = ("--as", "hn", "--edition", "2024", "--to", tmp_path / "cat")
    done = run("import", file, *names, *LADDER)
    assert (done.status, done.out) == (2, "")
    assert done.err.strip()
    assert not (tmp_path / "cat").exists()


def test_100_001_rows_are_refused(take: Callable[..., Done], tmp_path: Path) -> None:
    done = take([HEAD, *([(1,)] * 100_001)], *LADDER)
    assert done.status == 2
    assert "100000" in done.err
    assert not (tmp_path / "cat").exists()


# ------------------------------------------------------------------ export


def test_an_edition_goes_out_and_comes_back_as_another(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "out.xlsx"
    done = run("export", GENERAL, file)
    assert done.status == 0
    assert "198 条，606 条扣分规则" in done.out
    names = ("--as", "mine", "--edition", "2012", "--to", tmp_path / "cat")
    assert run("import", file, *names).status == 0
    assert run("check", tmp_path / "cat").status == 0
    done = run("diff", GENERAL, tmp_path / "cat" / "mine" / "2012", "--json")
    assert done.status == 0
    (head,) = json.loads(done.out)
    assert (head["part"], head["kind"]) == ("head", "changed")
    assert set(head["fields"]) == {"id", "edition", "published"}


def test_an_edit_that_cannot_be_names_its_cell(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "out.xlsx"
    assert run("export", GENERAL, file, lang="en").status == 0
    book = load_workbook(file)
    book["Items"]["F5"] = 5
    book.save(file)
    names = ("--as", "mine", "--edition", "2012", "--to", tmp_path / "cat")
    done = run("import", file, *names, lang="en")
    assert done.status == 1
    assert "Elements!D5: error: 1: points: expected 21 (the sum of its items), found 20" in done.err
    assert not (tmp_path / "cat").exists()
    done = run("import", file, *names, "--frame", "mines", lang="en")
    assert (done.status, done.out) == (2, "")


def test_a_workbook_that_is_there_is_never_written_over(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "out.xlsx"
    file.write_text("mine", encoding="utf-8")
    assert run("export", GENERAL, file).status == 2
    assert file.read_text(encoding="utf-8") == "mine"
    assert run("export", GENERAL, tmp_path / "no" / "out.xlsx").status == 2
    assert run("export", "nothing", tmp_path / "new.xlsx").status == 2


# ------------------------------------------------------------------ diff


def test_two_editions_side_by_side(take: Callable[..., Done], run: Run, tmp_path: Path) -> None:
    take(ROWS, *LADDER)
    first = tmp_path / "cat" / "hn" / "2024"
    assert "没有差别" in run("diff", first, first).out
    changed = [
        *ROWS[:3],
        ("", "", "监测与考核。", 10, "每低1%扣2分"),
        ("", "", "年度评审。", 2, "不得分"),
        *ROWS[4:],
    ]
    file = tmp_path / "new.xlsx"
    file.write_bytes(workbook({"评分细则": changed}))
    names = ("--as", "hn", "--edition", "2025", "--to", tmp_path / "cat")
    assert run("import", file, *names, "--ladder", "92,75").status == 0
    done = run("diff", first, first.parent / "2025", lang="en")
    assert done.status == 0
    lines = done.out.splitlines()
    for line in (
        "+ item 1.3",
        "~ item 1.2",
        "    points: 12 → 10",
        "    deduction r1.points: 1 → 2",
        "~ ladder 1",
        "    threshold: 90 → 92",
        "- ladder 3",
    ):
        assert line in lines
    assert lines[-1].startswith("Items: 1 added, 0 removed, 1 changed;")
    assert run("diff", first, "nothing").status == 2


def test_an_edition_with_problems_is_not_compared(run: Run, tmp_path: Path) -> None:
    scheme = default_library().find("mines")
    write_scheme(scheme, tmp_path / "mines" / "2016")
    head = tmp_path / "mines" / "2016" / "scheme.toml"
    head.write_text(head.read_text("utf-8") + "\nnonsense = 1\n", encoding="utf-8")
    done = run("diff", "mines", tmp_path / "mines" / "2016")
    assert done.status == 1
    assert "nonsense" in done.err
