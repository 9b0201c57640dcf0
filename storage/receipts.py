"""What the platform says of messages we sent: delivered, read, failed; in whatever order it says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class Told:
    """The message that a receipt is about. `arrived`: somebody has it, whatever is said afterwards.

    `heard_at` is when its person last wrote.
    """

    id: int
    chat_id: int
    status: str
    arrived: bool
    heard_at: datetime | None


async def find(conn: Connection, channel: str, external_id: str) -> Told | None:
    """Holds the message of ours that has this id at the platform; None: not ours, or not written down yet."""
    sql = """
        select n.id, n.chat_id, n.status, n.delivered_at is not null or n.read_at is not null as arrived,
            chat.last_heard_at as heard_at
        from notifications n join chat_identities chat on chat.id = n.chat_id
        where n.channel = $1 and n.external_id = $2 and n.outbox order by n.id desc limit 1 for update of n"""
    row = await conn.fetchrow(sql, channel, external_id)
    return Told(**dict(row)) if row else None


async def note_delivered(conn: Connection, notification_id: int, at: datetime) -> None:
    """It is on the person's phone. The first time counts."""
    await conn.execute(_ARRIVED.format("delivered_at"), notification_id, at)


async def note_read(conn: Connection, notification_id: int, at: datetime) -> None:
    """It was opened. The first time counts."""
    await conn.execute(_ARRIVED.format("read_at"), notification_id, at)


_ARRIVED = """
    update notifications set {0} = coalesce({0}, $2), status = case status when 'dead' then 'sent' else status end
    where id = $1"""
"""Whoever said before that it had failed was wrong."""


async def note_failed(conn: Connection, notification_id: int, reason: str) -> None:
    """It will not arrive, nor did the other states of its card for which it stood."""
    sql = """
        update notifications n set status = 'dead', error = $2 from notifications failed
        where failed.id = $1 and n.channel = failed.channel and n.external_id = failed.external_id
            and n.chat_id = failed.chat_id and n.outbox and n.status in ('sent', 'unknown')"""
    await conn.execute(sql, notification_id, reason)
