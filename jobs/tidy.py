"""Forgets what is no longer needed, as domain/retention.py says, a batch a transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final

import structlog

from domain.retention import Kept, kept_since
from jobs.secrecy import mask
from storage.database import Database, DatabaseUnavailable
from storage.retention import SWEEPS

if TYPE_CHECKING:
    from storage.database import Connection

BATCH: Final = 2000
"""Rows a transaction: nobody waits for long. What was missed while nothing ran is caught up batch by batch."""
PHOTO_BATCH: Final = 50
_EVERY: Final = 6 * 3600.0

_log = structlog.get_logger()


async def tidy(database: Database, now: datetime) -> dict[Kept, int]:
    """How many of each were forgotten, those of none left out. Several processes may: each takes what is left."""
    forgotten = {what: await _all(database, what, now) for what in SWEEPS}
    return {what: count for what, count in forgotten.items() if count}


async def _all(database: Database, what: Kept, now: datetime) -> int:
    total, limit = 0, PHOTO_BATCH if what is Kept.PHOTOS else BATCH

    async def sweep(conn: Connection) -> int:
        return await SWEEPS[what](conn, kept_since(what, now), limit)

    while count := await database.run(sweep):
        total += count
        if count < limit:
            break
    return total


async def keep_tidy(database: Database, clock: Callable[[], datetime]) -> None:
    """Tidies now and every few hours, until cancelled."""
    while True:
        try:
            forgotten = await tidy(database, clock())
            _log.debug("tidied", **{what.name.lower(): count for what, count in forgotten.items()})
        except DatabaseUnavailable as error:
            _log.warning("not tidied", reason=mask(str(error)))
        await asyncio.sleep(_EVERY)
