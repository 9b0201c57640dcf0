"""Requests to replace a meter: what the old one showed last, which is the new one, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from domain.register import Ending, Swap
from domain.units import NO_UNITS
from storage.meters import get_meter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from storage.database import Connection
    from storage.meters import Meter


class ReplacementState(StrEnum):
    """Where a request is: `asked` until an admin decides."""

    ASKED = "asked"
    APPROVED = "approved"
    RETURNED = "returned"


class Missing(StrEnum):
    """Why there is no photo of the old meter's last number. `dead`: its display, so that there is no number either."""

    DEAD = "dead"
    GONE = "gone"
    NO_CAMERA = "no_camera"


@dataclass(frozen=True, slots=True)
class NewReplacement:
    """What is asked for. Where the display is dead, `closing` is the last reading as it stands now; empty without one.

    `rolled_over` is what the old register counts to, where it began anew since its last reading.
    """

    old_meter_id: int
    number: str
    on: date
    closing: Decimal | None
    rolled_over: Decimal | None
    missing: Missing | None
    closing_photo: int | None
    opening: Decimal
    opening_photo: int | None


@dataclass(frozen=True, slots=True)
class Replacement:
    """A request as it stands. `reason` is why it was sent back. `kept` are those of its photos that are still there."""

    id: int
    old: Meter
    what: NewReplacement
    asked_by: int | None
    asker: str | None
    asked_at: datetime
    state: ReplacementState
    decider: str | None
    decided_at: datetime | None
    reason: str | None
    kept: tuple[int, ...]


_SQL = """
    select n.*, a.name as asker, d.name as decider, coalesce(n.closing,
               (select r.reading_value from readings r
                where r.meter_id = n.old_meter_id and r.state not in ('withdrawn', 'returned')
                order by r.reading_date desc, r.id desc limit 1),
               (select b.opening from meter_replacements b where b.new_meter_id = n.old_meter_id)) as counted_to,
           array(select p.id from photos p
                 where p.id in (n.closing_photo, n.opening_photo) and p.forgotten_at is null) as kept
    from meter_replacements n
    left join people a on a.id = n.asked_by left join people d on d.id = n.decided_by
    where n.id = $1"""


async def get(conn: Connection, replacement_id: int, *, for_update: bool = False) -> Replacement:
    """The request with this id, locked if asked for; `LookupError` when there is none."""
    if for_update:
        await conn.execute("select 1 from meter_replacements where id = $1 for update", replacement_id)
    row = await conn.fetchrow(_SQL, replacement_id)
    if row is None:
        raise LookupError(replacement_id)
    missing = row["closing_missing"]
    return Replacement(
        id=row["id"],
        old=await get_meter(conn, row["old_meter_id"]),
        what=NewReplacement(
            old_meter_id=row["old_meter_id"],
            number=row["new_number"],
            on=row["replaced_on"],
            closing=row["counted_to"],
            rolled_over=row["closing_rolled_over"],
            missing=None if missing is None else Missing(missing),
            closing_photo=row["closing_photo"],
            opening=row["opening"],
            opening_photo=row["opening_photo"],
        ),
        asked_by=row["asked_by"],
        asker=row["asker"],
        asked_at=row["asked_at"],
        state=ReplacementState(row["state"]),
        decider=row["decider"],
        decided_at=row["decided_at"],
        reason=row["returned_reason"],
        kept=tuple(row["kept"]),
    )


async def with_key(conn: Connection, key: str) -> int | None:
    """The request that was stored under this key."""
    found: int | None = await conn.fetchval("select id from meter_replacements where key = $1", key)
    return found


async def open_of(conn: Connection, meter_id: int) -> int | None:
    """The request to replace this meter that nobody has decided."""
    sql = "select id from meter_replacements where old_meter_id = $1 and state = 'asked'"
    found: int | None = await conn.fetchval(sql, meter_id)
    return found


async def waiting_with(conn: Connection, photo_id: int) -> list[int]:
    """Id of the requests with this photo that nobody has decided."""
    sql = "select id from meter_replacements where state = 'asked' and $1 in (closing_photo, opening_photo) order by id"
    return [row["id"] for row in await conn.fetch(sql, photo_id)]


async def waiting(conn: Connection) -> Sequence[tuple[int, str]]:
    """Id and flat or motor of the requests that nobody has decided, oldest first."""
    sql = """
        select n.id, coalesce(f.code, mo.name, m.meter_number) as place
        from meter_replacements n join meters m on m.id = n.old_meter_id
        left join flats f on f.id = m.flat_id left join motors mo on mo.id = m.motor_id and m.flat_id is null
        where n.state = 'asked' order by n.id"""
    return [(row["id"], row["place"]) for row in await conn.fetch(sql)]


