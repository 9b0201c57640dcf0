"""Phone numbers as people, Excel and Telegram write them."""

from __future__ import annotations

import pytest

from jobs.phones import normalise_phone


@pytest.mark.parametrize(
    "text",
    ["+447700900012", "447700900012", "447700900012.0", "+44 7700 900-012", "00447700900012", " +44 (7700) 900012 "],
)
def test_one_number_written_in_many_ways(text: str) -> None:
    assert normalise_phone(text) == "+447700900012"


@pytest.mark.parametrize("text", ["07700900012", "7700900012", "+91 77009 00012", "917700900012", "0091-7700900012"])
def test_ten_digits_are_indian(text: str) -> None:
    assert normalise_phone(text) == "+917700900012"


@pytest.mark.parametrize("text", [None, "", "nan", "hello", "770090001", "1234567", "+91770090001", "77009" * 5])
def test_what_is_too_short_too_long_or_no_number_is_none(text: str | None) -> None:
    assert normalise_phone(text) is None
