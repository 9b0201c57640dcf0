"""Photos that wait to be looked at: queued, leased to one process at a time, settled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from storage.database import Connection

WAKE = "photos"
"""Notified when a photo waits for a reader."""
TRIES = 3
"""Leases until a photo counts as unread, each time it is queued."""


@dataclass(frozen=True, slots=True)
class ToLookAt:
    """A photo that waits for a reader. `lease` is the lease's number; `tries` since it was queued, this one too."""

    photo_id: int
    jpeg: bytes
    lease: int
    tries: int

    @property
    def is_last(self) -> bool:
        """It is not tried again after this."""
        return self.tries >= TRIES

    @property
    def is_over(self) -> bool:
        """It was tried out by processes that ended meanwhile, perhaps because of it."""
        return self.tries > TRIES


@dataclass(frozen=True, slots=True)
class Asked:
    """An admin who asked for another look, and what their card shows. `stands`: it shows nothing else since.

    A look at another of the reading's photos draws the same card again, which is nothing else.
    """

    person_id: int
    chat_id: int
    shown: Mapping[str, Any]
    stands: bool = True


async def queue(conn: Connection, photo_id: int, at: datetime) -> None:
    """Have a photo looked at that nobody has looked at yet."""
    sql = """
        update photos set look_state = 'waiting', look_since = $2, look_next_at = $2, look_tries = 0
        where id = $1 and look_state = 'none' and content is not null
        returning pg_notify('photos', '')"""
    await conn.execute(sql, photo_id, at)


async def queue_again(conn: Connection, photo_ids: Sequence[int], at: datetime, asked: Asked) -> list[int]:
    """Have photos looked at once more, whatever came of the looks before; those that are there to be looked at."""
    sql = """
        update photos set look_state = 'waiting', look_since = $2, look_tries = 0,
            look_next_at = case look_state when 'waiting' then look_next_at else $2 end,
            look_attempts = look_attempts + (look_state <> 'waiting')::integer,
            look_asked = look_asked
                || jsonb_build_object('by', $3::bigint, 'chat', $4::bigint, 'at', now(), 'shown', $5::jsonb)
        where id = any($1::bigint[]) and content is not null
        returning id, pg_notify('photos', '')"""
    rows = await conn.fetch(sql, list(photo_ids), at, asked.person_id, asked.chat_id, asked.shown)
    return [row["id"] for row in rows]


async def lease(conn: Connection, now: datetime, length: timedelta, limit: int) -> list[ToLookAt]:
    """Take photos that are due; nobody else gets them before `now + length`."""
    sql = """
        update photos set look_attempts = look_attempts + 1, look_tries = look_tries + 1,
            look_next_at = $1::timestamptz + $2::interval
        where id in (select id from photos where look_state = 'waiting' and content is not null and look_next_at <= $1
                     order by look_next_at, id limit $3 for update skip locked)
        returning id as photo_id, content as jpeg, look_attempts as lease, look_tries as tries"""
    return [ToLookAt(**row) for row in await conn.fetch(sql, now, length, limit)]


async def settle(conn: Connection, photo: ToLookAt, state: str) -> list[Asked] | None:
    """The photo is `seen` or `unread` now; who asked for this look. `None`: somebody else holds it by now, or it went.

    The photo is held until the transaction ends: whoever gives it to a reading waits, and sees what was seen.
    """
    sql = """
        update photos p set look_state = $3, look_next_at = null, look_since = null, look_asked = '[]'
        from (select id, look_asked from photos where id = $1 and look_attempts = $2 and look_state = 'waiting'
              and content is not null for update) old
        where p.id = old.id returning old.look_asked"""
    row = await conn.fetchrow(sql, photo.photo_id, photo.lease, state)
    return None if row is None else [await _asked(conn, one) for one in row["look_asked"]]


async def later(conn: Connection, photo: ToLookAt, again_at: datetime, *, counted: bool = True) -> None:
    """Nobody could look at it now: once more at `again_at`; `counted`: it was tried.

    Does nothing where somebody else holds it by now.
    """
    sql = """
        update photos set look_next_at = $3, look_tries = look_tries - (not $4)::integer
        where id = $1 and look_attempts = $2 and look_state = 'waiting'"""
    await conn.execute(sql, photo.photo_id, photo.lease, again_at, counted)


async def hold(conn: Connection, photo_ids: Sequence[int]) -> None:
    """Wait until no look at these photos is being stored, and let none be stored before the transaction ends."""
    sql = "select 1 from photos where id = any($1::bigint[]) order by id for share"
    await conn.fetch(sql, sorted(photo_ids))


async def _asked(conn: Connection, one: Mapping[str, Any]) -> Asked:
    sql = """
        select not exists (select from notifications
                           where chat_id = $1 and card = $2 and created_at > $3::text::timestamptz
                           and kind <> 'photo.looked')"""
    shown = one["shown"]
    stands = bool(await conn.fetchval(sql, one["chat"], shown.get("card"), one["at"]))
    return Asked(one["by"], one["chat"], shown, stands)
