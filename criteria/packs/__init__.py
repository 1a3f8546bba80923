"""Rule packs: dated tables that are not scoring schemes.

Sectors, size classes and terms; regimes of grading; duties, training and checks that come round;
areas; holidays. Each is TOML (areas: CSV) beside its loader, and says where its rules stand.
"""

from criteria.packs.business import (
    Flag,
    Sector,
    SizeTable,
    Split,
    Term,
    flags,
    sectors,
    sectors_of,
    size_tables,
    terms,
)
from criteria.packs.days_off import Holidays, holidays
from criteria.packs.periods import (
    Duty,
    Hours,
    PeriodicCheck,
    Training,
    TrainingAgain,
    duties,
    periodic_checks,
    training,
)
from criteria.packs.places import (
    ChinaArea,
    area_at,
    areas,
    areas_below,
    areas_by_prefix,
    is_city_without_counties,
)
from criteria.packs.reading import PLACE
from criteria.packs.regimes import Regime, regime_on
from criteria.packs.windows import Window, months_before, worst_rolling

__all__ = [
    "PLACE",
    "ChinaArea",
    "Duty",
    "Flag",
    "Holidays",
    "Hours",
    "PeriodicCheck",
    "Regime",
    "Sector",
    "SizeTable",
    "Split",
    "Term",
    "Training",
    "TrainingAgain",
    "Window",
    "area_at",
    "areas",
    "areas_below",
    "areas_by_prefix",
    "duties",
    "flags",
    "holidays",
    "is_city_without_counties",
    "months_before",
    "periodic_checks",
    "regime_on",
    "sectors",
    "sectors_of",
    "size_tables",
    "terms",
    "training",
    "worst_rolling",
]
