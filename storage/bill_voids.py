"""Bills that were taken back: by whom, when and why; and what keeps one from being taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class BillVoid:
    """A void on record; `by` is the name of who did it."""

    bill_id: int
    reason: str
    voided_at: datetime
    by: str | None


async def insert(conn: Connection, bill_id: int, reason: str, by: int | None, at: datetime) -> None:
    """Write down that a bill is void; raises asyncpg.UniqueViolationError where it was before."""
    sql = "insert into bill_voids (bill_id, reason, voided_by, voided_at) values ($1, $2, $3, $4)"
    await conn.execute(sql, bill_id, reason, by, at)


async def void_of(conn: Connection, bill_id: int) -> BillVoid | None:
    """The void of this bill."""
    sql = """
        select v.bill_id, v.reason, v.voided_at, p.name as by
        from bill_voids v left join people p on p.id = v.voided_by where v.bill_id = $1"""
    row = await conn.fetchrow(sql, bill_id)
    return BillVoid(**row) if row else None


async def is_claimed(conn: Connection, flat_id: int) -> bool:
    """Say whether an owner said that they paid, and no admin has decided on it yet."""
    sql = "select exists (select from payment_claims where flat_id = $1 and state = 'waiting')"
    return bool(await conn.fetchval(sql, flat_id))
