"""An admin has a reading's photos read once more, whatever was seen in them before."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from jobs.check_photos import checks
from jobs.trail import record_reading
from storage import photo_looks, readings
from storage.photo_looks import Asked
from storage.readings import ReadingState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobs.work import Work
    from storage.meters import Meter
    from storage.readings import Reading


class Again(StrEnum):
    """What came of asking for another look."""

    LOOKING = "looking"
    NO_PHOTO = "no_photo"
    GONE = "gone"
    """Its time was over, or it is from before the service."""
    NOBODY_READS = "nobody_reads"


async def look_again(work: Work, reading: Reading, chat_id: int, shown: Mapping[str, Any]) -> Again:
    """Have the reading's photos looked at again; `shown` is the card in that chat that is drawn then."""
    if not reading.has_photo:
        return Again.NO_PHOTO
    if not work.society.reads_photos:
        return Again.NOBODY_READS
    asked = Asked(_person(work), chat_id, shown)
    if not await photo_looks.queue_again(work.conn, reading.photo_ids, work.now, asked):
        return Again.GONE
    await record_reading(work, "reading.photo_checked", reading, reading)
    return Again.LOOKING


async def in_doubt(work: Work) -> list[Reading]:
    """Readings that wait, whose photo speaks against them or shows nothing: what is worth another look."""
    waiting = [one for one in await readings.pending(work.conn) if one.photo_ids]
    seen = await checks(work, waiting)
    return [one for one in waiting if one.id in seen and seen[one.id].doubts]


async def latest_of(work: Work, meter: Meter) -> Reading | None:
    """The meter's reading that an admin means: one that waits, else the latest."""
    unbilled = await readings.open_of_meter(work.conn, meter.id)
    waiting = [one for one in unbilled if one.state is ReadingState.PENDING]
    past = await readings.history(work.conn, meter.id, 1)
    if waiting or unbilled:
        return (waiting or unbilled)[0]
    return await readings.get(work.conn, past[0].id) if past else None


def _person(work: Work) -> int:
    if work.actor.person_id is None:
        raise ValueError("only a person asks for another look")
    return work.actor.person_id
