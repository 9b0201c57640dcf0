"""Bills as owners see them: one row with all that a message or a page says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.account import BillStatus
from domain.money import ZERO
from domain.register import STRAIGHT, Course
from storage.courses import COURSE, course_of, course_sql, previous_sql
from storage.payment_claims import COUNTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from decimal import Decimal

    import asyncpg

    from domain.period import Month
    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class SaidPaid:
    """Rupees that an owner says they paid, with the UTR: the office has not found them at the bank yet."""

    amount: Decimal
    utr: str


@dataclass(frozen=True, slots=True)
class Since:
    """What came to a flat's account after a bill and still counts, in rupees: more than zero is owed on top of it.

    `of` is the kind of an entry from before the bill that this one takes back; `bill_end` the last day of the other
    bill that it charges; `why` as the office gave it.
    """

    kind: str
    of: str | None
    amount: Decimal
    day: date
    bill_end: date | None
    why: str | None


@dataclass(frozen=True, slots=True)
class Estimates:
    """The provisional bills that a true reading settled: how many there were, and the units that they counted.

    `taken_off` are the rupees credited for what they charged too much, `credit_note` the entry that did, where one did.
    """

    bills: int
    units: Decimal
    taken_off: Decimal
    credit_note: int | None


@dataclass(frozen=True, slots=True)
class BillView:
    """A bill with its flat, reading and account. Prices are empty on bills from before the service.

    `balance` is what is owed on the flat now, in rupees; negative is credit. `paid_since` is what was paid on the flat
    after this bill, less what was given or taken back, `paid_on` the last day on which something was, `settled_on` the
    day on which it came to the bill's total. `motor` is named where the share is a part of its `motor_units`, split
    over `motor_flats` flats by their use, else equally; `motor_estimated` of them were not read.
    """

    id: int
    flat_id: int
    flat_code: str
    unit_id: str | None
    flat_type: str | None
    owner_name: str | None
    period_start: date
    period_end: date
    due_date: date
    issued_at: datetime
    flat_units: Decimal | None
    water_motor_share: Decimal | None
    total_units: Decimal | None
    rate_per_unit: Decimal | None
    energy_charge: Decimal | None
    fixed_charge: Decimal | None
    previous_outstanding: Decimal | None
    total_amount: Decimal
    status: str
    balance: Decimal
    paid_since: Decimal
    paid_on: date | None
    settled_on: date | None
    is_newest: bool
    parked: bool
    meter_number: str | None
    reading_date: date | None
    reading_value: Decimal | None
    previous_reading: Decimal | None
    photo_id: int | None
    motor: str | None
    motor_units: Decimal | None
    motor_flats: int | None
    motor_estimated: int | None
    motor_by_use: bool | None
    provisional: bool
    photo_forgotten: bool = False
    """There was a photo, and its time was over."""
    said_paid: tuple[SaidPaid, ...] = ()
    """Of the whole flat, the oldest first."""
    estimates: Estimates | None = None
    """Where it is the first bill after them."""
    since: tuple[Since, ...] = ()
    """In the order in which it was posted."""
    course: Course = STRAIGHT
    """What happened to the register between the two readings."""

    @property
    def to_pay(self) -> Decimal:
        """Rupees that are to be paid yet if the office finds what owners say they paid; zero at least."""
        return max(self.balance - sum((one.amount for one in self.said_paid), start=ZERO), ZERO)

    @property
    def is_owed(self) -> bool:
        """Whether anything is to be paid on the flat."""
        return self.balance > 0

    @property
    def is_overdue(self) -> bool:
        """Whether it should have been paid before today."""
        return self.status == BillStatus.OVERDUE

    @property
    def is_void(self) -> bool:
        """Whether the bill was taken back."""
        return self.status == BillStatus.VOID


_VIEW = f"""
    select b.id, b.flat_id, f.code as flat_code, f.unit_id, ft.name as flat_type,
        (select o.name from flat_owners fo join owners o on o.id = fo.owner_id
         where fo.flat_id = f.id and fo.until is null
         order by fo.is_primary desc nulls last, fo.id limit 1) as owner_name,
        coalesce(b.billing_period_start, b.billing_period_end) as period_start, b.billing_period_end as period_end,
        b.due_date,
        coalesce(b.created_at::timestamptz, b.due_date) as issued_at,
        b.flat_units, b.water_motor_share, b.total_units, b.rate_per_unit,
        b.energy_charge, b.fixed_charge, b.previous_outstanding, b.total_amount,
        coalesce(b.status, 'pending') as status,
        coalesce((select sum(e.amount) from account_entries e where e.flat_id = b.flat_id), 0) as balance,
        coalesce(-paid.amount, 0) as paid_since, paid.last_day as paid_on, paid.settled_on,
        not exists (select 1 from bills newer where newer.flat_id = b.flat_id and newer.status is distinct from 'void'
                    and (newer.billing_period_end, newer.id) > (b.billing_period_end, b.id)) as is_newest,
        exists (select 1 from parked_flats p where p.flat_id = b.flat_id) as parked,
        m.meter_number, r.reading_date, r.reading_value,
        before.reading_value as previous_reading, {COURSE.format(reading="r", name="w")},
        (select p.id from reading_photos rp join photos p on p.id = rp.photo_id
         where rp.reading_id = r.id and p.forgotten_at is null order by rp.id desc limit 1) as photo_id,
        exists (select from reading_photos rp join photos p on p.id = rp.photo_id
                where rp.reading_id = r.id and p.forgotten_at is not null) as photo_forgotten,
        motor.name as motor, b.motor_units, motor.flats as motor_flats,
        motor.estimated as motor_estimated, motor.by_use as motor_by_use, b.provisional, settled.estimates,
        array(select row(c.amount, c.reference_key) from payment_claims c
              where c.flat_id = b.flat_id and {COUNTS} order by c.id) as said_paid,
        array(select row(e.kind, undone.kind, e.amount, case when e.kind = 'PAYMENT' then e.value_date else e.posted_on
                         end, other.billing_period_end, e.note)
              from account_entries e left join account_entries undone on undone.id = e.reverses_id
              left join bills other on other.id = e.bill_id and e.kind = 'CHARGE'
              where e.flat_id = b.flat_id and e.id > charged.id and (undone.id is null or undone.id <= charged.id)
                and not exists (select from account_entries back where back.reverses_id = e.id)
              order by e.id) as since
    from bills b
    join flats f on f.id = b.flat_id
    left join flat_types ft on ft.id = f.type_id
    left join readings r on r.id = b.flat_reading_id
    left join meters m on m.id = r.meter_id
    {previous_sql("r", "before")} {course_sql("r", "before")}
    left join lateral (
        select mo.name, (select count(*) from motor_shares x where x.motor_reading_id = s.motor_reading_id) as flats,
               (select count(*) from motor_shares x
                where x.motor_reading_id = s.motor_reading_id and x.estimated) as estimated,
               exists (select from motor_shares x where x.motor_reading_id = s.motor_reading_id
                       and not x.entered and x.flat_units > 0) as by_use
        from motor_shares s join readings mr on mr.id = s.motor_reading_id join meters mm on mm.id = mr.meter_id
        join motors mo on mo.id = mm.motor_id
        where s.motor_reading_id = b.motor_reading_id and s.flat_id = b.flat_id and r.motor_share is null) motor on true
    left join lateral (
        select coalesce((select c.id from account_entries c where c.bill_id = b.id and c.kind = 'CHARGE'),
                        (select a.entry_id from adopted_bills a where a.bill_id = b.id)) as id) charged on true
    left join lateral (
        select sum(one.amount) as amount, max(one.day) as last_day,
            (array_agg(one.day order by one.id) filter (where one.so_far >= b.total_amount))[1] as settled_on
        from (
            select counted.*, -sum(counted.amount) over (order by counted.id) as so_far
            from (
                select e.id, e.value_date as day, e.amount + coalesce((
                    select sum(r.amount) from account_entries r
                    where r.flat_id = e.flat_id and r.id > e.id and r.refunds_id = e.id
                      and not exists (select 1 from account_entries back where back.reverses_id = r.id)), 0) as amount
                from account_entries e
                where e.flat_id = b.flat_id and e.kind = 'PAYMENT'
                  and e.id > charged.id
                  and not exists (select 1 from account_entries back where back.reverses_id = e.id)) counted
            where counted.amount < 0) one) paid on true
    left join lateral (
        select row(ahead.bills, ahead.units, coalesce(-off.amount, 0), off.id) as estimates
        from (
            select count(*) as bills, sum(p.flat_units) as units from bills p
            where p.flat_id = b.flat_id and p.provisional and p.status is distinct from 'void'
              and (p.billing_period_end, p.id) < (b.billing_period_end, b.id)
              and before.reading_date < date_trunc('month', p.billing_period_end::timestamp) and not exists (
                select from bills x
                where x.flat_id = b.flat_id and not x.provisional and x.status is distinct from 'void'
                  and (x.billing_period_end, x.id) > (p.billing_period_end, p.id)
                  and (x.billing_period_end, x.id) < (b.billing_period_end, b.id))) ahead
        left join account_entries off on off.source_type = 'true_up' and off.source_id = b.id::text
        where not b.provisional and ahead.bills > 0) settled on true
