"""Parked flats: set aside because their books look wrong. Nothing is billed or sent for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class ParkedFlat:
    """A flat set aside, and why: a sentence for the admin."""

    flat_id: int
    code: str
    reason: str
    parked_at: datetime


async def park(conn: Connection, flat_id: int, reason: str) -> bool:
    """Set a flat aside; false where it is parked already, and its first reason stays."""
    sql = "insert into parked_flats (flat_id, reason) values ($1, $2) on conflict do nothing returning flat_id"
    return await conn.fetchval(sql, flat_id, reason) is not None


async def unpark(conn: Connection, flat_id: int) -> bool:
    """Take a flat back; false where it was not parked."""
    return await conn.fetchval("delete from parked_flats where flat_id = $1 returning flat_id", flat_id) is not None


async def is_parked(conn: Connection, flat_id: int) -> str | None:
    """Return why the flat is parked, or None."""
    reason: str | None = await conn.fetchval("select reason from parked_flats where flat_id = $1", flat_id)
    return reason


async def parked_flats(conn: Connection) -> list[ParkedFlat]:
    """Return every parked flat, by code."""
    sql = """
        select p.flat_id, f.code, p.reason, p.parked_at from parked_flats p join flats f on f.id = p.flat_id
        order by f.code"""
    return [ParkedFlat(**row) for row in await conn.fetch(sql)]
