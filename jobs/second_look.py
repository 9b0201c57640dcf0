"""What is unusual about readings as things are now: one before them may have been changed, or taken away, since."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from domain.metering import ReadingMode, flags
from jobs.trail import record_reading
from storage import readings, usual_months
from storage.readings import UNBILLED, ReadingState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from jobs.work import Work
    from storage.readings import Reading


async def judged(work: Work, chosen: Sequence[Reading]) -> list[Reading]:
    """The readings with what is unusual about them now, in the order given; what is billed stays as it was.

    Who confirmed one stood by what was unusual then: anything else about it is not confirmed.
    """
    still_open = [one.id for one in chosen if one.state in UNBILLED]
    units = work.society.reading_mode is ReadingMode.UNITS
    months = await usual_months.months_before(work.conn, still_open, units=units) if still_open else {}
    return [_judged(work, one, months.get(one.id, ())) if one.state in UNBILLED else one for one in chosen]


async def reconsider(work: Work, meter_id: int) -> None:
    """A reading of this meter changed: what was approved after it, and is unusual now as it was not then, waits again.

    What waits for a decision anyway is judged when it is looked at.
    """
    approved = await readings.get_many(work.conn, await usual_months.hold_approved(work.conn, meter_id))
    for before, now in zip(approved, await judged(work, approved), strict=True):
        if not set(now.flags) <= set(before.flags):
            await readings.set_state(work.conn, before.id, ReadingState.PENDING)
            await record_reading(work, "reading.reopened", before, await readings.get(work.conn, before.id))


def _judged(work: Work, reading: Reading, months: Sequence[Decimal]) -> Reading:
    previous = reading.previous.value if reading.previous else None
    found = flags(work.society.reading_mode, reading.value, previous, months, reading.course)
    return replace(reading, flags=found, confirmed=reading.confirmed and set(found) <= set(reading.flags))
