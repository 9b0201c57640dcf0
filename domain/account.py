"""What is owed on one flat: entries, their allocation, and the statuses of its bills."""

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter

from domain.money import ZERO

_POSTING_ORDER = attrgetter("id")


class EntryKind(StrEnum):
    """Why an account changed."""

    OPENING = "OPENING"
    CHARGE = "CHARGE"
    DEBIT_NOTE = "DEBIT_NOTE"
    CREDIT_NOTE = "CREDIT_NOTE"
    PAYMENT = "PAYMENT"
    REVERSAL = "REVERSAL"
    REFUND = "REFUND"


class BillStatus(StrEnum):
    """A bill's state as the outside sees it (billing rule 11)."""

    PENDING = "pending"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    OVERDUE = "overdue"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a flat's account, never changed; ids ascend in posting order.

    `amount` in rupees: more than zero is owed (debit), less is given (credit). A REVERSAL names the entry it
    undoes and negates its amount; a REFUND that names a payment takes it back in part or whole, another gives
    back idle credit.
    """

    id: int
    kind: EntryKind
    amount: Decimal
    posted_on: date
    value_date: date
    bill_id: int | None = None
    reverses_id: int | None = None
    refunds_id: int | None = None


@dataclass(frozen=True, slots=True)
class Debit:
    """Something owed: its whole amount and what of it is not settled yet, in rupees."""

    entry_id: int
    amount: Decimal
    outstanding: Decimal


@dataclass(frozen=True, slots=True)
class Part:
    """What of a credit went to a debit, in rupees, more than zero."""

    credit_id: int
    debit_id: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Allocation:
    """Which credits settled which debits, in posting order; `idle_credit` in rupees, never negative."""

    debits: tuple[Debit, ...]
    parts: tuple[Part, ...]
    idle_credit: Decimal

    @property
    def open_debt(self) -> Decimal:
        """All that is not settled, in rupees."""
        return sum((debit.outstanding for debit in self.debits), start=ZERO)


@dataclass(frozen=True, slots=True)
class BillOnAccount:
    """A bill and the entry that carries it: its CHARGE, or the OPENING of an adopted bill."""

    bill_id: int
    charge_entry_id: int
    due_date: date
    void: bool = False


def balance(entries: Iterable[Entry]) -> Decimal:
    """Return what is owed in rupees; negative is credit."""
    return sum((entry.amount for entry in entries), start=ZERO)


def undone_ids(entries: Iterable[Entry]) -> set[int]:
    """Return the ids of the entries that a live reversal undoes; a reversal undone by another is not live."""
    undone: set[int] = set()
    for entry in sorted(entries, key=_POSTING_ORDER, reverse=True):
        if entry.reverses_id is not None and entry.id not in undone:
            undone.add(entry.reverses_id)
    return undone


def live_entries(entries: Collection[Entry]) -> list[Entry]:
    """Return the entries that count, in posting order: without reversals and without what they undo."""
    dropped = undone_ids(entries) | {entry.id for entry in entries if entry.kind is EntryKind.REVERSAL}
    return sorted((entry for entry in entries if entry.id not in dropped), key=_POSTING_ORDER)


def allocate(entries: Collection[Entry]) -> Allocation:
    """Return which live credits settle which live debits: oldest debit first by posting, replayed in full.

    A refund of a payment lowers that payment; what goes beyond it, like a plain refund, is a debit.
    """
    debits, credit_amounts = _sides(live_entries(entries))
    parts = _match(debits, credit_amounts)
    settled = _sum_by((part.debit_id, part.amount) for part in parts)
    states = (Debit(id_, amount, amount - settled.get(id_, ZERO)) for id_, amount in debits.items())
    idle = sum(credit_amounts.values(), start=ZERO) - sum(settled.values())
    return Allocation(tuple(states), parts, idle)


def bill_statuses(
    bills: Sequence[BillOnAccount], allocation: Allocation, today: date, grace_days: int = 0
) -> dict[int, BillStatus]:
    """Return each bill's status by bill id (billing rule 11).

    Paid means that every debit up to and including the bill's own is settled. A bill is overdue from the day
    after its due date and the days of grace.
    """
    return {bill.bill_id: _status(bill, allocation, today - timedelta(days=grace_days)) for bill in bills}


def first_status(current_charges: Decimal, owed_before: Decimal) -> BillStatus:
    """Return the status of a bill not yet due that is posted on an account on which `owed_before` is owed, in rupees.

    Negative is credit, which settles the bill as far as it goes.
    """
    if owed_before <= 0 and current_charges <= -owed_before:
        return BillStatus.PAID
    return BillStatus.PARTIALLY_PAID if owed_before < 0 else BillStatus.PENDING


def paid_after_issue(charge_entry_id: int, allocation: Allocation, entries: Iterable[Entry]) -> Decimal:
    """Return what payments posted after a charge settled of it; credit that lay idle before is left out.

    A bill can be voided only while this is zero.
    """
    later = {entry.id for entry in entries if entry.kind is EntryKind.PAYMENT and entry.id > charge_entry_id}
    own = (part for part in allocation.parts if part.debit_id == charge_entry_id)
    return sum((part.amount for part in own if part.credit_id in later), start=ZERO)


def _sides(live: Iterable[Entry]) -> tuple[dict[int, Decimal], dict[int, Decimal]]:
    """Return amounts of debits and of credits by entry id, none negative, refunds taken off payments."""
    debits: dict[int, Decimal] = {}
    credit_amounts: dict[int, Decimal] = {}
    for entry in live:
        if entry.amount < 0:
            credit_amounts[entry.id] = -entry.amount
        else:
            debits[entry.id] = entry.amount - _take_back(entry, credit_amounts)
    return debits, credit_amounts


def _take_back(entry: Entry, credit_amounts: dict[int, Decimal]) -> Decimal:
    if entry.refunds_id not in credit_amounts:
        return ZERO
    taken = min(entry.amount, credit_amounts[entry.refunds_id])
    credit_amounts[entry.refunds_id] -= taken
    return taken


def _match(debits: Mapping[int, Decimal], credit_amounts: Mapping[int, Decimal]) -> tuple[Part, ...]:
    parts: list[Part] = []
    unused = deque((id_, amount) for id_, amount in credit_amounts.items() if amount)
    for debit_id, owed in debits.items():
        left = owed
        while left and unused:
            credit_id, credit = unused.popleft()
            amount = min(left, credit)
            parts.append(Part(credit_id, debit_id, amount))
            left -= amount
            if credit > amount:
                unused.appendleft((credit_id, credit - amount))
    return tuple(parts)


def _sum_by(amounts: Iterable[tuple[int, Decimal]]) -> dict[int, Decimal]:
    sums: dict[int, Decimal] = {}
    for key, amount in amounts:
        sums[key] = sums.get(key, ZERO) + amount
    return sums


def _status(bill: BillOnAccount, allocation: Allocation, today: date) -> BillStatus:
    own = next((debit for debit in allocation.debits if debit.entry_id == bill.charge_entry_id), None)
    if bill.void or own is None:
        return BillStatus.VOID
    if not any(debit.outstanding for debit in allocation.debits if debit.entry_id <= own.entry_id):
        return BillStatus.PAID
    if today > bill.due_date:
        return BillStatus.OVERDUE
    return BillStatus.PARTIALLY_PAID if own.outstanding < own.amount else BillStatus.PENDING
