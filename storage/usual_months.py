"""What was used at a meter's place in the months before a reading, for many readings at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from storage.courses import USED, course_sql, previous_sql

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from storage.database import Connection

_STRAIGHT: Final = """
    select t.id, array_agg(h.month order by h.day, h.id) filter (where h.month is not null) as months
    from readings t left join lateral (
        select r.id, r.reading_date as day, case when $2 then r.reading_value else r.consumption end as month
        from (
            select * from readings x where x.meter_id = t.meter_id and x.reading_date < t.reading_date
            and x.state not in ('withdrawn', 'returned') and x.reading_value is not null
            order by x.reading_date desc, x.id desc limit 12) r
        where r.confirmed) h on true
    where t.id = any($1::bigint[]) and not exists (select from meter_lines l where l.meter_id = t.meter_id)
    and not exists (select from readings y where y.meter_id = t.meter_id and y.rolled_over is not null)
    group by t.id"""
"""Of meters that nothing happened to: nearly all, and quickly."""
_MONTHS: Final = f"""
    select t.id, array_agg(h.month order by h.hops desc, h.day, h.id) as months
    from readings t cross join lateral (
        select r.id, r.hops, r.reading_date as day, case
            when $2 then r.reading_value
            when r.rolled_over is null and not exists (select from meter_lines where meter_id = r.meter_id)
                then r.consumption
            else (select case when r.rolled_over is null and w.closings is null then r.consumption
                         else {USED.format(reading="r", previous="p", name="w")} end
                  from (values (1)) as one (row) {previous_sql("r")} {course_sql("r")}) end as month
        from (
            select x.*, l.hops from (
                select t.meter_id as id, 0 as hops
                union all select earlier_id, hops from meter_lines where meter_id = t.meter_id) l
            join readings x on x.meter_id = l.id
            where x.state not in ('withdrawn', 'returned') and x.reading_value is not null
            and (x.reading_date < t.reading_date or (l.hops > 0 and x.reading_date = t.reading_date))
            order by l.hops, x.reading_date desc, x.id desc limit 12) r
        where r.confirmed) h
    where t.id = any($1::bigint[]) and h.month is not null group by t.id"""


async def months_before(conn: Connection, reading_ids: Sequence[int], *, units: bool) -> dict[int, list[Decimal]]:
    """Monthly units before each of these readings, oldest first, of readings nobody doubts: a year of them.

    Those of the meters that its own replaced go before. `units`: what was sent are units; else they are the differences
    of registers.
    """
    found = {row["id"]: row["months"] or [] for row in await conn.fetch(_STRAIGHT, list(reading_ids), units)}
    left = [one for one in reading_ids if one not in found]
    others = await conn.fetch(_MONTHS, left, units) if left else ()
    return found | {row["id"]: row["months"] for row in others}


async def hold_approved(conn: Connection, meter_id: int) -> list[int]:
    """Ids of readings of this meter, and of those that replaced it, that are approved and not billed yet; held."""
    sql = """
        select id from readings where state = 'approved' and meter_id in (
            select $1::bigint union all select meter_id from meter_lines where earlier_id = $1)
        order by id for update"""
    return [row["id"] for row in await conn.fetch(sql, meter_id)]
