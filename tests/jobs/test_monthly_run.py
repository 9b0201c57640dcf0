"""The monthly run: the same bills as one by one, once, whoever runs, however often, wherever it was interrupted."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from domain.locks import FIRST_LOCKED
from domain.period import Month, Period, whole_month
from jobs import monthly_run
from jobs.issue_bill import Issued, issue
from jobs.monthly_run import (
    PeriodLocked,
    RunResult,
    bill_slice,
    month_just_ended,
    run_month,
    run_period,
    start,
    work_off,
)
from jobs.verify import verify
from jobs.work import Actor, Work
from jobs.workplace import Workplace
from storage import bill_runs
from storage.bill_runs import BillRun, Outcome, Starter
from storage.database import Connection, Database
from tests.society import SOCIETY, Town, build, past, work

OCTOBER = Month(2026, 10)
NOW = datetime(2026, 11, 1, 20, 30, tzinfo=UTC)
"""2:00 on 2 Nov in Kolkata: owners sleep."""
CODES = ("B17-GF", "B17-FF", "B17-SF", "C14-FF", "C14-SF", "VILLA-A2", "SCO-3")


@pytest.fixture
async def town(db: Database) -> Town:
    """Seven flats with approved readings of October, one of them with arrears, one with credit."""
    async with db.transaction() as conn:
        built = await build(conn)
        for number, code in enumerate(CODES):
            await past(conn, built.flat(code), date(2026, 9, 20), "120")
            await past(conn, built.flat(code), date(2026, 10, 12 + number), f"{140 + number}.25", state="approved")
        await opening(conn, built.flat("B17-FF").flat_id, "500.50")
        await opening(conn, built.flat("VILLA-A2").flat_id, "-9000")
    return built


async def opening(conn: Connection, flat_id: int, amount: str) -> None:
    sql = """
        insert into account_entries (flat_id, kind, amount, posted_on, value_date, source_type, source_id)
        values ($1, 'OPENING', $2, '2026-10-01', '2026-10-01', 'opening', $3)"""
    await conn.execute(sql, flat_id, Decimal(amount), str(flat_id))


def place(db: Database, now: datetime = NOW) -> Workplace:
    return Workplace(db, SOCIETY, lambda: now)


async def run(db: Database, month: Month = OCTOBER) -> RunResult:
    done = await run_month(place(db), month)
    assert isinstance(done, RunResult)
    return done


async def rows(db: Database, sql: str) -> list[tuple[Any, ...]]:
    async with db.transaction() as conn:
        return [tuple(row) for row in await conn.fetch(sql)]


_BILLS = """
    select f.code, b.billing_period_start, b.billing_period_end, b.due_date, b.flat_reading_id, b.flat_units,
           b.water_motor_share, b.total_units, b.rate_per_unit, b.energy_charge, b.fixed_charge,
           b.previous_outstanding, b.total_amount, b.status, b.issued_by, b.provisional, b.created_at,
           e.amount, e.posted_on, e.value_date, e.source_type, e.recorded_by, r.state, r.consumption
    from bills b join flats f on f.id = b.flat_id join readings r on r.id = b.flat_reading_id
    join account_entries e on e.bill_id = b.id and e.kind = 'CHARGE' and e.source_id = b.id::text order by f.code"""


_MESSAGES = """
    select kind, source_type, chat_id, person_id, sequence, payload, bulk, not_before, status,
           card = 'bill:' || bill_id, source_id = bill_id::text
    from notifications where kind = 'bill' order by bill_id"""
_TRAIL = """
    select actor, action, subject_type, after from audit where action = 'bill.issued' order by after ->> 'flat'"""


class UndoneError(Exception):
    """Nothing of the transaction stays."""


async def test_the_run_makes_the_bills_that_single_approvals_make(db: Database, town: Town) -> None:
    single: list[list[tuple[Any, ...]]] = []
    with pytest.raises(UndoneError):
        await one_by_one(db, town, single)
    assert await rows(db, "select count(*) from bills") == [(0,)]
    await run(db)
    assert [await rows(db, _BILLS), await rows(db, _TRAIL)] == single[:2]
    opens = datetime(2026, 11, 2, 8, tzinfo=SOCIETY.zone)
    assert [(*row[:6], True, opens, *row[8:]) for row in single[2]] == await rows(db, _MESSAGES)
    assert [row[0] for row in single[0]] == sorted(CODES)


async def one_by_one(db: Database, town: Town, found: list[list[tuple[Any, ...]]]) -> None:
    """What the readings become when each is issued by itself; nothing of it stays."""
    async with db.transaction() as conn:
        for code in CODES:
            sql = "select id from readings where meter_id = $1 and state = 'approved'"
            reading_id = await conn.fetchval(sql, town.flat(code).meter_id)
            assert isinstance(await issue(Work(conn, NOW, SOCIETY, Actor(None, "schedule"), "ONE"), reading_id), Issued)
        found += [[tuple(row) for row in await conn.fetch(sql)] for sql in (_BILLS, _TRAIL, _MESSAGES)]
        raise UndoneError


async def test_statuses_are_those_of_single_approvals(db: Database, town: Town) -> None:
    await run(db)
    found = dict(await rows(db, "select f.code, b.status from bills b join flats f on f.id = b.flat_id"))
    assert found["VILLA-A2"] == "paid"
    assert found["B17-FF"] == "pending"


async def test_earlier_bills_stand_as_after_single_approvals(db: Database, town: Town) -> None:
    """Open ones of October are overdue when those of November come."""
    await run(db)
    async with db.transaction() as conn:
        for number, code in enumerate(CODES):
            await past(conn, town.flat(code), date(2026, 11, 12 + number), "150", state="approved")
    later = datetime(2026, 12, 1, 20, 30, tzinfo=UTC)
    sql = "select flat_id, billing_period_end, previous_outstanding, status from bills order by flat_id, id"
    single: list[tuple[Any, ...]] = []

    async def one_after_the_other() -> None:
        async with db.transaction() as conn:
            for row in await conn.fetch("select id from readings where state = 'approved' order by id"):
                await issue(Work(conn, later, SOCIETY, Actor(None, "schedule"), "ONE"), row["id"])
            single.extend(tuple(row) for row in await conn.fetch(sql))
            raise UndoneError

    with pytest.raises(UndoneError):
        await one_after_the_other()
    await run_month(place(db, later), Month(2026, 11))
    assert await rows(db, sql) == single
    assert {"overdue", "paid", "pending"} <= {row[3] for row in single}


async def test_a_second_run_issues_nothing(db: Database, town: Town) -> None:
    first = await run(db)
    again = await run(db)
    assert (first.progress.issued, again.progress.issued) == (7, 0)
    assert (again.skipped, again.total) == (7, Decimal(0))
    assert await rows(db, "select count(*) from bills") == [(7,)]


async def test_months_touched_by_a_lock_are_refused_whole(db: Database, town: Town) -> None:
    assert await run_month(place(db), FIRST_LOCKED) == PeriodLocked((FIRST_LOCKED,))
    across = Period(date(2025, 11, 30), date(2026, 10, 31))
    assert await run_period(place(db), Starter(None, "schedule"), across) == PeriodLocked((FIRST_LOCKED,))
    assert await rows(db, "select count(*) from bill_runs") == [(0,)]


async def test_only_readings_of_the_month_are_billed(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        await past(conn, town.flat("C8-GF"), date(2026, 11, 1), "99", state="approved")
        await past(conn, town.flat("B7-FF"), date(2026, 10, 31), "98", state="approved")
    done = await run(db)
    assert done.progress.issued == 8
    assert await rows(db, "select count(*) from readings where state = 'approved'") == [(1,)]


async def test_a_month_already_billed_is_a_collision_and_left(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        await past(conn, town.flat("B17-FF"), date(2026, 10, 28), "40", state="approved")
    done = await run(db)
    assert (done.progress.issued, done.flats(Outcome.COLLISION)) == (7, ["B17-FF"])
    assert await rows(db, "select reading_value from readings where state = 'approved'") == [(Decimal(40),)]


async def test_a_parked_flat_and_a_changed_reading_stop_no_other(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        await conn.execute(
            "insert into parked_flats (flat_id, reason) values ($1, 'because')", town.flat("SCO-3").flat_id
        )
    done = await run(db)
    assert (done.progress.issued, done.flats(Outcome.PARKED)) == (6, ["SCO-3"])


async def test_one_bad_flat_fails_alone_and_is_tried_again(db: Database, dsn: str, town: Town) -> None:
    owner = await asyncpg.connect(dsn)
    bad = town.flat("C14-FF").flat_id
    await owner.execute(
        f"""create function no_luck() returns trigger language plpgsql as $$ begin
            if new.flat_id = {bad} then raise exception 'no luck'; end if; return new; end $$;
            create trigger a_no_luck before insert on bills for each row execute function no_luck()"""
    )
    done = await run(db)
    assert (done.progress.issued, done.flats(Outcome.FAILED)) == (6, ["C14-FF"])
    assert done.run.is_done
    await owner.execute("drop trigger a_no_luck on bills")
    await owner.close()
    async with db.transaction() as conn:
        assert await bill_runs.retry_failed(conn, done.run, Starter(town.rekha.person_id, "Rekha")) == 1
        assert await bill_runs.retry_failed(conn, done.run, Starter(town.mohan.person_id, "Mohan")) == 0
    await work_off(place(db), await stored(db, done.run.id))
    assert (await rows(db, "select count(*) from bills")) == [(7,)]
    assert (await rows(db, "select p.name from bills b join people p on p.id = b.issued_by")) == [("Rekha",)]


async def stored(db: Database, run_id: int) -> BillRun:
    async with db.transaction() as conn:
        return await bill_runs.get(conn, run_id)


async def test_two_processes_at_once_issue_each_bill_once(
    db: Database, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monthly_run, "CHUNK", 1)
    done = await asyncio.gather(*(run_month(place(db), OCTOBER) for _ in range(4)))
    assert {one.run.id for one in done if isinstance(one, RunResult)} == {1}
    assert [one.progress.issued for one in done if isinstance(one, RunResult)] == [7] * 4
    assert await rows(db, "select count(*), count(distinct flat_reading_id) from bills") == [(7, 7)]
    assert await rows(db, "select count(*) from audit where action = 'run.finished'") == [(1,)]
    async with db.transaction() as conn:
        assert (await verify(conn)).ok


async def test_what_an_interrupted_run_left_is_done_by_the_next(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        begun = await start(work(conn, town.rekha, NOW), whole_month(OCTOBER), None, Starter(None, "Rekha"))
        assert isinstance(begun, BillRun)
        await bill_slice(work(conn, town.rekha, NOW), begun, 0, town.flat("B17-SF").flat_id)
    done = await run(db)
    assert (done.run.id, done.progress.issued) == (begun.id, 7)
    assert await rows(db, "select count(*) from bills") == [(7,)]


@pytest.mark.parametrize(
    ("instant", "month"),
    [
        (datetime(2026, 10, 31, 18, 29, 59, tzinfo=UTC), Month(2026, 9)),
        (datetime(2026, 10, 31, 18, 30, tzinfo=UTC), Month(2026, 10)),
        (datetime(2028, 2, 29, 18, 29, 59, tzinfo=UTC), Month(2028, 1)),
        (datetime(2028, 2, 29, 18, 30, tzinfo=UTC), Month(2028, 2)),
    ],
)
def test_the_month_just_ended_is_that_of_the_society(instant: datetime, month: Month) -> None:
    """Promise P2."""
    assert month_just_ended(instant, SOCIETY.zone) == month


async def test_bills_are_issued_on_the_day_of_the_society(db: Database, town: Town) -> None:
    """Promise P2: a second before and at midnight in Kolkata."""
    async with db.transaction() as conn:
        home = town.flat("C8-GF")
        await past(conn, home, date(2026, 9, 30), "99", state="approved")
    before, midnight = (
        datetime(2026, 10, 31, 18, minute, second, tzinfo=UTC) for minute, second in ((29, 59), (30, 0))
    )
    await run_month(place(db, before), Month(2026, 9))
    await run_month(place(db, midnight), OCTOBER)
    assert await rows(
        db, "select distinct posted_on, due_date from account_entries e join bills b on b.id = e.bill_id order by 1"
    ) == [
        (date(2026, 10, 31), date(2026, 11, 10)),
        (date(2026, 11, 1), date(2026, 11, 11)),
    ]
