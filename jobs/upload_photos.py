"""Photos on their way out of the database: into the local folder always, to the outside store where there is one.

No reading waits for this. A photo is leased by its row, so that any number of processes share the work; one that is
not settled (a crash) is taken up again when its lease is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

import structlog

from jobs.photo_intake import PhotoStoreError, StoredCopy
from jobs.submit_reading import PHOTO_TIME
from storage import photos
from storage.database import Database, DatabaseUnavailable
from storage.photos import Copy, Upload

BATCH = 5
LEASE = timedelta(minutes=5)
PAUSE = 5.0
"""Seconds between two looks for work."""
SHORTEST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=6)
MOST_ATTEMPTS = 20
"""About four days with the waits between them."""

SaveCopy = Callable[[int, date, bytes], Path]
"""Writes a photo of a meter (0: of none) and day into the local folder; blocks; raises `OSError`."""

_log = structlog.get_logger()


class PhotoStore(Protocol):
    """Where photos are kept outside."""

    async def upload(self, jpeg: bytes) -> StoredCopy:
        """Store one photo; the same photo again is no harm. Raises `PhotoStoreError`."""

    async def remove(self, url: str) -> None:
        """Delete what was stored at this address; gone already is fine. Raises `PhotoStoreError`."""


async def work_forever(database: Database, save: SaveCopy, store: PhotoStore | None) -> None:
    """Copy and upload whatever waits, until cancelled; a database or disk that is down is tried again."""
    while True:
        try:
            busy = await copy_some(database, save) + (await upload_some(database, store) if store else 0)
        except (DatabaseUnavailable, OSError) as error:
            _log.warning("photos wait", reason=str(error))
            busy = 0
        await asyncio.sleep(0 if busy else PAUSE)


async def copy_some(database: Database, save: SaveCopy) -> int:
    """Write a few photos into the local folder; how many. Raises `OSError` where the disk refuses."""
    async with database.transaction() as conn:
        found = await photos.uncopied(conn, datetime.now(UTC) - 2 * PHOTO_TIME, BATCH)
    for copy in found:
        path = await asyncio.to_thread(_write, save, copy)
        await database.run(partial(photos.copied, photo_id=copy.photo_id, file_name=path.name))
    return len(found)


async def upload_some(database: Database, store: PhotoStore) -> int:
    """Upload a few photos that are due; how many were tried."""
    lease = partial(photos.lease_uploads, now=datetime.now(UTC), lease=LEASE, limit=BATCH)
    found = await database.run(lease)
    for upload in found:
        await _upload(database, store, upload)
    return len(found)


def wait_after(attempts: int) -> timedelta:
    """How long to wait after this many failures: half a minute, doubled each time, at most six hours."""
    doublings = min(attempts - 1, MOST_ATTEMPTS)
    return min(SHORTEST_WAIT * (1 << doublings), LONGEST_WAIT)


def _write(save: SaveCopy, copy: Copy) -> Path:
    return save(copy.meter_id, copy.taken_on, copy.jpeg)


async def _upload(database: Database, store: PhotoStore, upload: Upload) -> None:
    try:
        stored = await store.upload(upload.jpeg)
    except PhotoStoreError as error:
        again_at = _again_at(upload, error)
        _log.warning("photo not uploaded", photo=upload.photo_id, reason=str(error), again_at=str(again_at))
        await database.run(partial(photos.upload_failed, upload=upload, again_at=again_at))
        return
    await database.run(partial(photos.uploaded, upload=upload, url=stored.url))


def _again_at(upload: Upload, error: PhotoStoreError) -> datetime | None:
    if error.permanent or upload.attempts >= MOST_ATTEMPTS:
        return None
    return datetime.now(UTC) + wait_after(upload.attempts)
