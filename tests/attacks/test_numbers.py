"""Attack 15: whatever is typed where a number is wanted is read within its bounds or refused, never anything else."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

import pytest

from bot.web.api.body import parse_reading
from bot.web.problems import ApiProblem
from domain.date_text import parse_date
from domain.errors import DomainError
from domain.identifiers import normalise_flat_code
from domain.money import parse_rupees
from domain.reading_text import parse_reading_message
from domain.units import MOST_UNITS, parse_units
from domain.utr import parse_utr

TODAY = date(2026, 11, 20)
PIECES = [
    *"0123456789", *"+-.,_eE₹/\\:;'\"<>&%$#@!?()[]{}|~` ", "1e9", "Infinity", "NaN", "-0", "1_000", "0x1F", "१४६",
    "１４６", "①", "٣", "½", "1,84,200.50", "B17-FF", "motor", "on 3 Nov", "kWh", "\0", "\u200b", "\u202e", "\ud83d",
    "\n", "\t", "🙂", "ß", "İ", "9" * 40, "0" * 40, "e" * 40, "1e99999999", "--", "’",
]  # fmt: skip
COUNT = 10_000


def inputs() -> Iterator[str]:
    """The same ones each time."""
    chance = random.Random(15)
    for _ in range(COUNT):
        yield "".join(chance.choices(PIECES, k=chance.randint(0, 12)))


def by_machine(text: str) -> Decimal:
    return parse_reading(json.dumps({"flat_code": "B17-FF", "reading_value": text}).encode()).value


def by_engineer(text: str) -> object:
    read, refused = parse_reading_message(f"B17-FF {text}", TODAY)
    assert all(0 <= line.value <= MOST_UNITS for line in read)
    if refused:
        raise DomainError
    return read


READERS: list[Callable[[str], object]] = [
    parse_units,
    parse_rupees,
    by_machine,
    by_engineer,
    parse_utr,
    normalise_flat_code,
    lambda text: parse_date(text, TODAY),
]


@pytest.mark.parametrize("reader", READERS)
def test_ten_thousand_inputs_and_no_exception(reader: Callable[[str], object]) -> None:
    taken = 0
    for text in inputs():
        try:
            found = reader(text)
        except (DomainError, ApiProblem):
            continue
        taken += 1
        if isinstance(found, Decimal):
            assert found.is_finite(), text
            assert 0 <= found < 10**9, text
            assert found == found.quantize(Decimal("0.01")), text
    assert taken < COUNT
