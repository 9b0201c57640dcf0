"""Three months of a society of sixteen flats with one shared motor, under faults, by two services at once."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from hashlib import sha256
from typing import Any

import aiohttp
import asyncpg

from bot.bootstrap import Setup, assembled
from bot.channels.telegram import Address, Patience
from bot.engine import Tempo as EngineTempo
from bot.service import Service
from bot.simulator import PhoneSpec, Simulator
from bot.simulator.till import StripeTill
from domain.payments import PaymentMethod
from domain.period import Month
from domain.roles import Role
from jobs import faultpoints
from jobs.approve_reading import Decided, approve, look
from jobs.bill_motor_group import GroupBilled, bill_now, fingerprint
from jobs.deliver import Tempo as DeliveryTempo
from jobs.job_run import House
from jobs.job_run import Tempo as JobTempo
from jobs.motor_groups import groups_of_motors
from jobs.motor_notes import NotesAdded, add_notes, owed_notes
from jobs.pay_online import Order, ToProvider, pay
from jobs.record_payment import PaymentSlip, Recorded, record, undo
from jobs.schedule import JOBS, newest_period
from storage.database import Connection, Database, open_database
from tests.chaos.fault_schedule import HOOK, MESSAGE, RUN, SENDING, MonthOfFaults, Strikes
from tests.journeys.clock import Clock
from tests.journeys.stage import until
from tests.motors import TWELVE, grow
from tests.society import SOCIETY, Resident, Town, build, resident, work
from tests.till import gateway, served_till

ALONE = ("C14-FF", "C14-SF", "C8-GF", "VILLA-A2")
"""Their readings are approved and wait for the monthly run."""
FIRST = Month(2026, 8)
PHONES = (
    PhoneSpec("ravi", 101, "Ravi", "Engineer", "+447700900101"),
    PhoneSpec("sunil", 102, "Sunil", "Engineer", "+447700900102"),
    PhoneSpec("rekha", 103, "Rekha", "Admin", "+447700900103"),
    PhoneSpec("mohan", 104, "Mohan", "Admin", "+447700900104"),
    PhoneSpec("sharma", 105, "Mr Sharma", "Owner", "+447700900105"),
    PhoneSpec("sen", 106, "Ravi Sen", "Owner", "+447700900106"),
)
PAGE = "http://127.0.0.1:9/b/token"


class Calendar(Clock):
    """The clock of everything, set to a moment of the society's and going on from there."""

    def set(self, day: date, at: time) -> None:
        moment = datetime.combine(day, at, SOCIETY.zone)
        self.move(seconds=(moment - self()).total_seconds())

    def seconds(self) -> float:
        return self().timestamp()


