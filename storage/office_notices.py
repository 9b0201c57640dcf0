"""Notices to the office's channel: rows of `notifications` without a chat, posted several at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from storage.database import Connection

WAKE = "office"
"""Notified when a notice is queued."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A claimed notice."""

    id: int
    lease: int
    attempts: int
    text: str


async def add(  # noqa: PLR0917 - each fact is a column
    conn: Connection, status: str, kind: str, source_type: str, source_id: str, sequence: int, text: str
) -> None:
    """Queue the notice, or only log it (`status` off); once for each kind, source and sequence."""
    sql = """
        insert into notifications (outbox, channel, status, kind, source_type, source_id, sequence, message)
        values (true, 'discord', $1, $2, $3, $4, $5, $6)
        on conflict (kind, source_type, source_id, sequence) where outbox and channel = 'discord' do nothing
        returning pg_notify('office', '')"""
    await conn.execute(sql, status, kind, source_type, source_id, sequence, text)


async def claim(conn: Connection, limit: int, seconds: float) -> list[Waiting]:
    """Lease the oldest notices, in order; none while the oldest waits to be tried again."""
    sql = """
        with free as (
            select id, leased_until from notifications where outbox and channel = 'discord' and status = 'queued'
            order by id limit $1 for update skip locked
        ), taken as (
            update notifications n set lease = lease + 1, leased_until = now() + make_interval(secs => $2)
            from free where n.id = free.id and not exists (select from free where leased_until > now())
            returning n.id, n.lease, n.attempts, coalesce(n.message, '') as text
        )
        select * from taken order by id"""
    return [Waiting(**row) for row in await conn.fetch(sql, limit, seconds)]


async def settle(conn: Connection, notices: Sequence[Waiting], status: str, now: datetime, error: str | None) -> None:
    """Write what came of them, where they are still held."""
    sql = """
        update notifications n
        set status = $3, error = $4, sent_at = case $3 when 'sent' then $5::timestamptz end, leased_until = null
        from unnest($1::bigint[], $2::int[]) as held (id, lease)
        where n.id = held.id and n.lease = held.lease and n.status = 'queued'"""
    await conn.execute(sql, *_held(notices), status, error, now)


async def put_off(conn: Connection, notices: Sequence[Waiting], seconds: float, error: str, *, counts: bool) -> None:
    """To be tried again after `seconds`."""
    sql = """
        update notifications n
        set leased_until = now() + make_interval(secs => $3), error = $4, attempts = n.attempts + $5::int
        from unnest($1::bigint[], $2::int[]) as held (id, lease)
        where n.id = held.id and n.lease = held.lease and n.status = 'queued'"""
    await conn.execute(sql, *_held(notices), seconds, error, int(counts))


async def turn_off(conn: Connection) -> None:
    """What was queued while there was a channel is only logged now that there is none."""
    await conn.execute(
        "update notifications set status = 'off' where outbox and channel = 'discord' and status = 'queued'"
    )


def _held(notices: Sequence[Waiting]) -> tuple[list[int], list[int]]:
    return [one.id for one in notices], [one.lease for one in notices]
