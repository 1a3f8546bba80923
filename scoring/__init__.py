"""The grading engine: arguments in, value out.

It knows no clock, file, database or screen. Everything that a standard decides (points,
ladders, ceilings, rounding) reaches it as a :class:`~scoring.model.Rubric`.
"""

from scoring.engine import ENGINE_VERSION, grade
from scoring.errors import ScoringError
from scoring.model import (
    Answer,
    Condition,
    Deduction,
    DeductionRule,
    ElementRubric,
    Grade,
    ItemResult,
    ItemRubric,
    Kind,
    Outcome,
    PerformanceRung,
    Reason,
    Result,
    Rubric,
    Rung,
    Scope,
    Trigger,
)

__all__ = [
    "ENGINE_VERSION",
    "Answer",
    "Condition",
    "Deduction",
    "DeductionRule",
    "ElementRubric",
    "Grade",
    "ItemResult",
    "ItemRubric",
    "Kind",
    "Outcome",
    "PerformanceRung",
    "Reason",
    "Result",
    "Rubric",
    "Rung",
    "Scope",
    "ScoringError",
    "Trigger",
    "grade",
]
