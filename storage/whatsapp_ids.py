"""Whose chat a business-scoped id of WhatsApp is: some people hide their number, now or later."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from storage.database import Connection


async def addresses(conn: Connection, user_ids: Collection[str]) -> dict[str, str]:
    """By business-scoped id the present address of its chat, as far as known."""
    sql = """
        select user_id, external_id from whatsapp_ids join chat_identities chat on chat.id = chat_id
        where user_id = any($1::text[])"""
    return {row["user_id"]: row["external_id"] for row in await conn.fetch(sql, list(user_ids))}


async def is_noted(conn: Connection, channel: str, user_id: str, address: str) -> bool:
    """Whether the id is known as that of the chat with this address.

    Who wrote under the id so far and now shows the number keeps their chat: it has the number's address from now on.
    """
    known = (await addresses(conn, [user_id])).get(user_id)
    if known == user_id != address:
        await _rename(conn, channel, user_id, address)
    return known == address


async def _rename(conn: Connection, channel: str, user_id: str, address: str) -> None:
    """Unless there is a chat with the number already."""
    sql = """
        update chat_identities set external_id = $3
        where channel = $1 and external_id = $2
            and not exists (select from chat_identities where channel = $1 and external_id = $3)"""
    await conn.execute(sql, channel, user_id, address)


async def note(conn: Connection, user_id: str, chat_id: int) -> None:
    """The id is this chat's."""
    sql = """
        insert into whatsapp_ids (user_id, chat_id) values ($1, $2)
        on conflict (user_id) do update set chat_id = excluded.chat_id where whatsapp_ids.chat_id <> excluded.chat_id"""
    await conn.execute(sql, user_id, chat_id)