@dataclass
class Months:
    """The society as its months go by. `dice` decide what people do; `strikes` count what was done to them."""

    dsn: str
    db: Database
    conn: asyncpg.Connection[asyncpg.Record]
    town: Town
    clock: Calendar
    simulator: Simulator
    till: StripeTill
    dice: random.Random
    strikes: Strikes
    running: AsyncExitStack
    services: list[Service]

    async def start(self) -> None:
        """Two services begin, each with a web server."""
        for _ in range(2):
            setup = Setup(
                dsn=self.dsn,
                society=SOCIETY,
                telegram=Address(self.simulator.token, self.simulator.url),
                limiters=False,
                clock=self.clock,
                providers=(gateway(self.till),),
                hook_secrets={"stripe": self.till.secret},
                patience=Patience(answer=0.6, lease=1.5),
                engine_tempo=EngineTempo(lease=1.5, poll=0.1, backoff=0.05),
                delivery_tempo=DeliveryTempo(lease=2.0, poll=0.1, backoff=0.05),
                job_tempo=JobTempo(look=0.1, lease=1.5, backoff=0.1),
            )
            self.services.append(await self.running.enter_async_context(assembled(setup)))

    async def stop(self) -> None:
        assert [service.crashes for service in self.services] == [{}, {}]
        self.services.clear()
        await self.running.aclose()

    async def month(self, month: Month, faults: MonthOfFaults) -> None:
        """Read on the 28th, approved on the 29th, the run on the 1st; paid on the 5th, looked after on the 14th."""
        motor = await self._read(month, faults)
        await self._decide(month, motor, faults)
        await self._run(month, faults)
        await self._pay(month.next(), faults)
        await self._owed(month.next(), motor)

    async def _on(self, day: date, at: time) -> None:
        self.clock.set(day, at)
        await self.settled()

    async def settled(self) -> None:
        """Until every job of the clock is done, and nothing waits in the inbox or the outbox that is due."""
        house = House(self.db, SOCIETY, self.clock)

        async def quiet() -> bool:
            done = {
                tuple(row) for row in await self.conn.fetch("select job, period from job_runs where state = 'done'")
            }
            if not {(job.name, newest_period(job, house)) for job in JOBS.values()} <= done:
                return False
            sql = """
                select (select count(*) from job_runs where state = 'running')
                     + (select count(*) from inbox where state = 'new' and not_before <= $1)
                     + (select count(*) from notifications where outbox and status = 'queued' and not_before <= $1)"""
            return not await self.conn.fetchval(sql, self.clock())

        await until(quiet, 40)

    async def _read(self, month: Month, faults: MonthOfFaults) -> int:
        """Ravi sends the motor and its flats, but for some; id of the motor's reading."""
        await self._on(month.first_day.replace(day=28), time(10, 30))
        self.simulator.faults.plan(*faults.readings)
        self.strikes.at(MESSAGE, faults.message)
        unread = self.dice.sample(TWELVE, self.dice.randint(0, len(TWELVE) - 10))
        sent = [f"{code} {self.dice.randint(0, 300)}" for code in TWELVE if code not in unread]
        for text in ("MOTOR-B " + str(self.dice.randint(200, 400)), *sent):
            await self.simulator.phone("ravi").send_text(text)
        await until(lambda: self._count("readings where state = 'pending'", len(sent) + 1), 30)
        await self.settled()
        for code in ALONE:
            await self._approved_before(code, str(self.dice.randint(1, 300)))
        motor: int = await self.conn.fetchval(
            "select r.id from readings r join meters m on m.id = r.meter_id "
            "where m.motor_id is not null and r.state = 'pending'"
        )
        return motor

    async def _count(self, what: str, number: int) -> bool:
        return bool(await self.conn.fetchval(f"select count(*) from {what}") == number)  # noqa: S608 - our own words

    async def _approved_before(self, code: str, value: str) -> None:
        sql = """
            insert into readings (meter_id, reading_date, reading_value, state) values ($1, $2, $3, 'approved')"""
        await self.conn.execute(sql, self.town.flat(code).meter_id, self._today, Decimal(value))

    @property
    def _today(self) -> date:
        return self.clock().astimezone(SOCIETY.zone).date()

    async def _decide(self, month: Month, motor: int, faults: MonthOfFaults) -> None:
        """Two admins press Approve, also where the other did; then the group is billed though somebody is unread."""
        await self._on(month.first_day.replace(day=29), time(11))
        self.simulator.faults.plan(*faults.bills)
        self.strikes.at(SENDING, faults.sending)
        rows = await self.conn.fetch("select id from readings where state = 'pending' order by id")
        pressed = self.dice.sample([row["id"] for row in rows], len(rows))
        for place, reading_id in enumerate(pressed, start=1):
            press = partial(self._press, reading_id)
            if place == faults.decision:
                await self._killed(press)
            await self.db.run(partial(press, self.town.rekha))
            assert isinstance(await self.db.run(partial(press, self.town.mohan)), Decided)
        await self.db.run(partial(self._bill_now, motor))
        await self.settled()
        assert not self.simulator.faults.planned
        self.strikes.applied.update(fault.value for fault in (*faults.readings, *faults.bills))

    async def _press(self, reading_id: int, admin: Resident, conn: Connection) -> object:
        todo = work(conn, admin, self.clock())
        seen = await look(todo, reading_id)
        return await approve(todo, reading_id, seen.draft.reading.version, seen.draft.total, sure=True)

    async def _killed(self, press: Callable[[Resident, Connection], Awaitable[object]]) -> None:
        """The press does all its work, and its process ends before the commit."""

        async def cut(conn: Connection) -> None:
            await press(self.town.rekha, conn)
            raise asyncio.CancelledError

        with suppress(asyncio.CancelledError):
            await self.db.run(cut)
        self.strikes.applied["decision"] += 1

    async def _bill_now(self, motor: int, conn: Connection) -> None:
        todo = work(conn, self.town.rekha, self.clock())
        group = (await groups_of_motors(todo, [motor]))[motor]
        if not group.closed:
            assert isinstance(await bill_now(todo, motor, fingerprint(group)), GroupBilled)

    async def _run(self, month: Month, faults: MonthOfFaults) -> None:
        """The monthly run bills what was approved and waits, on the 1st or when somebody is there again."""
        self.strikes.at(RUN, 1)
        first = month.next().first_day
        if faults.missed:
            await self._on(month.last_day, time(23))
            await self.stop()
            self.clock.set(first + timedelta(days=2), time(9, 30))
            assert not await self.conn.fetchval("select count(*) from job_runs where period = $1", str(month))
            self.strikes.applied["first missed"] += 1
            await self.start()
        await self._on(first + timedelta(days=2 * faults.missed), time(9, 30))
        state, attempts = await self.conn.fetchrow(
            "select state, attempts from job_runs where job = 'monthly_bills' and period = $1", str(month)
        ) or ("", 0)
        assert (state, attempts) == ("done", 2)

    async def _pay(self, month: Month, faults: MonthOfFaults) -> None:
        """Four owners pay through the provider, two of them slowly; three at the office, one of them by mistake."""
        await self._on(month.first_day.replace(day=5), time(10))
        owing = await self.conn.fetch(
            "select f.code, sum(e.amount) as owed from account_entries e join flats f on f.id = e.flat_id "
            "group by f.code having sum(e.amount) > 100 order by f.code"
        )
        chosen = self.dice.sample([(row["code"], row["owed"]) for row in owing], 7)
        for code, owed in chosen[4:]:
            await self._pay_at_office(code, owed / self.dice.choice((1, 2)), undone=code == chosen[6][0])
        quick = [await self._pay_online(code) for code, _ in chosen[:2]]
        slow = [await self._pay_online(code, slowly=True) for code, _ in chosen[2:4]]
        await self._events([*quick, *slow], faults)

    async def _pay_at_office(self, code: str, amount: Decimal, *, undone: bool) -> None:
        """Pressed twice."""
        slip = PaymentSlip(code, amount.quantize(Decimal("0.01")), PaymentMethod.CASH)
        token = f"{code}:{self._today}"
        done = [await self.db.run(partial(self._record, slip, token)) for _ in range(2)]
        assert isinstance(done[0], Recorded)
        assert not isinstance(done[1], Recorded)
        if undone:
            entry = done[0].payment.entry_id
            await self.db.run(lambda conn: undo(work(conn, self.town.rekha, self.clock()), entry))

    async def _record(self, slip: PaymentSlip, token: str, conn: Connection) -> object:
        return await record(work(conn, self.town.rekha, self.clock()), slip, token)

    async def _pay_online(self, code: str, *, slowly: bool = False) -> list[dict[str, Any]]:
        """The events that tell of it, in their order."""
        flat, bill = await self.conn.fetchrow(
            "select f.id, max(b.id) from flats f join bills b on b.flat_id = f.id where f.code = $1 group by f.id", code
        ) or (0, 0)
        desk = self.services[0].pay_desk
        went = await pay(desk, Order(flat, bill, self.town.sharma.person_id, "stripe", PAGE))
        assert isinstance(went, ToProvider), went
        sale, before = self.till.sales.by_id[went.url.rpartition("/")[2]], len(self.till.events)
        if slowly:
            self.till.sales.pay_slowly(sale)
            self.till.sales.bank_says(sale, yes=True)
        else:
            self.till.sales.pay(sale)
        return self.till.events[before:]

    async def _events(self, payments: list[list[dict[str, Any]]], faults: MonthOfFaults) -> None:
        """Repeated, in any order, one of them stored and not answered; one only after all is known from elsewhere."""
        payments[2 + faults.swapped].reverse()
        self.strikes.applied["events swapped"] += 1
        copies = iter(faults.copies)
        repeated = [[event for event in events for _ in range(next(copies))] for events in payments]
        self.strikes.applied["event repeated"] += sum(map(len, repeated)) - len(faults.copies)
        late = repeated.pop(faults.late)
        self.strikes.at(HOOK, faults.hook)
        for event in self._shuffled(repeated):
            await self._hook(event)
        await self.settled()
        await self._on(self._today + timedelta(days=1), time(10))
        attempt = "payment_attempts where state not in ('paid', 'expired', 'failed')"
        assert await self._count(attempt, 0)
        for event in late:
            await self._hook(event)
        self.strikes.applied["late event"] += 1
        await self.settled()

    def _shuffled(self, payments: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
        """Payments in any order between one another."""
        turns = [place for place, events in enumerate(payments) for _ in events]
        self.dice.shuffle(turns)
        left = [iter(events) for events in payments]
        return [next(left[place]) for place in turns]

    async def _hook(self, event: dict[str, Any]) -> None:
        """Until somebody says 200, as a provider does."""
        async with aiohttp.ClientSession() as client:
            while True:
                body, headers = self.till.signed(event)
                address = self.dice.choice(self.services).address
                async with client.post(f"{address}/webhook/stripe", data=body, headers=headers) as answer:
                    if answer.status == 200:
                        return

    async def _owed(self, month: Month, motor: int) -> None:
        """What nobody paid is overdue, and shares of flats that were not read come by debit notes."""
        await self._on(month.first_day.replace(day=14), time(12))

        async def note(conn: Connection) -> None:
            todo = work(conn, self.town.rekha, self.clock())
            owed = await owed_notes(todo, motor)
            shown = [(one.flat_id, str(one.amount)) for one in owed]
            if shown:
                assert isinstance(await add_notes(todo, motor, shown), NotesAdded)

        await self.db.run(note)
        await self.settled()


@asynccontextmanager
async def months(dsn: str, seed: int) -> AsyncIterator[Months]:
    """The society on 27 August 2026, both services running, until the block ends."""
    clock = Calendar()
    clock.set(FIRST.first_day.replace(day=27), time(10))
    strikes = Strikes()
    async with AsyncExitStack() as stack:
        conn = await asyncpg.connect(dsn)
        stack.push_async_callback(conn.close)
        town = await _people(conn)
        db = await open_database(dsn)
        stack.push_async_callback(db.close)
        simulator = await stack.enter_async_context(Simulator(PHONES, clock=clock.seconds))
        simulator.faults.hold_seconds, simulator.faults.retry_after = 1.0, 1
        for phone in simulator.phones.values():
            phone.home.started = True
        till = await stack.enter_async_context(served_till(clock))
        running = await stack.enter_async_context(AsyncExitStack())
        made = Months(dsn, db, conn, town, clock, simulator, till, random.Random(seed), strikes, running, [])
        await made.start()
        await made.settled()
        faultpoints.arm(strikes)
        stack.callback(faultpoints.arm, None)
        yield made


async def _people(conn: asyncpg.Connection[asyncpg.Record]) -> Town:
    """Twelve flats on MOTOR-B, seven of them one owner's with a phone, two Mr Sharma's."""
    town = await build(conn)
    await grow(conn, town)
    sen = await resident(conn, "Ravi Sen", "106", "+447700900106", Role.OWNER)
    sql = "insert into owner_people (owner_id, person_id) select id, $1 from owners where name = 'Ravi Sen'"
    await conn.execute(sql, sen.person_id)
    return town


BOOKS = {
    "entries": """
        select f.code, e.kind, e.amount, e.posted_on, e.value_date, e.source_type, e.method
        from account_entries e join flats f on f.id = e.flat_id order by f.code, e.id""",
    "bills": """
        select f.code, b.billing_period_start, b.billing_period_end, b.due_date, b.flat_units, b.motor_units,
               b.water_motor_share, b.total_units, b.rate_per_unit, b.energy_charge, b.fixed_charge,
               b.previous_outstanding, b.total_amount, b.status, b.provisional
        from bills b join flats f on f.id = b.flat_id order by f.code, b.billing_period_start""",
    "shares": """
        select f.code, s.month, s.flat_units, s.share, s.entered, s.estimated, s.entry_id is not null as noted
        from motor_shares s join flats f on f.id = s.flat_id order by f.code, s.month""",
    "readings": """
        select m.meter_number, r.reading_date, r.reading_value, r.state
        from readings r join meters m on m.id = r.meter_id order by 1, 2""",
    "attempts": """
        select f.code, a.amount, a.paid, a.state from payment_attempts a join flats f on f.id = a.flat_id
        order by f.code, a.id""",
    "jobs": "select job, period, state from job_runs order by job, period",
}
"""What must be the same again: without ids and moments."""


async def books(conn: asyncpg.Connection[asyncpg.Record]) -> dict[str, list[str]]:
    """Every line of the books as text, by part."""
    return {part: [str(tuple(row)) for row in await conn.fetch(sql)] for part, sql in BOOKS.items()}


def digest(found: dict[str, list[str]]) -> str:
    return sha256(json.dumps(found).encode()).hexdigest()
