"""Approvals to stored bills: an admin's decisions as the job makes them, a few at once."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from domain.period import Month
from domain.roles import Role
from jobs.approve_reading import Approved, approve, preview
from jobs.work import Actor, Work
from storage import meters, readings
from storage.database import Connection, Database, open_database
from storage.readings import Measurement, Sender
from tests.bench.figures import Figure
from tests.bench.town import Town
from tests.society import SOCIETY

_AT_ONCE = 8
_MONTHS_AHEAD = 2  # after everything that was read before


async def measure(town: Town, months: int) -> list[Figure]:
    """Each flat's readings of some months, approved one by one; beside them transactions that insert one row."""
    database = await open_database(town.dsn, max_size=_AT_ONCE)
    try:
        chains = await _chains(database, town, months)
        began = time.perf_counter()
        await _spread([_bill(database, town, chain) for chain in chains])
        ours = len(town.flats) * months / (time.perf_counter() - began)
        bare = await _bare(database, len(town.flats) * months)
    finally:
        await database.close()
    return [Figure("approvals to stored bills", ours, "/s", bare, "one-row commits")]


async def _spread(tasks: list[object]) -> None:
    waiting = iter(tasks)

    async def worker() -> None:
        for task in waiting:
            await task  # type: ignore[misc] # coroutines

    await asyncio.gather(*(worker() for _ in range(_AT_ONCE)))


def _days(town: Town, months: int) -> list[date]:
    month, days = Month.of(town.today), []
    for number in range(_MONTHS_AHEAD + months):
        month = month.next()
        if number >= _MONTHS_AHEAD:
            days.append(month.first_day + timedelta(days=1))
    return days


async def _chains(database: Database, town: Town, months: int) -> list[list[int]]:
    """Ids of each flat's readings, oldest first."""
    async with database.transaction() as conn:
        return [[await _read(conn, town, flat, day) for day in _days(town, months)] for flat in town.flats]


async def _read(conn: Connection, town: Town, flat: str, day: date) -> int:
    [meter] = await meters.of_flat(conn, flat)
    what = Measurement(Decimal(150), None, day)
    sender = Sender(town.engineers[0], datetime.combine(day, datetime.min.time(), UTC))
    reading_id = await readings.insert(conn, meter.id, what, sender, f"bench:{flat}:{day}")
    if reading_id is None:
        raise AssertionError(flat)
    return reading_id


async def _bill(database: Database, town: Town, chain: list[int]) -> None:
    for reading_id in chain:
        outcome = await database.run(lambda conn, one=reading_id: _approve(conn, town, one))  # type: ignore[misc]
        if not isinstance(outcome, Approved):
            raise AssertionError(outcome)  # noqa: TRY004 - the benchmark itself is wrong then


async def _approve(conn: Connection, town: Town, reading_id: int) -> object:
    admin = Actor(town.admin, "Rekha", frozenset({Role.ADMIN}))
    now = datetime.now(UTC) + timedelta(days=365)
    work = Work(conn, now, SOCIETY, admin, "BENCH")
    seen = await preview(work, reading_id)
    reading = await readings.get(conn, reading_id)
    return await approve(work, reading_id, reading.version, seen.draft.total or Decimal(0))


async def _bare(database: Database, count: int) -> float:
    async def one(conn: Connection) -> None:
        await conn.execute("insert into guesses (chat, what, at) values ('bench', 'invite', now())")

    began = time.perf_counter()
    await _spread([database.run(one) for _ in range(count)])
    return count / (time.perf_counter() - began)
