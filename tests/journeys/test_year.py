"""A whole year of 146 units: the books are those of a spreadsheet, to the paisa, by flat, by month and in all."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest

from bot.bootstrap import SAMPLE, read_master
from domain.payments import PaymentMethod
from domain.period import Month, whole_month
from domain.roles import Role
from jobs import change_flat
from jobs.approve_reading import Approved, MotorApproved, Waits
from jobs.change_flat import Change, Changed, Field
from jobs.import_master_data import import_master
from jobs.pay_online import PayDesk
from jobs.submit_reading import Saved, Submission, submit
from jobs.verify import verify_database
from jobs.work import Actor, Work
from storage import dues, month_facts
from storage.database import Connection, Database
from tests.journeys.year_office import AFTERNOON, Calendar, Office, rupees
from tests.journeys.year_sheet import master
from tests.society import SOCIETY, Resident, resident
from tests.till import gateway, served_till

FIRST, LAST = date(2025, 11, 15), date(2026, 12, 22)
MONTHS = [Month(2025, 12), *(Month(2026, number) for number in range(1, 12))]
B, C, D1, D2, F1, F2 = (f"7000010{number}" for number in range(1, 7))
MOTORS_READ = {
    "2025-12": [B, F1], "2026-02": [B, C, D1, D2, F1, F2], "2026-03": [C], "2026-05": [F1, F2],
    "2026-06": [B, C, D1, D2, F1, F2], "2026-08": [B], "2026-10": [D1], "2026-11": [B, C, D1, D2, F1, F2],
}  # fmt: skip
PRESSED = {"2026-02": B}
"""Groups that are approved card by card; the last press issues all their bills."""
AWAY = {"2026-06": (D2, "D8-FF")}
"""A flat that nobody could read, for whom its group does not wait; it is read after the month."""
READ_LATE = {"2026-10": (D1, ["D1-FF", "D1-GF", "D3-SF", "D4-GF", "D4-SF"])}
"""Flats that have their bill when their motor is read."""
BY_PHONE = {"2026-03": ["B17-FF", "VILLA-A4", "SCO-7"], "2026-09": ["B17-FF", "F8-FF"]}
SWAPPED = (Month(2026, 4), "F19-GF", "88000001")
AWAKE = 16
"""After this day of a month nobody needs reminding, and the clock stands still until the next."""
DEARER = (date(2026, 6, 1), 1275)
"""From this day on villas and shops pay this much for a unit, in paise."""
CARDS = ["B17-FF", "C9-GF", "F2-SF", "VILLA-A7"]
CLAIMS = ["B5-GF", "D6-GF", "F20-FF", "SCO-4"]
SILENT = ["C8-GF", "F9-SF"]
HABITS = ("cash", "cash", "cash", "bank", "bank", "upi", "cheque", "part", "over", "late", "never")
_Deed = Callable[[], Awaitable[object]]


@dataclass
class Year:
    """Who does what on which day; the same every time."""

    office: Office
    chance: random.Random
    diary: dict[date, list[_Deed]] = field(default_factory=lambda: defaultdict(list))

    def plan(self) -> None:
        habits = {code: self.chance.choice(HABITS) for code in sorted(self.office.sheet)}
        usual = {code: self.chance.randint(9000, 32000) for code in sorted(self.office.sheet)}
        for month in MONTHS:
            self.plan_readings(month, usual)
            self.plan_payments(month.next(), habits)
            self.diary[month.next().first_day + timedelta(days=20)].append(partial(self.office.lock, month))
        self.plan_corrections()

    # Readings

    def plan_readings(self, month: Month, usual: dict[str, int]) -> None:
        units = {code: habit + self.chance.randint(-habit // 8, habit // 8) for code, habit in usual.items()}
        read = MOTORS_READ.get(str(month), [])
        free = [code for code, flat in self.office.sheet.items() if flat.motor not in read and not flat.reached]
        skipped = self.chance.sample(free, 3)
        early = self.chance.sample([code for code in free if code not in skipped], 6)
        late_motor, before_motor = READ_LATE.get(str(month), ("", list[str]()))
        away = AWAY.get(str(month), ("", ""))[1]
        day = month.first_day + timedelta(days=24)
        send = {code: each for code, each in units.items() if code not in {*skipped, away}}
        self.diary[day].append(partial(self.send, send, BY_PHONE.get(str(month), [])))
        self.diary[day].append(partial(self.press_early, [*early, *before_motor]))
        motors = {motor: self.chance.randint(30000, 90000) for motor in read}
        self.diary[day + timedelta(days=1)].append(partial(self.motors, motors, PRESSED.get(str(month))))
        if away:
            late = month.next().first_day + timedelta(days=1)
            self.diary[late].append(partial(self.without, *AWAY[str(month)], units[away], day))
        if late_motor:
            self.diary[month.next().first_day].append(partial(self.notes, late_motor, before_motor))

    async def send(self, units: dict[str, int], by_phone: list[str]) -> None:
        """Some shares come with their readings, where the motor itself is read or not."""
        for code, each in units.items():
            flat = self.office.sheet[code]
            odd = flat.motor and flat.motor != D1 and self.chance.random() < 0.04
            if code not in by_phone:
                await self.office.read(code, each, self.chance.randint(100, 1500) if odd else None)
        if by_phone:
            await self.office.read_by_phone({code: units[code] for code in by_phone})

    async def press_early(self, codes: list[str]) -> None:
        """Approved in chat, and billed at once."""
        for code in codes:
            one = self.office.waiting[code]
            assert isinstance(await self.office.press(one.id), Approved)
            self.office.bill_on_paper(code, one.entered or 0)

    async def motors(self, units: dict[str, int], pressed: str | None) -> None:
        for motor, each in units.items():
            await self.office.read(motor, each)
        if pressed:
            await self.press_group(pressed)
        await self.office.leave_to_the_run()

    async def press_group(self, motor: str) -> None:
        office = self.office
        for flat in office.group(motor):
            assert isinstance(await office.press(office.waiting[flat.code].id), Waits)
        done = await office.press(office.motors[motor].id)
        assert isinstance(done, MotorApproved)
        assert len(done.issued) == len(office.group(motor))
        office.bill_waiting({code for code in office.waiting if office.sheet[code].motor != motor})

    async def without(self, motor: str, code: str, units: int, on: date) -> None:
        """The group is billed without the flat that was away; that one with its share when it is read after all."""
        share = self.office.shares(motor)[code]
        await self.office.bill_now(motor)
        await self.office.read(code, units, on=on)
        assert isinstance(await self.office.press(self.office.waiting[code].id), Approved)
        self.office.bill_on_paper(code, share)

    async def notes(self, motor: str, codes: list[str]) -> None:
        reading_id, shares = self.late_motor[motor]
        await self.office.late_shares(motor, reading_id, {code: shares[code] for code in codes})

    late_motor: dict[str, tuple[int, dict[str, int]]] = field(default_factory=dict)

    # Payments

    def plan_payments(self, month: Month, habits: dict[str, str]) -> None:
        for code, habit in habits.items():
            if not self.office.sheet[code].reached:
                day = month.first_day + timedelta(days=self.chance.randint(2, 12))
                self.diary[day].append(partial(self.pay_as_usual, code, habit))
        fifth = month.first_day + timedelta(days=4)
        for code in CARDS:
            self.diary[fifth].append(partial(self.pay_by_card, code))
        for code in CLAIMS:
            self.diary[month.first_day + timedelta(days=6)].append(partial(self.claim, code))
        self.diary[fifth].append(partial(self.pay_as_usual, SILENT[0], "part"))

    async def pay_as_usual(self, code: str, habit: str) -> None:
        owed, month = self.office.sheet[code].owed, self.office.clock.today.month
        if owed <= 0 or habit == "never" or (habit == "late" and month % 3):
            return
        paise = {"part": owed * 3 // 5, "over": (owed // 100_000 + 2) * 100_000}.get(habit, owed)
        method = PaymentMethod(habit) if habit in set(PaymentMethod) else PaymentMethod.CASH
        await self.office.receive(code, paise, method, twice=habit == "bank" and month == 2)

    async def pay_by_card(self, code: str) -> None:
        """In January somebody pays twice; in April the provider's hooks are lost, and found in the night."""
        office, today = self.office, self.office.clock.today
        if office.sheet[code].owed <= 0:
            return
        sale, owed = await office.to_the_till(code), office.sheet[code].owed
        twice = code == CARDS[0] and today.month == 1
        (office.till.pay_twice if twice else office.till.sales.pay)(sale)
        if today.month == 4:
            office.heard = len(office.till.events)
            self.diary[today + timedelta(days=1)].append(partial(self.found_in_the_night, code, owed))
            return
        await office.hear(self.chance)
        for _ in sale.charges:
            office.sheet[code].pays(today, owed)
        if code == CARDS[1] and today.month == 8:
            back = partial(office.give_back_by_card, code, office.sheet[code].lines[-1], sale, 20_050)
            self.diary[today + timedelta(days=4)].append(back)

    async def found_in_the_night(self, code: str, owed: int) -> None:
        self.office.sheet[code].pays(self.office.clock.today, owed)

    async def claim(self, code: str) -> None:
        """Said on one day, found two days later; in May the office knows before."""
        office, today = self.office, self.office.clock.today
        owed = office.sheet[code].owed
        if today.month == 5:
            await office.paid_by_two_routes(code, owed)
            return
        claim_id = await office.say_paid(code, owed)
        self.diary[today + timedelta(days=2)].append(partial(office.find_paid, code, claim_id, owed))

    # What goes wrong, and what changes

    def plan_corrections(self) -> None:
        office = self.office
        self.diary[date(2026, 4, 1)].append(partial(office.credit, "C10-GF", 15_025))
        self.diary[date(2026, 6, 2)].append(partial(office.void_and_bill_again, "F8-FF", 12_345))
        self.diary[date(2026, 7, 4)].append(partial(office.receive_by_mistake, "VILLA-A4", 900_000))
        self.diary[date(2026, 9, 16)].append(self.return_idle_credit)
        self.diary[date(2026, 4, 14)].append(self.swap_meter)
        self.diary[date(2026, 5, 27)].append(self.raise_prices)

    async def return_idle_credit(self) -> None:
        rich = max(self.office.sheet.values(), key=lambda flat: -flat.owed)
        await self.office.return_credit(rich.code, min(50_000, -rich.owed))

    async def swap_meter(self) -> None:
        """The old number is no longer taken, the new one is the flat's."""
        _, code, number = SWAPPED
        old = self.office.sheet[code].meter
        async with self.office.by("rekha") as todo:
            done = await change_flat.change(todo, code, Change(Field.METER, before=old, name=number))
        assert isinstance(done, Changed), done
        async with self.office.by("ravi") as todo:
            sent = Submission(old, Decimal(1), None, None, key="old", sent_at=todo.now)
            assert not isinstance(await submit(todo, sent), Saved)

    async def raise_prices(self) -> None:
        """A new workbook, days before it counts."""
        day, rate = DEARER
        book = read_master(SAMPLE)
        dear = [replace(row, rate_per_unit=rupees(rate)) if row.floor is None else row for row in book.rows]
        async with self.office.by("rekha") as todo:
            await import_master(todo, replace(book, rows=tuple(dear)), "new prices", day)
        self.diary[day].append(self.raised)

    async def raised(self) -> None:
        for flat in self.office.sheet.values():
            if flat.motor is None:
                flat.rate = DEARER[1]

    # Day by day

    async def live(self) -> None:
        office, day = self.office, FIRST
        while day <= LAST:
            if day.day == 1:
                office.clock.turn(day, 2, 5)
                self.keep_late_shares()
                await office.night_of_the_first()
            if day.day <= AWAKE:
                office.clock.turn(day, 12)
                await office.morning()
            office.clock.turn(day, AFTERNOON)
            for deed in self.diary[day]:
                await deed()
            day += timedelta(days=1)

    def keep_late_shares(self) -> None:
        """What the flats billed before their motor will have to be noted for."""
        for motor, _ in READ_LATE.values():
            if motor in self.office.motors:
                self.late_motor[motor] = self.office.motors[motor].id, self.office.shares(motor)


