"""What the registers of many meters showed last, as far as readings and their photos tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.metering import HISTORY_MONTHS, ReadingMode
from storage.photo_views import seen_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from domain.photo_reading import Seen
    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class LastRegister:
    """A meter's latest reading, what its newest photo shows (None: nobody looked), and the average monthly units."""

    meter_id: int
    number: str
    value: Decimal
    seen: Seen | None
    average: Decimal | None


async def of_meters(conn: Connection, meter_ids: Sequence[int], mode: ReadingMode) -> list[LastRegister]:
    """Of each of these meters that was ever read; `mode` says what readings are."""
    used = "reading_value" if mode is ReadingMode.UNITS else "consumption"
    sql = f"""
        select m.id as meter_id, m.meter_number as number, last.reading_value as value, view.seen, usual.average
        from meters m
        join lateral (
            select r.id, r.reading_value from readings r
            where r.meter_id = m.id and r.state not in ('withdrawn', 'returned') and r.reading_value is not null
            order by r.reading_date desc, r.id desc limit 1) last on true
        left join lateral (
            select v.seen from reading_photos rp join photo_views v on v.photo_id = rp.photo_id
            where rp.reading_id = last.id order by rp.id desc, v.id desc limit 1) view on true
        left join lateral (
            select avg(x.used) as average from (
                select r.{used} as used from readings r
                where r.meter_id = m.id and r.state not in ('withdrawn', 'returned') and r.confirmed and r.{used} > 0
                order by r.reading_date desc, r.id desc limit {HISTORY_MONTHS}) x) usual on true
        where m.id = any($1::bigint[])"""
    rows = await conn.fetch(sql, list(meter_ids))
    return [
        LastRegister(row["meter_id"], row["number"], row["value"], row["seen"] and seen_of(row["seen"]), row["average"])
        for row in rows
    ]
