"""What the books must be checked against: bills on their accounts, bills from outside, rows that belong to nothing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from domain.account import BillOnAccount
from domain.books import IssuedBill
from storage.courses import USED, course_sql, previous_sql

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class ForeignBill:
    """A live bill that this service neither issued nor adopted; `total_amount` in rupees."""

    bill_id: int
    flat_id: int
    flat_code: str
    start: date
    end: date
    total_amount: Decimal
    status: str


@dataclass(frozen=True, slots=True)
class Unproven:
    """A PAYMENT entry of `amount` rupees that nothing stands behind; `source` is the route it names."""

    entry_id: int
    flat_code: str
    amount: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class Captured:
    """What a provider captured for a flat and what of it is on the account, in rupees, where they differ."""

    flat_code: str
    provider: str
    captured: Decimal
    posted: Decimal


@dataclass(frozen=True, slots=True)
class WrongSplit:
    """A motor's units of a month, as they were billed, and what its stored shares add up to, where they differ."""

    motor: str
    month: date
    used: Decimal
    shared: Decimal


@dataclass(frozen=True, slots=True)
class WrongShare:
    """Units that a flat was charged for a motor, by its bill and by a debit note, and those that it should have been.

    `due` is the share entered with its reading, else the stored one.
    """

    bill_id: int
    flat_code: str
    due: Decimal
    charged: Decimal


@dataclass(frozen=True, slots=True)
class Orphan:
    """A row that points at nothing: `bills 12: its flat_id 99 does not exist`."""

    table: str
    id: int
    column: str
    value: int


GUARDS: Final = frozenset(
    {
        "bills_insert",
        "bills_update",
        "bills_delete",
        "bills_truncate",
        "account_entries_insert",
        "account_entries_change",
        "account_entries_truncate",
        "audit_change",
        "audit_truncate",
        "locks_update",
        "locks_delete",
        "locks_truncate",
        "readings_value",
    }
)
"""The triggers that refuse changes to what was issued, posted, locked and recorded."""

_LINKS: Final = (
    ("flats", "floor_id", "floors"),
    ("flats", "type_id", "flat_types"),
    ("flat_owners", "flat_id", "flats"),
    ("flat_owners", "owner_id", "owners"),
    ("flat_motors", "flat_id", "flats"),
    ("flat_motors", "motor_id", "motors"),
    ("meters", "flat_id", "flats"),
    ("meters", "motor_id", "motors"),
    ("readings", "meter_id", "meters"),
    ("bills", "flat_id", "flats"),
    ("bills", "flat_reading_id", "readings"),
    ("bills", "motor_reading_id", "readings"),
)


async def has_tables(conn: Connection, *tables: str) -> bool:
    """Say whether all of these tables exist: an older or empty database lacks some."""
    sql = "select bool_and(to_regclass(name) is not null) from unnest($1::text[]) as t (name)"
    return bool(await conn.fetchval(sql, list(tables)))


async def issued_bills(conn: Connection, flat_ids: Sequence[int]) -> dict[int, list[IssuedBill]]:
    """Return the bills of these flats that we issued, void ones too, by flat id; they have a price and a CHARGE."""
    sql = """
        select b.flat_id, b.id as bill_id, e.id as charge_entry_id, b.energy_charge, b.fixed_charge,
               b.previous_outstanding, b.total_amount
        from bills b cross join lateral (
            select id from account_entries where bill_id = b.id and kind = 'CHARGE' offset 0) e
        where b.flat_id = any($1::bigint[]) and b.rate_per_unit is not null order by b.id"""
    # lateral with offset: by index for each bill, also with a plan from when there were hardly any
    found: dict[int, list[IssuedBill]] = defaultdict(list)
    for row in await conn.fetch(sql, list(flat_ids)):
        flat_id, *facts = row.values()
        found[flat_id].append(IssuedBill(*facts))
    return found


async def bills_on_account(conn: Connection, flat_ids: Sequence[int]) -> dict[int, list[BillOnAccount]]:
    """Return the bills whose status follows from the account, by flat id.

    A bill we issued is carried by its CHARGE, one that was unpaid at adoption by the entry that opened the account.
    """
    sql = """
        select b.flat_id, b.id, coalesce(e.id, a.entry_id), b.due_date, coalesce(b.status = 'void', false)
        from bills b
        left join account_entries e on e.bill_id = b.id and e.kind = 'CHARGE'
        left join adopted_bills a on a.bill_id = b.id and a.open
        where b.flat_id = any($1::bigint[]) and coalesce(e.id, a.entry_id) is not null order by b.id"""
    found: dict[int, list[BillOnAccount]] = {flat_id: [] for flat_id in flat_ids}
    for row in await conn.fetch(sql, list(flat_ids)):
        flat_id, *facts = row.values()
        found[flat_id].append(BillOnAccount(*facts))
    return found


