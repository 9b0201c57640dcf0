"""What the clock starts: bills become overdue once a day, in whichever process is first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, time
from typing import Final

import structlog

from jobs.secrecy import mask
from jobs.statuses import mark_overdue
from jobs.work import Actor, Society, Work
from storage import job_runs
from storage.database import Connection, Database, DatabaseUnavailable

OVERDUE_AT: Final = time(11)
_EVERY: Final = 300.0

_log = structlog.get_logger()


async def mark_overdue_today(database: Database, society: Society, now: datetime) -> bool:
    """Mark what is overdue, from 11:00 in the society's time zone; false where it is too early or was done today."""
    local = now.astimezone(society.zone)
    if local.time() < OVERDUE_AT:
        return False
    period = local.date().isoformat()

    async def run(conn: Connection) -> bool:
        if not await job_runs.begin(conn, "mark_overdue", period):
            return False
        changed = await mark_overdue(Work(conn, now, society, Actor(None, "schedule"), "CLOCK"))
        await job_runs.finish(conn, "mark_overdue", period, {"bills": len(changed)})
        return True

    return await database.run(run)


async def keep_schedule(database: Database, society: Society, clock: Callable[[], datetime]) -> None:
    """Look now and every few minutes, until cancelled; what was missed while nothing ran is done at the next look."""
    while True:
        try:
            await mark_overdue_today(database, society, clock())
        except DatabaseUnavailable as error:
            _log.warning("overdue bills not marked", reason=mask(str(error)))
        await asyncio.sleep(_EVERY)
