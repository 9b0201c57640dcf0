"""P4: each payment counts once, with events repeated, shuffled, eight at once, and nothing answered after a commit."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import aiohttp
import asyncpg
import pytest

from bot.bootstrap import Setup, assembled
from bot.engine import Tempo
from bot.simulator.till import StripeTill
from jobs import faultpoints
from tests.chaos.processes import Worker, start_with
from tests.journeys.stage import free_port
from tests.society import SOCIETY, build

AT_ONCE = 8


class KilledError(Exception):
    """As if the process had ended here: stored, and no answer."""


@pytest.fixture
def till() -> StripeTill:
    """Only its sales, events and signatures: the hooks are called by the test."""
    return StripeTill(lambda: "http://127.0.0.1:9", time.time)


@pytest.fixture
async def conn(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    await build(connection)
    yield connection
    await connection.close()


async def sold(conn: asyncpg.Connection, till: StripeTill, count: int) -> dict[str, Decimal]:
    """So many links over all flats, each paid once; the rupees by payment."""
    flats = [row["id"] for row in await conn.fetch("select id from flats order by id")]
    paid = {}
    for number in range(1, count + 1):
        sale = till.sales.open(_asked(number), "http://127.0.0.1:9")
        sql = """
            insert into payment_attempts (flat_id, amount, provider, state, reference)
            values ($1, $2, 'stripe', 'open', $3)"""
        await conn.execute(sql, flats[number % len(flats)], Decimal(number), sale.id)
        till.sales.pay(sale)
        paid[sale.intents[0]] = Decimal(number)
    return paid


def _asked(rupees: int) -> dict[str, str]:
    item = "line_items[0][price_data]"
    return {
        f"{item}[unit_amount]": str(rupees * 100),
        f"{item}[currency]": "inr",
        f"{item}[product_data][name]": "x",
        "success_url": "http://127.0.0.1:9",
        "expires_at": "1893600000",
    }


def shuffled(till: StripeTill, dice: random.Random) -> list[dict[str, Any]]:
    """Each event one to five times, in any order."""
    events = [event for event in till.events for _ in range(dice.randint(1, 5))]
    dice.shuffle(events)
    return events


async def delivered(
    till: StripeTill,
    events: Iterator[dict[str, Any]],
    addresses: list[str],
    dice: random.Random,
    taken: Callable[[], None],
) -> None:
    """One of the eight: each event until somebody says 200, as a provider does."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as client:
        for event in events:
            while not await _taken(client, till, event, dice.choice(addresses)):
                await asyncio.sleep(0.05)
            taken()


async def _taken(client: aiohttp.ClientSession, till: StripeTill, event: dict[str, Any], address: str) -> bool:
    body, headers = till.signed(event)
    try:
        async with client.post(f"{address}/webhook/stripe", data=body, headers=headers) as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False


async def check(conn: asyncpg.Connection, till: StripeTill, paid: dict[str, Decimal]) -> None:
    """Every payment is on its account, once."""
    async with asyncio.timeout(300):
        while await conn.fetchval("select count(*) from payment_events") < len(till.events):
            await asyncio.sleep(0.2)
    posted = await conn.fetch("select source_id, -amount as amount from account_entries where kind = 'PAYMENT'")
    assert len(posted) == len(paid)
    assert {row["source_id"]: row["amount"] for row in posted} == paid
    assert await conn.fetchval("select count(*) from payment_attempts where state = 'paid'") == len(paid)
    assert not await conn.fetchval("select count(*) from inbox where state <> 'done'")


async def all_delivered(
    till: StripeTill, addresses: list[str], dice: random.Random, taken: Callable[[], None] = lambda: None
) -> None:
    events = iter(shuffled(till, dice))
    await asyncio.gather(*(delivered(till, events, addresses, dice, taken) for _ in range(AT_ONCE)))


async def paid_once(dsn: str, conn: asyncpg.Connection, till: StripeTill, count: int) -> None:
    """A fifth of the deliveries are stored and never answered."""
    dice = random.Random(count)
    paid = await sold(conn, till, count)
    cut = 0

    def strike(place: str) -> None:
        nonlocal cut
        if place == "inbox.after_commit" and dice.random() < 0.2:
            cut += 1
            raise KilledError

    setup = Setup(
        dsn=dsn, society=SOCIETY, hook_secrets={"stripe": till.secret}, engine_tempo=Tempo(poll=0.1, backoff=0.05)
    )
    async with assembled(setup) as service:
        faultpoints.arm(strike)
        try:
            await all_delivered(till, [service.address], dice)
        finally:
            faultpoints.arm(None)
        await check(conn, till, paid)
    assert cut > count / 5


async def test_fifty_payments(dsn: str, conn: asyncpg.Connection, till: StripeTill) -> None:
    await paid_once(dsn, conn, till, 50)


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_a_thousand_payments(dsn: str, conn: asyncpg.Connection, till: StripeTill) -> None:
    await paid_once(dsn, conn, till, 1000)


@dataclass
class Pair:
    """Two processes; whichever is struck dead, between a commit and its 200 or anywhere else, is started again."""

    dsn: str
    secret: str
    dice: random.Random
    ports: tuple[int, int]
    workers: list[Worker]
    kills: int = 0

    async def start(self, place: int) -> Worker:
        order = {
            "dsn": self.dsn,
            "flows": True,
            "port": self.ports[place],
            "hook_secrets": {"stripe": self.secret},
            "strike": "inbox.after_commit",
            "nth": self.dice.randint(20, 60),
        }
        return await start_with(order)

    async def keep_alive(self) -> None:
        while True:
            for place, worker in enumerate(self.workers):
                if not worker.is_alive:
                    self.kills += 1
                    self.workers[place] = await self.start(place)
            await asyncio.sleep(0.1)

    def strike(self) -> None:
        """Whatever a process is doing while the others' events are on their way."""
        if self.dice.random() < 0.04:
            self.dice.choice(self.workers).send(signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_processes_are_killed_at_any_moment(dsn: str, conn: asyncpg.Connection, till: StripeTill) -> None:
    dice = random.Random(20)
    paid = await sold(conn, till, 200)
    pair = Pair(dsn, till.secret, dice, (free_port(), free_port()), [])
    pair.workers = [await pair.start(0), await pair.start(1)]
    keeping = asyncio.create_task(pair.keep_alive())
    try:
        await all_delivered(till, [f"http://127.0.0.1:{port}" for port in pair.ports], dice, pair.strike)
        await check(conn, till, paid)
    finally:
        keeping.cancel()
        await asyncio.wait([keeping])
        for worker in pair.workers:
            await worker.end()
    assert pair.kills >= 20
