"""What is forgotten when its time is over, and what is kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from domain.retention import RULES, Kept
from jobs.approve_reading import Approved, approve_unseen
from jobs.tidy import tidy
from jobs.verify import verify_database
from storage import bill_views, meter_replacements, photos
from storage.database import Database, connect
from storage.retention import SWEEPS
from tests.billing import pay
from tests.society import Town, billed, build, past, work

NOW = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture
async def conn(dsn: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """The owner of the tables."""
    opened = await connect(dsn)
    yield opened
    await opened.close()


@pytest.fixture
async def town(conn: asyncpg.Connection[asyncpg.Record]) -> Town:
    return await build(conn)


async def test_only_what_is_old_and_done_is_forgotten(
    db: Database, conn: asyncpg.Connection[asyncpg.Record], town: Town
) -> None:
    await conn.execute(
        """insert into inbox (channel, dedupe_key, chat, payload, sent_at, received_at, state, done_at) values
           ('telegram', 'old', '1', '{}', now(), now(), 'done', '2026-10-02'),
           ('telegram', 'recent', '1', '{}', now(), now(), 'done', '2026-10-04'),
           ('telegram', 'dead', '1', '{}', now(), '2026-09-01', 'dead', null),
           ('telegram', 'long dead', '1', '{}', now(), '2026-08-01', 'dead', null),
           ('telegram', 'waiting', '1', '{}', '2026-01-01', '2026-01-01', 'new', null)"""
    )
    await conn.execute(
        """insert into actions (token, chat_id, name, created_at) values
           ('old', $1, 'x', '2026-08-03'), ('recent', $1, 'x', '2026-08-06')""",
        town.ravi.chat_id,
    )
    assert await tidy(db, NOW) == {Kept.INBOX: 1, Kept.DEAD: 1, Kept.BUTTONS: 1}
    assert await tidy(db, NOW) == {}
    kept = [row[0] for row in await conn.fetch("select dedupe_key from inbox order by 1")]
    assert kept == ["dead", "recent", "waiting"]
    assert await conn.fetchval("select token from actions") == "recent"


async def test_of_a_message_sent_long_ago_only_that_it_went_out_is_kept(
    db: Database, conn: asyncpg.Connection[asyncpg.Record], town: Town
) -> None:
    await conn.execute(
        """insert into notifications (outbox, status, kind, source_type, source_id, chat_id, sent_at, created_at,
               payload, message) values
           (true, 'sent', 'bill', 'bill', '1', $1, '2026-01-02', '2026-01-02', '{"text": "B17-FF"}', 'B17-FF'),
           (true, 'sent', 'bill', 'bill', '2', $1, '2026-10-02', '2026-10-02', '{"text": "B17-FF"}', 'B17-FF'),
           (true, 'queued', 'bill', 'bill', '3', $1, null, '2026-01-02', '{"text": "B17-FF"}', null),
           (false, 'sent', null, null, null, null, '2025-01-02', '2025-01-02', null, 'of before')""",
        town.sharma.chat_id,
    )
    assert await tidy(db, NOW) == {Kept.SENT: 1}
    rows = await conn.fetch("select source_id, sent_at, payload, message from notifications order by id")
    assert (rows[0]["payload"], rows[0]["message"]) == (None, None)
    assert rows[0]["sent_at"] == datetime(2026, 1, 2, tzinfo=UTC)
    assert all(row["payload"] or row["message"] for row in rows[1:])


async def test_dialogues_guesses_invites_strangers_and_tenants_of_before_go(
    db: Database, conn: asyncpg.Connection[asyncpg.Record], town: Town
) -> None:
    await conn.execute(
        """insert into conversations (chat_id, sender, flow, step, updated_at) values
           ($1, 'a', 'x', 'y', '2026-09-02'), ($1, 'b', 'x', 'y', '2026-10-30')""",
        town.ravi.chat_id,
    )
    await conn.execute("insert into guesses (chat, what, at) values ('telegram:9', 'invite', '2026-09-01')")
    await conn.execute(
        """insert into invites (code_hash, role, name, phone, expires_at) values
           ('a', 'owner', 'Gone', '+447700900555', '2026-01-01'), ('b', 'owner', 'Here', null, '2026-11-08')"""
    )
    await conn.execute(
        """insert into chat_identities (channel, external_id, display_name, last_seen_at) values
           ('telegram', '901', 'Stranger', '2025-10-01'), ('telegram', '902', 'Visitor', '2026-10-01')"""
    )
    await conn.execute(
        """insert into tenants (flat_id, name, phone, since, until) values
           ($1, 'Of before', '+447700900556', '2022-01-01', '2024-01-01'), ($1, 'Of now', null, '2024-01-01', null)""",
        town.flat("B17-FF").flat_id,
    )
    gone = {Kept.DIALOGUES: 1, Kept.GUESSES: 1, Kept.INVITES: 1, Kept.STRANGERS: 1, Kept.TENANTS: 1}
    assert await tidy(db, NOW) == gone
    assert await tidy(db, NOW) == {}
    assert [row[0] for row in await conn.fetch("select name from invites order by id")] == ["", "Here"]
    assert [row[0] for row in await conn.fetch("select name from tenants order by id")] == ["", "Of now"]


async def billed_photo(db: Database, town: Town) -> tuple[int, int]:
    """A photo of October's reading of B17-FF, billed on 2 Nov 2026: ids of photo and bill."""
    async with db.transaction() as conn:
        reading = await past(conn, town.flat("B17-FF"), date(2026, 10, 31), "146", state="pending")
        photo = await photos.store(conn, b"hash", b"jpeg", 4, 3, by=None, at=NOW)
        await photos.attach(conn, reading, photo)
        await conn.execute("update photos set file_name = 'a.jpg', cloud_state = 'stored' where id = $1", photo)
        done = await approve_unseen(work(conn, town.rekha, NOW), reading)
        assert isinstance(done, Approved)
        return photo, await conn.fetchval("select id from bills where flat_reading_id = $1", reading)


