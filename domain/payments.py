"""How money comes in, and how one payment is recognised again by whatever route it is reported."""

import re
from enum import StrEnum

from domain.errors import DomainError
from domain.number_text import clean_text

LONGEST_REFERENCE = 64


class PaymentMethod(StrEnum):
    """How an owner paid."""

    CASH = "cash"
    UPI = "upi"
    BANK = "bank"
    CARD = "card"
    CHEQUE = "cheque"


_TRANSFERS = (PaymentMethod.UPI, PaymentMethod.BANK)


def alike(method: PaymentMethod) -> tuple[PaymentMethod, ...]:
    """Return the methods whose references are the same numbers: the UTR of a UPI payment is also the bank's."""
    return _TRANSFERS if method in _TRANSFERS else (method,)


class PaymentSource(StrEnum):
    """By which route a payment came to the account: the `source_type` of its entry."""

    OFFICE = "payment"
    STRIPE = "stripe"
    RAZORPAY = "razorpay"
    CLAIM = "claim"
    STATEMENT = "statement"
    STRAY = "stray"


CAPTURED = frozenset({PaymentSource.STRIPE, PaymentSource.RAZORPAY})
"""Routes on which a provider took the money: given back by a refund, never undone as a slip of ours."""


class PaymentReferenceError(DomainError):
    """“{text:.40}” is not a payment reference: send the number on the receipt, such as 412345678901."""

    text: str


_LABEL_WORDS = "UPI|UTR|RRN|TXN|TRANSACTION|REFERENCE|REF|CHEQUE|CHQ|RECEIPT|ID|NUMBER|NO"
_LABEL = re.compile(rf"(?:(?:{_LABEL_WORDS})\b[\s.:#]*)+")
_SEPARATORS = re.compile(r"[^0-9A-Z]+")


def normalise_reference(method: PaymentMethod, text: str) -> str:
    """Return the form in which references are compared: ASCII capitals and digits, labels (`UTR:`) gone.

    A cheque number loses its leading zeros. Raises PaymentReferenceError where nothing or too much remains.
    """
    typed = clean_text(text).upper()
    label = _LABEL.match(typed)
    reference = _SEPARATORS.sub("", typed[label.end() if label else 0 :])
    if method is PaymentMethod.CHEQUE:
        reference = reference.lstrip("0")
    if not 1 <= len(reference) <= LONGEST_REFERENCE:
        raise PaymentReferenceError(text=text)
    return reference
