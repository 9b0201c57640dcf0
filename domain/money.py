"""Rupees: Decimal with two places. Nothing else in the product rounds money."""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from domain.number_text import NumberError, NumberProblem, clean_text, parse_number

ZERO = Decimal("0.00")
MOST_RUPEES = Decimal("999999999.99")
PAISE_IN_RUPEE = 100

_PAISA = Decimal("0.01")
_PLAIN_DECIMAL = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_CURRENCY_BEFORE = re.compile(r"^(?:₹|inr\b|rs\b\.?|रु\.?)\s*", re.IGNORECASE)
_CURRENCY_AFTER = re.compile(r"\s*(?:/-|₹|inr|rs\.?|rupees?|रुपये|रुपए|रु\.?)$", re.IGNORECASE)


class AmountError(NumberError):
    """“{text:.40}” is not an amount in rupees: {reason.explanation}."""


def rupees(value: Decimal | int | str) -> Decimal:
    """Return `value` in rupees, rounded half up (away from zero) to two places; -0.00 becomes 0.00.

    Raises AmountError for float, bool, NaN, infinities, and texts other than plain ASCII decimals.
    """
    try:
        return _exact(value).quantize(_PAISA, ROUND_HALF_UP) + ZERO
    except InvalidOperation:
        raise AmountError(text=str(value), reason=NumberProblem.TOO_LARGE) from None


def parse_rupees(text: str) -> Decimal:
    """Return the amount a person typed: `₹1,84,200.50`, `Rs. 500/-`; above zero, at most ₹99,99,99,999.99.

    Raises AmountError, which says why.
    """
    number = _CURRENCY_AFTER.sub("", _CURRENCY_BEFORE.sub("", clean_text(text)))
    try:
        return rupees(parse_number(number, most=MOST_RUPEES, zero_allowed=False))
    except NumberError as error:
        raise AmountError(text=text, reason=error.reason) from None


def to_paise(amount: Decimal) -> int:
    """Return whole paise, rounded half up, as payment providers count."""
    return int(rupees(amount) * PAISE_IN_RUPEE)


def from_paise(paise: int) -> Decimal:
    """Return rupees for whole paise."""
    return rupees(Decimal(paise) / PAISE_IN_RUPEE)


def _exact(value: Decimal | int | str) -> Decimal:
    if isinstance(value, Decimal):
        if value.is_finite():
            return value
        raise AmountError(text=str(value), reason=NumberProblem.INFINITE)
    if isinstance(value, str) and _PLAIN_DECIMAL.fullmatch(value):
        return Decimal(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    raise AmountError(text=str(value), reason=NumberProblem.NOT_A_NUMBER)
