"""A bill's sum as the office reads it, on cards, quotes and flats."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bot.i18n import Translator
from bot.texts.engineer import figure, units
from domain.billing import BillAmounts
from domain.period import Period
from domain.provisional import TrueUp
from domain.tariff import FixedChargeBasis, Tariff


def sum_lines(t: Translator, amounts: BillAmounts, tariff: Tariff) -> list[str]:
    """Energy, fixed charge with its reason, arrears, and what the master data lacks."""
    lines = [energy(t, amounts), f"{fixed(t, amounts, tariff)} · {arrears(t, amounts.previous_outstanding)}"]
    if tariff.is_default:
        lines.append(default_priced(t))
    return lines


def settled(t: Translator, found: TrueUp | None) -> list[str]:
    """What the reading makes of the provisional bills before it: only the difference is billed, or taken off."""
    if found is None:
        return []
    before = t.ngettext("The last bill was estimated.", "The last bills were estimated.", found.bills)
    return [f"{before} {_difference(t, found)}"]


def _difference(t: Translator, found: TrueUp) -> str:
    if found.units:
        more = t.gettext("The meter shows {units} more: only these are billed.")
        return more.format(units=units(t, found.units))
    if found.over:
        less = t.gettext("The meter shows {units} less: {amount} is taken off.")
        return less.format(units=units(t, found.over), amount=t.rupees(found.credit))
    return t.gettext("The meter shows the same.")


def energy(t: Translator, amounts: BillAmounts) -> str:
    """`(1460 + 3.2 motor) × ₹12.00 = ₹17,558.40`."""
    used = figure(amounts.flat_units)
    if amounts.water_motor_share:
        used = t.gettext("({units} + {share} motor)").format(units=used, share=figure(amounts.water_motor_share))
    return f"{used} × {t.rupees(amounts.rate_per_unit)} = {t.rupees(amounts.energy_charge)}"


def fixed(t: Translator, amounts: BillAmounts, tariff: Tariff) -> str:
    """The fixed charge and why it is what it is."""
    return (
        t.gettext("Fixed charge {why} {amount}")
        .format(why=_why(t, amounts, tariff), amount=t.rupees(amounts.fixed_charge))
        .replace("  ", " ")
    )


def _why(t: Translator, amounts: BillAmounts, tariff: Tariff) -> str:
    if not amounts.fixed_charge and tariff.fixed_charge:
        return t.gettext("(left out)")
    match tariff.basis:
        case FixedChargeBasis.MASTER:
            return ""
        case FixedChargeBasis.WAIVED:
            return t.gettext("(none at ₹9)")
        case FixedChargeBasis.MISSING:
            return t.gettext("(not in the master data)")
        case _:
            return tariff.basis.value


def arrears(t: Translator, outstanding: Decimal) -> str:
    """`arrears ₹0.00`, or a credit."""
    if outstanding < 0:
        return t.gettext("credit {amount}").format(amount=t.rupees(-outstanding))
    return t.gettext("arrears {amount}").format(amount=t.rupees(outstanding))


def default_priced(t: Translator) -> str:
    """The master data has no price for this flat."""
    return t.gettext("Default price: the master data lacks this flat's rate or fixed charge.")


def total(t: Translator, amount: Decimal) -> str:
    return t.gettext("Total {amount}").format(amount=t.rupees(amount))


def period(t: Translator, days: Period) -> str:
    """`3 Oct 2026 – 2 Nov 2026`; a start that was moved past the end is only a place to store it."""
    if days.start > days.end:
        return t.day(days.end)
    first = t.day(days.start)
    year = f" {days.start.year}"
    if days.start.year == days.end.year:
        first = first.removesuffix(year)
    return f"{first} – {t.day(days.end)}"


def due(t: Translator, day: date) -> str:
    return t.gettext("due {day}").format(day=t.day(day))
