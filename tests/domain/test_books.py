from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.account import Allocation, Debit, Entry, EntryKind, Part, allocate
from domain.books import Invariant, IssuedBill, Violation, check_account, check_allocation

DAY = date(2026, 11, 2)
OPENING, CHARGE, DEBIT_NOTE, CREDIT_NOTE, PAYMENT, REVERSAL, REFUND = EntryKind


def entry(id_: int, kind: EntryKind, amount: str, **refers: int) -> Entry:
    return Entry(id_, kind, Decimal(amount), DAY, DAY, **refers)


def bill(bill_id: int, charge_entry_id: int, *lines: str) -> IssuedBill:
    return IssuedBill(bill_id, charge_entry_id, *map(Decimal, lines))


ENTRIES = [
    entry(1, OPENING, "500"),
    entry(2, CHARGE, "120", bill_id=10),
    entry(3, PAYMENT, "-600"),
    entry(4, CHARGE, "80", bill_id=20),
    entry(5, DEBIT_NOTE, "7"),
    entry(6, CREDIT_NOTE, "-3"),
    entry(7, PAYMENT, "-50"),
    entry(8, REVERSAL, "50", reverses_id=7),
    entry(9, REFUND, "5", refunds_id=3),
]
BILLS = [bill(10, 2, "100", "20", "500", "620"), bill(20, 4, "60", "20", "20", "100")]


def broken(entries: list[Entry], bills: list[IssuedBill] | None = None) -> list[tuple[str, int | None]]:
    return [(one.invariant.value, one.entry_id) for one in check_account(entries, bills or [])]


def entry_problems(entry_: Entry) -> set[tuple[str, int | None]]:
    others = [one for one in ENTRIES if one.id != entry_.id and one.kind is not CHARGE]
    return set(broken([*others, entry_]))


def test_right_books_have_no_violation() -> None:
    assert check_account(ENTRIES, BILLS) == []
    assert check_account([]) == []


@pytest.mark.parametrize(
    ("kind", "amount", "wrong"),
    [
        (CHARGE, "-1", True),
        (CHARGE, "0", False),
        (CHARGE, "1", False),
        (DEBIT_NOTE, "-1", True),
        (REFUND, "-1", True),
        (PAYMENT, "1", True),
        (PAYMENT, "-1", False),
        (PAYMENT, "0", False),
        (CREDIT_NOTE, "1", True),
        (OPENING, "-1", False),
        (OPENING, "1", False),
    ],
)
def test_an_entry_has_the_sign_of_its_kind(*, kind: EntryKind, amount: str, wrong: bool) -> None:
    violations = check_account([entry(1, kind, amount, bill_id=4)])
    assert (Violation(Invariant.SIGN, 1, 4) in violations) is wrong


@pytest.mark.parametrize(
    "odd",
    [
        entry(20, REVERSAL, "50"),
        entry(20, REVERSAL, "50", reverses_id=99),
        entry(20, REVERSAL, "499", reverses_id=1),
        entry(20, REVERSAL, "500", reverses_id=1),
        entry(20, REVERSAL, "0", reverses_id=20),
        entry(20, PAYMENT, "-5", reverses_id=1),
        entry(20, REFUND, "5", refunds_id=99),
        entry(20, REFUND, "5", refunds_id=1),
        entry(20, REFUND, "5", refunds_id=20),
        entry(2, REFUND, "5", refunds_id=3),
        entry(20, DEBIT_NOTE, "5", refunds_id=3),
    ],
)
def test_an_entry_refers_to_an_earlier_one_of_the_right_kind(odd: Entry) -> None:
    assert ("reference", odd.id) in entry_problems(odd)


@pytest.mark.parametrize(
    "fine",
    [entry(20, REVERSAL, "-500", reverses_id=1), entry(20, REFUND, "5", refunds_id=3), entry(20, REFUND, "5")],
)
def test_right_references(fine: Entry) -> None:
    assert entry_problems(fine) == set()


