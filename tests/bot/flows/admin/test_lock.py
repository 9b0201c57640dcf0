"""`/lock`: one admin asks, another confirms, and the database refuses from then on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import asyncpg
import pytest

from bot.announcements import ANNOUNCERS
from bot.conversation import Action, Reply
from bot.i18n import Translator
from domain.period import Month
from domain.roles import Role
from jobs.monthly_run import RunResult, run_month
from jobs.ports import Notice
from jobs.verify import verify
from jobs.work import Actor, Work
from storage import people
from storage.database import Connection, Database
from tests.bot.flows.admin.conftest import NOW
from tests.bot.flows.phone import Phone
from tests.society import SOCIETY, Town, past

OCTOBER = Month(2026, 10)
ISSUED_AT = datetime(2026, 11, 1, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def _billed(db: Database, town: Town) -> None:
    """Two flats are billed for October, one is approved later, one waits for approval."""
    async with db.transaction() as conn:
        for code in ("B17-GF", "B17-FF"):
            await past(conn, town.flat(code), date(2026, 10, 20), "160", state="approved")
    assert isinstance(await run_month(db, SOCIETY, lambda: ISSUED_AT, OCTOBER), RunResult)
    async with db.transaction() as conn:
        await past(conn, town.flat("C14-FF"), date(2026, 10, 21), "160", state="approved")
        await past(conn, town.flat("SCO-3"), date(2026, 10, 21), "160", state="pending")


@pytest.fixture
async def owner(dsn: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


async def value(db: Database, sql: str) -> Any:
    async with db.transaction() as conn:
        return await conn.fetchval(sql)


async def told(db: Database, kind: str) -> Reply | None:
    sql = """
        select id, kind, source_type, source_id, sequence, channel, chat_id, person_id, bill_id, payload, card
        from notifications where kind = $1 order by id desc limit 1"""
    async with db.transaction() as conn:
        row = await conn.fetchrow(sql, kind)
        work = Work(conn, NOW, SOCIETY, Actor(None, "billing"), "N1")
        return await ANNOUNCERS[kind](work, Notice(**row), Translator("en")) if row else None


async def test_it_shows_what_is_missing_and_changes_nothing(db: Database, rekha: Phone) -> None:
    card = await rekha.say("/lock 2026-10")
    assert "<b>October 2026 · 2 bills · ₹" in card
    assert "Waiting for approval: 1" in card
    assert "Approved and not billed: 1" in card
    assert "Not read (7): " in card
    assert rekha.labels[0].startswith("Lock 2 bills, ₹")
    assert await value(db, "select count(*) from locks") == 1


async def test_another_admin_confirms_and_the_month_is_closed(
    db: Database, owner: Connection, rekha: Phone, mohan: Phone
) -> None:
    await rekha.say("/lock 2026-10")
    assert "Rekha asks to lock it" in await rekha.press("Lock 2 bills")
    assert rekha.labels == ["Cancel"]
    asked = await told(db, "lock_asked")
    assert asked is not None
    assert asked.buttons[0][0].label == "Confirm: lock 2 bills"
    await mohan.say("/lock 2026-10")
    done = await mohan.press("Confirm: lock 2 bills")
    assert "October 2026 is locked." in done
    assert "Asked for by Rekha, confirmed by Mohan" in done
    assert await told(db, "lock_asked") is None
    heard = await told(db, "lock_decided")
    assert heard is not None
    assert "confirmed by Mohan" in heard.text
    assert await value(db, "select bill_count from locks where month = '2026-10-01'") == 2
    assert await value(db, "select count(*) from audit where action = 'month.locked'") == 1
    with pytest.raises(asyncpg.PostgresError) as refused:
        await owner.execute(
            """insert into bills (flat_id, billing_period_start, billing_period_end, due_date, total_amount)
               values (3, '2026-10-01', '2026-10-31', '2026-11-10', 1)"""
        )
    assert refused.value.sqlstate == "BC002"
    assert "October 2026 is locked" in await rekha.say("/issue 2026-10")
    async with db.transaction() as conn:
        assert not [one for one in (await verify(conn)).locked_months if not one.unchanged]


async def test_who_asked_cannot_confirm(db: Database, rekha: Phone, mohan: Phone, town: Town) -> None:
    await rekha.say("/lock 2026-10")
    await mohan.say("/lock 2026-10")
    mine = mohan.messages
    await mohan.press("Lock 2 bills", among=mine)
    await rekha.say("/lock 2026-10")
    await rekha.press("Cancel")
    assert "another admin has to confirm" not in await rekha.say("/lock 2026-10")
    await rekha.press("Lock 2 bills")
    async with db.transaction() as conn:
        request = await conn.fetchval("select max(id) from lock_requests")
    data = {"request": request, "hash": "anything", "card": "c"}
    assert "another admin has to confirm" in await rekha.press_action(Action("lock.confirm", data))
    assert await value(db, "select count(*) from locks") == 1


async def test_bills_that_came_since_are_shown_first(db: Database, rekha: Phone, mohan: Phone) -> None:
    await rekha.say("/lock 2026-10")
    await rekha.press("Lock 2 bills")
    await mohan.say("/lock 2026-10")
    await run_month(db, SOCIETY, lambda: ISSUED_AT, OCTOBER)
    assert "Nothing was locked" in await mohan.press("Confirm")
    assert await value(db, "select count(*) from locks") == 1
    await mohan.press("Confirm: lock 3 bills")
    assert await value(db, "select count(*) from locks") == 2


async def test_a_single_admin_presses_twice(db: Database, rekha: Phone) -> None:
    rekha.society = replace(SOCIETY, single_admin=True)
    await rekha.say("/lock 2026-10")
    await rekha.press("Lock 2 bills")
    assert "October 2026 is locked." in await rekha.press("Confirm: lock 2 bills")


async def test_opening_again_needs_a_reason_and_a_second_admin(db: Database, rekha: Phone, mohan: Phone) -> None:
    await rekha.say("/lock 2026-10")
    await rekha.press("Lock 2 bills")
    await mohan.say("/lock 2026-10")
    await mohan.press("Confirm")
    await mohan.say("/lock 2026-10")
    await mohan.press("Open October again")
    assert "asks to open it again: “A reading was wrong”" in await mohan.say("A reading was wrong")
    await rekha.say("/lock 2026-10")
    assert "October 2026 is open again." in await rekha.press("Confirm: open October")
    assert (
        await value(db, "select after ->> 'reason' from audit where action = 'month.unlocked'") == "A reading was wrong"
    )
    assert await value(db, "select count(*) from locks where month = '2026-10-01' and unlocked_at is not null") == 1


async def test_only_ended_months_and_never_the_first(rekha: Phone) -> None:
    assert "has not ended" in await rekha.say("/lock 2026-11")
    assert rekha.labels == []
    assert "It stays locked for good" in await rekha.say("/lock 2025-11")
    assert rekha.labels == []
    assert "/lock 2026-10" in await rekha.say("/lock soon")
    assert "October 2026" in await rekha.say("/lock")


async def test_rights_are_read_at_the_press(db: Database, rekha: Phone, ravi: Phone, town: Town) -> None:
    assert "another role" in await ravi.say("/lock 2026-10")
    await rekha.say("/lock 2026-10")
    async with db.transaction() as conn:
        await people.revoke(conn, town.rekha.person_id, Role.ADMIN)
    assert "another role" in await rekha.press("Lock 2 bills")


async def test_without_a_second_admin_nothing_is_asked_for(db: Database, town: Town, rekha: Phone) -> None:
    async with db.transaction() as conn:
        await conn.execute("update staff set revoked_at = now() where person_id = $1", town.mohan.person_id)
    assert "There is no second admin" in await rekha.say("/lock 2026-10")
    assert rekha.labels == []
