"""Readings from machines over the HTTP API: fifty a second, each sent when its moment comes, whoever still waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

import aiohttp

from domain.period import Month
from tests.bench.figures import Aim, Figure
from tests.bench.town import Town
from tests.programs import program

_RATE = 50
_TOKEN = "made-up-token-of-the-benchmark"
_ADDRESS = "/webhook/meter-reading"
_WARM_UP = 1.0
_STORED = 201

Body = Mapping[str, object] | None


def measure(town: Town, seconds: float) -> list[Figure]:
    """Stored and answered, then with the bill issued too; beside them requests that do nothing."""
    settings = {"DATABASE_URL": town.dsn, "PORT": "0", "HEADER_AUTH_TOKEN": _TOKEN}
    with program("tests.bench.service", settings=settings) as service:
        address = service.says("ready").split()[-1]
        bare, stored, billed = asyncio.run(_measured(address, town, seconds))
        service.stop()
    at_most = {0.5: Aim(20, at_most=True), 0.99: Aim(100, at_most=True)}
    rows = [(stored, "readings of machines at 50/s, stored"), (billed, "  with the bill issued")]
    return [
        Figure(f"{name}: {share:.0%} within", _ms(waits, share), "ms", _ms(bare, share), "/health", at_most[share])
        for waits, name in rows
        for share in at_most
    ]


async def _measured(address: str, town: Town, seconds: float) -> tuple[list[float], list[float], list[float]]:
    headers, connector = {"Authorization": f"Bearer {_TOKEN}"}, aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(address, connector=connector, headers=headers) as http:
        readings = _readings(town)

        def stored() -> Body:
            return {**next(readings), "issue_bill": False}

        await _load(http, _WARM_UP, stored)
        bare = await _load(http, seconds, lambda: None)
        return bare, await _load(http, seconds, stored), await _load(http, seconds, lambda: next(readings))


def _readings(town: Town) -> Iterator[Mapping[str, object]]:
    """Every flat on one day of the last months, then on the next one."""
    day, number = Month.of(town.today).previous().previous().first_day + timedelta(days=5), 0
    while day <= town.today:
        for flat in town.flats:
            number += 1
            yield {"flat_code": flat, "reading_value": 150 + number % 11, "reading_date": day.isoformat()}
        day += timedelta(days=1)


async def _load(http: aiohttp.ClientSession, seconds: float, body: Callable[[], Body]) -> list[float]:
    """Seconds that each request took."""
    waits: list[float] = []
    began = time.perf_counter()

    async def one(sent: Body) -> None:
        asked = time.perf_counter()
        method, address = ("GET", "/health") if sent is None else ("POST", _ADDRESS)
        async with http.request(method, address, json=sent) as answer:
            said = await answer.json()
            if sent is not None and answer.status != _STORED and said["error"]["code"] not in _TAKEN:
                raise AssertionError(f"{answer.status}: {said}")
        waits.append(time.perf_counter() - asked)

    async with asyncio.TaskGroup() as group:
        for number in range(int(seconds * _RATE)):
            await asyncio.sleep(max(0, began + number / _RATE - time.perf_counter()))
            group.create_task(one(body()))
    return waits


_TAKEN = frozenset({"duplicate_reading", "date_billed"})
"""Days that other parts of the benchmark have used."""


def _ms(waits: list[float], share: float) -> float:
    return sorted(waits)[min(len(waits) - 1, int(len(waits) * share))] * 1000
