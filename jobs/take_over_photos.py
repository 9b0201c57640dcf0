"""Taking over the photo folder of the former screen: each photo to the reading it shows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from jobs.photo_intake import MAX_PHOTO_BYTES, OldPhotoProblem, PhotoRefused, PreparedPhoto
from jobs.take_photo import marks_of
from storage import old_photos, photos

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from jobs.photo_intake import OldPhotoFile, OldPhotoLink, OldPhotos
    from storage.database import Connection
    from storage.old_photos import OldReading

Prepare = Callable[[bytes], PreparedPhoto]
"""Makes a photo safe to keep; raises PhotoRefused. Slow: it runs in a thread."""


@dataclass(frozen=True, slots=True)
class TakenOver:
    """How many photos and links now belong to a reading, how many did before, and what matched nothing, and why."""

    photos: int
    links: int
    known: int
    problems: tuple[OldPhotoProblem, ...]


@dataclass(frozen=True, slots=True)
class _Done:
    new: bool


_Step = _Done | OldPhotoProblem


async def take_over_photos(conn: Connection, old: OldPhotos, prepare: Prepare, now: datetime) -> TakenOver:
    """Keep the old folder's photos and link them, and the links of its list, to their readings. Again: nothing new.

    A file belongs to the meter's last reading of its day, a link to the one of its day with its value.
    """
    meters = {file.meter_id for file in old.files} | {link.meter_id for link in old.links}
    days = await old_photos.readings_by_day(conn, meters)
    files = [await _file(conn, each, days.get((each.meter_id, each.taken_on), []), prepare, now) for each in old.files]
    unique = dict.fromkeys(old.links)
    links = [await _link(conn, each, days.get((each.meter_id, each.reading_date), [])) for each in unique]
    steps = (*files, *links)
    return TakenOver(
        photos=_new(files),
        links=_new(links),
        known=sum(isinstance(step, _Done) and not step.new for step in steps),
        problems=(*old.problems, *(step for step in steps if isinstance(step, OldPhotoProblem))),
    )


def _new(steps: Sequence[_Step]) -> int:
    return sum(isinstance(step, _Done) and step.new for step in steps)


async def _file(
    conn: Connection, file: OldPhotoFile, of_day: Sequence[OldReading], prepare: Prepare, now: datetime
) -> _Step:
    if not of_day:
        return _unmatched(file.path.name, file.meter_id, file.taken_on)
    reading = of_day[-1]
    if file.path.name in reading.files:
        return _Done(new=False)
    try:
        photo = await asyncio.to_thread(lambda: prepare(_content(file.path)))
    except (OSError, PhotoRefused) as error:
        return OldPhotoProblem(file.path.name, str(error))
    photo_id = await photos.store(
        conn,
        photo.original_sha256,
        photo.jpeg,
        photo.width,
        photo.height,
        by=None,
        at=now,
        marks=marks_of(photo, now),
    )
    await old_photos.attach_file(conn, reading.id, photo_id, file.path.name)
    return _Done(new=True)


def _content(path: Path) -> bytes:
    """Return the file, or one byte more than is allowed of it, so that it is refused by its size."""
    with path.open("rb") as file:
        return file.read(MAX_PHOTO_BYTES + 1)


async def _link(conn: Connection, link: OldPhotoLink, of_day: Sequence[OldReading]) -> _Step:
    reading = next((one for one in of_day if one.value == link.reading_value), None)
    if reading is None:
        return _unmatched(link.url, link.meter_id, link.reading_date)
    if link.url in reading.urls:
        return _Done(new=False)
    await old_photos.attach_link(conn, reading.id, link.url)
    return _Done(new=True)


def _unmatched(where: str, meter_id: int, day: date) -> OldPhotoProblem:
    return OldPhotoProblem(where, f"The meter with id {meter_id} has no such reading on {day}.")
