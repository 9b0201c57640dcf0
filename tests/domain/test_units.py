from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.number_text import NumberProblem
from domain.units import MOST_UNITS, NO_UNITS, UnitsError, parse_units, units


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal(146), "146.00"),
        (Decimal("3.205"), "3.21"),
        (Decimal("3.2049"), "3.20"),
        (Decimal("-3.205"), "-3.21"),
        (Decimal("-0.001"), "0.00"),
        (7, "7.00"),
    ],
)
def test_units_have_two_places_rounded_half_up(value: Decimal | int, expected: str) -> None:
    assert str(units(value)) == expected


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity")])
def test_units_are_finite(value: Decimal) -> None:
    with pytest.raises(UnitsError) as caught:
        units(value)
    assert (caught.value.reason, caught.value.text) == (NumberProblem.INFINITE, str(value))


def test_units_have_a_bound() -> None:
    with pytest.raises(UnitsError) as caught:
        units(Decimal("1E+30"))
    assert (caught.value.reason, caught.value.text) == (NumberProblem.TOO_LARGE, "1E+30")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("146", "146.00"),
        ("0", "0.00"),
        ("1,234 kWh", "1234.00"),
        ("1,234KWH", "1234.00"),
        ("146 units", "146.00"),
        ("1 unit", "1.00"),
        ("१२३४ यूनिट", "1234.00"),
        ("१२.५इकाई", "12.50"),
        ("9,999,999.99", "9999999.99"),
        ("99,99,999.99", "9999999.99"),
    ],
)
def test_readings_are_read_as_people_write_them(text: str, expected: str) -> None:
    assert str(parse_units(text)) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", NumberProblem.EMPTY),
        ("kWh", NumberProblem.EMPTY),
        ("1e9", NumberProblem.EXPONENT),
        ("Infinity", NumberProblem.INFINITE),
        ("1_000", NumberProblem.UNDERSCORE),
        ("-1", NumberProblem.NEGATIVE),
        ("146.123", NumberProblem.TOO_PRECISE),
        ("10000000", NumberProblem.TOO_LARGE),
        ("many", NumberProblem.NOT_A_NUMBER),
        ("kWh 5", NumberProblem.NOT_A_NUMBER),
    ],
)
def test_other_readings_are_refused_with_the_reason(text: str, problem: NumberProblem) -> None:
    with pytest.raises(UnitsError) as caught:
        parse_units(text)
    assert (caught.value.reason, caught.value.text) == (problem, text)


def test_the_message_says_what_to_mend() -> None:
    with pytest.raises(UnitsError, match="“-1” is not a number of units: it must not be negative"):
        parse_units("-1")


@given(st.text(max_size=60))
def test_no_text_raises_anything_but_a_units_error(text: str) -> None:
    with suppress(UnitsError):
        assert NO_UNITS <= parse_units(text) <= MOST_UNITS
