"""Which scheduled job ran for which period: the row decides who runs it, so that it runs once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.database import Connection


async def begin(conn: Connection, job: str, period: str) -> bool:
    """Take the job for the period; false where it ran, or runs in another process. Undone with the transaction."""
    sql = "insert into job_runs (job, period) values ($1, $2) on conflict (job, period) do nothing returning id"
    return await conn.fetchval(sql, job, period) is not None


async def finish(conn: Connection, job: str, period: str, result: Mapping[str, Any]) -> None:
    """Note what came of it."""
    sql = "update job_runs set state = 'done', finished_at = now(), result = $3 where job = $1 and period = $2"
    await conn.execute(sql, job, period, result)
