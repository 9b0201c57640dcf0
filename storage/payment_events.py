"""Every event a provider sent, logged once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event: `key` is the provider's id of it, `subject` its id of what it is about.

    `undoes`: the refund or dispute that it is about took nothing in the end.
    """

    provider: str
    key: str
    type: str
    subject: str | None
    bill_id: int | None
    data: Mapping[str, Any]
    undoes: bool = False


async def log(conn: Connection, event: NewEvent) -> bool:
    """Log the event; false where it was logged before: what it says was done then."""
    sql = """
        insert into payment_events
            (provider, event_key, event_type, payment_link_id, stripe_event_id, bill_id, event_data,
             undoes)
        values ($1, $2, $3, $4, case $1 when 'stripe' then $2 end, $5, $6, $7)
        on conflict (provider, event_key) where provider is not null do nothing returning id"""
    what = (event.provider, event.key, event.type, event.subject, event.bill_id, event.data, event.undoes)
    return await conn.fetchval(sql, *what) is not None


async def is_undone(conn: Connection, provider: str, subject: str) -> bool:
    """Say whether it was heard that this refund failed or this dispute was won."""
    sql = "select exists (select from payment_events where provider = $1 and payment_link_id = $2 and undoes)"
    return bool(await conn.fetchval(sql, provider, subject))
