"""Which scheduled job ran for which period: the unique row decides who runs it, its lease who may still write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from storage.database import Connection

WAKE = "jobs"
"""Notified when somebody wants a job to run now."""

BY_HAND = "/"
"""Between the period and the reference of a run that somebody asked for."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A run that is ours until the lease ends. `attempts` counts this one; `chat_id` and `card`: who asked, where."""

    run_id: int
    number: int
    attempts: int
    chat_id: int | None
    card: str | None


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that nobody holds: its worker is gone, it waits to be tried again no longer, or somebody asked for it."""

    job: str
    period: str


@dataclass(frozen=True, slots=True)
class Standing:
    """`latest` is the newest period of each job that was taken by the clock; `paused` jobs wait."""

    latest: Mapping[str, str]
    open: Sequence[OpenRun]
    paused: frozenset[str]


@dataclass(frozen=True, slots=True)
class LastRun:
    """How a job's newest run went: `state` is running, done or failed."""

    job: str
    period: str
    state: str
    started_at: datetime
    finished_at: datetime | None
    attempts: int
    result: Mapping[str, Any]
    error: str | None


async def standing(conn: Connection) -> Standing:
    """Where the jobs are."""
    latest = await conn.fetch(
        "select job, max(period) as period from job_runs where strpos(period, $1) = 0 group by job", BY_HAND
    )
    waiting = await conn.fetch(
        "select job, period from job_runs where state = 'running' and leased_until <= now() order by job, period"
    )
    return Standing(
        {row["job"]: row["period"] for row in latest}, [OpenRun(**row) for row in waiting], await paused(conn)
    )


async def take(conn: Connection, job: str, period: str, now: datetime, seconds: float) -> Lease | None:
    """Lease the run of the period, new or left behind by a worker that is gone.

    None where it ran, runs in another process, or an earlier period of the job is not settled yet.
    """
    sql = f"""
        insert into job_runs (job, period, lease, attempts, leased_until, started_at)
        select $1, $2, 1, 1, now() + make_interval(secs => $3), $4
        where not exists (
            select from job_runs earlier where earlier.job = $1 and earlier.state = 'running' and earlier.period < $2
                and strpos(earlier.period, '{BY_HAND}') = 0 and strpos($2, '{BY_HAND}') = 0)
        on conflict (job, period) do update
        set lease = job_runs.lease + 1, attempts = job_runs.attempts + 1, leased_until = excluded.leased_until
        where job_runs.state = 'running' and job_runs.leased_until <= now()
        returning id, lease, attempts, chat_id, card"""
    row = await conn.fetchrow(sql, job, period, seconds, now)
    return Lease(row["id"], row["lease"], row["attempts"], row["chat_id"], row["card"]) if row else None


async def renew(conn: Connection, lease: Lease, seconds: float) -> bool:
    """Hold it longer; false where somebody took it over."""
    sql = """
        update job_runs set leased_until = now() + make_interval(secs => $3)
        where id = $1 and lease = $2 and state = 'running' returning true"""
    return bool(await conn.fetchval(sql, lease.run_id, lease.number, seconds))


async def hold(conn: Connection, lease: Lease) -> bool:
    """Whether the run is still ours, or was ended by ourselves; nobody takes it before this transaction ends."""
    sql = "select true from job_runs where id = $1 and lease = $2 for update"
    return bool(await conn.fetchval(sql, lease.run_id, lease.number))


async def finish(conn: Connection, lease: Lease, now: datetime, result: Mapping[str, Any]) -> bool:
    """Done, with what came of it; false where it is not ours any more."""
    return await _end(conn, lease, now, "done", result, None)


async def fail(conn: Connection, lease: Lease, now: datetime, error: str) -> bool:
    """Given up; false where it is not ours any more."""
    return await _end(conn, lease, now, "failed", {}, error)


