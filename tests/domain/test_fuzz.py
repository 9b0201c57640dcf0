"""Ten thousand made-up inputs: the parsers raise nothing but their own errors."""

import random
from collections.abc import Callable
from datetime import date

import pytest

from domain.date_text import DateTextError, parse_date
from domain.errors import DomainError
from domain.identifiers import FlatCodeError, UnitIdentifier, near_misses, normalise_flat_code, walking_order
from domain.money import AmountError, parse_rupees
from domain.payments import PaymentMethod, PaymentReferenceError, normalise_reference
from domain.period import Month, MonthError
from domain.reading_text import looks_like_reading, parse_reading_message
from domain.units import MOST_UNITS, UnitsError, parse_units

TODAY = date(2026, 11, 10)
PIECES = (
    "B17-FF", "b17ff", "5BHK-B17-FF", "19152159", "19152160", "villa a2", "SCO-3", "MOTOR-B", "146", "1,234",
    "1e9", "-5", "Infinity", "NaN", "_", "1_0", "१२३४", "²", "½", "motor", "मोटर", "on", "3 Nov", "31/2",
    "29 feb", "yesterday", "कल", "kWh", "यूनिट", "₹", "Rs.", "/-", "\n", ";", ":", ",", ".", "=", "\u200b",
    "\u202e", "\x00", "😀", "2026-10", "2026-13", " ", "", "9" * 50, "e", "+", "%s", "{text}", "\ud800", "İ", "ß",
)  # fmt: skip


def _made_up(source: random.Random) -> str:
    if source.random() < 0.3:
        return "".join(chr(source.randrange(0x3000)) for _ in range(source.randrange(12)))
    return source.choice(["", " "]).join(source.choices(PIECES, k=source.randrange(1, 8)))


def _refusal(parse: Callable[..., object], *arguments: object) -> type[DomainError] | None:
    try:
        parse(*arguments)
    except DomainError as error:
        return type(error) if str(error) else DomainError
    return None


@pytest.mark.slow
def test_ten_thousand_inputs_raise_nothing_but_typed_errors() -> None:
    source = random.Random(20261110)
    for _ in range(10_000):
        text = _made_up(source)
        assert _refusal(parse_rupees, text) in {None, AmountError}
        assert _refusal(parse_units, text) in {None, UnitsError}
        assert issubclass(_refusal(parse_date, text, TODAY) or DateTextError, DateTextError)
        assert _refusal(normalise_flat_code, text) in {None, FlatCodeError}
        assert _refusal(UnitIdentifier.parse, text) in {None, FlatCodeError}
        assert _refusal(Month.parse, text) in {None, MonthError}
        assert _refusal(normalise_reference, PaymentMethod.UPI, text) in {None, PaymentReferenceError}
        assert near_misses(text, ["B17-FF"]) in ([], ["B17-FF"])
        assert walking_order(text)


@pytest.mark.slow
def test_ten_thousand_messages_are_read_or_refused_line_by_line() -> None:
    source = random.Random(11102026)
    for _ in range(10_000):
        text = _made_up(source)
        readings, bad = parse_reading_message(text, TODAY)
        assert looks_like_reading(text) in {True, False}
        assert all(0 <= reading.value <= MOST_UNITS and reading.target for reading in readings)
        assert all(reading.on is None or reading.on <= TODAY for reading in readings)
        assert all(parse_reading_message(line.suggestion, TODAY)[0] for line in bad), text
