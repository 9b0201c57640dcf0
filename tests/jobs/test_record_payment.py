"""Money recorded by an admin: once, in part or too much, and taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from domain.account import EntryKind
from domain.payments import PaymentMethod, PaymentReferenceError
from jobs.record_payment import (
    AlreadyRecorded,
    BooksChanged,
    OtherAmount,
    PaymentSlip,
    Ready,
    Recorded,
    Undone,
    UnknownFlat,
    check,
    record,
    replace,
    undo,
)
from jobs.verify import verify
from storage import accounts, bills, payments
from storage.accounts import NewEntry
from storage.database import Connection, Database
from tests.jobs.test_approve_reading import issued, sent
from tests.society import Town, build, work

NOW = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)


@pytest.fixture
async def conn(db: Database) -> AsyncIterator[Connection]:
    async with db.transaction() as conn:
        yield conn


@pytest.fixture
async def town(conn: Connection) -> Town:
    """B17-FF has a bill of ₹3,264.40."""
    built = await build(conn)
    await issued(conn, built.rekha, await sent(conn, built, "B17-FF", "146", share="3.2"))
    return built


def slip(amount: str, reference: str | None = None, method: PaymentMethod = PaymentMethod.UPI) -> PaymentSlip:
    return PaymentSlip("B17-FF", Decimal(amount), method, reference)


def cash(amount: str) -> PaymentSlip:
    return slip(amount, None, PaymentMethod.CASH)


async def status(conn: Connection, town: Town) -> str:
    return (await bills.history(conn, town.flat("B17-FF").flat_id))[0].status


async def test_the_preview_says_what_is_left(conn: Connection, town: Town) -> None:
    ready = await check(work(conn, town.rekha, NOW), cash("1842"))
    assert isinstance(ready, Ready)
    assert (ready.owed, ready.left) == (Decimal("3264.40"), Decimal("1422.40"))


@pytest.mark.parametrize(
    ("amount", "left", "became"),
    [("1842", "1422.40", "partially_paid"), ("3264.40", "0.00", "paid"), ("4000", "-735.60", "paid")],
)
async def test_part_whole_and_too_much(conn: Connection, town: Town, amount: str, left: str, became: str) -> None:
    done = await record(work(conn, town.rekha, NOW), cash(amount), "t1")
    assert isinstance(done, Recorded)
    assert done.left == Decimal(left)
    assert await status(conn, town) == became


async def test_the_receipt_goes_to_the_owners_and_not_at_night(conn: Connection, town: Town) -> None:
    night = datetime(2026, 11, 2, 18, 0, tzinfo=UTC)
    done = await record(work(conn, town.rekha, night), cash("10"), "t1")
    assert isinstance(done, Recorded)
    row = await conn.fetchrow("select chat_id, source_id, not_before from notifications where kind = 'receipt'")
    assert row is not None
    assert (row["chat_id"], row["source_id"]) == (town.sharma.chat_id, str(done.payment.entry_id))
    assert row["not_before"] == datetime(2026, 11, 3, 2, 30, tzinfo=UTC)


async def test_the_same_press_twice_posts_once(conn: Connection, town: Town) -> None:
    todo = work(conn, town.rekha, NOW)
    assert isinstance(await record(todo, cash("10"), "t1"), Recorded)
    assert isinstance(await record(todo, cash("10"), "t1"), AlreadyRecorded)
    assert isinstance(await record(todo, cash("10"), "t2"), Recorded)
    assert await accounts.balance(conn, town.flat("B17-FF").flat_id) == Decimal("3244.40")


async def test_a_reference_counts_once_however_it_is_typed(conn: Connection, town: Town) -> None:
    todo = work(conn, town.rekha, NOW)
    first = await record(todo, slip("100", "UTR: 4123 4567"), "t1")
    assert isinstance(first, Recorded)
    again = await record(work(conn, town.mohan, NOW), slip("100.00", "41234567"), "t2")
    assert isinstance(again, AlreadyRecorded)
    assert (again.payment.entry_id, again.payment.recorder) == (first.payment.entry_id, "Rekha")
    assert isinstance(await check(todo, slip("100", "utr 41234567")), AlreadyRecorded)
    other = await record(todo, slip("101", "41234567"), "t3")
    assert isinstance(other, OtherAmount)
    assert isinstance(await record(todo, slip("100", "41234567", PaymentMethod.BANK), "t4"), AlreadyRecorded)
    assert isinstance(await record(todo, slip("100", "41234567", PaymentMethod.CHEQUE), "t5"), Recorded)
    assert await accounts.balance(conn, town.flat("B17-FF").flat_id) == Decimal("3064.40")


async def test_the_right_amount_takes_the_place_of_the_wrong_one(conn: Connection, town: Town) -> None:
    todo = work(conn, town.rekha, NOW)
    wrong = await record(todo, slip("1000", "77"), "t1")
    assert isinstance(wrong, Recorded)
    right = await replace(todo, wrong.payment.entry_id, slip("1842", "77"), "t2")
    assert isinstance(right, Recorded)
    assert right.left == Decimal("1422.40")
    twice = await replace(todo, wrong.payment.entry_id, slip("1842", "77"), "t2")
    assert isinstance(twice, AlreadyRecorded)
    assert (await verify(conn)).ok


async def test_undo_is_a_reversal_of_the_very_amount(conn: Connection, town: Town) -> None:
    todo = work(conn, town.rekha, NOW)
    done = await record(todo, slip("3264.40", "77"), "t1")
    assert isinstance(done, Recorded)
    taken = await undo(todo, done.payment.entry_id)
    assert isinstance(taken, Undone)
    assert taken.left == Decimal("3264.40")
    assert await status(conn, town) == "pending"
    assert isinstance(await undo(todo, done.payment.entry_id), AlreadyRecorded)
    entries = await accounts.entries(conn, town.flat("B17-FF").flat_id)
    assert [entry.kind for entry in entries] == [EntryKind.CHARGE, EntryKind.PAYMENT, EntryKind.REVERSAL]
    assert isinstance(await record(todo, slip("3264.40", "77"), "t2"), Recorded)
    assert isinstance(await record(todo, slip("3264.40", "77"), "t3"), AlreadyRecorded)
    assert await accounts.balance(conn, town.flat("B17-FF").flat_id) == 0


async def test_a_number_taken_back_and_recorded_again_many_times_is_still_known(conn: Connection, town: Town) -> None:
    todo = work(conn, town.rekha, NOW)
    for nth in range(11):
        done = await record(todo, slip("10", "412345678901"), f"t{nth}")
        assert isinstance(done, Recorded)
        await undo(todo, done.payment.entry_id)
    last = await record(todo, slip("10", "412345678901"), "last")
    assert isinstance(last, Recorded)
    assert await payments.counted(conn, ["412345678901"]) == [last.payment]


async def test_what_was_shown_as_owed_binds(conn: Connection, town: Town) -> None:
    flat_id = town.flat("B17-FF").flat_id
    day = date(2026, 11, 2)
    await accounts.post(conn, NewEntry(flat_id, EntryKind.DEBIT_NOTE, Decimal(5), day, day, "t", "t"))
    outcome = await record(work(conn, town.rekha, NOW), cash("10"), "t1", seal="3264.40")
    assert isinstance(outcome, BooksChanged)
    assert outcome.ready.owed == Decimal("3269.40")
    assert len(await accounts.entries(conn, flat_id)) == 2


async def test_unknown_flat_and_bad_reference(conn: Connection, town: Town) -> None:
    todo = work(conn, town.rekha, NOW)
    assert await check(todo, PaymentSlip("Z9-FF", Decimal(1), PaymentMethod.CASH)) == UnknownFlat("Z9-FF")
    with pytest.raises(PaymentReferenceError):
        await record(todo, slip("1", "///"), "t1")
