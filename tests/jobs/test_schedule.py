"""The clock: what is due runs once, however many processes look, and is caught up when none did (P10)."""

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from jobs import job_control
from jobs.job_run import Run, TakenOverError
from jobs.job_run import carry_out as done
from jobs.schedule import JOBS, Schedule
from jobs.work import Work
from storage import job_runs
from storage.database import Database
from tests.billing import NOW, issue
from tests.jobs.clockwork import Clockwork, local, recorded
from tests.society import Town, build, work


@pytest.fixture
async def town(db: Database) -> Town:
    async with db.transaction() as conn:
        return await build(conn)


async def _one_bill(db: Database, town: Town) -> None:
    async with db.transaction() as conn:
        await issue(work(conn, town.rekha, NOW), town.flat("B17-FF").flat_id, "146")


async def _statuses(db: Database) -> list[str]:
    async with db.transaction() as conn:
        return [row["status"] for row in await conn.fetch("select status from bills")]


async def test_a_bill_is_overdue_after_its_due_day_from_eleven_o_clock(db: Database, town: Town) -> None:
    await _one_bill(db, town)
    clock = Clockwork(db, NOW)
    for moment, status in (
        ("2026-11-13T12:00", "pending"),
        ("2026-11-14T10:59", "pending"),
        ("2026-11-14T11:00", "overdue"),
    ):
        await clock.at(moment)
        assert await _statuses(db) == [status]


async def test_the_office_gets_one_line_about_all_that_became_overdue(db: Database, town: Town) -> None:
    await _one_bill(db, town)
    await Clockwork(db, local("2026-11-20T12:00")).look()
    async with db.transaction() as conn:
        rows = await conn.fetch("select kind, status, message, chat_id from notifications where channel = 'discord'")
    assert [tuple(row) for row in rows] == [("office_bills_overdue", "off", "1 bill became overdue.", None)]


async def test_days_that_were_missed_are_caught_up_when_nothing_ever_ran(db: Database, town: Town) -> None:
    await _one_bill(db, town)
    await Clockwork(db, local("2027-01-02T23:00")).look()
    assert await _statuses(db) == ["overdue"]


@pytest.mark.parametrize("down", [timedelta(seconds=2), timedelta(hours=1), timedelta(days=3)])
async def test_a_first_of_the_month_that_was_missed_is_caught_up_once_by_two_processes(
    db: Database, down: timedelta
) -> None:
    monthly = recorded("monthly_bills")
    one, other = (Clockwork(db, NOW, {"monthly_bills": monthly.job}) for _ in range(2))
    await one.at("2026-10-31T23:59")
    for clock in (one, other):
        clock.now = local("2026-11-01T02:00") + down
    await asyncio.gather(*[clock.look() for clock in (one, other) for _ in range(4)])
    assert monthly.periods == ["2026-10"]
    await one.at("2026-12-01T02:00")
    assert monthly.periods == ["2026-10", "2026-11"]
    assert await one.rows("monthly_bills") == [
        ("2026-09", "first start", 0),
        ("2026-10", "done", 1),
        ("2026-11", "done", 1),
    ]


async def test_each_missed_month_is_done_and_only_the_last_missed_day(db: Database) -> None:
    monthly, daily = recorded("monthly_bills"), recorded("payment_reminders")
    clock = Clockwork(db, NOW, {"monthly_bills": monthly.job, "payment_reminders": daily.job})
    await clock.at("2026-10-31T12:00")
    await clock.at("2027-01-15T12:00", looks=5)
    assert monthly.periods == ["2026-10", "2026-11", "2026-12"]
    assert daily.periods == ["2027-01-15"]


async def test_a_later_month_waits_for_the_one_before(db: Database) -> None:
    monthly = recorded("monthly_bills")
    clock = Clockwork(db, NOW, {"monthly_bills": monthly.job})
    await clock.at("2026-10-31T12:00")
    monthly.failures = 2
    await clock.at("2026-12-15T12:00", looks=4)
    assert monthly.periods == ["2026-10", "2026-10", "2026-10", "2026-11"]


