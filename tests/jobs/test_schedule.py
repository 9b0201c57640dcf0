"""The clock: what is due runs once a day, however many processes look, and is caught up when none did."""

import asyncio
from datetime import timedelta

from jobs.schedule import mark_overdue_today
from storage.database import Database
from tests.billing import NOW, issue
from tests.society import SOCIETY, build, work


async def _one_bill(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        await issue(work(conn, town.rekha, NOW), town.flat("B17-FF").flat_id, "146")


async def _statuses(db: Database) -> list[str]:
    async with db.transaction() as conn:
        return [row["status"] for row in await conn.fetch("select status from bills")]


async def test_a_bill_is_overdue_after_its_due_day_from_eleven_o_clock(db: Database) -> None:
    await _one_bill(db)
    noon = NOW.astimezone(SOCIETY.zone).replace(hour=12, minute=0)
    due = noon + timedelta(days=SOCIETY.due_days)
    assert await mark_overdue_today(db, SOCIETY, due)
    assert await _statuses(db) == ["pending"]
    assert not await mark_overdue_today(db, SOCIETY, (due + timedelta(days=1)).replace(hour=10, minute=59))
    assert await mark_overdue_today(db, SOCIETY, (due + timedelta(days=1)).replace(hour=11))
    assert await _statuses(db) == ["overdue"]


async def test_many_processes_mark_once_a_day(db: Database) -> None:
    noon = NOW.astimezone(SOCIETY.zone).replace(hour=12)
    assert sorted(await asyncio.gather(*[mark_overdue_today(db, SOCIETY, noon) for _ in range(5)])) == [False] * 4 + [
        True
    ]
    assert not await mark_overdue_today(db, SOCIETY, noon + timedelta(hours=3))


async def test_days_that_were_missed_are_caught_up(db: Database) -> None:
    await _one_bill(db)
    much_later = (NOW + timedelta(days=60)).astimezone(SOCIETY.zone).replace(hour=23)
    assert await mark_overdue_today(db, SOCIETY, much_later)
    assert await _statuses(db) == ["overdue"]
