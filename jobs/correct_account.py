"""Mistakes on an account put right: a bill voided, notes, money given back, entries undone. Nothing is overwritten."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from domain import corrections
from domain.account import EntryKind, balance
from domain.corrections import CorrectionError
from jobs import bill_messages, notify, office_words, statuses
from jobs.office_notices import tell_office
from jobs.trail import write_down
from storage import (
    account_lines,
    accounts,
    bill_voids,
    bills,
    flats,
    locks,
    parked,
    payment_attempts,
    people,
    readings,
)
from storage.accounts import NewEntry
from storage.readings import ReadingState

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from domain.account import Entry
    from domain.locks import LockedMonths
    from jobs.work import Work
    from storage.account_lines import AccountLine
    from storage.bill_voids import BillVoid
    from storage.bills import Bill


class GivenBack(StrEnum):
    """How money left the account: we gave it back, or the payer's bank took it."""

    REFUND = "refund"
    CHARGEBACK = "chargeback"


@dataclass(frozen=True, slots=True)
class Note:
    """A credit or debit note to be written: `amount` in rupees, more than zero; `bill_id` where it is about a bill."""

    flat_id: int
    amount: Decimal
    reason: str
    bill_id: int | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """The account was corrected; `owed` in rupees now. `messages` is how many chats are told."""

    line: AccountLine
    owed: Decimal
    messages: int


@dataclass(frozen=True, slots=True)
class AlreadyPosted:
    """The same correction is there: nothing was done."""

    line: AccountLine


@dataclass(frozen=True, slots=True)
class Voided:
    """The bill was taken back and its reading waits to be billed again; `owed` in rupees now."""

    bill: Bill
    owed: Decimal
    messages: int


@dataclass(frozen=True, slots=True)
class AlreadyVoid:
    """The bill was taken back before: nothing was done."""

    bill: Bill
    void: BillVoid


@dataclass(frozen=True, slots=True)
class BalanceMoved:
    """What was owed when the button was shown is not what is owed now: nothing was done."""

    owed: Decimal


@dataclass(frozen=True, slots=True)
class Refused:
    """The rules forbid it: nothing was done."""

    error: CorrectionError


@dataclass(frozen=True, slots=True)
class _Account:
    """A flat's account while the flat is held; `locked` are the months in which nothing is posted."""

    flat_id: int
    entries: list[Entry]
    locked: LockedMonths

    @property
    def owed(self) -> Decimal:
        return balance(self.entries)


Correction = Posted | AlreadyPosted | BalanceMoved | Refused


async def void_bill(
    work: Work, bill_id: int, reason: str, *, owed: Decimal | None = None
) -> Voided | AlreadyVoid | BalanceMoved | Refused:
    """Take a bill back: what it posted is reversed by the stored amounts, its reading is approved again.

    With `owed` (rupees, as a card showed it) only while that is still what is owed.
    """
    bill = await _bill(work, bill_id)
    account = await _hold(work, bill.flat_id)
    known = await bill_voids.void_of(work.conn, bill_id)
    if known is not None:
        return AlreadyVoid(bill, known)
    if owed is not None and owed != account.owed:
        return BalanceMoved(account.owed)
    try:
        undone = await voidable(work, bill, account.entries)
    except CorrectionError as error:
        return Refused(error)
    await bill_voids.insert(work.conn, bill_id, reason, work.actor.person_id, work.now)
    await accounts.post_many(work.conn, [_reversal(work, account, one, reason) for one in undone])
    await _release_reading(work, bill)
    await statuses.recompute(work, [bill.flat_id])
    await _record_void(work, bill, reason)
    await tell_office(work, "bill_void", "bill", bill_id, office_words.bill_void(bill.flat_code, bill.total_amount))
    told = await _tell(work, bill.flat_id, "bill_void", "bill", bill_id, at_once=True)
    await bill_messages.redraw(work, bill.flat_id, bill_id)
    await bill_messages.refresh(work, bill.flat_id)
    return Voided(bill, account.owed - balance(undone), told)


