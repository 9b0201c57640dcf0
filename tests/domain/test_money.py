from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import MOST_RUPEES, ZERO, AmountError, from_paise, parse_rupees, rupees, to_paise
from domain.number_text import NumberProblem


def reason_for(value: object) -> NumberProblem:
    with pytest.raises(AmountError) as caught:
        rupees(value)  # type: ignore[arg-type] # what a caller might pass
    assert caught.value.text == str(value)
    return caught.value.reason


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("1.005"), "1.01"),
        (Decimal("1.0049999"), "1.00"),
        (Decimal("2.675"), "2.68"),
        (Decimal("0.125"), "0.13"),
        (Decimal("0.135"), "0.14"),
        (Decimal("-0.125"), "-0.13"),
        (Decimal("-0.004"), "0.00"),
        (Decimal("1E+2"), "100.00"),
        (Decimal("10.5"), "10.50"),
        (1842, "1842.00"),
        (-3, "-3.00"),
        (0, "0.00"),
        ("1842.5", "1842.50"),
        ("-7", "-7.00"),
        ("0.005", "0.01"),
    ],
)
def test_rupees_have_two_places_rounded_half_up(value: Decimal | int | str, expected: str) -> None:
    assert str(rupees(value)) == expected


def test_zero_is_zero_to_two_places() -> None:
    assert str(ZERO) == "0.00"
    assert str(MOST_RUPEES) == "999999999.99"


@pytest.mark.parametrize("value", [1.5, 0.0, True, False, None, "1e9", "१२", "1_000", "", " 1", "1,000", ".5", "abc"])
def test_rupees_refuse_floats_bools_and_odd_texts(value: object) -> None:
    assert reason_for(value) is NumberProblem.NOT_A_NUMBER


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity")])
def test_rupees_refuse_what_is_not_finite(value: Decimal) -> None:
    assert reason_for(value) is NumberProblem.INFINITE


def test_rupees_refuse_what_cannot_be_kept_exactly() -> None:
    assert reason_for(Decimal("1E+30")) is NumberProblem.TOO_LARGE
    assert reason_for(Decimal(10) ** 26) is NumberProblem.TOO_LARGE


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1842", "1842.00"),
        ("₹1,84,200.50", "184200.50"),
        ("₹ 500", "500.00"),
        ("Rs. 500/-", "500.00"),
        ("Rs 500", "500.00"),
        ("rs.500", "500.00"),
        ("INR 1,000", "1000.00"),
        ("1000 inr", "1000.00"),
        ("500 rupees", "500.00"),
        ("1 rupee", "1.00"),
        ("५०० रुपये", "500.00"),
        ("रु. ५००.५०", "500.50"),
        ("500₹", "500.00"),
        ("500 rs.", "500.00"),
        ("0.01", "0.01"),
        ("99,99,99,999.99", "999999999.99"),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, amount: str) -> None:
    assert str(parse_rupees(text)) == amount


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", NumberProblem.EMPTY),
        ("₹", NumberProblem.EMPTY),
        ("0", NumberProblem.ZERO),
        ("0.00", NumberProblem.ZERO),
        ("-5", NumberProblem.NEGATIVE),
        ("₹-5", NumberProblem.NEGATIVE),
        ("1e9", NumberProblem.EXPONENT),
        ("1_000", NumberProblem.UNDERSCORE),
        ("Infinity", NumberProblem.INFINITE),
        ("1.005", NumberProblem.TOO_PRECISE),
        ("1000000000", NumberProblem.TOO_LARGE),
        ("five", NumberProblem.NOT_A_NUMBER),
        ("$5", NumberProblem.NOT_A_NUMBER),
        ("rs rs 5", NumberProblem.NOT_A_NUMBER),
        ("rsx5", NumberProblem.NOT_A_NUMBER),
    ],
)
def test_other_amounts_are_refused_with_the_reason(text: str, problem: NumberProblem) -> None:
    with pytest.raises(AmountError) as caught:
        parse_rupees(text)
    assert (caught.value.reason, caught.value.text) == (problem, text)


def test_an_amount_error_says_what_to_mend() -> None:
    with pytest.raises(AmountError) as caught:
        parse_rupees("1_000")
    assert str(caught.value) == "“1_000” is not an amount in rupees: leave out the underscore."


def test_paise() -> None:
    assert to_paise(Decimal("1842.50")) == 184250
    assert to_paise(Decimal("0.005")) == 1
    assert to_paise(Decimal("-3.01")) == -301
    assert str(from_paise(184250)) == "1842.50"
    assert str(from_paise(-1)) == "-0.01"
    assert str(from_paise(0)) == "0.00"


@given(st.integers(-(10**14), 10**14))
def test_paise_and_rupees_are_the_same_money(paise: int) -> None:
    assert to_paise(from_paise(paise)) == paise
    assert str(from_paise(paise)) == str(rupees(from_paise(paise)))


@given(st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False, places=5))
def test_rounding_moves_less_than_a_paisa_and_halves_go_outwards(value: Decimal) -> None:
    rounded = rupees(value)
    assert abs(rounded - value) <= Decimal("0.005")
    assert abs(rounded) >= abs(value) or abs(rounded - value) < Decimal("0.005")
    assert rupees(rounded) == rounded


@given(st.text(max_size=60))
def test_no_text_raises_anything_but_an_amount_error(text: str) -> None:
    with suppress(AmountError):
        assert Decimal("0.01") <= parse_rupees(text) <= MOST_RUPEES
