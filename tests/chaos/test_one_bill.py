"""Promise P1: one bill for each reading and (flat, start), whoever races."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial

import pytest

from domain.period import Month
from jobs.approve_reading import Approved, Changed, Decided, OwnReading, approve, preview
from jobs.issue_bill import Issued, issue
from jobs.verify import verify
from jobs.work import Work
from storage.database import Connection, Database, open_database
from tests.society import Resident, Town, build, work

WORKERS = 16
NOW = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)


@pytest.fixture
async def many(dsn: str) -> AsyncIterator[Database]:
    """A pool with a connection for every worker."""
    database = await open_database(dsn, max_size=WORKERS)
    yield database
    await database.close()


async def flats_with_readings(conn: Connection, flats: int, months: int, state: str) -> list[list[int]]:
    """Flats beside those of the town, each with a reading a month; reading ids by month."""
    await conn.execute(
        """with f as (insert into flats (code) select 'Z' || n || '-GF' from generate_series(1, $1) n returning id),
                m as (insert into meters (meter_number, flat_id) select 'Z' || id, id from f returning id),
                o as (insert into owners (name) values ('Z') returning id),
                fo as (insert into flat_owners (flat_id, owner_id, is_primary) select f.id, o.id, true from f, o)
           insert into readings (meter_id, reading_date, reading_value, state)
           select m.id, (date '2026-01-28' + make_interval(months => k))::date, 100 + k, $3
           from m, generate_series(0, $2 - 1) k""",
        flats,
        months,
        state,
    )
    rows = await conn.fetch("select id, reading_date from readings where reading_value >= 100 order by id")
    by_month: dict[Month, list[int]] = {}
    for row in rows:
        by_month.setdefault(Month.of(row["reading_date"]), []).append(row["id"])
    return [by_month[month] for month in sorted(by_month)]


async def approve_until_decided(database: Database, who: Resident, reading_id: int) -> type:
    """Press what the card shows, as often as the card is drawn again; what came of it at last."""

    async def once(conn: Connection) -> type:
        todo: Work = work(conn, who, NOW)
        seen = await preview(todo, reading_id)
        return type(await approve(todo, reading_id, seen.draft.reading.version, seen.draft.total))

    outcome = await database.run(once)
    return await approve_until_decided(database, who, reading_id) if outcome is Changed else outcome


async def test_sixteen_admins_press_approve_at_once(many: Database) -> None:
    async with many.transaction() as conn:
        town = await build(conn)
        months = await flats_with_readings(conn, 4, 3, "pending")
        sql = "insert into flat_owners (flat_id, owner_id) select id, $1 from flats where code like 'Z%'"
        await conn.execute(sql, town.flat("B17-FF").owner_id)
    for month in months:
        for reading_id in month:
            outcomes = await asyncio.gather(
                *(approve_until_decided(many, (town.rekha, town.mohan)[n % 2], reading_id) for n in range(WORKERS))
            )
            assert sorted(one.__name__ for one in outcomes) == ["Approved"] + ["Decided"] * (WORKERS - 1)
    await exactly(many, 12)
    async with many.transaction() as conn:
        told = await conn.fetch("select bill_id from notifications where kind = 'bill'")
        assert len(told) == len({row["bill_id"] for row in told}) == 12


async def test_an_engineer_who_is_an_admin_never_wins_the_race_for_their_own(many: Database) -> None:
    async with many.transaction() as conn:
        town = await build(conn)
        ((reading_id,),) = await flats_with_readings(conn, 1, 1, "pending")
        await conn.execute("update readings set submitted_by = $1", town.rekha.person_id)
    outcomes = await asyncio.gather(*(approve_until_decided(many, town.rekha, reading_id) for _ in range(WORKERS)))
    assert {*outcomes} == {OwnReading}
    assert await approve_until_decided(many, town.mohan, reading_id) is Approved
    assert await approve_until_decided(many, town.rekha, reading_id) is Decided


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_sixteen_workers_issue_two_hundred_flats_for_twelve_months(many: Database) -> None:
    async with many.transaction() as conn:
        town = await build(conn)
        months = await flats_with_readings(conn, 200, 12, "approved")
    issued = await asyncio.gather(*(run(many, town, months, random.Random(seed)) for seed in range(WORKERS)))
    assert sum(issued) == 2400
    assert await run(many, town, months, random.Random(99)) == 0
    await exactly(many, 2400)


async def run(database: Database, town: Town, months: list[list[int]], dice: random.Random) -> int:
    """One worker through every month, the flats in an order of its own; how many bills were its own."""
    own = 0
    for month in months:
        for reading_id in dice.sample(month, len(month)):
            own += await database.run(partial(_issue, town, reading_id))
    return own


async def _issue(town: Town, reading_id: int, conn: Connection) -> int:
    return isinstance(await issue(work(conn, town.rekha, NOW), reading_id), Issued)


async def exactly(database: Database, count: int) -> None:
    """So many bills, one for each reading and start, each charged once, and the books are right."""
    async with database.transaction() as conn:
        row = await conn.fetchrow(
            """select count(*), count(distinct flat_reading_id), count(distinct (flat_id, billing_period_start)),
                      (select count(*) from account_entries where kind = 'CHARGE'), min(previous_outstanding)
               from bills"""
        )
        assert row is not None
        assert tuple(row) == (count, count, count, count, Decimal("0.00"))
        assert (await verify(conn)).ok
        assert await conn.fetchval("select min(billing_period_start) from bills") == date(2026, 1, 1)
