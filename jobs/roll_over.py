"""A register that began anew after its last number: asked about where it may have, counted once somebody said so."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from domain.metering import ReadingMode, flags, full_turn, usual_range
from jobs import pending
from jobs.second_look import reconsider
from jobs.submit_reading import AlreadyBilled, Saved, Stale, billed, locked, monthly_units, show
from jobs.trail import record_reading
from storage import readings
from storage.readings import Measurement, ReadingState

if TYPE_CHECKING:
    from decimal import Decimal

    from domain.metering import UsualRange
    from jobs.work import Work
    from storage.readings import Reading


def turn_of(work: Work, reading: Reading, usual: UsualRange | None) -> Decimal | None:
    """What the register counts to, if it may have begun anew since the reading before; nothing is assumed by this."""
    if work.society.reading_mode is not ReadingMode.REGISTER or reading.course.rolled_over:
        return None
    return full_turn(reading.value, reading.shown_last, reading.meter.digits, usual)


async def usual_of(work: Work, reading: Reading) -> UsualRange | None:
    """What is usual for the meter's place."""
    past = await readings.history(work.conn, reading.meter.id, before=reading.date)
    return usual_range(monthly_units(work, past))


async def roll_over(work: Work, reading_id: int, version: int) -> Saved | AlreadyBilled | Stale:
    """Somebody looked: the register went past its end. The reading waits for an admin, flagged as such.

    One that was sent back has to be read again first: this says nothing about why it was.
    """
    reading = await locked(work, reading_id)
    if reading.state in {ReadingState.BILLED, ReadingState.HISTORY}:
        return await billed(work, reading)
    turn = turn_of(work, reading, await usual_of(work, reading))
    gone = reading.state in {ReadingState.WITHDRAWN, ReadingState.RETURNED}
    if turn is None or gone or reading.version != version:
        return Stale(reading)
    await readings.change(work.conn, reading_id, await _measured(work, reading, turn))
    after = await readings.get(work.conn, reading_id)
    await record_reading(work, "reading.rolled_over", reading, after)
    await reconsider(work, after.meter.id)
    await pending.queue_changed(work)
    return await show(work, after)


async def _measured(work: Work, reading: Reading, turn: Decimal) -> Measurement:
    past = await readings.history(work.conn, reading.meter.id, before=reading.date)
    previous = reading.previous.value if reading.previous else None
    course = replace(reading.course, rolled_over=turn)
    found = flags(work.society.reading_mode, reading.value, previous, monthly_units(work, past), course)
    return Measurement(reading.value, reading.motor_share, reading.date, found, confirmed=True, rolled_over=turn)
