"""Runs of a month: which readings a run is to bill, and what came of each; the rows are its progress."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from domain.money import ZERO

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from domain.period import Period
    from storage.database import Connection


class Outcome(StrEnum):
    """What came of a reading in a run; `skipped`: nothing is to be done, or not yet."""

    WAITING = "waiting"
    ISSUED = "issued"
    SKIPPED = "skipped"
    COLLISION = "collision"
    PARKED = "parked"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class BillRun:
    """One run over a period, both days included. `card` in `chat_id` is the message that shows its progress."""

    id: int
    period_from: date
    period_to: date
    due_date: date | None
    started_by: int | None
    actor: str
    started_at: datetime
    finished_at: datetime | None
    state: str
    chat_id: int | None
    card: str | None
    told_at: datetime | None

    @property
    def is_done(self) -> bool:
        """Nothing of it waits any more."""
        return self.state == "done"


@dataclass(frozen=True, slots=True)
class Starter:
    """Who starts a run and where its progress is told."""

    person_id: int | None
    name: str
    chat_id: int | None = None
    card: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """What came of one reading; `reason` is a code."""

    reading_id: int
    outcome: Outcome
    reason: str | None = None
    bill_id: int | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A flat of a run that got no bill, and the code of the reason."""

    flat_code: str
    outcome: Outcome
    reason: str | None


@dataclass(frozen=True, slots=True)
class Held:
    """Flats that this transaction holds: those that can be billed now, and all that are locked for them."""

    to_bill: tuple[int, ...]
    locked: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How many readings came to what, and the rupees of the bills issued."""

    counts: dict[Outcome, int]
    total: Decimal

    @property
    def planned(self) -> int:
        """All readings of the run."""
        return sum(self.counts.values())

    @property
    def done(self) -> int:
        """Those that wait no more."""
        return self.planned - self.counts[Outcome.WAITING]

    @property
    def issued(self) -> int:
        """How many bills there are."""
        return self.counts[Outcome.ISSUED]


_RUN = """
    id, period_from, period_to, due_date, started_by, actor, started_at, finished_at, state, chat_id, card, told_at"""


async def begin(conn: Connection, period: Period, due: date | None, starter: Starter) -> BillRun:
    """A run over the period; where one is under way, that one, which is joined with its own due date."""
    sql = f"""
        insert into bill_runs (period_from, period_to, due_date, started_by, actor, chat_id, card)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (period_from, period_to) where state = 'running' do update
        set chat_id = coalesce(excluded.chat_id, bill_runs.chat_id), card = coalesce(excluded.card, bill_runs.card)
        returning {_RUN}"""
    who = (starter.person_id, starter.name, starter.chat_id, starter.card)
    [row] = await conn.fetch(sql, period.start, period.end, due, *who)
    return BillRun(**row)


async def get(conn: Connection, run_id: int, *, for_update: bool = False) -> BillRun:
    """The run with this id; `LookupError` when there is none."""
    row = await conn.fetchrow(
        f"select {_RUN} from bill_runs where id = $1 {'for update' if for_update else ''}", run_id
    )
    if row is None:
        raise LookupError(run_id)
    return BillRun(**row)


async def plan(conn: Connection, run_id: int, period: Period) -> None:
    """Puts every approved flat reading of the period on the run's list, unless it is there.

    Not those whose approval may still be undone by a press.
    """
    sql = """
        insert into bill_run_items (run_id, flat_id, reading_id)
        select $1, m.flat_id, r.id from readings r join meters m on m.id = r.meter_id
        where r.state = 'approved' and m.flat_id is not null and r.reading_date between $2 and $3
          and not exists (select from approval_batches b where b.id = r.approval_batch and b.state = 'waiting')
        order by m.flat_id, r.id
        on conflict do nothing"""
    await conn.execute(sql, run_id, period.start, period.end)


async def slices(conn: Connection, run_id: int, flats: int, after: int = 0) -> list[int]:
    """Ids of the last flats of the run's slices of so many flats that wait, behind flat `after`, ascending."""
    sql = """
        select max(flat_id) as last from (
            select flat_id, (row_number() over (order by flat_id) - 1) / $2 as slice from (
                select distinct flat_id from bill_run_items
                where run_id = $1 and outcome = 'waiting' and flat_id > $3) waiting) numbered
        group by slice order by slice"""
    return [row["last"] for row in await conn.fetch(sql, run_id, flats, after)]


async def slice_end(conn: Connection, run_id: int, flats: int, after: int) -> int | None:
    """Id of the last flat of the next slice behind flat `after`; none where nothing waits there."""
    sql = """
        select max(flat_id) from (
            select distinct flat_id from bill_run_items
            where run_id = $1 and outcome = 'waiting' and flat_id > $2 order by flat_id limit $3) next"""
    last: int | None = await conn.fetchval(sql, run_id, after, flats)
    return last


