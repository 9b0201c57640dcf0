"""Who is behind a message, read at every message: rights are never remembered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.roles import Role
from storage.admin_logins import LIVE_BINDING
from storage.conversations import StoredState
from storage.people import CHAT, ChatIdentity

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    import asyncpg

    from storage.database import Connection
    from storage.inbox import Waiting

_ROLES = f"""
    array(select role from staff where person_id = chat.person_id and revoked_at is null
          union select 'owner' from owner_people join flat_owners using (owner_id)
          where person_id = chat.person_id and until is null order by 1) as granted,
    ({{login_at}}::timestamptz is null or {LIVE_BINDING.format(chat="chat", moment="{login_at}")}) as is_bound"""
"""What the person was granted, and whether this chat may use an admin's part of it. `login_at`: where admins log in,
the moment at which their logins are judged; null where they do not."""

_SENDER = f"""
    select chat.person_id as sender_id, person.name as sender_name, person.language as sender_language,
        {_ROLES}
    from chat_identities chat left join people person on person.id = chat.person_id
    where chat.channel = {{channel}} and chat.external_id = {{address}} and chat.is_private"""


@dataclass(frozen=True, slots=True)
class Sender:
    """The person who sent a message, as far as known. `must_log_in`: an admin, once their own chat is bound."""

    person_id: int | None = None
    name: str | None = None
    language: str | None = None
    roles: frozenset[Role] = frozenset()
    must_log_in: bool = False


@dataclass(frozen=True, slots=True)
class Arrival:
    """Everything that a message's transaction begins with. `menu` is for what the chat's menu was last set."""

    chat: ChatIdentity
    sender: Sender
    state: StoredState | None
    menu: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a chat's menu of commands depends on, and `menu`, for what it was last set."""

    menu: str | None
    language: str | None
    roles: frozenset[Role]
    must_log_in: bool
    is_private: bool


async def arrive(
    conn: Connection,
    row: Waiting,
    chat: str,
    sender: str,
    name: str,
    *,
    is_private: bool,
    login_at: datetime | None = None,
) -> Arrival | None:
    """Marks the message done, sees its chat and reads who wrote, in one round trip; `None`: it was taken over.

    In a group the sender is whoever's own chat has that address, never the group.
    """
    sql = f"""
        with held as (
            update inbox set state = 'done', done_at = now(), leased_until = null, error = null
            where id = $1 and lease = $2 and state = 'new' returning id
        ), seen as (
            insert into chat_identities (channel, external_id, display_name, is_private, last_seen_at, last_heard_at)
            select $3, $4, $6, $7, now(), $8 from held
            on conflict (channel, external_id) do update
            set display_name = excluded.display_name, last_seen_at = now(), reachable = true, unreachable_reason = null,
                last_heard_at = greatest(chat_identities.last_heard_at, excluded.last_heard_at)
            returning {CHAT}, menu
        )
        select seen.*, sender.*, state.flow, state.step, state.data
        from seen left join ({_SENDER.format(channel="$3", address="$5", login_at="$9")}) sender on true
        left join conversations state on state.chat_id = seen.id and state.sender = $5"""
    asked = (row.id, row.lease, row.channel, chat, sender, name, is_private, row.sent_at, login_at)
    found = await conn.fetchrow(sql, *asked)
    if found is None:
        return None
    stored = StoredState(found["flow"], found["step"], found["data"]) if found["flow"] else None
    chat_identity = ChatIdentity(**{name: found[name] for name in CHAT.split(", ")})
    return Arrival(chat_identity, _sender_of(found), stored, found["menu"])


async def sender(conn: Connection, channel: str, external_id: str, login_at: datetime | None = None) -> Sender:
    """The person whose own chat this is; in a group the sender's, not the group's."""
    sql = _SENDER.format(channel="$1", address="$2", login_at="$3")
    row = await conn.fetchrow(sql, channel, external_id, login_at)
    return _sender_of(row) if row else Sender()


def _sender_of(row: asyncpg.Record) -> Sender:
    roles, must_log_in = _rights(row["granted"] or (), is_bound=bool(row["is_bound"]))
    return Sender(row["sender_id"], row["sender_name"], row["sender_language"], roles, must_log_in)


def _rights(granted: Collection[str], *, is_bound: bool) -> tuple[frozenset[Role], bool]:
    """The one place where an admin without a login is none: what may be done from the chat, and what a login adds."""
    roles = frozenset(map(Role, granted))
    return (roles, False) if is_bound else (roles - {Role.ADMIN}, Role.ADMIN in roles)


async def standing(conn: Connection, chat_id: int, login_at: datetime | None = None) -> Standing:
    """Role and language of the chat as they are now in this transaction."""
    sql = f"""
        select chat.menu, coalesce(chat.language, person.language) as language, {_ROLES.format(login_at="$2")},
            chat.is_private
        from chat_identities chat left join people person on person.id = chat.person_id where chat.id = $1"""
    row = await conn.fetchrow(sql, chat_id, login_at)
    if row is None:
        raise LookupError(chat_id)
    roles, must_log_in = _rights(row["granted"], is_bound=row["is_bound"])
    return Standing(row["menu"], row["language"], roles, must_log_in, row["is_private"])


async def note_menu(conn: Connection, chat_id: int, menu: str) -> None:
    await conn.execute("update chat_identities set menu = $2 where id = $1", chat_id, menu)


async def set_reachable(conn: Connection, channel: str, external_id: str, *, reachable: bool) -> None:
    """The platform told that the person blocked us or came back."""
    sql = """
        update chat_identities set reachable = $3, unreachable_reason = case when $3 then null else 'blocked' end,
            last_seen_at = case when $3 then now() else last_seen_at end
        where channel = $1 and external_id = $2"""
    await conn.execute(sql, channel, external_id, reachable)


async def chat_id(conn: Connection, channel: str, external_id: str) -> int:
    """The chat with this address, known or not."""
    sql = "insert into chat_identities (channel, external_id) values ($1, $2) on conflict do nothing"
    await conn.execute(sql, channel, external_id)
    found = "select id from chat_identities where channel = $1 and external_id = $2"
    known: int = await conn.fetchval(found, channel, external_id)
    return known
