"""Owners of flats, and the people who speak for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class Owner:
    """One row of `owners`, with its number as it was typed."""

    id: int
    name: str
    phone: str | None


async def with_phone_like(conn: Connection, number: str) -> list[Owner]:
    """Owners whose number ends in the same nine digits, however it was typed; the caller compares exactly."""
    sql = """
        select distinct o.id, o.name, o.phone
        from owners o join flat_owners f on f.owner_id = o.id and f.until is null
        where right(regexp_replace(regexp_replace(o.phone, '[.]0$', ''), '[^0-9]', '', 'g'), 9) = right($1, 9)
        order by o.id"""
    return [Owner(**row) for row in await conn.fetch(sql, number)]


async def named(conn: Connection, flat_id: int, name: str) -> list[int]:
    """The present owner rows of the flat with this name."""
    sql = """
        select o.id from flat_owners f join owners o on o.id = f.owner_id
        where f.flat_id = $1 and f.until is null and lower(o.name) = lower($2) order by o.id"""
    return [row["id"] for row in await conn.fetch(sql, flat_id, name)]


async def add_further(conn: Connection, flat_id: int, name: str, phone: str | None) -> int:
    """One more owner of the flat beside those it has, who sees what they see; the new row's id."""
    owner_id: int = await conn.fetchval("insert into owners (name, phone) values ($1, $2) returning id", name, phone)
    sql = """
        insert into flat_owners (flat_id, owner_id, is_primary, since)
        select $1, $2, false, case when bool_and(since is not null) then min(since) end
        from flat_owners where flat_id = $1 and until is null"""
    await conn.execute(sql, flat_id, owner_id)
    return owner_id


async def people_behind(conn: Connection, owner_ids: Sequence[int]) -> list[int]:
    """The people who speak for these owners now."""
    sql = "select distinct person_id from owner_people where owner_id = any($1::bigint[])"
    return [row["person_id"] for row in await conn.fetch(sql, list(owner_ids))]


async def flat_codes(conn: Connection, person_id: int) -> list[str]:
    """Codes of the flats the person owns at present, in order."""
    sql = """
        select distinct f.code from owner_people p
        join flat_owners fo on fo.owner_id = p.owner_id and fo.until is null
        join flats f on f.id = fo.flat_id where p.person_id = $1 order by f.code"""
    return [row["code"] for row in await conn.fetch(sql, person_id)]
