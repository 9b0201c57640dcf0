"""Photos of before the service: which reading each belongs to, by the old database's meter ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date
    from decimal import Decimal

    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class OldReading:
    """A reading as a photo of before names it."""

    id: int
    value: Decimal
    files: frozenset[str]
    urls: frozenset[str]
    """What was taken over for it earlier."""


async def readings_by_day(conn: Connection, meter_ids: Collection[int]) -> dict[tuple[int, date], list[OldReading]]:
    """Return the readings of these meters by (meter id, date), each day's in the order they were stored."""
    sql = """
        select r.meter_id, r.reading_date, r.id, r.reading_value,
               array(select p.file_name from reading_photos p
                     where p.reading_id = r.id and p.file_name is not null) as files,
               array(select p.url from reading_photos p where p.reading_id = r.id and p.url is not null) as urls
        from readings r where r.meter_id = any($1::bigint[]) order by r.id"""
    found: dict[tuple[int, date], list[OldReading]] = {}
    for row in await conn.fetch(sql, list(meter_ids)):
        reading = OldReading(row["id"], row["reading_value"], frozenset(row["files"]), frozenset(row["urls"]))
        found.setdefault((row["meter_id"], row["reading_date"]), []).append(reading)
    return found


async def attach_file(conn: Connection, reading_id: int, photo_id: int, file_name: str) -> None:
    """Link a photo, kept by now, to a reading, with the name it had in the old folder."""
    sql = """
        insert into reading_photos (reading_id, photo_id, file_name) values ($1, $2, $3)
        on conflict (reading_id, photo_id) do update set file_name = excluded.file_name"""
    await conn.execute(sql, reading_id, photo_id, file_name)


async def attach_link(conn: Connection, reading_id: int, url: str) -> None:
    """Link a photo that lies at an outside address to a reading."""
    await conn.execute("insert into reading_photos (reading_id, url) values ($1, $2)", reading_id, url)
