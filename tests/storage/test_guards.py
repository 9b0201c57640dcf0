"""What was issued, locked, posted and recorded does not change: the database refuses it, whoever asks (P3)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal

import asyncpg
import pytest

from domain.locks import LockedMonths
from domain.period import Month
from storage import locks
from storage.database import Connection, Database, connect

BILL = """
    insert into bills (flat_id, billing_period_start, billing_period_end, due_date, flat_reading_id, flat_units,
        water_motor_share, total_units, rate_per_unit, energy_charge, fixed_charge, previous_outstanding, total_amount)
    values ($1, $2, $3, '2026-12-01', $4, 10, 0, 10, 12, 120, 0, 0, 120) returning id"""


@pytest.fixture
async def bill_id(db: Database) -> int:
    """A bill of October 2026 with its charge and an audit line."""
    async with db.transaction() as conn:
        flat = await conn.fetchval("insert into flats (code) values ('B17-FF') returning id")
        meter = await conn.fetchval(
            "insert into meters (meter_number, flat_id) values ('19152159', $1) returning id", flat
        )
        reading = await conn.fetchval(
            "insert into readings (meter_id, reading_date, reading_value) values ($1, '2026-10-31', 10) returning id",
            meter,
        )
        bill: int = await conn.fetchval(BILL, flat, date(2026, 10, 1), date(2026, 10, 31), reading)
        await conn.execute(
            "insert into account_entries (flat_id, kind, amount, posted_on, value_date, source_type, source_id, "
            "bill_id) values ($1, 'CHARGE', 120, '2026-11-03', '2026-11-03', 'bill', $2::bigint::text, $2)",
            flat,
            bill,
        )
        await conn.execute("insert into audit (actor, action, subject_type, subject_id) values ('x', 'y', 'z', '1')")
    return bill


@pytest.fixture(params=["service", "owner"])
async def somebody(request: pytest.FixtureRequest, db: Database, bill_id: int) -> AsyncIterator[Connection]:
    """A connection as the running service's role, and one as the owner of the tables."""
    if request.param == "owner":
        owner = await connect(db.dsn)
        yield owner
        await owner.close()
    else:
        async with db._pool.acquire() as conn:
            yield conn


@pytest.fixture
async def service(db: Database) -> AsyncIterator[Connection]:
    """A connection as the running service's role."""
    async with db._pool.acquire() as conn:
        yield conn


CHANGES = [
    "update bills set total_amount = 1",
    "update bills set due_date = '2027-01-01'",
    "update bills set flat_reading_id = null",
    "update bills set status = 'paid', energy_charge = 1",
    "delete from bills",
    "truncate bills cascade",
    "update account_entries set amount = 1",
    "delete from account_entries",
    "truncate account_entries cascade",
    "update audit set actor = 'nobody'",
    "delete from audit",
    "truncate audit",
]


async def test_what_was_issued_posted_and_recorded_cannot_be_changed(somebody: Connection) -> None:
    before = await _everything(somebody)
    for change in CHANGES:
        with pytest.raises(asyncpg.PostgresError) as refused:
            await somebody.execute(change)
        assert refused.value.sqlstate in ("BC001", "42501"), change
        assert await _everything(somebody) == before, change


async def _everything(conn: Connection) -> list[list[asyncpg.Record]]:
    return [await conn.fetch(f"table {table}") for table in ("bills", "account_entries", "audit")]


async def test_a_status_may_change(somebody: Connection) -> None:
    await somebody.execute("update bills set status = 'paid', updated_at = now()")
    assert await somebody.fetchval("select status from bills") == "paid"


async def test_a_void_bill_stays_void(somebody: Connection) -> None:
    await somebody.execute("update bills set status = 'void'")
    with pytest.raises(asyncpg.PostgresError, match="void for good"):
        await somebody.execute("update bills set status = 'pending'")


