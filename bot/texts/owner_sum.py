"""How an owner's bill came about: the sum line by line, days, meter and motor. Complete in English and Hindi."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.i18n import escape
from bot.texts import owner_since
from domain.identifiers import UnitIdentifier, bhk_of
from domain.money import ZERO

if TYPE_CHECKING:
    from decimal import Decimal

    from bot.i18n import Translator
    from domain.register import Stretch
    from storage.bill_views import BillView


def sum_lines(t: Translator, view: BillView) -> list[str]:
    """The three lines of the sum; a bill from before the service has only its total."""
    if view.rate_per_unit is None or view.flat_units is None:
        return []
    lines = [_energy_line(t, view)]
    if view.fixed_charge:
        lines.append(_fixed_line(t, view))
    if view.previous_outstanding:
        lines.append(_outstanding_line(t, view.previous_outstanding))
    return lines


def _energy_line(t: Translator, view: BillView) -> str:
    """`(146 units + 3.2 motor) × ₹12.00 = ₹1,790.40`."""
    flat_units, share = view.flat_units or ZERO, view.water_motor_share or ZERO
    form = (
        t.gettext("({units} units + {share} motor) × {rate} = {amount}")
        if share
        else t.gettext("{units} units × {rate} = {amount}")
    )
    return form.format(
        units=t.number(flat_units),
        share=t.number(share),
        rate=t.rupees(view.rate_per_unit or ZERO),
        amount=t.rupees(view.energy_charge or ZERO),
    )


def fixed_name(t: Translator, view: BillView) -> str:
    """`Fixed charge 2BHK`."""
    kind = _kind(view)
    return t.gettext("Fixed charge {kind}").format(kind=kind) if kind else t.gettext("Fixed charge")


def _fixed_line(t: Translator, view: BillView) -> str:
    return f"{fixed_name(t, view)} {t.rupees(view.fixed_charge or ZERO)}"


def _kind(view: BillView) -> str:
    """`2BHK` where the flat's identifier or type says so, else nothing."""
    bhk = UnitIdentifier.parse(view.unit_id).bhk if view.unit_id else bhk_of(view.flat_type or "")
    return f"{bhk}BHK" if bhk else ""


def _outstanding_line(t: Translator, outstanding: Decimal) -> str:
    if outstanding < ZERO:
        return t.gettext("Less your credit from before {amount}").format(amount=t.rupees(-outstanding))
    return t.gettext("Unpaid from before {amount}").format(amount=t.rupees(outstanding))


def how_worked_out(t: Translator, view: BillView) -> str:
    """The sum line by line, each with what it means."""
    title = t.gettext("How {amount} was worked out · {flat}").format(
        amount=t.rupees(view.total_amount), flat=escape(view.flat_code)
    )
    since = [f"{escape(name)} {amount}" for name, amount in owner_since.after_total(t, view)]
    left = [*since[:-1], *(f"<b>{line}</b>" for line in since[-1:])]
    return "\n".join([f"<b>{title}</b>", *_period_lines(t, view), *_explained(t, view), _total_line(t, view), *left])


def credit_note_button(t: Translator) -> str:
    """Below it, where estimated bills had charged too much."""
    return f"{t.gettext('Credit note')} ({t.gettext('PDF')})"


def _period_lines(t: Translator, view: BillView) -> list[str]:
    return [period(t, view), *map(escape, meter_lines(t, view))]


def period(t: Translator, view: BillView) -> str:
    """Which days the bill is for; a start that was moved past the end only keeps bills apart."""
    days = t.gettext("From {start} to {end}, both days included").format(
        start=t.day(min(view.period_start, view.period_end)), end=t.day(view.period_end)
    )
    return ". ".join([days, *_provisional(t, view)])


def estimates(t: Translator, view: BillView) -> list[str]:
    """Whether the meter was not read, or what its reading made of the bills for which it was not."""
    return [*_provisional(t, view), *_settled(t, view)]


def _provisional(t: Translator, view: BillView) -> list[str]:
    """Nobody read the meter: what that means for the owner."""
    if not view.provisional:
        return []
    return [t.gettext("This bill is estimated: the meter was not read. The next reading settles the difference.")]


def _settled(t: Translator, view: BillView) -> list[str]:
    """What a true reading made of the estimated bills before it."""
    found, used = view.estimates, _used(view)
    if found is None or used is None:
        return []
    before = t.ngettext("Your last bill was estimated.", "Your last bills were estimated.", found.bills)
    return [f"{before} {_against_estimates(t, used - found.units, found.taken_off)}"]


