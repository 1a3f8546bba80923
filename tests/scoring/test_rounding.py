"""Half-up on exact numbers, on every sheet where binary floating point goes wrong."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest

from scoring.rounding import fixed, half_up, plain, to_units

TENTH = Decimal("0.1")


@pytest.mark.parametrize(("tie", "threshold"), [("59.95", 60), ("74.95", 75), ("89.95", 90)])
def test_a_tie_at_a_threshold_rounds_up_on_every_sheet_up_to_2000_points(
    tie: str, threshold: int
) -> None:
    sheets = 0
    for attainable in range(1, 20001):  # tenths of a point
        earned = Fraction(tie) * attainable / 100
        if earned.denominator == 1:
            sheets += 1
            assert half_up(Fraction(int(earned), attainable) * 100, 1) == threshold
            assert half_up(Fraction(int(earned) - 1, attainable) * 100, 1) < threshold
    assert sheets == 10


def test_every_tie_in_half_points_on_sheets_of_700_to_1000_points_goes_up() -> None:
    ties = 0
    for attainable in range(700, 1001):
        for earned in range(2 * attainable + 1):  # half points
            if earned * 1000 % (2 * attainable) == attainable:
                ties += 1
                exact = Decimal(earned * 50) / attainable
                expected = Fraction(exact.quantize(TENTH, ROUND_HALF_UP))
                assert half_up(Fraction(earned * 50, attainable), 1) == expected
    assert ties > 700


@pytest.mark.parametrize(
    ("exact", "decimals", "shown"),
    [
        ("2.675", 2, "2.68"),
        ("0.25", 1, "0.3"),
        ("2.5", 0, "3"),
        ("84.25", 1, "84.3"),
        ("59.949999999999999", 1, "59.9"),
        ("-0.25", 1, "-0.3"),
        ("-0.04", 1, "0.0"),
        ("100", 1, "100.0"),
    ],
)
def test_a_half_goes_away_from_zero_and_is_shown_with_its_digits(
    exact: str, decimals: int, shown: str
) -> None:
    assert fixed(half_up(Fraction(exact), decimals), decimals) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1.50", "1.5"),
        ("896", "896"),
        ("0", "0"),
        ("1/3", "1/3"),
        ("-0.125", "-0.125"),
        ("0.000000000001", "0.000000000001"),
        ("0.0000000000001", "1/10000000000000"),  # more digits than anybody reads
    ],
)
def test_an_exact_number_is_written_without_loss(value: str, shown: str) -> None:
    assert plain(Fraction(value)) == shown


@pytest.mark.parametrize("text", ["1.55", "one", "", "nan", "inf", "1e-2"])
def test_what_is_no_whole_number_of_tenths_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{text}$"):
        to_units(text, Fraction(1, 10))


def test_decimals_become_whole_units() -> None:
    assert [to_units(text, Fraction(1, 10)) for text in ("1.5", "2", "0.10")] == [15, 20, 1]