async def stored_statuses(conn: Connection) -> dict[int, str]:
    """Return every bill's stored status by bill id."""
    return {row["id"]: row["status"] for row in await conn.fetch("select id, status from bills")}


_FOREIGN = """
    select b.id as bill_id, b.flat_id, f.code as flat_code,
           coalesce(b.billing_period_start, b.due_date) as start,
           coalesce(b.billing_period_end, b.due_date) as "end", b.total_amount, b.status
    from bills b join flats f on f.id = b.flat_id
    where {which} and b.status is distinct from 'void'
      and not exists (select from adopted_bills a where a.bill_id = b.id)
      and not exists (select from account_entries e where e.bill_id = b.id and e.kind = 'CHARGE')
    order by f.code, b.id"""


async def foreign_bills(conn: Connection, flat_ids: Sequence[int] | None = None) -> list[ForeignBill]:
    """Return live bills that are neither adopted nor charged to an account, of some flats or of all, by flat."""
    which, chosen = ("true", ()) if flat_ids is None else ("b.flat_id = any($1::bigint[])", (list(flat_ids),))
    return [ForeignBill(**row) for row in await conn.fetch(_FOREIGN.format(which=which), *chosen)]


async def adopt_foreign(conn: Connection, flat_id: int, entry_id: int | None) -> list[int]:
    """Take the flat's bills from outside as they are, carried by `entry_id`, their readings as billed; their ids."""
    sql = """
        insert into adopted_bills (bill_id, old_status, open, entry_id)
        select unnest($1::bigint[]), 'from outside', true, $2"""
    ids = [bill.bill_id for bill in await foreign_bills(conn, [flat_id])]
    await conn.execute(sql, ids, entry_id)
    billed = """
        update readings r set state = 'billed' from bills b
        where b.id = any($1::bigint[]) and r.id in (b.flat_reading_id, b.motor_reading_id)"""
    await conn.execute(billed, ids)
    return ids


async def carry_open_bills(conn: Connection, flat_id: int, entry_id: int) -> None:
    """Let `entry_id` carry the flat's bills that were unpaid at adoption and still wait for an opening balance."""
    sql = """
        update adopted_bills a set entry_id = $2 from bills b
        where b.id = a.bill_id and b.flat_id = $1 and a.open and a.entry_id is null"""
    await conn.execute(sql, flat_id, entry_id)


async def unproven_payments(conn: Connection) -> list[Unproven]:
    """Return PAYMENT entries behind which there is nobody: no route we know, or nothing on that route names them."""
    sql = """
        select e.id as entry_id, f.code as flat_code, -e.amount as amount, e.source_type as source
        from account_entries e join flats f on f.id = e.flat_id
        where e.kind = 'PAYMENT' and (e.method is null or case e.source_type
            when 'payment' then false
            when 'stripe' then false
            when 'razorpay' then false
            when 'claim' then not exists (
                select from payment_claims c where c.entry_id = e.id and c.state = 'confirmed')
            when 'stray' then not exists (
                select from stray_payments s where s.entry_id = e.id and s.state = 'posted'
                and coalesce(s.amount, -e.amount) = -e.amount)
            when 'statement' then not exists (
                select from statement_rows s where s.entry_id = e.id and s.state = 'posted' and s.amount = -e.amount)
            else true end)
        order by e.id"""
    return [Unproven(**row) for row in await conn.fetch(sql)]


async def captured_otherwise(conn: Connection) -> list[Captured]:
    """Return flats on whose accounts there is not what a provider captured through links of ours.

    What an admin had recorded under the same reference, before the provider told of it, stands for it.
    """
    sql = """
        with captured as (
            select flat_id, provider, sum(paid) as amount from payment_attempts group by flat_id, provider
        ), posted as (
            select flat_id, source_type as provider, -sum(amount) as amount from account_entries
            where kind = 'PAYMENT' and source_type in ('stripe', 'razorpay') group by flat_id, source_type
        ), recorded as (
            select flat_id, -sum(amount) as amount from account_entries
            where kind = 'PAYMENT' and source_type not in ('stripe', 'razorpay') and reference_key is not null
            group by flat_id
        )
        select f.code as flat_code, provider, coalesce(c.amount, 0) as captured, coalesce(p.amount, 0) as posted
        from captured c full join posted p using (flat_id, provider)
        join flats f on f.id = flat_id left join recorded r using (flat_id)
        where coalesce(c.amount, 0) not between coalesce(p.amount, 0) and coalesce(p.amount, 0) + coalesce(r.amount, 0)
        order by f.code, provider"""
    return [Captured(**row) for row in await conn.fetch(sql)]


