"""How many people a platform lets us write to first, within any 24 hours."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from storage.chats import ONE_CHAT

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from storage.database import Connection

DAY: Final = timedelta(hours=24)
FREELY: Final = timedelta(hours=23, minutes=55)
"""How long after a person's last message they may be written to freely; clocks differ, so less than the day it is."""

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


async def limit(conn: Connection, channel: str) -> int | None:
    """How many people we may write to first in 24 hours; None: not known."""
    sql = "select daily_new_people from channel_accounts where channel = $1"
    number: int | None = await conn.fetchval(sql, channel)
    return number


async def used(conn: Connection, channel: str, now: datetime) -> int:
    """How many people were written to first in the last 24 hours."""
    sql = "select count(distinct chat_id) from notifications where channel = $1 and first_words_at > $2"
    number: int = await conn.fetchval(sql, channel, now - DAY)
    return number


async def to_be_said(conn: Connection, channel: str, flat_ids: Collection[int], now: datetime) -> int:
    """How many people would be written to first now if each of the flats' owners got a message."""
    sql = f"""
        select count(distinct chat.id)
        from flat_owners fo join owner_people op using (owner_id)
        join {ONE_CHAT.format(person="op.person_id")} one on one.channel = $1
        join chat_identities chat on chat.id = one.id
        where fo.flat_id = any($2::bigint[]) and fo.until is null
          and (chat.last_heard_at is null or chat.last_heard_at <= $3)
          and not exists (select from notifications n where n.channel = $1 and n.chat_id = chat.id
                          and n.first_words_at > $4)"""
    number: int = await conn.fetchval(sql, channel, list(flat_ids), now - FREELY, now - DAY)
    return number
