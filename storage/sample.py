"""Rows of the sample society that no use case makes: months of readings from before the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal

    from storage.database import Connection


async def is_empty(conn: Connection) -> bool:
    """Whether there is neither a flat nor a reading nor a bill yet."""
    sql = """
        select not exists (select from flats)
            and not exists (select from readings) and not exists (select from bills)"""
    return bool(await conn.fetchval(sql))


async def add_past_readings(
    conn: Connection, at: datetime, flat_codes: Sequence[str], values: Sequence[Decimal]
) -> list[int]:
    """Readings of the flats' active meters, all taken and approved at that moment; their ids."""
    sql = """
        insert into readings (meter_id, reading_date, reading_value, consumption, state, submitted_at, decided_at)
        select m.id, $4, r.value, r.value - p.reading_value, 'approved', $1, $1
        from unnest($2::text[], $3::numeric[]) as r (code, value)
        join flats f on f.code = r.code
        join meters m on m.flat_id = f.id and lower(m.status) = 'active'
        left join lateral (
            select reading_value from readings where meter_id = m.id and reading_date < $4
            order by reading_date desc limit 1) p on true
        order by m.id returning id"""
    return [row["id"] for row in await conn.fetch(sql, at, flat_codes, values, at.date())]


async def keep_as_history(conn: Connection, reading_ids: Sequence[int]) -> None:
    """These readings are from before: nobody will be asked about them."""
    sql = "update readings set state = 'history', decided_at = null where id = any($1::bigint[])"
    await conn.execute(sql, reading_ids)


async def add_second_owner(conn: Connection, flat_code: str, name: str, phone: str) -> None:
    """Another owner of a flat, beside the primary one."""
    sql = """
        with added as (insert into owners (name, phone) values ($2, $3) returning id)
        insert into flat_owners (flat_id, owner_id, is_primary)
        select f.id, added.id, false from flats f, added where f.code = $1"""
    await conn.execute(sql, flat_code, name, phone)
