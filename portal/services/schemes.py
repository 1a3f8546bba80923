"""Which standards and years can be chosen, and small facts about an assessment's state."""

from datetime import date

from criteria import Scheme
from portal.domain.assessment import Assessment
from portal.domain.workflow import AssessmentStatus
from portal.services.context import current, local_time


def years() -> list[int]:
    """Years a self-assessment can be made for, this year first."""
    this_year = current().today.year
    return [this_year, this_year - 1]


def enterprise_schemes(
    language: str, *, every_edition: bool = False, sector: str = ""
) -> dict[str, str]:
    """Titles of the standards for enterprises.

    Args:
        language: of the titles.
        every_edition: by ``scheme@edition``; else by scheme, only those in force today.
        sector: standards of this sector come first, then the general ones, then the others:
            a standard of the trade itself is used before the general one (128号 评分说明).
    """
    context = current()
    found: dict[str, str] = {}

    def order(scheme: Scheme) -> int:
        meant = scheme.profile.applies.sectors
        return 1 if not meant else 0 if sector in meant else 2

    for scheme in sorted(context.library.schemes(), key=order):
        if scheme.kind != "enterprise":
            continue
        if every_edition:
            found[scheme.key] = scheme.title[language]
        elif scheme.published and scheme.valid_from <= context.today <= (
            scheme.valid_until or date.max
        ):
            found[scheme.id] = scheme.title[language]
    return found


def locked(assessment: Assessment) -> bool:
    """Whether an assessment has been submitted."""
    return assessment.status is AssessmentStatus.SUBMITTED


def submitted_at(assessment: Assessment) -> str:
    """Local time of the submission, empty before it."""
    return local_time(assessment.submitted_at) if assessment.submitted_at else ""
