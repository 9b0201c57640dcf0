"""Copies of forgotten photos: deleted from the local folder and from the outside store, what came of it in the row.

The content goes with the forgetting itself. A copy is leased by its row, as when it was made; a store that is down is
tried again for days, one that refuses is named in the log and by doctor, because somebody has to delete by hand there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import structlog

from jobs.photo_intake import PhotoStoreError
from jobs.secrecy import mask
from jobs.upload_photos import BATCH, LEASE, MOST_ATTEMPTS, PhotoStore, wait_after
from storage import photos
from storage.database import Database, DatabaseUnavailable
from storage.photos import Leaving

PAUSE = 60.0
"""Seconds between two looks for work."""

DeleteCopy = Callable[[str], bool]
"""Deletes a photo from the local folder by its name; false: it has none. Blocks; raises `OSError`."""


class _NoStore:
    """The store was taken out of the settings since."""

    async def remove(self, url: str) -> None:  # noqa: ARG002 - as every store's
        raise PhotoStoreError("The outside store is not configured any more.", permanent=False)


_log = structlog.get_logger()


async def remove_forever(database: Database, delete: DeleteCopy, store: PhotoStore | None) -> None:
    """Delete whatever is to leave, until cancelled; a database that is down is tried again."""
    while True:
        try:
            busy = await remove_some(database, delete, store)
        except DatabaseUnavailable as error:
            _log.warning("photos wait to be deleted", reason=mask(str(error)))
            busy = 0
        await asyncio.sleep(0 if busy else PAUSE)


async def remove_some(database: Database, delete: DeleteCopy, store: PhotoStore | None) -> int:
    """Delete the copies of a few forgotten photos; how many were tried."""
    found = await database.run(partial(photos.lease_leaving, now=datetime.now(UTC), lease=LEASE, limit=BATCH))
    for photo in found:
        await _from_folder(database, delete, photo)
        if photo.url is not None:
            await _from_store(database, store, photo, photo.url)
    return len(found)


async def _from_folder(database: Database, delete: DeleteCopy, photo: Leaving) -> None:
    if not photo.file_name:
        return
    try:
        was_there = await asyncio.to_thread(delete, photo.file_name)
    except OSError as error:
        _log.warning("photo not deleted from the folder", photo=photo.photo_id, reason=str(error.strerror))
        return
    if not was_there:
        _log.warning("photo was not in the folder", photo=photo.photo_id)
    await database.run(partial(photos.file_deleted, photo=photo))


async def _from_store(database: Database, store: PhotoStore | None, photo: Leaving, url: str) -> None:
    try:
        await (store or _NoStore()).remove(url)
    except PhotoStoreError as error:
        gives_up = error.permanent or (store is not None and photo.attempts >= MOST_ATTEMPTS)
        again_at = None if gives_up else datetime.now(UTC) + wait_after(photo.attempts)
        _log.warning("photo not deleted outside", photo=photo.photo_id, reason=str(error), again_at=str(again_at))
        await database.run(partial(photos.copy_not_deleted, photo=photo, again_at=again_at))
        return
    await database.run(partial(photos.copy_deleted, photo=photo))
