"""The clock: the table of what is done when, and the worker that does it, in any number of processes.

APScheduler only rings. Who runs a period is decided by its unique row, and what was missed is found in the rows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import date, time, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import structlog

from domain.timetable import Timetable
from jobs import office_notices, office_words
from jobs.back_up import back_up_nightly
from jobs.job_run import Facts, House, Job, Run, carry_out
from jobs.monthly_run import PeriodLocked, run_month
from jobs.reading_reminders import DAYS, remind_engineers
from jobs.reconcile import reconcile_night
from jobs.secrecy import mask
from jobs.send_reminders import remind_due
from jobs.statuses import mark_overdue
from storage import job_runs
from storage.database import Connection, DatabaseUnavailable
from storage.job_runs import BY_HAND, Standing

if TYPE_CHECKING:
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    from jobs.work import Work

FIRST_START: Final = "first start"
OVERTAKEN: Final = "overtaken by a later one"

JOBS: Final[dict[str, Job]] = {}
"""By name, in the order in which people see them."""

_log = structlog.get_logger()


def scheduled(
    name: str, timetable: Timetable, *, monthly: bool = False, from_the_start: bool = False
) -> Callable[[Callable[[Run], Awaitable[Facts]]], Callable[[Run], Awaitable[Facts]]]:
    """Register what is done under this name; it returns what came of it, as JSON values."""

    def register(do: Callable[[Run], Awaitable[Facts]]) -> Callable[[Run], Awaitable[Facts]]:
        JOBS[name] = Job(name, timetable, do, monthly=monthly, from_the_start=from_the_start)
        return do

    return register


@scheduled("monthly_bills", Timetable(time(2), frozenset({1})), monthly=True)
async def monthly_bills(run: Run) -> Facts:
    """The bills of the month just ended."""
    done = await run_month(run.place, run.month)
    if isinstance(done, PeriodLocked):
        return {"locked": [str(month) for month in done.months]}
    return {"issued": done.progress.issued, "total": done.total, "unread": len(done.unread), "pending": done.pending}


@scheduled("payment_reminders", Timetable(time(10)))
async def payment_reminders(run: Run) -> Facts:
    """Whose day it is, and whose days were missed while nothing ran."""

    async def remind(work: Work) -> Facts:
        last = await job_runs.last_done(work.conn, run.job.name, run.period)
        since = date.fromisoformat(last) if last else run.day - timedelta(days=1)
        reminded = await remind_due(work, since, run.day)
        return {"flats": len(reminded.flats), "withheld": len(reminded.withheld)}

    return await run.whole(remind)


@scheduled("mark_overdue", Timetable(time(11)), from_the_start=True)
async def mark_overdue_bills(run: Run) -> Facts:
    """Bills past their due day and the days of grace."""

    async def mark(work: Work) -> Facts:
        marked = await mark_overdue(work)
        if marked:
            await office_notices.tell_office(
                work, "bills_overdue", "job_run", run.lease.run_id, office_words.overdue(len(marked))
            )
        return {"bills": len(marked)}

    return await run.whole(mark)


@scheduled("reading_reminders", Timetable(time(9), DAYS))
async def reading_reminders(run: Run) -> Facts:
    """What is still unread when the month ends."""

    async def remind(work: Work) -> Facts:
        return {"unread": (await remind_engineers(work, run.day)).unread}

    return await run.whole(remind)


@scheduled("reconcile_payments", Timetable(time(4)))
async def reconcile_payments(run: Run) -> Facts:
    """What the providers captured and refunded against the accounts; single payments are looked up all day."""
    if run.house.desk is None or not run.house.desk.providers:
        return {"providers": 0}
    compared = await reconcile_night(run.house.desk)
    unreachable = [name for name, _ in compared.unreachable]
    facts = {"compared": compared.compared, "differences": len(compared.differences), "unreachable": unreachable}
    return {**facts, "failed": len(compared.failed)}


@scheduled("backup", Timetable(time(3)))
async def backup(run: Run) -> Facts:
    """Everything in the database, as a file in the data folder."""
    return await back_up_nightly(run)


class Schedule:
    """Looks at the rows when a bell rings, when somebody asks, and every half minute; runs what is due."""

    def __init__(
        self,
        house: House,
        beat: Callable[[], Awaitable[None]] | None = None,
        jobs: Mapping[str, Job] = JOBS,
    ) -> None:
        self._house = house
        self._beat = beat
        self._jobs = jobs
        self._wake = asyncio.Event()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._beaten = float("-inf")
        self._heart_failed = False

    async def run(self) -> None:
        """Until cancelled; then what has begun may end for a moment, or is given back."""
        bells = _bells(self._jobs, self._house, self._ring)
        bells.start()
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                self._wake.clear()
                await self._turn()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._house.tempo.look):
                        await self._wake.wait()
        finally:
            bells.shutdown(wait=False)
            listening.cancel()
            await self._drain()

    async def _ring(self) -> None:
        self._wake.set()

    async def _listen(self) -> None:
        async for _ in self._house.database.listen(job_runs.WAKE):
            self._wake.set()

    async def _drain(self) -> None:
        if not self._running:
            return
        tasks = set(self._running.values())
        _, late = await asyncio.wait(tasks, timeout=self._house.tempo.patience)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    async def _turn(self) -> None:
        try:
            await self.look()
        except DatabaseUnavailable as error:
            _log.warning("the schedule waits for the database", reason=mask(str(error)))
            return
        await self._beat_if_due()

    async def look(self) -> None:
        """Begin what is due and free, one run of each job at a time."""
        for run in await self._house.database.run(self._taken):
            task = asyncio.create_task(carry_out(run), name=f"job {run.job.name}")
            self._running[run.job.name] = task
            task.add_done_callback(partial(self._ended, run))

    def _ended(self, run: Run, task: asyncio.Task[None]) -> None:
        self._running.pop(run.job.name, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("run not settled", job=run.job.name, reason=mask(f"{type(error).__name__}: {error}"))
        self._wake.set()

    async def _taken(self, conn: Connection) -> list[Run]:
        standing = await job_runs.standing(conn)
        free = [job for job in self._jobs.values() if job.name not in self._running]
        found = [await self._take(conn, job, standing) for job in free]
        return [run for run in found if run is not None]

    async def _take(self, conn: Connection, job: Job, standing: Standing) -> Run | None:
        """The first of the job's periods that nobody else runs."""
        now = self._house.clock()
        for period in await self._due(conn, job, standing):
            lease = await job_runs.take(conn, job.name, period, now, self._house.tempo.lease)
            if lease is not None:
                return Run(job, period, lease, self._house)
        return None

    async def _due(self, conn: Connection, job: Job, standing: Standing) -> list[str]:
        """What was asked for, what was left behind, and what its time has come for; oldest first."""
        left = [one.period for one in standing.open if one.job == job.name]
        asked = [period for period in left if BY_HAND in period]
        if job.name in standing.paused:
            return asked
        now = self._house.clock()
        newest, latest = newest_period(job, self._house), standing.latest.get(job.name)
        if latest is None and not job.from_the_start:
            await job_runs.skip(conn, job.name, newest, FIRST_START, now)
            return asked
        begun = [period for period in left if BY_HAND not in period]
        if not job.monthly:
            for period in begun:
                if period < newest:
                    await job_runs.skip(conn, job.name, period, OVERTAKEN, now)
            begun = [period for period in begun if period >= newest]
        return [*asked, *begun, *job.missed(latest, newest)]

    async def _beat_if_due(self) -> None:
        """Say that we live; that nobody listens is no harm, and is logged once."""
        now = asyncio.get_running_loop().time()
        if self._beat is None or now < self._beaten + self._house.tempo.beat:
            return
        self._beaten = now
        try:
            await self._beat()
        except Exception as error:  # noqa: BLE001 - whatever the address does, the jobs go on
            if not self._heart_failed:
                _log.warning("heartbeat not taken", reason=mask(str(error)))
            self._heart_failed = True
        else:
            self._heart_failed = False


def newest_period(job: Job, house: House) -> str:
    """The period of the job whose time has come last."""
    return job.period_of(job.timetable.last_due(house.clock().astimezone(house.society.zone)))


def _bells(jobs: Mapping[str, Job], house: House, ring: Callable[[], Awaitable[None]]) -> AsyncIOScheduler:
    """APScheduler, which rings at each job's time and does nothing else."""
    import logging

    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    once: dict[str, Any] = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    bells = AsyncIOScheduler(timezone=house.society.zone, job_defaults=once)
    for job in jobs.values():
        days = ",".join(map(str, sorted(job.timetable.days))) if job.timetable.days else "*"
        at = job.timetable.at
        bells.add_job(ring, "cron", day=days, hour=at.hour, minute=at.minute, id=job.name)
    return bells


async def keep_schedule(house: House, beat: Callable[[], Awaitable[None]] | None = None) -> None:
    """Do what is due, until cancelled."""
    await Schedule(house, beat).run()
