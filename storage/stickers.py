"""Stickers beside meters: which code stands for which meter, or for the one that took its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class Stickable:
    """A meter in use. `place` is its flat's code or its motor's name, `code` what its sticker says, if printed."""

    meter_id: int
    number: str
    place: str
    is_motor: bool
    code: str | None


async def stickable(conn: Connection) -> list[Stickable]:
    """Every meter in use of a flat or a motor, in no order."""
    sql = """
        select m.id as meter_id, m.meter_number as number, coalesce(f.code, mo.name) as place,
               f.id is null as is_motor, m.sticker as code
        from meters m left join flats f on f.id = m.flat_id left join motors mo on mo.id = m.motor_id
        where lower(m.status) = 'active' and (f.id is not null or mo.id is not null)"""
    return [Stickable(**row) for row in await conn.fetch(sql)]


async def give(conn: Connection, codes: Mapping[int, str]) -> dict[int, str]:
    """Give these meters their codes, by the meter's id; the codes that hold: one given before stays."""
    given = """
        update meters m set sticker = n.code from unnest($1::bigint[], $2::text[]) as n(id, code)
        where m.id = n.id and m.sticker is null"""
    held = "select id, sticker from meters where id = any($1::bigint[])"
    await conn.execute(given, list(codes), list(codes.values()))
    return {row["id"]: row["sticker"] for row in await conn.fetch(held, list(codes))}


async def meters_of(conn: Connection, codes: Collection[str]) -> dict[str, int]:
    """The meter in use, by code: the one whose sticker it is, else the one of the same flat or motor."""
    sql = """
        select s.sticker as code, m.id
        from meters s join meters m on m.id = s.id
            or m.flat_id = s.flat_id or m.motor_id = s.motor_id and m.flat_id is null and s.flat_id is null
        where s.sticker = any($1::text[]) and lower(m.status) = 'active'
        order by m.id = s.id, m.id desc"""
    return {row["code"]: row["id"] for row in await conn.fetch(sql, list(codes))} if codes else {}
