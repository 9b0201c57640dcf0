"""Accounts: what is owed on each flat, as entries that are only ever added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.account import Entry, EntryKind
from domain.money import ZERO

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from storage.database import Connection, Row


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry about to be posted. `amount` in rupees: more than zero is owed (debit), less is given (credit).

    (`source_type`, `source_id`) is what caused it, and can cause it once. `reference_key` is the normalised form under
    which a payment is recognised again on its flat.
    """

    flat_id: int
    kind: EntryKind
    amount: Decimal
    posted_on: date
    value_date: date
    source_type: str
    source_id: str
    bill_id: int | None = None
    reverses_id: int | None = None
    refunds_id: int | None = None
    method: str | None = None
    reference: str | None = None
    reference_key: str | None = None
    note: str | None = None
    recorded_by: int | None = None


_COLUMNS = "id, kind, amount, posted_on, value_date, bill_id, reverses_id, refunds_id"


_KINDS = {kind.value: kind for kind in EntryKind}


def _entry(row: Row) -> Entry:
    entry_id, kind, *rest = row
    return Entry(entry_id, _KINDS[kind], *rest)


_COLUMNS_IN = """
    flat_id, kind, amount, posted_on, value_date, source_type, source_id, bill_id, reverses_id, refunds_id,
    method, reference, reference_key, note, recorded_by"""


async def post(conn: Connection, new: NewEntry) -> Entry:
    """Add an entry; its flat is locked. Its bills' statuses follow by `jobs.statuses`.

    Raises asyncpg.UniqueViolationError where its source, reversal or payment reference is posted already, and
    asyncpg.PostgresError with sqlstate BC002 where `posted_on` lies in a locked month.
    """
    sql = f"""
        insert into account_entries ({_COLUMNS_IN})
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) returning {_COLUMNS}"""
    row = await conn.fetchrow(sql, *_values(new))
    assert row is not None  # noqa: S101 — an insert that returns gives its row or raises
    return _entry(row)


async def post_many(conn: Connection, new: Sequence[NewEntry]) -> None:
    """Add several entries in this order as `post` does, all or none."""
    sql = f"""
        insert into account_entries ({_COLUMNS_IN})
        select {_COLUMNS_IN}
        from unnest($1::bigint[], $2::text[], $3::numeric[], $4::date[], $5::date[], $6::text[], $7::text[],
                    $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::text[], $13::text[], $14::text[],
                    $15::bigint[])
            with ordinality as new ({_COLUMNS_IN}, place)
        order by place"""
    if new:
        await conn.execute(sql, *map(list, zip(*map(_values, new), strict=True)))


def _values(new: NewEntry) -> tuple[object, ...]:
    what = (new.flat_id, new.kind.value, new.amount, new.posted_on, new.value_date, new.source_type, new.source_id)
    links = (new.bill_id, new.reverses_id, new.refunds_id)
    return (*what, *links, new.method, new.reference, new.reference_key, new.note, new.recorded_by)


async def entries(conn: Connection, flat_id: int) -> list[Entry]:
    """Return the flat's entries in posting order."""
    sql = f"select {_COLUMNS} from account_entries where flat_id = $1 order by id"
    return [_entry(row) for row in await conn.fetch(sql, flat_id)]


async def entries_of(conn: Connection, flat_ids: Sequence[int]) -> dict[int, list[Entry]]:
    """Return the entries of several flats by flat id, each in posting order; flats without entries are there too."""
    sql = f"""
        select e.* from unnest($1::bigint[]) as f (id) cross join lateral (
            select flat_id, {_COLUMNS} from account_entries where flat_id = f.id order by id offset 0) e"""
    found: dict[int, list[Entry]] = {flat_id: [] for flat_id in flat_ids}
    for flat_id, entry_id, kind, *rest in await conn.fetch(sql, list(flat_ids)):
        found[flat_id].append(Entry(entry_id, _KINDS[kind], *rest))
    return found


async def balance(conn: Connection, flat_id: int) -> Decimal:
    """Return what is owed on the flat, in rupees; negative is credit."""
    return (await balances(conn, [flat_id]))[flat_id]


async def balances(conn: Connection, flat_ids: Sequence[int]) -> dict[int, Decimal]:
    """Return what is owed on each of the flats, in rupees; negative is credit, zero where nothing was posted."""
    sql = "select flat_id, sum(amount) as owed from account_entries where flat_id = any($1::bigint[]) group by flat_id"
    owed = {row["flat_id"]: row["owed"] for row in await conn.fetch(sql, list(flat_ids))}
    return {flat_id: owed.get(flat_id, ZERO) for flat_id in flat_ids}


async def open_flats(conn: Connection) -> list[int]:
    """Return the ids of all flats that have entries, ascending."""
    return [row["flat_id"] for row in await conn.fetch("select distinct flat_id from account_entries order by flat_id")]
