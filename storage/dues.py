"""Who owes what, for the whole society at once; and the days of payments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class Due:
    """A flat that owes `owed` rupees. `since` is the due day of its oldest unpaid bill, None where no bill is."""

    flat_id: int
    flat_code: str
    owner: str | None
    owed: Decimal
    since: date | None
    parked: bool


async def dues(conn: Connection) -> list[Due]:
    """Every flat that owes something, the largest sum first."""
    sql = """
        with owing as (
            select flat_id, sum(amount) as owed from account_entries group by flat_id having sum(amount) > 0
        ), unpaid as (
            select b.flat_id, min(b.due_date) as since from bills b
            where b.status in ('pending', 'partially_paid', 'overdue') group by b.flat_id
        )
        select f.id as flat_id, f.code as flat_code,
            (select o.name from flat_owners fo join owners o on o.id = fo.owner_id
             where fo.flat_id = f.id and fo.until is null
             order by fo.is_primary desc nulls last, fo.id limit 1) as owner,
            owing.owed, unpaid.since, p.flat_id is not null as parked
        from owing join flats f on f.id = owing.flat_id left join unpaid on unpaid.flat_id = f.id
        left join parked_flats p on p.flat_id = f.id
        order by owing.owed desc, f.code"""
    return [Due(**row) for row in await conn.fetch(sql)]
