"""A whole service with its phones: fresh database, simulated Telegram or WhatsApp, and a clock that can be moved on."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from bot import engine
from bot.bootstrap import Address, Setup, assembled
from bot.channels.telegram import Patience
from bot.channels.whatsapp import Account
from bot.service import Service
from bot.simulator import Phone, PhoneSpec, SeenMessage, Simulator
from bot.simulator.whatsapp import APP_SECRET, PHONE_NUMBER_ID, TOKEN, VERIFY_TOKEN, WhatsAppPhone
from domain.roles import Role
from jobs import deliver
from jobs.verify import verify
from jobs.work import Society
from storage.database import connect
from tests import quiet_logs, society
from tests.bot.simulator.validation import check_answer, check_request
from tests.journeys.clock import MORNING, Clock
from tests.society import Home, Resident, Town

__all__ = ["MORNING", "Clock", "Stage", "free_port", "quiet_logs", "setup_of", "staged", "until"]

TEMPLATES = Path(__file__).parents[2] / "data" / "whatsapp_templates.json"
_HARMLESS = re.compile("message is not modified|query is too old")
SPECS = (
    PhoneSpec("ravi", 101, "Ravi", "Engineer", "+447700900101"),
    PhoneSpec("sunil", 102, "Sunil", "Engineer", "+447700900102"),
    PhoneSpec("rekha", 103, "Rekha", "Admin", "+447700900103"),
    PhoneSpec("mohan", 104, "Mohan", "Admin", "+447700900104"),
    PhoneSpec("sharma", 105, "Mr Sharma", "Owner, in Hindi", "+447700900105", language_code="hi"),
    PhoneSpec("mrs", 106, "Mrs Sharma", "Second owner", "+447700900106"),
    PhoneSpec("stranger", 199, "Nobody", "Stranger", "+447700900199"),
)
over_both = pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
"""A journey that everybody can make on either platform."""
QUICK_ENGINE = engine.Tempo(lease=5, poll=0.1, backoff=0.02)
QUICK_DELIVERY = deliver.Tempo(lease=10, poll=0.1, backoff=0.05)


@dataclass
class Stage:
    """The running service and everybody's phone. `conn` looks into the database as its superuser."""

    simulator: Simulator
    service: Service
    town: Town
    second_owner: Resident
    clock: Clock
    conn: asyncpg.Connection[asyncpg.Record]
    setup: Setup

    def __getattr__(self, name: str) -> Phone:
        """`stage.ravi` is Ravi's phone."""
        try:
            return self.simulator.phone(name)
        except KeyError:
            raise AttributeError(name) from None

    def whatsapp(self, name: str) -> WhatsAppPhone:
        """The phone as what it is, for what only WhatsApp has."""
        phone = self.simulator.phone(name)
        assert isinstance(phone, WhatsAppPhone)
        return phone

    def flat(self, code: str) -> Home:
        return self.town.flat(code)

    async def rows(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.conn.fetch(sql, *arguments)]

    async def value(self, sql: str, *arguments: object) -> Any:
        return await self.conn.fetchval(sql, *arguments)

    @property
    def platform(self) -> str:
        """What people call where they all are."""
        return "Telegram" if self.setup.whatsapp is None else "WhatsApp"

    def in_place(self, newer: SeenMessage, card: SeenMessage) -> bool:
        """Whether a card's newer state stands where it should: in its place, or below it where nothing is edited."""
        return newer.id == card.id if self.setup.whatsapp is None else newer.id > card.id

    async def readings(self, state: str | None = None) -> list[tuple[str, str]]:
        """(flat, value) of what was sent through the chat, in the order in which it came."""
        found = await self.conn.fetch(
            """select f.code, r.reading_value, r.state from readings r join meters m on m.id = r.meter_id
               join flats f on f.id = m.flat_id where r.submission_key is not null order by r.id"""
        )
        return [(row[0], f"{row[1]:f}".removesuffix(".00")) for row in found if state in {None, row[2]}]

    async def bills(self) -> list[tuple[str, str]]:
        """(flat, total) of the bills issued here, in order."""
        found = await self.conn.fetch(
            """select f.code, b.total_amount from bills b join flats f on f.id = b.flat_id
               where b.rate_per_unit is not null order by b.id"""
        )
        return [(row[0], f"{row[1]:.2f}") for row in found]

    async def settled(self, seconds: float = 20) -> None:
        """Until nothing is on its way any more, as far as the clock has come."""

        async def quiet() -> bool:
            sql = """
                select (select count(*) from inbox where state = 'new' and case when chat like 'receipt:%'
                            then exists (select from notifications where 'receipt:' || external_id = inbox.chat)
                            else not_before <= $1 end)
                     + (select count(*) from notifications where outbox and status = 'queued' and not_before <= $1)"""
            waiting = len(self.simulator.whatsapp.hooks) if self.setup.whatsapp else 0
            return not waiting and not await self.conn.fetchval(sql, self.clock())

        await until(quiet, seconds)

    async def later(self, **delta: float) -> None:
        """The clock moves on, and what waited for that is done."""
        self.clock.move(**delta)
        await asyncio.sleep(0.15)
        await self.settled()


