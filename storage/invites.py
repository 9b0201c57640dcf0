"""Invites: one use, expiring, kept only as a hash; wrong guesses are counted."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.roles import Role

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class Invite:
    """A place kept for somebody. `flat_id` is set for an owner's invite only; `on_paper`: printed as a slip."""

    id: int
    role: Role
    name: str
    phone: str | None
    flat_id: int | None
    created_by: int | None
    expires_at: datetime
    on_paper: bool = False


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()


_INVITE = "id, role, name, phone, flat_id, created_by, expires_at, on_paper"


async def add(conn: Connection, code: str, invite: Invite) -> int:
    """Keep an invite under the hash of its code; its `id` is ignored and the new one returned."""
    sql = """
        insert into invites (code_hash, role, name, phone, flat_id, created_by, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7) returning id"""
    return int(
        await conn.fetchval(
            sql,
            _hash(code),
            invite.role.value,
            invite.name,
            invite.phone,
            invite.flat_id,
            invite.created_by,
            invite.expires_at,
        )
    )


async def add_on_paper(conn: Connection, slips: Sequence[tuple[str, Invite]]) -> None:
    """Keep many owners' invites under the hashes of their codes."""
    sql = """
        insert into invites (code_hash, role, name, flat_id, created_by, expires_at, on_paper)
        select code_hash, 'owner', name, flat_id, created_by, expires_at, true
        from unnest($1::bytea[], $2::text[], $3::bigint[], $4::bigint[], $5::timestamptz[])
            as new (code_hash, name, flat_id, created_by, expires_at)"""
    rows = [(_hash(code), one.name, one.flat_id, one.created_by, one.expires_at) for code, one in slips]
    if rows:
        await conn.execute(sql, *[list(column) for column in zip(*rows, strict=True)])


async def revoke_slips(conn: Connection, flat_id: int, name: str, now: datetime) -> None:
    """Take back every slip of this name for the flat that nobody has used."""
    sql = """
        update invites set revoked_at = $3
        where flat_id = $1 and name = $2 and on_paper and used_at is null and revoked_at is null"""
    await conn.execute(sql, flat_id, name, now)


async def open_slips(conn: Connection, now: datetime) -> int:
    """How many flats have a slip that still works."""
    sql = """
        select count(distinct flat_id) from invites
        where on_paper and used_at is null and revoked_at is null and expires_at > $1"""
    return int(await conn.fetchval(sql, now))


async def take(conn: Connection, code: str, now: datetime) -> Invite | None:
    """Use up the invite with this code; none when it is unknown, used, revoked or expired."""
    sql = f"""
        update invites set used_at = $2
        where code_hash = $1 and used_at is null and revoked_at is null and expires_at > $2
        returning {_INVITE}"""
    row = await conn.fetchrow(sql, _hash(code), now)
    return Invite(**{**row, "role": Role(row["role"])}) if row else None


async def take_for_phone(conn: Connection, phone: str, now: datetime) -> list[Invite]:
    """Use up every open invite made for this number (E.164), oldest first."""
    sql = f"""
        with taken as (
            update invites set used_at = $2
            where phone = $1 and used_at is null and revoked_at is null and expires_at > $2
            returning {_INVITE})
        select {_INVITE} from taken order by id"""
    return [Invite(**{**row, "role": Role(row["role"])}) for row in await conn.fetch(sql, phone, now)]


async def used_by(conn: Connection, invite_id: int, person_id: int) -> None:
    """Note who took the invite."""
    await conn.execute("update invites set used_by = $2 where id = $1", invite_id, person_id)


async def open_invites(conn: Connection, now: datetime) -> list[Invite]:
    """Invites that still wait for somebody, the newest first; without those on paper."""
    sql = f"""
        select {_INVITE} from invites
        where used_at is null and revoked_at is null and expires_at > $1 and not on_paper order by id desc"""
    return [Invite(**{**row, "role": Role(row["role"])}) for row in await conn.fetch(sql, now)]


async def revoke(conn: Connection, invite_id: int, now: datetime) -> bool:
    """Take an unused invite back; false when there is none to take."""
    sql = """
        update invites set revoked_at = $2
        where id = $1 and used_at is null and revoked_at is null returning id"""
    return await conn.fetchval(sql, invite_id, now) is not None


async def revoke_for_flat(conn: Connection, flat_id: int, now: datetime) -> None:
    """Take back every open invite for the flat, as when a new owner comes."""
    sql = "update invites set revoked_at = $2 where flat_id = $1 and used_at is null and revoked_at is null"
    await conn.execute(sql, flat_id, now)


async def guessed(conn: Connection, chat: str, now: datetime) -> None:
    """Count one wrong code from this chat."""
    await conn.execute("insert into guesses (chat, what, at) values ($1, 'invite', $2)", chat, now)


async def guesses_since(conn: Connection, chat: str, since: datetime) -> int:
    """Wrong codes from this chat after `since`."""
    sql = "select count(*) from guesses where chat = $1 and what = 'invite' and at > $2"
    return int(await conn.fetchval(sql, chat, since))


async def all_guesses_since(conn: Connection, since: datetime) -> int:
    """Wrong codes from all chats after `since`."""
    return int(await conn.fetchval("select count(*) from guesses where what = 'invite' and at > $1", since))
