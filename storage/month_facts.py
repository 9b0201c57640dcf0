"""What a month still lacks and what it was like: unread flats, undecided readings, bills of a stretch of days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from domain.period import Period
    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class Unread:
    """A flat with an active meter that has no reading of the days asked about."""

    flat_id: int
    flat_code: str
    meter_id: int


@dataclass(frozen=True, slots=True)
class LastBill:
    """What a flat was billed for some days: units, and rupees of energy and fixed charge."""

    units: Decimal | None
    current_charges: Decimal


_UNREAD = """
    select m.flat_id, f.code as flat_code, max(m.id) as meter_id
    from meters m join flats f on f.id = m.flat_id
    where lower(m.status) = 'active' and not exists (
        select from readings r join meters x on x.id = r.meter_id
        where x.flat_id = m.flat_id and r.reading_date between $1 and $2 and r.state not in ('withdrawn', 'returned'))
      and not exists (
        select from bills b where b.flat_id = m.flat_id and b.billing_period_end between $1 and $2
        and b.status is distinct from 'void')
    group by m.flat_id, f.code order by f.code"""


async def unread(conn: Connection, period: Period) -> list[Unread]:
    """Flats whose active meters were not read from the period's first to its last day, and not billed either."""
    return [Unread(**row) for row in await conn.fetch(_UNREAD, period.start, period.end)]


async def undecided(conn: Connection, period: Period) -> int:
    """How many flat readings of the period wait for an admin."""
    sql = """
        select count(*) from readings r join meters m on m.id = r.meter_id
        where r.state = 'pending' and m.flat_id is not null and r.reading_date between $1 and $2"""
    count: int = await conn.fetchval(sql, period.start, period.end)
    return count


async def to_bill(conn: Connection, period: Period) -> list[int]:
    """Ids of the period's approved flat readings that no bill has used, in the order in which they are billed.

    Not those whose approval may still be undone by a press.
    """
    sql = """
        select r.id from readings r join meters m on m.id = r.meter_id
        where r.state = 'approved' and m.flat_id is not null and r.reading_date between $1 and $2
          and not exists (select from approval_batches b where b.id = r.approval_batch and b.state = 'waiting')
        order by m.flat_id, r.reading_date, r.id"""
    return [row["id"] for row in await conn.fetch(sql, period.start, period.end)]


async def billed(conn: Connection, period: Period) -> tuple[int, Decimal]:
    """How many live bills end in the period, and their total in rupees."""
    sql = """
        select count(*), coalesce(sum(total_amount), 0) from bills
        where billing_period_end between $1 and $2 and status is distinct from 'void'"""
    row = await conn.fetchrow(sql, period.start, period.end)
    assert row is not None  # noqa: S101 — an aggregate always has its row
    return row[0], row[1]


async def last_bills(conn: Connection, flat_ids: Sequence[int], period: Period) -> dict[int, LastBill]:
    """What these flats were billed for periods that end in `period`, live bills together, by flat id."""
    sql = """
        select flat_id, sum(total_units) as units,
               sum(coalesce(energy_charge + fixed_charge, total_amount)) as current_charges
        from bills
        where flat_id = any($1::bigint[]) and billing_period_end between $2 and $3 and status is distinct from 'void'
        group by flat_id"""
    rows = await conn.fetch(sql, list(flat_ids), period.start, period.end)
    return {row["flat_id"]: LastBill(row["units"], row["current_charges"]) for row in rows}


@dataclass(frozen=True, slots=True)
class Waiting:
    """Flat readings of a month, given by its first day, that wait to be billed or to be decided."""

    first: date
    approved: int
    pending: int


async def waiting_months(conn: Connection) -> list[Waiting]:
    """The months in which any flat reading waits, the latest first."""
    sql = """
        select date_trunc('month', r.reading_date::timestamp)::date as first,
               count(*) filter (where r.state = 'approved') as approved,
               count(*) filter (where r.state = 'pending') as pending
        from readings r join meters m on m.id = r.meter_id
        where r.state in ('pending', 'approved') and m.flat_id is not null group by 1 order by 1 desc"""
    return [Waiting(**row) for row in await conn.fetch(sql)]


async def latest_month_to_bill(conn: Connection) -> date | None:
    """The latest day of which an approved flat reading waits to be billed."""
    sql = """
        select max(r.reading_date) from readings r join meters m on m.id = r.meter_id
        where r.state = 'approved' and m.flat_id is not null"""
    day: date | None = await conn.fetchval(sql)
    return day
