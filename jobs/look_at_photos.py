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

    A turn begins when the reader is free and must outlast its own limits. A lease must outlast the turns of all
    readers, and of the other photos at one that takes them one by one. `patience`: how long a pause is waited for; a
    reader that pauses for longer is as good as none.
    """

    slots: int = 4
    poll: float = 5.0
    turn: float = 60.0
    again: float = 20.0
    lease: timedelta = timedelta(minutes=6)
    patience: float = 86400.0


class _PausedError(Exception):
    """The reader is not to be asked for so many seconds."""

    def __init__(self, left: float) -> None:
        super().__init__(left)
        self.left = left


@dataclass(frozen=True, slots=True)
class _Later:
    """Seconds until the photo is looked at once more; `counted`: somebody has looked at it in vain."""

    seconds: float
    counted: bool


@dataclass(slots=True)
class _Desk:
    """The readers in order of preference, until when each is not to be asked, and what is being looked at."""

    place: Workplace
    readers: Sequence[PhotoReader]
    tempo: Tempo
    paused_until: dict[str, float] = field(default_factory=dict)
    chairs: dict[str, asyncio.Semaphore] = field(default_factory=dict)
    looking: set[asyncio.Task[None]] = field(default_factory=set)
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def pause(self, reader: PhotoReader) -> float:
        """Seconds until it may be asked again."""
        return max(0.0, self.paused_until.get(reader.name, 0) - asyncio.get_running_loop().time())

    def chair(self, reader: PhotoReader) -> asyncio.Semaphore:
        """Held while it looks at a photo."""
        return self.chairs.setdefault(reader.name, asyncio.Semaphore(reader.at_once))

    @property
    def room(self) -> int:
        """How many photos can be looked at now: none while all readers pause, unless none is worth waiting for."""
        there = [one for one in self.readers if self.pause(one) <= self.tempo.patience]
        free = max((one.at_once for one in there if not self.pause(one)), default=0) if there else self.tempo.slots
        return min(free, self.tempo.slots) - len(self.looking)


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
    found = await _leased(desk, desk.room) if desk.room > 0 else []
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
    seen = None if photo.is_over else await _read(desk, photo)
    if isinstance(seen, _Later):
        again_at = desk.place.clock() + timedelta(seconds=seen.seconds)
        later = partial(photo_looks.later, photo=photo, again_at=again_at, counted=seen.counted)
        await desk.place.database.run(later)
        return
    await desk.place.do(_SERVICE, f"photo{photo.photo_id}", partial(_keep, photo=photo, seen=seen))


async def _read(desk: _Desk, photo: ToLookAt) -> Seen | _Later | None:
    """What the first reader sees that sees anything, or when to try again; None: it is useless, or was the last try."""
    failures: list[Exception] = []
    for reader in desk.readers:
        try:
            return await _asked(desk, reader, photo)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one reader, the next is asked
            failures.append(error)
            _told(desk, reader, photo, error)
    waits = [one.left for one in failures if isinstance(one, _PausedError) and one.left <= desk.tempo.patience]
    if waits:
        return _Later(min(waits), counted=False)
    if photo.is_last or all(isinstance(one, ReaderError) and one.permanent for one in failures):
        return None
    return _Later(desk.tempo.again * photo.tries, counted=True)


async def _asked(desk: _Desk, reader: PhotoReader, photo: ToLookAt) -> Seen:
    """Its time begins when it is free. Raises `_PausedError` and whatever the reader raises."""
    async with desk.chair(reader):
        if left := desk.pause(reader):
            raise _PausedError(left)
        async with asyncio.timeout(desk.tempo.turn):
            return await reader.read(photo.jpeg)


def _told(desk: _Desk, reader: PhotoReader, photo: ToLookAt, error: Exception) -> None:
    if isinstance(error, _PausedError):
        return
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
