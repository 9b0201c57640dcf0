"""Photos that somebody looks at: read by the readers there are, outside any transaction, and kept as a view.

No reading waits for this. A photo is leased by its row, so that any number of processes share the work; one that is
not settled (a crash) is taken up again when its lease is over. What nobody could read falls to the people.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog

from jobs.photo_readers import ReaderError
from jobs.photo_seen import photo_seen
from jobs.secrecy import mask
from jobs.work import Actor
from storage import photo_looks, photo_views
from storage.database import DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from domain.photo_reading import Seen
    from jobs.photo_readers import PhotoReader
    from jobs.work import Work
    from jobs.workplace import Workplace
    from storage.photo_looks import ToLookAt

_SERVICE = Actor(None, "billing")
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Tempo:
    """Photos at once; seconds between unasked looks for work, of one reader's turn, of the wait after a failure.

    A lease must outlast the turns of all readers.
    """

    slots: int = 4
    poll: float = 5.0
    turn: float = 40.0
    again: float = 20.0
    lease: timedelta = timedelta(minutes=3)


@dataclass(slots=True)
class _Desk:
    """The readers in order of preference, until when each is not to be asked, and what is being looked at."""

    place: Workplace
    readers: Sequence[PhotoReader]
    tempo: Tempo
    paused_until: dict[str, float] = field(default_factory=dict)
    looking: set[asyncio.Task[None]] = field(default_factory=set)
    wake: asyncio.Event = field(default_factory=asyncio.Event)


async def look_forever(place: Workplace, readers: Sequence[PhotoReader], tempo: Tempo | None = None) -> None:
    """Look at whatever waits, until cancelled; a database that is down is tried again."""
    desk = _Desk(place, readers, tempo or Tempo())
    listening = asyncio.create_task(_listen(desk))
    try:
        while True:
            desk.wake.clear()
            if not await _begin(desk):
                with suppress(TimeoutError):  # not wait_for(): up to Python 3.11 it can lose a cancellation
                    async with asyncio.timeout(desk.tempo.poll):
                        await desk.wake.wait()
    finally:
        for task in (listening, *desk.looking):
            task.cancel()
        await asyncio.gather(listening, *desk.looking, return_exceptions=True)


async def look_at_some(place: Workplace, readers: Sequence[PhotoReader], tempo: Tempo | None = None) -> int:
    """Look at photos that are due now, as many as are taken at once; how many were taken."""
    desk = _Desk(place, readers, tempo or Tempo())
    taken = await _begin(desk)
    await asyncio.gather(*desk.looking)
    return taken


async def _listen(desk: _Desk) -> None:
    async for _ in _heard(desk):
        desk.wake.set()


def _heard(desk: _Desk) -> AsyncIterator[str]:
    return desk.place.database.listen(photo_looks.WAKE)


async def _begin(desk: _Desk) -> int:
    """Begin with as many photos as there is room for; how many."""
    room = desk.tempo.slots - len(desk.looking)
    found = await _leased(desk, room) if room > 0 else []
    for photo in found:
        task = asyncio.create_task(_look_safely(desk, photo))
        desk.looking.add(task)
        task.add_done_callback(partial(_ended, desk))
    return len(found)


def _ended(desk: _Desk, task: asyncio.Task[None]) -> None:
    desk.looking.discard(task)
    desk.wake.set()


async def _leased(desk: _Desk, room: int) -> list[ToLookAt]:
    lease = partial(photo_looks.lease, now=desk.place.clock(), length=desk.tempo.lease, limit=room)
    try:
        return await desk.place.database.run(lease)
    except DatabaseUnavailable as error:
        _log.warning("photos wait for the database", reason=mask(str(error)))
        return []


async def _look_safely(desk: _Desk, photo: ToLookAt) -> None:
    """Whatever goes wrong with one photo, the others are looked at; its lease runs out then."""
    try:
        await _look(desk, photo)
    except DatabaseUnavailable as error:
        _log.warning("photo waits for the database", photo=photo.photo_id, reason=mask(str(error)))
    except Exception:  # noqa: BLE001 - whatever it is, it is this photo's alone
        _log.exception("photo not looked at", photo=photo.photo_id)


async def _look(desk: _Desk, photo: ToLookAt) -> None:
    seen, hopeless = (None, True) if photo.is_over else await _read(desk, photo)
    if seen is None and not hopeless and not photo.is_last:
        again_at = desk.place.clock() + timedelta(seconds=desk.tempo.again * photo.tries)
        await desk.place.database.run(partial(photo_looks.later, photo=photo, again_at=again_at))
        return
    await desk.place.do(_SERVICE, f"photo{photo.photo_id}", partial(_keep, photo=photo, seen=seen))


async def _read(desk: _Desk, photo: ToLookAt) -> tuple[Seen | None, bool]:
    """What the first reader sees that sees anything; without, whether it is useless to try again."""
    hopeless = True
    for reader in desk.readers:
        if desk.paused_until.get(reader.name, 0) > asyncio.get_running_loop().time():
            hopeless = False
            continue
        try:
            async with asyncio.timeout(desk.tempo.turn):
                return await reader.read(photo.jpeg), False
        except ReaderError as error:
            hopeless = hopeless and error.permanent
            _told(desk, reader, photo, error)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one reader, the next is asked
            hopeless = False
            _told(desk, reader, photo, error)
    return None, hopeless


def _told(desk: _Desk, reader: PhotoReader, photo: ToLookAt, error: Exception) -> None:
    if isinstance(error, ReaderError) and error.pause is not None:
        until = asyncio.get_running_loop().time() + error.pause.total_seconds()
        desk.paused_until[reader.name] = until
    reason = mask(f"{type(error).__name__}: {error}")
    _log.warning("photo not read", photo=photo.photo_id, reader=reader.name, reason=reason)


async def _keep(work: Work, photo: ToLookAt, seen: Seen | None) -> None:
    """Store what was seen and tell whom it concerns, in one transaction; not where somebody else holds the photo."""
    asked = await photo_looks.settle(work.conn, photo, "unread" if seen is None else "seen")
    if asked is None:
        _log.warning("photo was taken over", photo=photo.photo_id)
        return
    if seen is not None:
        by = asked[-1].person_id if asked else None
        await photo_views.add(work.conn, photo.photo_id, seen, work.now, by)
    await photo_seen(work, photo.photo_id, asked)
