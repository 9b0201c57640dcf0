"""A month as the office reports and exports it: figures, and every bill, reading and entry of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from domain.period import Month
    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class AccountSums:
    """What the month's days did to all accounts together, in rupees; more than zero is owed.

    `opening` + `taken_over` + `issued` + `notes` − `collected` = `closing`. `taken_over` are balances from before the
    service, `issued` the charges of bills issued in these days less voided ones, `notes` debit less credit notes,
    `collected` what came in less what went back. `advance` is what flats with credit have at the end.
    """

    opening: Decimal
    taken_over: Decimal
    issued: Decimal
    notes: Decimal
    collected: Decimal
    closing: Decimal
    advance: Decimal


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """A month in sums: `billed` are the charges of its bills, on whatever day they were issued.

    `outstanding` is what all flats that owed something owed on `until`: the month's last day, or today where that has
    not come. Rupees; `share` is in units.
    """

    month: Month
    until: date
    bills: int
    units: Decimal
    share: Decimal
    billed: Decimal
    outstanding: Decimal
    owing: int
    accounts: AccountSums

    @property
    def collected(self) -> Decimal:
        """What came in during the month less what went back."""
        return self.accounts.collected


@dataclass(frozen=True, slots=True)
class BlockUse:
    """What a block used in a month: bills, units with the motors' share, and rupees charged."""

    block: str
    bills: int
    units: Decimal
    billed: Decimal


@dataclass(frozen=True, slots=True)
class FlatUse:
    """A flat's own units in a month."""

    flat_code: str
    owner: str | None
    units: Decimal


@dataclass(frozen=True, slots=True)
class BillRow:
    """A bill as it was issued, in rupees and units."""

    bill_id: int
    flat_code: str
    owner: str | None
    start: date | None
    end: date
    due_date: date | None
    flat_units: Decimal | None
    share: Decimal | None
    rate: Decimal | None
    energy: Decimal | None
    fixed: Decimal | None
    outstanding: Decimal | None
    total: Decimal
    status: str


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """A reading of the month."""

    reading_id: int
    flat_code: str | None
    motor: str | None
    meter_number: str
    day: date
    value: Decimal
    share: Decimal | None
    state: str
    by: str | None


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """An entry of an account; `amount` in rupees, more than zero is owed; `came_on` is the day of a payment's money."""

    entry_id: int
    flat_code: str
    day: date
    came_on: date | None
    kind: str
    amount: Decimal
    method: str | None
    reference: str | None
    bill: str | None
    """The number on it: `2026-0439`."""
    note: str | None
    by: str | None


_OWNER = """
    (select o.name from flat_owners fo join owners o on o.id = fo.owner_id where fo.flat_id = f.id and fo.until is null
     order by fo.is_primary desc nulls last, fo.id limit 1)"""
_BILLED = "coalesce(b.energy_charge + b.fixed_charge, b.total_amount)"
_LIVE = "b.status is distinct from 'void' and b.billing_period_end between $1 and $2"


async def figures(conn: Connection, month: Month, today: date) -> MonthFigures:
    """Return the month in sums."""
    sql = f"""
        with issued as (
            select count(*) as bills, coalesce(sum(b.flat_units), 0) as units,
                   coalesce(sum(b.water_motor_share), 0) as share, coalesce(sum({_BILLED}), 0) as billed
            from bills b where {_LIVE}
        ), owed as (
            select coalesce(sum(owes.amount), 0) as outstanding, count(*) as owing
            from (select sum(amount) as amount from account_entries where posted_on <= $2
                  group by flat_id having sum(amount) > 0) owes
        )
        select bills, units, share, billed, outstanding, owing from issued, owed"""
    [row] = await conn.fetch(sql, month.first_day, month.last_day)
    until = min(month.last_day, today)
    return MonthFigures(month, until, **row, accounts=await _account_sums(conn, month))


