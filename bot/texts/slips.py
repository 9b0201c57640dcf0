"""Receipts and notes on paper: one entry of the account, line by line. Complete in English and Hindi."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.texts import owner
from bot.texts.documents import pdf_button
from bot.texts.reasons import plain_reason
from domain.account import EntryKind
from domain.money import ZERO
from domain.period import Month
from jobs.correct_account import GivenBack

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from bot.i18n import Translator
    from storage.account_lines import AccountLine


def of_day_button(t: Translator, day: date) -> str:
    """Below the list of payments: the receipt of that day."""
    return f"{pdf_button(t)} {t.near_day(day)}"


def title(t: Translator, line: AccountLine) -> str:
    """What the paper is called."""
    return _names(t, line)[0]


def label(t: Translator, line: AccountLine) -> str:
    """What the large amount is."""
    return _names(t, line)[1]


def _names(t: Translator, line: AccountLine) -> tuple[str, str]:
    match line.kind:
        case EntryKind.CREDIT_NOTE:
            return t.gettext("Credit note"), t.gettext("You owe less")
        case EntryKind.DEBIT_NOTE:
            return t.gettext("Debit note"), t.gettext("Added to what you owe")
        case EntryKind.REFUND if line.source_type == GivenBack.CHARGEBACK:
            return t.gettext("Payment taken back by the bank"), t.gettext("Taken back by your bank")
        case EntryKind.REFUND:
            return t.gettext("Money given back"), t.gettext("Given back to you")
        case _:
            return t.gettext("Receipt"), t.gettext("Received")


def number(t: Translator, line: AccountLine) -> str:
    """The number by which the office knows it."""
    return t.gettext("Number {number}").format(number=f"{line.recorded_at:%Y}-{line.entry_id}")


def rows(t: Translator, line: AccountLine) -> list[tuple[str, str]]:
    """Name and value of each fact that the entry has."""
    found = [(t.gettext("Day"), t.day(line.day))]
    if line.day != line.posted_on:
        found.append((t.gettext("Booked on"), t.day(line.posted_on)))
    if line.kind is EntryKind.PAYMENT:
        found += [(t.gettext("Paid by"), _method(t, line.method or "")), (t.gettext("Reference"), line.reference or "")]
    if line.kind in {EntryKind.CREDIT_NOTE, EntryKind.DEBIT_NOTE}:
        found.append((t.gettext("Reason"), plain_reason(t, line.note)))
    if line.bill_end is not None:
        found.append((t.gettext("Bill of"), t.month(Month.of(line.bill_end))))
    return [(name, value) for name, value in found if value]


def balance(t: Translator, owed: Decimal, day: date) -> tuple[str, str]:
    """What is left on the flat on the day on which it is printed."""
    if owed < ZERO:
        return t.gettext("In your favour on {day}").format(day=t.day(day)), t.rupees(-owed)
    return t.gettext("Left to pay on {day}").format(day=t.day(day)), t.rupees(owed)


def thanks(t: Translator, line: AccountLine) -> list[str]:
    """Below a receipt."""
    return [t.gettext("Thank you!")] if line.kind is EntryKind.PAYMENT else []


def sent(t: Translator, line: AccountLine) -> str:
    """Above the file."""
    form = t.gettext("On paper: {title}, {amount} for {flat}.")
    return form.format(title=title(t, line), amount=t.rupees(abs(line.amount)), flat=line.flat_code)


def failed(t: Translator, line: AccountLine) -> str:
    """The file could not be made."""
    form = t.gettext("The PDF for {flat} could not be made. What was booked stands; please ask the office.")
    return form.format(flat=line.flat_code)


def taken_back(t: Translator, line: AccountLine) -> str:
    """There is nothing to print for what does not count any more."""
    form = t.gettext("This entry of {amount} for {flat} was taken back since. There is no paper for it.")
    return form.format(amount=t.rupees(abs(line.amount)), flat=line.flat_code)


def not_yours(t: Translator) -> str:
    """A press on an entry that is not the person's (any more)."""
    return owner.bill_gone(t)


def _method(t: Translator, method: str) -> str:
    """How it was paid; a way that is not known here is left out."""
    words = {
        "cash": t.gettext("cash"),
        "upi": t.gettext("UPI"),
        "bank": t.gettext("bank transfer"),
        "card": t.gettext("card"),
        "cheque": t.gettext("cheque"),
    }
    return words.get(method, "")
