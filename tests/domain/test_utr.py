"""Numbers of transfers as owners type them."""

from __future__ import annotations

import pytest

from domain.payments import PaymentMethod
from domain.utr import UtrError, is_utr, method_of, parse_utr


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("412345678901", "412345678901"),
        ("4123 4567 8901", "412345678901"),
        ("UTR: 412345678901", "412345678901"),
        ("upi ref no 4123-4567-8901", "412345678901"),
        ("४१२३४५६७८९०१", "412345678901"),
        ("SBIN126305123456", "SBIN126305123456"),
        ("hdfcr52026110212345678", "HDFCR52026110212345678"),
    ],
)
def test_numbers_of_transfers(typed: str, key: str) -> None:
    assert parse_utr(typed) == key


@pytest.mark.parametrize(
    "typed", ["", "41234567890", "4123456789012", "1842.50", "paid yesterday", "B17-FF", "thankyouverymuch"]
)
def test_anything_else_is_no_number_of_a_transfer(typed: str) -> None:
    assert not is_utr(typed)
    with pytest.raises(UtrError, match="12 digits"):
        parse_utr(typed)


def test_how_a_transfer_was_made() -> None:
    assert method_of("412345678901") is PaymentMethod.UPI
    assert method_of("SBIN126305123456") is PaymentMethod.BANK
