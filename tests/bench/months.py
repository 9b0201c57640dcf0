"""The monthly run of a large society; beside it a COPY of the very rows it wrote into tables like theirs."""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import psutil

from domain.period import Month
from jobs.monthly_run import RunResult, run_month
from jobs.workplace import Workplace
from storage.database import connect, open_database
from storage.migrate import migrate
from tests.bench.figures import Aim, Figure
from tests.society import SOCIETY

_MONTH = Month(2026, 10)
_NOW = datetime(2026, 10, 31, 20, 30, tzinfo=UTC)
_TABLES = ("bills", "account_entries", "notifications", "audit", "bill_run_items")
_MEGABYTE = 1 << 20
_SLOWEST = Aim(3, at_most=True, of_ratio=True)
_GROWS = Aim(1.2, at_most=True, of_ratio=True)
_MEMORY = Aim(100, at_most=True)


@dataclass(frozen=True, slots=True)
class Size:
    """What a run of so many flats took: seconds of the run and of the COPY, megabytes it grew by."""

    flats: int
    run: float
    copy: float
    megabytes: float

    @property
    def cost(self) -> float:
        """Milliseconds a bill."""
        return self.run / self.flats * 1000


async def measure(server: str, sizes: tuple[int, ...]) -> list[Figure]:
    """Runs of several sizes, each in a database of its own."""
    done = [await _one(server, flats) for flats in sizes]
    before, largest = done[-2], done[-1]
    return [
        *[_figure(size, _SLOWEST if size is largest else None) for size in done],
        Figure("  a bill of the largest run", largest.cost, "ms", before.cost, f"of {before.flats:,}", _GROWS),
        Figure("  memory that it grows by", largest.megabytes, "MB", before.megabytes, f"of {before.flats:,}", _MEMORY),
    ]


def _figure(size: Size, aim: Aim | None) -> Figure:
    return Figure(f"monthly run of {size.flats:,} flats", size.run, "s", size.copy, "COPY of its rows", aim)


async def _one(server: str, flats: int) -> Size:
    name = f"months_{flats}"
    conn = await connect(server)
    await conn.execute(f"create database {name}")
    dsn = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    try:
        await migrate(dsn)
        await _fill(dsn, flats)
        run, megabytes = await _run(dsn, flats)
        return Size(flats, run, await _copy(dsn), megabytes)
    finally:
        await conn.execute(f"drop database {name} with (force)")
        await conn.close()


async def _fill(dsn: str, flats: int) -> None:
    """Flats in motor groups of twelve, each with an owner in chat, prices, an account, and an approved reading."""
    conn = await connect(dsn)
    try:
        await conn.execute(_SOCIETY.format(flats=flats))
        await conn.execute("analyze flats, meters, readings, flat_owners, owner_people, chat_identities, flat_motors")
    finally:
        await conn.close()


_SOCIETY = """
    insert into flats (code, unit_id)
        select 'Z' || n || '-GF', case n % 3 when 0 then '2BHK-' else '3BHK-' end || 'Z' || n || '-GF'
        from generate_series(1, {flats}) n;
    insert into meters (meter_number, flat_id) select 'M' || id, id from flats order by id;
    insert into motors (name) select 'MOTOR-' || n from generate_series(0, {flats} / 12) n;
    insert into flat_motors (flat_id, motor_id)
        select f.id, m.id from flats f join motors m on m.name = 'MOTOR-' || f.id / 12 order by f.id;
    insert into owners (name) select 'Owner ' || n from generate_series(1, {flats}) n;
    insert into flat_owners (flat_id, owner_id, is_primary) select f.id, f.id, true from flats f order by f.id;
    insert into people (name) select name from owners order by id;
    insert into owner_people (owner_id, person_id) select id, id from owners order by id;
    insert into chat_identities (channel, external_id, person_id)
        select 'telegram', id::text, id from people order by people.id;
    insert into tariffs (flat_id, rate_per_unit, fixed_charge, valid_from, source)
        select id, 12, 1600, '2000-01-01', 'bench' from flats order by id;
    insert into account_entries (flat_id, kind, amount, posted_on, value_date, source_type, source_id)
        select id, 'OPENING', (id % 5 - 2) * 100.5, '2026-09-30', '2026-09-30', 'opening', id::text
        from flats order by flats.id;
    insert into readings (meter_id, reading_date, reading_value, state)
        select id, '2026-09-28', 100 + id % 90, 'history' from meters order by id;
    insert into readings (meter_id, reading_date, reading_value, consumption, state)
        select id, '2026-10-28', 110 + id % 90, 10, 'approved' from meters order by id;
"""


async def _run(dsn: str, flats: int) -> tuple[float, float]:
    """Seconds, and megabytes between the least and the most that this process held."""
    database = await open_database(dsn, max_size=3)
    process, began = psutil.Process(), time.perf_counter()
    watch = asyncio.create_task(_watch(process))
    try:
        done = await run_month(Workplace(database, SOCIETY, lambda: _NOW), _MONTH)
        took = time.perf_counter() - began
    finally:
        watch.cancel()
        await asyncio.wait({watch})
        await database.close()
    if not isinstance(done, RunResult) or done.progress.issued != flats:
        raise AssertionError(done)
    return took, _GROWTH.pop()


_GROWTH: list[float] = []


async def _watch(process: psutil.Process) -> None:
    held = [process.memory_info().rss]
    try:
        while True:
            await asyncio.sleep(0.25)
            held.append(process.memory_info().rss)
    finally:
        _GROWTH.append((max(held) - held[0]) / _MEGABYTE)


async def _copy(dsn: str) -> float:
    """Seconds of COPY into empty tables with the same columns, indexes, keys and triggers."""
    conn = await connect(dsn)
    try:
        await _twins(conn)
        with tempfile.TemporaryDirectory(prefix="billing-bench-") as folder:
            return sum([await _copied(conn, Path(folder) / table, table) for table in _TABLES])
    finally:
        await conn.close()


async def _copied(conn: asyncpg.Connection[asyncpg.Record], file: Path, table: str) -> float:
    rows = "where kind <> 'OPENING'" if table == "account_entries" else ""
    written = f"select * from public.{table} {rows} order by 1"  # noqa: S608 - a name of ours
    await conn.copy_from_query(written, output=file, format="binary")
    began = time.perf_counter()
    await conn.copy_to_table(table, schema_name="twin", source=file, format="binary")
    return time.perf_counter() - began


async def _twins(conn: asyncpg.Connection[asyncpg.Record]) -> None:
    """In a schema `twin`, whose tables refer to one another and to the real others."""
    names = list(_TABLES)
    keys = await conn.fetch(
        """select format('alter table twin.%I add %s', conrelid::regclass, pg_get_constraintdef(oid)) from pg_constraint
           where contype = 'f' and conrelid = any($1::text[]::regclass[])""",
        names,
    )
    triggers = await conn.fetch(
        """select replace(pg_get_triggerdef(oid, true), ' ON ', ' ON twin.') from pg_trigger
           where not tgisinternal and tgrelid = any($1::text[]::regclass[])""",
        names,
    )
    await conn.execute("create schema twin")
    for name in names:
        await conn.execute(f"create table twin.{name} (like public.{name} including all)")
    await conn.execute("set search_path = twin, public")
    for (statement,) in [*keys, *triggers]:
        await conn.execute(statement)
