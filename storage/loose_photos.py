"""Photos that came alone: who sent them where, and which message asks what they show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal

    from storage.database import Connection, Row


@dataclass(frozen=True, slots=True)
class Loose:
    """A photo that belongs to no reading.

    `message_id` brought it, `message_key` names that message for submission keys. `card` is the message that asks
    about it; None: nothing is asked. `album` names what it was sent together with. `meter_id` is the meter that it is
    of, as far as known; `value` what its sender typed for it, to be stored with the others of its album.
    """

    chat_id: int
    photo_id: int
    sent_at: datetime
    person_id: int | None = None
    message_id: str | None = None
    message_key: str | None = None
    card: str | None = None
    album: str | None = None
    meter_id: int | None = None
    value: Decimal | None = None


_COLUMNS = "chat_id, photo_id, sent_at, person_id, message_id, message_key, card, album, meter_id, value"


async def keep(conn: Connection, loose: Loose) -> None:
    """A photo came without a reading: the chat's next reading may take it. Sent again, it is as it came last."""
    sql = f"""
        insert into loose_photos ({_COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        on conflict (chat_id, photo_id) do update set sent_at = excluded.sent_at, person_id = excluded.person_id,
            message_id = excluded.message_id, message_key = excluded.message_key, card = excluded.card,
            album = excluded.album, meter_id = excluded.meter_id, value = excluded.value"""
    values = (loose.chat_id, loose.photo_id, loose.sent_at, loose.person_id, loose.message_id, loose.message_key)
    await conn.execute(sql, *values, loose.card, loose.album, loose.meter_id, loose.value)


async def take(
    conn: Connection, chat_id: int, person_id: int | None, targets: Sequence[str], *, since: datetime, until: datetime
) -> Sequence[int]:
    """Ids of the person's loose photos sent from `since` to `until` (included), oldest first; they are loose no more.

    Those that are known to be of other meters than the `targets` (flat codes, motors' names, meter numbers) stay, and
    those of an album of which that is still to be seen. A meter that replaced a photo's meter since is no other one.
    """
    sql = """
        with taken as (
            delete from loose_photos l
            where chat_id = $1 and sent_at between $3 and $4 and (person_id is null or person_id = $2)
              and (album is null or meter_id is not null or not exists (
                select from loose_photos other join photos p on p.id = l.photo_id
                where p.look_state = 'waiting' and other.chat_id = l.chat_id and other.card = l.card
                    and other.photo_id <> l.photo_id))
              and (meter_id is null or exists (
                select from meters m left join flats f on f.id = m.flat_id left join motors mo on mo.id = m.motor_id
                where m.id = l.meter_id and (f.code = any($5::text[]) or upper(m.meter_number) = any($5::text[])
                    or m.flat_id is null and upper(mo.name) = any($5::text[])
                    or exists (
                        select from meter_lines line join meters new on new.id = line.meter_id
                        where line.earlier_id = m.id and upper(new.meter_number) = any($5::text[])))))
            returning photo_id, sent_at)
        select photo_id from taken order by sent_at, photo_id"""
    rows = await conn.fetch(sql, chat_id, person_id, since, until, [target.upper() for target in targets])
    return [row["photo_id"] for row in rows]


async def find(conn: Connection, chat_id: int, photo_id: int) -> Loose | None:
    """The photo in this chat; None where it belongs to a reading by now."""
    sql = f"select {_COLUMNS} from loose_photos where chat_id = $1 and photo_id = $2"
    row = await conn.fetchrow(sql, chat_id, photo_id)
    return _loose(row) if row else None


async def of_photo(conn: Connection, photo_id: int) -> list[Loose]:
    """Wherever somebody is asked about the photo."""
    sql = f"select {_COLUMNS} from loose_photos where photo_id = $1 and card is not null order by chat_id"
    return [_loose(row) for row in await conn.fetch(sql, photo_id)]


async def of_card(conn: Connection, chat_id: int, card: str) -> list[Loose]:
    """What one message asks about, in the order in which it was sent."""
    sql = f"""
        select {_COLUMNS} from loose_photos where chat_id = $1 and card = $2
        order by sent_at, case when message_id ~ '^[0-9]+$' then message_id::numeric end, photo_id"""
    return [_loose(row) for row in await conn.fetch(sql, chat_id, card)]


async def asked_since(conn: Connection, chat_id: int, person_id: int | None, since: datetime) -> list[Loose]:
    """What this person is asked about, one photo at a time, of what they sent here from `since` on, newest first."""
    sql = f"""
        select {_COLUMNS} from loose_photos
        where chat_id = $1 and person_id = $2 and sent_at >= $3 and card is not null and album is null
        order by sent_at desc, photo_id desc"""
    return [_loose(row) for row in await conn.fetch(sql, chat_id, person_id, since)]


async def card_of_message(conn: Connection, chat_id: int, external_id: str) -> str | None:
    """The name of one of our messages in the chat; None where it has none."""
    sql = """
        select card from notifications where outbox and chat_id = $1 and external_id = $2 order by id desc limit 1"""
    card: str | None = await conn.fetchval(sql, chat_id, external_id)
    return card


async def being_looked_at(conn: Connection, photo_ids: Sequence[int]) -> frozenset[int]:
    """Those of the photos that wait for a reader."""
    sql = "select id from photos where id = any($1::bigint[]) and look_state = 'waiting'"
    return frozenset(row["id"] for row in await conn.fetch(sql, list(photo_ids)))


async def codes(conn: Connection, photo_id: int) -> tuple[str, ...]:
    """Texts of the QR and bar codes in a photo."""
    return tuple(await conn.fetchval("select codes from photos where id = $1", photo_id) or ())


def _loose(row: Row) -> Loose:
    return Loose(**dict(row))
