"""Which of the numbers on a photo is the register: told apart by what is known of the meter, never made up."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from domain.photo_reading import Candidate, Display, Seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FAINT = 80
"""Per cent of confidence below which a digit is not certain."""
_LIKE_SERIAL = 4
"""Digits from which the beginning or end of the meter's number is taken for a piece of it."""
_PLATE_VALUES = frozenset({"50", "60", "220", "230", "240", "415", "433", "440", "1060", "1040", "530", "520", "10100"})
"""Hertz, volts and amperes (`10-60 A` without its dash)."""
_REVOLUTIONS = frozenset({"100", "120", "150", "300", "320", "375", "400", "450", "480", "600", "640", "720", "750"})
"""Turns of the disc for one kWh."""
_IMPULSES = frozenset({"800", "900", "1000", "1200", "1600", "1800", "2000", "2400", "3200", "3600", "5000", "6400"})
"""Blinks of the lamp for one kWh."""
_YEARS = range(1970, 2100)
_MOST_DECIMALS = 3


class Unsure(StrEnum):
    """Why a person has to look at the photo too."""

    NOTHING = "nothing"
    """No number on it can be the register."""
    DISPLAY = "display"
    """The display is not seen clearly."""
    SEVERAL = "several"
    """Two numbers may be it."""
    FAINT = "faint"
    """A digit is not certain."""
    DECIMALS = "decimals"
    """The point may stand elsewhere."""
    FAR = "far"
    """It is not what the meter should show by now."""
    PLATE = "plate"
    """It may be a value of the rating plate."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The register expected: the previous one, and from `low` to `high`, both inclusive, the usual units on top."""

    previous: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None

    @property
    def known(self) -> bool:
        """Whether anything is expected at all."""
        return (self.previous, self.low, self.high) != (None, None, None)

    def bears(self, value: Decimal) -> bool:
        """Whether the register may stand there."""
        at_least = max((bound for bound in (self.previous, self.low) if bound is not None), default=None)
        return (at_least is None or value >= at_least) and (self.high is None or value <= self.high)


@dataclass(frozen=True, slots=True)
class Choice:
    """The register as read from a photo; `value` None: not read. Not `sure`: `why` a person has to look at it."""

    value: Decimal | None
    sure: bool
    why: Unsure | None = None


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to take a candidate. `moved`: its point stands elsewhere than the reader saw it."""

    candidate: Candidate
    value: Decimal
    moved: bool = False


def choose(seen: Seen, digits: int | None, meter_number: str, expected: Expected | None) -> Choice:
    """The register among the candidates of `seen`. Nothing is added to what was seen.

    `digits` are the whole digits of the meter's register, if known. `expected` picks among candidates, and says
    whether the one picked is to be believed.
    """
    told = expected if expected and expected.known else None
    numbers = [_digits_of(number) for number in (meter_number, *seen.serials)]
    possible = [one for one in seen.candidates if one.whole and not _is_serial(one, numbers)]
    registers = [one for one in possible if not _is_plate_value(one)]
    if not registers:
        return _from_plate([way for one in possible for way in _ways(one, digits)], told)
    return _picked([way for one in registers for way in _ways(one, digits)], seen.display, told)


def _from_plate(ways: Sequence[_Way], told: Expected | None) -> Choice:
    """Numbers that look like the plate's are the register only if that is where it should stand."""
    borne = [way for way in ways if told and not way.moved and told.bears(way.value)]
    return Choice(borne[0].value, sure=False, why=Unsure.PLATE) if borne else _NOTHING


def _picked(ways: Sequence[_Way], display: Display, told: Expected | None) -> Choice:
    as_seen = [way for way in ways if not way.moved]
    borne = [way for way in ways if told and told.bears(way.value)]
    best = next(iter([way for way in borne if not way.moved] or borne or as_seen or ways), None)
    if best is None:
        return _NOTHING
    why = _doubt(best, ways, borne if told else as_seen, display, told)
    return Choice(best.value, sure=why is None, why=why)


def _doubt(
    best: _Way, ways: Sequence[_Way], rivals: Sequence[_Way], display: Display, told: Expected | None
) -> Unsure | None:
    if told and not told.bears(best.value):
        return Unsure.FAR
    if best.moved or (told is None and _point_may_be_missed(best, ways)):
        return Unsure.DECIMALS
    if _others(best, rivals) or any(_alike(best.candidate, way.candidate) for way in ways):
        return Unsure.SEVERAL
    if display is not Display.CLEAR:
        return Unsure.DISPLAY
    return Unsure.FAINT if _is_faint(best.candidate, told) else None


def _point_may_be_missed(best: _Way, ways: Sequence[_Way]) -> bool:
    return not best.candidate.decimals and any(way.moved and way.candidate is best.candidate for way in ways)


def _others(best: _Way, ways: Iterable[_Way]) -> bool:
    return any(way.value != best.value and not way.moved for way in ways)


def _is_faint(candidate: Candidate, told: Expected | None) -> bool:
    """Confidence that was not told is borne by what is expected only."""
    return min(candidate.confidence) < FAINT if candidate.confidence else told is None


def _ways(candidate: Candidate, digits: int | None) -> list[_Way]:
    """The ways to take it, as it was seen first; none when the register has no room for it."""
    figures = candidate.whole + candidate.decimals
    points = [len(candidate.whole)]
    if digits is None:
        points += [len(figures) - 1] if not candidate.decimals else [len(figures)]
    elif len(candidate.whole) < digits or not candidate.decimals:
        points += [digits] * (len(candidate.whole) != digits)
    return [
        _Way(candidate, _number(figures, point), moved=point != len(candidate.whole))
        for point in points
        if 0 < point <= len(figures) <= point + _MOST_DECIMALS and point <= (digits or point)
    ]


def _number(figures: str, point: int) -> Decimal:
    return Decimal(f"{figures[:point]}.{figures[point:] or '0'}").normalize() + 0


def _is_serial(candidate: Candidate, numbers: Iterable[str]) -> bool:
    figures = candidate.whole + candidate.decimals
    return any(_is_piece(figures, number) or _differ_by_one(figures, number) for number in numbers)


def _is_piece(figures: str, number: str) -> bool:
    bare = number.lstrip("0")
    enough = len(figures) >= _LIKE_SERIAL and bool(bare)
    return figures == number or (enough and (number.startswith(figures) or number.endswith(figures)))


def _differ_by_one(one: str, other: str) -> bool:
    """One digit misread, lost or doubled, in numbers long enough for that to be no accident."""
    short, long = sorted((one, other), key=len)
    if len(short) <= _LIKE_SERIAL or len(long) - len(short) > 1:
        return False
    if len(short) == len(long):
        return _differences(short, long) <= 1
    return any(long[:place] + long[place + 1 :] == short for place in range(len(long)))


def _differences(one: str, other: str) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))


def _alike(one: Candidate, other: Candidate) -> bool:
    """Two readings of the same digits, of which one is wrong."""
    first, second = one.whole + one.decimals, other.whole + other.decimals
    return len(first) == len(second) and 0 < _differences(first, second) <= len(first) // 2


def _is_plate_value(candidate: Candidate) -> bool:
    if candidate.decimals or candidate.whole.startswith("0"):
        return False
    whole = candidate.whole
    return whole in _PLATE_VALUES | _REVOLUTIONS | _IMPULSES or (len(whole) == 4 and int(whole) in _YEARS)  # noqa: PLR2004 - a year's digits


def _digits_of(number: str) -> str:
    return "".join(character for character in number if character in "0123456789")


_NOTHING = Choice(None, sure=False, why=Unsure.NOTHING)
