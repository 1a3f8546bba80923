"""What an enterprise is: its sector, process flags and size class; and how long it may take."""

from dataclasses import dataclass
from functools import cache

from criteria.model import Text
from criteria.packs.reading import read_pack, rows
from criteria.reading import Reader

CLASSES = ("large", "medium", "small")


@dataclass(frozen=True, slots=True)
class Split:
    """What a sector has of a GB/T 4754 division that is not wholly its own."""

    division: str
    text: Text


@dataclass(frozen=True, slots=True)
class Sector:
    """A sector, its GB/T 4754 divisions and the size-class tables it may use."""

    id: str
    title: Text
    divisions: tuple[str, ...]
    size_kinds: tuple[str, ...]
    splits: tuple[Split, ...] = ()


@dataclass(frozen=True, slots=True)
class Flag:
    """A process that decides which hazards apply (粉尘涉爆, 有限空间 …)."""

    id: str
    title: Text


@dataclass(frozen=True, slots=True)
class SizeTable:
    """Lower limits of one kind of business, best class first: class, staff, revenue (10k yuan)."""

    id: str
    title: Text
    limits: tuple[tuple[str, int, int], ...]
    verified: bool

    def class_of(self, staff: int, revenue_wan: int) -> str:
        """Size class: the best whose two lower limits are both reached, else ``micro``."""
        for name, least_staff, least_revenue in self.limits:
            if staff >= least_staff and revenue_wan >= least_revenue:
                return name
        return "micro"


@dataclass(frozen=True, slots=True)
class Term:
    """Working days for rectification in one stream, with its clause."""

    stream: str
    title: Text
    working_days: int
    document: str
    clause: str
    verified: bool


@cache
def sectors() -> dict[str, Sector]:
    """The sectors by id, in their usual order."""
    return {row.id: row for row in read_pack("sectors.toml", _sectors)[0]}


@cache
def flags() -> dict[str, Flag]:
    """The process flags by id."""
    return {row.id: row for row in read_pack("sectors.toml", _sectors)[1]}


def sectors_of(division: str) -> tuple[Sector, ...]:
    """Sectors that have a GB/T 4754 division, wholly or in part; a longer class code will do.

    >>> [sector.id for sector in sectors_of("3841")]
    ['machinery', 'light_industry']
    """
    return tuple(sector for sector in sectors().values() if division[:2] in sector.divisions)


@cache
def size_tables() -> dict[str, SizeTable]:
    """The size-class tables by kind of business."""
    return read_pack("sizes.toml", _sizes)


@cache
def terms() -> dict[str, Term]:
    """The rectification terms by stream."""
    return read_pack("rectification.toml", _terms)


def _sectors(reader: Reader) -> tuple[tuple[Sector, ...], tuple[Flag, ...]]:
    reader.string("document")
    reader.flag("verified", default=False)
    return rows(reader, "sector", _sector), rows(
        reader, "flag", lambda row: Flag(row.string("id"), row.text("title"))
    )


def _sector(row: Reader) -> Sector:
    sector = Sector(
        row.string("id"),
        row.text("title"),
        row.words("divisions"),
        row.words("size_kinds"),
        rows(row, "split", lambda part: Split(part.string("division"), part.text("text"))),
    )
    for part in sector.splits:
        if part.division not in sector.divisions:
            row.wrong("split", "a division of the sector", part.division)
    return sector


def _sizes(reader: Reader) -> dict[str, SizeTable]:
    reader.string("document")
    verified = reader.flag("verified", default=False)
    tables = {}
    for kind in [name for name in reader.table if name not in reader.read]:
        row = reader.table_of(kind)
        if row is None:
            continue
        title, limits = row.text("title"), []
        for name in CLASSES:
            limit = row.table_of(name)
            if limit is None:
                row.wrong(name, "staff and revenue_wan", "nothing")
                continue
            limits.append((name, limit.integer("staff"), limit.integer("revenue_wan")))
            limit.finish()
        row.finish()
        tables[kind] = SizeTable(kind, title, tuple(limits), verified)
    return tables


def _terms(reader: Reader) -> dict[str, Term]:
    found = {}
    for stream in reader.table:
        row = reader.table_of(stream)
        if row is None:
            continue
        found[stream] = Term(
            stream,
            row.text("title"),
            row.integer("working_days"),
            row.string("document"),
            row.string("clause"),
            row.flag("verified", default=False),
        )
        row.finish()
    return found
