from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.motor_share import apportion


def shares(motor: str, entered: dict[str, str], used: dict[str, str]) -> dict[str, str]:
    result = apportion(
        Decimal(motor),
        {flat: Decimal(share) for flat, share in entered.items()},
        {flat: Decimal(units) for flat, units in used.items()},
    )
    return {flat: str(share) for flat, share in result.items()}


@pytest.mark.parametrize(
    ("motor", "entered", "used", "expected"),
    [
        ("40", {}, {"B5-GF": "100", "B5-FF": "300"}, {"B5-GF": "10.00", "B5-FF": "30.00"}),
        (
            "10",
            {},
            {"B5-GF": "1", "B5-FF": "1", "B5-SF": "1"},
            {"B5-FF": "3.34", "B5-GF": "3.33", "B5-SF": "3.33"},
        ),
        (
            "10",
            {},
            {"B5-GF": "1", "B5-FF": "2", "B5-SF": "4"},
            {"B5-FF": "2.86", "B5-GF": "1.43", "B5-SF": "5.71"},
        ),
        ("0.01", {}, {"B": "1", "A": "1"}, {"A": "0.01", "B": "0.00"}),
        ("0.01", {}, {"A": "1", "B": "2"}, {"A": "0.00", "B": "0.01"}),
        ("5", {}, {"B": "0", "A": "0"}, {"A": "2.50", "B": "2.50"}),
        ("0.03", {}, {"B": "0", "A": "0"}, {"A": "0.02", "B": "0.01"}),
        ("5", {}, {"A": "0", "B": "3"}, {"A": "0.00", "B": "5.00"}),
        ("40", {"A": "12.5"}, {"A": "900", "B": "1", "C": "1"}, {"A": "12.5", "B": "13.75", "C": "13.75"}),
        ("10", {"A": "12"}, {"B": "5"}, {"A": "12", "B": "0.00"}),
        ("10", {"A": "10"}, {"B": "5"}, {"A": "10", "B": "0.00"}),
        ("10", {"A": "4"}, {}, {"A": "4"}),
        ("10", {}, {}, {}),
        ("0", {}, {"A": "5"}, {"A": "0.00"}),
        ("10", {}, {"A": "-5", "B": "5"}, {"A": "0.00", "B": "10.00"}),
        ("10.005", {}, {"A": "5"}, {"A": "10.01"}),
    ],
)
def test_shares(motor: str, entered: dict[str, str], used: dict[str, str], expected: dict[str, str]) -> None:
    assert shares(motor, entered, used) == expected


HUNDREDTHS = st.integers(0, 10**6).map(lambda number: Decimal(number) / 100)
FLATS = st.dictionaries(st.sampled_from("ABCDEFGHIJKL"), HUNDREDTHS, min_size=1)


@given(HUNDREDTHS, FLATS)
def test_the_shares_are_exact_to_the_sum_and_fair_to_a_hundredth(motor: Decimal, used: dict[str, Decimal]) -> None:
    result = apportion(motor, {}, used)
    assert set(result) == set(used)
    assert sum(result.values()) == motor
    total = sum(used.values())
    for flat, share in result.items():
        assert share >= 0
        assert not total or abs(share * total - motor * used[flat]) < Decimal("0.01") * total


@given(HUNDREDTHS, FLATS, FLATS)
def test_what_was_entered_stands(motor: Decimal, entered: dict[str, Decimal], used: dict[str, Decimal]) -> None:
    result = apportion(motor, entered, used)
    assert {flat: result[flat] for flat in entered} == entered
    others = [share for flat, share in result.items() if flat not in entered]
    expected = max(Decimal(0), motor - sum(entered.values()))
    assert sum(others) == (expected if others else 0)


@given(HUNDREDTHS, FLATS)
def test_the_order_of_the_flats_does_not_matter(motor: Decimal, used: dict[str, Decimal]) -> None:
    assert apportion(motor, {}, used) == apportion(motor, {}, dict(reversed(used.items())))
