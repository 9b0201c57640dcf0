"""A society's year: what the office, the engineers and the owners do, each thing once in the service and once on paper.

Nothing is copied from the service to the sheet: what is paid, noted and undone follows from what the sheet says.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.bootstrap import assembled
from bot.simulator import PhoneSpec, Simulator
from bot.simulator.till import Sale, StripeTill
from domain.payments import PaymentMethod
from domain.period import Month, whole_month
from jobs import claim_payment, lock_month, rebill, settle_payment
from jobs.approve_reading import Approval, Corrected, approve, correct, look
from jobs.bill_motor_group import GroupBilled, bill_now, fingerprint
from jobs.claim_payment import AlreadyCounted, Claimed, Confirmed
from jobs.correct_account import Note, Posted, Voided, credit_note, refund, void_bill
from jobs.job_run import House
from jobs.lock_month import Asked, Done
from jobs.motor_groups import groups_of_motors
from jobs.motor_notes import NotesAdded, add_notes, owed_notes
from jobs.pay_online import Order, PayDesk, ToProvider, pay
from jobs.preview_run import preview
from jobs.record_payment import AlreadyRecorded, PaymentSlip, Recorded, Undone, record, undo
from jobs.schedule import JOBS, Schedule
from jobs.submit_reading import Saved, Submission, submit
from jobs.work import Work
from storage import readings
from storage.database import Database
from storage.payments import Payment
from storage.readings import ReadingState
from tests import till
from tests.journeys.clock import Clock
from tests.journeys.stage import setup_of, until
from tests.journeys.year_sheet import Flat, Line, Sheet, split
from tests.society import SOCIETY, Resident, work

CLOCKWORK = {name: job for name, job in JOBS.items() if name != "backup"}
AFTERNOON = 15


def rupees(paise: int) -> Decimal:
    return Decimal(paise) / 100


@dataclass
class Calendar(till.Clock):
    """A clock that is set by hand and goes on from there."""

    began: float = field(default_factory=time.monotonic)

    def __call__(self) -> datetime:
        return self.now + timedelta(seconds=time.monotonic() - self.began)

    def seconds(self) -> float:
        return self().timestamp()

    def turn(self, day: date, hour: int, minute: int = 0) -> None:
        """Set it to this moment in the society's time zone."""
        self.now = datetime(day.year, day.month, day.day, hour, minute, tzinfo=SOCIETY.zone)
        self.began = time.monotonic()

    @property
    def today(self) -> date:
        return self().astimezone(SOCIETY.zone).date()


@dataclass
class Reading:
    """A reading that waits for its bill; hundredths of a unit, `entered` a share that came with it."""

    id: int
    on: date
    units: int
    entered: int | None = None


