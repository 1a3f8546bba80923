"""Non-conformities (不符合项): opened from lost points, listed with what is overdue."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from criteria.packs import terms
from portal.domain.answers import ItemAnswer
from portal.domain.assessment import Assessment
from portal.domain.people import Action, User
from portal.domain.workflow import AssessmentKind, NonconformityStatus
from portal.services import deadlines, records, rights
from portal.services.context import current
from portal.services.wording import answer_lines
from portal.store.database import Transaction
from scoring import Result
from scoring.rounding import plain

STREAM = {AssessmentKind.SELF: "continuing", AssessmentKind.REVIEW: "by_deadline"}


def open_from(
    tx: Transaction,
    user: User,
    assessment: Assessment,
    answers: Mapping[str, ItemAnswer],
    result: Result,
) -> None:
    """Open one non-conformity per item that lost points; keep, renew or withdraw earlier ones.

    A second submission after a reopening changes the same rows: an item that lost its points
    again stays open, one that no longer loses any is withdrawn; what was closed stays closed.
    """
    context = current()
    enterprise_id, number = assessment.enterprise_id, assessment.assessment_no
    special: dict[str, int] = {}
    for row in result.specials:
        special[row.item] = special.get(row.item, 0) + row.taken
    lost = {
        item.id: item.deducted + special.get(item.id, 0)
        for item in result.items
        if item.deducted or special.get(item.id)
    }
    element = {item.id: item.element for item in result.items}
    existing = {
        row["item_id"]: row
        for row in tx.rows(
            "select item_id, nonconformity_no, status from nonconformity"
            " where enterprise_id = :e and assessment_no = :n",
            e=enterprise_id,
            n=number,
        )
    }
    stream = STREAM[assessment.kind]
    due = deadlines.term(context.today, terms()[stream].working_days).ends.isoformat()
    next_no = records.next_number(tx, "nonconformity", "nonconformity_no", enterprise_id)
    for item_id, units in lost.items():
        description = json.dumps(answers[item_id].to_json(), ensure_ascii=False, sort_keys=True)
        if item_id in existing:
            tx.run(
                # one that was done with begins anew, with a new term
                "update nonconformity set lost = :lost, description = :d,"
                " due_on = case when status = 'open' then due_on else :due end,"
                " status = 'open', closed_at = null, version = version + 1"
                " where enterprise_id = :e and assessment_no = :n and item_id = :i",
                lost=units,
                d=description,
                due=due,
                e=enterprise_id,
                n=number,
                i=item_id,
            )
            continue
        tx.run(
            "insert into nonconformity (enterprise_id, nonconformity_no, assessment_no, source,"
            " stream, year, scheme, edition, element_id, item_id, lost, description, sector,"
            " area_code, status, due_on, opened_at, version) values (:e, :no, :n, :source,"
            " :stream, :y, :scheme, :edition, :element, :i, :lost, :d, :sector, :area, 'open',"
            " :due, :at, 1)",
            e=enterprise_id,
            no=next_no,
            n=number,
            source=assessment.kind,
            stream=stream,
            y=assessment.year,
            scheme=assessment.scheme,
            edition=assessment.edition,
            element=element[item_id],
            i=item_id,
            lost=units,
            d=description,
            sector=assessment.sector,
            area=assessment.area_code,
            due=due,
            at=context.stamp,
        )
        next_no += 1
    withdrawn = sorted(
        item_id
        for item_id, row in existing.items()
        if item_id not in lost and row["status"] == NonconformityStatus.OPEN
    )
    for item_id in withdrawn:
        tx.run(
            "update nonconformity set status = 'withdrawn', closed_at = :at,"
            " version = version + 1 where enterprise_id = :e and assessment_no = :n"
            " and item_id = :i",
            at=context.stamp,
            e=enterprise_id,
            n=number,
            i=item_id,
        )
    records.audit(
        tx,
        user,
        enterprise_id,
        "nonconformity.open",
        str(number),
        {"items": sorted(lost), "withdrawn": withdrawn},
    )


@dataclass(frozen=True, slots=True)
class NonconformityLine:
    """A non-conformity as it is listed; ``days_left`` is negative when overdue.

    ``unknown_years`` are those of its term whose holidays were not published yet.
    """

    number: int
    source: AssessmentKind
    year: int
    element: str
    item: str
    requirement: str
    fault: str
    lost: str
    status: NonconformityStatus
    stream: str
    due_on: str
    days_left: int
    opened_on: str
    unknown_years: tuple[int, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it still has to be put right."""
        return self.status is NonconformityStatus.OPEN

    @property
    def searchable(self) -> str:
        """What a search looks at, in lower case."""
        return f"{self.item} {self.requirement} {self.fault}".lower()


def of_enterprise(user: User, enterprise_id: str, language: str) -> list[NonconformityLine]:
    """Non-conformities of an enterprise: overdue first, then by due date, closed ones last."""
    rights.require_enterprise(user, Action.VIEW_ENTERPRISE, enterprise_id)
    context = current()
    rows = context.db.rows(
        "select * from nonconformity where enterprise_id = :e and status <> 'withdrawn'"
        " order by case when closed_at is null then 0 else 1 end, due_on, nonconformity_no",
        e=enterprise_id,
    )
    lines = []
    for row in rows:
        scheme = context.library.get(row["scheme"], row["edition"])
        item = next(item for item in scheme.items if item.id == row["item_id"])
        opened_on, due_on = row["opened_at"][:10], date.fromisoformat(row["due_on"])
        lines.append(
            NonconformityLine(
                row["nonconformity_no"],
                AssessmentKind(row["source"]),
                row["year"],
                row["element_id"],
                row["item_id"],
                item.text[language],
                "；".join(answer_lines(item, json.loads(row["description"]), language)),
                plain(scheme.unit * row["lost"]),
                NonconformityStatus(row["status"]),
                row["stream"],
                row["due_on"],
                (due_on - context.today).days,
                opened_on,
                deadlines.unknown_years(date.fromisoformat(opened_on), due_on),
            )
        )
    return lines
