"""The body of a request: bounded in size and time, JSON, every field of its kind."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar
from urllib.parse import urlsplit

from bot.web.bodies import bounded_body
from bot.web.problems import ApiProblem
from domain.errors import DomainError
from domain.identifiers import normalise_flat_code
from domain.units import MOST_UNITS, units

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiohttp import web

Value = TypeVar("Value")

LARGEST_BODY: Final = 16 * 1024
LONGEST_URL: Final = 2_048
NAME: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z ._/-]{0,39}")
"""Meter numbers and flat codes, before they are brought into our form."""
LARGEST_METER: Final = 10**16
FIELDS: Final = ("meter_number", "flat_code", "reading_value", "reading_date", "motor_share", "photo_url", "issue_bill")
KEY: Final = re.compile(r"[!-~]{1,255}")
_NUMBER = re.compile(r"[0-9]{1,7}(\.[0-9]{1,2})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LONGEST_DIGITS: Final = 40


@dataclass(frozen=True, slots=True)
class ReadingBody:
    """One reading as it was sent. The field `named` said which meter: `target`. `issue_bill` may not have been said."""

    named: str
    target: str
    value: Decimal
    share: Decimal | None
    on: date | None
    photo_url: str | None
    issue_bill: bool | None


async def read_body(request: web.Request) -> bytes:
    """Raises ApiProblem 413, 415, and 408 where the bytes do not come."""
    if request.content_type != "application/json" or (request.charset or "utf-8").lower() not in {"utf-8", "utf8"}:
        raise ApiProblem(415, "unsupported_media_type", "Send Content-Type: application/json, in UTF-8.")
    body = await bounded_body(request, LARGEST_BODY)
    if body is None:
        raise ApiProblem(413, "too_large", f"A body may have {LARGEST_BODY} bytes at most.")
    return body


def idempotency_key(request: web.Request) -> str | None:
    """The request's key, if it has one. Raises ApiProblem 422."""
    keys = request.headers.getall("Idempotency-Key", [])
    if not keys:
        return None
    if len(keys) > 1 or not KEY.fullmatch(keys[0]):
        raise _wrong("Idempotency-Key", "must be 1 to 255 visible ASCII characters, once")
    return keys[0]


def parse_reading(body: bytes) -> ReadingBody:
    """Raises ApiProblem 400 for what is no JSON object, and 422 naming the field."""
    given = {name: value for name, value in _json_object(body).items() if value is not None}
    unknown = next((name for name in given if name not in FIELDS), None)
    if unknown is not None:
        raise ApiProblem(422, "unknown_field", f"Known fields are {', '.join(FIELDS)}.", field=unknown[:80])
    named, target = _target(given)
    return ReadingBody(
        named=named,
        target=target,
        value=_required(given, "reading_value", _units),
        share=_optional(given, "motor_share", _units),
        on=_optional(given, "reading_date", _day),
        photo_url=_optional(given, "photo_url", _https),
        issue_bill=_optional(given, "issue_bill", _flag),
    )


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(
            body.decode(), parse_float=_decimal, parse_int=_decimal, parse_constant=_refuse, object_pairs_hook=_once
        )
    except (ValueError, RecursionError):
        raise ApiProblem(400, "not_json", "Send one JSON object, in UTF-8, each name once.") from None
    if not isinstance(found, dict):
        raise ApiProblem(400, "not_an_object", "Send one JSON object.")
    return found


def _decimal(text: str) -> Decimal:
    """Numbers stay exact; one that is too long to mean a reading is NaN, and refused where it stands."""
    return Decimal(text) if len(text) <= _LONGEST_DIGITS else Decimal("NaN")


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _target(given: Mapping[str, Any]) -> tuple[str, str]:
    if "meter_number" in given and "flat_code" in given:
        raise _wrong("flat_code", "and meter_number both name what was read: send one of them", "two_targets")
    if "flat_code" in given:
        return "flat_code", _place("flat_code", given["flat_code"])
    return "meter_number", _required(given, "meter_number", _meter)


def _place(field: str, value: object) -> str:
    """A flat's code in our form, or a motor's name."""
    text = _name(field, value)
    try:
        return normalise_flat_code(text)
    except DomainError:
        return text.upper()


def _meter(field: str, value: object) -> str:
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value() and value >= 0:
        if value < LARGEST_METER:
            return f"{value.to_integral_value():f}"
        raise _wrong(field, "has too many digits")
    return _name(field, value).upper()


def _name(field: str, value: object) -> str:
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise _wrong(field, "must be a text of 1 to 40 letters, digits, spaces, and . _ / -, beginning with one")
    return value.strip()


def _units(field: str, value: object) -> Decimal:
    """Two places, rounded half up: machines calculate in binary fractions."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = Decimal(value)
    if not isinstance(value, Decimal) or not value.is_finite() or not 0 <= value <= MOST_UNITS:
        raise _wrong(field, f'must be a number from 0 to {MOST_UNITS}, as 146.5 or "146.50"')
    return abs(units(value))


def _day(field: str, value: object) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise _wrong(field, "must be a day as 2026-11-03")


def _https(field: str, value: object) -> str:
    if isinstance(value, str) and len(value) <= LONGEST_URL and value.startswith("https://") and _names_host(value):
        return value
    raise _wrong(field, f"must be an address that begins with https://, of {LONGEST_URL} characters at most")


def _names_host(address: str) -> bool:
    try:
        return bool(urlsplit(address).hostname)
    except ValueError:
        return False


def _flag(field: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong(field, "must be true or false")
    return value


def _required(given: Mapping[str, Any], field: str, read: Callable[[str, object], Value]) -> Value:
    if field not in given:
        raise _wrong(field, "is missing", "missing_field")
    return read(field, given[field])


def _optional(given: Mapping[str, Any], field: str, read: Callable[[str, object], Value]) -> Value | None:
    return read(field, given[field]) if field in given else None


def _wrong(field: str, what: str, code: str = "bad_field") -> ApiProblem:
    return ApiProblem(422, code, f"{field} {what}.", field=field)
