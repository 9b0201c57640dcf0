"""Owners who left: who they are, what is stored about them, and forgetting it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from datetime import date

    from storage.database import Connection

FORMER: Final = "Former owner"
"""What stands where their name stood."""

_NOTHING: Final = "(?!x)x"
_SHORTEST: Final = 4
"""Letters of a name that is looked for everywhere: a shorter one is a word of too many texts."""
_SHORTEST_EMAIL: Final = 6
_OUR_WORDS: Final = re.compile(
    r"account|admin|amount|bill|block|builder|engineer|flat|group|meter|motor|name|none|office|owner|paid|payment|phone"
    r"|photo|reading|role|society|tenant|unknown|unsold|vacant",
    re.IGNORECASE,
)
"""Words that stand in every other text, and also where the register has no name."""
_NO_NAMES: Final = frozenset({"null", "true", "false"})
_NATIONAL: Final = 10
_FEWEST_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody who owned flats, as the list shows them: `left_on` the last day, none where it is not known."""

    owner_id: int
    name: str
    flats: tuple[str, ...]
    left_on: date | None


@dataclass(frozen=True, slots=True)
class Traces:
    """By which rows and words somebody is known. `flats` are codes; `chats` ids, `addresses` `(channel, address)`."""

    owner_ids: tuple[int, ...]
    person_id: int | None
    names: tuple[str, ...]
    phones: tuple[str, ...]
    emails: tuple[str, ...]
    flats: tuple[str, ...]
    chats: tuple[int, ...]
    addresses: tuple[tuple[str, str], ...]
    invites: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Bonds:
    """What forbids forgetting: flats owned or rented now, roles ever held, and how much money is under way."""

    owned: tuple[str, ...]
    rented: tuple[str, ...]
    roles: tuple[str, ...]
    payments: int
    claims: int
    strays: int

    @property
    def any(self) -> bool:
        """Whether there is any."""
        return bool(self.owned or self.rented or self.roles or self.payments or self.claims or self.strays)


@dataclass(frozen=True, slots=True)
class Figures:
    """How much there is: what goes, and what stays."""

    messages: int
    received: int
    bills: int
    entries: int
    noted: int
    """Account entries whose reference or note, as the office typed it, names them."""


def words_for(texts: Collection[str]) -> str:
    """A pattern that finds any of these texts as whole words, also as they look in JSON and in a chat's markup.

    What names a value in JSON names nobody.
    """
    found = {
        form
        for text in texts
        for form in (
            text,
            html.escape(text),
            html.escape(text, quote=False),
            json.dumps(text, ensure_ascii=False)[1:-1],
        )
    }
    if not found:
        return _NOTHING
    longest_first = sorted(found, key=lambda form: (-len(form), form))
    return f'(?<![[:alnum:]])(?:{"|".join(map(re.escape, longest_first))})(?![[:alnum:]]|":)'


async def left(conn: Connection, like: str, limit: int) -> list[Left]:
    """Who owned a flat and owns none, is not forgotten and never was staff; `like` is a part of name or flat."""
    sql = """
        select min(o.id) as owner_id, min(o.name) as name, array_agg(distinct f.code) as flats,
               max(fo.until) as left_on
        from owners o
        join flat_owners fo on fo.owner_id = o.id join flats f on f.id = fo.flat_id
        left join owner_people op on op.owner_id = o.id
        where o.name <> $1
        group by coalesce('p' || op.person_id, 'o' || o.id), op.person_id
        having bool_and(fo.until is not null)
            and not exists (select from staff s where s.person_id = op.person_id)
            and ($2 = '' or strpos(lower(string_agg(o.name, ' ')), lower($2)) > 0
                 or upper($2) = any (array_agg(f.code)))
        order by max(fo.until) desc, min(o.id) desc limit $3"""
    return [Left(**{**row, "flats": tuple(row["flats"])}) for row in await conn.fetch(sql, FORMER, like, limit)]


async def hold(conn: Connection, owner_ids: Collection[int], person_id: int | None) -> list[str]:
    """Keep these rows for the transaction; the owners' names as they are then."""
    await conn.execute("select from people where id = $1 for update", person_id)
    sql = "select name from owners where id = any($1::bigint[]) order by id for update"
    return [row["name"] for row in await conn.fetch(sql, list(owner_ids))]


_TRACES: Final = """
    with one as (
        select o.id, lower(o.name) as name, right(regexp_replace(o.phone, '[^0-9]', '', 'g'), 9) as digits,
               op.person_id
        from owners o left join owner_people op on op.owner_id = o.id where o.id = $1
    ), rows as (
        select o.id, o.name, o.phone, o.email, op.person_id
        from owners o left join owner_people op on op.owner_id = o.id, one
        where o.id = one.id or op.person_id = one.person_id
           or (lower(o.name) = one.name and length(one.digits) = 9
               and right(regexp_replace(o.phone, '[^0-9]', '', 'g'), 9) = one.digits)
    ), who as (select id, name, phone from people where id in (select person_id from rows)
    ), theirs as (
        select id, channel, external_id from chat_identities c
        where person_id in (select id from who) or person_id is null and exists (
            select from audit a where a.subject_type = 'chat' and a.subject_id = c.id::text
                and a.action = 'chat.linked' and (a.after ->> 'person')::bigint in (select id from who))
    ), homes as (
        select distinct f.code, f.id from flat_owners fo join flats f on f.id = fo.flat_id
        where fo.owner_id in (select id from rows)
    ), asked as (
        select i.id, i.name, i.phone from invites i
        where i.role = 'owner' and (i.used_by in (select id from who)
            or i.flat_id in (select id from homes) and lower(i.name) in (select lower(name) from rows))
    ), lived as (
        select t.phone from tenants t
        where t.until is not null and lower(t.name) in (select lower(name) from rows)
          and t.flat_id in (select id from homes)
    )
    select array(select id from rows order by id) as owner_ids, (select min(id) from who) as person_id,
        array(select name from rows union select name from who union select name from asked) as names,
        array(select phone from rows where phone is not null union select phone from who where phone is not null
              union select phone from asked where phone is not null
              union select phone from lived where phone is not null) as phones,
        array(select email from rows where email is not null) as emails,
        array(select code from homes order by code) as flats,
        array(select id from theirs order by id) as chats,
        array(select row(channel, external_id) from theirs order by id) as addresses,
        array(select id from asked order by id) as invites
    from one"""


