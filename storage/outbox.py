"""Messages to be sent: rows of `notifications`, committed with what causes them, delivered in order within a chat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from storage.chats import CHOSEN, ONE_CHAT, REACHED

if TYPE_CHECKING:
    from storage.database import Connection

WAKE = "outbox"
"""Notified when something is queued."""

REPLY = "reply"
"""The kind of rows whose payload is a message already worded; all others are facts."""


AGAIN = "again"
"""Set in what `queue_again` queues: its reader waits for an answer, also where it is no longer to be said."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be queued; unique by kind, source, recipient and sequence."""

    kind: str
    source_type: str
    source_id: str
    sequence: int
    payload: Mapping[str, Any]
    card: str | None = None
    bulk: bool = False
    not_before: datetime | None = None
    bill_id: int | None = None


@dataclass(frozen=True, slots=True)
class Queued:
    """A claimed row. `posted_id` and `posted_photo_id` are the card's message in the chat, if it was sent before.

    `posted_as_template`: all that is there of it are a template's words.
    `attempts` are failures of its own, `outages` those of network and channel; `uncertain`: it may have arrived.
    `heard_at` is when the person last wrote; None also where free words were refused for this row. `waited_long`:
    it was queued a month ago. `gathering`: the summary of a burst of messages, more of which wait to be worked on.
    `planned`: for the hours in which people are written to, not for at once.
    """

    id: int
    lease: int
    attempts: int
    outages: int
    uncertain: bool
    kind: str
    source_type: str
    source_id: str
    sequence: int
    payload: Mapping[str, Any]
    card: str | None
    bulk: bool
    bill_id: int | None
    person_id: int | None
    chat_id: int
    channel: str
    external_id: str
    is_private: bool
    unreachable: str | None
    superseded: bool
    posted_id: str | None
    posted_photo_id: int | None
    posted_as_template: bool
    heard_at: datetime | None
    waited_long: bool
    opted_out: bool
    planned: bool
    gathering: bool
    claimed_at: datetime
    """By the database's clock."""


@dataclass(frozen=True, slots=True)
class Room:
    """How many rows may be leased, and how many of them bulk."""

    rows: int
    bulk: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """What came of a claimed row. `status`: queued (again, after `delay` seconds), sent, unknown, dead, cancelled."""

    id: int
    lease: int
    status: str
    external_id: str | None = None
    photo_id: int | None = None
    message: str | None = None
    error: str | None = None
    failed: bool = False
    """Counts as a failure of its own."""
    outage: bool = False
    uncertain: bool = False
    delay: float = 0
    aside: bool = False
    """Queued again: later ones of its chat go before it."""
    unreachable: str | None = None
    """Set: the chat cannot be written to, for this reason."""
    elsewhere: bool = False
    """The fact is said in the next of the person's chats instead."""
    as_template: bool = False
    """Sent in a template's words; what was sent freely wrote to nobody first, whatever was counted before."""


async def queue(conn: Connection, drafts: Sequence[tuple[int, Draft]], person_id: int | None = None) -> int:
    """Queues each draft for its chat and wakes the delivery; returns how many were not queued before."""
    sql = """
        insert into notifications (outbox, status, channel, chat_id, person_id, kind, source_type, source_id,
            sequence, payload, card, bulk, not_before, bill_id)
        select true, 'queued', chat.channel, chat.id, coalesce($1, chat.person_id), kind, source_type, source_id,
            sequence, payload, card, bulk, coalesce(not_before, '-infinity'), bill_id
        from unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::int[], $7::jsonb[], $8::text[], $9::bool[],
                    $10::timestamptz[], $11::bigint[]) with ordinality as new (chat_id, kind, source_type, source_id,
                    sequence, payload, card, bulk, not_before, bill_id, place)
        join chat_identities chat on chat.id = new.chat_id
        order by place
        on conflict (kind, source_type, source_id, chat_id, sequence) where outbox do nothing
        returning pg_notify('outbox', '')"""
    rows = (
        (chat, d.kind, d.source_type, d.source_id, d.sequence, d.payload, d.card, d.bulk, d.not_before, d.bill_id)
        for chat, d in drafts
    )
    columns = [list(column) for column in zip(*rows, strict=True)]
    return len(await conn.fetch(sql, person_id, *columns)) if drafts else 0


