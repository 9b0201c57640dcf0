"""One caller's flood leaves the others' latency as it was (attack 16), on WhatsApp's hook too."""

from __future__ import annotations

import asyncio
import io
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from ipaddress import ip_network
from statistics import median

import asyncpg
import pytest
from aiohttp import ClientError, ClientSession

from bot.service import Service
from bot.simulator import Phone, Simulator
from bot.web.bearing import BORNE
from tests import probe, society
from tests.bot.channels.whatsapp.pushed import account, batch, change, encoded, signature, text

HOOK = "/webhook/whatsapp"
PROXY = (ip_network("127.0.0.1"),)
CROOK = "203.0.113.9"
FLOODER = "447700900666"
BEARABLE = 1.0
"""Seconds for an answer amid a flood, on a slow machine; behind a thousand messages it would be ten times as many."""


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with probe.telephones() as running:
        yield running


@pytest.fixture
async def conn(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    await society.build(connection)
    yield connection
    await connection.close()


@pytest.fixture
async def service(dsn: str, conn: asyncpg.Connection, simulator: Simulator) -> AsyncIterator[Service]:
    async with probe.service(dsn, simulator, host="127.0.0.1", trusted_proxies=PROXY, whatsapp=account()) as running:
        yield running


def flood(first: int, sender: str = FLOODER) -> bytes:
    """Fifty messages of one chat."""
    return encoded(batch(change(*(text("hello", number, **{"from": sender}) for number in range(first, first + 50)))))


async def push(client: ClientSession, body: bytes, sign: str, caller: str = "198.51.100.3") -> int:
    """As the proxy on this machine passes it on."""
    headers = {"X-Hub-Signature-256": sign, "X-Forwarded-For": caller}
    async with client.post(HOOK, data=io.BytesIO(body), headers=headers) as answer:
        return answer.status


async def waits_of(phone: Phone, count: int = 8) -> list[float]:
    """Seconds until each of the phone's messages was answered."""
    clock = asyncio.get_running_loop().time
    waits = []
    for number in range(count):
        begun = clock()
        await phone.send_text(f"/probe k{number}")
        await phone.wait_for(f"probe k{number}", 30)
        waits.append(clock() - begun)
    return waits


async def until(done: Callable[[], Awaitable[bool]], seconds: float = 30) -> float:
    """How long it took."""
    clock = asyncio.get_running_loop().time
    begun = clock()
    async with asyncio.timeout(seconds):
        while not await done():
            await asyncio.sleep(0.02)
    return clock() - begun


async def test_one_chat_on_whatsapp(service: Service, conn: asyncpg.Connection, simulator: Simulator) -> None:
    async with ClientSession(service.address) as client:
        floods = [flood(1 + 50 * number) for number in range(20)]
        answers = await asyncio.gather(*(push(client, body, signature(body)) for body in floods))
        assert set(answers) == {200}
        waits = await waits_of(simulator.phone("rekha"))
        neighbour = flood(5_000, "447700900777")
        assert await push(client, neighbour, signature(neighbour)) == 200

        async def first_is_done() -> bool:
            sql = "select exists (select from inbox where chat = '447700900777' and state = 'done')"
            return bool(await conn.fetchval(sql))

        waits.append(await until(first_is_done))
        assert await conn.fetchval("select count(*) from inbox where chat = $1 and state = 'new'", FLOODER) > 100
    assert median(waits) < BEARABLE


async def test_a_stranger_who_sends_what_is_not_signed(
    service: Service, conn: asyncpg.Connection, simulator: Simulator
) -> None:
    """Several at a time, as large as may be; soon their bodies are not even read, and nothing of it is kept."""
    refused: Counter[int] = Counter()
    async with ClientSession(service.address) as client:

        async def forge() -> None:
            while True:
                with suppress(ClientError):  # whoever is not listened to is cut off
                    refused[await push(client, b"x" * 200_000, "sha256=00", CROOK)] += 1
                await asyncio.sleep(0.02)

        forgers = [asyncio.create_task(forge()) for _ in range(6)]
        waits = await waits_of(simulator.phone("rekha"))
        for forger in forgers:
            forger.cancel()
        await asyncio.wait(forgers)
    assert await conn.fetchval("select count(*) from inbox where channel = 'whatsapp'") == 0
    assert median(waits) < BEARABLE
    assert set(refused) <= {401, 429}
    assert refused[401] <= BORNE.burst + 120


async def test_whoever_guesses_is_told_to_wait_and_nobody_else(service: Service) -> None:
    body = flood(1)
    async with ClientSession(service.address) as client:
        guesses = [await push(client, b"{}", f"sha256={number:064x}", CROOK) for number in range(BORNE.burst + 20)]
        assert set(guesses[: BORNE.burst]) == {401}
        assert guesses[-1] == 429
        assert await push(client, body, signature(body), CROOK) == 429, "even the right one has to wait"
        assert await push(client, body, signature(body), "198.51.100.4") == 200
        assert await push(client, b"{}", "sha256=00", f"{CROOK}, 198.51.100.5") == 401, "what they write themselves"


async def test_where_callers_cannot_be_told_apart_nobody_has_to_wait(
    dsn: str, conn: asyncpg.Connection, simulator: Simulator
) -> None:
    """Behind a proxy that is not named all have its address: one of them could lock out all the others."""
    async with (
        probe.service(dsn, simulator, host="127.0.0.1", whatsapp=account()) as service,
        ClientSession(service.address) as client,
    ):
        guesses = [await push(client, b"{}", "sha256=00", CROOK) for _ in range(BORNE.burst + 20)]
    assert set(guesses) == {401}
