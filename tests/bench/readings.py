"""Readings submitted and answered: phones in a closed loop, each waits for its answer before it writes again."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import aiohttp

from domain.period import Month
from storage.database import connect
from tests.bench.figures import Aim, Figure
from tests.bench.town import Town
from tests.programs import program

_WARM_UP = 2.0
_PATIENCE = 30
_CALM = 5.0


@dataclass(slots=True)
class Load:
    """What the phones saw; `waits` are seconds from Send to the answer."""

    seconds: float
    waits: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.waits) / self.seconds

    def percentile(self, share: float) -> float:
        """Seconds within which this share of the answers came."""
        return sorted(self.waits)[min(len(self.waits) - 1, int(len(self.waits) * share))]


def measure(town: Town, seconds: float) -> list[Figure]:
    """The service and a bare echo bot, one after the other, on the same simulator."""
    with program("bot.simulator") as simulator:
        addresses = json.loads(simulator.says("{"))
        api, token = addresses["url"], addresses["token"]
        asyncio.run(_add_phones(api, town))
        texts = _texts(town)
        with program("tests.bench.bare", "echo", api, token) as bot:
            bot.says("ready")
            echo, calm_echo = asyncio.run(_load(api, town, texts, seconds))
        settings = {"TELEGRAM_API_BASE": api, "TELEGRAM_BOT_TOKEN": token, "DATABASE_URL": town.dsn, "PORT": "0"}
        before = asyncio.run(_stored(town))
        with program("tests.bench.service", settings=settings) as service:
            service.says("ready")
            ours, calm = asyncio.run(_load(api, town, texts, seconds))
            service.stop()
    stored = asyncio.run(_stored(town)) - before
    answered = len(ours.waits) + len(calm.waits)
    if stored < answered:
        raise AssertionError(f"{answered} answers, but only {stored} readings are stored")
    return [
        Figure("readings submitted and answered", ours.rate, "/s", echo.rate, "echo bot", Aim(0.4, of_ratio=True)),
        Figure("  half of the answers within", _ms(ours, 0.5), "ms", _ms(echo, 0.5), "echo bot"),
        Figure(
            "  99 % of the answers within", _ms(ours, 0.99), "ms", _ms(echo, 0.99), "echo bot", Aim(250, at_most=True)
        ),
        Figure("  the same, each chat every 5 s", _ms(calm, 0.99), "ms", _ms(calm_echo, 0.99), "echo bot"),
    ]


def _ms(load: Load, share: float) -> float:
    return load.percentile(share) * 1000


def _texts(town: Town) -> Iterator[tuple[str, str]]:
    """Flat and message: every flat on one day, then on the next one; each is a reading of its own."""
    day, number = Month.of(town.today).previous().first_day + timedelta(days=2), 0
    while day <= town.today:
        for flat in town.flats:
            number += 1
            yield flat, f"{flat} {150 + number % 11} on {day:%d %b %Y}"
        day += timedelta(days=1)


async def _add_phones(api: str, town: Town) -> None:
    async with aiohttp.ClientSession(api, raise_for_status=True) as http:
        for user in town.users:
            phone = {"key": f"p{user}", "user_id": user, "first_name": "Engineer", "role": "Engineer"}
            await http.post("/sim/phones", json={**phone, "phone": f"+{user}"})


async def _load(api: str, town: Town, texts: Iterator[tuple[str, str]], seconds: float) -> tuple[Load, Load]:
    """In a closed loop, then as people write."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(api, connector=connector, raise_for_status=True) as http:
        await _phones(http, town, texts, _WARM_UP)
        busy = await _phones(http, town, texts, seconds)
        return busy, await _phones(http, town, texts, seconds, every=_CALM)


async def _phones(
    http: aiohttp.ClientSession, town: Town, texts: Iterator[tuple[str, str]], seconds: float, every: float = 0
) -> Load:
    """`every`: seconds from one message of a phone to its next; the phones begin one after the other."""
    load, began = Load(seconds), time.perf_counter()

    async def one(place: int, key: str) -> None:
        await asyncio.sleep(every * place / len(town.users))
        while time.perf_counter() < began + seconds:
            flat, text = next(texts)
            sent = time.perf_counter()
            await http.post(f"/sim/phones/{key}/text", json={"text": text})
            await http.get(f"/sim/phones/{key}/wait", params={"text": flat, "timeout": _PATIENCE})
            load.waits.append(time.perf_counter() - sent)
            await asyncio.sleep(max(0, sent + every - time.perf_counter()))

    await asyncio.gather(*(one(place, f"p{user}") for place, user in enumerate(town.users)))
    load.seconds = time.perf_counter() - began
    return load


async def _stored(town: Town) -> int:
    conn = await connect(town.dsn)
    try:
        return int(await conn.fetchval("select count(*) from readings where state = 'pending'"))
    finally:
        await conn.close()
