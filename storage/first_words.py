"""How many people a platform lets us write to first, within any 24 hours."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from storage.database import Connection

DAY: Final = timedelta(hours=24)

_FULL: Final = """
    with people as (
        select chat_id, max(first_words_at) + interval '24 hours' as until
        from notifications where channel = $1 and first_words_at > $2 group by chat_id
    ), most as (
        select daily_new_people as number from channel_accounts where channel = $1 and daily_new_people is not null
    )
    select until from people, most
    where (select count(*) from people) >= number and not exists (select from people where chat_id = $3)
    order by until offset (select greatest(0, (select count(*) from people) - min(number)) from most) limit 1"""
"""When the first of those leaves the last 24 hours that makes room for one; no row: there is room."""


async def admit(conn: Connection, notification_id: int, now: datetime) -> datetime | None:
    """Counts the message's chat among those written to first; else from when on there is room for one more.

    One at a time over all processes, so that the limit holds however many send. A chat counts once.
    """
    [(channel, chat_id)] = await conn.fetch("select channel, chat_id from notifications where id = $1", notification_id)
    await conn.execute("select pg_advisory_xact_lock(hashtext('first words'), hashtext($1))", channel)
    full_until: datetime | None = await conn.fetchval(_FULL, channel, now - DAY, chat_id)
    if full_until is None:
        await conn.execute("update notifications set first_words_at = $2 where id = $1", notification_id, now)
    return full_until


async def used(conn: Connection, channel: str, now: datetime) -> int:
    """How many people were written to first in the last 24 hours."""
    sql = "select count(distinct chat_id) from notifications where channel = $1 and first_words_at > $2"
    number: int = await conn.fetchval(sql, channel, now - DAY)
    return number