@dataclass
class Office:
    """The service and the sheet beside each other. `waiting` are readings without a bill, `motors` motors' units."""

    db: Database
    clock: Calendar
    sheet: Sheet
    till: StripeTill
    desk: PayDesk
    staff: Mapping[str, Resident]
    owners: Mapping[str, Resident]
    flat_ids: Mapping[str, int]
    waiting: dict[str, Reading] = field(default_factory=dict)
    motors: dict[str, Reading] = field(default_factory=dict)
    reminded: list[tuple[str, date]] = field(default_factory=list)
    numbers: int = 0
    heard: int = 0

    @asynccontextmanager
    async def by(self, who: str | Resident) -> AsyncIterator[Work]:
        """One transaction of somebody."""
        person = self.staff[who] if isinstance(who, str) else who
        async with self.db.transaction() as conn:
            yield work(conn, person, self.clock())

    def number(self) -> str:
        """A number that nothing else has."""
        self.numbers += 1
        return f"{412_000_000_000 + self.numbers}"

    # The clock

    async def look(self) -> None:
        """What the clock finds to do, done to its end; whom it reminds stands on the sheet before."""
        house = House(self.db, SOCIETY, self.clock, desk=self.desk)
        schedule = Schedule(house, jobs=CLOCKWORK)
        await schedule.look()
        while schedule._running:
            await asyncio.wait(set(schedule._running.values()))

    async def morning(self) -> None:
        today = self.clock.today
        self.reminded += [(flat.code, today) for flat in self.sheet.values() if flat.is_reminded(today)]
        await self.look()

    async def night_of_the_first(self) -> None:
        """The month just ended is billed, to the paisa of its preview."""
        month = Month.of(self.clock.today).previous()
        async with self.by("rekha") as todo:
            seen = await preview(todo, whole_month(month))
        await self.look()
        billed = self.bill_waiting(set(self.blocked))
        if not seen.locked:
            assert (seen.count, seen.total) == (len(billed), rupees(sum(billed)))

    # Readings and bills

    @property
    def blocked(self) -> list[str]:
        """Flats whose group waits for somebody who was not read."""
        return [
            flat.code
            for motor in self.motors
            for flat in self.group(motor)
            if any(one.code not in self.waiting and not self.billed(one, motor) for one in self.group(motor))
        ]

    def group(self, motor: str) -> list[Flat]:
        return [flat for flat in self.sheet.values() if flat.motor == motor]

    def billed(self, flat: Flat, motor: str) -> bool:
        """Whether the flat has its bill of the month in which the motor was read."""
        return bool(flat.live_bills) and flat.live_bills[-1].read_on >= self.motors[motor].on.replace(day=1)

    def shares(self, motor: str) -> dict[str, int]:
        first = self.motors[motor].on.replace(day=1)
        used = {one.code: one.units_since(first) for one in self.group(motor)}
        entered = {code: one.entered for code in used if (one := self.waiting.get(code)) and one.entered is not None}
        return split(self.motors[motor].units, entered, used)

    def bill_waiting(self, besides: set[str]) -> list[int]:
        """Bills of all that waits, on paper; their totals. The motors' units are spent with them."""
        ready = {code: one for code, one in self.waiting.items() if code not in besides}
        settled = {self.sheet[code].motor for code in ready} & set(self.motors)
        shares: dict[str, int] = {}
        for motor in settled:
            shares |= self.shares(str(motor))
        bills = [self.bill_on_paper(code, shares.get(code, ready[code].entered or 0)) for code in ready]
        for motor in settled:
            self.motors.pop(str(motor))
        return bills

    def bill_on_paper(self, code: str, share: int) -> int:
        one = self.waiting.pop(code)
        return self.sheet[code].bill(self.clock.today, one.on, one.units, share).total

    async def read(self, code: str, units: int, entered: int | None = None, on: date | None = None) -> None:
        """An engineer sends a reading of a flat, or of a motor by the number of its meter."""
        sent = Submission(
            code,
            rupees(units),
            None if entered is None else rupees(entered),
            on,
            key=self.number(),
            sent_at=self.clock(),
        )
        async with self.by("ravi") as todo:
            saved = await submit(todo, sent)
        assert isinstance(saved, Saved), saved
        self.note_reading(code, Reading(saved.reading.id, on or self.clock.today, units, entered))

    def note_reading(self, code: str, one: Reading) -> None:
        if code in self.sheet:
            self.waiting[code] = one
            self.sheet[code].read.append((one.on, one.units))
        else:
            self.motors[code] = one

    async def read_by_phone(self, sent: Mapping[str, int]) -> None:
        """The same from Ravi's phone, while the service runs and delivers what has gathered."""
        async with self.phones() as simulator:
            ravi = simulator.phone("ravi")
            await ravi.send_text("\n".join(f"{code} {rupees(units)}" for code, units in sent.items()))
            await ravi.wait_for(f"Saved {len(sent)} readings")
        sql = """
            select f.code, r.id from readings r join meters m on m.id = r.meter_id join flats f on f.id = m.flat_id
            where r.reading_date = $1 and f.code = any($2)"""
        async with self.db.transaction() as conn:
            found = {row[0]: row[1] for row in await conn.fetch(sql, self.clock.today, list(sent))}
        for code, units in sent.items():
            self.note_reading(code, Reading(found[code], self.clock.today, units))

    @asynccontextmanager
    async def phones(self) -> AsyncIterator[Simulator]:
        """The service and everybody's phone; ends when nothing is on its way any more."""
        people = {**{who.name.lower(): who for who in self.staff.values()}, **self.owners}
        specs = [
            PhoneSpec(key, int(who.external_id), who.name, "", f"+447700900{int(who.external_id):03}")
            for key, who in people.items()
        ]
        async with Simulator(specs, clock=self.clock.seconds) as simulator:
            for phone in simulator.phones.values():
                phone.home.started = True
            async with assembled(setup_of(self.db.dsn, simulator, Clock(self.clock()))):
                yield simulator
                await until(self.nothing_on_its_way, 60)

    async def nothing_on_its_way(self) -> bool:
        sql = """
            select (select count(*) from inbox where state = 'new' and not_before <= $1)
                 + (select count(*) from notifications where outbox and status = 'queued' and not_before <= $1)"""
        async with self.db.transaction() as conn:
            return not await conn.fetchval(sql, self.clock())

    async def leave_to_the_run(self) -> None:
        """An admin approves what waits; the run bills it."""
        ids = [one.id for one in [*self.waiting.values(), *self.motors.values()]]
        async with self.by("rekha") as todo:
            for reading_id in ids:
                await readings.set_state(
                    todo.conn, reading_id, ReadingState.APPROVED, by=todo.actor.person_id, at=todo.now
                )

    async def press(self, reading_id: int) -> Approval:
        """An admin looks at a card and presses Approve."""
        async with self.by("rekha") as todo:
            seen = await look(todo, reading_id)
            return await approve(todo, reading_id, seen.draft.reading.version, seen.draft.total, sure=True)

    async def bill_now(self, motor: str) -> None:
        """The group waits for somebody who is away: the admin bills the others."""
        shares, code_of = self.shares(motor), self.motors.pop(motor)
        async with self.by("rekha") as todo:
            group = (await groups_of_motors(todo, [code_of.id]))[code_of.id]
            assert isinstance(await bill_now(todo, code_of.id, fingerprint(group)), GroupBilled)
        for code in [code for code in self.waiting if code in shares]:
            self.bill_on_paper(code, shares[code])

    async def late_shares(self, motor: str, reading_id: int, shares: Mapping[str, int]) -> None:
        """Debit notes for flats that were billed before their motor was read."""
        async with self.by("rekha") as todo:
            owed = await owed_notes(todo, reading_id)
            shown = [(one.flat_id, str(one.amount)) for one in owed]
            done = await add_notes(todo, reading_id, shown)
        assert isinstance(done, NotesAdded), done
        assert sorted(done.added) == sorted(shares), motor
        for code, share in shares.items():
            flat = self.sheet[code]
            flat.write(self.clock.today, "DEBIT_NOTE", (share * flat.rate + 50) // 100)

    # Money

    async def receive(self, code: str, paise: int, method: PaymentMethod, *, twice: bool = False) -> Payment:
        """An admin records a payment; `twice`: once more by mistake, which counts nothing."""
        reference = None if method is PaymentMethod.CASH else self.number()
        slip = PaymentSlip(code, rupees(paise), method, reference)
        async with self.by("rekha") as todo:
            done = await record(todo, slip, self.number())
        assert isinstance(done, Recorded), done
        assert done.left == rupees(self.sheet[code].owed - paise)
        if twice:
            async with self.by("mohan") as todo:
                assert isinstance(await record(todo, slip, self.number()), AlreadyRecorded)
        self.sheet[code].pays(self.clock.today, paise)
        return done.payment

    async def receive_by_mistake(self, code: str, paise: int) -> None:
        """A slip of the finger, undone at once."""
        slip = await self.receive(code, paise, PaymentMethod.CASH)
        async with self.by("rekha") as todo:
            assert isinstance(await undo(todo, slip.entry_id), Undone)
        self.sheet[code].undo(self.clock.today, self.sheet[code].lines[-1])

    async def say_paid(self, code: str, paise: int) -> int:
        """The owner says so, with the number of the transfer."""
        owner = self.owners[code]
        async with self.by(owner) as todo:
            said = await claim_payment.claim(todo, code, rupees(paise), self.number(), owner.chat_id)
        assert isinstance(said, Claimed), said
        self.sheet[code].saying = True
        return said.claim.id

    async def find_paid(self, code: str, claim_id: int, paise: int) -> None:
        """An admin finds it at the bank."""
        async with self.by("mohan") as todo:
            assert isinstance(await claim_payment.confirm(todo, claim_id), Confirmed)
        self.sheet[code].saying = False
        self.sheet[code].pays(self.clock.today, paise)

    async def paid_by_two_routes(self, code: str, paise: int) -> None:
        """The office has the transfer already when its payer tells of it."""
        known = await self.receive(code, paise, PaymentMethod.UPI)
        owner, utr = self.owners[code], known.reference or ""
        async with self.by(owner) as todo:
            said = await claim_payment.claim(todo, code, rupees(paise), utr, owner.chat_id)
        assert isinstance(said, AlreadyCounted), said

    async def to_the_till(self, code: str) -> Sale:
        """The owner presses pay and is led to the provider's page."""
        async with self.db.transaction() as conn:
            sql = "select max(id) from bills where flat_id = $1 and status <> 'void'"
            bill_id = await conn.fetchval(sql, self.flat_ids[code])
        order = Order(self.flat_ids[code], bill_id, self.owners[code].person_id, "stripe", till.PAGE)
        went = await pay(self.desk, order)
        assert isinstance(went, ToProvider), went
        sale = self.till.sales.by_id[went.url.rpartition("/")[2]]
        assert sale.paise == self.sheet[code].owed
        return sale

    async def hear(self, chance: random.Random) -> None:
        """The provider's events arrive, some of them more often than once and in any order."""
        events = self.till.events[self.heard :]
        arriving = [event for event in events for _ in range(chance.randint(1, 2))]
        chance.shuffle(arriving)
        self.heard = len(self.till.events)
        for event in arriving:
            data = {"provider": "stripe", "key": event["id"], "live": False, "event": event}
            async with self.db.transaction() as conn:
                await settle_payment.hear(self.desk.work(conn), data)

    async def give_back_by_card(self, code: str, payment: Line, sale: Sale, paise: int) -> None:
        """The provider returns a part of a payment."""
        self.till.sales.refund(sale.charges[0], paise)
        await self.hear(random.Random(0))
        self.sheet[code].give_back(self.clock.today, paise, payment)

    # Corrections

    async def bill_id(self, code: str, conn: Any) -> int:
        sql = "select max(id) from bills where flat_id = $1 and status <> 'void'"
        found: int = await conn.fetchval(sql, self.flat_ids[code])
        return found

    async def credit(self, code: str, paise: int) -> None:
        """A credit note about the flat's newest bill."""
        async with self.by("mohan") as todo:
            note = Note(self.flat_ids[code], rupees(paise), "agreed in the office", await self.bill_id(code, todo.conn))
            assert isinstance(await credit_note(todo, note, self.number()), Posted)
        self.sheet[code].write(self.clock.today, "CREDIT_NOTE", -paise)

    async def return_credit(self, code: str, paise: int) -> None:
        """Credit that lies idle is given back."""
        async with self.by("mohan") as todo:
            done = await refund(todo, self.flat_ids[code], rupees(paise), "moved out of the account", self.number())
        assert isinstance(done, Posted), done
        self.sheet[code].write(self.clock.today, "REFUND", paise)

    async def void_and_bill_again(self, code: str, units: int) -> None:
        """The newest bill was read wrong: it is taken back, the reading corrected, and billed with the same share."""
        flat = self.sheet[code]
        async with self.by("mohan") as todo:
            voided = await void_bill(todo, await self.bill_id(code, todo.conn), "read wrong")
            assert isinstance(voided, Voided), voided
            reading = await rebill.reopen(todo, voided.bill.flat_reading_id or 0)
            assert isinstance(await correct(todo, reading.id, reading.version, rupees(units)), Corrected)
        await self.press(reading.id)
        wrong = flat.bills[-1]
        flat.undo(self.clock.today, wrong.charge)
        flat.read[-1] = (wrong.read_on, units)
        flat.bill(self.clock.today, wrong.read_on, units, wrong.share)

    async def lock(self, month: Month) -> None:
        """One admin asks, another confirms what was shown."""
        async with self.by("rekha") as todo:
            asked = await lock_month.ask(todo, month, lock_month.LOCK)
        assert isinstance(asked, Asked), asked
        async with self.by("mohan") as todo:
            seen = await lock_month.sheet(todo, month)
            assert isinstance(await lock_month.confirm(todo, asked.request.id, seen.bills.hash), Done)
