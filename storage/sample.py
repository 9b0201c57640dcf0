"""Rows of the sample society that no use case makes: months of readings from before the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from storage.database import Connection


async def is_empty(conn: Connection) -> bool:
    """Whether there is neither a flat nor a reading nor a bill yet."""
    sql = """
        select not exists (select from flats)
            and not exists (select from readings) and not exists (select from bills)"""
    return bool(await conn.fetchval(sql))


async def add_past_readings(
    conn: Connection, flat_codes: Sequence[str], days: Sequence[date], values: Sequence[Decimal]
) -> None:
    """Readings of the flats' active meters that nobody will be asked about again."""
    sql = """
        insert into readings (meter_id, reading_date, reading_value, state, submitted_at)
        select m.id, r.day, r.value, 'history', r.day
        from unnest($1::text[], $2::date[], $3::numeric[]) as r (code, day, value)
        join flats f on f.code = r.code
        join meters m on m.flat_id = f.id and lower(m.status) = 'active'
        order by r.day, m.id"""
    await conn.execute(sql, flat_codes, days, values)


async def add_second_owner(conn: Connection, flat_code: str, name: str, phone: str) -> None:
    """Another owner of a flat, beside the primary one."""
    sql = """
        with added as (insert into owners (name, phone) values ($2, $3) returning id)
        insert into flat_owners (flat_id, owner_id, is_primary)
        select f.id, added.id, false from flats f, added where f.code = $1"""
    await conn.execute(sql, flat_code, name, phone)