"""

_OWNED = """
    b.billing_period_end is not null
    and exists (select 1 from flat_owners fo join owner_people op on op.owner_id = fo.owner_id
            where op.person_id = $1 and fo.flat_id = b.flat_id and fo.until is null
              and (fo.since is null or b.created_at::timestamptz >= fo.since))
"""


_OF_MONTH = "b.status is distinct from 'void' and b.billing_period_end between $1 and $2"


def _view(row: asyncpg.Record) -> BillView:
    raw = {"rolled_over", "closings", "openings", "turns", "swapped"}
    parts = {
        "course": course_of(row),
        "said_paid": tuple(SaidPaid(*said) for said in row["said_paid"]),
        "estimates": Estimates(*row["estimates"]) if row["estimates"] else None,
        "since": tuple(Since(*one) for one in row["since"]),
    }
    return BillView(**{**{name: value for name, value in row.items() if name not in raw}, **parts})


async def owned_bill(conn: Connection, person_id: int, bill_id: int) -> BillView | None:
    """The bill where the person owns its flat and owned it when it was issued; else none."""
    row = await conn.fetchrow(f"{_VIEW} where {_OWNED} and b.id = $2", person_id, bill_id)
    return _view(row) if row else None


async def newest_bills(conn: Connection, person_id: int) -> list[BillView]:
    """The newest bill of each of the person's flats, by flat."""
    sql = f"""
        select distinct on (flat_code) * from ({_VIEW} where {_OWNED} and b.status is distinct from 'void') as own
        order by flat_code, period_end desc, id desc"""
    return [_view(row) for row in await conn.fetch(sql, person_id)]