async def until(true: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    """Until it is so. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not await true():
            await asyncio.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def setup_of(dsn: str, simulator: Simulator, clock: Clock, **changes: Any) -> Setup:
    """A service with fast tempos and no limiters. `webhook`: updates are pushed; `society` changes the rules.

    `channel`: which platform it is on.
    """
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    pushed = changes.pop("webhook", False)
    base = society.SOCIETY if "society" not in changes else changes.pop("society")
    is_whatsapp = changes.pop("channel", "telegram") == "whatsapp"
    hook = (f"{address}/webhook/telegram", "the-hook-secret") if pushed else (None, None)
    made = Setup(
        dsn=dsn,
        society=base if base.public_url else replace(base, public_url=address),
        telegram=None if is_whatsapp else Address(simulator.token, simulator.url, *hook),
        whatsapp=_account(simulator) if is_whatsapp else None,
        port=port,
        limiters=False,
        clock=clock,
        patience=Patience(answer=2, lease=3),
        engine_tempo=QUICK_ENGINE,
        delivery_tempo=QUICK_DELIVERY,
    )
    return replace(made, **changes)


def _account(simulator: Simulator) -> Account:
    return Account(PHONE_NUMBER_ID, TOKEN, simulator.whatsapp_url, APP_SECRET, VERIFY_TOKEN)


@asynccontextmanager
async def staged(
    dsn: str,
    *,
    channel: str = "telegram",
    clock: Clock | None = None,
    rules: Society = society.SOCIETY,
    data_dir: Path | None = None,
    fill: bool = True,
    faultless: bool = True,
    service_dsn: str | None = None,
    **changes: Any,
) -> AsyncIterator[Stage]:
    """The service runs until the block ends; then the books are verified and every request is judged.

    `channel`: where everybody is. `fill`: with months of before. `faultless`: nothing may be left dead or unknown.
    """
    clock = clock or Clock()
    async with AsyncExitStack() as stack:
        conn = await connect(dsn)
        stack.push_async_callback(conn.close)
        town, mrs = await _people(conn)
        if fill:
            await history(conn)
        specs = [replace(spec, channel=channel) for spec in SPECS]
        simulator = await stack.enter_async_context(Simulator(specs, clock=lambda: clock().timestamp()))
        for phone in simulator.phones.values():
            phone.home.started = phone.key != "stranger"
        if channel == "whatsapp":
            await _move_to_whatsapp(conn, simulator, clock, rules.public_url or simulator.url)
        setup = setup_of(
            service_dsn or dsn, simulator, clock, society=rules, data_dir=data_dir, channel=channel, **changes
        )
        service = await stack.enter_async_context(assembled(setup))
        if channel == "whatsapp":
            simulator.whatsapp.hooks.address = f"{service.address}/webhook/whatsapp"
        stage = Stage(simulator, service, town, mrs, clock, conn, setup)
        yield stage
        await judge(stage, faultless=faultless)


async def history(conn: asyncpg.Connection[asyncpg.Record]) -> None:
    """Every flat read from July on, and billed by the former project up to 2 October 2026; all paid."""
    await conn.execute(
        """insert into readings (meter_id, reading_date, reading_value, state)
           select m.id, day, units, case day when '2026-10-02' then 'billed' else 'history' end
           from meters m, (values (date '2026-07-02', 120), ('2026-08-02', 170), ('2026-09-02', 148),
                                  ('2026-10-02', 152)) as past (day, units)
           where m.flat_id is not null order by day"""
    )
    await conn.execute(
        """insert into bills (flat_id, billing_period_start, billing_period_end, due_date, flat_reading_id, flat_units,
                              total_units, total_amount, status, created_at)
           select m.flat_id, '2026-09-03', r.reading_date, r.reading_date + 10, r.id, r.reading_value,
                  r.reading_value, 3298, 'paid', r.reading_date
           from readings r join meters m on m.id = r.meter_id where r.state = 'billed'"""
    )
    await conn.execute("insert into adopted_bills (bill_id, old_status, open) select id, 'paid', false from bills")


async def _people(conn: asyncpg.Connection[asyncpg.Record]) -> tuple[Town, Resident]:
    """The town; Mr Sharma reads Hindi, and Mrs Sharma owns B17-FF too, in English."""
    town = await society.build(conn)
    mrs = await society.resident(conn, "Mrs Sharma", "106", "+447700900106", Role.OWNER)
    owner = await conn.fetchval("insert into owners (name) values ('Mrs Sharma') returning id")
    flat = town.flat("B17-FF").flat_id
    await conn.execute("insert into flat_owners (flat_id, owner_id, is_primary) values ($1, $2, false)", flat, owner)
    await conn.execute("insert into owner_people (owner_id, person_id) values ($1, $2)", owner, mrs.person_id)
    await conn.execute("update chat_identities set language = 'hi' where id = $1", town.sharma.chat_id)
    return town, mrs


async def _move_to_whatsapp(
    conn: asyncpg.Connection[asyncpg.Record], simulator: Simulator, clock: Clock, address: str
) -> None:
    """Everybody's chat is on WhatsApp and everybody known has just written there; the templates are approved."""
    await conn.execute(
        """update chat_identities chat set channel = 'whatsapp', external_id = ltrim(people.phone, '+'),
                  last_heard_at = $1 from people where people.id = chat.person_id""",
        clock(),
    )
    for phone in simulator.phones.values():
        if isinstance(phone, WhatsAppPhone) and phone.home.started:
            phone.person.heard_at = clock().timestamp()
    templates = TEMPLATES.read_text("utf-8").replace("{PUBLIC_URL}", address)
    simulator.whatsapp.templates.approve(json.loads(templates))


async def judge(stage: Stage, *, faultless: bool) -> None:
    """The books are right, nothing failed, and aiogram's models accept every request and every answer."""
    await stage.settled()
    found = await verify(stage.conn)
    assert found.ok, found
    assert stage.service.crashes == {}
    if faultless:
        assert await stage.rows("select error from inbox where state = 'dead' or error is not null") == []
        assert (
            await stage.rows("select kind, status, error from notifications where status in ('dead', 'unknown')") == []
        )
    for recorded in stage.simulator.whatsapp.recorder:
        assert not faultless or recorded.status == 200, (recorded.call, recorded.answer)
    for recorded in stage.simulator.recorder:
        check_request(recorded)
        check_answer(recorded)
        if faultless and not recorded.answer.get("ok"):
            assert _HARMLESS.search(recorded.answer["description"]), (recorded.call, recorded.answer)


def labels(message: SeenMessage) -> list[str]:
    """What stands on a message's buttons."""
    return [button.text for button in message.buttons]