@pytest.fixture
async def year(db: Database) -> AsyncIterator[Year]:
    clock = Calendar()
    clock.turn(FIRST, 9)
    async with served_till(clock) as till:
        provider = gateway(till)
        sheet = master(SAMPLE)
        async with db.transaction() as conn:
            await import_master(
                Work(conn, clock(), SOCIETY, Actor(None, "setup"), "SETUP"), read_master(SAMPLE), "sample"
            )
            ids = {row["code"]: row["id"] for row in await conn.fetch("select code, id from flats")}
            staff = {
                "ravi": await resident(conn, "Ravi", "101", "+447700900101", Role.ENGINEER),
                "rekha": await resident(conn, "Rekha", "103", "+447700900103", Role.ADMIN),
                "mohan": await resident(conn, "Mohan", "104", "+447700900104", Role.ADMIN),
            }
            codes = [*CARDS, *CLAIMS, *SILENT]
            owners = {code: await owner(conn, ids[code], 800 + number) for number, code in enumerate(codes)}
        for code in owners:
            sheet[code].reached = True
        desk = PayDesk(db, SOCIETY, clock, {"stripe": provider})
        yield Year(Office(db, clock, sheet, till, desk, staff, owners, ids), random.Random(2026))
        await provider.close()


async def owner(conn: Connection, flat_id: int, number: int) -> Resident:
    who = await resident(conn, f"Owner {number}", str(number), f"+447700900{number}", Role.OWNER)
    sql = "insert into owner_people (owner_id, person_id) select owner_id, $2 from flat_owners where flat_id = $1"
    await conn.execute(sql, flat_id, who.person_id)
    return who