async def content(db: Database, photo: int) -> bytes | None:
    async with db.transaction() as conn:
        found: bytes | None = await conn.fetchval("select content from photos where id = $1", photo)
        return found


async def test_a_photo_goes_two_years_after_its_paid_bill_and_its_row_stays(
    db: Database, conn: asyncpg.Connection[asyncpg.Record], town: Town
) -> None:
    photo, bill = await billed_photo(db, town)
    total, due = await conn.fetchrow("select total_amount, due_date from bills where id = $1", bill) or ("", NOW)
    async with db.transaction() as service:
        await pay(work(service, town.rekha, NOW), town.flat("B17-FF").flat_id, str(total))
    due_at = datetime(due.year, due.month, due.day, tzinfo=UTC)
    assert Kept.PHOTOS not in await tidy(db, due_at + timedelta(days=729))
    assert await tidy(db, due_at + timedelta(days=731)) == {Kept.PHOTOS: 1}
    assert await content(db, photo) is None
    async with db.transaction() as service:
        view = await bill_views.owned_bill(service, town.sharma.person_id, bill)
        with pytest.raises(LookupError):
            await photos.jpeg(service, photo)
    assert view is not None
    assert (view.photo_id, view.photo_forgotten) == (None, True)
    assert (await verify_database(db.dsn)).findings == ()


@pytest.mark.parametrize("status", ["pending", "overdue", "partially_paid"])
async def test_a_photo_is_kept_while_its_bill_is_unpaid_however_old(
    db: Database, conn: asyncpg.Connection[asyncpg.Record], town: Town, status: str
) -> None:
    photo, bill = await billed_photo(db, town)
    await conn.execute("update bills set status = $2 where id = $1", bill, status)
    assert await tidy(db, NOW + timedelta(days=4000)) == {}
    assert await content(db, photo) == b"jpeg"


async def test_a_photo_is_kept_while_its_flat_is_set_aside_or_its_reading_waits(
    db: Database, conn: asyncpg.Connection[asyncpg.Record], town: Town
) -> None:
    photo, bill = await billed_photo(db, town)
    await conn.execute("update bills set status = 'paid' where id = $1", bill)
    later = NOW + timedelta(days=4000)
    await conn.execute("insert into parked_flats values ($1, 'L1')", town.flat("B17-FF").flat_id)
    assert await tidy(db, later) == {}
    await conn.execute("delete from parked_flats")
    await conn.execute("update bills set status = 'void'")
    await conn.execute("update readings set state = 'approved'")
    assert await tidy(db, later) == {}
    assert await content(db, photo) == b"jpeg"


async def test_a_motors_photo_is_kept_as_long_as_one_bill_with_its_share_is_unpaid(
    db: Database, conn: asyncpg.Connection[asyncpg.Record], town: Town
) -> None:
    _, bill = await billed_photo(db, town)
    meter = await conn.fetchval("select id from meters where motor_id is not null order by id limit 1")
    reading = await conn.fetchval(
        """insert into readings (meter_id, reading_date, reading_value, state)
           values ($1, '2026-10-31', 9, 'billed') returning id""",
        meter,
    )
    photo = await photos.store(conn, b"motor", b"motor", 4, 3, by=None, at=NOW)
    await photos.attach(conn, reading, photo)
    await conn.execute("alter table bills disable trigger user")
    await conn.execute("update bills set motor_reading_id = $1", reading)
    later = NOW + timedelta(days=4000)
    assert await tidy(db, later) == {}
    await conn.execute("update bills set status = 'paid'")
    assert await tidy(db, later) == {Kept.PHOTOS: 2}
    assert bill


@pytest.mark.parametrize("status", ["overdue", "paid"])
async def test_a_photo_is_kept_as_long_as_the_bill_that_counts_from_it(
    db: Database, conn: asyncpg.Connection[asyncpg.Record], town: Town, status: str
) -> None:
    """November's begins where October's photo shows the meter."""
    photo, bill = await billed_photo(db, town)
    await conn.execute("alter table bills disable trigger user")
    await conn.execute("update bills set status = 'paid' where id = $1", bill)
    await billed(conn, town.flat("B17-FF"), date(2026, 11, 1), date(2026, 11, 30), "200")
    await conn.execute("update bills set status = $2 where id <> $1", bill, status)
    assert await tidy(db, NOW + timedelta(days=4000)) == ({Kept.PHOTOS: 1} if status == "paid" else {})
    assert (await content(db, photo) is None) == (status == "paid")


