"""Meters: which device belongs to which flat or motor, and what was read this month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from storage.database import Connection, Row


@dataclass(frozen=True, slots=True)
class Meter:
    """A device with where it stands. `owner_name` is the flat's primary owner; `floor` is as the society names it.

    `motor_name` and `motor_meter` are the shared motor that serves the flat and that motor's own meter number.
    `measures` is set on a motor's own meter only: the motor it measures, which `serves` so many flats. `digits` are
    the whole digits of its register, where they are known.
    """

    id: int
    number: str
    active: bool
    flat_id: int | None
    flat_code: str | None
    unit_id: str | None
    floor: str | None
    owner_name: str | None
    motor_id: int | None
    motor_name: str | None
    motor_meter: str | None
    measures: str | None
    serves: int = 0
    digits: int | None = None

    @property
    def is_motor(self) -> bool:
        """It measures a shared motor, not a flat."""
        return self.measures is not None

    @property
    def place(self) -> str:
        """What it measures: a flat's code or a motor's name; its own number where it is neither's."""
        return self.flat_code or self.measures or self.number


@dataclass(frozen=True, slots=True)
class MeterLine:
    """A flat's active meter on the month's list; or a motor's, whose name `flat_code` then is, without owner."""

    meter_id: int
    number: str
    flat_code: str
    floor: str | None
    owner_name: str
    read: bool
    is_motor: bool = False


METER_SQL = """
    select m.id as meter_id, m.meter_number, lower(m.status) = 'active' as meter_active, f.id as flat_id,
           f.code as flat_code, f.unit_id, coalesce(fl.name, fl.code) as floor, o.name as owner_name,
           mo.id as motor_id, mo.name as motor_name, mm.meter_number as motor_meter, own.name as measures,
           case when own.id is null then 0
                else (select count(*) from flat_motors x where x.motor_id = own.id) end as serves,
           m.register_digits
    from meters m
    left join flats f on f.id = m.flat_id
    left join floors fl on fl.id = f.floor_id
    left join motors own on own.id = m.motor_id and m.flat_id is null
    left join lateral (
        select ow.name from flat_owners fo join owners ow on ow.id = fo.owner_id
        where fo.flat_id = f.id and fo.until is null order by fo.is_primary desc nulls last, fo.id limit 1) o on true
    left join lateral (
        select x.id, x.name from flat_motors fm join motors x on x.id = fm.motor_id
        where fm.flat_id = f.id order by fm.id limit 1) mo on true
    left join lateral (
        select x.meter_number from meters x
        where x.motor_id = mo.id and x.flat_id is null and lower(x.status) = 'active'
        order by x.id limit 1) mm on true
"""
"""One row a meter, in the columns that `meter_of` reads."""


def meter_of(row: Row) -> Meter:
    """The meter in a row of `METER_SQL`."""
    return Meter(
        id=row["meter_id"],
        number=row["meter_number"],
        active=row["meter_active"],
        flat_id=row["flat_id"],
        flat_code=row["flat_code"],
        unit_id=row["unit_id"],
        floor=row["floor"],
        owner_name=row["owner_name"],
        motor_id=row["motor_id"],
        motor_name=row["motor_name"],
        motor_meter=row["motor_meter"],
        measures=row["measures"],
        serves=row["serves"],
        digits=row["register_digits"],
    )


async def get_meter(conn: Connection, meter_id: int) -> Meter:
    """The meter with this id; `LookupError` when there is none."""
    row = await conn.fetchrow(METER_SQL + "where m.id = $1", meter_id)
    if row is None:
        raise LookupError(meter_id)
    return meter_of(row)


async def in_place_of(conn: Connection, meter_id: int) -> int:
    """The meter in use that replaced this one; itself where none did."""
    sql = """
        select coalesce(
            (select new.id from meter_lines line
             join meters old on old.id = line.earlier_id and lower(old.status) is distinct from 'active'
             join meters new on new.id = line.meter_id and lower(new.status) = 'active'
             where line.earlier_id = $1 order by line.hops desc limit 1), $1)"""
    return int(await conn.fetchval(sql, meter_id))


async def lock_meter(conn: Connection, meter_id: int) -> None:
    """Make others who write readings of this meter wait until this transaction ends."""
    await conn.execute("select 1 from meters where id = $1 for update", meter_id)


async def set_digits(conn: Connection, meter_id: int, digits: int | None) -> None:
    """Whole digits of its register; None: not known."""
    await conn.execute("update meters set register_digits = $2 where id = $1", meter_id, digits)


