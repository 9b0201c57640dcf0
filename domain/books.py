"""Checking a flat's books: the invariants L1 to L9 and L11 of one account."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from domain.account import Allocation, Debit, Entry, EntryKind, allocate, balance, live_entries, undone_ids
from domain.money import ZERO


class Invariant(StrEnum):
    """What must hold for a flat's books: the numbered promises, and the form of single entries."""

    SIGN = "sign"
    REFERENCE = "reference"
    BALANCE = "L1"
    DEBIT_BOUNDS = "L2"
    IDLE_CREDIT = "L3"
    LIVE_CREDIT = "L4"
    NO_DEBT_BESIDE_CREDIT = "L5"
    OLDEST_FIRST = "L6"
    BILL_TOTAL = "L7"
    CHARGE_IS_CURRENT = "L8"
    PREVIOUS_OUTSTANDING = "L9"
    ONE_REVERSAL = "L11"


@dataclass(frozen=True, slots=True)
class IssuedBill:
    """The priced columns of a bill we issued, in rupees, and the entry it posted."""

    bill_id: int
    charge_entry_id: int
    energy_charge: Decimal
    fixed_charge: Decimal
    previous_outstanding: Decimal
    total_amount: Decimal


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that does not hold, and where."""

    invariant: Invariant
    entry_id: int | None = None
    bill_id: int | None = None


_NEGATIVE_KINDS = frozenset({EntryKind.CREDIT_NOTE, EntryKind.PAYMENT})
_POSITIVE_KINDS = frozenset({EntryKind.CHARGE, EntryKind.DEBIT_NOTE, EntryKind.REFUND})


def check_account(entries: Collection[Entry], bills: Sequence[IssuedBill] = ()) -> list[Violation]:
    """Return every broken invariant of one flat's books; empty when they are right.

    `bills` are those we issued: adopted ones are exempt.
    """
    allocation = allocate(entries)
    return [
        *_entry_violations(entries),
        *_reversal_violations(entries),
        *check_allocation(entries, allocation),
        *_bill_violations(entries, bills),
    ]


def check_allocation(entries: Collection[Entry], allocation: Allocation) -> list[Violation]:
    """Return which of L1 to L6 `allocation` breaks for `entries`."""
    debits, live = allocation.debits, {entry.id for entry in live_entries(entries)}
    holds = {
        Invariant.BALANCE: balance(entries) == allocation.open_debt - allocation.idle_credit,
        Invariant.DEBIT_BOUNDS: all(ZERO <= debit.outstanding <= debit.amount for debit in debits),
        Invariant.IDLE_CREDIT: allocation.idle_credit >= ZERO,
        Invariant.LIVE_CREDIT: {part.credit_id for part in allocation.parts} <= live,
        Invariant.NO_DEBT_BESIDE_CREDIT: not (allocation.open_debt and allocation.idle_credit),
        Invariant.OLDEST_FIRST: _oldest_first(debits),
    }
    return [Violation(invariant) for invariant, is_kept in holds.items() if not is_kept]


def _oldest_first(debits: Sequence[Debit]) -> bool:
    """Say whether nothing went to a debit while an older one was still open."""
    begun = [debit.entry_id for debit in debits if debit.outstanding < debit.amount]
    opened = [debit.entry_id for debit in debits if debit.outstanding]
    return not begun or not opened or max(begun) <= min(opened)


def _entry_violations(entries: Collection[Entry]) -> Iterator[Violation]:
    by_id = {entry.id: entry for entry in entries}
    for entry in entries:
        if _wrong_sign(entry):
            yield Violation(Invariant.SIGN, entry.id, entry.bill_id)
        if _wrong_reversal(entry, by_id) or _wrong_refund(entry, by_id):
            yield Violation(Invariant.REFERENCE, entry.id, entry.bill_id)


def _wrong_sign(entry: Entry) -> bool:
    wrong_kinds = _NEGATIVE_KINDS if entry.amount > 0 else _POSITIVE_KINDS
    return entry.amount != 0 and entry.kind in wrong_kinds


def _wrong_reversal(entry: Entry, by_id: dict[int, Entry]) -> bool:
    if entry.kind is not EntryKind.REVERSAL:
        return entry.reverses_id is not None
    undone = by_id.get(entry.reverses_id or 0)
    return undone is None or undone.id >= entry.id or undone.amount != -entry.amount


def _wrong_refund(entry: Entry, by_id: dict[int, Entry]) -> bool:
    if entry.refunds_id is None:
        return False
    payment = by_id.get(entry.refunds_id)
    paid = payment is not None and payment.kind is EntryKind.PAYMENT and payment.id < entry.id
    return entry.kind is not EntryKind.REFUND or not paid


def _reversal_violations(entries: Collection[Entry]) -> list[Violation]:
    undone = undone_ids(entries)
    live = Counter(entry.reverses_id for entry in entries if entry.id not in undone)
    return [Violation(Invariant.ONE_REVERSAL, id_) for id_, count in live.items() if id_ and count > 1]


def _bill_violations(entries: Collection[Entry], bills: Sequence[IssuedBill]) -> Iterator[Violation]:
    charges = {entry.id: entry for entry in entries if entry.kind is EntryKind.CHARGE}
    for bill in bills:
        charge = charges.pop(bill.charge_entry_id, None)
        before = balance(entry for entry in entries if entry.id < bill.charge_entry_id)
        for invariant in _broken_lines(bill, None if charge is None else charge.amount, before):
            yield Violation(invariant, bill.charge_entry_id, bill.bill_id)
    for charge in charges.values():
        yield Violation(Invariant.CHARGE_IS_CURRENT, charge.id, charge.bill_id)


def _broken_lines(bill: IssuedBill, charged: Decimal | None, before: Decimal) -> list[Invariant]:
    current = bill.energy_charge + bill.fixed_charge
    holds = {
        Invariant.BILL_TOTAL: bill.total_amount == current + bill.previous_outstanding,
        Invariant.CHARGE_IS_CURRENT: charged == current,
        Invariant.PREVIOUS_OUTSTANDING: bill.previous_outstanding == before,
    }
    return [invariant for invariant, is_kept in holds.items() if not is_kept]
