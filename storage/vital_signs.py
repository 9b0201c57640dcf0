"""How the society's work stands, as numbers for whoever watches over the service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class VitalSigns:
    """What waits, how long its oldest has waited (seconds), rupees owed by flats that owe, the last nightly backup."""

    inbox: int
    inbox_oldest: float
    outbox: int
    outbox_oldest: float
    unpaid: Decimal
    backed_up_at: datetime | None
    readings: dict[str, int]


async def vital_signs(conn: Connection, now: datetime) -> VitalSigns:
    """Everything as it is now."""
    sql = """
        with inbox_open as (
            select greatest(received_at, not_before) as since from inbox where state = 'new' and not_before <= $1
        ), outbox_open as (
            select greatest(created_at, not_before) as since from notifications
            where outbox and status = 'queued' and not_before <= $1 and chat_id is not null
        )
        select
            (select count(*) from inbox_open) as inbox,
            (select greatest(0, extract(epoch from $1 - min(since)))::float from inbox_open) as inbox_oldest,
            (select count(*) from outbox_open) as outbox,
            (select greatest(0, extract(epoch from $1 - min(since)))::float from outbox_open) as outbox_oldest,
            (select coalesce(sum(owed), 0) from (
                select sum(amount) as owed from account_entries group by flat_id having sum(amount) > 0) o) as unpaid,
            (select max(finished_at) from job_runs where job = 'backup' and state = 'done'
                and not coalesce(result ? 'skipped', false)) as backed_up_at"""
    row = await conn.fetchrow(sql, now)
    counts = await conn.fetch("select state, count(*) as many from readings group by state order by state")
    if row is None:
        raise LookupError
    return VitalSigns(**dict(row), readings={one["state"]: one["many"] for one in counts})
