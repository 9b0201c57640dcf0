"""Telegram's webhook, health and readiness, over real HTTP."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import asyncpg
import pytest
from telegram import Bot

from bot.bootstrap import assembled
from bot.channels.telegram import Address, Patience
from bot.service import Service
from bot.simulator import Simulator
from tests import probe, society

SECRET = "a-made-up-secret"
UPDATE = {"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": {"id": 101, "type": "private"}, "text": "x"}}


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


def serving(dsn: str, simulator: Simulator, secret: str | None, webhook: str | None = None):  # type: ignore[no-untyped-def] # noqa: ANN201 - a context manager
    address = Address(simulator.token, simulator.url, webhook, secret)
    return assembled(probe.setup(dsn, simulator, host="127.0.0.1", telegram=address))


async def post(service: Service, secret: str | None = SECRET, **body: object) -> tuple[int, object]:
    headers = {} if secret is None else {"X-Telegram-Bot-Api-Secret-Token": secret}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{service.address}/webhook/telegram", headers=headers, **body) as answer,  # type: ignore[arg-type] # json or data
    ):
        return answer.status, await answer.text()


async def test_only_the_right_secret_is_stored(dsn: str, conn: asyncpg.Connection, simulator: Simulator) -> None:
    async with serving(dsn, simulator, SECRET) as service:
        statuses = [
            (await post(service, secret, json=UPDATE))[0] for secret in (None, "", "A" + SECRET[1:], SECRET + "x", "é")
        ]
        assert statuses == [401] * 5
        assert await conn.fetchval("select count(*) from inbox") == 0
        assert [(await post(service, json=UPDATE))[0] for _ in range(2)] == [200, 200]
        assert await conn.fetchval("select count(*) from inbox") == 1
        bad = [await post(service, data=data) for data in (b"", b"{", b"[]", b'{"a": 1}', b"[" * 100_000)]
        assert [status for status, _ in bad] == [400] * 5
        assert (await post(service, data=io.BytesIO(b"x" * (2 << 20))))[0] == 413


async def test_what_no_database_could_hold_is_stored_and_answered(
    dsn: str, conn: asyncpg.Connection, simulator: Simulator
) -> None:
    ravi = simulator.phone("ravi")
    await ravi.start()
    message = UPDATE["message"]
    assert isinstance(message, dict)
    odd = message | {"from": {"id": 101, "first_name": "R\0"}, "text": "/probe a\0b\ud83d \\\\u0000"}
    malformed: list[object] = [None, [], "x", {"chat": 5, "date": "soon"}, {"chat": {"id": "a"}, "date": 10**20}]
    async with serving(dsn, simulator, SECRET) as service:
        assert (await post(service, json=UPDATE | {"message": odd}))[0] == 200
        for number, shapeless in enumerate(malformed):
            assert (await post(service, json={"update_id": 50 + number, "message": shapeless}))[0] == 200
        await ravi.wait_for(r"\u0000")
    assert await conn.fetchval("select count(*) from inbox") == len(["start", "odd", *malformed])


async def test_a_hook_without_a_secret_does_not_exist(dsn: str, simulator: Simulator) -> None:
    async with serving(dsn, simulator, None) as service:
        assert (await post(service, json=UPDATE))[0] == 404


async def test_the_service_works_over_the_webhook(
    dsn: str, conn: asyncpg.Connection, simulator: Simulator, unused_tcp_port: int
) -> None:
    ravi = simulator.phone("ravi")
    hook = f"http://127.0.0.1:{unused_tcp_port}/webhook/telegram"
    address = Address(simulator.token, simulator.url, hook, SECRET)
    setup = probe.setup(dsn, simulator, host="127.0.0.1", port=unused_tcp_port, telegram=address)
    simulator.account.updates.deliver_twice = True
    async with assembled(setup):
        await ravi.send_text("/probekeys hook")
        await ravi.wait_for("Choose")
        await ravi.press("Count one")
        await ravi.wait_for("Counted hook")
        await ravi.wait_toast()
    assert await conn.fetchval("select count(*) from audit where subject_id = 'hook'") == 1
    assert simulator.recorder.of("getUpdates") == []


async def test_health_and_readiness(dsn: str, simulator: Simulator) -> None:
    async with serving(dsn, simulator, None) as service, aiohttp.ClientSession() as session:
        async with session.get(f"{service.address}/health") as answer:
            assert answer.status == 200
        async with session.get(f"{service.address}/ready") as answer:
            assert (answer.status, (await answer.json())["parts"]) == (200, {"database": "ok", "telegram": "ok"})
        service.delivery.stopped["telegram"] = "does not know this bot token"
        async with session.get(f"{service.address}/ready") as answer:
            assert answer.status == 503
            assert "bot token" in (await answer.json())["parts"]["telegram"]


async def test_a_failing_download_delays_and_is_not_the_messages_failure(
    dsn: str, conn: asyncpg.Connection, simulator: Simulator
) -> None:
    ravi = simulator.phone("ravi")
    content = bytes(range(256)) * 40
    simulator.faults.share({probe.BAD_GATEWAY: 1}, ["getFile"])
    async with serving(dsn, simulator, None):
        await ravi.send_document(content, "x.bin", caption="/probemedia")
        await ravi.send_text("/probe behind")
        async with asyncio.timeout(10):
            while len(simulator.recorder.of("getFile")) < 2:
                await asyncio.sleep(0.05)
        simulator.faults.clear()
        await ravi.wait_for(f"media {len(content)}")
        await ravi.wait_for("probe behind")
    assert await conn.fetchval("select max(attempts) from inbox") == 0


async def test_several_processes_share_one_webhook(
    dsn: str, conn: asyncpg.Connection, simulator: Simulator, unused_tcp_port: int
) -> None:
    """Each sets the same one; what comes twice is worked on once, whichever of them takes it."""
    ravi = simulator.phone("ravi")
    hook = f"http://127.0.0.1:{unused_tcp_port}/webhook/telegram"
    address = Address(simulator.token, simulator.url, hook, SECRET)
    simulator.account.updates.deliver_twice = True
    first = probe.setup(dsn, simulator, host="127.0.0.1", port=unused_tcp_port, telegram=address)
    second = probe.setup(dsn, simulator, host="127.0.0.1", telegram=address)
    async with assembled(first), assembled(second) as other:
        async with asyncio.timeout(10):
            while len(simulator.recorder.of("setWebhook")) < 2:
                await asyncio.sleep(0.05)
        assert {one.call.params["url"] for one in simulator.recorder.of("setWebhook")} == {hook}
        await ravi.send_text("/probe shared")
        await ravi.wait_for("probe shared")
        update = json.loads(await conn.fetchval("select payload from inbox order by id desc limit 1"))
        assert (await post(other, json=update))[0] == 200
        await ravi.send_text("/probe next")
        await ravi.wait_for("probe next")
    assert await conn.fetchval("select count(*) from audit where subject_id = 'shared'") == 1
    assert simulator.recorder.of("getUpdates") == []


async def test_a_webhook_that_somebody_took_away_is_set_again(
    dsn: str, conn: asyncpg.Connection, simulator: Simulator, unused_tcp_port: int
) -> None:
    ravi = simulator.phone("ravi")
    hook = f"http://127.0.0.1:{unused_tcp_port}/webhook/telegram"
    address = Address(simulator.token, simulator.url, hook, SECRET)
    setup = probe.setup(dsn, simulator, host="127.0.0.1", port=unused_tcp_port, telegram=address)
    async with assembled(replace(setup, patience=Patience(answer=2, lease=3, look=0.2))):
        await ravi.send_text("/probe before")
        await ravi.wait_for("probe before")
        async with Bot(simulator.token, base_url=f"{simulator.url}/bot") as rival:
            await rival.delete_webhook()
        await ravi.send_text("/probe after")
        await ravi.wait_for("probe after")
