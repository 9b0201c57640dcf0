"""Whose chat a business-scoped id of WhatsApp is: some people hide their number, now or later."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from storage.database import Connection
    from storage.people import ChatIdentity


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


async def chat_at(conn: Connection, channel: str, address: str) -> int | None:
    """The chat with this address; none where nobody wrote from there or was written to."""
    found: int | None = await conn.fetchval(
        "select id from chat_identities where channel = $1 and external_id = $2", channel, address
    )
    return found


async def taken_over(conn: Connection, channel: str, user_id: str, address: str) -> int | None:
    """The chat with this address if it was another's so far: heard under another id, or given up for dead.

    A number goes to somebody else some time after its holder left; the id is the account's and changes with it.
    """
    sql = """
        select id from chat_identities chat
        where channel = $1 and external_id = $3
            and not exists (select from whatsapp_ids where chat_id = chat.id and user_id = $2)
            and (exists (select from whatsapp_ids where chat_id = chat.id)
                 or not reachable and last_seen_at is not null)"""
    found: int | None = await conn.fetchval(sql, channel, user_id, address)
    return found


async def take_address(conn: Connection, channel: str, user_id: str, address: str) -> tuple[int, int] | None:
    """A person's chat under this id gets the address from a chat that is nobody's: ids of the latter and the former.

    None where there are no two such chats.
    """
    sql = """
        select nobodys.id as nobodys, theirs.id as theirs
        from chat_identities nobodys, whatsapp_ids join chat_identities theirs on theirs.id = chat_id
        where user_id = $2 and theirs.channel = $1 and theirs.external_id = $2 and theirs.person_id is not null
            and nobodys.channel = $1 and nobodys.external_id = $3 and nobodys.person_id is null"""
    row = await conn.fetchrow(sql, channel, user_id, address)
    if row is None:
        return None
    freed = """
        update chat_identities set external_id = external_id || ':' || id, reachable = false,
            unreachable_reason = 'another chat has the number'
        where id = $1 returning opted_out_at"""
    ended = await conn.fetchval(freed, row["nobodys"])
    taken = "update chat_identities set external_id = $2, opted_out_at = coalesce(opted_out_at, $3) where id = $1"
    await conn.execute(taken, row["theirs"], address, ended)
    return row["nobodys"], row["theirs"]


async def part(conn: Connection, chat_id: int) -> int | None:
    """Nothing leads from this chat to whoever had it so far: the person, who has its number no more."""
    sql = "select person_id, external_id from chat_identities where id = $1 for update"
    [row] = await conn.fetch(sql, chat_id)
    await conn.execute("delete from whatsapp_ids where chat_id = $1", chat_id)
    await conn.execute("delete from conversations where chat_id = $1", chat_id)
    await conn.execute(
        """update chat_identities
           set person_id = null, linked_at = null, preferred_at = null, opted_in_at = null, opted_in_by = null,
               language = null
           where id = $1""",
        chat_id,
    )
    sql = "update people set phone = null where id = $1 and phone = '+' || $2"
    await conn.execute(sql, row["person_id"], row["external_id"])
    person_id: int | None = row["person_id"]
    return person_id


async def is_in_doubt(conn: Connection, chat: ChatIdentity, number: str, changed: str) -> bool:
    """Whether the number (E.164) is known as another account's, or went from one to another by the action `changed`."""
    sql = """
        select exists (
            select from chat_identities c
            where c.channel = $1 and c.external_id = ltrim($2, '+') and (
                c.id <> $3 and exists (select from whatsapp_ids where chat_id = c.id)
                or exists (
                    select from audit where subject_type = 'chat' and subject_id = c.id::text and action = $4)))"""
    return bool(await conn.fetchval(sql, chat.channel, number, chat.id, changed))
