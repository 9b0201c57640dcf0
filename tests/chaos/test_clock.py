"""P9 and P10 with real processes: a lost worker's job is taken over, a missed first of the month is made up for."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.chaos.processes import ROOT, Worker

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

BEFORE = "2026-10-31T23:00:00+05:30"
FIRST = "2026-11-01T02:00:00+05:30"


@pytest.fixture
async def conn(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """The service has run in October."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("insert into job_runs (job, period, state) values ('monthly_bills', '2026-09', 'done')")
    yield connection
    await connection.close()


@pytest.fixture
async def workers() -> AsyncIterator[list[Worker]]:
    started: list[Worker] = []
    yield started
    for worker in started:
        await worker.end()
        worker._log.unlink()


async def start(workers: list[Worker], dsn: str, name: str, now: str = FIRST, **order: Any) -> Worker:
    asked = json.dumps({"dsn": dsn, "name": name, "now": now, **order})
    with tempfile.NamedTemporaryFile(suffix=".log", delete=False) as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.chaos.clock_worker",
            asked,
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    workers.append(Worker(process, Path(log.name)))
    await workers[-1].says("ready")
    return workers[-1]


async def settled(conn: asyncpg.Connection, periods: list[str], seconds: float = 60) -> None:
    sql = "select array_agg(period order by period) from job_runs where state = 'done' and period > '2026-09'"
    async with asyncio.timeout(seconds):
        while await conn.fetchval(sql) != periods:
            await asyncio.sleep(0.1)


async def ran(conn: asyncpg.Connection) -> list[tuple[str, str]]:
    """(period and step, by whom) in order."""
    rows = await conn.fetch("select subject_id, actor from audit where action = 'ran' order by id")
    return [(row["subject_id"], row["actor"]) for row in rows]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_job_is_taken_over_and_the_zombie_writes_nothing(
    dsn: str, conn: asyncpg.Connection, workers: list[Worker], number: signal.Signals
) -> None:
    zombie = await start(workers, dsn, "zombie", hangs=0.7)
    await zombie.says("step 0")
    zombie.send(number)
    await start(workers, dsn, "heir")
    await settled(conn, ["2026-10"])
    before = await state(conn)
    zombie.send(signal.SIGCONT)
    if number == signal.SIGSTOP:
        async with asyncio.timeout(20):
            while "taken over" not in zombie.log:
                await asyncio.sleep(0.1)
    await asyncio.sleep(2)
    assert await state(conn) == before
    assert await ran(conn) == [("2026-10 0", "zombie"), ("2026-10 1", "heir"), ("2026-10 2", "heir")]
    assert await conn.fetchval("select result ->> 'by' from job_runs where period = '2026-10'") == "heir"


async def state(conn: asyncpg.Connection) -> tuple[list[asyncpg.Record], list[asyncpg.Record]]:
    return await conn.fetch("select * from job_runs order by id"), await conn.fetch("select * from audit order by id")


async def test_a_worker_told_to_stop_hands_over_at_once(
    dsn: str, conn: asyncpg.Connection, workers: list[Worker]
) -> None:
    leaving = await start(workers, dsn, "leaving", hangs=30)
    await leaving.says("step 0")
    leaving.send(signal.SIGTERM)
    await leaving.says("drained")
    assert await conn.fetchval("select leased_until <= now() and attempts = 0 from job_runs where period = '2026-10'")
    await start(workers, dsn, "heir")
    await settled(conn, ["2026-10"])


@pytest.mark.parametrize(
    "back", ["2026-11-01T02:00:02+05:30", "2026-11-01T03:00:00+05:30", "2026-11-04T02:00:00+05:30"]
)
async def test_a_first_that_was_missed_is_made_up_for_once_by_two(
    dsn: str, conn: asyncpg.Connection, workers: list[Worker], back: str
) -> None:
    before = await start(workers, dsn, "before", BEFORE)
    await asyncio.sleep(0.6)
    assert await before.end(signal.SIGTERM) == 0
    assert await ran(conn) == []
    await asyncio.gather(start(workers, dsn, "one", back), start(workers, dsn, "other", back))
    await settled(conn, ["2026-10"])
    await asyncio.sleep(1)
    assert [period for period, _ in await ran(conn)] == ["2026-10 0", "2026-10 1", "2026-10 2"]
    assert await conn.fetchval("select attempts from job_runs where period = '2026-10'") == 1
