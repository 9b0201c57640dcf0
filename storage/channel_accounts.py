"""Our own name on each channel: what invite links are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.database import Connection


async def note(conn: Connection, channel: str, name: str) -> None:
    """Remember the name that the platform gave for our account."""
    sql = """
        insert into channel_accounts (channel, name) values ($1, $2)
        on conflict (channel) do update set name = excluded.name, seen_at = now()"""
    await conn.execute(sql, channel, name)


async def note_limit(conn: Connection, channel: str, daily_new_people: int | None) -> None:
    """Remember how many people the platform lets us write to first in 24 hours; None leaves what was known."""
    sql = "update channel_accounts set daily_new_people = $2 where channel = $1"
    if daily_new_people is not None:
        await conn.execute(sql, channel, daily_new_people)


async def name(conn: Connection, channel: str) -> str | None:
    """Our account's name on the channel; none until it has run once."""
    value: str | None = await conn.fetchval("select name from channel_accounts where channel = $1", channel)
    return value
