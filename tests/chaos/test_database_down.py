"""A database that is down delays messages and loses none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import aiohttp
import asyncpg
import pytest

from bot.simulator import Simulator
from tests import probe, society


class Switch:
    """Turns one database of the server off, ending every session, and on again."""

    def __init__(self, dsn: str) -> None:
        parts = urlsplit(dsn)
        self._name = parts.path.removeprefix("/")
        self._server = urlunsplit(parts._replace(path="/postgres"))

    async def _do(self, *statements: str) -> None:
        conn = await asyncpg.connect(self._server)
        for statement in statements:
            await conn.execute(statement)
        await conn.close()

    async def off(self) -> None:
        await self._do(
            f"alter database {self._name} allow_connections false",
            f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{self._name}'",  # noqa: S608 - ours
        )

    async def on(self) -> None:
        await self._do(f"alter database {self._name} allow_connections true")


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with probe.telephones() as running:
        yield running


@pytest.mark.slow
async def test_messages_wait_for_the_database(dsn: str, simulator: Simulator) -> None:
    conn = await asyncpg.connect(dsn)
    await society.build(conn)
    await conn.close()
    ravi, switch = simulator.phone("ravi"), Switch(dsn)
    async with probe.service(dsn, simulator, host="127.0.0.1") as service, aiohttp.ClientSession() as session:
        await ravi.send_text("/probe before")
        await ravi.wait_for("probe before")
        for round_ in range(2):
            await switch.off()
            for number in range(10):
                await ravi.send_text(f"/probe {round_}-{number}")
            await asyncio.sleep(1)
            async with session.get(f"{service.address}/ready") as answer:
                assert (answer.status, (await answer.json())["parts"]["database"]) == (503, "cannot be reached")
            async with session.get(f"{service.address}/health") as answer:
                assert answer.status == 200
            await switch.on()
            await ravi.wait_for(f"probe {round_}-9", 30)
        assert service.crashes == {}
    conn = await asyncpg.connect(dsn)
    assert await conn.fetchval("select count(*) from audit where subject_type = 'probe'") == 21
    assert await conn.fetchval("select max(attempts) from inbox") == 0
    assert await conn.fetchval("select count(*) from notifications where status <> 'sent'") == 0
    await conn.close()
    assert [m.text for m in ravi.received if m.text.startswith("probe")] == [
        "probe before",
        *(f"probe {round_}-{number}" for round_ in range(2) for number in range(10)),
    ]