async def traces(conn: Connection, owner_id: int) -> Traces | None:
    """Everything by which the owner of this row is known: their other rows, their person, words and chats."""
    row = await conn.fetchrow(_TRACES, owner_id)
    if row is None:
        return None
    facts: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    facts["addresses"] = tuple((channel, address) for channel, address in row["addresses"])
    return Traces(**{**facts, "names": tuple(name for name in facts["names"] if name and name != FORMER)})


async def bonds(conn: Connection, of: Traces) -> Bonds:
    """What is not over yet."""
    sql = """
        select array(select distinct f.code from flat_owners fo join flats f on f.id = fo.flat_id
                     where fo.owner_id = any($1::bigint[]) and fo.until is null order by f.code) as owned,
            array(select distinct f.code from tenants t join flats f on f.id = t.flat_id
                  where t.until is null and right(regexp_replace(t.phone, '[^0-9]', '', 'g'), 9) = any($3::text[])
                  order by f.code) as rented,
            array(select distinct role from staff where person_id = $2 order by role) as roles,
            (select count(*) from payment_attempts where person_id = $2 and (
                 state in ('asking', 'closing', 'underway', 'unknown')
                 or state = 'open' and (expires_at is null or expires_at > now()))) as payments,
            (select count(*) from payment_claims where person_id = $2 and state = 'waiting') as claims,
            (select count(*) from stray_payments s
             where s.state = 'open' and (s.facts ->> 'flat' = any($4::text[]) or exists (
                 select from payment_attempts a
                 where a.person_id = $2 and a.reference in (s.reference, s.facts ->> 'link')))) as strays"""
    ends = [digits[-_FEWEST_DIGITS:] for digits in map(_digits, of.phones) if len(digits) >= _FEWEST_DIGITS]
    row = await conn.fetchrow(sql, list(of.owner_ids), of.person_id, ends, list(of.flats))
    if row is None:
        raise LookupError(of.owner_ids)
    facts: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    return Bonds(**facts)


async def figures(conn: Connection, of: Traces) -> Figures:
    """How much of each there is."""
    sql = """
        with time as (select flat_id, coalesce(since, '-infinity') as since, until + 1 as until from flat_owners
                      where owner_id = any($1::bigint[])),
        homes as (select id from flats where code = any($2::text[]))
        select (select count(*) from notifications n
                where (n.chat_id = any($3::bigint[]) or n.person_id = $4)
                  and (n.payload is not null or n.message is not null)) as messages,
            (select count(*) from inbox i join unnest($5::text[], $6::text[]) as own (channel, chat)
                on (i.channel, i.chat) = (own.channel, own.chat)) as received,
            (select count(*) from bills b where exists (
                select from time t where t.flat_id = b.flat_id
                    and coalesce(b.created_at::timestamptz, b.due_date) between t.since and t.until)) as bills,
            (select count(*) from account_entries e where exists (
                select from time t
                where t.flat_id = e.flat_id and e.posted_on between t.since::date and t.until)) as entries,
            (select count(*) from account_entries e
             where e.flat_id in (select id from homes) and concat_ws(' ', e.reference, e.note) ~* $7) as noted"""
    channels, chats = [one for one, _ in of.addresses], [one for _, one in of.addresses]
    row = await conn.fetchrow(
        sql,
        list(of.owner_ids),
        list(of.flats),
        list(of.chats),
        of.person_id,
        channels,
        chats,
        words_for(known_by(of)),
    )
    return Figures(**row) if row else Figures(0, 0, 0, 0, 0)


async def shared_names(conn: Connection, of: Traces) -> set[str]:
    """Those of the names that somebody else has, or has within theirs, or that may mean anything.

    They are looked for only near their flats.
    """
    sql = """
        select distinct n.name from unnest($1::text[]) as n (name)
        where exists (
            select from (
                select o.name from owners o where o.id <> all ($2::bigint[])
                union all select p.name from people p where p.id is distinct from $3
                union all select t.name from tenants t where t.until is null) other
            where strpos(lower(other.name), lower(n.name)) > 0)"""
    others = {row["name"] for row in await conn.fetch(sql, list(of.names), list(of.owner_ids), of.person_id)}
    return others | {name for name in of.names if len(name) < _SHORTEST or _OUR_WORDS.fullmatch(name)}


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text.strip().removesuffix(".0"))


def _forms(phone: str) -> set[str]:
    """A number as people and platforms write it; nothing that is too short to be one."""
    digits = _digits(phone)
    return {phone, digits, f"+{digits}", digits[-_NATIONAL:]} if len(digits) >= _FEWEST_DIGITS else set()


def _is_name(text: str) -> bool:
    return any(map(str.isalpha, text)) and text.lower() not in _NO_NAMES


def _is_email(text: str) -> bool:
    return "@" in text and len(text) >= _SHORTEST_EMAIL


def known_by(of: Traces) -> set[str]:
    """The words that lead to them, each as it may be written; not what somebody typed to leave a field empty."""
    numbers = {form for phone in of.phones for form in _forms(phone)}
    return {*filter(_is_name, of.names), *filter(_is_email, of.emails), *numbers}
