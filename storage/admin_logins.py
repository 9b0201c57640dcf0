"""Admins who log in: the one-time address of a login, and the chats that logins have bound."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from storage.database import Connection

LIVE_BINDING = """
    exists (select 1 from admin_bindings
            where chat_id = {chat}.id and person_id = {chat}.person_id
                and revoked_at is null and expires_at > {moment})"""
"""Whether `chat`, a name in the query, is bound at the moment named by a parameter: to whoever it belongs to now."""
_ADMINS_CHAT = """
    from admin_logins login join chat_identities chat on chat.id = login.chat_id and chat.person_id = login.person_id
    join people person on person.id = login.person_id
    where chat.is_private
        and exists (select 1 from staff where staff.person_id = person.id and role = 'admin' and revoked_at is null)"""


@dataclass(frozen=True, slots=True)
class Applicant:
    """Whose chat is to be bound."""

    person_id: int
    name: str
    chat_id: int
    channel: str
    display_name: str


_APPLICANT = "login.person_id, person.name, login.chat_id, chat.channel, chat.display_name"


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


async def add_link(conn: Connection, token: str, chat_id: int, person_id: int, expires_at: datetime) -> None:
    """Keep the address under the hash of its token."""
    sql = "insert into admin_logins (token_hash, chat_id, person_id, expires_at) values ($1, $2, $3, $4)"
    await conn.execute(sql, _hash(token), chat_id, person_id, expires_at)


async def behind(conn: Connection, token: str, now: datetime) -> Applicant | None:
    """Whose address this is; none where it is unknown, used, expired, or the chat or role has changed hands."""
    sql = f"select {_APPLICANT} {_ADMINS_CHAT} and login.token_hash = $1 and login.expires_at > $2"
    row = await conn.fetchrow(sql, _hash(token), now)
    return Applicant(**row) if row else None


async def begin(conn: Connection, token: str, state: str, now: datetime) -> None:
    """The login has begun in the browser that will bring `state` back; one begun before is given up."""
    sql = "update admin_logins set state_hash = $2, begun_at = $3 where token_hash = $1"
    await conn.execute(sql, _hash(token), _hash(state), now)


async def take_state(conn: Connection, state: str, begun_since: datetime) -> Applicant | None:
    """Whose login comes back with this state; it comes once, and none where it was not begun since then."""
    sql = f"""
        with taken as (
            update admin_logins set state_hash = null where state_hash = $1 and begun_at > $2 returning token_hash)
        select {_APPLICANT} {_ADMINS_CHAT} and login.token_hash in (select token_hash from taken)"""
    row = await conn.fetchrow(sql, _hash(state), begun_since)
    return Applicant(**row) if row else None


async def close_links(conn: Connection, chat_id: int) -> None:
    """Every address that was sent to this chat ends."""
    await conn.execute("delete from admin_logins where chat_id = $1", chat_id)


async def holder(conn: Connection, subject: str) -> int | None:
    """Whose login this is already: of a binding that was not revoked, expired or not."""
    sql = "select person_id from admin_bindings where subject = $1 and revoked_at is null order by id limit 1"
    found: int | None = await conn.fetchval(sql, subject)
    return found


async def bind(conn: Connection, who: Applicant, subject: str, now: datetime, expires_at: datetime) -> None:
    """The chat is bound until then. What bound it before ends, and what another login bound for the person."""
    ended = """
        update admin_bindings set revoked_at = $4
        where revoked_at is null and (chat_id = $1 or (person_id = $2 and subject <> $3))"""
    await conn.execute(ended, who.chat_id, who.person_id, subject, now)
    sql = """
        insert into admin_bindings (person_id, chat_id, subject, bound_at, expires_at) values ($1, $2, $3, $4, $5)"""
    await conn.execute(sql, who.person_id, who.chat_id, subject, now, expires_at)


async def bound_until(conn: Connection, chat_id: int, moment: datetime) -> datetime | None:
    """When the binding ends that the chat has at this moment."""
    sql = """
        select expires_at from admin_bindings binding
        join chat_identities chat on chat.id = binding.chat_id and chat.person_id = binding.person_id
        where binding.chat_id = $1 and revoked_at is null and expires_at > $2"""
    until: datetime | None = await conn.fetchval(sql, chat_id, moment)
    return until


async def revoke_for_person(conn: Connection, person_id: int, now: datetime) -> None:
    """All of the person's chats, and what they were sent to log in, end."""
    sql = "update admin_bindings set revoked_at = $2 where person_id = $1 and revoked_at is null"
    await conn.execute(sql, person_id, now)
    await conn.execute("delete from admin_logins where person_id = $1", person_id)


async def revoke_for_chats(
    conn: Connection, chat_ids: Sequence[int], now: datetime, *, but_of: int | None = None
) -> None:
    """These chats are bound no more, unless to the person `but_of`."""
    sql = """
        update admin_bindings set revoked_at = $2
        where chat_id = any($1::bigint[]) and person_id is distinct from $3 and revoked_at is null"""
    await conn.execute(sql, list(chat_ids), now, but_of)
