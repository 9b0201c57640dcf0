"""A schedule that a test looks at by itself: jobs of the test, a clock to set, everything ended at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from jobs.job_run import House, Job, Run, Tempo
from jobs.schedule import JOBS, Schedule
from storage.database import Database
from tests.society import SOCIETY


def local(text: str) -> datetime:
    """A moment in the society's time zone."""
    return datetime.fromisoformat(text).replace(tzinfo=SOCIETY.zone)


@dataclass
class Clockwork:
    """One process's schedule at `now`."""

    db: Database
    now: datetime
    jobs: Mapping[str, Job] = field(default_factory=lambda: JOBS)
    tempo: Tempo = field(default_factory=lambda: Tempo(look=0.05, lease=5, backoff=0))

    @property
    def house(self) -> House:
        return House(self.db, SOCIETY, lambda: self.now, tempo=self.tempo)

    async def look(self) -> None:
        """One look, and what it begins to its end."""
        schedule = Schedule(self.house, jobs=self.jobs)
        await schedule.look()
        while schedule._running:
            await asyncio.wait(set(schedule._running.values()))

    async def at(self, text: str, looks: int = 1) -> None:
        self.now = local(text)
        for _ in range(looks):
            await self.look()

    async def rows(self, job: str) -> list[tuple[Any, ...]]:
        """(period, state, attempts) of a job's runs; what was skipped is told with its reason as the state."""
        sql = """
            select period, coalesce(result ->> 'skipped', state) as state, attempts from job_runs
            where job = $1 order by period"""
        async with self.db.transaction() as conn:
            return [tuple(row) for row in await conn.fetch(sql, job)]

    async def run_out(self) -> None:
        """Every lease is over: as if their holders had been gone for long."""
        async with self.db.transaction() as conn:
            await conn.execute("update job_runs set leased_until = now() - interval '1 s' where state = 'running'")


@dataclass
class Recorded:
    """A job that notes for which periods it ran, and fails as often as it is told to."""

    job: Job
    periods: list[str] = field(default_factory=list)
    failures: int = 0

    async def do(self, run: Run) -> dict[str, Any]:
        self.periods.append(run.period)
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the printer is on fire")
        return {"ran": len(self.periods)}


def recorded(name: str) -> Recorded:
    """The job of that name as the table has it, with another thing to do."""
    made = Recorded(JOBS[name])
    made.job = replace(JOBS[name], do=made.do)
    return made
