"""A correction as an admin puts it together: shown with its figures first, then done as it was shown."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from domain import corrections
from domain.account import balance
from domain.corrections import CorrectionError
from domain.money import ZERO
from jobs.correct_account import (
    AlreadyVoid,
    Correction,
    GivenBack,
    Note,
    Refused,
    Voided,
    credit_note,
    debit_note,
    refund,
    reverse,
    take_back_payment,
    void_bill,
    voidable,
)
from storage import account_lines, accounts, bills, flats, parked

if TYPE_CHECKING:
    from domain.account import Entry
    from jobs.work import Work
    from storage.account_lines import AccountLine
    from storage.bills import Bill

CHARGEBACK = "chargeback"
"""The reason that makes a chargeback of what is taken back of a payment."""


class Deed(StrEnum):
    """What is done to the account."""

    VOID = "void"
    CREDIT = "credit"
    DEBIT = "debit"
    REFUND = "refund"
    TAKE_BACK = "take_back"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Asked:
    """What an admin asks for. `subject` is the bill (VOID, a note about it) or the entry (TAKE_BACK, UNDO).

    `amount` in rupees for all but VOID and UNDO; `owed` is what was owed when it was shown.
    """

    deed: Deed
    flat: str
    subject: int | None = None
    amount: Decimal | None = None
    reason: str | None = None
    owed: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What it would do: `before` and `after` is what is owed, in rupees; `bill` or `line` is what it is about."""

    asked: Asked
    amount: Decimal
    before: Decimal
    after: Decimal
    bill: Bill | None = None
    line: AccountLine | None = None


async def preview(work: Work, asked: Asked) -> Preview | Refused:
    """What it would do now; Refused where the rules forbid it. Changes nothing."""
    flat_id = await _flat_id(work, asked)
    entries = await accounts.entries(work.conn, flat_id)
    try:
        change = await _change(work, asked, entries, flat_id)
    except CorrectionError as error:
        return Refused(error)
    owed = balance(entries)
    is_entry = asked.deed in {Deed.TAKE_BACK, Deed.UNDO}
    return Preview(
        asked=asked,
        amount=abs(change),
        before=owed,
        after=owed + change,
        bill=await bills.get_bill(work.conn, asked.subject) if asked.subject and not is_entry else None,
        line=await account_lines.line(work.conn, asked.subject) if asked.subject and is_entry else None,
    )


async def carry_out(work: Work, asked: Asked, token: str) -> Correction | Voided | AlreadyVoid:
    """Do it while what was shown as owed still is; once for a token."""
    flat_id, amount, reason = await _flat_id(work, asked), asked.amount or ZERO, asked.reason or ""
    subject, owed = asked.subject or 0, asked.owed
    match asked.deed:
        case Deed.VOID:
            return await void_bill(work, subject, reason, owed=owed)
        case Deed.CREDIT:
            return await credit_note(work, Note(flat_id, amount, reason, asked.subject), token, owed=owed)
        case Deed.DEBIT:
            return await debit_note(work, Note(flat_id, amount, reason, asked.subject), token, owed=owed)
        case Deed.REFUND:
            return await refund(work, flat_id, amount, reason, token, owed=owed)
        case Deed.TAKE_BACK:
            how = GivenBack.CHARGEBACK if reason == CHARGEBACK else GivenBack.REFUND
            return await take_back_payment(work, subject, amount, reason, token, how=how, owed=owed)
        case Deed.UNDO:
            return await reverse(work, subject, reason, owed=owed)
        case _:
            assert_never(asked.deed)


async def _flat_id(work: Work, asked: Asked) -> int:
    flat = await flats.get_flat(work.conn, asked.flat)
    if flat is None:
        raise LookupError(asked.flat)
    return flat.id


async def _change(work: Work, asked: Asked, entries: list[Entry], flat_id: int) -> Decimal:
    """By how much what is owed would change; raises CorrectionError."""
    amount, subject = asked.amount or ZERO, asked.subject or 0
    if asked.deed in {Deed.CREDIT, Deed.DEBIT, Deed.REFUND} and await parked.is_parked(work.conn, flat_id):
        raise corrections.SetAsideError
    match asked.deed:
        case Deed.VOID:
            return -balance(await _posted(work, subject, entries))
        case Deed.CREDIT:
            corrections.refuse_credit_note(amount, entries, asked.subject)
            return -amount
        case Deed.DEBIT:
            corrections.refuse_debit_note(amount)
        case Deed.REFUND:
            corrections.refuse_refund(amount, entries)
        case Deed.TAKE_BACK:
            provider = (await _line(work, subject)).provider
            corrections.refuse_take_back(subject, amount, entries, provider=provider)
        case Deed.UNDO:
            return -(await _undoable(work, subject, entries)).amount
        case _:
            assert_never(asked.deed)
    return amount


async def _posted(work: Work, bill_id: int, entries: list[Entry]) -> list[Entry]:
    bill = await bills.get_bill(work.conn, bill_id)
    if bill is None:
        raise LookupError(bill_id)
    return await voidable(work, bill, entries)


async def _undoable(work: Work, entry_id: int, entries: list[Entry]) -> Entry:
    provider = (await _line(work, entry_id)).word_of
    return corrections.refuse_reversal(entry_id, entries, provider=provider)


async def _line(work: Work, entry_id: int) -> AccountLine:
    line = await account_lines.line(work.conn, entry_id)
    if line is None:
        raise LookupError(entry_id)
    return line