async def queue_for_owners(conn: Connection, drafts: Mapping[int, Draft]) -> int:
    """Queues a draft, by flat id, for each of the flat's present owners in the one chat they chose; returns how many.

    One statement for many flats; whoever was told the same before is left out.
    """
    sql = f"""
        with new as (
            select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::int[], $6::jsonb[], $7::text[],
                                 $8::bool[], $9::timestamptz[], $10::bigint[])
                with ordinality as n (flat_id, kind, source_type, source_id, sequence, payload, card, bulk, not_before,
                    bill_id, place)
        ), readers as (
            select distinct fo.flat_id, op.person_id from flat_owners fo join owner_people op using (owner_id)
            where fo.flat_id = any($1::bigint[]) and fo.until is null
        ), queued as (
            insert into notifications (outbox, status, channel, chat_id, person_id, kind, source_type, source_id,
                sequence, payload, card, bulk, not_before, bill_id)
            select true, 'queued', chat.channel, chat.id, chat.person_id, kind, source_type, source_id, sequence,
                payload, card, bulk, coalesce(not_before, '-infinity'), bill_id
            from new join readers using (flat_id) join {ONE_CHAT.format(person="readers.person_id")} chat on true
            where not exists (
                select from notifications told
                where told.outbox and told.kind = new.kind and told.source_type = new.source_type
                  and told.source_id = new.source_id and told.sequence = new.sequence
                  and told.person_id = readers.person_id)
            order by place, chat.id
            on conflict (kind, source_type, source_id, chat_id, sequence) where outbox do nothing
            returning 1
        )
        select count(*), (select pg_notify('outbox', '') from queued limit 1) from queued"""
    rows = (
        (flat, d.kind, d.source_type, d.source_id, d.sequence, d.payload, d.card, d.bulk, d.not_before, d.bill_id)
        for flat, d in drafts.items()
    )
    columns = [list(column) for column in zip(*rows, strict=True)]
    return await conn.fetchval(sql, *columns) or 0 if drafts else 0


_FREE = """
    with recursive heads as (
        (select chat_id, id, leased_until from notifications
         where outbox and status = 'queued' and bulk = {bulk} and chat_id {range} $6 and not_before <= $2
         order by chat_id, id limit 1)
        union all
        select next.* from heads, lateral (
            select chat_id, id, leased_until from notifications
            where outbox and status = 'queued' and bulk = {bulk} and chat_id > heads.chat_id and chat_id {range} $6
                and not_before <= $2
            order by chat_id, id limit 1) next
    )
    select held.id from heads, lateral (
        select n.id from notifications n
        where n.id = heads.id and n.status = 'queued' and n.channel = any ($1)
            and (n.leased_until is null or n.leased_until < now())
        for update skip locked) held
    where heads.leased_until is null or heads.leased_until < now()"""
"""The first row of each chat, where it may be sent now: one look at the index for each chat, however much is queued."""

_ROUND = " union all ".join(f"({_FREE})".replace("{range}", reach) for reach in (">", "<="))
"""All chats, those after `$6` first."""


_CLAIM = f"""
    with interactive as (select * from ({_ROUND.replace("{bulk}", "false")}) free limit $3),
    heavy as (
        select * from ({_ROUND.replace("{bulk}", "true")}) free
        limit greatest(0, least($5, $3 - (select count(*) from interactive)))
    ), taken as (
        update notifications n set lease = lease + 1, leased_until = now() + make_interval(secs => $4),
            sending = true, uncertain = uncertain or sending
        from (table interactive union all table heavy) free where n.id = free.id
        returning n.*
    )
    select n.id, n.lease, n.attempts, n.outages, n.uncertain, n.kind, n.source_type, n.source_id, n.sequence,
        n.payload, n.card, n.bulk, n.bill_id, n.person_id, n.chat_id, n.channel, chat.external_id, chat.is_private,
        now() as claimed_at,
        case when not n.as_template then chat.last_heard_at end as heard_at,
        n.created_at < now() - interval '30 days' as waited_long, chat.opted_out_at is not null as opted_out,
        n.not_before > '-infinity' as planned,
        case when not chat.reachable then coalesce(chat.unreachable_reason, '') end as unreachable,
        n.kind = 'reply' and n.card is not null and exists (
            select from notifications later
            where later.outbox and later.status = 'queued' and later.bulk = n.bulk and later.chat_id = n.chat_id
                and later.id > n.id and later.card = n.card and later.kind = 'reply' and later.not_before <= $2
        ) as superseded,
        coalesce(n.card like 'burst:%', false) and n.created_at > now() - interval '30 seconds' and exists (
            select from inbox more
            where more.state = 'new' and more.channel = chat.channel and more.chat = chat.external_id
                and 'burst:' || more.burst = n.card
        ) as gathering,
        posted.external_id as posted_id, posted.photo_id as posted_photo_id,
        posted.external_id is not null and exists (
            select from notifications told where told.chat_id = n.chat_id and told.card = n.card
                and told.external_id = posted.external_id and told.first_words_at is not null
        ) as posted_as_template
    from taken n join chat_identities chat on chat.id = n.chat_id
    left join lateral (
        select p.external_id, p.photo_id from notifications p
        where p.chat_id = n.chat_id and p.card = n.card and p.external_id is not null and p.status <> 'dead'
        order by p.id desc limit 1) posted on n.card is not null"""
