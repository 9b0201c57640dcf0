"""One run of a scheduled job: held by a lease, kept alive, tried again, settled by whoever still holds it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import structlog
from typing_extensions import override

from domain.period import Month
from domain.roles import Role
from jobs import notify, office_notices, office_words
from jobs.secrecy import mask
from jobs.work import Actor, Work
from jobs.workplace import Workplace
from storage import job_runs
from storage.database import Connection, Database, DatabaseUnavailable
from storage.job_runs import BY_HAND, Lease

if TYPE_CHECKING:
    from domain.timetable import Timetable
    from jobs.pay_online import PayDesk
    from jobs.work import Society

Result = TypeVar("Result")
Facts = Mapping[str, Any]

TRIES: Final = 5
_LONGEST_ERROR: Final = 500
_log = structlog.get_logger()


class TakenOverError(Exception):
    """Somebody else does this run now: what was about to be written is not."""

    def __str__(self) -> str:
        return type(self).__doc__ or ""


@dataclass(frozen=True, slots=True)
class Tempo:
    """Seconds between unasked looks, of a run's lease, of the first pause before another try, between heartbeats.

    `patience`: how long a run that has begun may take to end when the service is stopped.
    """

    look: float = 30.0
    lease: float = 120.0
    backoff: float = 60.0
    beat: float = 300.0
    patience: float = 5.0


@dataclass(frozen=True, slots=True)
class House:
    """What runs are given: database, rules and clock; the folder for backups, the providers of payments, if any."""

    database: Database
    society: Society
    clock: Callable[[], datetime]
    data_dir: Path | None = None
    desk: PayDesk | None = None
    tempo: Tempo = field(default_factory=Tempo)


@dataclass(frozen=True, slots=True)
class Run:
    """One run. `period` is a day, or a month for what is done once for each; `by_hand`: somebody asked for it."""

    job: Job
    key: str
    lease: Lease
    house: House

    @property
    def period(self) -> str:
        return self.key.partition(BY_HAND)[0]

    @property
    def day(self) -> date:
        """The day for which a daily job is done."""
        return date.fromisoformat(self.period)

    @property
    def month(self) -> Month:
        """The month for which a monthly job is done."""
        return Month.parse(self.period)

    @property
    def place(self) -> Workplace:
        """For jobs of many transactions: each of them is refused once the run is somebody else's."""
        return _HeldPlace(self.house.database, self.house.society, self.house.clock, self)

    def work(self, conn: Connection) -> Work:
        """A use case of the clock's in this transaction."""
        return Work(conn, self.house.clock(), self.house.society, Actor(None, "schedule"), "CLOCK")

    async def held(self, conn: Connection) -> None:
        """The last thing in a transaction of the run. Raises TakenOverError, so that nothing of it is written."""
        if not await job_runs.hold(conn, self.lease):
            raise TakenOverError

    async def whole(self, do: Callable[[Work], Awaitable[Facts]]) -> Facts:
        """The whole run in one transaction, which also says that it is done; raises TakenOverError."""

        async def settled(conn: Connection) -> Facts:
            work = self.work(conn)
            facts = await do(work)
            if not await _finish(self, work, facts):
                raise TakenOverError
            return facts

        return await self.house.database.run(settled)


@dataclass(frozen=True, slots=True)
class _HeldPlace(Workplace):
    """A workplace whose transactions commit only while the run is ours; they raise TakenOverError."""

    run: Run

    @override
    async def do(self, actor: Actor, ref: str, job: Callable[[Work], Awaitable[Result]]) -> Result:
        async def once(conn: Connection) -> Result:
            result = await job(Work(conn, self.clock(), self.society, actor, ref))
            await self.run.held(conn)
            return result

        return await self.database.run(once)


