"""A photo arrives: kept at once, and given to the reading it belongs to, now or when that comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs import pending
from jobs.check_photos import tell_contradictions
from jobs.photo_intake import PreparedPhoto
from jobs.submit_reading import PHOTO_TIME
from jobs.trail import record_reading
from jobs.work import Work
from storage import chat_readings, loose_photos, photo_looks, photos, readings, review
from storage.loose_photos import Loose
from storage.readings import Reading, ReadingState

OFFERED_TIME = timedelta(hours=12)
"""How long a reading without a photo is offered to one that came without words."""
_MOVABLE = frozenset({ReadingState.PENDING, ReadingState.RETURNED, ReadingState.WITHDRAWN})
"""States in which nobody has decided about a reading by its photo."""
_CLOCK_AHEAD = timedelta(days=1)
"""How much later it may be where the camera was than in UTC."""


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
    photo_id = await photos.store(
        work.conn,
        photo.original_sha256,
        photo.jpeg,
        photo.width,
        photo.height,
        by=work.actor.person_id,
        at=sent_at,
        marks=marks_of(photo, sent_at),
    )
    if work.society.reads_photos:
        await photo_looks.queue(work.conn, photo_id, work.now)
    return photo_id


def marks_of(photo: PreparedPhoto, sent_at: datetime) -> photos.Marks:
    """What the photo says by itself; a day later than it was sent is of a clock that was not set."""
    believed = photo.taken_on is not None and photo.taken_on <= (sent_at + _CLOCK_AHEAD).date()
    return photos.Marks(photo.codes, photo.fingerprint, photo.traits, photo.taken_on if believed else None)


async def place(
    work: Work, photo_id: int, chat_id: int, sent_at: datetime, *, worded: bool, meter_id: int | None = None
) -> PhotoAdded | PhotoKnown | PhotoWaits:
    """Give a photo that came alone to the one reading its sender sent just before, if that lacks one.

    Nothing else is guessed: not where several were sent together, and not with words (`worded`) that say nothing.
    A photo of a known meter (`meter_id`: it names it, or the round asks for it) goes to no reading of another one.
    """
    person_id = work.actor.person_id
    lacking = await chat_readings.without_photo(work.conn, chat_id, person_id, sent_at - OFFERED_TIME, sent_at)
    last = await chat_readings.last_of(work.conn, chat_id, person_id)
    known = next(iter(await chat_readings.with_photo(work.conn, photo_id)), None)
    is_of_last = len(last) == 1 and meter_id in {None, last[0].meter.id}
    if not worded and is_of_last and _is_recent(lacking, last[0], sent_at):
        others = tuple(one for one in lacking if one.id != last[0].id)
        return PhotoAdded(await attach(work, last[0].id, photo_id), photo_id, others, known)
    if known:
        return PhotoKnown(known)
    await let_wait(work, photo_id, chat_id, sent_at, meter_id)
    return PhotoWaits(photo_id, tuple(lacking))


async def let_wait(work: Work, photo_id: int, chat_id: int, sent_at: datetime, meter_id: int | None = None) -> None:
    """The photo is kept for the sender's next reading, of this meter if that is known; nothing is asked about it."""
    loose = Loose(chat_id, photo_id, sent_at, person_id=work.actor.person_id, meter_id=meter_id)
    await loose_photos.keep(work.conn, loose)


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
    await tell_contradictions(work, after, after_answer=True)
    return after


@dataclass(frozen=True, slots=True)
class PhotoStays:
    """Nothing was moved: `reading` is decided with it, or `target` was taken back. `has_it`: it is with `reading`."""

    reading: Reading
    target: Reading
    has_it: bool


async def move(work: Work, photo_id: int, from_id: int, to_id: int) -> Reading | PhotoStays:
    """The photo belonged to the other reading; what is decided keeps its own, and what was taken back gets none."""
    await review.hold_readings(work.conn, [from_id, to_id])
    before, target = await readings.get(work.conn, from_id), await readings.get(work.conn, to_id)
    has_it = photo_id in before.photo_ids
    if not has_it and photo_id in target.photo_ids:
        return target
    if not has_it or before.state not in _MOVABLE or target.state is ReadingState.WITHDRAWN:
        return PhotoStays(before, target, has_it)
    await photos.detach(work.conn, from_id, photo_id)
    await record_reading(work, "reading.photo_removed", before, await readings.get(work.conn, from_id))
    return await attach(work, to_id, photo_id)


async def take_out(work: Work, photo_id: int, reading_id: int) -> Reading | None:
    """The photo is of another meter: the reading without it. None: it is not with it, or that is decided by now."""
    await review.hold_readings(work.conn, [reading_id])
    before = await readings.get(work.conn, reading_id)
    if photo_id not in before.photo_ids or not may_lose_photo(before):
        return None
    await photos.detach(work.conn, reading_id, photo_id)
    after = await readings.get(work.conn, reading_id)
    await record_reading(work, "reading.photo_removed", before, after)
    await pending.queue_changed(work)
    return after


def may_lose_photo(reading: Reading) -> bool:
    """Nobody has decided about it by its photo."""
    return reading.state in _MOVABLE


async def waiting(work: Work, chat_id: int, sent_at: datetime, targets: Sequence[str]) -> tuple[int, ...]:
    """Photos of the last ten minutes that came alone: they go with the readings of `targets` that are sent now.

    Those that are known to be of other meters do not.
    """
    person_id, since = work.actor.person_id, sent_at - PHOTO_TIME
    return tuple(await loose_photos.take(work.conn, chat_id, person_id, targets, since=since, until=sent_at))
