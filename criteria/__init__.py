"""The standards as data, and the code that reads, checks and selects them."""

from criteria.errors import CriteriaError, Problem
from criteria.library import Library, default_library
from criteria.model import Item, Rule, Scheme, Text
from criteria.rubric import rubric_of

__all__ = [
    "CriteriaError",
    "Item",
    "Library",
    "Problem",
    "Rule",
    "Scheme",
    "Text",
    "default_library",
    "rubric_of",
]
