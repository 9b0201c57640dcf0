"""Taking over what an older project left in the database: nothing of it is renamed, dropped or rewritten."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from domain.locks import FIRST_LOCKED
from domain.money import ZERO
from domain.opening import OldBill, Opening, OpeningReason, opening_decision
from domain.plural import counted
from storage import flats, locks
from storage.invocation import command

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from datetime import date

    from storage.database import Connection, Row

PAID_WORDS: Final = ("paid", "settled", "completed")
VOID_WORDS: Final = ("void", "cancelled", "canceled")
PARTLY_WORDS: Final = ("partially_paid", "partial", "part_paid")

_REASONS: Final = {
    OpeningReason.SEVERAL_UNPAID: "several bills from before were unpaid, and a later one may contain an earlier one",
    OpeningReason.PAID_ONE_IS_NEWER: "a bill from before was unpaid although a later one was paid",
}
_PARTLY: Final = "a bill from before was partly paid, and what is left of it is not on record"


@dataclass(frozen=True, slots=True)
class AdoptedFlat:
    """A flat with bills from before, and how its account opens."""

    flat_id: int
    code: str
    opening: Opening
    period_end: date | None
    parked_because: str | None


async def adopt(conn: Connection, today: date) -> tuple[str, ...]:
    """Adopt the rows found and lock November 2025, in the caller's transaction, with the rights of the tables' owner.

    Returns sentences for the installer; none where the database was empty. Accounts open on `today` or on the first
    later day that is not locked.
    """
    await locks.lock(conn, FIRST_LOCKED, None)
    await _adopt_readings(conn)
    found = await _adopt_bills(conn)
    await _open_accounts(conn, found, locks.first_open_day(await locks.locked_months(conn), today))
    await _park(conn, found)
    if not await conn.fetchval("select exists (select from flats) or exists (select from bills)"):
        return ()
    return tuple([note async for note in _notes(conn, found)])


_READINGS = """
    update readings r set state = n.state
    from (select x.id, case
                when exists (select from bills b where b.status is distinct from 'void'
                             and x.id in (b.flat_reading_id, b.motor_reading_id)) then 'billed'
                when m.flat_id is null or x.reading_date is null or x.reading_value is null then 'history'
                when x.reading_date <= (select max(b.billing_period_end) from bills b
                                        where b.flat_id = m.flat_id and b.status is distinct from 'void') then 'history'
                else 'pending' end as state
          from readings x left join meters m on m.id = x.meter_id) n
    where n.id = r.id and n.state <> r.state"""


async def _adopt_readings(conn: Connection) -> None:
    """Only a flat's readings after its last billed period wait for an admin; a motor's never do (billing rule 10)."""
    await conn.execute(_READINGS)


_ADOPT = """
    insert into adopted_bills (bill_id, old_status, open)
    select id, coalesce(status, ''), lower(trim(coalesce(status, ''))) <> all($1::text[]) from bills"""
_OLD_BILLS = """
    select b.flat_id, f.code, b.id, coalesce(b.billing_period_end, b.due_date) as period_end,
           b.total_amount::numeric as total_amount,
           lower(trim(coalesce(b.status, ''))) as status
    from bills b join flats f on f.id = b.flat_id
    where lower(trim(coalesce(b.status, ''))) <> all($1::text[])
    order by f.code, b.flat_id, period_end, b.id"""


async def _adopt_bills(conn: Connection) -> list[AdoptedFlat]:
    await conn.execute(_ADOPT, [*PAID_WORDS, *VOID_WORDS])
    rows = await conn.fetch(_OLD_BILLS, VOID_WORDS)
    by_flat = groupby(rows, key=lambda row: (row["flat_id"], row["code"]))
    return [_decide(flat_id, code, list(bills)) for (flat_id, code), bills in by_flat]


def _decide(flat_id: int, code: str, rows: Sequence[Row]) -> AdoptedFlat:
    ends = {row["id"]: row["period_end"] for row in rows}
    opening = opening_decision([_old_bill(row) for row in rows])
    partly = any(row["status"] in PARTLY_WORDS for row in rows)
    reason = _PARTLY if partly else _REASONS.get(opening.reason)
    return AdoptedFlat(flat_id, code, opening, ends.get(opening.bill_id), reason)


def _old_bill(row: Row) -> OldBill:
    return OldBill(row["id"], row["period_end"], row["total_amount"], row["status"] in PAID_WORDS)


_OPEN = """
    with opened as (
        insert into account_entries (flat_id, kind, amount, posted_on, value_date, source_type, source_id, bill_id,
                                     note)
        select flat_id, 'OPENING', amount, $5, value_date, 'opening', flat_id::text, bill_id, 'unpaid bill from before'
        from unnest($1::bigint[], $2::numeric[], $3::date[], $4::bigint[]) as n (flat_id, amount, value_date, bill_id)
        order by n.flat_id
        returning id, bill_id)
    update adopted_bills a set entry_id = opened.id from opened where a.bill_id = opened.bill_id"""


async def _open_accounts(conn: Connection, found: Sequence[AdoptedFlat], posted_on: date) -> None:
    opened = [flat for flat in found if flat.opening.bill_id is not None and not flat.parked_because]
    await conn.execute(
        _OPEN,
        [flat.flat_id for flat in opened],
        [flat.opening.amount for flat in opened],
        [flat.period_end for flat in opened],
        [flat.opening.bill_id for flat in opened],
        posted_on,
    )


async def _park(conn: Connection, found: Sequence[AdoptedFlat]) -> None:
    waiting = [(flat.flat_id, f"Choose the opening balance: {flat.parked_because}.") for flat in parked(found)]
    await conn.executemany("insert into parked_flats (flat_id, reason) values ($1, $2)", waiting)


def parked(found: Sequence[AdoptedFlat]) -> list[AdoptedFlat]:
    """Return the flats whose opening balance would be a guess."""
    return [flat for flat in found if flat.parked_because]


_COUNTS = """
    select (select count(*) from bills) as bills, (select count(*) from readings) as readings,
           (select count(*) from readings where state = 'pending') as pending,
           (select count(*) from account_entries) as opened,
           (select coalesce(sum(amount), 0) from account_entries) as owed"""


async def _notes(conn: Connection, found: Sequence[AdoptedFlat]) -> AsyncIterator[str]:
    counts = await conn.fetchrow(_COUNTS)
    assert counts is not None  # noqa: S101 — counts always have their row
    yield (
        f"Adopted {counted(counts['bills'], 'bill')} and {counted(counts['readings'], 'reading')} as they are; "
        f"{counted(counts['pending'], 'reading waits', 'readings wait')} for an admin."
    )
    opened, owed = counted(counts["opened"], "account"), counts["owed"] + ZERO
    yield f"Opened {opened} with unpaid bills, {owed:,.2f} rupees in all."
    for note in (*_parked_note(found), *_owner_note(await flats.meters_without_owner(conn))):
        yield note
    yield (
        "Row-level security is on: a screen that uses the anon key is cut off from now on, it sees and writes nothing."
    )
    yield (
        "The old screen must stop writing, with whatever key: a bill it adds from now on belongs to no account, "
        f"`{command('verify')}` lists it, and its flat is parked."
    )


def _parked_note(found: Sequence[AdoptedFlat]) -> Iterator[str]:
    waiting = parked(found)
    if waiting:
        each = "; ".join(f"{flat.code} ({flat.parked_because})" for flat in waiting)
        yield f"Parked until an admin chooses the opening balance: {each}."


def _owner_note(codes: Sequence[str]) -> Iterator[str]:
    if codes:
        yield f"These flats have an active meter but no owner on record, so they cannot be billed: {', '.join(codes)}."
