"""Bank statements: their credits, each once however often it is sent, and what was decided about them."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class NewLine:
    """A credit as it is kept; `key` is what it is called in every statement that holds it, `amount` rupees."""

    number: int
    key: str
    day: date
    amount: Decimal
    reference: str | None
    reference_key: str | None
    narration: str


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A credit of a statement; `state` is open, posted, recorded (by another route, as `entry_id`) or ignored."""

    id: int
    statement_id: int
    row_number: int
    day: date
    amount: Decimal
    reference: str | None
    narration: str
    state: str
    flat_code: str | None
    entry_id: int | None
    decider: str | None


@dataclass(frozen=True, slots=True)
class FlatOwing:
    """A flat with what it owes, in rupees, and its newest bill's total."""

    flat_id: int
    code: str
    owed: Decimal
    bill_total: Decimal | None


async def add(conn: Connection, sha256: bytes, file_name: str, by: int | None, at: datetime) -> tuple[int, bool]:
    """The statement's id, and whether this file is new."""
    sql = """
        insert into statements (sha256, file_name, imported_by, imported_at) values ($1, $2, $3, $4)
        on conflict (sha256) do nothing returning id"""
    statement_id = await conn.fetchval(sql, sha256, file_name, by, at)
    if statement_id is not None:
        return statement_id, True
    return await conn.fetchval("select id from statements where sha256 = $1", sha256), False


async def add_rows(conn: Connection, statement_id: int, rows: Sequence[NewLine]) -> int:
    """Keep the rows that no statement had before; how many these are."""
    sql = """
        with new as (
            insert into statement_rows
                (statement_id, row_number, row_key, day, amount, reference, reference_key, narration)
            select $1, * from unnest(
                $2::int[], $3::text[], $4::date[], $5::numeric[], $6::text[], $7::text[], $8::text[])
            on conflict (row_key) do nothing returning 1)
        select count(*) from new"""
    columns = zip(*[astuple(row) for row in rows], strict=True)
    count: int = await conn.fetchval(sql, statement_id, *[list(column) for column in columns])
    return count


_LINES = """
    select s.id, s.statement_id, s.row_number, s.day, s.amount, s.reference, s.narration,
           case when s.state <> 'ignored' or s.entry_id is null then s.state
                when exists (select from account_entries r where r.reverses_id = s.entry_id) then 'open'
                else 'recorded' end as state,
           f.code as flat_code, s.entry_id, p.name as decider
    from statement_rows s left join flats f on f.id = s.flat_id left join people p on p.id = s.decided_by"""


async def lines(conn: Connection, statement_id: int) -> list[StatementLine]:
    """Return the statement's credits in the order of its rows."""
    rows = await conn.fetch(f"{_LINES} where s.statement_id = $1 order by s.row_number", statement_id)
    return [StatementLine(**row) for row in rows]


async def line(conn: Connection, line_id: int) -> StatementLine | None:
    """Return the credit with this id."""
    row = await conn.fetchrow(f"{_LINES} where s.id = $1", line_id)
    return StatementLine(**row) if row else None


async def hold(conn: Connection, statement_id: int) -> None:
    """Let nobody else decide about the statement until the transaction ends."""
    await conn.execute("select from statement_rows where statement_id = $1 order by id for update", statement_id)


async def decide(
    conn: Connection,
    line_id: int,
    state: str,
    *,
    by: int | None,
    at: datetime,
    flat_id: int | None,
    entry_id: int | None,
) -> bool:
    """Mark the credit as `posted`, `recorded` or `ignored`; false where it was decided before.

    One that is recorded is ignored for the sake of a payment, until that is taken back or somebody knows better.
    """
    sql = """
        update statement_rows set state = $2, decided_by = $3, decided_at = $4, flat_id = $5, entry_id = $6
        where id = $1 and (state = 'open' or state = 'ignored' and entry_id is not null) returning true"""
    stored = "ignored" if state == "recorded" else state
    return bool(await conn.fetchval(sql, line_id, stored, by, at, flat_id, entry_id))


async def standing(conn: Connection, entry_ids: Sequence[int]) -> set[int]:
    """Return those of the payments that a row of a statement is about."""
    sql = "select distinct entry_id from statement_rows where entry_id = any($1::bigint[])"
    return {row["entry_id"] for row in await conn.fetch(sql, list(entry_ids))}


async def flats_owing(conn: Connection) -> list[FlatOwing]:
    """Return every flat that is not set aside, with what it owes and its newest bill's total."""
    sql = """
        select f.id as flat_id, f.code, coalesce(owed.amount, 0) as owed, newest.total_amount as bill_total
        from flats f
        left join (
            select flat_id, sum(amount) as amount from account_entries group by flat_id) owed on owed.flat_id = f.id
        left join (
            select distinct on (flat_id) flat_id, total_amount from bills
            where status is distinct from 'void' and billing_period_end is not null
            order by flat_id, billing_period_end desc, id desc) newest on newest.flat_id = f.id
        where not exists (select from parked_flats p where p.flat_id = f.id)
        order by f.code"""
    return [FlatOwing(**row) for row in await conn.fetch(sql)]


async def flats_of_bills(conn: Connection, bill_ids: Sequence[int]) -> dict[int, int]:
    """Return the flats' ids by bill id, of those of the bills that exist and count."""
    sql = """
        select b.id, b.flat_id from bills b where b.id = any($1::bigint[]) and b.status is distinct from 'void'
        and not exists (select from parked_flats p where p.flat_id = b.flat_id)"""
    return {row["id"]: row["flat_id"] for row in await conn.fetch(sql, list(bill_ids))}
