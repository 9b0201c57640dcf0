"""What the office's notices say: one plain English line each, with the flat and the amount, never a name or number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.account import EntryKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from decimal import Decimal

    from storage.account_lines import AccountLine

_GROUP = 2
_LAST_GROUP = 3


def bill_issued(flat: str, total: Decimal, due: date) -> str:
    """One bill, approved by itself."""
    return f"{flat}: bill of {rupees(total)} issued, to be paid by {_day(due)}."


def batch_issued(count: int, total: Decimal) -> str:
    """The normal readings, approved together."""
    return f"{_bills(count)} issued, {rupees(total)} in all."


def payment_received(flat: str, amount: Decimal, method: str) -> str:
    """A payment was posted."""
    return f"{flat}: {rupees(amount)} received ({method})."


def bill_void(flat: str, total: Decimal) -> str:
    """A bill was taken back."""
    return f"{flat}: the bill of {rupees(total)} was taken back."


def month_issued(month: str, count: int, total: Decimal, left: int) -> str:
    """A monthly run has ended; `left` of its readings have no bill."""
    rest = f" {left} without a bill." if left else ""
    return f"{month}: {_bills(count)} issued, {rupees(total)} in all.{rest}"


def account_line(line: AccountLine) -> str:
    """A note, a refund, or an entry undone."""
    kinds = {EntryKind.DEBIT_NOTE: "debit note", EntryKind.CREDIT_NOTE: "credit note"}
    if line.kind is EntryKind.REVERSAL:
        undone = kinds.get(line.of_kind or line.kind, (line.of_kind or line.kind).value.lower())
        return f"{line.flat_code}: the {undone} of {rupees(abs(line.amount))} was undone."
    return f"{line.flat_code}: {kinds.get(line.kind, line.kind.value.lower())} of {rupees(abs(line.amount))} posted."


def overdue(count: int) -> str:
    """Bills that became overdue today."""
    return f"{_bills(count)} became overdue."


def job_failed(name: str, period: str) -> str:
    """A scheduled job was given up."""
    return f"The job {name} for {period} failed. /jobs in the chat says why and runs it again."


def rupees(amount: Decimal) -> str:
    """`₹1,23,45,678.90`, with the sign before it."""
    whole, paise = f"{abs(amount):.2f}".split(".")
    sign = "-" if amount < 0 else ""
    return f"{sign}₹{','.join([*_groups(whole[:-_LAST_GROUP]), whole[-_LAST_GROUP:]])}.{paise}"


def _groups(digits: str) -> Iterator[str]:
    """Pairs of digits, counted from the right."""
    first = len(digits) % _GROUP
    if first:
        yield digits[:first]
    for start in range(first, len(digits), _GROUP):
        yield digits[start : start + _GROUP]


def _bills(count: int) -> str:
    return "1 bill" if count == 1 else f"{count} bills"


def _day(day: date) -> str:
    return f"{day.day} {day:%b} {day.year}"