async def insert(conn: Connection, what: NewReplacement, key: str, *, by: int | None, at: datetime) -> int:
    """Store a request; its id. Where the display is dead, no closing number: readings may still be corrected."""
    dead = what.missing is Missing.DEAD
    sql = """
        insert into meter_replacements
            (old_meter_id, new_number, replaced_on, closing, closing_rolled_over, closing_missing, closing_photo,
             opening, opening_photo, key, asked_by, asked_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning id"""
    replacement_id: int = await conn.fetchval(
        sql,
        what.old_meter_id,
        what.number,
        what.on,
        None if dead else what.closing,
        None if dead else what.rolled_over,
        what.missing,
        what.closing_photo,
        what.opening,
        what.opening_photo,
        key,
        by,
        at,
    )
    return replacement_id


async def send_back(conn: Connection, replacement_id: int, reason: str, *, by: int | None, at: datetime) -> None:
    """It is not done, for this reason."""
    sql = """
        update meter_replacements set state = 'returned', returned_reason = $2, decided_by = $3, decided_at = $4
        where id = $1"""
    await conn.execute(sql, replacement_id, reason, by, at)


async def carry_out(conn: Connection, replacement_id: int, *, by: int | None, at: datetime) -> int:
    """The new meter takes the old one's place, which stays on record, not active; id of the new one."""
    old = "update meters set status = 'inactive' where id = (select old_meter_id from meter_replacements where id = $1)"
    await conn.execute(old, replacement_id)
    new = """
        insert into meters (meter_number, flat_id, motor_id, status)
        select n.new_number, m.flat_id, m.motor_id, 'active'
        from meter_replacements n join meters m on m.id = n.old_meter_id where n.id = $1 returning id"""
    meter_id: int = await conn.fetchval(new, replacement_id)
    line = """
        insert into meter_lines (meter_id, earlier_id, hops)
        select $2::bigint, old_meter_id, 1 from meter_replacements where id = $1
        union all
        select $2::bigint, l.earlier_id, l.hops + 1
        from meter_replacements n join meter_lines l on l.meter_id = n.old_meter_id where n.id = $1"""
    await conn.execute(line, replacement_id, meter_id)
    done = """
        update meter_replacements set state = 'approved', new_meter_id = $2, decided_by = $3, decided_at = $4
        where id = $1"""
    await conn.execute(done, replacement_id, meter_id, by, at)
    return meter_id


async def motors_of(conn: Connection, meter_id: int) -> list[int]:
    """Id of the motor that the meter itself measures; none for a flat's."""
    sql = "select motor_id from meters where id = $1 and motor_id is not null and flat_id is null"
    return [row["motor_id"] for row in await conn.fetch(sql, meter_id)]


@dataclass(frozen=True, slots=True)
class InPlace:
    """The days on which a meter was put in and taken out, as far as it replaced another and was replaced."""

    since: date | None
    until: date | None


async def in_place(conn: Connection, meter_id: int) -> InPlace:
    """When the meter was there; both days included."""
    sql = """
        select (select replaced_on from meter_replacements where new_meter_id = $1) as since,
               (select replaced_on from meter_replacements where old_meter_id = $1 and state = 'approved') as until"""
    row = await conn.fetchrow(sql, meter_id)
    return InPlace(row["since"], row["until"]) if row else InPlace(None, None)


async def ending_after(conn: Connection, meter_id: int, day: date, besides: int | None = None) -> Ending | None:
    """How a replaced meter went on after `day`, but for the reading `besides`; empty for one that is in use."""
    sql = """
        select n.closing, n.opening, n.closing_rolled_over, n.replaced_on,
               sum(r.rolled_over) as turns, count(r.id) > 0 as read_since
        from meter_replacements n
        left join readings r on r.meter_id = n.old_meter_id and r.reading_date > $2 and r.id is distinct from $3
            and r.state not in ('withdrawn', 'returned')
        where n.old_meter_id = $1 and n.state = 'approved' group by n.id"""
    row = await conn.fetchrow(sql, meter_id, day, besides)
    if row is None:
        return None
    swap = Swap(row["closing"], row["opening"], row["closing_rolled_over"] or NO_UNITS, row["replaced_on"])
    return Ending(swap, row["turns"] or NO_UNITS, read_since=row["read_since"])
