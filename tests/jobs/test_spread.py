"""On how many days a month's messages go out, where WhatsApp counts the people who are written to first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.i18n import Translator
from bot.texts import admin_month
from jobs.spread import CHANNEL, Spread, spread
from storage import channel_accounts
from tests.society import build, work

if TYPE_CHECKING:
    from storage.database import Connection, Database

NOW = datetime(2026, 11, 2, 5, 12, tzinfo=UTC)


async def _on_whatsapp(conn: Connection, chat_id: int, heard: timedelta | None) -> None:
    sql = "update chat_identities set channel = $2, last_heard_at = $3 where id = $1"
    await conn.execute(sql, chat_id, CHANNEL, heard and NOW + heard)


async def test_only_owners_on_whatsapp_who_have_not_written_for_a_day_count(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        todo = work(conn, town.rekha, NOW)
        flats = [home.flat_id for home in town.homes.values()]
        assert await spread(todo, flats) is None
        await _on_whatsapp(conn, town.sharma.chat_id, None)
        assert await spread(todo, flats) == Spread(1, None, 0)
        assert await spread(todo, []) is None
        await channel_accounts.note(conn, CHANNEL, "447700900999")
        await channel_accounts.note_limit(conn, CHANNEL, 250)
        assert await spread(todo, flats) == Spread(1, 250, 250)
        await _on_whatsapp(conn, town.sharma.chat_id, timedelta(hours=-25))
        assert await spread(todo, flats) == Spread(1, 250, 250)
        await _on_whatsapp(conn, town.sharma.chat_id, timedelta(hours=-23))
        assert await spread(todo, flats) is None


async def test_whom_we_wrote_to_within_the_day_takes_no_further_room(db: Database) -> None:
    async with db.transaction() as conn:
        town = await build(conn)
        await _on_whatsapp(conn, town.sharma.chat_id, None)
        sql = """insert into notifications (outbox, channel, chat_id, first_words_at) values (true, $1, $2, $3)"""
        await conn.execute(sql, CHANNEL, town.sharma.chat_id, NOW - timedelta(hours=3))
        flats = [home.flat_id for home in town.homes.values()]
        assert await spread(work(conn, town.rekha, NOW), flats) is None


@pytest.mark.parametrize(
    ("people", "a_day", "left", "days"),
    [
        (1, 250, 250, 1),
        (250, 250, 250, 1),
        (251, 250, 250, 2),
        (1, 250, 0, 2),
        (251, 250, 0, 3),
        (2000, 250, 250, 8),
        (5, None, 0, None),
        (5, 0, 0, 6),
    ],
)
def test_days(people: int, a_day: int | None, left: int, days: int | None) -> None:
    assert Spread(people, a_day, left).days == days


@pytest.mark.parametrize(
    ("seen", "line"),
    [
        (
            Spread(1, 250, 250),
            "1 owner on WhatsApp has not written for a day: all get theirs today, WhatsApp takes 250 a day.",
        ),
        (
            Spread(6, 2, 2),
            "6 owners on WhatsApp have not written for a day: WhatsApp takes 2 a day, so the last get theirs on day 3.",
        ),
        (
            Spread(600, None, 0),
            "600 owners on WhatsApp have not written for a day: they get theirs as fast as WhatsApp takes them.",
        ),
    ],
)
def test_it_is_one_plain_line(seen: Spread, line: str) -> None:
    assert admin_month.spread(Translator("en"), seen) == line
