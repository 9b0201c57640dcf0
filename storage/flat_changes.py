"""Changing who and what belongs to a flat; what was stays on record where anything refers to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date, datetime

    from storage.database import Connection

_METER_NUMBERS: Final = 0x6D65_7472  # the number under which those who give out meter numbers meet


async def end_owners(conn: Connection, flat_id: int, day: date) -> None:
    """Everybody who owns the flat now is gone from `day` on: no rights follow from their rows any more."""
    await conn.execute("update flat_owners set until = $2 where flat_id = $1 and until is null", flat_id, day)


async def add_owner(conn: Connection, flat_id: int, name: str, phone: str | None, since: datetime) -> int:
    """A new owner row, the flat's primary owner, who sees no bill issued before `since`; its id."""
    owner_id: int = await conn.fetchval("insert into owners (name, phone) values ($1, $2) returning id", name, phone)
    sql = "insert into flat_owners (flat_id, owner_id, is_primary, since) values ($1, $2, true, $3)"
    await conn.execute(sql, flat_id, owner_id, since)
    return owner_id


async def set_owner_phone(conn: Connection, owner_id: int, phone: str | None) -> None:
    """The number under which the owner can link a chat."""
    await conn.execute("update owners set phone = $2 where id = $1", owner_id, phone)


async def set_tenant(conn: Connection, flat_id: int, name: str | None, phone: str | None, since: date) -> None:
    """The flat's tenant from `since` on; without a name, nobody."""
    await conn.execute("update tenants set until = $2 where flat_id = $1 and until is null", flat_id, since)
    if name is not None:
        sql = "insert into tenants (flat_id, name, phone, since) values ($1, $2, $3, $4)"
        await conn.execute(sql, flat_id, name, phone, since)


async def hold_meter_numbers(conn: Connection) -> None:
    """Whoever gives out meter numbers does it alone until the transaction ends; to be called before flats are locked.

    No unique index can do this: databases that were adopted may have a number twice.
    """
    await conn.execute("select pg_advisory_xact_lock($1)", _METER_NUMBERS)


async def flat_of_meter(conn: Connection, number: str) -> str | None:
    """What the active meter with this number belongs to: a flat's code or a motor's name."""
    sql = """
        select coalesce(f.code, mo.name, '') from meters m left join flats f on f.id = m.flat_id
        left join motors mo on mo.id = m.motor_id
        where upper(m.meter_number) = upper($1) and lower(m.status) = 'active' order by m.id limit 1"""
    found: str | None = await conn.fetchval(sql, number)
    return found


async def set_meter(conn: Connection, flat_id: int, number: str) -> None:
    """The flat's meter from now on is the one with this number; the one before stays on record, not active."""
    await conn.execute("update meters set status = 'inactive' where flat_id = $1 and lower(status) = 'active'", flat_id)
    sql = "insert into meters (meter_number, flat_id, status) values ($1, $2, 'active')"
    await conn.execute(sql, number, flat_id)


async def set_motor(conn: Connection, flat_id: int, motor_id: int | None) -> None:
    """The shared motor that serves the flat; None: none does."""
    await conn.execute("delete from flat_motors where flat_id = $1", flat_id)
    if motor_id is not None:
        await conn.execute("insert into flat_motors (flat_id, motor_id) values ($1, $2)", flat_id, motor_id)
