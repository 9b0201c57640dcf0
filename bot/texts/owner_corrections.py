"""What owners read when their account is put right. Complete in English and Hindi."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.i18n import escape
from bot.texts.owner import with_balance
from bot.texts.reasons import plain_reason
from domain.period import Month

if TYPE_CHECKING:
    from decimal import Decimal

    from bot.i18n import Translator
    from storage.bill_views import BillView

NOTE_REASONS = ("wrong_reading", "wrong_price", "billed_twice")
VOID_REASONS = ("wrong_reading", "wrong_price", "billed_twice")
REFUND_REASONS = ("paid_too_much", "moved_out")
TAKE_BACK_REASONS = ("chargeback", "paid_twice", "wrong_flat")
UNDO_REASONS = ("slip", "wrong_flat", "not_received")


def reason(t: Translator, code: str | None) -> str:
    """A reason as the person reads it; what an admin typed is shown as typed."""
    return escape(plain_reason(t, code))


def bill_voided(t: Translator, view: BillView) -> str:
    """A bill was taken back."""
    title = t.gettext("Correction for {flat}: the {month} bill of {amount} was a mistake and is taken back.").format(
        flat=escape(view.flat_code),
        month=t.month_name(Month.of(view.period_end)),
        amount=t.rupees(view.total_amount),
    )
    return with_balance(t, f"<b>{title}</b>", view.balance)


def credited(t: Translator, flat: str, amount: Decimal, why: str | None, balance: Decimal) -> str:
    """Less is owed."""
    title = t.gettext("Correction for {flat}: you owe {amount} less.")
    return _told(t, title, flat, amount, balance, why=why)


def debited(t: Translator, flat: str, amount: Decimal, why: str | None, balance: Decimal) -> str:
    """More is owed."""
    title = t.gettext("Correction for {flat}: {amount} was missing and is added.")
    return _told(t, title, flat, amount, balance, why=why)


def refunded(t: Translator, flat: str, amount: Decimal, balance: Decimal) -> str:
    """Money was given back."""
    title = t.gettext("{amount} is given back to you for {flat}.")
    return _told(t, title, flat, amount, balance)


def charged_back(t: Translator, flat: str, amount: Decimal, balance: Decimal) -> str:
    """The payer's bank took a payment back."""
    title = t.gettext("Correction for {flat}: your bank took {amount} of your payment back.")
    return _told(t, title, flat, amount, balance)


def correction_undone(t: Translator, flat: str, amount: Decimal, balance: Decimal) -> str:
    """What was said before was a mistake of the office."""
    title = t.gettext("Correction for {flat}: the entry of {amount} was a mistake and is taken back.")
    return _told(t, title, flat, amount, balance)


def _told(t: Translator, title: str, flat: str, amount: Decimal, balance: Decimal, *, why: str | None = None) -> str:
    head = f"<b>{title.format(flat=escape(flat), amount=t.rupees(amount))}</b>"
    words = reason(t, why)
    return with_balance(t, f"{head}\n{_because(t, words)}" if words else head, balance)


def _because(t: Translator, words: str) -> str:
    return t.gettext("Why: {reason}").format(reason=words)
