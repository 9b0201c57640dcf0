"""What calls to OpenAI cost in each month, and why they came to nothing. Amounts are millionths of a US dollar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class Spent:
    """In one month; what is reserved for calls on their way is in it."""

    micro_dollars: int = 0
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Trouble:
    """How often calls came to nothing for this reason since the last answer, and when last."""

    reason: str
    times: int
    last_at: datetime


async def reserve(conn: Connection, month: date, most: int, cap: int, at: datetime) -> bool:
    """Count a call that costs at most so much, unless it would lead beyond the cap; whether it may be made.

    Calls of several processes wait for each other here, so that together they stay below the cap.
    """
    sql = """
        insert into ai_spending (month, micro_dollars, calls, asked_at)
        select $1, $2::bigint, 1, $4 where $2::bigint <= $3::bigint
        on conflict (month) do update
        set micro_dollars = ai_spending.micro_dollars + excluded.micro_dollars, calls = ai_spending.calls + 1,
            asked_at = excluded.asked_at
        where ai_spending.micro_dollars + excluded.micro_dollars <= $3::bigint
        returning true"""
    return bool(await conn.fetchval(sql, month, most, cap, at))


async def asked_since(conn: Connection, month: date, since: datetime) -> bool:
    """Whether money was set aside later than that: the call may still be on its way."""
    return bool(await conn.fetchval("select asked_at > $2 from ai_spending where month = $1", month, since))


async def settle(conn: Connection, month: date, reserved: int, cost: int) -> None:
    """Count what the call did cost instead of what was reserved for it."""
    sql = "update ai_spending set micro_dollars = greatest(0, micro_dollars - $2 + $3) where month = $1"
    await conn.execute(sql, month, reserved, cost)


async def spent(conn: Connection, month: date) -> Spent:
    """What the month has cost up to now."""
    row = await conn.fetchrow("select micro_dollars, calls from ai_spending where month = $1", month)
    return Spent(**dict(row)) if row else Spent()


async def note(conn: Connection, reason: str) -> None:
    """A call came to nothing once more."""
    sql = """
        insert into ai_troubles (reason) values ($1)
        on conflict (reason) do update set times = ai_troubles.times + 1, last_at = now()"""
    await conn.execute(sql, reason)


async def forget_troubles(conn: Connection) -> None:
    """A call was answered."""
    await conn.execute("delete from ai_troubles")


async def troubles(conn: Connection) -> list[Trouble]:
    """Those since the last answer, the latest first."""
    rows = await conn.fetch("select reason, times, last_at from ai_troubles order by last_at desc")
    return [Trouble(**dict(row)) for row in rows]
