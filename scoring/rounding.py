"""The only rounding of the project: half-up on exact numbers (四舍五入)."""

from decimal import Decimal, InvalidOperation
from fractions import Fraction


def half_up(value: Fraction, decimals: int) -> Fraction:
    """Round to a number of decimals; a half goes away from zero.

    Args:
        value: the exact number.
        decimals: digits kept after the point, >= 0.

    >>> half_up(Fraction("59.95"), 1)
    Fraction(60, 1)
    >>> half_up(Fraction(2675, 1000), 2)
    Fraction(67, 25)
    """
    factor = 10**decimals
    size = (abs(value) * factor * 2 + 1) // 2
    return Fraction(size if value >= 0 else -size, factor)


def fixed(value: Fraction, decimals: int) -> str:
    """Write a number that has been rounded with exactly ``decimals`` digits.

    >>> fixed(Fraction(60), 1)
    '60.0'
    """
    units = half_up(value, decimals) * 10**decimals
    whole, part = divmod(abs(int(units)), 10**decimals)
    sign = "-" if units < 0 else ""
    return f"{sign}{whole}.{part:0{decimals}d}" if decimals else f"{sign}{whole}"


def plain(value: Fraction) -> str:
    """Write an exact decimal without trailing zeros; a number without end as a fraction.

    >>> plain(Fraction(3, 2)), plain(Fraction(896)), plain(Fraction(1, 3))
    ('1.5', '896', '1/3')
    """
    if value.denominator == 1:
        return str(value.numerator)
    decimals = 0
    scaled = value
    while scaled.denominator != 1:
        scaled *= 10
        decimals += 1
        if decimals > 12:
            return str(value)
    return fixed(value, decimals)


def to_units(text: str, unit: Fraction) -> int:
    """Read a decimal as a whole number of the smallest unit of a scheme.

    Args:
        text: a decimal such as ``"1.5"``.
        unit: the smallest amount of the scheme, such as 1/10 point.

    Raises:
        ValueError: not a decimal number, or finer than the unit.

    >>> to_units("1.5", Fraction(1, 10))
    15
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(text) from None
    if not number.is_finite():
        raise ValueError(text)
    units = Fraction(number) / unit
    if units.denominator != 1:
        raise ValueError(text)
    return int(units)
