"""Putting mistakes right: what may be voided, noted, given back and undone on an account (reliability, "Money")."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from domain.account import Entry, EntryKind, allocate, live_entries, paid_after_issue, undone_ids
from domain.errors import DomainError
from domain.locks import LockedMonths
from domain.money import MOST_RUPEES, ZERO
from domain.period import Month

_UNDOABLE = frozenset({EntryKind.PAYMENT, EntryKind.CREDIT_NOTE, EntryKind.DEBIT_NOTE, EntryKind.REFUND})
_NOTES = frozenset({EntryKind.CREDIT_NOTE, EntryKind.DEBIT_NOTE})


class CorrectionError(DomainError):
    """The account cannot be corrected like this."""


class SetAsideError(CorrectionError):
    """This flat is set aside: choose its balance first."""


class NotOurBillError(CorrectionError):
    """Only bills issued by this service can be voided: correct this one by a credit or debit note."""


class AlreadyVoidError(CorrectionError):
    """This bill was voided before."""


class NewerBillError(CorrectionError):
    """Only the flat's newest bill can be voided: write a credit or debit note instead."""

    bill_id: int | None


class BillPaidError(CorrectionError):
    """{paid} was paid for this bill: write a credit or debit note instead."""

    paid: Decimal


class PaymentUnderWayError(CorrectionError):
    """A payment for this flat is under way: wait until it is decided."""


class NotedBillError(CorrectionError):
    """A note of {amount} belongs to this bill: undo the note first."""

    entry_id: int
    amount: Decimal


class MonthClosedError(CorrectionError):
    """{month} is locked: write a credit or debit note instead."""

    month: Month


class AmountBoundsError(CorrectionError):
    """An amount has to be more than zero and at most {most}."""

    most: Decimal


class NotThatMuchCreditError(CorrectionError):
    """Only {idle} lies idle on the account: no more than that can be given back."""

    idle: Decimal


class NotThatMuchPaidError(CorrectionError):
    """Only {live} of this payment is left: no more than that can be taken back."""

    live: Decimal


class NotThatMuchChargedError(CorrectionError):
    """This bill charges only {left}: a credit note for it cannot give more."""

    left: Decimal


class AlreadyUndoneError(CorrectionError):
    """This entry was undone before."""


class NotUndoableError(CorrectionError):
    """Only payments recorded by the office, notes and refunds can be undone."""


class CapturedError(CorrectionError):
    """The provider ({provider}) has this money: refund it there, and it appears here by itself."""

    provider: str


class RefundedThereError(CorrectionError):
    """The provider ({provider}) gave this money back: only its own word undoes that."""

    provider: str


class GivenBackError(CorrectionError):
    """{amount} of this payment was given back: undo that first."""

    entry_id: int
    amount: Decimal


def refuse_void(
    bill_id: int, period_end: date, entries: Collection[Entry], locked: LockedMonths, *, under_way: bool
) -> Entry:
    """Return the CHARGE that voiding the bill reverses; raise CorrectionError where it may not be voided.

    Only the bill charged last, with nothing paid for it since it was issued and no payment `under_way` on its flat;
    credit that lay idle before it does not stand against it. Its month and that of its posting have to be open, and
    notes written for it undone.
    """
    charge = _charge_of(bill_id, entries)
    _refuse_newer(charge, entries)
    for month in (Month.of(period_end), Month.of(charge.posted_on)):
        if month in locked.months:
            raise MonthClosedError(month=month)
    paid = paid_after_issue(charge.id, allocate(entries), entries)
    if paid:
        raise BillPaidError(paid=paid)
    if under_way:
        raise PaymentUnderWayError
    notes = [one for one in live_entries(entries) if one.bill_id == bill_id and one.kind in _NOTES]
    if notes:
        raise NotedBillError(entry_id=notes[0].id, amount=abs(notes[0].amount))
    return charge


