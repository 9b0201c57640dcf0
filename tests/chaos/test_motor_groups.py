"""Promise P1 where flats share motors: whoever races, each flat is billed once, and the shares are exact."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from functools import partial

import pytest

from jobs.approve_reading import Changed, Decided, approve, look
from jobs.bill_motor_group import bill_now, fingerprint
from jobs.issue_bill import issue
from jobs.motor_groups import waiting
from jobs.verify import verify
from storage import readings
from storage.database import Connection, Database, open_database
from tests.motors import NOW, TWELVE, grow, motor_meter, read
from tests.society import Town, build, work

WORKERS = 16
MONTHS = (8, 9, 10)
AGAIN = 0.2


@pytest.fixture
async def many(dsn: str) -> AsyncIterator[Database]:
    """A pool with a connection for every worker."""
    database = await open_database(dsn, max_size=WORKERS)
    yield database
    await database.close()


async def pending_months(conn: Connection, town: Town) -> list[int]:
    """Twelve flats and their motor read in each month, none of it decided; 100.01, 100.02 and 100.03 units."""
    meters = await grow(conn, town)
    found = []
    for place, month in enumerate(MONTHS, start=1):
        day = date(2026, month, 28)
        for n, code in enumerate(TWELVE):
            found.append(await read(conn, town.ravi, meters[code], str(n * 13 + month), on=day))
        found.append(await read(conn, town.ravi, await motor_meter(conn, town), f"100.0{place}", on=day))
    return found


async def one_press(town: Town, reading_id: int, admin: int, conn: Connection) -> type:
    todo = work(conn, (town.rekha, town.mohan)[admin], NOW)
    seen = await look(todo, reading_id)
    return type(await approve(todo, reading_id, seen.draft.reading.version, seen.draft.total))


async def worker(database: Database, town: Town, reading_ids: list[int], seed: int) -> None:
    """Everything in an order of its own: a flat's months in any order, then the run's way over what is approved."""
    dice = random.Random(seed)
    for reading_id in dice.sample(reading_ids, len(reading_ids)):
        while await database.run(partial(one_press, town, reading_id, seed % 2)) is Changed:
            pass
        if dice.random() < AGAIN:
            await database.run(partial(issued_again, town, reading_id))


async def issued_again(town: Town, reading_id: int, conn: Connection) -> None:
    """As the monthly run would, whether it waits or is billed."""
    if not (await readings.get(conn, reading_id)).meter.is_motor:
        await issue(work(conn, town.rekha, NOW), reading_id)


async def exact(database: Database, bills: int) -> None:
    async with database.transaction() as conn:
        row = await conn.fetchrow(
            "select count(*), count(distinct flat_reading_id), count(distinct (flat_id, billing_period_start)), "
            "(select count(*) from account_entries where kind = 'CHARGE') from bills"
        )
        assert row is not None
        assert tuple(row) == (bills,) * 4
        sums = await conn.fetch(
            "select motor_units, sum(water_motor_share) as share, count(*) from bills group by motor_reading_id, "
            "motor_units order by motor_units"
        )
        assert [tuple(one) for one in sums] == [
            (Decimal(f"100.0{place}"), Decimal(f"100.0{place}"), len(TWELVE)) for place in range(1, len(MONTHS) + 1)
        ]
        assert (await verify(conn)).ok


@pytest.mark.slow
async def test_sixteen_admins_approve_three_months_of_a_group_at_once(many: Database) -> None:
    async with many.transaction() as conn:
        town = await build(conn)
        reading_ids = await pending_months(conn, town)
    await asyncio.gather(*(worker(many, town, reading_ids, seed) for seed in range(WORKERS)))
    assert await many.run(partial(one_press, town, reading_ids[0], 0)) is Decided
    await exact(many, len(TWELVE) * len(MONTHS))


async def test_bill_now_races_with_the_last_approvals(many: Database) -> None:
    """Whoever wins: the unread flat keeps its share, and nobody is billed twice."""
    async with many.transaction() as conn:
        town = await build(conn)
        reading_ids = (await pending_months(conn, town))[: len(TWELVE) + 1]
        sql = "update readings set state = 'withdrawn' where reading_date > '2026-08-31'"
        await conn.execute(sql)
        for reading_id in (*reading_ids[:9], reading_ids[-1]):
            await one_press(town, reading_id, 0, conn)

    async def now(conn: Connection) -> None:
        todo = work(conn, town.rekha, NOW)
        for group in await waiting(todo):
            await bill_now(todo, group.reading_id, fingerprint(group))

    async def pressed(reading_id: int) -> None:
        while await many.run(partial(one_press, town, reading_id, 1)) is Changed:
            pass

    await asyncio.gather(*(many.run(now) for _ in range(4)), *(pressed(one) for one in reading_ids[9:12]))
    await many.run(now)
    async with many.transaction() as conn:
        assert await conn.fetchval("select count(*) from bills") == len(TWELVE)
        assert await conn.fetchval("select sum(water_motor_share) from bills") == Decimal("100.01")
        assert (await verify(conn)).ok