@dataclass(frozen=True, slots=True)
class Job:
    """What is done when.

    `monthly`: for the month just ended, and every month that was missed is caught up; of other jobs only the newest
    period is. `from_the_start`: also what was due before the job was ever seen.
    """

    name: str
    timetable: Timetable
    do: Callable[[Run], Awaitable[Facts]]
    monthly: bool = False
    from_the_start: bool = False

    def period_of(self, day: date) -> str:
        """Name of the period that is done on this day."""
        return str(Month.of(day).previous()) if self.monthly else day.isoformat()

    def missed(self, latest: str | None, newest: str) -> list[str]:
        """The periods to be done, oldest first; `latest` was begun by the clock before, `newest` is due by now."""
        if latest is not None and latest >= newest:
            return []
        if latest is None or not self.monthly:
            return [newest]
        months = [Month.parse(newest)]
        while str(months[0].previous()) > latest:
            months.insert(0, months[0].previous())
        return [str(month) for month in months]


async def carry_out(run: Run) -> None:
    """Do it, holding it meanwhile. Cancelled, it is given back for another process."""
    doing, keeping = asyncio.ensure_future(_done(run)), asyncio.ensure_future(_kept(run))
    try:
        await asyncio.wait({doing, keeping}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            _log.warning("job was taken over", job=run.job.name, period=run.key)
    except asyncio.CancelledError:
        await _ended(doing, keeping)
        await _give_back(run)
        raise
    await _ended(doing, keeping)


async def _give_back(run: Run) -> None:
    """A database that cannot be reached lets the lease run out instead."""
    with suppress(DatabaseUnavailable):
        async with run.house.database.transaction() as conn:
            await job_runs.give_back(conn, run.lease)


async def _ended(*tasks: asyncio.Future[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error


async def _kept(run: Run) -> None:
    """Renew the lease until it is somebody else's. A database that is down settles it one way or the other."""
    seconds = run.house.tempo.lease
    while True:
        await asyncio.sleep(seconds / 3)
        with suppress(DatabaseUnavailable):
            async with run.house.database.transaction() as conn:
                if not await job_runs.renew(conn, run.lease, seconds):
                    return


async def _done(run: Run) -> None:
    """The job and what came of it; its own failures end here."""
    try:
        if run.lease.attempts > TRIES:
            await _write_failure(run, "the process ended each time")
            return
        facts = await run.job.do(run)
        await run.house.database.run(lambda conn: _finish(run, run.work(conn), facts))
        _log.info("job done", job=run.job.name, period=run.key, facts=dict(facts))
    except TakenOverError:
        _log.warning("job was taken over", job=run.job.name, period=run.key)
    except DatabaseUnavailable as error:
        _log.warning("job waits for the database", job=run.job.name, reason=mask(str(error)))
        await _give_back(run)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other jobs go on
        _log.exception("job failed", job=run.job.name, period=run.key, attempt=run.lease.attempts)
        await _write_failure(run, mask(f"{type(error).__name__}: {error}")[:_LONGEST_ERROR])


async def _finish(run: Run, work: Work, facts: Facts) -> bool:
    if not await job_runs.finish(work.conn, run.lease, work.now, facts):
        return False
    await _tell_who_asked(run, work)
    return True


async def _write_failure(run: Run, reason: str) -> None:
    """To be tried again after a while, each time twice as long; at last given up, and the admins are told."""

    async def write(conn: Connection) -> None:
        if run.lease.attempts < TRIES:
            await job_runs.put_off(conn, run.lease, run.house.tempo.backoff * 2 ** (run.lease.attempts - 1), reason)
            return
        work = run.work(conn)
        if await job_runs.fail(conn, run.lease, work.now, reason):
            await notify.enqueue_for_role(work, Role.ADMIN, "job_failed", "job_run", run.lease.run_id)
            text = office_words.job_failed(run.job.name, run.period)
            await office_notices.tell_office(work, "job_failed", "job_run", run.lease.run_id, text)
            await _tell_who_asked(run, work)

    with suppress(DatabaseUnavailable):
        await run.house.database.run(write)


async def _tell_who_asked(run: Run, work: Work) -> None:
    if run.lease.chat_id is not None:
        await notify.enqueue(
            work, "job_ended", "job_run", run.lease.run_id, chat_id=run.lease.chat_id, card=run.lease.card
        )
