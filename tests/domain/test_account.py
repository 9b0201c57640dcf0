from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from domain.account import (
    Allocation,
    BillOnAccount,
    BillStatus,
    Debit,
    Entry,
    EntryKind,
    Part,
    allocate,
    balance,
    bill_statuses,
    first_status,
    live_entries,
    paid_after_issue,
    undone_ids,
)
from domain.billing import price
from domain.books import IssuedBill, check_account
from domain.tariff import Tariff

DAY = date(2026, 11, 2)
OPENING, CHARGE, DEBIT_NOTE, CREDIT_NOTE, PAYMENT, REVERSAL, REFUND = EntryKind


def entry(id_: int, kind: EntryKind, amount: str, **refers: int) -> Entry:
    return Entry(id_, kind, Decimal(amount), DAY, DAY, **refers)


def outstanding(entries: list[Entry]) -> dict[int, str]:
    return {debit.entry_id: str(debit.outstanding) for debit in allocate(entries).debits}


def test_an_empty_account_owes_nothing() -> None:
    assert allocate([]) == Allocation((), (), Decimal("0.00"))
    assert str(balance([])) == "0.00"
    assert str(allocate([]).idle_credit) == "0.00"
    assert str(allocate([]).open_debt) == "0.00"


def test_the_balance_is_the_sum_of_signed_entries() -> None:
    entries = [entry(1, CHARGE, "100.50"), entry(2, PAYMENT, "-30.25"), entry(3, DEBIT_NOTE, "1.00")]
    assert str(balance(entries)) == "71.25"
    assert str(balance(iter(entries[:1]))) == "100.50"


def test_a_payment_settles_the_oldest_debit_first() -> None:
    entries = [entry(1, CHARGE, "100"), entry(2, CHARGE, "50"), entry(3, PAYMENT, "-120")]
    assert allocate(entries) == Allocation(
        debits=(Debit(1, Decimal(100), Decimal(0)), Debit(2, Decimal(50), Decimal(30))),
        parts=(Part(3, 1, Decimal(100)), Part(3, 2, Decimal(20))),
        idle_credit=Decimal(0),
    )
    assert str(allocate(entries).open_debt) == "30.00"


def test_oldest_means_posting_order_whatever_order_the_rows_come_in() -> None:
    entries = [entry(1, CHARGE, "100"), entry(2, CHARGE, "50"), entry(3, PAYMENT, "-120")]
    assert allocate(entries[::-1]) == allocate(entries)


def test_several_credits_settle_one_debit_in_their_order() -> None:
    entries = [entry(1, PAYMENT, "-10"), entry(2, CHARGE, "25"), entry(3, CREDIT_NOTE, "-5"), entry(4, PAYMENT, "-50")]
    allocation = allocate(entries)
    assert allocation.parts == (Part(1, 2, Decimal(10)), Part(3, 2, Decimal(5)), Part(4, 2, Decimal(10)))
    assert allocation.idle_credit == 40


def test_an_overpayment_lies_idle_until_the_next_charge_uses_it() -> None:
    paid = [entry(1, CHARGE, "100"), entry(2, PAYMENT, "-130")]
    assert allocate(paid).idle_credit == 30
    assert balance(paid) == -30
    assert outstanding([*paid, entry(3, CHARGE, "100")]) == {1: "0.00", 3: "70.00"}


def test_an_exact_payment_leaves_nothing_idle_and_no_empty_part() -> None:
    entries = [entry(1, CHARGE, "100"), entry(2, PAYMENT, "-100"), entry(3, CHARGE, "5"), entry(4, PAYMENT, "-5")]
    allocation = allocate(entries)
    assert [(part.credit_id, part.debit_id) for part in allocation.parts] == [(2, 1), (4, 3)]
    assert allocation.idle_credit == allocation.open_debt == 0


