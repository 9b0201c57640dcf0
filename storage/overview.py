"""Counts of what the database holds, for the installer's check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class Overview:
    """How much there is of everything; `oldest_*` are minutes that the oldest waiting row has waited.

    `office_waiting` notices are not posted to the office's channel yet, `office_error` is why the first was not;
    `outbox_held` messages to people were tried and wait, the first for the reason `held_error`.
    """

    flats: int
    active_meters: int
    admins: int
    engineers: int
    owners_linked: int
    parked: int
    inbox_waiting: int
    inbox_dead: int
    outbox_waiting: int
    outbox_dead: int
    oldest_minutes: int
    office_waiting: int
    office_error: str | None
    outbox_held: int
    held_error: str | None


async def overview(conn: Connection) -> Overview:
    """Count everything in one look."""
    sql = """
        select
            (select count(*) from flats) as flats,
            (select count(*) from meters where lower(status) = 'active') as active_meters,
            (select count(*) from staff where role = 'admin' and revoked_at is null) as admins,
            (select count(*) from staff where role = 'engineer' and revoked_at is null) as engineers,
            (select count(distinct person_id) from owner_people) as owners_linked,
            (select count(*) from parked_flats) as parked,
            (select count(*) from inbox where state = 'new' and not_before <= now()) as inbox_waiting,
            (select count(*) from inbox where state = 'dead') as inbox_dead,
            (select count(*) from notifications
             where outbox and status = 'queued' and not_before <= now() and chat_id is not null)
                as outbox_waiting,
            (select count(*) from notifications where outbox and status = 'dead') as outbox_dead,
            (select coalesce(extract(epoch from now() - min(received_at)) / 60, 0)::int
             from inbox where state = 'new' and not_before <= now()) as oldest_minutes,
            (select count(*) from notifications where outbox and channel = 'discord' and status = 'queued')
                as office_waiting,
            (select nullif(error, '') from notifications
             where outbox and channel = 'discord' and status = 'queued' order by id limit 1) as office_error,
            (select count(*) from notifications
             where outbox and status = 'queued' and chat_id is not null and error <> '') as outbox_held,
            (select error from notifications
             where outbox and status = 'queued' and chat_id is not null and error <> '' order by id limit 1)
                as held_error"""
    [row] = await conn.fetch(sql)
    return Overview(**row)
