"""The sample society: it goes into an empty database only, whatever the day, and its books are in order."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from bot.bootstrap import SAMPLE, read_master
from domain.metering import ReadingMode
from domain.period import Period
from jobs.draft_bill import draft
from jobs.seed import SHARMA, NotEmptyError, seed
from jobs.submit_reading import Saved, Submission, submit
from jobs.verify import verify_database
from jobs.work import Actor, Work
from storage import accounts, flats
from storage.database import Connection, Database
from tests.society import SOCIETY


def office(conn: Connection, now: datetime) -> Work:
    return Work(conn=conn, now=now, society=SOCIETY, actor=Actor(None, "demo"), ref="TEST")


@pytest.mark.parametrize(
    ("now", "bills"),
    [
        (datetime(2026, 11, 22, 20, 0, tzinfo=UTC), 3),
        (datetime(2028, 2, 29, 18, 30, tzinfo=UTC), 3),
        (datetime(2026, 1, 1, 0, 0, tzinfo=UTC), 2),  # one would have ended in November 2025, which is locked
    ],
)
async def test_the_sample_society_is_whole_on_any_day(db: Database, now: datetime, bills: int) -> None:
    async with db.transaction() as conn:
        assert await seed(office(conn, now), read_master(SAMPLE)) == 146
    async with db.transaction() as conn:
        home = await flats.get_flat(conn, SHARMA)
        assert home is not None
        assert list(home.owners) == ["Mr Sharma", "Mrs Sharma"]
        assert (
            await counted(conn, "select count(*) from bills")
            == await counted(conn, "select count(*) from bills where status = 'paid'")
            == bills * 146
        )
        assert not any((await accounts.balances(conn, [*range(1, 147)])).values())
        assert await counted(conn, "select count(*) from readings where state = 'billed'") == bills * 146
        assert await counted(conn, "select count(*) from readings where state = 'history'") == (3 - bills) * 146
        assert await counted(conn, "select count(*) from readings") == 3 * 146
        assert not await counted(conn, "select count(*) from notifications where status = 'queued'")
    assert (await verify_database(db.dsn)).ok


async def test_every_flat_is_billed_from_the_day_after_it_was_read_last(db: Database) -> None:
    now = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
    async with db.transaction() as conn:
        at_work = office(conn, now)
        await seed(at_work, read_master(SAMPLE))
        engineer = replace(at_work, actor=Actor(1, "Ravi"))
        for code in (SHARMA, "D1-FF", "VILLA-A2", "SCO-3"):
            found = await submit(engineer, Submission(code, Decimal(150), None, None, f"test:{code}", now))
            assert isinstance(found, Saved)
            bill = await draft(at_work, found.reading)
            assert bill.period == Period(date(2026, 10, 3), date(2026, 11, 23))
            assert bill.amounts is not None
            assert bill.amounts.previous_outstanding == 0
        spans = "select count(distinct (billing_period_start, billing_period_end)) from bills"
        assert await conn.fetchval(spans) == 3


async def test_on_registers_the_sample_goes_up_by_its_units(db: Database) -> None:
    now = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
    async with db.transaction() as conn:
        society = replace(SOCIETY, reading_mode=ReadingMode.REGISTER)
        await seed(replace(office(conn, now), society=society), read_master(SAMPLE))
        read = "select reading_value, consumption from readings r join meters m on m.id = r.meter_id where flat_id = $1"
        home = await flats.get_flat(conn, SHARMA)
        assert home is not None
        found = [tuple(row) for row in await conn.fetch(f"{read} order by reading_date", home.id)]
        assert found == [(12138, None), (12289, 151), (12433, 144)]
        assert await counted(conn, "select count(*) from bills where status = 'paid'") == 2 * 146
        assert await counted(conn, "select count(*) from readings where state = 'history'") == 146
    assert (await verify_database(db.dsn)).ok


async def counted(conn: Connection, sql: str) -> int:
    """What this statement counts."""
    found: int = await conn.fetchval(sql)
    return found


async def test_it_never_goes_beside_other_data(db: Database) -> None:
    now = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
    async with db.transaction() as conn:
        await conn.execute("insert into flats (code) values ('B1-GF')")
    async with db.transaction() as conn:
        with pytest.raises(NotEmptyError, match="nothing was changed"):
            await seed(office(conn, now), read_master(SAMPLE))
        assert await conn.fetchval("select count(*) from flats") == 1
