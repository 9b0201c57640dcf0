"""P7 through the whole service: its process is killed again and again during the main story."""

from __future__ import annotations

import asyncio
import random
import sys
from asyncio.subprocess import PIPE, Process

import pytest

from bot.simulator import Phone, SeenMessage, Simulator
from jobs.verify import verify
from storage.database import connect
from tests import society
from tests.journeys.browser import ROOT
from tests.journeys.stage import MORNING, SPECS, Clock, history, until

FLATS = {"B17-FF": 146, "B18-FF": 125}
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


class Restarted:
    """The service's process: killed at any moment and started again."""

    def __init__(self, dsn: str, simulator: Simulator) -> None:
        self._arguments = (dsn, simulator.url, simulator.token)
        self._process: Process | None = None

    async def start(self) -> None:
        command = (sys.executable, "-m", "tests.journeys.service_process", *self._arguments)
        self._process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE)
        output = self._process.stdout
        assert output is not None
        while "ready" not in (line := (await output.readline()).decode()):
            assert line, "the service ended"

    async def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            await self._process.communicate()

    async def struck(self, after: float) -> None:
        await asyncio.sleep(after)
        await self.kill()
        await self.start()


async def test_no_reading_is_lost_or_doubled_and_every_bill_arrives(dsn: str) -> None:
    chance, conn = random.Random(1), await connect(dsn)
    try:
        await society.build(conn)
        await history(conn)
        clock = Clock(MORNING)
        async with Simulator(SPECS, clock=lambda: clock().timestamp()) as simulator:
            for phone in simulator.phones.values():
                phone.home.started = True
            service = Restarted(dsn, simulator)
            await service.start()
            try:
                for flat, units in FLATS.items():
                    await story(simulator, service, chance, flat, units)
                await until(lambda: all_told(simulator), 30)
            finally:
                await service.kill()
        readings = """
            select f.code, r.reading_value::int from readings r join meters m on m.id = r.meter_id
            join flats f on f.id = m.flat_id where r.submission_key is not null order by r.id"""
        assert [tuple(row) for row in await conn.fetch(readings)] == list(FLATS.items())
        assert await conn.fetchval("select count(*) from bills where rate_per_unit is not null") == len(FLATS)
        assert all(1 <= len(told(simulator, flat)) <= 2 for flat in FLATS)
        assert (await verify(conn)).ok
    finally:
        await conn.close()


async def story(simulator: Simulator, service: Restarted, chance: random.Random, flat: str, units: int) -> None:
    """Sent, killed, answered; pressed, killed, billed."""
    ravi, rekha = simulator.phone("ravi"), simulator.phone("rekha")
    await ravi.send_text(f"{flat} {units}")
    await service.struck(chance.uniform(0, 0.3))
    await ravi.wait_for(f"{flat} · {units} units · saved", 30)
    card = await waiting(rekha, flat)
    await rekha.press("Approve", within=card)
    await service.struck(chance.uniform(0, 0.3))
    await rekha.wait_for("Approved by Rekha", 30)


async def waiting(rekha: Phone, flat: str) -> SeenMessage:
    rekha.mark()
    await rekha.send_text("/pending")
    return await rekha.wait_for(lambda message: message.text.startswith(flat) and "Total" in message.text, 30)


def told(simulator: Simulator, flat: str) -> list[str]:
    """Mr Sharma's bills of this flat."""
    return [message.text for message in simulator.phone("sharma").received if flat in message.text]


async def all_told(simulator: Simulator) -> bool:
    return all(told(simulator, flat) for flat in FLATS)
