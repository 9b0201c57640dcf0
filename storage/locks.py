"""Locked months (billing rule 7), and what their bills looked like when they were locked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from domain.locks import LockedMonths
from domain.period import Month

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from storage.database import Connection


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A month's bills: how many, their total in rupees, a hash over all but status and updated_at."""

    count: int
    total: Decimal
    hash: str


@dataclass(frozen=True, slots=True)
class Lock:
    """A locked month with what was measured when it was locked."""

    month: Month
    locked_at: datetime
    baseline: Fingerprint | None
    baseline_at: datetime | None


FINGERPRINT: Final = """
    select count(*) as count, coalesce(sum(total_amount), 0) as total,
           encode(sha256(convert_to(coalesce(string_agg(row, E'\\n' order by id), ''), 'UTF8')), 'hex') as hash
    from (select id, total_amount,
                 jsonb_strip_nulls(to_jsonb(b) - array['status', 'updated_at'] || jsonb_build_object(
                     'provisional', nullif(to_jsonb(b) -> 'provisional', 'false')))::text as row
          from bills b where billing_period_end between $1 and $2) as month"""
# Columns that the service added are null (or false) on old rows and left out, so that the figure is the same before
# adoption and after every migration.


async def locked_months(conn: Connection) -> LockedMonths:
    """Return the months locked now."""
    rows = await conn.fetch("select month from locks where unlocked_at is null")
    return LockedMonths(frozenset(Month.of(row["month"]) for row in rows))


async def live_locks(conn: Connection) -> list[Lock]:
    """Return the locks in force with their baselines, oldest month first."""
    sql = """
        select month, locked_at, bill_count, bill_total, bills_hash, baseline_at from locks
        where unlocked_at is null order by month"""
    return [
        Lock(
            Month.of(row["month"]),
            row["locked_at"],
            Fingerprint(row["bill_count"], row["bill_total"], row["bills_hash"]) if row["baseline_at"] else None,
            row["baseline_at"],
        )
        for row in await conn.fetch(sql)
    ]


async def fingerprint(conn: Connection, month: Month) -> Fingerprint:
    """Measure the bills whose period ends in `month`, void ones included. Works on a database not adopted yet.

    The transaction's time zone is UTC afterwards: times of day are part of the hash.
    """
    await conn.execute("set local timezone = 'UTC'; set local datestyle = 'ISO'")
    row = await conn.fetchrow(FINGERPRINT, month.first_day, month.last_day)
    assert row is not None  # noqa: S101 — an aggregate always has its row
    return Fingerprint(**row)


async def lock(conn: Connection, month: Month, by: int | None) -> bool:
    """Lock a month with its baseline as of now; false where it is locked. Whether it may be is for the caller."""
    now = await fingerprint(conn, month)
    sql = """
        insert into locks (month, locked_by, bill_count, bill_total, bills_hash, baseline_at)
        values ($1, $2, $3, $4, $5, now())
        on conflict (month) where unlocked_at is null do nothing returning id"""
    return await conn.fetchval(sql, month.first_day, by, now.count, now.total, now.hash) is not None


async def unlock(conn: Connection, month: Month, by: int | None) -> bool:
    """Open a month again; the lock stays on record. False where it was not locked."""
    sql = """
        update locks set unlocked_at = now(), unlocked_by = $2 where month = $1 and unlocked_at is null returning id"""
    return await conn.fetchval(sql, month.first_day, by) is not None


def first_open_day(locked: LockedMonths, day: date) -> date:
    """Return `day`, or the first later one outside locked months: nothing is posted in a locked month."""
    month = Month.of(day)
    while month in locked.months:
        month = month.next()
    return max(day, month.first_day)
