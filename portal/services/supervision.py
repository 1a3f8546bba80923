"""What an authority sees of its area: grades, scores and elements by sector, what is overdue."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from criteria import packs
from portal.domain.assessment import Assessment
from portal.domain.people import Action, User, area_prefix
from portal.errors import NotAllowedError
from portal.i18n import translate
from portal.services import records, rights, summaries
from portal.services.context import current
from portal.services.enterprises import Area, in_jurisdiction
from scoring.rounding import fixed

KINDS = ("self", "review")
UNGRADED = ("below_lowest", "pending", "not_assessable")
PAGE = 100


@dataclass(frozen=True, slots=True)
class SectorLine:
    """A sector in one area, year and kind of assessment.

    Attributes:
        grades: number of enterprises by grade, and by outcome without one.
        assessed: enterprises with a decided result; what is pending is not among them.
        pass_rate: decided ones that hold a grade, in per cent; None where none is decided.
        median: median converted score in per cent, None without a score.
    """

    sector: str
    name: str
    grades: dict[str, int]
    count: int
    assessed: int
    pass_rate: str | None
    median: str | None


@dataclass(frozen=True, slots=True)
class HeatCell:
    """Share of attainable points that a sector earned in an element, in per cent."""

    sector: str
    element: str
    rate: float
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class OverdueLine:
    """Open non-conformities of a sector, those past their date, and the longest delay in days."""

    sector: str
    name: str
    open: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The overview of an area and a year; self-assessed and reviewed are kept apart."""

    area: Area
    year: int
    enterprises: int
    sectors: dict[str, tuple[SectorLine, ...]]
    heat: dict[str, tuple[HeatCell, ...]]
    nonconformities: tuple[OverdueLine, ...]


def _sectors(user: User) -> str:
    """The sectors of a department as :data:`OWN_SECTORS` compares them; empty: every sector."""
    return f",{','.join(user.sectors)}," if user.sectors else ""


OWN_SECTORS = "(cast(:sectors as text) = '' or cast(:sectors as text) like '%,' || sector || ',%')"
"""Condition on rows with a column ``sector``: those that the department is responsible for."""


def areas(user: User) -> list[Area]:
    """Areas to choose from: one's own and all below."""
    return in_jurisdiction(user)


def years(user: User) -> list[int]:
    """Years with results in the jurisdiction, newest first; this year when there are none."""
    rights.require(user, Action.VIEW_STATISTICS)
    summaries.refresh()
    rows = current().db.rows(
        "select distinct year from s_score where area_code = :a"
        f" and {OWN_SECTORS} order by year desc",
        a=user.area_code,
        sectors=_sectors(user),
    )
    return [row["year"] for row in rows] or [current().today.year]


def _require_area(user: User, area_code: str) -> Area:
    rights.require(user, Action.VIEW_STATISTICS)
    found = next((area for area in areas(user) if area.code == area_code), None)
    if found is None:
        raise NotAllowedError
    return found


def overview(user: User, area_code: str, year: int, language: str) -> Overview:
    """Read the overview; dirty slices are computed first.

    Raises:
        NotAllowedError: the area is outside the jurisdiction, or does not exist.
    """
    area = _require_area(user, area_code)
    summaries.refresh()
    db = current().db
    scores = db.rows(
        "select kind, sector, outcome, pct10, n from s_score where area_code = :a and year = :y"
        f" and {OWN_SECTORS}",
        a=area_code,
        y=year,
        sectors=_sectors(user),
    )
    elements = db.rows(
        "select kind, sector, element_id, n, earned, attainable from s_element"
        f" where area_code = :a and year = :y and {OWN_SECTORS}",
        a=area_code,
        y=year,
        sectors=_sectors(user),
    )
    total = db.row(
        f"select count(*) as n from enterprise where area_code like :p and {OWN_SECTORS}",
        p=f"{area_prefix(area_code)}%",
        sectors=_sectors(user),
    )
    return Overview(
        area,
        year,
        total["n"] if total else 0,
        {kind: _sector_lines([r for r in scores if r["kind"] == kind], language) for kind in KINDS},
        {kind: _heat([r for r in elements if r["kind"] == kind]) for kind in KINDS},
        _overdue(user, area_code, language),
    )