def test_a_charge_of_nothing_is_settled() -> None:
    assert allocate([entry(1, CHARGE, "0.00")]) == Allocation((Debit(1, Decimal(0), Decimal(0)),), (), Decimal(0))


def test_an_opening_may_be_debt_or_credit() -> None:
    assert outstanding([entry(1, OPENING, "500"), entry(2, PAYMENT, "-200")]) == {1: "300.00"}
    assert outstanding([entry(1, OPENING, "-500"), entry(2, CHARGE, "600")]) == {2: "100.00"}


def test_a_reversed_payment_settles_nothing_and_what_it_settled_is_open_again() -> None:
    entries = [entry(1, CHARGE, "100"), entry(2, PAYMENT, "-100"), entry(3, CHARGE, "50"), entry(4, PAYMENT, "-50")]
    reversal = entry(5, REVERSAL, "100", reverses_id=2)
    assert outstanding([*entries, reversal]) == {1: "50.00", 3: "50.00"}
    assert allocate([*entries, reversal]).parts == (Part(4, 1, Decimal(50)),)
    assert live_entries([*entries, reversal]) == [entries[0], entries[2], entries[3]]


def test_a_reversed_charge_frees_its_payment_for_the_next() -> None:
    entries = [entry(1, CHARGE, "100"), entry(2, PAYMENT, "-60"), entry(3, REVERSAL, "-100", reverses_id=1)]
    assert allocate(entries).idle_credit == 60
    assert outstanding([*entries, entry(4, CHARGE, "80")]) == {4: "20.00"}


def test_a_reversal_can_be_reversed() -> None:
    entries = [
        entry(1, CHARGE, "100"),
        entry(2, PAYMENT, "-100"),
        entry(3, REVERSAL, "100", reverses_id=2),
        entry(4, REVERSAL, "-100", reverses_id=3),
    ]
    assert undone_ids(entries) == {3}
    assert undone_ids(entries[:3]) == {2}
    assert undone_ids(reversed(entries)) == {3}
    assert outstanding(entries) == {1: "0.00"}
    assert balance(entries) == 0


def test_a_refund_of_a_payment_takes_it_back_in_part_or_whole() -> None:
    entries = [entry(1, CHARGE, "100"), entry(2, PAYMENT, "-100")]
    part = [*entries, entry(3, REFUND, "30", refunds_id=2)]
    assert allocate(part).debits[0] == Debit(1, Decimal(100), Decimal(30))
    assert allocate(part).parts == (Part(2, 1, Decimal(70)),)
    whole = [*part, entry(4, REFUND, "70", refunds_id=2)]
    assert allocate(whole).open_debt == balance(whole) == 100
    assert allocate(whole).parts == ()


def test_what_a_refund_takes_beyond_its_payment_is_owed() -> None:
    entries = [entry(1, PAYMENT, "-50"), entry(2, PAYMENT, "-20"), entry(3, REFUND, "60", refunds_id=1)]
    assert allocate(entries).debits == (Debit(3, Decimal(10), Decimal(0)),)
    assert allocate(entries).parts == (Part(2, 3, Decimal(10)),)
    assert allocate(entries).idle_credit == 10


def test_a_refund_of_a_reversed_payment_is_owed_whole() -> None:
    entries = [
        entry(1, PAYMENT, "-50"),
        entry(2, REFUND, "50", refunds_id=1),
        entry(3, REVERSAL, "50", reverses_id=1),
    ]
    assert outstanding(entries) == {2: "50.00"}
    assert balance(entries) == 50


def test_a_plain_refund_gives_back_idle_credit() -> None:
    entries = [entry(1, CHARGE, "100"), entry(2, PAYMENT, "-130"), entry(3, REFUND, "30")]
    assert outstanding(entries) == {1: "0.00", 3: "0.00"}
    assert allocate(entries).idle_credit == 0


