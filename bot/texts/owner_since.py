"""From a bill's total to what is to be paid now: what came to the account since. Complete in English and Hindi."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.texts.reasons import plain_reason
from domain.account import EntryKind
from domain.money import ZERO
from domain.period import Month

if TYPE_CHECKING:
    from decimal import Decimal

    from bot.i18n import Translator
    from storage.bill_views import BillView, Since


def after_total(t: Translator, view: BillView) -> list[tuple[str, str]]:
    """Name and rupees of all that came since, then what is left; plain text, and only where it adds up to that."""
    adds_up = view.total_amount + sum((one.amount for one in view.since), start=ZERO) == view.balance
    if not adds_up or not (view.since or view.said_paid) or not view.is_newest or view.is_void or view.parked:
        return []
    said_paid = view.said_paid if view.is_owed else ()
    checked = [(t.gettext("You told us, being checked"), signed(t, -one.amount)) for one in said_paid]
    left = view.balance - sum((one.amount for one in said_paid), start=ZERO)
    name = t.gettext("Left to pay") if left >= ZERO else t.gettext("In your favour")
    return [*((_name(t, one), signed(t, one.amount)) for one in view.since), *checked, (name, t.rupees(abs(left)))]


def signed(t: Translator, amount: Decimal) -> str:
    """`−₹100.50` makes the sum less, `+₹500.00` more."""
    return f"{'−' if amount < ZERO else '+'}{t.rupees(abs(amount))}"


def _name(t: Translator, one: Since) -> str:
    if one.of is not None:
        return t.gettext("{payment}, taken back").format(payment=_what(t, EntryKind(one.of), one))
    why = plain_reason(t, one.why) if one.kind != EntryKind.PAYMENT else ""
    return ": ".join(filter(None, (_what(t, EntryKind(one.kind), one), why)))


def _what(t: Translator, kind: EntryKind, one: Since) -> str:
    day = t.day(one.day)
    match kind:
        case EntryKind.PAYMENT:
            return t.gettext("Paid {day}").format(day=day)
        case EntryKind.CREDIT_NOTE:
            return f"{t.gettext('Credit note')} {day}"
        case EntryKind.DEBIT_NOTE:
            return f"{t.gettext('Debit note')} {day}"
        case EntryKind.REFUND:
            return f"{t.gettext('Money given back')} {day}"
        case EntryKind.CHARGE if one.bill_end:
            return t.gettext("Bill for {month}").format(month=t.month(Month.of(one.bill_end)))
        case EntryKind.CHARGE | EntryKind.OPENING | EntryKind.REVERSAL:
            return t.gettext("Unpaid from before")
