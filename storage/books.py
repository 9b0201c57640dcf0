"""What the books must be checked against: bills on their accounts, bills from outside, rows that belong to nothing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from domain.account import BillOnAccount
from domain.books import IssuedBill

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
    }
)
"""The triggers that refuse changes to what was issued, posted and recorded."""

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
        from bills b join account_entries e on e.bill_id = b.id and e.kind = 'CHARGE'
        where b.flat_id = any($1::bigint[]) and b.rate_per_unit is not null order by b.id"""
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


async def foreign_bills(conn: Connection, flat_ids: Sequence[int] | None = None) -> list[ForeignBill]:
    """Return live bills that are neither adopted nor charged to an account, of some flats or of all, by flat."""
    sql = """
        select b.id as bill_id, b.flat_id, f.code as flat_code,
               coalesce(b.billing_period_start, b.due_date) as start,
               coalesce(b.billing_period_end, b.due_date) as "end", b.total_amount, b.status
        from bills b join flats f on f.id = b.flat_id
        where ($1::bigint[] is null or b.flat_id = any($1)) and b.status is distinct from 'void'
          and not exists (select from adopted_bills a where a.bill_id = b.id)
          and not exists (select from account_entries e where e.bill_id = b.id and e.kind = 'CHARGE')
        order by f.code, b.id"""
    rows = await conn.fetch(sql, None if flat_ids is None else list(flat_ids))
    return [ForeignBill(**row) for row in rows]


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


async def undocumented_payments(conn: Connection) -> list[tuple[int, str]]:
    """Return (entry id, flat code) of PAYMENT entries that name no method: nobody recorded or captured them."""
    sql = """
        select e.id, f.code from account_entries e join flats f on f.id = e.flat_id
        where e.kind = 'PAYMENT' and e.method is null order by e.id"""
    return [(row["id"], row["code"]) for row in await conn.fetch(sql)]


async def missing_guards(conn: Connection) -> list[str]:
    """Return the names of guards that are gone or switched off."""
    sql = """
        select tgname from pg_trigger where not tgisinternal and tgenabled in ('O', 'A')
        and tgrelid in ('bills'::regclass, 'account_entries'::regclass, 'audit'::regclass)"""
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