async def voidable(work: Work, bill: Bill, entries: list[Entry]) -> list[Entry]:
    """Return the entries that voiding the bill reverses; raise CorrectionError where it may not be voided.

    With its charge goes the credit for estimated bills that came with it: the bill that replaces it counts it anew.
    """
    if await parked.is_parked(work.conn, bill.flat_id):
        raise corrections.SetAsideError
    locked = await locks.locked_months(work.conn)
    asked = await payment_attempts.under_way(work.conn, [bill.flat_id])
    under_way = bool(asked) or await bill_voids.is_claimed(work.conn, bill.flat_id)
    charge = corrections.refuse_void(bill.id, bill.period.end, entries, locked, under_way=under_way)
    note = await account_lines.posted_by(work.conn, "true_up", str(bill.id))
    return [charge, *(one for one in entries if note and not note.undone and one.id == note.entry_id)]


async def credit_note(work: Work, note: Note, token: str, *, owed: Decimal | None = None) -> Correction:
    """Let the flat owe less; once for a token. A note about a bill gives at most what that bill charges."""

    def check(account: _Account) -> NewEntry:
        corrections.refuse_credit_note(note.amount, account.entries, note.bill_id)
        return _note(work, account, EntryKind.CREDIT_NOTE, note, token)

    return await _correct(work, note.flat_id, ("note", token), check, owed, while_parked=False)


async def debit_note(work: Work, note: Note, token: str, *, owed: Decimal | None = None) -> Correction:
    """Let the flat owe more; once for a token."""

    def check(account: _Account) -> NewEntry:
        corrections.refuse_debit_note(note.amount)
        return _note(work, account, EntryKind.DEBIT_NOTE, note, token)

    return await _correct(work, note.flat_id, ("note", token), check, owed, while_parked=False)


async def refund(
    work: Work, flat_id: int, amount: Decimal, reason: str, token: str, *, owed: Decimal | None = None
) -> Correction:
    """Give idle credit back, `amount` in rupees; once for a token."""

    def check(account: _Account) -> NewEntry:
        corrections.refuse_refund(amount, account.entries)
        return _entry(work, account, EntryKind.REFUND, amount, (GivenBack.REFUND, token), note=reason)

    return await _correct(work, flat_id, (GivenBack.REFUND, token), check, owed, while_parked=False)


async def take_back_payment(
    work: Work,
    payment_id: int,
    amount: Decimal,
    reason: str,
    token: str,
    *,
    how: GivenBack = GivenBack.REFUND,
    owed: Decimal | None = None,
    by_provider: bool = False,
) -> Correction:
    """Take a payment back in part or whole, `amount` in rupees; once for a token.

    What a provider has is taken back `by_provider` only, on a parked flat too: it has happened.
    """
    line = await _line(work, payment_id)

    def check(account: _Account) -> NewEntry:
        provider = None if by_provider else line.provider
        corrections.refuse_take_back(payment_id, amount, account.entries, provider=provider)
        return _entry(work, account, EntryKind.REFUND, amount, (how, token), note=reason, refunds_id=payment_id)

    return await _correct(work, line.flat_id, (how, token), check, owed)


async def reverse(
    work: Work,
    entry_id: int,
    reason: str | None = None,
    *,
    owed: Decimal | None = None,
    by_provider: bool = False,
) -> Correction:
    """Undo a payment recorded by the office, a note or a refund by a reversal of its very amount; once.

    What a provider refunded is undone `by_provider` only.
    """
    line = await _line(work, entry_id)

    def check(account: _Account) -> NewEntry:
        provider = None if by_provider else line.word_of
        entry = corrections.refuse_reversal(entry_id, account.entries, provider=provider)
        return _reversal(work, account, entry, reason)

    return await _correct(work, line.flat_id, ("reversal", str(entry_id)), check, owed)


async def _correct(
    work: Work,
    flat_id: int,
    source: tuple[str, str],
    check: Callable[[_Account], NewEntry],
    owed: Decimal | None,
    *,
    while_parked: bool = True,
) -> Correction:
    """Post what `check` makes of the account, once for its source; `check` raises CorrectionError."""
    account = await _hold(work, flat_id)
    known = await account_lines.posted_by(work.conn, *source)
    if known is not None:
        return AlreadyPosted(known)
    if owed is not None and owed != account.owed:
        return BalanceMoved(account.owed)
    if not while_parked and await parked.is_parked(work.conn, flat_id):
        return Refused(corrections.SetAsideError())
    try:
        new = check(account)
    except CorrectionError as error:
        return Refused(error)
    return await _post(work, new, account.owed + new.amount)


