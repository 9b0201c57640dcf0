"""Flats that no message reaches, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from storage.chats import REACHED

if TYPE_CHECKING:
    from datetime import date

    from storage.database import Connection


class Why(StrEnum):
    """Why nobody of a flat got anything."""

    NO_OWNER = "no_owner"
    NO_CHAT = "no_chat"
    BLOCKED = "blocked"
    OPTED_OUT = "opted_out"
    FAILED = "failed"


INVITED = frozenset({Why.NO_CHAT, Why.BLOCKED})
"""Those whom an invite on paper helps."""


@dataclass(frozen=True, slots=True)
class Unreached:
    """A flat with an active meter whose present owners got nothing; `owner` is the primary one."""

    flat_id: int
    flat_code: str
    owner: str | None
    why: Why

    @property
    def is_invited(self) -> bool:
        """Whether a slip of paper would help."""
        return self.why in INVITED


async def unreached(conn: Connection, since: date) -> list[Unreached]:
    """Flats of which no owner has a chat that may be written to, or whose bill, due since that day, reached nobody."""
    sql = f"""
        with homes as (
            select f.id, f.code from flats f
            where exists (select from meters m where m.flat_id = f.id and lower(m.status) = 'active')
        ), readers as (
            select fo.flat_id, o.name, op.person_id,
                row_number() over (partition by fo.flat_id order by coalesce(fo.is_primary, false) desc, fo.id) as place
            from flat_owners fo join owners o on o.id = fo.owner_id left join owner_people op on op.owner_id = o.id
            where fo.until is null
        ), chats as (
            select r.flat_id, bool_or({REACHED}) as reached, bool_or(c.opted_out_at is not null) as opted_out
            from readers r join chat_identities c on c.person_id = r.person_id and c.is_private group by r.flat_id
        ), failed as (
            select b.flat_id from bills b join notifications n on n.bill_id = b.id and n.kind = 'bill' and n.outbox
            where b.due_date >= $1 and b.status is distinct from 'void'
            group by b.flat_id, b.id having bool_and(n.status = 'dead')
        )
        select homes.id as flat_id, homes.code as flat_code, first.name as owner,
            case when first.name is null then 'no_owner' when chats.flat_id is null then 'no_chat'
                 when chats.reached then 'failed' when chats.opted_out then 'opted_out' else 'blocked' end as why
        from homes left join readers first on first.flat_id = homes.id and first.place = 1
        left join chats on chats.flat_id = homes.id
        where not coalesce(chats.reached, false) or homes.id in (select flat_id from failed)
        order by homes.code"""
    return [Unreached(**{**row, "why": Why(row["why"])}) for row in await conn.fetch(sql, since)]


async def flats(conn: Connection) -> int:
    """How many flats have an active meter."""
    sql = "select count(distinct flat_id) from meters where flat_id is not null and lower(status) = 'active'"
    return int(await conn.fetchval(sql))
