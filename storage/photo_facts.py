"""What is known of the photos of readings, for many readings at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.photo_checks import Look, Photo, Twin
from storage.photo_views import seen_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from storage.database import Connection, Row


async def photos_of(conn: Connection, reading_ids: Collection[int]) -> dict[int, list[Photo]]:
    """The photos of each of these readings that has some, oldest first, each with its newest view, without twins."""
    sql = """
        select rp.reading_id, p.id, p.look_state, p.look_since, p.codes, p.traits, p.taken_on, v.seen
        from reading_photos rp join photos p on p.id = rp.photo_id
        left join lateral (select seen from photo_views where photo_id = p.id order by id desc limit 1) v on true
        where rp.reading_id = any($1::bigint[]) order by rp.id"""
    found: dict[int, list[Photo]] = {}
    for row in await conn.fetch(sql, list(reading_ids)):
        found.setdefault(row["reading_id"], []).append(_photo(row))
    return found


async def photos_by_id(conn: Connection, photo_ids: Collection[int]) -> dict[int, Photo]:
    """These photos, each with its newest view, without twins."""
    sql = """
        select p.id, p.look_state, p.look_since, p.codes, p.traits, p.taken_on, v.seen
        from photos p
        left join lateral (select seen from photo_views where photo_id = p.id order by id desc limit 1) v on true
        where p.id = any($1::bigint[])"""
    return {row["id"]: _photo(row) for row in await conn.fetch(sql, list(photo_ids))}


async def twins_of(conn: Connection, photo_ids: Collection[int]) -> dict[int, list[tuple[int, Twin]]]:
    """By photo, the readings that have it or one that looks nearly the same, with their ids: its own are among them."""
    sql = """
        select a.id as photo_id, rp.reading_id, coalesce(f.code, mo.name, m.meter_number) as place,
               r.reading_date as day, rp.photo_id = a.id as exact
        from photos a join reading_photos rp on rp.photo_id = any(a.alike || a.id)
        join readings r on r.id = rp.reading_id and r.state not in ('withdrawn', 'returned')
        join meters m on m.id = r.meter_id left join flats f on f.id = m.flat_id
        left join motors mo on mo.id = m.motor_id
        where a.id = any($1::bigint[]) order by rp.id desc"""
    found: dict[int, list[tuple[int, Twin]]] = {}
    for row in await conn.fetch(sql, list(photo_ids)):
        twin = Twin(row["place"], row["day"], exact=row["exact"])
        found.setdefault(row["photo_id"], []).append((row["reading_id"], twin))
    return found


def _photo(row: Row) -> Photo:
    return Photo(
        id=row["id"],
        look=Look(row["look_state"]),
        since=row["look_since"],
        seen=seen_of(row["seen"]) if row["seen"] else None,
        codes=tuple(row["codes"]),
        traits=frozenset(row["traits"]),
        taken_on=row["taken_on"],
    )


async def places_by_number(conn: Connection, numbers: Collection[str]) -> dict[str, str]:
    """Which flat or motor a meter is of, by those of these bare numbers that are meters' own; active ones first."""
    sql = """
        select regexp_replace(upper(m.meter_number), '[^0-9A-Z]', '', 'g') as number,
               coalesce(f.code, mo.name, m.meter_number) as place
        from meters m left join flats f on f.id = m.flat_id left join motors mo on mo.id = m.motor_id
        where regexp_replace(upper(m.meter_number), '[^0-9A-Z]', '', 'g') = any($1::text[])
        order by lower(m.status) = 'active', m.id desc"""
    return {row["number"]: row["place"] for row in await conn.fetch(sql, list(numbers))} if numbers else {}


async def named_meters(conn: Connection, meter_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Number of each of these meters, and which flat or motor it is of."""
    sql = """
        select m.id, m.meter_number as number, coalesce(f.code, mo.name, m.meter_number) as place
        from meters m left join flats f on f.id = m.flat_id left join motors mo on mo.id = m.motor_id
        where m.id = any($1::bigint[])"""
    rows = await conn.fetch(sql, list(meter_ids)) if meter_ids else ()
    return {row["id"]: (row["number"], row["place"]) for row in rows}
