"""Worked cases of putting an account right, through the jobs on a real database; then the books are right."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import asyncpg
import pytest

from domain import corrections
from domain.account import EntryKind
from domain.corrections import CorrectionError
from domain.money import ZERO
from domain.payments import PaymentMethod, PaymentSource
from domain.period import Month
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
from jobs.draft_bill import Obstacle, Terms, draft
from jobs.issue_bill import Issued, issue
from jobs.opening import Opened, set_opening
from jobs.rebill import Moved, bill_again, reopen
from jobs.record_payment import AlreadyRecorded, NotUndone, OtherAmount, PaymentSlip, Recorded, record, undo
from jobs.verify import verify
from storage import accounts, audit, bill_voids, bills, locks, parked, readings
from storage.bills import Bill
from storage.database import Connection, Database
from storage.readings import ReadingState
from tests.jobs.test_approve_reading import issued, sent
from tests.society import Town, build, work

NOW = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)
FLAT = "B17-FF"


@pytest.fixture
async def conn(db: Database) -> AsyncIterator[Connection]:
    async with db.transaction() as conn:
        yield conn


@pytest.fixture
async def town(conn: Connection) -> Town:
    return await build(conn)


async def billed(conn: Connection, town: Town, units: str, on: date = date(2026, 11, 2), code: str = FLAT) -> Bill:
    return (await issued(conn, town.rekha, await sent(conn, town, code, units, on=on))).bill


async def paid(conn: Connection, town: Town, amount: str, code: str = FLAT, reference: str | None = None) -> int:
    slip = PaymentSlip(code, Decimal(amount), PaymentMethod.UPI, reference)
    done = await record(work(conn, town.rekha, NOW), slip, f"{code}:{amount}:{reference}")
    assert isinstance(done, Recorded)
    return done.payment.entry_id


async def owed(conn: Connection, town: Town, code: str = FLAT) -> Decimal:
    return await accounts.balance(conn, town.flat(code).flat_id)


async def status(conn: Connection, bill: Bill) -> str:
    found = await bills.get_bill(conn, bill.id)
    assert found is not None
    return found.status


async def voided(conn: Connection, town: Town, bill: Bill) -> Voided:
    done = await void_bill(work(conn, town.rekha, NOW), bill.id, "wrong_reading")
    assert isinstance(done, Voided), done
    return done


def why(outcome: object) -> type[CorrectionError]:
    assert isinstance(outcome, Refused), outcome
    return type(outcome.error)


def note(town: Town, amount: str, bill_id: int | None = None, code: str = FLAT) -> Note:
    return Note(town.flat(code).flat_id, Decimal(amount), "wrong_price", bill_id)


async def test_a_void_with_idle_credit(conn: Connection, town: Town) -> None:
    """₹5,000 lay idle, the bill used ₹3,226.00 of it: void, ₹5,000 are idle again; the replacement uses them."""
    await paid(conn, town, "5000")
    bill = await billed(conn, town, "146")
    assert await status(conn, bill) == "paid"
    done = await voided(conn, town, bill)
    assert done.owed == Decimal(-5000)
    assert await status(conn, bill) == "void"
    reading = await readings.get(conn, bill.flat_reading_id or 0)
    assert reading.state is ReadingState.APPROVED
    again = await draft(work(conn, town.rekha, NOW), reading)
    assert (again.obstacle, again.amounts and again.amounts.fixed_charge) == (None, Decimal(1474))
    assert again.period.start == bill.period.start + timedelta(days=1)
    replacement = await issue(work(conn, town.rekha, NOW), reading.id)
    assert isinstance(replacement, Issued)
    assert replacement.bill.previous_outstanding == Decimal(-5000)
    assert await status(conn, replacement.bill) == "paid"
    assert await owed(conn, town) == Decimal(-1774)
    assert (await verify(conn)).ok


async def test_a_void_after_a_newer_bill_is_refused(conn: Connection, town: Town) -> None:
    old = await billed(conn, town, "146", date(2026, 10, 2))
    new = await billed(conn, town, "100")
    assert why(await void_bill(work(conn, town.rekha, NOW), old.id, "x")) is corrections.NewerBillError
    assert await owed(conn, town) == Decimal("5900.00")
    await voided(conn, town, new)
    await voided(conn, town, old)
    assert await owed(conn, town) == 0
    assert (await verify(conn)).ok


async def test_a_flat_at_nine_with_no_units_and_arrears(conn: Connection, town: Town) -> None:
    first = await billed(conn, town, "100", date(2026, 10, 2), "C14-SF")
    empty = await billed(conn, town, "0", code="C14-SF")
    assert (empty.energy_charge, empty.fixed_charge, empty.total_amount) == (ZERO, ZERO, Decimal(900))
    assert await status(conn, empty) == "pending"
    await voided(conn, town, empty)
    assert (await status(conn, first), await status(conn, empty)) == ("pending", "void")
    again = await issue(work(conn, town.rekha, NOW), empty.flat_reading_id or 0)
    assert isinstance(again, Issued)
    assert again.bill.total_amount == Decimal(900)
    await paid(conn, town, "900", "C14-SF")
    assert (await status(conn, first), await status(conn, again.bill)) == ("paid", "paid")
    assert (await verify(conn)).ok


async def test_a_chargeback_of_part_of_a_payment(conn: Connection, town: Town) -> None:
    first = await billed(conn, town, "146", date(2026, 10, 2))
    second = await billed(conn, town, "100")
    payment = await paid(conn, town, "5900")
    todo = work(conn, town.rekha, NOW)
    back = await take_back_payment(todo, payment, Decimal(4000), "x", "stripe:du_1", how=GivenBack.CHARGEBACK)
    assert isinstance(back, Posted)
    assert (back.owed, back.line.source_type) == (Decimal(4000), "chargeback")
    assert (await status(conn, first), await status(conn, second)) == ("partially_paid", "pending")
    again = await take_back_payment(todo, payment, Decimal(4000), "x", "stripe:du_1", how=GivenBack.CHARGEBACK)
    assert isinstance(again, AlreadyPosted)
    too_much = await take_back_payment(todo, payment, Decimal("1900.01"), "x", "t2")
    assert why(too_much) is corrections.NotThatMuchPaidError
    assert why(await reverse(todo, payment, "slip")) is corrections.GivenBackError
    assert isinstance(await undo(todo, payment), NotUndone)
    assert why(await reverse(todo, back.line.entry_id, "slip")) is corrections.RefundedThereError
    won = await reverse(todo, back.line.entry_id, "dispute won", by_provider=True)
    assert isinstance(won, Posted)
    assert (await status(conn, first), await status(conn, second)) == ("paid", "paid")
    assert (await verify(conn)).ok


async def test_two_unpaid_old_bills(conn: Connection, town: Town, dsn: str) -> None:
    """The flat is set aside until an admin says what both come to; then a payment settles both at once."""
    flat_id = town.flat(FLAT).flat_id
    ids = [
        await conn.fetchval(
            "insert into bills (flat_id, billing_period_start, billing_period_end, due_date, total_amount) "
            "values ($1, $2, $3, $3, $4) returning id",
            flat_id,
            date(2026, month, 1),
            date(2026, month, 28),
            Decimal(total),
        )
        for month, total in ((8, 1000), (9, 1800))
    ]
    await conn.execute(
        "insert into adopted_bills (bill_id, old_status, open) select unnest($1::bigint[]), 'pending', true", ids
    )
    await parked.park(conn, flat_id, "Two old bills are unpaid.")
    todo = work(conn, town.rekha, NOW)
    assert why(await credit_note(todo, note(town, "5"), "t")) is corrections.SetAsideError
    assert why(await debit_note(todo, note(town, "5"), "t")) is corrections.SetAsideError
    assert why(await refund(todo, flat_id, Decimal(5), "x", "t")) is corrections.SetAsideError
    assert why(await void_bill(todo, ids[1], "x")) is corrections.SetAsideError
    assert isinstance(await set_opening(todo, FLAT, Decimal(1800)), Opened)
    assert why(await void_bill(todo, ids[1], "x")) is corrections.NotOurBillError
    await paid(conn, town, "1799.99")
    assert {bill.status for bill in await bills.history(conn, flat_id)} == {"overdue"}
    await paid(conn, town, "0.01")
    assert {bill.status for bill in await bills.history(conn, flat_id)} == {"paid"}
    assert (await verify(conn)).ok


async def test_a_third_bill_in_a_month(conn: Connection, town: Town) -> None:
    """Each starts on a day of its own; the third is void: its replacement is asked about, the month has two others."""
    first = await billed(conn, town, "100", date(2026, 11, 1))
    found = [first]
    for units, day in (("10", 2), ("20", 2)):
        meter = town.flat(FLAT).meter_id
        reading_id = await conn.fetchval(
            "insert into readings (meter_id, reading_value, reading_date, state, flags, confirmed) "
            "values ($1, $2, $3, 'approved', '{}', true) returning id",
            meter,
            Decimal(units),
            date(2026, 11, day),
        )
        todo = work(conn, town.rekha, NOW)
        assert (await draft(todo, await readings.get(conn, reading_id))).obstacle is Obstacle.MONTH_BILLED
        outcome = await issue(todo, reading_id, Terms(with_fixed_charge=False))
        assert isinstance(outcome, Issued)
        found.append(outcome.bill)
    assert len({bill.period.start for bill in found}) == 3
    assert [bill.fixed_charge for bill in found] == [Decimal(1474), 0, 0]
    assert await owed(conn, town) == Decimal("3034.00")
    third = found[-1]
    await voided(conn, town, third)
    reading = await readings.get(conn, third.flat_reading_id or 0)
    assert (await draft(work(conn, town.rekha, NOW), reading)).obstacle is Obstacle.MONTH_BILLED
    again = await issue(work(conn, town.rekha, NOW), reading.id, Terms(with_fixed_charge=False))
    assert isinstance(again, Issued)
    assert again.bill.period.start not in {bill.period.start for bill in found}
    assert again.bill.total_amount == third.total_amount
    assert (await verify(conn)).ok


async def test_a_refund_larger_than_idle_credit_is_refused(conn: Connection, town: Town) -> None:
    flat_id, todo = town.flat(FLAT).flat_id, work(conn, town.rekha, NOW)
    assert why(await refund(todo, flat_id, Decimal("0.01"), "x", "t")) is corrections.NotThatMuchCreditError
    await billed(conn, town, "146")
    await paid(conn, town, "3226")
    assert why(await refund(todo, flat_id, Decimal("0.01"), "x", "t")) is corrections.NotThatMuchCreditError
    await paid(conn, town, "100")
    assert why(await refund(todo, flat_id, Decimal("100.01"), "x", "t")) is corrections.NotThatMuchCreditError
    done = await refund(todo, flat_id, Decimal(100), "moved_out", "t")
    assert isinstance(done, Posted)
    assert (done.owed, done.line.source_type) == (ZERO, "refund")
    assert isinstance(await refund(todo, flat_id, Decimal(100), "moved_out", "t"), AlreadyPosted)
    assert (await verify(conn)).ok


async def test_a_reference_claimed_twice_by_two_routes(conn: Connection, town: Town) -> None:
    """Recorded by an admin, then told by a provider or a claim: counted once, another amount is asked about."""
    await billed(conn, town, "146")
    todo, number = work(conn, town.rekha, NOW), "412345678901"
    first = await paid(conn, town, "1000", reference=f"UTR {number}")
    for source in (PaymentSource.CLAIM, PaymentSource.RAZORPAY, PaymentSource.STATEMENT):
        slip = PaymentSlip(FLAT, Decimal(1000), PaymentMethod.UPI, number, source)
        outcome = await record(todo, slip, f"{source}:1")
        assert isinstance(outcome, AlreadyRecorded)
        assert outcome.payment.entry_id == first
        other = PaymentSlip(FLAT, Decimal(1001), PaymentMethod.UPI, number, source)
        assert isinstance(await record(todo, other, f"{source}:2"), OtherAmount)
    assert await owed(conn, town) == Decimal(2226)
    same = accounts.NewEntry(
        town.flat(FLAT).flat_id, EntryKind.PAYMENT, Decimal(-1), todo.today, todo.today, "claim", "9",
        method="upi", reference_key=number,
    )  # fmt: skip
    with pytest.raises(asyncpg.UniqueViolationError):
        async with conn.transaction():
            await accounts.post(conn, same)


async def test_notes_count_once_and_only_on_what_was_shown(conn: Connection, town: Town) -> None:
    bill = await billed(conn, town, "146")
    todo = work(conn, town.rekha, NOW)
    done = await credit_note(todo, note(town, "226", bill.id), "t1", owed=Decimal(3226))
    assert isinstance(done, Posted)
    assert (done.owed, done.messages, done.line.bill_id) == (Decimal(3000), 1, bill.id)
    assert isinstance(await credit_note(todo, note(town, "226", bill.id), "t1", owed=Decimal(3226)), AlreadyPosted)
    assert await credit_note(todo, note(town, "1"), "t2", owed=Decimal(3226)) == BalanceMoved(Decimal(3000))
    assert why(await credit_note(todo, note(town, "3000.01", bill.id), "t2")) is corrections.NotThatMuchChargedError
    assert why(await void_bill(todo, bill.id, "x")) is corrections.NotedBillError
    more = await debit_note(todo, note(town, "50"), "t3")
    assert isinstance(more, Posted)
    assert await status(conn, bill) == "partially_paid"
    taken = await reverse(todo, done.line.entry_id, "slip", owed=Decimal(3050))
    assert isinstance(taken, Posted)
    assert isinstance(await reverse(todo, done.line.entry_id, "slip"), AlreadyPosted)
    assert why(await reverse(todo, taken.line.entry_id, "x")) is corrections.NotUndoableError
    assert await status(conn, bill) == "pending"
    assert await owed(conn, town) == Decimal(3276)
    assert (await verify(conn)).ok


async def test_a_void_counts_once_and_is_on_record(conn: Connection, town: Town) -> None:
    bill = await billed(conn, town, "146")
    todo = work(conn, town.rekha, NOW)
    assert await void_bill(todo, bill.id, "x", owed=Decimal(1)) == BalanceMoved(Decimal(3226))
    await voided(conn, town, bill)
    again = await void_bill(work(conn, town.mohan, NOW), bill.id, "x", owed=Decimal(3226))
    assert isinstance(again, AlreadyVoid)
    assert (again.void.by, again.void.reason, again.void.voided_at) == ("Rekha", "wrong_reading", NOW)
    line = (await audit.trail(conn, "bill", str(bill.id)))[0]
    assert (line.action, line.actor, (line.after or {})["reason"]) == ("bill.voided", "Rekha", "wrong_reading")
    assert [one.kind for one in await accounts.entries(conn, bill.flat_id)] == [EntryKind.CHARGE, EntryKind.REVERSAL]


@pytest.mark.parametrize("state", ["asking", "underway", "unknown"])
async def test_a_payment_under_way_stands_against_voiding(conn: Connection, town: Town, state: str) -> None:
    bill = await billed(conn, town, "146")
    await conn.execute(
        "insert into payment_attempts (flat_id, amount, provider, state) values ($1, 5, 'stripe', $2)",
        bill.flat_id,
        state,
    )
    assert why(await void_bill(work(conn, town.rekha, NOW), bill.id, "x")) is corrections.PaymentUnderWayError


async def test_an_owners_word_that_they_paid_stands_against_voiding(conn: Connection, town: Town) -> None:
    bill = await billed(conn, town, "146")
    await conn.execute(
        "insert into payment_claims (flat_id, person_id, amount, reference, reference_key) "
        "values ($1, $2, 5, '1', '1')",
        bill.flat_id,
        town.sharma.person_id,
    )
    assert why(await void_bill(work(conn, town.rekha, NOW), bill.id, "x")) is corrections.PaymentUnderWayError


async def test_nothing_is_posted_in_a_locked_month(conn: Connection, town: Town) -> None:
    bill = await billed(conn, town, "146")
    payment = await paid(conn, town, "10")
    await locks.lock(conn, Month(2026, 11), None)
    todo = work(conn, town.rekha, NOW)
    assert why(await void_bill(todo, bill.id, "x")) is corrections.MonthClosedError
    for outcome in (
        await credit_note(todo, note(town, "5"), "t1"),
        await take_back_payment(todo, payment, Decimal(1), "x", "t2"),
    ):
        assert isinstance(outcome, Posted)
        assert outcome.line.posted_on == date(2026, 12, 1)
    assert (await verify(conn)).ok


async def test_a_captured_payment_is_refunded_not_undone(conn: Connection, town: Town) -> None:
    todo = work(conn, town.rekha, NOW)
    slip = PaymentSlip(FLAT, Decimal(100), PaymentMethod.CARD, "pi_1", PaymentSource.STRIPE)
    done = await record(todo, slip, "pi_1")
    assert isinstance(done, Recorded)
    entry_id = done.payment.entry_id
    assert why(await reverse(todo, entry_id, "slip")) is corrections.CapturedError
    assert isinstance(await undo(todo, entry_id), NotUndone)
    assert why(await take_back_payment(todo, entry_id, Decimal(100), "x", "re_1")) is corrections.CapturedError
    back = await take_back_payment(todo, entry_id, Decimal(100), "x", "stripe:re_1", by_provider=True)
    assert isinstance(back, Posted)
    assert await owed(conn, town) == 0


async def test_owners_are_told_of_a_void_at_once_and_of_a_note_by_day(conn: Connection, town: Town) -> None:
    night = datetime(2026, 11, 2, 18, 0, tzinfo=UTC)
    bill = await billed(conn, town, "146")
    todo = work(conn, town.rekha, night)
    assert isinstance(await debit_note(todo, note(town, "5"), "t1"), Posted)
    done = await void_bill(todo, bill.id, "wrong_reading")
    assert isinstance(done, Voided)
    assert done.messages == 1
    sql = "select kind from notifications where kind = any($1::text[]) and chat_id = $2 and not_before <= $3"
    by_night = await conn.fetch(sql, ["correction", "bill_void"], town.sharma.chat_id, night)
    by_day = await conn.fetch(sql, ["correction"], town.sharma.chat_id, datetime(2026, 11, 3, 2, 30, tzinfo=UTC))
    assert ([row["kind"] for row in by_night], len(by_day)) == (["bill_void"], 1)


async def test_a_reading_is_billed_again_as_shown_or_given_back(conn: Connection, town: Town) -> None:
    bill = await billed(conn, town, "146")
    await voided(conn, town, bill)
    todo, reading_id = work(conn, town.rekha, NOW), bill.flat_reading_id or 0
    assert not isinstance(await bill_again(todo, reading_id, Decimal(1)), Issued)
    assert isinstance(await bill_again(todo, reading_id, Decimal(3226)), Issued)
    assert isinstance(await bill_again(todo, reading_id, Decimal(3226)), Moved)
    assert (await reopen(todo, reading_id)).state is ReadingState.BILLED
    assert await bill_voids.void_of(conn, bill.id)


async def test_a_reopened_reading_waits_in_the_queue(conn: Connection, town: Town) -> None:
    bill = await billed(conn, town, "146")
    await voided(conn, town, bill)
    reading = await reopen(work(conn, town.rekha, NOW), bill.flat_reading_id or 0)
    assert reading.state is ReadingState.PENDING
    lines = await audit.trail(conn, "reading", str(reading.id))
    assert "reading.reopened" in {line.action for line in lines}
