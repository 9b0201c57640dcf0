"""Taking an owner who left out of every row that is no book: blanked where rows have to stay, deleted elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from storage.forgetting import FORMER, Traces, known_by, words_for

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from storage.database import Connection

GONE: Final = "forgotten"
"""Why a message was not sent, or a chat is written to no more."""


async def erase(conn: Connection, of: Traces, shared: Collection[str], now: datetime) -> None:
    """Forget them with the transaction. Names in `shared` are somebody else's too: found near their flats only.

    Rows that others wait for come first, so that nobody who works on a message of theirs waits for us in a circle.
    """
    words = words_for(known_by(of) - set(shared))
    await _received(conn, of, words)
    await _dialogues(conn, of, words)
    await _sent(conn, of, words)
    await _chats(conn, of)
    await _invites(conn, of, now)
    await _themselves(conn, of)
    await _around(conn, words)
    await conn.execute(
        "select forget_in_trail($1, $2, $3, $4, $5)",
        of.person_id,
        words,
        words_for(known_by(of)),
        list(of.flats),
        [str(one) for one in of.invites],
    )


async def _received(conn: Connection, of: Traces, words: str) -> None:
    """Their messages, whatever became of them; of others what is done and names them."""
    channels, chats = [one for one, _ in of.addresses], [one for _, one in of.addresses]
    sql = """
        delete from inbox i using (
            select id from inbox
            where (channel, chat) in (select * from unnest($1::text[], $2::text[]))
               or state <> 'new' and payload::text ~* $3
            order by id for update) old
        where i.id = old.id"""
    await conn.execute(sql, channels, chats, words)
    await conn.execute(
        "delete from guesses where chat in (select c || ':' || a from unnest($1::text[], $2::text[]) as own (c, a))",
        channels,
        chats,
    )


async def _dialogues(conn: Connection, of: Traces, words: str) -> None:
    """Also in groups, where they are known by their address, and what others were about to say about them."""
    sql = """
        delete from conversations c
        where c.chat_id = any($1::bigint[]) or c.data::text ~* $2 or exists (
            select from chat_identities g, unnest($3::text[], $4::text[]) as own (channel, address)
            where g.id = c.chat_id and g.channel = own.channel and c.sender = own.address)"""
    channels, addresses = [one for one, _ in of.addresses], [one for _, one in of.addresses]
    await conn.execute(sql, list(of.chats), words, channels, addresses)
    await conn.execute(
        "delete from actions where chat_id = any($1::bigint[]) or data::text ~* $2", list(of.chats), words
    )
    await conn.execute("delete from loose_photos where chat_id = any($1::bigint[])", list(of.chats))


async def _sent(conn: Connection, of: Traces, words: str) -> None:
    """Theirs are said no more and lose their words; of others those that name them lose theirs.

    What is just being sent to somebody is worded again, lest whoever sends it write the old words down.
    """
    theirs = """
        update notifications set payload = null, message = null, error = null, leased_until = null,
            status = case status when 'queued' then 'cancelled' else status end
        where chat_id = any($1::bigint[]) or person_id = $2"""
    await conn.execute(theirs, list(of.chats), of.person_id)
    others = """
        update notifications set payload = case when outbox then null else payload end,
            message = regexp_replace(message, $1, $2, 'gi'), error = regexp_replace(error, $1, $2, 'gi')
        where status is distinct from 'queued' and concat_ws(' ', payload::text, message, error) ~* $1"""
    await conn.execute(others, words, FORMER)
    waiting = """
        update notifications set payload = regexp_replace(payload::text, $1, $2, 'gi')::jsonb, error = null,
            lease = lease + 1, leased_until = null
        where outbox and status = 'queued' and (payload::text ~* $1 or sending and kind <> 'reply' and person_id in (
            select person_id from staff where revoked_at is null))"""
    await conn.execute(waiting, words, FORMER)


async def _chats(conn: Connection, of: Traces) -> None:
    """The rows stay, because messages refer to them; nothing leads from them to anybody."""
    await conn.execute("delete from whatsapp_ids where chat_id = any($1::bigint[])", list(of.chats))
    sql = """
        update chat_identities set external_id = $2 || ':' || id, display_name = '', person_id = null, language = null,
            menu = null, is_private = true, reachable = false, unreachable_reason = $2, linked_at = null,
            last_seen_at = null, last_heard_at = null, opted_out_at = null, opted_in_at = null, opted_in_by = null,
            preferred_at = null
        where id = any($1::bigint[])"""
    await conn.execute(sql, list(of.chats), GONE)


async def _invites(conn: Connection, of: Traces, now: datetime) -> None:
    sql = """
        update invites set name = $2, phone = null,
            revoked_at = case when used_at is null then coalesce(revoked_at, $3) else revoked_at end
        where id = any($1::bigint[])"""
    await conn.execute(sql, list(of.invites), FORMER, now)


async def _themselves(conn: Connection, of: Traces) -> None:
    await conn.execute(
        "update owners set name = $2, phone = null, email = null where id = any($1::bigint[])",
        list(of.owner_ids),
        FORMER,
    )
    if of.person_id is not None:
        await conn.execute(
            "update people set name = $2, phone = null, language = null where id = $1", of.person_id, FORMER
        )


async def _around(conn: Connection, words: str) -> None:
    """Where they lived on as tenants, what the bank wrote beside their payments, and staff about their meters."""
    sql = """
        update tenants set name = regexp_replace(name, $1, $2, 'gi'), phone = regexp_replace(phone, $1, '', 'gi')
        where until is not null and concat_ws(' ', name, phone) ~* $1"""
    await conn.execute(sql, words, FORMER)
    await conn.execute(
        "update statement_rows set narration = regexp_replace(narration, $1, $2, 'gi') where narration ~* $1",
        words,
        FORMER,
    )
    for sql in (
        "update cant_read set words = regexp_replace(words, $1, $2, 'gi') where words ~* $1",
        "update round_skips set reason = regexp_replace(reason, $1, $2, 'gi') where reason ~* $1",
        """update meter_replacements set returned_reason = regexp_replace(returned_reason, $1, $2, 'gi')
           where returned_reason ~* $1""",
    ):
        await conn.execute(sql, words, FORMER)
