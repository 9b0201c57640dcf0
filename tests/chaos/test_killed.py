"""P7 and P9: processes are killed and frozen under load; every message is worked on exactly once, none is lost."""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, timedelta
from itertools import count
from typing import Any

import asyncpg
import pytest
from typing_extensions import override

from bot.simulator import Phone, Simulator
from jobs import faultpoints
from tests import probe, society
from tests.chaos.processes import Worker, running, start

pytestmark = pytest.mark.timeout(400)

MOST_WAITING = 40


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with probe.telephones() as running_simulator:
        yield running_simulator


@pytest.fixture
async def conn(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    await society.build(connection)
    yield connection
    await connection.close()


class Load:
    """Messages of all phones, one every few milliseconds, until stopped."""

    def __init__(self, simulator: Simulator, pause: float) -> None:
        self.simulator = simulator
        self.phones = list(simulator.phones.values())
        self.sent: dict[str, list[str]] = {phone.key: [] for phone in self.phones}
        self._pause = pause
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            for phone in self.phones:
                await self.one(phone)
            await asyncio.sleep(self._pause)

    async def one(self, phone: Phone) -> None:
        text = f"{phone.key}-{len(self.sent[phone.key])}"
        self.sent[phone.key].append(text)
        await phone.send_text(f"/probe {text}")

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait({self._task})


async def settled(conn: asyncpg.Connection, load: Load, seconds: float = 60) -> None:
    """Until every message was worked on and every answer was sent."""
    count = sum(len(texts) for texts in load.sent.values())
    async with asyncio.timeout(seconds):
        while await conn.fetchval("select count(*) from inbox where state = 'done'") < count:
            await asyncio.sleep(0.1)
        while await conn.fetchval("select count(*) from notifications where outbox and status = 'queued'"):
            await asyncio.sleep(0.1)


async def check(conn: asyncpg.Connection, load: Load, crashes: int) -> None:
    """Worked on exactly once; answered in order, none missing; a crash repeats at most one answer of each chat."""
    repeats = crashes * len(load.phones)
    done = Counter(row[0] for row in await conn.fetch("select subject_id from audit where subject_type = 'probe'"))
    assert done == Counter(text for texts in load.sent.values() for text in texts)
    for phone in load.phones:
        answers = [m.text.removeprefix("probe ") for m in phone.received if m.text.startswith("probe ")]
        assert list(dict.fromkeys(answers)) == load.sent[phone.key]
        repeats -= len(answers) - len(load.sent[phone.key])
    assert repeats >= 0
    assert not await conn.fetchval("select count(*) from inbox where state <> 'done'")


async def kill_at_random(dsn: str, load: Load, conn: asyncpg.Connection, kills: int, **order: Any) -> None:
    """Two processes; always one of them is killed at a random moment and started again."""
    chance = random.Random(kills)
    workers = [await start(dsn, load.simulator, **order), await start(dsn, load.simulator, **order)]
    try:
        for number in range(kills):
            await workers[number % 2].says("ready")
            await asyncio.sleep(chance.uniform(0.02, 0.5))
            await workers[number % 2].end()
            workers[number % 2] = await start(dsn, load.simulator, **order)
        await load.stop()
        await settled(conn, load)
    finally:
        for worker in workers:
            await worker.end()


async def test_killed_a_few_times(dsn: str, conn: asyncpg.Connection, simulator: Simulator) -> None:
    load = Load(simulator, 0.05)
    await kill_at_random(dsn, load, conn, 3)
    await check(conn, load, crashes=4)


class Readings(Load):
    """Real readings of two engineers, each of another meter or day."""

    def __init__(self, simulator: Simulator, pause: float) -> None:
        super().__init__(simulator, pause)
        self.phones = [simulator.phone("ravi"), simulator.phone("sunil")]
        days = (date.today() - timedelta(days=back) for back in count())  # noqa: DTZ011 - any days do
        self.planned = ((meter, day) for day in days for meter in sorted(home[1] for home in society.HOMES.values()))
        self.given: list[tuple[str, date]] = []

    @override
    async def one(self, phone: Phone) -> None:
        meter, day = next(self.planned)
        self.given.append((meter, day))
        self.sent[phone.key].append(meter)
        await phone.send_text(f"{meter} {len(self.given)} on {day.day}/{day.month}/{day.year}")


class Patient(Readings):
    """Engineers who send on while few of their messages wait: a slow machine starts processes slowly, between kills."""

    def __init__(self, simulator: Simulator, pause: float, conn: asyncpg.Connection) -> None:
        super().__init__(simulator, pause)
        self._conn = conn

    @override
    async def one(self, phone: Phone) -> None:
        while len(self.given) - await self._conn.fetchval("select count(*) from readings") > MOST_WAITING:
            await asyncio.sleep(0.1)
        await super().one(phone)


@pytest.mark.slow
@pytest.mark.timeout(2400)
@pytest.mark.parametrize("kills", [20, 200])
async def test_no_reading_is_lost(dsn: str, conn: asyncpg.Connection, simulator: Simulator, kills: int) -> None:
    load = Patient(simulator, 0.8, conn)
    await kill_at_random(dsn, load, conn, kills, flows=True)
    rows = await conn.fetch(
        "select meter_number, reading_date, reading_value from readings join meters m on m.id = meter_id"
    )
    expected = [(meter, day, number) for number, (meter, day) in enumerate(load.given, start=1)]
    assert sorted(map(tuple, rows)) == sorted(expected)
    assert not await conn.fetchval("select count(*) from inbox where state <> 'done' or error is not null")


@pytest.mark.slow
async def test_killed_at_every_place(dsn: str, conn: asyncpg.Connection, simulator: Simulator) -> None:
    load = Load(simulator, 0.2)
    for name in faultpoints.NAMES:
        worker = await start(dsn, simulator, strike=name, nth=3)
        await worker.says(f"struck {name}")
        assert await worker.dies() == -signal.SIGKILL
    async with running(dsn, simulator):
        await load.stop()
        await settled(conn, load)
    await check(conn, load, crashes=len(faultpoints.NAMES))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["engine.claimed", "delivery.claimed", "delivery.after_send"])
