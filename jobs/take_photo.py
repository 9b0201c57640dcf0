"""A photo arrives: kept at once, and given to the reading it belongs to, now or when that comes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jobs import pending
from jobs.photo_intake import PreparedPhoto
from jobs.submit_reading import PHOTO_TIME
from jobs.trail import record_reading
from jobs.work import Work
from storage import chat_readings, photos, readings
from storage.readings import Reading, ReadingState


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
    """It is kept; the chat's next reading within ten minutes takes it."""

    photo_id: int


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


async def place(work: Work, photo_id: int, chat_id: int, sent_at: datetime) -> PhotoAdded | PhotoKnown | PhotoWaits:
    """Give a photo that came alone to the chat's latest reading of the last ten minutes that lacks one."""
    lacking = await chat_readings.without_photo(work.conn, chat_id, sent_at - PHOTO_TIME, sent_at)
    known = next(iter(await chat_readings.with_photo(work.conn, photo_id)), None)
    if lacking:
        return PhotoAdded(await attach(work, lacking[0].id, photo_id), photo_id, tuple(lacking[1:]), known)
    if known:
        return PhotoKnown(known)
    await photos.keep_loose(work.conn, chat_id, photo_id, sent_at)
    return PhotoWaits(photo_id)


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
