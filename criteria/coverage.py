"""What of the standards is entered, how much of it is checked, and what is missing.

``python -m criteria.coverage`` writes ``COVERAGE.md`` again; ``coverage.toml`` says what is
expected. Run it after every change of the catalogue or the packs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from criteria import packs
from criteria.library import CATALOG, Library
from criteria.model import Document, Scheme, Source, Text
from criteria.packs.reading import optional_integer, read_pack
from criteria.packs.regimes import regimes
from criteria.reading import Reader

HERE = Path(__file__).parent
PAGE = HERE / "COVERAGE.md"
NONE = "—"


@dataclass(frozen=True, slots=True)
class Expected:
    """What ``coverage.toml`` names.

    Attributes:
        schemes: title and rows of each standard that should be entered row by row.
        frames: keys of the frames.
        areas: codes of the specialties with their titles.
        least: how many standards of a kind there should be at least.
    """

    schemes: dict[str, tuple[Text, int | None]]
    frames: tuple[str, ...]
    areas: dict[str, Text]
    least: dict[str, int]


def expected() -> Expected:
    """Read ``coverage.toml``."""
    return read_pack("coverage.toml", _expected, HERE)


def _expected(reader: Reader) -> Expected:
    schemes, frames, areas, least = {}, [], {}, {}
    for row in reader.tables("expected"):
        rows = optional_integer(row, "rows")
        schemes[row.string("scheme")] = (row.text("title"), rows)
        row.finish()
    for row in reader.tables("frame"):
        frames.append(row.string("scheme"))
        row.finish()
    for row in reader.tables("area"):
        areas[row.string("id")] = row.text("title")
        row.finish()
    for row in reader.tables("least"):
        least[row.string("kind")] = row.integer("count")
        row.finish()
    return Expected(schemes, tuple(frames), areas, least)


def page(library: Library) -> str:
    """The whole document."""
    known = {scheme.key: scheme for scheme in library.schemes()}
    plan = expected()
    parts = [
        "# What the criteria cover",
        "Made by `python -m criteria.coverage` from the catalogue and `criteria/coverage.toml`;"
        " never edited by hand.\n*Verified* are rules that a person has compared with the official"
        " text (`checked`); all others are shown as not verified.",
        "## Standards and hazard lists",
        _standards(known, plan, library.documents),
        "## Frames",
        "Elements, weights and thresholds without rows; what is not known is left at 0.",
        _frames(known, plan, library.documents),
        "## Specialties",
        _specialties(known, plan, library.documents),
        "## Posts",
        _posts(known, plan, library.documents),
        "## Rule packs",
        _packs(library.documents),
    ]
    return "\n\n".join(parts) + "\n"


def _standards(known: dict[str, Scheme], plan: Expected, documents: dict[str, Document]) -> str:
    lines = []
    for key, (title, rows) in plan.schemes.items():
        scheme = known.get(key)
        found = len(_rows(scheme)) if scheme else 0
        lines.append(_line(f"`{key}`", title, scheme, rows, _state(found, rows), documents))
    for key, scheme in known.items():
        if scheme.kind in ("enterprise", "hazard_list") and key not in plan.schemes:
            lines.append(_line(f"`{key}`", scheme.title, scheme, None, "not planned", documents))
    return _table(("Standard", "Title", "Kind", "Rows", "State", "Verified", "Documents"), lines)


def _frames(known: dict[str, Scheme], plan: Expected, documents: dict[str, Document]) -> str:
    names = [*plan.frames]
    names += [key for key, s in known.items() if s.kind == "frame" and key not in plan.frames]
    lines = []
    for key in names:
        scheme = known.get(key)
        if scheme is None:
            lines.append((f"`{key}`", NONE, NONE, "missing", NONE, NONE))
            continue
        subs = sum(len(element.sub_elements) for element in scheme.elements)
        size = f"{len(scheme.elements)} elements" + (f", {subs} sub-elements" if subs else "")
        lines.append(
            (
                f"`{key}`",
                scheme.title.zh,
                size,
                "structure only",
                _share(_sources(scheme)),
                _documents(scheme, documents),
            )
        )
    return _table(("Frame", "Title", "Size", "State", "Verified", "Documents"), lines)


def _specialties(known: dict[str, Scheme], plan: Expected, documents: dict[str, Document]) -> str:
    lines = []
    every = [scheme for scheme in known.values() if scheme.kind == "specialty"]
    for area, title in plan.areas.items():
        found = [scheme for scheme in every if scheme.profile.area == area]
        if not found:
            lines.append(_line(area, title, None, None, "missing", documents))
        lines += [_line(area, s.title, s, None, "entered", documents) for s in found]
    for scheme in every:
        if scheme.profile.area not in plan.areas:
            area = scheme.profile.area or NONE
            lines.append(_line(area, scheme.title, scheme, None, "not planned", documents))
    done = sum(any(s.profile.area == area for s in every) for area in plan.areas)
    head = ("Area", "Title", "Kind", "Rows", "State", "Verified", "Documents")
    return f"{done} of {len(plan.areas)} areas entered.\n\n" + _table(head, lines)


def _posts(known: dict[str, Scheme], plan: Expected, documents: dict[str, Document]) -> str:
    found = [scheme for scheme in known.values() if scheme.kind == "post"]
    least = plan.least.get("post", 0)
    missing = f", {least - len(found)} missing" if len(found) < least else ""
    said = f"{len(found)} entered, at least {least} expected{missing}."
    if not found:
        return said
    lines = [_line(f"`{s.key}`", s.title, s, None, "entered", documents) for s in found]
    head = ("Post", "Title", "Kind", "Rows", "State", "Verified", "Documents")
    return f"{said}\n\n" + _table(head, lines)


def _packs(documents: dict[str, Document]) -> str:
    rules = packs.training()
    trained = [*(row.source for row in rules.hours), *(row.source for row in rules.again)]
    sources = {f"regime `{one.id}`": one.sources for one in regimes()}
    sources["duty calendar"] = tuple(row.source for row in packs.duties())
    sources["training"] = (*trained, rules.appointment.source)
    sources["certificates and checks"] = tuple(row.source for row in packs.periodic_checks())
    lines = [
        (name, f"{len(rows)} rules", _share(rows), _named({s.document for s in rows}, documents))
        for name, rows in sources.items()
    ]
    tables = packs.size_tables().values()
    size = f"{sum(table.verified for table in tables)}/{len(tables)}"
    years = sorted(packs.holidays().years)
    lines += [
        (
            "sectors",
            f"{len(packs.sectors())} sectors",
            NONE,
            _number("sector_catalog_2019_17", documents),
        ),
        ("size classes", f"{len(tables)} tables", size, _number("size_classes_2017", documents)),
        ("areas", f"{len(packs.areas())} areas", NONE, _number("area_codes_2260", documents)),
        (
            "working days",
            f"{years[0]} to {years[-1]}",
            NONE,
            f"{_number('holiday_notices', documents)} ({packs.holidays().origin})",
        ),
    ]
    return _table(("Pack", "Holds", "Verified", "Documents"), lines)


def _state(found: int, rows: int | None) -> str:
    if not found:
        return "missing"
    if rows is None or found == rows:
        return "entered"
    return "partly" if found < rows else "more than expected"


def _rows(scheme: Scheme) -> list[Source]:
    return [
        *(item.source for item in scheme.items),
        *(hazard.source for hazard in scheme.hazards),
    ]


def _sources(scheme: Scheme) -> list[Source]:
    """Where its rules stand: rows, ladder, performance, shape, certificates."""
    return [
        *_rows(scheme),
        *(rung.source for rung in scheme.ladder),
        *(condition.source for condition in scheme.performance),
        *scheme.shape.sources,
        *(certificate.source for certificate in scheme.profile.certificates),
    ]


def _share(sources: Iterable[Source]) -> str:
    rows = list(sources)
    return f"{sum(row.verified for row in rows)}/{len(rows)}" if rows else NONE


def _documents(scheme: Scheme, documents: dict[str, Document]) -> str:
    return _named({scheme.document, *(row.document for row in _sources(scheme))}, documents)


def _named(names: Iterable[str], documents: dict[str, Document]) -> str:
    return "; ".join(sorted({_number(name, documents) for name in names}))


def _number(name: str, documents: dict[str, Document]) -> str:
    return documents[name].number


def _line(
    name: str,
    title: Text,
    scheme: Scheme | None,
    rows: int | None,
    state: str,
    documents: dict[str, Document],
) -> tuple[str, ...]:
    found = str(len(_rows(scheme))) if scheme else "0"
    return (
        name,
        title.zh,
        scheme.kind if scheme else NONE,
        found if rows is None else f"{found}/{rows}",
        state,
        _share(_sources(scheme)) if scheme else NONE,
        _documents(scheme, documents) if scheme else NONE,
    )


def _table(head: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> str:
    rows = [head, ("---",) * len(head), *lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(Library(CATALOG)), encoding="utf-8")


if __name__ == "__main__":
    main()
