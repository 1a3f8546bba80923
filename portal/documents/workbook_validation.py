"""What Excel itself refuses while somebody fills in a workbook; the reader checks it all again."""

from datetime import date
from fractions import Fraction

from openpyxl.worksheet.datavalidation import DataValidation

from portal.documents.workbook_layout import EARLIEST, FULL_MARK, Say
from portal.domain.answers import TEXT_LIMIT

_TITLE, _MESSAGE = 32, 255  # limits of Excel; a longer message makes it call the file damaged


def _worded(rule: DataValidation, say: Say, name: str, **values: object) -> DataValidation:
    rule.allow_blank = True
    rule.errorStyle = "stop"
    rule.showErrorMessage = rule.showInputMessage = True
    rule.promptTitle = say(f"workbook.input.{name}.title")[:_TITLE]
    rule.prompt = say(f"workbook.input.{name}.prompt", **values)[:_MESSAGE]
    rule.errorTitle = rule.promptTitle
    rule.error = say(f"workbook.input.{name}.error", **values)[:_MESSAGE]
    return rule


def count_rule(say: Say, highest: int) -> DataValidation:
    """A whole number from 1, or nothing."""
    rule = DataValidation(type="whole", operator="between", formula1="1", formula2=str(highest))
    return _worded(rule, say, "count" if highest > 1 else "once", high=highest)


def points_rule(say: Say, cell: str, top: str, unit: Fraction, unit_text: str) -> DataValidation:
    """Points from 0 to another cell's, in steps of the smallest unit.

    Args:
        say: words of the catalogue.
        cell: first cell the rule is for, such as ``J5``.
        top: the highest value, a number or a cell in the same row such as ``D5``.
        unit: smallest amount of the scheme.
        unit_text: the same as text.
    """
    steps = f"{cell}*{unit.denominator}/{unit.numerator}"
    formula = (
        f"AND(ISNUMBER({cell}),{cell}>=0,{cell}<={top},ABS({steps}-ROUND({steps},0))<0.000001)"
    )
    rule = DataValidation(type="custom", formula1=formula)
    return _worded(rule, say, "points", unit=unit_text)


def mark_rule(say: Say) -> DataValidation:
    """The full mark from a list of one."""
    rule = DataValidation(type="list", formula1=f'"{FULL_MARK}"')
    return _worded(rule, say, "full", mark=FULL_MARK)


def text_rule(say: Say, name: str = "text") -> DataValidation:
    """Text of limited length; ``name`` chooses the prompt."""
    rule = DataValidation(type="textLength", operator="lessThanOrEqual", formula1=str(TEXT_LIMIT))
    return _worded(rule, say, name, limit=TEXT_LIMIT)


def date_rule(say: Say) -> DataValidation:
    """A day from 2000 on."""
    first = str((EARLIEST - date(1899, 12, 30)).days)  # Excel counts days from there
    rule = DataValidation(type="date", operator="greaterThanOrEqual", formula1=first)
    return _worded(rule, say, "date")
