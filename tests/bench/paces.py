"""As fast as the platforms allow and no faster: the real channels with their limits, and servers that refuse more."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

from jobs import ports
from jobs.ports import Message
from storage import outbox
from storage.database import connect, open_database
from storage.outbox import Draft
from tests.bench.figures import Aim, Figure
from tests.programs import Program, fetched, program

if TYPE_CHECKING:
    from tests.bench.town import Town

_ALLOWED = {"telegram": 30, "whatsapp": 80}
"""Messages a second that the platform takes from a bot and from a number."""
_NAMES = {"telegram": "Telegram", "whatsapp": "WhatsApp"}
_CHATS = 80
_PATIENCE = 180


def measure(town: Town, seconds: float) -> list[Figure]:
    """For some seconds as many messages as are allowed, to 80 chats of each platform."""
    with program("tests.bench.sink") as sink:
        api = sink.says("http")
        settings = {
            "DATABASE_URL": town.dsn,
            "PORT": "0",
            "TELEGRAM_API_BASE": api,
            "TELEGRAM_BOT_TOKEN": "700900:sink-token-that-opens-nothing-at-all-00",
            "WHATSAPP_API_BASE": f"{api}/v23.0",
            "WHATSAPP_ACCESS_TOKEN": "made-up-token-of-the-benchmark",
            "WHATSAPP_PHONE_NUMBER_ID": "106540352242922",
        }
        with program("tests.bench.service", "paced", settings=settings) as service:
            service.says("ready")
            figures = [figure for name in _ALLOWED for figure in _paced(name, api, town, seconds, service)]
            service.stop()
    return figures


def _paced(channel: str, api: str, town: Town, seconds: float, service: Program) -> list[Figure]:
    most = _ALLOWED[channel]
    count = int(most * seconds)
    fetched(f"{api}/forget?most={most}")
    began = asyncio.run(_queue(town, channel, count))
    until = time.monotonic() + _PATIENCE
    while (state := json.loads(fetched(f"{api}/state")))["received"] < count:
        if time.monotonic() > until:
            raise AssertionError(f"{state} after {_PATIENCE} s: {service.errors[-2000:]}")
        time.sleep(0.1)
    rate = count / (state["finished_at"] - began)
    return [
        Figure(f"{_NAMES[channel]} at its pace: delivered", rate, "/s", most, "allowed"),
        Figure("  refused with 429", state["refused"], "", count, "messages", Aim(1, at_most=True)),
    ]


async def _queue(town: Town, channel: str, count: int) -> float:
    """The messages in one transaction; the moment at which it is committed."""
    chats = await _chats(town, channel)
    texts = [(chats[number % len(chats)], _draft(number)) for number in range(count)]
    database = await open_database(town.dsn, max_size=1)
    try:
        async with database.transaction() as conn:
            await outbox.queue(conn, texts)
        return time.time()
    finally:
        await database.close()


async def _chats(town: Town, channel: str) -> list[int]:
    """Of people who have just written."""
    conn = await connect(town.dsn)
    try:
        sql = """
            insert into chat_identities (channel, external_id, last_heard_at)
            select $1, 447700900000 + number, now() from generate_series(1, $2) number returning id"""
        return [row["id"] for row in await conn.fetch(sql, channel, _CHATS)]
    finally:
        await conn.close()


def _draft(number: int) -> Draft:
    return Draft(outbox.REPLY, "pace", str(number), 1, ports.as_json(Message(text=str(number))))
