"""The number by which banks and UPI apps name a transfer (UTR), as owners send it."""

import re

from domain.errors import DomainError
from domain.payments import PaymentMethod, PaymentReferenceError, normalise_reference

_UPI = re.compile(r"\d{12}", re.ASCII)
_BANK = re.compile(r"[A-Z]{4}[A-Z0-9]{12}(?:[A-Z0-9]{6})?", re.ASCII)


class UtrError(DomainError):
    """“{text:.40}” is not a UTR: it has 12 digits, such as 412345678901."""

    text: str


def parse_utr(text: str) -> str:
    """Return the number as it is compared: 12 digits of a UPI payment, or 16 or 22 characters of a bank transfer.

    Raises UtrError.
    """
    try:
        key = normalise_reference(PaymentMethod.UPI, text)
    except PaymentReferenceError:
        raise UtrError(text=text) from None
    if _UPI.fullmatch(key) or (_BANK.fullmatch(key) and re.search(r"\d{6}", key)):
        return key
    raise UtrError(text=text)


def is_utr(text: str) -> bool:
    """Say whether `text` is nothing but a UTR."""
    try:
        parse_utr(text)
    except UtrError:
        return False
    return True


def method_of(key: str) -> PaymentMethod:
    """Return how a transfer with this UTR was made."""
    return PaymentMethod.UPI if _UPI.fullmatch(key) else PaymentMethod.BANK
