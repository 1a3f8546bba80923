"""Regimes of grading (定级办法), dated: conditions, steps, causes of revoking, what is gained."""

from criteria.packs.regimes.conditions import Condition, Lookup, Requirement, Test
from criteria.packs.regimes.model import (
    Grade,
    Incentive,
    Regime,
    RegimeFact,
    Sanction,
    Step,
    Validity,
)
from criteria.packs.regimes.read import regime_on, regimes

__all__ = [
    "Condition",
    "Grade",
    "Incentive",
    "Lookup",
    "Regime",
    "RegimeFact",
    "Requirement",
    "Sanction",
    "Step",
    "Test",
    "Validity",
    "regime_on",
    "regimes",
]
