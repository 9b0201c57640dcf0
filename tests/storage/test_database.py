"""Transactions run as the role that owns nothing, are retried whole, and say when the database is gone."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from storage.database import (
    Connection,
    Database,
    DatabaseRefusedError,
    DatabaseUnavailable,
    NotMigratedError,
    behind_transaction_pooler,
    connect,
    open_database,
)


async def test_sessions_run_as_the_service_role_in_utc_and_stay_so(db: Database) -> None:
    sql = "select current_user::text || ' ' || current_setting('timezone')"
    for _ in range(2):
        async with db.transaction() as conn:
            assert await conn.fetchval(sql) == "billing_service UTC"
    async with db.transaction() as conn:
        await conn.execute("reset all")
        assert await conn.fetchval("select current_user") == "billing_service"


async def test_behind_a_transaction_pooler_each_transaction_takes_the_role(dsn: str) -> None:
    """Nobody prepared its sessions: they are of whoever DATABASE_URL names."""
    pooled = Database(dsn, asyncpg.create_pool(dsn, min_size=1, max_size=1), pooler=True)
    await pooled.start()
    for _ in range(2):
        async with pooled.transaction() as conn:
            assert await conn.fetchval("select current_user") == "billing_service"
    await pooled.close()


@pytest.mark.parametrize(
    ("dsn", "pooled"),
    [
        ("postgresql://u:p@db.example.com:6543/postgres", True),
        ("postgresql://u:p@db.example.com:5432/postgres", False),
        ("postgresql://u:p@/postgres?host=/tmp/x", False),
    ],
)
def test_the_transaction_pooler_is_known_by_its_port(dsn: str, pooled: bool) -> None:  # noqa: FBT001 - a table
    assert behind_transaction_pooler(dsn) is pooled


async def test_isolation_is_read_committed(db: Database) -> None:
    async with db.transaction() as conn:
        assert await conn.fetchval("show transaction_isolation") == "read committed"


async def test_an_exception_rolls_back(db: Database) -> None:
    async def fail(conn: Connection) -> None:
        await conn.execute("insert into floors (code) values ('GF')")
        raise LookupError

    with pytest.raises(LookupError):
        await db.run(fail)
    async with db.transaction() as conn:
        assert await conn.fetchval("select count(*) from floors") == 0


@pytest.mark.parametrize(
    ("text", "kept"), [("a\0b", "a\ufffdb"), ("a\ud800b", "a\ufffdb"), ("a\\u0000b", "a\\u0000b"), ("😀\\", "😀\\")]
)
async def test_whatever_a_phone_sends_can_be_kept(db: Database, text: str, kept: str) -> None:
    async with db.transaction() as conn:
        assert await conn.fetchval("select $1::jsonb", {"text": text}) == {"text": kept}


async def test_jsonb_and_numeric_are_plain_values(db: Database) -> None:
    async with db.transaction() as conn:
        stored = await conn.fetchval(
            "select $1::jsonb", {"name": "शर्मा", "amount": Decimal("12.50"), "on": date(2026, 11, 3)}
        )
        assert stored == {"name": "शर्मा", "amount": "12.50", "on": "2026-11-03"}
        assert await conn.fetchval("select 1842.00::numeric") == Decimal("1842.00")


@pytest.mark.parametrize("error", [asyncpg.SerializationError, asyncpg.DeadlockDetectedError])
async def test_the_whole_transaction_is_retried_three_times(db: Database, error: type[Exception]) -> None:
    attempts = []

    async def stubborn(conn: Connection) -> int:
        attempts.append(await conn.fetchval("insert into floors (code) values ('GF') returning id"))
        if len(attempts) < 4:
            raise error
        return len(attempts)

    assert await db.run(stubborn) == 4
    async with db.transaction() as conn:
        assert await conn.fetchval("select count(*) from floors") == 1


async def test_after_three_retries_the_failure_shows(db: Database) -> None:
    attempts = []

    async def hopeless(_: Connection) -> None:
        attempts.append(1)
        raise asyncpg.SerializationError

    with pytest.raises(asyncpg.SerializationError):
        await db.run(hopeless)
    assert len(attempts) == 4


async def test_a_real_deadlock_is_survived(db: Database) -> None:
    async with db.transaction() as conn:
        await conn.execute("insert into flats (code) values ('B17-FF'), ('B17-SF')")
    met = asyncio.Barrier(2)

    async def update(first: str, second: str) -> None:
        rounds = 0

        async def work(conn: Connection) -> None:
            nonlocal rounds
            rounds += 1
            await conn.execute("update flats set unit_id = 'x' where code = $1", first)
            if rounds == 1:
                await met.wait()
            await conn.execute("update flats set unit_id = 'x' where code = $1", second)

        await db.run(work)

    await asyncio.gather(update("B17-FF", "B17-SF"), update("B17-SF", "B17-FF"))


async def test_a_lost_connection_is_an_outage_and_the_next_one_works(db: Database) -> None:
    admin = await connect(db.dsn)

    async def cut_off(conn: Connection) -> None:
        await admin.execute("select pg_terminate_backend($1)", await conn.fetchval("select pg_backend_pid()"))
        await conn.execute("select 1")

    with pytest.raises(DatabaseUnavailable):
        await db.run(cut_off)
    await admin.close()
    async with db.transaction() as conn:
        assert await conn.fetchval("select 1") == 1


async def test_a_database_that_is_not_there_is_an_outage() -> None:
    with pytest.raises(DatabaseUnavailable):
        await open_database("postgresql://nobody@127.0.0.1:1/none")


@pytest.mark.parametrize("path", ["/there-is-none", ""])
async def test_a_wrong_address_says_what_is_wrong_and_keeps_the_password(dsn: str, path: str) -> None:
    parts = urlsplit(dsn)
    wrong = parts._replace(path=path) if path else parts._replace(netloc="nobody:hunter2@")
    for attempt in (open_database, connect):
        with pytest.raises(DatabaseRefusedError, match=r"there-is-none|nobody") as refused:
            await attempt(urlunsplit(wrong))
        assert "hunter2" not in str(refused.value)


async def test_a_transaction_that_lasts_too_long_is_undone_and_an_outage(dsn: str) -> None:
    database = await open_database(dsn, longest=1)

    async def linger(conn: Connection) -> None:
        await conn.execute("insert into channel_accounts (channel, name) values ('late', '')")
        await conn.execute("select pg_sleep(30)")

    with pytest.raises(DatabaseUnavailable):
        await database.run(linger)
    async with database.transaction() as conn:
        assert await conn.fetchval("select count(*) from channel_accounts where channel = 'late'") == 0
    await database.close()


async def test_a_failure_of_our_own_is_not_taken_for_an_outage(db: Database) -> None:
    with pytest.raises(OSError, match="disk full"):
        async with db.transaction():
            raise OSError("disk full")


async def test_without_the_right_to_the_role_it_says_migrate(dsn: str) -> None:
    owner = await connect(dsn)
    await owner.execute("drop role if exists weaker; create role weaker login password 'weaker'")
    weak = dsn.replace(f"//{urlsplit(dsn).username}:{urlsplit(dsn).password}@", "//weaker:weaker@")
    try:
        with pytest.raises(NotMigratedError, match="billing migrate"):
            await open_database(weak)
    finally:
        await owner.execute("drop role weaker")
        await owner.close()


async def test_listening_wakes_and_comes_back_after_a_break(db: Database) -> None:
    heard = db.listen("inbox")
    assert await anext(heard) == ""
    async with db.transaction() as conn:
        await conn.execute("select pg_notify('inbox', '7')")
    assert await anext(heard) == "7"
    admin = await connect(db.dsn)
    await admin.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where query ilike 'listen%' and datname = current_database()"
    )
    await admin.close()
    assert await asyncio.wait_for(anext(heard), 10) == ""
    await heard.aclose()
