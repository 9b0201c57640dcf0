"""Provisional bills and what the next true reading makes of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.provisional import Provisional, TrueUp, provisional_units, true_up

UNITS = st.decimals(0, 5000, places=2)


def of(units: str, rate: str = "12") -> Provisional:
    return Provisional(Decimal(units), Decimal(rate))


@pytest.mark.parametrize(
    ("used", "billed", "left", "credit", "over"),
    [
        ("300", [of("140")], "160", "0", "0"),
        ("140", [of("140")], "0", "0", "0"),
        ("100", [of("140")], "0", "480", "40"),
        ("0", [of("140"), of("150", "13")], "0", "3630", "290"),
        ("200", [of("140"), of("150", "13")], "0", "1170", "90"),
        ("130", [of("140"), of("150", "13")], "0", "2070", "160"),
        ("99.99", [of("100")], "0", "0.12", "0.01"),
    ],
)
def test_the_worked_table(used: str, billed: list[Provisional], left: str, credit: str, over: str) -> None:
    """The newest provisional bill is taken back first, at its own rate."""
    assert true_up(Decimal(used), billed) == TrueUp(Decimal(left), Decimal(credit), Decimal(over), len(billed))


@given(UNITS, st.lists(UNITS, min_size=1, max_size=2))
def test_at_one_rate_the_owner_pays_for_what_was_used(used: Decimal, billed: list[Decimal]) -> None:
    rate = Decimal("12.00")
    found = true_up(used, [Provisional(units, rate) for units in billed])
    assert found.units >= 0
    assert found.credit >= 0
    assert (sum(billed) + found.units) * rate - found.credit == used * rate


def test_the_average_is_that_of_three_readings() -> None:
    past = [(date(2026, month, 2), Decimal(used)) for month, used in ((10, 160), (9, 140), (8, 120), (7, 999))]
    assert provisional_units(past) == Decimal(140)
    assert provisional_units(past[:1]) == Decimal(160)


def test_a_reading_after_unread_months_counts_as_their_average() -> None:
    past = [(date(2026, 10, 2), Decimal(300)), (date(2026, 7, 2), Decimal(100)), (date(2026, 6, 2), None)]
    assert provisional_units(past) == Decimal(100)


def test_without_a_known_month_there_is_no_average() -> None:
    assert provisional_units([]) is None
    assert provisional_units([(date(2026, 10, 2), None)]) is None
    assert provisional_units([(date(2026, 10, 2), Decimal(-5))]) == 0
