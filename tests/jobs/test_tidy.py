"""What is forgotten, and what is kept."""

from __future__ import annotations

from datetime import UTC, datetime

import asyncpg

from jobs.tidy import tidy
from storage.database import Database
from tests.society import build

NOW = datetime(2026, 11, 2, tzinfo=UTC)


async def test_only_what_is_old_and_done_is_forgotten(dsn: str, db: Database) -> None:
    conn = await asyncpg.connect(dsn)
    town = await build(conn)
    await conn.execute(
        """insert into inbox (channel, dedupe_key, chat, payload, sent_at, state, done_at) values
           ('telegram', 'old', '1', '{}', now(), 'done', '2026-10-02'),
           ('telegram', 'recent', '1', '{}', now(), 'done', '2026-10-04'),
           ('telegram', 'dead', '1', '{}', now(), 'dead', null),
           ('telegram', 'waiting', '1', '{}', '2026-01-01', 'new', null)"""
    )
    await conn.execute(
        """insert into actions (token, chat_id, name, created_at) values
           ('old', $1, 'x', '2026-08-03'), ('recent', $1, 'x', '2026-08-06')""",
        town.ravi.chat_id,
    )
    assert await tidy(db, NOW) == (1, 1)
    assert await tidy(db, NOW) == (0, 0)
    kept = [row[0] for row in await conn.fetch("select dedupe_key from inbox order by 1")]
    assert kept == ["dead", "recent", "waiting"]
    assert await conn.fetchval("select token from actions") == "recent"
    await conn.close()