async def test_a_failing_job_is_tried_again_then_given_up_and_the_admins_are_told(db: Database, town: Town) -> None:
    daily = recorded("mark_overdue")
    daily.failures = 99
    clock = Clockwork(db, NOW, {"mark_overdue": daily.job})
    await clock.at("2026-11-12T12:00", looks=9)
    assert await clock.rows("mark_overdue") == [("2026-11-12", "failed", 5)]
    async with db.transaction() as conn:
        told = await conn.fetch("select chat_id from notifications where kind = 'job_failed' and chat_id is not null")
        error = await conn.fetchval("select error from job_runs")
        office = await conn.fetchval("select message from notifications where channel = 'discord'")
    assert {row["chat_id"] for row in told} == {town.rekha.chat_id, town.mohan.chat_id}
    assert error == "RuntimeError: the printer is on fire"
    assert office == "The job mark_overdue for 2026-11-12 failed. /jobs in the chat says why and runs it again."


async def test_a_job_that_ends_its_process_each_time_is_given_up(db: Database) -> None:
    daily = recorded("mark_overdue")
    clock = Clockwork(db, local("2026-11-12T12:00"), {"mark_overdue": daily.job})
    for _ in range(5):
        async with db.transaction() as conn:
            assert await job_runs.take(conn, "mark_overdue", "2026-11-12", clock.now, 60)
        await clock.run_out()
    await clock.look()
    assert daily.periods == []
    assert await clock.rows("mark_overdue") == [("2026-11-12", "failed", 6)]


async def _taken(db: Database, clock: Clockwork, name: str, period: str) -> Run:
    async with db.transaction() as conn:
        lease = await job_runs.take(conn, name, period, clock.now, 60)
    assert lease is not None
    return Run(clock.jobs[name], period, lease, clock.house)


async def test_whoever_was_taken_over_writes_nothing(db: Database, town: Town) -> None:
    await _one_bill(db, town)
    clock = Clockwork(db, local("2026-11-20T12:00"))
    zombie = await _taken(db, clock, "mark_overdue", "2026-11-20")
    await clock.run_out()
    heir = await _taken(db, clock, "mark_overdue", "2026-11-20")
    await done(zombie)
    assert await _statuses(db) == ["pending"]

    async def mark(at_work: Work) -> None:
        await at_work.conn.execute("update bills set status = 'overdue'")

    with pytest.raises(TakenOverError):
        await zombie.place.do(zombie.work(None).actor, "TEST", mark)  # type: ignore[arg-type] # only the name is wanted
    assert await _statuses(db) == ["pending"]
    await done(heir)
    assert await _statuses(db) == ["overdue"]
    assert await clock.rows("mark_overdue") == [("2026-11-20", "done", 2)]


@pytest.mark.slow
async def test_a_long_job_keeps_its_lease(db: Database) -> None:
    slow = recorded("mark_overdue")
    clock = Clockwork(db, local("2026-11-12T12:00"), {"mark_overdue": slow.job})
    clock.tempo = type(clock.tempo)(lease=2)

    async def sleep(_: Run) -> dict[str, int]:
        await asyncio.sleep(5)
        return {}

    object.__setattr__(slow.job, "do", sleep)
    first = asyncio.create_task(clock.look())
    while not first.done():
        await asyncio.sleep(0.2)
        await Clockwork(db, clock.now, clock.jobs).look()
    await first
    assert await clock.rows("mark_overdue") == [("2026-11-12", "done", 1)]


async def test_stopped_amid_a_job_it_is_given_back_at_once(db: Database) -> None:
    daily = recorded("mark_overdue")
    clock = Clockwork(db, local("2026-11-12T12:00"), {"mark_overdue": daily.job})
    clock.tempo = type(clock.tempo)(look=0.05, patience=0.1)
    begun = asyncio.Event()

    async def for_ever(_: Run) -> dict[str, int]:
        begun.set()
        await asyncio.Event().wait()
        return {}

    object.__setattr__(daily.job, "do", for_ever)
    running = asyncio.create_task(Schedule(clock.house, jobs=clock.jobs).run())
    await begun.wait()
    running.cancel()
    await asyncio.wait({running})
    object.__setattr__(daily.job, "do", daily.do)
    await clock.look()
    assert await clock.rows("mark_overdue") == [("2026-11-12", "done", 1)]


