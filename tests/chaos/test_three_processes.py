"""Three processes on one database, one killed, one frozen past its leases and woken: nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import asyncpg
import pytest
from typing_extensions import override

from bot.simulator import Phone, Simulator
from tests import probe, society
from tests.chaos.processes import Worker, start
from tests.chaos.test_killed import Load, settled, state, zombie_noticed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

READINGS = {code: Decimal(120 + place) for place, code in enumerate(society.HOMES)}
PATIENCE = 180.0
"""Seconds: a process that stops amid a transaction keeps its locks until the database undoes it, ninety seconds on."""
LEASE_SECONDS = 2.0
"""The longer one of tests.chaos.worker."""


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


class Questions(Load):
    """People who ask again and again, beside the readings and the office's presses."""

    @override
    async def one(self, phone: Phone) -> None:
        if phone.key != "rekha":
            self.sent[phone.key].append("/help")
            await phone.send_text("/help")


@asynccontextmanager
async def one_of_three_lost_and_one_frozen(dsn: str, simulator: Simulator) -> AsyncIterator[tuple[Worker, Worker]]:
    """The one that is killed amid a transaction, and the one that stops there, each under what it has in hand."""
    plain = await start(dsn, simulator, flows=True)
    killed = await start(dsn, simulator, flows=True, strike="engine.before_commit", nth=10)
    zombie = await start(dsn, simulator, flows=True, strike="engine.claimed", nth=10, signal="SIGSTOP")
    try:
        for worker in (plain, killed, zombie):
            await worker.says("ready", PATIENCE)
        yield killed, zombie
    finally:
        for worker in (plain, killed, zombie):
            await worker.end()


async def send_readings(simulator: Simulator) -> None:
    engineers = [simulator.phone("ravi"), simulator.phone("sunil")]
    for place, (code, value) in enumerate(READINGS.items()):
        await engineers[place % 2].send_text(f"{code} {value}")
        await asyncio.sleep(0.1)


async def stored(conn: asyncpg.Connection, table: str, seconds: float = PATIENCE) -> None:
    async with asyncio.timeout(seconds):
        while await conn.fetchval(f"select count(*) from {table}") < len(READINGS):  # noqa: S608 - a name of the test's
            await asyncio.sleep(0.2)


async def approve_all(rekha: Phone) -> None:
    count = len(READINGS)
    await rekha.send_text("/pending")
    await rekha.wait_for(f"{count} normal", PATIENCE)
    await rekha.press(f"Approve {count} normal")
    await rekha.wait_for("in all", PATIENCE)
    await rekha.press(f"Approve {count},")
    await rekha.wait_for(f"{count} readings approved", PATIENCE)


def said(simulator: Simulator, chat: str, words: str) -> int:
    """How often a message with these words reached the chat for the first time, edits aside."""
    calls = [one.call.params for one in simulator.recorder.of("sendMessage") if one.status == 200]
    return sum(params.get("chat_id") == chat and words in params.get("text", "") for params in calls)


async def test_one_killed_one_frozen(dsn: str, conn: asyncpg.Connection, simulator: Simulator) -> None:
    async with one_of_three_lost_and_one_frozen(dsn, simulator) as (killed, zombie):
        await simulator.phone("rekha").send_text("/help")
        await simulator.phone("rekha").wait_for("/pending", PATIENCE)
        load = Questions(simulator, 0.15)
        await send_readings(simulator)
        await zombie.says("struck", PATIENCE)
        await killed.says("struck", PATIENCE)
        assert await killed.dies() == -signal.SIGKILL
        await stored(conn, "readings")
        await approve_all(simulator.phone("rekha"))
        await load.stop()
        await stored(conn, "bills")
        await asyncio.sleep(LEASE_SECONDS + 1)
        await settled(conn, load, PATIENCE)
        before = await state(conn)
        zombie.send(signal.SIGCONT)
        await zombie_noticed(zombie, "engine.claimed")
        assert await state(conn) == before, "what the zombie wanted to write was refused"
        zombie.send(signal.SIGTERM)
        assert await zombie.dies() == 0
    await everything_once(conn, simulator)


async def everything_once(conn: asyncpg.Connection, simulator: Simulator) -> None:
    read = await conn.fetch(
        "select code, reading_value from readings join meters m on m.id = meter_id join flats f on f.id = m.flat_id"
    )
    assert sorted(map(tuple, read)) == sorted(READINGS.items())
    billed = Counter(row[0] for row in await conn.fetch("select flat_reading_id from bills"))
    assert set(billed.values()) == {1}
    assert len(billed) == len(READINGS)
    posted = await conn.fetchrow("select count(*), sum(amount) from account_entries where kind = 'CHARGE'")
    assert posted is not None
    assert tuple(posted) == (len(READINGS), await conn.fetchval("select sum(total_amount) from bills"))
    assert not await conn.fetchval("select count(*) from inbox where state <> 'done' or error is not null")
    sql = """
        select n.kind, n.status, n.error from notifications n join chat_identities c on c.id = n.chat_id
        where c.external_id = any($1) and n.status not in ('sent', 'cancelled')"""
    assert await conn.fetch(sql, [str(phone.home.id) for phone in simulator.phones.values()]) == []
    uncertain = await conn.fetchval("select count(*) from notifications where uncertain")
    bills = said(simulator, "105", "B17-FF") + said(simulator, "105", "B18-FF")
    assert 2 <= bills <= 2 + uncertain
