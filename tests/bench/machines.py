"""What comes over HTTP at fifty a second, each sent when its moment comes, whoever still waits: hooks and readings."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

import aiohttp

from domain.period import Month
from tests.bench.figures import Aim, Figure
from tests.bench.town import Town
from tests.programs import program

_RATE = 50
_TOKEN = "made-up-token-of-the-benchmark"
_SECRET = "whsec_of_the_benchmark"
_WHATSAPP = {
    "WHATSAPP_API_BASE": "http://127.0.0.1:9",
    "WHATSAPP_PHONE_NUMBER_ID": "106540352242922",
    "WHATSAPP_ACCESS_TOKEN": _TOKEN,
    "WHATSAPP_APP_SECRET": _SECRET,
    "WHATSAPP_VERIFY_TOKEN": _TOKEN,
}
_WARM_UP = 1.0
_AIMS = {0.5: Aim(20, at_most=True), 0.99: Aim(100, at_most=True)}
_FINE = frozenset({200, 201})
_TAKEN = frozenset({"duplicate_reading", "date_billed"})
"""Days that other parts of the benchmark have used."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; without a body a GET."""

    address: str
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()


def measure(town: Town, seconds: float) -> list[Figure]:
    """Stored and answered, then with the bill issued too; beside them requests that do nothing."""
    settings = {
        "DATABASE_URL": town.dsn,
        "PORT": "0",
        "HEADER_AUTH_TOKEN": _TOKEN,
        "STRIPE_WEBHOOK_SECRET": _SECRET,
        **_WHATSAPP,
    }
    with program("tests.bench.service", settings=settings) as service:
        address = service.says("ready").split()[-1]
        waits = asyncio.run(_measured(address, town, seconds))
        service.stop()
    bare = waits.pop("/health")
    return [
        Figure(f"{name}: {share:.0%} within", _ms(held, share), "ms", _ms(bare, share), "/health", aims.get(share))
        for name, held in waits.items()
        for aims in (({} if "bill" in name else _AIMS),)
        for share in _AIMS
    ]


async def _measured(address: str, town: Town, seconds: float) -> dict[str, list[float]]:
    readings, events, receipts = _readings(town), map(_event, count()), map(_receipt, count())
    kinds: dict[str, Callable[[], Asked]] = {
        "/health": lambda: Asked("/health"),
        "hooks at 50/s, stored": lambda: next(events),
        "readings of machines at 50/s, stored": lambda: _reading({**next(readings), "issue_bill": False}),
        "  with the bill issued": lambda: _reading(next(readings)),
        "hooks of WhatsApp at 50/s, stored": lambda: next(receipts),
    }
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(address, connector=connector) as http:
        await _load(http, _WARM_UP, kinds["readings of machines at 50/s, stored"])
        return {name: await _load(http, seconds, asked) for name, asked in kinds.items()}


def _event(number: int) -> Asked:
    """One that Stripe signed and that nobody has to do anything about."""
    body = json.dumps({"id": f"evt_bench_{number}", "type": "customer.created"}).encode()
    stamp = str(int(time.time()))
    signature = hmac.new(_SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return Asked("/webhook/stripe", body, (("Stripe-Signature", f"t={stamp},v1={signature}"),))


def _receipt(number: int) -> Asked:
    """What became of a message that is none of ours."""
    status = {"id": f"wamid.bench{number}", "status": "delivered", "timestamp": str(int(time.time()))}
    number_id = {"phone_number_id": _WHATSAPP["WHATSAPP_PHONE_NUMBER_ID"]}
    change = {"field": "messages", "value": {"metadata": number_id, "statuses": [status]}}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}).encode()
    signature = hmac.new(_SECRET.encode(), body, hashlib.sha256).hexdigest()
    return Asked("/webhook/whatsapp", body, (("X-Hub-Signature-256", f"sha256={signature}"),))


def _reading(fields: Mapping[str, object]) -> Asked:
    headers = (("Authorization", f"Bearer {_TOKEN}"), ("Content-Type", "application/json"))
    return Asked("/webhook/meter-reading", json.dumps(fields).encode(), headers)


def _readings(town: Town) -> Iterator[Mapping[str, object]]:
    """Every flat on one day of the last months, then on the next one."""
    day, number = Month.of(town.today).previous().previous().first_day + timedelta(days=5), 0
    while day <= town.today:
        for flat in town.flats:
            number += 1
            yield {"flat_code": flat, "reading_value": 150 + number % 11, "reading_date": day.isoformat()}
        day += timedelta(days=1)


async def _load(http: aiohttp.ClientSession, seconds: float, asked: Callable[[], Asked]) -> list[float]:
    """Seconds that each request took."""
    waits: list[float] = []
    began = time.perf_counter()

    async def one(asked: Asked) -> None:
        sent = time.perf_counter()
        method = "GET" if asked.body is None else "POST"
        async with http.request(method, asked.address, data=asked.body, headers=dict(asked.headers)) as answer:
            said = await answer.json()
        if answer.status not in _FINE and said["error"]["code"] not in _TAKEN:
            raise AssertionError(f"{answer.status}: {said}")
        waits.append(time.perf_counter() - sent)

    async with asyncio.TaskGroup() as group:
        for number in range(int(seconds * _RATE)):
            await asyncio.sleep(max(0, began + number / _RATE - time.perf_counter()))
            group.create_task(one(asked()))
    return waits


def _ms(waits: list[float], share: float) -> float:
    return sorted(waits)[min(len(waits) - 1, int(len(waits) * share))] * 1000