async def _end(  # noqa: PLR0917 - each fact is a column
    conn: Connection, lease: Lease, now: datetime, state: str, result: Mapping[str, Any], error: str | None
) -> bool:
    sql = """
        update job_runs set state = $3, finished_at = $4, result = $5, error = $6, leased_until = null
        where id = $1 and lease = $2 and state = 'running' returning true"""
    return bool(await conn.fetchval(sql, lease.run_id, lease.number, state, now, result, error))


async def put_off(conn: Connection, lease: Lease, seconds: float, error: str) -> bool:
    """To be tried again after `seconds`."""
    sql = """
        update job_runs set leased_until = now() + make_interval(secs => $3), error = $4
        where id = $1 and lease = $2 and state = 'running' returning true"""
    return bool(await conn.fetchval(sql, lease.run_id, lease.number, seconds, error))


async def give_back(conn: Connection, lease: Lease) -> None:
    """Another process may take it at once, and this try does not count."""
    sql = """
        update job_runs set leased_until = now(), attempts = attempts - 1
        where id = $1 and lease = $2 and state = 'running'"""
    await conn.execute(sql, lease.run_id, lease.number)


async def skip(conn: Connection, job: str, period: str, why: str, now: datetime) -> None:
    """The period is settled without a run, unless it ran or runs."""
    sql = """
        insert into job_runs (job, period, state, started_at, finished_at, result)
        values ($1, $2, 'done', $4, $4, jsonb_build_object('skipped', $3::text))
        on conflict (job, period) do update
        set state = 'done', finished_at = excluded.finished_at, result = excluded.result, leased_until = null,
            lease = job_runs.lease + 1
        where job_runs.state = 'running' and job_runs.leased_until <= now()"""
    await conn.execute(sql, job, period, why, now)


async def ask(  # noqa: PLR0917 - each fact is a column
    conn: Connection, job: str, period: str, now: datetime, chat_id: int | None, card: str | None
) -> None:
    """Have a run by hand begun by whichever process is first; it is told on the card in the chat when it has ended."""
    sql = """
        insert into job_runs (job, period, leased_until, started_at, chat_id, card) values ($1, $2, now(), $3, $4, $5)
        returning pg_notify('jobs', '')"""
    await conn.execute(sql, job, period, now, chat_id, card)


async def last_runs(conn: Connection) -> dict[str, LastRun]:
    """The newest run of each job, by hand or by the clock; periods without a run do not count."""
    sql = """
        select distinct on (job) job, period, state, started_at, finished_at, attempts,
            coalesce(result, '{}') as result, error
        from job_runs where result is null or not result ? 'skipped' order by job, id desc"""
    return {row["job"]: LastRun(**row) for row in await conn.fetch(sql)}


async def last_done(conn: Connection, job: str, before: str) -> str | None:
    """The newest period before `before` that the clock settled for the job, run or not."""
    sql = """
        select max(period) from job_runs
        where job = $1 and period < $2 and state = 'done' and strpos(period, $3) = 0"""
    period: str | None = await conn.fetchval(sql, job, before, BY_HAND)
    return period


async def run_of(conn: Connection, run_id: int) -> LastRun | None:
    """One run."""
    sql = """
        select job, period, state, started_at, finished_at, attempts, coalesce(result, '{}') as result, error
        from job_runs where id = $1"""
    row = await conn.fetchrow(sql, run_id)
    return LastRun(**row) if row else None


async def paused(conn: Connection) -> frozenset[str]:
    """Names of the jobs that wait until somebody resumes them."""
    return frozenset(row["job"] for row in await conn.fetch("select job from job_pauses"))


async def pause(conn: Connection, job: str, by: int | None) -> bool:
    """False where it is paused already."""
    sql = "insert into job_pauses (job, paused_by) values ($1, $2) on conflict do nothing returning job"
    return await conn.fetchval(sql, job, by) is not None


async def resume(conn: Connection, job: str) -> bool:
    """False where it is not paused."""
    return await conn.fetchval("delete from job_pauses where job = $1 returning job", job) is not None
