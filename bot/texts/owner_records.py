"""What owners read about what they paid and used. Complete in English and Hindi."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.i18n import escape
from domain.period import Month

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from bot.i18n import Translator
    from storage.payments import Payment

_LONGEST_BAR = 12
_WHOLE = "█"


def about_receipts(t: Translator) -> str:
    """In the menu."""
    return t.gettext("what you have paid")


def about_usage(t: Translator) -> str:
    """In the menu."""
    return t.gettext("units of each month")


def receipts(t: Translator, flat: str, paid: Sequence[Payment]) -> str:
    """The last payments of a flat, newest first."""
    title = t.gettext("Payments for {flat}").format(flat=escape(flat))
    lines = [_receipt(t, one) for one in paid] or [t.gettext("Nothing was paid here yet.")]
    return "\n".join([f"<b>{title}</b>", *lines])


def _receipt(t: Translator, one: Payment) -> str:
    text = t.gettext("{day}: {amount}").format(day=t.day(one.value_date), amount=t.rupees(one.amount))
    if one.reference:
        text = t.gettext("{payment}, number {reference}").format(payment=text, reference=escape(one.reference))
    return t.gettext("{payment}, taken back").format(payment=text) if one.undone else text


def usage(t: Translator, flat: str, months: Sequence[tuple[date, Decimal]]) -> str:
    """Units of the last months, oldest first, as bars."""
    title = t.gettext("Units of {flat}").format(flat=escape(flat))
    if not months:
        return "\n".join([f"<b>{title}</b>", t.gettext("There is no bill with units yet.")])
    most = max(units for _, units in months)
    return "\n".join([f"<b>{title}</b>", *(_bar(t, day, units, most) for day, units in months)])


def _bar(t: Translator, day: date, units: Decimal, most: Decimal) -> str:
    length = max(1, int(units * _LONGEST_BAR / most)) if units > 0 else 0
    line = t.gettext("{month}: {units} units").format(month=t.month(Month.of(day)), units=t.number(units))
    return f"{_WHOLE * length} {line}".strip()
