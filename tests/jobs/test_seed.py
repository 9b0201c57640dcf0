"""The sample society: it goes into an empty database only, whatever the day, and its books are in order."""

from datetime import UTC, datetime

import pytest

from bot.bootstrap import SAMPLE, read_master
from jobs.seed import SHARMA, NotEmptyError, seed
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
        assert await conn.fetchval("select count(*) from bills where status = 'paid'") == bills
        assert await accounts.balance(conn, home.id) == 0
        assert await conn.fetchval("select count(*) from readings where state = 'history'") == 145 * 3
        assert await conn.fetchval("select count(*) from readings where state = 'pending'") == 0
    assert (await verify_database(db.dsn)).ok


async def test_it_never_goes_beside_other_data(db: Database) -> None:
    now = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
    async with db.transaction() as conn:
        await conn.execute("insert into flats (code) values ('B1-GF')")
    async with db.transaction() as conn:
        with pytest.raises(NotEmptyError, match="nothing was changed"):
            await seed(office(conn, now), read_master(SAMPLE))
        assert await conn.fetchval("select count(*) from flats") == 1