def refuse_refund(amount: Decimal, entries: Collection[Entry]) -> None:
    """Raise CorrectionError where `amount` is more than the credit that lies idle: nothing else is given back."""
    _refuse_amount(amount)
    idle = allocate(entries).idle_credit
    if amount > idle:
        raise NotThatMuchCreditError(idle=idle)


def live_amount(payment_id: int, entries: Collection[Entry]) -> Decimal:
    """Return what still counts of a payment, in rupees: less refunds and chargebacks, zero where it was undone."""
    live = live_entries(entries)
    paid = sum((-one.amount for one in live if one.id == payment_id and one.kind is EntryKind.PAYMENT), start=ZERO)
    taken = sum((one.amount for one in live if one.refunds_id == payment_id), start=ZERO)
    return max(paid - taken, ZERO)


def refuse_take_back(
    payment_id: int, amount: Decimal, entries: Collection[Entry], *, provider: str | None = None
) -> None:
    """Raise CorrectionError where a refund or chargeback takes more than what still counts of the payment.

    Also where a `provider` has its money: what it gives back comes by its own word.
    """
    if provider:
        raise CapturedError(provider=provider)
    _refuse_amount(amount)
    live = live_amount(payment_id, entries)
    if amount > live:
        raise NotThatMuchPaidError(live=live)


def creditable(bill_id: int, entries: Collection[Entry]) -> Decimal:
    """Return how much credit notes may still give for a bill, in rupees: its charge and notes; never negative."""
    live = live_entries(entries)
    kinds = _NOTES | {EntryKind.CHARGE}
    return max(sum((one.amount for one in live if one.bill_id == bill_id and one.kind in kinds), start=ZERO), ZERO)


def refuse_credit_note(amount: Decimal, entries: Collection[Entry], bill_id: int | None = None) -> None:
    """Raise CorrectionError where a credit note is out of bounds; one for a bill gives at most what it charges."""
    _refuse_amount(amount)
    if bill_id is None or not any(one.bill_id == bill_id and one.kind is EntryKind.CHARGE for one in entries):
        return
    left = creditable(bill_id, entries)
    if amount > left:
        raise NotThatMuchChargedError(left=left)


def refuse_debit_note(amount: Decimal) -> None:
    """Raise CorrectionError where a debit note is out of bounds."""
    _refuse_amount(amount)


def refuse_reversal(entry_id: int, entries: Collection[Entry], *, provider: str | None = None) -> Entry:
    """Return the entry to be undone; raise CorrectionError where it may not be.

    `provider`: whose own word the entry is; it took the money or gave it back, which nothing of ours changes.
    """
    entry = next(one for one in entries if one.id == entry_id)
    if entry_id in undone_ids(entries):
        raise AlreadyUndoneError
    if entry.kind not in _UNDOABLE:
        raise NotUndoableError
    if provider:
        raise _captured(entry, provider)
    refunds = [one for one in live_entries(entries) if one.refunds_id == entry_id]
    if refunds:
        raise GivenBackError(entry_id=refunds[0].id, amount=refunds[0].amount)
    return entry


def _captured(entry: Entry, provider: str) -> CorrectionError:
    error = CapturedError if entry.kind is EntryKind.PAYMENT else RefundedThereError
    return error(provider=provider)


def _charge_of(bill_id: int, entries: Collection[Entry]) -> Entry:
    charge = next((one for one in entries if one.kind is EntryKind.CHARGE and one.bill_id == bill_id), None)
    if charge is None:
        raise NotOurBillError
    if charge.id in undone_ids(entries):
        raise AlreadyVoidError
    return charge


def _refuse_newer(charge: Entry, entries: Collection[Entry]) -> None:
    """Later bills print this one's charge as unpaid: they would be wrong without it."""
    newest = max((one for one in live_entries(entries) if one.kind is EntryKind.CHARGE), key=lambda one: one.id)
    if newest.id != charge.id:
        raise NewerBillError(bill_id=newest.bill_id)


def _refuse_amount(amount: Decimal) -> None:
    if not ZERO < amount <= MOST_RUPEES:
        raise AmountBoundsError(most=MOST_RUPEES)
