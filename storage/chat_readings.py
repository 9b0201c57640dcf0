"""Readings by the messages of a chat: those that brought them, those that show them, those that lack a photo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.reading_sql import READING_SQL
from storage.readings import Reading, reading_of

if TYPE_CHECKING:
    from datetime import datetime

    from storage.database import Connection


async def of_message(conn: Connection, chat_id: int, message_id: str) -> list[Reading]:
    """Readings that one chat message brought, withdrawn ones too, in the order of its lines."""
    sql = READING_SQL + "where r.chat_id = $1 and r.chat_message_id = $2 order by r.id"
    return [reading_of(row) for row in await conn.fetch(sql, chat_id, message_id)]


async def last_of(conn: Connection, chat_id: int, person_id: int | None) -> list[Reading]:
    """What the person's last message in this chat brought and was not taken back since, in the order of its lines."""
    sql = (
        """
        with last as (
            select id, chat_message_id from readings
            where chat_id = $1 and submitted_by = $2 and state not in ('withdrawn', 'history')
            order by submitted_at desc, id desc limit 1)
        """
        + READING_SQL
        + """
        where r.state not in ('withdrawn', 'history') and (r.id = (select id from last) or
            (r.chat_id = $1 and r.submitted_by = $2 and r.chat_message_id = (select chat_message_id from last)))
        order by r.id"""
    )
    return [reading_of(row) for row in await conn.fetch(sql, chat_id, person_id)]


async def without_photo(
    conn: Connection, chat_id: int, person_id: int | None, since: datetime, until: datetime
) -> list[Reading]:
    """What the person sent in this chat from `since` to `until` (included) that lacks a photo, the latest first."""
    sql = READING_SQL + (
        "where r.chat_id = $1 and r.submitted_by = $2 and r.submitted_at between $3 and $4 "
        "and r.state in ('pending', 'approved', 'billed') "
        "and not exists (select 1 from reading_photos rp where rp.reading_id = r.id) "
        "order by r.submitted_at desc, r.id desc"
    )
    return [reading_of(row) for row in await conn.fetch(sql, chat_id, person_id, since, until)]


async def with_photo(conn: Connection, photo_id: int) -> list[Reading]:
    """Readings that a photo belongs to and that were not taken back, the latest first."""
    sql = READING_SQL + (
        "where r.state <> 'withdrawn' "
        "and exists (select 1 from reading_photos rp where rp.reading_id = r.id and rp.photo_id = $1) "
        "order by r.submitted_at desc nulls last, r.id desc"
    )
    return [reading_of(row) for row in await conn.fetch(sql, photo_id)]


async def shown_in(conn: Connection, chat_id: int, external_id: str) -> int | None:
    """The reading that one of our messages in the chat is about: its card's, or the one that was sent back."""
    sql = r"""
        select coalesce(substring(card from '^reading:(\d+)'),
                        case when source_type = 'reading' then source_id end)::bigint
        from notifications where outbox and chat_id = $1 and external_id = $2 order by id desc limit 1"""
    reading_id: int | None = await conn.fetchval(sql, chat_id, external_id)
    return reading_id


async def has_card(conn: Connection, chat_id: int, card: str) -> bool:
    """Whether the chat has a message of this name."""
    sql = "select exists (select from notifications where chat_id = $1 and card = $2 and external_id is not null)"
    return bool(await conn.fetchval(sql, chat_id, card))
