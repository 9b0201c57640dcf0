"""`/lock`: one admin asks, another confirms, and the database refuses from then on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
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
from jobs.workplace import Workplace
from storage import parked, payment_claims, people, statements, stray_payments
from storage.database import Connection, Database
from storage.payment_claims import NewClaim
from storage.statements import NewLine
from storage.stray_payments import NewStray
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
    assert isinstance(await run_month(Workplace(db, SOCIETY, lambda: ISSUED_AT), OCTOBER), RunResult)
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
    assert card.splitlines()[1:] == [
        "2 of 11 flats are billed.",
        "Missing:",
        "Not read (7): B17-SF, B18-FF, B18-GF, B7-FF, C14-SF, C8-GF, VILLA-A2",
        "Water motors not read, so on no bill (2): MOTOR-B, MOTOR-C",
        "Readings that wait for approval: 1, see /pending",
        "Readings approved and not billed: 1, see /issue 2026-10",
        "Not locked yet. Once locked, no bill can be issued in it any more; payments still count.",
    ]
    assert rekha.labels[0].startswith("Lock 2 bills, ₹")
    assert await value(db, "select count(*) from locks") == 1


async def test_a_void_bill_is_not_among_what_is_locked(db: Database, rekha: Phone, mohan: Phone) -> None:
    """The figures that admins sign are those of the month's report."""
    await rekha.say("/flat B17-FF")
    for label in ("Account", "Void bill", "Wrong price", "Void ₹"):
        await rekha.press(label)
    left = await value(db, "select total_amount from bills where flat_id = 1 and status is distinct from 'void'")
    total = Translator("en").rupees(left)
    assert (await rekha.say("/lock 2026-10")).splitlines()[0] == f"<b>October 2026 · 1 bill · {total}</b> · 1 void"
    assert rekha.labels[0] == f"Lock 1 bill, {total}"
    await rekha.press("Lock 1 bill")
    await mohan.say("/lock 2026-10")
    assert "October 2026 is locked." in await mohan.press("Confirm: lock 1 bill")


async def test_money_that_nobody_placed_and_flats_set_aside_are_missing_too(
    db: Database, town: Town, rekha: Phone
) -> None:
    claimed_on = datetime(2026, 10, 30, 5, tzinfo=UTC)
    flat_id, person_id = town.flat("B17-FF").flat_id, town.sharma.person_id
    async with db.transaction() as conn:
        await past(conn, town.flat("VILLA-A2"), date(2026, 10, 5), "140")
        await parked.park(conn, town.flat("C8-GF").flat_id, "test")
        claim = NewClaim(
            flat_id, person_id, town.sharma.chat_id, Decimal(500), "412345678901", "412345678901", claimed_on
        )
        await payment_claims.add(conn, claim)
        stray = NewStray("stripe", "evt_1", "currency", None, "USD", "pi_1", {})
        await stray_payments.keep(conn, stray)
        await conn.execute("update stray_payments set received_at = $1", claimed_on)
        statement, _ = await statements.add(conn, b"x", "october.xlsx", None, claimed_on)
        await statements.add_rows(conn, statement, [NewLine(1, "k", date(2026, 10, 31), Decimal(9), None, None, "?")])
    card = await rekha.say("/lock 2026-10")
    for line in (
        "Only an old reading, from before this service, so no bill (1): VILLA-A2",
        "Set aside, open each with /flat (1): C8-GF",
        "Payments that owners told us of, not answered: 1",
        "Online payments that belong to no flat yet: 1, see /strays",
        "Lines of bank statements left open: 1, send the statement again",
    ):
        assert line in card.splitlines()
    sheet = rekha.messages
    assert "412345678901" in await rekha.press("Show 1 payment to answer")
    async with db.transaction() as conn:
        await conn.execute("update payment_claims set state = 'refused'")
    assert "No payment waits" in await rekha.press("Show 1 payment to answer", among=sheet)


async def test_an_approval_that_can_still_be_undone_is_missing(db: Database, town: Town, rekha: Phone) -> None:
    async with db.transaction() as conn:
        await conn.execute("update readings set state = 'approved' where state = 'pending'")
        batch = "insert into approval_batches (approved_by, issue_at) values ($1, now()) returning id"
        await conn.execute(
            "update readings set approval_batch = $1 where state = 'approved'",
            await conn.fetchval(batch, town.rekha.person_id),
        )
    assert "Readings approved and not billed: 2" in await rekha.say("/lock 2026-10")


async def test_nothing_is_missing_only_where_every_meter_is_dealt_with(db: Database, town: Town, rekha: Phone) -> None:
    async with db.transaction() as conn:
        await conn.execute("update meters set status = 'inactive' where motor_id is not null")
        await conn.execute("update readings set state = 'withdrawn' where state in ('approved', 'pending')")
        await conn.execute(
            """update meters set status = 'inactive' where flat_id not in (
                   select flat_id from bills where billing_period_end between '2026-10-01' and '2026-10-31')"""
        )
    said = (await rekha.say("/lock 2026-10")).splitlines()
    assert said[1:3] == ["2 of 2 flats are billed.", "Nothing is missing."]


async def test_another_admin_confirms_and_the_month_is_closed(
    db: Database, owner: Connection, rekha: Phone, mohan: Phone
) -> None:
    await rekha.say("/lock 2026-10")
    waiting = await rekha.press("Lock 2 bills")
    assert waiting.splitlines()[-2:] == [
        "Rekha asks to lock it.",
        "Another admin has to confirm: Mohan. They were told, or can send /lock 2026-10.",
    ]
    assert rekha.labels == ["Cancel"]
    asked = await told(db, "lock_asked")
    assert asked is not None
    assert asked.text.splitlines()[-2:] == ["Rekha asks to lock it.", "Check it, then confirm or cancel."]
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
    await run_month(Workplace(db, SOCIETY, lambda: ISSUED_AT), OCTOBER)
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


async def test_without_a_second_admin_it_says_who_could_confirm_and_invites_one(
    db: Database, town: Town, rekha: Phone
) -> None:
    async with db.transaction() as conn:
        await conn.execute("update staff set revoked_at = now() where person_id = $1", town.mohan.person_id)
    said = (await rekha.say("/lock 2026-10")).splitlines()[-1]
    assert said.startswith("A second admin has to confirm this, and you are the only one. Invite one;")
    assert "SINGLE_ADMIN=true" in said
    assert rekha.labels == ["Invite admin"]
    assert "What is the admin's name?" in await rekha.press("Invite admin")
    assert "Invite for Sunita, admin" in await rekha.say("Sunita")
    assert "second admin" not in await rekha.say("/lock 2025-11")
    assert rekha.labels == []
