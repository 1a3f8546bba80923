"""Scoring sheets as Excel: out empty or filled, in after a check of the whole file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial

from portal.documents.scoring_workbook import write_scoring_workbook
from portal.documents.tables import Sheet, write_tables
from portal.documents.workbook_cells import CellProblem
from portal.documents.workbook_layout import SheetHeader
from portal.documents.workbook_reading import read_scoring_workbook
from portal.domain.answers import ItemAnswer
from portal.domain.assessment import Assessment
from portal.domain.people import User
from portal.domain.workflow import AssessmentStatus
from portal.errors import NotAllowedError
from portal.i18n import translate
from portal.services import assessments, records, results
from portal.services.context import current


@dataclass(frozen=True, slots=True)
class Upload:
    """A checked workbook; with problems nothing of it may be taken over.

    Attributes:
        answers: entries of the workbook.
        changed: how many differ from the present sheet.
        seen_rev: revision of the sheet that it was compared with.
    """

    answers: Mapping[str, ItemAnswer]
    changed: int
    seen_rev: int
    problems: tuple[CellProblem, ...]


def export(
    user: User, enterprise_id: str, assessment_no: int, language: str, *, filled: bool
) -> bytes:
    """The scoring workbook of an assessment that one may see.

    Raises:
        NotAllowedError: it may not be seen.
    """
    assessment = assessments.load(user, enterprise_id, assessment_no)
    answers = _answers(assessment) if filled else {}
    return write_scoring_workbook(
        records.scheme_of(assessment),
        _header(assessment),
        answers,
        partial(translate, language),
        language,
    )


def _answers(assessment: Assessment) -> dict[str, ItemAnswer]:
    if assessment.status is AssessmentStatus.SUBMITTED:
        return records.sealed(current().db, assessment)[0]
    return records.draft_answers(current().db, assessment.enterprise_id, assessment.assessment_no)


def _header(assessment: Assessment) -> SheetHeader:
    row = current().db.row(
        "select name, credit_code from enterprise where enterprise_id = :e",
        e=assessment.enterprise_id,
    )
    if row is None:
        raise NotAllowedError
    return SheetHeader(
        unit=row["name"],
        credit_code=row["credit_code"],
        period_from=date(assessment.year, 1, 1),
        period_to=date(assessment.year, 12, 31),
        leader=assessment.leader,
        members="、".join(assessment.members),
    )


def check(user: User, enterprise_id: str, assessment_no: int, data: bytes, language: str) -> Upload:
    """Read a workbook as a whole and compare it with the present sheet; nothing is written.

    Raises:
        NotAllowedError: this person may not score this assessment.
        UnreadableFileError: no workbook, an unsafe one, or none of this portal.
    """
    assessment = assessments.load(user, enterprise_id, assessment_no)
    assessments.require_edit(user, assessment)
    reading = read_scoring_workbook(
        data, records.scheme_of(assessment), partial(translate, language)
    )
    present = _answers(assessment)
    changed = sum(present.get(item) != answer for item, answer in reading.answers.items())
    return Upload(reading.answers, changed, assessment.rev, reading.problems)


def take_over(user: User, enterprise_id: str, assessment_no: int, upload: Upload) -> int:
    """Write a checked workbook into the sheet; returns how many items were written.

    Raises:
        StaleRecordError: the sheet has changed since the check.
        NotAllowedError: this person may not score this assessment.
    """
    if upload.problems:
        raise NotAllowedError
    return assessments.import_answers(
        user, enterprise_id, assessment_no, upload.answers, upload.seen_rev
    )


def deduction_summary(user: User, enterprise_id: str, assessment_no: int, language: str) -> bytes:
    """The summary of deductions (扣分点及原因说明汇总表) of a submitted assessment."""
    view = results.view(user, enterprise_id, assessment_no, language)
    say = partial(translate, language)
    titles = {line.id: f"{line.id} {line.title}" for line in view.elements}
    head = [
        say(f"summary.{name}")
        for name in (
            "number",
            "element",
            "item",
            "requirement",
            "lost",
            "reason",
            "measure",
            "tracker",
            "done",
        )
    ]
    rows = [
        (
            str(number),
            titles[line.element],
            line.item,
            line.requirement,
            line.lost if line.special == "0" else f"{line.lost} + {line.special}",
            "\n".join(line.lines),
            "",
            "",
            "",
        )
        for number, line in enumerate(view.deductions, 1)
    ]
    note = say(
        "summary.note",
        enterprise=view.enterprise,
        year=view.assessment.year,
        score=view.score or "–",
        grade=view.grade_name if view.grade else say(f"outcome.{view.outcome}"),
        at=view.submitted_at,
    )
    return write_tables([Sheet(say("summary.title"), head, rows, numbers=(0, 4), note=note)])
