"""Flats with what people call them: floor, type, owners, tenant, meter, motor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class Flat:
    """A unit of the society as it is today. `owner` is the primary one, `owners` are all present ones, primary first.

    `meter_number` is that of the active meter; `motor` serves the flat.
    """

    id: int
    code: str
    unit_id: str | None
    floor: str | None
    type_name: str | None
    owners: tuple[str, ...]
    meter_id: int | None
    meter_number: str | None
    motor_id: int | None
    motor: str | None

    @property
    def owner(self) -> str | None:
        """The primary owner's name, or None where nobody owns the flat on record."""
        return self.owners[0] if self.owners else None


@dataclass(frozen=True, slots=True)
class FlatOwner:
    """Somebody on record as owning a flat. `since`: sees nothing of before; `until`: gone since."""

    flat_owner_id: int
    owner_id: int
    name: str
    phone: str | None
    email: str | None
    is_primary: bool
    since: datetime | None
    until: date | None


@dataclass(frozen=True, slots=True)
class Tenant:
    """Who lives there and is not the owner; no rights follow from it."""

    id: int
    name: str
    phone: str | None
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Motor:
    """A shared water motor with its own active meter and the codes of the flats it serves."""

    id: int
    name: str
    meter_id: int | None
    meter_number: str | None
    flat_codes: tuple[str, ...]


_FLATS = """
    select f.id, f.code, f.unit_id, coalesce(fl.name, fl.code) as floor, ft.name as type_name,
           array(select o.name from flat_owners fo join owners o on o.id = fo.owner_id
                 where fo.flat_id = f.id and fo.until is null order by fo.is_primary desc nulls last, fo.id) as owners,
           m.id as meter_id, m.meter_number, mo.id as motor_id, mo.name as motor
    from flats f
    left join floors fl on fl.id = f.floor_id
    left join flat_types ft on ft.id = f.type_id
    left join lateral (select x.id, x.meter_number from meters x where x.flat_id = f.id and lower(x.status) = 'active'
                       order by x.id desc limit 1) m on true
    left join lateral (select x.id, x.name from flat_motors fm join motors x on x.id = fm.motor_id
                       where fm.flat_id = f.id order by fm.id limit 1) mo on true
"""


async def get_flat(conn: Connection, code: str) -> Flat | None:
    """Return the flat with this normalised code."""
    return next(iter(await _flats(conn, "where f.code = $1", code)), None)


async def flat_by_id(conn: Connection, flat_id: int) -> Flat | None:
    """Return the flat with this id."""
    return next(iter(await _flats(conn, "where f.id = $1", flat_id)), None)


async def all_flats(conn: Connection) -> list[Flat]:
    """Return every flat, by code."""
    return await _flats(conn, "")


async def _flats(conn: Connection, where: str, *args: object) -> list[Flat]:
    rows = await conn.fetch(f"{_FLATS} {where} order by f.code", *args)
    return [Flat(**{**row, "owners": tuple(row["owners"])}) for row in rows]


async def owners_of(conn: Connection, flat_id: int, *, former: bool = False) -> list[FlatOwner]:
    """Return the flat's present owners, the primary one first; with `former` also those who left."""
    sql = """
        select fo.id as flat_owner_id, fo.owner_id, o.name, o.phone, o.email,
               coalesce(fo.is_primary, false) as is_primary, fo.since, fo.until
        from flat_owners fo join owners o on o.id = fo.owner_id
        where fo.flat_id = $1 and ($2 or fo.until is null)
        order by fo.until desc nulls first, fo.is_primary desc nulls last, fo.id"""
    return [FlatOwner(**row) for row in await conn.fetch(sql, flat_id, former)]


async def tenants(conn: Connection, flat_id: int) -> list[Tenant]:
    """Return the flat's present tenants, the newest first."""
    sql = """
        select id, name, phone, since, until from tenants where flat_id = $1 and until is null
        order by since desc, id desc"""
    return [Tenant(**row) for row in await conn.fetch(sql, flat_id)]


async def lock_flats(conn: Connection, flat_ids: Iterable[int]) -> list[int]:
    """Hold the flats until the transaction ends, ids ascending, and return those that exist.

    Every transaction that moves money does this before it first reads an account.
    """
    sql = "select id from flats where id = any($1::bigint[]) order by id for update"
    return [row["id"] for row in await conn.fetch(sql, sorted(set(flat_ids)))]


async def lock_all_flats(conn: Connection) -> None:
    """Hold every flat until the transaction ends, ids ascending: nobody issues or posts anything meanwhile."""
    await conn.execute("select 1 from flats order by id for update")


async def motors(conn: Connection) -> list[Motor]:
    """Return every motor with its group, by name."""
    sql = """
        select mo.id, mo.name, m.id as meter_id, m.meter_number,
               array(select f.code from flat_motors fm join flats f on f.id = fm.flat_id
                     where fm.motor_id = mo.id order by f.code) as flat_codes
        from motors mo
        left join lateral (
            select x.id, x.meter_number from meters x
            where x.motor_id = mo.id and x.flat_id is null and lower(x.status) = 'active'
            order by x.id desc limit 1) m on true
        order by mo.name"""
    return [Motor(**{**row, "flat_codes": tuple(row["flat_codes"])}) for row in await conn.fetch(sql)]


async def meters_without_owner(conn: Connection) -> list[str]:
    """Return the codes of flats that have an active meter and no owner on record."""
    sql = """
        select distinct f.code from flats f join meters m on m.flat_id = f.id and lower(m.status) = 'active'
        where not exists (select from flat_owners fo where fo.flat_id = f.id and fo.until is null) order by f.code"""
    return [row["code"] for row in await conn.fetch(sql)]
