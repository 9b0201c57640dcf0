"""Bills: stored once, never changed but for their status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.account import BillStatus
from domain.period import Period

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from domain.billing import BillAmounts
    from storage.database import Connection, Row


@dataclass(frozen=True, slots=True)
class NewBill:
    """A bill about to be issued: who for, for which days, on which readings, at which figures.

    `status` saves writing it twice: `jobs.statuses` puts it right once the bill is on its account.
    """

    flat_id: int
    period: Period
    due_date: date
    amounts: BillAmounts
    issued_at: datetime
    flat_reading_id: int | None = None
    motor_reading_id: int | None = None
    motor_units: Decimal | None = None
    issued_by: int | None = None
    provisional: bool = False
    status: BillStatus = BillStatus.PENDING


@dataclass(frozen=True, slots=True)
class Bill:
    """A stored bill; units with two places, money in rupees. Prices are None on bills from before the service.

    The period's days are both included; `period.month` is the bill's month.
    """

    id: int
    flat_id: int
    flat_code: str
    period: Period
    due_date: date
    flat_reading_id: int | None
    flat_units: Decimal | None
    motor_reading_id: int | None
    motor_units: Decimal | None
    water_motor_share: Decimal | None
    total_units: Decimal | None
    rate_per_unit: Decimal | None
    energy_charge: Decimal | None
    fixed_charge: Decimal | None
    previous_outstanding: Decimal | None
    total_amount: Decimal
    status: str
    issued_at: datetime
    issued_by: int | None


_COLUMNS = """
    b.id, b.flat_id, f.code as flat_code,
    coalesce(b.billing_period_start, b.billing_period_end) as billing_period_start, b.billing_period_end, b.due_date,
    b.flat_reading_id, b.flat_units, b.motor_reading_id, b.motor_units, b.water_motor_share, b.total_units,
    b.rate_per_unit, b.energy_charge, b.fixed_charge, b.previous_outstanding, b.total_amount,
    coalesce(b.status, 'pending') as status, coalesce(b.created_at::timestamptz, b.due_date) as issued_at,
    b.issued_by"""
_BILLS = f"select {_COLUMNS} from bills b join flats f on f.id = b.flat_id"


@dataclass(frozen=True, slots=True)
class BillOfReading:
    """The bill that used a reading."""

    bill_id: int
    issued_at: datetime
    period_end: date


def _bill(row: Row) -> Bill:
    facts = dict(row)
    return Bill(period=Period(facts.pop("billing_period_start"), facts.pop("billing_period_end")), **facts)


_COLUMNS_IN = """
    flat_id, billing_period_start, billing_period_end, due_date, flat_reading_id, motor_reading_id, motor_units,
    flat_units, water_motor_share, total_units, rate_per_unit, energy_charge, fixed_charge, previous_outstanding,
    total_amount, created_at, issued_by, provisional, status"""


async def insert_bill(conn: Connection, new: NewBill) -> Bill:
    """Store a bill. Its flat is locked, its start is free and its month open: the database insists on it.

    Raises asyncpg.UniqueViolationError for a taken start or a billed reading, asyncpg.PostgresError with sqlstate
    BC002 for a locked month and BC003 for a reading billed before the service.
    """
    sql = f"""
        with b as (
        insert into bills ({_COLUMNS_IN}, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16::timestamptz, $17, $18, $19, $16)
        returning *)
        select {_COLUMNS} from b join flats f on f.id = b.flat_id"""
    row = await conn.fetchrow(sql, *_values(new))
    assert row is not None  # noqa: S101 — an insert that returns gives its row or raises
    return _bill(row)


async def insert_bills(conn: Connection, new: Sequence[NewBill]) -> list[int]:
    """Store several bills as `insert_bill` does, all or none; their ids in the order given."""
    sql = f"""
        insert into bills ({_COLUMNS_IN}, updated_at)
        select {_COLUMNS_IN}, created_at
        from unnest($1::bigint[], $2::date[], $3::date[], $4::date[], $5::bigint[], $6::bigint[], $7::numeric[],
                    $8::numeric[], $9::numeric[], $10::numeric[], $11::numeric[], $12::numeric[], $13::numeric[],
                    $14::numeric[], $15::numeric[], $16::timestamptz[], $17::bigint[], $18::boolean[],
                    $19::text[])
            with ordinality as new ({_COLUMNS_IN}, place)
        order by place returning id"""
    columns = zip(*map(_values, new), strict=True)
    return [row["id"] for row in await conn.fetch(sql, *map(list, columns))] if new else []


def _values(new: NewBill) -> tuple[object, ...]:
    head = (new.flat_id, new.period.start, new.period.end, new.due_date)
    readings = (new.flat_reading_id, new.motor_reading_id, new.motor_units)
    return (*head, *readings, *_figures(new.amounts), new.issued_at, new.issued_by, new.provisional, new.status.value)


def _figures(amounts: BillAmounts) -> tuple[Decimal, ...]:
    return (
        amounts.flat_units,
        amounts.water_motor_share,
        amounts.total_units,
        amounts.rate_per_unit,
        amounts.energy_charge,
        amounts.fixed_charge,
        amounts.previous_outstanding,
        amounts.total_amount,
    )


async def get_bill(conn: Connection, bill_id: int) -> Bill | None:
    """Return the bill with this id."""
    row = await conn.fetchrow(f"{_BILLS} where b.id = $1", bill_id)
    return _bill(row) if row else None


async def history(conn: Connection, flat_id: int, limit: int = 12) -> list[Bill]:
    """Return the flat's live bills, the newest period first; a bill of before without a period is left out."""
    sql = f"""
        {_BILLS} where b.flat_id = $1 and b.status is distinct from 'void' and b.billing_period_end is not null
        order by b.billing_period_end desc, b.id desc limit $2"""
    return [_bill(row) for row in await conn.fetch(sql, flat_id, limit)]


async def set_statuses(conn: Connection, statuses: Mapping[int, BillStatus]) -> list[int]:
    """Store statuses by bill id; `updated_at` moves where one changed. Returns the ids that changed."""
    sql = """
        update bills b set status = n.status, updated_at = now()
        from unnest($1::bigint[], $2::text[]) as n (id, status)
        where b.id = n.id and b.status is distinct from n.status returning b.id"""
    rows = await conn.fetch(sql, list(statuses), [status.value for status in statuses.values()])
    return sorted(row["id"] for row in rows)


_OF_READING = """
    select b.id as bill_id, coalesce(b.created_at::timestamptz, b.due_date) as issued_at,
        coalesce(b.billing_period_end, b.due_date) as period_end
    from bills b"""


async def of_reading(conn: Connection, reading_id: int) -> BillOfReading | None:
    """The live bill that used this reading as the flat's, or the last one with a share of it as its motor's."""
    sql = f"{_OF_READING} where b.flat_reading_id = $1 and b.status is distinct from 'void' order by b.id desc limit 1"
    row = await conn.fetchrow(sql, reading_id)
    if row is None:
        sql = f"""
            {_OF_READING} join motor_shares s on s.flat_id = b.flat_id and s.motor_reading_id = $1
            where b.motor_reading_id = $1 and b.status <> 'void' order by b.id desc limit 1"""
        row = await conn.fetchrow(sql, reading_id)
    return BillOfReading(**row) if row else None