async def with_number(conn: Connection, number: str) -> list[Meter]:
    """Meters that carry this number, active ones first; usually one, old ones may share a number."""
    sql = METER_SQL + "where upper(m.meter_number) = upper($1) order by meter_active desc, m.id"
    return [meter_of(row) for row in await conn.fetch(sql, number)]


async def of_flat(conn: Connection, flat_code: str) -> list[Meter]:
    """Meters of a flat, active ones first; usually one."""
    sql = METER_SQL + "where f.code = $1 order by meter_active desc, m.id"
    return [meter_of(row) for row in await conn.fetch(sql, flat_code)]


async def of_motor(conn: Connection, motor_name: str) -> list[Meter]:
    """Active meters of a motor itself."""
    sql = METER_SQL + "where upper(own.name) = upper($1) and lower(m.status) = 'active' order by m.id"
    return [meter_of(row) for row in await conn.fetch(sql, motor_name)]


async def flat_exists(conn: Connection, flat_code: str) -> bool:
    """Whether the society has this flat at all, with a meter or without."""
    return await conn.fetchval("select 1 from flats where code = $1", flat_code) is not None


async def motor_exists(conn: Connection, motor_name: str) -> bool:
    """Whether the society has this motor at all, with a meter or without."""
    return await conn.fetchval("select 1 from motors where upper(name) = upper($1)", motor_name) is not None


async def places(conn: Connection) -> list[str]:
    """Codes of all flats and names of all motors, for near misses."""
    sql = "select code from flats union all select name from motors order by code"
    return [row["code"] for row in await conn.fetch(sql)]


async def meter_numbers(conn: Connection) -> list[str]:
    """Numbers of all active meters of flats and motors, for near misses."""
    sql = """
        select meter_number from meters where lower(status) = 'active' and (flat_id is not null or motor_id is not null)
        order by id"""
    return [row["meter_number"] for row in await conn.fetch(sql)]


_READ = """
    (exists (select 1 from readings r where r.meter_id = m.id and r.reading_date between $1 and $2
             and r.state not in ('withdrawn', 'returned'))
     or exists (select 1 from meter_lines l join readings r on r.meter_id = l.earlier_id
                where l.meter_id = m.id and r.reading_date between $1 and $2
                  and r.state not in ('withdrawn', 'returned')))"""
"""Whether meter `m`, or the one in its place before it, was read from `$1` to `$2`."""


async def month_list(conn: Connection, first: date, last: date) -> list[MeterLine]:
    """Every active flat meter whose flat has an owner, and whether it was read from `first` to `last` (included)."""
    sql = f"""
        select m.id as meter_id, m.meter_number as number, f.code as flat_code, coalesce(fl.name, fl.code) as floor,
               o.name as owner_name,
               {_READ} as read
        from meters m join flats f on f.id = m.flat_id left join floors fl on fl.id = f.floor_id
        join lateral (
            select ow.name from flat_owners fo join owners ow on ow.id = fo.owner_id
            where fo.flat_id = f.id and fo.until is null
            order by fo.is_primary desc nulls last, fo.id limit 1) o on true
        where lower(m.status) = 'active' order by f.code"""
    return [MeterLine(**row) for row in await conn.fetch(sql, first, last)]


async def motor_list(conn: Connection, first: date, last: date) -> list[MeterLine]:
    """Every motor's active meter, and whether it was read from `first` to `last` (included), by motor."""
    sql = f"""
        select m.id as meter_id, m.meter_number as number, mo.name as flat_code, null::text as floor, '' as owner_name,
               {_READ} as read, true as is_motor
        from meters m join motors mo on mo.id = m.motor_id
        where m.flat_id is null and lower(m.status) = 'active' order by mo.name, m.id"""
    return [MeterLine(**row) for row in await conn.fetch(sql, first, last)]


async def last_billed_on(conn: Connection, meter_id: int) -> date | None:
    """The date of the last billed reading of the meter or of one that replaced it.

    Without one, the end of its flat's last billed period.
    """
    sql = """
        select coalesce(
            (select max(r.reading_date) from readings r join bills b on b.flat_reading_id = r.id
             where b.status is distinct from 'void' and (
                r.meter_id = $1 or r.meter_id in (select meter_id from meter_lines where earlier_id = $1))),
            (select max(r.reading_date) from readings r join meters m on m.id = r.meter_id
             where m.flat_id is null and r.state = 'billed' and (r.meter_id = $1
                or r.meter_id in (select earlier_id from meter_lines where meter_id = $1
                                  union all select meter_id from meter_lines where earlier_id = $1))),
            (select max(b.billing_period_end) from bills b join meters m on m.flat_id = b.flat_id
             where m.id = $1 and b.status is distinct from 'void'))"""
    day: date | None = await conn.fetchval(sql, meter_id)
    return day
