"""Where a bill is shown: messages of our outbox that can be edited in place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class Shown:
    """A message of a bill in one chat. `next_sequence` is free for the next announcement of the bill there.

    `age` is 1 for the newest message of the bill in the chat, 2 for the one before.
    """

    chat_id: int
    person_id: int
    card: str
    age: int
    next_sequence: int


async def newest_bill(conn: Connection, flat_id: int) -> int | None:
    """Id of the flat's newest bill that was not taken back."""
    sql = """
        select id from bills where flat_id = $1 and status is distinct from 'void' and billing_period_end is not null
        order by billing_period_end desc, id desc limit 1"""
    newest: int | None = await conn.fetchval(sql, flat_id)
    return newest


async def shown(conn: Connection, flat_id: int, bill_id: int, card: str, copies: int = 3) -> list[Shown]:
    """The latest `copies` messages of the bill, named `card` or `card:…`, in each chat of the flat's owners.

    Those sent, or being sent: what still waits is worded when its turn comes.
    """
    sql = """
        with chats as (
            select distinct c.id, c.person_id
            from flat_owners fo join owner_people op using (owner_id) join chat_identities c using (person_id)
            where fo.flat_id = $1 and fo.until is null and c.reachable and c.is_private
        ), messages as (
            select chats.*, n.card, row_number() over (partition by n.chat_id order by max(n.id) desc)::int as age
            from chats join notifications n on n.chat_id = chats.id
            where n.outbox and (n.card = $3 or n.card like $3 || ':%')
              and (n.external_id is not null or (n.status = 'queued' and n.leased_until > now()))
            group by chats.id, chats.person_id, n.chat_id, n.card
        )
        select m.id as chat_id, m.person_id, m.card, m.age, m.age + coalesce(
            (select max(n.sequence) from notifications n
             where n.outbox and n.kind = 'bill' and n.source_type = 'bill' and n.source_id = $2 and n.chat_id = m.id),
            1) as next_sequence
        from messages m where m.age <= $4 order by m.id, m.age desc"""
    return [Shown(**dict(row)) for row in await conn.fetch(sql, flat_id, str(bill_id), card, copies)]
