"""P2: the right month in India, at the last and the first second of each, wherever process and database stand."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import asyncpg
import pytest

from domain.period import Month
from jobs.approve_reading import Approved, approve, preview
from jobs.submit_reading import Saved, Submission, submit
from storage.database import Connection, open_database
from tests.society import Town, build, work

MONTHS = [Month(2027 + number // 12, number % 12 + 1) for number in range(14)]
"""January 2027 to February 2028: the last day of that is the 29th."""


@pytest.fixture(params=["UTC", "America/Los_Angeles", "Asia/Tokyo"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The time zone of this process."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


async def test_bills_at_midnight(dsn: str, zone: str) -> None:
    await set_database_zone(dsn, zone)
    database = await open_database(dsn)
    try:
        async with database.transaction() as conn:
            town = await build(conn)
            for number, month in enumerate(MONTHS):
                midnight = datetime.combine(month.last_day, datetime.min.time(), UTC) + timedelta(hours=18, minutes=30)
                await bill(conn, town, "B17-FF", 100 + number, midnight - timedelta(seconds=1))
                await bill(conn, town, "B17-GF", 100 + number, midnight)
            last, first = await bills(conn, town, "B17-FF"), await bills(conn, town, "B17-GF")
    finally:
        await database.close()
    days = [month.last_day for month in MONTHS]
    assert days[-1] == date(2028, 2, 29)
    assert last == [(month.first_day, month.last_day, ten_after(month.last_day)) for month in MONTHS]
    nexts = [day + timedelta(days=1) for day in days]
    starts = [nexts[0], *(day + timedelta(days=1) for day in nexts[:-1])]
    assert first == [(start, end, ten_after(end)) for start, end in zip(starts, nexts, strict=True)]


def ten_after(day: date) -> date:
    return day + timedelta(days=10)


async def set_database_zone(dsn: str, zone: str) -> None:
    conn = await asyncpg.connect(dsn)
    try:
        name = await conn.fetchval("select current_database()")
        await conn.execute(f"alter database {name} set timezone = '{zone}'")
    finally:
        await conn.close()


async def bill(conn: Connection, town: Town, flat: str, value: int, at: datetime) -> None:
    """Sent and approved in the same second."""
    sent = Submission(flat, Decimal(value), None, None, key=f"{flat} {at}", sent_at=at)
    saved = await submit(work(conn, town.ravi, at), sent)
    assert isinstance(saved, Saved)
    todo = work(conn, town.rekha, at)
    seen = await preview(todo, saved.reading.id)
    outcome = await approve(todo, saved.reading.id, saved.reading.version, seen.draft.total)
    assert isinstance(outcome, Approved)


async def bills(conn: Connection, town: Town, flat: str) -> list[tuple[date, date, date]]:
    """(first day, last day, due) in order."""
    rows = await conn.fetch(
        "select billing_period_start, billing_period_end, due_date from bills where flat_id = $1 order by id",
        town.flat(flat).flat_id,
    )
    return [(row[0], row[1], row[2]) for row in rows]
