"""The Stripe-shaped till on a server of its own, and a society that is paid through it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from aiohttp import web

from bot.simulator.till import Sale, StripeTill
from jobs import settle_payment
from jobs.gateways.stripe import StripeAccount, StripePayments
from jobs.pay_online import Order, PayDesk, Pressed, ToProvider, pay
from jobs.payment_ports import PaymentProvider
from jobs.work import Society
from storage import payment_attempts
from storage.database import Connection, Database
from storage.payment_attempts import Attempt
from tests.billing import issue
from tests.society import SOCIETY, Town, build, work

START = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)
BILL = Decimal("3226.00")
"""146 units at ₹12 and ₹1,474."""
PAGE = "http://127.0.0.1:9/b/token"


@dataclass
class Clock:
    """A clock that is set by hand."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()

    def passes(self, **span: float) -> None:
        self.now += timedelta(**span)


class Seconds(Protocol):
    """A clock that counts seconds since 1970."""

    def seconds(self) -> float: ...


@asynccontextmanager
async def served_till(clock: Seconds) -> AsyncIterator[StripeTill]:
    """A till that answers on loopback until the block ends."""
    address: list[str] = []
    till = StripeTill(lambda: address[0], clock.seconds)
    app = web.Application()
    till.add_routes(app)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
    try:
        yield till
    finally:
        await till.close()
        await runner.cleanup()


def gateway(till: StripeTill, *, seconds: float = 5.0) -> StripePayments:
    """The real gateway, talking to the till."""
    return StripePayments(StripeAccount(till.key, till.api_base, seconds))


@dataclass
class Shop:
    """The town, one bill of ₹3,226 on B17-FF, and a desk that is paid through the till."""

    db: Database
    till: StripeTill
    clock: Clock
    providers: Mapping[str, PaymentProvider]
    town: Town
    bill_id: int = 0
    society: Society = field(default=SOCIETY)

    @property
    def desk(self) -> PayDesk:
        return PayDesk(self.db, self.society, self.clock, self.providers)

    async def press(self, provider: str = "stripe") -> Pressed:
        """The owner presses pay."""
        home = self.town.flat("B17-FF")
        return await pay(self.desk, Order(home.flat_id, self.bill_id, self.town.sharma.person_id, provider, PAGE))

    async def sale(self) -> Sale:
        """The owner presses pay and is led to this session."""
        went = await self.press()
        assert isinstance(went, ToProvider), went
        return self.till.sales.by_id[went.url.rpartition("/")[2]]

    async def hears(self, *events: dict[str, Any]) -> None:
        """The events arrive, in this order."""
        for event in events:
            await self.hears_one(event)

    async def hears_one(self, event: dict[str, Any], provider: str = "stripe", live: bool | None = False) -> None:  # noqa: FBT001, FBT002 - as the hook hands it on
        data = {"provider": provider, "key": event["id"], "live": live, "event": event}
        await self.db.run(lambda conn: settle_payment.hear(self.desk.work(conn), data))

    async def attempt(self) -> Attempt:
        """The latest attempt."""
        async with self.db.transaction() as conn:
            found = await payment_attempts.get(conn, await conn.fetchval("select max(id) from payment_attempts"))
        assert found is not None
        return found

    async def value(self, sql: str, *values: object) -> Any:
        async with self.db.transaction() as conn:
            return await conn.fetchval(sql, *values)

    async def owed(self) -> Decimal:
        sql = "select coalesce(sum(amount), 0) from account_entries where flat_id = $1"
        owed: Decimal = await self.value(sql, self.town.flat("B17-FF").flat_id)
        return owed

    async def entries(self) -> list[tuple[str, Decimal]]:
        """Kinds and amounts on the account of B17-FF, after its charge."""
        sql = "select kind, amount from account_entries where flat_id = $1 order by id offset 1"
        async with self.db.transaction() as conn:
            return [(row[0], row[1]) for row in await conn.fetch(sql, self.town.flat("B17-FF").flat_id)]

    async def strays(self) -> list[str]:
        """Reasons of what is in quarantine."""
        async with self.db.transaction() as conn:
            rows = await conn.fetch("select reason from stray_payments where state = 'open' order by id")
        return [row[0] for row in rows]

    async def told(self, kind: str) -> int:
        found: int = await self.value("select count(*) from notifications where kind = $1", kind)
        return found


@asynccontextmanager
async def shop(db: Database) -> AsyncIterator[Shop]:
    """A shop with one bill, until the block ends."""
    clock = Clock()
    async with served_till(clock) as till:
        provider = gateway(till)
        async with db.transaction() as conn:
            town = await build(conn)
            bill_id = await _bill(conn, town, clock.now)
        yield Shop(db, till, clock, {"stripe": provider}, town, bill_id)
        await provider.close()


async def _bill(conn: Connection, town: Town, now: datetime) -> int:
    bill = await issue(work(conn, town.rekha, now), town.flat("B17-FF").flat_id, "146")
    return bill.id