def test_a_reversal_of_a_wrong_amount_breaks_the_balance() -> None:
    assert broken([entry(1, PAYMENT, "-50"), entry(2, REVERSAL, "49", reverses_id=1)]) == [
        ("reference", 2),
        ("L1", None),
    ]


def test_an_entry_is_reversed_once() -> None:
    first = entry(10, REVERSAL, "-7", reverses_id=5)
    twice = [*ENTRIES, first, entry(11, REVERSAL, "-7", reverses_id=5)]
    assert ("L11", 5) in broken(twice, BILLS)
    assert broken([*ENTRIES, first], BILLS) == []
    again = [*ENTRIES, first, entry(11, REVERSAL, "7", reverses_id=10), entry(12, REVERSAL, "-7", reverses_id=5)]
    assert broken(again, BILLS) == []


@pytest.mark.parametrize(
    ("wrong", "invariant"),
    [
        (replace(BILLS[0], total_amount=Decimal(621)), Invariant.BILL_TOTAL),
        (
            replace(BILLS[0], previous_outstanding=Decimal(501), total_amount=Decimal(621)),
            Invariant.PREVIOUS_OUTSTANDING,
        ),
        (replace(BILLS[0], energy_charge=Decimal(101), total_amount=Decimal(621)), Invariant.CHARGE_IS_CURRENT),
        (replace(BILLS[0], fixed_charge=Decimal(21), total_amount=Decimal(621)), Invariant.CHARGE_IS_CURRENT),
    ],
)
def test_a_changed_bill_is_found(wrong: IssuedBill, invariant: Invariant) -> None:
    assert check_account(ENTRIES, [wrong, BILLS[1]]) == [Violation(invariant, 2, 10)]


def test_a_charge_without_its_bill_and_a_bill_without_its_charge_are_found() -> None:
    assert check_account(ENTRIES, BILLS[:1]) == [Violation(Invariant.CHARGE_IS_CURRENT, 4, 20)]
    stray = bill(30, 99, "1", "0", "109", "110")
    assert check_account(ENTRIES, [*BILLS, stray]) == [Violation(Invariant.CHARGE_IS_CURRENT, 99, 30)]


RIGHT = allocate(ENTRIES)


@pytest.mark.parametrize(
    ("allocation", "invariants"),
    [
        (RIGHT, []),
        (replace(RIGHT, idle_credit=Decimal(1)), ["L1", "L5"]),
        (Allocation((Debit(1, Decimal(109), Decimal(109)),), (), Decimal(0)), []),
        (Allocation((Debit(1, Decimal(100), Decimal(109)),), (), Decimal(0)), ["L2"]),
        (
            Allocation((Debit(1, Decimal(9), Decimal(-1)), Debit(2, Decimal(200), Decimal(110))), (), Decimal(0)),
            ["L2", "L6"],
        ),
        (Allocation((Debit(1, Decimal(100), Decimal(100)),), (), Decimal(-9)), ["L3", "L5"]),
        (Allocation(RIGHT.debits, (Part(7, 1, Decimal(50)),), Decimal(0)), ["L4"]),
        (Allocation((Debit(1, Decimal(200), Decimal(110)),), (), Decimal(1)), ["L5"]),
        (Allocation((Debit(1, Decimal(50), Decimal(9)), Debit(2, Decimal(101), Decimal(100))), (), Decimal(0)), ["L6"]),
        (Allocation((Debit(1, Decimal(50), Decimal(9)), Debit(2, Decimal(100), Decimal(100))), (), Decimal(0)), []),
        (Allocation((Debit(1, Decimal(50), Decimal(0)), Debit(2, Decimal(110), Decimal(109))), (), Decimal(0)), []),
    ],
)
def test_a_wrong_allocation_is_found(allocation: Allocation, invariants: list[str]) -> None:
    assert [one.invariant.value for one in check_allocation(ENTRIES, allocation)] == invariants
