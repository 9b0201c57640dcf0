"""What decides about a payment reminder, for many flats at once, and the rows of `notifications` it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from storage.chats import ONE_CHAT
from storage.payment_claims import COUNTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from storage.database import Connection

KIND: Final = "payment_reminder"


@dataclass(frozen=True, slots=True)
class Standing:
    """A flat as a reminder sees it. `bill_id` is its newest bill, `owed` in rupees, `sequence` the next reminder's."""

    flat_id: int
    bill_id: int | None
    owed: Decimal
    parked: bool
    claimed: bool
    reminded_at: datetime | None
    sequence: int


async def due(conn: Connection, since: date, until: date, offsets: Sequence[int]) -> list[int]:
    """Flats whose newest bill has a day of reminding after `since`, up to `until`: due date plus one of `offsets`."""
    sql = """
        select b.flat_id from bills b
        where b.status not in ('void', 'paid')
          and exists (select from unnest($3::int[]) as days
                      where b.due_date + days > $1::date and b.due_date + days <= $2::date)
          and not exists (select from bills newer
                          where newer.flat_id = b.flat_id and newer.status is distinct from 'void'
                          and (newer.billing_period_end, newer.id) > (b.billing_period_end, b.id))
        order by b.flat_id"""
    return [row["flat_id"] for row in await conn.fetch(sql, since, until, list(offsets))]


async def standings(conn: Connection, flat_ids: Sequence[int]) -> list[Standing]:
    """How the flats stand; they are locked."""
    sql = f"""
        with asked as (select unnest($1::bigint[]) as flat_id),
        owed as (
            select flat_id, sum(amount) as amount from account_entries join asked using (flat_id) group by flat_id
        ), newest as (
            select distinct on (flat_id) flat_id, id from bills join asked using (flat_id)
            where status is distinct from 'void' and billing_period_end is not null
            order by flat_id, billing_period_end desc, id desc
        ), said as (
            select a.flat_id, max(n.sequence) as sequence,
                max(n.not_before) filter (where n.status in ('queued', 'sent', 'delivered', 'read', 'unknown')) as at
            from asked a join notifications n on n.outbox and n.kind = 'payment_reminder'
                and n.source_type = 'flat' and n.source_id = a.flat_id::text
            group by a.flat_id
        )
        select a.flat_id, newest.id as bill_id, coalesce(owed.amount, 0) as owed,
            exists (select from parked_flats p where p.flat_id = a.flat_id) as parked,
            exists (select from payment_claims c where c.flat_id = a.flat_id and {COUNTS}) as claimed,
            said.at as reminded_at, coalesce(said.sequence, 0) + 1 as sequence
        from asked a left join owed using (flat_id) left join newest using (flat_id) left join said using (flat_id)
        order by a.flat_id"""
    return [Standing(**row) for row in await conn.fetch(sql, list(flat_ids))]


async def is_claimed(conn: Connection, flat_id: int) -> bool:
    """Whether somebody says that they paid, and no admin has answered this or the same before."""
    sql = f"select exists (select from payment_claims c where c.flat_id = $1 and {COUNTS})"
    return bool(await conn.fetchval(sql, flat_id))


async def queue(conn: Connection, chosen: Sequence[Standing], not_before: datetime) -> set[int]:
    """Queue a reminder for each present owner of the flats in the chat they chose; the flats where one is reached."""
    sql = f"""
        insert into notifications (outbox, status, channel, chat_id, person_id, kind, source_type, source_id, sequence,
            payload, bulk, not_before, bill_id)
        select true, 'queued', chat.channel, chat.id, chat.person_id, 'payment_reminder', 'flat', r.flat_id::text,
            r.sequence, '{{}}', true, $4, r.bill_id
        from unnest($1::bigint[], $2::bigint[], $3::int[]) as r (flat_id, bill_id, sequence)
        join lateral (
            select distinct op.person_id from flat_owners fo join owner_people op using (owner_id)
            where fo.flat_id = r.flat_id and fo.until is null) reader on true
        join {ONE_CHAT.format(person="reader.person_id")} chat on true
        order by r.flat_id, chat.id
        on conflict (kind, source_type, source_id, chat_id, sequence) where outbox do nothing
        returning source_id::bigint as flat_id, pg_notify('outbox', '')"""
    columns = [one.flat_id for one in chosen], [one.bill_id for one in chosen], [one.sequence for one in chosen]
    return {row["flat_id"] for row in await conn.fetch(sql, *columns, not_before)}
