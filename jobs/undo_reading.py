"""The sender takes a reading back, or stands by it."""

from __future__ import annotations

from dataclasses import dataclass

from jobs import pending
from jobs.check_photos import check_of
from jobs.second_look import reconsider
from jobs.submit_reading import AlreadyBilled, Saved, Stale, billed, locked, show
from jobs.trail import record_reading
from jobs.work import Work
from storage import chat_readings, readings
from storage.readings import UNBILLED, Reading, ReadingState


@dataclass(frozen=True, slots=True)
class Undone:
    """Taken back; `reading` is how it was."""

    reading: Reading


async def undo(work: Work, reading_id: int, version: int) -> Undone | AlreadyBilled | Stale:
    """Take back a reading that is not billed yet; `version` is what the button showed."""
    reading = await locked(work, reading_id)
    if reading.state in {ReadingState.BILLED, ReadingState.HISTORY}:
        return await billed(work, reading)
    if reading.state is ReadingState.WITHDRAWN or reading.version != version:
        return Stale(reading)
    await readings.set_state(work.conn, reading_id, ReadingState.WITHDRAWN, by=work.actor.person_id, at=work.now)
    after = await readings.get(work.conn, reading_id)
    await record_reading(work, "reading.withdrawn", reading, after)
    await reconsider(work, after.meter.id)
    await pending.queue_changed(work)
    return Undone(reading)


async def undo_last(work: Work, chat_id: int) -> list[Undone | AlreadyBilled | Stale]:
    """Take back everything that the actor's last message in this chat brought; empty when nothing is left."""
    last = await chat_readings.last_of(work.conn, chat_id, work.actor.person_id)
    together = [one for one in last if one.state in UNBILLED]
    return [await undo(work, one.id, one.version) for one in together or last]


async def confirm(work: Work, reading_id: int, version: int) -> Saved | AlreadyBilled | Stale:
    """The sender looked again: an unusual value is right, or one that its photo contradicts."""
    reading = await locked(work, reading_id)
    if reading.state is ReadingState.BILLED:
        return await billed(work, reading)
    if reading.state is ReadingState.WITHDRAWN or reading.version != version:
        return Stale(reading)
    if not reading.confirmed:
        await readings.confirm(work.conn, reading_id)
        await record_reading(work, "reading.confirmed", reading, await readings.get(work.conn, reading_id))
        await pending.queue_changed(work)
    elif (await check_of(work, reading)).contradictions:
        await record_reading(work, "reading.confirmed", reading, reading)
    return await show(work, await readings.get(work.conn, reading_id))
