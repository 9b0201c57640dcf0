"""Queueing facts: for whom, once, and when."""

from __future__ import annotations

from datetime import UTC, datetime

import asyncpg
import pytest

from domain.roles import Role
from jobs.notify import delivery_time, enqueue, enqueue_for_role
from jobs.work import Actor, Work
from storage.database import Connection, Database
from tests.society import SOCIETY, build, work

NOW = datetime(2026, 11, 2, 5, tzinfo=UTC)


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
