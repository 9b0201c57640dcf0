"""A monthly run whose process is killed again and again comes to the same bills as one that is left alone."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import asyncpg
import pytest

from jobs.verify import verify
from storage.database import Connection, Database
from tests.programs import ROOT, environment
from tests.society import build

FLATS = 3_000
KILLS = 5
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_SOCIETY = """
    with f as (insert into flats (code) select 'Z' || n || '-GF' from generate_series(1, $1) n returning id),
         m as (insert into meters (meter_number, flat_id) select 'Z' || id, id from f returning id)
    insert into readings (meter_id, reading_date, reading_value, state)
    select id, date '2026-10-20', 100 + id % 50, 'approved' from m"""


@pytest.fixture
async def society(dsn: str) -> None:
    conn = await asyncpg.connect(dsn)
    await build(conn)
    await conn.execute(_SOCIETY, FLATS)
    await conn.close()


def command(dsn: str, folder: Path) -> subprocess.Popen[str]:
    """`billing issue` as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "issue", "--month", "2026-10", "--json"],
        cwd=folder,
        env=environment({"DATABASE_URL": dsn, "DATA_DIR": str(folder), "PYTHONPATH": str(ROOT)}),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


async def issued(db: Database) -> int:
    async with db.transaction() as conn:
        count: int = await conn.fetchval("select count(*) from bills")
        return count


async def check(conn: Connection) -> None:
    row = await conn.fetchrow(
        """select count(*), count(distinct flat_reading_id), count(distinct (flat_id, billing_period_start)),
                  (select count(*) from account_entries where kind = 'CHARGE'), min(billing_period_end)
           from bills"""
    )
    assert row is not None
    assert tuple(row) == (FLATS, FLATS, FLATS, FLATS, date(2026, 10, 20))
    assert await conn.fetchval("select count(*) from bill_run_items where outcome <> 'issued'") == 0
    assert (await verify(conn)).ok


async def test_killed_and_doubled_runs_issue_each_bill_once(
    dsn: str, db: Database, society: None, tmp_path: Path
) -> None:
    chance = random.Random(KILLS)
    for _ in range(KILLS):
        two = [command(dsn, tmp_path) for _ in range(2)]
        before = await issued(db)
        deadline = time.monotonic() + 60
        while await issued(db) == before < FLATS and time.monotonic() < deadline:
            time.sleep(0.02)  # noqa: ASYNC251 - nothing else runs here
        time.sleep(chance.uniform(0, 0.2))  # noqa: ASYNC251
        for one in two:
            one.send_signal(signal.SIGKILL)
            one.communicate()
    left_alone = command(dsn, tmp_path)
    out, _ = left_alone.communicate(timeout=120)
    done = json.loads(out)
    assert left_alone.returncode == 0
    assert done["issued"] + done["already_billed"] == FLATS
    async with db.transaction() as conn:
        await check(conn)
