"""Payments as providers name them: by which entry each counts, and what their refunds and disputes took of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.payments import REPEAT, TRIED

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class Taking:
    """An entry by which a provider's refund or dispute took `amount` rupees; `undone` when they came again."""

    entry_id: int
    flat_code: str
    amount: Decimal
    undone: bool


async def note(conn: Connection, provider: str, payment: str, entry_id: int) -> None:
    """Keep by which entry the provider's payment counts; what was kept first stays."""
    sql = "insert into provider_payments (provider, payment, entry_id) values ($1, $2, $3) on conflict do nothing"
    await conn.execute(sql, provider, payment, entry_id)


async def entry_of(conn: Connection, provider: str, payment: str) -> int | None:
    """Return the entry by which a provider's payment counts; one that was undone only where no other is known.

    The entry that was noted, or its like recorded anew on its flat; else one that an admin recorded under its name.
    """
    sql = f"""
        with recursive {TRIED}, noted as (
            select e.id, e.flat_id, split_part(e.reference_key, '{REPEAT}', 1) as reference
            from provider_payments p join account_entries e on e.id = p.entry_id
            where p.provider = $2 and p.payment = $3
        ), known as (
            select id, 1 as nearness from noted
            union all
            select id, 1 from account_entries where kind = 'PAYMENT' and source_type = $2 and source_id = $3
            union all
            select e.id, 2 from noted n join account_entries e on e.flat_id = n.flat_id
            where e.kind = 'PAYMENT' and split_part(e.reference_key, '{REPEAT}', 1) = n.reference
            union all
            select e.id, 3 from tried t join account_entries e on e.kind = 'PAYMENT' and e.reference_key = t.name
        )
        select k.id from known k
        order by exists (select from account_entries r where r.reverses_id = k.id), k.nearness, k.id limit 1"""
    key = "".join(letter for letter in payment if letter.isalnum()).upper()
    entry_id: int | None = await conn.fetchval(sql, [key], provider, payment)
    return entry_id


async def on_account(conn: Connection, provider: str, payment: str) -> tuple[str, Decimal] | None:
    """Return flat code and rupees of a provider's payment as it counts; None where it does not (any more)."""
    sql = """
        select f.code, -e.amount as amount from account_entries e join flats f on f.id = e.flat_id
        where e.id = $1 and not exists (select from account_entries r where r.reverses_id = e.id)"""
    row = await conn.fetchrow(sql, await entry_of(conn, provider, payment))
    return (row["code"], row["amount"]) if row else None


async def posted_between(conn: Connection, provider: str, first: date, last: date) -> dict[str, tuple[str, Decimal]]:
    """Return flat code and rupees of what we posted from this provider, by payment; both days are included."""
    sql = """
        select e.source_id, f.code, -e.amount as amount
        from account_entries e join flats f on f.id = e.flat_id
        where e.kind = 'PAYMENT' and e.source_type = $1 and e.posted_on between $2 and $3"""
    return {row["source_id"]: (row["code"], row["amount"]) for row in await conn.fetch(sql, provider, first, last)}


async def takings(conn: Connection, kind: str, provider: str, taken: str) -> list[Taking]:
    """Return the entries that this refund or dispute posted, oldest first; `kind` is their source type."""
    sql = f"""
        select e.id as entry_id, f.code as flat_code, e.amount,
               exists (select from account_entries r where r.reverses_id = e.id) as undone
        from account_entries e join flats f on f.id = e.flat_id
        where e.source_type = $1 and split_part(e.source_id, '{REPEAT}', 1) = $2 order by e.id"""
    return [Taking(**row) for row in await conn.fetch(sql, kind, f"{provider}:{taken}")]


async def taken_between(
    conn: Connection, kind: str, provider: str, first: date, last: date
) -> dict[str, tuple[str, Decimal]]:
    """Return flat code and rupees of what this provider's refunds took on these days, by refund, both included."""
    sql = f"""
        select split_part(substr(e.source_id, length($2) + 2), '{REPEAT}', 1) as taken, f.code, sum(e.amount) as amount
        from account_entries e join flats f on f.id = e.flat_id
        where e.source_type = $1 and starts_with(e.source_id, $2 || ':') and e.posted_on between $3 and $4
            and not exists (select from account_entries r where r.reverses_id = e.id)
        group by 1, 2"""
    rows = await conn.fetch(sql, kind, provider, first, last)
    return {row["taken"]: (row["code"], row["amount"]) for row in rows}
