"""What stands against writing to a person in a chat that the office names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.database import Connection
    from storage.people import ChatIdentity


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether the person ever was staff; whether another chat of theirs on this channel sent STOP, or anything."""

    was_staff: bool
    stopped_elsewhere: bool
    heard_elsewhere: bool


async def standing(conn: Connection, person_id: int, chat: ChatIdentity) -> Standing:
    """The person as they stand beside this chat."""
    sql = """
        select exists (select from staff where person_id = $1) as was_staff,
            coalesce(bool_or(opted_out_at is not null), false) as stopped_elsewhere,
            coalesce(bool_or(last_seen_at is not null), false) as heard_elsewhere
        from chat_identities where person_id = $1 and channel = $2 and id <> $3"""
    [row] = await conn.fetch(sql, person_id, chat.channel, chat.id)
    return Standing(**row)