async def under_way(conn: Connection, period: Period) -> BillRun | None:
    """The run over this period that has not ended."""
    sql = f"select {_RUN} from bill_runs where period_from = $1 and period_to = $2 and state = 'running'"
    row = await conn.fetchrow(sql, period.start, period.end)
    return BillRun(**row) if row else None


async def hold_slice(conn: Connection, run_id: int, after: int, last: int) -> Held:
    """Locks the flats of the run that wait behind `after` up to `last`, and all that share a motor with them.

    Ids ascending. What somebody else holds is not waited for: it is left out, with those that share a motor with it.
    """
    sql = """
        with next as materialized (
            select distinct flat_id from bill_run_items
            where run_id = $1 and outcome = 'waiting' and flat_id > $2 and flat_id <= $3
        ), mates as materialized (
            select own.flat_id, other.flat_id as mate
            from next join flat_motors own using (flat_id) join flat_motors other using (motor_id)
        ), held as materialized (
            select id from flats
            where id = any(array(select flat_id from next union select mate from mates)) order by id
            for update skip locked
        )
        select array(select id from held order by id) as locked,
               array(select flat_id from next where flat_id in (select id from held) except
                     select flat_id from mates where mate not in (select id from held)) as to_bill"""
    row = await conn.fetchrow(sql, run_id, after, last)
    assert row is not None  # noqa: S101 — a select of scalars always has its row
    return Held(tuple(sorted(row["to_bill"])), tuple(row["locked"]))


async def readings_to_bill(conn: Connection, run_id: int, flat_ids: Sequence[int]) -> list[int]:
    """Of each of these flats the earliest reading that still waits in the run, held until the transaction ends."""
    sql = """
        select r.id from readings r where r.id = any(array(
            select distinct on (i.flat_id) i.reading_id from bill_run_items i join readings x on x.id = i.reading_id
            where i.run_id = $1 and i.outcome = 'waiting' and i.flat_id = any($2::bigint[])
            order by i.flat_id, x.reading_date, x.id))
        order by r.id for update"""
    return [row["id"] for row in await conn.fetch(sql, run_id, list(flat_ids))]


async def settle(conn: Connection, run_id: int, items: Sequence[Item]) -> None:
    """Writes what came of these readings."""
    sql = """
        update bill_run_items i set outcome = n.outcome, reason = n.reason, bill_id = n.bill_id
        from unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[]) as n (reading_id, outcome, reason, bill_id)
        where i.run_id = $1 and i.reading_id = n.reading_id"""
    rows = ((one.reading_id, one.outcome.value, one.reason, one.bill_id) for one in items)
    if items:
        await conn.execute(sql, run_id, *map(list, zip(*rows, strict=True)))


async def finish(conn: Connection, run_id: int) -> bool:
    """Ends a run of which nothing waits; true for the one who ended it."""
    sql = """
        update bill_runs set state = 'done', finished_at = now()
        where id = $1 and state = 'running'
          and not exists (select from bill_run_items where run_id = $1 and outcome = 'waiting')
        returning id"""
    return await conn.fetchval(sql, run_id) is not None


async def retry_failed(conn: Connection, run: BillRun, starter: Starter) -> int:
    """Has what failed tried again in the same run; returns how many. 0: nothing, or another run is under way."""
    sql = """
        with again as (
            update bill_runs r set state = 'running', finished_at = null, started_by = $2, actor = $3,
                chat_id = $4, card = $5
            where id = $1 and state = 'done' and not exists (
                select from bill_runs other where other.period_from = r.period_from
                and other.period_to = r.period_to and other.state = 'running')
            returning id)
        update bill_run_items i set outcome = 'waiting', reason = null from again
        where i.run_id = again.id and i.outcome = 'failed' returning 1"""
    return len(await conn.fetch(sql, run.id, starter.person_id, starter.name, starter.chat_id, starter.card))


async def tell(conn: Connection, run_id: int, at: datetime) -> None:
    """Its progress is told at this moment."""
    await conn.execute("update bill_runs set told_at = $2 where id = $1", run_id, at)


async def progress(conn: Connection, run_id: int) -> Progress:
    """How far the run is."""
    sql = """
        select i.outcome, count(*) as count, coalesce(sum(b.total_amount), 0) as total
        from bill_run_items i left join bills b on b.id = i.bill_id where i.run_id = $1 group by i.outcome"""
    rows = {Outcome(row["outcome"]): row for row in await conn.fetch(sql, run_id)}
    counts = {outcome: rows[outcome]["count"] if outcome in rows else 0 for outcome in Outcome}
    return Progress(counts, sum((row["total"] for row in rows.values()), start=ZERO))


async def without_bill(conn: Connection, run_id: int) -> list[Listed]:
    """The flats of the run that got no bill, by code."""
    sql = """
        select f.code, i.outcome, i.reason from bill_run_items i join flats f on f.id = i.flat_id
        where i.run_id = $1 and i.outcome not in ('waiting', 'issued') order by f.code, i.reading_id"""
    return [Listed(row["code"], Outcome(row["outcome"]), row["reason"]) for row in await conn.fetch(sql, run_id)]