async def test_a_paused_job_does_not_run_and_days_missed_meanwhile_are_left_out(db: Database, town: Town) -> None:
    daily = recorded("payment_reminders")
    clock = Clockwork(db, NOW, {"payment_reminders": daily.job})
    await clock.at("2026-11-10T12:00")
    async with db.transaction() as conn:
        assert await job_control.pause(work(conn, town.rekha, clock.now), "payment_reminders")
        assert not await job_control.pause(work(conn, town.rekha, clock.now), "payment_reminders")
    await clock.at("2026-11-12T12:00")
    async with db.transaction() as conn:
        await job_control.resume(work(conn, town.rekha, clock.now), "payment_reminders")
    await clock.at("2026-11-12T13:00")
    assert daily.periods == []
    await clock.at("2026-11-13T10:00")
    assert daily.periods == ["2026-11-13"]


async def test_months_missed_while_paused_are_named_and_wait_for_somebody_who_looked(db: Database, town: Town) -> None:
    monthly = recorded("monthly_bills")
    clock = Clockwork(db, NOW, {"monthly_bills": monthly.job})
    await clock.at("2026-10-31T12:00")
    async with db.transaction() as conn:
        await job_control.pause(work(conn, town.rekha, clock.now), "monthly_bills")
    await clock.at("2026-12-02T12:00")
    assert monthly.periods == []
    async with db.transaction() as conn:
        resumed = await job_control.resume(work(conn, town.rekha, clock.now), "monthly_bills")
    assert [str(month) for month in resumed.missed] == ["2026-10", "2026-11"]
    await clock.at("2026-12-02T12:01", looks=3)
    assert monthly.periods == []
    await clock.at("2027-01-01T03:00")
    assert monthly.periods == ["2026-12"]


async def test_whoever_asks_has_it_done_at_once_even_while_it_is_paused(db: Database, town: Town) -> None:
    daily = recorded("mark_overdue")
    clock = Clockwork(db, NOW, {"mark_overdue": daily.job})
    await clock.at("2026-11-12T12:00")
    async with db.transaction() as conn:
        rekha = work(conn, town.rekha, clock.now)
        await job_control.pause(rekha, "mark_overdue")
        await job_control.run_soon(rekha, "mark_overdue", town.rekha.chat_id, "jobs:1")
    await clock.look()
    assert daily.periods == ["2026-11-12", "2026-11-12"]
    async with db.transaction() as conn:
        row = await conn.fetchrow("select chat_id, card from notifications where kind = 'job_ended'")
    assert tuple(row or ()) == (town.rekha.chat_id, "jobs:1")


async def test_the_clock_rings_by_itself(db: Database) -> None:
    daily = recorded("mark_overdue")
    clock = Clockwork(db, local("2026-11-12T12:00"), {"mark_overdue": daily.job})
    running = asyncio.create_task(Schedule(clock.house, jobs=clock.jobs).run())
    while await clock.rows("mark_overdue") != [("2026-11-12", "done", 1)]:
        await asyncio.sleep(0.02)
    running.cancel()
    await asyncio.wait({running})


async def test_the_heart_beats_while_the_schedule_is_well_and_its_failure_is_logged_once(db: Database) -> None:
    beats = 0

    async def beat() -> None:
        nonlocal beats
        beats += 1
        raise OSError("nobody listens")

    clock = Clockwork(db, NOW, {})
    clock.tempo = type(clock.tempo)(look=0.02, beat=0.01)
    with capture_logs() as logs:
        running = asyncio.create_task(Schedule(clock.house, beat, {}).run())
        while beats < 3:
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.wait({running})
    assert [line["event"] for line in logs] == ["heartbeat not taken"]


def test_the_names_are_those_that_were_promised() -> None:
    assert set(JOBS) == {
        "monthly_bills",
        "payment_reminders",
        "mark_overdue",
        "reading_reminders",
        "reconcile_payments",
        "backup",
    }
