"""Bills of before whose status is empty count as unpaid ones: the guards hold for them, and they can still be paid."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from storage.database import Raw, connect
from storage.migrate import migrate
from tests.billing import TODAY
from tests.storage import legacy


@pytest.fixture
async def owner(empty_dsn: str) -> AsyncIterator[Raw]:
    """A Supabase project whose bills have no status, adopted; one of its bills is of a reading."""
    await legacy.build(empty_dsn, legacy.SUPABASE)
    conn = await connect(empty_dsn)
    await conn.execute("update bills set status = null")
    await migrate(empty_dsn, today=TODAY)
    yield conn
    await conn.close()


async def test_their_amounts_do_not_change_and_they_are_not_deleted(owner: Raw) -> None:
    for change in ("update bills set total_amount = 1", "update bills set due_date = null", "delete from bills"):
        with pytest.raises(asyncpg.PostgresError) as refused:
            await owner.execute(change)
        assert refused.value.sqlstate == "BC001", change


async def test_they_may_be_paid_and_a_void_one_stays_void(owner: Raw) -> None:
    await owner.execute("update bills set status = 'paid'")
    await owner.execute("update bills set status = null")
    await owner.execute("update bills set status = 'void'")
    for status in (None, "pending"):
        with pytest.raises(asyncpg.PostgresError, match="void for good"):
            await owner.execute("update bills set status = $1", status)


INSERT = """
    insert into bills
        (flat_id, billing_period_start, billing_period_end, due_date, flat_reading_id, total_amount, status)
    select flat_id, billing_period_end + 200, billing_period_end + 220, due_date, flat_reading_id, 1, $1
    from bills where flat_reading_id is not null order by id limit 1"""


@pytest.mark.parametrize("status", ["pending", None])
async def test_their_readings_are_not_billed_again(owner: Raw, status: str | None) -> None:
    with pytest.raises(asyncpg.PostgresError, match="is billed already"):
        await owner.execute(INSERT, status)


async def test_nor_are_those_of_others_by_a_bill_without_a_status(owner: Raw) -> None:
    await owner.execute("update bills set status = 'paid'")
    with pytest.raises(asyncpg.PostgresError, match="is billed already"):
        await owner.execute(INSERT, None)
    await owner.execute("update bills set status = 'void'")
    await owner.execute(INSERT, None)
