"""Where each person is in a chat's dialogue, and what a chat's buttons do."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class StoredState:
    """Somebody's place in a dialogue."""

    flow: str
    step: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoredAction:
    """What a button does: a handler's name and what its card showed."""

    name: str
    data: Mapping[str, Any]


async def state(conn: Connection, chat_id: int, sender: str) -> StoredState | None:
    """Where the sender (their address on the channel) is in this chat; `None`: in no dialogue."""
    sql = "select flow, step, data from conversations where chat_id = $1 and sender = $2"
    row = await conn.fetchrow(sql, chat_id, sender)
    return StoredState(**dict(row)) if row else None


async def save_state(conn: Connection, chat_id: int, sender: str, new: StoredState) -> None:
    sql = """
        insert into conversations (chat_id, sender, flow, step, data) values ($1, $2, $3, $4, $5)
        on conflict (chat_id, sender) do update
        set flow = excluded.flow, step = excluded.step, data = excluded.data, updated_at = now()"""
    await conn.execute(sql, chat_id, sender, new.flow, new.step, dict(new.data))


async def forget_state(conn: Connection, chat_id: int, sender: str) -> None:
    await conn.execute("delete from conversations where chat_id = $1 and sender = $2", chat_id, sender)


async def add_actions(conn: Connection, chat_id: int, actions: Sequence[StoredAction]) -> list[str]:
    """Stores what the buttons of one message do; their tokens, unguessable, in the same order."""
    tokens = [secrets.token_urlsafe(12) for _ in actions]
    sql = """
        insert into actions (token, chat_id, name, data)
        select unnest($1::text[]), $2, unnest($3::text[]), unnest($4::jsonb[])"""
    if actions:
        names, data = [action.name for action in actions], [dict(action.data) for action in actions]
        await conn.execute(sql, tokens, chat_id, names, data)
    return tokens


async def action(conn: Connection, chat_id: int, token: str) -> StoredAction | None:
    """What the token means in this chat; `None`: forged, of another chat, or tidied away."""
    row = await conn.fetchrow("select name, data from actions where token = $1 and chat_id = $2", token, chat_id)
    return StoredAction(**dict(row)) if row else None


async def language_of(conn: Connection, chat_id: int) -> str | None:
    """The language in which this chat is written to."""
    sql = """
        select coalesce(c.language, p.language) from chat_identities c left join people p on p.id = c.person_id
        where c.id = $1"""
    language: str | None = await conn.fetchval(sql, chat_id)
    return language