_BILLS = """
    select f.code, (b.created_at at time zone 'Asia/Kolkata')::date, b.billing_period_end, b.due_date,
        (b.flat_units * 100)::bigint, (b.water_motor_share * 100)::bigint, (b.rate_per_unit * 100)::bigint,
        (b.energy_charge * 100)::bigint, (b.fixed_charge * 100)::bigint, (b.previous_outstanding * 100)::bigint,
        (b.total_amount * 100)::bigint, b.status
    from bills b join flats f on f.id = b.flat_id order by f.code, b.id"""
_LINES = """
    select f.code, e.posted_on, e.kind, (e.amount * 100)::bigint
    from account_entries e join flats f on f.id = e.flat_id order by f.code, e.id"""
_REMINDERS = """
    select f.code, (n.not_before at time zone 'Asia/Kolkata')::date from notifications n
    join flats f on f.id = n.source_id::bigint where n.kind = 'payment_reminder' order by 2, 1"""


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_year_comes_to_what_the_sheet_says(year: Year) -> None:
    office, sheet = year.office, year.office.sheet
    year.plan()
    await year.live()

    async with office.db.transaction() as conn:
        bills = [tuple(row) for row in await conn.fetch(_BILLS)]
        lines = [tuple(row) for row in await conn.fetch(_LINES)]
        owing = {one.flat_code: one.owed for one in await dues.dues(conn)}
        months = {str(month): await month_facts.billed(conn, whole_month(month)) for month in MONTHS}
        reminded = [tuple(row) for row in await conn.fetch(_REMINDERS)]
        jobs = await conn.fetch("select job, period, state from job_runs where state <> 'done'")
    flats = sorted(sheet.values(), key=lambda flat: flat.code)
    assert bills == [
        (
            *(flat.code, bill.issued, bill.read_on, bill.due, bill.units, bill.share, bill.rate),
            *(bill.energy, bill.fixed, bill.before, bill.total, flat.status(bill, LAST)),
        )
        for flat in flats
        for bill in flat.bills
    ]
    assert lines == [(flat.code, line.day, line.kind, line.paise) for flat in flats for line in flat.lines]
    assert owing == {flat.code: rupees(flat.owed) for flat in flats if flat.owed > 0}
    live = [bill for flat in flats for bill in flat.live_bills]
    for month in MONTHS:
        own = [bill.total for bill in live if Month.of(bill.read_on) == month]
        assert months[str(month)] == (len(own), rupees(sum(own))), month
    assert reminded == sorted(office.reminded, key=lambda one: (one[1], one[0]))
    assert jobs == []
    assert_a_full_year(year, lines)
    report = await verify_database(office.db.dsn)
    assert report.ok, report
    assert report.parked == ()
    assert len(report.locked_months) == 1 + len(MONTHS)


def assert_a_full_year(year: Year, lines: list[tuple[object, ...]]) -> None:
    """All that was to happen did happen."""
    kinds = {line[2] for line in lines}
    assert kinds == {"CHARGE", "PAYMENT", "REVERSAL", "REFUND", "CREDIT_NOTE", "DEBIT_NOTE"}
    assert year.office.waiting == {}
    assert sum(len(flat.live_bills) for flat in year.office.sheet.values()) > 12 * 140
    assert len(year.office.reminded) > 20
    assert {bill.rate for flat in year.office.sheet.values() for bill in flat.bills} == {900, 1200, 1275}
