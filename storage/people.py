"""People, their roles, and the chats they speak from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.roles import Role
from storage.chats import LAST_HEARD, LOGGED_IN, REACHED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import asyncpg

    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with rights: staff by a grant, owner by a linked owner row."""

    id: int
    name: str
    phone: str | None
    language: str | None


@dataclass(frozen=True, slots=True)
class ChatIdentity:
    """One chat on one channel; `person_id` is empty until the chat is linked."""

    id: int
    channel: str
    external_id: str
    person_id: int | None
    display_name: str
    language: str | None
    is_private: bool
    reachable: bool
    last_seen_at: datetime | None
    opted_out_at: datetime | None = None
    """Set: they wrote STOP; they are answered here, never written to first."""


@dataclass(frozen=True, slots=True)
class StaffMember:
    """One live grant, for the list of people."""

    person_id: int
    name: str
    phone: str | None
    role: Role
    granted_at: datetime
    has_chat: bool


_PERSON = "id, name, phone, language"
CHAT = "id, channel, external_id, person_id, display_name, language, is_private, reachable, last_seen_at, opted_out_at"


def _person(row: asyncpg.Record) -> Person:
    return Person(**dict(row))


def _chat(row: asyncpg.Record) -> ChatIdentity:
    return ChatIdentity(**dict(row))


async def person(conn: Connection, person_id: int) -> Person:
    """The person with this id; `LookupError` when there is none."""
    row = await conn.fetchrow(f"select {_PERSON} from people where id = $1", person_id)
    if row is None:
        raise LookupError(person_id)
    return _person(row)


async def person_by_phone(conn: Connection, phone: str) -> Person | None:
    """The person whose proven number this is (E.164)."""
    row = await conn.fetchrow(f"select {_PERSON} from people where phone = $1", phone)
    return _person(row) if row else None


async def add_person(conn: Connection, name: str, phone: str | None, language: str | None = None) -> Person:
    """A new person; where the number is known already, the person who has it."""
    sql = f"""
        insert into people (name, phone, language) values ($1, $2, $3)
        on conflict (phone) do update set name = people.name
        returning {_PERSON}"""
    [row] = await conn.fetch(sql, name, phone, language)
    return _person(row)


async def set_phone(conn: Connection, person_id: int, phone: str) -> Person:
    """The person's proven number (E.164), which nobody else has."""
    sql = f"update people set phone = $2 where id = $1 returning {_PERSON}"
    [row] = await conn.fetch(sql, person_id, phone)
    return _person(row)


async def set_language(conn: Connection, chat: ChatIdentity, language: str) -> None:
    """Remember the language for the chat and, where it is linked, for the person."""
    await conn.execute("update chat_identities set language = $2 where id = $1", chat.id, language)
    if chat.person_id is not None:
        await conn.execute("update people set language = $2 where id = $1", chat.person_id, language)


async def roles(conn: Connection, person_id: int | None) -> frozenset[Role]:
    """What the person may be right now: live grants, and owner while any of their owner rows holds a flat."""
    sql = """
        select role from staff where person_id = $1 and revoked_at is null
        union
        select 'owner' from owner_people
        join flat_owners using (owner_id) where person_id = $1 and until is null"""
    return frozenset(Role(row["role"]) for row in await conn.fetch(sql, person_id))


async def staff(conn: Connection) -> list[StaffMember]:
    """Every live grant, by role and name."""
    sql = """
        select s.person_id, p.name, p.phone, s.role, s.granted_at,
               exists (select 1 from chat_identities c where c.person_id = p.id) as has_chat
        from staff s join people p on p.id = s.person_id
        where s.revoked_at is null order by s.role, p.name, p.id"""
    return [StaffMember(**{**row, "role": Role(row["role"])}) for row in await conn.fetch(sql)]


async def hold_admins(conn: Connection) -> list[int]:
    """Ids of the admins, held until the transaction ends: two who end each other's role do so one after the other."""
    sql = "select person_id from staff where role = 'admin' and revoked_at is null order by id for update"
    return [row["person_id"] for row in await conn.fetch(sql)]


async def people_with_role(conn: Connection, role: Role) -> list[int]:
    """Ids of the people who hold a staff role, oldest grant first."""
    sql = "select person_id from staff where role = $1 and revoked_at is null order by id"
    return [row["person_id"] for row in await conn.fetch(sql, role.value)]