def test_only_payments_after_the_charge_stand_against_voiding() -> None:
    entries = [
        entry(1, PAYMENT, "-10"),
        entry(2, CHARGE, "100"),
        entry(3, CREDIT_NOTE, "-5"),
        entry(4, PAYMENT, "-20"),
        entry(5, PAYMENT, "-30"),
        entry(6, CHARGE, "7"),
    ]
    allocation = allocate(entries)
    assert str(paid_after_issue(2, allocation, entries)) == "50.00"
    assert str(paid_after_issue(6, allocation, entries)) == "0.00"
    assert str(paid_after_issue(2, allocate(entries[:3]), entries[:3])) == "0.00"


BILLS = [BillOnAccount(10, 1, DAY), BillOnAccount(20, 2, DAY + timedelta(days=30))]


def statuses(paid: str, today: date = DAY, grace_days: int = 0) -> list[BillStatus]:
    entries = [entry(1, CHARGE, "100"), entry(2, CHARGE, "50"), entry(3, PAYMENT, f"-{paid}")]
    found = bill_statuses(BILLS, allocate(entries), today, grace_days)
    assert list(found) == [10, 20]
    return list(found.values())


PENDING, PARTIALLY_PAID, PAID, OVERDUE, VOID = BillStatus


@pytest.mark.parametrize(
    ("paid", "days_later", "grace", "expected"),
    [
        ("0", 0, 0, [PENDING, PENDING]),
        ("0", 1, 0, [OVERDUE, PENDING]),
        ("0", 30, 0, [OVERDUE, PENDING]),
        ("0", 31, 0, [OVERDUE, OVERDUE]),
        ("0", 3, 3, [PENDING, PENDING]),
        ("0", 4, 3, [OVERDUE, PENDING]),
        ("0.01", 0, 0, [PARTIALLY_PAID, PENDING]),
        ("99.99", 0, 0, [PARTIALLY_PAID, PENDING]),
        ("99.99", 1, 0, [OVERDUE, PENDING]),
        ("100", 1, 0, [PAID, PENDING]),
        ("100.01", 1, 0, [PAID, PARTIALLY_PAID]),
        ("149.99", 31, 0, [PAID, OVERDUE]),
        ("150", 31, 0, [PAID, PAID]),
        ("500", 31, 0, [PAID, PAID]),
    ],
)
def test_statuses(paid: str, days_later: int, grace: int, expected: list[BillStatus]) -> None:
    assert statuses(paid, DAY + timedelta(days=days_later), grace) == expected


def test_no_grace_unless_asked() -> None:
    assert bill_statuses(BILLS[:1], allocate([entry(1, CHARGE, "1")]), DAY + timedelta(days=1)) == {10: OVERDUE}


def test_paid_means_every_older_debit_is_settled_too() -> None:
    entries = [entry(1, DEBIT_NOTE, "30"), entry(2, CHARGE, "50"), entry(3, PAYMENT, "-60"), entry(4, DEBIT_NOTE, "9")]
    bill = [BillOnAccount(1, 2, DAY)]
    assert bill_statuses(bill, allocate(entries), DAY) == {1: PARTIALLY_PAID}
    assert bill_statuses(bill, allocate([*entries, entry(5, PAYMENT, "-20")]), DAY) == {1: PAID}


def test_a_bill_of_nothing_waits_for_the_debits_before_it() -> None:
    entries = [entry(1, CHARGE, "30"), entry(2, CHARGE, "0")]
    assert bill_statuses([BillOnAccount(1, 2, DAY)], allocate(entries), DAY) == {1: PENDING}
    assert bill_statuses([BillOnAccount(1, 2, DAY)], allocate(entries[1:]), DAY) == {1: PAID}


def test_void_wins_and_a_reversed_charge_is_void() -> None:
    entries = [entry(1, CHARGE, "30")]
    late = DAY + timedelta(days=99)
    assert bill_statuses([BillOnAccount(1, 1, DAY, void=True)], allocate(entries), late) == {1: VOID}
    reversed_ = [*entries, entry(2, REVERSAL, "-30", reverses_id=1)]
    assert bill_statuses([BillOnAccount(1, 1, DAY)], allocate(reversed_), late) == {1: VOID}