async def history(conn: Connection, person_id: int, flat_code: str, limit: int = 12) -> list[BillView]:
    """The person's bills of one flat, newest first."""
    sql = f"{_VIEW} where {_OWNED} and f.code = $2 order by b.billing_period_end desc, b.id desc limit $3"
    return [_view(row) for row in await conn.fetch(sql, person_id, flat_code, limit)]


async def monthly_units(
    conn: Connection, person_id: int, flat_id: int, until: date, months: int = 12
) -> list[tuple[date, Decimal]]:
    """First day and total units of each billed month of the person's flat up to that of `until`, oldest first."""
    sql = f"""
        select date_trunc('month', b.billing_period_end::timestamp)::date as month, sum(b.total_units) as units
        from bills b
        where {_OWNED} and b.flat_id = $2 and b.status is distinct from 'void' and b.total_units is not null
          and b.billing_period_end <= $3
          and b.billing_period_end >= date_trunc('month', $3::timestamp) - make_interval(months => $4 - 1)
        group by month order by month"""
    return [(row["month"], row["units"]) for row in await conn.fetch(sql, person_id, flat_id, until, months)]


async def billed_flats(conn: Connection, month: Month) -> list[str]:
    """Codes of the flats with a bill of the month, as the office prints them: of everybody, not taken back."""
    sql = f"select distinct f.code from bills b join flats f on f.id = b.flat_id where {_OF_MONTH}"
    return [row["code"] for row in await conn.fetch(sql, month.first_day, month.last_day)]


async def of_month(conn: Connection, month: Month, flat_codes: Sequence[str]) -> list[BillView]:
    """The month's bills of these flats, for the office, the oldest of a flat first."""
    sql = f"{_VIEW} where {_OF_MONTH} and f.code = any($3::text[]) order by f.code, b.billing_period_end, b.id"
    return [_view(row) for row in await conn.fetch(sql, month.first_day, month.last_day, list(flat_codes))]


async def units_of_flats(
    conn: Connection, flat_ids: Sequence[int], until: date, months: int = 12
) -> dict[int, list[tuple[date, Decimal]]]:
    """By flat, for the office: first day and total units of each billed month up to that of `until`, oldest first."""
    sql = """
        select b.flat_id, date_trunc('month', b.billing_period_end::timestamp)::date as month,
               sum(b.total_units) as units
        from bills b
        where b.flat_id = any($1::bigint[]) and b.status is distinct from 'void' and b.total_units is not null
          and b.billing_period_end <= $2
          and b.billing_period_end >= date_trunc('month', $2::timestamp) - make_interval(months => $3 - 1)
        group by b.flat_id, month order by b.flat_id, month"""
    found: dict[int, list[tuple[date, Decimal]]] = {flat_id: [] for flat_id in flat_ids}
    for row in await conn.fetch(sql, list(flat_ids), until, months):
        found[row["flat_id"]].append((row["month"], row["units"]))
    return found
