"""What admins do with the scheduled jobs: look, run now, pause, resume."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from domain.period import Month
from jobs.job_run import House, Job, Run, carry_out
from jobs.schedule import JOBS
from jobs.trail import write_down
from storage import job_runs
from storage.job_runs import BY_HAND, LastRun

if TYPE_CHECKING:
    from jobs.work import Work

PAUSED: Final = "paused"


@dataclass(frozen=True, slots=True)
class JobState:
    """A job with its newest run; `next_run` is local, and none while it is paused."""

    name: str
    paused: bool
    next_run: datetime | None
    last: LastRun | None


@dataclass(frozen=True, slots=True)
class Resumed:
    """It goes on; `missed` are the months nobody's bills were issued for meanwhile. `changed`: it was paused."""

    changed: bool
    missed: tuple[Month, ...] = ()


class UnknownJobError(LookupError):
    """There is no such job."""


async def states(work: Work) -> list[JobState]:
    """All jobs, in their order."""
    waiting, last = await job_runs.paused(work.conn), await job_runs.last_runs(work.conn)
    now = work.now.astimezone(work.society.zone)
    return [
        JobState(
            job.name, job.name in waiting, None if job.name in waiting else job.timetable.next_due(now), last.get(name)
        )
        for name, job in JOBS.items()
    ]


async def run_soon(work: Work, name: str, chat_id: int | None = None, card: str | None = None) -> None:
    """Have it done by whichever process is first; what came of it is told in the chat, on the card."""
    key = key_by_hand(work, job_named(name))
    await job_runs.ask(work.conn, name, key, work.now, chat_id, card)
    await _record(work, "job.asked", name)


async def pause(work: Work, name: str) -> bool:
    """It is not begun until somebody resumes it; false where it is paused already."""
    job_named(name)
    paused = await job_runs.pause(work.conn, name, work.actor.person_id)
    if paused:
        await _record(work, "job.paused", name)
    return paused


async def resume(work: Work, name: str) -> Resumed:
    """It goes on with its next time; what was missed is left out, and a month's bills are to be looked at first."""
    job = job_named(name)
    if not await job_runs.resume(work.conn, name):
        return Resumed(changed=False)
    await _record(work, "job.resumed", name)
    latest = (await job_runs.standing(work.conn)).latest.get(name)
    newest = job.period_of(job.timetable.last_due(work.now.astimezone(work.society.zone)))
    missed = job.missed(latest, newest) if job.monthly and latest is not None else []
    for period in missed or [newest]:
        await job_runs.skip(work.conn, name, period, PAUSED, work.now)
    return Resumed(changed=True, missed=tuple(map(Month.parse, missed)))


async def run_here(house: House, work: Work, name: str) -> Run:
    """A run by hand that this process holds, to be carried out by it once the transaction is over."""
    job = job_named(name)
    key = key_by_hand(work, job)
    lease = await job_runs.take(work.conn, name, key, work.now, house.tempo.lease)
    if lease is None:
        raise UnknownJobError(key)
    await _record(work, "job.asked", name)
    return Run(job, key, lease, house)


async def carried_out(house: House, run: Run) -> LastRun | None:
    """Do it, and how it went: still running where it failed and is to be tried again."""
    await carry_out(run)
    async with house.database.transaction() as conn:
        return await job_runs.run_of(conn, run.lease.run_id)


def job_named(name: str) -> Job:
    """The job; raises UnknownJobError."""
    if name not in JOBS:
        raise UnknownJobError(name)
    return JOBS[name]


def month_of(last: LastRun) -> Month | None:
    """The month that was done; none where the job is done for days."""
    return Month.parse(last.period.partition(BY_HAND)[0]) if job_named(last.job).monthly else None


def key_by_hand(work: Work, job: Job) -> str:
    """The month just ended, or today, with the moment: each time somebody asks is a run of its own."""
    day = work.now.astimezone(work.society.zone)
    return f"{job.period_of(day.date())}{BY_HAND}{day:%H%M%S}-{work.ref}"


async def _record(work: Work, action: str, name: str) -> None:
    await write_down(work, action, "job", name)
