"""Where a meter's register should stand by now: what was read last, and the usual units on top."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from domain.choose_reading import Expected, Unsure, choose
from domain.metering import ReadingMode, UsualRange, usual_range
from domain.photo_checks import expected
from jobs.submit_reading import monthly_units
from storage import photo_views, readings, registers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.photo_reading import Seen
    from domain.register import Swap
    from jobs.work import Work
    from storage.meters import Meter
    from storage.readings import PastReading
    from storage.registers import LastRegister

_CERTAIN_ENOUGH = frozenset({None, Unsure.DECIMALS})
"""What is said of an earlier photo that what is seen now is measured by; a misplaced point makes that absurd."""


@dataclass(frozen=True, slots=True)
class Register:
    """What a register showed on a day: a reading, or what that reading's photo shows (units mode)."""

    value: Decimal
    on: date


async def last_register(work: Work, meter: Meter, before: date) -> Register | None:
    """What the register showed at the meter's latest reading before a day; None where that is not known.

    Where the meter replaced the one that was read then, it is the number with which it began, on the day it did.
    """
    last = await readings.previous(work.conn, meter.id, before)
    if last is None:
        return None
    swap = await last_swap(work, meter, before)
    if swap:
        return Register(swap.opening, swap.on or last.date)
    if work.society.reading_mode is ReadingMode.REGISTER:
        return Register(last.value, last.date)
    value = await _photographed(work, meter, last)
    return None if value is None else Register(value, last.date)


async def last_swap(work: Work, meter: Meter, before: date) -> Swap | None:
    """How the meter came into its place, if that was after the latest reading before a day."""
    swaps = (await readings.course_before(work.conn, meter.id, before)).swaps
    return swaps[-1] if swaps else None


async def expected_register(work: Work, meter: Meter, before: date, last: Register | None) -> Expected | None:
    """Where the register may stand after `last`, by the units that are usual for the meter; None: anywhere."""
    past = await readings.history(work.conn, meter.id, before=before)
    return expected(last.value if last else None, usual_range(monthly_units(work, past)))


async def last_registers(work: Work, meter_ids: Sequence[int]) -> dict[int, Expected]:
    """Where each of these meters' registers should stand by now, of those of which enough is known."""
    found = await registers.of_meters(work.conn, meter_ids, work.society.reading_mode)
    return {one.meter_id: told for one in found if (told := _expected(work, one)) is not None}


def _expected(work: Work, one: LastRegister) -> Expected | None:
    if work.society.reading_mode is ReadingMode.REGISTER:
        base: Decimal | None = one.value
    else:
        base = _certain(one.seen, one.number) if one.seen else None
    usual = None if one.average is None else UsualRange(one.average, one.average, one.average)
    return expected(base, usual) if usual else None


def _certain(seen: Seen, number: str, digits: int | None = None) -> Decimal | None:
    choice = choose(seen, digits, number, None)
    return choice.value if choice.why in _CERTAIN_ENOUGH else None


async def _photographed(work: Work, meter: Meter, last: PastReading) -> Decimal | None:
    """What the newest photo of a reading shows."""
    reading = await readings.get(work.conn, last.id)
    views = await photo_views.newest(work.conn, reading.photo_ids)
    shown = [
        _certain(views[one].seen, meter.number, meter.digits) for one in reversed(reading.photo_ids) if one in views
    ]
    return next((value for value in shown if value is not None), None)
