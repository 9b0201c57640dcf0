"""Quarantine: what providers report and nobody can attribute; kept and shown, never dropped, never guessed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class NewStray:
    """`key` makes it come once; `amount` in rupees, None in another currency; `reason` is a word for programs."""

    provider: str
    key: str
    reason: str
    amount: Decimal | None
    currency: str
    reference: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stray:
    """One row of the quarantine."""

    id: int
    provider: str
    event_key: str
    amount: Decimal | None
    currency: str | None
    reference: str | None
    reason: str
    facts: Mapping[str, Any]
    state: str
    received_at: datetime


_SELECT = """
    select id, provider, event_key, amount, currency, reference, reason, facts, state, received_at
    from stray_payments"""


async def hold(conn: Connection, provider: str, payment: str) -> None:
    """Let nobody else post or set aside what is about this payment until the transaction ends."""
    await conn.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"{provider} {payment}")


async def keep(conn: Connection, new: NewStray) -> int | None:
    """Put it into quarantine; its id, or None where it is there already."""
    sql = """
        insert into stray_payments (provider, event_key, reason, amount, currency, reference, facts)
        values ($1, $2, $3, $4, $5, $6, $7) on conflict (provider, event_key) do nothing returning id"""
    what = (new.provider, new.key, new.reason, new.amount, new.currency, new.reference, new.facts)
    stray_id: int | None = await conn.fetchval(sql, *what)
    return stray_id


async def get(conn: Connection, stray_id: int) -> Stray | None:
    """Return the row with this id."""
    row = await conn.fetchrow(f"{_SELECT} where id = $1", stray_id)
    return Stray(**row) if row else None


async def open_strays(conn: Connection) -> list[Stray]:
    """Return what nobody has decided yet, oldest first."""
    return [Stray(**row) for row in await conn.fetch(f"{_SELECT} where state = 'open' order by id")]


async def waiting_for(conn: Connection, provider: str, reference: str, reasons: Sequence[str]) -> list[Stray]:
    """Return open rows about this payment with one of these reasons, oldest first."""
    sql = f"""
        {_SELECT} where state = 'open' and provider = $1 and reference = $2 and reason = any($3::text[]) order by id"""
    return [Stray(**row) for row in await conn.fetch(sql, provider, reference, list(reasons))]


async def is_known(conn: Connection, provider: str, key: str) -> bool:
    """Say whether it waits in quarantine, or was dismissed there: then it is on no account with good reason."""
    sql = """
        select exists (select from stray_payments where provider = $1 and event_key = $2 and state <> 'posted')"""
    return bool(await conn.fetchval(sql, provider, key))


async def name_reason(conn: Connection, stray_id: int, reason: str) -> None:
    """It still waits, for another reason than before."""
    await conn.execute("update stray_payments set reason = $2 where id = $1 and state = 'open'", stray_id, reason)


async def withdraw(conn: Connection, provider: str, key: str, at: datetime) -> None:
    """What waited there did not happen in the end: nobody has to decide about it any more."""
    sql = """
        update stray_payments set state = 'dismissed', decided_at = $3
        where provider = $1 and event_key = $2 and state = 'open'"""
    await conn.execute(sql, provider, key, at)


async def decide(
    conn: Connection, stray_id: int, state: str, *, by: int | None, at: datetime, entry_id: int | None = None
) -> bool:
    """Take it out of quarantine as `posted` or `dismissed`; false where that was done before."""
    sql = """
        update stray_payments set state = $2, decided_by = $3, decided_at = $4, entry_id = $5
        where id = $1 and state = 'open' returning true"""
    return bool(await conn.fetchval(sql, stray_id, state, by, at, entry_id))
