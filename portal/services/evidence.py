"""Evidence (佐证材料) of non-conformities: photos and documents, added, shown, taken back."""

from collections.abc import Mapping
from dataclasses import dataclass

from portal.config import settings
from portal.documents import images, uploads
from portal.documents.uploads import MEGABYTE
from portal.domain.evidence import MEDIA_TYPES, FileKind, clean_name
from portal.domain.people import Action, User
from portal.domain.workflow import NonconformityStatus
from portal.errors import (
    IllegalTransitionError,
    InvalidValueError,
    NotAllowedError,
    PortalError,
)
from portal.services import records, rights
from portal.services.context import current, local_time
from portal.store.database import Row, Transaction
from portal.store.files import FileStore, digest

QUOTA_MEGABYTES = 2000
"""Most an enterprise may store, files taken back included, because they are kept. Some 60
non-conformities a year with three photos of 3 MB each fill it in four years; a thousand
enterprises take at most 2 TB."""

MANY = 50
"""Most files of one non-conformity: more than that nobody looks at."""

PREVIEW_SIDE = 320
"""Longer side of a preview in pixels: twice the size it is shown in, for sharp screens."""


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """A file as it is listed."""

    enterprise_id: str
    number: int
    nonconformity: int
    name: str
    kind: FileKind
    size: int
    added_at: str
    added_by: str

    @property
    def size_text(self) -> str:
        """Its size as people read it."""
        if self.size >= MEGABYTE:
            return f"{self.size / MEGABYTE:.1f} MB"
        return f"{max(1, round(self.size / 1024))} kB"

    @property
    def address(self) -> str:
        """Where it is handed out; knowing it is no right, the route asks again."""
        return f"/evidence/{self.enterprise_id}/{self.number}"


def of_enterprise(user: User, enterprise_id: str) -> list[EvidenceLine]:
    """All evidence of an enterprise that was not taken back, by non-conformity, oldest first.

    Raises:
        NotAllowedError: it may not be seen.
    """
    rights.require_enterprise(user, Action.VIEW_ASSESSMENT, enterprise_id)
    rows = current().db.rows(
        "select f.*, coalesce(a.name, f.created_by) as added_by from evidence f"
        " left join account a on a.account_id = f.created_by"
        " where f.enterprise_id = :e and f.removed_at is null"
        " order by f.nonconformity_no, f.evidence_no",
        e=enterprise_id,
    )
    return [
        EvidenceLine(
            enterprise_id,
            row["evidence_no"],
            row["nonconformity_no"],
            row["name"],
            FileKind(row["kind"]),
            row["size"],
            local_time(row["created_at"]),
            row["added_by"],
        )
        for row in rows
    ]


def add(user: User, enterprise_id: str, nonconformity_no: int, name: str, data: bytes) -> int:
    """Attach a file to an open non-conformity.

    The same file once more is the same evidence: an upload that is repeated adds nothing.

    Returns:
        The number of the evidence.

    Raises:
        NotAllowedError: the role may not, or there is no such non-conformity of the enterprise.
        IllegalTransitionError: the non-conformity is no longer open.
        UnreadableFileError: the file is refused; the code says why.
        InvalidValueError: too many files, or no room left.
        PortalError: the folder takes nothing.
    """
    rights.require_enterprise(user, Action.EDIT_ASSESSMENT, enterprise_id)
    db = current().db
    # asked before a stranger's file is looked at, and again when it is written
    _require_open(db, enterprise_id, nonconformity_no)
    kind, content = uploads.examine(data)
    body = {
        "nonconformity": nonconformity_no,
        "name": clean_name(name, kind),
        "kind": kind.value,
        "size": len(content),
        "sha256": digest(content),
    }

    try:
        with FileStore(settings().evidence).staged(enterprise_id, content) as keep:

            def job(tx: Transaction) -> int:
                number, is_new = _insert(tx, user, enterprise_id, nonconformity_no, body)
                if is_new:
                    keep()  # last, and before the commit: no row is ever without its file
                return number

            return db.write(job)
    except OSError as error:
        raise PortalError("evidence_not_stored") from error


