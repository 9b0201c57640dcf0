"""The admins' queue beyond the readings themselves: whose flats, which batch, which live card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.chats import LAST_HEARD, LOGGED_IN, REACHED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class Batch:
    """Readings approved in one press, to be billed at `issue_at` unless undone; `state`: waiting, undone, issued."""

    id: int
    approved_by: int
    approver: str
    issue_at: datetime
    state: str
    chat_id: int | None


async def flats_of_readings(conn: Connection, reading_ids: Sequence[int]) -> list[int]:
    """Ids of the flats whose meters these readings are of."""
    sql = """
        select distinct m.flat_id from readings r join meters m on m.id = r.meter_id
        where r.id = any($1::bigint[]) and m.flat_id is not null"""
    return [row["flat_id"] for row in await conn.fetch(sql, list(reading_ids))]


async def hold_readings(conn: Connection, reading_ids: Sequence[int]) -> None:
    """Hold the readings until the transaction ends, ids ascending."""
    sql = "select 1 from readings where id = any($1::bigint[]) order by id for update"
    await conn.fetch(sql, list(reading_ids))


async def add_batch(conn: Connection, approved_by: int, issue_at: datetime, chat_id: int | None) -> int:
    """A batch that waits for its undo time to pass."""
    sql = "insert into approval_batches (approved_by, issue_at, chat_id) values ($1, $2, $3) returning id"
    batch_id: int = await conn.fetchval(sql, approved_by, issue_at, chat_id)
    return batch_id


async def hold_batch(conn: Connection, batch_id: int) -> Batch | None:
    """The batch, held until the transaction ends."""
    sql = """
        select b.id, b.approved_by, p.name as approver, b.issue_at, b.state, b.chat_id
        from approval_batches b join people p on p.id = b.approved_by where b.id = $1 for update of b"""
    row = await conn.fetchrow(sql, batch_id)
    return Batch(**row) if row else None


async def close_batch(conn: Connection, batch_id: int, state: str) -> None:
    """The batch is `undone` or `issued`."""
    await conn.execute("update approval_batches set state = $2 where id = $1", batch_id, state)


async def readings_of_batch(conn: Connection, batch_id: int) -> list[int]:
    """Ids of the batch's readings that are still approved, in order."""
    sql = "select id from readings where approval_batch = $1 and state = 'approved' order by id"
    return [row["id"] for row in await conn.fetch(sql, batch_id)]


async def hold_readings_of_batch(conn: Connection, batch_id: int) -> list[int]:
    """The same, held until the transaction ends: without those changed or taken back while others were waited for."""
    sql = "select id from readings where approval_batch = $1 and state = 'approved' order by id for update"
    return [row["id"] for row in await conn.fetch(sql, batch_id)]


async def pending_count(conn: Connection) -> tuple[int, int]:
    """How many readings wait for a decision, and the highest id among them (0 where none waits)."""
    sql = """
        select count(*), coalesce(max(r.id), 0) from readings r join meters m on m.id = r.meter_id
        where r.state = 'pending' and (m.flat_id is not null or m.motor_id is not null)"""
    row = await conn.fetchrow(sql)
    return (row[0], row[1]) if row else (0, 0)


@dataclass(frozen=True, slots=True)
class Watcher:
    """A chat of an admin. `card` is its latest one that shows the queue; `is_queued`: it will be drawn again anyway."""

    chat_id: int
    card: str | None
    is_queued: bool


async def watchers(conn: Connection, prefix: str, since: datetime, login_at: datetime | None = None) -> list[Watcher]:
    """The chat from which each admin was last heard; of its cards those named `prefix`…, queued at or after `since`.

    `login_at`: of their chats that are logged in at that moment, if any are.
    """
    sql = f"""
        select chat.id as chat_id, live.card, exists (
            select 1 from notifications n where n.chat_id = chat.id and n.kind = 'queue_changed' and n.card = live.card
                and n.outbox and n.status = 'queued' and n.leased_until is null) as is_queued
        from staff join lateral (
            select c.id from chat_identities c
            where c.person_id = staff.person_id and {REACHED}
            order by {LOGGED_IN.format(login_at="$3")}, {LAST_HEARD} limit 1) chat on true
        left join lateral (
            select card from notifications n where n.chat_id = chat.id and n.card like $1 || '%' and n.outbox
                and n.created_at >= $2 order by n.id desc limit 1) live on true
        where staff.role = 'admin' and staff.revoked_at is null
        order by staff.id, chat.id"""
    return [Watcher(**dict(row)) for row in await conn.fetch(sql, prefix, since, login_at)]


async def buried_since(conn: Connection, chat_id: int, card: str) -> datetime | None:
    """When this card was posted in the chat, if it no longer tells what is new: messages of ours have come below it.

    Edits of others are none. On WhatsApp, where nothing can be edited, that is so from the start.
    """
    sql = """
        select posted.created_at from (
            select id, created_at from notifications
            where chat_id = $1 and card = $2 and external_id is not null order by id limit 1) posted
        where exists (select from chat_identities where id = $1 and channel = 'whatsapp') or exists (
            select 1 from notifications n where n.chat_id = $1 and n.outbox and n.external_id is not null
                and n.id > posted.id and n.card is distinct from $2 and not exists (
                    select 1 from notifications above where above.chat_id = $1 and above.card = n.card
                        and above.external_id is not null and above.id < posted.id))"""
    posted_at: datetime | None = await conn.fetchval(sql, chat_id, card)
    return posted_at


async def live_card(conn: Connection, chat_id: int, prefix: str, since: datetime) -> str | None:
    """The chat's latest card whose name starts with `prefix`, if it was queued at or after `since`."""
    sql = """
        select card from notifications
        where chat_id = $1 and card like $2 || '%' and outbox and created_at >= $3 order by id desc limit 1"""
    card: str | None = await conn.fetchval(sql, chat_id, prefix, since)
    return card


async def is_queued(conn: Connection, chat_id: int, kind: str, card: str) -> bool:
    """Whether this card waits to be drawn again in the chat, so that it will say what is true then."""
    sql = """
        select exists (select 1 from notifications
                       where chat_id = $1 and kind = $2 and card = $3 and outbox and status = 'queued'
                         and leased_until is null)"""
    return bool(await conn.fetchval(sql, chat_id, kind, card))
