"""How many whole digits a meter's register shows: set by the office, or learnt where it began anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.register import digits_of
from jobs.trail import write_down
from storage import meters

if TYPE_CHECKING:
    from jobs.work import Work
    from storage.meters import Meter
    from storage.readings import Reading


async def set_digits(work: Work, meter_id: int, before: int | None, digits: int | None) -> Meter | None:
    """Note the digits of the meter if they are still what was shown; None where somebody changed them meanwhile."""
    await meters.lock_meter(work.conn, meter_id)
    meter = await meters.get_meter(work.conn, meter_id)
    if meter.digits != before:
        return None
    await meters.set_digits(work.conn, meter_id, digits)
    await _record(work, meter, digits)
    return await meters.get_meter(work.conn, meter_id)


async def learn_digits(work: Work, reading: Reading) -> None:
    """An approved reading went past its register's end: so many digits it has, unless that is known."""
    if reading.course.rolled_over and reading.meter.digits is None:
        digits = digits_of(reading.course.rolled_over - 1)
        await meters.set_digits(work.conn, reading.meter.id, digits)
        await _record(work, reading.meter, digits)


async def _record(work: Work, meter: Meter, digits: int | None) -> None:
    before, after = {"digits": meter.digits}, {"digits": digits}
    await write_down(work, "meter.digits_changed", "meter", meter.number, before=before, after=after)
