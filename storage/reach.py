"""Whom a flat's messages reach, and what became of a bill's message."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.chats import REACHED
from storage.unreachable import Why

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class OwnerReach:
    """A present owner of a flat and the channels on which a message arrives; none: only paper does.

    Without any, `ended` says whether they had one: by STOP, or by blocking us.
    """

    name: str
    is_primary: bool
    channels: tuple[str, ...]
    ended: Why | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message of a bill: to whom, and how far it is (`queued`, `sent`, `unknown`, `dead`, `cancelled`, …).

    `delivered_at` and `read_at` are known where the platform tells them.
    """

    name: str
    channel: str
    status: str
    sent_at: datetime | None
    delivered_at: datetime | None = None
    read_at: datetime | None = None


async def owners_reached(conn: Connection, flat_ids: Sequence[int]) -> dict[int, list[OwnerReach]]:
    """By flat id, the primary owner first."""
    sql = f"""
        select fo.flat_id, o.name, coalesce(fo.is_primary, false) as is_primary,
               array(select distinct c.channel from owner_people op join chat_identities c on c.person_id = op.person_id
                     where op.owner_id = o.id and {REACHED} order by c.channel) as channels,
               (select case when bool_or(c.opted_out_at is not null) then 'opted_out'
                            when count(*) > 0 then 'blocked' end
                from owner_people op join chat_identities c on c.person_id = op.person_id and c.is_private
                where op.owner_id = o.id and not ({REACHED})) as ended
        from flat_owners fo join owners o on o.id = fo.owner_id
        where fo.flat_id = any($1::bigint[]) and fo.until is null
        order by fo.flat_id, is_primary desc, fo.id"""
    found: dict[int, list[OwnerReach]] = defaultdict(list)
    for row in await conn.fetch(sql, list(flat_ids)):
        channels = tuple(row["channels"])
        ended = Why(row["ended"]) if row["ended"] and not channels else None
        found[row["flat_id"]].append(OwnerReach(row["name"], row["is_primary"], channels, ended))
    return found


async def deliveries(conn: Connection, bill_id: int) -> list[Delivery]:
    """The bill's own messages to its owners, in the order in which they were queued."""
    sql = """
        select coalesce(p.name, '') as name, coalesce(n.channel, '') as channel, coalesce(n.status, '') as status,
               n.sent_at, n.delivered_at, n.read_at
        from notifications n left join people p on p.id = n.person_id
        where n.bill_id = $1 and n.kind = 'bill' and n.outbox order by n.id"""
    return [Delivery(**row) for row in await conn.fetch(sql, bill_id)]


async def was_told(conn: Connection, chat_id: int, kind: str, source_type: str, source_id: str) -> bool:
    """Say whether a message of this kind and source arrived in the chat, or may have."""
    sql = """
        select exists (select from notifications
                       where outbox and kind = $2 and source_type = $3 and source_id = $4 and chat_id = $1
                         and status in ('sent', 'unknown'))"""
    return bool(await conn.fetchval(sql, chat_id, kind, source_type, source_id))