async def lost_money(conn: Connection) -> list[tuple[str, str]]:
    """Return (what, flat code) of money that counts as arrived and is on no account."""
    sql = """
        select 'payment_attempts ' || a.id as what, f.code from payment_attempts a join flats f on f.id = a.flat_id
        where a.state = 'paid' and a.entry_id is null
        union all
        select 'payment_claims ' || c.id, f.code from payment_claims c join flats f on f.id = c.flat_id
        where c.state = 'confirmed' and c.entry_id is null
        union all
        select 'statement_rows ' || s.id, coalesce(f.code, '')
        from statement_rows s left join flats f on f.id = s.flat_id
        where s.state = 'posted' and s.entry_id is null
        order by 2, 1"""
    return [(row["what"], row["code"]) for row in await conn.fetch(sql)]


async def wrong_splits(conn: Connection) -> list[WrongSplit]:
    """Return motors whose shares of a month are not exactly their units, by month.

    More than their units only where more was entered, less only where every share was. The units are those on the
    bills; before the first bill, the reading or its difference to the one before.
    """
    sql = f"""
        select coalesce(mo.name, '') as motor, s.month, used.units as used, s.shared
        from (select motor_reading_id, month, sum(share) as shared, not bool_and(entered) as has_rest,
                     coalesce(sum(share) filter (where entered), 0) as entered
              from motor_shares group by motor_reading_id, month) s
        join readings r on r.id = s.motor_reading_id join meters m on m.id = r.meter_id
        left join motors mo on mo.id = m.motor_id
        {previous_sql("r")} {course_sql("r")}
        cross join lateral (
            select b.motor_units as units from bills b where b.motor_reading_id = r.id
                and exists (select from account_entries e where e.bill_id = b.id and e.kind = 'CHARGE')
            union
            select case s.shared when r.consumption then r.consumption
                when {USED.format(reading="r", previous="p", name="w")} then s.shared else r.reading_value end
            where not exists (select from bills b where b.motor_reading_id = r.id)) used
        where s.shared is distinct from case when s.has_rest then greatest(used.units, s.entered) else s.entered end
        order by s.month, 1, 3"""
    return [WrongSplit(**row) for row in await conn.fetch(sql)]


async def wrong_shares(conn: Connection) -> list[WrongShare]:
    """Return live bills of ours whose flat was charged another share of its motor than is stored for it, by flat.

    A share entered with the reading stands instead. A bill and a debit note for the same share are one too many.
    """
    sql = """
        select b.id as bill_id, f.code as flat_code, coalesce(r.motor_share, s.share, 0) as due,
               b.water_motor_share + case when n.id is null then 0 else s.share end as charged
        from bills b join flats f on f.id = b.flat_id join readings r on r.id = b.flat_reading_id
        left join motor_shares s on s.motor_reading_id = b.motor_reading_id and s.flat_id = b.flat_id
        left join account_entries n on n.id = s.entry_id
            and not exists (select from account_entries back where back.reverses_id = n.id)
        where b.status is distinct from 'void'
            and exists (select from account_entries e where e.bill_id = b.id and e.kind = 'CHARGE')
            and b.water_motor_share + case when n.id is null then 0 else s.share end
                is distinct from coalesce(r.motor_share, s.share, 0)
        order by f.code, b.id"""
    return [WrongShare(**row) for row in await conn.fetch(sql)]


async def posted_after_lock(conn: Connection) -> list[tuple[int, str, date]]:
    """Return (entry id, flat code, day) of entries that came into a locked month after it was locked."""
    sql = """
        select e.id, f.code, e.posted_on from account_entries e join flats f on f.id = e.flat_id
        join locks l on l.month = date_trunc('month', e.posted_on::timestamp)::date and l.unlocked_at is null
        where e.recorded_at > l.locked_at order by e.id"""
    return [tuple(row.values()) for row in await conn.fetch(sql)]


async def missing_guards(conn: Connection) -> list[str]:
    """Return the names of guards that are gone or switched off."""
    sql = """
        select tgname from pg_trigger where not tgisinternal and tgenabled in ('O', 'A')
        and tgrelid in ('bills'::regclass, 'account_entries'::regclass, 'audit'::regclass, 'locks'::regclass,
            'readings'::regclass)"""
    return sorted(GUARDS - {row["tgname"] for row in await conn.fetch(sql)})


async def orphans(conn: Connection) -> list[Orphan]:
    """Return rows whose links lead nowhere: an adopted database may lack foreign keys, or a whole table."""
    return [orphan for link in _LINKS for orphan in await _orphans(conn, *link)]


async def _orphans(conn: Connection, table: str, column: str, target: str) -> list[Orphan]:
    if not await _has_column(conn, table, column) or not await has_tables(conn, target):
        return []
    sql = f"""
        select t.id, t.{column} as value from {table} t
        where t.{column} is not null and not exists (select from {target} x where x.id = t.{column}) order by t.id"""
    return [Orphan(table, row["id"], column, row["value"]) for row in await conn.fetch(sql)]


async def _has_column(conn: Connection, table: str, column: str) -> bool:
    sql = "select exists (select from pg_attribute where attrelid = to_regclass($1) and attname = $2)"
    return bool(await conn.fetchval(sql, table, column))
