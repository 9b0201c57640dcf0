"""Phone numbers in E.164; a bare ten-digit number is read as Indian."""

from __future__ import annotations

import re

import phonenumbers

_TRAILING = re.compile(r"(?P<name>.*?[^\d+\s,])[\s,]+(?P<phone>\+?[\d][\d\s()-]{6,})", re.DOTALL)

INDIA = 91
INDIAN_DIGITS = 10


def normalise_phone(text: str | None) -> str | None:
    """`98765 43210`, `+91-98765-43210`, `919876543210.0` → `+919876543210`; None where it is no number."""
    cleaned = (text or "").strip().removesuffix(".0")
    for candidate in (cleaned, *_with_plus(cleaned)):
        try:
            number = phonenumbers.parse(candidate, "IN")
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number) and _is_whole(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None


def _with_plus(text: str) -> list[str]:
    """The same as an international number without its `+`, as Telegram sends them; a short one is a slip."""
    digits = sum(character.isdigit() for character in text)
    return [f"+{text.lstrip('+')}"] if digits > INDIAN_DIGITS else []


def _is_whole(number: phonenumbers.PhoneNumber) -> bool:
    """Indian numbers have ten digits; else a foreign one without `+` would pass for a long Indian one."""
    return number.country_code != INDIA or len(str(number.national_number)) == INDIAN_DIGITS


def split_phone(text: str) -> tuple[str, str | None]:
    """`Ravi 98765 43210` → (`Ravi`, `+919876543210`); none where no number ends the text."""
    match = _TRAILING.fullmatch(text.strip())
    number = normalise_phone(match["phone"]) if match else None
    return (match["name"].strip(" ,"), number) if match and number else (text.strip(), None)
