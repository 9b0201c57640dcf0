"""Seeing: from a photo of a meter to the numbers on it that may be its register."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from domain.photo_reading import Candidate, Display, Seen
from jobs.gateways.ocr.condition import at_the_edge, condition_of
from jobs.gateways.ocr.letters import Corners, Letters, Pixels, cut, size
from jobs.gateways.ocr.numbers import Number, number_of, serials_of, unit_of
from jobs.gateways.ocr.red import red_from
from jobs.gateways.ocr.rows import joined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.gateways.ocr.letters import Line

NAME = "offline"
UNSTEADY = "digits that look different each time"
_MOST_LINES = 5
_MOST_REGISTERS = 2
_LONG, _SHORT = 12.0, 1.1
"""Width by height of a line that may be a register or a serial number."""
_TALL_ENOUGH = 0.6
"""A register is not much lower than the largest number on the meter."""
_DOUBTED = 60
"""Per cent of confidence left where two looks at the same digits differ."""
_CERTAIN = 90
_BLUR = 400
"""Of how many parts of the photo's longer side the blur is one."""
_ASIDE, _ABOVE = 0.35, 0.15
"""How much more of the photo the second look takes, as parts of the line's height."""
_BRIGHT, _DIM, _BLACK, _MOST_LIGHT = 200, 140, 12, 10
"""Photos whose light parts are dimmer than `_DIM` are lit up to `_BRIGHT`, from `_BLACK` on, so many times at most."""


class NoPictureError(Exception):
    """These bytes are no picture."""


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """A line of text, where it is and what it says."""

    corners: Corners
    line: Line


@dataclass(frozen=True, slots=True, eq=False)
class _Register(_Found):
    """One that is a number."""

    number: Number

    @property
    def tall(self) -> float:
        return size(self.corners)[1]


def see(jpeg: bytes, letters: Letters) -> Seen:
    """What the photo shows. Raises `NoPictureError`."""
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise NoPictureError
    lit = _lightened(picture)
    found = _lines(lit, letters)
    registers = _registers(found) or _registers(_lines(lit, letters, blurred=True))
    candidates = [one for register in registers for one in _candidates(lit, register, letters)]
    return Seen(
        reader=NAME,
        display=_display(picture, registers, candidates, texts=len(found)),
        candidates=tuple(dict.fromkeys(candidates)),
        serials=tuple(dict.fromkeys(_serials(found, registers))),
        unit=next(filter(None, (unit_of(one.line) for one in found)), ""),
        reasons=(UNSTEADY,) if any(min(one.confidence) <= _DOUBTED for one in candidates) else (),
    )


def _lightened(picture: Pixels) -> Pixels:
    """A dark photo made as light as others; the rest as they are."""
    bright = float(np.percentile(picture, 95))
    if bright >= _DIM:
        return picture
    return cv2.convertScaleAbs(picture, alpha=min(_BRIGHT / max(bright, _BLACK), _MOST_LIGHT))


def _lines(picture: Pixels, letters: Letters, *, blurred: bool = False) -> list[_Found]:
    """The tallest lines of a register's shape, read. Large segments are found when they are `blurred` into digits."""
    sought = cv2.GaussianBlur(picture, (0, 0), max(picture.shape[:2]) / _BLUR) if blurred else picture
    likely = [corners for corners in joined(letters.find(sought)) if _SHORT < _shape(corners) < _LONG]
    likely.sort(key=lambda corners: -size(corners)[1])
    read = [(corners, letters.read(cut(picture, corners))) for corners in likely[:_MOST_LINES]]
    return [_Found(corners, line) for corners, line in read if line.text]


def _shape(corners: Corners) -> float:
    wide, tall = size(corners)
    return wide / tall


def _registers(found: Sequence[_Found]) -> list[_Register]:
    """The numbers that are about as tall as the tallest one, tallest first."""
    read = [(one, number_of(one.line)) for one in found]
    numbers = [_Register(one.corners, one.line, number) for one, number in read if number is not None]
    tallest = max((one.tall for one in numbers), default=0)
    return [one for one in numbers if one.tall >= _TALL_ENOUGH * tallest][:_MOST_REGISTERS]


def _serials(found: Sequence[_Found], registers: Sequence[_Register]) -> list[str]:
    taken = {id(one.line) for one in registers}
    return [number for one in found if id(one.line) not in taken for number in serials_of(one.line)]


def _candidates(picture: Pixels, register: _Register, letters: Letters) -> list[Candidate]:
    """The number as most of up to three looks see it; as each does, doubted, where all differ."""
    wide = cut(picture, register.corners, aside=_ASIDE, above=_ABOVE)
    looks = [(register.number, cut(picture, register.corners))]
    for line in (_evened(wide), wide):
        number = number_of(letters.read(line))
        looks += [(number, wide)] if number is not None else []
        alike = [look for look in looks if look[0].figures == looks[-1][0].figures]
        if len(alike) > 1:
            return _of_one_mind(alike, doubted=len(alike) < len(looks))
    return [_candidate(_doubted(_with_red_drums(*look))) for look in looks]


def _of_one_mind(looks: Sequence[tuple[Number, Pixels]], *, doubted: bool) -> list[Candidate]:
    """The same digits twice; a point is easily missed, but hardly seen where there is none."""
    numbers = [number for number, _ in looks]
    sure = tuple(map(max, *(number.confidence for number in numbers)))
    points = {number.point for number in numbers} - {None}
    points = points or {red_from(line, number.places) for number, line in looks} - {None} or {None}
    both = [replace(numbers[0], point=point, confidence=sure) for point in points]
    return [_candidate(_doubted(one) if doubted else one) for one in both]


def _with_red_drums(number: Number, line: Pixels) -> Number:
    return number if number.point is not None else replace(number, point=red_from(line, number.places))


def _candidate(number: Number) -> Candidate:
    decimals = number.figures[number.point :] if number.point is not None else ""
    return Candidate(number.figures[: number.point], decimals, number.confidence)


def _doubted(number: Number) -> Number:
    return replace(number, confidence=tuple(min(one, _DOUBTED) for one in number.confidence))


def _evened(line: Pixels) -> Pixels:
    """Grey, with the contrast of each part raised."""
    grey = cv2.cvtColor(line, cv2.COLOR_BGR2GRAY)
    return cv2.cvtColor(cv2.createCLAHE(2.0, (4, 2)).apply(grey), cv2.COLOR_GRAY2BGR)


def _display(
    picture: Pixels, registers: Sequence[_Register], candidates: Sequence[Candidate], *, texts: int
) -> Display:
    if not registers:
        return condition_of(picture) or (Display.OFF if texts > 1 else Display.NO_METER)
    if at_the_edge(picture, registers[0].corners):
        return Display.CUT_OFF
    if len(candidates) == 1 and min(candidates[0].confidence) >= _CERTAIN:
        return Display.CLEAR
    return condition_of(cut(picture, registers[0].corners, aside=_ASIDE, above=_ABOVE)) or Display.CLEAR
