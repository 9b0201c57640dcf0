"""Queueing facts: for whom, once, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from domain.period import Month
from domain.roles import Role
from jobs import ask_office, lock_month
from jobs.approve_reading import send_back
from jobs.notify import delivery_time, enqueue, enqueue_for_role
from jobs.pending import queue_changed
from jobs.work import Actor, Society, Work
from storage import people, readings
from storage.database import Connection, Database
from tests.society import SOCIETY, Town, build, past, work

NOW = datetime(2026, 11, 2, 5, tzinfo=UTC)
LOGINS = replace(SOCIETY, admins_log_in=True)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-02T02:29:59+00:00", "2026-11-02T02:30:00+00:00"),  # 07:59:59 in India: at eight
        ("2026-11-02T02:30:00+00:00", "2026-11-02T02:30:00+00:00"),  # eight sharp: now
        ("2026-11-02T14:29:59+00:00", "2026-11-02T14:29:59+00:00"),  # 19:59:59: now
        ("2026-11-02T14:30:00+00:00", "2026-11-03T02:30:00+00:00"),  # eight in the evening: tomorrow
        ("2026-12-31T20:00:00+00:00", "2027-01-01T02:30:00+00:00"),  # half past one on New Year's Day: today at eight
    ],
)
async def test_owners_are_not_written_to_at_night(db: Database, now: str, expected: str) -> None:
    async with db.transaction() as conn:
        asked = Work(conn, datetime.fromisoformat(now), SOCIETY, Actor(None, "test"), "T")
        assert delivery_time(asked) == datetime.fromisoformat(expected)


async def test_a_fact_goes_once_to_one_chat_of_a_person(dsn: str, db: Database) -> None:
    raw = await asyncpg.connect(dsn)
    town = await build(raw)
    sql = "insert into chat_identities (channel, external_id, person_id, reachable) values ('telegram', $1, $2, $3)"
    await raw.execute(sql, "901", town.sharma.person_id, True)
    await raw.execute(sql, "902", town.sharma.person_id, False)
    async with db.transaction() as conn:
        asked = work(conn, town.rekha, NOW)
        assert await enqueue(asked, "bill", "bill", 7, person_id=town.sharma.person_id) == 1
        assert await enqueue(asked, "bill", "bill", 7, person_id=town.sharma.person_id) == 0
        assert await enqueue(asked, "bill", "bill", 7, person_id=town.sharma.person_id, sequence=2) == 1
        assert await enqueue(asked, "note", "bill", 7, chat_id=town.ravi.chat_id) == 1
        assert await enqueue_for_role(asked, Role.ADMIN, "dead_message", "inbox", 1) == 2
        with pytest.raises(ValueError, match="chat or a person"):
            await enqueue(asked, "bill", "bill", 7)
    recipients = await raw.fetch("select person_id, status, outbox from notifications where kind = 'bill'")
    assert {tuple(row) for row in recipients} == {(town.sharma.person_id, "queued", True)}
    await raw.close()


async def test_a_fact_is_queued_only_if_its_cause_commits(dsn: str, db: Database) -> None:
    raw = await asyncpg.connect(dsn)
    town = await build(raw)

    async def failing(conn: Connection) -> None:
        await enqueue(work(conn, town.rekha, NOW), "bill", "bill", 7, chat_id=town.ravi.chat_id)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await db.run(failing)
    assert await raw.fetchval("select count(*) from notifications") == 0
    await raw.close()


async def _two_chats(conn: Connection, *, days: int = 30, now: datetime = NOW) -> tuple[Town, int]:
    """Rekha is logged in on Telegram for so many days; she chose her WhatsApp, and wrote from there last: its id."""
    town = await build(conn)
    bound = """
        insert into admin_bindings (person_id, chat_id, subject, bound_at, expires_at)
        values ($1, $2, 'auth0|rekha', $3, $4)"""
    since, until = now - timedelta(days=60), now + timedelta(days=days)
    await conn.execute(bound, town.rekha.person_id, town.rekha.chat_id, since, until)
    other = """
        insert into chat_identities (channel, external_id, person_id, last_seen_at, preferred_at)
        values ('whatsapp', '447700900103', $1, now() + interval '1 day', now()) returning id"""
    return town, await conn.fetchval(other, town.rekha.person_id)


async def _told(conn: Connection, who: int, kind: str = "dead_message") -> list[int]:
    sql = "select chat_id from notifications n join chat_identities c on c.id = chat_id where c.person_id = $1"
    return [row["chat_id"] for row in await conn.fetch(f"{sql} and kind = $2 order by n.id", who, kind)]


async def test_an_admins_news_go_to_the_chat_that_is_logged_in(db: Database) -> None:
    async with db.transaction() as conn:
        town, _ = await _two_chats(conn)
        await enqueue_for_role(work(conn, town.mohan, NOW, LOGINS), Role.ADMIN, "dead_message", "inbox", 1)
        assert await _told(conn, town.rekha.person_id) == [town.rekha.chat_id]


@pytest.mark.parametrize(("days", "society"), [(-1, LOGINS), (30, SOCIETY)], ids=["login over", "no logins"])
async def test_where_no_login_counts_they_go_to_the_chat_last_heard_from(
    db: Database, days: int, society: Society
) -> None:
    async with db.transaction() as conn:
        town, other = await _two_chats(conn, days=days)
        await enqueue_for_role(work(conn, town.mohan, NOW, society), Role.ADMIN, "dead_message", "inbox", 1)
        assert await _told(conn, town.rekha.person_id) == [other]


async def test_a_card_in_a_chat_that_is_not_logged_in_goes_on_where_it_can_be_read(db: Database) -> None:
    async with db.transaction() as conn:
        town, other = await _two_chats(conn)
        asked = work(conn, town.mohan, NOW, LOGINS)
        await enqueue(asked, "dead_message", "inbox", 1, chat_id=other, card="c")
        await enqueue_for_role(asked, Role.ADMIN, "dead_message", "inbox", 1, sequence=2, card="c")
        assert await _told(conn, town.rekha.person_id) == [other, town.rekha.chat_id]


async def test_a_card_of_somebody_who_is_logged_in_nowhere_stays_where_it_is_shown(db: Database) -> None:
    async with db.transaction() as conn:
        town, _ = await _two_chats(conn, days=-1)
        asked = work(conn, town.mohan, NOW, LOGINS)
        await enqueue(asked, "dead_message", "inbox", 1, chat_id=town.rekha.chat_id, card="c")
        await enqueue_for_role(asked, Role.ADMIN, "dead_message", "inbox", 1, sequence=2, card="c")
        assert await _told(conn, town.rekha.person_id) == [town.rekha.chat_id] * 2


async def test_what_is_said_to_one_of_the_office_follows_the_login_too(db: Database) -> None:
    async with db.transaction() as conn:
        town, _ = await _two_chats(conn)
        rekha = town.rekha.person_id
        reading = await past(conn, town.flat("B17-FF"), date(2026, 10, 31), "146", state="pending")
        await conn.execute("update readings set submitted_by = $2 where id = $1", reading, rekha)
        asked = work(conn, town.mohan, NOW, LOGINS)
        await queue_changed(asked)
        await lock_month.ask(asked, Month(2026, 10), lock_month.LOCK)
        await ask_office.answer(asked, reading, ask_office.Asker(rekha, "Rekha"), "Yes", "card")
        await send_back(asked, reading, (await readings.get(conn, reading)).version, "photo")
        own = await lock_month.ask(work(conn, town.rekha, NOW, LOGINS), Month(2026, 9), lock_month.LOCK)
        assert isinstance(own, lock_month.Asked)
        await lock_month.cancel(asked, own.request.id)
        for kind in ("reading_waiting", "lock_asked", ask_office.ANSWER, "reading_returned", "lock_decided"):
            assert await _told(conn, rekha, kind) == [town.rekha.chat_id], kind


async def test_bills_go_to_the_chat_that_was_chosen_whatever_is_logged_in(db: Database) -> None:
    async with db.transaction() as conn:
        town, other = await _two_chats(conn)
        await enqueue(work(conn, town.mohan, NOW, LOGINS), "bill", "bill", 7, person_id=town.rekha.person_id)
        assert await _told(conn, town.rekha.person_id, "bill") == [other]


@pytest.mark.parametrize("days", [30, -1])
async def test_after_a_restore_the_notice_goes_to_a_chat_that_is_logged_in(db: Database, days: int) -> None:
    async with db.transaction() as conn:
        town, other = await _two_chats(conn, days=days, now=datetime.now(UTC))
        found = [chat.id for chat in await people.chats_of(conn, town.rekha.person_id)]
        assert found == ([town.rekha.chat_id, other] if days > 0 else [other, town.rekha.chat_id])
