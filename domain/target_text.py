"""Finding in a line what was read: a flat, a meter, a motor, or what may have been meant to be one."""

import re
from dataclasses import dataclass

from domain.identifiers import FLAT_PATTERN, SHOP_PATTERN, VILLA_PATTERN, normalise_flat_code

_END = r"(?=[\s:=]|$)"
_NOT_A_BLOCK = r"(?!ON|NO|RS|AT)"
_NOT_A_NUMBER = rf"(?!\d[\d.,]*(?:KWH?|UNITS?|E\d+){_END})"
_GAP = r"[\s./-]*"

_BETWEEN = re.compile(r"[\s./-]+")
_BULLET = re.compile(r"^(?:[-*\N{BULLET}]|\d{1,2}[.)])\s+", re.ASCII)
_LABEL = re.compile(r"^(?:(?:FLAT|METER|UNIT|READING|MTR|NUMBER|NO)(?:[\s.:#]+|$))+", re.ASCII)
_SEPARATOR = re.compile(r"^(?:[\s:=,]|[-\N{EN DASH}]\s)+", re.ASCII)
_CODE = re.compile(rf"(?<![A-Z0-9])(?:{FLAT_PATTERN}|{VILLA_PATTERN}|{SHOP_PATTERN})", re.ASCII)
_MOTOR = re.compile(rf"MOTOR[\s-]*(?P<motor>[A-Z]\d{{0,2}}){_END}", re.ASCII)
_METER = re.compile(rf"(?:[A-Z]{{1,4}}-?)?\d{{5,16}}{_END}", re.ASCII)
_ODD = (
    re.compile(rf"{_NOT_A_BLOCK}[A-Z]{{1,2}}{_GAP}\d{{1,3}}{_GAP}(?!ON|KW)[A-Z]{{2}}{_END}", re.ASCII),
    re.compile(rf"{_NOT_A_BLOCK}[A-Z]{{1,2}}{_GAP}\d{{1,3}}{_END}", re.ASCII),
    re.compile(rf"{_NOT_A_NUMBER}(?=[A-Z0-9/-]*[A-Z])(?=[A-Z/-]*\d)[A-Z0-9][A-Z0-9/-]{{1,19}}{_END}", re.ASCII),
)


@dataclass(frozen=True, slots=True)
class TakenTarget:
    """What a line is about, the line without it, and whether it is well-formed rather than a guess."""

    target: str
    rest: str
    is_sure: bool


def take_target(line: str) -> TakenTarget | None:
    """Return what a tidy line in capitals is about, or None.

    A flat, villa or shop code anywhere, else a motor's name or a meter number at the start, else a word there
    that has letters and digits as a code has.
    """
    body = _LABEL.sub("", _BULLET.sub("", line))
    if match := _CODE.search(body):
        return _taken(body, match, normalise_flat_code(match[0]))
    if match := _MOTOR.match(body):
        return _taken(body, match, f"MOTOR-{match['motor']}")
    if match := _METER.match(body):
        return _taken(body, match, match[0])
    odd = (pattern.match(body) for pattern in _ODD)
    guess = next((match for match in odd if match), None)
    return guess and _taken(body, guess, _BETWEEN.sub("-", guess[0]), is_sure=False)


def names_target(rest: str) -> bool:
    """Say whether what follows a target names another flat."""
    return _CODE.search(rest) is not None


def _taken(body: str, match: re.Match[str], target: str, *, is_sure: bool = True) -> TakenTarget:
    before, after = body[: match.start()].strip(), _SEPARATOR.sub("", body[match.end() :])
    return TakenTarget(target, f"{before} {after}".strip(), is_sure)
