"""Codes of invites on paper."""

import math

import pytest

from domain.slip_code import LENGTH, LETTERS, as_printed, grouped


@pytest.mark.parametrize("typed", ["K7QM-2XHD-9RTB", "k7qm 2xhd 9rtb", "K7QM2XHD9RTB", "  k7qm-2xhd–9rtb."])
def test_however_it_is_typed(typed: str) -> None:
    assert as_printed(typed) == "K7QM2XHD9RTB"


@pytest.mark.parametrize("typed", ["", "K7QM-2XHD", "K7QM-2XHD-9RTB-2222", "K7QM-2XHD-9RTO", "aB3d_efGh12x", "केके"])
def test_what_cannot_be_one(typed: str) -> None:
    assert as_printed(typed) is None


def test_it_is_printed_in_groups() -> None:
    assert grouped("K7QM2XHD9RTB") == "K7QM-2XHD-9RTB"


def test_it_cannot_be_guessed_nor_misread() -> None:
    assert LENGTH * math.log2(len(LETTERS)) > 58
    assert not set(LETTERS) & set("01ILOU")
