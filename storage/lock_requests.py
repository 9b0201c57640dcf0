"""Asked-for changes of a month's lock: one admin asks, another confirms or takes it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.period import Month

if TYPE_CHECKING:
    from datetime import datetime

    from storage.database import Connection, Row


@dataclass(frozen=True, slots=True)
class LockRequest:
    """`what` is `lock` or `unlock`, with its `reason`; `state`: waiting, confirmed, cancelled."""

    id: int
    month: Month
    what: str
    reason: str | None
    requested_by: int
    requester: str
    requested_at: datetime
    decided_by: int | None
    decider: str | None
    state: str


_REQUEST = """
    select q.id, q.month, q.what, q.reason, q.requested_by, p.name as requester, q.requested_at, q.decided_by,
           d.name as decider, q.state
    from lock_requests q join people p on p.id = q.requested_by left join people d on d.id = q.decided_by"""


def _request(row: Row) -> LockRequest:
    return LockRequest(**{**row, "month": Month.of(row["month"])})


async def add(conn: Connection, month: Month, what: str, by: int, reason: str | None) -> LockRequest:
    """Ask; where the same is asked for already, that request."""
    sql = """
        insert into lock_requests (month, what, requested_by, reason) values ($1, $2, $3, $4)
        on conflict (month, what) where state = 'waiting' do update set month = excluded.month returning id"""
    request_id: int = await conn.fetchval(sql, month.first_day, what, by, reason)
    return await get(conn, request_id)


async def get(conn: Connection, request_id: int) -> LockRequest:
    """The request with this id; `LookupError` when there is none."""
    row = await conn.fetchrow(f"{_REQUEST} where q.id = $1", request_id)
    if row is None:
        raise LookupError(request_id)
    return _request(row)


async def hold(conn: Connection, request_id: int) -> LockRequest:
    """The request, held until the transaction ends."""
    await conn.execute("select 1 from lock_requests where id = $1 for update", request_id)
    return await get(conn, request_id)


async def waiting(conn: Connection, month: Month) -> LockRequest | None:
    """What is asked for about a month and not decided."""
    row = await conn.fetchrow(f"{_REQUEST} where q.month = $1 and q.state = 'waiting'", month.first_day)
    return _request(row) if row else None


async def decide(conn: Connection, request_id: int, by: int | None, state: str) -> None:
    """The request is `confirmed` or `cancelled`."""
    sql = "update lock_requests set state = $3, decided_by = $2, decided_at = now() where id = $1"
    await conn.execute(sql, request_id, by, state)