async def _account_sums(conn: Connection, month: Month) -> AccountSums:
    """A reversal counts with what it takes back."""
    sql = """
        with entries as (
            select e.flat_id, e.amount, e.posted_on < $1 as before, coalesce(o.kind, e.kind) as kind
            from account_entries e left join account_entries o on o.id = e.reverses_id where e.posted_on <= $2
        ), ahead as (
            select sum(amount) as amount from entries group by flat_id having sum(amount) < 0
        )
        select coalesce(sum(amount) filter (where before), 0) as opening,
               coalesce(sum(amount) filter (where not before and kind = 'OPENING'), 0) as taken_over,
               coalesce(sum(amount) filter (where not before and kind = 'CHARGE'), 0) as issued,
               coalesce(sum(amount) filter (where not before and kind in ('DEBIT_NOTE', 'CREDIT_NOTE')), 0) as notes,
               coalesce(-sum(amount) filter (where not before and kind in ('PAYMENT', 'REFUND')), 0) as collected,
               coalesce(sum(amount), 0) as closing,
               (select coalesce(-sum(amount), 0) from ahead) as advance
        from entries"""
    [row] = await conn.fetch(sql, month.first_day, month.last_day)
    return AccountSums(**row)


async def blocks(conn: Connection, month: Month) -> list[BlockUse]:
    """Return what each block used, by block."""
    sql = f"""
        select split_part(f.code, '-', 1) as block, count(*) as bills, coalesce(sum(b.total_units), 0) as units,
               coalesce(sum({_BILLED}), 0) as billed
        from bills b join flats f on f.id = b.flat_id where {_LIVE} group by block order by block"""
    return [BlockUse(**row) for row in await conn.fetch(sql, month.first_day, month.last_day)]


async def top_users(conn: Connection, month: Month, limit: int) -> list[FlatUse]:
    """Return the flats with the most units of their own, the highest first."""
    sql = f"""
        select f.code as flat_code, {_OWNER} as owner, sum(b.flat_units) as units
        from bills b join flats f on f.id = b.flat_id where {_LIVE} and b.flat_units > 0
        group by f.id, f.code order by units desc, f.code limit $3"""
    return [FlatUse(**row) for row in await conn.fetch(sql, month.first_day, month.last_day, limit)]


async def bill_rows(conn: Connection, month: Month) -> list[BillRow]:
    """Return every bill of the month, void ones too, by flat."""
    sql = f"""
        select b.id as bill_id, f.code as flat_code, {_OWNER} as owner, b.billing_period_start as start,
               b.billing_period_end as "end", b.due_date, b.flat_units, b.water_motor_share as share,
               b.rate_per_unit as rate, b.energy_charge as energy, b.fixed_charge as fixed,
               b.previous_outstanding as outstanding, b.total_amount as total, b.status
        from bills b join flats f on f.id = b.flat_id
        where b.billing_period_end between $1 and $2 order by f.code, b.id"""
    return [BillRow(**row) for row in await conn.fetch(sql, month.first_day, month.last_day)]


async def reading_rows(conn: Connection, month: Month) -> list[ReadingRow]:
    """Return every reading of the month, of flats and motors, by place and day."""
    sql = """
        select r.id as reading_id, f.code as flat_code, mo.name as motor, m.meter_number, r.reading_date as day,
               r.reading_value as value, r.motor_share as share, r.state, p.name as by
        from readings r join meters m on m.id = r.meter_id
        left join flats f on f.id = m.flat_id left join motors mo on mo.id = m.motor_id
        left join people p on p.id = r.submitted_by
        where r.reading_date between $1 and $2 order by f.code nulls last, mo.name, r.reading_date, r.id"""
    return [ReadingRow(**row) for row in await conn.fetch(sql, month.first_day, month.last_day)]


async def ledger_rows(conn: Connection, month: Month) -> list[LedgerRow]:
    """Return every entry posted in the month, in posting order."""
    sql = """
        select e.id as entry_id, f.code as flat_code, e.posted_on as day,
               case when e.kind = 'PAYMENT' then e.value_date end as came_on, e.kind, e.amount, e.method, e.reference,
               to_char(coalesce(b.created_at::timestamptz, b.due_date), 'YYYY-')
                   || lpad(b.id::text, greatest(4, length(b.id::text)), '0') as bill,
               e.note, p.name as by
        from account_entries e join flats f on f.id = e.flat_id left join people p on p.id = e.recorded_by
        left join bills b on b.id = e.bill_id
        where e.posted_on between $1 and $2 order by e.id"""
    return [LedgerRow(**row) for row in await conn.fetch(sql, month.first_day, month.last_day)]
