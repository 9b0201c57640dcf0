"""A meter cannot be read: told with a reason, until it is read after all or the word is taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs import pending, round_state
from jobs.rounds import reading_of
from jobs.trail import write_down
from storage import cant_read, chat_readings, meters

if TYPE_CHECKING:
    from datetime import datetime

    from domain.cant_read import Reason
    from domain.period import Month
    from jobs.work import Work
    from storage.cant_read import CantRead
    from storage.meters import Meter
    from storage.readings import Reading

LONGEST: int = 200
"""Characters of a reason in the engineer's own words."""


async def told(
    work: Work, meter: Meter, month: Month, reason: Reason, words: str, *, at: datetime, photo_id: int | None = None
) -> CantRead | Reading:
    """Keep that the meter cannot be read in the month; the reading, where it has one."""
    await meters.lock_meter(work.conn, meter.id)
    reading = await reading_of(work, meter.id, month)
    if reading is not None:
        return reading
    by = work.actor.person_id
    known = await cant_read.record(work.conn, meter.id, month, reason, words[:LONGEST], by=by, at=at)
    if photo_id is not None:
        await cant_read.give_photo(work.conn, known, photo_id)
    found = await cant_read.get(work.conn, known)
    if found is None:
        raise LookupError(known)
    await _written(work, "meter.cant_read", found)
    await pending.queue_changed(work, arrived=False)
    await round_state.tell_if_walked(work, month)
    return found


async def add_photo(work: Work, cant_read_id: int, photo_id: int) -> CantRead | None:
    """A picture of what is in the way; `None`: the word was taken back meanwhile."""
    if await cant_read.get(work.conn, cant_read_id) is None:
        return None
    await cant_read.give_photo(work.conn, cant_read_id, photo_id)
    found = await cant_read.get(work.conn, cant_read_id)
    if found is not None:
        await _written(work, "meter.cant_read_photo", found)
    return found


async def undo(work: Work, cant_read_id: int) -> CantRead | None:
    """Take it back; `None` where it was before."""
    found = await cant_read.get(work.conn, cant_read_id)
    if found is None or not await cant_read.undo(work.conn, cant_read_id, work.now):
        return None
    await _written(work, "meter.cant_read_undone", found)
    await pending.queue_changed(work, arrived=False)
    return found


async def undo_last(work: Work, chat_id: int, month: Month) -> CantRead | None:
    """Take back the actor's last word of the month, if it came after their last reading here."""
    found = await cant_read.last_of(work.conn, work.actor.person_id, month)
    if found is None:
        return None
    last = await chat_readings.last_of(work.conn, chat_id, work.actor.person_id)
    sent = last[-1].submitted_at if last else None
    return None if sent is not None and sent > found.at else await undo(work, found.id)


async def _written(work: Work, action: str, found: CantRead) -> None:
    facts = {"place": found.place, "reason": found.reason.value, "words": found.words, "photo": found.photo_id}
    await write_down(work, action, "meter", str(found.meter_id), after=facts)
