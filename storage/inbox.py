"""Messages as they came, until they are worked on: in order within a chat, by whichever process holds the lease."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from storage.database import Connection

WAKE = "inbox"
"""Notified when something is waiting."""

FAILURES = 5
"""Failures of its own after which a message is dead."""

BURST = 3
"""More messages than this waiting together in one chat are answered by one summary."""

RECEIPTS = "receipt:"
"""Begins the name of an order that is no chat: what a platform says about one message of ours."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a channel received. `dedupe_key` is unique in its channel; `sent_at` is the sender's time (aware)."""

    channel: str
    dedupe_key: str
    chat: str
    payload: Mapping[str, Any]
    sent_at: datetime
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A claimed message. `lease` numbers this claim: settling with another number is refused."""

    id: int
    channel: str
    chat: str
    payload: Mapping[str, Any]
    sent_at: datetime
    received_at: datetime
    attempts: int
    lease: int
    burst: int | None
    backlog: int


def reference(inbox_id: int) -> str:
    """The short word by which people name a message: `Ref 7F3A`."""
    return f"{inbox_id:04X}"


async def store(conn: Connection, arrivals: Sequence[Arrival]) -> int:
    """Keeps what is new, in this order, and wakes the workers; returns how many were new."""
    sql = """
        insert into inbox (channel, dedupe_key, chat, payload, sent_at, not_before)
        select channel, dedupe_key, chat, payload, sent_at, coalesce(not_before, '-infinity')
        from unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::timestamptz[], $6::timestamptz[])
            with ordinality as new (channel, dedupe_key, chat, payload, sent_at, not_before, place)
        order by place
        on conflict (channel, dedupe_key) do nothing
        returning pg_notify('inbox', '')"""
    columns = zip(
        *((a.channel, a.dedupe_key, a.chat, a.payload, a.sent_at, a.not_before) for a in arrivals), strict=True
    )
    return len(await conn.fetch(sql, *(list(column) for column in columns))) if arrivals else 0


async def claim(conn: Connection, now: datetime, limit: int, seconds: float) -> list[Waiting]:
    """Leases the first waiting message of up to `limit` chats, longest waiting first.

    A chat whose first message is leased, or waits to be tried again, gives none: its messages are done in order.
    """
    sql = """
        with recursive heads as (
            (select channel, chat, id, leased_until from inbox where state = 'new' order by channel, chat, id limit 1)
            union all
            select next.* from heads, lateral (
                select channel, chat, id, leased_until from inbox
                where state = 'new' and (channel, chat) > (heads.channel, heads.chat)
                order by channel, chat, id limit 1) next
        ), free as (
            select held.id
            from (select id from heads where leased_until is null or leased_until < now() order by id) first, lateral (
                select i.id from inbox i
                where i.id = first.id and i.state = 'new' and i.not_before <= $1
                    and (i.leased_until is null or i.leased_until < now())
                for update skip locked) held
            limit $2
        )
        update inbox set lease = lease + 1, leased_until = now() + make_interval(secs => $3)
        from free where inbox.id = free.id
        returning inbox.id, channel, chat, payload, sent_at, received_at, attempts, lease, burst, (
            select count(*) from (select from inbox after where after.state = 'new' and after.channel = inbox.channel
                and after.chat = inbox.chat and after.id > inbox.id limit 100) waiting) as backlog"""
    return [Waiting(**dict(row)) for row in await conn.fetch(sql, now, limit, seconds)]


async def settle(conn: Connection, row: Waiting) -> bool:
    """Marks the message done with the caller's transaction; false when another worker has taken it over."""
    sql = """
        update inbox set state = 'done', done_at = now(), leased_until = null, error = null
        where id = $1 and lease = $2 and state = 'new' returning true"""
    return bool(await conn.fetchval(sql, row.id, row.lease))


async def release(conn: Connection, row: Waiting, seconds: float) -> None:
    """Hands the message back, to be tried again after `seconds`: an outage, not the message's failure."""
    sql = """
        update inbox set leased_until = now() + make_interval(secs => $3)
        where id = $1 and lease = $2 and state = 'new'"""
    await conn.execute(sql, row.id, row.lease, seconds)


async def extend(conn: Connection, rows: Sequence[Waiting], seconds: float) -> None:
    """Keeps the leases alive while their holder works."""
    sql = """
        update inbox set leased_until = now() + make_interval(secs => $3) where id in (
            select i.id from inbox i join unnest($1::bigint[], $2::int[]) as held (id, lease)
                on i.id = held.id and i.lease = held.lease
            where i.state = 'new' for update of i skip locked)"""
    await conn.execute(sql, [row.id for row in rows], [row.lease for row in rows], seconds)


async def fail(conn: Connection, row: Waiting, error: str, seconds: float) -> bool | None:
    """Counts a failure of the message's own; true: it was the last and the message is dead. `None`: taken over."""
    sql = f"""
        update inbox set attempts = attempts + 1, error = $3, leased_until = now() + make_interval(secs => $4),
            state = case when attempts + 1 >= {FAILURES} then 'dead' else 'new' end
        where id = $1 and lease = $2 and state = 'new' returning state = 'dead'"""
    dead: bool | None = await conn.fetchval(sql, row.id, row.lease, error, seconds)
    return dead


async def revive(conn: Connection, inbox_id: int, channel: str, chat: str) -> bool:
    """Lets a dead message of this chat be tried again; false when it is not dead."""
    sql = """
        update inbox set state = 'new', attempts = 0, leased_until = null
        where id = $1 and channel = $2 and chat = $3 and state = 'dead' returning pg_notify('inbox', '')"""
    return await conn.fetchrow(sql, inbox_id, channel, chat) is not None


async def begin_burst(conn: Connection, row: Waiting) -> int | None:
    """The name of the burst that the message belongs to, if it does; the messages waiting behind it join."""
    if row.burst is not None or row.backlog < BURST:
        return row.burst
    sql = """
        update inbox set burst = $1
        where channel = $2 and chat = $3 and id >= $1 and burst is null and state <> 'dead'"""
    await conn.execute(sql, row.id, row.channel, row.chat)
    return row.id


async def age(conn: Connection, inbox_id: int) -> float:
    """Seconds since the message came."""
    sql = "select extract(epoch from now() - received_at)::float from inbox where id = $1"
    seconds: float = await conn.fetchval(sql, inbox_id)
    return seconds


async def tell(conn: Connection, inbox_id: int) -> tuple[str, str, str | None]:
    """Channel, chat and last error of a message, for whoever is told about it."""
    row = await conn.fetchrow("select channel, chat, error from inbox where id = $1", inbox_id)
    if row is None:
        raise LookupError(inbox_id)
    return row["channel"], row["chat"], row["error"]
