"""Addresses of bill pages: a random token, expiring, revoked when the owner changes."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from storage.database import Connection


LIFE = timedelta(days=180)
"""How long the address of a bill page works."""


async def link_for(conn: Connection, bill_id: int, person_id: int, now: datetime) -> str:
    """The token of this person's page of the bill: one with half its life ahead, else a new one."""
    known = """
        select token from bill_links
        where bill_id = $1 and person_id = $2 and revoked_at is null and expires_at > $3
        order by expires_at desc limit 1"""
    token = await conn.fetchval(known, bill_id, person_id, now + LIFE / 2)
    if token is None:
        token = secrets.token_urlsafe(24)
        sql = "insert into bill_links (token, bill_id, person_id, created_at, expires_at) values ($1, $2, $3, $4, $5)"
        await conn.execute(sql, token, bill_id, person_id, now, now + LIFE)
    return str(token)


async def bill_behind(conn: Connection, token: str, now: datetime) -> tuple[int, int] | None:
    """The bill's id and the person's; none where the token is unknown, expired or revoked."""
    sql = """
        select bill_id, person_id from bill_links
        where token = $1 and revoked_at is null and expires_at > $2"""
    row = await conn.fetchrow(sql, token, now)
    return (row["bill_id"], row["person_id"]) if row else None


async def revoke_for_flat(conn: Connection, flat_id: int, now: datetime) -> None:
    """Close every page of the flat's bills, as when a new owner comes."""
    sql = """
        update bill_links set revoked_at = $2
        where revoked_at is null and bill_id in (select id from bills where flat_id = $1)"""
    await conn.execute(sql, flat_id, now)


async def revoke_for_person(conn: Connection, person_id: int, now: datetime) -> None:
    """Close every page that was given to the person."""
    await conn.execute(
        "update bill_links set revoked_at = $2 where revoked_at is null and person_id = $1", person_id, now
    )