async def was_ever_admin(conn: Connection, phone: str, chat_id: int) -> bool:
    """Whether anybody who has this number, or ever spoke from this chat, holds or once held the admin role."""
    sql = """
        select exists (
            select 1 from staff s join people p on p.id = s.person_id
            where s.role = 'admin' and (
                p.phone = $1
                or p.id = (select person_id from chat_identities where id = $2)
                or p.id in (select (after ->> 'person')::bigint from audit
                            where subject_type = 'chat' and subject_id = $2::text and action = 'chat.linked')))"""
    return bool(await conn.fetchval(sql, phone, chat_id))


async def grant(conn: Connection, person_id: int, role: Role, by: int | None) -> bool:
    """Give a staff role; false when the person has it already."""
    sql = """
        insert into staff (person_id, role, granted_by) values ($1, $2, $3)
        on conflict (person_id, role) where revoked_at is null do nothing returning id"""
    return await conn.fetchval(sql, person_id, role.value, by) is not None


async def revoke(conn: Connection, person_id: int, role: Role) -> bool:
    """Take a staff role away; false when the person did not have it."""
    sql = """
        update staff set revoked_at = now()
        where person_id = $1 and role = $2 and revoked_at is null returning id"""
    return await conn.fetchval(sql, person_id, role.value) is not None


async def chat(conn: Connection, chat_id: int) -> ChatIdentity:
    """The chat with this id; `LookupError` when there is none."""
    row = await conn.fetchrow(f"select {CHAT} from chat_identities where id = $1", chat_id)
    if row is None:
        raise LookupError(chat_id)
    return _chat(row)


async def chats_of(conn: Connection, person_id: int) -> list[ChatIdentity]:
    """The person's chats that may be written to first: those logged in, then the one last heard from first."""
    order = f"{LOGGED_IN.format(login_at='now()')}, {LAST_HEARD}"
    sql = f"select {CHAT} from chat_identities c where person_id = $1 and {REACHED} order by {order}"
    return [_chat(row) for row in await conn.fetch(sql, person_id)]


async def mark_unreachable(conn: Connection, chat_id: int, reason: str, tried_at: datetime | None = None) -> None:
    """The platform said for good that this chat cannot be written to; their next message revives it.

    Not where the person was there since the message was `tried_at` (by the database's clock).
    """
    sql = """
        update chat_identities set reachable = false, unreachable_reason = $2
        where id = $1 and ($3::timestamptz is null or last_seen_at is null or last_seen_at <= $3)"""
    await conn.execute(sql, chat_id, reason, tried_at)


async def link_chat(conn: Connection, chat_id: int, person_id: int) -> list[int]:
    """Give the chat to the person. On one channel a person has one chat: the ids of those revoked come back."""
    sql = """
        update chat_identities set person_id = null, linked_at = null, preferred_at = null
        where person_id = $2 and id <> $1 and channel = (select channel from chat_identities where id = $1)
        returning id"""
    revoked = [row["id"] for row in await conn.fetch(sql, chat_id, person_id)]
    link = """
        update chat_identities set person_id = $2, linked_at = now(), opted_out_at = null, opted_in_at = now(),
            opted_in_by = 'the person, by linking the chat'
        where id = $1"""
    await conn.execute(link, chat_id, person_id)
    return revoked


async def link_owners(conn: Connection, person_id: int, owner_ids: Sequence[int]) -> None:
    """The person is these owner rows from now on; whoever was before is not any more."""
    sql = """
        insert into owner_people (owner_id, person_id) select unnest($2::bigint[]), $1
        on conflict (owner_id) do update set person_id = excluded.person_id, linked_at = now()"""
    await conn.execute(sql, person_id, list(owner_ids))


async def is_chat_of(conn: Connection, chat_id: int, person_id: int) -> bool:
    """Whether the chat still is the person's."""
    sql = "select exists (select 1 from chat_identities where id = $1 and person_id = $2)"
    return bool(await conn.fetchval(sql, chat_id, person_id))


async def owned_at(conn: Connection, person_id: int, flat_id: int, moment: datetime) -> bool:
    """Whether the person is an owner of the flat now and was one at that moment."""
    sql = """
        select exists (select 1 from flat_owners join owner_people using (owner_id)
                       where person_id = $1 and flat_id = $2 and until is null and (since is null or since <= $3))"""
    return bool(await conn.fetchval(sql, person_id, flat_id, moment))


async def owner_recipients(conn: Connection, flat_id: int) -> list[int]:
    """People linked to the flat's present owners: who gets its bill."""
    sql = """
        select distinct person_id from flat_owners join owner_people using (owner_id)
        where flat_id = $1 and until is null order by person_id"""
    return [row["person_id"] for row in await conn.fetch(sql, flat_id)]