def _insert(
    tx: Transaction,
    user: User,
    enterprise_id: str,
    nonconformity_no: int,
    body: Mapping[str, object],
) -> tuple[int, bool]:
    """Number of the evidence, and whether it is new."""
    number = records.next_number(tx, "evidence", "evidence_no", enterprise_id)
    _require_open(tx, enterprise_id, nonconformity_no)
    present = tx.rows(
        "select evidence_no, sha256 from evidence where enterprise_id = :e"
        " and nonconformity_no = :n and removed_at is null",
        e=enterprise_id,
        n=nonconformity_no,
    )
    for row in present:
        if row["sha256"] == body["sha256"]:
            return int(row["evidence_no"]), False
    if len(present) >= MANY:
        raise InvalidValueError("evidence_too_many", limit=MANY)
    _require_room(tx, enterprise_id, body)
    tx.run(
        "insert into evidence (enterprise_id, evidence_no, nonconformity_no, name, kind, size,"
        " sha256, created_at, created_by)"
        " values (:e, :no, :n, :name, :kind, :size, :sha, :at, :by)",
        e=enterprise_id,
        no=number,
        n=nonconformity_no,
        name=body["name"],
        kind=body["kind"],
        size=body["size"],
        sha=body["sha256"],
        at=current().stamp,
        by=user.account_id,
    )
    records.audit(tx, user, enterprise_id, "evidence.add", str(number), body)
    return number, True


def _require_open(source: records.Source, enterprise_id: str, nonconformity_no: int) -> None:
    row = source.row(
        "select status from nonconformity where enterprise_id = :e and nonconformity_no = :n",
        e=enterprise_id,
        n=nonconformity_no,
    )
    if row is None:
        raise NotAllowedError
    if row["status"] != NonconformityStatus.OPEN:
        raise IllegalTransitionError("evidence_not_open")


def _require_room(tx: Transaction, enterprise_id: str, body: Mapping[str, object]) -> None:
    """Count every file that lies on the disk once, those taken back too."""
    row = tx.row(
        "select coalesce(sum(size), 0) as used from (select distinct sha256, size from evidence"
        " where enterprise_id = :e and sha256 <> :sha) as kept",
        e=enterprise_id,
        sha=body["sha256"],
    )
    used = int(row["used"]) if row else 0
    if used + int(str(body["size"])) > QUOTA_MEGABYTES * MEGABYTE:
        raise InvalidValueError(
            "evidence_quota", used=f"{used / MEGABYTE:.0f}", limit=QUOTA_MEGABYTES
        )


def remove(user: User, enterprise_id: str, evidence_no: int) -> None:
    """Take evidence back while its non-conformity is open; row, file and audit log keep it.

    Raises:
        NotAllowedError: the role may not, or there is no such evidence any more.
        IllegalTransitionError: the non-conformity is no longer open.
    """
    rights.require_enterprise(user, Action.EDIT_ASSESSMENT, enterprise_id)

    def job(tx: Transaction) -> None:
        tx.lock_enterprise(enterprise_id)
        row = _find(tx, enterprise_id, evidence_no)
        _require_open(tx, enterprise_id, row["nonconformity_no"])
        tx.run(
            "update evidence set removed_at = :at where enterprise_id = :e and evidence_no = :n",
            at=current().stamp,
            e=enterprise_id,
            n=evidence_no,
        )
        body = {
            "nonconformity": row["nonconformity_no"],
            "name": row["name"],
            "sha256": row["sha256"],
        }
        records.audit(tx, user, enterprise_id, "evidence.remove", str(evidence_no), body)

    current().db.write(job)


def read(user: User, enterprise_id: str, evidence_no: int) -> tuple[str, str, bytes]:
    """A file: its name, media type and bytes.

    Raises:
        NotAllowedError: it may not be seen, or there is none.
        PortalError: ``evidence_gone``: the folder no longer holds what was uploaded.
    """
    row, data = _read(user, enterprise_id, evidence_no)
    return row["name"], MEDIA_TYPES[FileKind(row["kind"])], data


def preview(user: User, enterprise_id: str, evidence_no: int) -> tuple[str, str, bytes]:
    """The same of a small picture; a document has none.

    Raises:
        NotAllowedError: it may not be seen, or there is none.
        PortalError: ``evidence_gone``: the folder no longer holds what was uploaded.
    """
    row, data = _read(user, enterprise_id, evidence_no)
    if not FileKind(row["kind"]).is_picture:
        raise NotAllowedError
    kind, small = images.redrawn(data, PREVIEW_SIDE)
    return row["name"], MEDIA_TYPES[kind], small


def _read(user: User, enterprise_id: str, evidence_no: int) -> tuple[Row, bytes]:
    rights.require_enterprise(user, Action.VIEW_ASSESSMENT, enterprise_id)
    row = _find(current().db, enterprise_id, evidence_no)
    data = FileStore(settings().evidence).read(enterprise_id, row["sha256"])
    if data is None:
        raise PortalError("evidence_gone", name=row["name"], number=evidence_no)
    return row, data


def _find(source: records.Source, enterprise_id: str, evidence_no: int) -> Row:
    row = source.row(
        "select * from evidence where enterprise_id = :e and evidence_no = :n"
        " and removed_at is null",
        e=enterprise_id,
        n=evidence_no,
    )
    if row is None:
        raise NotAllowedError
    return row
