"""`/issue`: what is shown is what is issued, in the background, once, and told on one card."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import asyncpg
import pytest
from openpyxl import load_workbook

import bot.bootstrap  # noqa: F401 - it chooses who writes workbooks
from bot.announcements import ANNOUNCERS
from bot.conversation import Reply
from bot.i18n import Translator
from domain.metering import ReadingMode
from domain.period import Month
from domain.roles import Role
from jobs import internal
from jobs.monthly_run import run_month
from jobs.ports import Notice
from jobs.work import Actor, Work
from jobs.workplace import Workplace
from storage import channel_accounts, parked, people
from storage.database import Database
from tests.bot.flows.admin.conftest import NOW
from tests.bot.flows.phone import Phone
from tests.society import HOMES, SOCIETY, Town, past

CODES = ("B17-GF", "B17-FF", "C14-FF", "VILLA-A2")


@pytest.fixture(autouse=True)
async def _approved(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        for number, code in enumerate(CODES):
            await past(conn, town.flat(code), date(2026, 10, 20), f"{160 + number}", state="approved")


async def work_off(db: Database) -> None:
    """What the engine does with delayed work."""
    sql = "delete from inbox where id = (select min(id) from inbox) returning payload"
    while True:
        async with db.transaction() as conn:
            payload = await conn.fetchval(sql)
            if payload is None:
                return
            task = internal.TASKS[payload["task"]]
            await task(Work(conn, NOW, SOCIETY, Actor(None, "billing"), "TASK"), payload["data"])


async def told(db: Database, kind: str) -> Reply | None:
    """The latest announcement of this kind, as it would be sent now."""
    sql = """
        select id, kind, source_type, source_id, sequence, channel, chat_id, person_id, bill_id, payload, card
        from notifications where kind = $1 order by id desc limit 1"""
    async with db.transaction() as conn:
        row = await conn.fetchrow(sql, kind)
        if row is None:
            return None
        work = Work(conn, NOW, SOCIETY, Actor(None, "billing"), "N1")
        return await ANNOUNCERS[kind](work, Notice(**row), Translator("en"))


async def count(db: Database, sql: str = "select count(*) from bills") -> Any:
    async with db.transaction() as conn:
        return await conn.fetchval(sql)


async def test_the_month_says_how_long_whatsapp_takes(db: Database, town: Town, rekha: Phone) -> None:
    assert "WhatsApp" not in await rekha.say("/issue 2026-10")
    async with db.transaction() as conn:
        await conn.execute("update chat_identities set channel = 'whatsapp' where id = $1", town.sharma.chat_id)
        await channel_accounts.note(conn, "whatsapp", "447700900999")
        await channel_accounts.note_limit(conn, "whatsapp", 250)
    card = await rekha.say("/issue 2026-10")
    assert "1 owner on WhatsApp has not written for a day: all get theirs today, WhatsApp takes 250 a day." in card


async def test_the_month_is_shown_with_its_sum_and_issued_by_the_button(db: Database, rekha: Phone) -> None:
    card = await rekha.say("/issue 2026-10")
    assert "<b>October 2026 · 4 bills · ₹" in card
    assert "Not read (7): " in card
    label = rekha.labels[0]
    assert label.startswith("Issue 4 bills, ₹")
    assert "0 of 4 readings done" in await rekha.press("Issue 4 bills")
    assert await count(db) == 0
    await work_off(db)
    assert await count(db) == 4
    assert await count(db, "select count(distinct issued_by) from bills") == 1
    done = await told(db, "run_progress")
    assert done is not None
    assert "October 2026: 4 bills issued, ₹" in done.text
    assert "Started by Rekha" in done.text
    assert done.buttons == ()
    assert await told(db, "run_listed") is None
    assert "nothing to issue" in await rekha.say("/issue 2026-10")


async def test_the_card_is_edited_every_two_seconds_at_most(db: Database, rekha: Phone) -> None:
    """The answer to the press was the first time."""
    await rekha.say("/issue 2026-10")
    await rekha.press("Issue 4 bills")
    await work_off(db)
    async with db.transaction() as conn:
        told_at = await conn.fetch("select not_before from notifications where kind = 'run_progress' order by id")
    assert [row["not_before"] for row in told_at] == [NOW + timedelta(seconds=2)]


async def test_what_stands_in_the_way_is_said_with_what_to_do(db: Database, rekha: Phone, town: Town) -> None:
    async with db.transaction() as conn:
        await past(conn, town.flat("B7-FF"), date(2026, 10, 20), "150", state="approved")
        await parked.park(conn, town.flat("B7-FF").flat_id, "test")
        await past(conn, town.flat("C8-GF"), date(2026, 10, 20), "150", state="approved")
        await past(conn, town.flat("VILLA-A2"), date(2026, 10, 25), "5", state="approved")
        await past(conn, town.flat("SCO-3"), date(2026, 10, 20), "150", state="pending")
        await past(conn, town.flat("B18-FF"), date(2026, 10, 5), "150")
        await conn.execute(
            """insert into readings (meter_id, reading_date, reading_value, state)
               select id, '2026-10-20', 40, 'approved' from meters where meter_number = '77000002'"""
        )
    said = (await rekha.say("/issue 2026-10")).splitlines()
    assert said[2:] == [
        "Not read (3): B17-SF, B18-GF, C14-SF",
        "Only an old reading, from before this service, so no bill (1): B18-FF",
        "Water motors not read, so on no bill (1): MOTOR-B",
        "Billed for the month already, left as they are (1): VILLA-A2",
        "Set aside, open each with /flat (1): B7-FF",
        "Waiting for a motor's other flats (2): MOTOR-C 2, see /pending",
        "Waiting for approval: 1, see /pending",
    ]


async def test_the_top_ten_that_changed_most_against_the_month_before(db: Database, rekha: Phone, town: Town) -> None:
    async with db.transaction() as conn:
        await conn.execute("update readings set state = 'withdrawn'")
        for number, code in enumerate(HOMES):
            await past(conn, town.flat(code), date(2026, 9, 20), "100", state="approved")
            await past(conn, town.flat(code), date(2026, 10, 21), f"{110 + number * 10}", state="approved")
    september = datetime(2026, 10, 1, 5, tzinfo=UTC)
    await run_month(Workplace(db, SOCIETY, lambda: september), Month(2026, 9))
    said = (await rekha.say("/issue 2026-10")).splitlines()
    assert said[2].startswith("The month before: 11 bills, ₹")
    movers = said[said.index("Changed most against the month before, without arrears:") + 1 :]
    assert len(movers) == 10
    assert movers[0] == "SCO-3 ₹4,677.00 (+₹1,320.00)"


async def test_without_a_month_the_latest_with_something_to_issue(rekha: Phone) -> None:
    assert "October 2026 · 4 bills" in await rekha.say("/issue")


async def test_without_a_month_the_others_in_which_something_waits_are_named(
    db: Database, rekha: Phone, ravi: Phone, town: Town
) -> None:
    card = await rekha.say("/issue")
    assert "<b>October 2026 · 4 bills" in card
    assert "Also waiting" not in card
    await ravi.say("B18-FF 146")
    async with db.transaction() as conn:
        await past(conn, town.flat("SCO-3"), date(2026, 9, 20), "90", state="approved")
    card = await rekha.say("/issue")
    assert card.splitlines()[-2:] == [
        "Also waiting for November 2026: 1 to approve, see /pending",
        "Also waiting for September 2026: 1 approved, send /issue 2026-09",
    ]
    assert "Also waiting" not in await rekha.say("/issue 2026-10")


async def test_what_changed_since_is_shown_again_and_not_issued(
    db: Database, rekha: Phone, mohan: Phone, town: Town
) -> None:
    await rekha.say("/issue 2026-10")
    async with db.transaction() as conn:
        await past(conn, town.flat("SCO-3"), date(2026, 10, 21), "50", state="approved")
    assert "Nothing was issued" in await rekha.press("Issue 4 bills")
    assert rekha.labels[0].startswith("Issue 5 bills")
    await work_off(db)
    assert await count(db) == 0


async def test_two_admins_press_and_the_month_is_issued_once(db: Database, rekha: Phone, mohan: Phone) -> None:
    await rekha.say("/issue 2026-10")
    await mohan.say("/issue 2026-10")
    await rekha.press("Issue 4 bills")
    await mohan.press("Issue 4 bills")
    await work_off(db)
    assert await count(db) == 4
    assert await count(db, "select count(*) from bill_runs") == 1


async def test_a_run_under_way_is_shown_and_goes_on(db: Database, rekha: Phone, mohan: Phone) -> None:
    await rekha.say("/issue 2026-10")
    await rekha.press("Issue 4 bills")
    async with db.transaction() as conn:
        await conn.execute("delete from inbox")  # as if its task had died
    assert "A run started by Rekha is under way" in await mohan.say("/issue 2026-10")
    await work_off(db)
    assert await count(db) == 4


async def test_failures_are_listed_and_only_they_are_tried_again(
    db: Database, dsn: str, rekha: Phone, town: Town
) -> None:
    owner = await asyncpg.connect(dsn)
    await owner.execute("update flats set code = '=B17-GF' where code = 'B17-GF'")
    await owner.execute(
        """create function no_luck() returns trigger language plpgsql as $$ begin
           if (select code from flats where id = new.flat_id) like '=%' then raise exception 'no luck'; end if;
           return new; end $$;
           create trigger a_no_luck before insert on bills for each row execute function no_luck()"""
    )
    await rekha.say("/issue 2026-10")
    await rekha.press("Issue 4 bills")
    await work_off(db)
    card, listed = await told(db, "run_progress"), await told(db, "run_listed")
    assert card is not None and listed is not None and listed.document is not None  # noqa: PT018 - for the types
    assert "3 bills issued" in card.text
    assert "=B17-GF: could not be stored" in card.text
    assert listed.document_name == "without-bill-2026-10.xlsx"
    cell = load_workbook(BytesIO(listed.document))["Without a bill"]["A2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=B17-GF", "s", True)
    await owner.execute("drop trigger a_no_luck on bills")
    await owner.close()
    async with db.transaction() as conn:
        await past(conn, town.flat("SCO-3"), date(2026, 10, 21), "50", state="approved")
    again = card.buttons[0][0].action
    assert again is not None
    assert card.buttons[0][0].label == "Retry 1 failed"
    await rekha.press_action(again)
    await work_off(db)
    assert await count(db) == 4
    await rekha.press_action(again)
    assert "Nothing is left to retry" in (rekha.replies[0].toast or "")


async def test_a_locked_month_and_a_wrong_word(rekha: Phone) -> None:
    assert "November 2025 is locked" in await rekha.say("/issue 2025-11")
    assert rekha.labels == []
    assert "January 2027 has not begun." in await rekha.say("/issue 2027-01")
    assert "/issue 2026-10" in await rekha.say("/issue october")


async def test_rights_are_read_at_the_press(db: Database, rekha: Phone, ravi: Phone, town: Town) -> None:
    assert "another role" in await ravi.say("/issue 2026-10")
    await rekha.say("/issue 2026-10")
    async with db.transaction() as conn:
        await people.revoke(conn, town.rekha.person_id, Role.ADMIN)
    assert "another role" in await rekha.press("Issue 4 bills")
    assert await count(db) == 0


async def test_unread_flats_are_billed_provisionally_by_a_button(db: Database, rekha: Phone, town: Town) -> None:
    rekha.society = replace(SOCIETY, reading_mode=ReadingMode.REGISTER)
    async with db.transaction() as conn:
        for month, register in ((7, "1000"), (8, "1120"), (9, "1260")):
            await past(conn, town.flat("B18-FF"), date(2026, month, 2), register)
    card = await rekha.say("/issue 2026-10")
    assert "Not read, can be billed from their average units (1): B18-FF 130" in card
    again = await rekha.press("Bill 1 unread flat by estimate, ₹3,034.00")
    assert "1 estimated bill issued, ₹3,034.00." in again
    assert "B18-FF 130" not in again
    assert await count(db, "select flat_units from bills where provisional") == 130
    told_owner = await told(db, "bill")
    assert told_owner is not None
    assert "This bill is estimated: the meter was not read." in told_owner.text
