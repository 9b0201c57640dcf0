"""What a line of text on a meter is: a number that may be the register, the meter's own number, or neither."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobs.gateways.ocr.letters import Line

_UNIT = re.compile(r"(?i)k\W?wh|kvah|units?")
_NUMBER = re.compile(r"[0-9]+(?:[.,:'·][0-9]+)*\.?")
_SERIAL = re.compile(r"[0-9]{6,14}")
_LONGEST = 9
"""Digits of the widest register, its decimals included."""
_MOST_DECIMALS = 3


@dataclass(frozen=True, slots=True)
class Number:
    """A line that is a number: its digits, where its point stands (None: no point seen), confidence and places."""

    figures: str
    point: int | None
    confidence: tuple[int, ...]
    places: tuple[float, ...]


def number_of(line: Line) -> Number | None:
    """The number that this line is, apart from its unit; None when it is anything else."""
    bare = _UNIT.sub(lambda unit: " " * len(unit.group()), line.text)
    found = _NUMBER.search(bare)
    if found is None or (bare[: found.start()] + bare[found.end() :]).strip(" .,:;|-_'\"[]()") != "":
        return None
    at = [place for place in range(*found.span()) if line.text[place].isdigit()]
    if not 1 < len(at) <= _LONGEST or len(line.places) < len(line.text):
        return None
    return Number(
        "".join(line.text[place] for place in at),
        _point(found.group()),
        tuple(line.confidence[place] for place in at),
        tuple(line.places[place] for place in at),
    )


def _point(text: str) -> int | None:
    """How many digits stand before the last point, if few enough follow it to be decimals."""
    whole, point, decimals = text.rstrip(".").rpartition(".")
    if not point or len(decimals) > _MOST_DECIMALS:
        return None
    return sum(one.isdigit() for one in whole)


def serials_of(line: Line) -> list[str]:
    """Numbers on this line that are long enough for the meter's own."""
    return [str(one) for one in _SERIAL.findall(line.text)]


def unit_of(line: Line) -> str:
    """The unit that is printed on this line, if one is."""
    found = _UNIT.search(line.text)
    return "kWh" if found and found.group()[0] in "kK" and "v" not in found.group().lower() else ""
