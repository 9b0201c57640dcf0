"""What one cell says, whatever Excel and people made of it."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Context, Decimal
from typing import TYPE_CHECKING

from domain.money import AmountError, parse_rupees
from domain.number_text import NumberProblem, clean_text
from jobs.gateways.workbook_sheet import Unreadable
from jobs.phones import normalise_phone

if TYPE_CHECKING:
    from collections.abc import Iterator

HIGHEST_RATE = Decimal(1_000)
HIGHEST_FIXED_CHARGE = Decimal(100_000)
_EXCEL_DIGITS = Context(prec=15)
_BLANKS = frozenset({"", "nan", "nat", "none", "null", "nil", "na", "n/a", "-", "--", "—", "–"})
_METER = re.compile(r"[A-Z0-9][A-Z0-9/-]{0,29}", re.ASCII)
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]{2,}")
_BETWEEN_PHONES = re.compile(r"[,;/|&\n]|\bor\b|\band\b", re.IGNORECASE)
_LONGEST_NAME = 120
_LONGEST_SHOWN = 60


class CellProblem(Exception):  # noqa: N818 - it is about somebody's cell, not a fault
    """Why a cell cannot be used, in a sentence."""


def shown(value: object) -> str:
    """The cell as a person sees it, shortened."""
    text = value.shown if isinstance(value, Unreadable) else _plain(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def says_something(value: object) -> bool:
    """Whether the cell holds more than nothing or a word for it."""
    return isinstance(value, Unreadable) or text_in(value) != ""


def text_in(value: object) -> str:
    """The text in a cell, with ASCII digits and single spaces; empty for what stands for nothing (`nan`, `-`)."""
    if isinstance(value, Unreadable):
        raise CellProblem(value.reason)
    text = clean_text(_plain(value))
    return "" if text.lower() in _BLANKS else text


def name_in(value: object) -> str | None:
    """A person's name as it was typed, but for surplus spaces."""
    if not text_in(value):
        return None
    name = " ".join(_plain(value).split())
    if len(name) > _LONGEST_NAME:
        raise CellProblem(f"The name is longer than {_LONGEST_NAME} characters.")
    return name


def meter_in(value: object) -> str | None:
    """A meter's number, without the `.0` that Excel adds."""
    if isinstance(value, date | time | timedelta | bool):
        raise CellProblem("This is a date, not a meter number. Format the cell as Text and type the number again.")
    text = text_in(value).removesuffix(".0").replace(" ", "").lstrip("'#").upper()
    if not text:
        return None
    if not _METER.fullmatch(text) or not re.search(r"\d", text):
        raise CellProblem("This is not a meter number; it has digits, letters, “-” and “/” only.")
    return text


def money_in(value: object, most: Decimal) -> Decimal | None:
    """Rupees, exactly as written; None for an empty cell and for zero."""
    if isinstance(value, date | time | timedelta | bool):
        raise CellProblem("This is a date, not an amount in rupees. Format the cell as Number and type it again.")
    text = text_in(value)
    if not text:
        return None
    try:
        amount = parse_rupees(text)
    except AmountError as error:
        if error.reason is NumberProblem.ZERO:
            return None
        raise CellProblem(f"This is not an amount in rupees: {error.reason.explanation}.") from None
    if amount > most:
        raise CellProblem(f"This is more than ₹{most:,}, which cannot be meant.")
    return amount


def phones_in(value: object) -> tuple[str, ...]:
    """The phone numbers in a cell, in E.164. Raises `CellProblem` where there is something, but no number."""
    if isinstance(value, Unreadable):
        raise CellProblem(value.reason)
    text = "" if not text_in(value) else _plain(value).strip()
    if not text:
        return ()
    for parts in _readings_of_phones(text):
        numbers = [number for part in parts if (number := normalise_phone(clean_text(part)))]
        if numbers:
            return tuple(dict.fromkeys(numbers))
    raise CellProblem("This is not a phone number. Write ten digits, or + and the country code.")


def email_in(value: object) -> str | None:
    """The first email address in a cell."""
    text = text_in(value)
    if not text:
        return None
    match = _EMAIL.search(text.removeprefix("mailto:"))
    if match is None:
        raise CellProblem("This is not an email address.")
    return match[0]


def _readings_of_phones(text: str) -> Iterator[list[str]]:
    """The cell as one number, as several with something between them, or as several with only spaces between."""
    yield [text]
    yield _BETWEEN_PHONES.split(text)
    yield text.split()


def _plain(value: object) -> str:
    """A cell's value as text: numbers with all their digits, as many as Excel itself keeps."""
    if value is None:
        return ""
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return str(value)


def _number(value: object) -> str:
    """`repr` names the very number that was stored; Excel shows, and means, fifteen digits of it."""
    number = _EXCEL_DIGITS.create_decimal(repr(value))
    return f"{number.normalize(_EXCEL_DIGITS):f}" if number.is_finite() else ""