async def _post(work: Work, new: NewEntry, owed: Decimal) -> Posted:
    entry = await accounts.post(work.conn, new)
    await statuses.recompute(work, [new.flat_id])
    line = await _line(work, entry.id)
    await _record(work, line)
    await tell_office(work, "account_changed", "account_entry", line.entry_id, office_words.account_line(line))
    told = await _tell_entry(work, line)
    await bill_messages.refresh(work, new.flat_id)
    return Posted(line, owed, told)


async def _hold(work: Work, flat_id: int) -> _Account:
    await flats.lock_flats(work.conn, [flat_id])
    return _Account(flat_id, await accounts.entries(work.conn, flat_id), await locks.locked_months(work.conn))


async def _bill(work: Work, bill_id: int) -> Bill:
    bill = await bills.get_bill(work.conn, bill_id)
    if bill is None:
        raise LookupError(bill_id)
    return bill


async def _line(work: Work, entry_id: int) -> AccountLine:
    line = await account_lines.line(work.conn, entry_id)
    if line is None:
        raise LookupError(entry_id)
    return line


def _entry(  # noqa: PLR0913 - each fact is a column
    work: Work,
    account: _Account,
    kind: EntryKind,
    amount: Decimal,
    source: tuple[str, str],
    *,
    note: str | None,
    bill_id: int | None = None,
    reverses_id: int | None = None,
    refunds_id: int | None = None,
) -> NewEntry:
    return NewEntry(
        flat_id=account.flat_id,
        kind=kind,
        amount=amount,
        posted_on=locks.first_open_day(account.locked, work.today),
        value_date=work.today,
        source_type=str(source[0]),
        source_id=source[1],
        bill_id=bill_id,
        reverses_id=reverses_id,
        refunds_id=refunds_id,
        note=note,
        recorded_by=work.actor.person_id,
    )


def _note(work: Work, account: _Account, kind: EntryKind, note: Note, token: str) -> NewEntry:
    amount = note.amount if kind is EntryKind.DEBIT_NOTE else -note.amount
    return _entry(work, account, kind, amount, ("note", token), note=note.reason, bill_id=note.bill_id)


def _reversal(work: Work, account: _Account, entry: Entry, reason: str | None) -> NewEntry:
    return _entry(
        work,
        account,
        EntryKind.REVERSAL,
        -entry.amount,
        ("reversal", str(entry.id)),
        note=reason,
        bill_id=entry.bill_id,
        reverses_id=entry.id,
    )


async def _release_reading(work: Work, bill: Bill) -> None:
    """The flat's reading can be billed again; its motor's units stay split as they are."""
    if bill.flat_reading_id is None:
        return
    reading = await readings.get(work.conn, bill.flat_reading_id, for_update=True)
    if reading.state is ReadingState.BILLED:
        await readings.set_state(work.conn, reading.id, ReadingState.APPROVED)


def _undoes_payment(line: AccountLine) -> bool:
    return line.kind is EntryKind.REVERSAL and line.of_kind is EntryKind.PAYMENT


async def _tell_entry(work: Work, line: AccountLine) -> int:
    """A message about an undone payment names the payment, any other the entry itself."""
    if _undoes_payment(line) and line.of is not None:
        return await _tell(work, line.flat_id, "payment_undone", "account_entry", line.of)
    return await _tell(work, line.flat_id, "correction", "account_entry", line.entry_id)


async def _tell(work: Work, flat_id: int, kind: str, source_type: str, source_id: int, *, at_once: bool = False) -> int:
    """The owners, within the hours in which owners are written to; what an admin does to a bill, at once."""
    at = None if at_once else notify.delivery_time(work)
    told = 0
    for person_id in await people.owner_recipients(work.conn, flat_id):
        told += await notify.enqueue(work, kind, source_type, source_id, person_id=person_id, not_before=at)
    return told


async def _record(work: Work, line: AccountLine) -> None:
    await write_down(
        work,
        "payment.undone" if _undoes_payment(line) else f"account.{line.kind.value.lower()}",
        "flat",
        line.flat_code,
        after={"entry": line.entry_id, "amount": line.amount, "of": line.of, "bill": line.bill_id, "reason": line.note},
    )


async def _record_void(work: Work, bill: Bill, reason: str) -> None:
    await write_down(
        work,
        "bill.voided",
        "bill",
        str(bill.id),
        before={"flat": bill.flat_code, "status": bill.status, "total": bill.total_amount},
        after={"flat": bill.flat_code, "status": "void", "reason": reason, "reading": bill.flat_reading_id},
    )