def test_the_words_the_database_stores() -> None:
    assert [status.value for status in BillStatus] == ["pending", "partially_paid", "paid", "overdue", "void"]
    assert [kind.value for kind in EntryKind] == [
        "OPENING", "CHARGE", "DEBIT_NOTE", "CREDIT_NOTE", "PAYMENT", "REVERSAL", "REFUND",
    ]  # fmt: skip


RUPEES = st.integers(1, 10**7).map(lambda paise: Decimal(paise) / 100)
TARIFF = Tariff(Decimal("12.00"), Decimal("1474.00"))


@given(st.lists(st.tuples(RUPEES, st.none() | RUPEES), min_size=1, max_size=12))
def test_arrears_are_never_counted_twice(months: list[tuple[Decimal, Decimal | None]]) -> None:
    """Bill after bill, each printing the arrears, owes no more than the sum of its own charges less payments."""
    entries: list[Entry] = []
    charged = paid = Decimal(0)
    for units, payment in months:
        bill = price(units, Decimal(0), TARIFF, balance(entries))
        assert bill.previous_outstanding == charged - paid
        entries.append(Entry(len(entries) + 1, CHARGE, bill.current_charges, DAY, DAY))
        charged += bill.current_charges
        assert balance(entries) == bill.total_amount
        if payment:
            entries.append(Entry(len(entries) + 1, PAYMENT, -payment, DAY, DAY))
            paid += payment
    assert balance(entries) == charged - paid


AROUND = st.sampled_from([-101, -100, -99, -1, 0, 1, 99, 100, 101]).map(Decimal)


@given(AROUND, st.sampled_from([0, 1, 99, 100, 101]).map(Decimal))
def test_the_status_of_a_new_bill_is_what_the_whole_account_says(owed: Decimal, charge: Decimal) -> None:
    entries = [entry(1, OPENING, str(owed)), Entry(2, CHARGE, charge, DAY, DAY)]
    assert bill_statuses([BillOnAccount(1, 2, DAY)], allocate(entries), DAY) == {1: first_status(charge, owed)}


@given(st.lists(RUPEES, min_size=1, max_size=12))
def test_paying_the_newest_bill_in_full_settles_every_older_one(months: list[Decimal]) -> None:
    entries: list[Entry] = []
    for number, units in enumerate(months, start=1):
        bill = price(units, Decimal(0), TARIFF, balance(entries))
        entries.append(Entry(number, CHARGE, bill.current_charges, DAY, DAY))
    bills = [BillOnAccount(entry.id, entry.id, DAY) for entry in entries]
    late = DAY + timedelta(days=400)
    assert set(bill_statuses(bills, allocate(entries), late).values()) == {OVERDUE}
    newest_total = price(months[-1], Decimal(0), TARIFF, balance(entries[:-1])).total_amount
    entries.append(Entry(len(entries) + 1, PAYMENT, -newest_total, DAY, DAY))
    assert set(bill_statuses(bills, allocate(entries), late).values()) == {PAID}
    assert balance(entries) == 0
    assert allocate(entries).idle_credit == 0


def test_the_worked_quarter() -> None:
    september = price(Decimal(100), Decimal(0), TARIFF, Decimal(0))
    assert str(september.total_amount) == "2674.00"
    entries = [entry(1, CHARGE, "2674.00"), entry(2, PAYMENT, "-1000")]
    october = price(Decimal(50), Decimal(0), TARIFF, balance(entries))
    assert [str(october.previous_outstanding), str(october.total_amount)] == ["1674.00", "3748.00"]
    entries.append(entry(3, CHARGE, str(october.current_charges)))
    november = price(Decimal(10), Decimal(0), TARIFF, balance(entries))
    assert [str(november.previous_outstanding), str(november.total_amount)] == ["3748.00", "5342.00"]
    entries += [entry(4, CHARGE, str(november.current_charges)), entry(5, PAYMENT, "-5400")]
    december = price(Decimal(0), Decimal(0), TARIFF, balance(entries))
    assert [str(december.previous_outstanding), str(december.total_amount)] == ["-58.00", "1416.00"]