def _sector_lines(rows: Sequence[dict[str, object]], language: str) -> tuple[SectorLine, ...]:
    lines = []
    for sector in packs.sectors().values():
        mine = [row for row in rows if row["sector"] == sector.id]
        if not mine:
            continue
        grades: dict[str, int] = defaultdict(int)
        histogram: dict[int, int] = defaultdict(int)
        for row in mine:
            grades[str(row["outcome"])] += _int(row["n"])
            if _int(row["pct10"]) >= 0:
                histogram[_int(row["pct10"])] += _int(row["n"])
        passed = sum(n for grade, n in grades.items() if grade not in UNGRADED)
        decided = passed + grades.get("below_lowest", 0)
        lines.append(
            SectorLine(
                sector.id,
                sector.title[language],
                dict(grades),
                sum(grades.values()),
                decided,
                fixed(Fraction(passed * 100, decided), 1) if decided else None,
                median(histogram),
            )
        )
    return tuple(lines)


def _int(value: object) -> int:
    return value if isinstance(value, int) else int(str(value))


def median(histogram: dict[int, int]) -> str | None:
    """Median of scores in tenths of a per cent, as text with one decimal.

    >>> median({850: 1, 900: 1}), median({})
    ('87.5', None)
    """
    total = sum(histogram.values())
    if not total:
        return None
    middle = ((total - 1) // 2, total // 2)
    seen = 0
    found: list[int] = []
    for score in sorted(histogram):
        seen += histogram[score]
        while len(found) < 2 and middle[len(found)] < seen:
            found.append(score)
    return fixed(Fraction(sum(found), 20), 1)


def _heat(rows: Sequence[dict[str, object]]) -> tuple[HeatCell, ...]:
    sums: dict[tuple[str, str], tuple[int, int, int]] = {}
    for row in rows:
        key = (str(row["sector"]), str(row["element_id"]))
        n, earned, attainable = sums.get(key, (0, 0, 0))
        sums[key] = (
            n + _int(row["n"]),
            earned + _int(row["earned"]),
            attainable + _int(row["attainable"]),
        )
    cells = []
    for (sector, element), (n, earned, attainable) in sums.items():
        rate = Fraction(earned * 100, attainable)
        cells.append(HeatCell(sector, element, float(rate), fixed(rate, 1), n))
    return tuple(cells)


def _overdue(user: User, area_code: str, language: str) -> tuple[OverdueLine, ...]:
    rows = current().db.rows(
        "select sector, count(*) as open, sum(case when due_on < :today then 1 else 0 end)"
        f" as overdue from nonconformity where area_code like :p and {OWN_SECTORS}"
        " and closed_at is null group by sector",
        p=f"{area_prefix(area_code)}%",
        sectors=_sectors(user),
        today=current().today.isoformat(),
    )
    by_sector = {row["sector"]: row for row in rows}
    return tuple(
        OverdueLine(
            s.id, s.title[language], _int(by_sector[s.id]["open"]), _int(by_sector[s.id]["overdue"])
        )
        for s in packs.sectors().values()
        if s.id in by_sector
    )


def element_titles(language: str) -> dict[str, str]:
    """Titles of the level-1 elements of the general standard, by id, in their order."""
    for scheme in current().library.schemes():
        if scheme.kind == "enterprise":
            return {e.id: e.title[language] for e in scheme.elements}
    return {}


@dataclass(frozen=True, slots=True)
class EnterpriseResult:
    """An enterprise in the table to drill down; numbers of assessments lead to their results."""

    enterprise_id: str
    name: str
    sector: str
    area: str
    size_class: str
    self_no: int | None
    self_score: str | None
    self_grade: str | None
    review_no: int | None
    review_score: str | None
    review_grade: str | None
    open: int
    overdue: int


# an enterprise that was scored by two standards in a year stands here once, with the newer result
LIST_SQL = f"""
select e.enterprise_id, e.name, e.sector, e.size_class, a.name_zh, a.name_en, e.area_code,
  s.assessment_no as self_no, s.score as self_score, s.grade as self_grade,
  s.outcome as self_outcome, r.assessment_no as review_no, r.score as review_score,
  r.grade as review_grade, r.outcome as review_outcome,
  (select count(*) from nonconformity n where n.enterprise_id = e.enterprise_id
    and n.closed_at is null) as open,
  (select count(*) from nonconformity n where n.enterprise_id = e.enterprise_id
    and n.closed_at is null and n.due_on < :today) as overdue
from enterprise e left join area a on a.area_code = e.area_code
  left join assessment s on s.enterprise_id = e.enterprise_id
    and s.assessment_no = (select max(x.assessment_no) from assessment x
      where x.enterprise_id = e.enterprise_id and x.kind = 'self' and x.year = :y
      and x.status = 'submitted')
  left join assessment r on r.enterprise_id = e.enterprise_id
    and r.assessment_no = (select max(x.assessment_no) from assessment x
      where x.enterprise_id = e.enterprise_id and x.kind = 'review' and x.year = :y
      and x.status = 'submitted')
where e.area_code like :p and {OWN_SECTORS.replace("|| sector", "|| e.sector")}
  and (cast(:sector as text) is null or e.sector = :sector)
  and (cast(:wanted as text) is null or lower(e.name) like :wanted escape '!')
order by e.sector, e.name limit :many offset :skip
"""


def enterprises(
    user: User,
    area_code: str,
    year: int,
    language: str,
    *,
    sector: str | None = None,
    search: str = "",
    page: int = 1,
    many: int = PAGE,
) -> list[EnterpriseResult]:
    """Enterprises of an area with their results of a year, one page at a time.

    Raises:
        NotAllowedError: the area is outside the jurisdiction.
    """
    _require_area(user, area_code)
    rows = current().db.rows(
        LIST_SQL,
        y=year,
        p=f"{area_prefix(area_code)}%",
        sector=sector,
        sectors=_sectors(user),
        wanted=_part(search),
        today=current().today.isoformat(),
        many=many,
        skip=(page - 1) * many,
    )
    return [
        EnterpriseResult(
            row["enterprise_id"],
            row["name"],
            row["sector"],
            (row["name_en"] if language == "en" else row["name_zh"]) or row["area_code"],
            row["size_class"],
            row["self_no"],
            row["self_score"],
            result_word(row["self_grade"], row["self_outcome"], language),
            row["review_no"],
            row["review_score"],
            result_word(row["review_grade"], row["review_outcome"], language),
            row["open"],
            row["overdue"],
        )
        for row in rows
    ]


def _part(search: str) -> str | None:
    """The pattern that finds a text anywhere, as it was typed, in upper or lower case."""
    text = search.strip().lower()
    for sign in "!%_":
        text = text.replace(sign, f"!{sign}")
    return f"%{text}%" if text else None


def count_enterprises(
    user: User, area_code: str, sector: str | None = None, search: str = ""
) -> int:
    """How many enterprises :func:`enterprises` would list."""
    _require_area(user, area_code)
    row = current().db.row(
        f"select count(*) as n from enterprise where area_code like :p and {OWN_SECTORS}"
        " and (cast(:sector as text) is null or sector = :sector)"
        " and (cast(:wanted as text) is null or lower(name) like :wanted escape '!')",
        p=f"{area_prefix(area_code)}%",
        sector=sector,
        sectors=_sectors(user),
        wanted=_part(search),
    )
    return row["n"] if row else 0


def result_word(grade: str | None, outcome: str | None, language: str) -> str | None:
    """Grade in words, or why there is none; None without a result."""
    if outcome is None:
        return None
    return translate(language, f"grade.g{grade}" if grade else f"grade.{_short(outcome)}")


def _short(outcome: str) -> str:
    return {"below_lowest": "none", "pending": "pending"}.get(outcome, "not_assessable")


def results_of(user: User, enterprise_id: str) -> list[Assessment]:
    """Submitted self-assessments and reviews of an enterprise, newest first.

    Raises:
        NotAllowedError: the enterprise is outside the jurisdiction.
    """
    rights.require(user, Action.VIEW_STATISTICS)
    rights.require_enterprise(user, Action.VIEW_ASSESSMENT, enterprise_id)
    rows = current().db.rows(
        "select * from assessment where enterprise_id = :e and status = 'submitted'"
        " order by year desc, kind desc, assessment_no desc",
        e=enterprise_id,
    )
    return [records.assessment_of(row) for row in rows]
