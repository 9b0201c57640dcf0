"""Whatever an office, owners and their banks do to an account, in any order: against real PostgreSQL and a plain model.

The model shares nothing with the code: it counts whole paise and finds statuses by cumulative sums, without replaying
an allocation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from domain.books import check_account
from domain.payments import PaymentMethod, PaymentSource
from domain.period import Month
from jobs import statuses
from jobs.correct_account import (
    AlreadyPosted,
    AlreadyVoid,
    BalanceMoved,
    GivenBack,
    Note,
    Posted,
    Refused,
    Voided,
    credit_note,
    debit_note,
    refund,
    reverse,
    take_back_payment,
    void_bill,
)
from jobs.draft_bill import Terms
from jobs.issue_bill import Issued, issue
from jobs.record_payment import AlreadyRecorded, PaymentSlip, Recorded, record
from jobs.verify import verify
from jobs.work import Work
from storage import accounts, bills, books, locks, readings
from storage.database import Raw, connect
from storage.readings import Measurement, ReadingState, Sender
from tests.society import Town, build, work

T = TypeVar("T")

FLAT = "VILLA-A2"
RATE, FIXED = 1200, 185700
"""Paise: a unit, and the fixed charge."""
BEGIN = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
PAISE = st.integers(1, 500_000)
UNITS = st.integers(0, 40_000)
"""Hundredths of a unit."""


def rupees(paise: int) -> Decimal:
    return Decimal(paise) / 100


@dataclass
class Line:
    """An entry as a clerk would write it: `paise` more than zero is owed. `of` is the payment that a refund takes."""

    id: int
    kind: str
    paise: int
    on: date
    bill: int | None = None
    of: int | None = None
    captured: bool = False
    struck: bool = False


@dataclass
class BillLine:
    """A bill as a clerk would write it."""

    id: int
    reading: int
    end: date
    due: date
    line: Line
    void: bool = False


@dataclass
class Ledger:
    """The plain model: lines in order, struck out when undone."""

    lines: list[Line] = field(default_factory=list)
    bills: list[BillLine] = field(default_factory=list)
    closed: set[Month] = field(default_factory=set)

    @property
    def owed(self) -> int:
        return sum(line.paise for line in self.live())

    def live(self, *kinds: str) -> list[Line]:
        return [one for one in self.lines if not one.struck and (not kinds or one.kind in kinds)]

    def refunds(self, payment: Line) -> list[Line]:
        return [one for one in self.live("refund") if one.of == payment.id]

    def left(self, payment: Line) -> int:
        """What still counts of a payment."""
        return 0 if payment.struck else -payment.paise - sum(one.paise for one in self.refunds(payment))

    def debits(self) -> list[Line]:
        return [one for one in self.live() if one.paise > 0 or one.kind == "charge" if one.of is None]

    def credits(self) -> list[tuple[Line, int]]:
        """What can settle debits, with its paise."""
        given = self.live("payment", "credit")
        found = [(one, self.left(one) if one.kind == "payment" else -one.paise) for one in given]
        return [(line, amount) for line, amount in found if amount]

    @property
    def idle(self) -> int:
        return max(0, -self.owed)

    def paid_for(self, bill: BillLine) -> int:
        """What payments after the bill settle of it: where their stretch of all credit overlaps its of all debt."""
        before = sum(one.paise for one in self.debits() if one.id < bill.line.id)
        after, begins, total = before + bill.line.paise, 0, 0
        for line, amount in self.credits():
            if line.kind == "payment" and line.id > bill.line.id:
                total += max(0, min(after, begins + amount) - max(before, begins))
            begins += amount
        return total

    def may_void(self, bill: BillLine) -> bool:
        newest = max((one.id for one in self.live("charge")), default=0) == bill.line.id
        months = {Month.of(bill.end), Month.of(bill.line.on)}
        noted = any(one.bill == bill.id for one in self.live("credit", "debit"))
        return newest and not bill.void and not months & self.closed and not noted and not self.paid_for(bill)

    def may_undo(self, line: Line) -> bool:
        plain = line.kind in {"credit", "debit", "refund"} or (line.kind == "payment" and not line.captured)
        return plain and not line.struck and not self.refunds(line)

    def status(self, bill: BillLine, today: date) -> str:
        if bill.void:
            return "void"
        upto = sum(one.paise for one in self.debits() if one.id <= bill.line.id)
        given = sum(amount for _, amount in self.credits())
        if given >= upto:
            return "paid"
        if today > bill.due:
            return "overdue"
        return "partially_paid" if bill.line.paise and given > upto - bill.line.paise else "pending"


@dataclass
class Desk:
    """One connection to the real thing."""

    runner: asyncio.Runner
    conn: Raw
    town: Town

    def do(self, job: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(job)


class Office(RuleBasedStateMachine):
    """Every step is done by the jobs and by the clerk; then both say the same."""

    desk: ClassVar[Desk]

    def __init__(self) -> None:
        super().__init__()
        self.ledger, self.now, self.tokens = Ledger(), BEGIN, 0
        self.flat_id = self.desk.town.flat(FLAT).flat_id
        self.transaction = self.desk.conn.transaction()
        self.desk.do(self.transaction.start())

    def teardown(self) -> None:
        report = self.desk.do(verify(self.desk.conn))
        self.desk.do(self.transaction.rollback())
        assert report.ok, report.findings

    @property
    def work(self) -> Work:
        return work(self.desk.conn, self.desk.town.rekha, self.now)

    def token(self) -> str:
        self.tokens += 1
        return f"token{self.tokens}"

    def write(self, kind: str, entry_id: int, paise: int, **more: Any) -> Line:
        line = Line(entry_id, kind, paise, self.work.today, **more)
        self.ledger.lines.append(line)
        return line

    # Bills

    @rule(units=UNITS, fixed=st.booleans())
    def read_and_bill(self, units: int, fixed: bool) -> None:  # noqa: FBT001 - drawn
        self.bill(self.desk.do(self.read(units)), units, fixed=fixed)

    @precondition(lambda self: self.again())
    @rule(data=st.data(), fixed=st.booleans())
    def bill_again(self, data: st.DataObject, fixed: bool) -> None:  # noqa: FBT001 - drawn
        reading = data.draw(st.sampled_from(self.again()))
        state = self.desk.do(readings.get(self.desk.conn, reading))
        assert state.state is ReadingState.APPROVED
        self.bill(reading, int(state.value * 100), fixed=fixed)

    def again(self) -> list[int]:
        """Readings whose bills are all void, of months that are open."""
        live = {one.reading for one in self.ledger.bills if not one.void}
        void = {one.reading for one in self.ledger.bills if one.void and Month.of(one.end) not in self.ledger.closed}
        return sorted(void - live)

    async def read(self, units: int) -> int:
        what = Measurement(rupees(units), None, self.work.today)
        who = Sender(self.desk.town.ravi.person_id, self.now)
        meter = self.desk.town.flat(FLAT).meter_id
        reading = await readings.insert(self.desk.conn, meter, what, who, self.token())
        assert reading is not None
        await readings.set_state(self.desk.conn, reading, ReadingState.APPROVED)
        return reading

    def bill(self, reading: int, units: int, *, fixed: bool) -> None:
        done = self.desk.do(issue(self.work, reading, Terms(with_fixed_charge=fixed)))
        assert isinstance(done, Issued), done
        bill, month = done.bill, Month.of(done.bill.period.end)
        is_further = any(not one.void and Month.of(one.end) == month for one in self.ledger.bills)
        charge = units * RATE // 100 + (FIXED if fixed or not is_further else 0)
        assert bill.previous_outstanding == rupees(self.ledger.owed)
        assert bill.total_amount == rupees(self.ledger.owed + charge)
        entries = self.desk.do(accounts.entries(self.desk.conn, self.flat_id))
        line = self.write("charge", entries[-1].id, charge, bill=bill.id)
        self.ledger.bills.append(BillLine(bill.id, reading, bill.period.end, bill.due_date, line))

    @precondition(lambda self: self.ledger.bills)
    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        bill = data.draw(st.sampled_from(self.ledger.bills))
        allowed, was_void = self.ledger.may_void(bill), bill.void
        done = self.desk.do(void_bill(self.work, bill.id, "slip", owed=rupees(self.ledger.owed)))
        assert isinstance(done, Voided if allowed else AlreadyVoid if was_void else Refused), done
        if isinstance(done, Voided):
            bill.void = bill.line.struck = True
            assert done.owed == rupees(self.ledger.owed)

    @precondition(lambda self: any(self.ledger.may_void(one) for one in self.ledger.bills))
    @rule()
    def void_the_newest(self) -> None:
        bill = next(one for one in self.ledger.bills if self.ledger.may_void(one))
        assert isinstance(self.desk.do(void_bill(self.work, bill.id, "slip")), Voided)
        bill.void = bill.line.struck = True

    # Money in

    @rule(paise=PAISE, captured=st.booleans())
    def pay(self, paise: int, captured: bool) -> None:  # noqa: FBT001 - drawn
        token = self.token()
        source = PaymentSource.STRIPE if captured else PaymentSource.OFFICE
        slip = PaymentSlip(FLAT, rupees(paise), PaymentMethod.UPI, token, source)
        done = self.desk.do(record(self.work, slip, token))
        assert isinstance(done, Recorded)
        entry_id = done.payment.entry_id
        assert isinstance(self.desk.do(record(self.work, slip, self.token())), AlreadyRecorded)
        if captured:
            sql = """insert into payment_attempts (flat_id, amount, paid, provider, state, entry_id)
                     values ($1, $2, $2, 'stripe', 'paid', $3)"""
            self.desk.do(self.desk.conn.execute(sql, self.flat_id, rupees(paise), entry_id))
        self.write("payment", entry_id, -paise, captured=captured)

    @precondition(lambda self: self.ledger.owed > 0)
    @rule(more=st.sampled_from([-1, 0, 1, 250_000]))
    def pay_what_is_owed(self, more: int) -> None:
        paise = self.ledger.owed + more
        if paise > 0:
            self.pay(paise, captured=False)

    # Notes and money out

    @rule(paise=PAISE, about=st.booleans(), is_credit=st.booleans())
    def note(self, paise: int, about: bool, is_credit: bool) -> None:  # noqa: FBT001 - drawn
        bill = self.ledger.bills[-1] if about and self.ledger.bills else None
        token = self.token()
        write = credit_note if is_credit else debit_note
        wanted = Note(self.flat_id, rupees(paise), "wrong_price", bill.id if bill else None)
        done = self.desk.do(write(self.work, wanted, token))
        if bill and is_credit and paise > max(0, self.charged(bill)):
            assert isinstance(done, Refused)
            return
        assert isinstance(done, Posted)
        assert isinstance(self.desk.do(write(self.work, wanted, token)), AlreadyPosted)
        kind, amount = ("credit", -paise) if is_credit else ("debit", paise)
        self.write(kind, done.line.entry_id, amount, bill=wanted.bill_id)

    def charged(self, bill: BillLine) -> int:
        return sum(one.paise for one in self.ledger.live("charge", "credit", "debit") if one.bill == bill.id)

    @rule(paise=PAISE, whole=st.booleans())
    def give_idle_credit_back(self, paise: int, whole: bool) -> None:  # noqa: FBT001 - drawn
        amount = self.ledger.idle if whole and self.ledger.idle else paise
        done = self.desk.do(refund(self.work, self.flat_id, rupees(amount), "moved_out", self.token()))
        assert isinstance(done, Posted if amount <= self.ledger.idle else Refused)
        if isinstance(done, Posted):
            self.write("refund", done.line.entry_id, amount)

    @precondition(lambda self: any(one.kind == "payment" for one in self.ledger.lines))
    @rule(data=st.data(), paise=PAISE, whole=st.booleans(), how=st.sampled_from(GivenBack))
    def take_back(self, data: st.DataObject, paise: int, whole: bool, how: GivenBack) -> None:  # noqa: FBT001 - drawn
        payment = data.draw(st.sampled_from([one for one in self.ledger.lines if one.kind == "payment"]))
        left = self.ledger.left(payment)
        amount = left if whole and left else paise
        token = self.token()
        taking = take_back_payment(
            self.work, payment.id, rupees(amount), "x", token, how=how, by_provider=payment.captured
        )
        done = self.desk.do(taking)
        assert isinstance(done, Posted if amount <= left else Refused)
        if isinstance(done, Posted):
            self.write("refund", done.line.entry_id, amount, of=payment.id)

    @precondition(lambda self: self.ledger.lines)
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        line = data.draw(st.sampled_from(self.ledger.lines))
        allowed, was_undone = self.ledger.may_undo(line), line.struck
        done = self.desk.do(reverse(self.work, line.id, "slip"))
        assert isinstance(done, Posted if allowed else AlreadyPosted if was_undone else Refused), done
        if isinstance(done, Posted):
            line.struck = True
            assert done.owed == rupees(self.ledger.owed)

    # What is no longer true, and time

    @rule(paise=PAISE)
    def press_what_was_shown_before(self, paise: int) -> None:
        wrong = rupees(self.ledger.owed + 1)
        wanted = Note(self.flat_id, rupees(paise), "x")
        for write in (credit_note, debit_note):
            done = self.desk.do(write(self.work, wanted, self.token(), owed=wrong))
            assert done == BalanceMoved(rupees(self.ledger.owed))

    @rule(days=st.integers(1, 25))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)
        self.desk.do(statuses.recompute(self.work, [self.flat_id]))

    @precondition(lambda self: Month.of(self.now.date()) > Month.of(BEGIN.date()))
    @rule()
    def close_the_month_before(self) -> None:
        month = Month.of(Month.of(self.work.today).first_day - timedelta(days=1))
        if month not in self.ledger.closed:
            assert self.desk.do(locks.lock(self.desk.conn, month, None))
            self.ledger.closed.add(month)

    # What holds after each step

    @invariant()
    def the_books_are_right(self) -> None:
        entries = self.desk.do(accounts.entries(self.desk.conn, self.flat_id))
        issued = self.desk.do(books.issued_bills(self.desk.conn, [self.flat_id]))
        assert check_account(entries, issued.get(self.flat_id, [])) == []

    @invariant()
    def both_say_the_same(self) -> None:
        assert self.desk.do(accounts.balance(self.desk.conn, self.flat_id)) == rupees(self.ledger.owed)
        said = {one.id: self.desk.do(bills.get_bill(self.desk.conn, one.id)) for one in self.ledger.bills}
        stored = {bill_id: bill.status for bill_id, bill in said.items() if bill}
        assert stored == {one.id: self.ledger.status(one, self.work.today) for one in self.ledger.bills}


async def _open(dsn: str) -> tuple[Raw, Town]:
    conn = await connect(dsn)
    town = await build(conn)
    await conn.execute("set role billing_service")
    return conn, town


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_office_and_the_clerk_agree(dsn: str) -> None:
    with asyncio.Runner() as runner:
        conn, town = runner.run(_open(dsn))
        run_state_machine_as_test(
            type("OfficeHere", (Office,), {"desk": Desk(runner, conn, town)}),
            settings=settings(
                max_examples=25,
                stateful_step_count=25,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
            ),
        )
        runner.run(conn.close())
