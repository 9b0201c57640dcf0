"""A photo arrives: kept at once, and given to the reading it belongs to, now or when that comes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs import pending
from jobs.photo_intake import PreparedPhoto
from jobs.submit_reading import PHOTO_TIME
from jobs.trail import record_reading
from jobs.work import Work
from storage import chat_readings, photos, readings
from storage.readings import Reading, ReadingState

OFFERED_TIME = timedelta(hours=12)
"""How long a reading without a photo is offered to one that came without words."""


@dataclass(frozen=True, slots=True)
class PhotoAdded:
    """It belongs to `reading`; `others` lack a photo too and may be what was meant.

    `also` has the very same picture.
    """

    reading: Reading
    photo_id: int
    others: tuple[Reading, ...] = ()
    also: Reading | None = None


@dataclass(frozen=True, slots=True)
class PhotoKnown:
    """The very same picture is with `reading` already, and no other reading waits for one."""

    reading: Reading


@dataclass(frozen=True, slots=True)
class PhotoWaits:
    """It is kept; the chat's next reading within ten minutes takes it, unless it is of one of `lacking`."""

    photo_id: int
    lacking: tuple[Reading, ...]


async def keep(work: Work, photo: PreparedPhoto, sent_at: datetime) -> int:
    """Store the photo; its id."""
    return await photos.store(
        work.conn,
        photo.original_sha256,
        photo.jpeg,
        photo.width,
        photo.height,
        by=work.actor.person_id,
        at=sent_at,
    )


async def place(
    work: Work, photo_id: int, chat_id: int, sent_at: datetime, *, worded: bool
) -> PhotoAdded | PhotoKnown | PhotoWaits:
    """Give a photo that came alone to the one reading its sender sent just before, if that lacks one.

    Nothing else is guessed: not where several were sent together, and not with words (`worded`) that say nothing.
    """
    person_id = work.actor.person_id
    lacking = await chat_readings.without_photo(work.conn, chat_id, person_id, sent_at - OFFERED_TIME, sent_at)
    last = await chat_readings.last_of(work.conn, chat_id, person_id)
    known = next(iter(await chat_readings.with_photo(work.conn, photo_id)), None)
    if not worded and len(last) == 1 and _is_recent(lacking, last[0], sent_at):
        others = tuple(one for one in lacking if one.id != last[0].id)
        return PhotoAdded(await attach(work, last[0].id, photo_id), photo_id, others, known)
    if known:
        return PhotoKnown(known)
    await photos.keep_loose(work.conn, chat_id, photo_id, sent_at)
    return PhotoWaits(photo_id, tuple(lacking))


def _is_recent(lacking: list[Reading], last: Reading, sent_at: datetime) -> bool:
    sent = last.submitted_at
    return sent is not None and sent >= sent_at - PHOTO_TIME and any(one.id == last.id for one in lacking)


async def attach(work: Work, reading_id: int, photo_id: int) -> Reading:
    """Give the photo to the reading; `reading.state` says whether that still helps."""
    before = await readings.get(work.conn, reading_id)
    if before.state is ReadingState.WITHDRAWN or not await photos.attach(work.conn, reading_id, photo_id):
        return before
    after = await readings.get(work.conn, reading_id)
    await record_reading(work, "reading.photo_added", before, after)
    await pending.queue_changed(work)
    return after


async def move(work: Work, photo_id: int, from_id: int, to_id: int) -> Reading:
    """The photo belonged to the other reading."""
    before = await readings.get(work.conn, from_id)
    if await photos.detach(work.conn, from_id, photo_id):
        await record_reading(work, "reading.photo_removed", before, await readings.get(work.conn, from_id))
    return await attach(work, to_id, photo_id)


async def waiting(work: Work, chat_id: int, sent_at: datetime) -> tuple[int, ...]:
    """Photos of the last ten minutes that came alone: they go with the reading that is sent now."""
    return tuple(await photos.take_loose(work.conn, chat_id, sent_at - PHOTO_TIME, sent_at))
