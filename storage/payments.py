"""Payments as they are recognised again: by method and reference on a flat, whatever route reports them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.payments import CAPTURED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from storage.database import Connection

REPEAT = "#"
"""Comes before the number of a further try or part in a key; neither references nor providers' ids contain it."""


@dataclass(frozen=True, slots=True)
class Payment:
    """A PAYMENT entry; `amount` in rupees, more than zero; `undone` when a reversal took it back.

    `value_date` is the day the money came, `posted_on` the one on which it was put on the account.
    """

    entry_id: int
    flat_id: int
    flat_code: str
    amount: Decimal
    method: str
    reference: str | None
    posted_on: date
    value_date: date
    recorded_at: datetime
    recorder: str | None
    undone: bool


_SELECT = """
    select e.id as entry_id, e.flat_id, f.code as flat_code, -e.amount as amount, coalesce(e.method, '') as method,
           e.reference, e.posted_on, e.value_date, e.recorded_at, p.name as recorder,
           exists (select from account_entries r where r.reverses_id = e.id) as undone
    from account_entries e join flats f on f.id = e.flat_id left join people p on p.id = e.recorded_by
    where e.kind = 'PAYMENT'"""


TRIED = f"""
    tried as (
        select key, 1 as nth, key as name from unnest($1::text[]) as key
        union all
        select key, nth + 1, key || '{REPEAT}' || nth + 1 from tried
        where exists (select from account_entries e where e.kind = 'PAYMENT' and e.reference_key = tried.name))"""
"""(key, nth, name) of each key in $1 and all its further tries, as far as there are any."""


def nth_try(key: str, nth: int) -> str:
    """The key of the first, second … try: one is free only once all before it were taken back."""
    return key if nth == 1 else f"{key}{REPEAT}{nth}"


async def hold_references(conn: Connection, keys: Iterable[str]) -> None:
    """Let nobody else decide about payments with these numbers, on whatever flat, until the transaction ends.

    Comes after the locks of flats, never before one; several are taken in one order. So who waits here for a number
    waits for somebody who needs nothing more that could be held, and sees what that one did.
    """
    sql = """
        select pg_advisory_xact_lock(one.number) from (
            select distinct hashtextextended('payment ' || key, 0) as number from unnest($1::text[]) as key
            order by number) one"""
    await conn.execute(sql, list(keys))


async def payment(conn: Connection, entry_id: int) -> Payment | None:
    """The payment with this entry id."""
    row = await conn.fetchrow(f"{_SELECT} and e.id = $1", entry_id)
    return Payment(**row) if row else None


async def from_source(conn: Connection, source_type: str, source_id: str) -> Payment | None:
    """The payment that this source posted."""
    row = await conn.fetchrow(f"{_SELECT} and e.source_type = $1 and e.source_id = $2", source_type, source_id)
    return Payment(**row) if row else None


async def recorded_since(conn: Connection, flat_id: int, amount: Decimal, since: date) -> Payment | None:
    """The flat's last live payment of `amount` rupees that people recorded since that day, and no link brought."""
    sql = f"""{_SELECT} and e.flat_id = $1 and e.amount = -$2::numeric and e.posted_on >= $3
        and e.source_type <> all($4) and not exists (select from payment_attempts a where a.entry_id = e.id)
        and not exists (select from account_entries r where r.reverses_id = e.id) order by e.id desc limit 1"""
    row = await conn.fetchrow(sql, flat_id, amount, since, sorted(CAPTURED))
    return Payment(**row) if row else None


async def with_reference(conn: Connection, flat_id: int, methods: Sequence[str], key: str) -> list[Payment]:
    """The flat's payments by one of the methods with this normalised reference, oldest first, undone ones too."""
    sql = f"""{_SELECT} and e.flat_id = $1 and e.method = any($2)
        and (e.reference_key = $3 or e.reference_key like $3 || '{REPEAT}%') order by e.id"""
    return [Payment(**row) for row in await conn.fetch(sql, flat_id, list(methods), key)]


async def latest_for(conn: Connection, person_id: int, flat_id: int, limit: int = 12) -> list[Payment]:
    """The flat's last payments since the person is its owner, newest first; those taken back are there too."""
    sql = f"""{_SELECT} and e.flat_id = $2 and exists (
            select from flat_owners fo join owner_people op using (owner_id)
            where op.person_id = $1 and fo.flat_id = $2 and fo.until is null
              and (fo.since is null or fo.since <= e.recorded_at))
        order by e.id desc limit $3"""
    return [Payment(**row) for row in await conn.fetch(sql, person_id, flat_id, limit)]


async def with_keys(conn: Connection, keys: Sequence[str]) -> list[tuple[str, Payment]]:
    """(Normalised reference, payment) for live payments with one of these, by whatever method and on whatever flat."""
    sql = f"""
        with recursive {TRIED}
        select t.key, one.*
        from tried t join account_entries k on k.kind = 'PAYMENT' and k.reference_key = t.name
        cross join lateral ({_SELECT} and e.id = k.id) one
        where not one.undone order by k.id"""
    found = []
    for row in await conn.fetch(sql, list(dict.fromkeys(keys))):
        key, *facts = row.values()
        found.append((key, Payment(*facts)))
    return found


async def counted(conn: Connection, keys: Sequence[str]) -> list[Payment]:
    """Return the live payments with one of these numbers, by whatever method and on whatever flat, oldest first."""
    return list(dict.fromkeys(one for _, one in await with_keys(conn, keys)))


async def on_account(conn: Connection, flat_id: int, keys: Sequence[str]) -> Payment | None:
    """Return the live payment with one of these numbers on the flat, by whatever route and method it came."""
    same = next((one for one in await counted(conn, keys) if one.flat_id == flat_id), None)
    return same or await at_provider(conn, flat_id, keys)


async def at_provider(conn: Connection, flat_id: int, keys: Sequence[str]) -> Payment | None:
    """The live payment on the flat that a provider captured and calls by one of these names or numbers."""
    sql = f"""{_SELECT} and e.flat_id = $1 and not exists (select from account_entries r where r.reverses_id = e.id)
        and (e.source_type = any($3) and $2 && array[
                 upper(translate(e.source_id, '_-', '')), split_part(e.reference_key, '{REPEAT}', 1)]
             or e.id in (select entry_id from provider_payments where upper(translate(payment, '_-', '')) = any($2)))
        order by e.id limit 1"""
    row = await conn.fetchrow(sql, flat_id, list(keys), sorted(CAPTURED))
    return Payment(**row) if row else None