"""Each leased row with its chat, and what is known of the card that it is a state of."""


async def claim(
    conn: Connection, channels: Sequence[str], now: datetime, room: Room, seconds: float, *, after: int = 0
) -> list[Queued]:
    """Leases the first row of each chat that may be sent now, as far as there is room; interactive rows before bulk.

    It goes round the chats, beginning behind chat `after`, so that none waits for ever. A row that is leased or waits
    to be tried again holds back the later ones of its chat; interactive rows do not wait for bulk ones. A row whose
    last holder never settled it is uncertain.
    """
    arguments = (list(channels), now, room.rows, seconds, room.bulk, after)
    return [Queued(**dict(row)) for row in await conn.fetch(_CLAIM, *arguments)]


async def settle(conn: Connection, settlements: Sequence[Settlement], now: datetime) -> set[int]:
    """Writes what came of claimed rows; the ids that were still held. A holder whose lease ran out changes nothing."""
    sql = """
        update notifications n
        set status = s.status, external_id = coalesce(s.external_id, n.external_id), photo_id = s.photo_id,
            message = coalesce(s.message, n.message), error = s.error, attempts = n.attempts + s.failed::int,
            outages = n.outages + s.outage::int, sending = false, uncertain = n.uncertain or s.uncertain,
            sent_at = case s.status when 'sent' then $1 else n.sent_at end,
            first_words_at = case when s.status <> 'sent' or s.as_template then n.first_words_at end,
            leased_until = case when s.status = 'queued' and not s.aside
                then now() + make_interval(secs => s.delay) end,
            not_before = case when s.aside then $1 + make_interval(secs => s.delay) else n.not_before end
        from unnest($2::bigint[], $3::int[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::bool[],
                    $10::bool[], $11::bool[], $12::float[], $13::bool[], $14::bool[])
            as s (id, lease, status, external_id, photo_id, message, error, failed, outage, uncertain, delay, aside,
                  as_template)
        where n.id = s.id and n.lease = s.lease and n.status = 'queued'
        returning n.id"""
    posted = ((s.id, s.lease, s.status, s.external_id, s.photo_id, s.message) for s in settlements)
    counted = ((s.error, s.failed, s.outage, s.uncertain, s.delay, s.aside, s.as_template) for s in settlements)
    columns = [list(column) for group in (posted, counted) for column in zip(*group, strict=True)]
    return {row["id"] for row in await conn.fetch(sql, now, *columns)} if settlements else set()


async def queue_elsewhere(conn: Connection, notification_id: int) -> int:
    """Queues the same fact for the next of the person's chats in which it was not said yet; returns for how many."""
    sql = f"""
        insert into notifications (outbox, status, channel, chat_id, person_id, kind, source_type, source_id, sequence,
            payload, card, bulk, not_before, bill_id)
        select true, 'queued', chat.channel, chat.id, n.person_id, n.kind, n.source_type, n.source_id, n.sequence,
            n.payload, n.card, n.bulk, n.not_before, n.bill_id
        from notifications n join lateral (
            select c.id, c.channel from chat_identities c
            where c.person_id = n.person_id and c.id <> n.chat_id and {REACHED} order by {CHOSEN} limit 1) chat on true
        where n.id = $1 and n.kind <> 'reply'
        on conflict (kind, source_type, source_id, chat_id, sequence) where outbox do nothing
        returning pg_notify('outbox', '')"""
    return len(await conn.fetch(sql, notification_id))


async def queue_as_template(conn: Connection, notification_id: int) -> bool:
    """Queues a message again that was refused because the person last wrote too long ago; false: it was a template."""
    sql = """
        update notifications
        set status = 'queued', as_template = true, external_id = null, sent_at = null, sending = false,
            leased_until = null, uncertain = false
        where id = $1 and outbox and status in ('sent', 'dead') and not as_template and first_words_at is null
        returning pg_notify('outbox', '')"""
    return bool(await conn.fetch(sql, notification_id))


