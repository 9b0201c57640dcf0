"""Electricity units (kWh): Decimal with two places, rounded half up."""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from domain.number_text import NumberError, NumberProblem, clean_text, parse_number

NO_UNITS = Decimal("0.00")
MOST_UNITS = Decimal("9999999.99")

_HUNDREDTH = Decimal("0.01")
_UNIT_WORD = re.compile(r"\s*(?:kwh|kw|units?|यूनिट्स|यूनिट|इकाई)$", re.IGNORECASE)


class UnitsError(NumberError):
    """“{text:.40}” is not a number of units: {reason.explanation}."""


def units(value: Decimal | int) -> Decimal:
    """Return `value` in units, rounded half up (away from zero) to two places; may be negative.

    Raises UnitsError for NaN, infinities and what two places cannot hold exactly in 28 digits.
    """
    number = Decimal(value)
    if not number.is_finite():
        raise UnitsError(text=str(value), reason=NumberProblem.INFINITE)
    try:
        return number.quantize(_HUNDREDTH, ROUND_HALF_UP) + NO_UNITS
    except InvalidOperation:
        raise UnitsError(text=str(value), reason=NumberProblem.TOO_LARGE) from None


def parse_units(text: str) -> Decimal:
    """Return the units or register value a person typed, zero to 9,999,999.99: `1,234 kWh`, `१२३४ यूनिट`.

    Raises UnitsError with a `reason`.
    """
    try:
        return units(parse_number(_UNIT_WORD.sub("", clean_text(text)), most=MOST_UNITS))
    except NumberError as error:
        raise UnitsError(text=text, reason=error.reason) from None