def _against_estimates(t: Translator, more: Decimal, taken_off: Decimal) -> str:
    """`more` are units, below zero where the estimates were too high."""
    units, form = t.number(abs(more)), 1 if abs(more) == 1 else 2
    if more > ZERO:
        return t.ngettext(
            "The meter shows {units} unit more: it is on this bill.",
            "The meter shows {units} units more: they are on this bill.",
            form,
        ).format(units=units)
    if more < ZERO:
        less = t.ngettext(
            "The meter shows {units} unit less: {amount} taken off.",
            "The meter shows {units} units less: {amount} taken off.",
            form,
        )
        return less.format(units=units, amount=t.rupees(taken_off))
    return t.gettext("The meter shows the same.")


def meter_lines(t: Translator, view: BillView) -> list[str]:
    """Which meter was read when, plain text; with both readings where the units are their difference; and the motor."""
    if not view.reading_date or not view.meter_number:
        return _motor(t, view)
    form = t.gettext("Meter {meter}, read on {day}")
    read = form.format(meter=view.meter_number, day=t.day(view.reading_date))
    return [read, *_registers(t, view), *_settled(t, view), *_motor(t, view)]


def _motor(t: Translator, view: BillView) -> list[str]:
    """How the share of the water motor came about, where it is a part of the motor's own units."""
    if view.motor is None or view.motor_units is None:
        return []
    form = (
        t.gettext("Motor {motor}: {units} units, shared by {count} flats by use; your part {share}")
        if view.motor_by_use
        else t.gettext("Motor {motor}: {units} units, shared by {count} flats equally; your part {share}")
    )
    share, count = t.number(view.water_motor_share or ZERO), view.motor_flats or 1
    split = form.format(motor=view.motor, units=t.number(view.motor_units), count=count, share=share)
    return [split, *_estimated(t, view)]


def _estimated(t: Translator, view: BillView) -> list[str]:
    """Flats that nobody read had a part in the split with what they usually use."""
    if not view.motor_estimated:
        return []
    form = t.gettext("Shares of {motor} rest on estimates for {estimated} of {count} flats (not read)")
    return [form.format(motor=view.motor, estimated=view.motor_estimated, count=view.motor_flats)]


def _registers(t: Translator, view: BillView) -> list[str]:
    now, before = view.reading_value, view.previous_reading
    if now is None or _used(view) is None:
        return []
    *replaced, present = view.course.stretches(now, before)
    if not replaced and not before:
        return []
    again = [line for one in (*replaced, present) if one.rolled_over for line in _began_again(t, one)]
    if not replaced:
        return [t.gettext("Meter before: {before}, now: {now}").format(**_ends(t, present)), *again]
    old = t.gettext("The meter that was replaced, from {before} to {now}: {units} units")
    new = t.gettext("The new meter, from {before} to {now}: {units} units")
    return [*(old.format(**_ends(t, one)) for one in replaced), new.format(**_ends(t, present)), *again]


def _ends(t: Translator, one: Stretch) -> dict[str, str]:
    return {"before": t.number(one.start), "now": t.number(one.end), "units": t.number(one.units)}


def _began_again(t: Translator, one: Stretch) -> list[str]:
    return [t.gettext("After {last} the meter began again at 0").format(last=t.number(one.rolled_over - 1))]


def _used(view: BillView) -> Decimal | None:
    """Units between two readings of a register, where the bill counts them, less what was estimated before."""
    if view.reading_value is None:
        return None
    used = view.course.units(view.reading_value, view.previous_reading)
    ahead = view.estimates.units if view.estimates else ZERO
    return used if used is not None and used >= ZERO and max(used - ahead, ZERO) == view.flat_units else None


def _explained(t: Translator, view: BillView) -> list[str]:
    if view.rate_per_unit is None or view.flat_units is None:
        return [t.gettext("This bill is from before this service; only its total is known here.")]
    rows = [
        t.gettext("Your flat: {units} units").format(units=t.number(view.flat_units)),
        t.gettext("Your share of the water motor: {units} units").format(
            units=t.number(view.water_motor_share or ZERO)
        ),
        t.gettext("Together {units} units, at {rate} each: {amount}").format(
            units=t.number(view.total_units or ZERO),
            rate=t.rupees(view.rate_per_unit),
            amount=t.rupees(view.energy_charge or ZERO),
        ),
        _fixed_line(t, view),
    ]
    return [*rows, _outstanding_line(t, view.previous_outstanding or ZERO)]


def _total_line(t: Translator, view: BillView) -> str:
    total = t.gettext("Total {amount}").format(amount=t.rupees(view.total_amount))
    return f"<b>{total}</b>"
