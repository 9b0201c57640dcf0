"""Which of a person's chats is written to first, and whether they want to be written to at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from storage.admin_logins import LIVE_BINDING

if TYPE_CHECKING:
    from datetime import datetime

    from storage.database import Connection
    from storage.outbox import Draft

REACHED: Final = "c.reachable and c.is_private and c.opted_out_at is null"
"""Chats `c` that may be written to first."""

LAST_HEARD: Final = "c.last_seen_at desc nulls last, c.id"
CHOSEN: Final = f"c.preferred_at desc nulls last, {LAST_HEARD}"
"""The order of a person's chats: the one they chose, else the one last heard from."""
LOGGED_IN: Final = f"{LIVE_BINDING.format(chat='c', moment='{login_at}')} desc"
"""What goes before such an order for what is said because of a right: an admin may read it where they are logged in.

`login_at`: where admins log in, the moment at which their logins are judged; null where they do not."""

ONE_CHAT: Final = f"""lateral (
    select c.id, c.channel, c.person_id from chat_identities c
    where c.person_id = {{person}} and {REACHED} order by {CHOSEN} limit 1)"""
"""To be joined: the one chat in which `person` is written to first; none where nobody is reached."""


async def to_write_to(
    conn: Connection, person_id: int, draft: Draft, *, chosen: bool, login_at: datetime | None = None
) -> list[int]:
    """The chats in which the person is told a fact: those that show its card, else one; none if told before.

    `chosen`: the chat that the person chose for it, else the one last heard from. `login_at`: of those that are
    logged in at that moment, if any are.
    """
    logged_in = LOGGED_IN.format(login_at="$7")
    sql = f"""
        with mine as (
            select c.id, row_number() over (order by {logged_in}, {CHOSEN if chosen else LAST_HEARD}) as place,
                $6::text is not null and rank() over (order by {logged_in}) = 1 and exists (
                    select from notifications n where n.outbox and n.chat_id = c.id and n.card = $6) as shows
            from chat_identities c where c.person_id = $1 and {REACHED}
        )
        select id from mine
        where (shows or (place = 1 and not exists (select from mine where shows))) and not exists (
            select from notifications told
            where told.outbox and told.kind = $2 and told.source_type = $3 and told.source_id = $4
              and told.sequence = $5 and told.person_id = $1)
        order by place"""
    fact = draft.kind, draft.source_type, draft.source_id, draft.sequence, draft.card
    rows = await conn.fetch(sql, person_id, *fact, login_at)
    return [row["id"] for row in rows]


async def count(conn: Connection, person_id: int) -> int:
    """How many private chats the person has from which they were heard."""
    sql = "select count(*) from chat_identities where person_id = $1 and is_private and last_seen_at is not null"
    return int(await conn.fetchval(sql, person_id))


async def is_first(conn: Connection, chat_id: int) -> bool:
    """Whether this is the chat in which its person is written to first."""
    sql = f"""
        select exists (select from chat_identities mine join {ONE_CHAT.format(person="mine.person_id")} one on true
                       where mine.id = $1 and one.id = mine.id)"""
    return bool(await conn.fetchval(sql, chat_id))


async def prefer(conn: Connection, chat_id: int, now: datetime) -> None:
    """The person wants to be written to here rather than in their other chats."""
    await conn.execute("update chat_identities set preferred_at = $2 where id = $1", chat_id, now)


async def agreed(conn: Connection, chat_id: int, by: str, now: datetime) -> None:
    """The person told `by` that they want to be written to here; also where an earlier try failed."""
    sql = """
        update chat_identities
        set opted_in_at = $3, opted_in_by = $2, reachable = true, unreachable_reason = null where id = $1"""
    await conn.execute(sql, chat_id, by, now)


async def opt_out(conn: Connection, chat_id: int, now: datetime) -> bool:
    """Never write to this chat first from now on; false where that was so before."""
    sql = "update chat_identities set opted_out_at = $2 where id = $1 and opted_out_at is null returning id"
    return await conn.fetchval(sql, chat_id, now) is not None


async def opt_in(conn: Connection, chat_id: int, by: str, now: datetime) -> bool:
    """The chat may be written to first, by the wish of `by`; false where it had not been ended."""
    sql = """
        update chat_identities set opted_out_at = null, opted_in_at = $3, opted_in_by = $2
        where id = $1 and opted_out_at is not null returning id"""
    return await conn.fetchval(sql, chat_id, by, now) is not None