async def test_photos_of_a_replacement_stay_while_it_waits_and_two_years_longer(
    db: Database, conn: asyncpg.Connection[asyncpg.Record], town: Town
) -> None:
    async with db.transaction() as service:
        photo = await photos.store(service, b"old meter", b"jpeg", 4, 3, by=None, at=NOW)
    asked = """
        insert into meter_replacements (old_meter_id, new_number, replaced_on, closing, closing_photo, opening, key)
        values ($1, '55501', $2, 1454, $3, 0, 'one') returning id"""
    request = await conn.fetchval(asked, town.flat("B17-FF").meter_id, NOW.date(), photo)
    decided = NOW + timedelta(days=4000)
    assert await tidy(db, decided) == {}
    async with db.transaction() as service:
        await meter_replacements.carry_out(service, request, by=None, at=decided)
    assert await tidy(db, decided + timedelta(days=729)) == {}
    assert await tidy(db, decided + timedelta(days=731)) == {Kept.PHOTOS: 1}
    async with db.transaction() as service:
        assert (await meter_replacements.get(service, request)).kept == ()


async def test_a_photo_goes_when_a_later_reading_begins_the_unpaid_bill(
    db: Database, conn: asyncpg.Connection[asyncpg.Record], town: Town
) -> None:
    photo, bill = await billed_photo(db, town)
    await conn.execute("alter table bills disable trigger user")
    await conn.execute("update bills set status = 'paid' where id = $1", bill)
    await past(conn, town.flat("B17-FF"), date(2026, 11, 15), "170")
    await billed(conn, town.flat("B17-FF"), date(2026, 11, 1), date(2026, 11, 30), "200")
    await conn.execute("update bills set status = 'overdue' where id <> $1", bill)
    assert await tidy(db, NOW + timedelta(days=4000)) == {Kept.PHOTOS: 1}
    assert await content(db, photo) is None


async def test_a_forgotten_photo_that_is_sent_again_is_kept_again(
    db: Database, conn: asyncpg.Connection[asyncpg.Record], town: Town
) -> None:
    photo, _ = await billed_photo(db, town)
    await conn.execute("update bills set status = 'paid'")
    await tidy(db, NOW + timedelta(days=4000))
    again = NOW + timedelta(days=4001)
    async with db.transaction() as service:
        assert await photos.store(service, b"hash", b"jpeg", 4, 3, by=None, at=again) == photo
        assert await photos.jpeg(service, photo) == b"jpeg"
    assert tuple(await conn.fetchrow("select cloud_state, file_name from photos") or ()) == ("waiting", None)
    assert await tidy(db, again) == {}
    assert await tidy(db, again + timedelta(days=731)) == {Kept.PHOTOS: 1}


async def test_three_processes_share_the_work_and_a_busy_row_is_left_for_the_next_time(
    db: Database, conn: asyncpg.Connection[asyncpg.Record]
) -> None:
    await _old_messages(conn, 5_000)
    holder = await connect(db.dsn)
    busy = holder.transaction()
    await busy.start()
    await holder.execute("select from inbox where dedupe_key = '7' for update")
    done = await asyncio.gather(*(tidy(db, NOW) for _ in range(3)))
    assert sum(one.get(Kept.INBOX, 0) for one in done) == 4_999
    await busy.rollback()
    await holder.close()
    assert await tidy(db, NOW) == {Kept.INBOX: 1}


@pytest.mark.slow
async def test_a_hundred_thousand_old_rows_go_without_holding_anybody_up(
    db: Database, conn: asyncpg.Connection[asyncpg.Record]
) -> None:
    await _old_messages(conn, 100_000)
    longest = 0.0
    at_it = asyncio.create_task(tidy(db, NOW))
    while not at_it.done():
        began = time.monotonic()
        await conn.execute(
            """insert into inbox (channel, dedupe_key, chat, payload, sent_at)
               values ('telegram', gen_random_uuid(), '1', '{}', now())"""
        )
        longest = max(longest, time.monotonic() - began)
        await asyncio.sleep(0.01)
    assert await at_it == {Kept.INBOX: 100_000}
    assert longest < 5


async def _old_messages(conn: asyncpg.Connection[asyncpg.Record], count: int) -> None:
    await conn.execute(
        """insert into inbox (channel, dedupe_key, chat, payload, sent_at, state, done_at)
           select 'telegram', n::text, '1', '{}', '2026-01-02', 'done', '2026-01-02' from generate_series(1, $1) n""",
        count,
    )


def test_everything_with_a_time_is_swept_and_nothing_else() -> None:
    assert {what for what, rule in RULES.items() if rule.days is not None} == set(SWEEPS)
    assert set(RULES) == set(Kept)
    assert all(rule.why for rule in RULES.values())
