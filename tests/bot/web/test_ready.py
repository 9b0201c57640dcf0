"""`/ready` about the office's own channel."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import asyncpg
from aiohttp import web

from bot.bootstrap import assembled
from jobs.gateways.discord import DiscordBoard
from tests import probe
from tests.society import SOCIETY


@asynccontextmanager
async def gone() -> AsyncIterator[str]:
    """The address of a webhook that somebody deleted."""

    async def refuse(_: web.Request) -> web.Response:
        return web.json_response({"message": "Unknown Webhook"}, status=404)

    app = web.Application()
    app.router.add_post("/hook", refuse)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    await runner.cleanup()


async def test_a_stopped_office_channel_is_shown_and_stops_nobody_else(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        """insert into notifications (outbox, channel, status, kind, source_type, source_id, sequence, message)
           values (true, 'discord', 'queued', 'office_test', 'test', '1', 1, 'one')"""
    )
    await connection.close()
    async with probe.telephones() as simulator, gone() as hook:
        office = {"board": DiscordBoard(hook), "society": replace(SOCIETY, office_channel=True)}
        async with assembled(probe.setup(dsn, simulator, host="127.0.0.1", **office)) as service:
            async with asyncio.timeout(20):
                while not (await service.readiness())["discord"]:
                    await asyncio.sleep(0.05)
            async with aiohttp.ClientSession() as session, session.get(f"{service.address}/ready") as answer:
                said = await answer.json()
    assert (answer.status, said["status"], said["parts"]["telegram"]) == (200, "ready", "ok")
    assert said["parts"]["discord"].startswith("Discord answered 404: the webhook is gone.")