async def test_a_frozen_process_is_replaced_and_changes_nothing_when_it_wakes(
    name: str, dsn: str, conn: asyncpg.Connection, simulator: Simulator
) -> None:
    ravi = simulator.phone("ravi")
    async with running(dsn, simulator, strike=name, signal="SIGSTOP") as zombie:
        await ravi.send_text("/probe frozen")
        await zombie.says("struck")
        async with running(dsn, simulator):
            await ravi.wait_for("probe frozen", 20)
            await asyncio.sleep(2.5)
            before = await state(conn)
            zombie.send(signal.SIGCONT)
            await zombie_noticed(zombie, name)
            assert await state(conn) == before
    outbox, _, traces = before
    assert [row[-1] for row in outbox] == ["sent"] * len(outbox)
    assert traces == 1
    uncertain = await conn.fetchval("select count(*) from notifications where uncertain")
    assert uncertain == (name != "engine.claimed")
    assert len([m for m in ravi.received if m.text == "probe frozen"]) <= 1 + uncertain


async def zombie_noticed(zombie: Worker, name: str) -> None:
    async with asyncio.timeout(20):
        while "taken over" not in zombie.log and name != "delivery.claimed":
            await asyncio.sleep(0.1)
    await asyncio.sleep(1)


async def state(conn: asyncpg.Connection) -> tuple[list[asyncpg.Record], list[asyncpg.Record], int]:
    outbox = await conn.fetch("select id, lease, external_id, sent_at, status from notifications order by id")
    inbox = await conn.fetch("select id, lease, state from inbox order by id")
    traces = await conn.fetchval("select count(*) from audit where subject_id = 'frozen'")
    return outbox, inbox, traces


@pytest.mark.slow
async def test_sigterm_drains(dsn: str, conn: asyncpg.Connection, simulator: Simulator) -> None:
    worker = await start(dsn, simulator)
    await worker.says("ready")
    load = Load(simulator, 0.02)
    await asyncio.sleep(1.5)
    worker.send(signal.SIGTERM)
    await worker.says("drained")
    assert await worker.dies() == 0
    assert not await conn.fetchval("select count(*) from inbox where state = 'new' and leased_until > now()")
    assert not await conn.fetchval("select count(*) from notifications where status = 'queued' and lease > 0")
    assert not await conn.fetchval("select count(*) from leases")
    async with running(dsn, simulator):
        await load.stop()
        await settled(conn, load)
    await check(conn, load, crashes=0)
