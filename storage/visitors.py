"""Who is behind a message, read at every message: rights are never remembered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.roles import Role

if TYPE_CHECKING:
    from storage.database import Connection

_ROLES = """
    array(select role from staff where person_id = chat.person_id and revoked_at is null
          union select 'owner' from owner_people join flat_owners using (owner_id)
          where person_id = chat.person_id and until is null order by 1)"""


@dataclass(frozen=True, slots=True)
class Sender:
    """The person who sent a message, as far as known."""

    person_id: int | None = None
    name: str | None = None
    language: str | None = None
    roles: frozenset[Role] = frozenset()


@dataclass(frozen=True, slots=True)
class Standing:
    """What a chat's menu of commands depends on, and `menu`, for what it was last set."""

    menu: str | None
    language: str | None
    roles: frozenset[Role]
    is_private: bool


async def sender(conn: Connection, channel: str, external_id: str) -> Sender:
    """The person whose own chat this is; in a group the sender's, not the group's."""
    sql = f"""
        select chat.person_id, person.name, person.language, {_ROLES} as roles
        from chat_identities chat left join people person on person.id = chat.person_id
        where chat.channel = $1 and chat.external_id = $2 and chat.is_private"""
    row = await conn.fetchrow(sql, channel, external_id)
    return Sender(**{**row, "roles": frozenset(map(Role, row["roles"]))}) if row else Sender()


async def standing(conn: Connection, chat_id: int) -> Standing:
    """Role and language of the chat as they are now in this transaction."""
    sql = f"""
        select chat.menu, coalesce(chat.language, person.language) as language, {_ROLES} as roles, chat.is_private
        from chat_identities chat left join people person on person.id = chat.person_id where chat.id = $1"""
    row = await conn.fetchrow(sql, chat_id)
    if row is None:
        raise LookupError(chat_id)
    return Standing(**{**row, "roles": frozenset(map(Role, row["roles"]))})


async def note_menu(conn: Connection, chat_id: int, menu: str) -> None:
    await conn.execute("update chat_identities set menu = $2 where id = $1", chat_id, menu)


async def set_reachable(conn: Connection, channel: str, external_id: str, *, reachable: bool) -> None:
    """The platform told that the person blocked us or came back."""
    sql = """
        update chat_identities set reachable = $3, unreachable_reason = case when $3 then null else 'blocked' end
        where channel = $1 and external_id = $2"""
    await conn.execute(sql, channel, external_id, reachable)


async def chat_id(conn: Connection, channel: str, external_id: str) -> int:
    """The chat with this address, known or not."""
    sql = "insert into chat_identities (channel, external_id) values ($1, $2) on conflict do nothing"
    await conn.execute(sql, channel, external_id)
    found = "select id from chat_identities where channel = $1 and external_id = $2"
    known: int = await conn.fetchval(found, channel, external_id)
    return known
