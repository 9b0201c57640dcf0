"""Delivery: queued messages through the real channel to an HTTP server that takes everything."""

from __future__ import annotations

import asyncio
import json
import time

from jobs import ports
from jobs.ports import Message
from storage import outbox
from storage.database import connect, open_database
from storage.outbox import Draft
from tests.bench.figures import Aim, Figure
from tests.bench.town import Town
from tests.programs import Program, fetched, program

_TOKEN = "700900:sink-token-that-opens-nothing-at-all-00"
_PATIENCE = 180
_SLOWER = 5
"""The bare sender gets a fifth of the messages: its rate shows as well."""


def measure(town: Town, count: int) -> list[Figure]:
    """`count` messages to 50 chats, each chat's in order; beside it python-telegram-bot, sending as fast as it can."""
    with program("tests.bench.sink") as sink:
        api = sink.says("http")
        with program("tests.bench.bare", "send", api, _TOKEN, str(len(town.users)), str(count // _SLOWER)) as sender:
            bare = float(sender.says("sent").split()[1])
        settings = {"TELEGRAM_API_BASE": api, "TELEGRAM_BOT_TOKEN": _TOKEN, "DATABASE_URL": town.dsn, "PORT": "0"}
        with program("tests.bench.service", settings=settings) as service:
            service.says("ready")
            rate = _delivered(api, town, count, service)
            service.stop()
    return [Figure(f"messages delivered (of {count:,})", rate, "/s", bare, "bare sender", Aim(300))]


def _delivered(api: str, town: Town, count: int, service: Program) -> float:
    fetched(f"{api}/forget")
    began = asyncio.run(_queue(town, count))
    until = time.monotonic() + _PATIENCE
    while (state := json.loads(fetched(f"{api}/state")))["received"] < count:
        if time.monotonic() > until:
            raise AssertionError(f"{state} after {_PATIENCE} s: {service.errors[-2000:]}")
        time.sleep(0.1)
    if state["disordered"] or state["received"] > count:
        raise AssertionError(f"order or number is wrong: {state}")
    return float(count / (state["finished_at"] - began))


async def _queue(town: Town, count: int) -> float:
    """The messages in one transaction; the moment at which it is committed."""
    chats = await _chats(town)
    texts = [(chats[number % len(chats)], _draft(number)) for number in range(count)]
    database = await open_database(town.dsn, max_size=1)
    try:
        async with database.transaction() as conn:
            await outbox.queue(conn, texts)
        return time.time()
    finally:
        await database.close()


async def _chats(town: Town) -> list[int]:
    conn = await connect(town.dsn)
    try:
        sql = "select id from chat_identities where external_id = any($1::text[]) order by id"
        return [row["id"] for row in await conn.fetch(sql, [str(user) for user in town.users])]
    finally:
        await conn.close()


def _draft(number: int) -> Draft:
    return Draft(outbox.REPLY, "bench", str(number), 1, ports.as_json(Message(text=str(number))))