class AccountMachine(RuleBasedStateMachine):
    """Anything an office can do to an account, in any order, leaves the books right."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Entry] = []
        self.bills: list[IssuedBill] = []

    def post(self, kind: EntryKind, amount: Decimal, **refers: int) -> None:
        self.entries.append(Entry(len(self.entries) + 1, kind, amount, DAY, DAY, **refers))

    def live(self, *kinds: EntryKind) -> list[Entry]:
        return [one for one in live_entries(self.entries) if one.kind in kinds]

    @rule(units=RUPEES)
    def issue(self, units: Decimal) -> None:
        bill = price(units, Decimal(0), TARIFF, balance(self.entries))
        self.post(CHARGE, bill.current_charges)
        lines = (bill.energy_charge, bill.fixed_charge, bill.previous_outstanding, bill.total_amount)
        self.bills.append(IssuedBill(len(self.bills) + 1, len(self.entries), *lines))

    @rule(amount=RUPEES)
    def pay(self, amount: Decimal) -> None:
        self.post(PAYMENT, -amount)

    @rule(amount=RUPEES, kind=st.sampled_from([DEBIT_NOTE, CREDIT_NOTE]))
    def note(self, amount: Decimal, kind: EntryKind) -> None:
        self.post(kind, amount if kind is DEBIT_NOTE else -amount)

    @precondition(lambda self: self.live(CHARGE, PAYMENT, DEBIT_NOTE, CREDIT_NOTE))
    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        undone = data.draw(st.sampled_from(self.live(CHARGE, PAYMENT, DEBIT_NOTE, CREDIT_NOTE)))
        self.post(REVERSAL, -undone.amount, reverses_id=undone.id)

    @precondition(lambda self: any(one.kind is REVERSAL for one in self.entries))
    @rule()
    def reverse_the_last_reversal(self) -> None:
        last = [one for one in self.entries if one.kind is REVERSAL][-1]
        if last.id not in undone_ids(self.entries):
            self.post(REVERSAL, -last.amount, reverses_id=last.id)

    @precondition(lambda self: self.live(PAYMENT))
    @rule(data=st.data(), amount=RUPEES)
    def refund(self, data: st.DataObject, amount: Decimal) -> None:
        payment = data.draw(st.sampled_from(self.live(PAYMENT)))
        self.post(REFUND, amount, refunds_id=payment.id)

    @rule(amount=RUPEES)
    def give_back(self, amount: Decimal) -> None:
        self.post(REFUND, amount)

    @invariant()
    def the_books_are_right(self) -> None:
        assert check_account(self.entries, self.bills) == []

    @invariant()
    def what_went_to_a_debit_came_from_credits_once(self) -> None:
        allocation = allocate(self.entries)
        amounts = {one.id: one.amount for one in self.entries}
        for part in allocation.parts:
            assert part.amount > 0
            assert (
                sum(one.amount for one in allocation.parts if one.credit_id == part.credit_id)
                <= -amounts[part.credit_id]
            )
        for debit in allocation.debits:
            came = sum(part.amount for part in allocation.parts if part.debit_id == debit.entry_id)
            assert debit.outstanding == debit.amount - came

    @invariant()
    def newer_debits_get_nothing_while_older_ones_wait(self) -> None:
        for older, newer in pairwise(allocate(self.entries).debits):
            assert not older.outstanding or newer.outstanding == newer.amount


TestAccountMachine = AccountMachine.TestCase
TestAccountMachine.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