async def test_the_service_role_may_not_even_try(db: Database, bill_id: int) -> None:
    for change in (*CHANGES, "copy bills to program 'true'", "copy bills to '/dev/null'"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with db.transaction() as conn:
                await conn.execute(change)


async def test_the_service_role_copies_nothing_in(db: Database, bill_id: int) -> None:
    for table in ("bills", "account_entries", "audit"):
        with pytest.raises(asyncpg.FeatureNotSupportedError, match="row-level security"):
            async with db.transaction() as conn:
                await conn.copy_records_to_table(table, records=[(bill_id + 1,)], columns=["id"])


async def test_the_service_role_owns_nothing_and_cannot_log_in(db: Database) -> None:
    async with db.transaction() as conn:
        owned = "select count(*) from pg_class where relowner = 'billing_service'::regrole"
        assert await conn.fetchval(owned) == 0
        assert not await conn.fetchval("select rolcanlogin or rolsuper from pg_roles where rolname = 'billing_service'")


@pytest.mark.parametrize("change", ["alter table bills disable trigger all", "drop trigger bills_update on bills"])
async def test_the_service_role_cannot_take_the_guards_off(db: Database, change: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with db.transaction() as conn:
            await conn.execute(change)


async def test_no_bill_ends_in_a_locked_month_by_whatever_way(somebody: Connection) -> None:
    flat = await somebody.fetchval("select id from flats")
    with pytest.raises(asyncpg.PostgresError, match="2025-11 is locked") as refused:
        await somebody.fetchval(BILL, flat, date(2025, 11, 1), date(2025, 11, 30), None)
    assert refused.value.sqlstate == "BC002"
    row = (flat, date(2025, 11, 1), date(2025, 11, 30), date(2025, 12, 9), Decimal(1))
    columns = ["flat_id", "billing_period_start", "billing_period_end", "due_date", "total_amount"]
    with pytest.raises(asyncpg.PostgresError):
        await somebody.copy_records_to_table("bills", records=[row], columns=columns)
    assert await somebody.fetchval("select count(*) from bills") == 1


async def test_a_bill_may_start_in_a_locked_month(somebody: Connection) -> None:
    flat = await somebody.fetchval("select id from flats")
    assert await somebody.fetchval(BILL, flat, date(2025, 11, 15), date(2025, 12, 1), None)


async def test_nothing_is_posted_in_a_locked_month(somebody: Connection) -> None:
    sql = """
        insert into account_entries (flat_id, kind, amount, posted_on, value_date, source_type, source_id)
        select id, 'PAYMENT', -1, $1, '2025-11-20', 'test', '1' from flats"""
    with pytest.raises(asyncpg.PostgresError, match="2025-11 is locked"):
        await somebody.execute(sql, date(2025, 11, 20))
    await somebody.execute(sql, date(2025, 12, 1))


async def test_a_reading_is_billed_once_and_again_after_void(somebody: Connection, bill_id: int) -> None:
    flat, reading = (await somebody.fetchrow("select flat_id, flat_reading_id from bills")) or (0, 0)
    with pytest.raises(asyncpg.PostgresError) as refused:
        await somebody.fetchval(BILL, flat, date(2026, 10, 2), date(2026, 10, 31), reading)
    assert refused.value.sqlstate in ("BC003", "23505")
    await somebody.execute("update bills set status = 'void' where id = $1", bill_id)
    assert await somebody.fetchval(BILL, flat, date(2026, 10, 2), date(2026, 10, 31), reading)


async def test_a_start_is_taken_once_even_by_a_void_bill(somebody: Connection, bill_id: int) -> None:
    await somebody.execute("update bills set status = 'void' where id = $1", bill_id)
    flat = await somebody.fetchval("select id from flats")
    with pytest.raises(asyncpg.UniqueViolationError):
        await somebody.fetchval(BILL, flat, date(2026, 10, 1), date(2026, 11, 5), None)


async def test_a_total_is_its_three_lines(somebody: Connection) -> None:
    flat = await somebody.fetchval("select id from flats")
    with pytest.raises(asyncpg.CheckViolationError):
        await somebody.fetchval(BILL.replace("0, 120)", "0, 121)"), flat, date(2026, 11, 1), date(2026, 11, 5), None)


async def test_locking_a_month_freezes_it_with_its_baseline(db: Database, bill_id: int) -> None:
    october = Month(2026, 10)
    async with db.transaction() as conn:
        assert await locks.lock(conn, october, None)
        assert not await locks.lock(conn, october, None)
        assert october in (await locks.locked_months(conn)).months
    async with db.transaction() as conn:
        await conn.execute("update bills set status = 'paid', updated_at = now()")
        lock = (await locks.live_locks(conn))[-1]
        assert lock.baseline == await locks.fingerprint(conn, october)
        assert lock.baseline.count == 1
        assert lock.baseline.total == Decimal(120)


async def test_an_unlocked_month_is_open_again_and_its_lock_stays_on_record(db: Database) -> None:
    october = Month(2026, 10)
    async with db.transaction() as conn:
        assert await locks.lock(conn, october, None)
        assert await locks.unlock(conn, october, None)
        assert not await locks.unlock(conn, october, None)
        assert [lock.month for lock in await locks.live_locks(conn)] == [Month(2025, 11)]
        assert await conn.fetchval("select count(*) from locks where unlocked_at is not null") == 1


@pytest.mark.parametrize(
    "sql",
    [
        "update locks set unlocked_at = now() where month = '2025-11-01'",
        "update locks set month = '2025-10-01' where month = '2025-11-01'",
        "update locks set bills_hash = 'x'",
        "delete from locks",
    ],
)
async def test_november_2025_stays_locked_and_what_was_measured_too(service: Connection, sql: str) -> None:
    with pytest.raises(asyncpg.PostgresError):
        await service.execute(sql)


@pytest.mark.parametrize(
    "sql", ["update locks set unlocked_at = now() where month = '2025-11-01'", "delete from locks", "truncate locks"]
)
async def test_november_2025_stays_locked_for_the_owner_too(db: Database, sql: str) -> None:
    owner = await connect(db.dsn)
    with pytest.raises(asyncpg.PostgresError):
        await owner.execute(sql)
    await owner.close()


@pytest.mark.parametrize(
    "sql",
    [
        "update readings set reading_value = 11",
        "update readings set reading_date = '2026-10-30'",
        "update readings set motor_share = 1",
    ],
)
async def test_what_a_bill_was_made_from_does_not_change(somebody: Connection, bill_id: int, sql: str) -> None:
    for state in ("billed", "pending"):
        await somebody.execute("update readings set state = $1", state)
        with pytest.raises(asyncpg.PostgresError, match="is billed") as refused:
            await somebody.execute(sql)
        assert refused.value.sqlstate == "BC001"
    await somebody.execute("update bills set status = 'void' where id = $1", bill_id)
    await somebody.execute(sql)


async def test_the_fingerprint_does_not_depend_on_the_session_of_who_asks(db: Database, bill_id: int) -> None:
    async with db.transaction() as conn:
        here = await locks.fingerprint(conn, Month(2026, 10))
        await conn.execute("set local timezone = 'Asia/Kolkata'; set local datestyle = 'German'")
        assert await locks.fingerprint(conn, Month(2026, 10)) == here


def test_nothing_is_posted_before_the_first_open_day() -> None:
    locked = LockedMonths(frozenset({Month(2025, 11), Month(2025, 12)}))
    assert locks.first_open_day(locked, date(2025, 11, 20)) == date(2026, 1, 1)
    assert locks.first_open_day(locked, date(2026, 1, 20)) == date(2026, 1, 20)