async def queue_later(conn: Connection, notification_id: int, now: datetime, seconds: float = 0) -> bool:
    """Queues a message again that failed on its way, each time for twice as long, for no less than `seconds`.

    False: it has waited for a month, or it is an answer that a newer state of its card has overtaken.
    """
    sql = """
        update notifications n
        set status = 'queued', external_id = null, sent_at = null, sending = false, leased_until = null,
            uncertain = false, outages = outages + 1,
            not_before = $2::timestamptz + make_interval(secs => greatest($3, 60 * 2 ^ least(outages, 8)))
        where id = $1 and outbox and status = 'dead' and payload is not null
            and created_at > now() - interval '30 days' and (kind <> 'reply' or not exists (
                select from notifications later
                where later.chat_id = n.chat_id and later.card = n.card and later.id > n.id
                    and later.status in ('queued', 'sent')))
        returning pg_notify('outbox', '')"""
    return bool(await conn.fetch(sql, notification_id, now, seconds))


_RIGHTS_ENDED = """
    select from staff where person_id = n.person_id and revoked_at >= n.created_at
    union all
    select from admin_bindings
    where chat_id = n.chat_id and least(revoked_at, expires_at) between n.created_at and now()
    union all
    select from owner_people join flat_owners using (owner_id)
    where person_id = n.person_id and until >= (n.created_at - interval '1 day')::date"""
"""Of the person of row `n`, since it was queued; the day on which a flat is given up is the society's: one day more."""


async def shown(conn: Connection, chat_id: int, external_id: str) -> str | None:
    """What a message of ours in the chat says now, without markup; None where that is not kept any more."""
    sql = """
        select message from notifications where outbox and chat_id = $1 and external_id = $2 order by id desc limit 1"""
    text: str | None = await conn.fetchval(sql, chat_id, external_id)
    return text


async def queue_again(conn: Connection, chat_id: int, external_id: str) -> bool:
    """Queues what a template stood for, now that its person has written; false: this chat's person has no such message.

    An answer is repeated as it was worded, so not to whom a right ended since: they have to ask again.
    Pressed again while it waits, nothing is added; what was planned for the morning answers nobody now.
    """
    sql = f"""
        with told as (
            select n.* from notifications n join chat_identities chat on chat.id = n.chat_id
            where n.outbox and n.chat_id = $1 and n.external_id = $2 and n.status in ('sent', 'unknown')
                and n.payload is not null and n.person_id is not distinct from chat.person_id
                and (n.kind <> 'reply' or not exists ({_RIGHTS_ENDED}))
            order by n.id desc limit 1
        ), waiting as (
            select 1 from notifications n join told using (chat_id, kind, source_type, source_id)
            where n.outbox and n.status = 'queued' and not n.bulk
                and (n.not_before = '-infinity' or n.payload @> '{{"again": true}}')
        ), queued as (
            insert into notifications (outbox, status, channel, chat_id, person_id, kind, source_type, source_id,
                sequence, payload, card, bill_id)
            select true, 'queued', channel, chat_id, person_id, kind, source_type, source_id, 1 + (
                    select max(n.sequence) from notifications n
                    where n.outbox and n.kind = told.kind and n.source_type = told.source_type
                      and n.source_id = told.source_id),
                payload || '{{"asked": true, "again": true}}', card, bill_id
            from told where not exists (select from waiting)
            on conflict (kind, source_type, source_id, chat_id, sequence) where outbox do nothing
            returning pg_notify('outbox', '')
        )
        select exists (select from told), (select count(*) from queued)"""
    return bool(await conn.fetchval(sql, chat_id, external_id))


async def payload_of(
    conn: Connection, kind: str, source_type: str, source_id: str, sequence: int
) -> Mapping[str, Any] | None:
    """The facts of what was queued for this cause, to whomever; None where nothing was."""
    sql = """
        select payload from notifications
        where outbox and kind = $1 and source_type = $2 and source_id = $3 and sequence = $4 order by id limit 1"""
    facts: Mapping[str, Any] | None = await conn.fetchval(sql, kind, source_type, source_id, sequence)
    return facts


async def photo(conn: Connection, photo_id: int) -> bytes | None:
    """The content of a photo row."""
    content: bytes | None = await conn.fetchval("select content from photos where id = $1", photo_id)
    return content
