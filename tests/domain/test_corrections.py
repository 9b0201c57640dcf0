"""Worked tables: what may be voided, noted, given back and undone."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from domain.account import BillOnAccount, BillStatus, Entry, EntryKind, allocate, balance, bill_statuses
from domain.corrections import (
    AlreadyUndoneError,
    AlreadyVoidError,
    AmountBoundsError,
    BillPaidError,
    CapturedError,
    CorrectionError,
    GivenBackError,
    MonthClosedError,
    NewerBillError,
    NotedBillError,
    NotOurBillError,
    NotThatMuchChargedError,
    NotThatMuchCreditError,
    NotThatMuchPaidError,
    NotUndoableError,
    PaymentUnderWayError,
    RefundedThereError,
    creditable,
    live_amount,
    refuse_credit_note,
    refuse_debit_note,
    refuse_refund,
    refuse_reversal,
    refuse_take_back,
    refuse_void,
)
from domain.locks import LockedMonths
from domain.period import Month

DAY = date(2026, 11, 2)
OCTOBER = date(2026, 10, 31)
OPENING, CHARGE, DEBIT_NOTE, CREDIT_NOTE, PAYMENT, REVERSAL, REFUND = EntryKind
OPEN = LockedMonths()


def entry(id_: int, kind: EntryKind, amount: str, **refers: int) -> Entry:
    return Entry(id_, kind, Decimal(amount), DAY, DAY, **refers)


def void(entries: list[Entry], bill_id: int = 10, locked: LockedMonths = OPEN, *, under_way: bool = False) -> Entry:
    return refuse_void(bill_id, OCTOBER, entries, locked, under_way=under_way)


def refused(attempt: Callable[[], object], error: type[CorrectionError], **facts: object) -> None:
    with pytest.raises(error) as caught:
        attempt()
    assert caught.value.__dict__ == facts
    assert "{" not in str(caught.value)


BILLED = entry(5, CHARGE, "100", bill_id=10)


@pytest.mark.parametrize(
    "others",
    [
        [],
        [entry(1, OPENING, "500")],
        [entry(1, PAYMENT, "-130")],
        [entry(1, PAYMENT, "-130"), entry(6, CREDIT_NOTE, "-5")],
        [entry(1, CHARGE, "70", bill_id=9), entry(6, PAYMENT, "-70")],
        [entry(6, PAYMENT, "-100"), entry(7, REVERSAL, "100", reverses_id=6)],
        [entry(6, PAYMENT, "-100"), entry(7, REFUND, "100", refunds_id=6)],
        [entry(6, CHARGE, "70", bill_id=11), entry(7, REVERSAL, "-70", reverses_id=6)],
        [entry(6, DEBIT_NOTE, "7", bill_id=10), entry(7, REVERSAL, "-7", reverses_id=6)],
        [entry(6, DEBIT_NOTE, "7", bill_id=9)],
    ],
    ids=[
        "nothing paid",
        "arrears",
        "idle credit settles it",
        "a note on the account",
        "paid for an older bill",
        "a payment undone",
        "a payment charged back whole",
        "a newer bill void itself",
        "its note undone",
        "a note of another bill",
    ],
)
def test_the_newest_bill_may_be_voided(others: list[Entry]) -> None:
    assert void([*others, BILLED]) == BILLED


@pytest.mark.parametrize(
    ("others", "error", "facts"),
    [
        ([entry(6, CHARGE, "0", bill_id=11)], NewerBillError, {"bill_id": 11}),
        ([entry(6, PAYMENT, "-100")], BillPaidError, {"paid": Decimal(100)}),
        ([entry(6, PAYMENT, "-0.01")], BillPaidError, {"paid": Decimal("0.01")}),
        (
            [entry(1, CHARGE, "70", bill_id=9), entry(6, PAYMENT, "-71")],
            BillPaidError,
            {"paid": Decimal(1)},
        ),
        (
            [entry(6, PAYMENT, "-100"), entry(7, REFUND, "60", refunds_id=6)],
            BillPaidError,
            {"paid": Decimal(40)},
        ),
        ([entry(6, REVERSAL, "-100", reverses_id=5)], AlreadyVoidError, {}),
        ([entry(6, CREDIT_NOTE, "-7", bill_id=10)], NotedBillError, {"entry_id": 6, "amount": Decimal(7)}),
        ([entry(6, DEBIT_NOTE, "7", bill_id=10)], NotedBillError, {"entry_id": 6, "amount": Decimal(7)}),
    ],
    ids=["newer bill", "paid", "a paisa", "more than arrears", "part charged back", "void", "credited", "debited"],
)
def test_what_stands_against_voiding(
    others: list[Entry], error: type[CorrectionError], facts: dict[str, object]
) -> None:
    refused(lambda: void([*others, BILLED]), error, **facts)


def test_a_bill_of_before_is_not_voided() -> None:
    refused(lambda: void([BILLED], 99), NotOurBillError)
    refused(lambda: void([entry(1, OPENING, "100", bill_id=10)]), NotOurBillError)


def test_a_closed_month_and_a_payment_under_way_stand_against_it() -> None:
    for month in (Month(2026, 10), Month(2026, 11)):
        refused(lambda: void([BILLED], locked=LockedMonths(frozenset({month}))), MonthClosedError, month=month)  # noqa: B023 - called at once
    assert void([BILLED], locked=LockedMonths(frozenset({Month(2026, 9), Month(2026, 12)}))) == BILLED
    refused(lambda: void([BILLED], under_way=True), PaymentUnderWayError)


def test_a_void_with_idle_credit_frees_the_credit_for_the_replacement() -> None:
    entries = [entry(1, PAYMENT, "-130"), BILLED]
    assert balance(entries) == -30
    entries.append(entry(6, REVERSAL, "-100", reverses_id=void(entries).id))
    assert balance(entries) == -130
    again = entry(7, CHARGE, "90", bill_id=11)
    bills = [BillOnAccount(10, 5, DAY), BillOnAccount(11, 7, DAY)]
    assert bill_statuses(bills, allocate([*entries, again]), DAY) == {10: BillStatus.VOID, 11: BillStatus.PAID}
    assert allocate([*entries, again]).idle_credit == 40


def test_a_bill_of_nothing_with_arrears_is_voided_like_any_other() -> None:
    """A ₹9 flat with 0 units: no energy, no fixed charge, only what was owed before."""
    entries = [entry(1, CHARGE, "900", bill_id=9), entry(5, CHARGE, "0", bill_id=10)]
    bills = [BillOnAccount(9, 1, DAY), BillOnAccount(10, 5, DAY)]
    assert set(bill_statuses(bills, allocate(entries), DAY).values()) == {BillStatus.PENDING}
    entries.append(entry(6, REVERSAL, "0", reverses_id=void(entries).id))
    assert bill_statuses(bills, allocate(entries), DAY) == {9: BillStatus.PENDING, 10: BillStatus.VOID}
    assert void(entries, 9).id == 1


PAID = [entry(1, CHARGE, "100", bill_id=10), entry(2, PAYMENT, "-130"), entry(3, PAYMENT, "-20")]


@pytest.mark.parametrize(
    ("later", "idle"),
    [
        ([], "50"),
        ([entry(4, CHARGE, "20", bill_id=11)], "30"),
        ([entry(4, REFUND, "50")], "0"),
        ([entry(4, REFUND, "10", refunds_id=2)], "40"),
        ([entry(4, REVERSAL, "130", reverses_id=2)], "0"),
        ([entry(4, CREDIT_NOTE, "-5")], "55"),
    ],
)
def test_a_plain_refund_gives_back_idle_credit_only(later: list[Entry], idle: str) -> None:
    most = Decimal(idle)
    if most:
        refuse_refund(most, [*PAID, *later])
    refused(lambda: refuse_refund(most + Decimal("0.01"), [*PAID, *later]), NotThatMuchCreditError, idle=most)


@pytest.mark.parametrize(
    ("later", "live"),
    [
        ([], "130"),
        ([entry(4, REFUND, "30", refunds_id=2)], "100"),
        ([entry(4, REFUND, "30", refunds_id=2), entry(5, REFUND, "100", refunds_id=2)], "0"),
        ([entry(4, REFUND, "30", refunds_id=2), entry(5, REVERSAL, "-30", reverses_id=4)], "130"),
        ([entry(4, REFUND, "20", refunds_id=3)], "130"),
        ([entry(4, REFUND, "50")], "130"),
        ([entry(4, REVERSAL, "130", reverses_id=2)], "0"),
        ([entry(4, REFUND, "30", refunds_id=2), entry(5, REVERSAL, "130", reverses_id=2)], "0"),
    ],
)
def test_a_payment_is_taken_back_up_to_what_still_counts(later: list[Entry], live: str) -> None:
    entries, most = [*PAID, *later], Decimal(live)
    assert live_amount(2, entries) == most
    if most:
        refuse_take_back(2, most, entries)
    refused(lambda: refuse_take_back(2, most + Decimal("0.01"), entries), NotThatMuchPaidError, live=most)


def test_only_payments_are_taken_back() -> None:
    assert str(live_amount(1, PAID)) == str(live_amount(99, PAID)) == "0.00"
    refused(lambda: refuse_take_back(1, Decimal(1), PAID), NotThatMuchPaidError, live=Decimal(0))


def test_a_chargeback_of_part_of_a_payment_opens_what_it_settled() -> None:
    entries = [entry(1, CHARGE, "100", bill_id=10), entry(2, CHARGE, "50", bill_id=11), entry(3, PAYMENT, "-150")]
    bills = [BillOnAccount(10, 1, DAY), BillOnAccount(11, 2, DAY)]
    back = entry(4, REFUND, "60", refunds_id=3)
    assert set(bill_statuses(bills, allocate(entries), DAY).values()) == {BillStatus.PAID}
    found = bill_statuses(bills, allocate([*entries, back]), DAY)
    assert found == {10: BillStatus.PARTIALLY_PAID, 11: BillStatus.PENDING}
    assert balance([*entries, back]) == 60


@pytest.mark.parametrize("amount", ["0", "-1", "1000000000"])
def test_amounts_have_bounds(amount: str) -> None:
    wrong, bounds = Decimal(amount), {"most": Decimal("999999999.99")}
    refused(lambda: refuse_refund(wrong, PAID), AmountBoundsError, **bounds)
    refused(lambda: refuse_take_back(2, wrong, PAID), AmountBoundsError, **bounds)
    refused(lambda: refuse_credit_note(wrong, PAID), AmountBoundsError, **bounds)
    refused(lambda: refuse_debit_note(wrong), AmountBoundsError, **bounds)


def test_the_smallest_and_the_largest_note() -> None:
    for amount in ("0.01", "999999999.99"):
        refuse_debit_note(Decimal(amount))
        refuse_credit_note(Decimal(amount), PAID)
        refuse_credit_note(Decimal(amount), PAID, bill_id=99)


@pytest.mark.parametrize(
    ("later", "left"),
    [
        ([], "100"),
        ([entry(4, CREDIT_NOTE, "-30", bill_id=10)], "70"),
        ([entry(4, CREDIT_NOTE, "-30", bill_id=11)], "100"),
        ([entry(4, CREDIT_NOTE, "-30", bill_id=10), entry(5, REVERSAL, "30", reverses_id=4)], "100"),
        ([entry(4, DEBIT_NOTE, "30", bill_id=10)], "130"),
        ([entry(4, REVERSAL, "-100", reverses_id=1)], "0"),
        ([entry(4, REVERSAL, "-100", reverses_id=1, bill_id=10), entry(5, CREDIT_NOTE, "-1", bill_id=10)], "0"),
        ([entry(4, PAYMENT, "-50", bill_id=10)], "100"),
    ],
)
def test_a_credit_note_for_a_bill_gives_at_most_what_it_charges(later: list[Entry], left: str) -> None:
    entries, most = [*PAID, *later], Decimal(left)
    assert creditable(10, entries) == most
    if most:
        refuse_credit_note(most, entries, 10)
    refused(lambda: refuse_credit_note(most + Decimal("0.01"), entries, 10), NotThatMuchChargedError, left=most)
    refuse_credit_note(most + Decimal(1), entries)


EVERYTHING = [
    entry(1, OPENING, "500"),
    entry(2, CHARGE, "100", bill_id=10),
    entry(3, PAYMENT, "-130"),
    entry(4, PAYMENT, "-20"),
    entry(5, CREDIT_NOTE, "-5"),
    entry(6, DEBIT_NOTE, "6"),
    entry(7, REFUND, "30", refunds_id=3),
    entry(8, PAYMENT, "-1"),
    entry(9, REVERSAL, "1", reverses_id=8),
]


@pytest.mark.parametrize("id_", [4, 5, 6, 7])
def test_what_the_office_entered_is_undone(id_: int) -> None:
    assert refuse_reversal(id_, EVERYTHING).id == id_


@pytest.mark.parametrize(
    ("id_", "error", "facts"),
    [
        (1, NotUndoableError, {}),
        (2, NotUndoableError, {}),
        (9, NotUndoableError, {}),
        (8, AlreadyUndoneError, {}),
        (3, GivenBackError, {"entry_id": 7, "amount": Decimal(30)}),
    ],
    ids=["opening", "charge", "reversal", "twice", "refunded"],
)
def test_what_is_not_undone(id_: int, error: type[CorrectionError], facts: dict[str, object]) -> None:
    refused(lambda: refuse_reversal(id_, EVERYTHING), error, **facts)


def test_a_captured_payment_is_refunded_not_undone() -> None:
    refused(lambda: refuse_reversal(4, EVERYTHING, provider="stripe"), CapturedError, provider="stripe")
    refused(lambda: refuse_reversal(7, EVERYTHING, provider="stripe"), RefundedThereError, provider="stripe")


def test_a_payment_is_undone_once_its_refund_is() -> None:
    back = entry(10, REVERSAL, "-30", reverses_id=7)
    assert refuse_reversal(3, [*EVERYTHING, back]).id == 3
