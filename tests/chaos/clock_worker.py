"""A schedule as a process of its own, to be killed and frozen amid its job: `python -m tests.chaos.clock_worker '{…}'`.

The job adds a row to the audit trail in each of its steps; between them it waits. `hangs`: it waits for ever after the
first step, and says so.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from datetime import datetime
from typing import Any

from bot.logs import set_up_logs
from jobs.job_run import House, Job, Run, Tempo
from jobs.schedule import JOBS, Schedule
from jobs.work import Actor, Work
from storage import audit
from storage.database import open_database
from tests.society import SOCIETY

STEPS = 3


def job(order: dict[str, Any]) -> Job:
    async def do(run: Run) -> dict[str, Any]:
        for number in range(STEPS):
            await run.place.do(Actor(None, order["name"]), "CHAOS", lambda work, at=number: step(work, run, at))  # type: ignore[misc] # mypy sees no default
            print(f"step {number}", flush=True)
            if order.get("hangs"):
                await asyncio.sleep(order["hangs"])
        return {"by": order["name"]}

    return Job("monthly_bills", JOBS["monthly_bills"].timetable, do, monthly=True)


async def step(work: Work, run: Run, number: int) -> None:
    """Once for each period, however often it is tried: as the bills of a month are."""
    subject = f"{run.period} {number}"
    done = await work.conn.fetchval("select true from audit where subject_id = $1", subject)
    if not done:
        await audit.record(
            work.conn, actor_id=None, actor=work.actor.name, action="ran", subject_type="job", subject_id=subject
        )


async def main(order: dict[str, Any]) -> None:
    set_up_logs("INFO")
    database = await open_database(order["dsn"])
    offset = datetime.fromisoformat(order["now"]) - datetime.now().astimezone()
    clock = lambda: datetime.now().astimezone() + offset  # noqa: E731 - a clock
    house = House(database, SOCIETY, clock, tempo=Tempo(look=0.2, lease=1.5, backoff=0.2, patience=0.5))
    schedule = Schedule(house, jobs={"monthly_bills": job(order)})
    running = asyncio.create_task(schedule.run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    print("ready", flush=True)
    await asyncio.wait({running})
    await database.close()
    print("drained", flush=True)


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
