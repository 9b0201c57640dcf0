"""Master data into the tables: flats, owners, meters, motors; each statement takes all rows at once."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from domain.master_data import MasterMotor, MasterRow
    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class Known:
    """What the database says of a unit today; everything is empty where the unit is new."""

    flat_id: int | None
    code: str
    unit_id: str | None
    owner_id: int | None
    owner_name: str | None
    phone: str | None
    email: str | None
    meter_number: str | None
    motor: str | None
    rate_per_unit: Decimal | None
    fixed_charge: Decimal | None
    has_tariff: bool


async def known(conn: Connection, codes: Sequence[str], on: date) -> dict[str, Known]:
    """What is stored for these flat codes; prices are those in force on the day."""
    sql = """
        select f.id as flat_id, wanted.code, f.unit_id, o.id as owner_id, o.name as owner_name, o.phone, o.email,
            m.meter_number, mo.name as motor, t.rate_per_unit, t.fixed_charge, t.id is not null as has_tariff
        from unnest($1::text[]) as wanted (code)
        left join flats f on f.code = wanted.code
        left join lateral (
            select o.* from flat_owners fo join owners o on o.id = fo.owner_id
            where fo.flat_id = f.id and fo.until is null
            order by fo.is_primary desc nulls last, fo.id limit 1) o on true
        left join lateral (
            select x.meter_number from meters x where x.flat_id = f.id and lower(x.status) = 'active'
            order by x.id desc limit 1) m on true
        left join lateral (
            select x.name from flat_motors fm join motors x on x.id = fm.motor_id
            where fm.flat_id = f.id order by fm.id limit 1) mo on true
        left join lateral (
            select x.* from tariffs x where x.flat_id = f.id and x.valid_from <= $2
            order by x.valid_from desc limit 1) t on true"""
    return {row["code"]: Known(**row) for row in await conn.fetch(sql, list(codes), on)}


async def numbers_elsewhere(conn: Connection, rows: Sequence[MasterRow]) -> dict[str, str]:
    """Meter numbers of the rows that another flat or a motor has: number → where it is."""
    sql = """
        select wanted.number, coalesce(f.code, mo.name, '?') as place
        from unnest($1::text[], $2::text[]) as wanted (number, code)
        join meters m on upper(m.meter_number) = upper(wanted.number)
        left join flats f on f.id = m.flat_id
        left join motors mo on mo.id = m.motor_id
        where f.code is distinct from wanted.code"""
    numbers, codes = [row.meter_number for row in rows], [row.flat_code for row in rows]
    return {row["number"]: row["place"] for row in await conn.fetch(sql, numbers, codes)}


async def save_flats(conn: Connection, rows: Sequence[MasterRow]) -> None:
    """Floors, types and flats; what a flat already says of floor and type stays, its identifier follows the rows."""
    given = [{**asdict(row), "fixed_charge": None, "rate_per_unit": None} for row in rows]
    await conn.execute(_FLOORS, given)
    await conn.execute(_TYPES, given)
    await conn.execute(_FLATS, given)


_ROWS = """
    (select * from jsonb_to_recordset($1::jsonb) as r (
        flat_code text, unit_id text, floor text, flat_type text, owner_name text, meter_number text,
        motor_meter_number text, phone text, email text)) as r"""
_FLOORS = f"""
    insert into floors (code, name)
    select distinct r.floor,
        case r.floor when 'GF' then 'Ground floor' when 'FF' then 'First floor' when 'SF' then 'Second floor'
            else r.floor end
    from {_ROWS}
    where r.floor is not null and not exists (select from floors where code = r.floor)"""
_TYPES = f"""
    insert into flat_types (name)
    select distinct r.flat_type from {_ROWS}
    where r.flat_type is not null and not exists (select from flat_types where name = r.flat_type)"""
_FLATS = f"""
    insert into flats (code, unit_id, floor_id, type_id)
    select r.flat_code, r.unit_id, (select min(id) from floors where code = r.floor),
        (select min(id) from flat_types where name = r.flat_type)
    from {_ROWS}
    on conflict (code) do update
    set unit_id = excluded.unit_id, floor_id = coalesce(flats.floor_id, excluded.floor_id),
        type_id = coalesce(flats.type_id, excluded.type_id)"""


async def add_owner(conn: Connection, row: MasterRow) -> None:
    """An owner for a flat without one; the same name with the same number is the same owner."""
    sql = """
        with same as (select id from owners where name = $2 and phone = $3 order by id limit 1),
        added as (
            insert into owners (name, phone, email) select $2, $3, $4
            where not exists (select from same) returning id)
        insert into flat_owners (flat_id, owner_id, is_primary)
        select f.id, coalesce((select id from same), (select id from added)), true from flats f where f.code = $1"""
    await conn.execute(sql, row.flat_code, row.owner_name, row.phone, row.email)


async def update_owner(conn: Connection, owner_id: int, phone: str | None, email: str | None) -> None:
    """Number and address of an owner; what is empty stays as it was."""
    sql = "update owners set phone = coalesce($2, phone), email = coalesce($3, email) where id = $1"
    await conn.execute(sql, owner_id, phone, email)


async def add_meters(conn: Connection, rows: Sequence[MasterRow]) -> None:
    """An active meter for each flat of the rows that has none."""
    sql = """
        insert into meters (meter_number, flat_id, status)
        select r.number, f.id, 'active' from unnest($1::text[], $2::text[]) as r (number, code)
        join flats f on f.code = r.code
        where not exists (select from meters m where m.flat_id = f.id and lower(m.status) = 'active')"""
    await conn.execute(sql, [row.meter_number for row in rows], [row.flat_code for row in rows])


async def save_motor(conn: Connection, motor: MasterMotor) -> None:
    """A motor with its meter and the flats it serves; a flat that changed its motor leaves the old group."""
    sql = "insert into motors (name) select $1 where not exists (select from motors where name = $1)"
    await conn.execute(sql, motor.name)
    motor_id = await conn.fetchval("select min(id) from motors where name = $1", motor.name)
    meter = """
        insert into meters (meter_number, motor_id, status)
        select $2, $1, 'active'
        where not exists (select from meters where motor_id = $1 and flat_id is null and lower(status) = 'active')
          and not exists (select from meters where meter_number = $2)"""
    await conn.execute(meter, motor_id, motor.meter_number)
    leave = """
        delete from flat_motors where motor_id <> $1
        and flat_id in (select id from flats where code = any($2::text[]))"""
    await conn.execute(leave, motor_id, list(motor.flat_codes))
    join = """
        insert into flat_motors (flat_id, motor_id) select f.id, $1 from flats f
        where f.code = any($2::text[])
          and not exists (select from flat_motors x where x.flat_id = f.id and x.motor_id = $1)"""
    await conn.execute(join, motor_id, list(motor.flat_codes))
